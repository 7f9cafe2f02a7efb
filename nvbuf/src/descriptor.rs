//! Reading a descriptor that somebody else wrote, without trusting a byte of it.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use nvbufsurface_sys::{Family, Library};

use crate::MemType;
use crate::error::{Error, ErrorKind, Result};
use crate::legacy::LegacyParams;
use crate::params::SurfaceParams;
use crate::raw::{Raw, RawParams, RawSurface};

/// DeepStream batches stay far below this.
const MAX_BATCH: u32 = 1024;

/// One buffer's descriptor, copied out of somebody else's surface and checked field by field.
///
/// The copy is what every later step works on: a peer that changes or frees its descriptor
/// meanwhile changes nothing here.
#[derive(Clone, Debug)]
pub struct Descriptor {
    pub(crate) family: Family,
    pub(crate) surface: RawSurface,
    pub(crate) raw: RawParams,
    pub(crate) params: SurfaceParams,
    identity: Identity,
}

// SAFETY: the pointers inside are numbers to this type; it follows none of them.
unsafe impl Send for Descriptor {}
// SAFETY: as above, and nothing is changed through a shared reference.
unsafe impl Sync for Descriptor {}

/// What tells one foreign buffer from another, for whoever keeps something per buffer.
///
/// The inode catches an fd number that was closed and given out again, where the kernel gives
/// each dmabuf its own: see [`Identity::has_inode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    address: usize,
    fd: Option<i32>,
    inode: u64,
    data_size: u32,
    pitch: u32,
    format: u32,
    size: (u32, u32),
}

impl Descriptor {
    /// Reads buffer `index` of the surface at `address`, of which `size` bytes are said to exist.
    ///
    /// The address may be anything: the kernel does the reading, so a wild pointer is an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Foreign`] names the field that cannot be, or the dmabuf's real size where rows
    /// lie beyond it; [`ErrorKind::Invalid`] an index beyond the batch; [`ErrorKind::Load`] where
    /// there is no libnvbufsurface, whose structs these would be.
    pub fn read(address: *const c_void, size: usize, index: u32) -> Result<Self> {
        let bad = |what: String| Error::new(ErrorKind::Foreign, "NvBufSurface", what);
        let family = Library::get()?.family();
        if size < family.surface_size() {
            return Err(bad(format!(
                "{size} bytes cannot hold a descriptor of {}: this memory is not NVMM, or caps \
                 say memory:NVMM for ordinary memory",
                family.surface_size()
            )));
        }
        let raw_surface: RawSurface = read_checked(address.addr(), family)
            .map_err(|why| bad(format!("{why} at {address:p}")))?;
        let surface = raw_surface.head;
        if surface.isContiguous > 1 {
            return Err(bad(format!(
                "memory that is no NvBufSurface at {address:p} (caps say memory:NVMM for ordinary \
                 memory, or, on R32, bufapi-version=true is missing on the element that made it)"
            )));
        }
        let mem_type = MemType(surface.memType);
        if !(1..=MAX_BATCH).contains(&surface.batchSize)
            || surface.numFilled > surface.batchSize
            || surface.memType > 7
        {
            return Err(bad(format!(
                "batch size {}, filled {}, {mem_type}: the memory at {address:p} is no \
                 NvBufSurface. On R32 set bufapi-version=true on the element that made it",
                surface.batchSize, surface.numFilled
            )));
        }
        if index >= surface.batchSize {
            return Err(Error::new(
                ErrorKind::Invalid,
                "NvBufSurface",
                format!("buffer {index} of a batch of {}", surface.batchSize),
            ));
        }
        let list = surface.surfaceList;
        if list.is_null() || !list.is_aligned() {
            return Err(bad(format!(
                "surfaceList is {list:p}: the surface was never allocated"
            )));
        }
        let entry = family.params(list, index as usize);
        let raw_params: RawParams = read_checked(entry.addr(), family)
            .map_err(|why| bad(format!("{why} at surfaceList[{index}] = {entry:p}")))?;
        let raw = raw_params.head;
        let params = SurfaceParams::check(&raw, mem_type)?;
        let inode = match params.fd_number() {
            Some(fd) => {
                let stat = stat(fd).ok_or_else(|| {
                    bad(format!(
                        "bufferDesc {fd} is no open fd: the surface was destroyed"
                    ))
                })?;
                let end = params.rows_end();
                if let Some(size) = file_size(fd, &stat).filter(|size| *size < end) {
                    return Err(bad(format!(
                        "the planes end at byte {end}, and bufferDesc {fd} has {size} bytes: the \
                         surface was destroyed and its fd given out again, or another surface's \
                         descriptor was copied over this one"
                    )));
                }
                stat.st_ino
            }
            None => 0,
        };
        let identity = Identity {
            address: address.addr(),
            fd: params.fd_number(),
            inode,
            data_size: raw.dataSize,
            pitch: raw.pitch,
            format: raw.colorFormat,
            size: (raw.width, raw.height),
        };
        Ok(Self {
            family,
            surface: raw_surface,
            raw: raw_params,
            params,
            identity,
        })
    }

