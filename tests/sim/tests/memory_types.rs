//! The types of memory of the classic family: which have an fd, who reaches them, what may be done.

mod support;

use std::ffi::c_void;
use std::os::unix::process::ExitStatusExt as _;

use nvbufsurface_sys::classic as sys;
use support::cuda::{Cuda, Picture};
use support::surface::{Surface, params};
use support::{child, counter, isolated, on_each, release, text};

const RELEASES: [&str; 3] = ["r32.1", "r32.7", "r36.4"];

/// Types with `dataPtr`.
const WITHOUT_FD: [sys::NvBufSurfaceMemType; 4] = [
    sys::NVBUF_MEM_CUDA_PINNED,
    sys::NVBUF_MEM_CUDA_DEVICE,
    sys::NVBUF_MEM_CUDA_UNIFIED,
    sys::NVBUF_MEM_SYSTEM,
];

fn of_type(mem_type: sys::NvBufSurfaceMemType, batch: u32) -> Option<Surface> {
    let mut params = params(sys::NVBUF_COLOR_FORMAT_NV12);
    params.memType = mem_type;
    Surface::create(batch, params)
}

#[test]
fn memory_without_an_fd_has_an_address() {
    on_each("memory_without_an_fd_has_an_address", &RELEASES, || {
        for mem_type in WITHOUT_FD {
            let surface = of_type(mem_type, 2).unwrap();
            let header = surface.surface();
            assert_eq!((header.memType, header.isContiguous), (mem_type, false));
            let (first, second) = (surface.params(0), surface.params(1));
            assert!(!first.dataPtr.is_null() && first.dataPtr != second.dataPtr);
            assert_eq!((first.bufferDesc, first.planeParams.num_planes), (0, 2));
            assert_eq!(first.pitch % 256, 0);
            assert_eq!(surface.mem_set(-1, -1, 7), 0);
            assert_eq!(counter("violations"), 0);
            let refused = [
                surface.map(0, 0, sys::NVBUF_MAP_READ),
                surface.unmap(0, 0),
                surface.sync_for_cpu(0, 0),
                surface.sync_for_device(0, 0),
                surface.map_egl_image(0),
                surface.unmap_egl_image(0),
            ];
            assert_eq!((refused, counter("violations")), ([-1; 6], 6));
            assert_eq!(surface.destroy(), 0);
            support::reset_counters();
        }
        assert_eq!((counter("buffers_alive"), counter("violations")), (0, 0));
    });
}

#[test]
fn raw_memory_with_an_fd_is_mapped() {
    on_each("raw_memory_with_an_fd_is_mapped", &RELEASES, || {
        let mut raw = params(sys::NVBUF_COLOR_FORMAT_INVALID);
        (raw.memType, raw.size) = (sys::NVBUF_MEM_HANDLE, 5000);
        let surface = Surface::create(1, raw).unwrap();
        assert_eq!(surface.surface().memType, sys::NVBUF_MEM_HANDLE);
        let one = surface.params(0);
        assert!(one.bufferDesc > 2 && one.dataPtr.is_null());
        assert_eq!(surface.map(0, -1, sys::NVBUF_MAP_READ_WRITE), 0);
        assert_eq!(surface.sync_for_cpu(0, -1), 0);
        let last = surface.addr(0).wrapping_add(4999);
        // SAFETY: mapped for writing.
        unsafe { last.write(1) };
        assert_eq!(surface.sync_for_device(0, -1), 0);
        assert_eq!(surface.unmap(0, -1), 0);
        assert_eq!(counter("violations"), 0);
        assert_eq!(surface.map_egl_image(0), -1);
        assert_eq!(counter("violations"), 1);
        assert_eq!(surface.destroy(), 0);
        raw.size = 0;
        assert!(Surface::create(1, raw).is_none());
        assert_eq!((counter("violations"), counter("unsupported")), (1, 1));
    });
}

