//! What R39.2 has and no release before: CUDA's view of a surface, the surface of CUDA's memory,
//! the machine; and in its structs what others have too.

mod sharing;
mod support;

use std::ffi::c_int;

use nvbufsurface_sys::extended as sys;
use support::cuda::Cuda;
use support::{counter, on_each};
use sys::{NvBufSurface, NvBufSurfaceParams};

const RELEASES: [&str; 1] = ["r39.2"];
const LIBRARY: &str = "libnvbufsurface.so.1.0.0";

/// Calls a function of the library with live surfaces and valid pointers, or what it must refuse.
macro_rules! call {
    ($name:ident as $type:ident($($argument:expr),*)) => {{
        let function = $crate::function!(LIBRARY, stringify!($name), sys::$type);
        // SAFETY: as above.
        unsafe { function($($argument),*) }
    }};
}

fn create(mem_type: sys::NvBufSurfaceMemType, batch: u32) -> *mut NvBufSurface {
    let mut wanted = sys::NvBufSurfaceAllocateParams::default();
    (wanted.params.width, wanted.params.height) = (64, 32);
    wanted.params.colorFormat = sys::NVBUF_COLOR_FORMAT_RGBA;
    wanted.params.memType = mem_type;
    wanted.params.isContiguous = true;
    allocate(wanted, batch)
}

fn allocate(mut wanted: sys::NvBufSurfaceAllocateParams, batch: u32) -> *mut NvBufSurface {
    let mut surface = std::ptr::null_mut();
    let result =
        call!(NvBufSurfaceAllocate as PFN_NvBufSurfaceAllocate(&mut surface, batch, &mut wanted));
    assert_eq!(result == 0, !surface.is_null());
    surface
}

fn destroy(surface: *mut NvBufSurface) -> c_int {
    call!(NvBufSurfaceDestroy as PFN_NvBufSurfaceDestroy(surface))
}

fn entry(surface: *const NvBufSurface, i: usize) -> NvBufSurfaceParams {
    // SAFETY: alive in these tests.
    let header = unsafe { surface.read() };
    assert!(i < header.batchSize as usize);
    let place = header.surfaceList.wrapping_add(i);
    // SAFETY: in the list by the check above.
    unsafe { place.read() }
}

fn map_cuda(surface: *mut NvBufSurface, index: c_int) -> c_int {
    call!(NvBufSurfaceMapCudaBuffer as PFN_NvBufSurfaceMapCudaBuffer(surface, index))
}

fn unmap_cuda(surface: *mut NvBufSurface, index: c_int) -> c_int {
    call!(NvBufSurfaceUnMapCudaBuffer as PFN_NvBufSurfaceUnMapCudaBuffer(surface, index))
}

fn map_nvmm(surface: *mut NvBufSurface, index: c_int) -> c_int {
    call!(NvBufSurfaceMapNvmmBuffer as PFN_NvBufSurfaceMapNvmmBuffer(surface, index))
}

fn unmap_nvmm(surface: *mut NvBufSurface, index: c_int) -> c_int {
    call!(NvBufSurfaceUnMapNvmmBuffer as PFN_NvBufSurfaceUnMapNvmmBuffer(surface, index))
}

fn set(surface: *mut NvBufSurface, index: c_int, value: u8) {
    let result = call!(NvBufSurfaceMemSet as PFN_NvBufSurfaceMemSet(surface, index, -1, value));
    assert_eq!(result, 0);
}

/// The first byte of a buffer.
fn first(surface: *mut NvBufSurface, index: u32) -> u8 {
    let mut pixel = [0u8; 4];
    let result = call!(NvBufSurface2Raw as PFN_NvBufSurface2Raw(
        surface,
        index,
        0,
        1,
        1,
        pixel.as_mut_ptr()
    ));
    assert_eq!(result, 0);
    pixel[0]
}

#[test]
fn the_machine_is_an_orin() {
    on_each("the_machine_is_an_orin", &RELEASES, || {
        let mut info = sys::NvBufSurfaceDeviceInfo::default();
        let get = |info| call!(NvBufSurfaceGetDeviceInfo as PFN_NvBufSurfaceGetDeviceInfo(info));
        assert_eq!(get(&mut info), 0);
        assert_eq!(info.driverType, sys::NVBUF_DRIVER_TYPE_NVGPU);
        assert_eq!(info.platformType, sys::NVBUF_PLATFORM_TYPE_T234);
        assert!(info.isVicPresent && info.isIntegratedGpu);
        assert_eq!(counter("violations"), 0);
        assert_eq!(get(std::ptr::null_mut()), -1);
        assert_eq!(counter("violations"), 1);
    });
}

