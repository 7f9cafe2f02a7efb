//! The family of a libnvbufsurface.

use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr::null_mut;

use crate::extended::{
    NVBUF_COLOR_FORMAT_NV12, NVBUF_LAYOUT_PITCH, NVBUF_MEM_DEFAULT, NvBufSurfaceCreateParams,
};
use crate::prefix::{NvBufSurface, NvBufSurfaceParams, NvBufSurfacePlaneParams};
use crate::{Family, Functions};

/// Sides that nothing else in the structs looks like.
const WIDTH: u32 = 176;
const HEIGHT: u32 = 112;
const BATCH: u32 = 2;

/// Allocates a batch of two and looks for the second entry at the distance of each family; then
/// compares with what the symbols say.
pub(crate) fn family(functions: &Functions) -> Result<Family, String> {
    let mut surface: *mut NvBufSurface = null_mut();
    let mut params = NvBufSurfaceCreateParams {
        width: WIDTH,
        height: HEIGHT,
        colorFormat: NVBUF_COLOR_FORMAT_NV12,
        layout: NVBUF_LAYOUT_PITCH,
        memType: NVBUF_MEM_DEFAULT,
        ..Default::default()
    };
    // SAFETY: both pointers are valid for the call; the parameters are those of either family, of
    // which the classic one reads the first half.
    let result = unsafe { (functions.create)(&raw mut surface, BATCH, &raw mut params) };
    if result != 0 || surface.is_null() {
        return Err(refused("NvBufSurfaceCreate", result));
    }
    // SAFETY: the library made it, and nobody else knows it.
    let measured = unsafe { measure(surface) };
    // SAFETY: as above, and it is not used afterwards.
    let result = unsafe { (functions.destroy)(surface) };
    let measured = measured?;
    if result != 0 {
        return Err(refused("NvBufSurfaceDestroy", result));
    }
    // Only the headers of the extended family declare it.
    let said = match functions.get_device_info {
        Some(_) => Family::Extended,
        None => Family::Classic,
    };
    if measured != said {
        let has = match said {
            Family::Extended => "has",
            Family::Classic => "has not",
        };
        let distance = measured.params_size();
        return Err(format!(
            "it {has} NvBufSurfaceGetDeviceInfo, so its layout should be the {said} one, but its \
             params are {distance} bytes apart as in the {measured} one. Either it is of a release \
             between the two (R38?) that nobody has described, or two libraries are mixed: install \
             one release's own"
        ));
    }
    Ok(measured)
}

fn refused(call: &str, result: c_int) -> String {
    format!(
        "{call} for two NV12 surfaces of {WIDTH}x{HEIGHT} returned {result}. On a Jetson: is \
         /dev/nvmap there and may this user open it (group video; in a container, the NVIDIA \
         runtime)? Elsewhere: is there an NVIDIA GPU with a driver? Is memory left?"
    )
}

/// The family whose stride fits.
///
/// # Safety
///
/// `surface` is a live surface of the library's, of [`BATCH`] buffers.
unsafe fn measure(surface: *mut NvBufSurface) -> Result<Family, String> {
    // SAFETY: by this function's contract; both families begin with these fields. The library may
    // have aligned it as it likes.
    let surface = unsafe { surface.read_unaligned() };
    if surface.batchSize != BATCH || surface.surfaceList.is_null() {
        return Err(format!(
            "it made a surface with batchSize {} and surfaceList {:p} when asked for {BATCH} buffers",
            surface.batchSize, surface.surfaceList
        ));
    }
    // SAFETY: the list has two entries by this function's contract, so that the place of the second
    // one is inside it in either family: 52 bytes of it are read, and 416 + 52 < 2 * 384.
    let at = |offset| unsafe { Entry::read(surface.surfaceList.wrapping_byte_add(offset)) };
    let first = at(0);
    let classic = at(Family::Classic.params_size());
    let extended = at(Family::Extended.params_size());
    match (first.fits(), classic.fits(), extended.fits()) {
        (true, true, false) => Ok(Family::Classic),
        (true, false, true) => Ok(Family::Extended),
        _ => Err(format!(
            "two NV12 surfaces of {WIDTH}x{HEIGHT} have params that begin with {first:?}, then after \
             384 bytes {classic:?} and after 416 bytes {extended:?}: neither known layout"
        )),
    }
}

/// What is looked at of an entry.
#[derive(Clone, Copy, Debug)]
struct Entry {
    width: u32,
    height: u32,
    color_format: u32,
    num_planes: u32,
}

impl Entry {
    /// # Safety
    ///
    /// The first 52 bytes behind `params` can be read.
    unsafe fn read(params: *const NvBufSurfaceParams) -> Self {
        let field = |offset: usize| {
            // SAFETY: by this function's contract, for the offsets below.
            unsafe {
                params
                    .wrapping_byte_add(offset)
                    .cast::<u32>()
                    .read_unaligned()
            }
        };
        Self {
            width: field(offset_of!(NvBufSurfaceParams, width)),
            height: field(offset_of!(NvBufSurfaceParams, height)),
            color_format: field(offset_of!(NvBufSurfaceParams, colorFormat)),
            num_planes: field(
                offset_of!(NvBufSurfaceParams, planeParams)
                    + offset_of!(NvBufSurfacePlaneParams, num_planes),
            ),
        }
    }

    fn fits(self) -> bool {
        (self.width, self.height, self.color_format, self.num_planes)
            == (WIDTH, HEIGHT, NVBUF_COLOR_FORMAT_NV12, 2)
    }
}
