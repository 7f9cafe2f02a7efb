//! Bytes between memory and a file, without a mapping of the file.

use std::ffi::{c_int, c_void};

/// Something to do with a file's descriptor, an address, a length and an offset in the file; false
/// if it went wrong.
pub(crate) type Action = unsafe fn(c_int, usize, usize, i64) -> bool;

/// Bytes that are compared in one go.
const CHUNK: usize = 1 << 14;

/// Memory from the file.
///
/// # Safety
///
/// The `len` bytes at `address` are mapped memory that no Rust reference covers.
pub(crate) unsafe fn read(fd: c_int, address: usize, len: usize, offset: i64) -> bool {
    whole(len, |done, left| {
        let to = std::ptr::with_exposed_provenance_mut::<c_void>(address + done);
        // SAFETY: `left` bytes of the caller's range; memory that is not writable gives an error.
        unsafe { libc::pread(fd, to, left, offset + done as i64) }
    })
}

/// The file from memory.
///
/// # Safety
///
/// As [`read`].
pub(crate) unsafe fn write(fd: c_int, address: usize, len: usize, offset: i64) -> bool {
    whole(len, |done, left| {
        let from = std::ptr::with_exposed_provenance::<c_void>(address + done);
        // SAFETY: `left` bytes of the caller's range; memory that is not readable gives an error.
        unsafe { libc::pwrite(fd, from, left, offset + done as i64) }
    })
}

/// Whether memory and file are the same.
///
/// # Safety
///
/// As [`read`], and the memory is readable.
pub(crate) unsafe fn is_same(fd: c_int, address: usize, len: usize, offset: i64) -> bool {
    let mut chunk = [0u8; CHUNK];
    let mut done = 0;
    while done < len {
        let part = CHUNK.min(len - done);
        let to = (&raw mut chunk).expose_provenance();
        // SAFETY: `part` bytes of the chunk, which nothing else refers to here.
        if !unsafe { read(fd, to, part, offset + done as i64) } {
            return false;
        }
        let at = std::ptr::with_exposed_provenance::<c_void>(address + done);
        // SAFETY: `part` bytes of each; the caller's are readable.
        if unsafe { libc::memcmp(at, chunk.as_ptr().cast(), part) } != 0 {
            return false;
        }
        done += part;
    }
    true
}

fn whole(len: usize, step: impl Fn(usize, usize) -> isize) -> bool {
    let mut done = 0;
    while done < len {
        match usize::try_from(step(done, len - done)) {
            Ok(0) => return false,
            Ok(more) => done += more,
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {
            }
            Err(_) => return false,
        }
    }
    true
}
