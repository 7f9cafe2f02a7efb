//! Between two nvmmtransforms nothing is copied, mapped or registered per frame.

use nvmm_pipelines::{Pipeline, Usage, exclusive};

const FRAMES: u64 = 300;

fn line(width: u32, height: u32) -> String {
    let input = |i: u32, pattern: &str| {
        format!(
            "videotestsrc pattern={pattern} num-buffers={FRAMES} ! \
             video/x-raw,format=RGBA,width={width},height={height},framerate=30/1 ! \
             nvmmtransform ! queue name=in{i} ! mix.sink_{i} "
        )
    };
    format!(
        "nvmmoverlay name=mix sink_1::xpos=20 sink_1::alpha=0.5 sink_1::zorder=1 ! \
         queue name=out ! nvmmtransform ! video/x-raw,format=RGBA ! fakesink name=sink {}{}",
        input(0, "ball"),
        input(1, "smpte")
    )
}

#[test]
fn two_inputs_through_queues_cost_no_copy_and_no_registration_per_frame() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (width, height) = (160, 120);
    let pipeline = Pipeline::parse(&line(width, height)).expect("a pipeline");
    pipeline.set(gst::State::Playing).expect("it starts");
    pipeline.wait().expect("it runs");
    // Four each of two uploads and of the overlay.
    let pools = 12;
    let registered = usage.count("distinct_surfaces_registered");
    println!(
        "{} surfaces, {} registrations, {} launches, threads {:?}",
        usage.count("surfaces_allocated"),
        usage.count("registrations"),
        usage.count("launches"),
        usage.threads()
    );
    assert_eq!(usage.count("registrations"), registered);
    assert_eq!(usage.count("egl_maps"), registered);
    assert!((3..=pools).contains(&registered), "{registered}");
    assert!(usage.count("surfaces_allocated") <= pools);
    assert_eq!(usage.count("launches"), FRAMES);
    assert_eq!(usage.count("engine_copies"), 0);
    for thread in ["in0:src", "in1:src", "mix:src"] {
        assert_eq!(usage.thread(thread, "cpu_maps"), 0, "{thread}");
        assert_eq!(usage.thread(thread, "cpu_bytes_mapped"), 0, "{thread}");
    }
    // What the numbers mean: the overlay's thread launches, the last queue's downloads.
    assert_eq!(usage.thread("mix:src", "launches"), FRAMES);
    assert_eq!(usage.thread("out:src", "cpu_maps"), FRAMES);
    let picture = u64::from((width + 20) * height * 4);
    assert!(usage.thread("out:src", "cpu_bytes_mapped") >= FRAMES * picture);
    // The overlay's stream is never waited for by its own thread.
    assert_eq!(usage.count("violations"), 0);
    assert_eq!(usage.count("unsynchronised"), 0);
    drop(pipeline);
    usage.assert_clean();
}

/// The same numbers after ten times the frames: what grows would show.
#[test]
fn the_numbers_do_not_depend_on_the_length() {
    let _guard = exclusive();
    let numbers = |frames: u64| {
        let usage = Usage::start();
        let text = line(64, 48).replace(
            &format!("num-buffers={FRAMES}"),
            &format!("num-buffers={frames}"),
        );
        nvmm_pipelines::run(&text).expect("it runs");
        usage.assert_clean();
        assert_eq!(usage.count("launches"), frames);
        (usage.count("registrations"), usage.count("engine_copies"))
    };
    let (long, copies) = numbers(10 * FRAMES);
    assert!(long <= 12, "{long} registrations");
    assert_eq!(copies, 0);
    let (short, _) = numbers(30);
    assert!(short <= 12, "{short} registrations");
}
