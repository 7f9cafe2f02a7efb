//! What the crates rely on of the platform, as named cases.
//!
//! One binary that links nothing but libc and opens the libraries at run time: it runs on every
//! simulated release, and unchanged on a Jetson. Each case has a process of its own, so that one
//! that crashes or hangs is a failure and nothing more. See `README.md`.

mod case;
mod cases;
mod check;
mod cuda;
mod engine;
mod family;
mod legacy;
mod options;
mod platform;
mod report;
mod runner;
mod socket;
mod source;
mod surface;

use std::process::ExitCode;

use options::{Action, Options};
use report::{Report, human};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("nvmm-conformance: {message}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match options.action {
        Action::Help => {
            println!("{}", options::USAGE);
            ExitCode::SUCCESS
        }
        Action::List => {
            human::list(&options.cases());
            ExitCode::SUCCESS
        }
        Action::Case(name) => runner::case_alone(name, options.worker),
        Action::Run => run(&options),
    }
}

/// All chosen cases.
fn run(options: &Options) -> ExitCode {
    let cases = options.cases();
    if cases.is_empty() {
        eprintln!("nvmm-conformance: no case has that in its name");
        return ExitCode::from(2);
    }
    let described = runner::describe();
    println!("{described}");
    let results = runner::run(&cases, options);
    let report = Report::new(options.label(&described), described, results);
    human::print(&report);
    for (file, text) in [
        (&options.json, Report::to_json as fn(&Report) -> String),
        (&options.junit, Report::to_junit),
    ] {
        let Some(file) = file else { continue };
        if let Err(error) = std::fs::write(file, text(&report)) {
            eprintln!("nvmm-conformance: {}: {error}", file.display());
            return ExitCode::from(2);
        }
    }
    ExitCode::from(u8::from(report.failed() > 0))
}
