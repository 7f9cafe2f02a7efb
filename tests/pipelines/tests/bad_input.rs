//! What must not work: an error that says what to do, no crash, nothing left over, and the same
//! process works again afterwards.

use gst_nvmm::nvbuf::ColorFormat;
use nvmm_pipelines::{Forged, Peer, Pipeline, Usage, exclusive, fail, frames, run, wrap};

const NVMM: &str = "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48,framerate=30/1";
/// Both elements that take NVMM buffers of others.
const CONSUMERS: [&str; 2] = ["nvmmoverlay", "nvmmtransform ! video/x-raw,format=RGBA"];

/// Pushes one buffer with these caps into a consumer; the error that comes of it.
fn push(consumer: &str, caps: &str, buffer: gst::Buffer) -> Result<(), String> {
    let line = format!("appsrc name=in format=time caps=\"{caps}\" ! {consumer} ! fakesink");
    let pipeline = Pipeline::parse(&line)?;
    pipeline.set(gst::State::Playing)?;
    let source = pipeline.get::<gst_app::AppSrc>("in");
    let mut buffer = buffer;
    let timed = buffer.get_mut().expect("a buffer of our own");
    timed.set_pts(gst::ClockTime::ZERO);
    timed.set_duration(gst::ClockTime::SECOND / 30);
    source.push_buffer(buffer).expect("it takes buffers");
    source.end_of_stream().expect("it ends");
    pipeline.wait()
}

/// The good case, in the same process.
fn works() {
    let line = "videotestsrc num-buffers=3 ! video/x-raw,format=RGBA,width=64,height=48 ! \
                nvmmtransform ! nvmmoverlay ! nvmmtransform ! video/x-raw ! appsink name=out";
    assert_eq!(frames(line).expect("it still works").len(), 3);
}

/// Each consumer refuses the buffer with a text that has all these words.
fn refused(what: &str, words: &[&str], make: impl Fn() -> gst::Buffer) {
    for consumer in CONSUMERS {
        let usage = Usage::start();
        let error = push(consumer, NVMM, make());
        let error = error.expect_err(&format!("{consumer} takes {what}"));
        println!("{what}: {}", error.lines().next().unwrap_or_default());
        for word in words {
            assert!(error.contains(word), "{what}: no \"{word}\" in: {error}");
        }
        works();
        usage.assert_clean();
    }
}

fn peer() -> Peer {
    Peer::new(1, 64, 48, ColorFormat::RGBA)
}

#[test]
fn memory_that_holds_no_descriptor() {
    let _guard = exclusive();
    refused("32 bytes", &["32 bytes", "caps say memory:NVMM"], || {
        wrap([0_u64; 8], 32)
    });
    refused("nothing", &["0 bytes"], || wrap([0_u64; 8], 0));
    refused("zeros", &["no NvBufSurface", "bufapi-version"], || {
        wrap([0_u64; 16], 128)
    });
    refused("0xff bytes", &["no NvBufSurface"], || {
        wrap([u64::MAX; 16], 128)
    });
    refused("pixels in system memory", &["no NvBufSurface"], || {
        wrap(vec![0x8040_2010_ff00_ff00; 64 * 48 / 2], 64 * 48 * 4)
    });
    // The overlay takes it for a gap, as every aggregator does.
    let empty = push(CONSUMERS[1], NVMM, gst::Buffer::new()).expect_err("nothing is downloaded");
    assert!(
        empty.contains("has 0") && empty.contains("one memory"),
        "{empty}"
    );
}

#[test]
fn pointers_that_lead_nowhere() {
    let _guard = exclusive();
    let list = |address: usize| {
        move || {
            let mut forged = Forged::new(&peer());
            forged.surface.surfaceList = std::ptr::without_provenance_mut(address);
            forged.into_buffer()
        }
    };
    refused(
        "a null surfaceList",
        &["surfaceList", "never allocated"],
        list(0),
    );
    refused(
        "a wild surfaceList",
        &["unreadable memory"],
        list(0xdead_beef_0000),
    );
    refused(
        "a kernel address",
        &["unreadable memory"],
        list(usize::MAX - 0xfff),
    );
    refused("an odd surfaceList", &["surfaceList"], list(0x7001));
    refused("a closed fd", &["no open fd"], || {
        let mut forged = Forged::new(&peer());
        forged.params[0].bufferDesc = 987_654;
        forged.into_buffer()
    });
}

#[test]
fn surfaces_that_are_not_what_the_caps_say() {
    let _guard = exclusive();
    let surface = |width, height, format| {
        move || {
            let peer = Peer::new(1, width, height, format);
            peer.buffer(0)
        }
    };
    let rgba = ColorFormat::RGBA;
    let sizes = ["caps say 64x48", "32x48"];
    refused("another size", &sizes, surface(32, 48, rgba));
    refused(
        "a larger size",
        &["caps say 64x48", "640x480"],
        surface(640, 480, rgba),
    );
    let formats = ["caps say 64x48 RGBA", "negotiated"];
    refused(
        "another format",
        &formats,
        surface(64, 48, ColorFormat::BGRX),
    );
    refused("NV12", &formats, surface(64, 48, ColorFormat::NV12));
    refused("a batch of two", &["batch of 2", "nvstreamdemux"], || {
        let mut forged = Forged::new(&peer());
        forged.surface.batchSize = 2;
        forged.surface.numFilled = 2;
        forged.into_buffer()
    });
    refused("two memories", &["has 2"], || {
        let peer = peer();
        let (mut one, other) = (peer.buffer(0), peer.buffer(0));
        let memory = other.memory(0).expect("a memory");
        one.get_mut().expect("just made").append_memory(memory);
        one
    });
}

