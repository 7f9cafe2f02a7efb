//! A buffer by its dmabuf: a duplicate to keep or send, and the surface that has it.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use nvbufsurface_sys::Library;

use crate::descriptor::Descriptor;
use crate::error::{Error, ErrorKind, Result, check};
use crate::surface::Surface;

impl Surface {
    /// The dmabuf of buffer `index`. It belongs to the surface: [`Surface::clone_dmabuf`] gives one to
    /// keep. From here on pixels are reached as pointers only ([`Surface::map_ptr`]), since others may
    /// write them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch or a memory type without dmabuf,
    /// [`ErrorKind::Busy`] while slices of [`Surface::map`] live.
    pub fn dmabuf(&self, index: u32) -> Result<BorrowedFd<'_>> {
        let call = "Surface::dmabuf";
        let fd = self.own_dmabuf(call, index)?;
        let mut table = self.lock();
        table.require_no_slices(call)?;
        table.share();
        Ok(fd)
    }

    /// A duplicate of the dmabuf of buffer `index`, which keeps the pixels alive when the surface is
    /// gone: for V4L2, DRM, Vulkan or another process. [`Surface::dmabuf`] lends the buffer's own,
    /// whose number is the one that NVIDIA's libraries know: they do not find the buffer by the
    /// duplicate's. From here on pixels are reached as pointers only ([`Surface::map_ptr`]).
    ///
    /// # Errors
    ///
    /// As [`Surface::dmabuf`], and [`ErrorKind::Call`] when the process has no free file descriptor.
    pub fn clone_dmabuf(&self, index: u32) -> Result<OwnedFd> {
        let call = "Surface::clone_dmabuf";
        let fd = self.own_dmabuf(call, index)?;
        let mut table = self.lock();
        table.require_no_slices(call)?;
        let duplicate = self.duplicate(index, fd)?;
        // Not before: what failed has given nobody anything.
        table.share();
        Ok(duplicate)
    }

    /// The dmabuf of buffer `index`, for whoever shares the surface before giving it away.
    pub(crate) fn own_dmabuf(&self, call: &'static str, index: u32) -> Result<BorrowedFd<'_>> {
        let fd = self.params_for(call, index)?.fd_number().ok_or_else(|| {
            let detail = format!(
                "{self:?}, buffer {index}: {} has no dmabuf; only SURFACE_ARRAY and HANDLE have",
                self.mem_type()
            );
            Error::new(ErrorKind::Invalid, call, detail)
        })?;
        // SAFETY: the fd is the surface's own, open until drop (created) or kept open by the
        // contract of `view`; it is not -1, since `i32::try_from` of an unsigned gave it.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// A duplicate of the dmabuf `fd` of buffer `index`.
    pub(crate) fn duplicate(&self, index: u32, fd: BorrowedFd<'_>) -> Result<OwnedFd> {
        fd.try_clone_to_owned().map_err(|error| {
            let detail = format!(
                "F_DUPFD_CLOEXEC of fd {}, the dmabuf of buffer {index} of {self:?}: {error}. Close \
                 fds, or raise the limit (ulimit -n)",
                fd.as_raw_fd()
            );
            Error::new(ErrorKind::Call, "fcntl", detail)
        })
    }

    /// A view of the buffer that libnvbufsurface knows by this fd in this process: what a plugin or
    /// C code means that passes surfaces as fds. Never destroyed here.
    ///
    /// It has to be the buffer's own fd ([`Surface::dmabuf`]), not a duplicate.
    ///
    /// # Safety
    ///
    /// The surface that has the fd stays alive and is not destroyed by its owner during the call or
    /// as long as the view and everything made from it live, and nobody writes the pixels while
    /// slices of its owner ([`Surface::map`]) live. The library takes no reference.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where there is no libnvbufsurface, [`ErrorKind::Call`] when it knows no
    /// surface with this fd, [`ErrorKind::Foreign`] when what it gives is none.
    #[doc(alias = "NvBufSurfaceFromFd")]
    pub unsafe fn from_fd(fd: BorrowedFd<'_>) -> Result<Self> {
        let call = "NvBufSurfaceFromFd";
        let library = Library::get()?;
        let number = fd.as_raw_fd();
        let mut found = std::ptr::null_mut();
        // SAFETY: takes any number for an fd; the result goes to a local that outlives the call.
        let ret = unsafe { (library.functions().from_fd)(number, &raw mut found) };
        check(call, ret, || {
            format!(
                "no surface of this process has fd {number} (a duplicate is another number). \
                 Another process's is imported: Surface::import"
            )
        })?;
        let size = library.family().surface_size();
        let mut index = 0;
        loop {
            let descriptor = Descriptor::read(found, size, index)?;
            if descriptor.params().fd_number() == Some(number) {
                // SAFETY: the surface stays alive by this function's contract.
                return unsafe { Self::view(&descriptor) };
            }
            index += 1;
            if index >= descriptor.batch_size() {
                let detail = format!("gave a surface for fd {number} that does not have it");
                return Err(Error::new(ErrorKind::Foreign, call, detail));
            }
        }
    }
}
