//! Work on frames touches neither the heap nor the file descriptor table.

mod support;

use std::ffi::{c_int, c_uint, c_void};

use nvbufsurface_sys::classic as sys;
use nvbufsurface_sys::nvbuf_utils::r32_6 as legacy;
use support::cuda::{Copy2D, Cuda, Frame, Half, ResourceDesc, TextureDesc};
use support::surface::{Surface, params};
use support::{child, counter, function_of, text};

/// A buffer of libnvbuf_utils and what is done with it for each frame.
struct Legacy {
    fd: c_int,
    nv_buffer: *mut c_void,
    extract: legacy::PFN_ExtractFdFromNvBuffer,
    release: legacy::PFN_NvReleaseFd,
    map: legacy::PFN_NvBufferMemMap,
    sync: legacy::PFN_NvBufferMemSyncForCpu,
    unmap: legacy::PFN_NvBufferMemUnMap,
}

impl Legacy {
    fn new() -> Self {
        let library = "libnvbuf_utils.so.1.0.0";
        let create: legacy::PFN_NvBufferCreate = function_of(library, "NvBufferCreate");
        let describe: legacy::PFN_NvBufferGetParams = function_of(library, "NvBufferGetParams");
        let (mut fd, mut params) = (-1, legacy::NvBufferParams::default());
        // SAFETY: the result pointer is valid for the call.
        assert_eq!(unsafe { create(&mut fd, 64, 32, 0, 0) }, 0);
        // SAFETY: as above.
        assert_eq!(unsafe { describe(fd, &mut params) }, 0);
        Self {
            fd,
            nv_buffer: params.nv_buffer,
            extract: function_of(library, "ExtractFdFromNvBuffer"),
            release: function_of(library, "NvReleaseFd"),
            map: function_of(library, "NvBufferMemMap"),
            sync: function_of(library, "NvBufferMemSyncForCpu"),
            unmap: function_of(library, "NvBufferMemUnMap"),
        }
    }

    fn frame(&self) -> c_int {
        let (mut fd, mut address) = (-1, std::ptr::null_mut());
        // SAFETY: the block of a live buffer, and a valid result pointer.
        let mut result = unsafe { (self.extract)(self.nv_buffer, &mut fd) };
        assert_eq!(fd, self.fd);
        // SAFETY: the result pointer is valid for the call.
        result |= unsafe { (self.map)(fd, 0, legacy::NvBufferMem_Read_Write, &mut address) };
        // SAFETY: as above.
        result |= unsafe { (self.sync)(fd, 0, &mut address) };
        // SAFETY: as above.
        result |= unsafe { (self.unmap)(fd, 0, &mut address) };
        // SAFETY: takes a number.
        result | unsafe { (self.release)(fd) }
    }
}

/// Two block-linear frames, a texture of one and a surface of the other, and what is done with them
/// for each frame.
struct Arrays {
    pixels: [usize; 2],
    surface: u64,
    texture: u64,
    paint: usize,
    stream: usize,
    linear: usize,
}

