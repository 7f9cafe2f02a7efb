#![forbid(unsafe_code)]

super::open_enum::open_enum! {
    /// What a surface is made of.
    #[doc(alias = "NvBufSurfaceMemType")]
    MemType("memory type") {
        /// The platform's choice: `SURFACE_ARRAY` on Jetson.
        DEFAULT = NVBUF_MEM_DEFAULT,
        CUDA_PINNED = NVBUF_MEM_CUDA_PINNED,
        CUDA_DEVICE = NVBUF_MEM_CUDA_DEVICE,
        CUDA_UNIFIED = NVBUF_MEM_CUDA_UNIFIED,
        /// A dmabuf that every engine of the SoC reaches.
        SURFACE_ARRAY = NVBUF_MEM_SURFACE_ARRAY,
        HANDLE = NVBUF_MEM_HANDLE,
        SYSTEM = NVBUF_MEM_SYSTEM,
        /// A CUDA array, since DeepStream 9.0 and L4T R39.
        CUDA_ARRAY = NVBUF_MEM_CUDA_ARRAY,
    }
}

impl MemType {
    /// Whether `bufferDesc` of such a surface is a dmabuf fd.
    pub const fn has_dmabuf(self) -> bool {
        matches!(self, Self::SURFACE_ARRAY | Self::HANDLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_print_their_number() {
        assert_eq!(MemType(8).to_string(), "memory type 8");
        assert_eq!(format!("{:?}", MemType::CUDA_ARRAY), "CUDA_ARRAY");
    }

    #[test]
    fn a_dmabuf_is_behind_the_types_of_the_soc_alone() {
        let types: Vec<_> = (0..16).map(MemType).filter(|t| t.has_dmabuf()).collect();
        assert_eq!(types, [MemType::SURFACE_ARRAY, MemType::HANDLE]);
    }
}
