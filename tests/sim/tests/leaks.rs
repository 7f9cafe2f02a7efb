//! Buffers that are alive at the end are in the report, with who made them.

mod support;

use nvbufsurface_sys::classic as sys;
use serde_json::Value;
use support::legacy::{create, destroy};
use support::surface::{Surface, params};
use support::{child, isolated, report, text};

#[inline(never)]
fn forgetful() -> Surface {
    Surface::create(2, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap()
}

/// The leaks in the report of a process that leaves two buffers behind.
fn leaks(test: &str, more: &[(&str, &str)]) -> Vec<Value> {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{test}.json"));
    let _ = std::fs::remove_file(&path);
    let mut variables = vec![("NVMM_SIM_REPORT", path.to_str().unwrap())];
    variables.extend(more);
    let output = child(test, &variables, || {
        assert_eq!(Surface::rgba().destroy(), 0);
        forgetful();
    });
    assert!(output.status.success(), "{}", text(&output));
    let report: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(report["violations"], 0);
    report["leaks"].as_array().unwrap().clone()
}

#[test]
fn leaks_are_listed_at_exit() {
    let leaks = leaks("leaks_are_listed_at_exit", &[]);
    assert_eq!(leaks.len(), 2);
    for leak in &leaks {
        assert_eq!((&leak["width"], &leak["height"]), (&64.into(), &32.into()));
        assert_eq!(leak["format"], sys::NVBUF_COLOR_FORMAT_NV12);
        assert_eq!(leak["backtrace"], "");
    }
    assert_ne!(leaks[0]["fd"], leaks[1]["fd"]);
}

#[test]
fn a_leak_has_the_backtrace_of_its_allocation() {
    let test = "a_leak_has_the_backtrace_of_its_allocation";
    let leaks = leaks(test, &[("NVMM_SIM_LEAKS", "1")]);
    let backtrace = leaks[1]["backtrace"].as_str().unwrap();
    assert!(backtrace.contains("forgetful"), "{backtrace}");
}

#[test]
fn what_is_destroyed_is_no_leak() {
    isolated("what_is_destroyed_is_no_leak", || {
        let (surface, fd) = (Surface::rgba(), create(0).unwrap());
        let alive = |count| assert_eq!(report()["leaks"].as_array().unwrap().len(), count);
        alive(2);
        assert_eq!(destroy(fd), 0);
        alive(1);
        assert_eq!(surface.destroy(), 0);
        alive(0);
    });
}
