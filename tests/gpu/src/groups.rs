//! The groups of cases, each about one thing that a kernel may get wrong.

#![forbid(unsafe_code)]

use crate::case::Case;
use crate::kernel::{LAYER_OWN_ALPHA, LAYER_SWAP, MAX_LAYERS};
use crate::random::Random;

/// Cases of one kind; case `n` of a group is made from the seed and `n`, so that any can be made again.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) num_cases: u32,
    /// Whether `OverlayParams::check` has to accept the cases; else it has to refuse them.
    pub(crate) is_valid: bool,
    pub(crate) make: fn(&mut Random, u32) -> Case,
}

/// All groups, quick ones first.
pub(crate) const GROUPS: &[Group] = &[
    valid("sizes", 120, sizes),
    valid("positions", 120, positions),
    invalid("claimed sizes", 40, claimed_sizes),
    valid("own alpha and swap", 64, flags),
    valid("keep", 64, keep),
    valid("0 to 16 layers", 17 * 3, layer_counts),
    invalid("values out of range", 16, out_of_range),
    valid("pitches", 64, pitches),
    valid("launch geometry", 64, geometry),
    valid("surface objects", 192, surfaces),
    valid("16 surfaces over a surface", 8, all_surfaces),
    valid("every byte over every byte, every alpha", 256, blending),
    valid("every own alpha with every alpha", 256, own_alpha),
    valid("1920x1080", 8, full_hd),
    valid("1920x1080, surface objects", 4, full_hd_surfaces),
    valid("3840x2160", 2, ultra_hd),
];

const fn valid(name: &'static str, num_cases: u32, make: fn(&mut Random, u32) -> Case) -> Group {
    Group {
        name,
        num_cases,
        is_valid: true,
        make,
    }
}

const fn invalid(name: &'static str, num_cases: u32, make: fn(&mut Random, u32) -> Case) -> Group {
    Group {
        name,
        num_cases,
        is_valid: false,
        make,
    }
}

fn small(random: &mut Random) -> Case {
    let (width, height) = (random.size(1..=150), random.size(1..=60));
    Case::new(random, width, height, 0)
}

fn sizes(random: &mut Random, _: u32) -> Case {
    let mut case = small(random);
    for _ in 0..random.within(1..=3) {
        case.random_layer(random);
    }
    case
}

/// Just inside and just outside of every edge, and as far away as numbers go.
fn positions(random: &mut Random, _: u32) -> Case {
    let mut case = small(random);
    let (width, height) = case.output_size();
    for _ in 0..4 {
        let (w, h) = (random.size(1..=40), random.size(1..=40));
        let picture = case.picture(random, w, h, 0);
        let mut near = |size: u32, output: u32| {
            let (size, output) = (size as i32, output as i32);
            random.pick([
                -size - 1,
                -size,
                1 - size,
                -1,
                0,
                1,
                output - size,
                output - 1,
                output,
            ])
        };
        let (mut x, mut y) = (near(w, width), near(h, height));
        match random.within(0..=7) {
            0 => x = random.pick([i32::MIN, i32::MAX, i32::MIN + w as i32]),
            1 => y = random.pick([i32::MIN, i32::MAX, i32::MIN + h as i32]),
            _ => {}
        }
        case.layer(picture, x, y).alpha = random.size(0..=255);
    }
    case
}

/// Layers that are said to be larger than what lies over the output, up to what 32 bits can say.
fn claimed_sizes(random: &mut Random, _: u32) -> Case {
    let mut case = small(random);
    let (width, height) = case.output_size();
    let (left, above) = (random.size(0..=30), random.size(0..=30));
    let picture = case.picture(random, width + left, height + above, 1);
    let layer = case.layer(picture, -(left as i32), -(above as i32));
    (layer.width, layer.height) = (u32::MAX, random.pick([u32::MAX, 1 << 31]));
    layer.alpha = 200;
    // And two that claim much and still end before the output begins.
    let layer = case.layer(picture, i32::MIN, 0);
    (layer.width, layer.height) = (1 << 31, u32::MAX);
    let layer = case.layer(picture, 0, i32::MIN);
    (layer.width, layer.height) = (u32::MAX, 1 << 31);
    case
}

fn flags(random: &mut Random, n: u32) -> Case {
    let mut case = small(random);
    for bit in 0..3 {
        let layer = case.random_layer(random);
        layer.flags = [0, LAYER_OWN_ALPHA, LAYER_SWAP, LAYER_OWN_ALPHA | LAYER_SWAP]
            [(n >> (2 * bit)) as usize % 4];
    }
    case
}

fn keep(random: &mut Random, n: u32) -> Case {
    let mut case = small(random);
    case.keep();
    for _ in 0..n % 4 {
        case.random_layer(random);
    }
    case
}

fn layer_counts(random: &mut Random, n: u32) -> Case {
    let mut case = small(random);
    if random.coin() {
        case.keep();
    }
    for _ in 0..n % 17 {
        case.random_layer(random);
    }
    case
}

