//! Compares one of our headers with the foreign headers of the same interface, by the C compiler.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::assertions::{self, Assertion, Kind, version};
use crate::egl_cuda;
use crate::header::Header;

/// What a foreign interface is included by.
struct Foreign {
    ours: &'static str,
    defines: &'static [&'static str],
    headers: &'static [&'static str],
}

const FOREIGN: &[Foreign] = &[
    Foreign {
        ours: "driver.h",
        // Declares the names that newer headers replace by macros, too.
        defines: &["__CUDA_API_VERSION_INTERNAL"],
        headers: &["cuda.h", "cudaEGL.h"],
    },
    Foreign {
        ours: "egl.h",
        // Without X11's types, which are pointers and numbers as well.
        defines: &["EGL_EGLEXT_PROTOTYPES", "EGL_NO_X11"],
        headers: &["EGL/egl.h", "EGL/eglext.h"],
    },
    Foreign {
        ours: "gles.h",
        defines: &["GL_GLEXT_PROTOTYPES"],
        headers: &["GLES3/gl3.h", "GLES2/gl2ext.h"],
    },
];

/// Holds one of our headers against those in some folders.
pub(crate) fn compare(ours: &str, said: &str, folders: &[&str]) -> Result<(), Box<dyn Error>> {
    let foreign = FOREIGN
        .iter()
        .find(|foreign| foreign.ours == ours)
        .ok_or("no such header of ours")?;
    let header = Header::read(&egl_cuda("include").join(ours))?;
    let all = assertions::of(&header);
    let numbers = numbers(ours, &all)?;

    let preamble = preamble(foreign);
    let known = names(&preamble, folders)?;
    let older = |assertion: &Assertion| matches!((assertion.since, version(said)), (Some(since), Some(said)) if said < since);
    let mut held = Vec::new();
    let mut younger = 0;
    for (assertion, number) in all.iter().zip(numbers) {
        match (known.contains(&assertion.name), older(assertion)) {
            (true, false) => held.push((assertion, number)),
            (false, true) => younger += 1,
            (false, false) => {
                return Err(format!("{} is not in the headers of {said}", assertion.name).into());
            }
            (true, true) => {
                return Err(
                    format!("{} is in the headers of {said} already", assertion.name).into(),
                );
            }
        }
    }

    let file = |falsified| {
        let lines = held
            .iter()
            .map(|(assertion, number)| assertion.text(*number, falsified));
        format!("{preamble}{}\n", lines.collect::<Vec<_>>().join("\n"))
    };
    let (_, errors) = compile(&file(false), folders)?;
    if !errors.is_empty() {
        return Err(format!("{ours} is not as the headers of {said}:\n{errors}").into());
    }
    // Each of the same claims made wrong has to be found, or nothing was compared.
    let (_, errors) = compile(&file(true), folders)?;
    let found = errors
        .lines()
        .filter(|line| line.contains("error: static assertion failed"))
        .count();
    if found != held.len() {
        return Err(format!(
            "{} claims were made wrong, {found} were found:\n{errors}",
            held.len()
        )
        .into());
    }
    let count = |kind: Kind| {
        held.iter()
            .filter(|(assertion, _)| assertion.kind == kind)
            .count()
    };
    println!(
        "headers: {ours} is as {said}: {} sizes, {} alignments, {} offsets, {} values, {} types, {} prototypes; \
         {younger} younger names; {found} of {} falsified claims found",
        count(Kind::Size),
        count(Kind::Alignment),
        count(Kind::Offset),
        count(Kind::Value),
        count(Kind::Type),
        count(Kind::Prototype),
        held.len(),
    );
    Ok(())
}

fn preamble(foreign: &Foreign) -> String {
    let mut text = String::from("#include <stddef.h>\n#include <stdint.h>\n");
    for define in foreign.defines {
        text.push_str(&format!("#define {define}\n"));
    }
    for header in foreign.headers {
        text.push_str(&format!("#include <{header}>\n"));
    }
    text
}

/// Our own numbers: a program with our header prints them.
fn numbers(ours: &str, all: &[Assertion]) -> Result<Vec<Option<i64>>, Box<dyn Error>> {
    let mut program = format!(
        "#include <stddef.h>\n#include <stdio.h>\n#include \"{ours}\"\nint main(void) {{\n"
    );
    for expression in all.iter().filter_map(Assertion::number) {
        program.push_str(&format!(
            "  printf(\"%lld\\n\", (long long)({expression}));\n"
        ));
    }
    program.push_str("  return 0;\n}\n");
    let folder = std::env::temp_dir().join(format!("nvmm-headers-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let binary = folder.join("numbers");
    let include = egl_cuda("include");
    let built = cc(
        &["-x", "c", "-", "-o", &binary.to_string_lossy()],
        &[&include.to_string_lossy()],
        &program,
    );
    let output = built.and_then(|(ok, errors)| match ok {
        true => Command::new(&binary).output().map_err(Into::into),
        false => Err(errors.into()),
    });
    std::fs::remove_dir_all(&folder)?;
    let text = String::from_utf8(output?.stdout)?;
    let mut lines = text.lines();
    all.iter()
        .map(|assertion| match assertion.number() {
            Some(_) => Ok(Some(lines.next().ok_or("too few numbers")?.parse()?)),
            None => Ok(None),
        })
        .collect()
}

/// Every identifier that the foreign headers have after the preprocessor, and every macro.
fn names(preamble: &str, folders: &[&str]) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut all = BTreeSet::new();
    for mode in ["-E", "-dM"] {
        let arguments: &[&str] = if mode == "-E" {
            &["-E", "-P", "-x", "c", "-"]
        } else {
            &["-E", "-dM", "-x", "c", "-"]
        };
        let (_, text) = output(arguments, folders, preamble)?;
        let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
        all.extend(words.map(str::to_owned));
    }
    Ok(all)
}

fn compile(text: &str, folders: &[&str]) -> Result<(bool, String), Box<dyn Error>> {
    cc(
        &["-fsyntax-only", "-fmax-errors=0", "-x", "c", "-"],
        folders,
        text,
    )
}

/// Runs the C compiler: whether it succeeded, and what it said.
fn cc(arguments: &[&str], folders: &[&str], text: &str) -> Result<(bool, String), Box<dyn Error>> {
    let (output, _) = output(arguments, folders, text)?;
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}

/// Runs the C compiler: how it ended, and what it wrote.
fn output(
    arguments: &[&str],
    folders: &[&str],
    text: &str,
) -> Result<(std::process::Output, String), Box<dyn Error>> {
    let compiler = std::env::var_os("CC").unwrap_or("gcc".into());
    let mut child = Command::new(&compiler)
        .args(["-std=gnu11", "-w"])
        .args(
            folders
                .iter()
                .filter(|folder| Path::new(folder).is_dir())
                .map(|folder| format!("-I{folder}")),
        )
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{}: {e}", compiler.display()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output, written))
}
