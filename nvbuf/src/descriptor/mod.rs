//! Reading a descriptor that somebody else wrote, without trusting a byte of it.

mod again;
mod file;
mod identity;
mod memory;

use std::ffi::c_void;

use nvbufsurface_sys::{Family, Library, prefix};

use self::file::other_than_dmabuf;
pub(crate) use self::file::{file_size, stat};
pub use self::identity::Identity;
pub(crate) use self::memory::read_own_memory;
use self::memory::read_own_memory_twice;
use crate::MemType;
use crate::error::{Error, ErrorKind, Result};
use crate::params::SurfaceParams;
use crate::raw::{Raw, RawParams, RawSurface};

/// DeepStream batches stay far below this.
const MAX_BATCH: u32 = 1024;

/// What helps if a surface of the platform's default memory has no dmabuf.
const OF_DEFAULT: &str = ". Its memory type is DEFAULT, which is SURFACE_ARRAY where bufferDesc is a \
    dmabuf: whoever made it has to name the memory type of any other";

/// One buffer's descriptor, copied out of somebody else's surface and checked field by field.
///
/// The copy is what every later step works on: a peer that changes or frees its descriptor
/// meanwhile changes nothing here.
#[derive(Clone, Debug)]
pub struct Descriptor {
    pub(crate) family: Family,
    /// The surface's struct as it was read.
    said: prefix::NvBufSurface,
    /// The same with the memory type that it means.
    pub(crate) surface: RawSurface,
    pub(crate) raw: RawParams,
    pub(crate) params: SurfaceParams,
    identity: Identity,
    index: u32,
}

// SAFETY: the pointers inside are numbers to this type; it follows none of them.
unsafe impl Send for Descriptor {}
// SAFETY: as above, and nothing is changed through a shared reference.
unsafe impl Sync for Descriptor {}

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
        Self::read_at(address, size, index, None)
    }

    /// With the address of the buffer's entry, as far as it is known.
    fn read_at(
        address: *const c_void,
        size: usize,
        index: u32,
        known: Option<usize>,
    ) -> Result<Self> {
        let bad = |what: String| Error::new(ErrorKind::Foreign, "NvBufSurface", what);
        let family = Library::get()?.family();
        if size < family.surface_size() {
            return Err(bad(format!(
                "{size} bytes cannot hold a descriptor of {}: this memory is not NVMM, or caps \
                 say memory:NVMM for ordinary memory",
                family.surface_size()
            )));
        }
        let both = known.and_then(|entry| {
            let (surface, params) = read_both(address.addr(), entry, family).ok()?;
            Some((surface, (entry, params)))
        });
        let (mut raw_surface, known): (RawSurface, _) = match both {
            Some((surface, known)) => (surface, Some(known)),
            None => {
                let surface = read_checked(address.addr(), family);
                (
                    surface.map_err(|why| bad(format!("{why} at {address:p}")))?,
                    None,
                )
            }
        };
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
        let raw_params: RawParams = match known {
            Some((known, params)) if known == entry.addr() => params,
            _ => read_checked(entry.addr(), family)
                .map_err(|why| bad(format!("{why} at surfaceList[{index}] = {entry:p}")))?,
        };
        let raw = raw_params.head;
        // Where a surface has a dmabuf, the platform's default is SURFACE_ARRAY. Whether this one has,
        // is seen below; calls of the library want to be told.
        let (mem_type, note) = match mem_type {
            MemType::DEFAULT => (MemType::SURFACE_ARRAY, OF_DEFAULT),
            named => (named, ""),
        };
        raw_surface.head.memType = mem_type.0;
        let params = SurfaceParams::check(&raw, mem_type).map_err(|error| match note {
            "" => error,
            note => bad(format!("{error}{note}")),
        })?;
        let inode = match params.fd_number() {
            Some(fd) => {
                let stat = stat(fd).ok_or_else(|| {
                    bad(format!(
                        "bufferDesc {fd} is no open fd: the surface was destroyed{note}"
                    ))
                })?;
                if let Some(what) = other_than_dmabuf(&stat) {
                    return Err(bad(format!(
                        "bufferDesc {fd} is {what}, no dmabuf: it was never set, or the surface was \
                         destroyed and its fd given out again{note}"
                    )));
                }
                let end = params.rows_end();
                if let Some(size) = file_size(fd, &stat).filter(|size| *size < end) {
                    return Err(bad(format!(
                        "the planes end at byte {end}, and bufferDesc {fd} has {size} bytes: the \
                         surface was destroyed and its fd given out again, or another surface's \
                         descriptor was copied over this one{note}"
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
            said: surface,
            surface: raw_surface,
            raw: raw_params,
            params,
            identity,
            index,
        })
    }

    /// The buffer's facts.
    pub fn params(&self) -> &SurfaceParams {
        &self.params
    }

    /// What the surface is made of. Somebody else's that says DEFAULT, and whose `bufferDesc` can be a
    /// dmabuf, is SURFACE_ARRAY; no other is accepted.
    pub fn mem_type(&self) -> MemType {
        MemType(self.surface.head.memType)
    }

    /// How many buffers the surface that this came from has.
    #[inline]
    pub fn batch_size(&self) -> u32 {
        self.surface.head.batchSize
    }

    /// How many of them say that they are filled. NVIDIA's elements take 0 of a batch of one for 1.
    #[inline]
    pub fn num_filled(&self) -> u32 {
        self.surface.head.numFilled
    }

    /// What tells this buffer from others.
    pub fn identity(&self) -> Identity {
        self.identity
    }
}

/// Copies both structs by one call of the kernel.
fn read_both(
    address: usize,
    entry: usize,
    family: Family,
) -> std::io::Result<(RawSurface, RawParams)> {
    let mut params = None;
    let surface = RawSurface::filled_by(family, |surface| {
        let read = RawParams::filled_by(family, |params| {
            read_own_memory_twice((address, surface), (entry, params))
        })?;
        params = Some(read);
        Ok::<_, std::io::Error>(())
    })?;
    let params = params.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    Ok((surface, params))
}

/// Copies a struct of the family from `address`, which may be anything, through the kernel.
fn read_checked<T: Raw>(address: usize, family: Family) -> Result<T, String> {
    T::filled_by(family, |bytes| read_own_memory(address, bytes))
        .map_err(|e| format!("unreadable memory ({e})"))
}
