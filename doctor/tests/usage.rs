//! The command line.

mod page;

use std::process::Command;

use page::PROGRAM;

#[test]
fn wrong_usage_is_2_and_says_what() {
    for (arguments, word) in [
        (&["--what"][..], "--what is not known"),
        (&["page"], "page is not known"),
        (&["--timeout"], "--timeout needs a value"),
        (&["--timeout", "never"], "never"),
        (&["--step", "dance"], "there is no step dance"),
    ] {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            stderr.contains(word) && stderr.contains("usage: nvmm-doctor"),
            "{stderr}"
        );
    }
}

#[test]
fn help_and_version_are_printed() {
    let say = |argument| {
        let output = Command::new(PROGRAM).arg(argument).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(say("--help").contains("Exit status: 0"));
    assert_eq!(
        say("--version"),
        concat!("nvmm-doctor ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let script =
        "\"$0\" --help | true; \"$0\" --json | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}";
    let output = Command::new("bash")
        .args(["-c", script, PROGRAM])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    let status = String::from_utf8(output.stdout).unwrap();
    assert!(["0", "1"].contains(&status.trim()), "{status}");
}
