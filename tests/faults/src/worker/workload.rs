//! What is played: short pipelines of small pictures that use all that the plugin and the base classes do.

#![forbid(unsafe_code)]

use std::thread::{self, JoinHandle};

use gst::prelude::*;
use gst_nvmm::egl_cuda::PinnedMemory;
use gst_nvmm::{NvmmSink, NvmmSource, Session};

/// Frames of each source.
pub(crate) const FRAMES: u32 = 40;

/// The caps of the application's frames, and the size of a picture of theirs.
const APPLICATION: &str = "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48,framerate=30/1";
const ROW: usize = 64 * 4;
const ROWS: usize = 48;

/// A pipeline, by name.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// The launch line; of the application's, what is between its source and its sink.
    line: &'static str,
    /// Elements that can vanish: their source pads are watched.
    pub(crate) peers: &'static [&'static str],
    has_application: bool,
}

/// All of them. The element `end` counts the frames that arrive.
pub(crate) const ALL: &[Workload] = &[
    // As ci/demo.sh has it, less the encoder.
    Workload {
        name: "demo",
        line: "nvmmoverlay name=overlay sink_1::xpos=8 sink_1::ypos=8 sink_1::alpha=0.85 \
               ! queue name=down max-size-buffers=2 ! nvmmtransform name=out ! videoconvert \
               ! video/x-raw,format=I420 ! identity name=last ! fakesink name=end \
               videotestsrc name=a num-buffers=40 pattern=smpte horizontal-speed=3 \
               ! video/x-raw,width=64,height=48,framerate=30/1 ! videoconvert \
               ! video/x-raw,format=RGBA ! queue name=ua max-size-buffers=2 ! nvmmtransform name=ta \
               ! video/x-raw(memory:NVMM),format=RGBA ! queue name=qa max-size-buffers=2 ! overlay.sink_0 \
               videotestsrc name=b num-buffers=40 pattern=ball \
               ! video/x-raw,width=32,height=24,framerate=30/1 ! videoconvert \
               ! video/x-raw,format=RGBA ! queue name=ub max-size-buffers=2 ! nvmmtransform name=tb \
               ! video/x-raw(memory:NVMM),format=RGBA ! queue name=qb max-size-buffers=2 ! overlay.sink_1",
        peers: &["a", "b", "ua", "ta", "tb", "qb", "overlay", "out", "last"],
        has_application: false,
    },
    // Up, between formats and sizes, and down; both forms of memory where the release has two.
    Workload {
        name: "transform",
        line: "videotestsrc name=a num-buffers=40 \
               ! video/x-raw,format=NV12,width=64,height=48,framerate=30/1 ! nvmmtransform name=up \
               ! video/x-raw(memory:NVMM),format=NV12 ! queue name=q max-size-buffers=2 \
               ! nvmmtransform name=between bufapi-version=true \
               ! video/x-raw(memory:NVMM),format=RGBA,width=48,height=32 ! nvmmtransform name=again \
               ! video/x-raw(memory:NVMM),format=I420,width=96,height=64 ! nvmmtransform name=down \
               ! video/x-raw,format=I420 ! identity name=last ! fakesink name=end",
        peers: &["a", "up", "q", "between", "again", "down", "last"],
        has_application: false,
    },
    // Three inputs, one of them shared by two branches.
    Workload {
        name: "overlay",
        line: "nvmmoverlay name=overlay sink_1::xpos=16 sink_1::alpha=0.5 sink_2::ypos=20 ! video/x-raw(memory:NVMM),format=RGBA,width=80,height=60 \
               ! queue name=down max-size-buffers=1 ! identity name=last ! fakesink name=end \
               videotestsrc name=a num-buffers=40 ! video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 \
               ! nvmmtransform name=ta ! tee name=t ! queue name=qa ! overlay.sink_0 \
               t. ! queue name=qb ! overlay.sink_1 \
               videotestsrc name=b num-buffers=40 ! video/x-raw,format=RGBA,width=32,height=24,framerate=30/1 \
               ! nvmmtransform name=tb ! queue name=qc ! overlay.sink_2",
        peers: &["a", "b", "ta", "qb", "qc", "overlay", "last"],
        has_application: false,
    },
    // Elements on the base class for filters.
    Workload {
        name: "filter",
        line: "videotestsrc name=a num-buffers=40 \
               ! video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 ! nvmmtransform name=up \
               ! copying name=copying ! queue name=q max-size-buffers=2 ! brighter name=brighter \
               ! nvmmtransform name=down ! video/x-raw,format=RGBA ! identity name=last ! fakesink name=end",
        peers: &["a", "up", "copying", "q", "brighter", "down", "last"],
        has_application: false,
    },
    // Frames that enter from an application, and leave to one.
    Workload {
        name: "application",
        line: "queue name=q max-size-buffers=2 ! identity name=last",
        peers: &["source", "q", "last"],
        has_application: true,
    },
];