impl Arrays {
    fn new(cuda: Cuda) -> Self {
        let mut block = params(sys::NVBUF_COLOR_FORMAT_GRAY8);
        block.layout = sys::NVBUF_LAYOUT_BLOCK_LINEAR;
        let pixels = [(); 2].map(|()| {
            let surface = Surface::create(1, block).unwrap();
            assert_eq!(surface.map_egl_image(0), 0);
            let (mut resource, mut frame) = (0, Frame::default());
            assert_eq!(cuda.register(&mut resource, surface.image(), 0), 0);
            assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 0);
            frame.planes[0]
        });
        let (mut surface, mut texture, mut linear) = (0, 0, 0);
        let [to, from] = pixels.map(ResourceDesc::array);
        let how = TextureDesc::default();
        assert_eq!(cuda.surface_create(&mut surface, &to), 0);
        assert_eq!(
            cuda.texture_create(&mut texture, &from, &how, std::ptr::null()),
            0
        );
        assert_eq!(cuda.mem_alloc(&mut linear, 64 * 32), 0);
        Self {
            pixels,
            surface,
            texture,
            paint: cuda.function("paint"),
            stream: cuda.stream(),
            linear,
        }
    }

    fn frame(&self, cuda: Cuda) -> c_uint {
        let (mut to, mut from) = (self.surface, self.texture);
        let mut list: [*mut c_void; 2] = [(&raw mut to).cast(), (&raw mut from).cast()];
        let linear = Half::device(self.linear, 64);
        let [painted, source] = self.pixels.map(Half::array);
        let mut failed = cuda.memset_async(self.linear, 7, 64 * 32, self.stream);
        failed |= cuda.copy_2d_async(&Copy2D::new(source, linear, (64, 32)), self.stream);
        failed |= cuda.launch(self.paint, self.stream, &mut list);
        failed |= cuda.copy_2d_async(&Copy2D::new(linear, painted, (64, 32)), self.stream);
        failed | cuda.stream_synchronize(self.stream)
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn frames_cost_no_allocation() {
    let preload = support::compile("count.c");
    let variables = [("LD_PRELOAD", preload.to_str().unwrap())];
    let output = child("frames_cost_no_allocation", &variables, || {
        // SAFETY: the preloaded library has it; null is checked below.
        let count = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"nvmm_test_heap_calls".as_ptr()) };
        assert!(!count.is_null(), "the interposer is loaded");
        // SAFETY: its prototype.
        let count =
            unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> u64>(count) };
        // SAFETY: takes nothing.
        let heap_calls = || unsafe { count() };

        let cuda = Cuda::start();
        let (from, to) = (Surface::rgba(), Surface::rgba());
        assert_eq!((from.map_egl_image(0), to.map_egl_image(0)), (0, 0));
        let ((_, from_picture), (_, to_picture)) =
            (cuda.picture(from.image()), cuda.picture(to.image()));
        let (add, fill) = (cuda.function("add"), cuda.function("fill"));
        let (first, second, event) = (cuda.stream(), cuda.stream(), cuda.event());
        let mut context = 0;
        assert_eq!(cuda.get_current(&mut context), 0);
        let (mut a, mut b, mut n) = (to_picture.pixels, from_picture.pixels, 256u32);
        let (legacy, arrays) = (Legacy::new(), Arrays::new(cuda));
        let mut frame = |value: u8| {
            let mut failed: c_uint = 0;
            let mut popped = 0;
            failed |= cuda.push(context);
            failed |= cuda.get_current(&mut popped);
            failed |= cuda.fill(fill, first, from_picture, 0, value);
            failed |= cuda.event_record(event, first);
            failed |= cuda.stream_wait(second, event, 0);
            let mut list: [*mut c_void; 3] = [
                (&raw mut a).cast(),
                (&raw mut b).cast(),
                (&raw mut n).cast(),
            ];
            failed |= cuda.launch(add, second, &mut list);
            failed |= cuda.event_record(event, second);
            failed |= cuda.event_synchronize(event);
            failed |= cuda.stream_synchronize(second);
            failed |= cuda.stream_query(second) | cuda.stream_query(0);
            failed |= arrays.frame(cuda);
            failed |= cuda.pop(&mut popped);
            let mut result = to.map(0, -1, sys::NVBUF_MAP_READ_WRITE);
            result |= to.sync_for_cpu(0, -1) | to.sync_for_device(0, -1) | to.unmap(0, -1);
            result |= from.mem_set(0, 0, 1) | from.copy(to.raw);
            result |= legacy.frame();
            assert_eq!((failed, result), (0, 0));
        };
        (0..10).for_each(&mut frame);
        let (heap, fds) = (heap_calls(), descriptors());
        let heap_of_look = heap_calls() - heap;
        let before = heap_calls();
        (0..200).for_each(&mut frame);
        let calls = heap_calls() - before;
        assert_eq!(calls, 0, "heap calls of 200 frames");
        assert_eq!(descriptors(), fds);
        assert!(heap_of_look > 0, "the interposer counts");
        assert_eq!((counter("violations"), counter("unsynchronised")), (0, 0));
    });
    assert!(
        output.status.success(),
        "{}\n{}",
        output.status,
        text(&output)
    );
}
