//! Conversions between formats, against a reference in floating point that is written here from the
//! definitions of BT.601 and BT.709 alone.
//!
//! Pictures are of one colour, or so smooth that neighbouring samples differ by a step at most. Where
//! exactly chroma samples lie, and how an engine interpolates between them, no public text says: every
//! value between those that the neighbouring chroma samples give is taken as exact.

mod picture;

use nvbuf::{ColorFormat, Surface, Transform};
use picture::{read, surface, write};

const SIZE: (usize, usize) = (64, 32);

/// Where samples of a component lie: plane, first byte, bytes from one to the next, and powers of two of
/// pixels for one.
type Place = (usize, usize, usize, usize, usize);

/// What three components are made of.
#[derive(Clone, Copy)]
enum Meaning {
    Rgb,
    /// Y, U, V: weights of red and blue, range of Y and its black, range of U and V.
    Yuv(f64, f64, f64, f64, f64),
}

const BT601: Meaning = Meaning::Yuv(0.299, 0.114, 219., 16., 224.);
const BT601_FULL: Meaning = Meaning::Yuv(0.299, 0.114, 255., 0., 255.);
const BT709: Meaning = Meaning::Yuv(0.2126, 0.0722, 219., 16., 224.);

struct Format {
    format: ColorFormat,
    meaning: Meaning,
    places: &'static [Place],
    /// Bytes of a sample: two hold ten bits at the top.
    bytes: usize,
}

const SEMI: &[Place] = &[(0, 0, 1, 0, 0), (1, 0, 2, 1, 1), (1, 1, 2, 1, 1)];

fn formats() -> [Format; 10] {
    let of = |format, meaning, places, bytes| Format {
        format,
        meaning,
        places,
        bytes,
    };
    use ColorFormat as F;
    [
        of(
            F::RGBA,
            Meaning::Rgb,
            &[(0, 0, 4, 0, 0), (0, 1, 4, 0, 0), (0, 2, 4, 0, 0)],
            1,
        ),
        of(
            F::BGRX,
            Meaning::Rgb,
            &[(0, 2, 4, 0, 0), (0, 1, 4, 0, 0), (0, 0, 4, 0, 0)],
            1,
        ),
        of(F::NV12, BT601, SEMI, 1),
        of(F::NV12_ER, BT601_FULL, SEMI, 1),
        of(F::NV12_709, BT709, SEMI, 1),
        of(
            F::YUV420,
            BT601,
            &[(0, 0, 1, 0, 0), (1, 0, 1, 1, 1), (2, 0, 1, 1, 1)],
            1,
        ),
        of(
            F::NV12_10LE,
            BT601,
            &[(0, 0, 2, 0, 0), (1, 0, 4, 1, 1), (1, 2, 4, 1, 1)],
            2,
        ),
        of(
            F::UYVY,
            BT601,
            &[(0, 1, 2, 0, 0), (0, 0, 4, 1, 0), (0, 2, 4, 1, 0)],
            1,
        ),
        of(
            F::YUYV,
            BT601,
            &[(0, 0, 2, 0, 0), (0, 1, 4, 1, 0), (0, 3, 4, 1, 0)],
            1,
        ),
        of(F::GRAY8, BT601, &[(0, 0, 1, 0, 0)], 1),
    ]
}

impl Meaning {
    /// Red, green and blue of 0 to 255 as components in steps of 8 bits.
    fn encode(self, [r, g, b]: [f64; 3]) -> [f64; 3] {
        let Self::Yuv(kr, kb, y_range, black, uv_range) = self else {
            return [r, g, b];
        };
        let y = kr * r + (1. - kr - kb) * g + kb * b;
        let u = (b - y) / (2. * (1. - kb));
        let v = (r - y) / (2. * (1. - kr));
        let chroma = |c: f64| 128. + c * uv_range / 255.;
        [black + y * y_range / 255., chroma(u), chroma(v)]
    }