/// The workload of this name.
pub(crate) fn find(name: &str) -> Option<&'static Workload> {
    ALL.iter().find(|workload| workload.name == name)
}

/// A pipeline and who feeds it.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) pipeline: gst::Pipeline,
    source: Option<NvmmSource>,
}

impl Workload {
    /// The pipeline, in NULL.
    pub(crate) fn build(&self) -> Result<Built, String> {
        if self.has_application {
            return application(self.line);
        }
        let element = gst::parse::launch(self.line).map_err(|e| e.to_string())?;
        let pipeline = element.downcast().map_err(|_| "no pipeline")?;
        Ok(Built {
            pipeline,
            source: None,
        })
    }
}

impl Built {
    /// Starts to feed it, if it does not feed itself; the thread tells what stopped it.
    pub(crate) fn feed(&self) -> Option<JoinHandle<Result<(), String>>> {
        let source = self.source.clone()?;
        Some(thread::spawn(move || {
            let fed = feed(&source).map_err(|error| error.to_string());
            source.end_of_stream();
            fed
        }))
    }
}

/// Sends as many frames as the sources of the others do, written by the GPU.
fn feed(source: &NvmmSource) -> gst_nvmm::Result<()> {
    let session = Session::new()?;
    let mut picture = PinnedMemory::new(session.context(), ROW, ROWS)?;
    for number in 0..FRAMES {
        picture.as_mut_slice()?.fill(number.to_le_bytes()[0]);
        let frame = source.frame()?;
        frame.begin(session.stream())?;
        session.stream().copy(picture.source(), frame.target(0)?)?;
        frame.finish(session.stream())?;
        source.push(frame, gst::ClockTime::SECOND * u64::from(number) / 30)?;
    }
    Ok(())
}

/// An application's source and sink with `between` in the middle.
fn application(between: &str) -> Result<Built, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let caps: gst::Caps = APPLICATION.parse().map_err(|e| words(&e))?;
    let source = NvmmSource::new(&caps, 6).map_err(|e| words(&e))?;
    let cuda = Session::new().map_err(|e| words(&e))?;
    let pixels = PinnedMemory::new(cuda.context(), ROW, ROWS).map_err(|e| words(&e))?;
    let reading = std::sync::Mutex::new((cuda, pixels));
    let sink = NvmmSink::new(&caps, 2, move |frame| {
        let mut reading = reading.lock().unwrap_or_else(|e| e.into_inner());
        let (cuda, pixels) = &mut *reading;
        frame.begin(cuda.stream())?;
        cuda.stream().copy(frame.source(0)?, pixels.target())?;
        frame.finish(cuda.stream())?;
        // Asking for the bytes waits for the copy.
        pixels.as_slice()?;
        Ok(())
    })
    .map_err(|e| words(&e))?;
    source.set_property("name", "source");
    sink.set_property("name", "end");
    sink.set_property("sync", false);
    let between = gst::parse::bin_from_description(between, true).map_err(|e| words(&e))?;
    let pipeline = gst::Pipeline::new();
    let elements: [&gst::Element; 3] =
        [source.upcast_ref(), between.upcast_ref(), sink.upcast_ref()];
    pipeline.add_many(elements).map_err(|e| words(&e))?;
    gst::Element::link_many(elements).map_err(|e| words(&e))?;
    Ok(Built {
        pipeline,
        source: Some(source),
    })
}
