//! `Surface`: one NvBufSurface, created here or seen through a checked copy of its descriptor.

use std::fmt;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use nvbufsurface_sys::Library;
use nvbufsurface_sys::classic::{NvBufSurface, NvBufSurfaceCreateParams, NvBufSurfaceParams};

use crate::builder::SurfaceBuilder;
use crate::descriptor::Descriptor;
use crate::error::{Error, ErrorKind, Result, check};
use crate::format::{Layout, MemType};
use crate::map::MapState;
use crate::params::SurfaceParams;

/// A surface: a batch of one or more buffers of the same shape.
///
/// Either created here ([`Surface::builder`]) and destroyed on drop, or a view of somebody else's
/// ([`Surface::view`]), which is never destroyed here. Facts about its buffers are checked and
/// copied out when it is made; reading them touches nothing that others may write.
///
/// # Invariants
///
/// - `raw` is a valid `NvBufSurface` with as many entries as `params`: the library's own
///   (`Origin::Created`) or a boxed `View` of ours (`Origin::View`), until drop.
/// - Every call of the library on `raw` happens under the lock of `maps`.
pub struct Surface {
    raw: NonNull<NvBufSurface>,
    origin: Origin,
    library: &'static Library,
    mem_type: MemType,
    params: Box<[SurfaceParams]>,
    maps: Mutex<Box<[MapState]>>,
    shared: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Created,
    View,
}

/// A descriptor of our own for one buffer: `surface.surfaceList` points at `params`.
pub(crate) struct View {
    surface: NvBufSurface,
    params: NvBufSurfaceParams,
}

impl View {
    /// Boxes a copy of one buffer's descriptor, with nothing mapped in it.
    ///
    /// NVIDIA's own muxer and samples hand such copies to the library (facts), which finds the
    /// buffer by its fd. What the library then writes into `mappedAddr` is ours alone: other
    /// elements overwrite the field in the original.
    pub(crate) fn new(surface: NvBufSurface, mut params: NvBufSurfaceParams) -> NonNull<Self> {
        params.mappedAddr.addr = [std::ptr::null_mut(); 4];
        params.mappedAddr.eglImage = std::ptr::null_mut();
        let view = Box::leak(Box::new(Self {
            surface: NvBufSurface {
                batchSize: 1,
                numFilled: 1,
                ..surface
            },
            params,
        }));
        view.surface.surfaceList = &raw mut view.params;
        NonNull::from(view)
    }

    /// The surface in a view, for the library.
    pub(crate) fn surface(view: NonNull<Self>) -> *mut NvBufSurface {
        view.as_ptr()
            .wrapping_byte_add(std::mem::offset_of!(Self, surface))
            .cast()
    }

    /// The EGLImage that the library wrote into a view, or null.
    ///
    /// # Safety
    ///
    /// `view` is from [`View::new`] and not freed, and no call on it is under way.
    pub(crate) unsafe fn egl_image(view: NonNull<Self>) -> *mut std::ffi::c_void {
        // SAFETY: by this function's contract.
        unsafe { (*view.as_ptr()).params.mappedAddr.eglImage }
    }

