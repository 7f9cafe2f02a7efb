//! `Composite`: several buffers on one.

use std::sync::Arc;

use nvbufsurface_sys::TransformLibrary;

use super::arena;
use super::check::{self, Way};
use super::claim::{Buffers, Claims};
use super::compose::{Form, compose, is_short};
use super::params::Color;
use super::rect::Rect;
use super::settings::{Settings, setters};
use super::sync::{SyncFunctions, SyncObject};
use super::work::Work;
use super::{call_result, library, require};
use crate::error::{Error, ErrorKind, Result};
use crate::map::Access;
use crate::surface::Surface;

/// Where one source of a [`Composite`] goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[must_use = "a layer does nothing on its own"]
pub struct Layer {
    pub(super) source: Option<Rect>,
    pub(super) target: Option<Rect>,
    pub(super) alpha: Option<f32>,
}

impl Layer {
    /// All of the source on all of the target, opaque.
    pub fn new() -> Self {
        Self::default()
    }

    /// The part of the source that is taken; all of it if not said.
    #[doc(alias = "src_comp_rect")]
    pub fn crop(mut self, source: Rect) -> Self {
        self.source = Some(source);
        self
    }

    /// The part of the target that is written; all of it if not said.
    #[doc(alias = "dst_comp_rect")]
    pub fn place(mut self, target: Rect) -> Self {
        self.target = Some(target);
        self
    }

    /// How much of the source covers what lies below, 0 to 1; all of it if not said. Since L4T R34.1.1 and
    /// DeepStream 6.1.1.
    #[doc(alias = "NVBUFSURF_TRANSFORM_BLEND")]
    pub fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = Some(alpha);
        self
    }
}

/// Places several buffers on one, each scaled and converted: the first lies lowest.
///
/// What no layer covers stays as it was, unless there is a background. Which function of the library does
/// it:
///
/// - layers with an alpha, or a background: `NvBufSurfTransformMultiInputBufCompositeBlend`,
/// - sources of different sizes or formats: the same, or on R34.1.0 `NvBufSurfTransformMultiInputBufComposite`,
///   where the release has one of them,
/// - everything else: `NvBufSurfTransformComposite` over a batch made of the sources.
#[doc(alias = "NvBufSurfTransformCompositeParams")]
#[doc(alias = "NvBufSurfTransformCompositeBlendParamsEx")]
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens before run() or start()"]
pub struct Composite {
    pub(super) settings: Settings,
    pub(super) layers: Vec<Layer>,
    pub(super) background: Option<Color>,
}

setters!(
    Composite,
    /// Since L4T R34.1 (R32.6) and DeepStream 6.0.
    #[doc(alias = "NVBUFSURF_TRANSFORM_COMPOSITE_FILTER")]
);

impl Composite {
    /// Without layers, by the platform's engine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a layer on top of those before. There is one source for each.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// What lies below all layers; what is there already if not said. Since L4T R34.1.1 and DeepStream
    /// 6.1.1.
    #[doc(alias = "color_bg")]
    pub fn background(mut self, color: Color) -> Self {
        self.background = Some(color);
        self
    }

    /// Places the sources (surface and index) on buffer `index` of `target`, and waits for it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for what is refused before the call: another number of sources than of
    /// layers, rectangles that are empty, odd (all of an odd picture is) or not inside, a scale or a memory type that the engine
    /// does not do, an alpha beyond 0 to 1, a buffer that is its own target. [`ErrorKind::Busy`] while a
    /// source is mapped for writing or an engine uses one of the buffers. [`ErrorKind::Load`] where the
    /// release has no function for it. [`ErrorKind::Transform`] when the library refuses.
    #[doc(alias = "NvBufSurfTransformComposite")]
    #[doc(alias = "NvBufSurfTransformMultiInputBufComposite")]
    #[doc(alias = "NvBufSurfTransformMultiInputBufCompositeBlend")]
    pub fn run(&self, sources: &[(&Surface, u32)], target: &mut Surface, index: u32) -> Result<()> {
        self.run_shared(sources, target, index)
    }

    /// [`Composite::run`] for a target that others have too, in an [`Arc`] for example.
    ///
    /// # Errors
    ///
    /// As [`Composite::run`], and [`ErrorKind::Busy`] while the target is mapped.
    pub fn run_shared(
        &self,
        sources: &[(&Surface, u32)],
        target: &Surface,
        index: u32,
    ) -> Result<()> {
        let library = library()?;
        let target = [(target, index)];
        let target = &target[..];
        let form = self.check(library, &sources, &target)?;
        let call = form.name(false);
        let sources = Claims::take(call, sources, Access::Read)?;
        let target = Claims::take(call, target, Access::Write)?;
        let (sources, target) = (sources.buffers(), target.buffers());
        arena::with(sources.count(), |arena| {
            let arguments = self.arguments(library, form, arena, sources, target);
            let _turn = self.settings.session.enter(library)?;
            let ret = compose(library, arguments, None)?;
            call_result(call, ret, || self.describe(sources, target))
        })
    }

