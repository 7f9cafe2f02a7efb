//! `Blend`: two batches, mixed by the alpha of a third.

use std::ffi::c_void;

use nvbufsurface_sys::{TransformLibrary, classic as c};

use super::arena::{self, Arena};
use super::check::{self, Way};
use super::claim::{Batch, Claims};
use super::params::{Color, Flip};
use super::rect::Rect;
use super::settings::{Settings, setters};
use super::{call_result, in_family, library, require};
use crate::error::{Error, ErrorKind, Result};
use crate::map::Access;
use crate::surface::Surface;

const CALL: &str = "NvBufSurfTransformCompositeBlend";

/// Mixes two batches, buffer by buffer: the target is `(above * alpha + below * (255 - alpha)) / 255`.
///
/// The alpha is that of a third batch, or its first component where its format has none (GRAY8, assumed).
/// All are scaled to the target. Since L4T R34.1 (R32.6) and DeepStream 6.0, and synchronous only.
#[doc(alias = "NvBufSurfTransformCompositeBlendParams")]
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens before run()"]
pub struct Blend {
    settings: Settings,
    background: Option<Color>,
    performed: Option<Box<[bool]>>,
}

setters!(Blend, #[doc(alias = "composite_blend_filter")]);

impl Blend {
    /// By the platform's engine.
    pub fn new() -> Self {
        Self::default()
    }

    /// The colour in the place of the second batch where there is none.
    #[doc(alias = "color_bg")]
    pub fn background(mut self, color: Color) -> Self {
        self.background = Some(color);
        self
    }

    /// Which buffers are mixed; of the others the target becomes the first batch's. All if not said.
    #[doc(alias = "perform_blending")]
    pub fn perform(mut self, buffers: &[bool]) -> Self {
        self.performed = Some(buffers.into());
        self
    }

    /// Mixes every buffer of `above` with that of the same number of `below`, or with the background, into
    /// that of `target`, and waits for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for what is refused before the call: neither a second batch nor a
    /// background, batches of different lengths, a scale or a memory type that the engine does not do, a
    /// buffer that is its own target. [`ErrorKind::Busy`] while a source is mapped for writing or an engine
    /// uses one of them. [`ErrorKind::Load`] on releases without the function. [`ErrorKind::Transform`] when
    /// the library refuses.
    #[doc(alias = "NvBufSurfTransformCompositeBlend")]
    pub fn run(
        &self,
        above: &Surface,
        below: Option<&Surface>,
        alpha: &Surface,
        target: &mut Surface,
    ) -> Result<()> {
        self.run_shared(above, below, alpha, target)
    }

    /// [`Blend::run`] for a target that others have too, in an [`Arc`](std::sync::Arc) for example.
    ///
    /// # Errors
    ///
    /// As [`Blend::run`], and [`ErrorKind::Busy`] while the target is mapped.
    pub fn run_shared(
        &self,
        above: &Surface,
        below: Option<&Surface>,
        alpha: &Surface,
        target: &Surface,
    ) -> Result<()> {
        let library = library()?;
        let blend = require(library, CALL, library.functions().composite_blend)?;
        self.check(above, below, alpha, target)?;
        let claim = |surface| Claims::take(CALL, Batch(surface), Access::Read);
        let _sources = (claim(above)?, below.map(claim).transpose()?, claim(alpha)?);
        let _target = Claims::take(CALL, Batch(target), Access::Write)?;
        let count = above.batch_size();
        arena::with(count, |arena| {
            let mut batch = |surface| arena.surface(library, &Batch(surface), 0, count);
            let raw_above = batch(above);
            let raw_below = below.map_or(std::ptr::null_mut(), &mut batch);
            let (raw_alpha, raw_target) = (batch(alpha), batch(target));
            let params = self.params(library, arena, count);
            let _turn = self.settings.session.enter(library)?;
            // SAFETY: descriptors of live surfaces with the same number of buffers (the second may be null),
            // and parameters with a value for each, all in the library's layout and in the arena,
            // which outlives the call; nobody uses the pixels in a way that the claims exclude.
            let ret = unsafe { blend(raw_above, raw_below, raw_alpha, raw_target, params) };
            call_result(CALL, ret, || {
                format!("{above:?} over {below:?} by {alpha:?} to {target:?}, {self:?}")
            })
        })
    }

    fn check(
        &self,
        above: &Surface,
        below: Option<&Surface>,
        alpha: &Surface,
        target: &Surface,
    ) -> Result<()> {
        let invalid = |detail: String| Err(Error::new(ErrorKind::Invalid, CALL, detail));
        if let Some(color) = self.background {
            color.check(CALL)?;
        }
        if below.is_none() && self.background.is_none() {
            return invalid("neither a second batch nor a background: give one of them".into());
        }
        check::targets(CALL, &Batch(target), &self.settings.session)?;
        let count = above.batch_size();
        let sources = [Some(above), below, Some(alpha)];
        for source in sources.into_iter().flatten() {
            check::list(CALL, "source", &Batch(source), &self.settings.session)?;
            if source.batch_size() != count || target.batch_size() < count {
                return invalid(format!(
                    "{above:?}, {below:?} and {alpha:?} to {target:?}: sources need equally many buffers, \
                     and the target as many"
                ));
            }
            for i in 0..count {
                check::different(CALL, (&Batch(source), i), (&Batch(target), i))?;
                let (from, to) = (source.params(i)?, target.params(i)?);
                let way = Way::new([from, to].map(Rect::whole), [None, None], Flip::None);
                way.check(CALL, false, self.settings.session.is_vic(source.mem_type()))?;
            }
        }
        match &self.performed {
            Some(performed) if performed.len() != count as usize => invalid(format!(
                "perform says something of {} buffers, and there are {count}",
                performed.len()
            )),
            _ => Ok(()),
        }
    }

    /// `NvBufSurfTransformCompositeBlendParams`
    fn params(&self, library: &TransformLibrary, arena: &mut Arena, count: u32) -> *mut c_void {
        let performed = arena.list(count, |i| {
            let all = self.performed.as_ref();
            u32::from(all.is_none_or(|performed| performed[i as usize]))
        });
        let flag = c::NVBUFSURF_TRANSFORM_COMPOSITE_FILTER;
        let (filter, filter_flag) = self.settings.filter(flag);
        let color = arena.color(library, self.background);
        in_family!(library, family => {
            #[allow(clippy::needless_update, reason = "one of the families has reserved words")]
            let params = family::NvBufSurfTransformCompositeBlendParams {
                // The flag of a blend is newer than the function.
                composite_blend_flag: c::NVBUFSURF_TRANSFORM_COMPOSITE | filter_flag,
                input_buf_count: count,
                composite_blend_filter: filter,
                color_bg: color.cast(),
                perform_blending: performed,
                ..Default::default()
            };
            arena.put(params).cast()
        })
    }
}
