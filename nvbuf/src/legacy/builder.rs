//! What to allocate.

use std::ffi::{c_int, c_void};

use nvbufsurface_sys::nvbuf_utils::{r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34};
use nvbufsurface_sys::{LegacyLibrary, Numbering};

use super::buffer::NvBuffer;
use super::library::{library, needed};
use super::params::MAX_SIZE;
use super::tag::{Payload, Tag};
use crate::error::{Error, ErrorKind, Result, check};
use crate::{ColorFormat, Layout};

/// The struct has had one layout since it came.
type CreateParams = r32_1::NvBufferCreateParams;

macro_rules! same {
    ($($module:ident)*) => {
        $(const _: () = assert!(
            size_of::<CreateParams>() == size_of::<$module::NvBufferCreateParams>()
        );)*
    };
}
same!(r32_2 r32_3 r32_4 r32_5 r32_6 r34);

/// What to allocate; from [`NvBuffer::builder`] or [`NvBuffer::memory_builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is allocated before build()"]
pub struct NvBufferBuilder {
    content: Content,
    tag: Option<Tag>,
}

#[derive(Clone, Debug)]
enum Content {
    Picture {
        width: u32,
        height: u32,
        format: ColorFormat,
        layout: Layout,
    },
    Bytes(u32),
}

impl NvBufferBuilder {
    pub(super) fn picture(width: u32, height: u32) -> Self {
        let content = Content::Picture {
            width,
            height,
            format: ColorFormat::RGBA,
            layout: Layout::PITCH,
        };
        Self { content, tag: None }
    }

    pub(super) fn bytes(size: u32) -> Self {
        Self {
            content: Content::Bytes(size),
            tag: None,
        }
    }

    /// The pixel format of a picture, by libnvbufsurface's name; RGBA if not said.
    pub fn format(mut self, wanted: ColorFormat) -> Self {
        if let Content::Picture { format, .. } = &mut self.content {
            *format = wanted;
        }
        self
    }

    /// Pitch linear (if not said) or block linear, of a picture.
    pub fn layout(mut self, wanted: Layout) -> Self {
        if let Content::Picture { layout, .. } = &mut self.content {
            *layout = wanted;
        }
        self
    }

    /// Who uses it, since R32.1.
    pub fn tag(mut self, tag: Tag) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Allocates.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a size, layout or format that cannot be, or a format that the release
    /// does not have; [`ErrorKind::Load`] where there is no libnvbuf_utils (since R35.3), or it
    /// knows no tags and no raw memory (R28); [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufferCreate")]
    #[doc(alias = "NvBufferCreateEx")]
    pub fn build(self) -> Result<NvBuffer<'static>> {
        let params = self.checked()?;
        let library = library()?;
        let (call, fd) = self.allocate(library, params)?;
        let buffer = NvBuffer::created(library, fd)?;
        let said = buffer.params();
        // Finding what was asked for also proves the struct layout.
        let wanted = match &self.content {
            Content::Picture { width, height, .. } => (*width, *height, Payload::SURF_ARRAY),
            Content::Bytes(size) => (*size, 1, Payload::MEM_HANDLE),
        };
        if (said.width(), said.height(), said.payload()) != wanted {
            let detail = format!(
                "asked for {self:?}, and the library says {said:?}: its structs are not of {}, \
                 which its self-test found",
                library.numbering()
            );
            return Err(Error::new(ErrorKind::Call, call, detail));
        }
        Ok(buffer)
    }

    /// Checks what does not need the library.
    fn checked(&self) -> Result<CreateParams> {
        let invalid = |what| Error::new(ErrorKind::Invalid, "NvBufferCreate", what);
        let mut params = CreateParams {
            width: 0,
            height: 0,
            payloadType: Payload::SURF_ARRAY.0,
            memsize: 0,
            layout: Layout::PITCH.0,
            colorFormat: 0,
            nvbuf_tag: self.tag.unwrap_or(Tag::NONE).0,
        };
        match self.content {
            Content::Picture {
                width,
                height,
                layout,
                ..
            } => {
                if !(1..=MAX_SIZE).contains(&width) || !(1..=MAX_SIZE).contains(&height) {
                    return Err(invalid(format!(
                        "{width}x{height}; sides are 1 to {MAX_SIZE} pixels"
                    )));
                }
                if !matches!(layout, Layout::PITCH | Layout::BLOCK_LINEAR) {
                    return Err(invalid(format!("{layout}; pitch or block linear")));
                }
                (params.width, params.height) = (width.cast_signed(), height.cast_signed());
                params.layout = layout.0;
            }
            Content::Bytes(size) => {
                params.payloadType = Payload::MEM_HANDLE.0;
                params.memsize = match c_int::try_from(size) {
                    Ok(size) if size > 0 => size,
                    _ => return Err(invalid(format!("{size} bytes; 1 to {}", c_int::MAX))),
                };
            }
        }
        Ok(params)
    }

    fn allocate(
        &self,
        library: &LegacyLibrary,
        mut params: CreateParams,
    ) -> Result<(&'static str, c_int)> {
        let numbering = library.numbering();
        if let Content::Picture { format, .. } = self.content {
            params.colorFormat = number(format, numbering)?;
        }
        let mut fd: c_int = -1;
        let is_plain = self.tag.is_none() && params.payloadType == Payload::SURF_ARRAY.0;
        let (call, ret) = if is_plain {
            let create = library.functions().create;
            let p = &params;
            // SAFETY: the pointer is to a local that outlives the call; the numbers were checked.
            let ret = unsafe { create(&raw mut fd, p.width, p.height, p.layout, p.colorFormat) };
            ("NvBufferCreate", ret)
        } else {
            let call = "NvBufferCreateEx";
            let create = needed(library, library.functions().create_ex, call)?;
            let params = (&raw mut params).cast::<c_void>();
            // SAFETY: both pointers are to locals that outlive the call; the struct is that of every
            // release that has the function (asserted above).
            (call, unsafe { create(&raw mut fd, params) })
        };
        check(call, ret, || {
            format!(
                "{self:?}: memory is exhausted (see /proc/meminfo, CmaFree), or {numbering} does not \
                 allocate this format or layout"
            )
        })?;
        if fd < 0 {
            let detail = format!("returned 0 and fd {fd}");
            return Err(Error::new(ErrorKind::Call, call, detail));
        }
        Ok((call, fd))
    }
}

fn number(format: ColorFormat, numbering: Numbering) -> Result<u32> {
    let number = format.to_legacy(numbering);
    let number = number.ok_or_else(|| {
        let detail = format!("{format}: {numbering} has no such format");
        Error::new(ErrorKind::Invalid, "NvBufferCreate", detail)
    })?;
    Ok(number.0)
}
