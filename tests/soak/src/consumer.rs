#![forbid(unsafe_code)]
//! Where frames go.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gst::prelude::*;
use gst_nvmm::{NvmmFrame, NvmmSink};

use crate::plan::Output;

/// How long a slow thread waits for something before it looks whether it is to stop.
const TURN: Duration = Duration::from_millis(10);

/// The elements of an output, and its thread.
#[derive(Debug)]
pub(crate) struct Consumer {
    /// In the order that they are linked in.
    pub(crate) elements: Vec<gst::Element>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Consumer {
    pub(crate) fn new(output: Output) -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let (elements, thread) = match output {
            Output::Fake { sync } => (vec![fake(sync)?], None),
            Output::Memory { sync, format } => {
                let caps = format!("video/x-raw,format={format}");
                let filter = make("capsfilter")?;
                filter.set_property_from_str("caps", &caps);
                (vec![make("nvmmtransform")?, filter, fake(sync)?], None)
            }
            Output::Samples {
                sync,
                queued,
                drop,
                slow,
                keep,
            } => {
                let sink = gst_app::AppSink::builder();
                let sink = sink.sync(sync).max_buffers(queued).drop(drop).build();
                let (from, stop) = (sink.clone(), Arc::clone(&stop));
                let turn = gst::ClockTime::try_from(TURN).map_err(|e| e.to_string())?;
                let thread = slow_thread(stop, slow, keep, move || {
                    let sample = from.try_pull_sample(turn);
                    // At the end and before the start it comes back at once.
                    if sample.is_none() {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    Some(sample)
                });
                (vec![sink.upcast()], Some(thread))
            }
            Output::Frames {
                sync,
                frames,
                drop,
                slow,
                keep,
            } => {
                let (send, receive) = mpsc::channel::<NvmmFrame>();
                let sink = NvmmSink::new(
                    &gst_nvmm::nvmm_caps([gst_video::VideoFormat::Rgba]),
                    frames,
                    move |frame| {
                        // The thread has stopped: the frame is dropped.
                        let _ = send.send(frame);
                        Ok(())
                    },
                );
                let sink = sink.map_err(|e| e.to_string())?;
                sink.set_property("sync", sync);
                sink.set_drop(drop);
                let thread = slow_thread(Arc::clone(&stop), slow, keep, move || next(&receive));
                (vec![sink.upcast()], Some(thread))
            }
        };
        Ok(Self {
            elements,
            stop,
            thread,
        })
    }

    /// The pad at the very end.
    pub(crate) fn pad(&self) -> Result<gst::Pad, String> {
        let pad = self
            .elements
            .last()
            .and_then(|sink| sink.static_pad("sink"));
        pad.ok_or("a sink has a pad".into())
    }

    /// Ends the thread, which gives back what it keeps.
    pub(crate) fn stop(&mut self) -> Result<(), String> {
        self.stop.store(true, Relaxed);
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(_)) => Err("a consumer's thread panicked".into()),
            _ => Ok(()),
        }
    }
}

fn make(name: &str) -> Result<gst::Element, String> {
    gst::ElementFactory::make(name)
        .build()
        .map_err(|e| e.to_string())
}

fn fake(sync: bool) -> Result<gst::Element, String> {
    let sink = make("fakesink")?;
    sink.set_property("sync", sync);
    Ok(sink)
}

/// The next frame, nothing in time, or no more.
fn next(frames: &Receiver<NvmmFrame>) -> Option<Option<NvmmFrame>> {
    match frames.recv_timeout(TURN) {
        Ok(frame) => Some(Some(frame)),
        Err(RecvTimeoutError::Timeout) => Some(None),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

/// Takes what comes, `slow` milliseconds after each other, and keeps each for `keep` milliseconds, whatever
/// its number: who waits for one is never left alone.
fn slow_thread<T: Send + 'static>(
    stop: Arc<AtomicBool>,
    slow: u32,
    keep: u32,
    mut next: impl FnMut() -> Option<Option<T>> + Send + 'static,
) -> JoinHandle<()> {
    let (slow, keep) = (
        Duration::from_millis(slow.into()),
        Duration::from_millis(keep.into()),
    );
    std::thread::spawn(move || {
        let mut kept = VecDeque::new();
        while !stop.load(Relaxed) {
            let Some(one) = next() else { break };
            if let Some(one) = one {
                kept.push_back((Instant::now(), one));
                std::thread::sleep(slow);
            }
            while kept
                .front()
                .is_some_and(|(since, _)| since.elapsed() >= keep)
            {
                kept.pop_front();
            }
        }
    })
}
