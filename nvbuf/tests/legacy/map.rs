//! Maps.

use nvbuf::legacy::NvBuffer;
use nvbuf::{Access, ColorFormat, Error, ErrorKind, Layout};

use super::{assert_invalid, library, of_format};

#[test]
fn what_is_written_is_read_again() {
    if library().is_none() {
        return;
    }
    let mut buffer = of_format(ColorFormat::NV12);
    let mut map = buffer.map_mut().unwrap();
    for plane in 0..2 {
        let (pixels, p) = map.plane_mut(plane).unwrap();
        assert_eq!(pixels.len(), p.byte_len());
        for (y, row) in pixels.chunks_mut(p.pitch as usize).enumerate() {
            row[..p.row_bytes()].fill((16 * plane + y) as u8);
        }
    }
    map.unmap().unwrap();
    let map = buffer.map().unwrap();
    for plane in 0..2 {
        let (pixels, p) = map.plane(plane).unwrap();
        for (y, row) in pixels.chunks(p.pitch as usize).enumerate() {
            let expected = (16 * plane + y) as u8;
            assert!(
                row[..p.row_bytes()].iter().all(|b| *b == expected),
                "{plane} {y}"
            );
        }
    }
    map.unmap().unwrap();
    // One plane alone.
    let mut map = buffer.map_plane_mut(1).unwrap();
    assert_invalid(map.plane_mut(0).map(|_| ()), "not mapped here");
    map.plane_mut(1).unwrap().0[0] = 99;
    map.unmap().unwrap();
    let map = buffer.map_plane(1).unwrap();
    assert_eq!(map.plane(1).unwrap().0[..2], [99, 16]);
    assert_invalid(map.plane(0).map(|_| ()), "not mapped here");
    drop(map);
    assert_invalid(buffer.map_plane(2).map(|_| ()), "plane 2 of 2");
    assert_invalid(
        buffer.map_plane_ptr(usize::MAX, Access::Read).map(|_| ()),
        "of 2",
    );
}

#[test]
fn mappings_that_exclude_each_other_are_refused_plane_by_plane() {
    if library().is_none() {
        return;
    }
    let buffer = of_format(ColorFormat::NV12);
    let busy = |result: nvbuf::Result<_>| {
        let error: Error = result
            .map(|_: nvbuf::legacy::MapPtr<'_>| ())
            .expect_err("busy");
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    };
    let first = buffer.map_ptr(Access::Read).unwrap();
    assert_eq!(first.num_planes(), 2);
    let second = buffer.map_plane_ptr(0, Access::Read).unwrap();
    assert_eq!(second.num_planes(), 1);
    assert_eq!(first.plane(0).unwrap().data, second.plane(0).unwrap().data);
    busy(buffer.map_ptr(Access::Write));
    drop(first);
    busy(buffer.map_plane_ptr(0, Access::Write));
    // The other plane is free.
    let writer = buffer.map_plane_ptr(1, Access::Write).unwrap();
    busy(buffer.map_plane_ptr(1, Access::Read));
    // All or nothing: plane 0 could be mapped, and is not.
    busy(buffer.map_ptr(Access::Read));
    second.unmap().unwrap();
    writer.unmap().unwrap();
    buffer.map_ptr(Access::Write).unwrap().unmap().unwrap();
}

#[test]
fn a_block_linear_buffer_is_not_mapped() {
    if library().is_none() {
        return;
    }
    let builder = NvBuffer::builder(64, 64).format(ColorFormat::NV12);
    let buffer = builder.layout(Layout::BLOCK_LINEAR).build().unwrap();
    assert_eq!(buffer.params().layout(), Layout::BLOCK_LINEAR);
    assert_invalid(buffer.map_ptr(Access::Read).map(|_| ()), "tiles");
}
