//! `Surface`: one NvBufSurface, created here or seen through a checked copy of its descriptor.

mod buffer;
mod create;
mod debug;
mod handle;
mod lock;
mod origin;
mod packed;
mod packing;
mod transfer;

use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use nvbufsurface_sys::Library;
use nvbufsurface_sys::prefix::NvBufSurface;

pub(crate) use self::buffer::{Buffer, Mapped};
pub(crate) use self::create::Request;
pub(crate) use self::lock::Lock;
pub(crate) use self::origin::Origin;
use crate::builder::SurfaceBuilder;
use crate::descriptor::Descriptor;
use crate::error::{Error, ErrorKind, Result, report};
use crate::leftovers::{Leftover, Leftovers};
use crate::params::SurfaceParams;
use crate::params_ex::ParamsEx;
use crate::view::View;
use crate::{Layout, MemType};

/// A surface: a batch of one or more buffers of the same shape.
///
/// Either created ([`Surface::builder`]) or imported ([`Surface::import`]) here and destroyed on
/// drop, or a view of one buffer: of a batch of ours ([`Surface::buffer`]) or of somebody else's
/// ([`Surface::view`]), which is never destroyed here. Facts about its buffers are checked and
/// copied out when it is made; reading them touches nothing that others may write.
///
/// # Invariants
///
/// - What `origin` holds is a valid `NvBufSurface` until drop. Others read and write it, map and
///   unmap through it; here it is only handed out, its `numFilled` is written and, if created or
///   imported here, it is destroyed.
/// - `buffers` is not empty. Each has a view made before anybody else saw the surface (created) or
///   from a checked copy (view). Nobody else knows them. Every call of the library on one happens
///   under the lock, or with `&mut self`.
pub struct Surface {
    origin: Origin,
    library: &'static Library,
    mem_type: MemType,
    gpu: u32,
    is_contiguous: bool,
    num_filled: AtomicU32,
    calls: Mutex<()>,
    leftovers: Leftovers,
    // Freed after `drop`, with nothing mapped in them: the library needs none of them to destroy.
    buffers: Box<[Buffer]>,
}

// SAFETY: NVIDIA's own elements pass surfaces from thread to thread; nothing here is bound to one.
unsafe impl Send for Surface {}
// SAFETY: `&self` methods read fields fixed at creation and atomics, or call the library under the
// lock.
unsafe impl Sync for Surface {}

impl Surface {
    /// Starts to describe a surface of `width` by `height` pixels.
    pub fn builder(width: u32, height: u32) -> SurfaceBuilder {
        SurfaceBuilder::picture(width, height)
    }

    /// Starts to describe a surface of so many bytes, without a picture: format
    /// [`INVALID`](crate::ColorFormat::INVALID), one plane of one row. For bitstreams and the like;
    /// the library may make it longer ([`SurfaceParams::data_size`]).
    pub fn raw_builder(bytes: u32) -> SurfaceBuilder {
        SurfaceBuilder::raw(bytes)
    }

    pub(crate) fn new(
        origin: Origin,
        library: &'static Library,
        descriptors: &[Descriptor],
    ) -> Self {
        let buffer = match origin {
            Origin::Created(_) => Buffer::of_new,
            Origin::Imported { .. } | Origin::View(_) | Origin::Buffer(..) => Buffer::of_foreign,
        };
        let surface = &descriptors[0].surface.head;
        Self {
            library,
            mem_type: descriptors[0].mem_type(),
            gpu: surface.gpuId,
            is_contiguous: surface.isContiguous != 0,
            num_filled: AtomicU32::new(match origin {
                // They are batches of one, which has a picture.
                Origin::Imported { .. } | Origin::View(_) | Origin::Buffer(..) => 1,
                Origin::Created(_) => surface.numFilled,
            }),
            calls: Mutex::default(),
            leftovers: Leftovers::default(),
            buffers: descriptors.iter().map(buffer).collect(),
            origin,
        }
    }

