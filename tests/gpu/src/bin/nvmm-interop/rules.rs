//! What the driver does where its documents are silent. Each is a case of the conformance suite for boards, too.

use std::error::Error;
use std::ffi::CStr;
use std::sync::Arc;

use egl_cuda::sys::{
    CUcontext, CUeglFrame, PFN_cuCtxPopCurrent_v2, PFN_cuCtxPushCurrent_v2,
    PFN_cuGraphicsEGLRegisterImage, PFN_cuGraphicsResourceGetMappedEglFrame,
    PFN_cuGraphicsUnregisterResource,
};
use egl_cuda::{Context, CudaFrame, DeviceMemory, Driver, Event, MappedEglImage, Stream};

use crate::picture::plane;
use crate::{Gpu, Outcome, equal};

type Create = unsafe extern "C" fn(*mut CUcontext, u32, i32) -> u32;
type Destroy = unsafe extern "C" fn(CUcontext) -> u32;

/// A function of the driver.
///
/// # Safety
///
/// `F` is the type of the function with this name.
unsafe fn function<F: Copy>(name: &CStr) -> Result<F, Box<dyn Error>> {
    let address = Driver::get()?
        .symbol(name)
        .ok_or_else(|| format!("no {name:?}"))?;
    assert_eq!(size_of::<F>(), size_of_val(&address));
    // SAFETY: by this function's contract; both are one pointer.
    Ok(unsafe { std::mem::transmute_copy(&address) })
}

/// A context of its own, beside the primary one; by raw calls, since egl-cuda makes none.
struct OtherContext {
    raw: CUcontext,
    push: PFN_cuCtxPushCurrent_v2,
    pop: PFN_cuCtxPopCurrent_v2,
    destroy: Destroy,
}

impl OtherContext {
    fn new() -> Result<Self, Box<dyn Error>> {
        // SAFETY: that is its type.
        let create: Create = unsafe { function(c"cuCtxCreate_v2") }?;
        let mut other = Self {
            raw: std::ptr::null_mut(),
            // SAFETY: that is its type.
            push: unsafe { function(c"cuCtxPushCurrent_v2") }?,
            // SAFETY: as above.
            pop: unsafe { function(c"cuCtxPopCurrent_v2") }?,
            // SAFETY: as above.
            destroy: unsafe { function(c"cuCtxDestroy_v2") }?,
        };
        // SAFETY: a live pointer, no flags, device 0.
        let created = unsafe { create(&raw mut other.raw, 0, 0) };
        equal("cuCtxCreate", created, 0)?;
        // Creating made it current.
        other.pop()?;
        Ok(other)
    }

    fn pop(&self) -> Result<(), Box<dyn Error>> {
        let mut popped = std::ptr::null_mut();
        // SAFETY: a live pointer.
        equal("cuCtxPopCurrent", unsafe { (self.pop)(&raw mut popped) }, 0)
    }

    /// Runs something with this context current.
    fn with<R>(&self, call: impl FnOnce() -> R) -> Result<R, Box<dyn Error>> {
        // SAFETY: the context is alive.
        equal("cuCtxPushCurrent", unsafe { (self.push)(self.raw) }, 0)?;
        let result = call();
        self.pop()?;
        Ok(result)
    }

    fn destroy(self) -> Result<(), Box<dyn Error>> {
        // SAFETY: the context is alive and forgotten after this.
        equal("cuCtxDestroy", unsafe { (self.destroy)(self.raw) }, 0)
    }
}

pub(crate) fn current_after_each_call(gpu: &Gpu) -> Outcome {
    let context = &gpu.context;
    let check = |call: &str, expected: CUcontext| equal(call, Context::current_raw()?, expected);
    let other = OtherContext::new()?;
    let work = |expected: CUcontext| -> Result<(), Box<dyn Error>> {
        check("before anything", expected)?;
        let stream = Stream::new(context)?;
        check("Stream::new", expected)?;
        let event = Event::new(context)?;
        event.record(&stream)?;
        stream.wait_event(&event)?;
        check("Event::record, wait", expected)?;
        let image = gpu.texture(16, 16)?.egl_image()?;
        let mapped = Arc::new(MappedEglImage::of_image(context, &image)?);
        check("MappedEglImage::of_image", expected)?;
        let frame = CudaFrame::new(mapped, &[plane(16, 16)])?;
        frame.surface_object(0)?;
        check("CudaFrame::surface_object", expected)?;
        let memory = DeviceMemory::pitched(context, 64, 16)?;
        stream.copy(frame.source(0)?, memory.target())?;
        check("Stream::copy", expected)?;
        event.synchronize()?;
        stream.synchronize()?;
        drop((frame, memory, event, stream));
        check("all drops", expected)
    };
    std::thread::scope(|scope| {
        let alone = scope.spawn(|| work(std::ptr::null_mut()).map_err(|error| error.to_string()));
        alone.join().map_err(|_| "a panic")?
    })?;
    other.with(|| work(other.raw))??;
    {
        let _current = context.push()?;
        work(context.as_raw())?;
    }
    other.destroy()?;
    Ok("always what was before: nothing, the primary context, another".into())
}

