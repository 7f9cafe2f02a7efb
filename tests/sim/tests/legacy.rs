//! libnvbuf_utils in the numbers and structs of each release.

mod support;

use std::ffi::c_uint;

use nvbufsurface_sys::nvbuf_utils::{self, r32_6 as sys};
use support::legacy::{call, create, destroy, get_params, map, nv_buffer, offsets, unmap, word};
use support::{counter, on_each, release};

/// Every number of a module's formats can be made, described, written and read.
macro_rules! numbering {
    ($test:ident: $module:ident on $($release:literal)*, $params_size:literal, $last:literal) => {
        #[test]
        fn $test() {
            use nvbuf_utils::$module as numbers;
            const { assert!(size_of::<numbers::NvBufferParams>() == $params_size) };
            const { assert!(numbers::NvBufferColorFormat_Invalid == $last) };
            on_each(stringify!($test), &[$($release),*], || {
                let planes_of = [
                    (numbers::NvBufferColorFormat_YUV420, 3, 32),
                    (numbers::NvBufferColorFormat_NV12, 2, 32),
                    (numbers::NvBufferColorFormat_UYVY, 1, 0),
                    (numbers::NvBufferColorFormat_ABGR32, 1, 0),
                    (numbers::NvBufferColorFormat_ARGB32, 1, 0),
                ];
                for number in 0..numbers::NvBufferColorFormat_Invalid {
                    use_one(number);
                }
                for (number, planes, chroma_width) in planes_of {
                    let fd = create(number).unwrap();
                    let (bytes, (.., format, widths, _)) = (get_params(fd), offsets());
                    assert_eq!(word(&bytes, format + 4), planes, "{number}");
                    assert_eq!(word(&bytes, widths + 4), chroma_width, "{number}");
                    assert_eq!(destroy(fd), 0);
                }
                assert_eq!((counter("violations"), counter("buffers_alive")), (0, 0));
                assert!(create(numbers::NvBufferColorFormat_Invalid).is_none());
                assert_eq!((counter("violations"), counter("unsupported")), (1, 0));
            });
        }
    };
}

numbering!(numbers_of_r28: r28 on "r28.1" "r28.2", 104, 11);
numbering!(numbers_of_r32_1: r32_1 on "r32.1", 112, 31);
numbering!(numbers_of_r32_2: r32_2 on "r32.2", 136, 33);
numbering!(numbers_of_r32_3: r32_3 on "r32.3.1", 136, 50);
numbering!(numbers_of_r32_4: r32_4 on "r32.4.3", 136, 52);
numbering!(numbers_of_r32_5: r32_5 on "r32.5.2", 136, 55);
numbering!(numbers_of_r32_6: r32_6 on "r32.6.1" "r32.7", 136, 56);
numbering!(numbers_of_r34: r34 on "r34.1" "r35.1", 136, 56);

/// One buffer's life.
fn use_one(number: c_uint) {
    let fd = create(number).unwrap_or_else(|| panic!("{} has {number}", release()));
    let (bytes, (_, size_at, format_at, widths, n)) = (get_params(fd), offsets());
    assert_eq!(word(&bytes, 0), fd.unsigned_abs());
    assert!(!nv_buffer(fd).is_null());
    assert_eq!(
        (word(&bytes, size_at), word(&bytes, format_at)),
        (1008, number)
    );
    let planes = word(&bytes, format_at + 4);
    assert!((1..=3).contains(&planes));
    assert_eq!(
        (word(&bytes, widths), word(&bytes, widths + 4 * n)),
        (64, 32)
    );
    // Arrays of width, height, pitch, offset, psize and layout.
    let at = |array: usize, plane: usize| word(&bytes, widths + 4 * (n * array + plane));
    for plane in 0..planes as usize {
        assert_eq!((at(2, plane) % 256, at(5, plane)), (0, 0));
        let (pitch, height) = (at(2, plane), at(1, plane));
        assert!(pitch > 0 && at(4, plane) >= pitch * height);
        assert!(plane == 0 || at(3, plane) >= at(3, plane - 1) + at(4, plane - 1));
        let (plane, length) = (plane as c_uint, (pitch * height) as usize);
        let mut address = map(fd, plane, sys::NvBufferMem_Read_Write);
        assert_eq!(call!(PFN_NvBufferMemSyncForCpu(fd, plane, &mut address)), 0);
        let value = number as u8 + 1;
        // SAFETY: the plane is mapped for writing.
        unsafe { address.cast::<u8>().write_bytes(value, length) };
        assert_eq!(
            call!(PFN_NvBufferMemSyncForDevice(fd, plane, &mut address)),
            0
        );
        assert_eq!(unmap(fd, plane, address), 0);
        let again = map(fd, plane, sys::NvBufferMem_Read).cast::<u8>();
        let last = again.wrapping_add(length - 1);
        // SAFETY: the plane is mapped for reading.
        assert_eq!(unsafe { last.read() }, value);
        assert_eq!(unmap(fd, plane, again.cast()), 0);
    }
    assert_eq!(destroy(fd), 0);
}

#[test]
fn the_longer_description_has_its_size() {
    let test = "the_longer_description_has_its_size";
    on_each(test, &["r32.3.1", "r32.4.3", "r32.7", "r35.1"], || {
        let size = if release() == "r32.3.1" { 264 } else { 320 };
        let fd = create(0).unwrap();
        let mut words = vec![0xa5a5_a5a5_a5a5_a5a5u64; 48];
        let result = call!(PFN_NvBufferGetParamsEx(fd, words.as_mut_ptr().cast()));
        assert_eq!(result, 0);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        assert!(bytes[size..].iter().all(|byte| *byte == 0xa5));
        assert_eq!(bytes[size - 8..size], [0; 8], "the last pointer");
        let short = get_params(fd);
        // But for what lies between its members.
        assert_eq!((&bytes[..4], &bytes[8..132]), (&short[..4], &short[8..]));
        // The chroma position is between two rows.
        assert_eq!(bytes[248..250], [0, 1]);
        assert_eq!(destroy(fd), 0);
    });
}

#[test]
fn raw_memory_and_tags() {
    on_each("raw_memory_and_tags", &["r32.1", "r32.7"], || {
        let mut wanted = sys::NvBufferCreateParams {
            payloadType: sys::NvBufferPayload_MemHandle,
            memsize: 5000,
            nvbuf_tag: sys::NvBufferTag_VIDEO_ENC,
            ..Default::default()
        };
        let mut fd = -1;
        assert_eq!(call!(PFN_NvBufferCreateEx(&mut fd, &mut wanted)), 0);
        let bytes = get_params(fd);
        assert_eq!((word(&bytes, 16), word(&bytes, 20)), (1, 5000));
        assert!(call!(PFN_NvEGLImageFromFd(std::ptr::null_mut(), fd)).is_null());
        assert_eq!(destroy(fd), 0);
        wanted.payloadType = sys::NvBufferPayload_SurfArray;
        (wanted.width, wanted.height) = (64, -1);
        assert_eq!(call!(PFN_NvBufferCreateEx(&mut fd, &mut wanted)), -1);
        wanted.height = 32;
        assert_eq!(call!(PFN_NvBufferCreateEx(&mut fd, &mut wanted)), 0);
        assert_eq!(call!(PFN_NvBufferGetSize()), 1008);
        assert_eq!(destroy(fd), 0);
        assert_eq!((counter("violations"), counter("buffers_alive")), (2, 0));
    });
}
