//! Buffers of libnvbuf_utils on whatever platform the runner gives: the simulator, or a Jetson.
//!
//! Where a release has no libnvbuf_utils, or lacks a function, the tests of it assert the error that
//! says so.

mod buffer;
mod composite;
mod either;
mod engine;
mod forms;
mod map;
mod opaque;
mod sync_points;

use nvbuf::legacy::{MapPtr, NvBuffer, Pending, Session, Transform};
use nvbuf::sys::LegacyLibrary;
use nvbuf::{Access, ColorFormat, ErrorKind};

/// The process's library; `None` where the release has none, and asking for a buffer says so.
pub(crate) fn library() -> Option<&'static LegacyLibrary> {
    if let Ok(library) = LegacyLibrary::get() {
        return Some(library);
    }
    let error = NvBuffer::builder(64, 48).build().expect_err("no library");
    assert_eq!(error.kind(), ErrorKind::Load, "{error}");
    let text = error.to_string();
    assert!(text.contains("libnvbuf_utils ended with R35.2"), "{text}");
    // Beside libnvbufsurface of these releases there is none; anything else is a mistake.
    nvbuf::sys::Library::get().expect("libnvbufsurface; run tests through ci/sim.sh");
    None
}

/// Whether the release has a function; where not, `result` is the error that names it.
pub(crate) fn has<T: std::fmt::Debug>(symbol: &str, result: &nvbuf::Result<T>) -> bool {
    let functions = LegacyLibrary::get().unwrap().functions();
    if functions.has(symbol) {
        return true;
    }
    let error = result.as_ref().expect_err(symbol);
    assert_eq!(error.kind(), ErrorKind::Load, "{error}");
    assert!(
        error.to_string().contains(&format!("has no {symbol}")),
        "{error}"
    );
    false
}

/// Whether the release has transforms, compositions and raw copies: not R28.1.
pub(crate) fn has_engine() -> bool {
    let (from, to) = (rgba(64, 48), rgba(64, 48));
    let result = Transform::new().run(&from, &to);
    has("NvBufferTransform", &result)
}

pub(crate) fn rgba(width: u32, height: u32) -> NvBuffer<'static> {
    NvBuffer::builder(width, height).build().unwrap()
}

pub(crate) fn of_format(format: ColorFormat) -> NvBuffer<'static> {
    NvBuffer::builder(64, 48).format(format).build().unwrap()
}

/// Gives every pixel of a plane what a function of its column and row says.
pub(crate) fn paint(buffer: &NvBuffer<'_>, plane: usize, pixel: impl Fn(usize, usize) -> [u8; 4]) {
    let map = buffer.map_plane_ptr(plane, Access::Write).unwrap();
    let mapped = map.plane(plane).unwrap();
    let p = mapped.params;
    let bytes_per_pixel = p.bytes_per_pixel as usize;
    for y in 0..p.height as usize {
        for x in 0..p.width as usize {
            let value = pixel(x, y);
            let place = mapped
                .data
                .as_ptr()
                .wrapping_add(y * p.pitch as usize + x * bytes_per_pixel);
            // SAFETY: a pixel of the mapped plane, which nobody else looks at now.
            unsafe { place.copy_from_nonoverlapping(value.as_ptr(), bytes_per_pixel) };
        }
    }
    map.unmap().unwrap();
}

/// The rows of a plane without padding.
pub(crate) fn rows(buffer: &NvBuffer<'_>, plane: usize) -> Vec<Vec<u8>> {
    let map = buffer.map_plane_ptr(plane, Access::Read).unwrap();
    let mapped = map.plane(plane).unwrap();
    let p = mapped.params;
    // SAFETY: `byte_len` bytes are mapped, and nobody writes them now.
    let bytes = unsafe { std::slice::from_raw_parts(mapped.data.as_ptr(), p.byte_len()) };
    bytes
        .chunks(p.pitch as usize)
        .map(|row| row[..p.row_bytes()].to_vec())
        .collect()
}

pub(crate) fn pixel(buffer: &NvBuffer<'_>, x: usize, y: usize) -> [u8; 4] {
    rows(buffer, 0)[y][4 * x..4 * x + 4].try_into().unwrap()
}

pub(crate) fn assert_invalid<T: std::fmt::Debug>(result: nvbuf::Result<T>, text: &str) {
    let error = result.expect_err(text);
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains(text), "{text}: {error}");
}

pub(crate) const RED: [u8; 4] = [255, 0, 0, 255];
pub(crate) const BLUE: [u8; 4] = [0, 0, 255, 255];

const fn assert_send_sync<T: Send + Sync>() {}
const _: () = {
    assert_send_sync::<NvBuffer<'static>>();
    assert_send_sync::<nvbuf::legacy::EglImage>();
    assert_send_sync::<Session>();
    assert_send_sync::<Pending>();
    assert_send_sync::<nvbuf::legacy::SyncPoint>();
    assert_send_sync::<MapPtr<'static>>();
};