    /// Frees a view.
    ///
    /// # Safety
    ///
    /// `view` is from [`View::new`], and nobody uses it any more.
    pub(crate) unsafe fn free(view: NonNull<Self>) {
        // SAFETY: by this function's contract the pointer is from a leaked box.
        drop(unsafe { Box::from_raw(view.as_ptr()) });
    }
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
                eprintln!("nvbuf: NvBufSurfaceDestroy failed on a surface just created");
            }
            error
        };
        let read = |i| Descriptor::read(raw.as_ptr().cast(), size_of::<NvBufSurface>(), i);
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
                    "asked for {}x{}, and the library's structs say {:?}: it is of another ABI \
                     family than L4T R32 to R36",
                    params.width,
                    params.height,
                    wrong.params()
                ),
            )));
        }
        // SAFETY: `raw` is the valid surface just created and read, and nobody else has it.
        unsafe { (*raw.as_ptr()).numFilled = batch };
        let mem_type = descriptors[0].mem_type();
        let params = descriptors.iter().map(|d| *d.params()).collect();
        Ok(Self::new(raw, Origin::Created, library, mem_type, params))
    }

    fn new(
        raw: NonNull<NvBufSurface>,
        origin: Origin,
        library: &'static Library,
        mem_type: MemType,
        params: Box<[SurfaceParams]>,
    ) -> Self {
        let maps = Mutex::new(params.iter().map(|_| MapState::default()).collect());
        let shared = AtomicBool::new(origin == Origin::View);
        Self {
            raw,
            origin,
            library,
            mem_type,
            params,
            maps,
            shared,
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
        let view = View::new(descriptor.surface, descriptor.raw);
        let params = Box::new([*descriptor.params()]);
        // SAFETY: a field of a valid view is not null.
        let raw = unsafe { NonNull::new_unchecked(View::surface(view)) };
        Ok(Self::new(
            raw,
            Origin::View,
            library,
            descriptor.mem_type(),
            params,
        ))
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

    /// The dmabuf of buffer `index`. It belongs to the surface: clone it to keep it. From here on
    /// pixels are reached as pointers only ([`Surface::map_ptr`]), since others may write them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch or a memory type without dmabuf.
    pub fn dmabuf(&self, index: u32) -> Result<BorrowedFd<'_>> {
        let fd = self.params(index)?.fd_number().ok_or_else(|| {
            let detail = format!("{} has no dmabuf; only SURFACE_ARRAY has", self.mem_type);
            Error::new(ErrorKind::Invalid, "Surface::dmabuf", detail)
        })?;
        self.share();
        // SAFETY: the fd is the surface's own, open until drop (created) or kept open by the
        // contract of `view`; it is not -1, since `i32::try_from` of an unsigned gave it.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Copies the pixels of every buffer to `target`, by whatever engine the library uses.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] if shapes differ; [`ErrorKind::Call`] when the library refuses.
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
        let _source = self.lock();
        // SAFETY: both are valid by the type invariant, locked (the source) and exclusive (the
        // target), and have the same shape.
        let ret =
            unsafe { (self.library.functions().copy)(self.raw.as_ptr(), target.raw.as_ptr()) };
        check(call, ret, || format!("from {self:?} to {target:?}"))
    }

    /// The C object. It stays ours: do not destroy it, and keep `self` alive while it is used.
    pub fn as_ptr(&self) -> *mut NvBufSurface {
        self.share();
        self.raw.as_ptr()
    }

    /// Whether every buffer is pitch linear.
    pub fn is_pitch_linear(&self) -> bool {
        self.params.iter().all(|p| p.layout() == Layout::PITCH)
    }

    pub(crate) fn library(&self) -> &'static Library {
        self.library
    }

    /// `as_ptr` for our own calls, which share nothing.
    pub(crate) fn raw(&self) -> *mut NvBufSurface {
        self.raw.as_ptr()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Box<[MapState]>> {
        // The table is consistent at every step, so a panic elsewhere does not spoil it.
        self.maps.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn share(&self) {
        self.shared.store(true, Ordering::Relaxed);
    }

    /// Whether others may reach the pixels: views, and whatever was exported.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::Relaxed)
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        match self.origin {
            Origin::Created => {
                // SAFETY: `create` gave it, guards borrow or keep `self`, so nothing is mapped.
                let ret = unsafe { (self.library.functions().destroy)(self.raw.as_ptr()) };
                if ret != 0 {
                    eprintln!("nvbuf: NvBufSurfaceDestroy failed on {self:?}; its memory leaks");
                }
            }
            Origin::View => {
                let offset = std::mem::offset_of!(View, surface);
                // SAFETY: by the type invariant `raw` is the field of a boxed view.
                let view = unsafe { self.raw.byte_sub(offset) };
                // SAFETY: as above, and guards borrow or keep `self`: nobody uses it any more.
                unsafe { View::free(view.cast()) };
            }
        }
    }
}

impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = &self.params[0];
        write!(
            f,
            "Surface({}x{} {} {} {}, batch {}, fd {:?}, {:?})",
            p.width(),
            p.height(),
            p.color_format(),
            p.layout(),
            self.mem_type,
            self.params.len(),
            p.fd_number(),
            self.origin
        )
    }
}
