//! A surface's own format says more than caps do, or less, and wins: nvmmtransform scales, crops and turns its
//! samples as they are, and converts them by what that format says.

mod through;

use gst::prelude::*;
use gst_nvmm::NvmmBufferExt;
use gst_nvmm::nvbuf::ColorFormat;
use nvmm_pipelines::{Peer, Usage, exclusive};
use through::{Through, byte};

const WIDTH: usize = 64;
const HEIGHT: usize = 48;
const NVMM: &str = "video/x-raw(memory:NVMM)";

/// What a surface is, and what its caps say.
const SURFACES: [(ColorFormat, &str); 7] = [
    (ColorFormat::NV12, "bt709"),
    (ColorFormat::NV12, "bt601"),
    (ColorFormat::NV12, ""),
    (ColorFormat::NV12_709, ""),
    (ColorFormat::NV12_709, "bt709"),
    (ColorFormat::NV12_ER, ""),
    (ColorFormat::NV12_2020, "bt2020"),
];

/// Fixed caps with these fields in the place of the colours.
fn caps(format: &str, colorimetry: &str) -> gst::Caps {
    let colours = match colorimetry {
        "" => String::new(),
        name => format!(",colorimetry={name}"),
    };
    let caps = format!(
        "{NVMM},format={format},width={WIDTH},height={HEIGHT},framerate=50/1,pixel-aspect-ratio=1/1,\
         interlace-mode=progressive{colours}"
    );
    caps.parse().expect("caps")
}

/// The surface format of what leaves an element, and what its caps say of colours.
fn watch(through: &Through, name: &str) -> std::sync::mpsc::Receiver<ColorFormat> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let element = through.pipeline.get::<gst::Element>(name);
    let pad = element.static_pad("src").expect("a pad");
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
            let pixels = buffer.nvmm_pixels(0).expect("NVMM");
            let _ = sender.send(pixels.color_format().expect("a format"));
        }
        gst::PadProbeReturn::Ok
    });
    receiver
}

/// The samples of the peer's NV12: luma and then pairs of chroma. Luma depends on place, chroma is even.
fn samples() -> (Vec<u8>, [u8; 2]) {
    let luma = byte(3);
    let luma = (0..WIDTH * HEIGHT).map(|i| 16 + luma(i % WIDTH, i / WIDTH) % 200);
    (luma.collect(), [90, 180])
}

fn peer(format: ColorFormat, is_blocks: bool) -> Peer {
    let (luma, chroma) = samples();
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let peer = match is_blocks {
        true => Peer::block_linear(1, width, height, format),
        false => Peer::new(1, width, height, format),
    };
    peer.fill_planes(0, |plane, x, y| match plane {
        0 => luma[y * WIDTH + x],
        _ => chroma[x % 2],
    });
    peer
}

/// Every second pixel of every second row, at either place that nearest may mean.
fn is_halved(data: &[u8]) -> bool {
    let (luma, chroma) = samples();
    let (width, height) = (WIDTH / 2, HEIGHT / 2);
    let rows = data[..width * height].chunks(width).enumerate();
    let is_luma = |offset: usize| {
        rows.clone().all(|(y, row)| {
            let from = |x: usize| luma[(2 * y + offset) * WIDTH + 2 * x + offset];
            row.iter().enumerate().all(|(x, byte)| *byte == from(x))
        })
    };
    (is_luma(0) || is_luma(1)) && data[width * height..].chunks(2).all(|pair| *pair == chroma)
}

/// NV12 of `data` turned by 180 degrees.
fn is_turned(data: &[u8]) -> bool {
    let (luma, chroma) = samples();
    data[..WIDTH * HEIGHT].iter().eq(luma.iter().rev())
        && data[WIDTH * HEIGHT..].chunks(2).all(|pair| *pair == chroma)
}

#[test]
fn samples_stay_what_they_are_on_their_way_to_another_size() {
    let _guard = exclusive();
    let usage = Usage::start();
    for (format, colorimetry) in SURFACES {
        for (properties, fields, is_right) in [
            ("", "width=32,height=24", is_halved as fn(&[u8]) -> bool),
            ("flip-method=2", "width=64,height=48", is_turned),
        ] {
            let it = format!("nvmmtransform name=it {properties}");
            for (middle, is_inside) in [
                (
                    format!("{it} ! {NVMM},{fields} ! nvmmtransform ! video/x-raw"),
                    true,
                ),
                (format!("{it} ! video/x-raw,{fields}"), false),
            ] {
                for is_blocks in [false, true] {
                    let what = format!("{format} {colorimetry:?} {is_blocks}: {middle}");
                    let peer = peer(format, is_blocks);
                    let mut through = Through::new(&middle, &caps("NV12", colorimetry));
                    let formats = is_inside.then(|| watch(&through, "it"));
                    let picture = through.push(peer.buffer(0)).expect(&what);
                    assert!(is_right(&picture.data), "{what}");
                    if let Some(formats) = formats {
                        assert_eq!(formats.recv(), Ok(format), "{what}");
                    }
                    drop((through, peer));
                }
            }
        }
    }
    usage.assert_clean();
}

