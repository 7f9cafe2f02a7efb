//! Maps and unmaps buffers of a surface.

use std::ops::Range;

use super::usage::Refused;
use super::{Access, Claim, Map, MapMut, MapPtr, PlaneMap, PlaneMapMut, Usage};
use crate::error::{Error, ErrorKind, Result, report};
use crate::surface::Surface;
use crate::{Layout, MemType};

/// By NVIDIA's header.
pub(super) const REACH: &str =
    "the CPU maps SURFACE_ARRAY and HANDLE on Jetson, CUDA_UNIFIED elsewhere";

/// Which planes of a buffer are meant.
#[derive(Clone, Copy, Debug)]
enum Planes {
    All,
    One(usize),
}

impl Surface {
    /// Maps all planes of buffer `index` and hands out pointers.
    ///
    /// Several [`Access::Read`] mappings of a plane may live at a time (1022), a [`Access::Write`] one
    /// alone: through whichever handles of this crate in this process they are made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if another mapping or the work of an engine (a transform that was started) is
    /// in the way, [`ErrorKind::Invalid`] for a bad index, a block-linear buffer or a memory type that
    /// is never mapped (CUDA_DEVICE, CUDA_PINNED, CUDA_ARRAY, SYSTEM), [`ErrorKind::Call`] when the
    /// library refuses.
    #[doc(alias = "NvBufSurfaceMap")]
    #[doc(alias = "NvBufSurfaceSyncForCpu")]
    pub fn map_ptr(&self, index: u32, access: Access) -> Result<MapPtr<'_>> {
        self.map_planes(index, Planes::All, access, false)
    }

    /// Maps one plane of buffer `index` and hands out pointers: as [`Surface::map_ptr`], and
    /// nothing else of the buffer is mapped, synchronised or claimed.
    ///
    /// # Errors
    ///
    /// As [`Surface::map_ptr`], and [`ErrorKind::Invalid`] for a plane that the buffer does not have.
    pub fn map_plane_ptr(&self, index: u32, plane: usize, access: Access) -> Result<MapPtr<'_>> {
        self.map_planes(index, Planes::One(plane), access, false)
    }

    /// Maps for reading and gives slices: for a surface that nobody else can reach. While one
    /// lives [`Surface::dmabuf`] and [`EglImage::map`](crate::EglImage::map) are refused.
    ///
    /// # Errors
    ///
    /// As [`Surface::map_ptr`], and [`ErrorKind::Invalid`] once the surface is shared (a view, or
    /// exported as dmabuf, EGLImage or raw pointer).
    pub fn map(&self, index: u32) -> Result<Map<'_>> {
        Ok(Map(self.map_planes(
            index,
            Planes::All,
            Access::Read,
            true,
        )?))
    }

    /// Maps for writing and gives mutable slices: for a surface that nobody else can reach.
    ///
    /// # Errors
    ///
    /// As [`Surface::map`].
    pub fn map_mut(&mut self, index: u32) -> Result<MapMut<'_>> {
        let map = self.map_planes(index, Planes::All, Access::Write, true)?;
        Ok(MapMut(map))
    }

    /// Maps one plane for reading and gives its bytes: as [`Surface::map`], and nothing else of the
    /// buffer is mapped, synchronised or claimed.
    ///
    /// # Errors
    ///
    /// As [`Surface::map`], and [`ErrorKind::Invalid`] for a plane that the buffer does not have.
    pub fn map_plane(&self, index: u32, plane: usize) -> Result<PlaneMap<'_>> {
        let map = self.map_planes(index, Planes::One(plane), Access::Read, true)?;
        PlaneMap::new(map, plane)
    }

    /// The same for writing.
    ///
    /// # Errors
    ///
    /// As [`Surface::map_plane`].
    pub fn map_plane_mut(&mut self, index: u32, plane: usize) -> Result<PlaneMapMut<'_>> {
        let map = self.map_planes(index, Planes::One(plane), Access::Write, true)?;
        PlaneMapMut::new(map, plane)
    }

    /// Claims planes of buffer `index` for as long as the result lives: for the CPU, or for a call
    /// that lets an engine read or write them.
    pub(crate) fn claim(
        &self,
        call: &'static str,
        index: u32,
        planes: Range<usize>,
        access: Access,
    ) -> Result<Claim<'_>> {
        let claims = &self.buffer_at(call, index)?.claims;
        claims
            .claim(Usage::new(planes, access))
            .map_err(|why| self.refused(call, index, why))
    }

    /// The same for all planes.
    pub(crate) fn claim_all(
        &self,
        call: &'static str,
        index: u32,
        access: Access,
    ) -> Result<Claim<'_>> {
        let planes = 0..self.params_for(call, index)?.planes().len();
        self.claim(call, index, planes, access)
    }

    /// Lets an engine use all planes until [`Surface::end_work`]: the surface may be one that is kept,
    /// not borrowed.
    pub(crate) fn begin_work(&self, call: &'static str, index: u32, access: Access) -> Result<()> {
        self.claim_all(call, index, access).map(Claim::hold)
    }

    /// Ends one use that `begin_work` allowed, with the same index and access.
    pub(crate) fn end_work(&self, index: u32, access: Access) {
        let buffer = &self.buffers()[index as usize];
        let planes = 0..buffer.params.planes().len();
        buffer.claims.release(Usage::new(planes, access));
    }

    #[inline]
    fn map_planes(
        &self,
        index: u32,
        planes: Planes,
        access: Access,
        gives_slices: bool,
    ) -> Result<MapPtr<'_>> {
        let usage = self.begin_map(index, planes, access, gives_slices)?;
        Ok(MapPtr {
            surface: self,
            index,
            usage,
        })
    }

    /// Claims, maps and syncs plane by plane (a plane of -1 fails on some releases), all or nothing.
    /// The guard that gets the result ends it.
    fn begin_map(
        &self,
        index: u32,
        planes: Planes,
        access: Access,
        gives_slices: bool,
    ) -> Result<Usage> {
        let call = "NvBufSurfaceMap";
        let buffer = self.buffer_at(call, index)?;
        if buffer.params.layout() != Layout::PITCH {
            return Err(self.not_pitch_linear(call));
        }
        if self.is_out_of_reach() {
            return Err(self.out_of_reach(call));
        }
        let count = buffer.params.planes().len();
        let planes = match planes {
            Planes::All => 0..count,
            Planes::One(plane) if plane < count => plane..plane + 1,
            Planes::One(plane) => return Err(no_plane(call, plane, count)),
        };
        let mut usage = Usage::new(planes, access);
        if gives_slices {
            usage = usage.with_slices();
        }
        let claim = buffer
            .claims
            .claim(usage)
            .map_err(|why| self.refused(call, index, why))?;
        let _lock = self.lock_for(usage);
        for plane in usage.planes() {
            if let Err(error) = self.map_one(buffer, index, plane, usage) {
                for plane in usage.planes().start..plane {
                    let undone = self.release_one(buffer, index, plane);
                    undone.unwrap_or_else(|e| report(&e));
                }
                return Err(error);
            }
        }
        claim.hold();
        Ok(usage)
    }

    /// Whether no release maps this memory.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        matches!(
            self.mem_type(),
            MemType::CUDA_DEVICE | MemType::CUDA_PINNED | MemType::CUDA_ARRAY | MemType::SYSTEM
        )
    }

    #[cold]
    fn out_of_reach(&self, call: &'static str) -> Error {
        Error::new(ErrorKind::Invalid, call, format!("{self:?}: {REACH}"))
    }

    #[cold]
    fn not_pitch_linear(&self, call: &'static str) -> Error {
        let detail = format!(
            "{self:?}: the CPU sees tiles, not rows. Convert it first (nvvidconv bl-output=false, or \
             a transform to a pitch-linear surface)"
        );
        Error::new(ErrorKind::Invalid, call, detail)
    }

    #[cold]
    fn refused(&self, call: &'static str, index: u32, why: Refused) -> Error {
        let (kind, what) = match why {
            Refused::Read => (
                ErrorKind::Busy,
                "is being read, through a mapping of this handle or another of the buffer, or by an \
                 engine: drop that mapping, or wait for the transform's SyncObject, first",
            ),
            Refused::Full => (
                ErrorKind::Busy,
                "is being read by 1022 mappings and engines, more than which are not counted: end some, \
                 and give a call one buffer fewer times",
            ),
            Refused::Written => (
                ErrorKind::Busy,
                "is being written, through a mapping of this handle or another of the buffer, or by \
                 an engine: drop that mapping, or wait for the transform's SyncObject, first",
            ),
            Refused::Shared => (
                ErrorKind::Invalid,
                "is shared with other code or engines, which may write while a slice is held: use \
                 map_ptr",
            ),
            Refused::Exporting => (
                ErrorKind::Busy,
                "is being exported by another thread, or too many guards were forgotten",
            ),
        };
        Error::new(kind, call, format!("{self:?}, buffer {index} {what}"))
    }
}

#[cold]
fn no_plane(call: &'static str, plane: usize, count: usize) -> Error {
    let detail = format!("plane {plane} of {count}: planes are 0 to {}", count - 1);
    Error::new(ErrorKind::Invalid, call, detail)
}
