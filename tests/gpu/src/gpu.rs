//! The GPU's side of a case.

use std::fs;

use egl_cuda::cust::launch;
use egl_cuda::cust::memory::{CopyDestination, DeviceBuffer, DeviceCopy};
use egl_cuda::{Context, Current, Driver, Error, Kernel, Result, Stream};

use crate::case::Case;
use crate::kernel::OverlayParams;
use crate::surface::Surface;

/// The checked-in PTX, the very text that the plugin loads.
const PTX: &str = include_str!("../../../gst-nvmm/plugin/kernels/overlay.ptx");
const ENTRY: &str = "nvmm_overlay";

const CUDA_ERROR_NO_DEVICE: u32 = 100;
const CUDA_ERROR_INVALID_DEVICE: u32 = 101;

// SAFETY: plain numbers in `repr(C)`, without padding and without pointers to host memory.
unsafe impl DeviceCopy for OverlayParams {}

/// Why there is no [`Gpu`].
#[derive(Debug)]
pub(crate) enum OpenError {
    /// No driver or no device: nothing to test on.
    NoCuda(String),
    /// There is a device, and something went wrong with it.
    Failed(Error),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The first device with the kernel loaded.
#[derive(Debug)]
pub(crate) struct Gpu {
    kernel: Kernel,
    stream: Stream,
    context: Context,
    name: String,
}

impl Gpu {
    pub(crate) fn open() -> Result<Self, OpenError> {
        // A driver that does not start (cuInit fails) counts as none; ci/gpu.sh knows whether there should be one.
        Driver::get().map_err(|error| OpenError::NoCuda(error.to_string()))?;
        let context = Context::primary(0).map_err(|error| match error.code().map(|c| c.get()) {
            Some(CUDA_ERROR_NO_DEVICE | CUDA_ERROR_INVALID_DEVICE) => {
                OpenError::NoCuda(error.to_string())
            }
            _ => OpenError::Failed(error),
        })?;
        Ok(Self {
            kernel: Kernel::from_ptx(&context, PTX, ENTRY)?,
            stream: Stream::new(&context)?,
            name: context.device_name()?,
            context,
        })
    }

    pub(crate) fn description(&self) -> String {
        let driver = self.context.driver();
        let (major, minor) = driver.version();
        // The number of NVIDIA's kernel module, which is what people call the driver's version; not on Jetsons.
        let module = fs::read_to_string("/sys/module/nvidia/version").unwrap_or_default();
        let module = match module.trim() {
            "" => String::new(),
            version => format!(", module {version}"),
        };
        let path = driver.path().display();
        format!(
            "device   {}\ndriver   CUDA {major}.{minor}{module}, {path}",
            self.name
        )
    }

    /// Makes the context current: everything of `cust` needs that.
    pub(crate) fn push(&self) -> Result<Current<'_>> {
        self.context.push()
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Runs the kernel on a copy of the case's memory and gives what it left there.
    pub(crate) fn run(&self, case: &Case) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let _current = self.push()?;
        let memory = DeviceBuffer::from_slice(&case.memory)?;
        let surfaces = case.surfaces().iter();
        let surfaces: Vec<_> = surfaces
            .map(|picture| Surface::new(*picture, &case.memory))
            .collect::<Result<_, _>>()?;
        let objects: Vec<_> = surfaces.iter().map(Surface::object).collect();
        // cust copies on the default stream, which our stream does not wait for.
        self.context.synchronize()?;
        let params = case.params_at(memory.as_device_ptr().as_raw(), &objects);
        let (kernel, stream) = (&self.kernel, &self.stream);
        // SAFETY: the kernel takes one OverlayParams. The case keeps its pictures within its memory as far as they
        // lie over the output, and the surfaces are as large as them; `memory` and `surfaces` live until the stream is
        // done and are used by nobody else.
        unsafe { launch!(kernel<<<case.grid, case.block, 0, stream>>>(params)) }?;
        stream.synchronize()?;
        let mut result = vec![0; case.memory.len()];
        memory.copy_to(&mut result)?;
        for surface in &surfaces {
            surface.copy_to(&mut result)?;
        }
        Ok(result)
    }
}

/// Whether the driver in this process is the simulated platform's.
pub(crate) fn is_simulated() -> bool {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines()
        .filter_map(|line| line.rsplit('/').next())
        .any(|file| file.starts_with("libnvmm_sim"))
}
