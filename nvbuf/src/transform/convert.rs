//! `Transform`: crop, scale, turn, convert.

use std::sync::Arc;

use super::arena;
use super::claim::{Batch, Buffers, Claims};
use super::params::Flip;
use super::rect::{Rect, Rects};
use super::settings::{Settings, setters};
use super::sync::{SyncFunctions, SyncObject};
use super::work::Work;
use super::{call_result, library, require};
use crate::error::Result;
use crate::map::Access;
use crate::surface::Surface;

/// What to do to pixels on their way from one surface to another: crop, scale, flip or rotate, convert.
///
/// What it converts between follows from the formats of the two surfaces, and the scale from the sizes
/// of the rectangles, or of the surfaces where there are none. Which formats an engine takes, the
/// library says ([`TransformError::INVALID_PARAMS`](super::TransformError::INVALID_PARAMS)).
///
/// ```no_run
/// use nvbuf::{ColorFormat, Filter, Rect, Surface, Transform};
///
/// let source = Surface::builder(1920, 1080).format(ColorFormat::NV12).build()?;
/// let mut target = Surface::builder(640, 480).build()?;
/// Transform::new()
///     .crop(Rect::new(240, 0, 1440, 1080))
///     .filter(Filter::BILINEAR)
///     .run(&source, &mut target)?;
/// # Ok::<(), nvbuf::Error>(())
/// ```
#[doc(alias = "NvBufSurfTransformParams")]
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens before run() or start()"]
pub struct Transform {
    pub(super) settings: Settings,
    pub(super) source: Rects,
    pub(super) target: Rects,
    pub(super) flip: Flip,
    pub(super) is_odd_allowed: bool,
    pub(super) normalizes: bool,
}

