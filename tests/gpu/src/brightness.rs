//! The kernel of gst-nvmm's example `brightness`, against its host twin.

use std::error::Error;
use std::ffi::c_void;

use egl_cuda::cust::launch;
use egl_cuda::cust::memory::{CopyDestination, DeviceBuffer};
use egl_cuda::{Kernel, Stream};
use nvmm_sim_twins::{Launch, nvmm_twin_nvmm_brightness};

use crate::gpu::Gpu;
use crate::random::Random;

/// The checked-in PTX, the very text that the example loads.
const PTX: &str = include_str!("../../../gst-nvmm/examples/brightness/brightness.ptx");

/// How many cases [`compare`] runs.
pub(crate) const NUM_CASES: u32 = 60;

/// The parameters, with offsets in one piece of memory in place of addresses.
struct Case {
    memory: Vec<u8>,
    output: usize,
    pitches: [u32; 2],
    size: (u32, u32),
    value: i32,
}

impl Case {
    fn new(random: &mut Random) -> Self {
        let size = (random.size(1..=300), random.size(1..=40));
        let mut pitch = || size.0 * 4 + random.size(0..=8) * 4;
        let pitches = [pitch(), pitch()];
        // In place, or with an output of its own behind the input.
        let bytes = |pitch: u32| (pitch * size.1) as usize;
        let (output, pitches) = match random.coin() {
            true => (0, [pitches[0]; 2]),
            false => (bytes(pitches[0]), pitches),
        };
        let mut memory = Vec::new();
        random.fill(&mut memory, output + bytes(pitches[1]));
        let value = random.within(-300..=300) as i32;
        let value = random.pick([value, 0, 255, -255, i32::MAX, i32::MIN]);
        Self {
            memory,
            output,
            pitches,
            size,
            value,
        }
    }

    fn grid(&self) -> (u32, u32) {
        (self.size.0.div_ceil(32), self.size.1.div_ceil(8))
    }

    fn on_gpu(&self, kernel: &Kernel, stream: &Stream) -> Result<Vec<u8>, Box<dyn Error>> {
        let memory = DeviceBuffer::from_slice(&self.memory)?;
        // cust copies on the default stream, which our stream does not wait for.
        stream.context().synchronize()?;
        let input = memory.as_device_ptr().as_raw();
        let output = input + self.output as u64;
        let ([from, to], (width, height), value) = (self.pitches, self.size, self.value);
        let grid = self.grid();
        // SAFETY: the kernel takes these; both pictures lie in the memory, which lives until the stream is
        // done and is used by nobody else.
        unsafe {
            launch!(kernel<<<grid, (32, 8), 0, stream>>>(
                input, from, output, to, width, height, value
            ))
        }?;
        stream.synchronize()?;
        let mut result = vec![0; self.memory.len()];
        memory.copy_to(&mut result)?;
        Ok(result)
    }

    fn on_host(&self) -> Vec<u8> {
        let mut memory = self.memory.clone();
        let input = memory.as_mut_ptr().expose_provenance() as u64;
        let output = input + self.output as u64;
        let launch = Launch {
            grid: [self.grid().0, self.grid().1, 1],
            block: [32, 8, 1],
            shared_bytes: 0,
            object: None,
        };
        let params: [*const c_void; 7] = [
            (&raw const input).cast(),
            (&raw const self.pitches[0]).cast(),
            (&raw const output).cast(),
            (&raw const self.pitches[1]).cast(),
            (&raw const self.size.0).cast(),
            (&raw const self.size.1).cast(),
            (&raw const self.value).cast(),
        ];
        // SAFETY: as on the GPU; launch, parameters and memory live across the call.
        unsafe { nvmm_twin_nvmm_brightness(&raw const launch, params.as_ptr()) };
        memory
    }
}

/// Runs random cases on both sides and compares all of their memory, padding too. Gives how many failed.
pub(crate) fn compare(gpu: &Gpu, seed: u64) -> Result<u32, Box<dyn Error>> {
    let _current = gpu.push()?;
    let kernel = Kernel::from_ptx(gpu.context(), PTX, "nvmm_brightness")?;
    let stream = Stream::new(gpu.context())?;
    let mut random = Random::new(seed);
    let mut failures = 0;
    for _ in 0..NUM_CASES {
        let case = Case::new(&mut random);
        failures += u32::from(case.on_gpu(&kernel, &stream)? != case.on_host());
    }
    Ok(failures)
}
