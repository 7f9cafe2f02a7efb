#![forbid(unsafe_code)]

use std::mem::offset_of;

use nvbufsurface_sys::Numbering;
use nvbufsurface_sys::nvbuf_utils::{r32_3, r32_4, r32_5, r32_6, r34};

use super::buffer::NvBuffer;
use super::layout::word;
use crate::error::Result;
use crate::params_ex::ParamsEx;

/// The beginning of the struct has had one layout since it came.
type Ex = r32_3::NvBufferParamsEx;

macro_rules! same {
    ($($module:ident)*) => {
        $(const _: () = {
            use $module::NvBufferParamsEx as Later;
            assert!(offset_of!(Ex, startofvaliddata) == offset_of!(Later, startofvaliddata));
            assert!(offset_of!(Ex, sizeofvaliddatainbytes) == offset_of!(Later, sizeofvaliddatainbytes));
            assert!(offset_of!(Ex, scanformat) == offset_of!(Later, scanformat));
            assert!(offset_of!(Ex, chromaSubsampling) == offset_of!(Later, chromaSubsampling));
            assert!(offset_of!(Ex, chromaSubsampling) + 2 == offset_of!(Later, is_protected));
        };)*
    };
}
same!(r32_4 r32_5 r32_6 r34);

impl NvBuffer<'_> {
    /// More facts of the buffer, asked of the library now; since R32.3. Protection is told since R32.4.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`](crate::ErrorKind::Load) before R32.3, [`ErrorKind::Call`](crate::ErrorKind::Call)
    /// when the library refuses.
    #[doc(alias = "NvBufferGetParamsEx")]
    pub fn params_ex(&self) -> Result<ParamsEx> {
        let block = self.description_block()?;
        let signed = |offset| word(&block, offset).cast_signed();
        let chroma = word(&block, offset_of!(Ex, chromaSubsampling)).to_ne_bytes();
        let [chroma_horizontal, chroma_vertical, protected, _] = chroma;
        let scan = word(&block, offset_of!(Ex, scanformat));
        Ok(ParamsEx {
            chroma_horizontal,
            chroma_vertical,
            is_interlaced: scan == r32_3::NvBufferDisplayScanFormat_Interlaced,
            is_protected: self.numbering() >= Numbering::R32_4 && protected != 0,
            valid_start: signed(offset_of!(Ex, startofvaliddata)),
            valid_size: signed(offset_of!(Ex, sizeofvaliddatainbytes)),
        })
    }
}
