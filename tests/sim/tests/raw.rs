//! Planes to and from packed rows: `NvBufSurface2Raw`, `NvBuffer2Raw` and their reverse.

mod support;

use std::ffi::{c_int, c_uint};

use nvbufsurface_sys::classic as sys;
use nvbufsurface_sys::nvbuf_utils::r32_6 as legacy;
use support::legacy::{call, create, destroy};
use support::surface::{Surface, params};
use support::{child_of, counter, on_each, release, text};

const LIBRARY: &str = "libnvbufsurface.so.1.0.0";

fn to_raw(surface: &Surface, at: [c_uint; 4], rows: *mut u8) -> c_int {
    let function = function!(LIBRARY, "NvBufSurface2Raw", sys::PFN_NvBufSurface2Raw);
    let [index, plane, width, height] = at;
    // SAFETY: a live surface and enough rows, or what must be refused.
    unsafe { function(surface.raw, index, plane, width, height, rows) }
}

fn from_raw(surface: &Surface, at: [c_uint; 4], rows: *mut u8) -> c_int {
    let function = function!(LIBRARY, "Raw2NvBufSurface", sys::PFN_Raw2NvBufSurface);
    let [index, plane, width, height] = at;
    // SAFETY: as above.
    unsafe { function(rows, index, plane, width, height, surface.raw) }
}

/// Bytes that tell where they are.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

