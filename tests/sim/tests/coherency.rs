//! Two copies of the pixels: without a synchronisation neither side sees what the other wrote.

mod support;

use std::ffi::c_void;

use nvbufsurface_sys::classic as sys;
use nvbufsurface_sys::nvbuf_utils::r32_6 as legacy;
use support::cuda::Cuda;
use support::legacy::{call, create, destroy};
use support::surface::{Surface, params};
use support::{counter, isolated, on_each};

/// Bytes of a plane of [`Surface::rgba`].
const PLANE: u64 = 256 * 32;

fn read(address: *mut u8) -> u8 {
    // SAFETY: the test has the plane mapped.
    unsafe { address.read_volatile() }
}

fn write(address: *mut u8, value: u8) {
    // SAFETY: the test has the plane mapped for writing.
    unsafe { address.write_volatile(value) };
}

fn broken() -> (u64, u64, u64) {
    let (cpu, device) = ("cpu-read-without-sync", "device-read-without-sync");
    (counter(cpu), counter(device), counter("violations"))
}

#[test]
fn the_cpu_reads_old_pixels_until_it_synchronises() {
    isolated("the_cpu_reads_old_pixels_until_it_synchronises", || {
        let surface = Surface::rgba();
        assert_eq!(surface.mem_set(0, 0, 7), 0);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(read(surface.addr(0)), 0);
        assert_eq!((surface.unmap(0, 0), broken()), (0, (1, 0, 1)));
        // Mapping once more changes nothing, synchronising does.
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(read(surface.addr(0)), 0);
        assert_eq!(surface.sync_for_cpu(0, 0), 0);
        assert_eq!(read(surface.addr(0)), 7);
        // The device writes while the plane is mapped.
        assert_eq!(surface.mem_set(0, 0, 8), 0);
        assert_eq!(read(surface.addr(0)), 7);
        assert_eq!(surface.sync_for_cpu(0, 0), 0);
        assert_eq!(read(surface.addr(0)), 8);
        assert_eq!((surface.unmap(0, 0), broken()), (0, (1, 0, 1)));
        // Nothing new: no synchronisation is needed.
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!((surface.unmap(0, 0), broken()), (0, (1, 0, 1)));
        assert_eq!(counter("sync_for_cpu_bytes"), 2 * PLANE);
        assert_eq!(counter("sync_for_device_bytes"), 0);
        assert_eq!(surface.destroy(), 0);
    });
}

#[test]
fn a_write_is_lost_until_it_is_synchronised() {
    isolated("a_write_is_lost_until_it_is_synchronised", || {
        let (surface, other) = (Surface::rgba(), Surface::rgba());
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_WRITE), 0);
        write(surface.addr(0), 9);
        assert_eq!((surface.unmap(0, 0), broken()), (0, (0, 0, 0)));
        assert_eq!(surface.copy(other.raw), 0);
        assert_eq!(broken(), (0, 1, 1));
        assert_eq!((surface.first_byte(0), other.first_byte(0)), (0, 0));
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_WRITE), 0);
        write(surface.addr(0), 9);
        assert_eq!(surface.sync_for_device(0, 0), 0);
        assert_eq!(surface.copy(other.raw), 0);
        assert_eq!((surface.unmap(0, 0), other.first_byte(0)), (0, 9));
        assert_eq!(broken(), (0, 1, 1));
        assert_eq!(counter("sync_for_device_bytes"), PLANE);
        // The next write, with the plane mapped all the time.
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ_WRITE), 0);
        assert_eq!(
            (surface.sync_for_cpu(0, 0), surface.sync_for_device(0, 0)),
            (0, 0)
        );
        write(surface.addr(0), 10);
        assert_eq!(surface.copy(other.raw), 0);
        assert_eq!((broken(), other.first_byte(0)), ((0, 2, 2), 9));
        assert_eq!(
            (surface.sync_for_device(0, 0), surface.copy(other.raw)),
            (0, 0)
        );
        assert_eq!((surface.unmap(0, 0), other.first_byte(0)), (0, 10));
        assert_eq!(broken(), (0, 2, 2));
    });
}

