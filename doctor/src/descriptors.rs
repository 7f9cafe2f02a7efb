//! How many file descriptors a process may have: each surface holds one.

use std::fs;
use std::io;

use crate::finding::{Fault, Finding};

/// Fewer surfaces are too few for a pipeline.
const FEW: u64 = 64;

pub(crate) fn finding() -> Finding {
    let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) as u64;
    match limits() {
        Ok((soft, hard)) => judge(soft, hard, open),
        Err(error) => Finding::failed(NAME, Fault::new(error.to_string())),
    }
}

const NAME: &str = "file descriptors";

/// The limit of this process, and how far it may be raised.
fn limits() -> io::Result<(u64, u64)> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a live struct.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } {
        0 => Ok((limit.rlim_cur, limit.rlim_max)),
        _ => Err(io::Error::last_os_error()),
    }
}

fn judge(soft: u64, hard: u64, open: u64) -> Finding {
    let fit = soft.saturating_sub(open);
    let text = format!(
        "{soft} in a process (ulimit -n; {hard} at most): {fit} surfaces fit, each holds one"
    );
    if fit >= FEW {
        return Finding::ok(NAME, text);
    }
    let remedy = match hard > FEW + open {
        true => format!("ulimit -n {}", hard.min(1024)),
        false => {
            "raise nofile in /etc/security/limits.conf, or LimitNOFILE of the service".to_owned()
        }
    };
    Finding::failed(NAME, Fault::with_remedy(text, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surfaces_are_counted_against_the_limit() {
        let finding = judge(1024, 4096, 4);
        assert!(finding.text.contains("1020 surfaces") && !finding.has_failed());
        let finding = judge(20, 4096, 4);
        assert!(finding.has_failed());
        assert_eq!(finding.remedy.as_deref(), Some("ulimit -n 1024"));
        assert!(judge(20, 20, 4).remedy.unwrap().contains("limits.conf"));
        assert!(judge(2, 4096, 4).text.contains("0 surfaces"));
    }

    #[test]
    fn this_process_has_a_limit() {
        let (soft, hard) = limits().unwrap();
        assert!(0 < soft && soft <= hard);
    }
}
