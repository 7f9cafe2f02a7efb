//! Descriptors that are none.

use std::ffi::c_void;
use std::ptr;

use nvbuf::{Descriptor, ErrorKind};

#[test]
fn wild_null_and_small_memory_are_errors() {
    let wild = ptr::without_provenance::<c_void>(0xdead_beef_0000);
    for (address, size) in [(ptr::null(), 64), (wild, 64), (wild, 63)] {
        let error = Descriptor::read(address, size, 0).expect_err("not a surface");
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    }
}

#[test]
fn garbage_is_refused_field_by_field() {
    let mut bytes = [0xff_u64; 8];
    for fill in [0, u64::MAX, 0x0101_0101_0101_0101, 1] {
        bytes.fill(fill);
        let error =
            Descriptor::read(bytes.as_ptr().cast(), 64, 0).expect_err("garbage, not a surface");
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    }
}
