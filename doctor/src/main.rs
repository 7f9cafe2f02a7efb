//! One page for people with a problem: what this machine has of NVIDIA's, whether it works, and what to do first.
//!
//! Links nothing but libc. Whatever opens a library of NVIDIA's runs in a process of its own, so that a crash or a hang
//! is a finding. See `README.md`.

mod bench;
mod descriptors;
mod devices;
mod examination;
mod finding;
mod gstreamer;
mod machine;
mod mapped;
mod options;
mod probe;
mod probes;
mod process;
mod report;
mod user;

use std::io::Write;
use std::process::ExitCode;

use options::{Action, Options};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            say(
                std::io::stderr(),
                &format!("nvmm-doctor: {message}\n\n{}\n", options::USAGE),
            );
            return ExitCode::from(2);
        }
    };
    match &options.action {
        Action::Help => say(std::io::stdout(), &format!("{}\n", options::USAGE)),
        Action::Version => say(
            std::io::stdout(),
            concat!("nvmm-doctor ", env!("CARGO_PKG_VERSION"), "\n"),
        ),
        Action::Step(step) => probe::in_child(step.probe, step.lacking),
        Action::Examine => {
            let report = examination::run(&options);
            say(std::io::stdout(), &report.print(options.json));
            return ExitCode::from(u8::from(report.has_failed()));
        }
    }
    ExitCode::SUCCESS
}

/// Whoever closed the other end does not want to know.
fn say(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes());
    let _ = to.flush();
}
