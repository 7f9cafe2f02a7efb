//! Inputs that come and go while an N-in-1-out element runs.

use gst::prelude::*;
use nvmm_pipelines::{Pipeline, Usage, exclusive};

const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";
const FRAMES: u64 = 1000;

/// Numbers that look random, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A source that was added, and the pad that it is linked to.
struct Added {
    bin: gst::Bin,
    pad: gst::Pad,
}

impl Added {
    fn new(
        pipeline: &gst::Pipeline,
        mix: &gst::Element,
        at: gst::ClockTime,
        numbers: &mut Numbers,
    ) -> Self {
        let (width, height) = (16 + 2 * numbers.below(40), 16 + 2 * numbers.below(30));
        let caps = CAPS.replace(
            "width=64,height=48",
            &format!("width={width},height={height}"),
        );
        // Some end by themselves, and stay until they are taken away.
        let end = match numbers.below(4) {
            0 => format!("num-buffers={}", 10 + numbers.below(20)),
            _ => String::new(),
        };
        let line = format!(
            "videotestsrc name=source {end} timestamp-offset={} ! {caps} ! nvmmtransform ! \
             queue name=queue max-size-buffers=2",
            at.nseconds()
        );
        let bin = gst::parse::bin_from_description(&line, true).expect("a bin");
        pipeline.add(&bin).expect("it takes the bin");
        let pad = mix.request_pad_simple("sink_%u").expect("a pad");
        pad.set_property("xpos", 2 * numbers.below(20) as i32);
        pad.set_property("alpha", 0.5_f64);
        let source = bin.static_pad("src").expect("a pad");
        source.link(&pad).expect("they link");
        bin.sync_state_with_parent().expect("it starts");
        Self { bin, pad }
    }

    /// Whatever the source does at that time.
    fn remove(self, pipeline: &gst::Pipeline, mix: &gst::Element) {
        // What comes from here on goes nowhere; who waits in the pad for its turn is let go with it. The
        // source stops first: an event that finds the elements after it stopped would be an error to it.
        let [source, queue] = ["source", "queue"].map(|name| self.bin.by_name(name));
        let (source, queue) = source.zip(queue).expect("both are there");
        let types = gst::PadProbeType::BUFFER;
        let last = queue.static_pad("src").expect("a pad");
        last.add_probe(types, |_, _| gst::PadProbeReturn::Drop);
        mix.release_request_pad(&self.pad);
        source.set_state(gst::State::Null).expect("it stops");
        self.bin.set_state(gst::State::Null).expect("it stops");
        pipeline.remove(&self.bin).expect("it is there");
    }
}

#[test]
fn a_thousand_frames_with_inputs_that_come_and_go() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "nvmmoverlay name=mix ! video/x-raw(memory:NVMM),width=64,height=48 ! nvmmtransform ! {CAPS} ! \
         appsink name=out sync=false max-buffers=2 \
         videotestsrc num-buffers={FRAMES} pattern=ball ! {CAPS} ! nvmmtransform ! queue ! mix.sink_0"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let (mix, sink) = (pipeline.get::<gst::Element>("mix"), pipeline.get("out"));
    pipeline.set(gst::State::Playing).expect("it starts");
    let mut numbers = Numbers(7);
    let mut added = Vec::new();
    let (mut count, mut came, mut went) = (0, 0, 0);
    while let Some(picture) = pipeline.picture(&sink).expect("it runs") {
        let at = picture.pts.expect("a time");
        // Downstream asked for this size, whatever the inputs are.
        assert_eq!((picture.width, picture.height), (64, 48));
        assert_eq!(at.mseconds(), count * 1000 / 30, "frame {count}");
        count += 1;
        // Those that never end would let the output go on.
        if count == FRAMES - 40 {
            let all = added.drain(..);
            all.for_each(|one: Added| one.remove(pipeline.as_gst(), &mix));
        }
        if numbers.below(5) > 0 || count >= FRAMES - 40 {
            continue;
        }
        if added.is_empty() || (added.len() < 6 && numbers.below(2) == 0) {
            added.push(Added::new(pipeline.as_gst(), &mix, at, &mut numbers));
            came += 1;
        } else {
            let index = numbers.below(added.len() as u64) as usize;
            added.swap_remove(index).remove(pipeline.as_gst(), &mix);
            went += 1;
        }
    }
    assert_eq!(count, FRAMES);
    assert!(came >= 50 && went >= 50, "{came} came, {went} went");
    let proxy = mix.dynamic_cast_ref::<gst::ChildProxy>().expect("children");
    assert_eq!(proxy.children_count(), 1);
    drop((mix, sink, pipeline));
    usage.assert_clean();
}

/// The last one: nothing to show, and nobody to wait for; another may come.
#[test]
fn without_any_input_the_element_waits_for_the_next_one() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "nvmmoverlay name=mix ! nvmmtransform ! {CAPS} ! appsink name=out sync=false max-buffers=2"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let (mix, sink) = (
        pipeline.get::<gst::Element>("mix"),
        pipeline.get::<gst_app::AppSink>("out"),
    );
    pipeline.set(gst::State::Playing).expect("it starts");
    let mut at = gst::ClockTime::ZERO;
    let mut numbers = Numbers(3);
    for _ in 0..10 {
        let source = Added::new(pipeline.as_gst(), &mix, at, &mut numbers);
        let earliest = at;
        // Two may still lie in the sink from before.
        while at < earliest + gst::ClockTime::from_mseconds(300) {
            let picture = pipeline.picture(&sink).expect("it runs");
            at = picture.expect("no end").pts.expect("a time");
        }
        source.remove(pipeline.as_gst(), &mix);
    }
    drop((mix, sink, pipeline));
    usage.assert_clean();
}
