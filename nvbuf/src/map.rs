//! CPU access. A guard owns the whole protocol: map and sync for the CPU; sync for the device
//! (where it could write) and unmap, for exactly the planes that were mapped.

use std::ptr::NonNull;

use nvbufsurface_sys::classic as c;

use crate::Layout;
use crate::error::{Error, ErrorKind, Result, check, report};
use crate::params::{MAX_PLANES, PlaneParams};
use crate::surface::Surface;
use crate::transform::EngineState;

/// What a mapping is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads; several at a time.
    Read,
    /// Reads and writes; nobody else at a time.
    Write,
}

/// Who has one buffer mapped; the library itself counts nothing.
#[derive(Clone, Copy, Debug, Default)]
struct MapState {
    // 64 bits: forgotten guards cannot make it overflow.
    readers: u64,
    writer: bool,
    addresses: [Option<NonNull<u8>>; MAX_PLANES],
    engine: EngineState,
}

/// Who has the buffers of a surface mapped, and whether others reach them; behind its lock.
///
/// # Invariants
///
/// While `is_shared` there are no slices, but for those that lived when [`Surface::as_ptr`] was
/// called: they are in its callers' care.
#[derive(Debug)]
pub(crate) struct MapTable {
    buffers: Box<[MapState]>,
    /// Mappings of any buffer that give slices.
    slices: u64,
    /// Others may reach the pixels: it is a view, or was exported. Never again false.
    is_shared: bool,
}

impl MapTable {
    pub(crate) fn new(buffers: usize, is_shared: bool) -> Self {
        Self {
            buffers: vec![MapState::default(); buffers].into(),
            slices: 0,
            is_shared,
        }
    }

    /// Refuses what would let others write under a slice that lives.
    pub(crate) fn require_no_slices(&self, call: &'static str) -> Result<()> {
        if self.slices == 0 {
            return Ok(());
        }
        let detail = format!(
            "{} mapping(s) of the surface give slices (Surface::map), which nobody else may write: \
             drop them first",
            self.slices
        );
        Err(Error::new(ErrorKind::Busy, call, detail))
    }

    /// Lets an engine use a buffer: read what nobody writes, write what nobody has mapped. A mapping
    /// for reading would go on to show the old pixels.
    pub(crate) fn claim(&mut self, index: u32, access: Access, call: &'static str) -> Result<()> {
        let state = &mut self.buffers[index as usize];
        if state.writer || (access == Access::Write && state.readers > 0) {
            let what = match access {
                Access::Read => "is mapped for writing",
                Access::Write => "is mapped",
            };
            let detail = format!(
                "buffer {index} of the {} {what}: drop that mapping first",
                match access {
                    Access::Read => "source",
                    Access::Write => "target",
                }
            );
            return Err(Error::new(ErrorKind::Busy, call, detail));
        }
        state.engine.require_free(access, call)?;
        state.engine.begin(access);
        Ok(())
    }

    /// Ends a use that [`MapTable::claim`] allowed.
    pub(crate) fn release(&mut self, index: u32, access: Access) {
        self.buffers[index as usize].engine.end(access);
    }

    /// From here on there are no new slices.
    pub(crate) fn share(&mut self) {
        self.is_shared = true;
    }
}

/// A mapped plane as pointer and length.
#[derive(Clone, Copy, Debug)]
pub struct PlanePtr {
    /// The first row.
    pub data: NonNull<u8>,
    /// Size, pitch and the rest; `params.byte_len()` bytes are mapped.
    pub params: PlaneParams,
}

/// A mapping of one buffer for the CPU as pointers: for pixels that others may reach as well.
///
/// Dropping it makes writes visible to hardware and unmaps; [`MapPtr::unmap`] does the same and
/// gives the error.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct MapPtr<'a> {
    surface: &'a Surface,
    index: u32,
    access: Access,
    /// Counted in the table's `slices`.
    gives_slices: bool,
    planes: [Option<PlanePtr>; MAX_PLANES],
}

// SAFETY: a mapping is process-wide: addresses mean the same on every thread, and unmapping
// happens under the surface's lock.
unsafe impl Send for MapPtr<'_> {}
// SAFETY: `&self` gives out addresses and changes nothing.
unsafe impl Sync for MapPtr<'_> {}

