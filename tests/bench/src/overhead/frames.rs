//! A buffer seen before becomes a CUDA frame.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::time::Instant;

use gst::prelude::*;
use gst_nvmm::{Form, NvmmBufferPool, NvmmFrame, Session};
use gst_video::VideoInfo;

use crate::by_hand;
use crate::options::Options;
use crate::sample::{median, ratio, within};

/// How often each has its turn, and how many frames a turn has.
const TURNS: usize = 501;
const RUNS: u32 = 200;

/// Nanoseconds of one run, of so many.
fn time(mut run: impl FnMut() -> Result<(), String>) -> Result<f64, String> {
    let start = Instant::now();
    for _ in 0..RUNS {
        run()?;
    }
    Ok(start.elapsed().as_nanos() as f64 / f64::from(RUNS))
}

/// Prints the medians. False if something is above its limit.
pub(crate) fn measure(options: &Options, session: &Session) -> Result<bool, String> {
    let caps = crate::source::caps();
    let info = VideoInfo::from_caps(&caps).map_err(|e| e.to_string())?;
    let of_hand = by_hand::pool(&caps, 2)?;
    let of_ours =
        NvmmBufferPool::with_form(&caps, 0, 1, Form::Surface).map_err(|e| e.to_string())?;
    let take = |pool: &gst::BufferPool| {
        pool.set_active(true).map_err(|e| e.to_string())?;
        pool.acquire_buffer(None).map_err(|e| e.to_string())
    };
    // One of each, registered by whoever uses it alone.
    let (hand, foreign) = (take(&of_hand)?, take(&of_hand)?);
    let ours = take(of_ours.upcast_ref())?;
    let frame = |buffer: &gst::Buffer| {
        let frame = NvmmFrame::new(black_box(buffer).clone(), &info, session.context());
        let frame = frame.map_err(|e| e.to_string())?;
        // Used where it lies, as the C's.
        black_box(&frame);
        Ok(())
    };
    let (mut hands, mut our, mut foreigns) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let mut times = [0.0; 3];
        // Each is first, second and last as often as the others.
        for place in 0..3 {
            let which = (turn + place) % 3;
            times[which] = match which {
                0 => time(|| by_hand::open_and_close(black_box(&hand), &info))?,
                1 => time(|| frame(&ours))?,
                _ => time(|| frame(&foreign))?,
            };
        }
        // The first turn registers.
        if turn > 0 {
            hands.push(times[0]);
            our.push(times[1]);
            foreigns.push(times[2]);
        }
    }
    drop((hand, foreign, ours));
    for pool in [&of_hand, of_ours.upcast_ref()] {
        pool.set_active(false).map_err(|e| e.to_string())?;
    }
    let ratios = [ratio(&our, &hands), ratio(&foreigns, &hands)];
    let times = [median(hands), median(our), median(foreigns)];
    println!("a buffer seen before becomes a CUDA frame, ns");
    println!("  by hand        {:>8.0}", times[0]);
    println!(
        "  ours           {:>8.0}  {:.2} of that",
        times[1], ratios[0]
    );
    println!(
        "  another's      {:>8.0}  {:.2} of that",
        times[2], ratios[1]
    );
    let mut all = within("ours, ns", times[1], options.frame_ns());
    all &= within("ours, times the C", ratios[0], options.ratio());
    // Its descriptor is compared with what was checked; the C trusts it.
    all &= within("another's, ns", times[2], options.frame_ns());
    Ok(all)
}
