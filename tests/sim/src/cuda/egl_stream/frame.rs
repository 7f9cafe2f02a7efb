//! A frame on its way, and the memory that it is.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::super::array::{self, Array};
use super::super::egl::{EglFrame, MAX_PLANES};
use super::super::error::{CudaError, INVALID_VALUE};
use crate::region::{self, Kind, Region};

/// A frame on its way.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(super) frame: EglFrame,
    memory: [Option<Memory>; MAX_PLANES],
    /// When it was presented; 0 until then.
    pub(super) at: u64,
}

/// What a plane lies in; kept as long as the frame is in flight.
#[derive(Debug)]
pub(super) enum Memory {
    Linear(Arc<Region>),
    Array(Arc<Array>),
}

impl Memory {
    /// The memory of one plane, `len` bytes of it if it is linear.
    fn find(is_array: bool, handle: usize, len: usize) -> Option<Self> {
        if is_array {
            return array::find(handle).map(Self::Array);
        }
        let region = region::find(handle)?;
        let is_right = matches!(region.kind(), Kind::Device | Kind::Surface)
            && region.is_reachable()
            && region.holds(handle, len);
        is_right.then_some(Self::Linear(region))
    }

    /// Whether the program has not freed or unregistered it meanwhile.
    pub(super) fn is_alive(&self, handle: usize) -> bool {
        match self {
            Self::Linear(region) => region::find(handle)
                .is_some_and(|found| Arc::ptr_eq(&found, region) && found.is_reachable()),
            Self::Array(array) => {
                array::find(handle).is_some_and(|found| Arc::ptr_eq(&found, array))
            }
        }
    }
}

impl Frame {
    /// Checks a frame that a program presents; finds its memory.
    pub(super) fn new(frame: EglFrame) -> Result<Self, CudaError> {
        let is_array = frame.is_array().ok_or(INVALID_VALUE)?;
        let planes = frame.plane_count as usize;
        if !(1..=MAX_PLANES).contains(&planes) || frame.width == 0 || frame.height == 0 {
            return Err(INVALID_VALUE);
        }
        // Width, height and pitch are those of the first plane; of the others nothing is said.
        let first = frame.first_plane_bytes().ok_or(INVALID_VALUE)?;
        let mut memory = [const { None }; MAX_PLANES];
        for (plane, found) in memory.iter_mut().enumerate().take(planes) {
            let len = if plane == 0 { first } else { 1 };
            let is_there = Memory::find(is_array, frame.planes[plane], len);
            *found = Some(is_there.ok_or(INVALID_VALUE)?);
        }
        Ok(Self {
            frame,
            memory,
            at: 0,
        })
    }

    /// What a driver knows the frame by: its first plane.
    pub(super) fn first(&self) -> Option<usize> {
        self.memory[0].as_ref()?;
        Some(self.frame.planes[0])
    }

    /// Whether its memory is still there.
    pub(super) fn is_alive(&self) -> bool {
        let planes = self.memory.iter().zip(self.frame.planes);
        planes
            .filter_map(|(memory, handle)| Some((memory.as_ref()?, handle)))
            .all(|(memory, handle)| memory.is_alive(handle))
    }
}
