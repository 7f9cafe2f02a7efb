//! Memory and frames with pixels to copy.

#![allow(dead_code, reason = "no test uses all of it")]

use egl_cuda::sys::CUeglColorFormat;
use egl_cuda::{Context, CudaFrame, DeviceMemory, Stream};
use nvmm_sim_control::Simulator;

pub(crate) const ROW: usize = 132;
pub(crate) const HEIGHT: usize = 37;

pub(crate) fn start() -> (Context, Stream) {
    let context = Context::primary(0).unwrap();
    let stream = Stream::new(&context).unwrap();
    (context, stream)
}

/// Pixels that are other in every row and column.
pub(crate) fn pattern(seed: usize, len: usize) -> Vec<u8> {
    (0..len)
        .map(|i| ((i * 7 + i / ROW * 13 + seed * 31) % 251) as u8)
        .collect()
}

/// Frees on another thread, where nothing is current before and after.
pub(crate) fn drop_elsewhere<T: Send + 'static>(value: T) {
    let dropped = std::thread::spawn(move || {
        assert!(Context::current_raw().unwrap().is_null());
        drop(value);
        assert!(Context::current_raw().unwrap().is_null());
    });
    dropped.join().unwrap();
}

pub(crate) fn no_violations() {
    if let Some(simulator) = Simulator::loaded() {
        assert_eq!(simulator.counter("violations"), Some(0));
    }
}

/// The layouts of packed planes in memory of this pitch.
pub(crate) fn nv12(context: &Context, width: u32, height: u32) -> CudaFrame {
    let memory = |width: u32, height: u32| {
        DeviceMemory::pitched(context, width as usize, height as usize).unwrap()
    };
    let planes = [(memory(width, height), 1), (memory(width, height / 2), 2)];
    CudaFrame::from_memory(planes, Some(CUeglColorFormat::YUV420_SEMIPLANAR)).unwrap()
}

pub(crate) fn write(stream: &Stream, frame: &CudaFrame, seed: usize) {
    for plane in 0..frame.num_planes() {
        let target = frame.target(plane).unwrap();
        let (row, height) = (target.row_bytes(), target.height());
        let pixels = pattern(seed + plane as usize, row * height);
        stream.copy_from_host(&pixels, row, target).unwrap();
    }
}

pub(crate) fn read(stream: &Stream, frame: &CudaFrame) -> Vec<Vec<u8>> {
    let plane = |plane| {
        let source = frame.source(plane).unwrap();
        let row = source.row_bytes();
        let mut out = vec![0; row * source.height()];
        stream.copy_to_host(source, &mut out, row).unwrap();
        out
    };
    (0..frame.num_planes()).map(plane).collect()
}
