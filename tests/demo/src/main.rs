//! Two videos in, one overlaid NVMM video out: `ci/demo.sh` builds and runs this.
//!
//! Usage: nvmm-demo OUTPUT_FOLDER [A B]
#![forbid(unsafe_code)]

mod counters;
mod pipeline;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let run = match arguments.as_slice() {
        [output] => demo(output, None),
        [output, a, b] => demo(output, Some([a, b])),
        _ => Err("usage: nvmm-demo OUTPUT_FOLDER [A.mp4 B.mp4]".into()),
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn demo(output: &Path, inputs: Option<[&PathBuf; 2]>) -> Result<(), String> {
    let in_file = |e: std::io::Error| format!("{}: {e}", output.display());
    std::fs::create_dir_all(output).map_err(in_file)?;
    let result = pipeline::run(output, inputs)?;
    // The pipeline is gone: what is alive now has leaked.
    let counters = counters::read();
    let count = |name: &str| counters.as_ref().map_or(Value::Null, |c| c[name].clone());
    let between = counters
        .as_ref()
        .map(|c| counters::bytes_between(c, &pipeline::COPYING_THREADS));
    let report = json!({
        "platform": std::env::var("NVMM_PLATFORM").unwrap_or_else(|_| "unknown".into()),
        "frames": result.frames,
        "fps": (result.fps() * 10.0).round() / 10.0,
        "registrations": count("registrations"),
        "egl_maps": count("egl_maps"),
        "surfaces_allocated": count("surfaces_allocated"),
        "nvmm_bytes_copied_by_cpu": between,
        "synchronisations": count("synchronisations"),
        "kernel_launches": count("launches"),
        "engine_copies": count("engine_copies"),
        "violations": count("violations"),
        "leaks": counters.as_ref().map(counters::leaks),
    });
    let text = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
    std::fs::write(output.join("report.json"), text + "\n").map_err(in_file)?;
    print_table(&report);
    if counters.is_none() {
        println!("(the counters are the simulator's; on hardware nobody counts)");
    }
    for file in ["overlay.png", "overlay.mp4", "report.json"] {
        println!("{}", output.join(file).display());
    }
    match (&report["violations"], &report["leaks"]) {
        (violations, leaks) if [violations, leaks].into_iter().all(is_none) => Ok(()),
        (violations, leaks) => Err(format!(
            "{violations} broken rules of the platform and {leaks} objects left behind: \
             NVMM_SIM_LEAKS=1 NVMM_SIM_STRICT=1 shows where"
        )),
    }
}

/// Whether nothing was counted, or nobody counts.
fn is_none(count: &Value) -> bool {
    count.as_u64().unwrap_or(0) == 0
}

fn print_table(report: &Value) {
    let rows = [
        ("frames", "frames", "made by nvmmoverlay"),
        (
            "frames per second",
            "fps",
            "decoding and encoding on the CPU included",
        ),
        (
            "surfaces allocated",
            "surfaces_allocated",
            "in the whole run, one of them by the library's self-test",
        ),
        (
            "EGLImages mapped",
            "egl_maps",
            "in the whole run: one per surface, none per frame",
        ),
        ("CUDA registrations", "registrations", "likewise"),
        ("kernel launches", "kernel_launches", "one per frame"),
        (
            "NVMM bytes copied by CPU",
            "nvmm_bytes_copied_by_cpu",
            "between the two nvmmtransforms",
        ),
        (
            "CPU waits for CUDA",
            "synchronisations",
            "by the nvmmtransforms, where the CPU copies",
        ),
        (
            "violations",
            "violations",
            "of the platform's rules: more is a failure",
        ),
        (
            "leaks",
            "leaks",
            "surfaces, EGLImages, registrations, memory: likewise",
        ),
    ];
    for (title, key, remark) in rows {
        let value = match &report[key] {
            Value::Null => "-".into(),
            value => value.to_string(),
        };
        println!("  {title:<26} {value:>8}   {remark}");
    }
}
