//! Runs the plugin's PTX, and the example's, on a real GPU and compares every byte with what the host twin computes.
//!
//! ```text
//! random parameters -> device memory -> nvmm_overlay (checked-in PTX) -> pixels \
//!                   -> host memory   -> nvmm_twin_nvmm_overlay        -> pixels  > equal?
//! ```
//!
//! Some pictures are behind surface objects: of CUDA arrays on the GPU, and of the same host memory for the twin.
//!
//! The binary needs the CUDA driver and nothing else: no simulator, no CUDA toolkit, no Rust. `ci/gpu.sh` builds and
//! runs it. Exit status: 0 when all cases passed, 1 when one failed, 2 for wrong arguments, 77 when nothing could be
//! said about a GPU because there is none (or only the simulated one).

mod bench;
mod brightness;
mod case;
mod gpu;
mod groups;
#[path = "../../../gst-nvmm/plugin/src/kernel.rs"]
mod kernel;
mod random;
mod surface;
mod twin;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use case::Case;
use gpu::{Gpu, OpenError};
use groups::{GROUPS, Group};
use random::Random;

const SKIPPED: u8 = 77;
const USAGE: &str = "usage: nvmm-gpu [--seed NUMBER]";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seed = match arguments[..] {
        [] => Some(1_u64),
        ["--seed", seed] => seed.parse().ok(),
        _ => None,
    };
    let Some(seed) = seed else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };

    let gpu = match Gpu::open() {
        Ok(gpu) => gpu,
        Err(OpenError::NoCuda(why)) => {
            println!("nvmm-gpu: skipped, there is no CUDA device to run on: {why}");
            return ExitCode::from(SKIPPED);
        }
        Err(OpenError::Failed(error)) => {
            println!("nvmm-gpu: {error}");
            println!("0 passed, 1 failed");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", gpu.description());
    println!("seed     {seed}");

    let (mut passed, mut failed) = (0, 0);
    for (index, group) in GROUPS.iter().enumerate() {
        let failures = run(&gpu, group, seed.wrapping_add((index as u64) << 32));
        passed += group.num_cases - failures;
        failed += failures;
    }
    let failures = brightness::compare(&gpu, seed).unwrap_or_else(|error| {
        println!("      brightness: {error}");
        brightness::NUM_CASES
    });
    let verdict = if failures == 0 { "ok" } else { "FAIL" };
    let num_cases = brightness::NUM_CASES;
    println!(
        "{verdict:<5} {:<42} {num_cases:4} cases, {failures} failed",
        "the example's brightness"
    );
    passed += num_cases - failures;
    failed += failures;
    for (name, width, height) in [("1920x1080", 1920, 1080), ("3840x2160", 3840, 2160)] {
        match bench::overlay_and_copy(&gpu, width, height) {
            Ok(times) => println!("time  {name:<42} {times}"),
            Err(error) => {
                println!("FAIL  {name:<42} benchmark: {error}");
                failed += 1;
            }
        }
    }

    let simulated = gpu::is_simulated();
    if simulated {
        println!(
            "This was the simulator, whose kernel is the twin itself: nothing is said about a GPU."
        );
    }
    println!("{passed} passed, {failed} failed");
    match (failed, simulated) {
        (0, false) => ExitCode::SUCCESS,
        (0, true) => ExitCode::from(SKIPPED),
        _ => ExitCode::FAILURE,
    }
}

/// Runs a group, prints its line, and gives the number of cases that failed.
fn run(gpu: &Gpu, group: &Group, seed: u64) -> u32 {
    let start = Instant::now();
    let (mut failures, mut pixels, mut first) = (0, 0, None);
    for n in 0..group.num_cases {
        let case = (group.make)(&mut Random::new(seed.wrapping_add(u64::from(n))), n);
        pixels += case.num_pixels();
        if let Err(reason) = check(group, &case).and_then(|()| compare(gpu, &case)) {
            failures += 1;
            first.get_or_insert_with(|| format!("case {n}: {reason}"));
        }
    }
    let verdict = if failures == 0 { "ok" } else { "FAIL" };
    println!(
        "{verdict:<5} {:<42} {:4} cases, {pixels:9} pixels, {:6.2} s",
        group.name,
        group.num_cases,
        start.elapsed().as_secs_f64()
    );
    if let Some(first) = first {
        println!("      {failures} of them failed; the first is {first}");
    }
    failures
}

/// Whether the plugin, which launches nothing that its own check refuses, would take the case as the group says.
fn check(group: &Group, case: &Case) -> Result<(), String> {
    // Any address will do, and any object but 0; an output at 0 would be refused.
    let objects = vec![1; case.surfaces().len()];
    match (case.params_at(4096, &objects).check(), group.is_valid) {
        (Ok(()), true) | (Err(_), false) => Ok(()),
        (Err(reason), true) => Err(format!("refused by the host: {reason}")),
        (Ok(()), false) => Err("accepted by the host".to_owned()),
    }
}

/// Runs a case on both sides and compares all of its memory, guards and padding too.
fn compare(gpu: &Gpu, case: &Case) -> Result<(), String> {
    let expected = twin::run(case);
    let found = gpu.run(case).map_err(|error| error.to_string())?;
    if expected == found {
        return Ok(());
    }
    let differing = expected
        .iter()
        .zip(&found)
        .filter(|(expected, found)| expected != found);
    let count = differing.count();
    let first = expected
        .iter()
        .zip(&found)
        .position(|(expected, found)| expected != found);
    Err(match first {
        Some(at) => format!(
            "{count} bytes differ, first at {}: {} on the GPU, {} from the twin ({})",
            case.place(at),
            found[at],
            expected[at],
            case.summary()
        ),
        None => format!(
            "{} bytes on the GPU, {} from the twin",
            found.len(),
            expected.len()
        ),
    })
}
