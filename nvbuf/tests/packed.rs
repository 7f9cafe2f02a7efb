//! Fill, single copies, and planes as packed memory.

mod releases;

use std::process::Command;

use nvbuf::sys::Library;
use nvbuf::{Access, ColorFormat, ErrorKind, Layout, MemType, Surface};

/// Set in the process whose library pads.
const CHILD: &str = "NVBUF_TEST_PADDED_ROWS";

#[test]
fn on_other_releases() {
    releases::run_on_others("on_other_releases");
}

#[test]
fn a_library_that_pads_its_rows_reaches_no_memory_behind_the_packed_ones() {
    let name = "a_library_that_pads_its_rows_reaches_no_memory_behind_the_packed_ones";
    if std::env::var_os(CHILD).is_none() {
        if nvmm_sim_control::Simulator::find().is_err() {
            println!("not run: only the simulator pads on demand");
            return;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", name])
            .env(CHILD, "1")
            .env("NVMM_SIM_RAW_ALIGNMENT", "64")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        return;
    }
    let mut surface = nv12(1);
    surface.fill(0, &[40, 50]).unwrap();
    let len = 34 * 18;
    // Room for what a library writes that is not refused.
    let mut memory = vec![7; 64 * 18];
    let has = Library::get().unwrap().functions().to_raw.is_some();
    for _ in 0..2 {
        let read = surface.read_plane(0, 0, &mut memory[..len]);
        assert!(memory[len..].iter().all(|byte| *byte == 7), "overrun");
        if !has {
            // The CPU does it.
            read.unwrap();
            assert!(memory[..len].iter().all(|byte| *byte == 40));
            continue;
        }
        let written = surface.write_plane(0, 0, &memory[..len]);
        for error in [read.expect_err("padded"), written.expect_err("padded")] {
            assert_eq!(error.kind(), ErrorKind::Call, "{error}");
            for words in ["34x18", "pads", "map_plane_ptr"] {
                assert!(error.to_string().contains(words), "{error}");
            }
        }
        assert!(memory.iter().all(|byte| *byte == 7), "nothing is read");
    }
    let luma = surface.map_plane(0, 0).unwrap();
    assert!(luma.rows().flatten().all(|byte| *byte == 40));
}

fn nv12(batch: u32) -> Surface {
    let builder = Surface::builder(34, 18)
        .format(ColorFormat::NV12)
        .batch(batch);
    builder.build().expect("run tests through ci/sim.sh")
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

#[test]
fn planes_go_to_packed_memory_and_back() {
    let mut surface = nv12(2);
    let planes = surface.params(1).unwrap().planes().to_vec();
    assert_eq!(
        [planes[0].packed_len(), planes[1].packed_len()],
        [34 * 18, 34 * 9]
    );
    for (i, plane) in planes.iter().enumerate() {
        let data = pattern(plane.packed_len());
        surface.write_plane(1, i, &data).unwrap();
        let map = surface.map_plane(1, i).unwrap();
        assert!(map.rows().flatten().eq(&data), "plane {i}");
        map.unmap().unwrap();
        let mut read = vec![0; data.len()];
        surface.read_plane(1, i, &mut read).unwrap();
        assert_eq!(read, data, "plane {i}");
        surface.read_plane(0, i, &mut read).unwrap();
        assert!(read.iter().all(|byte| *byte == 0), "the other buffer");
    }
}

#[test]
fn packed_memory_of_another_length_is_refused() {
    let mut surface = nv12(1);
    for (plane, len) in [(0, 34 * 18 - 1), (0, 34 * 18 + 1), (1, 34 * 18), (2, 8)] {
        let mut bytes = vec![0; len];
        let error = surface.read_plane(0, plane, &mut bytes).expect_err("read");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        let error = surface.write_plane(0, plane, &bytes).expect_err("write");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let map = surface.map_plane_ptr(0, 0, Access::Write).unwrap();
    let error = surface
        .read_plane(0, 0, &mut [0; 34 * 18])
        .expect_err("written");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    surface.read_plane(0, 1, &mut [0; 34 * 9]).unwrap();
    drop(map);
}

#[test]
fn what_the_cpu_does_not_reach_needs_the_library() {
    let builder = Surface::builder(16, 8).mem_type(MemType::CUDA_DEVICE);
    let mut device = builder.build().unwrap();
    let builder = Surface::builder(16, 8).layout(Layout::BLOCK_LINEAR);
    let mut tiles = builder.build().unwrap();
    let has = Library::get().unwrap().functions().to_raw.is_some();
    for surface in [&mut device, &mut tiles] {
        let error = surface
            .map_ptr(0, Access::Read)
            .expect_err("not for the CPU");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        let data = pattern(16 * 8 * 4);
        let written = surface.write_plane(0, 0, &data);
        let mut read = vec![0; data.len()];
        let result = surface.read_plane(0, 0, &mut read);
        if has {
            written.and(result).unwrap();
            assert_eq!(read, data);
        } else {
            for error in [written.expect_err("no way"), result.expect_err("no way")] {
                assert_eq!(error.kind(), ErrorKind::Load, "{error}");
            }
        }
    }
}

#[test]
fn a_fill_is_of_one_buffer_and_a_value_for_each_plane() {
    let mut surface = nv12(2);
    surface.fill(1, &[16, 128]).unwrap();
    let map = surface.map(1).unwrap();
    for (plane, value) in [(0, 16), (1, 128)] {
        assert!(map.rows(plane).unwrap().flatten().all(|b| *b == value));
    }
    drop(map);
    assert!(
        surface
            .map(0)
            .unwrap()
            .rows(1)
            .unwrap()
            .flatten()
            .all(|b| *b == 0)
    );
    for values in [&[1][..], &[1, 2, 3]] {
        let error = surface.fill(0, values).expect_err("two planes");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let error = surface.fill(2, &[1, 2]).expect_err("two buffers");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn one_buffer_is_copied_to_any_place_of_another_batch() {
    let (mut from, mut to) = (nv12(1), nv12(3));
    from.fill(0, &[40, 50]).unwrap();
    from.copy_buffer_to(0, &mut to, 2).unwrap();
    let first_bytes: Vec<_> = (0..3)
        .map(|i| to.map(i).unwrap().plane(1).unwrap().0[0])
        .collect();
    assert_eq!(first_bytes, [0, 0, 50]);
    let error = from.copy_to(&mut to).expect_err("batches of 1 and 3");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let error = from
        .copy_buffer_to(0, &mut to, 3)
        .expect_err("three buffers");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let mut rgba = Surface::builder(34, 18).build().unwrap();
    let error = from.copy_to(&mut rgba).expect_err("another format");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    // To memory of another type.
    let builder = Surface::builder(34, 18).format(ColorFormat::NV12);
    let mut pinned = builder.mem_type(MemType::CUDA_PINNED).build().unwrap();
    from.copy_to(&mut pinned).unwrap();
    pinned.copy_buffer_to(0, &mut to, 0).unwrap();
    assert_eq!(to.map(0).unwrap().plane(0).unwrap().0[0], 40);
}
