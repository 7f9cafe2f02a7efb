//! What is believed of a library: small ones in C (tests/libraries), made of our headers for one
//! release and then falsified.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

use nvbufsurface_sys::{
    Family, LegacyLibrary, Library, LoadError, Numbering, RELEASE_VARIABLE, TransformLibrary,
};

/// Makes a library in a folder of its own, which is the result.
fn library(name: &str, soname: &str, source: &str, defines: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cc = Command::new("cc");
    // Stripped: without what only a debugger reads, half of a file lacks something that the loader needs.
    cc.args(["-s", "-shared", "-fPIC", "-Wall", "-Werror", "-o"])
        .arg(folder.join(soname))
        .arg("-I")
        .arg(manifest.join("include"))
        .args(defines.iter().map(|define| format!("-D{define}")))
        .arg(manifest.join("tests/libraries").join(source))
        // Another SONAME each: the loader would give a library of one it knows already. Those named
        // "aside" are known by the real one.
        .arg(if name.starts_with("aside") {
            format!("-Wl,-soname,{soname}")
        } else {
            format!("-Wl,-soname,{name}.so")
        });
    assert!(cc.status().expect("cc is there").success(), "{name}");
    folder
}

fn surface(name: &str, defines: &[&str]) -> PathBuf {
    library(name, Library::SONAME, "surface.c", defines)
}

fn utils(name: &str, defines: &[&str]) -> PathBuf {
    library(name, LegacyLibrary::SONAME, "utils.c", defines)
}

