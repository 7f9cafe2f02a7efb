//! Lets every call of NVIDIA's libraries fail at every place that makes it, and looks what comes of it.
//! `ci/faults.sh` builds and runs this; README.md says what it found.

mod errors;
mod injection;
mod judge;
mod options;
mod places;
mod plan;
mod process;
mod random;
mod record;
mod subject;
mod summary;
mod sweep;
mod worker;

use std::process::ExitCode;

use options::{Action, Options};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("nvmm-faults: {message}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match options.action {
        Action::Help => {
            println!("{}", options::USAGE);
            ExitCode::SUCCESS
        }
        Action::Worker(workload) => worker::run(workload),
        Action::Sweep => match sweep::run(&options) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(message) => {
                eprintln!("nvmm-faults: {message}");
                ExitCode::from(2)
            }
        },
    }
}
