//! One fault, or a fault behind another: what the environment of a process asks to go wrong.

#![forbid(unsafe_code)]

use std::fmt;
use std::sync::Arc;

use crate::record::Place;
use crate::worker::PEER;

/// A function and a place that calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) function: String,
    /// As the simulator names it.
    pub(crate) site: String,
}

/// Which call of a pair fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Only(u64),
    Every,
}

/// A call that fails.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) pair: Pair,
    pub(crate) place: Arc<Place>,
    pub(crate) number: Number,
    pub(crate) error: i32,
}

/// What goes wrong in a process.
#[derive(Clone, Debug)]
pub(crate) enum Injection {
    /// A call fails; the second one is made only because the first failed.
    Failure(Failure, Option<Failure>),
    /// Every call of a function takes so many microseconds more.
    Delay { function: String, microseconds: u64 },
    /// So many bytes are all that there is.
    Memory(u64),
    /// `WAY:ELEMENT:FRAME`
    Peer(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:", self.pair.function, self.pair.site)?;
        match self.number {
            Number::Only(number) => write!(f, "{number}")?,
            Number::Every => f.write_str("*")?,
        }
        write!(f, ":{}", self.error)
    }
}

impl Injection {
    /// The variables that ask for it.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Failure(first, None) => vec![("NVMM_SIM_FAIL", first.to_string())],
            Self::Failure(first, Some(second)) => {
                vec![("NVMM_SIM_FAIL", format!("{first},{second}"))]
            }
            Self::Delay {
                function,
                microseconds,
            } => vec![("NVMM_SIM_DELAY", format!("{function}:{microseconds}"))],
            Self::Memory(bytes) => vec![("NVMM_SIM_MEMORY", bytes.to_string())],
            Self::Peer(wish) => vec![(PEER, wish.clone())],
        }
    }

    /// The failures, the first in front.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Failure> {
        let (first, second) = match self {
            Self::Failure(first, second) => (Some(first), second.as_ref()),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// What the tables call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Failure(_, None) => "failures",
            Self::Failure(_, Some(_)) => "failures behind failures",
            Self::Delay { .. } => "delays",
            Self::Memory(_) => "out of memory",
            Self::Peer(_) => "vanishing peers",
        }
    }
}
