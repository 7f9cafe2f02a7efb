//! Surfaces on whatever platform the runner gives: the simulator, or a Jetson.

use std::os::fd::AsRawFd;
use std::sync::Arc;

use nvbuf::sys::classic::NVBUF_MAP_READ_WRITE;
use nvbuf::sys::prefix::NvBufSurfaceParams;
use nvbuf::{
    Access, ColorFormat, Descriptor, EglImage, ErrorKind, Layout, MapPtr, MemType, Surface,
};

fn rgba(width: u32, height: u32) -> Surface {
    Surface::builder(width, height)
        .build()
        .expect("a surface; run tests through ci/sim.sh")
}

/// Fills every row of a plane with a value that depends on row and column.
fn fill(surface: &mut Surface, index: u32) {
    let mut map = surface.map_mut(index).unwrap();
    let (pixels, plane) = map.plane_mut(0).unwrap();
    for (y, row) in pixels.chunks_mut(plane.pitch as usize).enumerate() {
        for (x, byte) in row[..plane.row_bytes()].iter_mut().enumerate() {
            *byte = (x * 7 + y * 13) as u8;
        }
    }
    map.unmap().unwrap();
}

fn rows(surface: &Surface, index: u32) -> Vec<Vec<u8>> {
    let map = surface.map(index).unwrap();
    let (pixels, plane) = map.plane(0).unwrap();
    pixels
        .chunks(plane.pitch as usize)
        .map(|row| row[..plane.row_bytes()].to_vec())
        .collect()
}

/// The first entry of the public descriptor, which peers see.
fn entry(surface: &Surface) -> *mut NvBufSurfaceParams {
    // SAFETY: the surface is alive.
    unsafe { (*surface.as_ptr()).surfaceList }
}

/// Another element, which maps and unmaps plane 0 through the public descriptor.
struct Peer<'a>(&'a Surface);

impl Peer<'_> {
    fn map(&self) -> *mut u8 {
        let map = nvbuf::sys::Library::get().unwrap().functions().map;
        // SAFETY: the surface is alive, and its test has one thread.
        let ret = unsafe { map(self.0.as_ptr().cast(), 0, 0, NVBUF_MAP_READ_WRITE) };
        assert_eq!(ret, 0);
        self.address()
    }

    /// Gives the device what was written: another's synchronisation for the CPU would discard it.
    fn sync_for_device(&self) {
        let sync = nvbuf::sys::Library::get()
            .unwrap()
            .functions()
            .sync_for_device;
        // SAFETY: as in `map`.
        assert_eq!(unsafe { sync(self.0.as_ptr().cast(), 0, 0) }, 0);
    }

    fn unmap(&self) {
        let unmap = nvbuf::sys::Library::get().unwrap().functions().unmap;
        // SAFETY: as in `map`.
        assert_eq!(unsafe { unmap(self.0.as_ptr().cast(), 0, 0) }, 0);
    }

    fn address(&self) -> *mut u8 {
        // SAFETY: the surface is alive.
        unsafe { (*entry(self.0)).mappedAddr.addr[0] }.cast()
    }
}

fn first_byte(map: &MapPtr<'_>) -> u8 {
    // SAFETY: a mapping has at least this byte, and nobody writes it now.
    unsafe { map.plane(0).unwrap().data.as_ptr().read_volatile() }
}

