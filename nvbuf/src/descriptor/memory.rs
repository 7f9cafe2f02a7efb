//! Memory at an address that somebody else gave, read by the kernel.

use std::io::{Error, Read, Result};
use std::os::fd::AsRawFd;
use std::ptr;

/// Lets the kernel copy from any address of our own: a bad one is EFAULT instead of a crash.
pub(crate) fn read_own_memory(address: usize, into: &mut [u8]) -> Result<()> {
    let local = libc::iovec {
        iov_base: into.as_mut_ptr().cast(),
        iov_len: into.len(),
    };
    let remote = libc::iovec {
        iov_base: ptr::without_provenance_mut(address),
        iov_len: into.len(),
    };
    // SAFETY: getpid has no preconditions.
    let pid = unsafe { libc::getpid() };
    // SAFETY: `local` is our own exclusive slice; `remote` is only ever read, by the kernel, which
    // checks it.
    let n = unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    if usize::try_from(n).is_ok_and(|n| n == into.len()) {
        return Ok(());
    }
    let error = if n < 0 {
        Error::last_os_error()
    } else {
        libc_error(libc::EFAULT)
    };
    match error.raw_os_error() {
        // Containers may forbid the call; a pipe is checked by the kernel just as well.
        Some(libc::EPERM | libc::ENOSYS | libc::EACCES) => read_through_pipe(address, into),
        _ => Err(error),
    }
}

fn libc_error(code: i32) -> Error {
    Error::from_raw_os_error(code)
}

/// The same through a pipe: `write` checks the address. Descriptors are far below a pipe's size.
fn read_through_pipe(address: usize, into: &mut [u8]) -> Result<()> {
    let (mut reader, writer) = std::io::pipe()?;
    // SAFETY: the fd is ours; the kernel checks the address and answers EFAULT for a bad one.
    let n = unsafe {
        libc::write(
            writer.as_raw_fd(),
            ptr::without_provenance(address),
            into.len(),
        )
    };
    match usize::try_from(n) {
        Ok(n) if n == into.len() => reader.read_exact(into),
        Ok(_) => Err(libc_error(libc::EFAULT)),
        Err(_) => Err(Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipe_reads_what_is_there_and_refuses_what_is_not() {
        let source = [7_u8; 100];
        let mut copy = [0; 100];
        read_through_pipe(source.as_ptr().addr(), &mut copy).unwrap();
        assert_eq!(copy, source);
        let error = read_through_pipe(0xdead_beef_0000, &mut copy).expect_err("wild");
        assert_eq!(error.raw_os_error(), Some(libc::EFAULT));
    }
}
