//! The driver alone.
#![forbid(unsafe_code)]

use egl_cuda::{Context, Event, Stream};

use super::CUDA;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, Memory, Pinned, failed};
use crate::platform::Platform;
use crate::source::DRIVER_API;

const PINNED: &[Need] = &[
    Need::Cuda(c"cuMemAllocHost_v2"),
    Need::Cuda(c"cuMemcpyDtoHAsync_v2"),
    Need::Cuda(c"cuMemsetD8Async"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "cuda.version",
        "The driver says a version of 8.0 or later.",
        DRIVER_API,
        CUDA,
        version,
    ),
    Case::new(
        "cuda.device-0",
        "There is a device, and device 0 has a name.",
        DRIVER_API,
        CUDA,
        device,
    ),
    Case::new(
        "cuda.primary-context-is-one",
        "Retaining the primary context twice gives the same context.",
        DRIVER_API,
        CUDA,
        primary,
    ),
    Case::new(
        "cuda.primary-context-again",
        "Released to the last, the primary context can be retained again.",
        DRIVER_API,
        CUDA,
        primary_again,
    ),
    Case::new(
        "cuda.contexts-stack",
        "Each thread has a stack of contexts: push and pop leave what was current before.",
        DRIVER_API,
        CUDA,
        stack,
    ),
    Case::new(
        "cuda.no-context-on-a-new-thread",
        "A new thread has no current context.",
        DRIVER_API,
        CUDA,
        new_thread,
    ),
    Case::new(
        "cuda.one-context-on-many-threads",
        "One context is current on several threads at a time.",
        DRIVER_API,
        CUDA,
        many_threads,
    ),
    Case::new(
        "cuda.error-names",
        "The driver names its error codes.",
        DRIVER_API,
        CUDA,
        error_names,
    ),
    Case::new(
        "cuda.memory",
        "What is copied to device memory is what is copied back.",
        DRIVER_API,
        CUDA,
        memory,
    ),
    Case::new(
        "cuda.asynchronous-copy",
        "A copy to pinned memory is there after its stream was waited for.",
        DRIVER_API,
        PINNED,
        asynchronous,
    ),
    Case::new(
        "cuda.stream-on-another-thread",
        "A stream made on one thread is used and destroyed on another.",
        DRIVER_API,
        CUDA,
        stream_thread,
    ),
    Case::new(
        "cuda.event-not-recorded",
        "An event that was never recorded counts as complete.",
        DRIVER_API,
        CUDA,
        unrecorded,
    ),
];

fn version(_: &Platform) -> Result<Outcome, Failure> {
    let version = Cuda::new()?.driver.version();
    check::that(
        format_args!("{version:?} is 8.0 or later"),
        version >= (8, 0),
    )?;
    Ok(Passed)
}

fn device(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let count = cuda.num_devices()?;
    check::that(format_args!("{count} devices are one or more"), count >= 1)?;
    let name = cuda.context.device_name().map_err(failed)?;
    check::that("it has a name", !name.is_empty())?;
    Ok(Passed)
}

fn primary(_: &Platform) -> Result<Outcome, Failure> {
    let (one, other) = (Cuda::new()?, Cuda::new()?);
    check::equal("context", one.context.as_raw(), other.context.as_raw())?;
    Ok(Passed)
}

fn primary_again(_: &Platform) -> Result<Outcome, Failure> {
    for _ in 0..3 {
        let context = Context::primary(0).map_err(failed)?;
        let stream = Stream::new(&context).map_err(failed)?;
        stream.synchronize().map_err(failed)?;
    }
    Ok(Passed)
}

fn stack(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let before = cuda.current()?;
    let outer = cuda.context.push().map_err(failed)?;
    let inner = cuda.context.push().map_err(failed)?;
    check::equal("inside", cuda.current()?, cuda.context.as_raw())?;
    drop(inner);
    check::equal("after one pop", cuda.current()?, cuda.context.as_raw())?;
    drop(outer);
    check::equal("after two", cuda.current()?, before)?;
    Ok(Passed)
}

fn new_thread(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let _current = cuda.context.push().map_err(failed)?;
    let seen = std::thread::scope(|scope| {
        scope
            .spawn(|| cuda.current().map(|context| context.is_null()))
            .join()
    });
    let is_null = seen.map_err(|_| Failure::new("a thread that ends", "a panic"))??;
    check::that("there is none", is_null)?;
    Ok(Passed)
}

fn many_threads(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let work = || -> Result<(), Failure> {
        for _ in 0..20 {
            let _current = cuda.context.push().map_err(failed)?;
            let stream = Stream::new(&cuda.context).map_err(failed)?;
            stream.synchronize().map_err(failed)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            let ended = thread.join();
            ended.map_err(|_| Failure::new("a thread that ends", "a panic"))?
        })
    })?;
    Ok(Passed)
}

fn error_names(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    for (code, name) in [
        (0, "CUDA_SUCCESS"),
        (1, "CUDA_ERROR_INVALID_VALUE"),
        (201, "CUDA_ERROR_INVALID_CONTEXT"),
        (600, "CUDA_ERROR_NOT_READY"),
    ] {
        check::equal(
            format_args!("code {code}"),
            cuda.name_of(code)?.as_str(),
            name,
        )?;
    }
    Ok(Passed)
}

fn memory(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let memory = Memory::new(&cuda, 4096)?;
    let bytes = crate::surface::noise(4096, 1);
    memory.write(&bytes)?;
    check::equal("bytes", &memory.read(4096)?, &bytes)?;
    memory.fill(100, 9)?;
    let seen = memory.read(4096)?;
    check::flat("what was filled", &seen[..100], 9, 0)?;
    check::equal("what was not", &seen[100..], &bytes[100..])?;
    Ok(Passed)
}

fn asynchronous(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let (memory, host) = (Memory::new(&cuda, 4096)?, Pinned::new(&cuda, &[1; 4096])?);
    let stream = Stream::new(&cuda.context).map_err(failed)?;
    memory.start_fill(4096, 77, &stream)?;
    memory.start_read(&host, &stream)?;
    stream.synchronize().map_err(failed)?;
    check::flat("pinned memory", &host.bytes(), 77, 0)?;
    Ok(Passed)
}

fn stream_thread(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let stream = Stream::new(&cuda.context).map_err(failed)?;
    let used = std::thread::spawn(move || stream.synchronize().map_err(failed));
    used.join()
        .map_err(|_| Failure::new("a thread that ends", "a panic"))??;
    Ok(Passed)
}

fn unrecorded(_: &Platform) -> Result<Outcome, Failure> {
    let cuda = Cuda::new()?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    check::that("it is complete", event.is_complete().map_err(failed)?)?;
    event.synchronize().map_err(failed)?;
    Ok(Passed)
}