#[test]
fn maps_of_ours_and_of_peers_do_not_disturb_each_other() {
    let owner = rgba(32, 16);
    let descriptor = Descriptor::read(owner.as_ptr().cast(), owner.raw_size(), 0).unwrap();
    // SAFETY: `owner` outlives the view.
    let view = unsafe { Surface::view(&descriptor) }.unwrap();
    for surface in [&owner, &view] {
        let peer = Peer(surface);
        let ours = surface.map_ptr(0, Access::Read).unwrap();
        assert!(peer.address().is_null(), "peers own that field");
        // A whole map of a peer's within ours.
        let theirs = peer.map();
        // SAFETY: mapped just now, for writing.
        unsafe { theirs.write_volatile(0x5a) };
        peer.sync_for_device();
        peer.unmap();
        assert_eq!(first_byte(&ours), 0x5a);
        ours.unmap().unwrap();
        // A whole map of ours within a peer's.
        let theirs = peer.map();
        let ours = surface.map_ptr(0, Access::Write).unwrap();
        assert_eq!(first_byte(&ours), 0x5a);
        ours.unmap().unwrap();
        assert_eq!(peer.address(), theirs);
        // SAFETY: mapped still.
        assert_eq!(unsafe { theirs.read_volatile() }, 0x5a);
        // Half of each.
        let ours = surface.map_ptr(0, Access::Read).unwrap();
        peer.unmap();
        assert!(peer.address().is_null());
        assert_eq!(first_byte(&ours), 0x5a);
        ours.unmap().unwrap();
    }
}

#[test]
fn what_peers_write_into_the_public_descriptor_is_not_used() {
    let surface = Arc::new(rgba(24, 12));
    // SAFETY: the surface is alive, and this is its only thread.
    let sound = unsafe { entry(&surface).read() };
    let mut spoilt = sound;
    spoilt.width = 0xffff_ffff;
    spoilt.bufferDesc = 987_654;
    spoilt.mappedAddr.addr = [std::ptr::dangling_mut(); 4];
    spoilt.mappedAddr.eglImage = std::ptr::dangling_mut();
    // SAFETY: as above.
    unsafe { entry(&surface).write(spoilt) };
    surface.map_ptr(0, Access::Write).unwrap().unmap().unwrap();
    drop(EglImage::map(&surface, 0).unwrap());
    surface.copy_to(&mut rgba(24, 12)).unwrap();
    // SAFETY: as above.
    let after = unsafe { entry(&surface).read() };
    assert_eq!(after.mappedAddr.addr, spoilt.mappedAddr.addr);
    assert_eq!(after.mappedAddr.eglImage, spoilt.mappedAddr.eglImage);
    // SAFETY: as above; the drop finds what the library made.
    unsafe { entry(&surface).write(sound) };
}

#[test]
fn planes_are_what_the_format_has() {
    for (format, sizes) in [
        (ColorFormat::RGBA, vec![(64, 48, 4)]),
        (ColorFormat::BGRX, vec![(64, 48, 4)]),
        (ColorFormat::GRAY8, vec![(64, 48, 1)]),
        (ColorFormat::NV12, vec![(64, 48, 1), (32, 24, 2)]),
        (
            ColorFormat::YUV420,
            vec![(64, 48, 1), (32, 24, 1), (32, 24, 1)],
        ),
    ] {
        let surface = Surface::builder(64, 48).format(format).build().unwrap();
        let params = surface.params(0).unwrap();
        let planes: Vec<_> = params
            .planes()
            .iter()
            .map(|plane| (plane.width, plane.height, plane.bytes_per_pixel))
            .collect();
        assert_eq!(planes, sizes, "{format}");
        assert_eq!((params.width(), params.height()), (64, 48));
        assert_eq!(params.color_format(), format);
        assert_eq!(params.layout(), Layout::PITCH);
    }
}

#[test]
fn what_is_written_is_read_again_in_each_buffer_of_a_batch() {
    let mut surface = Surface::builder(33, 17).batch(3).build().unwrap();
    assert_eq!(surface.batch_size(), 3);
    fill(&mut surface, 1);
    let written = rows(&surface, 1);
    assert_eq!(written[2][3], 3 * 7 + 2 * 13);
    assert_ne!(
        written,
        rows(&surface, 0),
        "buffers of a batch are different memory"
    );
}

