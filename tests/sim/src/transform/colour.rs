//! From one meaning of three samples to another: one matrix.

#![forbid(unsafe_code)]

use super::pixels::Model;

/// Samples are bytes with eight bits behind the point.
pub(super) const ONE: u16 = 1 << 8;
/// The highest sample.
pub(super) const WHITE: u16 = 255 * ONE;
/// U and V of grey.
pub(super) const NEUTRAL: u16 = 128 * ONE;

/// Three rows of three factors and a summand.
type Affine = [[f64; 4]; 3];

/// A conversion in integers of twelve bits behind the point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix([[i32; 4]; 3]);

const BITS: u32 = 12;

/// To red, green and blue of 0 to 255.
fn to_rgb(model: Model) -> Affine {
    match model {
        Model::Rgb => [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.]],
        Model::Yuv { red, blue, full } => {
            let green = 1. - red - blue;
            let (y, black, uv) = scales(full);
            let from_v = 2. * (1. - red) / uv;
            let from_u = 2. * (1. - blue) / uv;
            [
                [0., from_v],
                [-from_u * blue / green, -from_v * red / green],
                [from_u, 0.],
            ]
            .map(|[u, v]| [1. / y, u, v, -black / y - 128. * (u + v)])
        }
    }
}

/// From red, green and blue of 0 to 255.
fn from_rgb(model: Model) -> Affine {
    match model {
        Model::Rgb => to_rgb(model),
        Model::Yuv { red, blue, full } => {
            let (y, black, uv) = scales(full);
            let luma = [red, 1. - red - blue, blue];
            let row = |weights: [f64; 3], offset| {
                let [r, g, b] = weights;
                [r, g, b, offset]
            };
            let difference = |own: usize, weight: f64| {
                let factor = uv / (2. * (1. - weight));
                std::array::from_fn(|i| factor * (f64::from(u8::from(i == own)) - luma[i]))
            };
            [
                row(luma.map(|w| w * y), black),
                row(difference(2, blue), 128.),
                row(difference(0, red), 128.),
            ]
        }
    }
}

/// Range of Y and its lowest value, range of U and V: as parts of 255.
fn scales(full: bool) -> (f64, f64, f64) {
    if full {
        (1., 0., 1.)
    } else {
        (219. / 255., 16., 224. / 255.)
    }
}

impl Matrix {
    /// The conversion between two models.
    pub(super) fn between(from: Model, to: Model) -> Self {
        let (first, second) = (to_rgb(from), from_rgb(to));
        Self(second.map(|row| {
            let mut product = [0., 0., 0., row[3]];
            for (factor, inner) in row.iter().zip(&first) {
                for (sum, value) in product.iter_mut().zip(inner) {
                    *sum += factor * value;
                }
            }
            let one = f64::from(1 << BITS);
            let [a, b, c, d] = product;
            // The rounding of the last bit is part of the summand.
            [
                (a * one).round() as i32,
                (b * one).round() as i32,
                (c * one).round() as i32,
                (d * one * f64::from(ONE)).round() as i32 + (1 << (BITS - 1)),
            ]
        }))
    }

    /// Converts samples in place. The slices are equally long.
    pub(super) fn apply(&self, first: &mut [u16], second: &mut [u16], third: &mut [u16]) {
        let [a, b, c] = self.0;
        let row = |m: [i32; 4], x: i32, y: i32, z: i32| {
            let sum = (m[0] * x + m[1] * y + m[2] * z + m[3]) >> BITS;
            sum.clamp(0, i32::from(WHITE)) as u16
        };
        for ((x, y), z) in first.iter_mut().zip(second).zip(third) {
            let (p, q, r) = (i32::from(*x), i32::from(*y), i32::from(*z));
            *x = row(a, p, q, r);
            *y = row(b, p, q, r);
            *z = row(c, p, q, r);
        }
    }

    /// Converts one colour.
    pub(super) fn colour(&self, mut colour: [u16; 3]) -> [u16; 3] {
        let [x, y, z] = &mut colour;
        self.apply(
            std::slice::from_mut(x),
            std::slice::from_mut(y),
            std::slice::from_mut(z),
        );
        colour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours() {
        let bt601 = Model::Yuv {
            red: 0.299,
            blue: 0.114,
            full: false,
        };
        let matrix = Matrix::between(Model::Rgb, bt601);
        for (rgb, yuv) in [
            ([255, 255, 255], [235, 128, 128]),
            ([0, 0, 0], [16, 128, 128]),
            ([255, 0, 0], [81, 90, 240]),
            ([0, 0, 255], [41, 240, 110]),
        ] {
            let found = matrix.colour(rgb.map(|c: u16| c * ONE));
            assert_eq!(found.map(|c| (c + ONE / 2) / ONE), yuv, "{rgb:?}");
            let back = Matrix::between(bt601, Model::Rgb).colour(found);
            assert!(back.iter().zip(rgb).all(|(b, c)| b.abs_diff(c * ONE) < ONE));
        }
    }
}
