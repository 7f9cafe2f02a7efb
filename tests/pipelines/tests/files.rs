//! H.264 files, decoded and overlaid, against GStreamer's compositor on the same files.

use std::path::{Path, PathBuf};

use nvmm_pipelines::{Usage, assert_near, compositor_error, exclusive, frames, root, run};

/// Encodes a moving pattern, with B-frames and a sound track beside it as files from cameras have.
fn file(name: &str, pattern: &str, caps: &str, num_buffers: u32) -> PathBuf {
    let path = root()
        .join("target/tmp")
        .join(format!("{name}-{}.mp4", std::process::id()));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    run(&format!(
        "videotestsrc num-buffers={num_buffers} pattern={pattern} ! video/x-raw,format=I420,{caps} \
         ! x264enc bframes=2 speed-preset=fast ! video/x-h264,profile=high ! h264parse \
         ! mp4mux name=mux ! filesink location={} \
         audiotestsrc num-buffers=60 ! audioconvert ! avenc_aac ! aacparse ! mux.",
        path.display()
    ))
    .unwrap();
    path
}

fn overlaid(mixer: &str, up: &str, down: &str, a: &Path, b: &Path) -> String {
    format!(
        "{mixer} name=mix sink_1::xpos=32 sink_1::ypos=16 sink_1::alpha=0.85 \
         ! {down} video/x-raw,format=RGBA ! appsink name=out \
         filesrc location={} ! decodebin ! videoconvert ! video/x-raw,format=RGBA ! {up} queue \
         ! mix.sink_0 \
         filesrc location={} ! decodebin ! videoconvert ! video/x-raw,format=RGBA ! {up} queue \
         ! mix.sink_1",
        a.display(),
        b.display()
    )
}

#[test]
fn two_files_look_as_in_compositor() {
    let _guard = exclusive();
    let caps = "width=320,height=180,framerate=25/1";
    let a = file("a", "zone-plate kx2=20 ky2=20 kt=1", caps, 40);
    let caps = "width=160,height=120,framerate=30000/1001";
    let b = file("b", "ball", caps, 55);
    let usage = Usage::start();
    let both = "nvmmtransform !";
    let ours = frames(&overlaid("nvmmoverlay", both, both, &a, &b)).unwrap();
    let reference = frames(&overlaid("compositor background=black", "", "", &a, &b)).unwrap();
    assert!(ours.len() >= 40, "{} frames", ours.len());
    let tolerance = 1 + 2 * compositor_error();
    let worst = assert_near(&ours, &reference, tolerance, "files");
    println!("{} frames, {worst:?}", ours.len());
    usage.assert_clean();
    for path in [a, b] {
        std::fs::remove_file(path).unwrap();
    }
}
