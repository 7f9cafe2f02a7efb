//! Names of releases, and `/etc/nv_tegra_release`. What is taken is the same once it is written and read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nvbufsurface_sys::Release;

fuzz_target!(|text: &str| {
    for release in [text.parse::<Release>(), Release::from_tegra_release(text)] {
        match release {
            Ok(release) => assert_eq!(release.to_string().parse(), Ok(release)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
