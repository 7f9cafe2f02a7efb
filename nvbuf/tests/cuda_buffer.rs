//! What libraries of the extended family have (L4T R39): buffers mapped for CUDA, the GPU's cache,
//! the machine. Of others the error.

mod releases;

use std::sync::Arc;
use std::sync::{Mutex, MutexGuard};

use nvbuf::sys::{Family, Library};
use nvbuf::{
    Access, ColorFormat, CudaBuffer, DeviceInfo, DriverType, Error, ErrorKind, GpuL2, Layout,
    MemType, PlatformType, Surface,
};
use nvmm_sim_control::Simulator;

/// Tests look at counters of the whole process, so one runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|e| e.into_inner())
}

#[test]
fn on_other_releases() {
    let _alone = alone();
    releases::run_on_others("on_other_releases");
}

fn is_extended() -> bool {
    let is_extended = Library::get().unwrap().family() == Family::Extended;
    let release = releases::release();
    if !release.is_empty() {
        assert_eq!(is_extended, release.starts_with("r39"), "{release}");
    }
    is_extended
}

fn surface(mem_type: MemType, batch: u32) -> Arc<Surface> {
    let builder = Surface::builder(66, 34).format(ColorFormat::NV12);
    Arc::new(builder.mem_type(mem_type).batch(batch).build().unwrap())
}

fn alive() -> Option<u64> {
    Simulator::loaded().map(|s| s.counter("cuda_buffers_alive").unwrap())
}

#[track_caller]
fn is_missing(error: Error, call: &str) {
    assert_eq!(
        (error.kind(), error.call()),
        (ErrorKind::Load, call),
        "{error}"
    );
    assert!(error.to_string().contains("R39"), "{error}");
}

#[test]
fn a_buffer_is_mapped_for_cuda() {
    let _alone = alone();
    let both = surface(MemType::SURFACE_ARRAY, 2);
    if !is_extended() {
        let error = CudaBuffer::map(&both, 0).expect_err("R39");
        assert!(error.to_string().contains("EglImage"), "{error}");
        return is_missing(error, "NvBufSurfaceMapCudaBuffer");
    }
    let slices = both.map(0).unwrap();
    let error = CudaBuffer::map(&both, 0).expect_err("a slice lives");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(slices);
    let first = match CudaBuffer::map(&both, 0) {
        Err(error) if Simulator::loaded().is_none() && error.kind() == ErrorKind::Call => {
            println!("not run: this board refuses it, as some do: {error}");
            return;
        }
        first => first.unwrap(),
    };
    let second = CudaBuffer::map(&both, 1).unwrap();
    let again = CudaBuffer::map(&both, 0).unwrap();
    assert_eq!(alive(), alive().map(|_| 3));
    for buffer in [&first, &second, &again] {
        assert!(buffer.data_address() >= buffer.base_address());
        assert!(buffer.base_address() != 0 && buffer.external_memory().is_some());
        assert_eq!(buffer.mipmapped_array(), None);
        assert!(Arc::ptr_eq(buffer.surface(), &both));
    }
    assert_ne!(first.data_address(), second.data_address());
    assert_eq!(both.map(0).expect_err("shared").kind(), ErrorKind::Invalid);
    // Each is of its own descriptor, and the public one is peers'.
    first.unmap().unwrap();
    drop(both);
    assert_eq!(again.surface().params(1).unwrap().width(), 66);
    drop((again, second));
    assert_eq!(alive(), alive().map(|_| 0));
    if let Some(simulator) = Simulator::loaded() {
        assert_eq!(simulator.counter("violations"), Some(0));
        assert_eq!(simulator.counter("buffers_alive"), Some(0));
    }
}

#[test]
fn what_cannot_be_mapped_for_cuda_is_refused() {
    let _alone = alone();
    if !is_extended() {
        return;
    }
    let error = CudaBuffer::map(&surface(MemType::SURFACE_ARRAY, 1), 1).expect_err("one buffer");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let error = CudaBuffer::map(&surface(MemType::CUDA_DEVICE, 1), 0).expect_err("CUDA's own");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let tiles = Surface::builder(64, 64).layout(Layout::BLOCK_LINEAR);
    // A Jetson may do it, with a mipmapped array; the simulator does not.
    match CudaBuffer::map(&Arc::new(tiles.build().unwrap()), 0) {
        Ok(buffer) => assert!(buffer.mipmapped_array().is_some() || buffer.data_address() != 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Call, "{error}"),
    }
}

