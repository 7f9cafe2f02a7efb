//! The twin of `nvmm_overlay` on pictures small enough to compute by hand.

mod picture;

use nvmm_sim_twins::{
    LAYER_OWN_ALPHA, LAYER_SURFACE, LAYER_SWAP, Layer, OVERLAY_KEEP, OVERLAY_SURFACE,
};
use picture::{NO_LAYER, Picture, questions};

const BLACK: [u8; 4] = [0, 0, 0, 255];

#[test]
fn background_alone_is_opaque_and_leaves_the_padding() {
    let mut output = Picture::new(3, 2, 20, 0xee);
    output.overlay(0, [1, 2, 3, 4], &[]);
    assert_eq!(output.rows(), vec![vec![[1, 2, 3, 255]; 3]; 2]);
    for row in output.bytes.chunks(20) {
        assert_eq!(row[12..], [0xee; 8]);
    }
}

#[test]
fn half_transparent_layer() {
    let layer = Picture::of_pixels([[[255, 100, 0, 0]]]);
    let mut output = Picture::new(1, 1, 4, 0);
    output.overlay(
        0,
        [0, 200, 100, 0],
        &[Layer {
            alpha: 128,
            ..layer.layer(0, 0)
        }],
    );
    // 255*128/255 = 128; (100*128 + 200*127)/255 = 149.80; 100*127/255 = 49.80
    assert_eq!(output.pixel(0, 0), [128, 150, 50, 255]);
}

#[test]
fn alpha_0_and_255() {
    let layer = Picture::of_pixels([[[9, 8, 7, 6]]]);
    let mut output = Picture::new(1, 1, 4, 0);
    output.overlay(
        0,
        [50, 60, 70, 0],
        &[Layer {
            alpha: 0,
            ..layer.layer(0, 0)
        }],
    );
    assert_eq!(output.pixel(0, 0), [50, 60, 70, 255]);
    output.overlay(0, [50, 60, 70, 0], &[layer.layer(0, 0)]);
    assert_eq!(output.pixel(0, 0), [9, 8, 7, 255]);
    // Above the range counts as opaque.
    output.overlay(
        0,
        BLACK,
        &[Layer {
            alpha: 70_000,
            ..layer.layer(0, 0)
        }],
    );
    assert_eq!(output.pixel(0, 0), [9, 8, 7, 255]);
}

#[test]
fn own_alpha_times_the_alpha_of_the_layer() {
    let layer = Picture::of_pixels([[
        [200, 200, 200, 0],
        [200, 200, 200, 255],
        [200, 200, 200, 128],
        [200, 200, 200, 64],
    ]]);
    let own = Layer {
        flags: LAYER_OWN_ALPHA,
        ..layer.layer(0, 0)
    };
    let mut output = Picture::new(4, 1, 16, 0);
    output.overlay(0, [100, 0, 10, 0], &[own]);
    // 128: (200*128 + 100*127)/255 = 150.20, 200*128/255 = 100.39, (25600 + 10*127)/255 = 105.37
    // 64: (200*64 + 100*191)/255 = 125.10, 200*64/255 = 50.20, (12800 + 10*191)/255 = 57.69
    let expected = vec![
        [100, 0, 10, 255],
        [200, 200, 200, 255],
        [150, 100, 105, 255],
        [125, 50, 58, 255],
    ];
    assert_eq!(output.rows()[0], expected);
    output.overlay(0, BLACK, &[Layer { alpha: 100, ..own }]);
    // Alphas 0, 100, 128*100/255 = 50.20 -> 50, 64*100/255 = 25.10 -> 25; then 200*a/255 = 0, 78.43, 39.22, 19.61
    let expected = vec![
        [0, 0, 0, 255],
        [78, 78, 78, 255],
        [39, 39, 39, 255],
        [20, 20, 20, 255],
    ];
    assert_eq!(output.rows()[0], expected);
}

#[test]
fn swap_moves_the_source_alone() {
    let layer = Picture::of_pixels([[[10, 20, 30, 255]]]);
    let mut output = Picture::new(2, 1, 8, 0);
    output.overlay(
        0,
        [1, 2, 3, 0],
        &[Layer {
            flags: LAYER_SWAP,
            ..layer.layer(0, 0)
        }],
    );
    assert_eq!(output.rows()[0], vec![[30, 20, 10, 255], [1, 2, 3, 255]]);
}

