//! The statistics as JSON, written without the heap.

use std::ffi::{CString, c_char};
use std::fmt::{self, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Once;
use std::sync::atomic::Ordering::Relaxed;

use crate::functions::NAMES;
use crate::{config, gpu, leaks, release, rule, sites, stats, threads};

/// Writes the report.
pub(crate) fn write(out: &mut dyn Write) -> fmt::Result {
    write!(
        out,
        "{{\"release\":\"{}\",\"gpu\":{},\"pid\":{}",
        release::current().name,
        gpu::is_on(),
        std::process::id()
    )?;
    for (name, value) in stats::all() {
        write!(out, ",\"{name}\":{}", value.load(Relaxed))?;
    }
    out.write_str(",\"rules\":{")?;
    for (i, (rule, broken)) in rule::all().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        write!(out, "{comma}\"{rule}\":{broken}")?;
    }
    out.write_str("},\"leaks\":[")?;
    leaks::write(out)?;
    out.write_str("],\"sites\":[")?;
    sites::write(out)?;
    out.write_str("],\"calls\":{")?;
    for (i, name) in NAMES.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        write!(out, "{comma}\"{name}\":{}", stats::calls(i))?;
    }
    out.write_str("},\"threads\":{")?;
    for (i, thread) in threads::all().iter().enumerate() {
        if i > 0 {
            out.write_char(',')?;
        }
        out.write_char('"')?;
        let (name, len) = thread.name();
        for byte in &name[..len] {
            match byte {
                b'"' | b'\\' => write!(out, "\\{}", char::from(*byte))?,
                b' '..=b'~' => out.write_char(char::from(*byte))?,
                other => write!(out, "\\u{other:04x}")?,
            }
        }
        write!(
            out,
            "\":{{\"calls\":{},\"launches\":{},\"cpu_maps\":{},\"cpu_bytes_mapped\":{}}}",
            thread.calls.load(Relaxed),
            thread.launches.load(Relaxed),
            thread.cpu_maps.load(Relaxed),
            thread.cpu_bytes_mapped.load(Relaxed),
        )?;
    }
    out.write_str("}}")
}

/// A C buffer that is filled as far as it goes, and the length that everything would need.
#[derive(Debug)]
pub(crate) struct Bounded<'a> {
    pub(crate) buffer: &'a mut [u8],
    pub(crate) needed: usize,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        if let Some(room) = self.buffer.get_mut(self.needed..) {
            let n = room.len().min(s.len());
            room[..n].copy_from_slice(&s.as_bytes()[..n]);
        }
        self.needed += s.len();
        Ok(())
    }
}

/// Does what the environment asks for at the start and at exit, once.
pub(crate) fn arrange() {
    static ARRANGED: Once = Once::new();
    extern "C" fn at_exit() {
        write_at_exit();
    }
    ARRANGED.call_once(|| {
        if config::get().sites {
            sites::turn_on();
        }
        crate::wishes::grant();
        if config::get().report.is_some() {
            // SAFETY: `at_exit` takes nothing and stays valid: the core is never unloaded.
            unsafe { libc::atexit(at_exit) };
        }
    });
}

/// Writes the report to the file of `NVMM_SIM_REPORT`, replacing it in one step.
pub(crate) fn write_at_exit() {
    let Some(path) = &config::get().report else {
        return;
    };
    let mut text = vec![0; 1 << 16];
    let mut out = Bounded {
        buffer: &mut text,
        needed: 0,
    };
    let _ = write(&mut out);
    let needed = out.needed;
    if needed > text.len() {
        text.resize(needed, 0);
        let _ = write(&mut Bounded {
            buffer: &mut text,
            needed: 0,
        });
    }
    text.truncate(needed);
    text.push(b'\n');
    let mut part = path.clone().into_os_string();
    part.push(format!(".{}", std::process::id()));
    let done = std::fs::write(&part, &text).and_then(|()| std::fs::rename(&part, path));
    if let Err(error) = done {
        crate::log::line(format_args!("NVMM_SIM_REPORT={}: {error}", path.display()));
    }
}

/// A name from C as text, if it is there and is UTF-8.
///
/// # Safety
///
/// `name` is null or a C string that lives as long as the caller's use of the result.
pub(crate) unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not null, hence a C string by this function's contract.
    unsafe { std::ffi::CStr::from_ptr(name) }.to_str().ok()
}

/// A path as a C string.
pub(crate) fn c_path(path: &std::path::Path) -> Option<CString> {
    CString::new(path.as_os_str().as_bytes()).ok()
}
