//! A kernel of the CUDA runtime on a stream and a frame of this crate.
//!
//! Most CUDA code that exists is of this kind, and so are NPP, OpenCV and TensorRT: C or C++ with
//! `<<<>>>` or a call that takes a `cudaStream_t`. It needs no conversion. The runtime works in the
//! device's primary context, which is what [`Context`] is; `cudaStream_t` is the driver's handle; device
//! addresses and surface objects are the same numbers. What is left to do is to push the context.
//!
//! `runtime_kernel [LIBRARY]`: the library is `librt_kernel.so` beside the program unless said, made by
//! `ci/runtime-kernel.sh`. It is opened at run time, so that the program is built without CUDA.

use std::error::Error;
use std::ffi::{CStr, OsString, c_char, c_int, c_void};
use std::process::ExitCode;
use std::sync::Arc;

use egl_cuda::{Context, CudaFrame, Event, Plane, PlaneData, Stream};
use libloading::Library;
use nvbuf::{Access, ColorFormat, Surface};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// `struct rt_plane` of `rt_kernel.h`.
#[repr(C)]
struct RtPlane {
    address: u64,
    surface: u64,
    pitch: u32,
    row_bytes: u32,
    rows: u32,
}

/// `rt_invert` of `rt_kernel.h`.
type Invert = unsafe extern "C" fn(*const RtPlane, u32, *mut c_void) -> c_int;
/// `rt_error` of `rt_kernel.h`.
type ErrorText = unsafe extern "C" fn(c_int) -> *const c_char;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Its text says the remedy, where one is known.
            eprintln!("runtime_kernel: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let library = match std::env::args_os().nth(1) {
        Some(path) => path,
        None => beside("librt_kernel.so")?,
    };
    // SAFETY: the library is made of rt_kernel.cu, or is another of its interface; its initialisers are
    // those of the CUDA runtime.
    let library = unsafe { Library::new(library) }.map_err(|error| match error.source() {
        Some(why) => format!("{why}; ci/runtime-kernel.sh makes it"),
        None => error.to_string(),
    })?;
    let context = Context::primary(0)?;
    let stream = Stream::new(&context)?;
    let done = Event::new(&context)?;

    // A width that leaves a rest in the last block, and rows with padding behind them.
    let surface = Surface::builder(638, 362)
        .format(ColorFormat::RGBA)
        .build()
        .map(Arc::new)?;
    let frame = CudaFrame::map(&context, &surface, 0)?;
    write(&surface)?;

    invert(&library, &frame, &context, &stream)?;
    done.record(&stream)?;
    done.synchronize()?;

    let pixels = check(&surface)?;
    let kind = match frame.plane(0)?.data {
        PlaneData::Pitch(_) => "rows",
        PlaneData::Array(_) => "an array",
    };
    let device = context.device_name()?;
    println!("runtime kernel: {pixels} pixels in {kind} are right, on {device}");
    Ok(())
}

/// Gives the frame to the launcher, on the stream.
fn invert(library: &Library, frame: &CudaFrame, context: &Context, stream: &Stream) -> Result<()> {
    // SAFETY: the prototype is the header's.
    let launch = unsafe { library.get::<Invert>(b"rt_invert") }?;
    // SAFETY: as above.
    let text = unsafe { library.get::<ErrorText>(b"rt_error") }?;
    let planes = (0..)
        .zip(frame.planes())
        .map(|(index, plane)| rt_plane(frame, index, plane))
        .collect::<Result<Vec<_>>>()?;
    // The runtime takes the context that is current; on a thread without one it would make the primary
    // context of device 0 current and leave it so.
    let _current = context.push()?;
    // SAFETY: the planes are `num_planes` and those of a frame that lives until the work is done, the
    // stream is alive.
    let code = unsafe { launch(planes.as_ptr(), frame.num_planes(), stream.as_raw().cast()) };
    if code == 0 {
        return Ok(());
    }
    // SAFETY: any code may be asked about.
    let text = unsafe { text(code) };
    // SAFETY: the launcher gives a static string.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    Err(format!("rt_invert: error {code} ({text})").into())
}

fn rt_plane(frame: &CudaFrame, index: u32, plane: &Plane) -> Result<RtPlane> {
    let (address, surface) = match plane.data {
        PlaneData::Pitch(address) => (address, 0),
        PlaneData::Array(_) => (0, frame.surface_object(index)?),
    };
    let layout = plane.layout;
    Ok(RtPlane {
        address,
        surface,
        pitch: layout.pitch,
        row_bytes: layout.width * layout.bytes_per_pixel,
        rows: layout.height,
    })
}

/// What is written at a byte of a row: no two neighbours are alike, nor are two rows.
fn pattern(row: usize, byte: usize) -> u8 {
    (row * 7 + byte * 3) as u8
}

fn write(surface: &Surface) -> Result<()> {
    let pixels = surface.map_ptr(0, Access::Write)?;
    for (y, mut row) in pixels.plane(0)?.rows().enumerate() {
        // SAFETY: the row is mapped for writing while `pixels` lives, and nothing else runs on it.
        let row = unsafe { row.as_mut() };
        for (x, byte) in row.iter_mut().enumerate() {
            *byte = pattern(y, x);
        }
    }
    Ok(pixels.unmap()?)
}

/// The number of pixels, all of which are inverted.
fn check(surface: &Surface) -> Result<usize> {
    let pixels = surface.map_ptr(0, Access::Read)?;
    let plane = pixels.plane(0)?;
    for (y, row) in plane.rows().enumerate() {
        // SAFETY: the row is mapped for reading while `pixels` lives, and the kernel is done.
        let row = unsafe { row.as_ref() };
        for (x, &byte) in row.iter().enumerate() {
            if byte != !pattern(y, x) {
                return Err(format!("byte {x} of row {y} is {byte}").into());
            }
        }
    }
    Ok(plane.params.packed_len() / plane.params.bytes_per_pixel as usize)
}

fn beside(name: &str) -> Result<OsString> {
    let program = std::env::current_exe()?;
    Ok(program.with_file_name(name).into_os_string())
}
