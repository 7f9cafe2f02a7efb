//! `Identity`: what tells one foreign buffer from another.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use super::stat;
use crate::legacy::LegacyParams;

/// What tells one foreign buffer from another, for whoever keeps something per buffer.
///
/// The inode catches an fd number that was closed and given out again, where the kernel gives
/// each dmabuf its own: see [`Identity::has_inode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pub(super) address: usize,
    pub(super) fd: Option<i32>,
    pub(super) inode: u64,
    pub(super) data_size: u32,
    pub(super) pitch: u32,
    pub(super) format: u32,
    pub(super) size: (u32, u32),
}

impl Identity {
    /// Of a buffer of libnvbuf_utils, by the address of its opaque block.
    pub(crate) fn of_legacy(params: &LegacyParams) -> Self {
        let plane = params.planes()[0];
        let fd = params.fd_number();
        Self {
            address: params.nv_buffer(),
            fd: Some(fd),
            inode: stat(fd).map_or(0, |stat| stat.st_ino),
            data_size: plane.size,
            pitch: plane.pitch,
            format: params.color_format().0,
            size: (params.width(), params.height()),
        }
    }

    /// Whether the buffer's surface, or its opaque block, is at this address.
    #[inline]
    pub fn is_at(&self, address: *const c_void) -> bool {
        self.address == address.addr()
    }

    pub(crate) fn inode(&self) -> u64 {
        self.inode
    }

    /// Whether the inode is the dmabuf's own, so that two equal identities are one buffer even if
    /// it was out of sight in between. So since Linux 5.3; before (R32 has 4.9) all dmabufs share
    /// one anonymous inode.
    pub fn has_inode(&self) -> bool {
        const ANON_INODE_FS_MAGIC: i64 = 0x0904_1934;
        let Some(fd) = self.fd else { return false };
        let mut stat = MaybeUninit::<libc::statfs>::uninit();
        // SAFETY: `stat` is a place for one, and fstatfs takes any number for an fd.
        if unsafe { libc::fstatfs(fd, stat.as_mut_ptr()) } != 0 {
            return false;
        }
        // SAFETY: fstatfs returned 0 and has filled it.
        let stat = unsafe { stat.assume_init() };
        stat.f_type != ANON_INODE_FS_MAGIC
    }
}