#[test]
fn mapping_for_both_and_only_reading_is_no_lost_write() {
    isolated("mapping_for_both_and_only_reading_is_no_lost_write", || {
        let (surface, other) = (Surface::rgba(), Surface::rgba());
        assert_eq!(surface.mem_set(0, 0, 7), 0);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ_WRITE), 0);
        assert_eq!(surface.sync_for_cpu(0, 0), 0);
        assert_eq!((read(surface.addr(0)), surface.unmap(0, 0)), (7, 0));
        assert_eq!((surface.copy(other.raw), broken()), (0, (0, 0, 0)));
        // What is mapped only for reading is never given to the device.
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(
            (surface.mem_set(0, 0, 8), surface.sync_for_device(0, 0)),
            (0, 0)
        );
        assert_eq!((surface.unmap(0, 0), surface.first_byte(0)), (0, 8));
        assert_eq!((counter("sync_for_device_bytes"), broken()), (0, (0, 0, 0)));
    });
}

#[test]
fn what_a_writer_leaves_alone_survives() {
    isolated("what_a_writer_leaves_alone_survives", || {
        let surface = Surface::rgba();
        assert_eq!(surface.mem_set(0, 0, 7), 0);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_WRITE), 0);
        write(surface.addr(0).wrapping_add(1), 1);
        assert_eq!((surface.sync_for_device(0, 0), surface.unmap(0, 0)), (0, 0));
        assert_eq!((surface.first_byte(0), broken()), (7, (0, 0, 0)));
        // All of it, though mapped for both: the old pixels were not needed.
        assert_eq!(surface.mem_set(0, 0, 8), 0);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ_WRITE), 0);
        (0..PLANE as usize).for_each(|i| write(surface.addr(0).wrapping_add(i), 3));
        assert_eq!((surface.sync_for_device(0, 0), surface.unmap(0, 0)), (0, 0));
        assert_eq!((surface.first_byte(0), broken()), (3, (0, 0, 0)));
    });
}

#[test]
fn each_synchronisation_moves_its_planes() {
    isolated("each_synchronisation_moves_its_planes", || {
        let surface = Surface::create(1, params(sys::NVBUF_COLOR_FORMAT_NV12)).unwrap();
        assert_eq!(surface.mem_set(0, -1, 7), 0);
        assert_eq!(surface.map(0, -1, sys::NVBUF_MAP_READ_WRITE), 0);
        assert_eq!(surface.sync_for_cpu(0, 1), 0);
        assert_eq!((read(surface.addr(0)), read(surface.addr(1))), (0, 7));
        assert_eq!(counter("sync_for_cpu_bytes"), PLANE / 2);
        assert_eq!(surface.sync_for_cpu(-1, -1), 0);
        assert_eq!((read(surface.addr(0)), read(surface.addr(1))), (7, 7));
        (0..2).for_each(|plane| write(surface.addr(plane), 5));
        assert_eq!(surface.sync_for_device(0, 0), 0);
        assert_eq!(counter("sync_for_device_bytes"), PLANE);
        assert_eq!((surface.unmap(0, -1), broken()), (0, (0, 0, 0)));
        assert_eq!((surface.first_byte(0), surface.first_byte(1)), (5, 7));
    });
}

#[test]
fn kernels_use_the_device_s_copy() {
    isolated("kernels_use_the_device_s_copy", || {
        let cuda = Cuda::start();
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        let (resource, picture) = cuda.picture(surface.image());
        let (fill, stream) = (cuda.function("fill"), cuda.stream());
        let run = |value| {
            assert_eq!(cuda.fill(fill, stream, picture, 0, value), 0);
            assert_eq!(cuda.stream_synchronize(stream), 0);
        };
        run(7);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(read(surface.addr(0)), 0);
        assert_eq!((surface.unmap(0, 0), broken()), (0, (1, 0, 1)));
        assert_eq!(surface.first_byte(0), 7);
        // It writes the same once more: nothing old can be seen.
        run(7);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!((surface.unmap(0, 0), broken()), (0, (1, 0, 1)));
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_WRITE), 0);
        write(surface.addr(0), 1);
        assert_eq!(surface.unmap(0, 0), 0);
        run(8);
        assert_eq!((broken(), surface.first_byte(0)), ((1, 1, 2), 8));
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
    });
}

