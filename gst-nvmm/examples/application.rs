//! Frames that an application makes, through a pipeline, to an application: `NvmmSource ! queue ! NvmmSink`.
//!
//! The first thread writes a grey on the GPU and sends the frame on while the GPU still works. The second
//! one keeps two frames at a time and reads the first byte of each. In between goes whatever takes
//! memory:NVMM: nvvidconv, nvinfer, an encoder.
//!
//! ```text
//! cargo run -p gst-nvmm --example application
//! ```

use std::error::Error;
use std::sync::mpsc;
use std::thread;

use gst::prelude::*;
use gst_nvmm::egl_cuda::PinnedMemory;
use gst_nvmm::{NvmmSink, NvmmSource, Session};

const FRAMES: u8 = 60;

fn main() -> Result<(), Box<dyn Error>> {
    gst::init()?;
    let caps = "video/x-raw(memory:NVMM),format=RGBA,width=1280,height=720,framerate=30/1";
    let caps: gst::Caps = caps.parse()?;

    let source = NvmmSource::new(&caps, 4)?;
    let (send, receive) = mpsc::channel();
    let sink = NvmmSink::new(&caps, 2, move |frame| {
        // A frame that nobody waits for any more is dropped.
        let _ = send.send(frame);
        Ok(())
    })?;
    let queue = gst::ElementFactory::make("queue").build()?;
    let pipeline = gst::Pipeline::new();
    let elements: [&gst::Element; 3] = [source.upcast_ref(), &queue, sink.upcast_ref()];
    pipeline.add_many(elements)?;
    gst::Element::link_many(elements)?;
    pipeline.set_state(gst::State::Playing)?;

    let reader = thread::spawn(move || -> Result<u32, gst_nvmm::Error> {
        let cuda = Session::new()?;
        let mut pixels = PinnedMemory::new(cuda.context(), 4, 1)?;
        let mut seen = 0;
        while let Ok(frame) = receive.recv() {
            frame.begin(cuda.stream())?;
            let corner = frame.source(0)?.part(0, 0, 4, 1)?;
            cuda.stream().copy(corner, pixels.target())?;
            frame.finish(cuda.stream())?;
            // Asking for the bytes waits for the copy.
            println!("{:?} {:?}", frame.buffer().pts(), pixels.as_slice()?);
            seen += 1;
        }
        Ok(seen)
    });

    let cuda = Session::new()?;
    let mut picture = PinnedMemory::new(cuda.context(), 1280 * 4, 720)?;
    for number in 0..FRAMES {
        picture.as_mut_slice()?.fill(number);
        let frame = source.frame()?;
        frame.begin(cuda.stream())?;
        cuda.stream().copy(picture.source(), frame.target(0)?)?;
        frame.finish(cuda.stream())?;
        source.push(frame, gst::ClockTime::SECOND * u64::from(number) / 30)?;
    }
    source.end_of_stream();

    let bus = pipeline.bus().ok_or("a pipeline has a bus")?;
    let types = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &types);
    pipeline.set_state(gst::State::Null)?;
    // With the sink goes the sending end of the channel: the reader has what is left, and ends.
    drop((pipeline, sink));
    let seen = reader.join().map_err(|_| "the reader panicked")?;
    match end.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => println!("{} frames", seen?),
        Some(gst::MessageView::Error(error)) => return Err(error.error().into()),
        _ => return Err("no end in a minute".into()),
    }
    Ok(())
}