#[test]
fn cuda_reaches_a_surface_while_it_is_mapped() {
    on_each(
        "cuda_reaches_a_surface_while_it_is_mapped",
        &RELEASES,
        || {
            let cuda = Cuda::start();
            let surface = create(sys::NVBUF_MEM_SURFACE_ARRAY, 2);
            set(surface, 1, 0x31);
            assert_eq!(map_cuda(surface, -1), 0);
            let view = |i| {
                entry(surface, i)
                    .mappedAddr
                    .cudaPtr
                    .cast::<sys::NvBufSurfaceCudaBuffer>()
            };
            assert!(!view(0).is_null() && view(0) != view(1));
            let place = view(1);
            // SAFETY: the library's, mapped.
            let buffer = unsafe { place.read() };
            let address = buffer.dataPtr.addr();
            assert!(address != 0 && !buffer.extMem.is_null() && buffer.mipmap.is_null());
            let mut byte = 0u8;
            let out = (&raw mut byte).cast();
            assert_eq!((cuda.copy_to_host(out, address, 1), byte), (0, 0x31));
            assert_eq!(cuda.memset(address, 0x32, 1), 0);
            assert_eq!(
                (first(surface, 1), counter("cuda_buffers_alive")),
                (0x32, 2)
            );
            assert_eq!(unmap_cuda(surface, -1), 0);
            assert!(view(0).is_null() && view(1).is_null());
            assert_ne!(cuda.copy_to_host(out, address, 1), 0);
            assert_eq!(
                (counter("violations"), counter("cuda_buffers_alive")),
                (0, 0)
            );
            assert_eq!(unmap_cuda(surface, 0), -1);
            assert_eq!(map_cuda(surface, 2), -1);
            assert_eq!(map_cuda(std::ptr::null_mut(), 0), -1);
            let memory = create(sys::NVBUF_MEM_CUDA_DEVICE, 1);
            assert_eq!((map_cuda(memory, 0), destroy(memory)), (-1, 0));
            assert_eq!(counter("violations"), 4);
            // Destroyed while it is mapped.
            assert_eq!((map_cuda(surface, 0), destroy(surface)), (0, 0));
            assert_eq!(counter("violations"), 5);
        },
    );
}

#[test]
fn memory_of_cuda_has_a_surface() {
    on_each("memory_of_cuda_has_a_surface", &RELEASES, || {
        for mem_type in [sys::NVBUF_MEM_CUDA_DEVICE, sys::NVBUF_MEM_CUDA_PINNED] {
            let memory = create(mem_type, 2);
            assert_eq!(map_nvmm(memory, 1), 0);
            assert!(entry(memory, 0).mappedAddr.nvmmPtr.is_null());
            let place = entry(memory, 1)
                .mappedAddr
                .nvmmPtr
                .cast::<sys::NvBufSurfaceNvmmBuffer>();
            // SAFETY: the library's, mapped.
            let buffer = unsafe { place.read() };
            let surface = buffer.dataPtr.cast::<NvBufSurface>();
            // SAFETY: alive until it is unmapped.
            let header = unsafe { surface.read() };
            assert_eq!(header.memType, sys::NVBUF_MEM_SURFACE_ARRAY);
            assert_eq!((header.batchSize, header.isImportedBuf), (1, false));
            assert_eq!(entry(surface, 0).bufferDesc, buffer.bufferDesc);
            set(memory, 0, 1);
            set(memory, 1, 2);
            assert_eq!(first(surface, 0), 2);
            set(surface, 0, 3);
            assert_eq!((first(memory, 0), first(memory, 1)), (1, 3));
            assert_eq!(unmap_nvmm(memory, 1), 0);
            assert!(entry(memory, 1).mappedAddr.nvmmPtr.is_null());
            assert_eq!(destroy(memory), 0);
        }
        assert_eq!((counter("violations"), counter("buffers_alive")), (0, 0));
        let memory = create(sys::NVBUF_MEM_CUDA_DEVICE, 1);
        assert_eq!((unmap_nvmm(memory, 0), map_nvmm(memory, 1)), (-1, -1));
        for mem_type in [
            sys::NVBUF_MEM_SURFACE_ARRAY,
            sys::NVBUF_MEM_CUDA_UNIFIED,
            sys::NVBUF_MEM_SYSTEM,
        ] {
            let other = create(mem_type, 1);
            assert_eq!((map_nvmm(other, 0), destroy(other)), (-1, 0));
        }
        assert_eq!(counter("violations"), 5);
        // Destroyed while it is mapped.
        assert_eq!((map_nvmm(memory, 0), destroy(memory)), (0, 0));
        assert_eq!(counter("violations"), 6);
    });
}

