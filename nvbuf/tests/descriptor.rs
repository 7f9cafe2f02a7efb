//! Descriptors that are none, or lie.

use std::ffi::c_void;
use std::os::fd::AsRawFd;
use std::ptr;

use nvbuf::sys::prefix::{NvBufSurface, NvBufSurfaceParams};
use nvbuf::{Descriptor, ErrorKind, Surface};

fn rgba(width: u32, height: u32) -> Surface {
    let builder = Surface::builder(width, height);
    builder
        .build()
        .expect("a surface; run tests through ci/sim.sh")
}

#[test]
fn wild_null_and_small_memory_are_errors() {
    let wild = ptr::without_provenance::<c_void>(0xdead_beef_0000);
    for (address, size) in [(ptr::null(), 64), (wild, 64), (wild, 63)] {
        let error = Descriptor::read(address, size, 0).expect_err("not a surface");
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    }
}

#[test]
fn garbage_is_refused_field_by_field() {
    let mut bytes = [0xff_u64; 8];
    for fill in [0, u64::MAX, 0x0101_0101_0101_0101, 1] {
        bytes.fill(fill);
        let error =
            Descriptor::read(bytes.as_ptr().cast(), 64, 0).expect_err("garbage, not a surface");
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    }
}

/// A copy of a surface's descriptor, changed.
fn forged(
    surface: &Surface,
    forge: impl FnOnce(&mut NvBufSurfaceParams),
) -> nvbuf::Result<Descriptor> {
    let family = nvbuf::sys::Library::get().unwrap().family();
    // As long as the longer family's structs.
    let (mut header, mut params) = ([0_u64; 9], [0_u64; 52]);
    let (to_header, to_params) = (header.as_mut_ptr().cast(), params.as_mut_ptr().cast());
    let from_header = surface.as_ptr().cast::<u8>();
    // SAFETY: the surface is alive, and its struct is that long.
    unsafe { from_header.copy_to_nonoverlapping(to_header, family.surface_size()) };
    // SAFETY: as above.
    let from_params = unsafe { (*surface.as_ptr()).surfaceList }.cast::<u8>();
    // SAFETY: as above; the list has one entry.
    unsafe { from_params.copy_to_nonoverlapping(to_params, family.params_size()) };
    // SAFETY: a copy of what both families begin with.
    forge(unsafe { &mut *to_params.cast::<NvBufSurfaceParams>() });
    // SAFETY: as above.
    unsafe { (*to_header.cast::<NvBufSurface>()).surfaceList = to_params.cast() };
    Descriptor::read(to_header.cast(), family.surface_size(), 0)
}

#[test]
fn a_descriptor_larger_than_its_dmabuf_is_refused() {
    let surface = rgba(64, 48);
    forged(&surface, |_| {}).unwrap();
    let error = forged(&surface, |params| {
        (params.width, params.height, params.pitch) = (1920, 1080, 7680);
        params.dataSize = 7680 * 1080;
        let planes = &mut params.planeParams;
        (planes.width[0], planes.height[0], planes.pitch[0]) = (1920, 1080, 7680);
        planes.psize[0] = params.dataSize;
    })
    .expect_err("64x48 are fewer bytes");
    assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    let real = surface.params(0).unwrap().data_size();
    for size in [7680 * 1080, real] {
        assert!(error.to_string().contains(&size.to_string()), "{error}");
    }
}

#[test]
fn an_fd_of_unknown_size_is_left_to_the_library() {
    let surface = rgba(64, 48);
    let (reader, _writer) = std::io::pipe().unwrap();
    let pipe = reader.as_raw_fd().try_into().unwrap();
    forged(&surface, |params| params.bufferDesc = pipe).unwrap();
}
