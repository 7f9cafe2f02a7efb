//! The extended family on its release, through the functions of the library.

mod family;
mod support;

use nvbufsurface_sys::extended as sys;
use support::{counter, on_each};

const RELEASES: [&str; 1] = ["r39.2"];

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
        &RELEASES,
        family::allocate_fills_paramex,
    );
}

#[test]
fn a_release_knows_its_formats_and_no_more() {
    on_each("a_release_knows_its_formats_and_no_more", &RELEASES, || {
        family::formats_end_at(113);
    });
}

#[test]
fn parameters_of_the_classic_family_are_too_short() {
    let test = "parameters_of_the_classic_family_are_too_short";
    on_each(test, &RELEASES, || {
        let mut params = family::params(sys::NVBUF_COLOR_FORMAT_RGBA);
        // What lies behind a shorter struct.
        params._reserved[0] = std::ptr::dangling_mut();
        assert!(family::create(params, 1).is_null());
        assert_eq!(counter("violations"), 1);
    });
}
