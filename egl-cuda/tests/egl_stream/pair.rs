//! Both ends of a stream, device memory to present, and pixels.

use std::ffi::{CStr, c_uint, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use egl_cuda::{Consumer, Context, CudaFrame, PlaneLayout, Producer, Stream, sys};

use crate::egl::EglStream;

pub(crate) const WIDTH: u32 = 64;
pub(crate) const HEIGHT: u32 = 32;
pub(crate) const PITCH: u32 = 512;
pub(crate) const BYTES: usize = PITCH as usize * HEIGHT as usize;

/// Device memory of the tests that is alive.
pub(crate) static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// A function of the driver's that the crate has no use for.
///
/// # Safety
///
/// `T` is its type.
pub(crate) unsafe fn driver<T: Copy>(context: &Context, name: &CStr) -> T {
    let address = context.driver().symbol(name).unwrap().as_ptr();
    // SAFETY: by this function's contract, a function pointer.
    unsafe { std::mem::transmute_copy(&address) }
}

/// Device memory, freed by drop.
struct Memory(Context, sys::CUdeviceptr);

impl Memory {
    fn new(context: &Context) -> Self {
        type Alloc = unsafe extern "C" fn(*mut sys::CUdeviceptr, usize) -> c_uint;
        // SAFETY: its type.
        let alloc: Alloc = unsafe { driver(context, c"cuMemAlloc_v2") };
        let _current = context.push().unwrap();
        let mut address = 0;
        // SAFETY: the pointer is live.
        assert_eq!(unsafe { alloc(&mut address, BYTES) }, 0);
        ALIVE.fetch_add(1, SeqCst);
        Self(context.clone(), address)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        type Free = unsafe extern "C" fn(sys::CUdeviceptr) -> c_uint;
        // SAFETY: its type.
        let free: Free = unsafe { driver(&self.0, c"cuMemFree_v2") };
        let _current = self.0.push().unwrap();
        // SAFETY: memory of this object's.
        assert_eq!(unsafe { free(self.1) }, 0);
        ALIVE.fetch_sub(1, SeqCst);
    }
}

/// An RGBA frame in new device memory.
pub(crate) fn frame(context: &Context) -> CudaFrame {
    let layout = PlaneLayout {
        width: WIDTH,
        height: HEIGHT,
        pitch: PITCH,
        bytes_per_pixel: 4,
    };
    let memory = Memory::new(context);
    let planes = [(memory.1, layout)];
    // SAFETY: the frame keeps the memory, which is that large.
    unsafe {
        CudaFrame::from_device_ptr(context, &planes, Some(sys::CUeglColorFormat::ABGR), memory)
    }
    .unwrap()
}

/// The pixels of frame `number`: of each frame others, and within one all different.
fn pixel(number: u32, row: u32, column: u32) -> u32 {
    number.wrapping_mul(0x9e37_79b1) ^ (row << 16 | column)
}

/// Writes the pixels of a number behind the work of a stream, by a buffer that outlives the work.
pub(crate) fn write(frame: &CudaFrame, number: u32, stream: &Stream) {
    type Copy = unsafe extern "C" fn(u64, *const c_void, usize, sys::CUstream) -> c_uint;
    let context = stream.context();
    let mut rows = vec![0_u8; BYTES];
    for (row, bytes) in (0..).zip(rows.chunks_mut(PITCH as usize)) {
        for (column, bytes) in (0..WIDTH).zip(bytes.chunks_mut(4)) {
            bytes.copy_from_slice(&pixel(number, row, column).to_ne_bytes());
        }
    }
    // SAFETY: its type.
    let copy: Copy = unsafe { driver(context, c"cuMemcpyHtoDAsync_v2") };
    let (address, _) = frame.pitch_ptr(0).unwrap();
    let _current = context.push().unwrap();
    // SAFETY: memory of the test's, of that size; of pageable host memory the driver takes a copy.
    let code = unsafe { copy(address, rows.as_ptr().cast(), BYTES, stream.as_raw()) };
    assert_eq!(code, 0);
    stream.synchronize().unwrap();
}

/// The number whose pixels a frame has, all of them, read behind the work of a stream.
pub(crate) fn read(frame: &CudaFrame, stream: &Stream) -> u32 {
    type Copy = unsafe extern "C" fn(*mut c_void, u64, usize, sys::CUstream) -> c_uint;
    let context = stream.context();
    let (address, pitch) = frame.pitch_ptr(0).unwrap();
    assert_eq!((frame.width(), frame.height()), (WIDTH, HEIGHT));
    let used = pitch as usize * (HEIGHT as usize - 1) + WIDTH as usize * 4;
    let mut rows = vec![0_u8; used];
    // SAFETY: its type.
    let copy: Copy = unsafe { driver(context, c"cuMemcpyDtoHAsync_v2") };
    let _current = context.push().unwrap();
    // SAFETY: the frame is held and has that many bytes, the buffer too, until the stream is done.
    let code = unsafe { copy(rows.as_mut_ptr().cast(), address, used, stream.as_raw()) };
    assert_eq!(code, 0);
    stream.synchronize().unwrap();
    let word = |bytes: &[u8]| u32::from_ne_bytes(bytes.try_into().unwrap());
    let factor = word(&rows[..4]);
    for (row, bytes) in (0..).zip(rows.chunks(pitch as usize)) {
        for (column, bytes) in (0..WIDTH).zip(bytes.chunks(4)) {
            assert_eq!(
                word(bytes),
                factor ^ pixel(0, row, column),
                "{row} {column}"
            );
        }
    }
    // The inverse of the factor in `pixel`.
    let number = factor.wrapping_mul(0x0e8b_2f51);
    assert_eq!(pixel(number, 0, 0), factor);
    number
}

/// Both ends of one stream.
pub(crate) struct Pair {
    pub(crate) context: Context,
    pub(crate) egl: Arc<EglStream>,
    pub(crate) consumer: Consumer,
    pub(crate) producer: Producer,
    /// The producer's.
    pub(crate) stream: Stream,
}

pub(crate) fn consumer(context: &Context, egl: &Arc<EglStream>) -> Consumer {
    // SAFETY: the stream is live and is kept.
    unsafe { Consumer::connect_raw(context, egl.as_ptr(), Arc::clone(egl)) }.unwrap()
}

pub(crate) fn producer(context: &Context, egl: &Arc<EglStream>) -> Producer {
    let keep = Arc::clone(egl);
    // SAFETY: the stream is live and is kept.
    unsafe { Producer::connect_raw(context, egl.as_ptr(), WIDTH, HEIGHT, keep) }.unwrap()
}

impl Pair {
    pub(crate) fn new(length: i32) -> Self {
        let context = Context::primary(0).unwrap();
        let egl = Arc::new(EglStream::new(length));
        Self {
            consumer: consumer(&context, &egl),
            producer: producer(&context, &egl),
            stream: Stream::new(&context).unwrap(),
            context,
            egl,
        }
    }

    /// Presents new memory with the pixels of a number.
    pub(crate) fn present(&mut self, number: u32) {
        let frame = frame(&self.context);
        write(&frame, number, &self.stream);
        self.producer.present(frame, &self.stream).unwrap();
    }

    pub(crate) fn take_back(&mut self) -> Option<CudaFrame> {
        self.producer.return_frame(&self.stream).unwrap()
    }
}
