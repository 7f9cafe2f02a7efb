//! Runs the C and the Rust compiler.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::facts::Facts;
use crate::release::define;
use crate::unit::{Error, Unit};

pub(crate) const AARCH64: &str = "aarch64-unknown-linux-gnu";

/// A C compiler and the arguments that choose its target.
#[derive(Clone, Debug)]
pub(crate) struct Cc {
    pub(crate) program: String,
    pub(crate) target: &'static [&'static str],
}

impl Cc {
    pub(crate) fn host() -> Cc {
        let program = "cc".to_owned();
        let target = &[];
        Cc { program, target }
    }

    /// One that compiles for aarch64, if there is one.
    pub(crate) fn aarch64() -> Option<Cc> {
        const CLANG: &[&str] = &["--target=aarch64-linux-gnu", "-ffreestanding"];
        const GCC: &[&str] = &["-ffreestanding"];
        let gcc = [("aarch64-linux-gnu-gcc", GCC)];
        let clang = ["clang", "clang-19", "clang-16", "clang-14"].map(|name| (name, CLANG));
        let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
        let mut all = gcc.into_iter().chain(clang);
        let (program, target) = all.find(|(program, _)| runs(program))?;
        let program = program.to_owned();
        Some(Cc { program, target })
    }

    fn command(&self, include: &Path, facts: &Facts) -> Command {
        let (name, number) = define(&facts.version);
        let mut command = Command::new(&self.program);
        command.args(self.target).env("LC_ALL", "C");
        command.args(["-std=gnu11", "-w", "-I"]).arg(include);
        command.arg(format!("-D{name}={number}"));
        command
    }

    /// The errors of a file of checks.
    pub(crate) fn check(
        &self,
        include: &Path,
        facts: &Facts,
        unit: &Unit,
        file: &Path,
    ) -> Vec<Error> {
        write(file, unit);
        let mut command = self.command(include, facts);
        let output = run(command.arg("-fsyntax-only").arg(file));
        let prefix = format!("{}:", file.display());
        let mut errors = Vec::new();
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            let Some((place, message)) = line.split_once("error: ") else {
                continue;
            };
            let number = place
                .strip_prefix(&prefix)
                .and_then(|rest| rest.split(':').next());
            errors.push(Error {
                line: number.and_then(|number| number.parse().ok()),
                message: message.to_owned(),
            });
        }
        assert_eq!(
            output.status.success(),
            errors.is_empty(),
            "{command:?}: {output:?}"
        );
        errors
    }

    /// The release's header with its macros, as the preprocessor sees it.
    pub(crate) fn preprocess(&self, include: &Path, facts: &Facts) -> String {
        let mut command = self.command(include, facts);
        command.args(["-E", "-dD", "-x", "c"]);
        let output = run(command.arg(include.join(facts.library.header())));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command:?}: {output:?}");
        text
    }
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// Whether rustc has a target's core library.
pub(crate) fn rust_has(target: &str) -> bool {
    let output = run(rustc().args(["--print", "target-libdir", "--target", target]));
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let mut entries = folder.read_dir().into_iter().flatten().flatten();
    entries.any(|e| e.file_name().to_string_lossy().starts_with("libcore-"))
}

/// The errors of a file of checks, for a target other than the host's if one is given.
pub(crate) fn check_rust(unit: &Unit, file: &Path, target: Option<&str>) -> Vec<Error> {
    write(file, unit);
    let mut command = rustc();
    command.args(["--edition=2024", "--crate-type=lib", "--cap-lints=allow"]);
    command
        .args(["--error-format=json", "--out-dir"])
        .arg(file.with_extension("out"));
    command.args(target.map(|target| format!("--target={target}")));
    let output = run(command.arg("--emit=metadata").arg(file));
    let name = file.display().to_string();
    let mut errors = Vec::new();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let diagnostic: Value = serde_json::from_str(line).unwrap_or_default();
        let text = diagnostic["message"].as_str().unwrap_or(line);
        // What counts the others says nothing itself.
        if diagnostic["level"] != "error" || text.starts_with("aborting due to") {
            continue;
        }
        let spans = diagnostic["spans"].as_array().into_iter().flatten();
        let label = |span: &Value| span["label"].as_str().map(str::to_owned);
        let labels: Vec<String> = spans.clone().filter_map(label).collect();
        errors.push(Error {
            line: spans
                .filter(|s| s["is_primary"] == true)
                .find_map(|s| line_in(s, &name)),
            message: format!("{text} {}", labels.join(" ")).replace('\n', " "),
        });
    }
    assert_eq!(
        output.status.success(),
        errors.is_empty(),
        "{command:?}: {output:?}"
    );
    errors
}

/// The line of a span in a file, or of the macro call in that file which it comes from.
fn line_in(span: &Value, file: &str) -> Option<usize> {
    if span["file_name"] == file {
        return usize::try_from(span["line_start"].as_u64()?).ok();
    }
    span["expansion"]
        .is_object()
        .then(|| line_in(&span["expansion"]["span"], file))?
}

fn write(file: &Path, unit: &Unit) {
    std::fs::write(file, unit.text()).unwrap_or_else(|e| panic!("{file:?}: {e}"));
}

fn run(command: &mut Command) -> Output {
    let output = command.output();
    output.unwrap_or_else(|e| panic!("{:?} cannot be run: {e}", command.get_program()))
}

/// `call` of each item, on all processors, in order.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], call: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(i) else { break };
                    let result = call(item);
                    results
                        .lock()
                        .expect("no thread panicked")
                        .push((i, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no thread panicked");
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}
