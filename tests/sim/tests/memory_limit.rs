//! Running out of memory on demand: buffers of both libraries and device memory share one limit.

mod support;

use std::ffi::c_void;
use std::num::NonZeroU64;

use nvbufsurface_sys::classic as sys;
use nvmm_sim_control::Simulator;
use support::cuda::Cuda;
use support::legacy::{create, destroy};
use support::surface::{Surface, params};
use support::{child, counter, isolated, on_each, text};

/// `CUDA_ERROR_OUT_OF_MEMORY`
const OUT_OF_MEMORY: u32 = 2;
/// A picture of 64x32 RGBA: 32 rows of 256 bytes.
const RGBA: u64 = 8192;

fn batch(count: u32, mem_type: u32) -> Option<Surface> {
    let mut params = params(sys::NVBUF_COLOR_FORMAT_RGBA);
    params.memType = mem_type;
    Surface::create(count, params)
}

/// A function of the driver, called with valid pointers.
macro_rules! driver {
    ($name:ident as $local:ident($($arg:ident: $type:ty),*)) => {
        fn $local($($arg: $type),*) -> u32 {
            type Function = unsafe extern "C" fn($($type),*) -> u32;
            let function: Function = support::function_of("libcuda.so.1", stringify!($name));
            // SAFETY: its prototype, and pointers that are valid for the call.
            unsafe { function($($arg),*) }
        }
    };
}

driver!(cuMemGetInfo_v2 as mem_get_info(free: *mut usize, total: *mut usize));
driver!(cuMemAllocHost_v2 as mem_alloc_host(out: *mut *mut c_void, size: usize));
driver!(cuMemFreeHost as mem_free_host(address: *mut c_void));

fn limit(bytes: u64) {
    let simulator = Simulator::find().unwrap();
    simulator.limit_memory(NonZeroU64::new(bytes));
}

#[test]
fn the_environment_limits_every_kind_of_memory() {
    let test = "the_environment_limits_every_kind_of_memory";
    let output = child(test, &[("NVMM_SIM_MEMORY", "64K")], || {
        let cuda = Cuda::start();
        let one = batch(1, sys::NVBUF_MEM_DEFAULT).unwrap();
        assert_eq!(
            (counter("bytes_alive"), RGBA),
            (RGBA, one.params(0).dataSize.into())
        );
        let legacy = create(0).unwrap();
        let used = counter("bytes_alive");
        assert!((RGBA + 1..6 * RGBA).contains(&used));
        let left = usize::try_from((64 << 10) - used).unwrap();
        let (mut free, mut total) = (0, 0);
        assert_eq!(mem_get_info(&mut free, &mut total), 0);
        assert_eq!((free, total), (left, 64 << 10));
        let (mut device, mut host) = (0, std::ptr::null_mut());
        assert_eq!(cuda.mem_alloc(&mut device, left + 1), OUT_OF_MEMORY);
        assert_eq!(cuda.mem_alloc(&mut device, left), 0);
        assert_eq!(mem_get_info(&mut free, &mut total), 0);
        assert_eq!(free, 0);
        // Nothing is left for anybody.
        assert!(batch(1, sys::NVBUF_MEM_DEFAULT).is_none());
        assert!(batch(1, sys::NVBUF_MEM_CUDA_DEVICE).is_none());
        assert!(batch(1, sys::NVBUF_MEM_SYSTEM).is_none());
        assert!(create(0).is_none());
        assert_eq!(mem_alloc_host(&mut host, 1), OUT_OF_MEMORY);
        assert_eq!(counter("bytes_alive"), 64 << 10);
        // Room again.
        assert_eq!(destroy(legacy), 0);
        assert_eq!(mem_alloc_host(&mut host, 4096), 0);
        assert_eq!((mem_free_host(host), cuda.mem_free(device)), (0, 0));
        assert_eq!(counter("bytes_alive"), RGBA);
        assert_eq!(counter("bytes_peak"), 64 << 10);
        support::reset_counters();
        assert_eq!(counter("bytes_peak"), RGBA);
        assert_eq!((one.destroy(), counter("bytes_alive")), (0, 0));
        assert_eq!((counter("violations"), counter("buffers_alive")), (0, 0));
    });
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("out of memory: 8192 bytes more than the 65536 in use, of 65536"),
        "{said}"
    );
    assert!(
        said.contains("NvBufferCreate: no memory: out of memory"),
        "{said}"
    );
}