    fn decode(self, [y, u, v]: [f64; 3]) -> [f64; 3] {
        let Self::Yuv(kr, kb, y_range, black, uv_range) = self else {
            return [y, u, v];
        };
        let y = (y - black) * 255. / y_range;
        let [u, v] = [u, v].map(|c| (c - 128.) * 255. / uv_range);
        let r = y + 2. * (1. - kr) * v;
        let b = y + 2. * (1. - kb) * u;
        [r, (y - kr * r - kb * b) / (1. - kr - kb), b]
    }
}

/// A picture: red, green and blue of each pixel.
type Rgb = Vec<[f64; 3]>;

impl Format {
    /// Steps of a sample in one of 8 bits.
    fn scale(&self) -> f64 {
        if self.bytes == 2 { 4. } else { 1. }
    }

    /// The samples of a picture by component, row after row, in steps of the format, not rounded.
    fn samples(&self, picture: &Rgb) -> Vec<Vec<f64>> {
        let component = |(i, place): (usize, &Place)| {
            let (w, h) = (1 << place.3, 1 << place.4);
            let mut samples = Vec::new();
            for (y, x) in grid(SIZE.0 / w, SIZE.1 / h) {
                let group = grid(w, h).map(|(dy, dx)| {
                    let rgb = picture[(y * h + dy) * SIZE.0 + x * w + dx];
                    self.meaning.encode(rgb)[i]
                });
                let mean = group.sum::<f64>() / (w * h) as f64;
                let highest = 256. * self.scale() - 1.;
                samples.push((mean * self.scale()).clamp(0., highest));
            }
            samples
        };
        self.places.iter().enumerate().map(component).collect()
    }

    /// A surface of samples, which are rounded; every other byte is 77.
    fn surface(&self, samples: &[Vec<f64>]) -> Surface {
        let mut surface = surface(self.format, SIZE.0 as u32, SIZE.1 as u32);
        let planes = surface.params(0).unwrap().planes().to_vec();
        for (number, plane) in planes.iter().enumerate() {
            let row = plane.row_bytes();
            let mut bytes = vec![77; row * plane.height as usize];
            for (place, samples) in self.places.iter().zip(samples) {
                if place.0 != number {
                    continue;
                }
                let width = SIZE.0 >> place.3;
                for (i, sample) in samples.iter().enumerate() {
                    let at = i / width * row + place.1 + i % width * place.2;
                    let value = sample.round() as u16;
                    match self.bytes {
                        1 => bytes[at] = value as u8,
                        _ => bytes[at..at + 2].copy_from_slice(&(value << 6).to_le_bytes()),
                    }
                }
            }
            write(&mut surface, 0, number, &bytes);
        }
        surface
    }

    /// The samples of a surface.
    fn read(&self, surface: &Surface) -> Vec<Vec<f64>> {
        let planes = surface.params(0).unwrap().planes().to_vec();
        let bytes: Vec<_> = (0..planes.len()).map(|i| read(surface, 0, i)).collect();
        let component = |place: &Place| {
            let row = planes[place.0].row_bytes();
            let sample = |(y, x): (usize, usize)| {
                let bytes = &bytes[place.0][y * row + place.1 + x * place.2..];
                match self.bytes {
                    1 => f64::from(bytes[0]),
                    _ => f64::from(u16::from_le_bytes([bytes[0], bytes[1]]) >> 6),
                }
            };
            grid(SIZE.0 >> place.3, SIZE.1 >> place.4)
                .map(sample)
                .collect()
        };
        self.places.iter().map(component).collect()
    }

    /// Whether several pixels share chroma samples.
    fn is_subsampled(&self) -> bool {
        self.places.iter().any(|place| place.3 > 0)
    }

    /// The picture that samples are of, with the chroma samples so many further right and down.
    fn picture(&self, samples: &[Vec<f64>], (right, down): (isize, isize)) -> Rgb {
        let pixel = |(y, x): (usize, usize)| {
            // Grey has no colour.
            let mut components = [0., 128., 128.];
            for (i, place) in self.places.iter().enumerate() {
                let (width, height) = (SIZE.0 >> place.3, SIZE.1 >> place.4);
                let by = |shift: isize| if i > 0 { shift } else { 0 };
                let column = (x >> place.3)
                    .saturating_add_signed(by(right))
                    .min(width - 1);
                let row = (y >> place.4)
                    .saturating_add_signed(by(down))
                    .min(height - 1);
                let sample = samples[i][row * width + column];
                components[i] = sample / self.scale();
            }
            self.meaning.decode(components)
        };
        grid(SIZE.0, SIZE.1).map(pixel).collect()
    }
}

