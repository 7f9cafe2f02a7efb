//! A peer that vanishes in mid-stream: an element stops, is unlinked, reports an error, or its stream ends.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use gst::prelude::*;

/// How it vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Goes to NULL while the others play.
    Null,
    /// Its pad is unlinked.
    Unlinked,
    /// Who takes its frames says that it cannot: what an element above sees of a sink's error.
    Flow,
    /// Posts an error and sends nothing more.
    Error,
    /// Its stream ends.
    End,
    /// Its stream is flushed, and goes on.
    Flush,
}

/// All ways by their names.
pub(crate) const WAYS: &[(&str, How)] = &[
    ("null", How::Null),
    ("unlinked", How::Unlinked),
    ("flow", How::Flow),
    ("error", How::Error),
    ("end", How::End),
    ("flush", How::Flush),
];

/// An element that vanishes when it has sent some frames.
#[derive(Debug)]
pub(crate) struct Peer {
    element: gst::Element,
    how: How,
    pad: gst::Pad,
    probe: Option<gst::PadProbeId>,
    link: Option<gst::Pad>,
    others: Arc<Mutex<Vec<JoinHandle<()>>>>,
    gone: Arc<AtomicU32>,
}

impl Peer {
    /// From `WAY:ELEMENT:FRAME`.
    pub(crate) fn arm(pipeline: &gst::Pipeline, wish: &str) -> Result<Self, String> {
        let mut parts = wish.split(':');
        let mut next = || parts.next().unwrap_or_default();
        let (way, name, frame) = (next(), next(), next());
        let how = WAYS.iter().find(|(name, _)| *name == way);
        let how = how.ok_or_else(|| format!("{wish}: no such way"))?.1;
        let frame: u32 = frame.parse().map_err(|e| format!("{wish}: {e}"))?;
        let element = pipeline.by_name(name);
        let element = element.ok_or_else(|| format!("{wish}: no such element"))?;
        let pad = element.static_pad("src");
        let pad = pad.ok_or_else(|| format!("{wish}: it has no source pad"))?;
        let mut peer = Self {
            link: pad.peer(),
            element,
            how,
            pad,
            probe: None,
            others: Arc::default(),
            gone: Arc::default(),
        };
        peer.watch(frame);
        Ok(peer)
    }

    fn watch(&mut self, frame: u32) {
        let (element, how) = (self.element.clone(), self.how);
        let (others, gone) = (Arc::clone(&self.others), Arc::clone(&self.gone));
        let link = self.link.clone();
        let seen = AtomicU32::new(0);
        self.probe = self
            .pad
            .add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
                let seen = seen.fetch_add(1, Relaxed) + 1;
                if seen < frame {
                    return gst::PadProbeReturn::Ok;
                }
                gone.store(1, Relaxed);
                // What a streaming thread may not do itself; once.
                let elsewhere = |work: Box<dyn FnOnce() + Send>| {
                    if seen == frame {
                        let mut others = others.lock().unwrap_or_else(|e| e.into_inner());
                        others.push(std::thread::spawn(work));
                    }
                };
                match how {
                    How::Null => {
                        let element = element.clone();
                        elsewhere(Box::new(move || {
                            element.set_locked_state(true);
                            // One that fails to stop is found at the pipeline's own stop.
                            let _ = element.set_state(gst::State::Null);
                        }));
                        gst::PadProbeReturn::Ok
                    }
                    How::Unlinked => {
                        let (pad, link) = (pad.clone(), link.clone());
                        elsewhere(Box::new(move || {
                            if let Some(link) = link {
                                // Unlinked already: nothing to do.
                                let _ = pad.unlink(&link);
                            }
                        }));
                        gst::PadProbeReturn::Ok
                    }
                    How::Flow => {
                        info.flow_res = Err(gst::FlowError::Error);
                        gst::PadProbeReturn::Handled
                    }
                    How::Error => {
                        if seen == frame {
                            gst::element_error!(
                                element,
                                gst::ResourceError::Read,
                                ["gone on purpose"]
                            );
                        }
                        gst::PadProbeReturn::Drop
                    }
                    How::End => {
                        if seen == frame {
                            pad.push_event(gst::event::Eos::new());
                        }
                        info.flow_res = Err(gst::FlowError::Eos);
                        gst::PadProbeReturn::Handled
                    }
                    How::Flush => {
                        let pad = pad.clone();
                        elsewhere(Box::new(move || {
                            pad.push_event(gst::event::FlushStart::new());
                            pad.push_event(gst::event::FlushStop::new(false));
                        }));
                        gst::PadProbeReturn::Ok
                    }
                }
            });
    }

    /// Whether it has.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Relaxed) != 0
    }

    /// Puts it back, when the pipeline is in NULL.
    pub(crate) fn come_back(mut self) -> Result<(), String> {
        if let Some(probe) = self.probe.take() {
            self.pad.remove_probe(probe);
        }
        let others = std::mem::take(&mut *self.others.lock().unwrap_or_else(|e| e.into_inner()));
        for other in others {
            other.join().map_err(|_| "a thread of the peer panicked")?;
        }
        self.element.set_locked_state(false);
        if let Some(link) = self.link.take()
            && !self.pad.is_linked()
        {
            self.pad.link(&link).map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}
