//! Buffers of libnvbuf_utils on whatever platform the runner gives: the simulator, or a Jetson.
//!
//! Where a release has no libnvbuf_utils, or lacks a function, the tests of it assert the error that
//! says so.

use std::os::fd::{AsFd, AsRawFd};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use nvbuf::legacy::{
    Composite, EglImage, ExtractedFd, FdRule, Filter, Flip, Layer, MAX_LAYERS, NvBuffer, Payload,
    Rect, Session, Tag, Transform,
};
use nvbuf::sys::{LegacyLibrary, Numbering};
use nvbuf::{Access, ColorFormat, Error, ErrorKind, Layout, Surface, VideoBuffer};

/// The process's library; `None` where the release has none, and asking for a buffer says so.
fn library() -> Option<&'static LegacyLibrary> {
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
fn has<T: std::fmt::Debug>(symbol: &str, result: &nvbuf::Result<T>) -> bool {
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
fn has_engine() -> bool {
    let (from, to) = (rgba(64, 48), rgba(64, 48));
    let result = Transform::new().run(&from, &to);
    has("NvBufferTransform", &result)
}

fn rgba(width: u32, height: u32) -> NvBuffer<'static> {
    NvBuffer::builder(width, height).build().unwrap()
}

fn of_format(format: ColorFormat) -> NvBuffer<'static> {
    NvBuffer::builder(64, 48).format(format).build().unwrap()
}

