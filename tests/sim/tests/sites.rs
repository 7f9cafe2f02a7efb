//! Call sites: told apart, the same in every run, and failed one by one.

mod support;

use nvmm_sim_control::{FailError, Simulator};
use serde_json::Value;
use support::surface::Surface;
use support::{child, isolated, report, text};

/// Two places that call the same function; one line each, so that each is one site.
#[inline(never)]
fn one(surface: &Surface) -> i32 {
    surface.mem_set(0, 0, 1)
}

#[inline(never)]
fn other(surface: &Surface) -> i32 {
    surface.mem_set(0, 0, 2)
}

/// Calls from [`one`], from [`other`] and from [`one`] again.
fn calls(surface: &Surface) -> Vec<i32> {
    let mut results = Vec::new();
    for round in 0..3 {
        results.push(if round == 1 {
            other(surface)
        } else {
            one(surface)
        });
    }
    results
}

/// The sites of a function, those called first in front.
fn sites(function: &str) -> Vec<Value> {
    let mut sites: Vec<Value> = report()["sites"].as_array().unwrap().clone();
    sites.retain(|site| site["function"] == function);
    sites.sort_by_key(|site| site["first"].as_u64());
    sites
}

/// What [`calls`] has by site: calls, first, second.
fn numbers(sites: &[Value]) -> Vec<[u64; 3]> {
    let of = |site: &Value| ["calls", "first", "second"].map(|key| site[key].as_u64().unwrap());
    sites.iter().map(of).collect()
}

#[test]
fn sites_are_told_apart_on_demand() {
    let test = "sites_are_told_apart_on_demand";
    let output = child(test, &[("NVMM_SIM_SITES", "1")], || {
        let surface = Surface::rgba();
        calls(&surface);
        let sites = sites("NvBufSurfaceMemSet");
        assert_eq!(numbers(&sites), [[2, 1, 3], [1, 2, 0]]);
        for site in &sites {
            assert!(
                site["module"].as_str().unwrap().starts_with("sites-"),
                "{site}"
            );
            let offsets = site["offsets"].as_array().unwrap();
            assert!((1..=8).contains(&offsets.len()), "{site}");
        }
        assert_eq!(surface.destroy(), 0);
    });
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn nobody_asks_and_nothing_is_noted() {
    isolated("nobody_asks_and_nothing_is_noted", || {
        let surface = Surface::rgba();
        calls(&surface);
        assert_eq!(report()["sites"], Value::Array(Vec::new()));
        assert_eq!(surface.destroy(), 0);
    });
}

#[test]
fn a_call_of_a_site_fails_in_another_run_too() {
    let test = "a_call_of_a_site_fails_in_another_run_too";
    // The same program, loaded elsewhere: the sites of this run are those of the next.
    let body = || {
        let surface = Surface::rgba();
        let results = calls(&surface);
        for site in sites("NvBufSurfaceMemSet") {
            println!("site {}", site["site"].as_str().unwrap());
        }
        println!("results {results:?}");
        assert_eq!(surface.destroy(), 0);
    };
    let said = text(&child(test, &[("NVMM_SIM_SITES", "1")], body));
    let found: Vec<&str> = said
        .lines()
        .filter_map(|line| Some(line.split_once("site ")?.1))
        .collect();
    assert_eq!(found.len(), 2, "{said}");
    assert!(said.contains("results [0, 0, 0]"), "{said}");
    let fail = |wish: String, expected: &str| {
        let said = text(&child(test, &[("NVMM_SIM_FAIL", &wish)], body));
        assert!(
            said.contains(&format!("results {expected}")),
            "{wish}: {said}"
        );
        for site in &found {
            assert!(
                said.contains(&format!("site {site}")),
                "{site} again: {said}"
            );
        }
    };
    fail(
        format!("NvBufSurfaceMemSet@{}:2:-5", found[0]),
        "[0, 0, -5]",
    );
    fail(
        format!("NvBufSurfaceMemSet@{}:1:-5", found[1]),
        "[0, -5, 0]",
    );
    fail(
        format!("NvBufSurfaceMemSet@{}:*:-5", found[0]),
        "[-5, 0, -5]",
    );
    fail(
        format!(
            "NvBufSurfaceMemSet@{}:1:-5,NvBufSurfaceMemSet:3:-6",
            found[0]
        ),
        "[-5, 0, -6]",
    );
}

#[test]
fn failures_of_sites_are_taken_back() {
    isolated("failures_of_sites_are_taken_back", || {
        let simulator = Simulator::find().unwrap();
        let surface = Surface::rgba();
        let fail = |name: &str, number, error| simulator.fail(name, number, error).unwrap();
        let (mut one, mut other) = (String::new(), String::new());
        // From one line: the callers of `calls` belong to its sites.
        for (round, expected) in [[0; 3], [0; 3], [0, -6, 0]].into_iter().enumerate() {
            match round {
                // The first failure at a site turns sites on; nobody calls from this one.
                0 => fail("NvBufSurfaceMemSet@0000000000000000", 1, -5),
                1 => {
                    for name in ["NvBufSurfaceMemSet", &one, &other] {
                        fail(name, u64::MAX, -5);
                    }
                    fail("NvBufSurfaceMemSet", 0, 0);
                }
                _ => {
                    fail(&one, u64::MAX, -5);
                    fail(&other, u64::MAX, -6);
                    fail(&one, 0, 0);
                }
            }
            assert_eq!(calls(&surface), expected, "{round}");
            let sites = sites("NvBufSurfaceMemSet");
            assert_eq!(sites.len(), 2, "{sites:?}");
            let name =
                |i: usize| format!("NvBufSurfaceMemSet@{}", sites[i]["site"].as_str().unwrap());
            (one, other) = (name(0), name(1));
        }
        for bad in [
            "NvBufSurfaceMemSet@",
            "NvBufSurfaceMemSet@12",
            "Nothing@0000000000000000",
        ] {
            let error = simulator.fail(bad, 1, -5).unwrap_err();
            assert!(
                matches!(error, FailError::UnknownFunction(_)),
                "{bad}: {error}"
            );
        }
        fail("NvBufSurfaceMemSet", 0, 0);
        assert_eq!(surface.destroy(), 0);
    });
}
