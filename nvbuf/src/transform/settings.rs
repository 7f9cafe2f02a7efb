#![forbid(unsafe_code)]

use super::params::Filter;
use super::session::Session;

/// What calls of every kind may be told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settings {
    pub(super) session: Session,
    pub(super) filter: Option<Filter>,
}

impl Settings {
    /// The filter's number, and `flag` if it was said.
    pub(super) fn filter(&self, flag: u32) -> (u32, u32) {
        match self.filter {
            Some(filter) => (filter.0, flag),
            None => (Filter::DEFAULT.0, 0),
        }
    }
}

/// The methods that set the field `settings` of a type; with more to be said of its filter.
macro_rules! setters {
    ($Type:ident $(, $(#[$doc:meta])+)?) => {
        impl $Type {
            /// Interpolation; the library's choice if not said.
            $($(#[$doc])+)?
            pub fn filter(mut self, filter: $crate::Filter) -> Self {
                self.settings.filter = Some(filter);
                self
            }

            /// The engine; the platform's choice if not said.
            pub fn compute(mut self, compute: $crate::Compute) -> Self {
                self.settings.session.compute = compute;
                self
            }

            /// Engine, GPU and CUDA stream together.
            pub fn session(mut self, session: $crate::Session) -> Self {
                self.settings.session = session;
                self
            }
        }
    };
}
pub(super) use setters;
