//! Block-linear surfaces of peers: kernels get at them as they are, the CPU does not.

#[allow(dead_code, reason = "what one test launches needs not all of it")]
#[path = "../../../gst-nvmm/plugin/src/kernel.rs"]
mod kernel;

use gst_nvmm::egl_cuda::cust::{launch, memory::DeviceCopy};
use gst_nvmm::egl_cuda::{Kernel, PlaneData};
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{NvmmFrame, Session};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{Peer, Picture, Pipeline, Usage, assert_near, compositor_error, exclusive};

const FRAMES: u64 = 20;

/// One input: its surfaces, and how they lie in the output.
struct Layer {
    format: VideoFormat,
    size: (u32, u32),
    place: &'static str,
    is_block_linear: bool,
}

impl Layer {
    fn caps(&self) -> gst::Caps {
        let info = VideoInfo::builder(self.format, self.size.0, self.size.1);
        let info = info.fps(gst::Fraction::new(30, 1)).build().expect("info");
        info.to_caps().expect("caps")
    }

    /// Surfaces to push round and round.
    fn peer(&self) -> Peer {
        let format = match self.format {
            VideoFormat::Rgba => ColorFormat::RGBA,
            _ => ColorFormat::BGRX,
        };
        let new = if self.is_block_linear {
            Peer::block_linear
        } else {
            Peer::new
        };
        new(3, self.size.0, self.size.1, format)
    }

    /// A byte of a frame. Each differs from its neighbours in every direction, and from the last frame.
    fn byte(&self, frame: u64, x: usize, y: usize) -> u8 {
        match (self.format, x % 4) {
            (VideoFormat::Bgrx, 3) => 255,
            _ => (x * 7 + y * 13 + frame as usize * 29 + self.size.0 as usize) as u8,
        }
    }

    /// The frame in system memory.
    fn buffer(&self, frame: u64) -> gst::Buffer {
        let row = self.size.0 as usize * 4;
        let bytes = (0..row * self.size.1 as usize).map(|i| self.byte(frame, i % row, i / row));
        gst::Buffer::from_mut_slice(bytes.collect::<Vec<_>>())
    }
}

/// Mixes the frames that `buffer` gives for a layer and a number.
fn mixed(
    mixer: &str,
    layers: &[Layer],
    caps: impl Fn(&Layer) -> gst::Caps,
    buffer: impl Fn(usize, u64) -> gst::Buffer,
) -> Vec<Picture> {
    let mut line = format!("{mixer} ! video/x-raw,format=RGBA ! appsink name=out sync=false ");
    for (i, layer) in layers.iter().enumerate() {
        let place = layer.place.split_whitespace();
        let place: String = place.map(|p| format!("sink_{i}::{p} ")).collect();
        line = line.replacen("name=mix ", &format!("name=mix {place}"), 1);
        line.push_str(&format!(
            "appsrc name=in{i} format=time ! queue ! mix.sink_{i} "
        ));
    }
    let pipeline = Pipeline::parse(&line).expect("a pipeline");
    let sources: Vec<gst_app::AppSrc> = (0..layers.len())
        .map(|i| pipeline.get(&format!("in{i}")))
        .collect();
    let sink = pipeline.get("out");
    for (source, layer) in sources.iter().zip(layers) {
        source.set_caps(Some(&caps(layer)));
    }
    pipeline.set(gst::State::Playing).expect("it starts");
    let mut pictures = Vec::new();
    for frame in 0..FRAMES {
        for (i, source) in sources.iter().enumerate() {
            let mut buffer = buffer(i, frame);
            let length = gst::ClockTime::SECOND / 30;
            let buffer_mut = buffer.get_mut().expect("just made");
            buffer_mut.set_pts(length * frame);
            buffer_mut.set_duration(length);
            source.push_buffer(buffer).expect("it takes buffers");
        }
        // The picture of this frame before the surfaces are filled anew.
        let picture = pipeline.picture(&sink).expect("it runs");
        pictures.push(picture.expect("a picture"));
    }
    pictures
}

