//! Bytes and a file descriptor over a socket, and what can be known of a descriptor.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use crate::case::Failure;
use crate::check;

/// Room for one descriptor, aligned as its header.
type Control = [u64; 8];

fn message(part: &mut libc::iovec, control: &mut Control) -> libc::msghdr {
    // SAFETY: a struct of numbers and pointers, for which zeros are good.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: arithmetic. The field's type differs between C libraries.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(4) } as usize;
    message
}

/// Sends bytes with a descriptor.
pub(crate) fn send(socket: &UnixStream, bytes: &[u8], fd: RawFd) -> Result<(), Failure> {
    let mut part = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let mut control: Control = [0; 8];
    let message = message(&mut part, &mut control);
    // SAFETY: the message has room for a header.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    // SAFETY: in `control`, which is zeroed and aligned.
    let fields = unsafe { &mut *header };
    // SAFETY: arithmetic.
    fields.cmsg_len = unsafe { libc::CMSG_LEN(4) } as usize;
    fields.cmsg_level = libc::SOL_SOCKET;
    fields.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: the address behind the header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: there is room for four bytes.
    unsafe { data.cast::<RawFd>().write_unaligned(fd) };
    // SAFETY: everything that the message leads to is alive.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, 0) };
    check::equal(
        "bytes sent",
        usize::try_from(sent).unwrap_or(0),
        bytes.len(),
    )
}

/// Receives so many bytes with a descriptor.
pub(crate) fn receive(socket: &UnixStream, len: usize) -> Result<(Vec<u8>, OwnedFd), Failure> {
    let mut bytes = vec![0; len];
    let mut part = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: len,
    };
    let mut control: Control = [0; 8];
    let mut message = message(&mut part, &mut control);
    // SAFETY: everything that the message leads to is alive and as long as it says.
    let got = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0) };
    check::equal("bytes received", usize::try_from(got).unwrap_or(0), len)?;
    // SAFETY: the message is as the kernel left it.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    check::that("a descriptor came along", !header.is_null())?;
    // SAFETY: the address behind the header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: the descriptor that came.
    let fd = unsafe { data.cast::<RawFd>().read_unaligned() };
    // SAFETY: new in this process, and nobody else's.
    Ok((bytes, unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// Whether an fd is open.
pub(crate) fn is_open(fd: c_int) -> bool {
    // SAFETY: fcntl takes any number for an fd.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
    flags >= 0
}

/// Another fd of the same file.
pub(crate) fn duplicate(fd: c_int) -> Result<OwnedFd, Failure> {
    // SAFETY: fcntl takes any number for an fd.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) };
    check::that(format_args!("fd {fd} can be duplicated"), copy >= 0)?;
    // SAFETY: new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}
