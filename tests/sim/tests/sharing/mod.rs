//! A surface in two processes, in the types of the test's `crate::sys`.

mod socket;

use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::process::Command;

use crate::support::counter;
use crate::sys::{self, NvBufSurface, NvBufSurfaceMapParams, NvBufSurfaceParams};

const LIBRARY: &str = "libnvbufsurface.so.1.0.0";
/// The socket's number in the process that imports.
const SOCKET: &str = "NVMM_SIM_TEST_SOCKET";

/// Calls a function of the library with live surfaces and valid pointers, or what it must refuse.
macro_rules! call {
    ($name:ident as $type:ident($($argument:expr),*)) => {{
        let function = $crate::function!(LIBRARY, stringify!($name), sys::$type);
        // SAFETY: as above.
        unsafe { function($($argument),*) }
    }};
}

fn create(batch: u32) -> *mut NvBufSurface {
    create_of(sys::NVBUF_COLOR_FORMAT_NV12, 66, batch)
}

fn create_of(format: u32, width: u32, batch: u32) -> *mut NvBufSurface {
    let mut params = sys::NvBufSurfaceCreateParams::default();
    (params.width, params.height) = (width, 34);
    params.colorFormat = format;
    let mut surface = std::ptr::null_mut();
    let result =
        call!(NvBufSurfaceCreate as PFN_NvBufSurfaceCreate(&mut surface, batch, &mut params));
    assert_eq!(result, 0);
    surface
}

fn destroy(surface: *mut NvBufSurface) {
    assert_eq!(
        call!(NvBufSurfaceDestroy as PFN_NvBufSurfaceDestroy(surface)),
        0
    );
}

fn header(surface: *const NvBufSurface) -> NvBufSurface {
    // SAFETY: alive in these tests.
    unsafe { surface.read() }
}

fn entry(surface: *const NvBufSurface) -> NvBufSurfaceParams {
    let list = header(surface).surfaceList;
    // SAFETY: every batch has a first entry.
    unsafe { list.read() }
}

fn map_params(surface: *mut NvBufSurface, index: i32) -> Option<NvBufSurfaceMapParams> {
    let mut params = NvBufSurfaceMapParams::default();
    let result = call!(
        NvBufSurfaceGetMapParams as PFN_NvBufSurfaceGetMapParams(surface, index, &mut params)
    );
    (result == 0).then_some(params)
}

fn import(params: &NvBufSurfaceMapParams) -> *mut NvBufSurface {
    let mut surface = std::ptr::null_mut();
    let result = call!(NvBufSurfaceImport as PFN_NvBufSurfaceImport(&mut surface, params));
    assert_eq!(result == 0, !surface.is_null());
    surface
}

/// The first byte of the second plane, and another one written there.
fn exchange(surface: *mut NvBufSurface, value: u8) -> u8 {
    let both = sys::NVBUF_MAP_READ_WRITE;
    assert_eq!(
        call!(NvBufSurfaceMap as PFN_NvBufSurfaceMap(surface, 0, 1, both)),
        0
    );
    assert_eq!(
        call!(NvBufSurfaceSyncForCpu as PFN_NvBufSurfaceSyncForCpu(surface, 0, 1)),
        0
    );
    let pixel = entry(surface).mappedAddr.addr[1].cast::<u8>();
    // SAFETY: mapped for reading.
    let before = unsafe { pixel.read() };
    // SAFETY: mapped for writing.
    unsafe { pixel.write(value) };
    assert_eq!(
        call!(NvBufSurfaceSyncForDevice as PFN_NvBufSurfaceSyncForDevice(surface, 0, 1)),
        0
    );
    assert_eq!(
        call!(NvBufSurfaceUnMap as PFN_NvBufSurfaceUnMap(surface, 0, 1)),
        0
    );
    before
}

/// Writes the second byte of the second plane.
fn write_only(surface: *mut NvBufSurface, value: u8) {
    let flags = sys::NVBUF_MAP_WRITE;
    assert_eq!(
        call!(NvBufSurfaceMap as PFN_NvBufSurfaceMap(surface, 0, 1, flags)),
        0
    );
    let pixel = entry(surface).mappedAddr.addr[1].cast::<u8>();
    let pixel = pixel.wrapping_add(1);
    // SAFETY: mapped for writing.
    unsafe { pixel.write(value) };
    assert_eq!(
        call!(NvBufSurfaceSyncForDevice as PFN_NvBufSurfaceSyncForDevice(surface, 0, 1)),
        0
    );
    assert_eq!(
        call!(NvBufSurfaceUnMap as PFN_NvBufSurfaceUnMap(surface, 0, 1)),
        0
    );
}

/// The surface is described, sent, imported, written there and read here.
pub(crate) fn a_surface_crosses(importer: &str, size: usize) {
    assert_eq!(size_of::<NvBufSurfaceMapParams>(), size);
    let surface = create(2);
    assert_eq!(exchange(surface, 0x11), 0);
    let params = map_params(surface, 0).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    socket::inherit(&theirs);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", importer, "--nocapture", "--test-threads=1"])
        .env(SOCKET, theirs.as_raw_fd().to_string())
        .spawn()
        .unwrap();
    drop(theirs);
    let fd = i32::try_from(params.fd).unwrap();
    assert_eq!(u64::from(fd.unsigned_abs()), entry(surface).bufferDesc);
    socket::send(&ours, &params, fd);
    assert!(child.wait().unwrap().success());
    assert_eq!(exchange(surface, 0), 0x22);
    destroy(surface);
    assert_eq!((counter("violations"), counter("buffers_alive")), (0, 0));
}

