//! `NvBuffer`: one buffer of libnvbuf_utils.

use std::ffi::{c_int, c_void};
use std::fmt;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::MutexGuard;

use nvbufsurface_sys::{LegacyLibrary, Numbering};

use super::builder::NvBufferBuilder;
use super::description::Description;
use super::layout::{Block, WORDS};
use super::library::library;
use super::map_table::MapTable;
use super::params::LegacyParams;
use super::tables::{self, Tables};
use crate::descriptor::{Identity, file_size, stat};
use crate::error::{Error, ErrorKind, Result, check, report};

/// One buffer of libnvbuf_utils, named by its dmabuf fd.
///
/// Either created here ([`NvBuffer::builder`]) and destroyed on drop, or somebody else's
/// ([`NvBuffer::from_fd`]) for as long as its fd is borrowed, which is never destroyed here. Facts are
/// checked and copied out when the value is made.
///
/// # Invariants
///
/// - The fd is that of a live buffer of `library` as long as the value lives.
/// - Slices of its pixels borrow the value exclusively, and there are none once `maps` says that
///   others reach it. So whatever has `&NvBuffer` may let hardware write.
/// - A buffer that was created here is destroyed once nothing of it is mapped, no engine uses it and it
///   has no EGLImage: else it leaks.
#[doc(alias = "dmabuf_fd")]
pub struct NvBuffer<'fd> {
    fd: c_int,
    origin: Origin<'fd>,
    library: &'static LegacyLibrary,
    params: LegacyParams,
    maps: Tables,
}