pub(crate) fn registered_twice(gpu: &Gpu) -> Outcome {
    let image = gpu.texture(64, 64)?.egl_image()?;
    let first = MappedEglImage::of_image(&gpu.context, &image)?;
    let second = MappedEglImage::of_image(&gpu.context, &image);
    let found = match second {
        Ok(second) => {
            // SAFETY: both members are plain pointers.
            let arrays = [&first, &second].map(|mapped| unsafe { mapped.frame().frame.pArray }[0]);
            let same = if arrays[0] == arrays[1] {
                "one array"
            } else {
                "two arrays"
            };
            first.unregister()?;
            let frame = CudaFrame::new(Arc::new(second), &[plane(64, 64)])?;
            frame.surface_object(0)?;
            format!("allowed, with {same}; the second outlives the first")
        }
        Err(error) => format!("refused: {error}"),
    };
    Ok(found)
}

pub(crate) fn unregistered_elsewhere(gpu: &Gpu) -> Outcome {
    let mapped = gpu.registered(64, 64)?;
    let done = std::thread::spawn(move || mapped.unregister());
    done.join().map_err(|_| "a panic")??;
    Ok("works, with the context pushed there".into())
}

/// By raw calls: egl-cuda's own objects cannot end in this order.
pub(crate) fn destroyed_first(gpu: &Gpu) -> Outcome {
    let texture = gpu.texture(64, 64)?;
    let written = vec![0x5a; 64 * 64 * 4];
    texture.upload(&written, 256)?;
    let image = texture.egl_image()?;
    // SAFETY: the image is alive now. That it ends before the registration is the question that is asked: the memory
    // is reached afterwards only by the driver's own copy.
    let mapped = Arc::new(unsafe { MappedEglImage::register(&gpu.context, image.as_ptr(), ())? });
    let frame = CudaFrame::new(mapped, &[plane(64, 64)])?;
    drop((image, texture));
    let mut found = vec![0; written.len()];
    let copied = gpu.stream.copy_to_host(frame.source(0)?, &mut found, 256);
    let pixels = match copied {
        Ok(()) if found == written => "the pixels are still there".to_owned(),
        Ok(()) => "other pixels are there".to_owned(),
        Err(error) => format!("a copy fails: {error}"),
    };
    let mapped = frame.mapped().cloned().ok_or("no registration")?;
    drop(frame);
    let mapped = Arc::into_inner(mapped).ok_or("held by somebody")?;
    let ended = match mapped.unregister() {
        Ok(()) => "unregistering works".to_owned(),
        Err(error) => format!("unregistering fails: {error}"),
    };
    gpu.context.synchronize()?;
    Ok(format!("{pixels}; {ended}"))
}

pub(crate) fn two_contexts(gpu: &Gpu) -> Outcome {
    let context = &gpu.context;
    // SAFETY: that is its type.
    let register: PFN_cuGraphicsEGLRegisterImage =
        unsafe { function(c"cuGraphicsEGLRegisterImage") }?;
    // SAFETY: as above.
    let get: PFN_cuGraphicsResourceGetMappedEglFrame =
        unsafe { function(c"cuGraphicsResourceGetMappedEglFrame") }?;
    // SAFETY: as above.
    let end: PFN_cuGraphicsUnregisterResource =
        unsafe { function(c"cuGraphicsUnregisterResource") }?;

    let image = gpu.texture(64, 64)?.egl_image()?;
    let other = OtherContext::new()?;
    // In the primary context as well, at the same time.
    let _first = MappedEglImage::of_image(context, &image)?;
    let mut resource = std::ptr::null_mut();
    // SAFETY: a live pointer, a live image.
    let registered =
        other.with(|| unsafe { register(&raw mut resource, image.as_ptr().as_ptr(), 0) })?;
    if registered != 0 {
        other.destroy()?;
        return Ok(format!("a second context is refused: {registered}"));
    }
    let mut frame = CUeglFrame::default();
    // With the wrong context current.
    let _current = context.push()?;
    // SAFETY: a live frame, a live resource; what the driver says to the wrong context is the question.
    let seen = unsafe { get(&raw mut frame, resource, 0, 0) };
    // SAFETY: as above.
    let mut ended = unsafe { end(resource) };
    let by_other = ended;
    if ended != 0 {
        // SAFETY: the resource is alive, since that failed.
        ended = other.with(|| unsafe { end(resource) })?;
    }
    equal("cuGraphicsUnregisterResource in its context", ended, 0)?;
    other.destroy()?;
    Ok(format!(
        "both contexts may register it; from the other one the frame is {seen}, unregistering {by_other}"
    ))
}
