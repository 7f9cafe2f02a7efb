//! Descriptions that lie, and releases that cannot share.

use super::*;

/// The bytes of a description where a field lies, and how long it is.
const FIELDS: [(&str, usize, usize); 12] = [
    ("magic", 0, 8),
    ("version", 8, 2),
    ("family", 10, 2),
    ("planes", 12, 4),
    ("gpu", 16, 4),
    ("size", 20, 4),
    ("memory type", 24, 4),
    ("layout", 28, 4),
    ("scan format", 32, 4),
    ("pixel format", 36, 4),
    ("chroma", 40, 2),
    ("zero", 42, 6),
];

/// The same within a plane. Flags are the library's own: any value is one.
const PLANE_FIELDS: [(&str, usize, usize); 8] = [
    ("width", 0, 4),
    ("height", 4, 4),
    ("pitch", 8, 4),
    ("offset", 12, 4),
    ("size", 16, 4),
    ("second field", 20, 4),
    ("block height", 24, 4),
    ("zero", 28, 4),
];

#[test]
fn a_description_with_any_field_falsified_reaches_no_library() {
    let _alone = alone();
    if !can_share() {
        return;
    }
    let surface = nv12();
    let Exported { description, fd } = surface.export(0).unwrap();
    let good = description.to_bytes();
    assert_eq!(MapParams::from_bytes(&good).unwrap(), description);
    let calls = || Simulator::loaded().map(|s| s.counter("NvBufSurfaceImport").unwrap());
    let before = calls();
    let planes = (0..2)
        .flat_map(|plane| PLANE_FIELDS.map(|(name, at, len)| (name, 48 + plane * 40 + at, len)));
    let mut falsified = 0;
    for (name, at, len) in FIELDS.into_iter().chain(planes) {
        let mut bytes = good;
        bytes[at..at + len].fill(0xff);
        let result = MapParams::from_bytes(&bytes)
            .and_then(|lie| Surface::import(&lie, fd.try_clone().unwrap()));
        let error = result.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Foreign, "{name} at {at}: {error}");
        falsified += 1;
    }
    assert_eq!(falsified, 28);
    // Sizes that fit a longer file, but not this one.
    let mut bytes = good;
    let longer = description.total_size() * 2;
    bytes[20..24].copy_from_slice(&longer.to_le_bytes());
    let lie = MapParams::from_bytes(&bytes).unwrap();
    let refused = |lie: &MapParams, fd: OwnedFd, words: &str| {
        let error = Surface::import(lie, fd).expect_err(words);
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(&lie, fd.try_clone().unwrap(), &longer.to_string());
    // A library of the other family.
    bytes = good;
    bytes[10] = 3 - bytes[10];
    let lie = MapParams::from_bytes(&bytes).unwrap();
    refused(&lie, fd.try_clone().unwrap(), "family");
    // Files that are no buffer.
    let (reader, _writer) = std::io::pipe().unwrap();
    refused(&description, reader.into(), "no dmabuf");
    let short = File::open("/proc/self/comm").unwrap();
    refused(&description, short.into(), "has 0");
    assert_eq!(calls(), before, "the library was asked");
    // All this has spoilt nothing.
    Surface::import(&description, fd).unwrap();
}

#[test]
fn where_there_is_no_sharing_the_error_says_what_there_is() {
    let _alone = alone();
    if can_share() {
        return;
    }
    let surface = nv12();
    let says = |error: Error, call: &str| {
        assert_eq!((error.kind(), error.call()), (ErrorKind::Load, call));
        for words in [call, "R35.3", "Surface::from_fd"] {
            assert!(error.to_string().contains(words), "{error}");
        }
    };
    says(
        surface.export(0).expect_err("R35.3"),
        "NvBufSurfaceGetMapParams",
    );
    // What a newer machine has sent.
    let mut bytes = [0; MapParams::BYTES];
    bytes[..8].copy_from_slice(b"nvbufmap");
    for (at, value) in [
        (8, 1),
        (10, 1),
        (12, 1),
        (24, 4),
        (36, ColorFormat::GRAY8.0),
    ] {
        bytes[at] = u8::try_from(value).unwrap();
    }
    bytes[20..24].copy_from_slice(&4096_u32.to_le_bytes());
    for (at, value) in [(48, 16_u32), (52, 16), (56, 256), (64, 4096)] {
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    let description = MapParams::from_bytes(&bytes).unwrap();
    let fd = surface.clone_dmabuf(0).unwrap();
    let error = Surface::import(&description, fd).expect_err("R35.3");
    says(error, "NvBufSurfaceImport");
}
