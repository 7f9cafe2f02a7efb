//! A pipeline that runs costs no heap, no fd, no memory and no registration per frame.
//!
//! Counted from outside: by a malloc interposer over the whole process, by /proc, and by the
//! simulator.

mod process;

use std::io::Read;
use std::process::Stdio;

use process::Launch;
use process::heap::{LONG, NONE, SHORT, per_frame};

const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";
const FRAME_BYTES: usize = 64 * 48 * 4;
/// Output surfaces of each element: its pool makes no more.
const SURFACES_PER_POOL: u64 = 4;

fn ours(frames: u32, end: &str) -> String {
    format!(
        "videotestsrc num-buffers={frames} ! {CAPS} ! nvmmtransform ! nvmmoverlay name=mix \
         ! {end} \
         videotestsrc num-buffers={frames} pattern=snow ! {CAPS} ! nvmmtransform ! mix."
    )
}

fn gstreamers(frames: u32) -> String {
    format!(
        "videotestsrc num-buffers={frames} ! {CAPS} ! compositor name=mix ! {CAPS} ! fakesink \
         videotestsrc num-buffers={frames} pattern=snow ! {CAPS} ! mix."
    )
}

#[test]
fn a_frame_allocates_nothing() {
    // GLib 2.76 and later have no slices: every node of a GQueue is a malloc there, one for each
    // input buffer of an aggregator. What GStreamer's own mixer has of those is not ours.
    let theirs = per_frame("compositor", "", "", gstreamers).total().max(0.0) / 2.0;
    // Two kernels on streams of their own, and a thread of its own for each, in the second.
    let ends = [
        ("overlay", "nvmmtransform ! video/x-raw ! fakesink", 1, 3),
        (
            "chain",
            "queue ! nvmmoverlay ! queue ! nvmmtransform ! video/x-raw ! fakesink",
            2,
            4,
        ),
    ];
    for (name, end, overlays, pools) in ends {
        let counted = per_frame(name, "", "", |frames| ours(frames, end));
        for (report, frames) in [(&counted.short, SHORT), (&counted.long, LONG)] {
            report.assert_clean();
            let launches = report.count("launches");
            assert_eq!(
                launches,
                overlays * u64::from(frames),
                "no frame is left out"
            );
            let surfaces = report.pool_surfaces(1);
            let registrations = report.count("registrations");
            println!("    {frames} frames: {surfaces} surfaces, {registrations} registrations");
            // How many of its surfaces a pool makes depends on the moment; that it is never more
            // than these, and each is registered once, does not.
            assert!(surfaces <= pools * SURFACES_PER_POOL, "{surfaces}");
            assert_eq!(registrations, surfaces);
            assert_eq!(report.count("distinct_surfaces_registered"), surfaces);
        }
        let ours = counted.total();
        // Two inputs, and one more for each further overlay.
        let inputs = 1.0 + overlays as f64;
        assert!(
            ours < theirs * inputs + NONE,
            "{ours} a frame, compositor {theirs} an input"
        );
    }
}

#[test]
fn behind_slices_is_only_what_gstreamer_queues() {
    let mode = "always-malloc";
    let end = "nvmmtransform ! video/x-raw ! fakesink";
    let ours = per_frame("overlay-malloc", "", mode, |frames| ours(frames, end));
    let reference = per_frame("compositor-malloc", "", mode, gstreamers);
    // GstAggregatorPad queues each input buffer in a GQueue: a node for each of two inputs, made
    // on the thread that pushes. The compositor's are the same.
    for (name, counted) in [("overlay", &ours), ("compositor", &reference)] {
        let (sources, total) = (counted.of("videotestsrc"), counted.total());
        assert!(
            (sources - 2.0).abs() < NONE,
            "{name}: {sources} a frame in the sources"
        );
        assert!(
            (total - sources).abs() < NONE,
            "{name}: {total} a frame in all"
        );
    }
}

#[test]
fn an_element_that_allocates_is_seen() {
    // It makes a text of each buffer, for a property.
    let end = "nvmmtransform ! video/x-raw ! identity silent=false ! fakesink";
    let total = per_frame("allocating", "", "", |frames| ours(frames, end)).total();
    assert!(total > 1.0, "{total} a frame");
}

/// What a process holds.
#[derive(Debug)]
struct Held {
    /// Open fds, without those of surfaces.
    fds: usize,
    /// fds of surfaces: one each.
    surfaces: usize,
    resident_kib: u64,
}

fn held(pid: u32) -> Held {
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs");
    let is_surface = |fd: std::io::Result<std::fs::DirEntry>| {
        let target = fd.and_then(|fd| std::fs::read_link(fd.path()));
        target.is_ok_and(|target| target.to_string_lossy().contains("nvmm-sim-dmabuf"))
    };
    let (surfaces, fds): (Vec<_>, Vec<_>) = fds.map(is_surface).partition(|surface| *surface);
    // Not VmRSS of status, which lags behind by up to 64 pages per thread.
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
    let resident_kib = rollup.ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("Rss:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    });
    Held {
        fds: fds.len(),
        surfaces: surfaces.len(),
        resident_kib: resident_kib.expect("the kernel says Rss"),
    }
}

#[test]
fn fds_and_memory_stay() {
    // Frames come out of a pipe: nothing runs ahead by more than what the pipe and pools hold.
    let end = "nvmmtransform ! video/x-raw ! fdsink";
    let mut launch = Launch::new("flat", "", &[], &ours(10_100, end));
    let mut child = launch
        .command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the process starts");
    let mut pipe = child.stdout.take().expect("stdout is piped");
    let mut frame = vec![0; FRAME_BYTES];
    let mut measured = Vec::new();
    for number in 1..=10_000 {
        pipe.read_exact(&mut frame).expect("a frame comes out");
        if number % 1_000 == 0 {
            let held = held(child.id());
            println!("frame {number}: {held:?}");
            measured.push(held);
        }
    }
    std::io::copy(&mut pipe, &mut std::io::sink()).expect("the rest comes out");
    assert!(child.wait().is_ok_and(|status| status.success()));
    launch.report().assert_clean();
    let (first, last) = (&measured[0], &measured[9]);
    assert_eq!(first.fds, last.fds, "fds other than surfaces'");
    // A pool makes a surface only when it has none left, which may happen late: see SURFACES_PER_POOL.
    assert!(last.surfaces as u64 <= 3 * SURFACES_PER_POOL, "{last:?}");
    let growth = last.resident_kib.saturating_sub(first.resident_kib);
    assert!(growth < 300, "{growth} KiB more after 9,000 frames");
}
