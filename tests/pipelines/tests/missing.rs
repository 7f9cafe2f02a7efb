//! Machines without NVIDIA's libraries: the plugin loads, and says what is missing where it counts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nvmm_pipelines::{exclusive, root, run};

/// gst-launch-1.0 that finds NVIDIA's libraries nowhere but in `directory`.
fn launch(directory: Option<&Path>, line: &str) -> Output {
    // gst-launch-1.0 1.22 waits for ever, having said it, where an error comes before its main loop runs.
    let mut command = Command::new("timeout");
    command
        .args(["--signal=INT", "60", "gst-launch-1.0"])
        .args(line.split_whitespace())
        .env("NVMM_SIM", "0")
        .env("LC_ALL", "C")
        .env_remove("NVBUF_LIBRARY_PATH")
        .env_remove("LD_LIBRARY_PATH");
    if let Some(directory) = directory {
        command
            .env("NVBUF_LIBRARY_PATH", directory)
            .env("LD_LIBRARY_PATH", directory);
    }
    command.output().expect("gst-launch-1.0 starts")
}

/// It failed, without a signal or a panic, and said all of this.
fn assert_says(output: &Output, words: &[&str]) {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    println!("{text}");
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| code != 0),
        "{}: {text}",
        output.status
    );
    assert!(!text.contains("panicked"), "{text}");
    for word in words {
        assert!(text.contains(word), "no \"{word}\" in: {text}");
    }
}

const UPLOAD: &str =
    "videotestsrc num-buffers=1 ! nvmmtransform ! video/x-raw(memory:NVMM) ! fakesink";
const OVERLAY: &str = "videotestsrc num-buffers=1 ! nvmmtransform ! nvmmoverlay ! fakesink";

/// A folder with these of the simulator's libraries.
fn folder(name: &str, libraries: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Not there is as good as removed.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    for library in libraries {
        let release = std::env::var("NVMM_SIM_RELEASE").unwrap_or("r32.7".into());
        let from = root().join(format!("target/sim/{release}/lib/{library}"));
        std::fs::copy(&from, folder.join(library)).expect("the simulator is built");
    }
    folder
}

#[test]
fn without_libnvbufsurface_the_error_names_it_the_places_and_the_remedy() {
    let _guard = exclusive();
    for line in [UPLOAD, OVERLAY] {
        assert_says(
            &launch(None, line),
            &[
                "libnvbufsurface.so.1.0.0",
                "/usr/lib/aarch64-linux-gnu/tegra",
                "NVBUF_LIBRARY_PATH",
            ],
        );
    }
    run(&OVERLAY.replace("fakesink", "nvmmtransform ! video/x-raw ! fakesink"))
        .expect("with the libraries it works");
}

#[test]
fn without_cuda_only_what_needs_cuda_fails() {
    let _guard = exclusive();
    let folder = folder("no-cuda", &["libnvbufsurface.so.1.0.0", "libnvmm_sim.so"]);
    let output = launch(Some(&folder), UPLOAD);
    assert!(output.status.success(), "uploads need no CUDA: {output:?}");
    assert_says(&launch(Some(&folder), OVERLAY), &["libcuda.so.1"]);
}

#[test]
fn libraries_that_are_none_are_errors_too() {
    let _guard = exclusive();
    let folder = folder("broken", &[]);
    let library = folder.join("libnvbufsurface.so.1.0.0");
    std::fs::write(library, "no library\n").expect("a file");
    assert_says(
        &launch(Some(&folder), OVERLAY),
        &["libnvbufsurface.so.1.0.0", "broken"],
    );
}
