//! What the kernel says of a file descriptor's number.

use std::mem::MaybeUninit;

/// What the kernel says of an fd, or `None` if it is not open.
pub(crate) fn stat(fd: i32) -> Option<libc::stat> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `stat` is a place for one, and fstat takes any number for an fd.
    if unsafe { libc::fstat(fd, stat.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: fstat returned 0 and has filled it.
    Some(unsafe { stat.assume_init() })
}

/// What a file is that is no dmabuf, as far as its type tells: those have none, as all anonymous inodes,
/// or, on the newest kernels, that of a regular file.
pub(super) fn other_than_dmabuf(stat: &libc::stat) -> Option<&'static str> {
    match stat.st_mode & libc::S_IFMT {
        0 | libc::S_IFREG => None,
        libc::S_IFCHR => Some("a character device"),
        libc::S_IFIFO => Some("a pipe"),
        libc::S_IFSOCK => Some("a socket"),
        libc::S_IFDIR => Some("a folder"),
        _ => Some("a special file"),
    }
}

/// How many bytes are behind an fd, where the kernel tells.
///
/// Dmabufs say it in `st_size` since Linux 5.3; before (R32 has 4.9) only seeking to the end does.
pub(crate) fn file_size(fd: i32, stat: &libc::stat) -> Option<u64> {
    let known = |size| u64::try_from(size).ok().filter(|size| *size > 0);
    if stat.st_mode & libc::S_IFMT == libc::S_IFREG {
        return u64::try_from(stat.st_size).ok();
    }
    known(stat.st_size).or_else(|| known(seek_to_end(fd)))
}

/// Where the end of a file is, or -1. The position, which is its owner's, is what it was.
fn seek_to_end(fd: i32) -> i64 {
    // SAFETY: lseek takes any number for an fd.
    let position = unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) };
    // SAFETY: as above.
    let end = unsafe { libc::lseek(fd, 0, libc::SEEK_END) };
    // A dmabuf has no position: it refuses SEEK_CUR, and takes 0 without effect.
    // SAFETY: as above.
    unsafe { libc::lseek(fd, position.max(0), libc::SEEK_SET) };
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_file_is_known_and_its_position_kept() {
        use std::io::{Seek, SeekFrom};
        use std::os::fd::AsRawFd;

        let mut file = std::fs::File::open("/proc/self/exe").unwrap();
        let len = file.metadata().unwrap().len();
        file.seek(SeekFrom::Start(7)).unwrap();
        let fd = file.as_raw_fd();
        assert_eq!(file_size(fd, &stat(fd).unwrap()), Some(len));
        assert_eq!(u64::try_from(seek_to_end(fd)), Ok(len));
        assert_eq!(file.stream_position().unwrap(), 7);
        let (reader, _writer) = std::io::pipe().unwrap();
        let fd = reader.as_raw_fd();
        assert_eq!(file_size(fd, &stat(fd).unwrap()), None);
    }
}
