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
    assert_eq!(header, b"P6 240 320 255\n");
    assert_eq!(pixels.len(), 240 * 320 * 3);
    for (x, y) in [
        (0, 0),
        (239, 0),
        (0, 319),
        (239, 319),
        (120, 160),
        (60, 240),
    ] {
        let found = &pixels[(y * 240 + x) * 3..][..3];
        // Half the size, turned to the right, in the whole frame.
        let (left, top) = (80 + 159 - y / 2, 60 + x / 2);
        let expected = rgb(140.0, 48.0 + left as f64 / 2.0, 68.0 + top as f64 / 2.0);
        for (found, expected) in found.iter().zip(expected) {
            let is_near = (f64::from(*found) - expected).abs() <= 5.0;
            assert!(is_near, "{found} instead of {expected} at {x}, {y}");
        }
    }
}

/// BT.601, limited range: what plain NV12 is.
fn rgb(y: f64, u: f64, v: f64) -> [f64; 3] {
    let (y, u, v) = (1.164 * (y - 16.0), u - 128.0, v - 128.0);
    let rgb = [y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u];
    rgb.map(|value| value.clamp(0.0, 255.0))
}
