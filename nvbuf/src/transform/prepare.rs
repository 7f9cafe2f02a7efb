//! Before a transform is called: what is checked, and the arguments.

#![forbid(unsafe_code)]

use std::ffi::c_void;

use nvbufsurface_sys::prefix::NvBufSurface;
use nvbufsurface_sys::{Library, Release, TransformLibrary, classic as c};

use super::arena::Arena;
use super::check::{self, Way};
use super::claim::Buffers;
use super::convert::Transform;
use super::in_family;
use super::params::Flip;
use super::rect::{Rect, Rects};
use crate::error::{Error, ErrorKind, Result};

/// The arguments of one call; they point into an arena.
pub(super) struct Arguments {
    pub(super) source: *mut NvBufSurface,
    pub(super) target: *mut NvBufSurface,
    pub(super) params: *mut c_void,
}

impl Transform {
    /// Checks everything that can be known before the call.
    pub(super) fn check(
        &self,
        call: &'static str,
        library: &TransformLibrary,
        sources: &impl Buffers,
        targets: &impl Buffers,
    ) -> Result<()> {
        let invalid = |detail: String| Err(Error::new(ErrorKind::Invalid, call, detail));
        check::list(call, "source", sources, &self.settings.session)?;
        check::targets(call, targets, &self.settings.session)?;
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
        let are_sent = [
            self.source.are_sent(sources, count),
            self.target.are_sent(targets, count),
        ];
        for i in 0..count {
            check::different(call, (sources, i), (targets, i))?;
            let ((source, from), (target, to)) = (sources.at(i), targets.at(i));
            let (from, to) = (source.params(from)?, target.params(to)?);
            let part = |k: usize, rects: &Rects| rects.at(i).filter(|_| are_sent[k]);
            let parts = [part(0, &self.source), part(1, &self.target)];
            let way = Way::new([from, to].map(Rect::whole), parts, self.flip);
            let is_vic = self.settings.session.is_vic(source.mem_type());
            way.check(call, self.is_odd_allowed, is_vic)?;
        }
        Ok(())
    }

    /// The arguments of the call, in the arena.
    pub(super) fn arguments(
        &self,
        library: &TransformLibrary,
        arena: &mut Arena,
        sources: &impl Buffers,
        targets: &impl Buffers,
    ) -> Arguments {
        let count = sources.count();
        let source = arena.surface(library, sources, 0, count);
        let target = arena.surface(library, targets, 0, count);
        let are_sent = [
            self.source.are_sent(sources, count),
            self.target.are_sent(targets, count),
        ];
        let mut list = |are_sent: bool, rects: &Rects| {
            if !are_sent {
                return std::ptr::null_mut();
            }
            arena.rects(library, count, |i| rects.at(i).unwrap_or_default())
        };
        let source_rects = list(are_sent[0], &self.source);
        let target_rects = list(are_sent[1], &self.target);
        let (filter, mut flags) = self.settings.filter(c::NVBUFSURF_TRANSFORM_FILTER);
        for (is_set, flag) in [
            (are_sent[0], c::NVBUFSURF_TRANSFORM_CROP_SRC),
            (are_sent[1], c::NVBUFSURF_TRANSFORM_CROP_DST),
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
                transform_filter: filter,
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
    pub(super) fn describe(&self, sources: &impl Buffers, targets: &impl Buffers) -> String {
        let (source, target) = (sources.at(0).0, targets.at(0).0);
        format!(
            "{} buffer(s) from {source:?} to {target:?}, {self:?}",
            sources.count()
        )
    }
}

/// Whether the release has the flag for odd rectangles: a function of R36.3 is there, or the release
/// says so (facts).
pub(super) fn allows_odd_crop(library: &TransformLibrary) -> bool {
    let is_named = |release| match release {
        Release::L4t(..) => release >= Release::L4t(35, 6, 0),
        Release::DeepStream(..) => release >= Release::DeepStream(6, 3, 0),
        _ => false,
    };
    let release = Library::get().ok().and_then(Library::release);
    library.functions().sync_obj_from_file.is_some() || release.is_some_and(is_named)
}
