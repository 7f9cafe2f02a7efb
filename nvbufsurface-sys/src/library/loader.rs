//! Which file the loader would take for a bare name, without having it loaded.
//!
//! As far as that can be known: `LD_LIBRARY_PATH`, the loader's cache, its default folders. A RUNPATH
//! of the program is not looked at.

#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

const CACHE: &str = "/etc/ld.so.cache";

/// The format of glibc 2.2 and later, alone or behind the older one.
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;

/// The file of a library.
pub(crate) fn file(soname: &str) -> Option<PathBuf> {
    let variable = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let first = std::env::split_paths(&variable)
        .map(|folder| folder.join(soname))
        .find(|path| path.is_file());
    let cached = || cached(&std::fs::read(CACHE).ok()?, soname);
    let usual = || {
        ["/lib", "/usr/lib", "/lib64", "/usr/lib64"]
            .map(|folder| Path::new(folder).join(soname))
            .into_iter()
            .find(|path| path.is_file())
    };
    first.or_else(cached).or_else(usual)
}

/// The first entry of a cache with this name; `None` also for a cache of another format.
fn cached(cache: &[u8], soname: &str) -> Option<PathBuf> {
    let start = cache
        .windows(MAGIC.len())
        .position(|window| window == MAGIC)?;
    let cache = &cache[start..];
    let number = |at: usize| {
        let bytes = cache.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let text = |at: usize| {
        let rest = cache.get(at..)?;
        rest.get(..rest.iter().position(|byte| *byte == 0)?)
    };
    let count = number(MAGIC.len())?;
    for i in 0..count {
        let entry = HEADER.checked_add(i.checked_mul(ENTRY)?)?;
        let (key, value) = (number(entry + 4)?, number(entry + 8)?);
        if text(key)? == soname.as_bytes() {
            return Some(PathBuf::from(OsStr::from_bytes(text(value)?)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache of one entry, behind something else.
    fn cache(name: &str, path: &str) -> Vec<u8> {
        let mut all = b"ld.so-1.7.0 and so on".to_vec();
        all.extend(MAGIC);
        let names = HEADER + ENTRY;
        for number in [1, 0, 0, 0, 0, 0, 0] {
            all.extend(u32::to_le_bytes(number));
        }
        for number in [3, names, names + name.len() + 1, 0, 0, 0] {
            all.extend((number as u32).to_le_bytes());
        }
        all.extend(name.as_bytes());
        all.push(0);
        all.extend(path.as_bytes());
        all.push(0);
        all
    }

    #[test]
    fn a_name_is_found_in_the_cache() {
        let cache = cache("libx.so.1", "/opt/x/libx.so.1");
        assert_eq!(cached(&cache, "libx.so.1"), Some("/opt/x/libx.so.1".into()));
        assert_eq!(cached(&cache, "libx.so"), None);
        for length in 0..cache.len() {
            // Cut anywhere it is nothing, and no panic.
            assert_eq!(cached(&cache[..length], "libx.so.1"), None, "{length}");
        }
    }

    #[test]
    fn what_this_machine_has_is_a_file() {
        // Where there is no glibc cache, nothing is found, which is allowed.
        if let Some(path) = file("libc.so.6") {
            assert!(path.is_file(), "{}", path.display());
        }
        assert_eq!(file("libnvbuf-nobody-has-this.so.9"), None);
    }
}