/// Of blocks rows are made by the engine, and nothing else.
#[test]
fn samples_in_blocks_stay_what_they_are_on_their_way_to_system_memory() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (luma, chroma) = samples();
    for (format, colorimetry) in SURFACES {
        let peer = peer(format, true);
        let mut through = Through::new("nvmmtransform ! video/x-raw", &caps("NV12", colorimetry));
        let picture = through.push(peer.buffer(0)).expect("a picture");
        let what = format!("{format} {colorimetry}");
        assert!(picture.data[..WIDTH * HEIGHT] == luma, "{what}");
        let pairs = picture.data[WIDTH * HEIGHT..].chunks(2);
        assert!(pairs.into_iter().all(|pair| pair == chroma), "{what}");
        drop((through, peer));
    }
    usage.assert_clean();
}

/// From one shape of the same colours to another no colours are converted either: luma stays to the bit.
#[test]
fn another_format_of_the_same_colours_keeps_the_samples() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (luma, _) = samples();
    for (format, colorimetry) in SURFACES {
        let same = match colorimetry {
            "" => String::new(),
            name => format!(",colorimetry={name}"),
        };
        for middle in [
            format!("nvmmtransform ! video/x-raw,format=I420{same}"),
            format!(
                "nvmmtransform ! video/x-raw ! nvmmtransform ! {NVMM},format=I420{same} ! \
                 nvmmtransform ! video/x-raw,format=NV12{same}"
            ),
        ] {
            // Said by nobody, a variant's colours are gone in system memory.
            if colorimetry.is_empty() && format != ColorFormat::NV12 && middle.contains("NVMM") {
                continue;
            }
            let what = format!("{format} {colorimetry:?}: {middle}");
            let peer = peer(format, false);
            let mut through = Through::new(&middle, &caps("NV12", colorimetry));
            let picture = through.push(peer.buffer(0)).expect(&what);
            assert!(picture.data[..WIDTH * HEIGHT] == luma, "{what}");
            let chroma = &picture.data[WIDTH * HEIGHT..];
            assert!(chroma.iter().all(|byte| [90, 180].contains(byte)), "{what}");
            drop((through, peer));
        }
    }
    usage.assert_clean();
}

/// From system memory, too, whatever has a surface format for these colours and what has none.
#[test]
fn what_comes_from_system_memory_keeps_its_samples_as_well() {
    let _guard = exclusive();
    let usage = Usage::start();
    for format in ["I420", "YUY2", "Y444", "NV21", "UYVY"] {
        for colours in ["bt709", "bt601", "bt2020", "1:4:0:0"] {
            let source = format!(
                "videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xffc83c28 ! \
                 video/x-raw,format={format},width=64,height=48,colorimetry={colours}"
            );
            let to = format!("format=NV12,colorimetry={colours}");
            let frames = |middle: &str| {
                let line = format!("{source} ! {middle} ! video/x-raw,{to} ! appsink name=out");
                nvmm_pipelines::frames(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
            };
            let ours = frames(&format!("nvmmtransform ! {NVMM},{to} ! nvmmtransform"));
            let theirs = frames("videoconvert");
            assert_eq!(ours.len(), 1);
            assert!(
                ours == theirs,
                "{format} {colours}: {:?}",
                &ours[0].data[..8]
            );
        }
    }
    usage.assert_clean();
}

/// Red, green and blue of limited or full range YUV, by the weights of red and blue of the standards.
fn rgb([y, u, v]: [u8; 3], kr: f64, kb: f64, is_full: bool) -> [f64; 3] {
    let [y, u, v] = [y, u, v].map(f64::from);
    let (y, chroma) = match is_full {
        true => (y, 1.),
        false => ((y - 16.) * 255. / 219., 255. / 224.),
    };
    let [u, v] = [u, v].map(|c| (c - 128.) * chroma);
    let red = y + 2. * (1. - kr) * v;
    let blue = y + 2. * (1. - kb) * u;
    let green = (y - kr * red - kb * blue) / (1. - kr - kb);
    [red, green, blue].map(|c| c.clamp(0., 255.))
}

#[test]
fn a_conversion_is_by_the_surface_s_own_colours() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (luma, [u, v]) = samples();
    for (format, kr, kb, is_full) in [
        (ColorFormat::NV12, 0.299, 0.114, false),
        (ColorFormat::NV12_ER, 0.299, 0.114, true),
        (ColorFormat::NV12_709, 0.2126, 0.0722, false),
        (ColorFormat::NV12_709_ER, 0.2126, 0.0722, true),
        (ColorFormat::NV12_2020, 0.2627, 0.0593, false),
    ] {
        for colorimetry in ["", "bt601", "bt709", "bt2020"] {
            for middle in [
                format!("nvmmtransform ! {NVMM},format=RGBA ! nvmmtransform ! video/x-raw"),
                "nvmmtransform ! video/x-raw,format=RGBA".into(),
            ] {
                let peer = peer(format, false);
                let mut through = Through::new(&middle, &caps("NV12", colorimetry));
                let picture = through.push(peer.buffer(0)).expect("a picture");
                let mut worst = 0_f64;
                for (pixel, y) in picture.data.chunks(4).zip(&luma) {
                    let expected = rgb([*y, u, v], kr, kb, is_full);
                    for (found, expected) in pixel.iter().zip(expected) {
                        worst = worst.max((f64::from(*found) - expected).abs());
                    }
                }
                assert!(worst <= 2., "{format} {colorimetry} {middle}: {worst}");
                drop((through, peer));
            }
        }
    }
    usage.assert_clean();
}
