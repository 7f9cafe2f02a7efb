//! Creation, facts, fds, EGLImages.

use std::os::fd::{AsFd, AsRawFd};
use std::ptr::NonNull;
use std::sync::Arc;

use nvbuf::legacy::{
    Composite, EglImage, ExtractedFd, FdRule, Layer, NvBuffer, Payload, Tag, Transform,
};
use nvbuf::sys::Numbering;
use nvbuf::{Access, ColorFormat, ErrorKind, Layout};

use super::{BLUE, assert_invalid, has, library, paint, pixel, rgba, rows};

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
