#![forbid(unsafe_code)]

super::open_enum::open_enum! {
    /// Who will use a new buffer. Releases: since R34.1, DeepStream 6.1.
    ///
    /// A hint of the program's to the allocator; what it changes NVIDIA does not say.
    #[doc(alias = "NvBufSurfaceTag")]
    Tag("tag") {
        /// Nobody in particular.
        NONE = NvBufSurfaceTag_NONE,
        CAMERA = NvBufSurfaceTag_CAMERA,
        JPEG = NvBufSurfaceTag_JPEG,
        PROTECTED = NvBufSurfaceTag_PROTECTED,
        VIDEO_ENC = NvBufSurfaceTag_VIDEO_ENC,
        VIDEO_DEC = NvBufSurfaceTag_VIDEO_DEC,
        /// The transforms of libnvbufsurftransform.
        VIDEO_CONVERT = NvBufSurfaceTag_VIDEO_CONVERT,
    }
}
