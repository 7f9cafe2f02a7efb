//! nvmmoverlay against GStreamer's own compositor, on the same inputs.
//!
//! By design the alpha byte differs from compositor's nowhere that these tests look: both write an
//! opaque picture over an opaque background, and it is compared too.

use nvmm_pipelines::{
    Picture, Usage, assert_near, compositor_error, compositor_keeps_time, exclusive, frames,
};

/// One input: where the pixels come from, and the properties of its pad.
struct Layer {
    source: String,
    place: String,
}

fn layer(source: &str, place: &str) -> Layer {
    Layer {
        source: source.into(),
        place: place.into(),
    }
}

fn pattern(name: &str, format: &str, size: (u32, u32), rate: u32, count: u32) -> String {
    format!(
        "videotestsrc pattern={name} num-buffers={count} ! \
         video/x-raw,format={format},width={},height={},framerate={rate}/1",
        size.0, size.1
    )
}

/// Every byte of a pixel is random, the alpha too: grey noise of four times the width, taken as
/// RGBA. Without the allocation query there is no GstVideoMeta that says it is grey.
fn noise(format: &str, size: (u32, u32), count: u32) -> String {
    let grey = pattern("snow", "GRAY8", (size.0 * 4, size.1), 30, count);
    format!(
        "{grey} ! identity drop-allocation=true ! capssetter replace=true \
         caps=video/x-raw,format={format},width={},height={},framerate=30/1",
        size.0, size.1
    )
}

