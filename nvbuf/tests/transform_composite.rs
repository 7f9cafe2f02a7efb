//! Compositions and blends: pixels, which function does them, and what is refused.

mod picture;

use std::sync::Arc;

use nvbuf::{
    Access, Blend, Color, ColorFormat, Composite, ErrorKind, Filter, Layer, MemType, Rect, Result,
    Surface, Transform,
};
use picture::{counter, functions, on_release, paint, pixel, read, rgba, surface};

const RED: Color = Color::rgb(1., 0., 0.2);

fn layer(left: u32, top: u32, width: u32, height: u32) -> Layer {
    Layer::new().place(Rect::new(left, top, width, height))
}

#[test]
fn sources_lie_where_the_layers_say() {
    let (one, two) = (rgba(32, 16, 1), rgba(32, 16, 2));
    let (mut target, before) = rgba(96, 48, 3);
    let both = Composite::new()
        .layer(layer(0, 0, 32, 16))
        .layer(layer(16, 8, 16, 8).crop(Rect::new(4, 2, 16, 8)));
    let calls = || counter("NvBufSurfTransformComposite");
    let calls_before = calls();
    both.run(&[(&one.0, 0), (&two.0, 0)], &mut target, 0)
        .unwrap();
    assert!(calls() > calls_before || calls().is_none());
    let after = read(&target, 0, 0);
    for (y, x) in (0..48).flat_map(|y| (0..96).map(move |x| (y, x))) {
        let expected = match (x, y) {
            (16..32, 8..16) => pixel(&two.1, 32, x - 16 + 4, y - 8 + 2),
            (0..32, 0..16) => pixel(&one.1, 32, x, y),
            _ => pixel(&before, 96, x, y),
        };
        assert_eq!(pixel(&after, 96, x, y), expected, "{x} {y}");
    }
}

#[test]
fn buffers_of_a_batch_and_of_other_surfaces_on_one_of_a_batch() {
    let mut batch = Surface::builder(16, 16).batch(3).build().unwrap();
    let third = paint(&mut batch, 2, 5);
    let first = paint(&mut batch, 0, 6);
    let (other, fourth) = rgba(16, 16, 7);
    let mut target = Surface::builder(48, 16).batch(2).build().unwrap();
    let sources = [(&batch, 2), (&other, 0), (&batch, 0)];
    let row = [0, 16, 32].into_iter().fold(Composite::new(), |all, left| {
        all.layer(layer(left, 0, 16, 16))
    });
    row.run(&sources, &mut target, 1).unwrap();
    let after = read(&target, 1, 0);
    for (y, row) in after.chunks(48 * 4).enumerate() {
        let parts = [&third, &fourth, &first].map(|pixels| &pixels[y * 64..][..64]);
        assert_eq!(row, parts.concat());
    }
    assert!(
        read(&target, 0, 0).iter().all(|byte| *byte == 0),
        "not this one"
    );
}

#[test]
fn sources_of_several_shapes() {
    let mut gray = surface(ColorFormat::GRAY8, 64, 32);
    picture::write(&mut gray, 0, 0, &[235; 64 * 32]);
    let (small, pixels) = rgba(16, 16, 4);
    let mut target = surface(ColorFormat::RGBA, 64, 32);
    let all = Composite::new()
        .layer(Layer::new())
        .layer(layer(8, 8, 16, 16));
    all.run(&[(&gray, 0), (&small, 0)], &mut target, 0).unwrap();
    let after = read(&target, 0, 0);
    for (y, x) in (0..32).flat_map(|y| (0..64).map(move |x| (y, x))) {
        let inside = (8..24).contains(&x) && (8..24).contains(&y);
        let found = pixel(&after, 64, x, y);
        if inside {
            assert_eq!(found, pixel(&pixels, 16, x - 8, y - 8), "{x} {y}");
        } else {
            assert!(found.iter().all(|byte| *byte >= 253), "{x} {y}: {found:?}");
        }
    }
    // By the function that is made for it, where there is one.
    let f = functions();
    let name = if f.multi_input_buf_composite_blend.is_some() {
        "NvBufSurfTransformMultiInputBufCompositeBlend"
    } else if f.multi_input_buf_composite.is_some() {
        "NvBufSurfTransformMultiInputBufComposite"
    } else {
        "NvBufSurfTransformComposite"
    };
    assert!(counter(name).is_none_or(|calls| calls > 0), "{name}");
}

