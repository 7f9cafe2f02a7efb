//! The classic family on its releases, through the functions of the library.

mod family;
mod support;

use nvbufsurface_sys::classic as sys;
use support::{on_each, release};

const RELEASES: [&str; 4] = ["r32.1", "r32.7", "r34.1", "r36.4"];

#[test]
fn a_batch_has_the_layout() {
    on_each(
        "a_batch_has_the_layout",
        &RELEASES,
        family::a_batch_has_the_layout,
    );
}

#[test]
fn every_entry_can_be_used() {
    on_each(
        "every_entry_can_be_used",
        &RELEASES,
        family::every_entry_can_be_used,
    );
}

#[test]
fn allocate_fills_paramex() {
    on_each(
        "allocate_fills_paramex",
        &["r34.1", "r36.2"],
        family::allocate_fills_paramex,
    );
}

#[test]
fn a_release_knows_its_formats_and_no_more() {
    const LAST: [(&str, sys::NvBufSurfaceColorFormat); 9] = [
        ("r32.1", 37),
        ("r32.4.3", 42),
        ("r32.5.2", 47),
        ("r34.1", 71),
        ("r35.3.1", 71),
        ("r35.4.1", 88),
        ("r36.2", 89),
        ("r36.3", 92),
        ("r36.4", 93),
    ];
    let releases = LAST.map(|(release, _)| release);
    on_each("a_release_knows_its_formats_and_no_more", &releases, || {
        let on = release();
        let (_, last) = LAST.into_iter().find(|(name, _)| *name == on).unwrap();
        family::formats_end_at(last);
    });
}
