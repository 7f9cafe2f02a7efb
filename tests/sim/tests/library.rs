//! The crate's self-tests on every simulated release: they find what the release is, break no rule
//! and leave nothing behind.

mod support;

use nvbufsurface_sys::{Family, LegacyLibrary, Library, LoadError, Numbering, TransformLibrary};
use support::{child_of, counter, releases, text};

/// What a release is, by its name.
fn expected(release: &str) -> (Option<Family>, Option<Numbering>) {
    let family = match release {
        "r39.2" => Some(Family::Extended),
        _ if release.starts_with("r28") => None,
        _ => Some(Family::Classic),
    };
    let numbering = match release {
        "r28.1" | "r28.2" => Some(Numbering::R28),
        "r32.1" => Some(Numbering::R32_1),
        "r32.2" => Some(Numbering::R32_2),
        "r32.3.1" => Some(Numbering::R32_3),
        "r32.4.3" => Some(Numbering::R32_4),
        "r32.5.2" => Some(Numbering::R32_5),
        "r32.6.1" | "r32.7" => Some(Numbering::R32_6),
        "r34.1" | "r35.1" => Some(Numbering::R34),
        _ => None,
    };
    (family, numbering)
}

#[test]
fn every_release_is_known_for_what_it_is() {
    let test = "every_release_is_known_for_what_it_is";
    for release in &releases() {
        // Told by what it does alone, and with the release said.
        for said in ["unknown", &release.replacen('r', "R", 1)] {
            let output = child_of(release, test, &[("NVBUF_RELEASE", said)], || {
                let (family, numbering) = expected(&support::release());
                match Library::get() {
                    Ok(library) => {
                        assert_eq!(Some(library.family()), family);
                        assert_eq!(library.absent().count(), 0);
                        let transform = TransformLibrary::get().unwrap();
                        assert_eq!(transform.family(), library.family());
                    }
                    Err(LoadError::NotFound { .. }) => assert_eq!(family, None),
                    Err(error) => panic!("{error}"),
                }
                match LegacyLibrary::get() {
                    Ok(library) => assert_eq!(Some(library.numbering()), numbering),
                    Err(LoadError::NotFound { .. }) => assert_eq!(numbering, None),
                    Err(error) => panic!("{error}"),
                }
                assert_eq!(counter("violations"), 0);
                assert_eq!(counter("surfaces_alive"), 0);
            });
            assert!(output.status.success(), "{release}: {}", text(&output));
        }
    }
}