    /// [`Composite::run`] that does not wait: the sync object does.
    ///
    /// # Errors
    ///
    /// As [`Composite::run_shared`]; [`ErrorKind::Load`] on releases without asynchronous transforms.
    #[doc(alias = "NvBufSurfTransformCompositeAsync")]
    #[doc(alias = "NvBufSurfTransformMultiInputBufCompositeAsync")]
    #[doc(alias = "NvBufSurfTransformMultiInputBufCompositeBlendAsync")]
    pub fn start(
        &self,
        sources: &[(Arc<Surface>, u32)],
        target: Arc<Surface>,
        index: u32,
    ) -> Result<SyncObject> {
        let library = library()?;
        let target = [(target, index)];
        let form = self.check(library, &sources, &&target[..])?;
        let functions = SyncFunctions::of(library)?;
        let call = form.name(true);
        let mut work = Work::new(call, sources.iter().cloned(), target)?;
        let (sources, target, arena) = work.parts();
        let arguments = self.arguments(library, form, arena, sources, target);
        let _turn = self.settings.session.enter(library)?;
        let mut raw = std::ptr::null_mut();
        let ret = compose(library, arguments, Some(&mut raw))?;
        call_result(call, ret, || self.describe(sources, target))?;
        // SAFETY: the call of just now made it, for this work.
        unsafe { SyncObject::new(call, functions, raw, work) }
    }

    /// Which function does it, once everything is checked that can be known before the call.
    fn check(
        &self,
        library: &TransformLibrary,
        sources: &impl Buffers,
        target: &impl Buffers,
    ) -> Result<Form> {
        let call = Form::Batch.name(false);
        let invalid = |detail: String| Err(Error::new(ErrorKind::Invalid, call, detail));
        check::list(call, "source", sources, &self.settings.session)?;
        check::targets(call, target, &self.settings.session)?;
        if sources.count() as usize != self.layers.len() {
            return invalid(format!(
                "{} sources for {} layers: one for each is needed",
                sources.count(),
                self.layers.len()
            ));
        }
        if let Some(color) = self.background {
            color.check(call)?;
        }
        if self.settings.filter.is_some() && is_short(library) {
            return invalid(
                "filter: this release's composite parameters have none; L4T R34.1 (R32.6), DeepStream 6.0 \
                 and later have"
                    .into(),
            );
        }
        let (surface, index) = target.at(0);
        let to = Rect::whole(surface.params(index)?);
        for (i, layer) in self.layers.iter().enumerate() {
            let i = i as u32;
            if let Some(alpha) = layer.alpha.filter(|alpha| !(0. ..=1.).contains(alpha)) {
                return invalid(format!(
                    "an alpha of {alpha} of layer {i}: 0 to 1 are possible"
                ));
            }
            check::different(call, (sources, i), (target, 0))?;
            let (source, from) = sources.at(i);
            let from = Rect::whole(source.params(from)?);
            let way = Way::sent([from, to], [layer.source, layer.target]);
            way.check(call, false, self.settings.session.is_vic(source.mem_type()))?;
        }
        self.form(library, sources)
    }

    /// The function for these sources.
    fn form(&self, library: &TransformLibrary, sources: &impl Buffers) -> Result<Form> {
        let f = library.functions();
        let blends = self.layers.iter().any(|layer| layer.alpha.is_some());
        if blends || self.background.is_some() {
            let name = Form::Blend.name(false);
            require(library, name, f.multi_input_buf_composite_blend)?;
            return Ok(Form::Blend);
        }
        let shape = |i| -> Result<_> {
            let (surface, index) = sources.at(i);
            let params = surface.params(index)?;
            Ok((params.width(), params.height(), params.color_format()))
        };
        let first = shape(0)?;
        for i in 1..sources.count() {
            if shape(i)? == first {
                continue;
            }
            return Ok(if f.multi_input_buf_composite_blend.is_some() {
                Form::Blend
            } else if f.multi_input_buf_composite.is_some() {
                Form::Several
            } else {
                Form::Batch
            });
        }
        Ok(Form::Batch)
    }

    /// The arguments in words.
    fn describe(&self, sources: &impl Buffers, target: &impl Buffers) -> String {
        let (source, target) = (sources.at(0).0, target.at(0).0);
        let count = sources.count();
        format!("{count} source(s), the first of {source:?}, on {target:?}, {self:?}")
    }
}
