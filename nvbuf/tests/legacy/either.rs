//! Buffers of both libraries by what they have in common.

use std::sync::Arc;

use nvbuf::{ColorFormat, ErrorKind, Layout, Surface, VideoBuffer};

use super::{assert_invalid, library, of_format};

/// What code needs that takes buffers of either library.
fn picture<B: VideoBuffer>(buffer: &Arc<B>) -> (ColorFormat, Vec<(u32, u32, usize)>) {
    let image = buffer.map_egl_image(0).unwrap();
    assert_ne!(B::egl_image_ptr(&image).addr().get(), 0);
    assert_eq!(Arc::strong_count(buffer), 2, "the image keeps it");
    assert_eq!(buffer.num_buffers(), 1);
    assert_eq!(buffer.layout(0).unwrap(), Layout::PITCH);
    for result in [
        buffer.map_egl_image(1).map(|_| ()),
        buffer.planes(1).map(|_| ()),
        buffer.color_format(1).map(|_| ()),
        buffer.layout(1).map(|_| ()),
    ] {
        assert_invalid(result, "buffer 1");
    }
    let planes = buffer.planes(0).unwrap().iter();
    let planes = planes.map(|p| (p.width, p.height, p.row_bytes())).collect();
    (buffer.color_format(0).unwrap(), planes)
}

#[test]
fn code_that_needs_planes_and_an_egl_image_takes_either_kind() {
    let expected = (ColorFormat::NV12, vec![(64, 48, 64), (32, 24, 64)]);
    let mut tried = 0;
    if library().is_some() {
        assert_eq!(picture(&Arc::new(of_format(ColorFormat::NV12))), expected);
        tried += 1;
    }
    // R28 has no libnvbufsurface.
    match Surface::builder(64, 48).format(ColorFormat::NV12).build() {
        Ok(surface) => {
            assert_eq!(picture(&Arc::new(surface)), expected);
            tried += 1;
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::Load, "{error}"),
    }
    assert!(tried >= 1);
}
