//! `NvBufSurfaceGetMapParams` and `NvBufSurfaceImport` of the classic family, and
//! `NvBufferImportFd`.

mod sharing;
mod support;

use nvbufsurface_sys::classic as sys;
use nvbufsurface_sys::nvbuf_utils::r32_6 as legacy;
use support::legacy::{call, create, destroy, map, unmap};
use support::{counter, on_each};

const RELEASES: [&str; 2] = ["r35.3.1", "r36.4"];

#[test]
fn a_surface_crosses() {
    on_each("a_surface_crosses", &RELEASES, || {
        sharing::a_surface_crosses("import_what_comes", 520);
    });
}

/// The other process of the test above.
#[test]
fn import_what_comes() {
    sharing::import_what_comes();
}

#[test]
fn a_surface_is_imported_at_home() {
    on_each("a_surface_is_imported_at_home", &RELEASES, || {
        // These releases have no mark for it.
        let first = std::cell::Cell::new(true);
        sharing::a_surface_is_imported_at_home(|_| first.replace(false));
    });
}

#[test]
fn bad_descriptions_are_refused() {
    on_each(
        "bad_descriptions_are_refused",
        &RELEASES,
        sharing::bad_descriptions_are_refused,
    );
}

#[test]
fn pairs_of_pixels_are_imported() {
    on_each(
        "pairs_of_pixels_are_imported",
        &RELEASES,
        sharing::pairs_of_pixels_are_imported,
    );
}

fn describe(fd: i32) -> legacy::NvBufferParamsEx {
    let mut params = legacy::NvBufferParamsEx::default();
    assert_eq!(call!(PFN_NvBufferGetParamsEx(fd, &mut params)), 0);
    params
}

#[test]
fn a_legacy_buffer_is_imported() {
    on_each("a_legacy_buffer_is_imported", &["r32.7"], || {
        let fd = create(legacy::NvBufferColorFormat_NV12).unwrap();
        let mut params = describe(fd);
        let mut out = -1;
        assert_eq!(call!(PFN_NvBufferImportFd(fd, &mut out, &mut params)), 0);
        assert_ne!(out, fd);
        assert_eq!(
            describe(out).params.pixel_format,
            params.params.pixel_format
        );
        for (on, expected, value) in [(fd, 0, 5), (out, 5, 6), (fd, 6, 7)] {
            let mut address = map(on, 0, legacy::NvBufferMem_Read_Write);
            assert_eq!(call!(PFN_NvBufferMemSyncForCpu(on, 0, &mut address)), 0);
            let pixel = address.cast::<u8>();
            // SAFETY: mapped for reading.
            assert_eq!(unsafe { pixel.read() }, expected);
            // SAFETY: mapped for writing.
            unsafe { pixel.write(value) };
            assert_eq!(call!(PFN_NvBufferMemSyncForDevice(on, 0, &mut address)), 0);
            assert_eq!(unmap(on, 0, address), 0);
        }
        assert_eq!((counter("violations"), counter("buffers_alive")), (0, 2));
        assert_eq!((destroy(fd), destroy(out)), (0, 0));
        // Closed by now.
        assert_eq!(call!(PFN_NvBufferImportFd(fd, &mut out, &mut params)), -1);
        let fd = create(legacy::NvBufferColorFormat_NV12).unwrap();
        let nothing = std::ptr::null_mut();
        assert_eq!(call!(PFN_NvBufferImportFd(fd, &mut out, nothing)), -1);
        assert_eq!(
            call!(PFN_NvBufferImportFd(fd, std::ptr::null_mut(), &mut params)),
            -1
        );
        params.params.pixel_format = legacy::NvBufferColorFormat_Invalid;
        assert_eq!(call!(PFN_NvBufferImportFd(fd, &mut out, &mut params)), -1);
        params = describe(fd);
        params.params.num_planes = 0;
        assert_eq!(call!(PFN_NvBufferImportFd(fd, &mut out, &mut params)), -1);
        params.params.num_planes = 2;
        params.params.psize[1] = 1 << 30;
        assert_eq!(call!(PFN_NvBufferImportFd(fd, &mut out, &mut params)), -1);
        assert_eq!((counter("violations"), counter("buffers_alive")), (6, 1));
        assert_eq!(destroy(fd), 0);
    });
}
