//! Counters: atomics in a fixed table, so that counting never touches the heap.

#![forbid(unsafe_code)]

use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::functions::{Function, NAMES};

macro_rules! counters {
    (
        totals { $($(#[$total_doc:meta])* $total:ident,)* }
        gauges { $($(#[$gauge_doc:meta])* $gauge:ident,)* }
    ) => {
        /// What is counted; the field names are the names in the report.
        #[derive(Debug)]
        pub(crate) struct Counters {
            $($(#[$total_doc])* pub(crate) $total: AtomicU64,)*
            $($(#[$gauge_doc])* pub(crate) $gauge: AtomicU64,)*
        }

        /// The counters of this process.
        pub(crate) static COUNTERS: Counters = Counters {
            $($total: AtomicU64::new(0),)*
            $($gauge: AtomicU64::new(0),)*
        };

        /// Every counter with its name.
        pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static AtomicU64)> {
            [
                $((stringify!($total), &COUNTERS.$total),)*
                $((stringify!($gauge), &COUNTERS.$gauge),)*
            ].into_iter()
        }

        fn reset_totals() {
            $(COUNTERS.$total.store(0, Relaxed);)*
        }
    };
}

counters! {
    totals {
        /// Batches made by `NvBufSurfaceCreate` and `NvBufSurfaceAllocate`.
        surfaces_allocated,
        /// Buffers in those batches, and buffers of libnvbuf_utils.
        buffers_allocated,
        /// EGLImages made.
        egl_maps,
        /// Successful `cuGraphicsEGLRegisterImage`.
        registrations,
        /// Buffers that were registered at least once.
        distinct_surfaces_registered,
        /// Kernels accepted by `cuLaunchKernel`.
        launches,
        /// Kernels whose twin has returned.
        launches_finished,
        /// `cuStreamSynchronize`, `cuEventSynchronize` and `cuCtxSynchronize` together.
        synchronisations,
        /// Successful `cuStreamWaitEvent`.
        stream_waits,
        /// Planes mapped for the CPU.
        cpu_maps,
        /// Bytes of planes mapped readable.
        cpu_bytes_mapped_read,
        /// Bytes of planes mapped writable.
        cpu_bytes_mapped_write,
        /// Bytes that a synchronisation moved from the device's copy to the CPU's.
        sync_for_cpu_bytes,
        /// Bytes that a synchronisation moved from the CPU's copy to the device's.
        sync_for_device_bytes,
        /// Copies and fills by engines: `NvBufSurfaceCopy`, `MemSet`, `cuMemcpy*`, `cuMemset*`.
        engine_copies,
        /// Bytes that those moved.
        engine_bytes,
        /// CPU syncs and library copies of a buffer that GPU work was still pending on.
        unsynchronised,
        /// Transfers between host and GPU that failed, in GPU mode.
        gpu_errors,
        /// Calls for something that the simulator does not do.
        unsupported,
        /// Failures that were asked for.
        faults_injected,
        /// Rules broken by the program.
        violations,
    }
    gauges {
        /// Batches not yet destroyed.
        surfaces_alive,
        /// The highest value of `surfaces_alive`; a reset sets it to the current one.
        surfaces_peak,
        /// Buffers of both libraries not yet destroyed.
        buffers_alive,
        /// EGLImages not yet destroyed.
        egl_images_alive,
        /// EGLStreams not yet destroyed.
        egl_streams_alive,
        /// Sync objects of EGL not yet destroyed.
        egl_syncs_alive,
        /// Registrations not yet undone.
        registrations_alive,
        /// Buffers that `NvBufSurfaceMapCudaBuffer` gave to CUDA and nobody took back.
        cuda_buffers_alive,
        /// Device memory allocations not yet freed.
        device_allocations_alive,
        /// Bytes of buffers and device allocations not yet destroyed.
        bytes_alive,
        /// The highest value of `bytes_alive`; a reset sets it to the current one.
        bytes_peak,
    }
}

static CALLS: [AtomicU64; NAMES.len()] = [const { AtomicU64::new(0) }; NAMES.len()];

/// Adds to a counter and gives the new value.
pub(crate) fn add(counter: &AtomicU64, n: u64) -> u64 {
    counter.fetch_add(n, Relaxed) + n
}

/// Takes one from a gauge.
pub(crate) fn sub(counter: &AtomicU64) {
    counter.fetch_sub(1, Relaxed);
}

/// Counts a call, for the process and for the thread; gives the error that the call is to fail
/// with, if one was asked for.
pub(crate) fn enter(function: Function) -> Option<c_int> {
    let function = function as usize;
    add(&CALLS[function], 1);
    add(&crate::threads::current().calls, 1);
    crate::fault::wait(function);
    let site = crate::sites::visit(function);
    let error = crate::fault::due(function, site)?;
    add(&COUNTERS.faults_injected, 1);
    Some(error)
}

/// Calls of a function so far.
pub(crate) fn calls(function: usize) -> u64 {
    CALLS[function].load(Relaxed)
}

/// A counter, the calls of a function, or how often a rule was broken, by name.
pub(crate) fn by_name(name: &str) -> Option<u64> {
    match NAMES.iter().position(|function| *function == name) {
        Some(function) => Some(calls(function)),
        None => all()
            .find(|(counter, _)| *counter == name)
            .map(|(_, value)| value.load(Relaxed))
            .or_else(|| crate::rule::by_name(name)),
    }
}

/// Sets the totals, the calls and the threads' numbers to zero.
pub(crate) fn reset() {
    reset_totals();
    COUNTERS
        .surfaces_peak
        .store(COUNTERS.surfaces_alive.load(Relaxed), Relaxed);
    COUNTERS
        .bytes_peak
        .store(COUNTERS.bytes_alive.load(Relaxed), Relaxed);
    CALLS.iter().for_each(|calls| calls.store(0, Relaxed));
    crate::rule::reset();
    crate::threads::reset();
}