/// Planes that reach beyond the buffer, or overflow on the way.
#[test]
fn planes_that_cannot_be() {
    let _guard = exclusive();
    type Spoil = fn(&mut Forged);
    let cases: [(&str, Spoil); 7] = [
        ("a pitch of 0", |f| f.params[0].planeParams.pitch[0] = 0),
        ("a huge pitch", |f| {
            f.params[0].planeParams.pitch[0] = u32::MAX
        }),
        ("a huge offset", |f| {
            f.params[0].planeParams.offset[0] = u32::MAX
        }),
        ("a huge plane", |f| {
            f.params[0].planeParams.height[0] = 1 << 20
        }),
        ("no planes", |f| f.params[0].planeParams.num_planes = 0),
        ("99 planes", |f| f.params[0].planeParams.num_planes = 99),
        ("no bytes per pixel", |f| {
            f.params[0].planeParams.bytesPerPix[0] = 0
        }),
    ];
    for (what, spoil) in cases {
        refused(what, &[], || {
            let mut forged = Forged::new(&peer());
            spoil(&mut forged);
            forged.into_buffer()
        });
    }
}

#[test]
fn caps_without_the_feature_do_not_reach_the_overlay() {
    let _guard = exclusive();
    let error = run("videotestsrc ! nvmmoverlay ! fakesink").expect_err("system memory links");
    assert!(error.contains("could not link"), "{error}");
    let line = "videotestsrc num-buffers=1 ! nvmmtransform ! nvmmoverlay ! video/x-raw ! fakesink";
    assert!(run(line).is_err());
    works();
}

#[test]
fn a_system_buffer_smaller_than_its_caps() {
    let _guard = exclusive();
    let system = NVMM.replace("(memory:NVMM)", "");
    for size in [0, 1, 63, 64 * 48 * 4 - 1] {
        let usage = Usage::start();
        let buffer = gst::Buffer::from_mut_slice(vec![0_u8; size]);
        let consumer = "nvmmtransform ! video/x-raw(memory:NVMM)";
        let error = push(consumer, &system, buffer).expect_err("too small");
        assert!(error.contains("smaller than its caps"), "{size}: {error}");
        works();
        usage.assert_clean();
    }
}

#[test]
fn a_file_that_is_no_video() {
    let _guard = exclusive();
    let usage = Usage::start();
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("garbage.mp4");
    let byte = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
    let bytes: Vec<_> = (0..100_000).map(byte).collect();
    std::fs::write(&file, bytes).expect("a file");
    let line = format!(
        "filesrc location=\"{}\" ! decodebin ! videoconvert ! video/x-raw,format=RGBA ! \
         nvmmtransform ! nvmmoverlay ! nvmmtransform ! video/x-raw ! fakesink",
        file.display()
    );
    let error = run(&line).expect_err("garbage plays");
    println!("{error}");
    works();
    usage.assert_clean();
}

/// The platform refuses a call in the middle: the element says which, and nothing of what was made
/// stays.
#[test]
fn calls_that_the_platform_refuses() {
    let _guard = exclusive();
    let line = "videotestsrc num-buffers=5 ! video/x-raw,format=RGBA,width=64,height=48 ! \
                nvmmtransform ! queue ! nvmmoverlay ! queue ! nvmmtransform ! video/x-raw ! fakesink";
    let cases = [
        ("NvBufSurfaceCreate", 1, -1, "NvBufSurfaceCreate"),
        ("NvBufSurfaceCreate", 3, -1, "NvBufSurfaceCreate"),
        ("NvBufSurfaceMap", 1, -1, "NvBufSurfaceMap"),
        ("NvBufSurfaceMap", 4, -1, "NvBufSurfaceMap"),
        ("NvBufSurfaceMapEglImage", 2, -1, "NvBufSurfaceMapEglImage"),
        (
            "cuGraphicsEGLRegisterImage",
            1,
            999,
            "cuGraphicsEGLRegisterImage",
        ),
        (
            "cuGraphicsEGLRegisterImage",
            2,
            304,
            "cuGraphicsEGLRegisterImage",
        ),
        ("cuLaunchKernel", 1, 719, "cuLaunchKernel"),
        ("cuModuleLoadDataEx", 1, 218, "cuModuleLoadDataEx"),
        ("cuStreamCreate", 1, 2, "cuStreamCreate"),
    ];
    for (function, number, code, word) in cases {
        let usage = Usage::start();
        fail(function, number, code);
        let error = run(line).expect_err(function);
        println!("{function}: {}", error.lines().next().unwrap_or_default());
        assert_eq!(usage.count("faults_injected"), 1, "{function}");
        assert!(error.contains(word), "{function}: {error}");
        works();
        usage.assert_clean();
    }
}
