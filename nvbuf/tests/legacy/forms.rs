//! Pictures of two fields and with a chroma position.

use nvbuf::legacy::NvBuffer;
use nvbuf::{Access, ColorFormat};

use super::{assert_invalid, has, library};

fn nv12() -> nvbuf::legacy::NvBufferBuilder {
    NvBuffer::builder(64, 48).format(ColorFormat::NV12)
}

#[test]
fn a_picture_has_fields_or_a_chroma_position_where_it_was_asked_for() {
    if library().is_none() {
        return;
    }
    let plain = nv12().build().unwrap();
    let facts = plain.params_ex();
    if !has("NvBufferGetParamsEx", &facts) {
        let interlaced = nv12().interlaced().build();
        assert!(!has("NvBufferCreateInterlace", &interlaced));
        let positioned = nv12().chroma_position(0, 0).build();
        assert!(!has("NvBufferCreateWithChromaLoc", &positioned));
        return;
    }
    let facts = facts.unwrap();
    let chroma = (facts.chroma_horizontal, facts.chroma_vertical);
    assert_eq!((facts.is_interlaced, chroma), (false, (0, 1)));
    assert!(!facts.is_protected);

    let interlaced = nv12().interlaced().build().unwrap();
    assert_eq!(interlaced.params().planes(), plain.params().planes());
    assert!(interlaced.params_ex().unwrap().is_interlaced);
    let map = interlaced.map_ptr(Access::Write).unwrap();
    map.unmap().unwrap();
    for (across, down) in [(0, 0), (1, 2), (2, 1)] {
        let buffer = nv12().chroma_position(across, down).build().unwrap();
        let facts = buffer.params_ex().unwrap();
        let chroma = (facts.chroma_horizontal, facts.chroma_vertical);
        assert_eq!((facts.is_interlaced, chroma), (false, (across, down)));
    }
}

#[test]
fn forms_that_the_library_has_no_call_for_are_refused() {
    for (builder, text) in [
        (nv12().chroma_position(3, 0), "0 to 2"),
        (nv12().chroma_position(0, 255), "0 to 2"),
        (
            nv12().interlaced().chroma_position(0, 0),
            "no call for both",
        ),
        (NvBuffer::memory_builder(64).interlaced(), "no fields"),
        (
            NvBuffer::memory_builder(64).chroma_position(0, 0),
            "no chroma",
        ),
    ] {
        assert_invalid(builder.build(), text);
    }
}