#[test]
fn a_batch_is_all_or_nothing() {
    on_each("a_batch_is_all_or_nothing", &["r32.7", "r39.2"], || {
        let types = [
            sys::NVBUF_MEM_DEFAULT,
            sys::NVBUF_MEM_CUDA_DEVICE,
            sys::NVBUF_MEM_CUDA_PINNED,
            sys::NVBUF_MEM_SYSTEM,
        ];
        for (mem_type, is_contiguous) in types.into_iter().flat_map(|t| [(t, false), (t, true)]) {
            support::reset_counters();
            let new = |count| {
                let mut wanted = nvbufsurface_sys::extended::NvBufSurfaceCreateParams::default();
                (wanted.width, wanted.height) = (64, 32);
                wanted.colorFormat = sys::NVBUF_COLOR_FORMAT_RGBA;
                (wanted.memType, wanted.isContiguous) = (mem_type, is_contiguous);
                let mut raw = std::ptr::null_mut();
                let wanted = (&raw mut wanted).cast();
                let create = support::surface::functions().create;
                // SAFETY: the longer struct begins with the shorter one; valid for the call.
                let result = unsafe { create(&mut raw, count, wanted) };
                (result == 0).then_some(Surface { raw })
            };
            limit(3 * RGBA);
            assert!(new(4).is_none());
            assert_eq!((counter("bytes_alive"), counter("bytes_peak")), (0, 0));
            assert_eq!(counter("buffers_allocated"), 0);
            let three = new(3).unwrap();
            assert_eq!(counter("bytes_alive"), 3 * RGBA);
            assert!(new(1).is_none());
            limit(0);
            let more = new(1).unwrap();
            // What is alive stays, and is more than there may be now.
            limit(RGBA);
            assert_eq!((three.destroy(), counter("bytes_alive")), (0, RGBA));
            assert!(new(1).is_none());
            assert_eq!((more.destroy(), counter("bytes_alive")), (0, 0));
            assert_eq!((new(1).unwrap().destroy(), counter("violations")), (0, 0));
        }
    });
}

#[test]
fn another_view_of_memory_takes_none() {
    on_each("another_view_of_memory_takes_none", &["r36.4"], || {
        let surface = batch(1, sys::NVBUF_MEM_DEFAULT).unwrap();
        let describe: sys::PFN_NvBufSurfaceGetMapParams =
            support::function_of("libnvbufsurface.so.1.0.0", "NvBufSurfaceGetMapParams");
        let import: sys::PFN_NvBufSurfaceImport =
            support::function_of("libnvbufsurface.so.1.0.0", "NvBufSurfaceImport");
        let mut said = sys::NvBufSurfaceMapParams::default();
        // SAFETY: a live surface and a struct of the release.
        assert_eq!(unsafe { describe(surface.raw, 0, &mut said) }, 0);
        let mut raw = std::ptr::null_mut();
        // SAFETY: valid for the call.
        assert_eq!(unsafe { import(&mut raw, &said) }, 0);
        assert_eq!(
            (counter("buffers_alive"), counter("bytes_alive")),
            (2, RGBA)
        );
        assert_eq!(
            (Surface { raw }.destroy(), counter("bytes_alive")),
            (0, RGBA)
        );
        assert_eq!((surface.destroy(), counter("bytes_alive")), (0, 0));
    });
}

#[test]
fn two_threads_never_have_more_than_the_limit() {
    isolated("two_threads_never_have_more_than_the_limit", || {
        limit(3 * RGBA);
        let work = || {
            let mut made = 0;
            for _ in 0..200 {
                if let Some(surface) = batch(2, sys::NVBUF_MEM_DEFAULT) {
                    assert_eq!(surface.destroy(), 0);
                    made += 1;
                }
            }
            made
        };
        let other = std::thread::spawn(work);
        // Only one of two has room for both buffers: who fails never stands in the other's way for good.
        assert!(work() + other.join().unwrap() > 0);
        // The first buffer of a batch may be gone when the other thread makes its own.
        assert!((2 * RGBA..=3 * RGBA).contains(&counter("bytes_peak")));
        assert_eq!((counter("bytes_alive"), counter("violations")), (0, 0));
    });
}
