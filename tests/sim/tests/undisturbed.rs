//! Programs that have nothing to do with the simulator: GStreamer's GL plugin on the machine's own EGL,
//! inside and outside of `ci/sim.sh`, and programs that look for CUDA.

mod support;

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::{DEFAULT, root, runner, text};

/// A command as from a shell that knows nothing of the simulator.
fn outside(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("NVMM_SIM") || name.starts_with("GST_") {
            command.env_remove(&*name);
        }
    }
    command
        .env_remove("NVBUF_LIBRARY_PATH")
        .env_remove("LD_LIBRARY_PATH");
    command
}

/// The same under `ci/sim.sh`.
fn inside(program: &str) -> Command {
    let mut command = runner(DEFAULT);
    command.arg(program);
    command
}

fn run(command: &mut Command, package: &str) -> Output {
    let name = command.get_program().to_owned();
    let output = command.output();
    output.unwrap_or_else(|error| panic!("{name:?}: {error}; install {package} (ci/packages.sh)"))
}

/// Fails with the name of the package where GStreamer has no GL plugin.
fn need_gl() {
    let output = run(
        outside("gst-inspect-1.0").args(["--exists", "glupload"]),
        "gstreamer1.0-tools",
    );
    assert!(
        output.status.success(),
        "GStreamer has no GL plugin; install gstreamer1.0-gl (ci/packages.sh check)"
    );
}

/// Five pictures through Mesa's software renderer. Where they are, what was said, and the libraries that
/// were loaded.
fn pictures(mut command: Command, name: &str) -> (Output, Vec<u8>, Vec<PathBuf>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("undisturbed-{name}"));
    // Not there is as good as removed.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let pictures = folder.join("pictures");
    let pipeline = "videotestsrc num-buffers=5 pattern=circular ! video/x-raw,width=64,height=48 ! \
                    glupload ! glcolorconvert ! gldownload ! video/x-raw,format=RGBA ! filesink";
    command
        .arg("-q")
        .args(pipeline.split_whitespace())
        .arg(format!("location={}", pictures.display()))
        .env("GST_GL_PLATFORM", "egl")
        .env("GST_GL_WINDOW", "egl-device")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("LD_DEBUG", "libs")
        .env("LD_DEBUG_OUTPUT", folder.join("loader"));
    let output = run(&mut command, "gstreamer1.0-tools");
    let mut loaded = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path == pictures {
            continue;
        }
        let said = std::fs::read(path).unwrap();
        let said = String::from_utf8_lossy(&said);
        let started = said
            .lines()
            .filter_map(|line| line.split_once("calling init: "));
        loaded.extend(started.map(|(_, path)| PathBuf::from(path.trim())));
    }
    (output, std::fs::read(pictures).unwrap_or_default(), loaded)
}

/// The libraries of GL and EGL among those that a process loaded.
fn of_gl(loaded: &[PathBuf]) -> Vec<PathBuf> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut found: Vec<_> = loaded
        .iter()
        .filter(|path| name(path).starts_with("libEGL") || name(path).starts_with("libGL"))
        .cloned()
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_gl_plugin_says_the_same() {
    need_gl();
    let said = [outside("gst-inspect-1.0"), inside("gst-inspect-1.0")].map(|mut command| {
        let output = run(command.arg("opengl"), "gstreamer1.0-tools");
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    });
    assert!(said[0].contains("glcolorconvert"), "{}", said[0]);
    assert_eq!(said[0], said[1]);
}

#[test]
fn the_gl_plugin_makes_the_same_pictures_with_the_same_libraries() {
    need_gl();
    let hint = "install libegl1, libegl-mesa0 and libgl1-mesa-dri (ci/packages.sh check)";
    let (output, expected, machine) = pictures(outside("gst-launch-1.0"), "outside");
    assert!(output.status.success(), "{hint}\n{}", text(&output));
    assert_eq!(expected.len(), 5 * 64 * 48 * 4, "{hint}");
    assert!(expected.chunks(4).any(|pixel| pixel != &expected[..4]));
    let (output, found, loaded) = pictures(inside("gst-launch-1.0"), "inside");
    assert!(output.status.success(), "{}", text(&output));
    assert!(expected == found, "the pictures differ");
    let (machine, loaded) = (of_gl(&machine), of_gl(&loaded));
    assert!(
        machine.iter().any(|path| path.ends_with("libEGL.so.1")),
        "{machine:?}"
    );
    assert_eq!(machine, loaded);
    assert!(!loaded.iter().any(|path| path.starts_with(root())));
}

/// Asked for, it is found, and what it does not have is an error and no crash.
#[test]
fn the_gl_plugin_gets_the_simulated_egl_only_when_asked_to() {
    need_gl();
    let mut command = inside("gst-launch-1.0");
    command.env("NVMM_SIM_EGL", "1");
    let (output, pictures, loaded) = pictures(command, "asked");
    assert_eq!(output.status.signal(), None, "{}", text(&output));
    assert!(!output.status.success() && pictures.is_empty());
    let ours = root()
        .join("target/sim")
        .join(DEFAULT)
        .join("egl/libEGL.so.1");
    assert!(of_gl(&loaded).contains(&ours), "{:?}", of_gl(&loaded));
}

/// Where a program finds CUDA.
const FIND: &str = "\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
int main(void) {
  Dl_info info;
  void *library = dlopen(\"libcuda.so.1\", RTLD_NOW);
  void *function = library ? dlsym(library, \"cuInit\") : NULL;
  puts(function && dladdr(function, &info) ? info.dli_fname : \"none\");
  return 0;
}
";

#[test]
fn nothing_is_installed_into_the_system() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (folder.join("find.c"), folder.join("find"));
    std::fs::write(&source, FIND).unwrap();
    let output = run(
        Command::new("cc")
            .arg(&source)
            .arg("-o")
            .arg(&program)
            .arg("-ldl"),
        "gcc",
    );
    assert!(output.status.success(), "{}", text(&output));
    let program = program.to_str().unwrap();
    let root = root().to_str().unwrap().to_owned();
    let found = run(&mut inside(program), "gcc");
    assert!(text(&found).starts_with(&root), "{}", text(&found));
    let found = run(&mut outside(program), "gcc");
    assert!(!text(&found).contains(&root), "{}", text(&found));
    let path = std::env::var("PATH").unwrap_or_default() + ":/sbin:/usr/sbin";
    let cache = run(outside("ldconfig").arg("-p").env("PATH", path), "libc-bin");
    assert!(cache.status.success(), "{}", text(&cache));
    assert!(!text(&cache).contains("nvmm_sim") && !text(&cache).contains(&root));
}
