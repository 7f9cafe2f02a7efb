//! Feature `linked`: where the libraries are looked for, and that programs need them.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build_link::{DIRECTORIES, Place, VARIABLE, find};
use crate::headers::{compiler, folder};
use crate::scratch::{Scratch, messages, one_at_a_time, ours};

/// Uses nothing of the crate but a type: the hardest case for keeping the libraries.
const MAIN: &str = "#[allow(dead_code)]\n\
    fn main() { println!(\"{}\", size_of::<nvbufsurface_sys::classic::NvBufSurface>()); }\n\
    #[unsafe(no_mangle)]\n\
    pub extern \"C\" fn size() -> usize { size_of::<nvbufsurface_sys::classic::NvBufSurface>() }\n";

fn library(folder: &Path, name: &str, function: &str) {
    let source = folder.join("source.c");
    std::fs::write(&source, format!("void *{function}(void) {{ return 0; }}\n")).unwrap();
    let status = compiler()
        .to_command()
        .args(["-shared", "-fPIC", "-o"])
        .arg(folder.join(format!("lib{name}.so.1.0.0")))
        .arg(format!("-Wl,-soname,lib{name}.so.1.0.0"))
        .arg(&source)
        .status()
        .unwrap();
    assert!(status.success());
}

/// Both libraries under their full names, as a board has them.
fn libraries(name: &str) -> PathBuf {
    let folder = folder(name);
    library(&folder, "nvbufsurface", "NvBufSurfaceCreate");
    library(&folder, "nvbufsurftransform", "NvBufSurfTransform");
    folder
}

fn needed(file: &Path) -> Vec<String> {
    let output = Command::new("readelf")
        .args(["-d", "-W"])
        .arg(file)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned()))
        .filter(|name| name.starts_with("libnvbuf"))
        .collect()
}

#[test]
fn programs_need_the_libraries() {
    let _one = one_at_a_time();
    let scratch = Scratch::new("linked", &ours("linked"), MAIN);

    // As on a board, with all that a linker may drop.
    let board = libraries("linked-board");
    let output = scratch.build(&["--release"], &[(VARIABLE, &board)]);
    assert!(output.status.success(), "{}", messages(&output));
    for file in scratch.outputs("release") {
        assert_eq!(
            needed(&file),
            ["libnvbufsurface.so.1.0.0", "libnvbufsurftransform.so.1.0.0"],
            "{}",
            file.display()
        );
    }
    let [program, _] = scratch.outputs("release");
    let output = Command::new(program)
        .env("LD_LIBRARY_PATH", &board)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "64\n");

    // With the names of a development package, and with the older library.
    let development = libraries("linked-development");
    library(&development, "nvbuf_utils", "NvBufferGetParams");
    for name in ["nvbufsurface", "nvbufsurftransform", "nvbuf_utils"] {
        let link = development.join(format!("lib{name}.so"));
        symlink(format!("lib{name}.so.1.0.0"), link).unwrap();
    }
    let output = scratch.build(&[], &[(VARIABLE, &development)]);
    assert!(output.status.success(), "{}", messages(&output));
    for file in scratch.outputs("debug") {
        assert_eq!(
            needed(&file),
            [
                "libnvbufsurface.so.1.0.0",
                "libnvbufsurftransform.so.1.0.0",
                "libnvbuf_utils.so.1.0.0"
            ],
            "{}",
            file.display()
        );
    }
}

#[test]
fn pkg_config_is_asked() {
    let _one = one_at_a_time();
    let scratch = Scratch::new("packaged", &ours("linked"), MAIN);
    let board = libraries("packaged-board");
    for name in ["nvbufsurface", "nvbufsurftransform"] {
        let text = format!(
            "Name: {name}\nDescription: {name}\nVersion: 1.0.0\nLibs: -L{} -l{name}\n",
            board.display()
        );
        std::fs::write(board.join(format!("{name}.pc")), text).unwrap();
    }
    let output = scratch.build(&[], &[("PKG_CONFIG_PATH", &board)]);
    assert!(output.status.success(), "{}", messages(&output));
    let [program, _] = scratch.outputs("debug");
    assert_eq!(needed(&program).len(), 2);
}

#[test]
fn without_the_libraries_the_build_says_where_it_looked() {
    if DIRECTORIES
        .iter()
        .any(|directory| Path::new(directory).exists())
    {
        println!("the real libraries may be here: not tested");
        return;
    }
    let _one = one_at_a_time();
    let scratch = Scratch::new("unlinked", &ours("linked"), MAIN);
    let empty = folder("unlinked-empty");
    let output = scratch.build(&[], &[(VARIABLE, &empty)]);
    assert!(!output.status.success());
    let text = messages(&output);
    let empty = empty.display().to_string();
    for place in [VARIABLE, &empty, "pkg-config"].iter().chain(&DIRECTORIES) {
        assert!(text.contains(place), "{place}: {text}");
    }
    // docs.rs has none of NVIDIA's libraries; nothing is linked there.
    let output = scratch.build(&["--lib"], &[("DOCS_RS", Path::new("1"))]);
    let text = messages(&output);
    assert!(!text.contains("found no libnvbufsurface"), "{text}");
}

#[test]
fn a_library_of_another_architecture_is_passed_over() {
    let (foreign, machine) = match std::env::consts::ARCH {
        "aarch64" => ("x86_64", 62),
        _ => ("aarch64", 183),
    };
    let folder = folder("foreign");
    for name in ["nvbufsurface", "nvbufsurftransform"] {
        let mut header = [0; 64];
        header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        header[18] = machine;
        std::fs::write(folder.join(format!("lib{name}.so")), header).unwrap();
    }
    let native = libraries("foreign-native");
    let place = |folders: &[&Path]| Place {
        by: VARIABLE,
        folders: folders.iter().map(|folder| folder.to_path_buf()).collect(),
    };

    let mut notes = Vec::new();
    assert!(find(&place(&[&folder]), std::env::consts::ARCH, &mut notes).is_none());
    let path = folder.join("libnvbufsurface.so");
    assert_eq!(notes[0], format!("{}: is for {foreign}", path.display()));
    assert!(notes[1].contains("no libnvbufsurface for"), "{notes:?}");

    let found = find(
        &place(&[&folder, &native]),
        std::env::consts::ARCH,
        &mut notes,
    )
    .unwrap();
    assert_eq!(
        found[0].instructions(),
        [
            format!("cargo::rustc-link-search=native={}", native.display()),
            "cargo::rustc-link-lib=dylib:+verbatim=libnvbufsurface.so.1.0.0".to_owned(),
        ]
    );
    // A cross build takes what is for its target.
    assert!(find(&place(&[&folder]), foreign, &mut notes).is_some());

    // A text, and a link to nothing.
    std::fs::write(path, "INPUT(-lnvbufsurface)").unwrap();
    let link = folder.join("libnvbufsurface.so.1.0.0");
    symlink("nowhere", link).unwrap();
    let mut notes = Vec::new();
    assert!(find(&place(&[&folder]), foreign, &mut notes).is_none());
    assert!(notes[0].contains("no ELF") && notes[1].contains("cannot be read"));
}
