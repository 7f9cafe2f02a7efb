//! An element as a user writes it: a subclass of CudaAggregator with a kernel of its own.

use std::sync::{LazyLock, Mutex};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use gst_nvmm::egl_cuda::{Kernel, cust::launch};
use gst_nvmm::{
    CudaAggregator, CudaAggregatorImpl, CudaAggregatorPad, Input, NvmmFrame, Session, nvmm_caps,
};
use gst_video::VideoFormat;
use nvmm_pipelines::{Usage, exclusive, frames};

/// The interface is what the simulator reads; its host twin is tests/fixtures/mean_twin.rs.
const PTX: &str = "
.version 4.2
.target sm_53
.address_size 64
.visible .entry mean(
    .param .u64 output, .param .u32 output_pitch, .param .u64 input, .param .u32 input_pitch,
    .param .u32 row_bytes, .param .u32 rows, .param .u32 count, .param .u32 is_first
)
{
    ret;
}
";

/// Shows the mean of all inputs of one size.
#[derive(Debug, Default)]
struct Mean(Mutex<Option<Kernel>>);

glib::wrapper! {
    struct MeanElement(ObjectSubclass<Mean>)
        @extends CudaAggregator, gst_base::Aggregator, gst::Element, gst::Object,
        @implements gst::ChildProxy;
}

#[glib::object_subclass]
impl ObjectSubclass for Mean {
    const NAME: &'static str = "NvmmTestMean";
    type Type = MeanElement;
    type ParentType = CudaAggregator;
}

impl ObjectImpl for Mean {}
impl GstObjectImpl for Mean {}

impl ElementImpl for Mean {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Mean",
                "Filter/Editor/Video",
                "Shows the mean of its inputs",
                "Somebody",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = nvmm_caps([VideoFormat::Rgba]);
            let sink = gst::PadTemplate::with_gtype(
                "sink_%u",
                gst::PadDirection::Sink,
                gst::PadPresence::Request,
                &caps,
                CudaAggregatorPad::static_type(),
            );
            let src = gst::PadTemplate::with_gtype(
                "src",
                gst::PadDirection::Src,
                gst::PadPresence::Always,
                &caps,
                gst_base::AggregatorPad::static_type(),
            );
            vec![sink.expect("a template"), src.expect("a template")]
        });
        &TEMPLATES
    }
}

impl AggregatorImpl for Mean {}

impl CudaAggregatorImpl for Mean {
    fn open(&self, session: &Session) -> gst_nvmm::Result<()> {
        let kernel = Kernel::from_ptx(session.context(), PTX, "mean")?;
        *self.0.lock().expect("no panic before") = Some(kernel);
        Ok(())
    }

    fn close(&self) {
        *self.0.lock().expect("no panic before") = None;
    }

    fn process(
        &self,
        session: &Session,
        inputs: &[Input],
        output: &NvmmFrame,
    ) -> gst_nvmm::Result<()> {
        let kernel = self.0.lock().expect("no panic before");
        let kernel = kernel.as_ref().expect("open() came before");
        let stream = session.stream();
        let (to, to_pitch) = output.pitch_ptr(0)?;
        for (i, input) in inputs.iter().enumerate() {
            let (from, from_pitch) = input.frame.pitch_ptr(0)?;
            let (bytes, rows) = (output.width() * 4, output.height());
            let grid = (bytes.div_ceil(32), rows.div_ceil(8));
            let (count, is_first) = (inputs.len() as u32, u32::from(i == 0));
            // SAFETY: the kernel takes these, and stays within rows and pitches of one size.
            unsafe {
                launch!(kernel<<<grid, (32, 8), 0, stream>>>(
                    to, to_pitch, from, from_pitch, bytes, rows, count, is_first
                ))
            }?;
        }
        Ok(())
    }
}

