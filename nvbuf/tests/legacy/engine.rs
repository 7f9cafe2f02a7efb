//! Transforms, copies by the library.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use nvbuf::legacy::{Composite, Layer, NvBuffer, Session, Transform};
use nvbuf::{Access, ColorFormat, ErrorKind, Filter, Flip, Rect};

use super::{
    BLUE, RED, assert_invalid, has, has_engine, library, of_format, paint, pixel, rgba, rows,
};

#[test]
fn a_transform_crops_scales_flips_and_converts() {
    if library().is_none() || !has_engine() {
        return;
    }
    let from = rgba(64, 48);
    // Quadrants of four colours.
    let colour = |x: usize, y: usize| [200 * u8::from(x >= 32), 100 * u8::from(y >= 24), 50, 255];
    paint(&from, 0, colour);
    let nearest = || Transform::new().filter(Filter::NEAREST);
    // To twice the size, then left and right changed.
    let large = rgba(128, 96);
    nearest().run(&from, &large).unwrap();
    for (x, y) in [(0, 0), (63, 47), (64, 47), (63, 48), (127, 95)] {
        assert_eq!(pixel(&large, x, y), colour(x / 2, y / 2), "{x} {y}");
    }
    nearest().flip(Flip::FlipX).run(&from, &large).unwrap();
    assert_eq!(pixel(&large, 0, 0), colour(63, 0));
    assert_eq!(pixel(&large, 127, 95), colour(0, 47));
    // Nearest has the colours of the source alone; bilinear has others at the edges.
    let has_others = |buffer: &NvBuffer<'_>| {
        let pixels = rows(buffer, 0).concat();
        pixels.chunks(4).any(|pixel| !matches!(pixel[0], 0 | 200))
    };
    assert!(!has_others(&large));
    let smooth = Transform::new().filter(Filter::BILINEAR);
    smooth.run(&from, &large).unwrap();
    assert!(has_others(&large));
    // One quadrant to a part; the rest stays.
    paint(&large, 0, |_, _| RED);
    let part = nearest()
        .crop(Rect::new(32, 24, 32, 24))
        .place(Rect::new(10, 20, 16, 12));
    part.run(&from, &large).unwrap();
    assert_eq!(pixel(&large, 10, 20), colour(63, 47));
    assert_eq!(pixel(&large, 25, 31), colour(63, 47));
    for (x, y) in [(9, 20), (10, 19), (26, 31), (25, 32)] {
        assert_eq!(pixel(&large, x, y), RED, "{x} {y}");
    }
    // To NV12: BT.601, limited range, of a flat gray.
    paint(&from, 0, |_, _| [128, 128, 128, 255]);
    let nv12 = of_format(ColorFormat::NV12);
    nearest().run(&from, &nv12).unwrap();
    let luma = rows(&nv12, 0);
    let is_near = |value: u8, expected: u8| value.abs_diff(expected) <= 2;
    assert!(
        luma.iter().flatten().all(|y| is_near(*y, 126)),
        "{:?}",
        luma[0]
    );
    let chroma = rows(&nv12, 1);
    assert!(
        chroma.iter().flatten().all(|c| is_near(*c, 128)),
        "{:?}",
        chroma[0]
    );
}

