//! Where the output's buffers of an element come from, and the properties that say how many and which.

#![forbid(unsafe_code)]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use gst::glib;
use gst::prelude::*;

use super::NvmmBufferPool;
use crate::error::{Error, Result};
use crate::memory::Form;

/// Output surfaces if nobody asks for more: one being written, one on its way, two downstream.
const DEFAULT_BUFFERS: u32 = 4;

/// The properties of an element that makes its output: how many surfaces, and of which form.
#[derive(Debug)]
pub(crate) struct OutputSettings {
    buffers: AtomicU32,
    bufapi_version: AtomicBool,
}

impl Default for OutputSettings {
    fn default() -> Self {
        Self {
            buffers: AtomicU32::new(DEFAULT_BUFFERS),
            bufapi_version: AtomicBool::new(false),
        }
    }
}

impl OutputSettings {
    /// For the class's `properties`.
    pub(crate) fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<[glib::ParamSpec; 2]> = LazyLock::new(|| {
            [
                glib::ParamSpecUInt::builder("output-buffers")
                    .nick("Output buffers")
                    .blurb("Output surfaces at least; more if downstream asks for them")
                    .minimum(2)
                    .maximum(64)
                    .default_value(DEFAULT_BUFFERS)
                    .mutable_ready()
                    .build(),
                Form::property(),
            ]
        });
        &*PROPERTIES
    }

    /// For the class's `set_property`. GObject has checked type and range.
    pub(crate) fn set(&self, value: &glib::Value, pspec: &glib::ParamSpec) {
        if pspec.name() == Form::PROPERTY {
            let set = value.get().unwrap_or_default();
            self.bufapi_version.store(set, Ordering::Relaxed);
        } else if let Ok(buffers) = value.get() {
            self.buffers.store(buffers, Ordering::Relaxed);
        }
    }

    /// For the class's `property`.
    pub(crate) fn value(&self, pspec: &glib::ParamSpec) -> glib::Value {
        if pspec.name() == Form::PROPERTY {
            self.bufapi_version.load(Ordering::Relaxed).to_value()
        } else {
            self.buffers().to_value()
        }
    }

    /// Output surfaces at least.
    pub(crate) fn buffers(&self) -> u32 {
        self.buffers.load(Ordering::Relaxed)
    }

    /// What the memory of the output maps to.
    pub(crate) fn form(&self) -> Form {
        Form::of_platform(self.bufapi_version.load(Ordering::Relaxed))
    }
}

/// The output's pool, and what it was made for. Whether it flushes outlives each pool.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pool: Option<Pool>,
    is_flushing: bool,
}

#[derive(Debug)]
struct Pool {
    caps: gst::Caps,
    max: u32,
    form: Form,
    pool: NvmmBufferPool,
}

impl Output {
    pub(crate) fn pool(&self) -> Option<NvmmBufferPool> {
        self.pool.as_ref().map(|pool| pool.pool.clone())
    }

    /// A pool for `caps`: the one that there is, if it is such a one. Returns the one that it replaced, to
    /// be deactivated; buffers that are downstream keep their surfaces until they come back.
    pub(crate) fn set(
        &mut self,
        caps: &gst::Caps,
        max: u32,
        form: Form,
    ) -> Result<Option<NvmmBufferPool>> {
        let is_such = |known: &Pool| known.caps == *caps && (known.max, known.form) == (max, form);
        if self.pool.as_ref().is_some_and(is_such) {
            return Ok(None);
        }
        let pool = NvmmBufferPool::with_form(caps, 0, max, form)?;
        pool.set_active(true)
            .map_err(|e| Error::buffer(format!("the pool for {caps} does not start: {e}")))?;
        if self.is_flushing {
            pool.set_flushing(true);
        }
        let old = self.pool.replace(Pool {
            caps: caps.clone(),
            max,
            form,
            pool,
        });
        Ok(old.map(|old| old.pool))
    }

    /// Wakes who waits for a surface, or lets it wait again. Under the lock that this is behind: of two
    /// threads that say so the pool obeys the same one. It calls nobody back.
    pub(crate) fn set_flushing(&mut self, flushing: bool) {
        self.is_flushing = flushing;
        if let Some(Pool { pool, .. }) = &self.pool {
            pool.set_flushing(flushing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_that_takes_the_place_of_one_that_flushes_flushes_too() {
        gst::init().expect("GStreamer is there");
        let caps = "video/x-raw(memory:NVMM),format=RGBA,width=16,height=16,framerate=30/1";
        let caps = caps.parse().expect("caps");
        let form = Form::of_platform(false);
        let mut output = Output::default();
        assert!(output.set(&caps, 2, form).expect("a pool").is_none());
        assert!(output.set(&caps, 2, form).expect("the same").is_none());
        output.set_flushing(true);
        let old = output.set(&caps, 3, form).expect("another pool");
        let old = old.expect("the first one");
        let pool = output.pool().expect("the second one");
        assert!(old != pool);
        assert!(matches!(pool.acquire(), Err(Error::Flushing)));
        output.set_flushing(false);
        assert!(pool.acquire().is_ok());
        for pool in [old, pool] {
            pool.set_active(false).expect("it stops");
        }
    }
}
