//! What a builder can ask for, on releases that have it and on those that have not.

use nvbuf::sys::Library;
use nvbuf::{Access, ColorFormat, EglImage, ErrorKind, MemType, Surface, Tag};

fn has(symbol: &str) -> bool {
    Library::get().unwrap().functions().has(symbol)
}

#[test]
fn a_tag_needs_allocate() {
    let builder = Surface::builder(33, 16).format(ColorFormat::NV12).batch(2);
    let built = builder.tag(Tag::VIDEO_CONVERT).build();
    if !has("NvBufSurfaceAllocate") {
        let error = built.expect_err("no such function");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        assert!(
            error.to_string().contains("has no NvBufSurfaceAllocate"),
            "{error}"
        );
        return;
    }
    let mut tagged = built.unwrap();
    assert_eq!((tagged.batch_size(), tagged.num_filled()), (2, 2));
    assert_eq!(tagged.params(1).unwrap().planes()[1].width, 17);
    tagged.map_mut(1).unwrap().unmap().unwrap();
    let plain = Surface::builder(33, 16)
        .format(ColorFormat::NV12)
        .build()
        .unwrap();
    // Chroma lies where Create puts it.
    assert_eq!(tagged.params_ex(0).unwrap(), plain.params_ex(0).unwrap());
}

#[test]
fn more_facts_are_there_since_they_are() {
    let surface = Surface::builder(32, 16).build().unwrap();
    let found = surface.params_ex(0).unwrap();
    assert_eq!(found.is_some(), has("NvBufSurfaceAllocate"), "{found:?}");
    if let Some(ex) = found {
        assert_eq!((ex.chroma_horizontal, ex.chroma_vertical), (0, 1));
        assert!(!ex.is_interlaced && !ex.is_protected);
    }
    let error = surface.params_ex(1).expect_err("one buffer");
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn rows_without_padding_are_for_memory_that_no_engine_needs() {
    let builder = || Surface::builder(33, 16).pitch_padding(false);
    for mem_type in [MemType::DEFAULT, MemType::SURFACE_ARRAY] {
        let error = builder().mem_type(mem_type).build().expect_err("padded");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let built = builder().mem_type(MemType::SYSTEM).build();
    // Where the library has no such parameter, padding would silently stay.
    if !has("NvBufSurfaceImport") {
        let error = built.expect_err("no such parameter");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        return;
    }
    assert_eq!(built.unwrap().params(0).unwrap().planes()[0].pitch, 34 * 4);
    let padded = Surface::builder(33, 16).mem_type(MemType::SYSTEM).build();
    assert!(padded.unwrap().params(0).unwrap().planes()[0].pitch > 34 * 4);
}

#[test]
fn one_block_is_for_memory_of_cuda() {
    let builder = || Surface::builder(32, 16).batch(3).contiguous(true);
    for mem_type in [MemType::DEFAULT, MemType::SURFACE_ARRAY, MemType::SYSTEM] {
        let error = builder().mem_type(mem_type).build().expect_err("no block");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let surface = builder().mem_type(MemType::CUDA_PINNED).build().unwrap();
    assert!(surface.is_contiguous());
    assert!(format!("{surface:?}").contains("in one block"));
    let apart = Surface::builder(32, 16)
        .mem_type(MemType::CUDA_PINNED)
        .build();
    assert!(!apart.unwrap().is_contiguous());
}

#[test]
fn memory_without_a_picture_is_one_row_of_bytes() {
    let mut surface = Surface::raw_builder(100_000).batch(2).build().unwrap();
    let params = *surface.params(1).unwrap();
    assert!(params.is_raw() && params.data_size() >= 100_000);
    assert_eq!(params.planes().len(), 1);
    let mut map = surface.map_mut(1).unwrap();
    let (bytes, _) = map.plane_mut(0).unwrap();
    assert_eq!(bytes.len(), params.data_size() as usize);
    bytes.fill(3);
    map.unmap().unwrap();
    assert!(
        surface
            .map(1)
            .unwrap()
            .plane(0)
            .unwrap()
            .0
            .iter()
            .all(|b| *b == 3)
    );
    assert!(format!("{surface:?}").contains("raw bytes"), "{surface:?}");
    let error = EglImage::map(&surface.into(), 0).expect_err("no picture");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let error = Surface::raw_builder(0).build().expect_err("nothing");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let handle = Surface::raw_builder(64)
        .mem_type(MemType::HANDLE)
        .build()
        .unwrap();
    handle.map_ptr(0, Access::Write).unwrap().unmap().unwrap();
}

#[test]
fn a_side_that_no_engine_has_is_refused_before_the_library() {
    for (width, height) in [(32769, 16), (16, 32769), (u32::MAX, u32::MAX)] {
        let error = Surface::builder(width, height)
            .build()
            .expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains("at most 32768"), "{error}");
    }
}
