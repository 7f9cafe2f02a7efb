//! Each step that fails is named with its error and a remedy, and what crashes or hangs ends nothing but its step.

mod page;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use page::{Folder, page, simulated, text, with_libraries};

const SURFACES: &str = "round trip, libnvbufsurface";
const BUFFERS: &str = "round trip, libnvbuf_utils";

fn failing(release: &str, fail: &str) -> Command {
    let mut command = simulated(release);
    command.env("NVMM_SIM_FAIL", fail);
    // What fails on purpose is no violation, but its consequences may be.
    command.env_remove("NVMM_SIM_STRICT");
    command
}

/// What is made to fail, which step it is of, and words of its error and remedy.
const FAILURES: &[(&str, &str, &str, &[&str])] = &[
    // The self-test makes the first one.
    (
        "NvBufSurfaceCreate:2:-1",
        SURFACES,
        "create",
        &["NvBufSurfaceCreate"],
    ),
    (
        "NvBufSurfaceMap:1:-1",
        SURFACES,
        "CPU writes",
        &["NvBufSurfaceMap"],
    ),
    (
        "NvBufSurfaceSyncForDevice:1:-1",
        SURFACES,
        "CPU writes",
        &["NvBufSurfaceSyncForDevice"],
    ),
    (
        "NvBufSurfaceUnMap:1:-1",
        SURFACES,
        "CPU writes",
        &["NvBufSurfaceUnMap"],
    ),
    (
        "NvBufSurfaceSyncForCpu:2:-1",
        SURFACES,
        "CPU reads",
        &["NvBufSurfaceSyncForCpu"],
    ),
    (
        "NvBufSurfTransform:1:-2",
        SURFACES,
        "engine turns",
        &["NvBufSurfTransform"],
    ),
    (
        "cuStreamCreate:1:2",
        SURFACES,
        "CUDA stream",
        &["OUT_OF_MEMORY", "fewer surfaces"],
    ),
    (
        "NvBufSurfaceMapEglImage:1:-1",
        SURFACES,
        "EGLImage",
        &["NvBufSurfaceMapEglImage", "unset DISPLAY"],
    ),
    (
        "cuGraphicsEGLRegisterImage:1:1",
        SURFACES,
        "register",
        &[
            "cuGraphicsEGLRegisterImage",
            "INVALID_VALUE",
            "desktop drivers",
        ],
    ),
    (
        "cuGraphicsResourceGetMappedEglFrame:1:999",
        SURFACES,
        "register",
        &["GetMappedEglFrame", "999", "group `video`"],
    ),
    (
        "cuMemcpy2DAsync_v2:1:700",
        SURFACES,
        "GPU reads CPU's",
        &["ILLEGAL_ADDRESS", "restart"],
    ),
    (
        "cuMemcpy2DAsync_v2:2:2",
        SURFACES,
        "GPU writes, reads",
        &["OUT_OF_MEMORY", "fewer surfaces"],
    ),
    (
        "NvBufSurfaceSyncForCpu:4:-1",
        SURFACES,
        "CPU reads GPU's",
        &["NvBufSurfaceSyncForCpu"],
    ),
    (
        "cuGraphicsUnregisterResource:1:999",
        SURFACES,
        "unregister",
        &["cuGraphicsUnregisterResource"],
    ),
    (
        "NvBufSurfaceUnMapEglImage:1:-1",
        SURFACES,
        "end of EGLImage",
        &["NvBufSurfaceUnMapEglImage"],
    ),
    (
        "NvBufSurfaceDestroy:3:-1",
        SURFACES,
        "destroy",
        &["NvBufSurfaceDestroy"],
    ),
    (
        "cuDevicePrimaryCtxRelease:1:999",
        "CUDA",
        "end of context",
        &["cuDevicePrimaryCtxRelease"],
    ),
    (
        "NvBufferMemMap:1:-1",
        BUFFERS,
        "CPU writes",
        &["NvBufferMemMap"],
    ),
    (
        "NvBufferTransform:1:-1",
        BUFFERS,
        "engine turns",
        &["NvBufferTransform"],
    ),
    (
        "NvEGLImageFromFd:1:-1",
        BUFFERS,
        "EGLImage",
        &["NvEGLImageFromFd", "unset DISPLAY"],
    ),
    (
        "NvBufSurfaceCreate:1:-1",
        "libraries",
        "libnvbufsurface",
        &["self-test", "/dev/nvmap"],
    ),
    (
        "cuInit:1:100",
        "CUDA",
        "libcuda",
        &["cuInit", "NO_DEVICE", "CUDA_VISIBLE_DEVICES"],
    ),
    (
        "cuDeviceGetCount:1:999",
        "CUDA",
        "devices",
        &["cuDeviceGetCount"],
    ),
    (
        "cuDevicePrimaryCtxRetain:1:2",
        "CUDA",
        "primary context",
        &["OUT_OF_MEMORY"],
    ),
    (
        "cuDeviceGetName:1:1",
        "CUDA",
        "device",
        &["cuDeviceGetName"],
    ),
];

