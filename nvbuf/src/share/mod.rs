//! One buffer in two processes: described, sent, imported.

mod bytes;
mod description;
mod fd;
mod raw;

use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;

use nvbufsurface_sys::Library;

pub use description::MapParams;
pub(crate) use fd::KeptFd;

use crate::descriptor::Descriptor;
use crate::error::{Error, ErrorKind, Result, check, report};
use crate::surface::{Origin, Surface};
use raw::RawMapParams;

/// What [`Surface::export`] gives: both halves of a buffer for another process.
#[derive(Debug)]
#[must_use = "the receiver needs both the description and the fd"]
pub struct Exported {
    /// What the buffer is; sent as [`bytes`](MapParams::to_bytes).
    pub description: MapParams,
    /// A duplicate of the buffer's dmabuf; sent beside the bytes with `SCM_RIGHTS`. It keeps the
    /// pixels alive, also when the surface is gone.
    pub fd: OwnedFd,
}

/// What a release without `NvBufSurfaceImport` can do instead.
const WITHIN_ONE_PROCESS: &str = "Within one process pass the dmabuf itself (Surface::dmabuf) and \
    use Surface::from_fd; between processes this release of libnvbufsurface shares nothing";

/// The same for a buffer that the library does not describe.
const INSTEAD: &str = "Within one process pass the dmabuf itself (Surface::dmabuf); for another copy \
    it to a surface that this process has made, and export that";

impl Surface {
    /// Describes buffer `index` for another process on this machine, with a duplicate of its dmabuf.
    /// From here on pixels are reached as pointers only ([`Surface::map_ptr`]).
    ///
    /// Who writes when is for the two processes to agree on: nothing here keeps them apart.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where the library lacks the function (before L4T R35.3),
    /// [`ErrorKind::Invalid`] for an index beyond the batch or a memory type without dmabuf,
    /// [`ErrorKind::Busy`] while slices of [`Surface::map`] live, [`ErrorKind::Call`] when the
    /// library refuses or the process is out of file descriptors.
    #[doc(alias = "NvBufSurfaceGetMapParams")]
    pub fn export(&self, index: u32) -> Result<Exported> {
        let call = "NvBufSurfaceGetMapParams";
        let library = self.library();
        let get = library.functions().get_map_params;
        let get = get.ok_or_else(|| Error::missing(library, call, WITHIN_ONE_PROCESS))?;
        let params = self.params_for(call, index)?;
        let own = self.own_dmabuf(call, index)?;
        let mut raw = RawMapParams::empty(library.family());
        let mut table = self.lock();
        table.require_no_slices(call)?;
        let view = self.buffer_view(index).surface().as_ptr();
        // SAFETY: the view is a valid surface of one buffer, used under its lock; `raw` is a place
        // for the library's family's struct.
        let ret = unsafe { get(view, 0, raw.as_mut_ptr()) };
        check(call, ret, || {
            format!(
                "{self:?}, buffer {index}: this library does not describe this buffer. {INSTEAD}"
            )
        })?;
        let wrong = |why: String| {
            let detail = format!("{self:?}, buffer {index}: the library gave {why}");
            Error::new(ErrorKind::Call, call, detail)
        };
        let description = raw.describe().map_err(|error| wrong(error.to_string()))?;
        if !is_of(&description, params, self.mem_type()) {
            return Err(wrong(format!("{description:?}, which is another buffer's")));
        }
        let fd = self.duplicate(index, own)?;
        // Not before: what failed has given nobody anything.
        table.share();
        Ok(Exported { description, fd })
    }

