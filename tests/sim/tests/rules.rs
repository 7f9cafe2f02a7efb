//! Every rule by its name: a program that breaks it, and the report that says so.

mod canvas;
mod programs;
mod support;

use std::os::unix::process::ExitStatusExt as _;

use programs::{PAIRS, PROGRAMS, Program, close, fd_of};
use support::legacy::{create, nv_buffer};
use support::surface::{Surface, functions};
use support::{child, counter, isolated, report, text};

/// The rules that the report says are broken.
fn broken() -> Vec<(String, u64)> {
    let report = report();
    let rules = report["rules"].as_object().unwrap().iter();
    let mut broken: Vec<_> = rules
        .filter_map(|(name, count)| Some((name.clone(), count.as_u64().filter(|n| *n > 0)?)))
        .collect();
    broken.sort();
    broken
}

/// Runs each program in a process of its own.
fn each(test: &str, programs: &[Program]) {
    for (number, (rules, program)) in programs.iter().enumerate() {
        let chosen = number.to_string();
        // The child gets here too, and takes the program that it was started for.
        let wanted = std::env::var("RULE").ok();
        if wanted.is_some_and(|wanted| wanted != chosen) {
            continue;
        }
        let output = child(test, &[("RULE", &chosen)], || {
            program();
            let mut expected: Vec<_> = rules.iter().map(|r| ((*r).to_owned(), 1)).collect();
            expected.sort();
            assert_eq!(broken(), expected);
            assert_eq!(counter("violations"), rules.len() as u64);
            rules.iter().for_each(|rule| assert_eq!(counter(rule), 1));
        });
        let text = text(&output);
        assert!(output.status.success(), "{rules:?}: {text}");
        for rule in *rules {
            assert!(text.contains(&format!("nvmm-sim: [{rule}] ")), "{text}");
        }
    }
}

#[test]
fn each_rule_is_noticed_by_name() {
    let programs: Vec<Program> = PROGRAMS
        .iter()
        .map(|(rule, program)| (std::slice::from_ref(rule), *program))
        .collect();
    each("each_rule_is_noticed_by_name", &programs);
}

#[test]
fn rules_that_break_together_are_told_apart() {
    each("rules_that_break_together_are_told_apart", PAIRS);
}

#[test]
fn every_rule_has_a_program_and_a_line_in_the_readme() {
    isolated("every_rule_has_a_program_and_a_line_in_the_readme", || {
        let readme = std::fs::read_to_string(support::root().join("tests/sim/README.md")).unwrap();
        let report = report();
        let programs: Vec<&str> = (PROGRAMS.iter().map(|(rule, _)| *rule))
            .chain(PAIRS.iter().flat_map(|(rules, _)| rules.iter().copied()))
            .collect();
        let rules = report["rules"].as_object().unwrap();
        for rule in rules.keys() {
            assert!(programs.contains(&rule.as_str()), "{rule}");
            assert!(readme.contains(&format!("| `{rule}` |")), "{rule}");
        }
        assert!(programs.iter().all(|rule| rules.contains_key(*rule)));
    });
}

#[test]
fn a_strict_simulator_says_where() {
    let test = "a_strict_simulator_says_where";
    let output = child(test, &[("NVMM_SIM_STRICT", "1")], offender);
    let text = text(&output);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{text}");
    assert!(text.contains("[not-mapped] NvBufSurfaceUnMap"), "{text}");
    assert!(text.contains("rules::offender"), "{text}");
}

#[inline(never)]
fn offender() {
    let surface = Surface::rgba();
    surface.unmap(0, 0);
    // Not the last call: its frame is on the stack.
    std::hint::black_box(&surface);
}

#[test]
fn an_fd_that_is_given_out_again_belongs_to_the_new_buffer() {
    let test = "an_fd_that_is_given_out_again_belongs_to_the_new_buffer";
    isolated(test, || {
        let old = Surface::rgba();
        let fd = fd_of(&old);
        close(fd);
        let new = Surface::rgba();
        assert_eq!(fd_of(&new), fd);
        assert_eq!(counter("fd-after-close"), 1);
        assert_eq!(old.destroy(), 0);
        assert_eq!((new.first_byte(0), new.destroy()), (0, 0));
        assert_eq!(counter("buffers_alive"), 0);
        let mut found = std::ptr::null_mut();
        // SAFETY: the pointer is valid for the call.
        assert_eq!(unsafe { (functions().from_fd)(fd, &mut found) }, -1);
        assert_eq!(counter("use-after-destroy"), 1);
        // A live one: its block is read, and not its fd.
        assert!(!nv_buffer(create(0).unwrap()).is_null());
    });
}