#[test]
fn transforms_that_cannot_be_are_refused_before_the_library_sees_them() {
    if library().is_none() || !has_engine() {
        return;
    }
    let (from, to) = (rgba(64, 48), rgba(64, 48));
    let all = Transform::new;
    for (transform, text) in [
        (all().crop(Rect::new(0, 0, 0, 48)), "is empty"),
        (all().crop(Rect::new(1, 0, 32, 24)), "odd"),
        (all().place(Rect::new(0, 0, 33, 24)), "odd"),
        (all().crop(Rect::new(32, 0, 64, 48)), "not inside"),
        (all().place(Rect::new(0, 2, 64, 48)), "not inside"),
        (all().crop(Rect::new(0, 0, u32::MAX - 1, 2)), "not inside"),
        (all().crop(Rect::new(2, 0, u32::MAX - 1, 2)), "not inside"),
        (all().crop(Rect::new(0, 0, 2, 48)), "1/16 to 16"),
        (all().place(Rect::new(0, 0, 64, 2)), "1/16 to 16"),
        (all().filter(Filter::DEFAULT), "DEFAULT is none"),
        (all().filter(Filter(7)), "Filter(7) is none"),
    ] {
        assert_invalid(transform.run(&from, &to), text);
    }
    // All of an odd picture is sent without a rectangle.
    let (odd, whole) = (rgba(63, 31), Rect::new(0, 0, 63, 31));
    all().crop(whole).run(&odd, &to).unwrap();
    all().place(whole).run(&from, &odd).unwrap();
    let nearly = all().crop(Rect::new(0, 0, 63, 30));
    assert_invalid(nearly.run(&odd, &to), "for example to 62x30+0+0");
    assert_invalid(all().run(&from, &from), "onto itself");
    let same = NvBuffer::from_fd(from.as_fd()).unwrap();
    assert_invalid(all().run(&from, &same), "onto itself");
    let busy = |result: nvbuf::Result<()>| {
        let error = result.expect_err("mapped");
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    };
    let reader = to.map_ptr(Access::Read).unwrap();
    busy(all().run(&from, &to));
    // To read a buffer that somebody reads is no matter.
    all().run(&to, &from).unwrap();
    drop(reader);
    let writer = from.map_ptr(Access::Write).unwrap();
    busy(all().run(&from, &to));
    drop(writer);
    all().run(&from, &to).unwrap();
}

#[test]
fn a_session_is_used_and_kept_where_the_release_has_them() {
    if library().is_none() || !has_engine() {
        return;
    }
    let session = Session::new();
    if !has("NvBufferSessionCreate", &session) {
        return;
    }
    let session = session.unwrap();
    let transform = Transform::new().session(&session);
    let composite = Composite::new().session(&session);
    drop(session);
    let (from, to) = (rgba(64, 48), rgba(64, 48));
    paint(&from, 0, |_, _| RED);
    transform.run(&from, &to).unwrap();
    assert_eq!(pixel(&to, 5, 5), RED);
    paint(&from, 0, |_, _| BLUE);
    composite.run(&[Layer::new(&from)], &to).unwrap();
    assert_eq!(pixel(&to, 5, 5), BLUE);
}

