//! Tables of what works where, and which error the rest gives: each public function by memory type, layout
//! and release. They are data: a change of one is a change of behaviour.
//!
//! Simulator only, and in processes of their own: what a library refuses is a broken rule to it.

mod engine;
mod legacy;

mod surface;

use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Command;

use nvbuf::{ErrorKind, Result, TransformError};
use nvmm_sim_control::Simulator;

type Outcome = Result<Done>;

/// What is tried without a buffer of a kind: its name, a letter for each release, itself.
type Other = (&'static str, &'static str, fn() -> Outcome);

enum Done {
    Works,
    NothingToTry,
}

fn done() -> Outcome {
    Ok(Done::Works)
}

trait IntoOutcome {
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for Result<()> {
    fn into_outcome(self) -> Outcome {
        self.map(|()| Done::Works)
    }
}

/// One letter for each outcome: `o` works, `-` has nothing to try on; else the error's kind: `L`oad (the
/// release lacks the function), `C`all (the library refuses), `I`nvalid (refused before the library is
/// asked), `B`usy, `F`oreign, and those of libnvbufsurftransform: `u`nsupported, `e`xecution, `p`arameters,
/// `r`ectangle.
fn letter(outcome: Outcome) -> char {
    match outcome {
        Ok(Done::Works) => 'o',
        Ok(Done::NothingToTry) => '-',
        Err(error) => match error.kind() {
            ErrorKind::Load => 'L',
            ErrorKind::Call => 'C',
            ErrorKind::Invalid => 'I',
            ErrorKind::Busy => 'B',
            ErrorKind::Foreign => 'F',
            ErrorKind::Transform(TransformError::UNSUPPORTED) => 'u',
            ErrorKind::Transform(TransformError::EXECUTION) => 'e',
            ErrorKind::Transform(TransformError::INVALID_PARAMS) => 'p',
            ErrorKind::Transform(TransformError::ROI) => 'r',
            _ => '?',
        },
    }
}

/// An eventfd, which is a fence to the simulator: signalled if it is not 0.
fn eventfd(value: u32) -> OwnedFd {
    // SAFETY: it takes two numbers.
    let fd = unsafe { libc::eventfd(value, libc::EFD_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: the fd is new, and nobody else's.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Set in the process that tries: where a line of the table goes, the mark before it.
const CHILD: &str = "NVBUF_TEST_TABLE";
const MARK: &str = "table: ";

/// Compares what each release does with its table. `test` is the test that calls this, which makes the
/// lines in a process of its own.
fn compare(test: &str, tables: &[(&str, String)], lines: impl FnOnce() -> String) {
    if std::env::var_os(CHILD).is_some() {
        for line in lines().lines() {
            println!("{MARK}{line}");
        }
        // Where no library was found there is nothing to count.
        let Some(simulator) = Simulator::loaded() else {
            return;
        };
        for what in ["surfaces", "buffers", "egl_images", "cuda_buffers"] {
            let count = simulator.counter(&format!("{what}_alive"));
            assert_eq!(count, Some(0), "{what}");
        }
        return;
    }
    if Simulator::find().is_err() {
        println!("not run: the table is of the simulator's releases");
        return;
    }
    // The runner always sets it: the default stands for all of them.
    let asked_for = std::env::var("NVMM_SIM_RELEASE").unwrap_or_default();
    let mut tried = 0;
    for (release, expected) in tables {
        if asked_for != "r32.7" && asked_for != *release {
            continue;
        }
        tried += 1;
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let output = Command::new(format!("{root}/ci/sim.sh"))
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", test])
            .env(CHILD, "1")
            .env("NVMM_SIM_RELEASE", release)
            .env_remove("NVMM_SIM_STRICT")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{release}: {text}\n{errors}");
        let seen: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix(MARK))
            .collect();
        let expected: Vec<_> = expected
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .collect();
        assert_eq!(seen, expected, "{release}: what is seen, and the table");
    }
    println!("{asked_for}: {tried} tables");
    assert!(tried == tables.len() || asked_for != "r32.7");
}
