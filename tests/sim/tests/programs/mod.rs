//! Programs that break one rule each.

use std::ffi::{c_int, c_void};

use nvbufsurface_sys::classic as sys;
use nvbufsurface_sys::nvbuf_utils::r32_6 as legacy;

use crate::canvas::{Ask, Canvas, transform, use_engine};
use crate::support::cuda::{Cuda, Picture};
use crate::support::legacy::{call, create, destroy, unmap};
use crate::support::surface::{Surface, params};

/// The rules that a program breaks, and the program.
pub(crate) type Program = (&'static [&'static str], fn());

const NV12: u32 = sys::NVBUF_COLOR_FORMAT_NV12;
const NULL: *mut c_void = std::ptr::null_mut();

/// Rules with a program that breaks each, and no other.
pub(crate) const PROGRAMS: &[(&str, fn())] = &[
    ("null-argument", || {
        let nothing = Surface { raw: NULL.cast() };
        assert_eq!(nothing.map(0, 0, sys::NVBUF_MAP_READ), -1);
    }),
    ("bad-argument", || {
        assert_eq!(Surface::rgba().map(0, 0, 3), -1);
    }),
    ("empty-surface", || {
        let copy = Surface::rgba().shallow_copy();
        // SAFETY: the copy is ours.
        unsafe { (*copy.raw).batchSize = 0 };
        assert_eq!(copy.map(0, 0, sys::NVBUF_MAP_READ), -1);
    }),
    ("wrong-index", || {
        assert_eq!(Surface::rgba().map(1, 0, sys::NVBUF_MAP_READ), -1);
    }),
    ("wrong-plane", || {
        assert_eq!(Surface::rgba().map(0, 1, sys::NVBUF_MAP_READ), -1);
    }),
    ("wrong-memory-type", || {
        let copy = Surface::rgba().shallow_copy();
        // SAFETY: the copy is ours.
        unsafe { (*copy.raw).memType = sys::NVBUF_MEM_CUDA_DEVICE };
        assert_eq!(copy.map(0, 0, sys::NVBUF_MAP_READ), -1);
    }),
    ("unknown-format", || {
        assert!(Surface::create(1, params(9999)).is_none());
    }),
    ("copy-mismatch", || {
        let surface = Surface::rgba();
        assert_eq!(surface.copy(surface.raw), -1);
    }),
    ("unaligned-rectangle", || {
        assert_eq!(legacy_crop(33, 64), -1);
    }),
    ("unaligned-rectangle", || {
        let (from, to) = (Canvas::new(NV12, 64, 32), Canvas::new(NV12, 64, 32));
        let ask = Ask::crop([0, 1, 32, 16], [0, 0, 32, 16]);
        assert_eq!(transform(from, to, &ask), -3);
        assert_eq!((from.destroy(), to.destroy()), (0, 0));
    }),
    ("vic-limit", || {
        assert_eq!(legacy_crop(2, 64), -1);
    }),
    ("vic-limit", || {
        let (from, to) = (Canvas::new(NV12, 640, 480), Canvas::new(NV12, 38, 480));
        assert_eq!(transform(from, to, &Ask::default()), -2);
        // The GPU has no such limit.
        assert_eq!(use_engine(sys::NvBufSurfTransformCompute_GPU), 0);
        assert_eq!(transform(from, to, &Ask::default()), 0);
        assert_eq!((from.destroy(), to.destroy()), (0, 0));
    }),
    ("use-after-destroy", || {
        let surface = Surface::rgba();
        let copy = surface.shallow_copy();
        assert_eq!(surface.destroy(), 0);
        assert_eq!(copy.map(0, 0, sys::NVBUF_MAP_READ), -1);
    }),
    ("double-destroy", || {
        let surface = Surface::rgba();
        assert_eq!((surface.destroy(), surface.destroy()), (0, -1));
    }),
    ("double-destroy", || {
        let fd = create(0).unwrap();
        assert_eq!((destroy(fd), destroy(fd)), (0, -1));
    }),
    ("foreign-descriptor", || {
        assert_eq!(destroy(9999), -1);
    }),
    ("foreign-descriptor", || {
        assert_eq!(Surface::rgba().shallow_copy().destroy(), -1);
    }),
    ("wrong-library", || {
        assert_eq!(destroy(fd_of(&Surface::rgba())), -1);
    }),
    ("fd-after-close", || {
        let surface = Surface::rgba();
        close(fd_of(&surface));
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), -1);
    }),
    ("fd-after-close", || {
        let surface = Surface::rgba();
        let (fd, other) = (fd_of(&surface), std::fs::File::open("/dev/null").unwrap());
        close(fd);
        let same = other.try_clone().unwrap();
        assert_eq!(std::os::fd::AsRawFd::as_raw_fd(&same), fd);
        // It is destroyed, and the file that has the number now stays.
        assert_eq!(surface.destroy(), 0);
        assert!(same.metadata().is_ok());
    }),
    ("fd-not-extracted", || {
        assert_eq!(call!(PFN_NvReleaseFd(create(0).unwrap())), -1);
    }),
    ("too-many-fds", || {
        let limit = libc::rlimit {
            rlim_cur: 2048,
            rlim_max: 2048,
        };
        // SAFETY: the struct is valid for the call.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
        let surface = Surface::create(1024, params(sys::NVBUF_COLOR_FORMAT_RGBA)).unwrap();
        assert_eq!((Surface::rgba().destroy(), surface.destroy()), (0, 0));
    }),
    ("not-mapped", || {
        assert_eq!(Surface::rgba().sync_for_cpu(0, 0), -1);
    }),
    ("wrong-address", || {
        let fd = create(0).unwrap();
        crate::support::legacy::map(fd, 0, legacy::NvBufferMem_Read);
        assert_eq!(unmap(fd, 0, std::ptr::dangling_mut()), -1);
    }),
    ("mapped-too-often", || {
        let surface = Surface::rgba();
        let results = [(); 17].map(|()| surface.map(0, 0, sys::NVBUF_MAP_READ));
        assert_eq!((results[15], results[16]), (0, -1));
    }),
    ("cpu-read-without-sync", || {
        let surface = Surface::rgba();
        assert_eq!(surface.mem_set(0, 0, 1), 0);
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(surface.unmap(0, 0), 0);
    }),
    ("device-read-without-sync", || {
        let (surface, other) = (Surface::rgba(), Surface::rgba());
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_WRITE), 0);
        // SAFETY: mapped for writing.
        unsafe { surface.addr(0).write_volatile(1) };
        assert_eq!((surface.unmap(0, 0), surface.copy(other.raw)), (0, 0));
    }),
    ("destroy-while-mapped", || {
        let surface = Surface::rgba();
        assert_eq!(surface.map(0, 0, sys::NVBUF_MAP_READ), 0);
        assert_eq!(surface.destroy(), 0);
    }),
    ("destroy-with-egl-image", || {
        let surface = Surface::rgba();
        assert_eq!((surface.map_egl_image(0), surface.destroy()), (0, 0));
    }),
    ("no-egl-image", || {
        assert_eq!(Surface::rgba().unmap_egl_image(0), -1);
    }),
    ("foreign-egl-image", || {
        let fd = create(2).unwrap();
        let image = call!(PFN_NvEGLImageFromFd(NULL, fd));
        let display = std::ptr::dangling_mut::<u8>().cast();
        assert_eq!(call!(PFN_NvDestroyEGLImage(display, image)), -1);
    }),
    ("egl-image-of-raw-buffer", || {
        let mut raw = params(sys::NVBUF_COLOR_FORMAT_INVALID);
        raw.size = 1000;
        assert_eq!(Surface::create(1, raw).unwrap().map_egl_image(0), -1);
    }),
    ("unmap-egl-image-while-registered", || {
        let (_, surface, ..) = registered();
        assert_eq!(surface.unmap_egl_image(0), 0);
    }),
    ("unregister-while-busy", || {
        let (cuda, _surface, resource, picture) = registered();
        work(&cuda, picture);
        assert_eq!(cuda.unregister(resource), 0);
    }),
    ("context-destroyed-while-registered", || {
        let (cuda, mut context) = (Cuda::load(), 0);
        assert_eq!((cuda.init(0), cuda.ctx_create(&mut context, 0, 0)), (0, 0));
        let surface = Surface::rgba();
        assert_eq!(surface.map_egl_image(0), 0);
        cuda.picture(surface.image());
        assert_eq!(cuda.ctx_destroy(context), 0);
    }),
    ("no-current-context", || {
        let cuda = Cuda::load();
        assert_eq!((cuda.init(0), cuda.stream_create(&mut 0, 0)), (0, 201));
    }),
    ("unregistered-surface", || {
        let (cuda, _surface, resource, picture) = registered();
        assert_eq!(cuda.unregister(resource), 0);
        work(&cuda, picture);
    }),
];

