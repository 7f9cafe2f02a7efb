//! `NvBufferParamsEx`: how a buffer is described to another process.

use std::ffi::c_void;
use std::os::fd::{AsRawFd, BorrowedFd};

use nvbufsurface_sys::Numbering;
use nvbufsurface_sys::nvbuf_utils::{r32_3, r32_4};

use super::buffer::NvBuffer;
use super::layout::{Block, WORDS};
use super::library::{library, needed};
use super::params::LegacyParams;
use crate::error::{Error, ErrorKind, Result, check};

/// What the library says of a buffer at length, for a process that gets its fd; since R32.3.
///
/// Its bytes mean something to the same release alone. Fields of it are addresses of the process that
/// made it: whoever uses it vouches for where it came from.
#[doc(alias = "NvBufferParamsEx")]
#[derive(Clone, Debug)]
pub struct Description {
    block: Block,
    numbering: Numbering,
}

impl Description {
    /// Bytes of the release's struct, if it has one.
    fn size(numbering: Numbering) -> Option<usize> {
        match numbering {
            Numbering::R27_1 | Numbering::R28 | Numbering::R32_1 | Numbering::R32_2 => None,
            Numbering::R32_3 => Some(size_of::<r32_3::NvBufferParamsEx>()),
            _ => Some(size_of::<r32_4::NvBufferParamsEx>()),
        }
    }

    /// The bytes, to be sent beside the fd.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = self.block.iter().flat_map(|word| word.to_ne_bytes());
        bytes
            .take(Self::size(self.numbering).unwrap_or(0))
            .collect()
    }

    /// What another process's [`Description::to_bytes`] gave.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for another number of bytes than the release's struct has,
    /// [`ErrorKind::Load`] where there is no libnvbuf_utils.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let numbering = library()?.numbering();
        let expected = Self::size(numbering).unwrap_or(0);
        if bytes.len() != expected || bytes.is_empty() {
            let detail = format!(
                "{} bytes; the struct of {numbering} has {expected}: the other process is of another \
                 release",
                bytes.len()
            );
            return Err(Error::new(ErrorKind::Invalid, "NvBufferParamsEx", detail));
        }
        let mut block = [0; WORDS];
        for (word, bytes) in block.iter_mut().zip(bytes.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_ne_bytes(whole);
        }
        Ok(Self { block, numbering })
    }

    /// The facts in it, of an fd of this process.
    pub(super) fn check(&self, numbering: Numbering, fd: i32) -> Result<LegacyParams> {
        LegacyParams::check_foreign(&self.block, numbering, fd)
    }

    pub(super) fn block(&self) -> &Block {
        &self.block
    }
}

impl NvBuffer<'_> {
    /// Describes the buffer for another process, which gets a copy of its fd beside. From here on pixels
    /// are reached as pointers only ([`NvBuffer::map_ptr`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] before R32.3, [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufferGetParamsEx")]
    pub fn describe(&self) -> Result<Description> {
        let description = Description {
            block: self.description_block()?,
            numbering: self.numbering(),
        };
        self.share();
        Ok(description)
    }

    /// The description of a buffer of this process or of another.
    pub(super) fn description_block(&self) -> Result<Block> {
        if let Some(description) = self.description() {
            return Ok(*description.block());
        }
        let call = "NvBufferGetParamsEx";
        let get = needed(
            self.library(),
            self.library().functions().get_params_ex,
            call,
        )?;
        let mut block: Block = [0; WORDS];
        let place = block.as_mut_ptr().cast::<c_void>();
        // SAFETY: a live buffer (type invariant), and room for more than any release's struct (asserted
        // beside `Block`).
        let ret = unsafe { get(self.fd(), place) };
        check(call, ret, || format!("{self:?}"))?;
        Ok(block)
    }

    /// Refuses a buffer of another process, for functions that do not take a description.
    pub(super) fn require_own(&self, call: &'static str) -> Result<()> {
        if self.description().is_none() {
            return Ok(());
        }
        let detail = format!("{self:?} is of another process: import it (R32.7.4), or map it");
        Err(Error::new(ErrorKind::Invalid, call, detail))
    }
}

impl<'fd> NvBuffer<'fd> {
    /// The buffer of another process by its fd and description, for as long as the fd is borrowed: it is
    /// mapped and transformed (`NvBufferMemMapEx`, `NvBufferTransformEx`, since R32.6), its pixels are
    /// reached as pointers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Foreign`] for a description that cannot be, or that says more than the fd has;
    /// [`ErrorKind::Load`] before R32.6.
    ///
    /// # Safety
    ///
    /// The description is [`NvBuffer::describe`]'s of the buffer behind the fd, made by a process that
    /// is trusted: it has addresses, and what the library does with them is not documented.
    #[doc(alias = "NvBufferMemMapEx")]
    pub unsafe fn with_description(fd: BorrowedFd<'fd>, description: Description) -> Result<Self> {
        let library = library()?;
        needed(library, library.functions().mem_map_ex, "NvBufferMemMapEx")?;
        Self::described(library, fd, description)
    }
}

impl NvBuffer<'static> {
    /// Makes a buffer of this process of another process's: a new fd for the same pixels, destroyed on
    /// drop. Of R32.7.4 and later releases of R32. The fd that comes in stays the caller's.
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::with_description`]; [`ErrorKind::Call`] when the library refuses.
    ///
    /// # Safety
    ///
    /// As [`NvBuffer::with_description`].
    #[doc(alias = "NvBufferImportFd")]
    pub unsafe fn import(fd: BorrowedFd<'_>, description: &Description) -> Result<Self> {
        let call = "NvBufferImportFd";
        let library = library()?;
        let import = needed(library, library.functions().import_fd, call)?;
        // The facts, and that the fd has so many bytes.
        let params = *NvBuffer::described(library, fd, description.clone())?.params();
        let mut out = -1;
        let mut block = description.block;
        let place = block.as_mut_ptr().cast::<c_void>();
        // SAFETY: an open fd, a place for the new one, and by this function's contract its description.
        let ret = unsafe { import(fd.as_raw_fd(), &raw mut out, place) };
        check(call, ret, || {
            let fd = fd.as_raw_fd();
            format!(
                "fd {fd}, {}x{} {} described by {}: the fd is not of the buffer that the description is \
                 of, its process destroyed that, or no fd is free here. Let the other process send both \
                 again, and keep the buffer until they have come",
                params.width(),
                params.height(),
                params.color_format(),
                description.numbering
            )
        })?;
        if out < 0 {
            let detail = format!("returned 0 and fd {out}");
            return Err(Error::new(ErrorKind::Call, call, detail));
        }
        let buffer = Self::created(library, out)?;
        // The other process has the pixels too.
        buffer.share();
        Ok(buffer)
    }
}
