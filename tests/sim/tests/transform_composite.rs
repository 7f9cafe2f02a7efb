//! Compositions and blends by libnvbufsurftransform.

mod canvas;
mod support;

use std::ffi::c_int;

use canvas::{Area, Canvas, function, is_extended, rects};
use nvbufsurface_sys::{classic as sys, composite24, extended};
use support::{counter, on_each, release};

const GRAY: u32 = sys::NVBUF_COLOR_FORMAT_GRAY8;
const RGBA: u32 = sys::NVBUF_COLOR_FORMAT_RGBA;

/// A composition in the struct of the release.
fn composite(from: Canvas, to: Canvas, count: u32, sources: &[Area], dests: &[Area]) -> c_int {
    let call: sys::PFN_NvBufSurfTransformComposite = function("NvBufSurfTransformComposite");
    macro_rules! params {
        ($module:ident) => {{
            let mut params = $module::NvBufSurfTransformCompositeParams::default();
            params.composite_flag = sys::NVBUFSURF_TRANSFORM_COMPOSITE;
            params.input_buf_count = count;
            params.src_comp_rect = rects(sources).cast();
            params.dst_comp_rect = rects(dests).cast();
            canvas::erase(params)
        }};
    }
    let params = match release().as_str() {
        "r32.1" | "r32.5.2" => params!(composite24),
        "r39.2" => params!(extended),
        _ => params!(sys),
    };
    // SAFETY: live surfaces and the release's struct.
    unsafe { call(from.raw, to.raw, params.cast()) }
}