#[test]
fn an_unmap_that_fails_is_an_error_and_is_tried_again() {
    let _alone = alone();
    let Some(simulator) = Simulator::loaded().filter(|_| is_extended()) else {
        return;
    };
    let call = "NvBufSurfaceUnMapCudaBuffer";
    for drops in [false, true] {
        let surface = surface(MemType::SURFACE_ARRAY, 1);
        let buffer = CudaBuffer::map(&surface, 0).unwrap();
        simulator.fail(call, 1, -1).unwrap();
        if drops {
            drop(buffer);
        } else {
            let error = buffer.unmap().expect_err("fails on demand");
            assert_eq!((error.kind(), error.call()), (ErrorKind::Call, call));
        }
        assert_eq!(alive(), Some(1));
        drop(surface);
        assert_eq!(alive(), Some(0));
    }
    assert_eq!(simulator.counter("violations"), Some(0));
    assert_eq!(simulator.counter("buffers_alive"), Some(0));
}

#[test]
fn the_cache_is_synchronised() {
    let _alone = alone();
    let call = "NvBufSurfaceSyncGpuL2CacheForDevice";
    let array = surface(MemType::SURFACE_ARRAY, 2);
    if !is_extended() {
        let error = array.sync_gpu_l2(0, GpuL2::Flush).expect_err("R39");
        return is_missing(error, call);
    }
    let count = || Simulator::loaded().map(|s| s.counter(call).unwrap());
    let before = count();
    let device = surface(MemType::CUDA_DEVICE, 1);
    for operation in [GpuL2::Invalidate, GpuL2::Flush, GpuL2::FlushInvalidate] {
        array.sync_gpu_l2(1, operation).unwrap();
        device.sync_gpu_l2(0, operation).unwrap();
    }
    assert_eq!(count(), before.map(|n| n + 6));
    let error = array.sync_gpu_l2(2, GpuL2::Flush).expect_err("two buffers");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let host = surface(MemType::SYSTEM, 1);
    let error = host
        .sync_gpu_l2(0, GpuL2::Flush)
        .expect_err("the CPU's memory");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert_eq!(count(), before.map(|n| n + 6), "refused before the call");
}

#[test]
fn the_machine_is_described() {
    let _alone = alone();
    Surface::builder(16, 16).build().unwrap();
    if !is_extended() {
        let error = DeviceInfo::query().expect_err("R39");
        return is_missing(error, "NvBufSurfaceGetDeviceInfo");
    }
    let info = DeviceInfo::query().unwrap();
    if Simulator::loaded().is_some() {
        assert_eq!(info.driver, DriverType::NVGPU);
        assert_eq!(info.platform, PlatformType::T234);
        assert!(info.has_vic && info.is_integrated_gpu);
    }
    let text = format!("{info:?} {:?} {:?}", DriverType(9), PlatformType(99));
    assert!(text.contains("driver type 9 platform type 99"), "{text}");
}

#[test]
fn what_a_forgotten_guard_has_mapped_is_unmapped_with_the_surface() {
    let _alone = alone();
    let mut owner = Surface::builder(66, 34)
        .format(ColorFormat::NV12)
        .batch(2)
        .build()
        .unwrap();
    std::mem::forget(owner.map_mut(1).unwrap());
    std::mem::forget(owner.map(0).unwrap());
    let other = surface(MemType::SURFACE_ARRAY, 1);
    // SAFETY: the owner outlives the view.
    let view = unsafe { Surface::from_fd(other.dmabuf(0).unwrap()) }.unwrap();
    std::mem::forget(view.map_ptr(0, Access::Read).unwrap());
    // Neither the surface nor the owner of what the view shows is destroyed while mapped.
    drop((owner, view));
    drop(other);
    if let Some(simulator) = Simulator::loaded() {
        assert_eq!(simulator.counter("violations"), Some(0));
        assert_eq!(simulator.counter("buffers_alive"), Some(0));
    }
}
