//! The examples that are programs, run as they are: on the simulator (ci/sim.sh) or a Jetson.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{example, hidden, no_driver, program};
use nvmm_sim_control::Simulator;
use serde_json::Value;

/// Runs an example with the kernels' twins, and gives what it printed and, on the simulator, the report.
fn run(name: &str, arguments: &[&Path]) -> (String, Option<Value>) {
    let report = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    let _ = std::fs::remove_file(&report);
    let output = Command::new(program(name))
        .args(arguments)
        .env("NVMM_SIM_KERNELS", example("fill_twin"))
        .env("NVMM_SIM_REPORT", &report)
        .output()
        .unwrap();
    let printed = succeeded(output);
    let report = Simulator::find().ok().map(|_| {
        let text = std::fs::read(&report).unwrap();
        serde_json::from_slice(&text).unwrap()
    });
    (printed, report)
}

fn succeeded(output: Output) -> String {
    let (printed, said) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{printed}{said}");
    printed
}

fn counted(report: &Value, name: &str) -> u64 {
    report[name]
        .as_u64()
        .unwrap_or_else(|| panic!("no {name} in {report}"))
}

fn nothing_left(report: &Value) {
    for name in [
        "registrations_alive",
        "egl_images_alive",
        "buffers_alive",
        "violations",
        "unsynchronised",
    ] {
        assert_eq!(counted(report, name), 0, "{name}");
    }
}

#[test]
fn sim_the_capture_loop_requeues_no_buffer_early() {
    const PICTURES: usize = 60;
    let (printed, report) = run("capture_loop", &[Path::new(&PICTURES.to_string())]);
    // By buffer: the picture that it is out with, and whether that is done.
    let mut out = BTreeMap::<usize, (usize, bool)>::new();
    let (mut dequeued, mut done, mut requeued) = (0, 0, 0);
    for line in printed.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<usize>().unwrap();
        match words[0] {
            "dequeue" => {
                assert_eq!(number(3), dequeued, "pictures come in order");
                let before = out.insert(number(1), (number(3), false));
                assert_eq!(before, None, "{line}: it was never given back");
                dequeued += 1;
            }
            "done" => {
                let picture = out.get_mut(&number(1)).unwrap();
                assert_eq!(*picture, (number(3), false), "{line}");
                picture.1 = true;
                done += 1;
            }
            "requeue" => {
                let picture = out.remove(&number(1)).unwrap();
                assert!(picture.1, "{line}: picture {} is in use", picture.0);
                requeued += 1;
            }
            _ => panic!("{line}"),
        }
    }
    assert_eq!((dequeued, done), (PICTURES, PICTURES));
    assert!(requeued >= PICTURES - 4, "{requeued} requeued");
    if let Some(report) = report {
        assert_eq!(counted(&report, "registrations"), 4);
        assert_eq!(counted(&report, "distinct_surfaces_registered"), 4);
        assert_eq!(counted(&report, "launches"), PICTURES as u64);
        nothing_left(&report);
    }
}

/// The C stand-in for the launcher, compiled.
fn launcher() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("librt_kernel.so");
    let output = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(crate_folder.join("examples/runtime_kernel"))
        .arg(crate_folder.join("tests/fixtures/rt_kernel.c"))
        .args(["-ldl", "-o"])
        .arg(&library)
        .output()
        .unwrap();
    succeeded(output);
    library
}

#[test]
fn sim_a_launcher_of_the_runtimes_kind_works_on_stream_and_frame() {
    if Simulator::find().is_err() {
        return eprintln!("not run: the stand-in's kernel is a twin of the simulator's");
    }
    let (printed, report) = run("runtime_kernel", &[&launcher()]);
    let pixels = 638 * 362;
    assert!(
        printed.contains(&format!("{pixels} pixels in rows are right")),
        "{printed}"
    );
    let report = report.unwrap();
    assert_eq!(counted(&report, "launches"), 1);
    assert_eq!(counted(&report, "registrations"), 1);
    nothing_left(&report);
}

#[test]
fn programs_report_it_where_there_is_no_library_and_no_driver() {
    let output = Command::new(program("runtime_kernel"))
        .arg("/nonexistent/librt_kernel.so")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("/nonexistent/librt_kernel.so"), "{said}");
    if !hidden() {
        return;
    }
    let output = Command::new(program("capture_loop"))
        .env("LD_LIBRARY_PATH", no_driver("capture_loop"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("libcuda.so.1"), "{said}");
}
