//! Every format that the release knows: allocated, mapped, filled, read back, and its planes are what its
//! name says.

use nvbuf::{ColorFormat, Surface};

/// Wide enough for every subsampling, and nothing's multiple.
const SIZE: (u32, u32) = (38, 22);

/// The first number that the headers of the simulated release do not list (nvbufsurface-sys/tests/facts).
/// On hardware all are tried, and R32.1's at least are there.
fn formats() -> (u32, u32) {
    let Ok(name) = std::env::var("NVMM_SIM_RELEASE") else {
        return (37, u32::MAX);
    };
    let mut parts = name[1..].split('.').map(|part| part.parse().unwrap());
    let mut part = || parts.next().unwrap_or(0);
    let end = match (part(), part(), part()) {
        (39.., ..) => 113,
        (36, 4.., _) => 93,
        (36, 3, _) => 92,
        (36, ..) => 89,
        (35, 4.., _) => 88,
        (34..=35, ..) => 71,
        (32, 5.., _) => 47,
        (32, 4, _) => 42,
        _ => 37,
    };
    (end, end)
}

#[test]
fn every_format_allocates_maps_and_reports_its_planes() {
    let (sure, end) = formats();
    let mut seen = 0;
    for format in (1..end).map(ColorFormat).take_while(|f| f.name().is_some()) {
        let built = Surface::builder(SIZE.0, SIZE.1).format(format).build();
        if built.is_err() && format.0 >= sure {
            continue;
        }
        let mut surface = built.unwrap_or_else(|e| panic!("{format}: {e}"));
        seen += 1;
        let planes = surface.params(0).unwrap().planes().to_vec();
        let shapes = format.planes().unwrap();
        assert_eq!(planes.len(), shapes.len(), "{format}");
        for (plane, shape) in planes.iter().zip(shapes) {
            let rows = SIZE.1.div_ceil(shape.height_divisor);
            assert_eq!(plane.height, rows, "{format}");
            let bits = SIZE.0.div_ceil(shape.width_divisor) * shape.bits;
            assert_eq!(plane.row_bytes() as u32, bits.div_ceil(8), "{format}");
            assert!(plane.pitch as usize >= plane.row_bytes(), "{format}");
        }
        let values = &[1, 2, 3][..planes.len()];
        surface.fill(0, values).unwrap();
        let mut map = surface.map_mut(0).unwrap();
        for (i, value) in values.iter().enumerate() {
            let mut rows = map.rows_mut(i).unwrap();
            assert_eq!(rows.len(), planes[i].height as usize);
            let last = rows.next_back().unwrap();
            assert!(last.iter().all(|byte| byte == value), "{format} plane {i}");
            last.fill(9);
        }
        map.unmap().unwrap();
        let map = surface.map(0).unwrap();
        for (i, value) in values.iter().enumerate() {
            let sums: Vec<_> = map.rows(i).unwrap().rev().take(2).map(|r| r[0]).collect();
            assert_eq!(sums, [9, *value], "{format} plane {i}");
        }
    }
    assert!(seen >= sure - 1, "{seen} of {sure}");
}
