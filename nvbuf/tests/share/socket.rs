//! Bytes and a file descriptor over a Unix socket.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// Room for the message that carries one descriptor, aligned as its header.
type Control = [u64; 3];

fn control_len() -> usize {
    // SAFETY: arithmetic.
    let len = unsafe { libc::CMSG_SPACE(4) } as usize;
    assert!(len <= size_of::<Control>());
    len
}

fn message(part: *mut libc::iovec, control: &mut Control) -> libc::msghdr {
    // SAFETY: numbers and pointers, which may all be zero.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = control_len();
    message
}

/// Sends all bytes with a descriptor.
pub(crate) fn send(socket: &UnixStream, bytes: &[u8], fd: RawFd) {
    let mut part = IoSlice::new(bytes);
    let mut control: Control = [0; 3];
    let message = message((&raw mut part).cast(), &mut control);
    // SAFETY: the message has room for a header.
    let header = unsafe { libc::CMSG_FIRSTHDR(&message) };
    // SAFETY: arithmetic.
    let cmsg_len = unsafe { libc::CMSG_LEN(4) } as usize;
    let rights = libc::cmsghdr {
        cmsg_len,
        cmsg_level: libc::SOL_SOCKET,
        cmsg_type: libc::SCM_RIGHTS,
    };
    // SAFETY: within `control`, aligned.
    unsafe { header.write(rights) };
    // SAFETY: the address behind the header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: there is room for four bytes.
    unsafe { data.cast::<RawFd>().write_unaligned(fd) };
    // SAFETY: all that the message leads to is alive.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &message, 0) };
    assert_eq!(usize::try_from(sent), Ok(bytes.len()));
}

/// Receives as many bytes with a descriptor.
pub(crate) fn receive(socket: &UnixStream, bytes: &mut [u8]) -> OwnedFd {
    let len = bytes.len();
    let mut part = IoSliceMut::new(bytes);
    let mut control: Control = [0; 3];
    let mut message = message((&raw mut part).cast(), &mut control);
    // SAFETY: all that the message leads to is alive, and as long as it says.
    let got = unsafe { libc::recvmsg(socket.as_raw_fd(), &mut message, libc::MSG_CMSG_CLOEXEC) };
    assert_eq!(usize::try_from(got), Ok(len));
    // SAFETY: the message is as the kernel left it.
    let header = unsafe { libc::CMSG_FIRSTHDR(&message) };
    assert!(!header.is_null(), "a descriptor came along");
    // SAFETY: the address behind the header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: the descriptor that came.
    let fd = unsafe { data.cast::<RawFd>().read_unaligned() };
    // SAFETY: new in this process, and nobody else's.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
