//! Pictures without padding, to compare.

use std::sync::LazyLock;

use gst_video::{VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo};

/// One frame in system memory: the bytes that are pixels, row after row, plane after plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What the bytes are.
    pub format: VideoFormat,
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// When it is shown.
    pub pts: Option<gst::ClockTime>,
    /// The pixels.
    pub data: Vec<u8>,
}

impl Picture {
    /// Takes the pixels out of a sample.
    ///
    /// # Errors
    ///
    /// Caps that are no video, or a buffer that is not what they say.
    pub fn new(sample: &gst::Sample) -> Result<Self, String> {
        let caps = sample.caps().ok_or("a sample without caps")?;
        let info = VideoInfo::from_caps(caps).map_err(|e| e.to_string())?;
        let buffer = sample.buffer().ok_or("a sample without buffer")?;
        let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &info);
        let frame = frame.map_err(|e| e.to_string())?;
        let mut data = Vec::new();
        for plane in 0..frame.n_planes() {
            let (bytes, rows) = plane_size(&info, plane);
            let stride = usize::try_from(frame.plane_stride()[plane as usize])
                .map_err(|_| "a picture upside down")?;
            let source = frame.plane_data(plane).map_err(|e| e.to_string())?;
            for row in source.chunks(stride).take(rows) {
                data.extend_from_slice(row.get(..bytes).ok_or("a short row")?);
            }
        }
        Ok(Self {
            format: info.format(),
            width: info.width() as usize,
            height: info.height() as usize,
            pts: buffer.pts(),
            data,
        })
    }

    /// The four bytes of a pixel of a packed format.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        let at = (y * self.width + x) * 4;
        let mut pixel = [0; 4];
        pixel.copy_from_slice(&self.data[at..at + 4]);
        pixel
    }
}

/// Bytes per row and rows of a plane: its first component's pixels.
fn plane_size(info: &VideoInfo, plane: u32) -> (usize, usize) {
    let format = info.format_info();
    let planes = format.plane();
    let component = planes.iter().position(|p| *p == plane).unwrap_or(0);
    let width = usize::try_from(info.comp_width(component as u8)).unwrap_or(0);
    let height = usize::try_from(info.comp_height(component as u8)).unwrap_or(0);
    let step = usize::try_from(info.comp_pstride(component as u8)).unwrap_or(0);
    (width * step, height)
}

/// The largest difference of a byte, and how many differ by more than 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worst {
    /// In colour bytes.
    pub colour: u8,
    /// Colour bytes that differ at all.
    pub differing: usize,
    /// In the fourth byte of packed formats.
    pub alpha: u8,
}

/// Compares two pictures of a packed 32 bit format, byte by byte.
///
/// # Panics
///
/// When they are not of one shape.
pub fn worst(a: &Picture, b: &Picture) -> Worst {
    assert_eq!(
        (a.format, a.width, a.height, a.data.len()),
        (b.format, b.width, b.height, b.data.len())
    );
    let mut worst = Worst::default();
    for (i, (a, b)) in a.data.iter().zip(&b.data).enumerate() {
        let difference = a.abs_diff(*b);
        if i % 4 == 3 {
            worst.alpha = worst.alpha.max(difference);
        } else {
            worst.colour = worst.colour.max(difference);
            worst.differing += usize::from(difference > 0);
        }
    }
    worst
}

/// Whether this GStreamer's compositor is a judge of which frame is shown. That of 1.18 is a frame early or late where
/// rates or caps change; ours are the same with 1.18 and 1.22.
pub fn compositor_keeps_time() -> bool {
    gst::version() >= (1, 20, 0, 0)
}

/// How far this GStreamer's compositor may be from exact arithmetic in a translucent layer, beyond
/// rounding: 0 for one that rounds (seen: 1.22), 2 for one that cuts off at each step (seen: 1.26).
pub fn compositor_error() -> u8 {
    static ERROR: LazyLock<u8> = LazyLock::new(|| {
        // 200 times 1/255 is 0.78.
        let line = "videotestsrc num-buffers=1 pattern=solid-color foreground-color=0x01c86432 \
                    ! video/x-raw,format=RGBA,width=16,height=16 ! compositor background=black \
                    ! video/x-raw,format=RGBA ! appsink name=out";
        let pictures = crate::frames(line).expect("GStreamer's own elements run");
        if pictures[0].pixel(0, 0)[0] == 1 {
            0
        } else {
            2
        }
    });
    *ERROR
}

/// Fails unless both have the same number of frames at the same times with the same colours, within
/// `tolerance`. Gives the worst difference of all.
///
/// # Panics
///
/// When they differ.
pub fn assert_near(ours: &[Picture], reference: &[Picture], tolerance: u8, what: &str) -> Worst {
    let times = |all: &[Picture]| all.iter().map(|p| p.pts).collect::<Vec<_>>();
    let (here, there) = (times(ours), times(reference));
    // The compositor before GStreamer 1.20 rounds its times; later ones cut them off, as we do.
    let near = |(a, b): (&Option<gst::ClockTime>, &Option<gst::ClockTime>)| match (a, b) {
        (Some(a), Some(b)) => a.nseconds().abs_diff(b.nseconds()) <= 1,
        _ => a == b,
    };
    assert!(
        here.len() == there.len() && here.iter().zip(&there).all(near),
        "{what}: frames and times: {here:?}, {there:?}"
    );
    let mut all = Worst::default();
    for (i, (a, b)) in ours.iter().zip(reference).enumerate() {
        let one = worst(a, b);
        assert!(one.colour <= tolerance, "{what}: frame {i}: {one:?}");
        all = Worst {
            colour: all.colour.max(one.colour),
            differing: all.differing + one.differing,
            alpha: all.alpha.max(one.alpha),
        };
    }
    all
}