/// Gives every pixel of a plane what a function of its column and row says.
fn paint(buffer: &NvBuffer<'_>, plane: usize, pixel: impl Fn(usize, usize) -> [u8; 4]) {
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
fn rows(buffer: &NvBuffer<'_>, plane: usize) -> Vec<Vec<u8>> {
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

fn pixel(buffer: &NvBuffer<'_>, x: usize, y: usize) -> [u8; 4] {
    rows(buffer, 0)[y][4 * x..4 * x + 4].try_into().unwrap()
}

fn assert_invalid<T: std::fmt::Debug>(result: nvbuf::Result<T>, text: &str) {
    let error = result.expect_err(text);
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains(text), "{text}: {error}");
}

const RED: [u8; 4] = [255, 0, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];

#[test]
fn planes_are_what_the_format_has() {
    let Some(library) = library() else { return };
    let mut tried = 0;
    for (format, sizes) in [
        (ColorFormat::RGBA, vec![(64, 48, 4)]),
        (ColorFormat::BGRX, vec![(64, 48, 4)]),
        (ColorFormat::UYVY, vec![(64, 48, 2)]),
        (ColorFormat::NV12, vec![(64, 48, 1), (32, 24, 2)]),
        (ColorFormat::NV12_10LE, vec![(64, 48, 2), (32, 24, 4)]),
        (ColorFormat::GRAY8, vec![(64, 48, 1)]),
        (
            ColorFormat::YUV420,
            vec![(64, 48, 1), (32, 24, 1), (32, 24, 1)],
        ),
    ] {
        let built = NvBuffer::builder(64, 48).format(format).build();
        let Some(number) = format.to_legacy(library.numbering()) else {
            assert_invalid(built, "has no such format");
            continue;
        };
        let buffer = built.unwrap();
        let params = buffer.params();
        let planes: Vec<_> = params
            .planes()
            .iter()
            .map(|plane| (plane.width, plane.height, plane.bytes_per_pixel))
            .collect();
        assert_eq!(planes, sizes, "{format}");
        assert_eq!(params.color_format(), format);
        assert_eq!(params.legacy_format(), number);
        assert_eq!(params.layout(), Layout::PITCH);
        assert_eq!(params.payload(), Payload::SURF_ARRAY);
        assert_eq!((params.width(), params.height()), (64, 48));
        let ends = params.planes().windows(2);
        for pair in ends.map(|pair| (pair[0].offset + pair[0].size, pair[1].offset)) {
            assert!(
                pair.0 <= pair.1,
                "{format}: planes lie one behind the other"
            );
        }
        tried += 1;
    }
    assert!(tried >= 5, "{tried} formats");
}

#[test]
fn every_format_of_the_release_allocates_or_is_an_error_of_the_library() {
    let Some(library) = library() else { return };
    let mut allocated = 0;
    for format in (1..=200).map(ColorFormat) {
        let built = NvBuffer::builder(64, 48).format(format).build();
        if format.to_legacy(library.numbering()).is_none() {
            assert_invalid(built, "no such format");
            continue;
        }
        match built {
            Ok(buffer) => {
                assert_eq!(buffer.params().color_format(), format);
                buffer.map_ptr(Access::Write).unwrap().unmap().unwrap();
                allocated += 1;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Call, "{error}"),
        }
    }
    assert!(allocated >= 11, "{allocated} formats: R28 has 11");
}

#[test]
fn what_is_written_is_read_again() {
    if library().is_none() {
        return;
    }
    let mut buffer = of_format(ColorFormat::NV12);
    let mut map = buffer.map_mut().unwrap();
    for plane in 0..2 {
        let (pixels, p) = map.plane_mut(plane).unwrap();
        assert_eq!(pixels.len(), p.byte_len());
        for (y, row) in pixels.chunks_mut(p.pitch as usize).enumerate() {
            row[..p.row_bytes()].fill((16 * plane + y) as u8);
        }
    }
    map.unmap().unwrap();
    let map = buffer.map().unwrap();
    for plane in 0..2 {
        let (pixels, p) = map.plane(plane).unwrap();
        for (y, row) in pixels.chunks(p.pitch as usize).enumerate() {
            let expected = (16 * plane + y) as u8;
            assert!(
                row[..p.row_bytes()].iter().all(|b| *b == expected),
                "{plane} {y}"
            );
        }
    }
    map.unmap().unwrap();
    // One plane alone.
    let mut map = buffer.map_plane_mut(1).unwrap();
    assert_invalid(map.plane_mut(0).map(|_| ()), "not mapped here");
    map.plane_mut(1).unwrap().0[0] = 99;
    map.unmap().unwrap();
    let map = buffer.map_plane(1).unwrap();
    assert_eq!(map.plane(1).unwrap().0[..2], [99, 16]);
    assert_invalid(map.plane(0).map(|_| ()), "not mapped here");
    drop(map);
    assert_invalid(buffer.map_plane(2).map(|_| ()), "plane 2 of 2");
    assert_invalid(
        buffer.map_plane_ptr(usize::MAX, Access::Read).map(|_| ()),
        "of 2",
    );
}

#[test]
fn mappings_that_exclude_each_other_are_refused_plane_by_plane() {
    if library().is_none() {
        return;
    }
    let buffer = of_format(ColorFormat::NV12);
    let busy = |result: nvbuf::Result<_>| {
        let error: Error = result
            .map(|_: nvbuf::legacy::MapPtr<'_>| ())
            .expect_err("busy");
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    };
    let first = buffer.map_ptr(Access::Read).unwrap();
    assert_eq!(first.num_planes(), 2);
    let second = buffer.map_plane_ptr(0, Access::Read).unwrap();
    assert_eq!(second.num_planes(), 1);
    assert_eq!(first.plane(0).unwrap().data, second.plane(0).unwrap().data);
    busy(buffer.map_ptr(Access::Write));
    drop(first);
    busy(buffer.map_plane_ptr(0, Access::Write));
    // The other plane is free.
    let writer = buffer.map_plane_ptr(1, Access::Write).unwrap();
    busy(buffer.map_plane_ptr(1, Access::Read));
    // All or nothing: plane 0 could be mapped, and is not.
    busy(buffer.map_ptr(Access::Read));
    second.unmap().unwrap();
    writer.unmap().unwrap();
    buffer.map_ptr(Access::Write).unwrap().unmap().unwrap();
}

#[test]
fn a_shared_buffer_gives_pointers_and_no_slices() {
    if library().is_none() {
        return;
    }
    let share: [fn(&Arc<NvBuffer<'static>>); 3] = [
        |buffer| assert!(buffer.as_fd().as_raw_fd() > 2),
        |buffer| assert!(!buffer.as_ptr().is_null()),
        |buffer| drop(EglImage::map(buffer).unwrap()),
    ];
    for share in share {
        let mut buffer = Arc::new(rgba(16, 16));
        Arc::get_mut(&mut buffer)
            .unwrap()
            .map()
            .unwrap()
            .unmap()
            .unwrap();
        share(&buffer);
        let alone = Arc::get_mut(&mut buffer).unwrap();
        assert_invalid(alone.map().map(|_| ()), "use map_ptr");
        assert_invalid(alone.map_mut().map(|_| ()), "use map_ptr");
        assert_invalid(alone.map_plane(0).map(|_| ()), "use map_ptr");
        assert_invalid(alone.map_plane_mut(0).map(|_| ()), "use map_ptr");
        buffer.map_ptr(Access::Write).unwrap().unmap().unwrap();
    }
}

#[test]
fn a_borrowed_buffer_has_the_same_facts_and_pixels_and_is_not_destroyed() {
    if library().is_none() {
        return;
    }
    let owner = rgba(24, 12);
    paint(&owner, 0, |x, y| [x as u8, y as u8, 7, 255]);
    {
        let mut borrowed = NvBuffer::from_fd(owner.as_fd()).unwrap();
        assert_eq!(borrowed.params(), owner.params());
        assert_eq!(rows(&borrowed, 0), rows(&owner, 0));
        assert_invalid(borrowed.map().map(|_| ()), "use map_ptr");
        paint(&borrowed, 0, |_, _| BLUE);
    }
    assert_eq!(
        pixel(&owner, 23, 11),
        BLUE,
        "it lives, and is what was written"
    );
    assert!(owner.raw_size() > 0);
}

#[test]
fn bad_requests_are_refused_before_the_library_sees_them() {
    for (builder, text) in [
        (NvBuffer::builder(0, 10), "0x10"),
        (NvBuffer::builder(10, 0), "10x0"),
        (NvBuffer::builder(32769, 2), "32769x2"),
        (NvBuffer::builder(u32::MAX, u32::MAX), "sides are 1 to"),
        (
            NvBuffer::builder(16, 16).layout(Layout(7)),
            "pitch or block linear",
        ),
        (NvBuffer::memory_builder(0), "0 bytes"),
        (NvBuffer::memory_builder(u32::MAX), "bytes"),
    ] {
        assert_invalid(builder.build(), text);
    }
    if library().is_some() {
        for format in [ColorFormat::INVALID, ColorFormat::RGB, ColorFormat(4711)] {
            let built = NvBuffer::builder(16, 16).format(format).build();
            assert_invalid(built, "no such format");
        }
    }
}

#[test]
fn tags_and_raw_memory_are_where_the_release_has_them() {
    if library().is_none() {
        return;
    }
    let tagged = NvBuffer::builder(32, 16).tag(Tag::VIDEO_CONVERT).build();
    if !has("NvBufferCreateEx", &tagged) {
        let bytes = NvBuffer::memory_builder(5000).build();
        assert!(!has("NvBufferCreateEx", &bytes));
        return;
    }
    assert_eq!(
        tagged.unwrap().params().planes(),
        rgba(32, 16).params().planes()
    );
    let mut bytes = NvBuffer::memory_builder(5000)
        .tag(Tag::VIDEO_ENC)
        .build()
        .unwrap();
    let params = *bytes.params();
    assert_eq!(params.payload(), Payload::MEM_HANDLE);
    assert_eq!(params.color_format(), ColorFormat::INVALID);
    assert_eq!((params.width(), params.height()), (5000, 1));
    let mut map = bytes.map_mut().unwrap();
    map.plane_mut(0).unwrap().0.fill(3);
    map.unmap().unwrap();
    assert_eq!(bytes.map().unwrap().plane(0).unwrap().0, [3; 5000]);
    let bytes = Arc::new(bytes);
    assert_invalid(EglImage::map(&bytes).map(|_| ()), "without a picture");
    let picture = rgba(16, 16);
    assert_invalid(Transform::new().run(&bytes, &picture), "without a picture");
    assert_invalid(Transform::new().run(&picture, &bytes), "without a picture");
    let layer = [Layer::new(&bytes)];
    assert_invalid(Composite::new().run(&layer, &picture), "without a picture");
}

#[test]
fn a_block_linear_buffer_is_not_mapped() {
    if library().is_none() {
        return;
    }
    let builder = NvBuffer::builder(64, 64).format(ColorFormat::NV12);
    let buffer = builder.layout(Layout::BLOCK_LINEAR).build().unwrap();
    assert_eq!(buffer.params().layout(), Layout::BLOCK_LINEAR);
    assert_invalid(buffer.map_ptr(Access::Read).map(|_| ()), "tiles");
}

#[test]
fn the_opaque_block_leads_to_the_fd_by_the_rule_of_its_origin() {
    let Some(library) = library() else { return };
    let owner = rgba(24, 12);
    let block = NonNull::new(owner.as_ptr()).unwrap();
    // SAFETY: the block of `owner`, which lives.
    let extracted = unsafe { ExtractedFd::extract(block, FdRule::GiveBack) };
    if !has("ExtractFdFromNvBuffer", &extracted) {
        return;
    }
    let extracted = extracted.unwrap();
    {
        let buffer = NvBuffer::from_fd(extracted.as_fd()).unwrap();
        assert_eq!(buffer.params(), owner.params());
    }
    let fd = extracted.as_fd().as_raw_fd();
    extracted.give_back().unwrap();
    let release = library.functions().release_fd.unwrap();
    if let Some(simulator) = nvmm_sim_control::Simulator::loaded() {
        let calls = || simulator.counter("NvReleaseFd").unwrap();
        let before = calls();
        // SAFETY: as above.
        let kept = unsafe { ExtractedFd::extract(block, FdRule::Keep) }.unwrap();
        assert_eq!(kept.as_fd().as_raw_fd(), fd);
        kept.give_back().unwrap();
        assert_eq!(calls(), before, "the producer's");
        // SAFETY: as above.
        drop(unsafe { ExtractedFd::extract(block, FdRule::GiveBack) }.unwrap());
        assert_eq!(calls(), before + 1);
    }
    // What was kept is the producer's to give back.
    // SAFETY: it takes a number.
    assert_eq!(unsafe { release(fd) }, 0);
    let of_r28 = library.numbering() == Numbering::R28;
    assert_eq!(
        FdRule::of_memory("nvfilter").unwrap() == FdRule::GiveBack,
        of_r28
    );
    // The buffer is still there.
    owner.map_ptr(Access::Read).unwrap().unmap().unwrap();
}

#[test]
fn egl_images_are_independent_and_keep_the_buffer() {
    if library().is_none() {
        return;
    }
    let buffer = Arc::new(rgba(32, 32));
    let first = EglImage::map(&buffer).unwrap();
    // SAFETY: null is the library's own display.
    let second = unsafe { EglImage::map_on(&buffer, std::ptr::null_mut()) }.unwrap();
    assert_ne!(first.as_ptr(), second.as_ptr());
    drop(first);
    drop(buffer);
    assert_eq!(second.buffer().params().width(), 32);
}

#[test]
fn a_transform_crops_scales_flips_and_converts() {
    if library().is_none() || !has_engine() {
        return;
    }
    let from = rgba(64, 48);
    // Quadrants of four colours.
    let colour = |x: usize, y: usize| [200 * u8::from(x >= 32), 100 * u8::from(y >= 24), 50, 255];
    paint(&from, 0, colour);
    let nearest = || Transform::new().filter(Filter::NEAREST);
    // To twice the size, then left and right changed.
    let large = rgba(128, 96);
    nearest().run(&from, &large).unwrap();
    for (x, y) in [(0, 0), (63, 47), (64, 47), (63, 48), (127, 95)] {
        assert_eq!(pixel(&large, x, y), colour(x / 2, y / 2), "{x} {y}");
    }
    nearest().flip(Flip::FlipX).run(&from, &large).unwrap();
    assert_eq!(pixel(&large, 0, 0), colour(63, 0));
    assert_eq!(pixel(&large, 127, 95), colour(0, 47));
    // Nearest has the colours of the source alone; bilinear has others at the edges.
    let has_others = |buffer: &NvBuffer<'_>| {
        let pixels = rows(buffer, 0).concat();
        pixels.chunks(4).any(|pixel| !matches!(pixel[0], 0 | 200))
    };
    assert!(!has_others(&large));
    let smooth = Transform::new().filter(Filter::BILINEAR);
    smooth.run(&from, &large).unwrap();
    assert!(has_others(&large));
    // One quadrant to a part; the rest stays.
    paint(&large, 0, |_, _| RED);
    let part = nearest()
        .crop(Rect::new(32, 24, 32, 24))
        .place(Rect::new(10, 20, 16, 12));
    part.run(&from, &large).unwrap();
    assert_eq!(pixel(&large, 10, 20), colour(63, 47));
    assert_eq!(pixel(&large, 25, 31), colour(63, 47));
    for (x, y) in [(9, 20), (10, 19), (26, 31), (25, 32)] {
        assert_eq!(pixel(&large, x, y), RED, "{x} {y}");
    }
    // To NV12: BT.601, limited range, of a flat gray.
    paint(&from, 0, |_, _| [128, 128, 128, 255]);
    let nv12 = of_format(ColorFormat::NV12);
    nearest().run(&from, &nv12).unwrap();
    let luma = rows(&nv12, 0);
    let is_near = |value: u8, expected: u8| value.abs_diff(expected) <= 2;
    assert!(
        luma.iter().flatten().all(|y| is_near(*y, 126)),
        "{:?}",
        luma[0]
    );
    let chroma = rows(&nv12, 1);
    assert!(
        chroma.iter().flatten().all(|c| is_near(*c, 128)),
        "{:?}",
        chroma[0]
    );
}

#[test]
fn transforms_that_cannot_be_are_refused_before_the_library_sees_them() {
    if library().is_none() || !has_engine() {
        return;
    }
    let (from, to) = (rgba(64, 48), rgba(64, 48));
    let all = Transform::new;
    for (transform, text) in [
        (all().crop(Rect::new(0, 0, 0, 48)), "is empty"),
        (all().crop(Rect::new(1, 0, 32, 24)), "odd"),
        (all().place(Rect::new(0, 0, 33, 24)), "odd"),
        (all().crop(Rect::new(32, 0, 64, 48)), "not inside"),
        (all().place(Rect::new(0, 2, 64, 48)), "not inside"),
        (all().crop(Rect::new(0, 0, u32::MAX - 1, 2)), "not inside"),
        (all().crop(Rect::new(2, 0, u32::MAX - 1, 2)), "not inside"),
        (all().crop(Rect::new(0, 0, 2, 48)), "1/16 to 16"),
        (all().place(Rect::new(0, 0, 64, 2)), "1/16 to 16"),
        (all().filter(Filter(6)), "Filter(6)"),
    ] {
        assert_invalid(transform.run(&from, &to), text);
    }
    assert_invalid(all().run(&from, &from), "onto itself");
    let same = NvBuffer::from_fd(from.as_fd()).unwrap();
    assert_invalid(all().run(&from, &same), "onto itself");
    let busy = |result: nvbuf::Result<()>| {
        let error = result.expect_err("mapped");
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    };
    let reader = to.map_ptr(Access::Read).unwrap();
    busy(all().run(&from, &to));
    // To read a buffer that somebody reads is no matter.
    all().run(&to, &from).unwrap();
    drop(reader);
    let writer = from.map_ptr(Access::Write).unwrap();
    busy(all().run(&from, &to));
    drop(writer);
    all().run(&from, &to).unwrap();
}

#[test]
fn a_session_is_used_and_kept_where_the_release_has_them() {
    if library().is_none() || !has_engine() {
        return;
    }
    let session = Session::new();
    if !has("NvBufferSessionCreate", &session) {
        return;
    }
    let session = session.unwrap();
    let transform = Transform::new().session(&session);
    let composite = Composite::new().session(&session);
    drop(session);
    let (from, to) = (rgba(64, 48), rgba(64, 48));
    paint(&from, 0, |_, _| RED);
    transform.run(&from, &to).unwrap();
    assert_eq!(pixel(&to, 5, 5), RED);
    paint(&from, 0, |_, _| BLUE);
    composite.run(&[Layer::new(&from)], &to).unwrap();
    assert_eq!(pixel(&to, 5, 5), BLUE);
}

#[test]
fn a_transform_in_the_background_keeps_its_buffers_and_waits() {
    if library().is_none() || !has_engine() {
        return;
    }
    let (from, to) = (Arc::new(rgba(64, 48)), Arc::new(rgba(64, 48)));
    paint(&from, 0, |_, _| RED);
    let started = Transform::new().start(Arc::clone(&from), Arc::clone(&to));
    if !has("NvBufferTransformAsync", &started) {
        return;
    }
    started.unwrap().wait().unwrap();
    assert_eq!(pixel(&to, 63, 47), RED);
    paint(&from, 0, |_, _| BLUE);
    let session = Session::new().unwrap();
    let transform = Transform::new().session(&session);
    let mut pending = transform.start(Arc::clone(&from), Arc::clone(&to)).unwrap();
    drop((from, transform, session));
    assert_eq!(Arc::strong_count(&to), 2);
    pending.wait_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(Arc::strong_count(&to), 1, "given back once it is done");
    pending.wait_timeout(Duration::ZERO).unwrap();
    drop(pending);
    assert_eq!(pixel(&to, 63, 47), BLUE);
    let other = Arc::new(rgba(64, 48));
    // Dropping waits as well.
    drop(
        Transform::new()
            .start(Arc::clone(&to), Arc::clone(&other))
            .unwrap(),
    );
    assert_eq!(pixel(&other, 0, 0), BLUE);
    assert_invalid(
        Transform::new()
            .start(Arc::clone(&to), Arc::clone(&to))
            .map(|_| ()),
        "onto itself",
    );
}

#[test]
fn a_composition_places_and_blends() {
    let Some(library) = library() else { return };
    if !has_engine() {
        return;
    }
    let (red, blue, to) = (rgba(32, 32), rgba(32, 32), rgba(64, 48));
    paint(&red, 0, |_, _| RED);
    paint(&blue, 0, |_, _| BLUE);
    let layers = [
        Layer::new(&red).place(Rect::new(0, 0, 32, 32)),
        Layer::new(&blue)
            .crop(Rect::new(16, 0, 16, 16))
            .place(Rect::new(26, 14, 32, 32))
            .alpha(0.5),
    ];
    // The part that is cropped, and another that must not be seen.
    paint(&blue, 0, |x, y| if x >= 16 && y < 16 { BLUE } else { RED });
    let white = Composite::new().background([1., 1., 1.]);
    white.run(&layers, &to).unwrap();
    let near = |x, y, expected: [u8; 4]| {
        let seen = pixel(&to, x, y);
        let is_near = seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2);
        assert!(is_near, "{x} {y}: {seen:?}, not {expected:?}");
    };
    near(0, 0, RED);
    near(63, 0, [255; 4]);
    near(25, 14, RED);
    near(26, 13, RED);
    near(26, 14, [128, 0, 128, 255]);
    near(31, 31, [128, 0, 128, 255]);
    near(32, 14, [128, 128, 255, 255]);
    near(57, 45, [128, 128, 255, 255]);
    near(58, 45, [255; 4]);
    near(57, 46, [255; 4]);
    // Opaque, and as many as there may be.
    paint(&blue, 0, |_, _| BLUE);
    let many = [Layer::new(&blue); MAX_LAYERS];
    Composite::new().run(&many, &to).unwrap();
    near(63, 47, BLUE);
    let filtered = [Layer::new(&red).filter(Filter::BILINEAR)];
    let result = white.run(&filtered, &to);
    if library.numbering() >= Numbering::R32_6 {
        result.unwrap();
        near(63, 47, RED);
    } else {
        let error = result.expect_err("no filters");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        assert!(error.to_string().contains("came with R32.6"), "{error}");
    }
}

#[test]
fn compositions_that_cannot_be_are_refused_before_the_library_sees_them() {
    if library().is_none() || !has_engine() {
        return;
    }
    let (one, to) = (rgba(32, 32), rgba(64, 48));
    let layer = || Layer::new(&one);
    let black = Composite::new();
    assert_invalid(black.run(&[], &to), "0 layers");
    assert_invalid(black.run(&[layer(); MAX_LAYERS + 1], &to), "17 layers");
    for (bad, text) in [
        (layer().alpha(1.5), "alpha 1.5"),
        (layer().alpha(f32::NAN), "alpha NaN"),
        (layer().crop(Rect::new(0, 0, 34, 32)), "not inside"),
        (layer().place(Rect::new(2, 2, 31, 32)), "odd"),
        (layer().crop(Rect::new(0, 0, 2, 2)), "1/16 to 16"),
        (Layer::new(&to), "is the target"),
    ] {
        assert_invalid(black.run(&[layer(), bad], &to), text);
    }
    let colour = Composite::new().background([0., -1., 0.]);
    assert_invalid(colour.run(&[layer()], &to), "background");
    let _reader = to.map_ptr(Access::Read).unwrap();
    let error = black.run(&[layer()], &to).expect_err("mapped");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
}

#[test]
fn planes_go_out_and_in_without_padding() {
    if library().is_none() {
        return;
    }
    let buffer = of_format(ColorFormat::NV12);
    let pixels: Vec<u8> = (0..64 * 24).map(|i| (i * 7 % 251) as u8).collect();
    let result = buffer.write_plane(1, &pixels);
    if !has("Raw2NvBuffer", &result) {
        return;
    }
    result.unwrap();
    assert_eq!(rows(&buffer, 1).concat(), pixels);
    let mut back = vec![0; pixels.len()];
    buffer.read_plane(1, &mut back).unwrap();
    assert_eq!(back, pixels);
    assert_invalid(buffer.write_plane(2, &pixels), "plane 2 of 2");
    assert_invalid(buffer.write_plane(0, &pixels), "have 3072 bytes, not 1536");
    assert_invalid(buffer.read_plane(1, &mut back[1..]), "1536 bytes, not 1535");
    let writer = buffer.map_ptr(Access::Write).unwrap();
    let error = buffer.read_plane(1, &mut back).expect_err("mapped");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(writer);
}

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

#[test]
fn threads_work_on_one_buffer_and_on_pairs_of_them() {
    if library().is_none() {
        return;
    }
    let shared = [rgba(64, 48), rgba(64, 48)];
    let has_engine = has_engine();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let shared = &shared;
            scope.spawn(move || {
                let (one, other) = (&shared[thread], &shared[1 - thread]);
                for _ in 0..50 {
                    drop(one.map_ptr(Access::Read).unwrap());
                    match one.map_ptr(Access::Write) {
                        Ok(map) => map.unmap().unwrap(),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
                    }
                    let made = rgba(16, 16);
                    paint(&made, 0, |_, _| RED);
                    if has_engine {
                        Transform::new().run(&made, &rgba(32, 32)).unwrap();
                        match Transform::new().run(other, one) {
                            Ok(()) => {}
                            Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
                        }
                    }
                }
            });
        }
    });
    for buffer in &shared {
        buffer.map_ptr(Access::Write).unwrap().unmap().unwrap();
    }
}

const fn assert_send_sync<T: Send + Sync>() {}
const _: () = {
    assert_send_sync::<NvBuffer<'static>>();
    assert_send_sync::<EglImage<'static>>();
    assert_send_sync::<Session>();
    assert_send_sync::<nvbuf::legacy::Pending<'static>>();
    assert_send_sync::<nvbuf::legacy::MapPtr<'static>>();
};
