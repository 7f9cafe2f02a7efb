//! A kernel of cust's on a surface's frame; 3 and a clean report where there is no CUDA.

use std::process::ExitCode;
use std::sync::Arc;

use egl_cuda::cust::launch;
use egl_cuda::{Context, CudaFrame, ErrorKind, Kernel, Stream, cust};
use nvbuf::{Access, ColorFormat, Surface};

/// ci/downstream.sh puts it here: the kernel of egl-cuda's example capture_loop.
const INVERT: &str = include_str!("invert.ptx");

fn main() -> ExitCode {
    // First cust alone: it has a driver function to call, or an error to print.
    if let Err(error) = cust::init(cust::CudaFlags::empty()) {
        println!("cust: {error}");
    }
    match run() {
        Ok(pixels) => {
            println!("{pixels} pixels are right");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            match error.kind() {
                ErrorKind::Load => ExitCode::from(3),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run() -> egl_cuda::Result<usize> {
    let context = Context::primary(0)?;
    let stream = Stream::new(&context)?;
    let invert = Kernel::from_ptx(&context, INVERT, "egl_cuda_invert")?;
    let builder = Surface::builder(320, 240).format(ColorFormat::GRAY8);
    let surface = Arc::new(builder.build()?);
    let frame = CudaFrame::map(&context, &surface, 0)?;

    let pixels = surface.map_ptr(0, Access::Write)?;
    for row in pixels.plane(0)?.rows() {
        // SAFETY: the row is mapped for writing, and nothing else uses it.
        unsafe { row.cast::<u8>().write_bytes(0x0f, row.len()) };
    }
    pixels.unmap()?;

    let plane = frame.plane(0)?.layout;
    let address = frame.device_pointer::<u8>(0)?;
    let grid = (plane.width.div_ceil(32), plane.height.div_ceil(8));
    // SAFETY: these are the kernel's parameters, and it stays within the plane.
    unsafe {
        launch!(invert<<<grid, (32, 8), 0, stream>>>(
            address, plane.pitch, plane.width, plane.height
        ))
    }?;
    stream.synchronize()?;

    let pixels = surface.map_ptr(0, Access::Read)?;
    let plane = pixels.plane(0)?;
    for row in plane.rows() {
        // SAFETY: the row is mapped for reading, and the kernel is done.
        let row = unsafe { row.as_ref() };
        assert!(row.iter().all(|&byte| byte == 0xf0), "{row:?}");
    }
    Ok(plane.params.packed_len())
}