impl Surface {
    /// Maps all planes of buffer `index` and hands out pointers.
    ///
    /// Several [`Access::Read`] mappings of one `Surface` may live at a time, a
    /// [`Access::Write`] one alone. Two *views* of one buffer do not know of each other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if another mapping is in the way, [`ErrorKind::Invalid`] for a bad
    /// index or a block-linear buffer, [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufSurfaceMap")]
    #[doc(alias = "NvBufSurfaceSyncForCpu")]
    pub fn map_ptr(&self, index: u32, access: Access) -> Result<MapPtr<'_>> {
        self.map_buffer(index, access, false)
    }

    fn map_buffer(&self, index: u32, access: Access, gives_slices: bool) -> Result<MapPtr<'_>> {
        let call = "NvBufSurfaceMap";
        let params = self.params(index)?;
        if params.layout() != Layout::PITCH {
            return Err(Error::new(
                ErrorKind::Invalid,
                call,
                format!(
                    "{self:?} is {}: the CPU sees tiles, not rows. Convert it first (nvvidconv \
                     bl-output=false, or a transform to a pitch-linear surface)",
                    params.layout()
                ),
            ));
        }
        let mut table = self.lock();
        if gives_slices && table.is_shared {
            return Err(Error::new(
                ErrorKind::Invalid,
                "Surface::map",
                format!(
                    "{self:?} is shared with other code or engines, which may write while a slice \
                     is held: use map_ptr"
                ),
            ));
        }
        let state = &mut table.buffers[index as usize];
        if state.writer || (access == Access::Write && state.readers > 0) {
            return Err(Error::new(
                ErrorKind::Busy,
                call,
                format!("{self:?} is mapped already: drop that mapping first"),
            ));
        }
        state.engine.require_free(access, call)?;
        if state.readers == 0 {
            state.addresses = self.map_planes(index, access)?;
        }
        match access {
            Access::Read => state.readers += 1,
            Access::Write => state.writer = true,
        }
        let mut planes = [None; MAX_PLANES];
        for (i, params) in params.planes().iter().enumerate() {
            planes[i] = state.addresses[i].map(|data| PlanePtr {
                data,
                params: *params,
            });
        }
        table.slices += u64::from(gives_slices);
        Ok(MapPtr {
            surface: self,
            index,
            access,
            gives_slices,
            planes,
        })
    }

    /// Maps for reading and gives slices: for a surface that nobody else can reach. While one
    /// lives [`Surface::dmabuf`] and [`EglImage::map`](crate::EglImage::map) are refused.
    ///
    /// # Errors
    ///
    /// As [`Surface::map_ptr`], and [`ErrorKind::Invalid`] once the surface is shared (a view, or
    /// exported as dmabuf, EGLImage or raw pointer).
    pub fn map(&self, index: u32) -> Result<Map<'_>> {
        Ok(Map(self.map_buffer(index, Access::Read, true)?))
    }

    /// Maps for writing and gives mutable slices: for a surface that nobody else can reach.
    ///
    /// # Errors
    ///
    /// As [`Surface::map`].
    ///
    /// Two at a time do not compile:
    ///
    /// ```compile_fail,E0499
    /// # fn f(surface: &mut nvbuf::Surface) -> nvbuf::Result<()> {
    /// let first = surface.map_mut(0)?;
    /// let second = surface.map_mut(0)?;
    /// # drop((first, second)); Ok(()) }
    /// ```
    pub fn map_mut(&mut self, index: u32) -> Result<MapMut<'_>> {
        Ok(MapMut(self.map_buffer(index, Access::Write, true)?))
    }

    /// Maps and syncs plane by plane (a plane of -1 fails on some releases), all or nothing.
    fn map_planes(&self, index: u32, access: Access) -> Result<[Option<NonNull<u8>>; MAX_PLANES]> {
        let flags = match access {
            Access::Read => c::NVBUF_MAP_READ,
            Access::Write => c::NVBUF_MAP_READ_WRITE,
        };
        self.unmap_left_planes(index)?;
        let mut addresses = [None; MAX_PLANES];
        let count = self.params(index)?.planes().len();
        for (plane, address) in addresses.iter_mut().enumerate().take(count) {
            match self.map_plane(index, plane, flags) {
                Ok(mapped) => *address = Some(mapped),
                Err(error) => {
                    for plane in 0..plane {
                        self.unmap_plane(index, plane)
                            .unwrap_or_else(|e| report(&e));
                    }
                    return Err(error);
                }
            }
        }
        Ok(addresses)
    }

    fn map_plane(&self, index: u32, plane: usize, flags: u32) -> Result<NonNull<u8>> {
        let view = self.buffer_view(index);
        let surface = view.surface().as_ptr();
        let p = plane as i32;
        let f = self.library().functions();
        // SAFETY: the view is a valid surface of one buffer, the plane was checked, and the caller
        // holds the surface's lock.
        let ret = unsafe { (f.map)(surface, 0, p, flags) };
        check("NvBufSurfaceMap", ret, || {
            format!(
                "{self:?}, buffer {index}, plane {plane}: the CPU reaches SURFACE_ARRAY and HANDLE \
                 on Jetson, CUDA_UNIFIED elsewhere"
            )
        })?;
        // SAFETY: calls on the view happen under the lock, which the caller holds.
        let address = unsafe { view.address(plane) }.cast::<u8>();
        let undo = |error| {
            self.unmap_plane(index, plane)
                .unwrap_or_else(|e| report(&e));
            error
        };
        let address = NonNull::new(address).ok_or_else(|| {
            undo(Error::new(
                ErrorKind::Call,
                "NvBufSurfaceMap",
                "returned 0 and no address",
            ))
        })?;
        if self.mem_type().has_dmabuf() {
            // SAFETY: as for `map`; sync is for these memory types only.
            let ret = unsafe { (f.sync_for_cpu)(surface, 0, p) };
            check("NvBufSurfaceSyncForCpu", ret, || {
                format!("{self:?}, buffer {index}, plane {plane}")
            })
            .map_err(undo)?;
        }
        Ok(address)
    }

    pub(crate) fn unmap_plane(&self, index: u32, plane: usize) -> Result<()> {
        let surface = self.buffer_view(index).surface().as_ptr();
        // SAFETY: the view is a valid surface of one buffer, the plane was mapped through it, and
        // the caller holds the surface's lock.
        let ret = unsafe { (self.library().functions().unmap)(surface, 0, plane as i32) };
        check("NvBufSurfaceUnMap", ret, || {
            format!("{self:?}, buffer {index}, plane {plane}")
        })?;
        // SAFETY: calls on the view happen under the lock, which the caller holds.
        unsafe { self.buffer_view(index).clear_address(plane) };
        Ok(())
    }

    /// Ends one mapping, and what the library has mapped if it was the last.
    fn unmap_planes(&self, index: u32, access: Access, gives_slices: bool) -> Result<()> {
        let mut result = Ok(());
        let mut table = self.lock();
        table.slices -= u64::from(gives_slices);
        let state = &mut table.buffers[index as usize];
        match access {
            Access::Read => state.readers -= 1,
            Access::Write => state.writer = false,
        }
        if state.readers > 0 {
            return Ok(());
        }
        for plane in 0..MAX_PLANES {
            if state.addresses[plane].take().is_none() {
                continue;
            }
            if access == Access::Write && self.mem_type().has_dmabuf() {
                let sync = self.library().functions().sync_for_device;
                let surface = self.buffer_view(index).surface().as_ptr();
                // SAFETY: valid view, plane mapped through it, lock held.
                let ret = unsafe { sync(surface, 0, plane as i32) };
                let synced = check("NvBufSurfaceSyncForDevice", ret, || {
                    format!("{self:?}, buffer {index}, plane {plane}")
                });
                result = result.and(synced);
            }
            // Every plane is unmapped whatever happened to the one before.
            result = result.and(self.unmap_plane(index, plane));
        }
        result
    }
}

