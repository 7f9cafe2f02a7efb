//! `Surface`: one NvBufSurface, created here or seen through a checked copy of its descriptor.

use std::fmt;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard};

use nvbufsurface_sys::Library;
use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;
use nvbufsurface_sys::prefix::NvBufSurface;

use crate::builder::SurfaceBuilder;
use crate::descriptor::Descriptor;
use crate::error::{Error, ErrorKind, Result, check, report};
use crate::leftovers::Leftovers;
use crate::map::MapTable;
use crate::params::SurfaceParams;
use crate::share::KeptFd;
use crate::view::View;
use crate::{Layout, MemType};

/// A surface: a batch of one or more buffers of the same shape.
///
/// Either created ([`Surface::builder`]) or imported ([`Surface::import`]) here and destroyed on drop,
/// or a view of somebody else's ([`Surface::view`]), which is never destroyed here. Facts about its buffers are checked and
/// copied out when it is made; reading them touches nothing that others may write.
///
/// # Invariants
///
/// - What `origin` holds is a valid `NvBufSurface` until drop. Others read and write it, map and
///   unmap through it; here it is only handed out and, if created here, destroyed.
/// - `views` has one view per entry of `params`, made before anybody else saw the surface (created)
///   or from the checked copy (view). Nobody else knows them. Every call of the library on one
///   happens under the lock of `maps`, or with `&mut self`.
pub struct Surface {
    origin: Origin,
    library: &'static Library,
    mem_type: MemType,
    params: Box<[SurfaceParams]>,
    maps: Mutex<MapTable>,
    leftovers: Leftovers,
    // Freed after `drop`, with nothing mapped in them: the library needs none of them to destroy.
    views: Box<[View]>,
}

/// The public surface, which `as_ptr` gives, and where it is from.
pub(crate) enum Origin {
    /// `NvBufSurfaceCreate`; destroyed on drop.
    Created(NonNull<NvBufSurface>),
    /// `NvBufSurfaceImport` of this fd, which is closed after the surface is destroyed.
    Imported {
        raw: NonNull<NvBufSurface>,
        _fd: KeptFd,
    },
    /// A copy of the descriptor of somebody else's buffer.
    View(View),
}

// SAFETY: NVIDIA's own elements pass surfaces from thread to thread; nothing here is bound to one.
unsafe impl Send for Surface {}
// SAFETY: `&self` methods read fields fixed at creation, or call the library under `maps`' lock.
unsafe impl Sync for Surface {}

impl Surface {
    /// Starts to describe a surface of `width` by `height` pixels.
    pub fn builder(width: u32, height: u32) -> SurfaceBuilder {
        SurfaceBuilder::new(width, height)
    }

    pub(crate) fn create(batch: u32, mut params: NvBufSurfaceCreateParams) -> Result<Self> {
        let library = Library::get()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: both pointers are to locals that outlive the call, of the header's types.
        let ret = unsafe { (library.functions().create)(&raw mut raw, batch, &raw mut params) };
        let call = "NvBufSurfaceCreate";
        check(call, ret, || {
            format!(
                "{}x{}, format {}, memory type {}, batch {batch}: memory is exhausted (see \
                 /proc/meminfo, CmaFree), or this memory type, format or layout is not for this \
                 platform",
                params.width, params.height, params.colorFormat, params.memType
            )
        })?;
        let nothing = || Error::new(ErrorKind::Call, call, "returned 0 and no surface");
        let raw = NonNull::new(raw).ok_or_else(nothing)?;
        let destroy = |error| {
            // SAFETY: `create` gave it, and nobody else has it.
            let ret = unsafe { (library.functions().destroy)(raw.as_ptr()) };
            if ret != 0 {
                report(&"NvBufSurfaceDestroy failed on a surface just created");
            }
            error
        };
        let read = |i| Descriptor::read(raw.as_ptr().cast(), library.family().surface_size(), i);
        let descriptors: Result<Vec<_>> = (0..batch).map(read).collect();
        let descriptors = descriptors.map_err(destroy)?;
        // Finding the width and height again in every entry also proves the struct layout.
        let wrong = descriptors
            .iter()
            .find(|d| (d.params().width(), d.params().height()) != (params.width, params.height));
        if let Some(wrong) = wrong {
            return Err(destroy(Error::new(
                ErrorKind::Call,
                call,
                format!(
                    "asked for {}x{}, and the library's structs say {:?}: they are not of the \
                     family that its self-test found",
                    params.width,
                    params.height,
                    wrong.params()
                ),
            )));
        }
        // SAFETY: `raw` is the valid surface just created and read, and nobody else has it.
        unsafe { (*raw.as_ptr()).numFilled = batch };
        Ok(Self::new(Origin::Created(raw), library, &descriptors))
    }

