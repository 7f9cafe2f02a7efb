//! Two plugins, each with a gst-nvmm of its own and of another version, in one pipeline.
//!
//! `othermix` is from tests/pipelines/other-plugin, built by ci/two-versions.sh: once against a
//! gst-nvmm that speaks the same interface between copies, once against one that speaks another.

mod process;

use std::path::PathBuf;
use std::sync::Once;

use process::heap::{NONE, per_frame};
use process::{Launch, Report, root, scratch, script};

const FRAMES: u32 = 300;
/// Output surfaces of each element: its pool makes no more.
const SURFACES_PER_POOL: u64 = 4;

/// A pipeline with `OTHER` where the element with the other copy comes, and `SINK` at its end.
struct Case {
    name: &'static str,
    pipeline: &'static str,
    /// What in place of OTHER makes the same pictures without any copy.
    without: &'static str,
    pools: u64,
}

const CASES: [Case; 4] = [
    Case {
        name: "before",
        pipeline: "SOURCE ! OTHER ! nvmmoverlay ! SINK",
        without: "identity",
        pools: 3,
    },
    Case {
        name: "behind",
        pipeline: "SOURCE ! nvmmoverlay ! OTHER ! SINK",
        without: "identity",
        pools: 3,
    },
    Case {
        name: "tee",
        pipeline: "SOURCE ! tee name=t ! queue ! nvmmoverlay name=mix sink_1::xpos=64 ! SINK \
                   t. ! queue ! OTHER ! queue ! mix.",
        without: "identity",
        pools: 3,
    },
    // videorate makes buffers writable while the other branch has them: their memory then leaves
    // its pool, and comes back as a new GstMemory around the same surface for every frame.
    Case {
        name: "writable",
        pipeline: "SOURCE ! tee name=t ! queue ! OTHER name=mix ! SINK \
                   t. ! queue ! videorate ! mix.",
        without: "nvmmoverlay",
        pools: 2,
    },
];

fn plugins(variant: &str) -> PathBuf {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| script("ci/two-versions.sh"));
    root()
        .join("target/two-versions")
        .join(format!("plugins-{variant}"))
}

fn source(frames: u32) -> String {
    format!(
        "videotestsrc num-buffers={frames} \
         ! video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 ! nvmmtransform"
    )
}

/// Runs a case with an element for OTHER; gives the pictures and the report.
fn run(case: &Case, variant: &str, other: &str, frames: u32) -> (Vec<u8>, Report) {
    let name = format!("{}-{variant}-{other}-{frames}", case.name);
    let pictures = scratch(&format!("{name}.raw"));
    let sink = format!(
        "nvmmtransform ! video/x-raw ! filesink location={}",
        pictures.display()
    );
    let pipeline = case
        .pipeline
        .replace("SOURCE", &source(frames))
        .replace("OTHER", other)
        .replace("SINK", &sink);
    // What is read after it was freed, or before it was written, is garbage and not by chance 0.
    let environment = [("G_DEBUG", "fatal-warnings"), ("MALLOC_PERTURB_", "165")];
    let plugins = plugins(variant);
    let (_, report) = Launch::new(&name, &plugins.to_string_lossy(), &environment, &pipeline).run();
    let pixels = std::fs::read(&pictures).expect("the pipeline wrote its pictures");
    std::fs::remove_file(&pictures).expect("the pictures can go");
    (pixels, report)
}

/// Waits per frame: of the CPU in all, of the CPU for a whole stream, of streams for events.
struct Waits {
    cpu: f64,
    cpu_for_stream: f64,
    stream: f64,
}

fn waits(title: &str, report: &Report) -> Waits {
    let per_frame = |calls: u64| calls as f64 / f64::from(FRAMES);
    let waits = Waits {
        cpu: per_frame(report.count("synchronisations")),
        cpu_for_stream: per_frame(report.calls("cuStreamSynchronize")),
        stream: per_frame(report.count("stream_waits")),
    };
    println!(
        "{title:34} per frame: CPU waits {:.3} ({:.3} for a stream), stream waits {:.3}; in all: \
         {} surfaces, {} registrations",
        waits.cpu,
        waits.cpu_for_stream,
        waits.stream,
        report.pool_surfaces(2),
        report.count("registrations"),
    );
    waits
}

