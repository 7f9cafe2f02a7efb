//! Whether a library file is all there.
//!
//! The loader maps a file cut off in its middle without a word, and the process dies of SIGBUS at
//! the first page beyond the end.

#![forbid(unsafe_code)]

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

const HEADER: usize = 64;
const SEGMENT: usize = 56;
const PT_LOAD: u64 = 1;

/// Where the file ends too early, in words; `None` if it does not, or if it is not a 64-bit
/// little-endian ELF file: the loader has its own words for that.
pub(crate) fn truncated(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    let size = file
        .metadata()
        .ok()
        .filter(std::fs::Metadata::is_file)?
        .len();
    let mut header = [0; HEADER];
    file.read_exact_at(&mut header, 0).ok()?;
    if header[..6] != *b"\x7fELF\x02\x01" || number(&header, 54, 2) != SEGMENT as u64 {
        return None;
    }
    let (first, count) = (number(&header, 32, 8), number(&header, 56, 2));
    let mut needed = 0;
    for i in 0..count {
        let at = first.saturating_add(i * SEGMENT as u64);
        let mut segment = [0; SEGMENT];
        if file.read_exact_at(&mut segment, at).is_err() {
            needed = at.saturating_add(SEGMENT as u64);
            break;
        }
        if number(&segment, 0, 4) == PT_LOAD {
            needed = needed.max(number(&segment, 8, 8).saturating_add(number(&segment, 32, 8)));
        }
    }
    (needed > size).then(|| format!("it is truncated: {size} bytes, and it needs {needed}"))
}

/// A little-endian number of `len` bytes.
fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
    let mut all = [0; 8];
    all[..len].copy_from_slice(&bytes[at..at + len]);
    u64::from_le_bytes(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_all_there_and_its_beginning_is_not() {
        let program = std::env::current_exe().unwrap();
        assert_eq!(truncated(&program), None);
        let bytes = std::fs::read(&program).unwrap();
        let half = std::env::temp_dir().join(format!("nvbuf-half-{}", std::process::id()));
        for length in [100, 4096] {
            std::fs::write(&half, &bytes[..length]).unwrap();
            let why = truncated(&half).expect("something is missing");
            assert!(why.contains(&length.to_string()), "{why}");
        }
        for other in [&b""[..], b"not an ELF file", &[0x7f; 80]] {
            std::fs::write(&half, other).unwrap();
            assert_eq!(truncated(&half), None);
        }
        std::fs::remove_file(&half).unwrap();
        assert_eq!(truncated(&half), None);
    }
}
