//! Call sites: from where in the program each function is called, on demand (`NVMM_SIM_SITES=1`).
//!
//! A site is the chain of return addresses from the call outwards, as far as they are in one module
//! (program or library) and [`DEPTH`] at most, each as its offset in the module: the same in every run of
//! the same binaries, whatever thread comes first and wherever they are loaded.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_void};
use std::fmt::{self, Write};
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

use crate::functions::NAMES;
use crate::leaks::Escaped;

/// Frames of the program that tell two sites apart.
const DEPTH: usize = 8;

/// Frames looked at: those of the core come before the program's.
const FRAMES: usize = 32;

/// What stands for a site: the hash of its module's name and offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site(u64);

impl Site {
    /// As the report writes it: 16 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok()?;
        digits.then_some(Self(number))
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A chain of callers.
struct Callers {
    module: String,
    offsets: [usize; DEPTH],
    len: usize,
}

impl Callers {
    fn site(&self) -> Site {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        hash.add(self.module.as_bytes());
        for offset in &self.offsets[..self.len] {
            hash.add(&offset.to_ne_bytes());
        }
        Site(hash.0)
    }
}

/// FNV-1a: the standard library's hashers promise no result that stays.
struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// What happened at a site.
struct Visits {
    callers: Callers,
    calls: u64,
    /// Numbers of the first two calls among those of the function; 0: there was none.
    numbers: [u64; 2],
}

static IS_ON: AtomicBool = AtomicBool::new(false);

/// Calls of each function since sites are told apart.
static CALLS: [AtomicU64; NAMES.len()] = [const { AtomicU64::new(0) }; NAMES.len()];

static SITES: Mutex<BTreeMap<(usize, Site), Visits>> = Mutex::new(BTreeMap::new());

fn sites() -> MutexGuard<'static, BTreeMap<(usize, Site), Visits>> {
    SITES.lock().unwrap_or_else(|e| e.into_inner())
}

/// Tells sites apart from now on.
pub(crate) fn turn_on() {
    IS_ON.store(true, Relaxed);
}

/// The site of the call that is running, counted; `None` while nobody asked for sites.
pub(crate) fn visit(function: usize) -> Option<Site> {
    if !IS_ON.load(Relaxed) {
        return None;
    }
    let callers = callers();
    let site = callers.site();
    let mut sites = sites();
    let number = CALLS[function].fetch_add(1, Relaxed) + 1;
    let visits = sites.entry((function, site)).or_insert(Visits {
        callers,
        calls: 0,
        numbers: [0; 2],
    });
    if let Some(slot) = visits.numbers.iter_mut().find(|slot| **slot == 0) {
        *slot = number;
    }
    visits.calls += 1;
    Some(site)
}

/// Where the module of an address begins, and its path.
fn module(address: usize) -> Option<(usize, String)> {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    let address = std::ptr::without_provenance::<c_void>(address);
    // SAFETY: the address is only compared, and there is room for the result.
    if unsafe { libc::dladdr(address, info.as_mut_ptr()) } == 0 {
        return None;
    }
    // SAFETY: zeroed, which is a value of it, and written to.
    let info = unsafe { info.assume_init() };
    if info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: a C string of the loader's; the module is on the stack, hence loaded.
    let path = unsafe { CStr::from_ptr(info.dli_fname) };
    let path = path.to_string_lossy();
    let name = Path::new(&*path).file_name().unwrap_or_default();
    Some((info.dli_fbase.addr(), name.to_string_lossy().into_owned()))
}

/// The frames of the module that called the core.
fn callers() -> Callers {
    let mut frames = [std::ptr::null_mut::<c_void>(); FRAMES];
    // SAFETY: there is room for so many.
    let len = unsafe { libc::backtrace(frames.as_mut_ptr(), FRAMES as i32) };
    let frames = frames.iter().take(usize::try_from(len).unwrap_or(0));
    let mut found = Callers {
        module: String::new(),
        offsets: [0; DEPTH],
        len: 0,
    };
    let core = module((callers as fn() -> Callers as *const c_void).addr());
    let mut base = None;
    for frame in frames {
        // A return address may be behind the end of its function; one before it is the call.
        let address = frame.addr().wrapping_sub(1);
        let Some((start, name)) = module(address) else {
            break;
        };
        if base.is_none() && core.as_ref().is_some_and(|(core, _)| *core == start) {
            continue;
        }
        if *base.get_or_insert(start) != start || found.len == DEPTH {
            break;
        }
        found.module = name;
        found.offsets[found.len] = address.wrapping_sub(start);
        found.len += 1;
    }
    found
}

/// Writes the elements of a JSON array.
pub(crate) fn write(out: &mut dyn Write) -> fmt::Result {
    let mut comma = "";
    for ((function, site), visits) in sites().iter() {
        let name = NAMES.get(*function).copied().unwrap_or_default();
        let [first, second] = visits.numbers;
        write!(
            out,
            "{comma}{{\"function\":\"{name}\",\"site\":\"{site}\",\"calls\":{},\"first\":{first},\
             \"second\":{second},\"module\":\"",
            visits.calls
        )?;
        write!(Escaped(&mut *out), "{}", visits.callers.module)?;
        out.write_str("\",\"offsets\":[")?;
        for (i, offset) in visits.callers.offsets[..visits.callers.len]
            .iter()
            .enumerate()
        {
            let comma = if i == 0 { "" } else { "," };
            write!(out, "{comma}{offset}")?;
        }
        out.write_str("]}")?;
        comma = ",";
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Callers, DEPTH, Site};

    #[test]
    fn a_site_is_written_as_it_is_read() {
        let site = Site(0x0123_4567_89ab_cdef);
        assert_eq!(site.to_string(), "0123456789abcdef");
        assert_eq!(Site::parse("0123456789abcdef"), Some(site));
        for text in [
            "",
            "0",
            "+123456789abcdef",
            "0123456789abcdeg",
            "00123456789abcdef",
        ] {
            assert_eq!(Site::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_site_is_its_module_and_its_offsets() {
        let callers = |module: &str, list: &[usize]| {
            let mut offsets = [0; DEPTH];
            offsets[..list.len()].copy_from_slice(list);
            Callers {
                module: module.to_owned(),
                offsets,
                len: list.len(),
            }
            .site()
        };
        let all = [
            callers("a", &[1, 2]),
            callers("b", &[1, 2]),
            callers("a", &[2, 1]),
            callers("a", &[1]),
            callers("a", &[]),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all[..i].contains(one), "{all:?}");
        }
        assert_eq!(all[0], callers("a", &[1, 2]));
    }
}