enum Origin<'fd> {
    /// `NvBufferCreate` and the like; destroyed on drop.
    Created,
    /// The fd is somebody else's.
    Borrowed(PhantomData<BorrowedFd<'fd>>),
    /// Likewise, of another process: the library needs its description.
    Described(PhantomData<BorrowedFd<'fd>>, Box<Description>),
}

impl NvBuffer<'static> {
    /// Starts to describe a picture of `width` by `height` pixels.
    pub fn builder(width: u32, height: u32) -> NvBufferBuilder {
        NvBufferBuilder::picture(width, height)
    }

    /// Starts to describe a buffer of `size` bytes without a picture, for bitstreams and the like;
    /// since R32.1.
    #[doc(alias = "NvBufferPayload_MemHandle")]
    pub fn memory_builder(size: u32) -> NvBufferBuilder {
        NvBufferBuilder::bytes(size)
    }

    /// Takes the buffer of an fd that the library has just made.
    pub(super) fn created(library: &'static LegacyLibrary, fd: c_int) -> Result<Self> {
        match read(library, fd) {
            Ok(params) => Ok(Self {
                fd,
                origin: Origin::Created,
                library,
                params,
                maps: Tables::of_new(fd),
            }),
            Err(error) => {
                let destroy = library.functions().destroy;
                // SAFETY: the library made it just now, and nobody else has it.
                if unsafe { destroy(fd) } != 0 {
                    report(&format_args!(
                        "NvBufferDestroy failed on fd {fd}, just created"
                    ));
                }
                Err(error)
            }
        }
    }

    /// [`NvBuffer::from_fd`] without a borrow, for what may outlive every borrow: an
    /// [`EglImage`](super::EglImage), and transforms that do not wait
    /// ([`Transform::start`](super::Transform::start)).
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::from_fd`].
    ///
    /// # Safety
    ///
    /// The fd stays open and its owner does not destroy the buffer, or give the fd back, as long as the
    /// value and everything made from it live. The library takes no reference.
    pub unsafe fn view(fd: BorrowedFd<'_>) -> Result<Self> {
        // SAFETY: it is open as long as the value lives by this function's contract, and nobody sees
        // the longer borrow itself.
        let fd = unsafe { BorrowedFd::borrow_raw(fd.as_raw_fd()) };
        NvBuffer::from_fd(fd)
    }
}

impl<'fd> NvBuffer<'fd> {
    /// The buffer of a dmabuf fd that somebody else in this process made with libnvbuf_utils, for as
    /// long as the fd is borrowed. Its pixels are reached as pointers.
    ///
    /// If this crate created it with this very fd, mappings and transforms of either value keep those out
    /// of the other that they exclude; else other values of it are not known.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] when the library does not know the fd, [`ErrorKind::Foreign`] when what it
    /// says of it cannot be, [`ErrorKind::Load`] where there is no libnvbuf_utils.
    #[doc(alias = "NvBufferGetParams")]
    pub fn from_fd(fd: BorrowedFd<'fd>) -> Result<Self> {
        let library = library()?;
        let fd = fd.as_raw_fd();
        let params = read(library, fd)?;
        Ok(Self {
            fd,
            origin: Origin::Borrowed(PhantomData),
            library,
            params,
            maps: Tables::of_borrowed(fd),
        })
    }

    /// A buffer of another process, which the library knows by its description alone.
    pub(super) fn described(
        library: &'static LegacyLibrary,
        fd: BorrowedFd<'fd>,
        description: Description,
    ) -> Result<Self> {
        let fd = fd.as_raw_fd();
        let params = description.check(library.numbering(), fd)?;
        check_file(&params)?;
        Ok(Self {
            fd,
            origin: Origin::Described(PhantomData, Box::new(description)),
            library,
            params,
            maps: Tables::of_foreign(),
        })
    }

    /// The buffer's facts.
    pub fn params(&self) -> &LegacyParams {
        &self.params
    }

    /// The numbering of formats and structs of the library.
    pub fn numbering(&self) -> Numbering {
        self.library.numbering()
    }

    /// What tells this buffer from others, for whoever keeps something per buffer.
    pub fn identity(&self) -> Identity {
        Identity::of_legacy(&self.params)
    }

    /// The opaque `nv_buffer`, which is what a GstMemory of R28 and R32 maps to. From here on pixels are
    /// reached as pointers only ([`NvBuffer::map_ptr`]).
    ///
    /// To have the pointer is safe. Whoever uses it, or gives it to C, does so in `unsafe` code and owes
    /// that `self` stays alive as long as it is used. Raw memory may have none: null.
    #[doc(alias = "nv_buffer")]
    pub fn as_ptr(&self) -> *mut c_void {
        self.lock().share();
        std::ptr::with_exposed_provenance_mut(self.params.nv_buffer())
    }

    /// Bytes of the opaque `nv_buffer`: the size of a GstMemory that maps to it.
    #[doc(alias = "nv_buffer_size")]
    #[doc(alias = "NvBufferGetSize")]
    pub fn raw_size(&self) -> usize {
        self.params.nv_buffer_size() as usize
    }

    /// From here on others may reach the pixels.
    pub(super) fn share(&self) {
        self.lock().share();
    }

    pub(super) fn library(&self) -> &'static LegacyLibrary {
        self.library
    }

    pub(super) fn fd(&self) -> c_int {
        self.fd
    }

    /// What the functions for buffers of other processes need; `None` for one of this process.
    pub(super) fn description(&self) -> Option<&Description> {
        match &self.origin {
            Origin::Described(_, description) => Some(description),
            _ => None,
        }
    }

    /// The error for a call that asks for a picture, where this is none.
    pub(super) fn require_picture(&self, call: &'static str) -> Result<()> {
        if self.params.color_format() != crate::ColorFormat::INVALID {
            return Ok(());
        }
        let detail = format!("{self:?}: bytes without a picture");
        Err(Error::new(ErrorKind::Invalid, call, detail))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, MapTable> {
        self.maps.lock()
    }

    /// Ends what forgotten guards and failed calls left. False if something stays: then the buffer must
    /// not be destroyed.
    fn end_leftovers(&self) -> bool {
        let mut table = self.lock();
        let is_unmapped = self.unmap_left_planes(&mut table);
        let has_images = !self.destroy_left_images(&mut table.left_images);
        is_unmapped && !has_images && !table.engines.are_at_work()
    }
}

/// Asks the library what a buffer is.
fn read(library: &LegacyLibrary, fd: c_int) -> Result<LegacyParams> {
    let mut block: Block = [0; WORDS];
    let get = library.functions().get_params;
    let place = block.as_mut_ptr().cast::<c_void>();
    // SAFETY: there is room for more than any release's struct (asserted beside `Block`).
    let ret = unsafe { get(fd, place) };
    check("NvBufferGetParams", ret, || {
        format!(
            "fd {fd} is no buffer of this process's libnvbuf_utils: destroyed, given back \
             (NvReleaseFd), or of another library or process"
        )
    })?;
    let params = LegacyParams::check(&block, library.numbering(), fd)?;
    check_file(&params)?;
    Ok(params)
}

/// That the dmabuf is as large as the rows, where the kernel tells.
fn check_file(params: &LegacyParams) -> Result<()> {
    let (fd, end) = (params.fd_number(), params.rows_end());
    let bad = |what| Error::new(ErrorKind::Foreign, "NvBufferGetParams", what);
    let stat = stat(fd).ok_or_else(|| bad(format!("fd {fd} is not open")))?;
    match file_size(fd, &stat).filter(|size| *size < end) {
        None => Ok(()),
        Some(size) => Err(bad(format!(
            "the planes end at byte {end}, and fd {fd} has {size} bytes"
        ))),
    }
}

impl AsFd for NvBuffer<'_> {
    /// The dmabuf. It belongs to the buffer: clone it to keep it. From here on pixels are reached as
    /// pointers only ([`NvBuffer::map_ptr`]), since others may write them.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.share();
        // SAFETY: by the type invariant it is open as long as `self`, and a live buffer's is not -1.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

impl Drop for NvBuffer<'_> {
    fn drop(&mut self) {
        let is_created = matches!(self.origin, Origin::Created);
        if !is_created && matches!(self.maps, Tables::Shared(_)) {
            // The value that it was created as does it.
            return;
        }
        // Guards borrow or keep `self`: nobody uses a mapping any more.
        let is_clean = self.end_leftovers();
        if !is_created {
            return;
        }
        tables::forget(self.fd);
        if !is_clean {
            report(&format_args!(
                "{self:?} is mapped, has an EGLImage or is an engine's still: it is not destroyed, and \
                 leaks"
            ));
            return;
        }
        let destroy = self.library.functions().destroy;
        // SAFETY: the library made it, and this is its last use; nothing of it is mapped and no engine
        // uses it, by the check before.
        let ret = unsafe { destroy(self.fd) };
        if ret != 0 {
            report(&format_args!(
                "NvBufferDestroy failed on {self:?}; its memory leaks"
            ));
        }
    }
}

impl fmt::Debug for NvBuffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = &self.params;
        let origin = match self.origin {
            Origin::Created => "Created",
            Origin::Borrowed(_) => "Borrowed",
            Origin::Described(..) => "Described",
        };
        write!(
            f,
            "NvBuffer({}x{} {} {}, fd {}, {origin})",
            p.width(),
            p.height(),
            p.color_format(),
            p.layout(),
            self.fd
        )
    }
}
