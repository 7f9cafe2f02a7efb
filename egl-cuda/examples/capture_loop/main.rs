//! The loop around a camera or decoder that hands frames to another thread, without a copy.
//!
//! The device has a handful of buffers. Each is registered with CUDA once, the first time that it
//! comes out; its frame is cloned for every picture after that. A picture travels as a [`Picture`]: the
//! frame, and the promise that the device gets its buffer back when it is dropped, and not before. The
//! worker drops it when its kernel is done.
//!
//! ```text
//! capture thread                              worker thread
//!   dequeue buffer i                            kernel on the frame, event
//!   frames[i], registered the first time        wait for the event
//!   send Picture ------------------------->     drop Picture
//!   requeue buffer i  <---------------- i ----------'
//! ```
//!
//! `capture_loop [PICTURES]` prints what happens to each buffer. On the simulator it needs the twin of
//! its kernel: `NVMM_SIM_KERNELS=.../examples/libfill_twin.so`.

mod queue;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use egl_cuda::cust::launch;
use egl_cuda::{Context, CudaFrame, Event, Kernel, Stream};
use nvbuf::{Access, ColorFormat, Surface};
use queue::Queue;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const BUFFERS: usize = 4;
const INVERT: &str = include_str!("invert.ptx");

/// A picture on its way. The device gets the buffer back when this is dropped.
struct Picture {
    frame: CudaFrame,
    surface: Arc<Surface>,
    number: u32,
    index: usize,
    back: SyncSender<usize>,
}

impl Drop for Picture {
    fn drop(&mut self) {
        // A device that is closed wants no buffers back.
        let _ = self.back.send(self.index);
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Its text says the remedy, where one is known.
            eprintln!("capture_loop: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let pictures = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 60,
    };
    let context = Context::primary(0)?;
    let surfaces: Vec<_> = (0..BUFFERS)
        .map(|_| {
            let builder = Surface::builder(1280, 720).format(ColorFormat::NV12);
            builder.build().map(Arc::new)
        })
        .collect::<nvbuf::Result<_>>()?;

    // As many as there are buffers: nobody ever waits to send, and nothing is allocated for it.
    let (send, received) = sync_channel(BUFFERS);
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&context, received));
        let captured = capture(&context, surfaces, pictures, send);
        let worked = worker.join().map_err(|_| "the worker panicked")?;
        captured.and(worked)
    })
}

/// The capture thread's part.
fn capture(
    context: &Context,
    surfaces: Vec<Arc<Surface>>,
    pictures: u32,
    send: SyncSender<Picture>,
) -> Result<()> {
    let mut queue = Queue::new(surfaces.clone());
    let mut frames: Vec<Option<CudaFrame>> = vec![None; surfaces.len()];
    let (back, returned) = sync_channel(surfaces.len());
    for _ in 0..pictures {
        // What came back in the meantime; where the device has nothing left, wait for one.
        while let Some(index) = match queue.is_empty() {
            true => returned.recv().ok(),
            false => returned.try_recv().ok(),
        } {
            println!("requeue {index}");
            queue.requeue(index);
        }
        let Some((index, number)) = queue.dequeue()? else {
            return Err("the device has no buffers".into());
        };
        println!("dequeue {index} picture {number}");
        let frame = match &mut frames[index] {
            Some(frame) => frame,
            none => none.insert(CudaFrame::map(context, &surfaces[index], 0)?),
        };
        let picture = Picture {
            frame: frame.clone(),
            surface: Arc::clone(&surfaces[index]),
            number,
            index,
            back: back.clone(),
        };
        if send.send(picture).is_err() {
            // The worker says why.
            return Ok(());
        }
    }
    // Frames that are still with the worker keep their registrations and surfaces alive.
    Ok(())
}

/// The worker's part: inverts each picture's luma, and looks whether that is what came out.
fn work(context: &Context, pictures: Receiver<Picture>) -> Result<()> {
    let stream = Stream::new(context)?;
    let done = Event::new(context)?;
    let invert = Kernel::from_ptx(context, INVERT, "egl_cuda_invert")?;
    for picture in pictures {
        let luma = picture.frame.plane(0)?.layout;
        let address = picture.frame.device_pointer::<u8>(0)?;
        let grid = (luma.width.div_ceil(32), luma.height.div_ceil(8));
        // SAFETY: the kernel takes these arguments and stays within the plane, which nobody else uses
        // before the picture is dropped.
        unsafe {
            launch!(invert<<<grid, (32, 8), 0, stream>>>(
                address, luma.pitch, luma.width, luma.height
            ))
        }?;
        done.record(&stream)?;
        // A program with more to do would go on here, and drop the picture when `done.is_complete()`.
        done.synchronize()?;
        check(&picture)?;
        println!("done {} picture {}", picture.index, picture.number);
        drop(picture);
    }
    Ok(())
}

/// Whether every pixel is what the kernel should have made of this very picture.
fn check(picture: &Picture) -> Result<()> {
    let written = queue::brightness(picture.number);
    let pixels = picture.surface.map_ptr(0, Access::Read)?;
    for (plane, expected) in [(0, !written), (1, written)] {
        for row in pixels.plane(plane)?.rows() {
            // SAFETY: the row is mapped for reading while `pixels` lives, and the buffer is lent to
            // this picture: nobody writes it.
            let row = unsafe { row.as_ref() };
            if row.iter().any(|&byte| byte != expected) {
                let number = picture.number;
                return Err(format!("picture {number}, plane {plane}: not {expected}").into());
            }
        }
    }
    pixels.unmap()?;
    Ok(())
}
