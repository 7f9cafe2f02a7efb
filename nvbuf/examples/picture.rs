//! Allocates a frame, paints it, lets an engine crop, turn, scale and convert it, and saves the picture:
//! `cargo run -p nvbuf --example picture`.

use std::fs::File;
use std::io::{BufWriter, Write};

use nvbuf::{ColorFormat, Filter, Flip, Rect, Surface, Transform};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or("picture.ppm".into());

    // A frame as cameras and decoders give it: a plane of brightness, and one of colour at half its size.
    let mut frame = Surface::builder(320, 240)
        .format(ColorFormat::NV12)
        .build()?;
    // An engine fills both planes, then the CPU paints: blue grows to the right, red downwards.
    frame.fill(0, &[140, 128])?;
    let mut colour = frame.map_plane_mut(0, 1)?;
    for (y, row) in (0..).zip(colour.rows_as_mut::<[u8; 2]>()?) {
        for (x, pixel) in (0..).zip(row) {
            *pixel = [48 + x, 68 + y];
        }
    }
    // What was written reaches the memory here; a drop does it too, and only logs errors.
    colour.unmap()?;

    // The middle of the frame, turned to the left, twice as large and in another format.
    let mut picture = Surface::builder(240, 320)
        .format(ColorFormat::RGBA)
        .build()?;
    Transform::new()
        .crop(Rect::new(80, 60, 160, 120))
        .flip(Flip::Rotate90)
        .filter(Filter::BILINEAR)
        .run(&frame, &mut picture)?;

    let pixels = picture.map_plane(0, 0)?;
    let mut file = BufWriter::new(File::create(&name)?);
    writeln!(file, "P6 240 320 255")?;
    for [red, green, blue, _] in pixels.rows_as::<[u8; 4]>()?.flatten() {
        file.write_all(&[*red, *green, *blue])?;
    }
    file.flush()?;
    println!("{name}: {picture:?}");
    Ok(())
}
