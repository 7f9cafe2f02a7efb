#![forbid(unsafe_code)]

super::open_enum::open_enum! {
    /// How rows lie in memory.
    #[doc(alias = "NvBufSurfaceLayout")]
    Layout("layout") {
        /// Row after row, `pitch` bytes apart: what the CPU and most kernels want.
        PITCH = NVBUF_LAYOUT_PITCH,
        /// The hardware's tiles: CUDA sees an array, the CPU nothing useful.
        BLOCK_LINEAR = NVBUF_LAYOUT_BLOCK_LINEAR,
    }
}
