//! The buffers that are alive, for the report: at exit they are leaks.

#![forbid(unsafe_code)]

use std::fmt::{self, Write};

use crate::nvbuf::buffer;

/// Writes the elements of a JSON array. The backtrace is there with `NVMM_SIM_LEAKS=1`.
pub(crate) fn write(out: &mut dyn Write) -> fmt::Result {
    let mut result = Ok(());
    let mut comma = "";
    buffer::each_alive(|buffer, born| {
        let mut one = || {
            write!(
                out,
                "{comma}{{\"fd\":{},\"width\":{},\"height\":{},\"format\":{},\"backtrace\":\"",
                buffer.fd().max(-1),
                buffer.width,
                buffer.height,
                buffer.color_format
            )?;
            if let Some(born) = born {
                write!(Escaped(&mut *out), "{born}")?;
            }
            out.write_str("\"}")
        };
        result = result.and_then(|()| one());
        comma = ",";
    });
    result
}

/// Text inside a JSON string.
pub(crate) struct Escaped<'a>(pub(crate) &'a mut dyn Write);

impl Write for Escaped<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for letter in s.chars() {
            match letter {
                '"' | '\\' => write!(self.0, "\\{letter}")?,
                letter if letter < ' ' => write!(self.0, "\\u{:04x}", u32::from(letter))?,
                letter => self.0.write_char(letter)?,
            }
        }
        Ok(())
    }
}
