#![forbid(unsafe_code)]

use std::fmt;

/// Numbers of the colour formats and layout of the structs of libnvbuf_utils: nearly every release
/// has its own. Each is a module of [`nvbuf_utils`](crate::nvbuf_utils).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Numbering {
    /// R27.1.
    R27_1,
    /// R28.
    R28,
    /// R32.1.
    R32_1,
    /// R32.2.
    R32_2,
    /// R32.3.
    R32_3,
    /// R32.4.
    R32_4,
    /// R32.5.
    R32_5,
    /// R32.6 and R32.7.
    R32_6,
    /// R34 and R35.
    R34,
}

impl Numbering {
    /// All, oldest first.
    pub const ALL: [Self; 9] = [
        Self::R27_1,
        Self::R28,
        Self::R32_1,
        Self::R32_2,
        Self::R32_3,
        Self::R32_4,
        Self::R32_5,
        Self::R32_6,
        Self::R34,
    ];
}

impl fmt::Display for Numbering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::R27_1 => "L4T R27.1",
            Self::R28 => "L4T R28",
            Self::R32_1 => "L4T R32.1",
            Self::R32_2 => "L4T R32.2",
            Self::R32_3 => "L4T R32.3",
            Self::R32_4 => "L4T R32.4",
            Self::R32_5 => "L4T R32.5",
            Self::R32_6 => "L4T R32.6/R32.7",
            Self::R34 => "L4T R34/R35",
        })
    }
}