#[test]
fn a_failure_is_that_of_its_step_with_its_error_and_remedy() {
    let mut wrong = Vec::new();
    for (fail, section, name, words) in FAILURES {
        let page = page(failing("r32.7", fail));
        // It is the first failure of its section.
        let failed = page.failed();
        let first = failed.iter().find(|(failed, _)| failed == section);
        if (page.status, first) != (1, Some(&(*section, *name))) {
            wrong.push(format!("{fail}: {failed:?}"));
            continue;
        }
        let found = page.words(section, name);
        let has_remedy = page.finding(section, name)["remedy"].is_string();
        if !has_remedy && *name != "libnvbufsurface" {
            wrong.push(format!("{fail}: no remedy in {found}"));
        }
        let missing: Vec<_> = words
            .iter()
            .filter(|word| !found.contains(**word))
            .collect();
        if !missing.is_empty() || !page.json["first"][0]["what"].is_string() {
            wrong.push(format!("{fail}: {missing:?} in {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn steps_after_a_failed_one_are_not_tried_and_ends_are() {
    let page = page(failing("r35.4.1", "cuGraphicsEGLRegisterImage:1:1"));
    for (name, status) in [
        ("EGLImage", "ok"),
        ("register", "FAIL"),
        ("GPU reads CPU's", "skip"),
        ("GPU writes, reads", "skip"),
        ("CPU reads GPU's", "skip"),
        ("unregister", "skip"),
        ("end of EGLImage", "ok"),
        ("destroy", "ok"),
        ("end of CUDA", "ok"),
    ] {
        assert_eq!(page.status_of(SURFACES, name), status, "{name}");
    }
    assert_eq!(page.words(SURFACES, "unregister"), "register failed; ");
}

#[test]
fn a_dead_display_is_named_with_its_remedy() {
    let mut command = simulated("r32.7");
    command.envs([("NVMM_SIM_DISPLAY", "dead"), ("DISPLAY", "localhost:10.0")]);
    let page = page(command);
    assert_eq!(page.status, 1);
    assert_eq!(page.status_of("EGL", "DISPLAY"), "note");
    assert_eq!(page.status_of("EGL", "device's display"), "ok");
    assert_eq!(page.status_of("EGL", "default display"), "FAIL");
    assert_eq!(page.status_of(SURFACES, "EGLImage"), "FAIL");
    for (section, name) in [("EGL", "default display"), (SURFACES, "EGLImage")] {
        assert!(
            page.words(section, name).contains("unset DISPLAY"),
            "{name}"
        );
    }
}

#[test]
fn what_hangs_is_ended() {
    for (delay, section, name, later) in [
        ("NvBufSurfaceMap", SURFACES, "CPU writes", "destroy"),
        (
            "cuGraphicsEGLRegisterImage",
            SURFACES,
            "register",
            "destroy",
        ),
        ("cuInit", "CUDA", "libcuda", "device"),
    ] {
        let mut command = simulated("r36.4");
        command.env("NVMM_SIM_DELAY", format!("{delay}:600000000"));
        command.args(["--timeout", "3"]);
        let start = Instant::now();
        let page = page(command);
        assert!(start.elapsed() < Duration::from_secs(60), "{delay}");
        assert_eq!(page.status, 1, "{delay}");
        let words = page.words(section, name);
        assert!(
            words.contains("not done after 3 s") && words.contains("dmesg"),
            "{words}"
        );
        assert_eq!(page.status_of(section, later), "skip", "{delay}");
    }
}

#[test]
fn a_step_that_hangs_ends_with_the_program() {
    let mut command = simulated("r36.4");
    command.env("NVMM_SIM_DELAY", "NvBufSurfaceCreate:600000000");
    let mut doctor = command.stdout(Stdio::null()).spawn().unwrap();
    let children = || -> Vec<PathBuf> {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let parent = format!("PPid:\t{}\n", doctor.id());
        let is_child = |path: &PathBuf| {
            let status = std::fs::read_to_string(path.join("status"));
            status.is_ok_and(|status| status.contains(&parent) && status.contains("nvmm-doctor"))
        };
        entries.map(|entry| entry.path()).filter(is_child).collect()
    };
    let until = |is_done: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !is_done() {
            assert!(start.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until(&|| !children().is_empty());
    let step = children().remove(0);
    doctor.kill().unwrap();
    doctor.wait().unwrap();
    until(&|| {
        // Gone, or dead and not yet waited for.
        let status = std::fs::read_to_string(step.join("status"));
        status.map_or(true, |status| status.contains("State:\tZ"))
    });
}

fn compile(folder: &Path, soname: &str, code: &str) {
    let source = folder.join("library.c");
    std::fs::write(&source, code).unwrap();
    // Not through what is there, a link to the simulator's.
    let _ = std::fs::remove_file(folder.join(soname));
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o"])
        .arg(folder.join(soname))
        .arg(source);
    assert!(cc.status().unwrap().success());
}

#[test]
fn what_crashes_is_a_finding() {
    let folder = Folder::without("crash", "r36.4", &[]);
    let code = "#include <stdio.h>\n__attribute__((constructor)) static void start(void) \
                { puts(\"NvRm: of another release\"); fflush(stdout); *(volatile int *)0 = 1; }";
    compile(folder.path(), "libcuda.so.1", code);
    let page = page(with_libraries(folder.path(), "r36.4"));
    assert_eq!(
        (page.status, page.failed()),
        (1, vec![("CUDA", "libcuda")]),
        "{:#}",
        page.json
    );
    let words = page.words("CUDA", "libcuda");
    assert!(
        words.contains("SIGSEGV") && words.contains("gdb"),
        "{words}"
    );
    assert_eq!(
        page.finding("CUDA", "libcuda")["said"][0],
        "NvRm: of another release"
    );
    assert_eq!(page.status_of(SURFACES, "register"), "skip");
    let (_, text) = text(with_libraries(folder.path(), "r36.4"));
    assert!(text.contains("printed: NvRm: of another release"), "{text}");
}

#[test]
fn a_library_that_prints_without_end_is_ended() {
    let folder = Folder::without("loud", "r36.4", &[]);
    let code = "#include <stdio.h>\n__attribute__((constructor)) static void start(void) { for (;;) puts(\"NvRm\"); }";
    compile(folder.path(), "libnvbufsurface.so.1.0.0", code);
    let mut command = with_libraries(folder.path(), "r36.4");
    command.args(["--timeout", "5"]);
    let page = page(command);
    assert_eq!(
        page.failed(),
        [("libraries", "libnvbufsurface")],
        "{:#}",
        page.json
    );
    assert!(
        page.words("libraries", "libnvbufsurface")
            .contains("not done after 5 s")
    );
    assert!(
        page.finding("libraries", "libnvbufsurface")["said"]
            .as_array()
            .unwrap()
            .len()
            <= 12
    );
}

/// A program in the place of gst-inspect-1.0.
fn inspect(folder: &Folder, script: &str) -> Command {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.path().join("gst-inspect-1.0");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = with_libraries(folder.path(), "r36.4");
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.path().display()));
    command
}

#[test]
fn gstreamer_that_hangs_or_has_blacklisted_plugins_is_told() {
    let folder = Folder::without("inspect", "r36.4", &[]);
    let mut hanging = inspect(
        &folder,
        "case $1 in --version) echo GStreamer 1.14.5;; *) sleep 600;; esac",
    );
    hanging.args(["--timeout", "5"]);
    let start = Instant::now();
    let hanging = page(hanging);
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(hanging.failed(), [("GStreamer", "plugins")]);
    assert_eq!(hanging.words("GStreamer", "GStreamer"), "1.14.5; ");

    let script = "case $1 in --version) echo GStreamer 1.14.5;; \
                  coreelements) echo '  Filename   /usr/lib/gst/libgstcoreelements.so';; \
                  --print-blacklist) printf 'Blacklisted files:\\n  libgstnvvidconv.so\\n\\nTotal count: 1 blacklisted file\\n';; \
                  *) test \"$*\" = \"--exists --atleast-version=0.0 nvmmoverlay\";; esac";
    let blacklisted = page(inspect(&folder, script));
    assert_eq!(blacklisted.failed(), [("GStreamer", "blacklisted")]);
    assert!(
        blacklisted
            .words("GStreamer", "blacklisted")
            .contains("ldd")
    );
    assert_eq!(blacklisted.words("GStreamer", "plugins"), "/usr/lib/gst; ");
    assert_eq!(blacklisted.status_of("GStreamer", "nvmmoverlay"), "ok");
    assert_eq!(blacklisted.status_of("GStreamer", "nvmmtransform"), "note");
}
