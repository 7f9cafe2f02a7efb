//! What libnvbuf_utils holds programs to, and how it goes together with libnvbufsurface and CUDA.

mod support;

use std::ffi::c_int;

use nvbufsurface_sys::nvbuf_utils::r32_6 as sys;
use support::cuda::Cuda;
use support::legacy::{call, create, destroy, get_params, map, nv_buffer, unmap, word};
use support::surface::{Surface, functions, params};
use support::{counter, on_each, release};

#[test]
fn an_fd_comes_out_of_its_nv_buffer() {
    let test = "an_fd_comes_out_of_its_nv_buffer";
    on_each(test, &["r28.2", "r32.7", "r35.1"], || {
        let extract = |from| {
            let mut fd = -1;
            (call!(PFN_ExtractFdFromNvBuffer(from, &mut fd)), fd)
        };
        let fd = create(0).unwrap();
        let handle = nv_buffer(fd);
        assert_eq!(extract(handle), (0, fd));
        assert_eq!(call!(PFN_NvReleaseFd(fd)), 0);
        // A copy of the bytes is as good.
        // SAFETY: as many bytes as `NvBufferGetSize` says.
        let mut copy = unsafe { handle.cast::<[u8; 1008]>().read_unaligned() };
        assert_eq!(extract(copy.as_mut_ptr().cast()), (0, fd));
        assert_eq!(call!(PFN_NvReleaseFd(fd)), 0);
        assert_eq!(counter("violations"), 0);
        // Given back twice; something else; the buffer gone, and its fd another's.
        assert_eq!(call!(PFN_NvReleaseFd(fd)), -1);
        let mut other = [1u64; 8];
        assert_eq!(extract(other.as_mut_ptr().cast()), (-1, -1));
        assert_eq!(extract(std::ptr::null_mut()), (-1, -1));
        assert_eq!((destroy(fd), create(0)), (0, Some(fd)));
        assert_eq!(extract(copy.as_mut_ptr().cast()), (-1, -1));
        assert_eq!(counter("violations"), 4);
        assert_eq!(destroy(fd), 0);
    });
}

#[test]
fn broken_rules_are_refused_and_counted() {
    let test = "broken_rules_are_refused_and_counted";
    on_each(test, &["r28.1", "r32.7", "r35.1"], || {
        let (null, fd) = (std::ptr::null_mut(), create(2).unwrap());
        let address = map(fd, 0, sys::NvBufferMem_Read);
        let image = call!(PFN_NvEGLImageFromFd(null, fd));
        let elsewhere = std::ptr::dangling_mut();
        let refused = [
            destroy(9999),
            call!(PFN_NvBufferGetParams(9999, std::ptr::null_mut())),
            call!(PFN_NvBufferGetParams(fd, std::ptr::null_mut())),
            unmap(fd, 1, address),
            unmap(fd, 0, elsewhere),
            unmap(fd, 3, address),
            call!(PFN_NvBufferMemMap(fd, 0, 3, &mut std::ptr::null_mut())),
            call!(PFN_NvBufferCreate(std::ptr::null_mut(), 64, 32, 0, 0)),
            call!(PFN_NvBufferCreate(&mut 0, 64, 32, 2, 0)),
            call!(PFN_NvBufferCreate(&mut 0, 0, 32, 0, 0)),
            call!(PFN_NvDestroyEGLImage(elsewhere.cast(), image)),
            call!(PFN_NvDestroyEGLImage(null, elsewhere.cast())),
        ];
        assert_eq!(refused, [-1; 12]);
        assert!(call!(PFN_NvEGLImageFromFd(null, 9999)).is_null());
        assert_eq!(counter("violations"), 13);
        // Destroyed while mapped and while it has an EGLImage.
        assert_eq!(destroy(fd), 0);
        assert_eq!(counter("violations"), 15);
        assert_eq!(destroy(fd), -1);
        assert_eq!((counter("violations"), counter("buffers_alive")), (16, 0));
    });
}

#[test]
fn cuda_sees_a_legacy_buffer() {
    on_each("cuda_sees_a_legacy_buffer", &["r32.7"], || {
        let cuda = Cuda::start();
        let fd = create(sys::NvBufferColorFormat_ABGR32).unwrap();
        let image = call!(PFN_NvEGLImageFromFd(std::ptr::null_mut(), fd));
        let (resource, picture) = cuda.picture(image);
        let (fill, stream) = (cuda.function("fill"), cuda.stream());
        assert_eq!(cuda.fill(fill, stream, picture, 0, 7), 0);
        assert_eq!(cuda.stream_synchronize(stream), 0);
        let mut pixels = map(fd, 0, sys::NvBufferMem_Read);
        assert_eq!(call!(PFN_NvBufferMemSyncForCpu(fd, 0, &mut pixels)), 0);
        // SAFETY: mapped for reading.
        assert_eq!(unsafe { pixels.cast::<u8>().read() }, 7);
        assert_eq!(unmap(fd, 0, pixels), 0);
        assert_eq!(counter("violations"), 0);
        // The image, then the buffer, before the registration.
        assert_eq!(call!(PFN_NvDestroyEGLImage(std::ptr::null_mut(), image)), 0);
        assert_eq!(counter("violations"), 1);
        assert_eq!(destroy(fd), 0);
        assert_eq!(counter("violations"), 2);
        assert_eq!(cuda.unregister(resource), 0);
    });
}