#[test]
fn a_transform_in_the_background_keeps_its_buffers_and_waits() {
    if library().is_none() || !has_engine() {
        return;
    }
    let (from, to) = (Arc::new(rgba(64, 48)), Arc::new(rgba(64, 48)));
    paint(&from, 0, |_, _| RED);
    let started = Transform::new().start(Arc::clone(&from), Arc::clone(&to));
    if !has("NvBufferTransformAsync", &started) {
        return;
    }
    started.unwrap().wait().unwrap();
    assert_eq!(pixel(&to, 63, 47), RED);
    paint(&from, 0, |_, _| BLUE);
    let session = Session::new().unwrap();
    let transform = Transform::new().session(&session);
    let mut pending = transform.start(Arc::clone(&from), Arc::clone(&to)).unwrap();
    drop((from, transform, session));
    assert_eq!(Arc::strong_count(&to), 2);
    pending.wait_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(Arc::strong_count(&to), 1, "given back once it is done");
    pending.wait_timeout(Duration::ZERO).unwrap();
    drop(pending);
    assert_eq!(pixel(&to, 63, 47), BLUE);
    let other = Arc::new(rgba(64, 48));
    // Meanwhile the buffers are busy: to the CPU, to other transforms, to copies.
    let pending = Transform::new()
        .start(Arc::clone(&to), Arc::clone(&other))
        .unwrap();
    let busy = |result: nvbuf::Result<()>, what: &str| {
        let error = result.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    let (reads, writes) = ("is being read by", "is being written by");
    busy(other.map_ptr(Access::Write).map(drop), writes);
    busy(other.map_ptr(Access::Read).map(drop), writes);
    busy(to.map_plane_ptr(0, Access::Write).map(drop), reads);
    to.map_ptr(Access::Read).unwrap().unmap().unwrap();
    let roles = Transform::new().start(Arc::clone(&other), Arc::clone(&to));
    busy(roles.map(drop), writes);
    let spare = rgba(64, 48);
    busy(Transform::new().run(&spare, &to), reads);
    busy(Transform::new().run(&other, &spare), writes);
    busy(Composite::new().run(&[Layer::new(&spare)], &to), reads);
    busy(Composite::new().run(&[Layer::new(&other)], &spare), writes);
    busy(other.read_plane(0, &mut [0; 64 * 48 * 4]), writes);
    busy(to.write_plane(0, &[0; 64 * 48 * 4]), reads);
    Transform::new().run(&to, &spare).unwrap();
    pending.wait().unwrap();
    other.map_ptr(Access::Write).unwrap().unmap().unwrap();
    to.map_ptr(Access::Write).unwrap().unmap().unwrap();
    // Dropping waits as well.
    drop(
        Transform::new()
            .start(Arc::clone(&to), Arc::clone(&other))
            .unwrap(),
    );
    assert_eq!(pixel(&other, 0, 0), BLUE);
    assert_invalid(
        Transform::new()
            .start(Arc::clone(&to), Arc::clone(&to))
            .map(|_| ()),
        "onto itself",
    );
}

#[test]
fn planes_go_out_and_in_without_padding() {
    if library().is_none() {
        return;
    }
    let buffer = of_format(ColorFormat::NV12);
    let pixels: Vec<u8> = (0..64 * 24).map(|i| (i * 7 % 251) as u8).collect();
    let result = buffer.write_plane(1, &pixels);
    if !has("Raw2NvBuffer", &result) {
        return;
    }
    result.unwrap();
    assert_eq!(rows(&buffer, 1).concat(), pixels);
    let mut back = vec![0; pixels.len()];
    buffer.read_plane(1, &mut back).unwrap();
    assert_eq!(back, pixels);
    assert_invalid(buffer.write_plane(2, &pixels), "plane 2 of 2");
    assert_invalid(buffer.write_plane(0, &pixels), "have 3072 bytes, not 1536");
    assert_invalid(buffer.read_plane(1, &mut back[1..]), "1536 bytes, not 1535");
    let writer = buffer.map_ptr(Access::Write).unwrap();
    let error = buffer.read_plane(1, &mut back).expect_err("mapped");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(writer);
}

#[test]
fn a_library_that_pads_its_rows_reaches_no_memory_behind_the_packed_ones() {
    let name = "engine::a_library_that_pads_its_rows_reaches_no_memory_behind_the_packed_ones";
    let child = "NVBUF_TEST_PADDED_ROWS";
    if library().is_none() {
        return;
    }
    if std::env::var_os(child).is_none() {
        if nvmm_sim_control::Simulator::find().is_err() {
            println!("not run: only the simulator pads on demand");
            return;
        }
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", name])
            .env(child, "1")
            .env("NVMM_SIM_RAW_ALIGNMENT", "256")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        return;
    }
    let buffer = of_format(ColorFormat::NV12);
    let len = 64 * 48;
    // Room for what a library writes that is not refused.
    let mut memory = vec![7; 256 * 48];
    for _ in 0..2 {
        let read = buffer.read_plane(0, &mut memory[..len]);
        if !has("NvBuffer2Raw", &read) {
            return;
        }
        let written = buffer.write_plane(0, &memory[..len]);
        for error in [read.expect_err("padded"), written.expect_err("padded")] {
            assert_eq!(error.kind(), ErrorKind::Call, "{error}");
            for words in ["64x48", "pads", "map_ptr"] {
                assert!(error.to_string().contains(words), "{error}");
            }
        }
        assert!(memory.iter().all(|byte| *byte == 7), "nothing is touched");
    }
}

#[test]
fn threads_work_on_one_buffer_and_on_pairs_of_them() {
    if library().is_none() {
        return;
    }
    let shared = [rgba(64, 48), rgba(64, 48)];
    let has_engine = has_engine();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let shared = &shared;
            scope.spawn(move || {
                let (one, other) = (&shared[thread], &shared[1 - thread]);
                for _ in 0..50 {
                    drop(one.map_ptr(Access::Read).unwrap());
                    match one.map_ptr(Access::Write) {
                        Ok(map) => map.unmap().unwrap(),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
                    }
                    let made = rgba(16, 16);
                    paint(&made, 0, |_, _| RED);
                    if has_engine {
                        Transform::new().run(&made, &rgba(32, 32)).unwrap();
                        match Transform::new().run(other, one) {
                            Ok(()) => {}
                            Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
                        }
                    }
                }
            });
        }
    });
    for buffer in &shared {
        buffer.map_ptr(Access::Write).unwrap().unmap().unwrap();
    }
}
