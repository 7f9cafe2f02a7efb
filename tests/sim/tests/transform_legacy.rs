//! Transforms, compositions and sessions of libnvbuf_utils in the structs of each release.

mod canvas;
mod support;

use nvbufsurface_sys::nvbuf_utils::{r28, r32_1, r32_6 as sys};
use support::legacy::{call, create, destroy, map, unmap};
use support::{counter, on_each, release};

const RELEASES: [&str; 6] = ["r28.2", "r32.1", "r32.4.3", "r32.5.2", "r32.7", "r35.1"];

/// Of the same number in every release.
const YUV420: u32 = sys::NvBufferColorFormat_YUV420;

/// The first plane of a 64x32 picture.
fn read(fd: i32) -> Vec<u8> {
    let mut address = map(fd, 0, sys::NvBufferMem_Read);
    assert_eq!(call!(PFN_NvBufferMemSyncForCpu(fd, 0, &mut address)), 0);
    let mut pixels = Vec::new();
    for y in 0..32 {
        let row = address.cast::<u8>().wrapping_add(y * 256);
        // SAFETY: a row of the mapped plane, whose pitch is 256.
        pixels.extend_from_slice(unsafe { std::slice::from_raw_parts(row, 64) });
    }
    assert_eq!(unmap(fd, 0, address), 0);
    pixels
}

fn paint(fd: i32, seed: u32) -> Vec<u8> {
    let pixels = canvas::noise(64 * 32, seed);
    let mut address = map(fd, 0, sys::NvBufferMem_Read_Write);
    assert_eq!(call!(PFN_NvBufferMemSyncForCpu(fd, 0, &mut address)), 0);
    for (y, row) in pixels.chunks(64).enumerate() {
        let dest = address.cast::<u8>().wrapping_add(y * 256);
        // SAFETY: a row of the mapped plane, whose pitch is 256.
        unsafe { std::ptr::copy_nonoverlapping(row.as_ptr(), dest, 64) };
    }
    assert_eq!(call!(PFN_NvBufferMemSyncForDevice(fd, 0, &mut address)), 0);
    assert_eq!(unmap(fd, 0, address), 0);
    pixels
}

/// Calls with a struct of which R28 has only the first part.
fn transform(from: i32, to: i32, params: &sys::NvBufferTransformParams) -> i32 {
    let mut params = *params;
    call!(PFN_NvBufferTransform(from, to, &mut params))
}

#[test]
fn transforms_by_fd() {
    assert_eq!(size_of::<r28::NvBufferTransformParams>(), 44);
    on_each("transforms_by_fd", &RELEASES, || {
        let (from, to) = (create(YUV420).unwrap(), create(YUV420).unwrap());
        let pixels = paint(from, 1);
        let mut params = sys::NvBufferTransformParams {
            transform_flag: sys::NVBUFFER_TRANSFORM_FLIP,
            transform_flip: sys::NvBufferTransform_FlipX,
            ..Default::default()
        };
        assert_eq!(transform(from, to, &params), 0);
        let flipped: Vec<u8> = pixels
            .chunks(64)
            .flat_map(|row| row.iter().rev())
            .copied()
            .collect();
        assert_eq!(read(to), flipped);
        params.transform_flag = sys::NVBUFFER_TRANSFORM_CROP_SRC;
        (params.src_rect.width, params.src_rect.height) = (66, 32);
        assert_eq!(transform(from, to, &params), -1);
        assert_eq!(counter("violations"), 0);
        params = Default::default();
        if release() != "r28.2" {
            params.session = call!(PFN_NvBufferSessionCreate());
            assert!(!params.session.is_null());
            assert_eq!(transform(from, to, &params), 0);
            assert_eq!(read(to), pixels);
            call!(PFN_NvBufferSessionDestroy(params.session));
            assert_eq!(
                (transform(from, to, &params), counter("violations")),
                (-1, 1)
            );
        }
        params = Default::default();
        if ["r32.4.3", "r32.7", "r35.1"].contains(&release().as_str()) {
            let mut object = sys::NvBufferSyncObj {
                use_outsyncobj: 1,
                ..Default::default()
            };
            let pixels = paint(from, 2);
            let begin = call!(PFN_NvBufferTransformAsync(
                from,
                to,
                &mut params,
                &mut object
            ));
            let mut point = object.outsyncobj;
            let end = call!(PFN_NvBufferSyncObjWait(&mut point, u32::MAX));
            assert_eq!((begin, end), (0, 0));
            assert_eq!(read(to), pixels);
        }
        assert_eq!((destroy(from), destroy(to)), (0, 0));
        assert_eq!(counter("unsupported"), 0);
    });
}

#[test]
fn compositions_by_fd() {
    on_each("compositions_by_fd", &RELEASES, || {
        let mut fds = [create(YUV420).unwrap(), create(YUV420).unwrap()];
        let to = create(YUV420).unwrap();
        let pixels = fds.map(|fd| paint(fd, fd.unsigned_abs()));
        macro_rules! params {
            ($module:ident) => {{
                let mut params = $module::NvBufferCompositeParams::default();
                params.composite_flag = sys::NVBUFFER_COMPOSITE | sys::NVBUFFER_BLEND;
                params.input_buf_count = 2;
                (params.composite_bgcolor.r, params.composite_bgcolor.g) = (1., 1.);
                params.composite_bgcolor.b = 1.;
                for i in 0..2 {
                    params.dst_comp_rect_alpha[i] = [1., 0.4][i];
                    for rect in [&mut params.src_comp_rect[i], &mut params.dst_comp_rect[i]] {
                        (rect.width, rect.height) = (32, 16);
                    }
                    params.dst_comp_rect[i].left = [0, 32][i];
                }
                canvas::erase(params)
            }};
        }
        let params = match release().as_str() {
            "r28.2" => params!(r28),
            "r32.7" | "r35.1" => params!(sys),
            _ => params!(r32_1),
        };
        assert_eq!(
            call!(PFN_NvBufferComposite(fds.as_mut_ptr(), to, params.cast())),
            0
        );
        for (i, byte) in read(to).into_iter().enumerate() {
            let (x, y) = (i % 64, i / 64);
            let expected = match (x, y) {
                (0..32, 0..16) => u32::from(pixels[0][i]),
                (32..64, 0..16) => (u32::from(pixels[1][y * 64 + x - 32]) * 102 + 235 * 153) / 255,
                _ => 235,
            };
            assert_eq!(u32::from(byte), expected, "{x} {y}");
        }
        assert_eq!(counter("violations"), 0);
    });
}