/// What cannot be done without breaking another rule as well: the rules, and the program.
pub(crate) const PAIRS: &[Program] = &[
    (
        &["destroy-while-registered", "destroy-with-egl-image"],
        || {
            assert_eq!(registered().1.destroy(), 0);
        },
    ),
    (
        &[
            "destroy-while-busy",
            "destroy-while-registered",
            "destroy-with-egl-image",
        ],
        || {
            let (cuda, surface, _, picture) = registered();
            work(&cuda, picture);
            assert_eq!(surface.destroy(), 0);
        },
    ),
];

/// A transform of libnvbuf_utils from so many columns to so many.
fn legacy_crop(from_width: u32, to_width: u32) -> c_int {
    let (from, to) = (create(0).unwrap(), create(0).unwrap());
    let mut params = legacy::NvBufferTransformParams {
        transform_flag: legacy::NVBUFFER_TRANSFORM_CROP_SRC | legacy::NVBUFFER_TRANSFORM_CROP_DST,
        ..Default::default()
    };
    (params.src_rect.width, params.src_rect.height) = (from_width, 32);
    (params.dst_rect.width, params.dst_rect.height) = (to_width, 32);
    let result = call!(PFN_NvBufferTransform(from, to, &mut params));
    assert_eq!((destroy(from), destroy(to)), (0, 0));
    result
}

pub(crate) fn fd_of(surface: &Surface) -> c_int {
    surface.params(0).bufferDesc.try_into().unwrap()
}

pub(crate) fn close(fd: c_int) {
    // SAFETY: what the simulator must notice.
    assert_eq!(unsafe { libc::close(fd) }, 0);
}

fn registered() -> (Cuda, Surface, usize, Picture) {
    let (cuda, surface) = (Cuda::start(), Surface::rgba());
    assert_eq!(surface.map_egl_image(0), 0);
    let (resource, picture) = cuda.picture(surface.image());
    (cuda, surface, resource, picture)
}

/// Starts a kernel that takes a while.
fn work(cuda: &Cuda, picture: Picture) {
    let (fill, stream) = (cuda.function("fill"), cuda.stream());
    assert_eq!(cuda.fill(fill, stream, picture, 300, 1), 0);
}