#[test]
fn cache_operations_are_checked() {
    on_each("cache_operations_are_checked", &RELEASES, || {
        let sync = |surface, index, params| {
            call!(
                NvBufSurfaceSyncGpuL2CacheForDevice
                    as PFN_NvBufSurfaceSyncGpuL2CacheForDevice(surface, index, params)
            )
        };
        let mut params = sys::NvBufSurfaceGPUL2SyncParams::default();
        let surface = create(sys::NVBUF_MEM_SURFACE_ARRAY, 2);
        let memory = create(sys::NVBUF_MEM_CUDA_DEVICE, 2);
        for operation in [1, 2, 3] {
            params.type_ = operation;
            assert_eq!(sync(surface, -1, &mut params), 0);
            assert_eq!(sync(memory, 1, &mut params), 0);
        }
        let calls = counter("NvBufSurfaceSyncGpuL2CacheForDevice");
        assert_eq!((calls, counter("violations")), (6, 0));
        assert_eq!(sync(surface, 2, &mut params), -1);
        assert_eq!(sync(surface, 0, std::ptr::null_mut()), -1);
        assert_eq!(sync(std::ptr::null_mut(), 0, &mut params), -1);
        params.type_ = 4;
        assert_eq!(sync(surface, 0, &mut params), -1);
        params.type_ = 1;
        let host = create(sys::NVBUF_MEM_SYSTEM, 1);
        assert_eq!(sync(host, 0, &mut params), -1);
        assert_eq!(counter("violations"), 5);
        assert_eq!(
            (destroy(surface), destroy(memory), destroy(host)),
            (0, 0, 0)
        );
    });
}

#[test]
fn memory_types_of_the_family() {
    on_each("memory_types_of_the_family", &RELEASES, || {
        let mut wanted = sys::NvBufSurfaceAllocateParams {
            disablePitchPadding: true,
            ..Default::default()
        };
        (wanted.params.width, wanted.params.height) = (65, 32);
        wanted.params.colorFormat = sys::NVBUF_COLOR_FORMAT_RGBA;
        for mem_type in [1, 2, 3, 6] {
            wanted.params.memType = mem_type;
            let surface = allocate(wanted, 2);
            let one = entry(surface, 1);
            assert_eq!((one.pitch, one.bufferDesc), (66 * 4, 0));
            assert!(!one.dataPtr.is_null());
            set(surface, 1, 8);
            assert_eq!((first(surface, 0), first(surface, 1)), (0, 8));
            // Hardware needs the padding.
            assert!(mem_type > 2 || map_nvmm(surface, 0) == -1);
            assert_eq!(destroy(surface), 0);
        }
        assert_eq!((counter("violations"), counter("unsupported")), (0, 2));
        wanted.params.memType = sys::NVBUF_MEM_CUDA_ARRAY;
        assert!(allocate(wanted, 1).is_null());
        assert_eq!((counter("violations"), counter("unsupported")), (0, 3));
        wanted.params.memType = 8;
        assert!(allocate(wanted, 1).is_null());
        assert_eq!((counter("violations"), counter("buffers_alive")), (1, 0));
    });
}

#[test]
fn a_surface_crosses() {
    on_each("a_surface_crosses", &RELEASES, || {
        sharing::a_surface_crosses("import_what_comes", 504);
    });
}

/// The other process of the test above.
#[test]
fn import_what_comes() {
    sharing::import_what_comes();
}

#[test]
fn pairs_of_pixels_are_imported() {
    on_each(
        "pairs_of_pixels_are_imported",
        &RELEASES,
        sharing::pairs_of_pixels_are_imported,
    );
}

#[test]
fn a_surface_is_imported_at_home() {
    on_each("a_surface_is_imported_at_home", &RELEASES, || {
        sharing::a_surface_is_imported_at_home(|header| header.isImportedBuf);
    });
}

#[test]
fn bad_descriptions_are_refused() {
    on_each(
        "bad_descriptions_are_refused",
        &RELEASES,
        sharing::bad_descriptions_are_refused,
    );
}