/// Rows and columns, row after row.
fn grid(width: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..height).flat_map(move |y| (0..width).map(move |x| (y, x)))
}

fn pictures() -> Vec<(String, Rgb)> {
    let flat = [
        [255., 255., 255.],
        [0., 0., 0.],
        [128., 128., 128.],
        [200., 60., 40.],
        [30., 170., 90.],
        [50., 70., 210.],
    ];
    let mut pictures: Vec<_> = flat
        .map(|color| (format!("{color:?}"), vec![color; SIZE.0 * SIZE.1]))
        .into();
    let slope = |(y, x): (usize, usize)| {
        let (x, y) = (x as f64, y as f64);
        [60. + 0.5 * x, 120. + 0.4 * y, 180. - 0.3 * x - 0.2 * y]
    };
    pictures.push(("a slope".into(), grid(SIZE.0, SIZE.1).map(slope).collect()));
    let grey = |(y, x): (usize, usize)| [(3 * x + 2 * y) as f64; 3];
    pictures.push(("greys".into(), grid(SIZE.0, SIZE.1).map(grey).collect()));
    pictures
}

#[test]
fn the_reference_knows_the_colours_of_the_standards() {
    for (rgb, yuv) in [
        ([255., 255., 255.], [235., 128., 128.]),
        ([0., 0., 0.], [16., 128., 128.]),
        ([255., 0., 0.], [81.5, 90.2, 240.]),
        ([0., 0., 255.], [41., 240., 109.8]),
    ] {
        let found = BT601.encode(rgb);
        let near = |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.1);
        assert!(near(&found, &yuv), "{rgb:?} {found:?}");
        assert!(near(&BT601.decode(found), &rgb));
    }
}

#[test]
fn every_pair_of_formats_is_within_two_steps() {
    let formats = formats();
    let mut worst: f64 = 0.;
    let mut pairs = 0;
    for (name, picture) in pictures() {
        for from in &formats {
            let samples: Vec<Vec<f64>> = from
                .samples(&picture)
                .into_iter()
                .map(|component| component.into_iter().map(f64::round).collect())
                .collect();
            let source = from.surface(&samples);
            let is_flat = picture.iter().all(|pixel| *pixel == picture[0]);
            let shifts: Vec<_> = match from.is_subsampled() && !is_flat {
                true => grid(3, 3)
                    .map(|(y, x)| (x as isize - 1, y as isize - 1))
                    .collect(),
                false => vec![(0, 0)],
            };
            let seen: Vec<_> = shifts
                .iter()
                .map(|by| from.picture(&samples, *by))
                .collect();
            for to in &formats {
                let mut target = surface(to.format, SIZE.0 as u32, SIZE.1 as u32);
                Transform::new().run(&source, &mut target).unwrap();
                let expected: Vec<_> = seen.iter().map(|seen| to.samples(seen)).collect();
                for (component, found) in to.read(&target).iter().enumerate() {
                    for (i, found) in found.iter().enumerate() {
                        let values = || expected.iter().map(|samples| samples[component][i]);
                        let (low, high) = (
                            values().fold(f64::INFINITY, f64::min),
                            values().fold(f64::NEG_INFINITY, f64::max),
                        );
                        let difference = (low - found).max(found - high).max(0.);
                        assert!(
                            difference <= 2.,
                            "{name}, {} to {}: component {component}, sample {i} is {found}, not \
                             {low} to {high}",
                            from.format,
                            to.format
                        );
                        worst = worst.max(difference);
                    }
                }
                if to.format == ColorFormat::RGBA {
                    let alpha = if from.format == to.format { 77 } else { 255 };
                    let pixels = read(&target, 0, 0);
                    assert!(pixels.chunks(4).all(|pixel| pixel[3] == alpha));
                }
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 8 * 100);
    // All zeros would not be a comparison.
    assert!(worst > 0.4, "{worst}");
    println!("{pairs} pictures, at most {worst:.2} steps off");
}