#[test]
fn copies_cross_types() {
    on_each("copies_cross_types", &RELEASES, || {
        for mem_type in WITHOUT_FD {
            let (memory, array) = (of_type(mem_type, 1).unwrap(), of_type(4, 1).unwrap());
            assert_eq!(memory.mem_set(0, 0, 0x21), 0);
            assert_eq!(memory.mem_set(0, 1, 0x22), 0);
            assert_eq!(memory.copy(array.raw), 0);
            assert_eq!((array.first_byte(0), array.first_byte(1)), (0x21, 0x22));
            assert_eq!(array.mem_set(0, 0, 0x23), 0);
            assert_eq!(array.copy(memory.raw), 0);
            assert_eq!(memory.copy(memory.raw), -1);
            if mem_type != sys::NVBUF_MEM_CUDA_DEVICE {
                let byte = memory.params(0).dataPtr.cast::<u8>();
                // SAFETY: memory of the CPU too.
                assert_eq!(unsafe { byte.read_volatile() }, 0x23);
            }
            assert_eq!((memory.destroy(), array.destroy()), (0, 0));
        }
        assert_eq!(counter("violations"), 4);
    });
}

#[test]
fn the_cpu_does_not_reach_device_memory() {
    let output = child("the_cpu_does_not_reach_device_memory", &[], || {
        let surface = of_type(sys::NVBUF_MEM_CUDA_DEVICE, 1).unwrap();
        let byte = surface.params(0).dataPtr.cast::<u8>();
        // SAFETY: crashes if the simulator does what it should.
        let _ = unsafe { byte.read_volatile() };
    });
    assert_eq!(
        output.status.signal(),
        Some(libc::SIGSEGV),
        "{}",
        text(&output)
    );
}