#[test]
fn a_buffer_without_a_picture_has_two_copies() {
    isolated("a_buffer_without_a_picture_has_two_copies", || {
        let mut raw = params(sys::NVBUF_COLOR_FORMAT_INVALID);
        raw.size = 1000;
        let surface = Surface::create(1, raw).unwrap();
        assert_eq!(surface.mem_set(0, 0, 7), 0);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ_WRITE), 0);
        assert_eq!(read(surface.addr(0)), 0);
        assert_eq!((surface.sync_for_cpu(0, 0), read(surface.addr(0))), (0, 7));
        write(surface.addr(0), 8);
        assert_eq!((surface.sync_for_device(0, 0), surface.unmap(0, 0)), (0, 0));
        assert_eq!((surface.first_byte(0), broken()), (8, (0, 0, 0)));
    });
}

#[test]
fn an_fd_leads_to_the_device_s_copy() {
    isolated("an_fd_leads_to_the_device_s_copy", || {
        let surface = Surface::rgba();
        let fd = i32::try_from(surface.params(0).bufferDesc).unwrap();
        let mut bytes = [0u8; 1];
        let mut look = || {
            let to: *mut c_void = (&raw mut bytes).cast();
            // SAFETY: room for the byte.
            assert_eq!(unsafe { libc::pread(fd, to, 1, 0) }, 1);
            bytes[0]
        };
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_WRITE), 0);
        write(surface.addr(0), 9);
        assert_eq!(look(), 0);
        assert_eq!(surface.sync_for_device(0, 0), 0);
        assert_eq!((look(), surface.unmap(0, 0)), (9, 0));
    });
}

#[test]
fn libnvbuf_utils_has_two_copies() {
    let test = "libnvbuf_utils_has_two_copies";
    on_each(test, &["r32.7", "r35.1"], || {
        let cuda = Cuda::start();
        let fd = create(legacy::NvBufferColorFormat_ABGR32).unwrap();
        let image = call!(PFN_NvEGLImageFromFd(std::ptr::null_mut(), fd));
        let (resource, picture) = cuda.picture(image);
        let (fill, stream) = (cuda.function("fill"), cuda.stream());
        let run = |value| {
            assert_eq!(cuda.fill(fill, stream, picture, 0, value), 0);
            assert_eq!(cuda.stream_synchronize(stream), 0);
        };
        let map = |flags| support::legacy::map(fd, 0, flags);
        let unmap = |address| support::legacy::unmap(fd, 0, address);
        run(7);
        let mut pixels = map(legacy::NvBufferMem_Read);
        assert_eq!(read(pixels.cast()), 0);
        assert_eq!((unmap(pixels), broken()), (0, (1, 0, 1)));
        pixels = map(legacy::NvBufferMem_Read_Write);
        assert_eq!(call!(PFN_NvBufferMemSyncForCpu(fd, 0, &mut pixels)), 0);
        assert_eq!(read(pixels.cast()), 7);
        write(pixels.cast(), 8);
        assert_eq!((unmap(pixels), broken()), (0, (1, 0, 1)));
        run(9);
        assert_eq!(broken(), (1, 1, 2));
        pixels = map(legacy::NvBufferMem_Read_Write);
        assert_eq!(call!(PFN_NvBufferMemSyncForCpu(fd, 0, &mut pixels)), 0);
        assert_eq!(read(pixels.cast()), 9);
        write(pixels.cast(), 10);
        assert_eq!(call!(PFN_NvBufferMemSyncForDevice(fd, 0, &mut pixels)), 0);
        assert_eq!(unmap(pixels), 0);
        run(10);
        assert_eq!(broken(), (1, 1, 2));
        assert_eq!(cuda.unregister(resource), 0);
        assert_eq!(call!(PFN_NvDestroyEGLImage(std::ptr::null_mut(), image)), 0);
        assert_eq!((destroy(fd), broken()), (0, (1, 1, 2)));
    });
}
