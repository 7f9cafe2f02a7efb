//! What gst-nvmm's own work costs, beside C written by hand that does the same, in turns in one run.
//!
//! Usage: nvmm-overhead [--turns NUMBER] [--frames NUMBER] [--slack FACTOR]
//!
//! - A buffer seen before becomes a CUDA frame: at most 300 ns, and of our own memory at most 1.1 times the C. Another element's
//!   has no such limit: what its descriptor says is compared with what was checked the first time, the C trusts it.
//! - An element of two inputs that launches nothing: per output frame, of the CPU time of the thread that runs
//!   it, at most 1.1 times the C; not one allocation more in the whole process; no registration.
//!
//! Exit status 1 above a limit, of which each but those of 0 is multiplied by the slack.

mod by_hand;
mod clocks;
mod element;
mod frames;
mod mix;
mod options;
mod sample;
mod source;

use std::process::ExitCode;

use gst_nvmm::Session;

use options::Options;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("nvmm-overhead: {error}\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("nvmm-overhead: {error}");
            ExitCode::FAILURE
        }
    }
}

/// False if something is above its limit.
fn run(options: &Options) -> Result<bool, String> {
    gst::init().map_err(|e| e.to_string())?;
    by_hand::init()?;
    clocks::check()?;
    let session = Session::new().map_err(|e| e.to_string())?;
    let frames = frames::measure(options, &session)?;
    let elements = element::measure(options)?;
    Ok(frames & elements)
}
