//! What egl-cuda does on a real GPU: textures as EGLImages, their registrations, kernels and copies.
//!
//! ```text
//! texture -> EGLImage -> MappedEglImage -> CudaFrame -> kernel (cust) -> the texture's pixels
//! ```
//!
//! It needs NVIDIA's driver with its EGL, and nothing else. `ci/gpu.sh` builds and runs it. Exit status: 0 when all cases
//! passed or are not available, 1 when one failed, 77 when there is no CUDA device or only the simulated one.

mod cost;
mod fence;
mod picture;
mod rules;
mod stress;

use std::error::Error;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use egl_cuda::{Context, EglDisplay, GlesContext, MappedEglImage, Stream, Texture, TextureFormat};

type Outcome = Result<String, Box<dyn Error>>;

/// One thing that must hold, and what to say of it.
type Case = fn(&Gpu) -> Outcome;

/// The error of a case that this driver lacks a function or an extension for.
#[derive(Debug)]
pub(crate) struct NotAvailable(pub(crate) egl_cuda::Error);

impl Error for NotAvailable {}

impl fmt::Display for NotAvailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not available: {}", self.0)
    }
}

/// The GPU by CUDA and by EGL.
pub(crate) struct Gpu {
    pub(crate) context: Context,
    pub(crate) stream: Stream,
    pub(crate) gles: GlesContext,
}

impl Gpu {
    fn open(context: Context) -> egl_cuda::Result<Self> {
        let gles = GlesContext::new(&EglDisplay::of_device(0)?)?;
        Ok(Self {
            stream: Stream::new(&context)?,
            context,
            gles,
        })
    }

    /// A texture of RGBA pixels.
    fn texture(&self, width: u32, height: u32) -> egl_cuda::Result<Arc<Texture>> {
        Texture::new(&self.gles, TextureFormat::Rgba8, width, height)
    }

    /// A texture of RGBA pixels, registered.
    fn registered(&self, width: u32, height: u32) -> egl_cuda::Result<MappedEglImage> {
        MappedEglImage::of_image(&self.context, &self.texture(width, height)?.egl_image()?)
    }
}

const SKIPPED: u8 = 77;

fn main() -> ExitCode {
    let context = match Context::primary(0) {
        Ok(context) => context,
        Err(error) => {
            println!("nvmm-interop: skipped, there is no CUDA device to run on: {error}");
            return ExitCode::from(SKIPPED);
        }
    };
    if is_simulated() {
        println!("nvmm-interop: skipped, the driver is the simulator's");
        return ExitCode::from(SKIPPED);
    }
    let gpu = match Gpu::open(context) {
        Ok(gpu) => gpu,
        Err(error) => {
            println!("nvmm-interop: {error}\n0 passed, 1 failed");
            return ExitCode::FAILURE;
        }
    };
    println!("egl      {:?}", gpu.gles.display());

    let cases: &[(&str, Case)] = &[
        ("a kernel inverts a texture of RGBA", |gpu| {
            picture::inverted(gpu, TextureFormat::Rgba8)
        }),
        ("a kernel inverts a texture of BGRA", |gpu| {
            picture::inverted(gpu, TextureFormat::Bgra8)
        }),
        ("copies between a texture and memory", picture::copied),
        (
            "what is current after each call",
            rules::current_after_each_call,
        ),
        ("registering an EGLImage twice", rules::registered_twice),
        (
            "unregistering on another thread",
            rules::unregistered_elsewhere,
        ),
        (
            "destroying EGLImage and texture first",
            rules::destroyed_first,
        ),
        ("a registration in another context", rules::two_contexts),
        (
            "a kept registration costs 1/500 at most",
            cost::registration,
        ),
        ("pushing and popping a context", cost::push_and_pop),
        ("a 4K copy from rows to an array", cost::copy),
        ("200,000 operations on 8 threads", stress::operations),
        ("a stream waits for a fence of EGL's", fence::as_event),
    ];
    let (mut passed, mut failed, mut not_available) = (0, 0, 0);
    for (name, case) in cases {
        let start = Instant::now();
        let outcome = case(&gpu);
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(found) => {
                passed += 1;
                println!("ok    {name:<42} {seconds:6.2} s  {found}");
            }
            Err(error) if error.is::<NotAvailable>() => {
                not_available += 1;
                println!("n/a   {name:<42} {seconds:6.2} s  {error}");
            }
            Err(error) => {
                failed += 1;
                println!("FAIL  {name:<42} {seconds:6.2} s  {error}");
            }
        }
    }
    println!("{not_available} not available with this driver");
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether the driver in this process is the simulated platform's.
fn is_simulated() -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.contains("/libnvmm_sim")
}

/// An error unless two things are equal.
fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), Box<dyn Error>> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?} instead of {expected:?}").into())
}