    /// Makes a surface of one buffer of another process's, from its description and the fd that came
    /// with it. The pixels are the same memory: they are reached as pointers only
    /// ([`Surface::map_ptr`]), and live until both sides have dropped them.
    ///
    /// The fd is closed when the surface is dropped. Nothing of the description is trusted: it was
    /// checked when it was read, and the file must be as long as it says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where the library lacks the function (before L4T R35.3),
    /// [`ErrorKind::Foreign`] for a description of the other family (both processes need libraries
    /// of one) or an fd that is not such a buffer's, [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufSurfaceImport")]
    pub fn import(description: &MapParams, fd: OwnedFd) -> Result<Self> {
        let call = "NvBufSurfaceImport";
        let library = Library::get()?;
        let import = library.functions().import;
        let import = import.ok_or_else(|| Error::missing(library, call, WITHIN_ONE_PROCESS))?;
        if description.family() != library.family() {
            return Err(description::bad(format!(
                "a library of the family {}, and this process has one of {}: both need the same",
                description.family(),
                library.family()
            )));
        }
        let mut kept = KeptFd::new(fd, description.total_size())?;
        let number = kept.number();
        let params = RawMapParams::of(description, number.unsigned_abs().into());
        let mut surface = std::ptr::null_mut();
        // SAFETY: both pointers are to locals that outlive the call; `params` is of the library's
        // family, checked above.
        let ret = unsafe { import(&raw mut surface, params.as_ptr()) };
        check(call, ret, || {
            format!("{description:?} with fd {number}: no buffer of this machine, or no memory")
        })?;
        let nothing = || Error::new(ErrorKind::Call, call, "returned 0 and no surface");
        let surface = NonNull::new(surface).ok_or_else(nothing)?;
        let size = library.family().surface_size();
        let address = surface.as_ptr().cast_const().cast::<c_void>();
        let descriptor = Descriptor::read(address, size, 0).and_then(|found| {
            match is_of(description, found.params(), found.mem_type()) {
                true => Ok(found),
                false => {
                    let detail = format!("made {found:?} of {description:?} with fd {number}");
                    Err(Error::new(ErrorKind::Call, call, detail))
                }
            }
        });
        let descriptor = descriptor.inspect_err(|_| {
            // SAFETY: the library gave it a moment ago, and nobody else has it.
            let ret = unsafe { (library.functions().destroy)(surface.as_ptr()) };
            if ret != 0 {
                report(&"NvBufSurfaceDestroy failed on a surface just imported");
                kept.leave_open();
            }
        })?;
        // SAFETY: the valid surface just created and read, and nobody else has it.
        unsafe { (*surface.as_ptr()).numFilled = 1 };
        let origin = Origin::Imported {
            raw: surface,
            fd: kept,
        };
        Ok(Self::new(origin, library, &[descriptor]))
    }
}

/// Whether a description is of the buffer with these facts; also proves the structs' layout. Of raw
/// memory the row is not compared: the library's has the bytes that were asked for, ours all there are.
fn is_of(description: &MapParams, params: &crate::SurfaceParams, mem_type: crate::MemType) -> bool {
    let planes = description.planes[..description.num_planes as usize].iter();
    let described = planes.map(|p| (p.width, p.height, p.pitch, p.offset));
    let expected = params.planes().iter();
    let expected = expected.map(|p| (p.width, p.height, p.pitch, p.offset));
    description.mem_type() == mem_type
        && description.color_format() == params.color_format()
        && description.layout() == params.layout()
        && match params.is_raw() {
            true => description.total_size() == params.data_size(),
            false => described.eq(expected),
        }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::{AsRawFd, FromRawFd};

    use super::*;

    #[test]
    fn an_fd_is_closed_once_whoever_closes_it() {
        let file = || OwnedFd::from(File::open("/proc/self/exe").unwrap());
        let is_open = |number| crate::descriptor::stat(number).is_some();
        // High numbers, which no other test gets.
        let high = |fd: OwnedFd, number| {
            // SAFETY: the number is nobody's.
            assert_eq!(unsafe { libc::dup2(fd.as_raw_fd(), number) }, number);
            // SAFETY: made just now, and nobody else's.
            unsafe { OwnedFd::from_raw_fd(number) }
        };
        let kept = KeptFd::new(high(file(), 900), 1).unwrap();
        assert_eq!(kept.number(), 900);
        drop(kept);
        assert!(!is_open(900), "closed here");
        // A library that closes it: the number is nobody's.
        let kept = KeptFd::new(high(file(), 900), 1).unwrap();
        // SAFETY: the number is that of `kept`, which expects this.
        assert_eq!(unsafe { libc::close(900) }, 0);
        drop(kept);
        // The same, and somebody else has the number since.
        let kept = KeptFd::new(high(file(), 900), 1).unwrap();
        let (reader, _writer) = std::io::pipe().unwrap();
        let other = high(reader.into(), 900);
        drop(kept);
        assert!(is_open(900), "somebody else's");
        drop(other);
    }
}
