#![forbid(unsafe_code)]

//! The tables against the checked-in bindings: what a generated file declares must be there.

use super::{ChromaSubsampling, ColorFormat, Layout, LegacyColorFormat, MemType};
use crate::Numbering;

const CLASSIC: &str = include_str!("../bindings/classic.rs");
const EXTENDED: &str = include_str!("../bindings/extended.rs");

/// A constant of a generated file: name without the prefix, number, and the words before it.
struct Constant<'a> {
    name: &'a str,
    number: u32,
    doc: String,
}

/// The constants of a file whose names begin so.
fn constants<'a>(source: &'a str, prefix: &str) -> Vec<Constant<'a>> {
    let mut constants = Vec::new();
    let mut doc = String::new();
    for line in source.lines() {
        let Some(declaration) = line.strip_prefix("pub const ") else {
            // A comment of any form goes on until the item that it is for.
            let ends = line.starts_with("pub ") || line.starts_with('}');
            doc = if ends { String::new() } else { doc + line };
            continue;
        };
        let doc = std::mem::take(&mut doc);
        if let Some(rest) = declaration.strip_prefix(prefix) {
            let (name, rest) = rest.split_once(": ").expect("a type");
            let (_, number) = rest.split_once(" = ").expect("a value on the same line");
            let number = number.trim_end_matches(';').parse().expect("a number");
            constants.push(Constant { name, number, doc });
        }
    }
    assert!(!constants.is_empty(), "nothing begins with {prefix}");
    constants
}

/// The colour formats of the extended family, without what is no format but an end.
fn color_formats() -> Vec<Constant<'static>> {
    let mut formats = constants(EXTENDED, "NVBUF_COLOR_FORMAT_");
    formats.retain(|constant| constant.name != "LAST");
    assert_eq!(formats.len(), 113);
    formats
}

fn source(numbering: Numbering) -> &'static str {
    match numbering {
        Numbering::R27_1 => include_str!("../bindings/nvbuf_utils/r27_1.rs"),
        Numbering::R28 => include_str!("../bindings/nvbuf_utils/r28.rs"),
        Numbering::R32_1 => include_str!("../bindings/nvbuf_utils/r32_1.rs"),
        Numbering::R32_2 => include_str!("../bindings/nvbuf_utils/r32_2.rs"),
        Numbering::R32_3 => include_str!("../bindings/nvbuf_utils/r32_3.rs"),
        Numbering::R32_4 => include_str!("../bindings/nvbuf_utils/r32_4.rs"),
        Numbering::R32_5 => include_str!("../bindings/nvbuf_utils/r32_5.rs"),
        Numbering::R32_6 => include_str!("../bindings/nvbuf_utils/r32_6.rs"),
        Numbering::R34 => include_str!("../bindings/nvbuf_utils/r34.rs"),
    }
}

#[test]
fn every_constant_has_its_name() {
    for Constant { name, number, .. } in color_formats() {
        let expected = name.to_uppercase();
        assert_eq!(ColorFormat(number).name(), Some(expected.as_str()));
    }
    for Constant { name, number, .. } in constants(EXTENDED, "NVBUF_LAYOUT_") {
        assert_eq!(Layout(number).name(), Some(name));
    }
    for Constant { name, number, .. } in constants(EXTENDED, "NVBUF_MEM_") {
        assert_eq!(MemType(number).name(), Some(name));
    }
}

#[test]
fn nothing_else_has_a_name() {
    assert_eq!(ColorFormat(113).name(), None);
    assert_eq!(Layout(2).name(), None);
    assert_eq!(MemType(8).name(), None);
}

#[test]
fn every_format_has_the_shape_that_the_header_describes() {
    for Constant { name, number, doc } in color_formats() {
        let format = ColorFormat(number);
        if format == ColorFormat::INVALID {
            assert_eq!(format.planes(), None);
            continue;
        }
        assert_eq!(format.num_planes(), number_before(&doc, "plane"), "{name}");
        assert_eq!(format.bits(), number_before(&doc, "bits"), "{name}");
        let chroma = match doc.split_once(" 4:") {
            None => ChromaSubsampling::NoChroma,
            Some((_, rest)) if rest.starts_with("2:0") => ChromaSubsampling::Yuv420,
            Some((_, rest)) if rest.starts_with("2:2") => ChromaSubsampling::Yuv422,
            Some((_, rest)) if rest.starts_with("4:4") => ChromaSubsampling::Yuv444,
            Some(_) => panic!("{name}: {doc}"),
        };
        assert_eq!(format.chroma_subsampling(), Some(chroma), "{name}");
        // Two bits of alpha, two samples of a pair: an element is no smaller than a component.
        for plane in format.planes().unwrap() {
            assert!(plane.bits >= format.bits().unwrap(), "{name}");
        }
    }
}

/// The last number right before a word: "10 bits in 16" has 10 bits.
fn number_before(doc: &str, word: &str) -> Option<u32> {
    let words: Vec<_> = doc.split_whitespace().collect();
    let mut pairs = words.windows(2).rev();
    pairs.find_map(|pair| {
        pair[1]
            .starts_with(word)
            .then(|| pair[0].parse().ok())
            .flatten()
    })
}

#[test]
fn the_families_agree_on_what_both_have() {
    let extended = constants(EXTENDED, "NVBUF_");
    let classic = constants(CLASSIC, "NVBUF_");
    for Constant { name, number, .. } in &classic {
        let same = extended.iter().find(|constant| constant.name == *name);
        let same = same.unwrap_or_else(|| panic!("extended has no {name}"));
        if *name == "COLOR_FORMAT_LAST" {
            assert!(same.number > *number);
        } else {
            assert_eq!(same.number, *number, "{name}");
        }
    }
}

#[test]
fn every_format_of_every_numbering_goes_there_and_back() {
    for numbering in Numbering::ALL {
        let constants = constants(source(numbering), "NvBufferColorFormat_");
        let mut known = 0;
        for Constant { name, number, .. } in &constants {
            let legacy = LegacyColorFormat(*number);
            if *name == "Invalid" {
                assert_eq!(legacy.to_surface(numbering), None, "{numbering:?}");
                continue;
            }
            assert_eq!(legacy.name(numbering), Some(*name), "{numbering:?}");
            let format = legacy.to_surface(numbering).unwrap();
            assert!(format.planes().is_some(), "{numbering:?}: {name}");
            assert_eq!(format.to_legacy(numbering), Some(legacy), "{numbering:?}");
            let expected = match *name {
                "ABGR32" => "RGBA",
                "XRGB32" => "BGRX",
                "ARGB32" => "BGRA",
                "SignedR16G16" => "SIGNED_R16G16",
                same => same,
            };
            assert_eq!(format.name(), Some(expected), "{numbering:?}");
            known += 1;
        }
        let all = (0..256).filter(|number| LegacyColorFormat(*number).name(numbering).is_some());
        assert_eq!(all.count(), known, "{numbering:?} has what no header has");
    }
}
