//! The suite itself: what it says when the platform misbehaves.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_path_buf()
}

/// Runs the suite on the simulated R32.7, whatever else the machine has.
fn suite(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(root().join("ci/sim.sh"))
        .arg(env!("CARGO_BIN_EXE_nvmm-conformance"))
        .args(arguments)
        .env("NVMM_SIM", "1")
        .env("NVMM_SIM_RELEASE", "r32.7")
        .env_remove("NVMM_SIM_STRICT")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A file of the test's own, gone when it is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("nvmm-conformance-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn read(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A test that failed early has not made it.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_call_that_fails_fails_its_cases_and_no_others() {
    let fail = [("NVMM_SIM_FAIL", "NvBufSurfaceMapEglImage:1:-1")];
    let output = suite(&["--filter", "descriptor-copies."], &fail);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let failed: Vec<_> = text.lines().filter(|l| l.starts_with("failed ")).collect();
    assert_eq!(failed.len(), 2, "{text}");
    for (line, name) in failed.iter().zip(["egl-image", "two-egl-images"]) {
        assert!(
            line.contains(&format!("descriptor-copies.{name}: ")),
            "{line}"
        );
        assert!(
            line.contains("NvBufSurfaceMapEglImage returns: 0; found -1"),
            "{line}"
        );
    }
    assert!(
        text.contains("conformance: 8 passed, 2 failed, 0 not applicable"),
        "{text}"
    );
}

#[test]
fn what_is_not_there_is_not_applicable_with_the_reason() {
    let json = Scratch::new("reason.json");
    let output = suite(&["--filter", "share.", "--json", json.path()], &[]);
    // errors.share.* are among them.
    assert!(output.status.success(), "{}", text(&output));
    let report: Value = serde_json::from_str(&json.read()).unwrap();
    assert_eq!(report["passed"], 0);
    for case in report["cases"].as_array().unwrap() {
        assert_eq!(case["outcome"], "not applicable");
        let reason = case["reason"].as_str().unwrap();
        assert!(
            reason.contains("has no NvBufSurfaceGetMapParams"),
            "{reason}"
        );
    }
}

#[test]
fn a_crash_is_a_failure_that_names_the_signal() {
    let only = ["--filter", "errors.map.wrong-index"];
    let output = suite(&only, &[("NVMM_SIM_STRICT", "1")]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("failed errors.map.wrong-index: "), "{text}");
    assert!(text.contains("found signal 6"), "{text}");
    // What the process wrote before is shown with it.
    assert!(text.contains("[wrong-index]"), "{text}");
    // The same case passes where mistakes are let through for those that make them.
    let arguments = [&only[..], &["--provoking-env", "NVMM_SIM_STRICT=0"]].concat();
    assert!(
        suite(&arguments, &[("NVMM_SIM_STRICT", "1")])
            .status
            .success()
    );
}

#[test]
fn a_case_that_hangs_is_killed() {
    let delay = [("NVMM_SIM_DELAY", "NvBufSurfaceSyncForCpu:60000000")];
    let arguments = ["--filter", "map.every-row", "--timeout", "1"];
    let output = suite(&arguments, &delay);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("expected an end within 1 s; found none"),
        "{text}"
    );
}

#[test]
fn a_library_that_fails_its_own_test_is_a_failure() {
    let fail = [("NVMM_SIM_FAIL", "NvBufSurfaceCreate:1:-1")];
    let output = suite(&["--filter", "map.two-surfaces"], &fail);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("libnvbufsurface.so.1.0.0 can be used"),
        "{text}"
    );
}

/// Elements that begin and end, as far as attributes are quoted; panics where they do not pair.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut seen, mut rest) = (Vec::new(), Vec::new(), xml);
    while let Some(start) = rest.find('<') {
        assert!(
            !rest[..start].contains('>'),
            "a > in the text: {}",
            &rest[..start]
        );
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        if tag.starts_with('?') {
            continue;
        } else if tag.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            seen.push(name.to_owned());
            if !tag.ends_with('/') {
                open.push(name.to_owned());
            }
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    seen
}

#[test]
fn json_and_junit_agree() {
    let (json, junit) = (Scratch::new("report.json"), Scratch::new("report.xml"));
    let fail = [("NVMM_SIM_FAIL", "NvBufSurfaceCopy:1:-1")];
    let arguments = [
        "--label",
        "a <board> & \"more\"",
        "--json",
        json.path(),
        "--junit",
        junit.path(),
    ];
    let output = suite(&arguments, &fail);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_str(&json.read()).unwrap();
    let cases = report["cases"].as_array().unwrap();
    let number = |key: &str| report[key].as_u64().unwrap() as usize;
    let ended = |outcome: &str| cases.iter().filter(|c| c["outcome"] == outcome).count();
    let (passed, failed) = (number("passed"), number("failed"));
    let skipped = number("not_applicable");
    assert_eq!(report["label"], "a <board> & \"more\"");
    assert!(
        passed > 200 && failed > 5 && skipped > 5,
        "{passed} {failed} {skipped}"
    );
    assert_eq!(
        [ended("passed"), ended("failed"), ended("not applicable")],
        [passed, failed, skipped]
    );
    for case in cases.iter().filter(|case| case["outcome"] == "failed") {
        let what = format!("{}{}", case["expected"], case["found"]);
        assert!(what.contains("NvBufSurfaceCopy"), "{case}");
    }
    let xml = junit.read();
    let elements = elements(&xml);
    let count = |name: &str| elements.iter().filter(|element| *element == name).count();
    assert_eq!(
        [count("testcase"), count("failure"), count("skipped")],
        [passed + failed + skipped, failed, skipped]
    );
    let head = format!(
        "name=\"conformance a &lt;board&gt; &amp; &quot;more&quot;\" tests=\"{}\" failures=\"{failed}\"",
        cases.len()
    );
    assert!(xml.contains(&head), "{}", &xml[..300]);
    let summary =
        format!("conformance: {passed} passed, {failed} failed, {skipped} not applicable");
    assert!(text(&output).contains(&summary), "{}", text(&output));
}

#[test]
fn the_list_names_every_case_and_its_source() {
    let list = text(&suite(&["--list"], &[]));
    for part in [
        "transform.flip.rotate-90-is-to-the-left [assumed]",
        "share.import-duplicates-the-fd [assumed]",
        "descriptor-copies.two-map-at-once [assumed]",
        "errors.map.wrong-index [assumed] [provokes]",
        "(jetson-utils issue 124)",
    ] {
        assert!(list.contains(part), "{part}");
    }
}

#[test]
fn a_wrong_call_says_how_it_is_meant() {
    for arguments in [
        &["--what"][..],
        &["--json"],
        &["--case", "nothing"],
        &["--filter", "no.such"],
    ] {
        let output = suite(arguments, &[]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn it_links_nothing_but_the_c_library() {
    let output = Command::new("ldd")
        .arg(env!("CARGO_BIN_EXE_nvmm-conformance"))
        .output()
        .unwrap();
    for line in text(&output).lines() {
        let name = line.trim().split([' ', '.']).next().unwrap();
        let name = name.rsplit('/').next().unwrap();
        let is_c = name.starts_with("ld-linux")
            || [
                "linux-vdso",
                "libc",
                "libgcc_s",
                "libm",
                "libdl",
                "libpthread",
                "librt",
            ]
            .contains(&name);
        assert!(is_c, "{line}");
    }
}
