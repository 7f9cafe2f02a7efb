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

type ChromaPosition = r32_3::NvBufferChromaSubsamplingParams;

const _: () = {
    assert!(size_of::<ChromaPosition>() == 2);
    assert!(size_of::<r32_4::NvBufferChromaSubsamplingParams>() == 2);
    assert!(size_of::<r32_5::NvBufferChromaSubsamplingParams>() == 2);
    assert!(size_of::<r32_6::NvBufferChromaSubsamplingParams>() == 2);
    assert!(size_of::<r34::NvBufferChromaSubsamplingParams>() == 2);
};

/// What to allocate; from [`NvBuffer::builder`] or [`NvBuffer::memory_builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is allocated before build()"]
pub struct NvBufferBuilder {
    content: Content,
    tag: Option<Tag>,
    is_interlaced: bool,
    chroma: Option<ChromaPosition>,
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
        Self::of(Content::Picture {
            width,
            height,
            format: ColorFormat::RGBA,
            layout: Layout::PITCH,
        })
    }

    pub(super) fn bytes(size: u32) -> Self {
        Self::of(Content::Bytes(size))
    }

    fn of(content: Content) -> Self {
        Self {
            content,
            tag: None,
            is_interlaced: false,
            chroma: None,
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

    /// A picture of two fields, one after the other, for engines that know such; since R32.3. The planes
    /// are mapped as they lie.
    #[doc(alias = "NvBufferCreateInterlace")]
    pub fn interlaced(mut self) -> Self {
        self.is_interlaced = true;
        self
    }

    /// Where chroma samples of a picture lie between those of luma; since R32.3. Across: 0 left (if not
    /// said), 1 centre, 2 right. Down: 0 top, 1 centre (if not said), 2 bottom.
    #[doc(alias = "NvBufferCreateWithChromaLoc")]
    #[doc(alias = "NvBufferChromaSubsamplingParams")]
    pub fn chroma_position(mut self, horizontal: u8, vertical: u8) -> Self {
        self.chroma = Some(ChromaPosition {
            chromaLocHoriz: horizontal,
            chromaLocVert: vertical,
        });
        self
    }

    /// Allocates.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a size, layout, format or chroma position that cannot be, a format that
    /// the release does not have, fields or a chroma position of raw memory, or both at once;
    /// [`ErrorKind::Load`] where there is no libnvbuf_utils (since R35.3), or it knows no tags and no raw
    /// memory (R28), no fields and chroma positions (before R32.3); [`ErrorKind::Call`] when the library refuses.
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
        if self.is_interlaced && self.chroma.is_some() {
            let what = "interlaced and with a chroma position: the library has no call for both";
            return Err(invalid(what.into()));
        }
        if let Some(c) = &self.chroma
            && (c.chromaLocHoriz > 2 || c.chromaLocVert > 2)
        {
            return Err(invalid(format!("{c:?}; 0 to 2 are possible")));
        }
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
            Content::Bytes(_) if self.is_interlaced || self.chroma.is_some() => {
                let what = "raw memory has no fields and no chroma";
                return Err(invalid(what.into()));
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
        let f = library.functions();
        let is_plain = self.tag.is_none() && params.payloadType == Payload::SURF_ARRAY.0;
        let wanted = (&raw mut params).cast::<c_void>();
        let (call, ret) = if let Some(mut chroma) = self.chroma {
            let call = "NvBufferCreateWithChromaLoc";
            let create = needed(library, f.create_with_chroma_loc, call)?;
            let place = (&raw mut chroma).cast::<c_void>();
            // SAFETY: the pointers are to locals that outlive the call; the structs are those of every
            // release that has the function (asserted above).
            (call, unsafe { create(&raw mut fd, wanted, place) })
        } else if self.is_interlaced {
            let call = "NvBufferCreateInterlace";
            let create = needed(library, f.create_interlace, call)?;
            // SAFETY: as above.
            (call, unsafe { create(&raw mut fd, wanted) })
        } else if is_plain {
            let p = &params;
            // SAFETY: the pointer is to a local that outlives the call; the numbers were checked.
            let ret =
                unsafe { (f.create)(&raw mut fd, p.width, p.height, p.layout, p.colorFormat) };
            ("NvBufferCreate", ret)
        } else {
            let call = "NvBufferCreateEx";
            let create = needed(library, f.create_ex, call)?;
            // SAFETY: as above.
            (call, unsafe { create(&raw mut fd, wanted) })
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
