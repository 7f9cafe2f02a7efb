//! Tables of functions that are found by name at run time.

macro_rules! table {
    (
        required { $($(#[$attr:meta])* $field:ident: $function:ty = $($name:literal)|+;)* }
        optional { $($(#[$opt_attr:meta])* $opt_field:ident: $opt_function:ty = $opt_name:literal;)* }
    ) => {
        /// The functions; each has the prototype of the C header.
        pub(crate) struct Functions {
            $($(#[$attr])* pub(crate) $field: $function,)*
            $($(#[$opt_attr])* pub(crate) $opt_field: Option<$opt_function>,)*
        }

        impl Functions {
            /// Fills the table by name.
            ///
            /// # Errors
            ///
            /// The first required name that is missing.
            ///
            /// # Safety
            ///
            /// What `symbol` gives is null or the function of that name, with the prototype that our
            /// header gives it, and stays so for the rest of the process.
            unsafe fn load(
                symbol: impl Fn(&std::ffi::CStr) -> Option<std::ptr::NonNull<std::ffi::c_void>>,
            ) -> Result<Self, &'static str> {
                Ok(Self {
                    $($(#[$attr])* $field: {
                        let names = [$($name),+];
                        let address = names
                            .iter()
                            .find_map(|name| symbol(name))
                            .ok_or_else(|| names[0].to_str().unwrap_or("?"))?;
                        // SAFETY: by this function's contract; alternatives have the same prototype.
                        unsafe {
                            std::mem::transmute::<*mut std::ffi::c_void, $function>(address.as_ptr())
                        }
                    },)*
                    $($(#[$opt_attr])* $opt_field: symbol($opt_name).map(|address| {
                        // SAFETY: as above.
                        unsafe {
                            std::mem::transmute::<*mut std::ffi::c_void, $opt_function>(address.as_ptr())
                        }
                    }),)*
                })
            }
        }
    };
}

pub(crate) use table;
