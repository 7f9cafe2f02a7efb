//! Copies of opaque blocks.

use std::ffi::c_void;
use std::os::fd::{AsFd, AsRawFd};

use nvbuf::ErrorKind;
use nvbuf::legacy::{FdRule, NvBuffer, OpaqueBlock};

use super::{has, library, rgba};

#[test]
fn a_copy_of_a_block_is_compared_and_leads_to_the_buffer() {
    if library().is_none() {
        return;
    }
    let size = NvBuffer::memory_size();
    if !has("NvBufferGetSize", &size) {
        return;
    }
    let size = size.unwrap();
    let (one, other) = (rgba(24, 12), rgba(24, 12));
    assert_eq!(one.raw_size(), size);
    // More bytes than the block has may be said to exist.
    let block = OpaqueBlock::read(one.as_ptr(), size + 4096).unwrap();
    assert_eq!(OpaqueBlock::read(one.as_ptr(), size).unwrap(), block);
    assert_ne!(OpaqueBlock::read(other.as_ptr(), size).unwrap(), block);
    // SAFETY: the buffers' own blocks, alive.
    let is_unchanged = |buffer: &NvBuffer<'_>| unsafe { block.is_unchanged(buffer.as_ptr(), size) };
    assert!(is_unchanged(&one) && !is_unchanged(&other));
    let mut words = [1_u64; 1024];
    let copy = OpaqueBlock::read(words.as_ptr().cast(), size).unwrap();
    // SAFETY: the array's own address, and fewer bytes than it has.
    let is_unchanged =
        |words: &[u64], size| unsafe { copy.is_unchanged(words.as_ptr().cast(), size) };
    assert!(is_unchanged(&words, size) && !is_unchanged(&words, size - 1));
    words[size / 8 - 1] = 2;
    assert!(!is_unchanged(&words, size), "its last word");
    // SAFETY: the block of `one`, which lives.
    let fd = unsafe { block.extract(FdRule::Keep) }.unwrap();
    assert_eq!(fd.as_fd().as_raw_fd(), one.params().fd_number());
    let again = NvBuffer::from_fd(fd.as_fd()).unwrap();
    assert_eq!(again.identity(), one.identity());
    assert_ne!(other.identity(), one.identity());
}

#[test]
fn memory_that_is_short_or_wild_or_zero_is_an_error() {
    let zeros = [0_u64; 512];
    let zeros = zeros.as_ptr().cast::<c_void>();
    if library().is_none() {
        let error = OpaqueBlock::read(zeros, 4096).expect_err("no library");
        assert_eq!(error.kind(), ErrorKind::Load, "{error}");
        return;
    }
    if !has("NvBufferGetSize", &NvBuffer::memory_size()) {
        return;
    }
    let wild = std::ptr::without_provenance::<c_void>(0xdead_beef_0000);
    for (address, size, text) in [
        (zeros, 100, "100 bytes"),
        (zeros, 0, "0 bytes"),
        (zeros, 4096, "there is no buffer"),
        (wild, 4096, "unreadable"),
        (std::ptr::null(), 4096, "unreadable"),
    ] {
        let error = OpaqueBlock::read(address, size).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}
