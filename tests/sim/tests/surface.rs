//! libnvbufsurface of the simulator.

mod support;

use nvbufsurface_sys::Library;
use nvbufsurface_sys::classic as sys;
use support::surface::{Surface, params};
use support::{child, counter, isolated, text};

#[test]
fn a_surface_lives_and_dies() {
    isolated("a_surface_lives_and_dies", || {
        let library = Library::get().unwrap();
        assert!(
            library
                .path()
                .is_some_and(|path| path.starts_with(support::root()))
        );
        let surface = Surface::create(2, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap();
        let header = surface.surface();
        assert_eq!((header.batchSize, header.numFilled), (2, 0));
        assert_eq!(header.memType, sys::NVBUF_MEM_SURFACE_ARRAY);
        let (first, second) = (surface.params(0), surface.params(1));
        assert_ne!(first.bufferDesc, second.bufferDesc);
        assert!(!first.dataPtr.is_null() && first.dataPtr != second.dataPtr);
        let planes = first.planeParams;
        assert_eq!(
            (
                planes.num_planes,
                planes.pitch[0] % 256,
                planes.pitch[1] % 256
            ),
            (2, 0, 0)
        );
        assert!(planes.offset[1] >= planes.offset[0] + planes.psize[0]);
        assert!(first.dataSize >= planes.offset[1] + planes.psize[1]);
        assert_eq!(surface.map(-1, -1, sys::NVBUF_MAP_READ_WRITE), 0);
        assert_eq!(surface.sync_for_cpu(-1, -1), 0);
        // SAFETY: plane 1 of buffer 0 is mapped for writing.
        unsafe { surface.addr(1).write(7) };
        assert_eq!(surface.sync_for_device(-1, -1), 0);
        assert_eq!(surface.unmap(-1, -1), 0);
        assert!(surface.addr(0).is_null());
        assert_eq!(surface.first_byte(1), 7);
        assert_eq!(counter("surfaces_alive"), 1);
        assert_eq!(surface.destroy(), 0);
        assert_eq!((counter("surfaces_alive"), counter("violations")), (0, 0));
        let bytes = 2 * (256 * 32 + 256 * 16);
        assert_eq!(counter("cpu_bytes_mapped_write"), bytes);
        assert_eq!(counter("cpu_bytes_mapped_read"), bytes + 256 * 16);
    });
}

#[test]
fn every_format_and_a_raw_buffer_can_be_made() {
    isolated("every_format_and_a_raw_buffer_can_be_made", || {
        for (format, planes) in [
            (sys::NVBUF_COLOR_FORMAT_GRAY8, 1),
            (sys::NVBUF_COLOR_FORMAT_YUV420, 3),
            (sys::NVBUF_COLOR_FORMAT_NV12_709_ER, 2),
            (sys::NVBUF_COLOR_FORMAT_NV21, 2),
            (sys::NVBUF_COLOR_FORMAT_UYVY, 1),
            (sys::NVBUF_COLOR_FORMAT_YUV444, 3),
            (sys::NVBUF_COLOR_FORMAT_xBGR, 1),
            (sys::NVBUF_COLOR_FORMAT_NV12_10LE, 2),
        ] {
            let surface = Surface::create(1, params(format)).unwrap();
            assert_eq!(
                surface.params(0).planeParams.num_planes,
                planes,
                "format {format}"
            );
            assert_eq!(surface.destroy(), 0);
        }
        let mut raw = params(sys::NVBUF_COLOR_FORMAT_INVALID);
        assert!(Surface::create(1, raw).is_none());
        raw.size = 1000;
        let surface = Surface::create(1, raw).unwrap();
        assert_eq!(surface.params(0).planeParams.width[0], 1000);
        assert_eq!(surface.destroy(), 0);
        let mut unknown = params(sys::NVBUF_COLOR_FORMAT_RGBA);
        unknown.memType = sys::NVBUF_MEM_SYSTEM + 1;
        assert!(Surface::create(1, unknown).is_none());
    });
}

/// Whether reading and writing a plane's first byte survives after this much preparation.
fn survives(test: &str, write: bool, prepare: impl FnOnce(&Surface) -> *mut u8) -> bool {
    let output = child(test, &[], || {
        let surface = Surface::create(1, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap();
        let address = prepare(&surface);
        // SAFETY: crashes if the simulator does what it should.
        let byte = unsafe { address.read_volatile() };
        if write {
            // SAFETY: as above.
            unsafe { address.write_volatile(byte) };
        }
    });
    use std::os::unix::process::ExitStatusExt as _;
    match output.status.signal() {
        Some(libc::SIGSEGV) => false,
        _ if output.status.success() => true,
        _ => panic!("{}\n{}", output.status, text(&output)),
    }
}

#[test]
fn a_mapped_plane_can_be_touched() {
    assert!(survives("a_mapped_plane_can_be_touched", true, |surface| {
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_WRITE), 0);
        surface.addr(0)
    }));
}