    /// The buffer's facts.
    pub fn params(&self) -> &SurfaceParams {
        &self.params
    }

    /// What the surface is made of.
    pub fn mem_type(&self) -> MemType {
        MemType(self.surface.head.memType)
    }

    /// How many buffers the surface that this came from has.
    pub fn batch_size(&self) -> u32 {
        self.surface.head.batchSize
    }

    /// How many of them say that they are filled. NVIDIA's elements take 0 of a batch of one for 1.
    pub fn num_filled(&self) -> u32 {
        self.surface.head.numFilled
    }

    /// What tells this buffer from others.
    pub fn identity(&self) -> Identity {
        self.identity
    }
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

/// Copies a struct of the family from `address`, which may be anything, through the kernel.
fn read_checked<T: Raw>(address: usize, family: Family) -> Result<T, String> {
    T::filled_by(family, |bytes| read_own_memory(address, bytes))
        .map_err(|e| format!("unreadable memory ({e})"))
}

/// Lets the kernel copy from any address of our own: a bad one is EFAULT instead of a crash.
pub(crate) fn read_own_memory(address: usize, into: &mut [u8]) -> std::io::Result<()> {
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
        std::io::Error::last_os_error()
    } else {
        libc_error(libc::EFAULT)
    };
    match error.raw_os_error() {
        // Containers may forbid the call; a pipe is checked by the kernel just as well.
        Some(libc::EPERM | libc::ENOSYS | libc::EACCES) => read_through_pipe(address, into),
        _ => Err(error),
    }
}

fn libc_error(code: i32) -> std::io::Error {
    std::io::Error::from_raw_os_error(code)
}

/// The same through a pipe: `write` checks the address. Descriptors are far below a pipe's size.
fn read_through_pipe(address: usize, into: &mut [u8]) -> std::io::Result<()> {
    use std::io::Read;
    use std::os::fd::AsRawFd;

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
        Err(_) => Err(std::io::Error::last_os_error()),
    }
}

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
    fn wild_null_and_small_memory_are_errors() {
        let wild = ptr::without_provenance::<c_void>(0xdead_beef_0000);
        for (address, size) in [(ptr::null(), 64), (wild, 64), (wild, 63)] {
            let error = Descriptor::read(address, size, 0).expect_err("not a surface");
            assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
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

    #[test]
    fn garbage_is_refused_field_by_field() {
        let mut bytes = [0xff_u64; 8];
        for fill in [0, u64::MAX, 0x0101_0101_0101_0101, 1] {
            bytes.fill(fill);
            let error =
                Descriptor::read(bytes.as_ptr().cast(), 64, 0).expect_err("garbage, not a surface");
            assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
        }
    }
}
