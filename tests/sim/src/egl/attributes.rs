//! Attribute lists: names and values in turn, with `EGL_NONE` behind them.

use std::ffi::c_int;

use super::{BAD_ATTRIBUTE, EglError, NONE, refuse};
use crate::functions::Function;

/// Pairs at most: more than EGL has attributes for any object.
const MAX: usize = 64;

/// A list, copied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes {
    pairs: [(isize, isize); MAX],
    len: usize,
}

impl Attributes {
    /// Reads a list of `EGLint`; null is an empty one.
    ///
    /// # Safety
    ///
    /// `list` is null, or its elements are readable up to `EGL_NONE` in the place of a name.
    pub(crate) unsafe fn of_ints(function: Function, list: *const c_int) -> Result<Self, EglError> {
        Self::read(function, list.is_null(), |index| {
            // SAFETY: not null, and `read` asks in order up to the end, by this function's contract.
            let value = unsafe { list.wrapping_add(index).read() };
            // Never narrower: an `EGLint` has 32 bits.
            value as isize
        })
    }

    /// Reads a list of `EGLAttrib`; null is an empty one.
    ///
    /// # Safety
    ///
    /// As [`Attributes::of_ints`].
    pub(crate) unsafe fn of_attribs(
        function: Function,
        list: *const isize,
    ) -> Result<Self, EglError> {
        Self::read(function, list.is_null(), |index| {
            // SAFETY: not null, and `read` asks in order up to the end, by this function's contract.
            unsafe { list.wrapping_add(index).read() }
        })
    }

    /// Asks for the elements in order: names, and after each the value.
    fn read(
        function: Function,
        is_null: bool,
        element: impl Fn(usize) -> isize,
    ) -> Result<Self, EglError> {
        let mut read = Self {
            pairs: [(0, 0); MAX],
            len: 0,
        };
        if is_null {
            return Ok(read);
        }
        loop {
            let name = element(2 * read.len);
            if name == NONE {
                return Ok(read);
            }
            let Some(pair) = read.pairs.get_mut(read.len) else {
                refuse!(function, BAD_ATTRIBUTE, "the list has no EGL_NONE");
            };
            *pair = (name, element(2 * read.len + 1));
            read.len += 1;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (isize, isize)> {
        self.pairs[..self.len].iter().copied()
    }

    /// The value of a name, the last one if there are several.
    pub(crate) fn get(&self, name: isize) -> Option<isize> {
        self.iter().filter(|(n, _)| *n == name).last().map(|p| p.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_where_a_name_is_none() {
        let list: [c_int; 5] = [1, 0x3038, 2, -7, 0x3038];
        // SAFETY: the list has its end.
        let read = unsafe { Attributes::of_ints(Function::eglCreateStreamKHR, list.as_ptr()) };
        let read = read.unwrap();
        assert!(read.iter().eq([(1, 0x3038), (2, -7)]));
        assert_eq!((read.get(2), read.get(3)), (Some(-7), None));
        // SAFETY: null is allowed.
        let empty =
            unsafe { Attributes::of_attribs(Function::eglCreateSync, std::ptr::null()) }.unwrap();
        assert_eq!(empty.iter().count(), 0);
    }

    #[test]
    fn a_list_without_an_end_is_refused() {
        let list = [1isize; 2 * MAX + 2];
        // SAFETY: as many elements as are read at most.
        let read = unsafe { Attributes::of_attribs(Function::eglCreateSync, list.as_ptr()) };
        assert_eq!(read.unwrap_err(), BAD_ATTRIBUTE);
    }
}