#[test]
fn compositions_in_three_structs() {
    let releases = ["r32.1", "r32.5.2", "r32.7", "r36.4", "r39.2"];
    on_each("compositions_in_three_structs", &releases, || {
        let from = Canvas::of(2, GRAY, 16, 16, sys::NVBUF_MEM_DEFAULT);
        let to = Canvas::new(GRAY, 64, 32);
        let (pixels, before) = ([from.paint(0, 1), from.paint(1, 2)], to.paint(0, 3));
        let sources = [[0, 0, 16, 16]; 2];
        let dests = [[0, 0, 16, 16], [32, 16, 16, 16]];
        assert_eq!(composite(from, to, 2, &sources, &dests), 0);
        for (i, byte) in to.read(0).iter().enumerate() {
            let (x, y) = (i % 64, i / 64);
            let expected = match (x, y) {
                (0..16, 0..16) => pixels[0][y * 16 + x],
                (32..48, 16..32) => pixels[1][(y - 16) * 16 + x - 32],
                _ => before[i],
            };
            assert_eq!(*byte, expected, "{x} {y}");
        }
        assert_eq!(composite(from, to, 1, &sources, &dests), -3);
        assert_eq!(
            composite(from, to, 2, &sources, &[[0, 0, 16, 16], [56, 0, 16, 16]]),
            -4
        );
        assert_eq!(composite(from, to, 2, &[], &dests), -3);
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn blends_are_exact() {
    on_each("blends_are_exact", &["r32.7", "r36.4", "r39.2"], || {
        let new = |format| Canvas::new(format, 32, 16);
        let (above, below, alpha, to) = (new(RGBA), new(RGBA), new(GRAY), new(RGBA));
        let (a, b, weights) = (above.paint(0, 1), below.paint(0, 2), alpha.paint(0, 3));
        let call: sys::PFN_NvBufSurfTransformCompositeBlend =
            function("NvBufSurfTransformCompositeBlend");
        let blend =
            |below: *mut sys::NvBufSurface, perform: Option<u32>, colour: Option<[f64; 4]>| {
                macro_rules! params {
                    ($module:ident) => {{
                        let mut params = $module::NvBufSurfTransformCompositeBlendParams::default();
                        params.input_buf_count = 1;
                        params.perform_blending =
                            perform.map_or(std::ptr::null_mut(), |p| canvas::erase(p).cast());
                        if let Some([red, green, blue, alpha]) = colour {
                            let mut colour = $module::NvBufSurfTransform_ColorParams::default();
                            (colour.red, colour.green) = (red, green);
                            (colour.blue, colour.alpha) = (blue, alpha);
                            params.color_bg = canvas::erase(colour).cast();
                        }
                        canvas::erase(params)
                    }};
                }
                let params = if is_extended() {
                    params!(extended)
                } else {
                    params!(sys)
                };
                // SAFETY: live surfaces and the release's struct.
                unsafe { call(above.raw, below, alpha.raw, to.raw, params.cast()) }
            };
        let expected = |below: &dyn Fn(usize) -> u32| -> Vec<u8> {
            let one = |i: usize| {
                let alpha = u32::from(weights[i / 4]);
                ((u32::from(a[i]) * alpha + below(i) * (255 - alpha)) / 255) as u8
            };
            (0..a.len()).map(one).collect()
        };
        assert_eq!(blend(below.raw, Some(1), None), 0);
        assert_eq!(to.read(0), expected(&|i| b[i].into()));
        assert_eq!(blend(below.raw, Some(0), None), 0);
        assert_eq!(to.read(0), a);
        let null = std::ptr::null_mut();
        assert_eq!(blend(null, None, Some([1., 0., 0.2, 1.])), 0);
        assert_eq!(to.read(0), expected(&|i| [255, 0, 51, 255][i % 4]));
        assert_eq!(blend(null, None, None), -3);
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn several_surfaces_on_one() {
    on_each(
        "several_surfaces_on_one",
        &["r34.1", "r35.1", "r39.2"],
        || {
            let from = [Canvas::new(GRAY, 16, 16), Canvas::new(GRAY, 16, 16)];
            let to = Canvas::new(GRAY, 64, 16);
            let (pixels, before) = (from.map(|f| f.paint(0, 7)), to.paint(0, 8));
            let mut list = from.map(|f| f.raw);
            let (sources, dests) = ([[0, 0, 16, 16]; 2], [[0, 0, 16, 16], [32, 0, 16, 16]]);
            macro_rules! fill {
                ($params:expr) => {{
                    let params = $params;
                    params.src_comp_rect = rects(&sources).cast();
                    params.dst_comp_rect = rects(&dests).cast();
                }};
            }
            macro_rules! blend {
                ($module:ident) => {{
                    let mut params = $module::NvBufSurfTransformCompositeBlendParamsEx::default();
                    params.params.composite_blend_flag =
                        sys::NVBUFSURF_TRANSFORM_COMPOSITE | sys::NVBUFSURF_TRANSFORM_BLEND;
                    params.params.input_buf_count = 2;
                    params.alpha = canvas::erase([1f32, 0.4]).cast();
                    fill!(&mut params);
                    canvas::erase(params)
                }};
            }
            let is_first = release() == "r34.1";
            if is_first {
                let mut params = sys::NvBufSurfTransformCompositeParams {
                    composite_flag: sys::NVBUFSURF_TRANSFORM_COMPOSITE,
                    input_buf_count: 2,
                    ..Default::default()
                };
                fill!(&mut params);
                let call: sys::PFN_NvBufSurfTransformMultiInputBufComposite =
                    function("NvBufSurfTransformMultiInputBufComposite");
                // SAFETY: live surfaces and the release's struct.
                assert_eq!(unsafe { call(list.as_mut_ptr(), to.raw, &mut params) }, 0);
            } else {
                let params = if is_extended() {
                    blend!(extended)
                } else {
                    blend!(sys)
                };
                let call: sys::PFN_NvBufSurfTransformMultiInputBufCompositeBlend =
                    function("NvBufSurfTransformMultiInputBufCompositeBlend");
                // SAFETY: live surfaces and the release's struct.
                assert_eq!(unsafe { call(list.as_mut_ptr(), to.raw, params.cast()) }, 0);
            }
            for (i, byte) in to.read(0).into_iter().enumerate() {
                let (x, y) = (i % 64, i / 64);
                let below = u32::from(before[i]);
                let expected = match x {
                    0..16 => u32::from(pixels[0][y * 16 + x]),
                    32..48 => {
                        let above = u32::from(pixels[1][y * 16 + x - 32]);
                        let alpha = if is_first { 255 } else { 102 };
                        (above * alpha + below * (255 - alpha)) / 255
                    }
                    _ => below,
                };
                assert_eq!(u32::from(byte), expected, "{x} {y}");
            }
            assert_eq!(counter("violations"), 0);
        },
    );
}
