//! The simulator's reader of PTX: the names of entry points and where their parameters lie.

#![no_main]

use libfuzzer_sys::fuzz_target;

use cuda::{ptx, work};

/// As the simulator has it around the reader.
#[path = "../../sim/src/cuda"]
mod cuda {
    pub(crate) mod error {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum CudaError {
            InvalidImage,
            InvalidPtx,
        }
        pub(crate) const INVALID_IMAGE: CudaError = CudaError::InvalidImage;
        pub(crate) const INVALID_PTX: CudaError = CudaError::InvalidPtx;
    }

    pub(crate) mod ptx;

    pub(crate) mod work {
        pub(crate) const MAX_PARAM_BYTES: usize = 4096;
        pub(crate) const MAX_PARAMS: usize = 256;
    }
}

fuzz_target!(|text: &str| {
    let Ok(entries) = ptx::parse(text) else {
        return;
    };
    for entry in entries {
        assert!(!entry.name.is_empty() && text.contains(&entry.name));
        assert!(entry.params.len() <= work::MAX_PARAMS);
        assert!(entry.param_bytes() <= work::MAX_PARAM_BYTES);
        let mut end = 0;
        for param in entry.params {
            assert!(param.offset >= end && param.size > 0, "{param:?}");
            end = param.offset + param.size;
        }
    }
});