#[test]
fn an_unmapped_plane_crashes() {
    assert!(!survives("an_unmapped_plane_crashes", false, |surface| {
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        let address = surface.addr(0);
        assert_eq!(surface.unmap(0, 0), 0);
        address
    }));
}

#[test]
fn a_plane_mapped_for_reading_cannot_be_written() {
    assert!(!survives(
        "a_plane_mapped_for_reading_cannot_be_written",
        true,
        |surface| {
            assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
            surface.addr(0)
        }
    ));
}

#[test]
fn running_over_a_plane_crashes() {
    assert!(!survives(
        "running_over_a_plane_crashes",
        false,
        |surface| {
            assert_eq!(surface.map(0, -1, sys::NVBUF_MAP_READ), 0);
            surface
                .addr(0)
                .wrapping_add(surface.params(0).planeParams.psize[0] as usize)
        }
    ));
}

#[test]
fn copies_of_the_structs_work_on_their_own() {
    isolated("copies_of_the_structs_work_on_their_own", || {
        let surface = Surface::rgba();
        let copy = surface.shallow_copy();
        assert_eq!(copy.map(0, 0, sys::NVBUF_MAP_READ_WRITE), 0);
        assert!(surface.addr(0).is_null());
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(copy.unmap(0, 0), 0);
        // SAFETY: still mapped through the original.
        unsafe { surface.addr(0).read_volatile() };
        assert_eq!(surface.unmap(0, 0), 0);
        assert_eq!(copy.map_egl_image(0), 0);
        assert_eq!(surface.map_egl_image(0), 0);
        assert_ne!(surface.image(), copy.image());
        assert_eq!(counter("egl_images_alive"), 2);
        assert_eq!(
            (copy.unmap_egl_image(0), surface.unmap_egl_image(0)),
            (0, 0)
        );
        assert_eq!(surface.destroy(), 0);
        assert_eq!(counter("violations"), 0);
        // The copy outlived its buffer.
        assert_eq!(copy.map(0, 0, sys::NVBUF_MAP_READ), -1);
        assert_eq!(counter("violations"), 1);
    });
}

#[test]
fn broken_rules_are_refused_and_counted() {
    isolated("broken_rules_are_refused_and_counted", || {
        let surface = Surface::rgba();
        let nothing = Surface {
            raw: std::ptr::null_mut(),
        };
        let refused = [
            surface.map(1, 0, sys::NVBUF_MAP_READ),
            surface.map(0, 1, sys::NVBUF_MAP_READ),
            surface.map(-2, 0, sys::NVBUF_MAP_READ),
            surface.map(0, 0, 3),
            surface.unmap(0, 0),
            surface.sync_for_cpu(0, 0),
            surface.sync_for_device(0, -1),
            surface.unmap_egl_image(0),
            surface.copy(surface.raw),
            nothing.map(0, 0, sys::NVBUF_MAP_READ),
            nothing.destroy(),
            surface.shallow_copy().destroy(),
        ];
        assert_eq!(refused, [-1; 12]);
        assert_eq!(counter("violations"), 12);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(surface.map_egl_image(0), 0);
        // Destroyed while mapped and while it has an EGLImage.
        assert_eq!(surface.destroy(), 0);
        assert_eq!(counter("violations"), 14);
    });
}

#[test]
fn copy_fill_and_lookup_work() {
    isolated("copy_fill_and_lookup_work", || {
        let (from, to) = (Surface::rgba(), Surface::rgba());
        assert_eq!(from.mem_set(0, 0, 0x5a), 0);
        assert_eq!(from.copy(to.raw), 0);
        assert_eq!(to.first_byte(0), 0x5a);
        assert_eq!(
            (counter("engine_copies"), counter("engine_bytes")),
            (2, 2 * 256 * 32)
        );
        let other = Surface::create(1, params(sys::NVBUF_COLOR_FORMAT_BGRA)).unwrap();
        assert_eq!(from.copy(other.raw), -1);
        let mut found = std::ptr::null_mut();
        let fd = i32::try_from(from.params(0).bufferDesc).unwrap();
        let functions = support::surface::functions();
        // SAFETY: the pointer is valid for the call.
        assert_eq!(unsafe { (functions.from_fd)(fd, &mut found) }, 0);
        assert_eq!(found, from.raw.cast());
        // SAFETY: as above.
        assert_eq!(unsafe { (functions.from_fd)(9999, &mut found) }, -1);
    });
}
