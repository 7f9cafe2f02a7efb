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

/// C that trusts a descriptor, C that compares it with what it was, ours of our memory and of another element's.
const HAND: usize = 0;
const CHECKED: usize = 1;
const OURS: usize = 2;
const PEERS: usize = 3;

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
    let of_hand = by_hand::pool(&caps, 3)?;
    let of_ours =
        NvmmBufferPool::with_form(&caps, 0, 1, Form::Surface).map_err(|e| e.to_string())?;
    let take = |pool: &gst::BufferPool| {
        pool.set_active(true).map_err(|e| e.to_string())?;
        pool.acquire_buffer(None).map_err(|e| e.to_string())
    };
    // One of each, registered by whoever uses it alone.
    let (hand, checked, foreign) = (take(&of_hand)?, take(&of_hand)?, take(&of_hand)?);
    let ours = take(of_ours.upcast_ref())?;
    let frame = |buffer: &gst::Buffer| {
        let frame = NvmmFrame::new(black_box(buffer).clone(), &info, session.context());
        // It stays where it is, as the C's does.
        match black_box(&frame) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    };
    let open = |buffer, checks| by_hand::open_and_close(black_box(buffer), &info, checks);
    let mut times: [Vec<f64>; 4] = Default::default();
    for turn in 0..=TURNS {
        // Each is first, second, third and last as often as the others.
        for place in 0..times.len() {
            let which = (turn + place) % times.len();
            let taken = match which {
                HAND => time(|| open(&hand, false))?,
                CHECKED => time(|| open(&checked, true))?,
                OURS => time(|| frame(&ours))?,
                _ => time(|| frame(&foreign))?,
            };
            // The first turn registers.
            if turn > 0 {
                times[which].push(taken);
            }
        }
    }
    drop((hand, checked, foreign, ours));
    for pool in [&of_hand, of_ours.upcast_ref()] {
        pool.set_active(false).map_err(|e| e.to_string())?;
    }
    let ours = ratio(&times[OURS], &times[HAND]);
    let peers = ratio(&times[PEERS], &times[CHECKED]);
    let trusting = ratio(&times[PEERS], &times[HAND]);
    let times = times.map(median);
    println!("a buffer seen before becomes a CUDA frame, ns");
    println!("  by hand                   {:>8.0}", times[HAND]);
    println!(
        "  ours                      {:>8.0}  {ours:.2} of that",
        times[OURS]
    );
    println!("  by hand, descriptor checked {:>6.0}", times[CHECKED]);
    println!(
        "  ours, of another element  {:>8.0}  {peers:.2} of that, {trusting:.2} of the C that checks nothing",
        times[PEERS]
    );
    let mut all = within("ours, ns", times[OURS], options.frame_ns());
    all &= within("ours, times the C", ours, options.ratio());
    all &= within("another's, ns", times[PEERS], options.frame_ns());
    all &= within("another's, times the C that checks", peers, options.ratio());
    Ok(all)
}
