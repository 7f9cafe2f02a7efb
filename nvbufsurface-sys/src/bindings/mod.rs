//! The generated types, one module for each layout.

/// Declares a generated module: what is checked in, or with feature `bindgen` what the build made.
macro_rules! generated {
    ($(#[$doc:meta])* $name:ident, $file:literal) => {
        $(#[$doc])*
        #[allow(
            non_camel_case_types,
            non_snake_case,
            non_upper_case_globals,
            missing_docs,
            unreachable_pub,
            clippy::all,
            clippy::ptr_as_ptr,
            clippy::cast_lossless,
            clippy::undocumented_unsafe_blocks,
            clippy::multiple_unsafe_ops_per_block,
            reason = "bindgen's output, left as it is"
        )]
        pub mod $name {
            #[cfg(feature = "bindgen")]
            include!(concat!(env!("OUT_DIR"), "/", $file));
            #[cfg(not(feature = "bindgen"))]
            include!($file);
        }
    };
}

generated! {
    /// libnvbufsurface and libnvbufsurftransform of the classic family: L4T R32 to R36,
    /// DeepStream 4 to 7. `NvBufSurface` has 64 bytes, `NvBufSurfaceParams` 384.
    ///
    /// Each item names the releases that have it. Fields that a release has not are reserved words
    /// or padding there. `NvBufSurfTransformCompositeParams` is that of DeepStream 6 and R34: before, it is
    /// [`composite24`]'s, and of R32.6 and R32.7 it is not verified which they have
    /// ([`TransformLibrary::composite_params_size`](crate::TransformLibrary::composite_params_size)
    /// tells).
    classic, "classic.rs"
}

generated! {
    /// The composite parameters of libnvbufsurftransform before DeepStream 6 (R32.1 to R32.5): 24
    /// bytes. The rest is as in [`classic`].
    composite24, "composite24.rs"
}

generated! {
    /// libnvbufsurface and libnvbufsurftransform of the extended family: L4T R39, DeepStream 8 and
    /// later. `NvBufSurface` has 72 bytes, `NvBufSurfaceParams` 416.
    ///
    /// Each item names the releases that have it.
    extended, "extended.rs"
}

/// libnvbuf_utils (L4T R27 to R35.2), one module for each numbering and layout.
pub mod nvbuf_utils {
    generated! {
        /// R27.1: `NvBufferParams` of 88 bytes.
        r27_1, "nvbuf_utils/r27_1.rs"
    }
    generated! {
        /// R28.1 and R28.2, which adds functions: `NvBufferParams` of 104 bytes.
        r28, "nvbuf_utils/r28.rs"
    }
    generated! {
        /// R32.1: formats numbered anew, `NvBufferParams` of 112 bytes.
        r32_1, "nvbuf_utils/r32_1.rs"
    }
    generated! {
        /// R32.2: four planes, `NvBufferParams` of 136 bytes.
        r32_2, "nvbuf_utils/r32_2.rs"
    }
    generated! {
        /// R32.3: formats from 20 on numbered anew, `NvBufferParamsEx` of 264 bytes.
        r32_3, "nvbuf_utils/r32_3.rs"
    }
    generated! {
        /// R32.4: two formats more, `NvBufferParamsEx` of 320 bytes.
        r32_4, "nvbuf_utils/r32_4.rs"
    }
    generated! {
        /// R32.5: formats from 2 on numbered anew.
        r32_5, "nvbuf_utils/r32_5.rs"
    }
    generated! {
        /// R32.6 and R32.7, which adds functions: formats from 41 on numbered anew.
        r32_6, "nvbuf_utils/r32_6.rs"
    }
    generated! {
        /// R34 and R35: formats 34 to 36 numbered anew.
        r34, "nvbuf_utils/r34.rs"
    }
}

#[cfg(nvbuf_sdk)]
generated! {
    /// What NVIDIA's own headers declare: those in `NVBUF_INCLUDE_DIR` when this was built with
    /// feature `bindgen`, of one release and named as there.
    ///
    /// The other modules are the same whatever the SDK is, and the build fails where the two
    /// disagree.
    sdk, "sdk.rs"
}
