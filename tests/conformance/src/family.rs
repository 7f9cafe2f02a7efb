//! Code for both families of structs, written once.
#![forbid(unsafe_code)]

/// Evaluates an expression with a name bound to the module of a family's structs.
macro_rules! in_family {
    ($family:expr, $module:ident => $value:expr) => {
        match $family {
            nvbufsurface_sys::Family::Classic => {
                use nvbufsurface_sys::classic as $module;
                $value
            }
            nvbufsurface_sys::Family::Extended => {
                use nvbufsurface_sys::extended as $module;
                $value
            }
        }
    };
}
pub(crate) use in_family;
