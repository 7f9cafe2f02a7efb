//! Guards of one plane, rows and typed rows.

use nvbuf::{Access, ColorFormat, ErrorKind, Surface};

fn surface(format: ColorFormat) -> Surface {
    let builder = Surface::builder(34, 18).format(format);
    builder.build().expect("run tests through ci/sim.sh")
}

#[test]
fn a_guard_of_one_plane_leaves_the_others_alone() {
    let mut surface = surface(ColorFormat::NV12);
    let mut luma = surface.map_plane_mut(0, 0).unwrap();
    luma.rows_mut().for_each(|row| row.fill(7));
    assert_eq!(luma.params().bytes_per_pixel, 1);
    assert_eq!(luma[0], 7);
    luma.unmap().unwrap();
    let luma = surface.map_plane(0, 0).unwrap();
    assert!(luma.rows().all(|row| row == [7; 34]));
    // One plane is read, the other is written.
    let chroma = surface.map_plane_ptr(0, 1, Access::Write).unwrap();
    assert_eq!(chroma.num_planes(), 1);
    assert_eq!(chroma.plane(1).unwrap().rows().len(), 9);
    for plane in [0, 2] {
        let error = chroma.plane(plane).expect_err("not mapped");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let error = surface
        .map_ptr(0, Access::Read)
        .expect_err("plane 1 is written");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    // What was refused has claimed nothing.
    luma.unmap().unwrap();
    let write = surface.map_plane_ptr(0, 0, Access::Write).unwrap();
    write.unmap().unwrap();
    chroma.unmap().unwrap();
    drop(surface.map_mut(0).unwrap());
    let error = surface.map_plane(0, 2).expect_err("two planes");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn readers_of_one_plane_and_of_all_share_what_is_mapped() {
    let surface = surface(ColorFormat::YUV420);
    let all = surface.map(0).unwrap();
    let one = surface.map_plane(0, 1).unwrap();
    all.unmap().unwrap();
    // Plane 1 is still there.
    assert!(one.rows().flatten().all(|byte| *byte == 0));
    let again = surface.map(0).unwrap();
    one.unmap().unwrap();
    assert!(again.rows(1).unwrap().flatten().all(|byte| *byte == 0));
}

#[test]
fn typed_rows_are_those_of_the_format() {
    let mut deep = surface(ColorFormat::NV12_10LE);
    let mut map = deep.map_mut(0).unwrap();
    for (y, row) in map.rows_as_mut::<u16>(0).unwrap().enumerate() {
        assert_eq!(row.len(), 34);
        row.fill(0x300 + y as u16);
    }
    for row in map.rows_as_mut::<[u16; 2]>(1).unwrap() {
        assert_eq!(row.len(), 17);
        row.fill([0x200, 0x1ff]);
    }
    assert_eq!(
        map.rows_as::<u16>(1).unwrap().next().unwrap()[..2],
        [0x200, 0x1ff]
    );
    map.unmap().unwrap();
    let luma = deep.map_plane(0, 0).unwrap();
    assert_eq!(luma.rows_as::<u16>().unwrap().nth(5).unwrap(), [0x305; 34]);
    // 34 * 2 bytes are 17 of four, and none of eight.
    assert_eq!(luma.rows_as::<u32>().unwrap().len(), 18);
    let error = luma.rows_as::<u64>().expect_err("68 bytes");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains("68 bytes"), "{error}");
    luma.unmap().unwrap();

    let mut rgba = surface(ColorFormat::RGBA);
    let mut plane = rgba.map_plane_mut(0, 0).unwrap();
    for row in plane.rows_as_mut::<[u8; 4]>().unwrap() {
        row.fill([1, 2, 3, 4]);
    }
    drop(plane);
    assert_eq!(
        rgba.map(0).unwrap().rows(0).unwrap().next().unwrap()[..5],
        [1, 2, 3, 4, 1]
    );
}

#[test]
fn pointers_by_row_reach_the_same_pixels() {
    let mut surface = surface(ColorFormat::GRAY8);
    surface.fill(0, &[5]).unwrap();
    assert!(!surface.as_ptr().is_null());
    let map = surface.map_ptr(0, Access::Write).unwrap();
    let plane = map.plane(0).unwrap();
    let row = plane.row(17).unwrap();
    assert_eq!(row.len(), 34);
    // SAFETY: a row of a mapping for writing, which nobody else has.
    unsafe { row.cast::<u8>().as_ptr().write_bytes(6, row.len()) };
    map.unmap().unwrap();
    let map = surface.map_ptr(0, Access::Read).unwrap();
    let rows = map.plane(0).unwrap().rows_as::<u16>().unwrap();
    // SAFETY: rows of a mapping, which nobody writes.
    let firsts: Vec<_> = rows
        .map(|row| unsafe { row.cast::<u16>().read_volatile() })
        .collect();
    assert_eq!(
        (firsts[0], firsts[16], firsts[17]),
        (0x0505, 0x0505, 0x0606)
    );
}