#[test]
fn alphas_and_a_background() {
    let (one, two) = (rgba(32, 16, 1), rgba(32, 16, 2));
    let mut target = rgba(64, 16, 3).0;
    let mix = Composite::new()
        .background(RED)
        .layer(layer(0, 0, 32, 16))
        .layer(layer(16, 0, 32, 16).alpha(0.4));
    let result = mix.run(&[(&one.0, 0), (&two.0, 0)], &mut target, 0);
    if functions().multi_input_buf_composite_blend.is_none() {
        let error = result.expect_err("the release has none");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        assert_eq!(
            error.call(),
            "NvBufSurfTransformMultiInputBufCompositeBlend"
        );
        assert!(error.to_string().contains("R34.1.1"), "{error}");
        return;
    }
    result.unwrap();
    let after = read(&target, 0, 0);
    for (y, x) in (0..16).flat_map(|y| (0..64).map(move |x| (y, x))) {
        let below = match x {
            0..32 => pixel(&one.1, 32, x, y),
            _ => [255, 0, 51, 255],
        };
        let found = pixel(&after, 64, x, y);
        for i in 0..4 {
            let expected = if (16..48).contains(&x) {
                let above = f64::from(pixel(&two.1, 32, x - 16, y)[i]);
                above * 0.4 + f64::from(below[i]) * 0.6
            } else {
                f64::from(below[i])
            };
            let difference = (f64::from(found[i]) - expected).abs();
            assert!(difference <= 1., "{x} {y} {i}: {} {expected}", found[i]);
        }
    }
}

#[test]
fn a_filter_where_the_parameters_have_one() {
    let (source, mut target) = (rgba(32, 16, 1).0, rgba(64, 32, 2).0);
    let run = |composite: Composite, target: &mut Surface| -> Result<Vec<u8>> {
        composite
            .layer(Layer::new())
            .run(&[(&source, 0)], target, 0)?;
        Ok(read(target, 0, 0))
    };
    let bilinear = run(Composite::new().filter(Filter::BILINEAR), &mut target);
    if functions().transform_async.is_none() {
        let error = bilinear.expect_err("24 bytes have no filter");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains("R34.1"), "{error}");
        return;
    }
    let nearest = run(Composite::new().filter(Filter::NEAREST), &mut target).unwrap();
    assert_ne!(bilinear.unwrap(), nearest);
    let default = run(Composite::new(), &mut target).unwrap();
    assert_eq!(default, nearest);
}

