//! A buffer described to another process, which is this one: the simulator knows no others.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::Arc;

use nvbuf::legacy::{Composite, Description, EglImage, Layer, NvBuffer, Transform};
use nvbuf::sys::LegacyLibrary;
use nvbuf::{Access, ColorFormat, ErrorKind};

fn has(symbol: &str) -> bool {
    LegacyLibrary::get().is_ok_and(|library| library.functions().has(symbol))
}

/// A buffer with a value in every byte of its rows, where the release has descriptions.
fn described() -> Option<(NvBuffer<'static>, Description)> {
    let built = NvBuffer::builder(64, 48).format(ColorFormat::NV12).build();
    if LegacyLibrary::get().is_err() {
        assert_eq!(built.expect_err("no library").kind(), ErrorKind::Load);
        return None;
    }
    let mut buffer = built.unwrap();
    let mut map = buffer.map_mut().unwrap();
    map.plane_mut(0).unwrap().0.fill(40);
    map.plane_mut(1).unwrap().0.fill(50);
    map.unmap().unwrap();
    let description = buffer.describe();
    if !has("NvBufferGetParamsEx") {
        let error = description.expect_err("no such function");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        // What was refused has shared nothing.
        buffer.map().unwrap().unmap().unwrap();
        return None;
    }
    let error = buffer.map().expect_err("others reach it");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    Some((buffer, description.unwrap()))
}

fn first_bytes(buffer: &NvBuffer<'_>) -> [u8; 2] {
    let map = buffer.map_ptr(Access::Read).unwrap();
    [0, 1].map(|plane| {
        let data = map.plane(plane).unwrap().data;
        // SAFETY: a mapping has at least this byte, and nobody writes it now.
        unsafe { data.as_ptr().read_volatile() }
    })
}

#[test]
fn a_description_travels_as_bytes() {
    let Some((_buffer, description)) = described() else {
        return;
    };
    let bytes = description.to_bytes();
    assert!(matches!(bytes.len(), 264 | 320), "{}", bytes.len());
    assert_eq!(Description::from_bytes(&bytes).unwrap().to_bytes(), bytes);
    for wrong in [&bytes[1..], &bytes[..0]] {
        let error = Description::from_bytes(wrong).expect_err("too short");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
}

#[test]
fn a_described_buffer_is_mapped_and_transformed() {
    let Some((owner, description)) = described() else {
        return;
    };
    // SAFETY: `owner` outlives what is made here.
    let fd = unsafe { BorrowedFd::borrow_raw(owner.as_fd().as_raw_fd()) };
    // SAFETY: described just now, by this process.
    let peer = unsafe { NvBuffer::with_description(fd, description.clone()) };
    if !has("NvBufferMemMapEx") {
        assert_eq!(peer.expect_err("no function").kind(), ErrorKind::Load);
        return;
    }
    let peer = peer.unwrap();
    assert_eq!(peer.params(), owner.params());
    assert_eq!(first_bytes(&peer), [40, 50]);
    let map = peer.map_plane_ptr(0, Access::Write).unwrap();
    // SAFETY: a mapping has at least this byte, and nobody else looks at it now.
    unsafe { map.plane(0).unwrap().data.as_ptr().write_volatile(41) };
    map.unmap().unwrap();
    assert_eq!(first_bytes(&owner), [41, 50]);
    let copy = NvBuffer::builder(64, 48)
        .format(ColorFormat::NV12)
        .build()
        .unwrap();
    Transform::new().run(&peer, &copy).unwrap();
    assert_eq!(first_bytes(&copy), [41, 50]);
    // Functions without a description do not take it.
    let invalid = |result: nvbuf::Result<()>| {
        let error = result.expect_err("another process's");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains("another process"), "{error}");
    };
    invalid(Composite::new().run(&[Layer::new(&peer)], &copy));
    invalid(Composite::new().run(&[Layer::new(&copy)], &peer));
    invalid(peer.read_plane(0, &mut [0; 64 * 48]));
    invalid(peer.write_plane(0, &[0; 64 * 48]));
    let (peer, copy) = (Arc::new(peer), Arc::new(copy));
    invalid(EglImage::map(&peer).map(drop));
    invalid(
        Transform::new()
            .start(Arc::clone(&peer), Arc::clone(&copy))
            .map(drop),
    );
}

#[test]
fn an_imported_buffer_is_a_new_one_of_the_same_pixels() {
    let Some((owner, description)) = described() else {
        return;
    };
    // SAFETY: described just now, by this process.
    let imported = unsafe { NvBuffer::import(owner.as_fd(), &description) };
    if !has("NvBufferImportFd") {
        assert_eq!(imported.expect_err("no function").kind(), ErrorKind::Load);
        return;
    }
    let mut imported = imported.unwrap();
    assert_ne!(imported.as_fd().as_raw_fd(), owner.as_fd().as_raw_fd());
    assert_eq!(imported.params().planes(), owner.params().planes());
    assert_eq!(first_bytes(&imported), [40, 50]);
    let error = imported.map().expect_err("the other has the pixels too");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    drop(owner);
    assert_eq!(first_bytes(&imported), [40, 50], "it is one of its own");
}

#[test]
fn a_description_that_says_more_than_the_fd_has_is_refused() {
    let Some((owner, _)) = described() else {
        return;
    };
    if !has("NvBufferMemMapEx") {
        let description = owner.describe().unwrap();
        // SAFETY: described just now, by this process.
        let result = unsafe { NvBuffer::with_description(owner.as_fd(), description) };
        assert_eq!(result.expect_err("no function").kind(), ErrorKind::Load);
        return;
    }
    let large = NvBuffer::builder(640, 480)
        .format(ColorFormat::NV12)
        .build()
        .unwrap();
    let description = large.describe().unwrap();
    // SAFETY: of another buffer, which is noticed before the library sees it.
    let result = unsafe { NvBuffer::with_description(owner.as_fd(), description) };
    let error = result.expect_err("larger");
    assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    let zeros = Description::from_bytes(&[0; 320]).unwrap();
    // SAFETY: of no buffer, which is noticed before the library sees it.
    let result = unsafe { NvBuffer::with_description(owner.as_fd(), zeros) };
    assert_eq!(result.expect_err("no planes").kind(), ErrorKind::Foreign);
}