setters!(Transform, #[doc(alias = "transform_filter")]);

impl Transform {
    /// Everything of the source to everything of the target, by the platform's engine.
    pub fn new() -> Self {
        Self::default()
    }

    /// The part of each source buffer that is taken; all of it if not said.
    #[doc(alias = "src_rect")]
    #[doc(alias = "NVBUFSURF_TRANSFORM_CROP_SRC")]
    pub fn crop(mut self, source: Rect) -> Self {
        self.source = Rects::Same(source);
        self
    }

    /// The part of each source buffer that is taken, one rectangle for each buffer.
    pub fn crop_each(mut self, sources: &[Rect]) -> Self {
        self.source = Rects::Each(sources.into());
        self
    }

    /// The part of each target buffer that is written; what lies outside stays as it was. All of it
    /// if not said.
    #[doc(alias = "dst_rect")]
    #[doc(alias = "NVBUFSURF_TRANSFORM_CROP_DST")]
    pub fn place(mut self, target: Rect) -> Self {
        self.target = Rects::Same(target);
        self
    }

    /// The part of each target buffer that is written, one rectangle for each buffer.
    pub fn place_each(mut self, targets: &[Rect]) -> Self {
        self.target = Rects::Each(targets.into());
        self
    }

    /// Rotation or reflection; none if not said.
    #[doc(alias = "transform_flip")]
    pub fn flip(mut self, flip: Flip) -> Self {
        self.flip = flip;
        self
    }

    /// Takes odd rectangles as they are: since L4T R36.2 (R35.6) and DeepStream 6.3. Without it, and on
    /// other releases, they are refused.
    /// [`Transform::has_odd_crop`] says which this is.
    #[doc(alias = "NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP")]
    pub fn allow_odd_crop(mut self, allow: bool) -> Self {
        self.is_odd_allowed = allow;
        self
    }

    /// Whether [`Transform::allow_odd_crop`] is possible on this release; not where the library is missing.
    pub fn has_odd_crop() -> bool {
        super::library().is_ok_and(super::prepare::allows_odd_crop)
    }

    /// Normalises the output, since L4T R34.1 and DeepStream 6.0. To which range and with which mean no
    /// public document says.
    #[doc(alias = "NVBUFSURF_TRANSFORM_NORMALIZE")]
    pub fn normalize(mut self, normalize: bool) -> Self {
        self.normalizes = normalize;
        self
    }

    /// Transforms every buffer of `source` into the buffer of the same number of `target`, and waits
    /// for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what is refused before the call: fewer target
    /// buffers, rectangles that are empty, odd or not inside, a scale or a memory type that the engine does
    /// not do, a buffer that is its own target. [`ErrorKind::Busy`](crate::ErrorKind::Busy) while the source
    /// is mapped for writing or an engine uses either. [`ErrorKind::Load`](crate::ErrorKind::Load) where
    /// there is no libnvbufsurftransform. [`ErrorKind::Transform`](crate::ErrorKind::Transform) when the
    /// library refuses.
    ///
    /// A target that is mapped does not compile:
    ///
    /// ```compile_fail,E0502
    /// # fn f(source: &nvbuf::Surface, target: &mut nvbuf::Surface) -> nvbuf::Result<()> {
    /// let map = target.map(0)?;
    /// nvbuf::Transform::new().run(source, target)?;
    /// # drop(map); Ok(()) }
    /// ```
    #[doc(alias = "NvBufSurfTransform")]
    pub fn run(&self, source: &Surface, target: &mut Surface) -> Result<()> {
        self.execute(Batch(source), Batch(target))
    }

    /// Transforms buffer `from` of `source` into buffer `to` of `target`, and waits for it.
    ///
    /// # Errors
    ///
    /// As [`Transform::run`], and [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for an index beyond the
    /// batch.
    pub fn run_one(
        &self,
        source: &Surface,
        from: u32,
        target: &mut Surface,
        to: u32,
    ) -> Result<()> {
        self.run_buffers(&[(source, from)], &[(target, to)])
    }

    /// Transforms buffers of any surfaces, the first source into the first target and so on, in one
    /// call of the library, and waits for it. Also for targets in an [`Arc`].
    ///
    /// All sources are of one memory type, and all targets.
    ///
    /// # Errors
    ///
    /// As [`Transform::run_one`], and [`ErrorKind::Busy`](crate::ErrorKind::Busy) while a target is mapped or
    /// is there twice.
    pub fn run_buffers(
        &self,
        sources: &[(&Surface, u32)],
        targets: &[(&Surface, u32)],
    ) -> Result<()> {
        self.execute(sources, targets)
    }

    /// [`Transform::run`] that does not wait: the sync object does.
    ///
    /// # Errors
    ///
    /// As [`Transform::run`]; [`ErrorKind::Busy`](crate::ErrorKind::Busy) while the target is mapped;
    /// [`ErrorKind::Load`](crate::ErrorKind::Load) on releases without asynchronous transforms (before L4T
    /// R34.1 or R32.6, and DeepStream 6.0).
    #[doc(alias = "NvBufSurfTransformAsync")]
    pub fn start(&self, source: Arc<Surface>, target: Arc<Surface>) -> Result<SyncObject> {
        let each = |surface: &Arc<Surface>| {
            let surface = Arc::clone(surface);
            (0..surface.batch_size()).map(move |i| (Arc::clone(&surface), i))
        };
        let sides = (each(&source), each(&target));
        self.launch(&Batch(&source), &Batch(&target), sides)
    }

    /// [`Transform::run_buffers`] that does not wait: the sync object does.
    ///
    /// # Errors
    ///
    /// As [`Transform::run_buffers`] and [`Transform::start`].
    pub fn start_buffers(
        &self,
        sources: &[(Arc<Surface>, u32)],
        targets: &[(Arc<Surface>, u32)],
    ) -> Result<SyncObject> {
        let sides = (sources.iter().cloned(), targets.iter().cloned());
        self.launch(&sources, &targets, sides)
    }

    fn execute(&self, sources: impl Buffers, targets: impl Buffers) -> Result<()> {
        let call = "NvBufSurfTransform";
        let library = library()?;
        self.check(call, library, &sources, &targets)?;
        let sources = Claims::take(call, sources, Access::Read)?;
        let targets = Claims::take(call, targets, Access::Write)?;
        let (sources, targets) = (sources.buffers(), targets.buffers());
        arena::with(sources.count(), |arena| {
            let arguments = self.arguments(library, arena, sources, targets);
            let _turn = self.settings.session.enter(library)?;
            let transform = library.functions().transform;
            // SAFETY: descriptors of live surfaces, and parameters with a rectangle for each buffer, all
            // in the library's layout and in the arena, which outlives the call; nobody else uses
            // the pixels in a way that the claims exclude.
            let ret = unsafe { transform(arguments.source, arguments.target, arguments.params) };
            call_result(call, ret, || self.describe(sources, targets))
        })
    }

    /// `sides` are the same buffers, to be kept.
    fn launch(
        &self,
        sources: &impl Buffers,
        targets: &impl Buffers,
        sides: (
            impl Iterator<Item = (Arc<Surface>, u32)>,
            impl Iterator<Item = (Arc<Surface>, u32)>,
        ),
    ) -> Result<SyncObject> {
        let call = "NvBufSurfTransformAsync";
        let library = library()?;
        let transform = require(library, call, library.functions().transform_async)?;
        let functions = SyncFunctions::of(library)?;
        self.check(call, library, sources, targets)?;
        let mut work = Work::new(call, sides.0, sides.1)?;
        let (sources, targets, arena) = work.parts();
        let arguments = self.arguments(library, arena, sources, targets);
        let _turn = self.settings.session.enter(library)?;
        let mut raw = std::ptr::null_mut();
        let (source, target) = (arguments.source, arguments.target);
        // SAFETY: as in `execute`; claims, surfaces and arena live until the engine is done, in the sync
        // object.
        let ret = unsafe { transform(source, target, arguments.params, &raw mut raw) };
        call_result(call, ret, || self.describe(sources, targets))?;
        // SAFETY: the call of just now made it, for this work.
        unsafe { SyncObject::new(call, functions, raw, work) }
    }
}