    pub(crate) fn new(
        origin: Origin,
        library: &'static Library,
        descriptors: &[Descriptor],
    ) -> Self {
        let is_shared = !matches!(origin, Origin::Created(_));
        Self {
            origin,
            library,
            mem_type: descriptors[0].mem_type(),
            params: descriptors.iter().map(|d| *d.params()).collect(),
            maps: Mutex::new(MapTable::new(descriptors.len(), is_shared)),
            leftovers: Leftovers::default(),
            views: descriptors.iter().map(View::of).collect(),
        }
    }

    /// A view of one buffer that somebody else owns: mapped and shared as EGLImage like our own,
    /// never destroyed here.
    ///
    /// # Safety
    ///
    /// The buffer (its dmabuf fd, or its memory for types without one) stays alive as long as the
    /// view and everything made from it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where there is no libnvbufsurface.
    pub unsafe fn view(descriptor: &Descriptor) -> Result<Self> {
        let library = Library::get()?;
        let origin = Origin::View(View::of(descriptor));
        let descriptors = std::slice::from_ref(descriptor);
        Ok(Self::new(origin, library, descriptors))
    }

    /// How many buffers the surface has.
    pub fn batch_size(&self) -> u32 {
        // A batch is at most 1024 buffers, checked at creation.
        self.params.len() as u32
    }

    /// What the surface is made of.
    pub fn mem_type(&self) -> MemType {
        self.mem_type
    }

    /// The facts of buffer `index`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch.
    pub fn params(&self, index: u32) -> Result<&SurfaceParams> {
        self.params.get(index as usize).ok_or_else(|| {
            Error::new(
                ErrorKind::Invalid,
                "Surface::params",
                format!("buffer {index} of a batch of {}", self.params.len()),
            )
        })
    }

    /// The dmabuf of buffer `index`. It belongs to the surface:
    /// [`Surface::clone_dmabuf`] gives one to keep. From here on
    /// pixels are reached as pointers only ([`Surface::map_ptr`]), since others may write them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch or a memory type without dmabuf,
    /// [`ErrorKind::Busy`] while slices of [`Surface::map`] live.
    pub fn dmabuf(&self, index: u32) -> Result<BorrowedFd<'_>> {
        let call = "Surface::dmabuf";
        let fd = self.params(index)?.fd_number().ok_or_else(|| {
            let detail = format!("{} has no dmabuf; only SURFACE_ARRAY has", self.mem_type);
            Error::new(ErrorKind::Invalid, call, detail)
        })?;
        let mut table = self.lock();
        table.require_no_slices(call)?;
        table.share();
        // SAFETY: the fd is the surface's own, open until drop (created) or kept open by the
        // contract of `view`; it is not -1, since `i32::try_from` of an unsigned gave it.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Copies the pixels of every buffer to `target`, by whatever engine the library uses.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if shapes differ; [`ErrorKind::Call`] when the library refuses one:
    /// those before it are copied.
    #[doc(alias = "NvBufSurfaceCopy")]
    pub fn copy_to(&self, target: &mut Self) -> Result<()> {
        let call = "NvBufSurfaceCopy";
        let shape = |s: &Self| (s.params[0].width(), s.params[0].height(), s.params.len());
        if shape(self) != shape(target) {
            return Err(Error::new(
                ErrorKind::Invalid,
                call,
                format!(
                    "from {self:?} to {target:?}: sizes and batch must be equal; a transform \
                     changes sizes"
                ),
            ));
        }
        let copy = self.library.functions().copy;
        let _source = self.lock();
        for (i, (from, to)) in self.views.iter().zip(&target.views).enumerate() {
            // SAFETY: both are valid by the type invariant, locked (the source) and exclusive (the
            // target), and have the same shape.
            let ret = unsafe { copy(from.surface().as_ptr(), to.surface().as_ptr().cast()) };
            check(call, ret, || {
                format!("from {self:?} to {target:?}, buffer {i}")
            })?;
        }
        Ok(())
    }

