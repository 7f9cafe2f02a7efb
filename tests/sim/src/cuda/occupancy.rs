//! `cuOccupancy*`: from the numbers of the GPU and 32 registers a thread, as functions say they have.

use std::ffi::c_int;

use super::error::{CudaError, INVALID_VALUE};
use super::model::{Gpu, MAX_BLOCK_THREADS, REGISTERS, SHARED_MEMORY, WARP};
use super::module::{self, NUM_REGISTERS};
use super::{CuResult, Out, call, context, device, put};
use crate::functions::Function;

/// `CUoccupancyB2DSize`
type SharedOfBlock = Option<unsafe extern "C" fn(c_int) -> usize>;

/// Blocks of a size that a multiprocessor holds at once.
fn blocks(gpu: Gpu, threads: u32, shared: usize) -> u32 {
    if threads == 0 || threads > MAX_BLOCK_THREADS || shared > SHARED_MEMORY as usize {
        return 0;
    }
    let threads = threads.next_multiple_of(WARP);
    let by_shared = (gpu.multiprocessor_shared_memory() as usize).checked_div(shared);
    let by_shared = by_shared.and_then(|n| u32::try_from(n).ok());
    (gpu.multiprocessor_threads() / threads)
        .min(gpu.multiprocessor_blocks())
        .min(REGISTERS / (threads * NUM_REGISTERS))
        .min(by_shared.unwrap_or(u32::MAX))
}

fn size(threads: c_int) -> Result<u32, CudaError> {
    let threads = u32::try_from(threads).map_err(|_| INVALID_VALUE)?;
    Some(threads).filter(|n| *n > 0).ok_or(INVALID_VALUE)
}

fn number(n: u32) -> c_int {
    c_int::try_from(n).unwrap_or(c_int::MAX)
}

/// `cuOccupancyMaxActiveBlocksPerMultiprocessor`
pub(crate) extern "C" fn max_active_blocks(
    out: Out<'_, c_int>,
    function: usize,
    block_size: c_int,
    shared: usize,
) -> CuResult {
    call(
        Function::cuOccupancyMaxActiveBlocksPerMultiprocessor,
        || {
            context::current()?;
            module::find_kernel(function)?;
            let blocks = blocks(device::gpu(), size(block_size)?, shared);
            put(out, number(blocks))
        },
    )
}

/// `cuOccupancyAvailableDynamicSMemPerBlock`
pub(crate) extern "C" fn available_shared_memory(
    out: Out<'_, usize>,
    function: usize,
    num_blocks: c_int,
    block_size: c_int,
) -> CuResult {
    call(Function::cuOccupancyAvailableDynamicSMemPerBlock, || {
        context::current()?;
        module::find_kernel(function)?;
        let (wanted, gpu) = (size(num_blocks)?, device::gpu());
        if blocks(gpu, size(block_size)?, 0) < wanted {
            return Err(INVALID_VALUE);
        }
        let share = gpu.multiprocessor_shared_memory() / wanted;
        put(out, share.min(SHARED_MEMORY) as usize)
    })
}

/// The block size, a number of warps, with which a multiprocessor has the most threads; the largest
/// of several. With it, how many such blocks the GPU holds.
fn best(gpu: Gpu, limit: u32, shared: impl Fn(u32) -> usize) -> (u32, u32) {
    let mut found = (0, 0);
    let mut most = 0;
    for threads in (WARP..=limit.min(MAX_BLOCK_THREADS)).step_by(WARP as usize) {
        let blocks = blocks(gpu, threads, shared(threads));
        if blocks > 0 && blocks * threads >= most {
            most = blocks * threads;
            found = (threads, blocks * gpu.multiprocessors());
        }
    }
    found
}

/// Asks the program for the shared memory of a block.
fn asked(ask: unsafe extern "C" fn(c_int) -> usize, threads: u32) -> usize {
    // SAFETY: the program gave the function to be called with sizes of blocks.
    unsafe { ask(number(threads)) }
}

/// `cuOccupancyMaxPotentialBlockSize`
pub(crate) extern "C" fn max_potential_block_size(
    min_grid: Out<'_, c_int>,
    block_size: Out<'_, c_int>,
    function: usize,
    shared_of_block: SharedOfBlock,
    shared: usize,
    limit: c_int,
) -> CuResult {
    call(Function::cuOccupancyMaxPotentialBlockSize, || {
        context::current()?;
        module::find_kernel(function)?;
        let (min_grid, block_size) = min_grid.zip(block_size).ok_or(INVALID_VALUE)?;
        let limit = match u32::try_from(limit).map_err(|_| INVALID_VALUE)? {
            0 => MAX_BLOCK_THREADS,
            limit => limit,
        };
        let (threads, grid) = match shared_of_block {
            None => best(device::gpu(), limit, |_| shared),
            Some(ask) => best(device::gpu(), limit, |threads| asked(ask, threads)),
        };
        min_grid.write(number(grid));
        block_size.write(number(threads));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_limited_by_what_runs_out_first() {
        assert_eq!(blocks(Gpu::Tx2, 1024, 0), 2);
        assert_eq!(blocks(Gpu::Tx2, 256, 0), 8);
        assert_eq!(blocks(Gpu::Tx2, 32, 0), 32);
        assert_eq!(blocks(Gpu::Tx2, 256, 32_768), 2);
        assert_eq!(blocks(Gpu::Tx2, 256, 65_536), 0);
        assert_eq!(blocks(Gpu::Tx2, 1025, 0), 0);
        assert_eq!(blocks(Gpu::Orin, 1024, 0), 1);
        assert_eq!(blocks(Gpu::Orin, 32, 0), 16);
    }

    #[test]
    fn the_largest_of_the_best_blocks_is_taken() {
        assert_eq!(best(Gpu::Tx2, 1024, |_| 0), (1024, 4));
        assert_eq!(best(Gpu::Tx2, 300, |_| 0), (256, 16));
        assert_eq!(best(Gpu::Orin, 1024, |_| 0), (768, 32));
        assert_eq!(best(Gpu::Tx2, 16, |_| 0), (0, 0));
    }
}
