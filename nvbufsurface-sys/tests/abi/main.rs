//! Holds our headers and bindings against facts about the headers of each release.
//!
//! `tests/facts` says what each release's header means to a compiler. Three parts, which a filter
//! chooses by name: `facts` states each fact in C against the header for exactly that release and in
//! Rust against the bindings that cover it, and looks for anything of ours that the release has
//! not; `changes` changes facts and wants exactly those to be found; `documentation` compares the
//! releases that the bindings' documentation names.
#![forbid(unsafe_code)]

mod bindings;
mod c_checks;
mod changes;
mod compiler;
mod documentation;
mod facts;
mod first_release;
mod header;
mod parts;
mod release;
mod rust_checks;
mod rust_types;
mod surplus;
mod unit;

use std::process::ExitCode;

use parts::Platform;

const PARTS: [&str; 3] = ["facts", "changes", "documentation"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chosen = parts_of(&arguments);
    if arguments.iter().any(|argument| argument == "--list") {
        chosen.iter().for_each(|part| println!("{part}: test"));
        return ExitCode::SUCCESS;
    }
    if chosen.is_empty() {
        return ExitCode::SUCCESS;
    }
    let platform = Platform::read();
    let mut checked = 0;
    let mut mismatches = 0;
    if chosen.contains(&"facts") {
        (checked, mismatches) = platform.facts();
    }
    // Not a mismatch of ours, but the checks fail.
    let unproven = chosen.contains(&"changes") && !platform.changes();
    if chosen.contains(&"documentation") {
        mismatches += platform.documentation();
    }
    println!("abi: {checked} facts checked, {mismatches} mismatches");
    ExitCode::from(u8::from(mismatches != 0 || unproven))
}

/// The parts that the test harness's arguments choose: it passes on its options and filters.
fn parts_of(arguments: &[String]) -> Vec<&'static str> {
    const WITH_VALUE: [&str; 6] = [
        "--skip",
        "--test-threads",
        "--color",
        "--format",
        "--logfile",
        "-Z",
    ];
    let mut filters = Vec::new();
    let mut skipped = Vec::new();
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        match argument {
            // No part is marked so.
            "--ignored" | "--bench" => return Vec::new(),
            "--skip" => skipped.extend(arguments.next()),
            option if WITH_VALUE.contains(&option) => drop(arguments.next()),
            option if option.starts_with('-') => {}
            filter => filters.push(filter),
        }
    }
    let is_chosen = |part: &&str| {
        (filters.is_empty() || filters.iter().any(|filter| part.contains(filter)))
            && !skipped.iter().any(|skip| part.contains(skip))
    };
    PARTS.into_iter().filter(is_chosen).collect()
}