/// Runs a test of this file in a process of its own with a variable set; true in that process.
fn inside(test: &str, variable: &str, value: &str) -> bool {
    const CHILD: &str = "NVBUF_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return std::env::var(variable).is_ok_and(|set| set == value);
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        // The runner's, on the simulator.
        .env("NVBUF_LIBRARY_PATH", "")
        .env(variable, value)
        .output()
        .unwrap();
    let ran = String::from_utf8_lossy(&output.stdout).contains(" 1 passed");
    assert!(
        output.status.success() && ran,
        "{test} with {variable}={value}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

fn refused(directory: &Path) -> String {
    let error = Library::open_in(directory).expect_err("it is not what it says");
    assert!(matches!(error, LoadError::SelfTest { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(directory.to_str().unwrap()), "{text}");
    text
}

#[test]
fn each_family_is_known_by_what_it_does() {
    for (release, family) in [
        ("NVBUF_L4T=320100", Family::Classic),
        ("NVBUF_L4T=320704", Family::Classic),
        ("NVBUF_L4T=360400", Family::Classic),
        ("NVBUF_ISAAC_ROS=40000", Family::Classic),
        ("NVBUF_DEEPSTREAM=80000", Family::Extended),
        ("NVBUF_L4T=390200", Family::Extended),
    ] {
        let directory = surface(&format!("family-{}", release.replace('=', "-")), &[release]);
        let library = Library::open_in(&directory).unwrap_or_else(|e| panic!("{release}: {e}"));
        assert_eq!(library.family(), family, "{release}");
        assert_eq!(
            library.path(),
            Some(directory.join(Library::SONAME).as_path())
        );
    }
}

#[test]
fn a_family_that_claims_to_be_the_other_is_refused() {
    let old = surface(
        "claims-extended",
        &["NVBUF_L4T=360400", "WITH_GetDeviceInfo"],
    );
    let text = refused(&old);
    assert!(text.contains("has NvBufSurfaceGetDeviceInfo"), "{text}");
    assert!(
        text.contains("384 bytes apart") && text.contains("classic"),
        "{text}"
    );
    let new = surface(
        "claims-classic",
        &["NVBUF_L4T=390200", "WITHOUT_GetDeviceInfo"],
    );
    let text = refused(&new);
    assert!(text.contains("has not NvBufSurfaceGetDeviceInfo"), "{text}");
    assert!(
        text.contains("416 bytes apart") && text.contains("extended"),
        "{text}"
    );
}

#[test]
fn an_unknown_layout_is_refused() {
    let text = refused(&surface("stride", &["NVBUF_L4T=390200", "STRIDE=400"]));
    assert!(text.contains("neither known layout"), "{text}");
    let text = refused(&surface("lie", &["NVBUF_L4T=320704", "LIE"]));
    assert!(text.contains("177") && text.contains("176"), "{text}");
}

#[test]
fn a_library_that_cannot_allocate_is_refused_with_a_remedy() {
    let text = refused(&surface("refuse", &["NVBUF_L4T=320704", "REFUSE"]));
    assert!(
        text.contains("NvBufSurfaceCreate") && text.contains("/dev/nvmap"),
        "{text}"
    );
}

#[test]
fn a_truncated_library_is_refused() {
    let directory = surface("truncated", &["NVBUF_L4T=320704"]);
    let file = directory.join(Library::SONAME);
    let bytes = std::fs::read(&file).unwrap();
    for length in [0, 40, bytes.len() / 2] {
        // A new file: the loader may still have the pages of the old one.
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, &bytes[..length]).unwrap();
        let error = Library::open_in(&directory).expect_err("half a library");
        assert!(matches!(error, LoadError::Unusable { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(file.to_str().unwrap()) && text.contains("Reinstall"),
            "{text}"
        );
    }
}

#[test]
fn a_missing_required_symbol_is_named() {
    for symbol in ["Create", "Copy"] {
        let define = format!("WITHOUT_{symbol}");
        let directory = surface(&format!("without-{symbol}"), &["NVBUF_L4T=320704", &define]);
        let error = Library::open_in(&directory).expect_err("something is missing");
        let LoadError::MissingSymbol { symbol: named, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(*named, format!("NvBufSurface{symbol}"));
        assert!(
            error.to_string().contains(directory.to_str().unwrap()),
            "{error}"
        );
    }
}

#[test]
fn a_missing_optional_symbol_is_told_when_it_is_wanted() {
    const NAME: &str = "a_missing_optional_symbol_is_told_when_it_is_wanted";
    // As on R32.7, which has not got it: nothing is wrong.
    let old = surface("without-import-r32", &["NVBUF_L4T=320704"]);
    // As on R36.4, which should have it.
    let new = surface(
        "without-import-r36",
        &["NVBUF_L4T=360400", "WITHOUT_Import"],
    );
    if inside(NAME, RELEASE_VARIABLE, "R36.4") {
        let library = Library::open_in(&new).unwrap();
        assert!(library.functions().import.is_none() && library.functions().allocate.is_some());
        assert_eq!(library.absent().collect::<Vec<_>>(), ["NvBufSurfaceImport"]);
        let error = library.missing("NvBufSurfaceImport");
        assert!(error.is_expected());
        let text = error.to_string();
        assert!(text.contains("L4T R35.3 and later"), "{text}");
        assert!(
            text.contains("This is L4T R36.4, which should have it"),
            "{text}"
        );
    }
    let library = Library::open_in(&old).unwrap();
    assert!(library.functions().import.is_none());
    if inside(NAME, RELEASE_VARIABLE, "R32.7.1") {
        assert_eq!(library.absent().count(), 0);
        let error = library.missing("NvBufSurfaceImport");
        assert!(!error.is_expected());
        assert!(
            error
                .to_string()
                .contains("This is L4T R32.7.1, which does not declare it"),
            "{error}"
        );
    }
}

#[test]
fn of_two_libraries_in_the_path_the_first_is_taken_or_refused() {
    const NAME: &str = "of_two_libraries_in_the_path_the_first_is_taken_or_refused";
    let classic = surface("two-classic", &["NVBUF_L4T=360400"]);
    let extended = surface("two-extended", &["NVBUF_L4T=390200"]);
    let broken = surface("two-broken", &["NVBUF_L4T=390200", "WITHOUT_GetDeviceInfo"]);
    let path = |a: &Path, b: &Path| format!("{}:{}", a.display(), b.display());
    for (first, second, family) in [
        (&classic, &extended, Some(Family::Classic)),
        (&extended, &classic, Some(Family::Extended)),
        (&broken, &classic, None),
    ] {
        if inside(NAME, "NVBUF_LIBRARY_PATH", &path(first, second)) {
            match (Library::get(), family) {
                (Ok(library), Some(family)) => {
                    assert_eq!(library.family(), family);
                    assert_eq!(library.path(), Some(first.join(Library::SONAME).as_path()));
                }
                (Err(error), None) => {
                    assert!(
                        error.to_string().contains(first.to_str().unwrap()),
                        "{error}"
                    );
                }
                (result, _) => panic!("{result:?}"),
            }
            return;
        }
    }
}

#[test]
fn transforms_come_from_the_same_directory() {
    let surfaces = surface("beside-surface", &["NVBUF_L4T=320704"]);
    let library = Library::open_in(&surfaces).unwrap();
    let error = TransformLibrary::open_beside(&library).expect_err("there is none");
    let text = error.to_string();
    assert!(
        text.contains(surfaces.join(TransformLibrary::SONAME).to_str().unwrap()),
        "{text}"
    );
}

#[test]
fn each_numbering_is_known_by_its_release() {
    const NAME: &str = "each_numbering_is_known_by_its_release";
    for (release, level, numbering) in [
        ("R27.1", "270100", Numbering::R27_1),
        ("R28.1", "280100", Numbering::R28),
        ("R28.2", "280200", Numbering::R28),
        ("R32.1", "320100", Numbering::R32_1),
        ("R32.2.1", "320200", Numbering::R32_2),
        // A header of R32.2 has R32.1's layout, one of R32.5.0 has R32.4's numbers.
        ("R32.2.0", "320100", Numbering::R32_1),
        ("R32.3.1", "320301", Numbering::R32_3),
        ("R32.4.3", "320403", Numbering::R32_4),
        ("R32.5.0", "320403", Numbering::R32_4),
        ("R32.5.1", "320502", Numbering::R32_5),
        ("R32.6.1", "320601", Numbering::R32_6),
        ("R32.7.1", "320704", Numbering::R32_6),
        ("R34.1", "340100", Numbering::R34),
        ("R35.1", "350100", Numbering::R34),
    ] {
        let define = format!("NVBUF_L4T={level}");
        if inside(NAME, RELEASE_VARIABLE, release) {
            let directory = utils(&format!("numbering-{release}"), &[&define]);
            let library =
                LegacyLibrary::open_in(&directory).unwrap_or_else(|e| panic!("{release}: {e}"));
            assert_eq!(library.numbering(), numbering, "{release}");
            return;
        }
    }
}

#[test]
fn without_a_release_symbols_and_pictures_tell() {
    const NAME: &str = "without_a_release_symbols_and_pictures_tell";
    // Where this runs on a Jetson, its file would say a release.
    if !inside(NAME, RELEASE_VARIABLE, "unknown") {
        return;
    }
    for (level, numbering) in [
        ("280100", Numbering::R28),
        ("280200", Numbering::R28),
        ("320100", Numbering::R32_1),
        ("320200", Numbering::R32_2),
        ("320301", Numbering::R32_3),
        ("320403", Numbering::R32_4),
        ("320502", Numbering::R32_5),
        ("320601", Numbering::R32_6),
        ("350100", Numbering::R34),
    ] {
        let define = format!("NVBUF_L4T={level}");
        let directory = utils(&format!("unnamed-{level}"), &[&define]);
        let library = LegacyLibrary::open_in(&directory).unwrap_or_else(|e| panic!("{level}: {e}"));
        assert_eq!(library.numbering(), numbering, "{level}");
    }
}

#[test]
fn a_numbering_of_another_release_is_refused() {
    const NAME: &str = "a_numbering_of_another_release_is_refused";
    if inside(NAME, RELEASE_VARIABLE, "R32.4.3") {
        // The numbers of R32.5 under the functions of R32.4.
        let directory = utils("numbers-of-r32.5", &["NVBUF_L4T=320502", "SHOW=320403"]);
        let text = LegacyLibrary::open_in(&directory).unwrap_err().to_string();
        assert!(
            text.contains("not L4T R32.4") && text.contains("NV12"),
            "{text}"
        );
        // Functions of R32.6.
        let directory = utils("functions-of-r32.6", &["NVBUF_L4T=320601"]);
        let text = LegacyLibrary::open_in(&directory).unwrap_err().to_string();
        assert!(text.contains("this is L4T R32.4.3"), "{text}");
        assert!(text.contains(RELEASE_VARIABLE), "{text}");
    }
    if inside(NAME, RELEASE_VARIABLE, "JetPack 4.6") {
        let directory = utils("release-unreadable", &["NVBUF_L4T=320704"]);
        let text = LegacyLibrary::open_in(&directory).unwrap_err().to_string();
        assert!(text.contains("\"JetPack 4.6\" is no release"), "{text}");
    }
}

#[test]
fn a_numbering_that_cannot_be_told_is_asked_for() {
    const NAME: &str = "a_numbering_that_cannot_be_told_is_asked_for";
    if !inside(NAME, RELEASE_VARIABLE, "unknown") {
        return;
    }
    // R34's number of YUV444 is one of a packed format in R32.6, so this is still told ...
    let directory = utils("told", &["NVBUF_L4T=320601", "NO_YUV444"]);
    let library = LegacyLibrary::open_in(&directory).unwrap();
    assert_eq!(library.numbering(), Numbering::R32_6);
    // ... and this is not.
    let directory = utils("ambiguous", &["NVBUF_L4T=320601", "NO_YUV444", "NO_SIGNED"]);
    let text = LegacyLibrary::open_in(&directory).unwrap_err().to_string();
    assert!(text.contains("L4T R32.6/R32.7 or L4T R34/R35"), "{text}");
    assert!(text.contains("Set NVBUF_RELEASE"), "{text}");
    let directory = utils("nothing", &["NVBUF_L4T=320704", "REFUSE"]);
    let text = LegacyLibrary::open_in(&directory).unwrap_err().to_string();
    assert!(
        text.contains("NvBufferCreate") && text.contains("/dev/nvmap"),
        "{text}"
    );
}

#[test]
fn a_legacy_library_without_an_optional_function() {
    const NAME: &str = "a_legacy_library_without_an_optional_function";
    let one = utils(
        "without-transform-ex",
        &["NVBUF_L4T=320704", "WITHOUT_TransformEx"],
    );
    // Looks like R32.5 by its functions, and is not.
    let many = utils("like-r32.5", &["NVBUF_L4T=320704", "SHOW=320502"]);
    if inside(NAME, RELEASE_VARIABLE, "unknown") {
        let text = LegacyLibrary::open_in(&one).unwrap_err().to_string();
        assert!(text.contains("functions of no release"), "{text}");
        assert!(
            text.contains("NvBufferMemMapEx") && text.contains("NVBUF_RELEASE"),
            "{text}"
        );
        let text = LegacyLibrary::open_in(&many).unwrap_err().to_string();
        assert!(
            text.contains("not L4T R32.5") && text.contains("NV16_ER"),
            "{text}"
        );
    }
    if inside(NAME, RELEASE_VARIABLE, "R32.7.4") {
        for directory in [&one, &many] {
            let library = LegacyLibrary::open_in(directory).unwrap();
            assert_eq!(library.numbering(), Numbering::R32_6);
            assert!(library.functions().transform_ex.is_none());
            assert!(library.missing("NvBufferTransformEx").is_expected());
        }
    }
    // What says nothing of libnvbuf_utils is as good as nothing.
    for release in ["DeepStream 6.0", "R31.1"] {
        if inside(NAME, RELEASE_VARIABLE, release) {
            let whole = utils(
                &format!("whole-{}", release.replace(' ', "-")),
                &["NVBUF_L4T=320704"],
            );
            let library = LegacyLibrary::open_in(&whole).unwrap();
            assert_eq!(library.numbering(), Numbering::R32_6);
        }
    }
}

#[test]
fn a_truncated_library_that_the_loader_would_find_is_refused() {
    const NAME: &str = "a_truncated_library_that_the_loader_would_find_is_refused";
    let directory = surface("truncated-in-path", &["NVBUF_L4T=320704"]);
    let file = directory.join(Library::SONAME);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    if inside(NAME, "LD_LIBRARY_PATH", directory.to_str().unwrap()) {
        let text = Library::get().unwrap_err().to_string();
        assert!(
            text.contains("truncated") && text.contains(file.to_str().unwrap()),
            "{text}"
        );
    }
}

#[test]
fn what_was_opened_aside_or_refused_is_not_the_process_s() {
    const NAME: &str = "what_was_opened_aside_or_refused_is_not_the_process_s";
    let aside = surface("aside", &["NVBUF_L4T=360400"]);
    let refused = surface("aside-refused", &["NVBUF_L4T=320704", "LIE"]);
    let meant = surface("aside-meant", &["NVBUF_L4T=390200"]);
    if inside(NAME, "NVBUF_LIBRARY_PATH", meant.to_str().unwrap()) {
        assert!(Library::open_in(&refused).is_err());
        let other = Library::open_in(&aside).unwrap();
        let library = Library::get().unwrap();
        assert_eq!(
            (library.family(), other.family()),
            (Family::Extended, Family::Classic)
        );
        assert_eq!(library.path(), Some(meant.join(Library::SONAME).as_path()));
    }
}
