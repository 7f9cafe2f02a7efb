//! Downstream that takes other caps in mid-stream, none of which the aggregator makes.

use std::time::{Duration, Instant};

use gst::prelude::*;
use nvmm_pipelines::{Pipeline, Usage, exclusive};

const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";

/// A second input that is live and sends nothing makes each turn one that has timed out, after which the base class
/// goes on although negotiation has failed.
#[test]
fn an_output_that_is_refused_in_mid_stream_is_an_error_with_the_reason() {
    let _guard = exclusive();
    let usage = Usage::start();
    for silent in ["", "! identity drop-probability=1"] {
        let source = format!("videotestsrc is-live=true ! {CAPS}");
        let line = format!(
            "nvmmoverlay name=mix ! capsfilter name=after ! appsink name=out sync=false max-buffers=1 drop=true \
             {source} ! nvmmtransform ! queue ! mix. {source} {silent} ! nvmmtransform ! queue ! mix."
        );
        let pipeline = Pipeline::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
        let sink: gst_app::AppSink = pipeline.get("out");
        pipeline.set(gst::State::Playing).expect("it starts");
        for _ in 0..5 {
            let sample = sink.try_pull_sample(gst::ClockTime::from_seconds(30));
            sample.expect("a frame");
        }
        let after: gst::Element = pipeline.get("after");
        let other = "video/x-raw,format=RGBA".parse::<gst::Caps>();
        after.set_property("caps", other.expect("caps"));
        let bus = pipeline.as_gst().bus().expect("a bus");
        let end = Instant::now() + Duration::from_secs(20);
        let mix: gst::Element = pipeline.get("mix");
        let mut said = Vec::new();
        // Sources complain, too, that nobody takes what they send.
        while said.is_empty() && Instant::now() < end {
            let wait = gst::ClockTime::from_mseconds(200);
            let Some(message) = bus.timed_pop_filtered(wait, &[gst::MessageType::Error]) else {
                continue;
            };
            if let (gst::MessageView::Error(error), Some(source)) = (message.view(), message.src())
                && source == mix.upcast_ref::<gst::Object>()
            {
                said.push(error.error().to_string());
            }
        }
        assert_eq!(said.len(), 1, "{silent:?}: {said:?}");
        assert!(said[0].contains("memory:NVMM here"), "{said:?}");
        drop((pipeline, sink, after, mix));
    }
    usage.assert_clean();
}
