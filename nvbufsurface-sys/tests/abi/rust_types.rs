//! C types in Rust.

/// The Rust type for a C type as the facts spell it; types of the headers are in module `m`.
pub(crate) fn rust_type(c: &str) -> String {
    let c = c.trim();
    if let Some((element, length)) = c.strip_suffix(']').and_then(|c| c.rsplit_once('[')) {
        return format!("[{}; {length}]", rust_type(element));
    }
    if let Some(target) = c.strip_suffix('*') {
        // Only what is pointed to can be const here: no fact has `* const`.
        return match target.trim().strip_prefix("const ") {
            Some(target) => format!("*const {}", rust_type(target)),
            None => format!("*mut {}", rust_type(target)),
        };
    }
    let core = |name: &str| format!("::core::ffi::{name}");
    match c {
        "void" => core("c_void"),
        "char" => core("c_char"),
        "unsigned char" => core("c_uchar"),
        "int" => core("c_int"),
        "unsigned int" => core("c_uint"),
        "float" => "f32".to_owned(),
        "double" => "f64".to_owned(),
        "_Bool" => "bool".to_owned(),
        "uint8_t" => "u8".to_owned(),
        "int32_t" => "i32".to_owned(),
        "uint32_t" => "u32".to_owned(),
        "uint64_t" => "u64".to_owned(),
        _ => format!("m::{}", c.strip_prefix("struct ").unwrap_or(c)),
    }
}

/// The type of a function pointer.
pub(crate) fn function(returns: &str, params: &[&str]) -> String {
    let params: Vec<String> = params.iter().map(|ty| rust_type(ty)).collect();
    let params = params.join(", ");
    match returns {
        "void" => format!("unsafe extern \"C\" fn({params})"),
        _ => format!("unsafe extern \"C\" fn({params}) -> {}", rust_type(returns)),
    }
}