fn compare(what: &str, layers: &[Layer]) -> Vec<Picture> {
    let usage = Usage::start();
    let peers: Vec<_> = layers.iter().map(Layer::peer).collect();
    let ours = mixed(
        "nvmmoverlay name=mix ! nvmmtransform",
        layers,
        |layer| gst_nvmm::with_nvmm(&layer.caps()),
        |i, frame| {
            let index = frame as usize;
            peers[i].fill(index, |x, y| layers[i].byte(frame, x, y));
            peers[i].buffer(index)
        },
    );
    let reference = mixed(
        "compositor name=mix background=black",
        layers,
        Layer::caps,
        |i, frame| layers[i].buffer(frame),
    );
    let tolerance = 1 + layers.len().min(2) as u8 * compositor_error();
    let worst = assert_near(&ours, &reference, tolerance, what);
    println!("{what}: {} frames, {worst:?}", ours.len());
    assert_eq!(worst.alpha, 0, "{what}: alpha");
    // One object for each registration of a block-linear surface, of which there are two until it is seen
    // that the surfaces come again (tests/foreign.rs); none for a frame.
    let tiled = layers.iter().filter(|layer| layer.is_block_linear).count() as u64;
    let objects = usage.calls("cuSurfObjectCreate");
    assert!(
        (3 * tiled..=6 * tiled).contains(&objects),
        "{what}: {objects}"
    );
    assert_eq!(usage.count("launches"), FRAMES, "{what}");
    drop(peers);
    assert_eq!(usage.calls("cuSurfObjectDestroy"), objects, "{what}");
    usage.assert_clean();
    ours
}

#[test]
fn the_overlay_reads_block_linear_surfaces_where_they_are() {
    let _guard = exclusive();
    let layer = |format, size, place, is_block_linear| Layer {
        format,
        size,
        place,
        is_block_linear,
    };
    let (rgba, bgrx) = (VideoFormat::Rgba, VideoFormat::Bgrx);
    let whole = |is_block_linear| layer(bgrx, (160, 120), "zorder=0", is_block_linear);
    let one = compare("one", &[layer(rgba, (160, 120), "", true)]);
    let two = compare(
        "two",
        &[
            whole(true),
            // Odd sizes, and partly outside.
            layer(rgba, (83, 61), "xpos=90 ypos=-7 alpha=0.37 zorder=1", true),
        ],
    );
    // The places count, and the frames are not all the same.
    assert_eq!((one[0].width, two[0].width), (160, 90 + 83));
    assert_ne!(one[0].data, one[1].data);
    for tiled in [false, true] {
        compare(
            "with pitch-linear ones",
            &[
                whole(tiled),
                layer(
                    rgba,
                    (64, 48),
                    "xpos=-11 ypos=33 alpha=0.8 zorder=1",
                    !tiled,
                ),
            ],
        );
    }
}

// SAFETY: integers only, and the kernel's parameter byte by byte.
unsafe impl DeviceCopy for kernel::OverlayParams {}

