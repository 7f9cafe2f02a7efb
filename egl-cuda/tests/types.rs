//! Layouts, thread claims and the words of errors.

use egl_cuda::{
    AcquiredFrame, Array, Consumer, Context, CudaFrame, DeviceMemory, Driver, Error, Event,
    LoadError, ManagedMemory, MappedEglImage, PinnedMemory, PixelOrder, Plane, PresentError,
    Producer, Sampling, Stream, StreamRef, sys,
};

#[test]
fn frames_have_the_layout_of_the_c_header() {
    use std::mem::{align_of, offset_of, size_of};
    assert_eq!(
        (size_of::<sys::CUeglFrame>(), align_of::<sys::CUeglFrame>()),
        (64, 8)
    );
    assert_eq!(offset_of!(sys::CUeglFrame, width), 24);
    assert_eq!(offset_of!(sys::CUeglFrame, eglColorFormat), 52);
    assert_eq!(size_of::<sys::CUdeviceptr>(), 8);
    assert_eq!(size_of::<sys::CUsurfObject>(), 8);
    assert_eq!(size_of::<sys::CUDA_RESOURCE_DESC>(), 144);
    assert_eq!(offset_of!(sys::CUDA_RESOURCE_DESC, res), 8);
    assert_eq!(offset_of!(sys::CUDA_RESOURCE_DESC, flags), 136);
    assert_eq!(sys::CUeglColorFormat::ABGR.0, 0x0e);
    assert_eq!(sys::CUeglColorFormat::YUV420_SEMIPLANAR_ER.0, 0x26);
}

#[test]
fn objects_travel_between_threads() {
    fn travels<T: Send + Sync + 'static>() {}
    travels::<Driver>();
    travels::<Context>();
    travels::<Stream>();
    travels::<StreamRef<'static>>();
    travels::<Event>();
    travels::<MappedEglImage>();
    travels::<CudaFrame>();
    travels::<Plane>();
    travels::<PixelOrder>();
    travels::<Sampling>();
    travels::<DeviceMemory>();
    travels::<ManagedMemory>();
    travels::<PinnedMemory>();
    travels::<Array>();
    travels::<Consumer>();
    travels::<AcquiredFrame>();
    travels::<Producer>();
    travels::<PresentError>();
    travels::<Error>();
    travels::<LoadError>();
    #[cfg(feature = "cust")]
    travels::<egl_cuda::Kernel>();
}

#[test]
fn errors_are_small() {
    assert!(
        std::mem::size_of::<Error>() <= 64,
        "{}",
        std::mem::size_of::<Error>()
    );
}