#[test]
fn rows_are_padded_if_that_is_asked_for() {
    let test = "rows_are_padded_if_that_is_asked_for";
    let output = child_of("r36.4", test, &[("NVMM_SIM_RAW_ALIGNMENT", "16")], || {
        let surface = Surface::create(1, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap();
        let mut rows = pattern(16 * 4);
        assert_eq!(from_raw(&surface, [0, 0, 7, 4], rows.as_mut_ptr()), 0);
        let mut back = vec![0u8; rows.len()];
        assert_eq!(to_raw(&surface, [0, 0, 7, 4], back.as_mut_ptr()), 0);
        for (row, expected) in back.chunks(16).zip(rows.chunks(16)) {
            assert_eq!((&row[..7], &row[7..]), (&expected[..7], &[0; 9][..]));
        }
        assert_eq!(counter("violations"), 0);
    });
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn a_plane_becomes_packed_rows_and_back() {
    let test = "a_plane_becomes_packed_rows_and_back";
    on_each(test, &["r34.1", "r35.3.1", "r36.4"], || {
        let surface = Surface::create(2, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap();
        // 32 pairs of chroma bytes in 16 rows.
        let mut rows = pattern(32 * 2 * 16);
        assert_eq!(from_raw(&surface, [1, 1, 32, 16], rows.as_mut_ptr()), 0);
        let mut back = vec![0u8; rows.len() + 1];
        assert_eq!(to_raw(&surface, [1, 1, 32, 16], back.as_mut_ptr()), 0);
        assert_eq!((&back[..rows.len()], back[rows.len()]), (&rows[..], 0));
        assert_eq!(counter("engine_bytes"), 2 * 32 * 2 * 16);
        // A part of it: from the left and the top.
        assert_eq!(to_raw(&surface, [1, 1, 3, 2], back.as_mut_ptr()), 0);
        assert_eq!((&back[..6], &back[6..12]), (&rows[..6], &rows[64..70]));
        // The other buffer and plane are as they were.
        assert_eq!(to_raw(&surface, [0, 1, 32, 16], back.as_mut_ptr()), 0);
        assert!(back.iter().all(|byte| *byte == 0));
        // The CPU sees it in the pitch of the plane, if it synchronises.
        assert_eq!(from_raw(&surface, [0, 1, 32, 16], rows.as_mut_ptr()), 0);
        assert_eq!(surface.map(0, 1, sys::NVBUF_MAP_READ), 0);
        assert_eq!(surface.sync_for_cpu(0, 1), 0);
        let second_row = surface.addr(1).wrapping_add(256);
        // SAFETY: mapped for reading.
        assert_eq!(unsafe { second_row.read() }, rows[64]);
        assert_eq!(surface.unmap(0, 1), 0);
        assert_eq!((counter("violations"), counter("unsupported")), (0, 0));
        assert_eq!(from_raw(&surface, [0, 1, 32, 16], back.as_mut_ptr()), 0);
        assert_eq!(surface.map(0, 1, sys::NVBUF_MAP_READ), 0);
        assert_eq!((surface.unmap(0, 1), counter("violations")), (0, 1));
        assert_eq!(counter("cpu-read-without-sync"), 1);
        assert_eq!(surface.destroy(), 0);
    });
}

#[test]
fn what_is_out_of_range_is_refused() {
    let test = "what_is_out_of_range_is_refused";
    on_each(test, &["r34.1", "r36.4"], || {
        let surface = Surface::create(2, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap();
        let mut rows = vec![0u8; 64 * 32];
        let refused = [
            [2, 0, 64, 32],
            [c_uint::MAX, 0, 64, 32],
            [0, 2, 64, 32],
            [0, c_uint::MAX, 64, 32],
            [0, 0, 65, 32],
            [0, 0, 64, 33],
            [0, 0, 0, 32],
            [0, 1, 64, 32],
        ];
        for (i, at) in refused.into_iter().enumerate() {
            assert_eq!(to_raw(&surface, at, rows.as_mut_ptr()), -1, "{at:?}");
            assert_eq!(from_raw(&surface, at, rows.as_mut_ptr()), -1, "{at:?}");
            assert_eq!(counter("violations"), 2 * (i as u64 + 1), "{at:?}");
        }
        assert_eq!(to_raw(&surface, [0, 0, 64, 32], std::ptr::null_mut()), -1);
        let nothing = Surface {
            raw: std::ptr::null_mut(),
        };
        assert_eq!(to_raw(&nothing, [0, 0, 64, 32], rows.as_mut_ptr()), -1);
        assert_eq!(counter("violations"), 18);
        let rules = [
            "wrong-index",
            "wrong-plane",
            "bad-argument",
            "null-argument",
        ];
        assert_eq!(rules.map(counter), [4, 4, 8, 2]);
        assert_eq!(surface.destroy(), 0);
    });
}

#[test]
fn legacy_buffers_too() {
    on_each(
        "legacy_buffers_too",
        &["r28.2", "r32.1", "r32.7", "r35.1"],
        || {
            // ABGR32 by the numbers of the release.
            let format = match release().as_str() {
                "r28.2" => 8,
                "r32.1" => 16,
                _ => legacy::NvBufferColorFormat_ABGR32,
            };
            let fd = create(format).unwrap();
            let mut rows = pattern(64 * 4 * 32);
            let written = call!(PFN_Raw2NvBuffer(rows.as_mut_ptr(), 0, 64, 32, fd));
            let mut back = vec![0u8; rows.len()];
            let read = call!(PFN_NvBuffer2Raw(fd, 0, 64, 32, back.as_mut_ptr()));
            assert_eq!((written, read), (0, 0));
            assert!(back == rows);
            assert_eq!(counter("violations"), 0);
            let refused = [
                call!(PFN_NvBuffer2Raw(fd, 1, 64, 32, back.as_mut_ptr())),
                call!(PFN_NvBuffer2Raw(fd, 0, 65, 32, back.as_mut_ptr())),
                call!(PFN_NvBuffer2Raw(fd, 0, 64, 32, std::ptr::null_mut())),
                call!(PFN_NvBuffer2Raw(9999, 0, 64, 32, back.as_mut_ptr())),
                call!(PFN_Raw2NvBuffer(rows.as_mut_ptr(), 3, 64, 32, fd)),
                call!(PFN_Raw2NvBuffer(rows.as_mut_ptr(), 0, 64, 33, fd)),
                call!(PFN_Raw2NvBuffer(rows.as_mut_ptr(), 0, 64, 32, -1)),
            ];
            assert_eq!(refused, [-1; 7]);
            assert_eq!(counter("violations"), 7);
            assert_eq!(destroy(fd), 0);
        },
    );
}

#[test]
fn special_forms_of_creation_show_in_the_description() {
    let test = "special_forms_of_creation_show_in_the_description";
    on_each(test, &["r32.3.1", "r32.7", "r35.1"], || {
        let mut wanted = legacy::NvBufferCreateParams {
            width: 64,
            height: 32,
            // YUV420 in every release.
            colorFormat: 0,
            ..Default::default()
        };
        let mut fd = -1;
        // R32.3 has the same beginning: up to the chroma position, of 8 bytes less.
        let described = |fd| {
            let mut words = [0u64; 48];
            assert_eq!(
                call!(PFN_NvBufferGetParamsEx(fd, words.as_mut_ptr().cast())),
                0
            );
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            (bytes[144..156].to_vec(), [bytes[248], bytes[249]])
        };
        let interlaced = [1, 0, 0, 0].repeat(3);
        assert_eq!(call!(PFN_NvBufferCreateInterlace(&mut fd, &mut wanted)), 0);
        assert_eq!(described(fd), (interlaced, [0, 1]));
        assert_eq!(destroy(fd), 0);
        let mut chroma = legacy::NvBufferChromaSubsamplingParams {
            chromaLocHoriz: 1,
            chromaLocVert: 2,
        };
        let create = |fd: &mut i32, wanted: &mut _, chroma| {
            call!(PFN_NvBufferCreateWithChromaLoc(fd, wanted, chroma))
        };
        assert_eq!(create(&mut fd, &mut wanted, &mut chroma), 0);
        assert_eq!(described(fd), (vec![0; 12], [1, 2]));
        assert_eq!(destroy(fd), 0);
        if release() == "r32.7" {
            assert_eq!(call!(PFN_NvBufferCreateCompressed(&mut fd, &mut wanted)), 0);
            assert_eq!(described(fd), (vec![0; 12], [0, 1]));
            assert_eq!(destroy(fd), 0);
        }
        assert_eq!((counter("violations"), counter("buffers_alive")), (0, 0));
        chroma.chromaLocHoriz = 3;
        assert_eq!(create(&mut fd, &mut wanted, &mut chroma), -1);
        assert_eq!(create(&mut fd, &mut wanted, std::ptr::null_mut()), -1);
        let nothing = std::ptr::null_mut();
        assert_eq!(call!(PFN_NvBufferCreateInterlace(&mut fd, nothing)), -1);
        wanted.width = 0;
        assert_eq!(call!(PFN_NvBufferCreateInterlace(&mut fd, &mut wanted)), -1);
        assert_eq!((counter("violations"), counter("unsupported")), (4, 0));
    });
}