/// The simulator needs the kernel's twin, which cargo builds with all targets of the package.
fn register() {
    let twins = std::env::var("NVMM_SIM_KERNELS").unwrap_or_default();
    let built = twins.contains("mean_twin") || std::env::var_os("NVMM_SIM_ROOT").is_none();
    assert!(built, "no twin: cargo build -p nvmm-pipelines --examples");
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let element = MeanElement::static_type();
        gst::Element::register(None, "testmean", gst::Rank::NONE, element).expect("a new name");
    });
}

fn source(pattern: &str) -> String {
    format!(
        "videotestsrc pattern={pattern} num-buffers=30 ! \
         video/x-raw,format=RGBA,width=64,height=48,framerate=30/1"
    )
}

fn mean(patterns: &[&str]) -> Vec<nvmm_pipelines::Picture> {
    let mut line = String::from(
        "testmean name=mix ! queue ! nvmmtransform ! video/x-raw,format=RGBA ! appsink name=out ",
    );
    for pattern in patterns {
        line.push_str(&format!(
            "{} ! nvmmtransform ! queue ! mix. ",
            source(pattern)
        ));
    }
    frames(&line).unwrap_or_else(|e| panic!("{line}: {e}"))
}

#[test]
fn a_users_element_computes_what_its_kernel_says() {
    let _guard = exclusive();
    register();
    let usage = Usage::start();
    let patterns = ["ball", "smpte", "circular"];
    let ours = mean(&patterns);
    assert_eq!(ours.len(), 30);
    assert_eq!(usage.count("launches"), 90, "one per input and frame");
    assert_eq!(usage.count("engine_copies"), 0);
    // The sources are the plugin's copy of gst-nvmm, the element is this binary's: another copy.
    assert!(usage.count("registrations") <= 4 * 4);
    let sources = patterns.map(|pattern| {
        let line = format!("{} ! appsink name=out", source(pattern));
        frames(&line).expect("it runs")
    });
    for (i, picture) in ours.iter().enumerate() {
        let byte = |at: usize| {
            sources
                .iter()
                .map(|source| source[i].data[at] / 3)
                .sum::<u8>()
        };
        let expected: Vec<_> = (0..picture.data.len()).map(byte).collect();
        assert!(picture.data == expected, "frame {i}");
    }
    usage.assert_clean();
}

/// Its output goes into the plugin's overlay, which waits on its own stream for the kernel.
#[test]
fn it_goes_together_with_elements_of_another_copy_of_the_crate() {
    let _guard = exclusive();
    register();
    let usage = Usage::start();
    let line = format!(
        "testmean name=mean ! queue ! mix.sink_0 nvmmoverlay name=mix sink_1::xpos=64 ! queue ! \
         nvmmtransform ! video/x-raw,format=RGBA ! appsink name=out \
         {} ! nvmmtransform ! queue ! mean. {} ! nvmmtransform ! queue ! mix.sink_1",
        source("ball"),
        source("ball")
    );
    let ours = frames(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
    assert_eq!(ours.len(), 30);
    for picture in &ours {
        for (x, y) in [(0, 0), (20, 20), (40, 10), (63, 47)] {
            assert_eq!(picture.pixel(x, y), picture.pixel(x + 64, y));
        }
    }
    // Only downloads wait on the CPU; the overlay waits on its stream.
    assert!(usage.count("stream_waits") >= 30);
    assert_eq!(usage.thread("mix:src", "cpu_maps"), 0);
    usage.assert_clean();
}

/// Subclassing the base class again works, and what a subclass leaves out is the base class's.
#[test]
fn output_buffers_and_children_are_the_base_classs() {
    let _guard = exclusive();
    register();
    let element = gst::ElementFactory::make("testmean").build().expect("made");
    assert_eq!(element.property::<u32>("output-buffers"), 4);
    let pads = [(); 3].map(|()| element.request_pad_simple("sink_%u").expect("a pad"));
    let proxy = element
        .dynamic_cast_ref::<gst::ChildProxy>()
        .expect("children");
    assert_eq!(proxy.children_count(), 3);
    element.release_request_pad(&pads[1]);
    assert_eq!(proxy.children_count(), 2);
    assert!(proxy.child_by_name("sink_2").is_some());
}