/// The other process; nothing where nobody started it as that.
pub(crate) fn import_what_comes() {
    let Ok(socket) = std::env::var(SOCKET) else {
        return;
    };
    let (mut params, fd) = socket::receive::<NvBufSurfaceMapParams>(socket.parse().unwrap());
    params.fd = fd.as_raw_fd().unsigned_abs().into();
    let surface = import(&params);
    assert!(!surface.is_null());
    // The surface has a descriptor of its own.
    drop(fd);
    let (header, one) = (header(surface), entry(surface));
    assert_eq!((header.batchSize, header.numFilled), (1, 0));
    assert_eq!(header.memType, sys::NVBUF_MEM_SURFACE_ARRAY);
    assert_eq!((one.width, one.height), (66, 34));
    assert_eq!(one.planeParams.num_planes, 2);
    assert_eq!(one.planeParams.bytesPerPix[..2], [1, 2]);
    assert_eq!(one.planeParams.offset[1], params.planes[1].offset);
    assert_eq!(exchange(surface, 0x22), 0x11);
    destroy(surface);
    assert_eq!((counter("violations"), counter("surfaces_alive")), (0, 0));
}

/// In one process both surfaces are the same pixels.
pub(crate) fn a_surface_is_imported_at_home(mark: impl Fn(&NvBufSurface) -> bool) {
    let surface = create(1);
    let params = map_params(surface, 0).unwrap();
    let second = import(&params);
    assert!(mark(&header(second)) && !mark(&header(surface)));
    assert_ne!(entry(second).bufferDesc, entry(surface).bufferDesc);
    assert_eq!(exchange(second, 0x33), 0);
    // Written without a look at what the other wrote, which stays.
    write_only(surface, 0x55);
    assert_eq!(exchange(surface, 0x44), 0x33);
    // One outlives the other.
    destroy(surface);
    assert_eq!(exchange(second, 0), 0x44);
    destroy(second);
    assert_eq!((counter("violations"), counter("unsupported")), (0, 0));
}

/// Formats whose rows have five bytes for two pixels: a description has pairs, a surface pixels.
pub(crate) fn pairs_of_pixels_are_imported() {
    for format in [
        sys::NVBUF_COLOR_FORMAT_UYVP,
        sys::NVBUF_COLOR_FORMAT_UYVP_ER,
    ] {
        for (width, pairs) in [(66, 33), (65, 33), (2, 1), (1, 1)] {
            let surface = create_of(format, width, 1);
            let params = map_params(surface, 0).unwrap();
            assert_eq!(
                (params.planes[0].width, params.planes[0].height),
                (pairs, 34)
            );
            let second = import(&params);
            assert!(!second.is_null(), "format {format}, width {width}");
            let (first, one) = (entry(surface), entry(second));
            // Whether the last pair is a whole one is not described.
            assert_eq!((one.width, one.height), (pairs * 2, 34));
            assert_eq!(one.planeParams.width[0], pairs);
            assert_eq!(one.planeParams.pitch[0], first.planeParams.pitch[0]);
            assert_eq!(one.dataSize, first.dataSize);
            destroy(second);
            destroy(surface);
        }
    }
    let surface = create_of(sys::NVBUF_COLOR_FORMAT_UYVP, 66, 1);
    let mut params = map_params(surface, 0).unwrap();
    assert_eq!(counter("violations"), 0);
    params.planes[0].width = u32::MAX;
    assert!(import(&params).is_null(), "too wide");
    assert_eq!(counter("violations"), 1);
    destroy(surface);
}

/// What is no buffer's description is refused.
pub(crate) fn bad_descriptions_are_refused() {
    let surface = create(1);
    assert!(map_params(surface, -1).is_none() && map_params(surface, 1).is_none());
    assert!(map_params(std::ptr::null_mut(), 0).is_none());
    assert_eq!(counter("violations"), 3);
    let good = map_params(surface, 0).unwrap();
    let refused: [fn(&mut NvBufSurfaceMapParams); 15] = [
        |p| p.num_planes = 0,
        |p| p.num_planes = 5,
        |p| p.num_planes = 1,
        |p| p.fd = 9999,
        |p| p.fd = u64::MAX,
        |p| p.fd = 1,
        |p| p.colorFormat = 1000,
        |p| p.layout = 2,
        |p| p.memType = sys::NVBUF_MEM_SYSTEM,
        |p| p.totalSize *= 2,
        |p| p.planes[1].offset = p.totalSize,
        |p| p.planes[1].offset = 0,
        |p| p.planes[0].pitch = 1,
        |p| p.planes[0].psize = 256,
        |p| p.planes[1].width = 99,
    ];
    for (i, spoil) in refused.iter().enumerate() {
        let mut params = good;
        spoil(&mut params);
        assert!(import(&params).is_null(), "{i}");
        assert_eq!(counter("violations"), 4 + i as u64, "{i}");
    }
    let nowhere = std::ptr::null_mut();
    let to_nowhere = call!(NvBufSurfaceImport as PFN_NvBufSurfaceImport(nowhere, &good));
    let mut out = std::ptr::null_mut();
    let none = std::ptr::null();
    let of_nothing = call!(NvBufSurfaceImport as PFN_NvBufSurfaceImport(&mut out, none));
    assert_eq!((to_nowhere, of_nothing), (-1, -1));
    let mut cuda = good;
    cuda.memType = sys::NVBUF_MEM_CUDA_DEVICE;
    assert!(import(&cuda).is_null());
    assert_eq!((counter("violations"), counter("unsupported")), (20, 1));
    let rules = [
        "foreign-descriptor",
        "unknown-format",
        "wrong-memory-type",
        "wrong-index",
        "null-argument",
        "bad-argument",
    ];
    assert_eq!(rules.map(counter), [10, 1, 1, 2, 3, 3]);
    assert_eq!(counter("buffers_alive"), 1);
    destroy(surface);
}