fn mixed(mixer: &str, layers: &[Layer], output: &str) -> Vec<Picture> {
    let (up, down, settings) = match mixer {
        "nvmmoverlay" => {
            let down = format!("video/x-raw(memory:NVMM),{output} ! nvmmtransform !");
            ("nvmmtransform !", down, "")
        }
        _ => ("", String::new(), "background=black"),
    };
    let mut line = format!("{mixer} name=mix {settings} ");
    for (i, layer) in layers.iter().enumerate() {
        for property in layer.place.split_whitespace() {
            line.push_str(&format!("sink_{i}::{property} "));
        }
    }
    let output = match (mixer, output) {
        // compositor takes no input with alpha for an output without.
        ("compositor", "format=BGRx") => "format=RGBA ! videoconvert ! video/x-raw,format=BGRx",
        _ => output,
    };
    line.push_str(&format!(
        "! {down} video/x-raw,{output} ! appsink name=out "
    ));
    for (i, layer) in layers.iter().enumerate() {
        line.push_str(&format!(" {} ! {up} queue ! mix.sink_{i}", layer.source));
    }
    frames(&line).unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// Compares both, and the surfaces must all be gone afterwards. `tolerance` is that to a compositor
/// that rounds; one that does not is given as much for the two topmost layers, if not 0.
fn compare(what: &str, layers: &[Layer], output: &str, tolerance: u8) -> Vec<Picture> {
    let usage = Usage::start();
    let ours = mixed("nvmmoverlay", layers, output);
    let reference = mixed("compositor", layers, output);
    assert!(!ours.is_empty(), "{what}: no frames");
    let inexact = layers.len().min(2) as u8 * compositor_error() * tolerance.min(1);
    let worst = assert_near(&ours, &reference, tolerance + inexact, what);
    println!("{what}: {} frames, {worst:?}", ours.len());
    if output.contains("RGBA") {
        assert_eq!(worst.alpha, 0, "{what}: alpha");
    }
    usage.assert_clean();
    ours
}

const SIZE: (u32, u32) = (160, 120);

#[test]
fn one_input_is_what_compositor_shows() {
    let _guard = exclusive();
    for format in ["RGBA", "BGRx"] {
        let source = pattern("ball", format, SIZE, 30, 8);
        compare(format, &[layer(&source, "")], "format=RGBA", 1);
    }
    let source = noise("RGBA", SIZE, 8);
    compare("noise", &[layer(&source, "alpha=0.37")], "format=RGBA", 1);
}

#[test]
fn two_inputs_of_either_format_blend_as_in_compositor() {
    let _guard = exclusive();
    for output in ["RGBA", "BGRx"] {
        for below in ["RGBA", "BGRx"] {
            for above in ["RGBA", "BGRx"] {
                let source = match above {
                    "RGBA" => noise(above, (80, 60), 4),
                    _ => pattern("smpte75", above, (80, 60), 30, 4),
                };
                let layers = [
                    layer(&pattern("smpte", below, SIZE, 30, 4), ""),
                    layer(&source, "xpos=40 ypos=30 alpha=0.37 zorder=1"),
                ];
                let what = format!("{above} over {below} to {output}");
                compare(&what, &layers, &format!("format={output}"), 1);
            }
        }
    }
}

/// GStreamer's converters keep the fourth byte of BGRx as alpha; ours is not looked at. So the
/// reference goes over three bytes per pixel.
#[test]
fn the_fourth_byte_of_bgrx_is_no_alpha() {
    let _guard = exclusive();
    let source = noise("BGRx", SIZE, 3);
    let without = format!("{source} ! videoconvert ! video/x-raw,format=BGR ! videoconvert");
    let reference = format!("{without} ! video/x-raw,format=RGBA");
    let over = |source: &str| {
        [
            layer(&pattern("ball", "RGBA", SIZE, 30, 3), ""),
            layer(source, "alpha=0.37 zorder=1"),
        ]
    };
    let ours = mixed("nvmmoverlay", &over(&source), "format=RGBA");
    let reference = mixed("compositor", &over(&reference), "format=RGBA");
    let tolerance = 1 + compositor_error();
    assert_near(&ours, &reference, tolerance, "noise in the fourth byte");
}

#[test]
fn positions_outside_alpha_and_z_order_are_as_in_compositor() {
    let _guard = exclusive();
    let places = [
        "xpos=-20 ypos=-30",
        "xpos=-79 ypos=-59",
        "xpos=-100 ypos=10",
        "xpos=120 ypos=90",
        "xpos=100 ypos=-10 alpha=0.37",
        "xpos=10 ypos=10 alpha=0.0",
        "xpos=10 ypos=10 alpha=1.0",
    ];
    for place in places {
        let layers = [
            layer(&pattern("circular", "RGBA", SIZE, 30, 3), "zorder=0"),
            layer(&noise("RGBA", (80, 60), 3), &format!("{place} zorder=1")),
        ];
        // The frame is the first input's: what lies outside must not be written.
        compare(place, &layers, "format=RGBA,width=160,height=120", 1);
        // Left open, it grows with what lies to the right and below.
        compare(place, &layers, "format=RGBA", 1);
    }
    let turned = |first: &str, second: &str| {
        [
            layer(&noise("RGBA", SIZE, 3), first),
            layer(
                &pattern("ball", "RGBA", SIZE, 30, 3),
                &format!("alpha=0.5 {second}"),
            ),
        ]
    };
    let up = compare("up", &turned("zorder=0", "zorder=1"), "format=RGBA", 1);
    let down = compare("down", &turned("zorder=1", "zorder=0"), "format=RGBA", 1);
    assert_ne!(up[0].data, down[0].data, "the order makes no difference");
}

#[test]
fn twenty_inputs_need_two_launches_and_look_the_same() {
    let _guard = exclusive();
    let place = |i: usize| {
        let (x, y) = (i * 13 % 140, i * 29 % 100);
        format!("xpos={x} ypos={y} zorder={i} alpha=1.0")
    };
    let opaque = |i: usize| {
        let name = ["smpte", "ball", "circular", "gradient", "checkers-4"][i % 5];
        let format = ["RGBA", "BGRx"][i % 2];
        layer(&pattern(name, format, (64, 48), 30, 3), &place(i))
    };
    let layers: Vec<_> = (0..20).map(opaque).collect();
    let usage = Usage::start();
    let ours = compare("20 opaque", &layers, "format=RGBA", 0);
    assert_eq!(usage.count("launches"), 2 * ours.len() as u64);
    let translucent: Vec<_> = (0..20)
        .map(|i| layer(&noise("RGBA", (96, 80), 3), &place(i)))
        .collect();
    compare("20 translucent", &translucent, "format=RGBA", 1);
}

#[test]
fn inputs_of_other_rates_and_lengths_give_compositors_frames() {
    let _guard = exclusive();
    let small = |rate, count| pattern("ball", "RGBA", (64, 48), rate, count);
    let cases = [
        ("30 and 15", 30, 30, 15, 15),
        ("15 and 30", 15, 15, 30, 30),
        ("the slow one ends early", 30, 30, 15, 5),
        ("the fast one ends early", 30, 10, 15, 15),
        ("25 and 30", 25, 20, 30, 24),
        ("10 and 60", 10, 5, 60, 20),
    ];
    for (what, rate_a, count_a, rate_b, count_b) in cases {
        let layers = [
            layer(&pattern("ball", "RGBA", SIZE, rate_a, count_a), ""),
            layer(&small(rate_b, count_b), "xpos=50 ypos=50 zorder=1"),
        ];
        if compositor_keeps_time() {
            compare(what, &layers, "format=RGBA", 1);
        }
        // Downstream may ask for a rate of its own. Frames and times only: a frame that ends exactly
        // when the output's begins is past here, and still shown by compositor.
        let output = "format=RGBA,framerate=20/1";
        let times = |mixer| {
            mixed(mixer, &layers, output)
                .iter()
                .map(|p| p.pts)
                .collect::<Vec<_>>()
        };
        assert_eq!(times("nvmmoverlay"), times("compositor"), "{what} at 20");
    }
}

/// The start of frame 1 is no whole number of nanoseconds: skipping there must get there.
#[test]
fn inputs_that_start_later_start_the_output() {
    let _guard = exclusive();
    for (offset, rate) in [
        (33_333_333_u64, 30),
        (16_666_666, 60),
        (66_666_666, 15),
        (1, 30),
    ] {
        let source = pattern("ball", "RGBA", (64, 48), rate, 6);
        let late = source.replace(" ! ", &format!(" timestamp-offset={offset} ! "));
        let ours = mixed("nvmmoverlay", &[layer(&late, "")], "format=RGBA");
        let direct = frames(&format!("{source} ! appsink name=out")).expect("it runs");
        assert_eq!(ours[0].data, direct[0].data, "{offset}");
        let start = ours[0].pts.expect("a time").nseconds();
        let frame = 1_000_000_000 / u64::from(rate);
        assert!(
            start <= offset && offset < start + frame,
            "{offset}: {start}"
        );
        assert!(ours.len() >= direct.len(), "{offset}");
    }
}