#[test]
fn cuda_reaches_its_memory_and_no_other() {
    isolated("cuda_reaches_its_memory_and_no_other", || {
        let cuda = Cuda::start();
        let fill = cuda.function("fill");
        for mem_type in WITHOUT_FD {
            let surface = of_type(mem_type, 1).unwrap();
            let address = surface.params(0).dataPtr.expose_provenance();
            let bytes = [5u8; 16];
            let result = cuda.copy_to_device(address, bytes.as_ptr().cast(), 16);
            assert_eq!(result == 0, mem_type != sys::NVBUF_MEM_SYSTEM);
            if result == 0 {
                let mut back = [0u8; 16];
                let start: *mut c_void = back.as_mut_ptr().cast();
                assert_eq!(cuda.copy_to_host(start, address, 16), 0);
                assert_eq!(back, bytes);
                let picture = Picture {
                    pixels: address,
                    pitch: 256,
                    width: 64,
                    height: 32,
                };
                assert_eq!(cuda.fill(fill, 0, picture, 0, 6), 0);
                assert_eq!(cuda.ctx_synchronize(), 0);
                assert_eq!(cuda.copy_to_host(start, address, 16), 0);
                assert_eq!(back, [6; 16]);
                // It is not the driver's to free.
                assert_ne!(cuda.mem_free(address), 0);
            } else {
                // For the driver it is memory of the host.
                let mut device = 0;
                assert_eq!(cuda.mem_alloc(&mut device, 16), 0);
                let start = surface.params(0).dataPtr;
                assert_eq!(cuda.copy_to_device(device, start, 16), 0);
                assert_eq!(cuda.mem_free(device), 0);
            }
            assert_eq!(surface.destroy(), 0);
        }
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn a_contiguous_batch_is_one_block() {
    isolated("a_contiguous_batch_is_one_block", || {
        let mut wanted = params(sys::NVBUF_COLOR_FORMAT_RGBA);
        wanted.isContiguous = true;
        wanted.memType = sys::NVBUF_MEM_CUDA_DEVICE;
        let surface = Surface::create(3, wanted).unwrap();
        assert!(surface.surface().isContiguous);
        let at = [0, 1, 2].map(|i| surface.params(i).dataPtr.addr());
        assert_eq!(at[2] - at[1], at[1] - at[0]);
        assert!(at[1] - at[0] >= surface.params(0).dataSize as usize);
        assert_eq!(surface.mem_set(1, 0, 9), 0);
        let cuda = Cuda::start();
        // One copy over the borders of the buffers.
        let mut all = vec![0u8; 3 * (at[1] - at[0])];
        let len = all.len();
        assert_eq!(cuda.copy_to_host(all.as_mut_ptr().cast(), at[0], len), 0);
        let nines = all.iter().filter(|byte| **byte == 9).count();
        assert_eq!((nines, all[at[1] - at[0]]), (256 * 32, 9));
        assert_eq!(surface.destroy(), 0);
        // Of other memory it is no property.
        wanted.memType = sys::NVBUF_MEM_SURFACE_ARRAY;
        let surface = Surface::create(2, wanted).unwrap();
        assert!(!surface.surface().isContiguous);
        assert_eq!((surface.destroy(), counter("violations")), (0, 0));
    });
}

#[test]
fn padding_can_be_left_out() {
    on_each(
        "padding_can_be_left_out",
        &["r34.1", "r35.3.1", "r36.4"],
        || {
            let mut wanted = sys::NvBufSurfaceAllocateParams {
                params: params(sys::NVBUF_COLOR_FORMAT_NV12),
                disablePitchPadding: true,
                ..Default::default()
            };
            (wanted.params.width, wanted.params.height) = (65, 33);
            let allocate = function!(
                "libnvbufsurface.so.1.0.0",
                "NvBufSurfaceAllocate",
                sys::PFN_NvBufSurfaceAllocate
            );
            for mem_type in WITHOUT_FD {
                wanted.params.memType = mem_type;
                let mut raw = std::ptr::null_mut();
                // SAFETY: both pointers are valid for the call.
                assert_eq!(unsafe { allocate(&mut raw, 1, &mut wanted) }, 0);
                let (padded, planes) = (Surface { raw }, Surface { raw }.params(0).planeParams);
                if release() == "r34.1" {
                    // It has no such parameter.
                    assert_eq!(planes.pitch[..2], [256, 256]);
                } else {
                    // Odd widths are made even.
                    assert_eq!(planes.pitch[..2], [66, 68]);
                    assert_eq!(planes.offset[1], 66 * 33);
                }
                // To and from memory with padding.
                wanted.params.memType = sys::NVBUF_MEM_SURFACE_ARRAY;
                let mut raw = std::ptr::null_mut();
                // SAFETY: as above.
                assert_eq!(unsafe { allocate(&mut raw, 1, &mut wanted) }, 0);
                let array = Surface { raw };
                assert_eq!(array.params(0).pitch, 256);
                assert_eq!((padded.mem_set(0, 1, 3), padded.copy(array.raw)), (0, 0));
                assert_eq!((array.first_byte(0), array.first_byte(1)), (0, 3));
                assert_eq!((padded.destroy(), array.destroy()), (0, 0));
            }
            assert_eq!(counter("violations"), 0);
        },
    );
}

#[test]
fn what_no_memory_is_is_refused() {
    on_each("what_no_memory_is_is_refused", &RELEASES, || {
        assert!(of_type(7, 1).is_none());
        let mut wanted = params(sys::NVBUF_COLOR_FORMAT_RGBA);
        (wanted.memType, wanted.gpuId) = (sys::NVBUF_MEM_CUDA_DEVICE, 1);
        assert!(Surface::create(1, wanted).is_none());
        assert_eq!((counter("violations"), counter("unsupported")), (2, 0));
        (wanted.gpuId, wanted.layout) = (0, sys::NVBUF_LAYOUT_BLOCK_LINEAR);
        let block = Surface::create(1, wanted).unwrap();
        assert_eq!(block.params(0).layout, sys::NVBUF_LAYOUT_BLOCK_LINEAR);
        assert_eq!((block.mem_set(0, 0, 1), block.destroy()), (0, 0));
        assert_eq!((counter("violations"), counter("unsupported")), (2, 0));
        wanted.memType = sys::NVBUF_MEM_SYSTEM;
        assert!(Surface::create(1, wanted).is_none());
        assert_eq!((counter("violations"), counter("unsupported")), (2, 1));
        // A program that says something else about a buffer.
        let array = Surface::rgba();
        let copy = array.shallow_copy();
        let place = copy.raw;
        // SAFETY: the test's own struct.
        unsafe { (*place).memType = sys::NVBUF_MEM_CUDA_DEVICE };
        assert_eq!((copy.mem_set(0, 0, 1), array.destroy()), (-1, 0));
        assert_eq!(counter("violations"), 3);
        // Used after its end.
        let memory = of_type(sys::NVBUF_MEM_CUDA_DEVICE, 1).unwrap();
        let copy = memory.shallow_copy();
        assert_eq!((memory.destroy(), copy.mem_set(0, 0, 1)), (0, -1));
        assert_eq!(counter("violations"), 4);
    });
}
