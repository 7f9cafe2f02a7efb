//! Descriptors that are none, or lie.

use std::ffi::c_void;
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use nvbuf::sys::prefix::{NvBufSurface, NvBufSurfaceParams};
use nvbuf::{Access, Descriptor, ErrorKind, MemType, Surface};

fn rgba(width: u32, height: u32) -> Surface {
    let builder = Surface::builder(width, height);
    builder
        .build()
        .expect("a surface; run tests through ci/sim.sh")
}

#[test]
fn wild_null_and_small_memory_are_errors() {
    let wild = ptr::without_provenance::<c_void>(0xdead_beef_0000);
    for (address, size) in [(ptr::null(), 64), (wild, 64), (wild, 63)] {
        let error = Descriptor::read(address, size, 0).expect_err("not a surface");
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    }
}

#[test]
fn garbage_is_refused_field_by_field() {
    let mut bytes = [0xff_u64; 8];
    for fill in [0, u64::MAX, 0x0101_0101_0101_0101, 1] {
        bytes.fill(fill);
        let error =
            Descriptor::read(bytes.as_ptr().cast(), 64, 0).expect_err("garbage, not a surface");
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    }
}

/// A copy of a surface's descriptor, changed.
fn forged(
    surface: &Surface,
    forge: impl FnOnce(&mut NvBufSurfaceParams),
) -> nvbuf::Result<Descriptor> {
    forged_as(surface, surface.mem_type(), forge)
}

/// The same with another memory type.
fn forged_as(
    surface: &Surface,
    mem_type: MemType,
    forge: impl FnOnce(&mut NvBufSurfaceParams),
) -> nvbuf::Result<Descriptor> {
    let family = nvbuf::sys::Library::get().unwrap().family();
    // As long as the longer family's structs.
    let (mut header, mut params) = ([0_u64; 9], [0_u64; 52]);
    let (to_header, to_params) = (header.as_mut_ptr().cast(), params.as_mut_ptr().cast());
    let from_header = surface.as_ptr().cast::<u8>();
    // SAFETY: the surface is alive, and its struct is that long.
    unsafe { from_header.copy_to_nonoverlapping(to_header, family.surface_size()) };
    // SAFETY: as above.
    let from_params = unsafe { (*surface.as_ptr()).surfaceList }.cast::<u8>();
    // SAFETY: as above; the list has one entry.
    unsafe { from_params.copy_to_nonoverlapping(to_params, family.params_size()) };
    // SAFETY: a copy of what both families begin with.
    forge(unsafe { &mut *to_params.cast::<NvBufSurfaceParams>() });
    // SAFETY: as above.
    unsafe { (*to_header.cast::<NvBufSurface>()).surfaceList = to_params.cast() };
    // SAFETY: as above.
    unsafe { (*to_header.cast::<NvBufSurface>()).memType = mem_type.0 };
    Descriptor::read(to_header.cast(), family.surface_size(), 0)
}

#[test]
fn a_descriptor_larger_than_its_dmabuf_is_refused() {
    let surface = rgba(64, 48);
    forged(&surface, |_| {}).unwrap();
    let error = forged(&surface, |params| {
        (params.width, params.height, params.pitch) = (1920, 1080, 7680);
        params.dataSize = 7680 * 1080;
        let planes = &mut params.planeParams;
        (planes.width[0], planes.height[0], planes.pitch[0]) = (1920, 1080, 7680);
        planes.psize[0] = params.dataSize;
    })
    .expect_err("64x48 are fewer bytes");
    assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    let real = surface.params(0).unwrap().data_size();
    for size in [7680 * 1080, real] {
        assert!(error.to_string().contains(&size.to_string()), "{error}");
    }
}

#[test]
fn an_fd_of_unknown_size_is_left_to_the_library() {
    let surface = rgba(64, 48);
    // SAFETY: makes an fd.
    let number = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    assert!(number >= 0);
    // SAFETY: made just now, and nobody else's.
    let unknown = unsafe { OwnedFd::from_raw_fd(number) };
    let unknown = unknown.as_raw_fd().try_into().unwrap();
    forged(&surface, |params| params.bufferDesc = unknown).unwrap();
}

#[test]
fn an_fd_that_is_no_dmabuf_is_refused() {
    let surface = rgba(64, 48);
    let (pipe, _writer) = std::io::pipe().unwrap();
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let files: [(OwnedFd, &str); 4] = [
        (pipe.into(), "a pipe"),
        (socket.into(), "a socket"),
        // Where a zeroed bufferDesc leads to, in a service.
        (
            File::open("/dev/null").unwrap().into(),
            "a character device",
        ),
        (File::open("/").unwrap().into(), "a folder"),
    ];
    for (fd, what) in files {
        let number = fd.as_raw_fd();
        for mem_type in [MemType::SURFACE_ARRAY, MemType::DEFAULT] {
            let forge = |p: &mut NvBufSurfaceParams| p.bufferDesc = number.try_into().unwrap();
            let error = forged_as(&surface, mem_type, forge).expect_err(what);
            assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
            let text = error.to_string();
            assert!(
                text.contains(&format!("bufferDesc {number} is {what}")),
                "{text}"
            );
            let is_default = mem_type == MemType::DEFAULT;
            assert_eq!(text.contains("DEFAULT"), is_default, "{text}");
        }
    }
}

#[test]
fn the_default_memory_type_of_a_dmabuf_is_surface_array() {
    let mut surface = rgba(64, 48);
    surface.fill(0, &[7]).unwrap();
    let descriptor = forged_as(&surface, MemType::DEFAULT, |_| {}).unwrap();
    assert_eq!(descriptor.mem_type(), MemType::SURFACE_ARRAY);
    // SAFETY: the surface outlives the view.
    let view = unsafe { Surface::view(&descriptor) }.unwrap();
    assert_eq!(view.mem_type(), MemType::SURFACE_ARRAY);
    assert_eq!(
        view.dmabuf(0).unwrap().as_raw_fd(),
        surface.dmabuf(0).unwrap().as_raw_fd()
    );
    let map = view.map_ptr(0, Access::Read).unwrap();
    // SAFETY: mapped, and nobody writes it.
    assert_eq!(unsafe { map.plane(0).unwrap().data.read_volatile() }, 7);
    map.unmap().unwrap();
    let view = std::sync::Arc::new(view);
    nvbuf::EglImage::map(&view, 0).unwrap().unmap().unwrap();
    // Without a dmabuf nothing tells what it is.
    for number in [987_654, u64::MAX] {
        let forge = |params: &mut NvBufSurfaceParams| params.bufferDesc = number;
        let error = forged_as(&surface, MemType::DEFAULT, forge).expect_err("no fd");
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
        assert!(error.to_string().contains("DEFAULT"), "{error}");
    }
}

#[test]
fn raw_memory_of_others_may_be_longer_than_any_side() {
    for bytes in [1000, 40_000, 1 << 20] {
        let surface = Surface::raw_builder(bytes).build().unwrap();
        let descriptor = forged(&surface, |_| {}).unwrap();
        let params = descriptor.params();
        assert!(params.is_raw() && params.data_size() >= bytes);
        assert_eq!(params.planes()[0].byte_len(), params.data_size() as usize);
    }
}