#[test]
fn both_libraries_know_an_fd() {
    on_each("both_libraries_know_an_fd", &["r32.7", "r35.1"], || {
        let surface = Surface::create(
            1,
            params(nvbufsurface_sys::classic::NVBUF_COLOR_FORMAT_NV12),
        );
        let surface = surface.unwrap();
        let fd = c_int::try_from(surface.params(0).bufferDesc).unwrap();
        let bytes = get_params(fd);
        assert_eq!(word(&bytes, 28), sys::NvBufferColorFormat_NV12);
        let mut extracted = -1;
        assert_eq!(
            call!(PFN_ExtractFdFromNvBuffer(nv_buffer(fd), &mut extracted)),
            0
        );
        assert_eq!(extracted, fd);
        let mut pixels = map(fd, 1, sys::NvBufferMem_Write);
        // SAFETY: mapped for writing.
        unsafe { pixels.cast::<u8>().write(5) };
        assert_eq!(call!(PFN_NvBufferMemSyncForDevice(fd, 1, &mut pixels)), 0);
        // Mapped by both: each undoes its own.
        assert_eq!(surface.first_byte(1), 5);
        assert_eq!(unmap(fd, 1, pixels), 0);
        assert_eq!(counter("violations"), 0);
        // Not its own to destroy.
        assert_eq!(destroy(fd), -1);
        assert_eq!(counter("violations"), 1);
        assert_eq!(surface.destroy(), 0);
        // Whether the other way works nobody knows.
        let legacy = create(0).unwrap();
        let mut found = std::ptr::null_mut();
        // SAFETY: the pointer is valid for the call.
        assert_eq!(unsafe { (functions().from_fd)(legacy, &mut found) }, -1);
        assert_eq!((counter("violations"), counter("unsupported")), (1, 1));
        assert_eq!(destroy(legacy), 0);
    });
}

#[test]
fn the_forms_with_a_description_check_it() {
    let test = "the_forms_with_a_description_check_it";
    on_each(test, &["r32.6.1", "r32.7", "r35.1"], || {
        let fd = create(sys::NvBufferColorFormat_NV12).unwrap();
        let mut said = sys::NvBufferParamsEx::default();
        let mut address = std::ptr::null_mut();
        let read = sys::NvBufferMem_Read;
        let result = call!(PFN_NvBufferMemMapEx(fd, &mut said, 1, read, &mut address));
        assert_eq!((result, counter("violations")), (-1, 1));
        assert_eq!(call!(PFN_NvBufferGetParamsEx(fd, &mut said)), 0);
        let done = [
            call!(PFN_NvBufferMemMapEx(fd, &mut said, 1, read, &mut address)),
            call!(PFN_NvBufferMemSyncForCpuEx(fd, &mut said, 1, &mut address)),
            call!(PFN_NvBufferMemSyncForDeviceEx(
                fd,
                &mut said,
                1,
                &mut address
            )),
            call!(PFN_NvBufferMemUnMapEx(fd, &mut said, 1, &mut address)),
        ];
        assert_eq!((done, destroy(fd)), ([0; 4], 0));
        assert_eq!(counter("violations"), 1);
    });
}

#[test]
fn data_ptr_of_a_surface_is_its_nv_buffer_in_r32() {
    let test = "data_ptr_of_a_surface_is_its_nv_buffer_in_r32";
    on_each(test, &["r32.1", "r32.7", "r34.1", "r35.1"], || {
        let surface = Surface::create(
            2,
            params(nvbufsurface_sys::classic::NVBUF_COLOR_FORMAT_NV12),
        );
        let surface = surface.unwrap();
        for i in 0..if release().starts_with("r32") { 2 } else { 0 } {
            let entry = surface.params(i);
            let fd = c_int::try_from(entry.bufferDesc).unwrap();
            assert_eq!(entry.dataPtr, nv_buffer(fd));
            let size = usize::try_from(call!(PFN_NvBufferGetSize())).unwrap();
            // SAFETY: as many bytes as the library says.
            let bytes = unsafe { std::slice::from_raw_parts(entry.dataPtr.cast::<u8>(), size) };
            // A copy of them is as good: sinks make one.
            let mut copy = bytes.to_vec();
            let mut found = -1;
            let copy = copy.as_mut_ptr().cast();
            assert_eq!(call!(PFN_ExtractFdFromNvBuffer(copy, &mut found)), 0);
            assert_eq!((found, call!(PFN_NvReleaseFd(found))), (fd, 0));
        }
        let is_null = surface.params(1).dataPtr.is_null();
        assert_eq!(is_null, !release().starts_with("r32"));
        // The pointer is no name of the memory: copies of the struct need not have it.
        let copy = surface.shallow_copy();
        let entry = copy.surface().surfaceList;
        // SAFETY: the copy is ours.
        unsafe { (*entry).dataPtr = std::ptr::null_mut() };
        assert_eq!((copy.mem_set(0, 0, 1), surface.destroy()), (0, 0));
        assert_eq!(counter("violations"), 0);
    });
}