#[test]
fn two_batches_are_blended_by_a_third() {
    let batch = |format| {
        let builder = Surface::builder(32, 16).format(format).batch(2);
        builder.build().unwrap()
    };
    let (mut above, mut below) = (batch(ColorFormat::RGBA), batch(ColorFormat::RGBA));
    let (mut alpha, mut target) = (batch(ColorFormat::GRAY8), batch(ColorFormat::RGBA));
    let a = [0, 1].map(|i| paint(&mut above, i, 1 + i));
    let b = [0, 1].map(|i| paint(&mut below, i, 3 + i));
    let weights = [0, 1].map(|i| paint(&mut alpha, i, 5 + i));
    let result = Blend::new().run(&above, Some(&below), &alpha, &mut target);
    if functions().composite_blend.is_none() {
        let error = result.expect_err("the release has none");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        assert_eq!(error.call(), "NvBufSurfTransformCompositeBlend");
        return;
    }
    result.unwrap();
    let expected = |i: usize, below: &dyn Fn(usize) -> u8| -> Vec<u8> {
        let mix = |k: usize| {
            let weight = u32::from(weights[i][k / 4]);
            let sum = u32::from(a[i][k]) * weight + u32::from(below(k)) * (255 - weight);
            (sum / 255) as u8
        };
        (0..a[i].len()).map(mix).collect()
    };
    for (i, below) in b.iter().enumerate() {
        assert_eq!(read(&target, i as u32, 0), expected(i, &|k| below[k]));
    }
    let colour = |k: usize| [255, 0, 51, 255][k % 4];
    Blend::new()
        .background(RED)
        .perform(&[false, true])
        .run(&above, None, &alpha, &mut target)
        .unwrap();
    assert_eq!(read(&target, 0, 0), a[0], "as it is above");
    assert_eq!(read(&target, 1, 0), expected(1, &colour));
    let refused = |result: Result<()>, what: &str| {
        let error = result.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    refused(
        Blend::new().run(&above, None, &alpha, &mut target),
        "neither",
    );
    let one = rgba(32, 16, 1).0;
    let few = Blend::new().run(&above, Some(&one), &alpha, &mut target);
    refused(few, "equally many");
    let perform = Blend::new().perform(&[true]);
    refused(
        perform.run(&above, Some(&below), &alpha, &mut target),
        "perform",
    );
    let itself = Blend::new().run_shared(&above, Some(&below), &alpha, &below);
    refused(itself, "same buffer");
    let colour = Blend::new().background(Color::rgb(2., 0., 0.));
    refused(colour.run(&above, None, &alpha, &mut target), "0 to 1");
    let mapped = target.map(0).unwrap();
    let error = Blend::new().run_shared(&above, Some(&below), &alpha, &target);
    assert_eq!(error.expect_err("mapped").kind(), ErrorKind::Busy);
    drop(mapped);
}

#[test]
fn what_cannot_be_composed_is_refused_before_the_call() {
    let (source, target) = (rgba(64, 32, 1).0, rgba(64, 32, 2).0);
    let sources = [(&source, 0)];
    let of = |layer: Layer| {
        Composite::new()
            .layer(layer)
            .run_shared(&sources, &target, 0)
    };
    let refused = |result: Result<()>, what: &str| {
        let error = result.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    refused(
        Composite::new().run_shared(&sources, &target, 0),
        "0 layers",
    );
    refused(
        Composite::new().run_shared(&[], &target, 0),
        "0 source buffers",
    );
    refused(of(layer(0, 0, 0, 32)), "is empty");
    refused(of(layer(1, 0, 32, 32)), "is odd");
    refused(of(layer(2, 0, 64, 32)), "target rectangle");
    refused(
        of(Layer::new().crop(Rect::new(0, 0, 66, 32))),
        "source rectangle",
    );
    refused(of(layer(0, 0, 2, 32)), "1/16 to 16");
    for alpha in [-0.1, 1.1, f32::NAN] {
        refused(of(Layer::new().alpha(alpha)), "an alpha of");
    }
    let colour = Composite::new()
        .layer(Layer::new())
        .background(Color::rgb(0., 2., 0.));
    refused(colour.run_shared(&sources, &target, 0), "0 to 1");
    let one = Composite::new().layer(Layer::new());
    refused(one.run_shared(&[(&target, 0)], &target, 0), "same buffer");
    refused(
        one.run_shared(&[(&source, 1)], &target, 0),
        "buffer 1 of a batch",
    );
    refused(one.run_shared(&sources, &target, 1), "buffer 1 of a batch");
    let system = Surface::builder(64, 32)
        .mem_type(MemType::SYSTEM)
        .build()
        .unwrap();
    refused(
        one.run_shared(&[(&system, 0)], &target, 0),
        "does not reach",
    );
    let writer = source.map_ptr(0, Access::Write).unwrap();
    let error = one.run_shared(&sources, &target, 0).expect_err("a writer");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(writer);
    one.run_shared(&sources, &target, 0).unwrap();
    // An Arc is no obstacle.
    let target = Arc::new(target);
    one.run_shared(&sources, &target, 0).unwrap();
    Transform::new()
        .run_buffers(&sources, &[(&target, 0)])
        .unwrap();
}

#[test]
fn all_of_this_with_parameters_of_24_bytes() {
    on_release("r32.5.2");
}

#[test]
fn all_of_this_where_several_surfaces_have_no_alpha() {
    on_release("r34.1");
}