#[test]
fn keep_blends_over_what_was_there() {
    let layer = Picture::of_pixels([[[100, 100, 100, 255]]]);
    let mut output = Picture::of_pixels([[[10, 20, 30, 40], [50, 60, 70, 80]]]);
    output.overlay(OVERLAY_KEEP, [9, 9, 9, 9], &[layer.layer(1, 0)]);
    assert_eq!(
        output.rows()[0],
        vec![[10, 20, 30, 255], [100, 100, 100, 255]]
    );
}

#[test]
fn later_layers_lie_on_top() {
    let low = Picture::of_pixels([[[1, 1, 1, 255]; 3]]);
    let high = Picture::of_pixels([[[2, 2, 2, 255]]]);
    let mut output = Picture::new(3, 1, 12, 0);
    output.overlay(0, BLACK, &[low.layer(0, 0), high.layer(1, 0)]);
    assert_eq!(
        output.rows()[0],
        vec![[1, 1, 1, 255], [2, 2, 2, 255], [1, 1, 1, 255]]
    );
}

#[test]
fn positions_beyond_every_edge() {
    let pixel = |n: u8| [n, n, n, 255];
    let layer = Picture::of_pixels([[pixel(1), pixel(2)], [pixel(3), pixel(4)]]);
    let mut output = Picture::new(3, 3, 12, 0);
    let corners = [
        layer.layer(-1, -1),
        layer.layer(2, -1),
        layer.layer(-1, 2),
        layer.layer(2, 2),
    ];
    output.overlay(0, BLACK, &corners);
    let expected = vec![
        vec![pixel(4), BLACK, pixel(3)],
        vec![BLACK, BLACK, BLACK],
        vec![pixel(2), BLACK, pixel(1)],
    ];
    assert_eq!(output.rows(), expected);

    let outside = [
        layer.layer(-2, 0),
        layer.layer(0, -2),
        layer.layer(3, 0),
        layer.layer(0, 3),
        layer.layer(i32::MIN, i32::MIN),
        layer.layer(i32::MAX, i32::MAX),
        // Nothing is read of a layer that covers nothing, whatever its address.
        Layer {
            width: 0,
            height: u32::MAX,
            data: 0,
            ..NO_LAYER
        },
        Layer {
            width: u32::MAX,
            height: u32::MAX,
            x: i32::MIN,
            y: 7,
            data: 0,
            ..NO_LAYER
        },
        Layer {
            width: u32::MAX,
            height: 1 << 31,
            x: -1,
            y: i32::MIN,
            data: 0,
            ..NO_LAYER
        },
    ];
    output.overlay(0, BLACK, &outside);
    assert_eq!(output.rows(), vec![vec![BLACK; 3]; 3]);
}

#[test]
fn sizes_may_be_as_large_as_they_can() {
    // Only the two pixels over the output are there; the layer claims four billion.
    let layer = Picture::of_pixels([[[5, 5, 5, 255], [6, 6, 6, 255]]]);
    let claim = Layer {
        width: u32::MAX,
        height: u32::MAX,
        ..layer.layer(0, 0)
    };
    let mut output = Picture::new(2, 1, 8, 0);
    output.overlay(0, BLACK, &[claim]);
    assert_eq!(output.rows()[0], vec![[5, 5, 5, 255], [6, 6, 6, 255]]);
}

#[test]
fn wide_rows_cross_tiles() {
    let mut layer = Picture::new(700, 2, 2804, 0);
    for (n, pixel) in layer.bytes.chunks_exact_mut(4).enumerate() {
        pixel.copy_from_slice(&[n as u8, (n >> 8) as u8, 7, 255]);
    }
    let mut output = Picture::new(600, 2, 2400, 0);
    output.overlay(0, BLACK, &[layer.layer(-50, 0)]);
    for y in 0..2 {
        for x in 0..600 {
            assert_eq!(output.pixel(x, y), layer.pixel(x + 50, y), "{x}, {y}");
        }
    }
}

#[test]
fn the_launch_bounds_what_is_written() {
    let mut output = Picture::new(4, 4, 16, 0);
    output.launch([1, 1, 1], [2, 3, 1], 0, [1, 1, 1, 0], &[]);
    let written = |x: u32, y: u32| output.pixel(x, y) == [1, 1, 1, 255];
    for y in 0..4 {
        for x in 0..4 {
            assert_eq!(written(x, y), x < 2 && y < 3, "{x}, {y}");
        }
    }
    let mut output = Picture::new(1, 1, 4, 0);
    output.launch([1, 1, 0], [32, 8, 1], 0, [1, 1, 1, 0], &[]);
    assert_eq!(output.pixel(0, 0), [0; 4]);
}

#[test]
fn an_empty_output_is_left_alone() {
    let mut output = Picture::new(0, 3, 0, 0);
    output.overlay(0, BLACK, &[]);
    let mut output = Picture::new(3, 0, 12, 0);
    output.overlay(0, BLACK, &[]);
}

