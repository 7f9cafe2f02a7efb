#![forbid(unsafe_code)]

use nvbufsurface_sys::nvbuf_utils::{r32_1, r32_4};

/// Who uses a buffer, for the statistics of the memory manager. Any number is kept.
#[doc(alias = "NvBufferTag")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Tag(pub u32);

impl Tag {
    /// Nobody in particular.
    pub const NONE: Self = Self(r32_1::NvBufferTag_NONE);
    /// Camera capture.
    pub const CAMERA: Self = Self(r32_1::NvBufferTag_CAMERA);
    /// JPEG encoder or decoder.
    pub const JPEG: Self = Self(r32_1::NvBufferTag_JPEG);
    /// Protected content, which the CPU does not reach; since R32.4.
    pub const PROTECTED: Self = Self(r32_4::NvBufferTag_PROTECTED);
    /// Video encoder.
    pub const VIDEO_ENC: Self = Self(r32_1::NvBufferTag_VIDEO_ENC);
    /// Video decoder.
    pub const VIDEO_DEC: Self = Self(r32_1::NvBufferTag_VIDEO_DEC);
    /// Video converter.
    pub const VIDEO_CONVERT: Self = Self(r32_1::NvBufferTag_VIDEO_CONVERT);
}

/// What a buffer holds. R28 has pictures alone.
#[doc(alias = "NvBufferPayloadType")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Payload(pub u32);

impl Payload {
    /// A picture.
    pub const SURF_ARRAY: Self = Self(r32_1::NvBufferPayload_SurfArray);
    /// Bytes without a picture.
    pub const MEM_HANDLE: Self = Self(r32_1::NvBufferPayload_MemHandle);
}
