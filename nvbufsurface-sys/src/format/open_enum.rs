#![forbid(unsafe_code)]

/// An open newtype over a C enumeration: names for what we know, and every other value kept.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident($prefix:literal) {
        $($(#[$vdoc:meta])* $value:ident = $c:ident,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(transparent)]
        pub struct $name(pub u32);

        impl $name {
            $($(#[$vdoc])*
            #[doc = ""]
            #[doc = concat!("[`", stringify!($c), "`](crate::extended::", stringify!($c), ")")]
            pub const $value: Self = Self($crate::extended::$c);)*

            /// The name of a known value.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$value => Some(stringify!($value)),)*
                    _ => None,
                }
            }
        }

        impl From<u32> for $name {
            fn from(number: u32) -> Self {
                Self(number)
            }
        }

        impl From<$name> for u32 {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!($prefix, " {}"), self.0),
                }
            }
        }
    };
}

pub(super) use open_enum;
