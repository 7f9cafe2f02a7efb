//! A struct and a file descriptor over a Unix socket.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// Room for one descriptor, aligned as its header.
type Control = [u64; 8];

fn message(part: &mut libc::iovec, control: &mut Control, control_len: usize) -> libc::msghdr {
    // SAFETY: a struct of numbers and pointers, for which zeros are good.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = control_len;
    message
}

fn control_len() -> usize {
    // SAFETY: arithmetic.
    let len = unsafe { libc::CMSG_SPACE(4) } as usize;
    assert!(len <= size_of::<Control>());
    len
}

/// Lets a process that is started keep a socket.
pub(super) fn inherit(socket: &UnixStream) {
    // SAFETY: changes a flag of a socket of ours.
    let result = unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_SETFD, 0) };
    assert_eq!(result, 0);
}

/// Sends the bytes of a struct with a descriptor.
pub(super) fn send<T>(socket: &UnixStream, value: &T, fd: RawFd) {
    let mut part = libc::iovec {
        iov_base: std::ptr::from_ref(value).cast_mut().cast(),
        iov_len: size_of::<T>(),
    };
    let mut control: Control = [0; 8];
    let message = message(&mut part, &mut control, control_len());
    // SAFETY: the message has room for a header.
    let header = unsafe { libc::CMSG_FIRSTHDR(&message) };
    // SAFETY: arithmetic.
    let len = unsafe { libc::CMSG_LEN(4) } as usize;
    let value = libc::cmsghdr {
        cmsg_len: len,
        cmsg_level: libc::SOL_SOCKET,
        cmsg_type: libc::SCM_RIGHTS,
    };
    // SAFETY: in `control`, aligned.
    unsafe { header.write(value) };
    // SAFETY: the address behind the header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: there is room for four bytes.
    unsafe { data.cast::<RawFd>().write_unaligned(fd) };
    // SAFETY: everything that the message leads to is alive.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &message, 0) };
    assert_eq!(usize::try_from(sent), Ok(size_of::<T>()));
}

/// Receives the bytes of a struct of numbers with a descriptor.
pub(super) fn receive<T: Copy>(socket: RawFd) -> (T, OwnedFd) {
    // SAFETY: inherited, and nobody else's.
    let socket = unsafe { UnixStream::from_raw_fd(socket) };
    let mut value = MaybeUninit::<T>::zeroed();
    let mut part = libc::iovec {
        iov_base: value.as_mut_ptr().cast(),
        iov_len: size_of::<T>(),
    };
    let mut control: Control = [0; 8];
    let mut message = message(&mut part, &mut control, control_len());
    // SAFETY: everything that the message leads to is alive and as long as it says.
    let got = unsafe { libc::recvmsg(socket.as_raw_fd(), &mut message, 0) };
    assert_eq!(usize::try_from(got), Ok(size_of::<T>()));
    // SAFETY: the message is the kernel's now.
    let header = unsafe { libc::CMSG_FIRSTHDR(&message) };
    assert!(!header.is_null(), "a descriptor came along");
    // SAFETY: the address behind the header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: the descriptor that came.
    let fd = unsafe { data.cast::<RawFd>().read_unaligned() };
    // SAFETY: new in this process.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: all bytes were received, of a struct that the sender had.
    let value = unsafe { value.assume_init() };
    (value, fd)
}