/// The elements' own pools make rows only, so the kernel is launched by hand.
#[test]
fn the_kernel_writes_a_block_linear_surface_where_it_is() {
    use kernel::{
        BLOCK, LAYER_OWN_ALPHA, LAYER_SURFACE, LAYER_SWAP, Layer, MAX_LAYERS, OVERLAY_KEEP,
        OVERLAY_SURFACE, OverlayParams,
    };
    const PTX: &str = include_str!("../../../gst-nvmm/plugin/kernels/overlay.ptx");
    let _guard = exclusive();
    let usage = Usage::start();
    let session = Session::new().expect("a device");
    let overlay = Kernel::from_ptx(session.context(), PTX, "nvmm_overlay").expect("a kernel");
    let frame = |peer: &Peer, format, (width, height)| {
        let info = VideoInfo::builder(format, width, height).build();
        let info = info.expect("info");
        NvmmFrame::new(peer.buffer(0), &info, session.context()).expect("a frame")
    };
    let (size, small) = ((61, 47), (20, 10));
    let target = Peer::block_linear(1, size.0, size.1, ColorFormat::BGRX);
    let source = Peer::block_linear(1, small.0, small.1, ColorFormat::RGBA);
    target.fill(0, |_, _| 0xee);
    // Every other pixel is opaque, those between are not there.
    source.fill(0, |x, y| match x % 8 {
        3 => 255,
        7 => 0,
        _ => (x * 5 + y * 11) as u8,
    });
    let output = frame(&target, VideoFormat::Bgrx, size);
    let input = frame(&source, VideoFormat::Rgba, small);
    let data = output.plane(0).expect("a plane").data;
    assert!(matches!(data, PlaneData::Array(_)), "{data:?}");
    let mut params = OverlayParams {
        output: output.surface_object(0).expect("a surface object"),
        pitch: 0,
        width: size.0,
        height: size.1,
        num_layers: 0,
        flags: OVERLAY_SURFACE,
        background: u32::from_le_bytes([1, 2, 3, 4]),
        layers: [Layer::EMPTY; MAX_LAYERS],
    };
    params.layers[0] = Layer {
        data: input.surface_object(0).expect("a surface object"),
        x: 50,
        y: -3,
        width: small.0,
        height: small.1,
        alpha: 255,
        flags: LAYER_SURFACE | LAYER_OWN_ALPHA | LAYER_SWAP,
        ..Layer::EMPTY
    };
    let stream = session.stream();
    // First the background alone, then the layer over what is there.
    for (num_layers, flags) in [(0, 0), (1, OVERLAY_KEEP)] {
        params.num_layers = num_layers;
        params.flags = OVERLAY_SURFACE | flags;
        params.check().expect("sound");
        output.begin(stream).expect("a wait");
        input.begin(stream).expect("a wait");
        // SAFETY: the kernel takes one `OverlayParams`; the frames hold surfaces of these sizes, and
        // live until the stream is done.
        unsafe { launch!(overlay<<<params.grid(), BLOCK, 0, stream>>>(params)) }.expect("a launch");
        stream.synchronize().expect("the kernel ran");
    }
    drop((output, input));
    let found = target.bytes(0);
    let row = size.0 as usize * 4;
    for (at, found) in found.chunks(4).enumerate() {
        let (x, y) = (at % size.0 as usize, at / size.0 as usize);
        let inside = x.checked_sub(50).filter(|x| x % 2 == 0).zip(Some(y + 3));
        let expected = match inside.filter(|(_, y)| *y < small.1 as usize) {
            Some((x, y)) => {
                let byte = |n: usize| ((x * 4 + n) * 5 + y * 11) as u8;
                [byte(2), byte(1), byte(0), 255]
            }
            None => [1, 2, 3, 255],
        };
        assert_eq!(found, expected, "{x}, {y}");
    }
    assert_eq!(found.len(), row * size.1 as usize);
    assert_eq!(usage.calls("cuSurfObjectCreate"), 2);
    drop((overlay, session, source, target));
    for name in ["violations", "unsynchronised", "unsupported"] {
        assert_eq!(usage.count(name), 0, "{name}");
    }
}

/// It says what to do instead. nvmmtransform lets the engine make rows of them.
#[test]
fn the_cpu_does_not_get_at_block_linear_surfaces() {
    let _guard = exclusive();
    let usage = Usage::start();
    let peer = Peer::block_linear(1, 64, 48, ColorFormat::RGBA);
    let info = VideoInfo::builder(VideoFormat::Rgba, 64, 48).build();
    let read = gst_nvmm::read_cpu(&peer.buffer(0), &info.expect("a picture"), |_| Ok(()));
    let error = read.expect_err("blocks are no rows").to_string();
    assert!(error.contains("bl-output=false"), "{error}");
    drop(peer);
    usage.assert_clean();
}
