//! The file descriptor of an import.

#![forbid(unsafe_code)]

use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};

use crate::descriptor::{file_size, stat};
use crate::error::Result;

use super::description::bad;

/// The fd that an imported surface was made of, kept until the surface is destroyed; for good if it
/// is not.
///
/// Whether the library duplicates the fd, or goes on with the number that it is given and closes it with
/// the surface, is not documented. So it is closed here unless the number is no longer this file: then
/// the library has closed it, and the number is nobody's, or somebody else's.
#[derive(Debug)]
pub(crate) struct KeptFd {
    fd: Option<OwnedFd>,
    /// Device and inode of the file.
    file: (u64, u64),
}

impl KeptFd {
    /// Keeps an fd of a file of `len` bytes at least.
    pub(super) fn new(fd: OwnedFd, len: u32) -> Result<Self> {
        let number = fd.as_raw_fd();
        let Some(stat) = stat(number) else {
            return Err(bad(format!("fd {number}, which is not open")));
        };
        match file_size(number, &stat) {
            Some(size) if size >= u64::from(len) => {}
            Some(size) => {
                let text = format!("{len} bytes, and fd {number} has {size}");
                return Err(bad(text));
            }
            None => {
                let text = format!("fd {number}, which has no size and so is no dmabuf");
                return Err(bad(text));
            }
        }
        Ok(Self {
            fd: Some(fd),
            file: (stat.st_dev, stat.st_ino),
        })
    }

    /// The number, for the library.
    pub(super) fn number(&self) -> i32 {
        self.fd.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Leaves it open for good: the surface could not be destroyed, and the library may go on with the
    /// number.
    pub(crate) fn leave_open(&mut self) {
        if let Some(fd) = self.fd.take() {
            let _ = fd.into_raw_fd();
        }
    }
}

impl Drop for KeptFd {
    fn drop(&mut self) {
        let Some(fd) = self.fd.take() else { return };
        let now = stat(fd.as_raw_fd()).map(|stat| (stat.st_dev, stat.st_ino));
        if now != Some(self.file) {
            let _ = fd.into_raw_fd();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn open() -> OwnedFd {
        File::open("/proc/self/exe").unwrap().into()
    }

    #[test]
    fn the_file_is_long_enough_or_refused() {
        KeptFd::new(open(), 1000).unwrap();
        let error = KeptFd::new(open(), u32::MAX).expect_err("4 GiB");
        assert!(error.to_string().contains("bytes, and fd"), "{error}");
        let (reader, _writer) = std::io::pipe().unwrap();
        let error = KeptFd::new(reader.into(), 1).expect_err("a pipe");
        assert!(error.to_string().contains("no dmabuf"), "{error}");
    }
}
