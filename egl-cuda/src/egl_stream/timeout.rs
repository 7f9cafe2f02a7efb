//! Times to wait for a frame.
#![forbid(unsafe_code)]

use std::time::Duration;

use crate::sys::{self, CUresult};

/// A time as the driver takes it.
pub(super) fn microseconds(time: Duration) -> u32 {
    const LONGEST: u32 = 3_600_000_000;
    let whole = time.as_nanos().div_ceil(1000);
    u32::try_from(whole).map_or(LONGEST, |whole| whole.min(LONGEST))
}

/// Whether an error says only that time was up: half of it at least has to have passed, as drivers may round.
pub(super) fn is_timeout(code: CUresult, timeout: Option<Duration>, elapsed: Duration) -> bool {
    let Some(timeout) = timeout else {
        return false;
    };
    match code {
        sys::CUDA_ERROR_LAUNCH_TIMEOUT => true,
        sys::CUDA_ERROR_UNKNOWN => {
            elapsed >= Duration::from_micros(microseconds(timeout).into()) / 2
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_and_end() {
        assert_eq!(microseconds(Duration::ZERO), 0);
        assert_eq!(microseconds(Duration::from_nanos(1)), 1);
        assert_eq!(microseconds(Duration::from_micros(7)), 7);
        assert_eq!(microseconds(Duration::from_nanos(7_001)), 8);
        assert_eq!(microseconds(Duration::from_secs(3600)), 3_600_000_000);
        assert_eq!(microseconds(Duration::MAX), 3_600_000_000);
    }

    #[test]
    fn a_stream_that_is_over_is_no_timeout() {
        let second = Some(Duration::from_secs(1));
        let [short, long] = [10, 990].map(Duration::from_millis);
        let unknown = sys::CUDA_ERROR_UNKNOWN;
        assert!(!is_timeout(unknown, second, short));
        assert!(is_timeout(unknown, second, long));
        assert!(is_timeout(unknown, Some(Duration::ZERO), Duration::ZERO));
        assert!(!is_timeout(unknown, None, long));
        let timeout = sys::CUDA_ERROR_LAUNCH_TIMEOUT;
        assert!(is_timeout(timeout, second, short));
        assert!(!is_timeout(timeout, None, long));
        assert!(!is_timeout(sys::CUDA_SUCCESS, second, long));
        assert!(!is_timeout(sys::CUDA_ERROR_INVALID_VALUE, second, long));
    }
}
