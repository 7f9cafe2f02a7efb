//! The buffer pool.

mod imp;
mod output;

use gst::glib;
use gst::prelude::*;
use gst_video::VideoInfo;
use nvbuf::ColorFormat;

use crate::error::{Error, Result};
use crate::memory::Form;

pub(crate) use self::output::{Output, OutputSettings};

/// Surfaces at most, whatever downstream asks for: each is an fd and megabytes of carveout.
const MAX_SURFACES: u32 = 64;

/// The number of the surfaces' format in a configuration, where it is not that of the caps.
const COLOR_FORMAT: &str = "color-format";

glib::wrapper! {
    /// A buffer pool of NVMM buffers with a bounded, stable set of surfaces.
    ///
    /// Buffers recycle as in any pool. Where a buffer cannot come back, because its memory went on
    /// in a copy behind a tee, the surface still does: the pool waits for it instead of making
    /// another.
    pub struct NvmmBufferPool(ObjectSubclass<imp::NvmmBufferPool>)
        @extends gst::BufferPool, gst::Object;
}

impl NvmmBufferPool {
    /// A pool for `caps` with at most `max` surfaces, configured and not active yet. Its memory is of the
    /// form that the platform's elements expect.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] for caps that are no NVMM video or a format without surface format.
    pub fn new(caps: &gst::Caps, min: u32, max: u32) -> Result<Self> {
        Self::with_form(caps, min, max, Form::of_platform(false))
    }

    /// The same in the form that is asked for. Who configures a pool without it sets the boolean
    /// `bufapi-version` in the configuration, of which [`Form::of_platform`] says what it means.
    ///
    /// # Errors
    ///
    /// As [`NvmmBufferPool::new`] and [`crate::NvmmAllocator::with_form`].
    pub fn with_form(caps: &gst::Caps, min: u32, max: u32, form: Form) -> Result<Self> {
        Self::build(caps, min, max, form, None)
    }

    /// The same with surfaces of one format out of those that hold what the caps say: for an output
    /// whose colours are to be those of an input's surfaces, so that an engine converts none.
    ///
    /// # Errors
    ///
    /// As [`NvmmBufferPool::with_form`], and [`Error::Buffer`] for a format that does not hold it.
    pub fn with_color_format(
        caps: &gst::Caps,
        min: u32,
        max: u32,
        form: Form,
        format: ColorFormat,
    ) -> Result<Self> {
        Self::build(caps, min, max, form, Some(format))
    }

    fn build(
        caps: &gst::Caps,
        min: u32,
        max: u32,
        form: Form,
        format: Option<ColorFormat>,
    ) -> Result<Self> {
        require_nvmm(caps)?;
        let pool: Self = glib::Object::new();
        let mut config = pool.config();
        // The size is set with the rest, in `set_config`.
        config.set_params(Some(caps), 0, min, max.max(min));
        config.set(Form::PROPERTY, form == Form::Surface);
        if let Some(format) = format {
            config.set(COLOR_FORMAT, format.0);
        }
        pool.set_config(config).map_err(|e| {
            let why = || Error::buffer(format!("no NVMM pool for {caps}: {e}"));
            pool.failure().unwrap_or_else(why)
        })?;
        Ok(pool)
    }

    /// Why it refused a configuration or had no buffer, the last time that it did: GStreamer's own calls
    /// say only that they failed. An element posts [`Error::to_message`] of it.
    pub fn failure(&self) -> Option<Error> {
        use gst::subclass::prelude::*;
        self.imp().failure()
    }

    /// A writable buffer, as soon as there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Flushing`] while the pool flushes or is not active; otherwise what
    /// [`NvmmBufferPool::failure`] says.
    pub fn acquire(&self) -> Result<gst::Buffer> {
        self.acquire_buffer(None).map_err(|flow| match flow {
            gst::FlowError::Flushing => Error::Flushing,
            flow => {
                let other = || Error::buffer(format!("the pool gives no buffer: {flow}"));
                self.failure().unwrap_or_else(other)
            }
        })
    }

    /// How many surfaces an element's own pool needs, for its `decide_allocation`: `at_least`, or
    /// what downstream wants to hold and two more, one being written and one on its way. Takes
    /// downstream's pools out of the query: they are for other memory.
    pub fn size_for(query: &mut gst::query::Allocation, at_least: u32) -> u32 {
        let asked = query
            .allocation_pools()
            .map(|(_, _, min, _)| min)
            .max()
            .unwrap_or(0);
        while query.allocation_pools().next().is_some() {
            query.remove_nth_allocation_pool(0);
        }
        at_least.max(asked.saturating_add(2).min(MAX_SURFACES))
    }

    /// What the pool's buffers hold, once it is configured.
    pub fn info(&self) -> Option<VideoInfo> {
        use gst::subclass::prelude::*;
        self.imp().info()
    }
}

/// # Errors
///
/// [`Error::Buffer`] for caps that are no NVMM video.
pub(crate) fn require_nvmm(caps: &gst::Caps) -> Result<()> {
    if crate::is_nvmm(caps) {
        return Ok(());
    }
    Err(Error::buffer(format!(
        "caps {caps} lack the feature memory:NVMM: put it in the pad template and in \
         capsfilters, as in video/x-raw(memory:NVMM),format=RGBA"
    )))
}
