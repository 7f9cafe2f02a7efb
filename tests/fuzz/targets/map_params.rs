//! Descriptions of buffers from another process, of both libraries, and their import with a file that is no
//! buffer. What is taken is written as it was read.

#![no_main]

use std::fs::File;

use libfuzzer_sys::fuzz_target;
use nvbuf::{MapParams, Surface, legacy};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(description) = MapParams::from_bytes(bytes) {
        let again = MapParams::from_bytes(&description.to_bytes()).expect("what was taken once");
        assert_eq!(again, description);
        let file = File::open("/proc/self/exe").expect("this program");
        assert!(
            Surface::import(&description, file.into()).is_err(),
            "{description:?}"
        );
    }
    if let Ok(description) = legacy::Description::from_bytes(bytes) {
        assert_eq!(description.to_bytes(), bytes);
    }
});
