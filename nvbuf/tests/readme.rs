//! The README's program is the example, which CI compiles and this test runs.

use std::process::Command;

#[test]
fn the_readme_shows_the_example() {
    let readme = include_str!("../README.md");
    let example = include_str!("../examples/picture.rs");
    // Without the example's own first lines, which are for those who open the file.
    let program = example.split_once("\n\n").unwrap().1;
    assert!(
        readme.contains(program),
        "README.md differs from examples/picture.rs"
    );
}

#[test]
fn the_example_saves_a_picture() {
    let file = std::env::temp_dir().join(format!("nvbuf-{}.ppm", std::process::id()));
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let status = Command::new(cargo)
        .args([
            "run",
            "--quiet",
            "--package",
            "nvbuf",
            "--example",
            "picture",
            "--",
        ])
        .arg(&file)
        .status();
    assert!(status.unwrap().success());
    let picture = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let (header, pixels) = picture.split_at(15);
    assert_eq!(header, b"P6 320 240 255\n");
    assert_eq!(pixels.len(), 320 * 240 * 3);
    let pixel = |x: usize, y: usize| &pixels[(y * 320 + x) * 3..][..3];
    assert_eq!(pixel(0, 0), [0, 0, 0x80]);
    assert_eq!(pixel(160, 120), [127, 127, 0x80]);
    assert_eq!(pixel(319, 239), [254, 253, 0x80]);
}
