//! Caps decide at link time: without the feature memory:NVMM elements do not link, with it they do.

use std::process::Command;
use std::sync::LazyLock;

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use nvmm_pipelines::{Usage, exclusive};

/// Templates of one sink and one source pad with the same caps.
fn templates(caps: &gst::Caps) -> Vec<gst::PadTemplate> {
    let always = gst::PadPresence::Always;
    let pads = [
        ("sink", gst::PadDirection::Sink),
        ("src", gst::PadDirection::Src),
    ];
    let template = |(name, direction)| gst::PadTemplate::new(name, direction, always, caps);
    pads.map(|pad| template(pad).expect("a template")).into()
}

/// An element that passes its buffers on; the caps of its templates are all that matters.
macro_rules! passing_element {
    ($module:ident, $name:literal, $caps:expr) => {
        mod $module {
            use super::*;

            #[derive(Debug, Default)]
            pub(super) struct Imp;

            #[glib::object_subclass]
            impl ObjectSubclass for Imp {
                const NAME: &'static str = $name;
                type Type = Element;
                type ParentType = gst_base::BaseTransform;
            }

            impl ObjectImpl for Imp {}
            impl GstObjectImpl for Imp {}

            impl ElementImpl for Imp {
                fn pad_templates() -> &'static [gst::PadTemplate] {
                    static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
                        LazyLock::new(|| templates(&$caps));
                    &TEMPLATES
                }
            }

            impl BaseTransformImpl for Imp {
                const MODE: gst_base::subclass::BaseTransformMode =
                    gst_base::subclass::BaseTransformMode::AlwaysInPlace;
                const PASSTHROUGH_ON_SAME_CAPS: bool = true;
                const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
            }

            glib::wrapper! {
                pub(super) struct Element(ObjectSubclass<Imp>)
                    @extends gst_base::BaseTransform, gst::Element, gst::Object;
            }
        }
    };
}

passing_element!(
    plain,
    "NvmmTestPlainCaps",
    gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::Bgrx)
        .build()
);
passing_element!(
    nvmm,
    "NvmmTestNvmmCaps",
    gst_nvmm::nvmm_caps([gst_video::VideoFormat::Bgrx])
);

/// `videotestsrc ! nvmmtransform ! video/x-raw(memory:NVMM) ! ELEMENT ! nvmmtransform ! fakesink`
fn build(element: &gst::Element) -> Result<gst::Pipeline, glib::Error> {
    let pipeline = gst::Pipeline::new();
    let line = "videotestsrc num-buffers=5 ! video/x-raw,format=BGRx,width=64,height=48 ! \
                nvmmtransform ! capsfilter name=cf caps=video/x-raw(memory:NVMM)";
    let source = gst::parse::bin_from_description(line, true)?;
    let sink = gst::parse::bin_from_description("nvmmtransform ! video/x-raw ! fakesink", true)?;
    let add = |element: &gst::Element| pipeline.add(element);
    let all: [&gst::Element; 3] = [source.upcast_ref(), element, sink.upcast_ref()];
    all.into_iter().try_for_each(add).expect("they are added");
    let failed = |_| glib::Error::new(gst::CoreError::Negotiation, "not linked");
    gst::Element::link_many(all).map_err(failed)?;
    Ok(pipeline)
}

#[test]
fn bgrx_without_the_feature_does_not_link() {
    let _guard = exclusive();
    let element = glib::Object::new::<plain::Element>().upcast::<gst::Element>();
    let error = build(&element).expect_err("caps without memory:NVMM link");
    assert!(error.to_string().contains("not linked"), "{error}");
}

#[test]
fn with_nvmm_caps_the_same_element_links_and_runs() {
    let _guard = exclusive();
    let usage = Usage::start();
    let element = glib::Object::new::<nvmm::Element>().upcast::<gst::Element>();
    let pipeline = build(&element).expect("it links");
    nvmm_pipelines::Pipeline::new(pipeline)
        .finish()
        .expect("it runs");
    assert_eq!(usage.calls("NvBufSurfaceMap"), 10, "5 uploads, 5 downloads");
    usage.assert_clean();
}

/// What `gst-inspect-1.0` prints of an element, in English.
fn inspect(name: &str) -> String {
    let output = Command::new("gst-inspect-1.0")
        .args(["--no-colors", name])
        .env("G_DEBUG", "fatal-warnings")
        .env("GST_DEBUG", "WARNING")
        .env("LC_ALL", "C")
        .env("PAGER", "cat")
        .output()
        .expect("gst-inspect-1.0 starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    for line in errors.lines() {
        let ours = ["nvmm", "cuda", "GLib", "CRITICAL"].iter();
        assert!(!ours.clone().any(|word| line.contains(word)), "{line}");
    }
    text
}

#[test]
fn gst_inspect_shows_templates_and_properties_without_warnings() {
    let _guard = exclusive();
    let overlay = inspect("nvmmoverlay");
    for word in [
        "sink_%u",
        "On request",
        "video/x-raw(memory:NVMM)",
        "RGBA",
        "BGRx",
        "output-buffers",
        "GstNvmmOverlayPad",
        "xpos",
        "ypos",
        "zorder",
        "alpha",
    ] {
        assert!(overlay.contains(word), "no {word} in\n{overlay}");
    }
    let transform = inspect("nvmmtransform");
    for word in ["NV12", "I420", "GRAY8", "video/x-raw(memory:NVMM)"] {
        assert!(transform.contains(word), "no {word} in\n{transform}");
    }
    let plugin = inspect("nvmm");
    assert!(plugin.contains("2 features"), "{plugin}");
}

/// Looking at the plugin opens none of NVIDIA's libraries.
#[test]
fn gst_inspect_needs_no_platform() {
    let _guard = exclusive();
    let output = Command::new("gst-inspect-1.0")
        .arg("nvmmoverlay")
        .env("LD_LIBRARY_PATH", "")
        .env_remove("NVBUF_LIBRARY_PATH")
        .output()
        .expect("gst-inspect-1.0 starts");
    assert!(output.status.success(), "{output:?}");
}
