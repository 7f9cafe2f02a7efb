//! Memory without a picture, and formats of more than one pixel in an element.

use super::*;

#[test]
fn raw_memory_of_any_length_crosses() {
    let _alone = alone();
    if !can_share() {
        return;
    }
    for bytes in [1, 1000, 4096, 32_768, 40_000, 1 << 20] {
        let surface = Surface::raw_builder(bytes).batch(2).build().unwrap();
        let len = exchange(&surface, 1, ours).len();
        assert_eq!(len, surface.params(1).unwrap().data_size() as usize);
        let Exported { description, fd } = surface.export(1).unwrap();
        assert_eq!(
            (description.color_format(), description.height()),
            (ColorFormat::INVALID, 1)
        );
        assert!((bytes..=description.total_size()).contains(&description.width()));
        let received = MapParams::from_bytes(&description.to_bytes()).unwrap();
        let import = Surface::import(&received, fd).unwrap();
        let found = import.params(0).unwrap();
        assert!(found.is_raw());
        assert_eq!(found.data_size() as usize, len);
        assert_eq!(import.export(0).unwrap().description, description);
        drop(surface);
        // What is beyond is the library's.
        let bytes = bytes as usize;
        let arrived = exchange(&import, 0, theirs);
        assert!(arrived[..bytes] == all(ours, bytes), "{bytes} bytes");
    }
    if let Some(simulator) = Simulator::loaded() {
        assert_eq!(simulator.counter("violations"), Some(0));
    }
}

#[test]
fn raw_memory_is_one_row_within_its_bytes() {
    let _alone = alone();
    if !can_share() {
        return;
    }
    let surface = Surface::raw_builder(40_000).build().unwrap();
    let description = surface.export(0).unwrap().description;
    let good = description.to_bytes();
    let total = description.total_size();
    for (what, at, value) in [
        ("rows", 52, 2),
        ("a longer row", 48, total + 1),
        ("no row", 48, 0),
    ] {
        let mut bytes = good;
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let error = MapParams::from_bytes(&bytes).expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Foreign, "{what}: {error}");
        assert!(error.to_string().contains(&total.to_string()), "{error}");
    }
}

#[test]
fn two_pixels_in_five_bytes_cross() {
    let _alone = alone();
    if !can_share() {
        return;
    }
    for format in [ColorFormat::UYVP, ColorFormat::UYVP_ER] {
        let surface = Surface::builder(66, 34).format(format).build().unwrap();
        let len = exchange(&surface, 0, ours).len();
        let Exported { description, fd } = surface.export(0).unwrap();
        let plane = surface.params(0).unwrap().planes()[0];
        assert_eq!(
            (description.width(), description.height()),
            (plane.width, plane.height)
        );
        let import = Surface::import(&description, fd).unwrap();
        assert_eq!(import.params(0).unwrap().planes(), [plane]);
        assert_eq!(import.params(0).unwrap().width(), 66);
        assert_eq!(exchange(&import, 0, theirs), all(ours, len), "{format}");
    }
}
