//! `Transform`: crop, scale, turn, convert.

use std::ffi::c_void;
use std::sync::Arc;

use nvbufsurface_sys::prefix::NvBufSurface;
use nvbufsurface_sys::{Library, Release, TransformLibrary, classic as c};

use super::arena::{self, Arena};
use super::check::{self, Way};
use super::claim::{Batch, Buffers, Claims, Kept};
use super::params::{Compute, Filter, Flip};
use super::rect::{Rect, Rects};
use super::session::Session;
use super::sync::{SyncFunctions, SyncObject, Work};
use super::{call_result, in_family, library, require};
use crate::error::{Error, ErrorKind, Result};
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
    session: Session,
    source: Rects,
    target: Rects,
    flip: Flip,
    filter: Option<Filter>,
    is_odd_allowed: bool,
    normalizes: bool,
}

/// The arguments of one call; they point into an arena.
struct Arguments {
    source: *mut NvBufSurface,
    target: *mut NvBufSurface,
    params: *mut c_void,
}

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

    /// Interpolation; the library's choice if not said.
    #[doc(alias = "transform_filter")]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Takes odd rectangles as they are: since L4T R36.2 (R35.6) and DeepStream 6.3. Without it, and on
    /// other releases, they are refused.
    #[doc(alias = "NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP")]
    pub fn allow_odd_crop(mut self, allow: bool) -> Self {
        self.is_odd_allowed = allow;
        self
    }

    /// Normalises the output, since L4T R34.1 and DeepStream 6.0. To which range and with which mean no
    /// public document says.
    #[doc(alias = "NVBUFSURF_TRANSFORM_NORMALIZE")]
    pub fn normalize(mut self, normalize: bool) -> Self {
        self.normalizes = normalize;
        self
    }

    /// The engine; the platform's choice if not said.
    pub fn compute(mut self, compute: Compute) -> Self {
        self.session.compute = compute;
        self
    }

    /// Engine, GPU and CUDA stream together.
    pub fn session(mut self, session: Session) -> Self {
        self.session = session;
        self
    }

    /// Transforms every buffer of `source` into the buffer of the same number of `target`, and waits
    /// for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for what is refused before the call: fewer target buffers, rectangles that
    /// are empty, odd or not inside, a scale or a memory type that the engine does not do, a buffer that
    /// is its own target. [`ErrorKind::Busy`] while the source is mapped for writing or an engine uses
    /// either. [`ErrorKind::Load`] where there is no libnvbufsurftransform. [`ErrorKind::Transform`] when
    /// the library refuses.
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
    /// As [`Transform::run`], and [`ErrorKind::Invalid`] for an index beyond the batch.
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
    /// As [`Transform::run_one`], and [`ErrorKind::Busy`] while a target is mapped or is there twice.
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
    /// As [`Transform::run`]; [`ErrorKind::Busy`] while the target is mapped; [`ErrorKind::Load`] on
    /// releases without asynchronous transforms (before L4T R34.1 or R32.6, and DeepStream 6.0).
    #[doc(alias = "NvBufSurfTransformAsync")]
    pub fn start(&self, source: Arc<Surface>, target: Arc<Surface>) -> Result<SyncObject> {
        let kept = |surface: Arc<Surface>| -> Kept {
            let buffers = 0..surface.batch_size();
            buffers.map(|i| (Arc::clone(&surface), i)).collect()
        };
        self.launch(kept(source), kept(target))
    }

    /// [`Transform::run_buffers`] that does not wait: the sync object does.
    ///
    /// # Errors
    ///
    /// As [`Transform::run_buffers`] and [`Transform::start`].
    pub fn start_buffers(
        &self,
        sources: Vec<(Arc<Surface>, u32)>,
        targets: Vec<(Arc<Surface>, u32)>,
    ) -> Result<SyncObject> {
        self.launch(sources, targets)
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
            self.session.set(library)?;
            let transform = library.functions().transform;
            // SAFETY: descriptors of live surfaces, and parameters with a rectangle for each buffer, all
            // in the library's layout and in the arena, which outlives the call; nobody else uses
            // the pixels in a way that the claims exclude.
            let ret = unsafe { transform(arguments.source, arguments.target, arguments.params) };
            call_result(call, ret, || self.describe(sources, targets))
        })
    }

    fn launch(&self, sources: Kept, targets: Kept) -> Result<SyncObject> {
        let call = "NvBufSurfTransformAsync";
        let library = library()?;
        let transform = require(library, call, library.functions().transform_async)?;
        let functions = SyncFunctions::of(library)?;
        self.check(call, library, &sources, &targets)?;
        let mut work = Work {
            arena: Arena::new(sources.count()),
            sources: Claims::take(call, sources, Access::Read)?,
            target: Claims::take(call, targets, Access::Write)?,
        };
        let (sources, targets) = (work.sources.buffers(), work.target.buffers());
        let arguments = self.arguments(library, &mut work.arena, sources, targets);
        self.session.set(library)?;
        let mut raw = std::ptr::null_mut();
        let (source, target) = (arguments.source, arguments.target);
        // SAFETY: as in `execute`; claims, surfaces and arena live until the engine is done, in the sync
        // object.
        let ret = unsafe { transform(source, target, arguments.params, &raw mut raw) };
        call_result(call, ret, || self.describe(sources, targets))?;
        // SAFETY: the call of just now made it, for this work.
        unsafe { SyncObject::new(call, functions, raw, work) }
    }

    /// Checks everything that can be known before the call.
    fn check(
        &self,
        call: &'static str,
        library: &TransformLibrary,
        sources: &impl Buffers,
        targets: &impl Buffers,
    ) -> Result<()> {
        let invalid = |detail: String| Err(Error::new(ErrorKind::Invalid, call, detail));
        check::list(call, "source", sources, &self.session)?;
        check::targets(call, targets, &self.session)?;
        let (count, room) = (sources.count(), targets.count());
        if room < count {
            return invalid(format!(
                "{count} source buffers and {room} target buffers: each source needs a target"
            ));
        }
        self.source.check_count(call, "source", count)?;
        self.target.check_count(call, "target", count)?;
        if self.is_odd_allowed && !allows_odd_crop(library) {
            return invalid(
                "allow_odd_crop: this release has no NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP, or it is not \
                 known which one this is; it is in L4T R35.6, R36.2 and later, and DeepStream 6.3 and \
                 later. Round the rectangles to even numbers"
                    .into(),
            );
        }
        if self.normalizes && library.functions().transform_async.is_none() {
            return invalid(
                "normalize: this release has no NVBUFSURF_TRANSFORM_NORMALIZE; it is in L4T R34.1 and \
                 DeepStream 6.0 and later"
                    .into(),
            );
        }
        for i in 0..count {
            check::different(call, (sources, i), (targets, i))?;
            let ((source, from), (target, to)) = (sources.at(i), targets.at(i));
            let (from, to) = (source.params(from)?, target.params(to)?);
            let way = Way {
                from,
                source: self.source.at(i, from),
                to,
                target: self.target.at(i, to),
                flip: self.flip,
            };
            let is_vic = self.session.is_vic(source.mem_type());
            way.check(call, self.is_odd_allowed, is_vic)?;
        }
        Ok(())
    }

    /// The arguments of the call, in the arena.
    fn arguments(
        &self,
        library: &TransformLibrary,
        arena: &mut Arena,
        sources: &impl Buffers,
        targets: &impl Buffers,
    ) -> Arguments {
        let count = sources.count();
        let source = arena.surface(library, sources, 0, count);
        let target = arena.surface(library, targets, 0, count);
        let mut list = |rects: &Rects| match rects {
            Rects::Whole => std::ptr::null_mut(),
            Rects::Same(rect) => arena.rects(library, count, |_| *rect),
            Rects::Each(rects) => arena.rects(library, count, |i| rects[i as usize]),
        };
        let (source_rects, target_rects) = (list(&self.source), list(&self.target));
        let mut flags = 0;
        for (is_set, flag) in [
            (self.source.are_given(), c::NVBUFSURF_TRANSFORM_CROP_SRC),
            (self.target.are_given(), c::NVBUFSURF_TRANSFORM_CROP_DST),
            (self.filter.is_some(), c::NVBUFSURF_TRANSFORM_FILTER),
            (self.flip != Flip::None, c::NVBUFSURF_TRANSFORM_FLIP),
            (self.normalizes, c::NVBUFSURF_TRANSFORM_NORMALIZE),
            (self.is_odd_allowed, c::NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP),
        ] {
            flags |= if is_set { flag } else { 0 };
        }
        let params = in_family!(library, family => {
            #[allow(clippy::needless_update, reason = "one of the families has reserved words")]
            let params = family::NvBufSurfTransformParams {
                transform_flag: flags,
                transform_flip: self.flip as u32,
                transform_filter: self.filter.unwrap_or(Filter::DEFAULT).0,
                src_rect: source_rects.cast(),
                dst_rect: target_rects.cast(),
                ..Default::default()
            };
            arena.put(params).cast()
        });
        Arguments {
            source,
            target,
            params,
        }
    }

    /// The arguments in words.
    fn describe(&self, sources: &impl Buffers, targets: &impl Buffers) -> String {
        let (source, target) = (sources.at(0).0, targets.at(0).0);
        format!(
            "{} buffer(s) from {source:?} to {target:?}, {self:?}",
            sources.count()
        )
    }
}

/// Whether the release has the flag for odd rectangles: a function of R36.3 is there, or the release
/// says so (facts).
fn allows_odd_crop(library: &TransformLibrary) -> bool {
    let is_named = |release| match release {
        Release::L4t(..) => release >= Release::L4t(35, 6, 0),
        Release::DeepStream(..) => release >= Release::DeepStream(6, 3, 0),
        _ => false,
    };
    let release = Library::get().ok().and_then(Library::release);
    library.functions().sync_obj_from_file.is_some() || release.is_some_and(is_named)
}
