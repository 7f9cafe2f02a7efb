//! Frames from one thread to another through an EGLStream, without a copy: `egl_stream [FRAMES]`.
//!
//! It runs on a desktop GPU, a Jetson, and the simulator with its libEGL (`NVMM_SIM_EGL=1`).

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use egl_cuda::sys::CUeglColorFormat;
use egl_cuda::{
    Consumer, Context, CudaFrame, DeviceMemory, EglDisplay, EglStream, PinnedMemory, Producer,
    Stream,
};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
const ROW: usize = WIDTH as usize * 4;
const SECOND: Duration = Duration::from_secs(1);

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Its text says the remedy, where one is known.
            eprintln!("egl_stream: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    let frames = std::env::args()
        .nth(1)
        .map_or(Ok(100), |text| text.parse())?;
    let context = Context::primary(0)?;
    let display = EglDisplay::of_device(0)?;
    let stream = Arc::new(EglStream::fifo(&display, 4)?);
    // The consumer connects first.
    let consumer = Consumer::connect(&context, &stream)?;
    let producer = Producer::connect(&context, &stream, WIDTH, HEIGHT)?;
    let sender = thread::spawn({
        let context = context.clone();
        move || produce(&context, producer, frames)
    });
    consume(&context, consumer, frames)?;
    // A producer that goes takes along what was not acquired: it waits here for the last frame.
    let _producer = sender.join().map_err(|_| "the producer panicked")??;
    println!("{frames} frames of {WIDTH}x{HEIGHT}, every one right");
    Ok(())
}

/// Presents frames whose bytes are all the frame's number.
fn produce(context: &Context, mut producer: Producer, frames: u32) -> Outcome<Producer> {
    let stream = Stream::new(context)?;
    let mut pinned = PinnedMemory::new(context, ROW, HEIGHT as usize)?;
    // Memory that is not under way.
    let mut free = VecDeque::new();
    for _ in 0..6 {
        let memory = DeviceMemory::pitched(context, ROW, HEIGHT as usize)?;
        free.push_back(CudaFrame::from_memory(
            [(memory, 4)],
            Some(CUeglColorFormat::ABGR),
        )?);
    }
    for number in 0..frames {
        while let Some(frame) = producer.return_frame(&stream)? {
            free.push_back(frame);
        }
        let frame = free.pop_front().ok_or("every frame is under way")?;
        // Waits for the copy before, which reads this memory.
        pinned.as_mut_slice()?.fill(number as u8);
        stream.copy(pinned.source(), frame.target(0)?)?;
        // Waits while the stream is full. The consumer's work comes behind what is on our stream.
        producer.present(frame, &stream)?;
    }
    Ok(producer)
}

/// Looks at every byte of every frame.
fn consume(context: &Context, mut consumer: Consumer, frames: u32) -> Outcome {
    let mut pinned = PinnedMemory::new(context, ROW, HEIGHT as usize)?;
    for number in 0..frames {
        let acquired = consumer
            .acquire(Some(10 * SECOND))?
            .ok_or("no frame came")?;
        // Kernels would read the frame here.
        consumer
            .stream()
            .copy(acquired.frame().source(0)?, pinned.target())?;
        // The frame goes back behind the copy.
        drop(acquired);
        if pinned.as_slice()?.iter().any(|byte| *byte != number as u8) {
            return Err(format!("frame {number} has wrong pixels").into());
        }
    }
    Ok(())
}
