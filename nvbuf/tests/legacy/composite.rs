//! Compositions.

use nvbuf::legacy::{Composite, Layer, MAX_LAYERS};
use nvbuf::sys::Numbering;
use nvbuf::{Access, ErrorKind, Filter, Rect};

use super::{BLUE, RED, assert_invalid, has_engine, library, paint, pixel, rgba};

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
    // Rectangles are always sent: all of an odd picture is none.
    let odd = rgba(63, 31);
    let text = "crop or place it to 62x30+0+0";
    assert_invalid(black.run(&[Layer::new(&odd)], &to), text);
    assert_invalid(black.run(&[layer()], &odd), text);
    let part = Rect::new(0, 0, 62, 30);
    black.run(&[Layer::new(&odd).crop(part)], &to).unwrap();
    black.run(&[layer().place(part)], &odd).unwrap();
    let colour = Composite::new().background([0., -1., 0.]);
    assert_invalid(colour.run(&[layer()], &to), "background");
    let _reader = to.map_ptr(Access::Read).unwrap();
    let error = black.run(&[layer()], &to).expect_err("mapped");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
}