#[test]
fn a_copy_has_the_same_pixels_and_other_shapes_are_refused() {
    let (mut from, mut to) = (rgba(40, 30), rgba(40, 30));
    fill(&mut from, 0);
    from.copy_to(&mut to).unwrap();
    assert_eq!(rows(&from, 0), rows(&to, 0));
    let error = from.copy_to(&mut rgba(41, 30)).expect_err("another size");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn a_copy_is_of_every_buffer_of_a_batch() {
    let batch = || Surface::builder(20, 10).batch(3).build().unwrap();
    let (mut from, mut to) = (batch(), batch());
    fill(&mut from, 0);
    fill(&mut from, 2);
    from.copy_to(&mut to).unwrap();
    for i in 0..3 {
        assert_eq!(rows(&from, i), rows(&to, i), "buffer {i}");
    }
    assert_ne!(rows(&to, 2), rows(&to, 1));
}

#[test]
fn mappings_that_exclude_each_other_are_refused() {
    let surface = rgba(16, 16);
    let first = surface.map_ptr(0, Access::Read).unwrap();
    let second = surface.map_ptr(0, Access::Read).unwrap();
    let error = surface
        .map_ptr(0, Access::Write)
        .expect_err("somebody reads");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(first);
    // The other reader still has its pixels.
    // SAFETY: `second` maps at least this byte.
    let _ = unsafe { second.plane(0).unwrap().data.as_ptr().read_volatile() };
    second.unmap().unwrap();
    let writer = surface.map_ptr(0, Access::Write).unwrap();
    let error = surface
        .map_ptr(0, Access::Read)
        .expect_err("somebody writes");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(writer);
    surface.map_ptr(0, Access::Read).unwrap().unmap().unwrap();
}

#[test]
fn a_shared_surface_gives_pointers_and_no_slices() {
    let mut surface = rgba(16, 16);
    assert!(surface.dmabuf(0).unwrap().as_raw_fd() > 2);
    assert_eq!(
        surface.map(0).expect_err("shared").kind(),
        ErrorKind::Invalid
    );
    assert_eq!(
        surface.map_mut(0).expect_err("shared").kind(),
        ErrorKind::Invalid
    );
    surface.map_ptr(0, Access::Write).unwrap().unmap().unwrap();
}

#[test]
fn while_a_slice_lives_nothing_is_exported() {
    let surface = Arc::new(Surface::builder(16, 16).batch(2).build().unwrap());
    let refused = || {
        let error = surface.dmabuf(0).expect_err("a slice lives");
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        let error = EglImage::map(&surface, 0).expect_err("a slice lives");
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    };
    let (first, second) = (surface.map(0).unwrap(), surface.map(1).unwrap());
    refused();
    drop(first);
    // One of the other buffer is enough.
    refused();
    // What was refused has shared nothing.
    drop((second, surface.map(0).unwrap()));
    // Pointers are in nobody's way.
    let pointers = surface.map_ptr(0, Access::Read).unwrap();
    drop(EglImage::map(&surface, 0).unwrap());
    surface.dmabuf(0).unwrap();
    drop(pointers);
    let error = surface.map(0).expect_err("exported");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn once_the_pointer_is_out_there_are_no_more_slices() {
    let surface = rgba(16, 16);
    let slices = surface.map(0).unwrap();
    assert!(!surface.as_ptr().is_null());
    assert_eq!(slices.plane(0).unwrap().0[0], 0, "this one is still good");
    let error = surface.map(0).expect_err("shared");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    drop(slices);
    surface.map_ptr(0, Access::Write).unwrap().unmap().unwrap();
}

#[test]
fn bad_requests_are_refused_before_the_library_sees_them() {
    for (builder, what) in [
        (Surface::builder(0, 10), "no width"),
        (Surface::builder(10, 0), "no height"),
        (Surface::builder(10, 10).batch(0), "no batch"),
        (Surface::builder(10, 10).batch(1025), "a huge batch"),
        (
            Surface::builder(10, 10).format(ColorFormat::INVALID),
            "no format",
        ),
    ] {
        assert_eq!(
            builder.build().expect_err(what).kind(),
            ErrorKind::Invalid,
            "{what}"
        );
    }
    let surface = rgba(16, 16);
    assert_eq!(
        surface.params(1).expect_err("one buffer").kind(),
        ErrorKind::Invalid
    );
    let error = surface.map_ptr(1, Access::Read).expect_err("one buffer");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let map = surface.map_ptr(0, Access::Read).unwrap();
    assert_eq!(
        map.plane(1).expect_err("one plane").kind(),
        ErrorKind::Invalid
    );
}

#[test]
fn a_block_linear_surface_is_not_mapped() {
    let builder = Surface::builder(64, 64)
        .format(ColorFormat::NV12)
        .layout(Layout::BLOCK_LINEAR);
    let surface = builder.build().unwrap();
    let error = surface.map_ptr(0, Access::Read).expect_err("tiles");
    assert!(error.to_string().contains("bl-output=false"), "{error}");
}

#[test]
fn egl_images_are_independent_of_each_other_and_of_the_public_descriptor() {
    let surface = Arc::new(rgba(32, 32));
    let first = EglImage::map(&surface, 0).unwrap();
    let second = EglImage::map(&surface, 0).unwrap();
    assert_ne!(first.as_ptr(), second.as_ptr());
    let entry = entry(&surface);
    // SAFETY: the surface is alive.
    let public = unsafe { (*entry).mappedAddr.eglImage };
    assert!(public.is_null(), "peers own that field");
    drop(first);
    drop(surface);
    // The image keeps the surface alive.
    assert_eq!(second.surface().params(0).unwrap().width(), 32);
}

#[test]
fn a_view_reads_what_the_owner_wrote_and_outlives_changes_of_its_descriptor() {
    let mut owner = rgba(24, 12);
    fill(&mut owner, 0);
    let expected = rows(&owner, 0);
    let (raw, size, entry) = (owner.as_ptr(), owner.raw_size(), entry(&owner));
    let descriptor = Descriptor::read(raw.cast(), size, 0).unwrap();
    assert_eq!(
        descriptor.identity(),
        Descriptor::read(raw.cast(), size, 0).unwrap().identity()
    );
    // SAFETY: `owner` outlives the view.
    let view = unsafe { Surface::view(&descriptor) }.unwrap();
    assert_eq!(view.mem_type(), MemType::SURFACE_ARRAY);
    // SAFETY: the descriptor is alive, and nobody else reads it now.
    unsafe { (*entry).width = 0xffff_ffff };
    let map = view.map_ptr(0, Access::Read).unwrap();
    let plane = map.plane(0).unwrap();
    // SAFETY: `byte_len` bytes are mapped, and nobody writes them.
    let bytes = unsafe { std::slice::from_raw_parts(plane.data.as_ptr(), plane.params.byte_len()) };
    let seen: Vec<_> = bytes
        .chunks(plane.params.pitch as usize)
        .map(|row| row[..plane.params.row_bytes()].to_vec())
        .collect();
    assert_eq!(seen, expected);
    drop(map);
    let error = Descriptor::read(raw.cast(), size, 0).expect_err("an absurd width");
    assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    // SAFETY: as above; the owner's drop finds what it made.
    unsafe { (*entry).width = 24 };
    let error = Descriptor::read(raw.cast(), size, 1).expect_err("one buffer");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn a_descriptor_read_again_is_what_is_there_now() {
    let owner = rgba(24, 12);
    let (raw, size, entry) = (owner.as_ptr(), owner.raw_size(), entry(&owner));
    let descriptor = Descriptor::read(raw.cast(), size, 0).unwrap();
    assert!(descriptor.identity().is_at(raw.cast()) && !descriptor.identity().is_at(entry.cast()));
    let again = || descriptor.read_again(size).map(|now| now.identity());
    assert_eq!(again().unwrap(), descriptor.identity());
    assert!(descriptor.read_again(size - 1).is_err(), "a short memory");
    // SAFETY: the descriptor is alive, and nobody else reads it now.
    unsafe { (*entry).width = 20 };
    assert_ne!(again().unwrap(), descriptor.identity(), "another size");
    // SAFETY: as above.
    unsafe { (*entry).width = 24 };
    // The list elsewhere, with a buffer of other pixels; and nowhere.
    let other = rgba(16, 12);
    for (list, width) in [
        (self::entry(&other), Some(16)),
        (std::ptr::without_provenance_mut(0xdead_beef_0000), None),
    ] {
        // SAFETY: as above.
        unsafe { (*raw).surfaceList = list };
        let now = descriptor.read_again(size).map(|now| now.params().width());
        assert_eq!(now.ok(), width);
    }
    // SAFETY: as above; the owner's drop finds what it made.
    unsafe { (*raw).surfaceList = entry };
    assert_eq!(again().unwrap(), descriptor.identity());
}

#[test]
fn a_descriptor_is_unchanged_until_something_but_its_mappings_changes() {
    let owner = rgba(24, 12);
    let (raw, size, entry) = (owner.as_ptr(), owner.raw_size(), entry(&owner));
    let descriptor = Descriptor::read(raw.cast(), size, 0).unwrap();
    let other = rgba(24, 12);
    // SAFETY: as above; where it is not the same surface, nothing of it is read.
    assert!(!unsafe { descriptor.is_unchanged(other.as_ptr().cast(), size) });
    // SAFETY: the surface is alive, also where its list is another one's.
    let is_unchanged = move |size| unsafe { descriptor.is_unchanged(raw.cast(), size) };
    assert!(is_unchanged(size) && is_unchanged(size + 1) && !is_unchanged(size - 1));
    let mapped = owner.map_ptr(0, Access::Read).unwrap();
    assert!(is_unchanged(size), "mapped");
    mapped.unmap().unwrap();
    // Each field in turn, and back.
    let words = entry.cast::<u32>();
    // Width, height, pitch, format, layout, fd, size, planes: number, width, pitch and offset of the first.
    for word in [0, 1, 2, 3, 4, 6, 8, 12, 13, 21, 25] {
        let word = words.wrapping_add(word);
        // SAFETY: inside of the entry, which is alive, and nobody else reads it now.
        let before = unsafe { word.read() };
        // SAFETY: as above.
        unsafe { word.write(before ^ 1) };
        assert!(!is_unchanged(size));
        // SAFETY: as above.
        unsafe { word.write(before) };
        assert!(is_unchanged(size));
    }
    // SAFETY: as above; the owner's drop finds what it made.
    unsafe { (*raw).surfaceList = self::entry(&other) };
    assert!(!is_unchanged(size), "another list");
    // SAFETY: as above.
    unsafe { (*raw).surfaceList = entry };
    // SAFETY: as above.
    unsafe { (*raw).numFilled ^= 1 };
    assert!(!is_unchanged(size), "filled");
    // SAFETY: as above.
    unsafe { (*raw).numFilled ^= 1 };
    assert!(is_unchanged(size));
}

const fn assert_send_sync<T: Send + Sync>() {}
const _: () = {
    assert_send_sync::<Surface>();
    assert_send_sync::<EglImage>();
    assert_send_sync::<Descriptor>();
    assert_send_sync::<nvbuf::CudaBuffer>();
    assert_send_sync::<nvbuf::MapPtr<'static>>();
    assert_send_sync::<nvbuf::Map<'static>>();
    assert_send_sync::<nvbuf::MapMut<'static>>();
    assert_send_sync::<nvbuf::PlaneMap<'static>>();
    assert_send_sync::<nvbuf::PlaneMapMut<'static>>();
};
