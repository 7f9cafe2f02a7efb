//! Memory at an address that somebody else gave, read by the kernel.

use std::io::{Error, Read, Result};
use std::os::fd::AsRawFd;
use std::ptr;

/// Lets the kernel copy from any address of our own: a bad one is EFAULT instead of a crash.
pub(crate) fn read_own_memory(address: usize, into: &mut [u8]) -> Result<()> {
    read_own([(address, into)])
}

/// The same from two addresses, by one call.
pub(super) fn read_own_memory_twice(
    first: (usize, &mut [u8]),
    second: (usize, &mut [u8]),
) -> Result<()> {
    read_own([first, second])
}

fn read_own<const N: usize>(parts: [(usize, &mut [u8]); N]) -> Result<()> {
    let part = |base, iov_len| libc::iovec {
        iov_base: base,
        iov_len,
    };
    let mut parts = parts;
    let remote = parts
        .each_ref()
        .map(|(address, into)| part(ptr::without_provenance_mut(*address), into.len()));
    let local = parts
        .each_mut()
        .map(|(_, into)| part(into.as_mut_ptr().cast(), into.len()));
    let (count, wanted) = (
        N as libc::c_ulong,
        local.iter().map(|part| part.iov_len).sum(),
    );
    // SAFETY: getpid has no preconditions.
    let pid = unsafe { libc::getpid() };
    // SAFETY: `local` are our own exclusive slices; `remote` are only ever read, by the kernel, which
    // checks them.
    let n =
        unsafe { libc::process_vm_readv(pid, local.as_ptr(), count, remote.as_ptr(), count, 0) };
    if usize::try_from(n).is_ok_and(|n: usize| n == wanted) {
        return Ok(());
    }
    let error = if n < 0 {
        Error::last_os_error()
    } else {
        libc_error(libc::EFAULT)
    };
    match error.raw_os_error() {
        // Containers may forbid the call; a pipe is checked by the kernel just as well.
        Some(libc::EPERM | libc::ENOSYS | libc::EACCES) => parts
            .iter_mut()
            .try_for_each(|(address, into)| read_through_pipe(*address, into)),
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
    fn both_parts_are_read_or_neither_counts() {
        let (one, two) = ([1_u8; 64], [2_u8; 384]);
        let (mut a, mut b) = ([0; 64], [0; 384]);
        let [at_one, at_two] = [one.as_ptr().addr(), two.as_ptr().addr()];
        read_own_memory_twice((at_one, &mut a), (at_two, &mut b)).unwrap();
        assert_eq!((a, b), (one, two));
        for (first, second) in [(0xdead_beef_0000, at_two), (at_one, 0xdead_beef_0000)] {
            let error = read_own_memory_twice((first, &mut a), (second, &mut b));
            let error = error.expect_err("wild");
            assert_eq!(error.raw_os_error(), Some(libc::EFAULT));
        }
    }

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