    /// The C object, for C code and other elements: they may map and unmap through it, since
    /// nothing here does. From here on pixels are reached as pointers only ([`Surface::map_ptr`]).
    ///
    /// To have the pointer is safe. Whoever uses it, or gives it to C, does so in `unsafe` code
    /// and owes that
    ///
    /// - `self` stays alive as long as it is used,
    /// - nobody destroys it or changes which buffers it names, and
    /// - nobody writes the pixels behind it while slices of [`Surface::map`] live that were made
    ///   before. None are made afterwards.
    pub fn as_ptr(&self) -> *mut NvBufSurface {
        self.lock().share();
        match &self.origin {
            Origin::Created(raw) | Origin::Imported { raw, .. } => raw.as_ptr(),
            Origin::View(view) => view.surface().as_ptr(),
        }
    }

    /// Bytes of the C object: 64 in the classic family, 72 in the extended one. Memory of type NVMM maps
    /// to so many.
    pub fn raw_size(&self) -> usize {
        self.library.family().surface_size()
    }

    /// Whether every buffer is pitch linear.
    pub fn is_pitch_linear(&self) -> bool {
        self.params.iter().all(|p| p.layout() == Layout::PITCH)
    }

    pub(crate) fn library(&self) -> &'static Library {
        self.library
    }

    /// Our own descriptor of buffer `index`, which was checked. Used under the lock only.
    pub(crate) fn buffer_view(&self, index: u32) -> &View {
        &self.views[index as usize]
    }

    /// What the library did not unmap.
    pub(crate) fn leftovers(&self) -> &Leftovers {
        &self.leftovers
    }

    pub(crate) fn leftovers_mut(&mut self) -> &mut Leftovers {
        &mut self.leftovers
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, MapTable> {
        // The table is consistent at every step, so a panic elsewhere does not spoil it.
        self.maps.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        let is_clean = self.end_leftovers();
        let (Origin::Created(raw) | Origin::Imported { raw, .. }) = &self.origin else {
            return;
        };
        if !is_clean {
            report(&format_args!(
                "{self:?} is still mapped and is not destroyed; its memory leaks"
            ));
            return;
        }
        // SAFETY: `create` or `import` gave it, and this is its last use. Guards borrow or keep
        // `self`, and what they left is unmapped.
        let ret = unsafe { (self.library.functions().destroy)(raw.as_ptr()) };
        if ret != 0 {
            report(&format_args!(
                "NvBufSurfaceDestroy failed on {self:?}; its memory leaks"
            ));
        }
    }
}

impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = &self.params[0];
        let origin = match self.origin {
            Origin::Created(_) => "Created",
            Origin::Imported { .. } => "Imported",
            Origin::View(_) => "View",
        };
        write!(
            f,
            "Surface({}x{} {} {} {}, batch {}, fd {:?}, {origin})",
            p.width(),
            p.height(),
            p.color_format(),
            p.layout(),
            self.mem_type,
            self.params.len(),
            p.fd_number(),
        )
    }
}
