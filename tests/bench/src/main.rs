//! The NVMM part of the demo, from nvmmtransform to nvmmtransform, without sources and encoder: what it costs
//! and what it makes.
//!
//! Usage: nvmm-bench [--frames NUMBER] [--size WIDTHxHEIGHT] [--limit MILLISECONDS] [--raw FILE]
//!
//!        nvmm-bench --streams [--frames NUMBER] [--size WIDTHxHEIGHT]
//!
//! Prints the CPU time of the whole process per frame, beside that of plain copies of as many bytes as go in
//! and out, measured in the same run. With `--limit` the exit status is 1 if a frame costs more; `--raw` writes
//! every frame that comes out, and then nothing is timed.
//!
//! `--streams` lays two streams of 3840x2160 over each other whose pictures are NVMM already, and prints the
//! frames per second, and the bytes that they touch beside the GPU's copy rate. The exit status is 1 if
//! anything was mapped, copied, registered or waited for meanwhile, or no frame was on its way before its end.

mod cost;
mod options;
mod pictures;
mod pipeline;
mod rate;
mod streams;

use std::process::ExitCode;

use options::Options;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("nvmm-bench: {error}\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("nvmm-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// False if a frame costs more than the limit.
fn run(options: &Options) -> Result<bool, String> {
    if options.streams {
        let streams = streams::measure(options)?;
        println!("{streams}");
        return Ok(streams.is_clean());
    }
    if let Some(file) = &options.raw {
        let frames = pipeline::record(options, file)?;
        println!("{frames} frames in {}", file.display());
        return Ok(true);
    }
    let cost = cost::measure(options)?;
    println!("{cost}");
    match options.limit {
        Some(limit) if cost.nvmm > limit => {
            println!("more than {limit} ms of CPU a frame");
            Ok(false)
        }
        _ => Ok(true),
    }
}
