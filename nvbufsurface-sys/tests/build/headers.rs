//! Headers as an SDK has them: ours for one release, with nothing of `nvbuf_release.h` left.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/include");

/// The compiler that the build script would use.
pub(crate) fn compiler() -> cc::Tool {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    cc::Build::new()
        .cargo_metadata(false)
        .warnings(false)
        .opt_level(0)
        .target(&triple)
        .host(&triple)
        .get_compiler()
}

/// An empty folder for one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("build")
        .join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// One of our headers with the conditions of `define` resolved: what a header of that release says.
pub(crate) fn resolved(header: &str, define: &str) -> String {
    // Without the standard headers, which the result includes again.
    let source: String = std::fs::read_to_string(format!("{OURS}/{header}"))
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("#include <") && *line != "#include \"nvbufsurface.h\"")
        .map(|line| format!("{line}\n"))
        .collect();
    let mut cc = Command::new(compiler().path())
        .args(["-E", "-P", "-dD", "-undef", "-I", OURS])
        .arg(format!("-D{define}"))
        .args(["-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // More than a pipe holds, but the compiler reads all before it writes.
    let mut stdin = cc.stdin.take().unwrap();
    stdin.write_all(source.as_bytes()).unwrap();
    drop(stdin);
    let output = cc.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut text = String::from("#pragma once\n#include <stdbool.h>\n#include <stdint.h>\n");
    if header == "nvbufsurftransform.h" {
        text.push_str("#include \"nvbufsurface.h\"\n");
    }
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let selects = line.starts_with("#undef")
            || line.starts_with("#define")
                && (line.contains("_ABI")
                    || line.contains("NVBUF_L4T")
                    || line.contains("_H_")
                    || line.starts_with("#define __"));
        if !selects {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
