//! Log lines and violations. A line is built on the stack and written with one call.

use std::backtrace::Backtrace;
use std::fmt::{self, Write as _};

use crate::rule::Rule;
use crate::stats::{COUNTERS, add};

/// A line of text of bounded length; what does not fit is cut.
struct Line {
    text: [u8; 512],
    len: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        // The last byte is kept for the newline.
        let room = self.text.len() - 1 - self.len;
        let n = s.len().min(room);
        self.text[self.len..self.len + n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}

/// Writes `nvmm-sim: ...` to stderr, unless `NVMM_SIM_LOG=0`.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    if !crate::config::get().log {
        return;
    }
    let mut line = Line {
        text: [0; 512],
        len: 0,
    };
    // Writing to the stack buffer cannot fail.
    let _ = line.write_str("nvmm-sim: ");
    let _ = line.write_fmt(text);
    line.text[line.len] = b'\n';
    // SAFETY: the buffer holds `len + 1` initialised bytes and outlives the call.
    unsafe { libc::write(2, line.text.as_ptr().cast(), line.len + 1) };
}

/// Says what the simulator cannot go on after, and ends the process.
pub(crate) fn fatal(text: fmt::Arguments<'_>) -> ! {
    line(text);
    std::process::abort();
}

/// Logs and counts a broken rule; with `NVMM_SIM_STRICT=1` writes the report, says who called, and
/// aborts.
pub(crate) fn violation(rule: Rule, text: fmt::Arguments<'_>) {
    add(&COUNTERS.violations, 1);
    rule.count();
    line(format_args!("[{rule}] {text}"));
    if crate::config::get().strict {
        crate::report::write_at_exit();
        eprintln!("{}", Backtrace::force_capture());
        std::process::abort();
    }
}

/// Says that the simulator does not do something that real hardware does. No rule was broken.
pub(crate) fn unsupported(text: fmt::Arguments<'_>) {
    add(&COUNTERS.unsupported, 1);
    line(format_args!("not simulated: {text}"));
}
