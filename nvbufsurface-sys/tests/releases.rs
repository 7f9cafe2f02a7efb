//! The tables of functions know which release has which: compared with the facts of each.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::path::Path;

use nvbufsurface_sys::{Functions, LegacyFunctions, Release, TransformFunctions};
use serde_json::Value;

/// The facts of one kind of library, with their release; those of Isaac ROS and R24 are no releases
/// of ours.
fn facts(kind: &str) -> Vec<(Release, BTreeSet<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let Some(version) = name.strip_prefix(kind).and_then(|v| v.strip_prefix('-')) else {
            continue;
        };
        let version = version
            .trim_end_matches("-era")
            .trim_end_matches("-proprietary");
        if version.starts_with("isaac") || version.ends_with("r24") {
            continue;
        }
        let facts: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let functions = facts["functions"].as_array().unwrap().iter();
        let names = functions.map(|f| f["name"].as_str().unwrap().to_owned());
        all.push((version.parse().unwrap(), names.collect()));
    }
    assert!(all.len() >= 10, "{kind}: {} facts", all.len());
    all
}

fn compare(kind: &str, expected: impl Fn(Release) -> BTreeSet<String>) {
    for (release, names) in facts(kind) {
        assert_eq!(expected(release), names, "{kind} of {release}");
    }
}

#[test]
fn surface_functions() {
    compare("nvbufsurface", |r| {
        Functions::expected(r).map(str::to_owned).collect()
    });
}

#[test]
fn transform_functions() {
    compare("nvbufsurftransform", |r| {
        TransformFunctions::expected(r).map(str::to_owned).collect()
    });
}

#[test]
fn legacy_functions() {
    compare("nvbuf_utils", |r| {
        LegacyFunctions::expected(r).map(str::to_owned).collect()
    });
}