    /// How many buffers the surface has.
    pub fn batch_size(&self) -> u32 {
        // A batch is at most 1024 buffers, checked at creation.
        self.buffers.len() as u32
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
    #[inline]
    pub fn params(&self, index: u32) -> Result<&SurfaceParams> {
        self.params_for("Surface::params", index)
    }

    /// The same for a call that the error names.
    #[inline]
    pub(crate) fn params_for(&self, call: &'static str, index: u32) -> Result<&SurfaceParams> {
        Ok(&self.buffer_at(call, index)?.params)
    }

    /// What `paramex` says of buffer `index`, on releases that have it (since R34.1): chroma
    /// position, scan, protection. `None` where there is nothing of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch.
    pub fn params_ex(&self, index: u32) -> Result<Option<ParamsEx>> {
        let buffer = self.buffer_at("Surface::params_ex", index)?;
        Ok(ParamsEx::read(buffer.params_ex, self.library.family()))
    }

    /// Which CUDA device the surface is of; 0 on a Jetson.
    #[doc(alias = "gpuId")]
    pub fn gpu_id(&self) -> u32 {
        self.gpu
    }

    /// Whether the buffers of the batch are one block of memory.
    #[doc(alias = "isContiguous")]
    pub fn is_contiguous(&self) -> bool {
        self.is_contiguous
    }

    /// How many buffers, from the first on, have a picture, as was last said here: all of a new batch.
    /// What others write into the C object is not seen.
    #[doc(alias = "numFilled")]
    pub fn num_filled(&self) -> u32 {
        self.num_filled.load(Relaxed)
    }

    /// Says how many buffers, from the first on, have a picture: for C code and other elements, which
    /// read it in the C object. Here all buffers are always reached.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for more than the batch has.
    pub fn set_num_filled(&self, filled: u32) -> Result<()> {
        if filled > self.batch_size() {
            let count = self.batch_size();
            let detail = format!("{filled} filled of a batch of {count}: 0 to {count} can be");
            let call = "Surface::set_num_filled";
            return Err(Error::new(ErrorKind::Invalid, call, detail));
        }
        let _lock = self.lock();
        // SAFETY: a place in a surface that is valid by the type invariant.
        let place = unsafe { &raw mut (*self.raw().as_ptr()).numFilled };
        // SAFETY: aligned as the struct is, and valid; those who have the pointer from `as_ptr` owe
        // that they do not use it at the same time.
        let shared = unsafe { AtomicU32::from_ptr(place) };
        shared.store(filled, Relaxed);
        self.num_filled.store(filled, Relaxed);
        Ok(())
    }

    /// The C object, for C code and other elements: they may map and unmap through it, since
    /// nothing here does. From here on pixels are reached as pointers only ([`Surface::map_ptr`]).
    ///
    /// To have the pointer is safe. Whoever uses it, or gives it to C, does so in `unsafe` code
    /// and owes that
    ///
    /// - `self` stays alive as long as it is used,
    /// - nobody destroys it or changes which buffers it names,
    /// - nobody reads or writes `numFilled` while [`Surface::set_num_filled`] runs, and
    /// - nobody writes the pixels behind it while slices of [`Surface::map`] live that were made
    ///   before. None are made afterwards.
    pub fn as_ptr(&self) -> *mut NvBufSurface {
        self.lock().share();
        self.raw().as_ptr()
    }

    fn raw(&self) -> NonNull<NvBufSurface> {
        match &self.origin {
            Origin::Created(raw) | Origin::Imported { raw, .. } => *raw,
            Origin::View(view) | Origin::Buffer(view, _) => view.surface(),
        }
    }

    /// Bytes of the C object: 64 in the classic family, 72 in the extended one. Memory of type NVMM maps
    /// to so many.
    pub fn raw_size(&self) -> usize {
        self.library.family().surface_size()
    }

    /// Whether every buffer is pitch linear.
    pub fn is_pitch_linear(&self) -> bool {
        self.buffers
            .iter()
            .all(|b| b.params.layout() == Layout::PITCH)
    }

    pub(crate) fn library(&self) -> &'static Library {
        self.library
    }

    /// Buffer `index`, for a call that the error names.
    #[inline]
    pub(crate) fn buffer_at(&self, call: &'static str, index: u32) -> Result<&Buffer> {
        match self.buffers.get(index as usize) {
            Some(buffer) => Ok(buffer),
            None => Err(self.no_buffer(call, index)),
        }
    }

    #[cold]
    fn no_buffer(&self, call: &'static str, index: u32) -> Error {
        let count = self.buffers.len();
        let detail = format!(
            "buffer {index} of a batch of {count} ({self:?}): indexes are 0 to {}",
            count - 1
        );
        Error::new(ErrorKind::Invalid, call, detail)
    }

    /// All of them.
    pub(crate) fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    /// Our own descriptor of buffer `index`, which was checked. Used under the lock only.
    pub(crate) fn buffer_view(&self, index: u32) -> &View {
        &self.buffers[index as usize].view
    }

    /// What the library did not unmap.
    pub(crate) fn leftovers(&self) -> &Leftovers {
        &self.leftovers
    }

    pub(crate) fn leftovers_mut(&mut self) -> &mut Leftovers {
        &mut self.leftovers
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        let is_clean = self.end_leftovers();
        let raw = match &self.origin {
            Origin::Created(raw) | Origin::Imported { raw, .. } => raw,
            Origin::View(_) => return,
            Origin::Buffer(_, owner) => {
                if !is_clean {
                    owner.leftovers().keep(Leftover::OfHandle);
                }
                return;
            }
        };
        if !is_clean {
            report(&format_args!(
                "{self:?} is still mapped and is not destroyed; its memory leaks"
            ));
            self.origin.leave_open();
            return;
        }
        // SAFETY: `create` or `import` gave it, and this is its last use. Guards borrow or keep
        // `self`, and what they left is unmapped.
        let ret = unsafe { (self.library.functions().destroy)(raw.as_ptr()) };
        if ret != 0 {
            report(&format_args!(
                "NvBufSurfaceDestroy failed on {self:?}; its memory leaks"
            ));
            self.origin.leave_open();
        }
    }
}