/// What a host should never send, and what must do no harm: both sides take the nearest value that is allowed.
fn out_of_range(random: &mut Random, n: u32) -> Case {
    let mut case = small(random);
    for _ in 0..MAX_LAYERS {
        let alpha = random.pick([256, 511, 70_000, u32::MAX]);
        let layer = case.random_layer(random);
        layer.alpha = alpha;
        // Bits without a meaning, beside those that have one.
        layer.flags |= 0xffff_fff8;
        layer.reserved = u32::MAX;
    }
    case.claim_layers([16, 17, 1 << 20, u32::MAX][n as usize % 4]);
    case
}

fn pitches(random: &mut Random, n: u32) -> Case {
    let (width, height) = (random.size(1..=100), random.size(1..=40));
    let mut case = Case::new(random, width, height, 2 * (n % 33) + 1);
    for _ in 0..2 {
        let slack = 2 * random.size(0..=40) + 1;
        let (w, h) = (random.size(1..=width), random.size(1..=height));
        let picture = case.picture(random, w, h, slack);
        case.layer(picture, 1, -1).alpha = 100;
    }
    case
}

/// Blocks of many shapes; every other grid leaves a part of the output out, which then must not be touched.
fn geometry(random: &mut Random, n: u32) -> Case {
    let mut case = small(random);
    case.random_layer(random);
    let (width, height) = case.output_size();
    case.block = random.pick([
        (1, 1),
        (7, 5),
        (16, 16),
        (32, 32),
        (64, 4),
        (1024, 1),
        (1, 1024),
    ]);
    case.grid = (width.div_ceil(case.block.0), height.div_ceil(case.block.1));
    if n.is_multiple_of(2) {
        case.grid = (random.size(1..=case.grid.0), random.size(1..=case.grid.1));
    }
    case
}

/// Every choice of surfaces among an output and four layers, in launches of either reach.
fn surfaces(random: &mut Random, n: u32) -> Case {
    let (width, height) = (random.size(1..=150), random.size(1..=60));
    let slack = random.size(0..=3);
    let mut case = Case::new(random, width, height, slack);
    if random.coin() {
        case.keep();
    }
    for _ in 0..4 {
        case.random_layer(random);
    }
    let (_, grid_height) = case.grid;
    if n.is_multiple_of(3) {
        case.grid.1 = random.size(1..=grid_height);
    }
    // Not all from the first on: the order of the objects is not that of the layers.
    for layer in (0..4).rev().filter(|layer| n >> (layer + 1) & 1 == 1) {
        case.layer_to_surface(layer);
    }
    if n & 1 == 1 {
        case.output_to_surface();
    }
    case
}

fn all_surfaces(random: &mut Random, n: u32) -> Case {
    let mut case = small(random);
    if n & 1 == 1 {
        case.keep();
    }
    for _ in 0..MAX_LAYERS {
        case.random_layer(random);
    }
    with_all_surfaces(case)
}

fn full_hd_surfaces(random: &mut Random, n: u32) -> Case {
    with_all_surfaces(full_hd(random, n))
}

fn with_all_surfaces(mut case: Case) -> Case {
    case.output_to_surface();
    for layer in 0..case.num_layers() {
        case.layer_to_surface(layer);
    }
    case
}

/// All sources over all outputs with alpha `n`: together the cases are the whole table.
fn blending(random: &mut Random, n: u32) -> Case {
    let mut case = Case::new(random, 256, 256, 0);
    case.keep();
    let output = case.output();
    let picture = case.picture(random, 256, 256, 0);
    case.layer(picture, 0, 0).alpha = n;
    for y in 0..=255 {
        for x in 0..=255 {
            let (s, d) = (x as u8, y as u8);
            case.set_pixel(picture, x, y, [s, s.wrapping_add(85), !s, 0]);
            case.set_pixel(output, x, y, [d, d, d, 0]);
        }
    }
    case
}

fn own_alpha(random: &mut Random, n: u32) -> Case {
    let mut case = Case::new(random, 256, 16, 0);
    let picture = case.picture(random, 256, 16, 0);
    let layer = case.layer(picture, 0, 0);
    (layer.alpha, layer.flags) = (n, LAYER_OWN_ALPHA);
    for y in 0..16 {
        for x in 0..=255 {
            let colour = random.next() as u32;
            let [r, g, b, _] = colour.to_le_bytes();
            case.set_pixel(picture, x, y, [r, g, b, x as u8]);
        }
    }
    case
}

fn full_hd(random: &mut Random, n: u32) -> Case {
    large(random, 1920, 1080, n)
}

fn ultra_hd(random: &mut Random, n: u32) -> Case {
    large(random, 3840, 2160, n)
}

fn large(random: &mut Random, width: u32, height: u32, n: u32) -> Case {
    let mut case = Case::new(random, width, height, 16 * (n % 3));
    if !n.is_multiple_of(2) {
        case.keep();
    }
    let whole = case.picture(random, width, height, 0);
    case.layer(whole, 0, 0).alpha = random.size(0..=255);
    let (w, h) = (random.size(300..=width), random.size(200..=height));
    let part = case.picture(random, w, h, 1);
    let x = random.within(-100..=1000) as i32;
    let layer = case.layer(part, x, random.within(-100..=500) as i32);
    (layer.alpha, layer.flags) = (random.size(1..=255), LAYER_OWN_ALPHA | LAYER_SWAP);
    case
}
