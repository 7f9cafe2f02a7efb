//! Whether a library's raw planes have packed rows. No header says it: so it is tried on a picture of our
//! own, once in a process and before anybody's memory is at stake.

#![forbid(unsafe_code)]

use crate::error::Result;

/// NV12 has a plane of 34x6 bytes and one of 17x3 pairs then: odd sides, and no row that any engine
/// aligns to.
pub(crate) const SIZE: (u32, u32) = (34, 6);
/// For 64 rows of 1 KiB: more than any padding makes of it.
const ROOM: usize = 1 << 16;
/// Behind the packed rows that are given, and behind the place for them. Neither is a byte of a row.
const BEHIND: u8 = 0xfe;
const CANARY: u8 = 0xff;

/// Whether `write` takes `len` bytes for a plane and `read` gives the same ones back, and no others. Both
/// get more room.
pub(crate) fn writes_and_reads_packed(
    len: usize,
    write: impl FnOnce(&mut [u8]) -> Result<()>,
    read: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<bool> {
    let mut given = vec![BEHIND; ROOM];
    // All different, so that a row from another place is found.
    for (byte, value) in given.iter_mut().take(len).zip(0..BEHIND) {
        *byte = value;
    }
    write(&mut given)?;
    let mut got = vec![CANARY; ROOM];
    read(&mut got)?;
    Ok(got[..len] == given[..len] && got[len..].iter().all(|byte| *byte == CANARY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    /// A plane of 3 rows of 34 bytes, for a library that has rows so far apart in the memory that it
    /// takes and in that which it gives, and writes so many bytes of each.
    fn found(taken: usize, given: usize, written: usize) -> bool {
        let plane = std::cell::Cell::new([[0; 34]; 3]);
        writes_and_reads_packed(
            3 * 34,
            |rows| {
                let row = |y: usize| rows[y * taken..][..34].try_into().unwrap();
                plane.set([0, 1, 2].map(row));
                Ok(())
            },
            |rows| {
                for (y, row) in plane.get().iter().enumerate() {
                    rows[y * given..][..written].fill(0);
                    rows[y * given..][..34].copy_from_slice(row);
                }
                Ok(())
            },
        )
        .unwrap()
    }

    #[test]
    fn padding_is_found_in_either_direction() {
        assert!(found(34, 34, 34));
        for padded in [35, 36, 48, 64, 256, 1024] {
            assert!(!found(34, padded, 34), "gives {padded}");
            assert!(!found(34, padded, padded), "gives and fills {padded}");
            assert!(!found(padded, 34, 34), "takes {padded}");
            assert!(!found(padded, padded, 34), "both {padded}");
        }
        assert!(!found(34, 34, 35), "a byte behind the last row");
    }

    #[test]
    fn a_failure_is_no_answer() {
        let fails =
            |_: &mut [u8]| Err(Error::new(ErrorKind::Call, "NvBufSurface2Raw", "on demand"));
        writes_and_reads_packed(4, fails, |_| Ok(())).expect_err("write");
        writes_and_reads_packed(4, |_| Ok(()), fails).expect_err("read");
    }
}