/// Runs a case on two copies and checks what holds whatever their versions are.
fn two_copies(case: &Case, variant: &str) -> Waits {
    let (expected, _) = run(case, variant, case.without, FRAMES);
    assert_eq!(
        expected.len() % (FRAMES as usize * 48 * 4 * 64),
        0,
        "whole pictures"
    );
    let mut result = None;
    for frames in [FRAMES / 3, FRAMES] {
        let (pixels, report) = run(case, variant, "othermix", frames);
        // Not assert_eq, which would print them.
        let expected = &expected[..expected.len() / FRAMES as usize * frames as usize];
        assert!(
            pixels == expected,
            "{} {variant}: the same pictures",
            case.name
        );
        report.assert_clean();
        let surfaces = report.pool_surfaces(2);
        assert!(
            surfaces <= case.pools * SURFACES_PER_POOL,
            "{surfaces} surfaces"
        );
        // Once by each copy, and once more until it is known that memories are made anew.
        let registrations = report.count("registrations");
        assert!(
            registrations <= 3 * surfaces,
            "{registrations} of {surfaces}"
        );
        result = Some(report);
    }
    let report = result.expect("two runs were made");
    waits(&format!("{}, {variant} interface", case.name), &report)
}

#[test]
fn copies_with_one_interface_wait_on_streams() {
    for case in &CASES {
        let two = two_copies(case, "same");
        let (_, report) = run(case, "same", "nvmmoverlay", FRAMES);
        let one = waits(&format!("{}, one copy", case.name), &report);
        // The CPU waits for what nvmmtransform reads and writes, with one copy and with two. How
        // often depends a little on which surfaces are free at the moment.
        assert!((two.cpu - one.cpu).abs() < 0.1, "{}: CPU waits", case.name);
        assert_eq!(two.cpu_for_stream, 0.0, "{}: waits for a stream", case.name);
        assert!(one.stream > 0.9 || case.name == "behind", "{}", case.name);
        // Where one kernel reads one surface twice, the second reading waits for the record of the
        // first: in the owner's event, and in the one that keeps our registration.
        let twice = if case.name == "writable" { 1.0 } else { 0.0 };
        assert!(
            (two.stream - one.stream - twice).abs() < 0.1,
            "{}: stream waits",
            case.name
        );
    }
}

/// Nobody waits for frames at the end, and each memory is gone as soon as its kernel is launched.
#[test]
fn a_registration_outlasts_the_kernel_that_uses_it() {
    let case = &CASES[3];
    for variant in ["same", "other"] {
        let pipeline = case
            .pipeline
            .replace("SOURCE", &source(FRAMES))
            .replace("OTHER", "othermix")
            .replace("SINK", "fakesink");
        let name = format!("outlasts-{variant}");
        let plugins = plugins(variant);
        let (_, report) = Launch::new(&name, &plugins.to_string_lossy(), &[], &pipeline).run();
        report.assert_clean();
    }
}

#[test]
fn copies_with_two_interfaces_wait_on_the_cpu() {
    for case in &CASES {
        let two = two_copies(case, "other");
        // A border is crossed once at least; the copy behind it finishes its work before it gives
        // the memory back.
        assert!(
            two.cpu_for_stream > 0.99,
            "{}: waits for a stream",
            case.name
        );
    }
}

#[test]
fn a_border_allocates_nothing() {
    let pipeline = |other: &'static str| {
        move |frames| {
            let source = source(frames);
            format!(
                "{source} ! {other} ! nvmmoverlay ! {other} ! nvmmtransform ! video/x-raw ! fakesink"
            )
        }
    };
    // 0; where GLib has no slices, GStreamer's queue nodes.
    let one_copy = per_frame("border-none", "", "", pipeline("nvmmoverlay")).total();
    for variant in ["same", "other"] {
        let (name, plugins) = (format!("border-{variant}"), plugins(variant));
        let plugins = plugins.to_string_lossy();
        let counted = per_frame(&name, &plugins, "", pipeline("othermix"));
        counted.long.assert_clean();
        let total = counted.total();
        assert!(
            total < one_copy.max(0.0) + NONE,
            "{variant}: {total}, one copy {one_copy}"
        );
    }
}