impl MapPtr<'_> {
    /// The mapped plane `plane`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a plane that the buffer does not have.
    pub fn plane(&self, plane: usize) -> Result<PlanePtr> {
        self.planes.get(plane).copied().flatten().ok_or_else(|| {
            let count = self.planes.iter().flatten().count();
            let detail = format!("plane {plane} of {count}");
            Error::new(ErrorKind::Invalid, "MapPtr::plane", detail)
        })
    }

    /// How many planes are mapped: all that the buffer has.
    pub fn num_planes(&self) -> usize {
        self.planes.iter().flatten().count()
    }

    /// Ends the mapping and says whether that went well.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] of the first call that failed; the rest was still done.
    #[doc(alias = "NvBufSurfaceUnMap")]
    #[doc(alias = "NvBufSurfaceSyncForDevice")]
    pub fn unmap(self) -> Result<()> {
        let this = std::mem::ManuallyDrop::new(self);
        this.end()
    }

    /// Called once, by `unmap` or by drop.
    fn end(&self) -> Result<()> {
        self.surface
            .unmap_planes(self.index, self.access, self.gives_slices)
    }
}

impl Drop for MapPtr<'_> {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}

/// A read mapping of a surface that nobody else can reach, as slices.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct Map<'a>(MapPtr<'a>);

/// A writable mapping of a surface that nobody else can reach, as slices.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct MapMut<'a>(MapPtr<'a>);

impl Map<'_> {
    /// The bytes of a plane, padding of the rows included, and its facts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a plane that the buffer does not have.
    pub fn plane(&self, plane: usize) -> Result<(&[u8], PlaneParams)> {
        let plane = self.0.plane(plane)?;
        // SAFETY: `byte_len` bytes are mapped at `data` (checked against the buffer's size when
        // the surface was made), until `self` is dropped. The map table keeps writers of ours out,
        // and others from being let in; whoever has a pointer to the surface owes what
        // `Surface::as_ptr` asks.
        let bytes =
            unsafe { std::slice::from_raw_parts(plane.data.as_ptr(), plane.params.byte_len()) };
        Ok((bytes, plane.params))
    }
}

impl MapMut<'_> {
    /// The bytes of a plane, padding of the rows included, and its facts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a plane that the buffer does not have.
    pub fn plane_mut(&mut self, plane: usize) -> Result<(&mut [u8], PlaneParams)> {
        let plane = self.0.plane(plane)?;
        // SAFETY: as in `Map::plane`; `&mut self` makes this the only slice of the mapping.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(plane.data.as_ptr(), plane.params.byte_len()) };
        Ok((bytes, plane.params))
    }

    /// Ends the mapping and says whether that went well.
    ///
    /// # Errors
    ///
    /// As [`MapPtr::unmap`].
    pub fn unmap(self) -> Result<()> {
        self.0.unmap()
    }
}