/// Pixels that say where they are.
fn numbered(width: u32, height: u32, slack: u32, salt: u8) -> Picture {
    let mut picture = Picture::new(width, height, width * 4 + slack, 0x77);
    let pitch = (width * 4 + slack) as usize;
    for (y, row) in picture.bytes.chunks_mut(pitch).enumerate() {
        for (x, pixel) in row[..width as usize * 4].chunks_mut(4).enumerate() {
            pixel.copy_from_slice(&[x as u8, y as u8, salt, (x * 3 + y * 5) as u8]);
        }
    }
    picture
}

/// Whichever of the pictures are surfaces, the pixels are the same, and each is looked up once.
#[test]
fn surfaces_are_as_good_as_memory() {
    for which in 0..8_u32 {
        for keep in [0, OVERLAY_KEEP] {
            let (mut below, mut above) = (numbered(300, 5, 12, 9), numbered(40, 3, 0, 200));
            let (mut expected, mut found) = (numbered(290, 4, 8, 1), numbered(290, 4, 8, 1));
            let shape = |low: Layer, high: Layer| {
                let high = Layer {
                    alpha: 99,
                    flags: high.flags | LAYER_OWN_ALPHA | LAYER_SWAP,
                    ..high
                };
                [low, high]
            };
            let plain = shape(below.layer(-3, -1), above.layer(260, 2));
            expected.overlay(keep, [7, 8, 9, 10], &plain);
            let mut layers = plain;
            if which & 1 != 0 {
                layers[0] = shape(below.surface_layer(-3, -1), NO_LAYER)[0];
            }
            if which & 2 != 0 {
                layers[1] = shape(NO_LAYER, above.surface_layer(260, 2))[1];
            }
            let output = if which & 4 != 0 { OVERLAY_SURFACE } else { 0 };
            questions();
            found.overlay(keep | output, [7, 8, 9, 10], &layers);
            assert_eq!(questions(), which.count_ones() as usize);
            assert_eq!(found.bytes, expected.bytes, "surfaces {which:b}");
        }
    }
}

#[test]
fn what_is_no_surface_leaves_everything_alone() {
    let mut output = Picture::new(2, 2, 8, 5);
    let layer = Layer {
        data: 1000,
        width: 2,
        height: 2,
        flags: LAYER_SURFACE,
        ..NO_LAYER
    };
    output.overlay(0, BLACK, &[layer]);
    assert_eq!(output.bytes, [5; 16]);
    output.launch_to(1000, [1; 3], [32, 8, 1], OVERLAY_SURFACE, BLACK, &[]);
    assert_eq!(output.bytes, [5; 16]);
    // What no thread looks at is not looked up.
    questions();
    for (x, width, height) in [(2, 2, 2), (-2, 2, 2), (0, 0, 2), (0, 2, 0)] {
        let unseen = Layer {
            x,
            width,
            height,
            ..layer
        };
        output.overlay(0, BLACK, &[unseen]);
        assert_eq!(output.rows(), vec![vec![BLACK; 2]; 2]);
    }
    output.launch([0, 1, 1], [32, 8, 1], 0, BLACK, &[layer]);
    assert_eq!(questions(), 0);
}

/// Where the GPU would stop: parameters that claim more than the surfaces have.
#[test]
fn beyond_the_edges_of_a_surface_is_nothing() {
    let mut small = numbered(2, 1, 4, 50);
    let layer = Layer {
        width: 3,
        height: 2,
        ..small.surface_layer(0, 0)
    };
    let mut output = Picture::new(4, 2, 16, 0);
    output.overlay(0, BLACK, &[layer]);
    let nothing = [0, 0, 0, 255];
    assert_eq!(
        output.rows()[0],
        vec![[0, 0, 50, 255], [1, 0, 50, 255], nothing, BLACK]
    );
    assert_eq!(output.rows()[1], vec![nothing, nothing, nothing, BLACK]);
    assert_eq!(small.bytes[8..], [0x77; 4]);

    let mut inner = Picture::new(2, 1, 12, 0xee);
    let handle = inner.surface();
    let claimed = Picture::new(3, 4, 12, 0);
    let grid = [1, 1, 1];
    claimed.launch_to(handle, grid, [32, 8, 1], OVERLAY_SURFACE, [1, 2, 3, 4], &[]);
    assert_eq!(inner.rows()[0], vec![[1, 2, 3, 255]; 2]);
    assert_eq!(inner.bytes[8..], [0xee; 4]);
}
