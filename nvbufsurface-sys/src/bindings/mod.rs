//! The generated types, one module per ABI family.

/// The classic family: L4T R32 to R36, DeepStream 4 to 7. Surface 64 bytes, params 384.
#[allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::ptr_as_ptr,
    clippy::cast_lossless,
    reason = "bindgen's output, left as it is"
)]
pub mod classic {
    #[cfg(feature = "bindgen")]
    include!(concat!(env!("OUT_DIR"), "/classic.rs"));
    #[cfg(not(feature = "bindgen"))]
    include!("classic.rs");
}
