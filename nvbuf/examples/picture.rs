//! Allocates a surface, fills it, paints into it and saves it: `cargo run -p nvbuf --example picture`.

use std::fs::File;
use std::io::{BufWriter, Write};

use nvbuf::{ColorFormat, Surface};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or("picture.ppm".into());
    let (width, height) = (320, 240);
    let mut surface = Surface::builder(width, height)
        .format(ColorFormat::RGBA)
        .build()?;

    // An engine makes it gray, then the CPU paints: red grows to the right, green downwards.
    surface.fill(0, &[0x80])?;
    let mut map = surface.map_mut(0)?;
    for (y, row) in (0..height).zip(map.rows_as_mut::<[u8; 4]>(0)?) {
        for (x, pixel) in (0..width).zip(row) {
            pixel[0] = (x * 255 / width) as u8;
            pixel[1] = (y * 255 / height) as u8;
        }
    }
    // What was written reaches the memory here; a drop does it too, and only logs errors.
    map.unmap()?;

    let map = surface.map(0)?;
    let mut file = BufWriter::new(File::create(&name)?);
    writeln!(file, "P6 {width} {height} 255")?;
    for row in map.rows_as::<[u8; 4]>(0)? {
        for [red, green, blue, _] in row {
            file.write_all(&[*red, *green, *blue])?;
        }
    }
    file.flush()?;
    println!("{name}: {surface:?}");
    Ok(())
}
