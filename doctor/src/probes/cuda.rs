//! The CUDA driver, its device and the primary context.
#![forbid(unsafe_code)]

use egl_cuda::{Context, Driver};

use crate::finding::Fault;
use crate::mapped;
use crate::probe::{Probe, Steps};

pub(crate) static CUDA: Probe = Probe {
    name: "cuda",
    steps: &[
        "libcuda",
        "devices",
        "primary context",
        "device",
        "end of context",
    ],
    run: cuda,
};

fn cuda(steps: &mut Steps<'_>) {
    let driver = steps.take(
        "libcuda",
        || Driver::get().map_err(Fault::from),
        |driver| {
            let path = mapped::library("libcuda.so");
            let path = path.as_deref().unwrap_or(driver.path());
            let (major, minor) = driver.version();
            Ok(format!("CUDA {major}.{minor}, {}", path.display()))
        },
    );
    if driver.is_none() {
        return;
    }
    let devices = steps.take(
        "devices",
        || Ok(Context::devices()?),
        |count| match count {
            0 => Err(Fault::with_remedy(
                "the driver has no device",
                "check group video, the container's runtime and CUDA_VISIBLE_DEVICES",
            )),
            count => Ok(count.to_string()),
        },
    );
    if devices.is_none() {
        return;
    }
    let open = || {
        let context = Context::primary(0)?;
        context.synchronize()?;
        Ok(context)
    };
    let used = |_: &Context| Ok("of device 0, used once".to_owned());
    let Some(context) = steps.take("primary context", open, used) else {
        return;
    };
    let describe = || {
        let (major, minor) = context.compute_capability()?;
        let kind = match context.is_integrated()? {
            true => "integrated",
            false => "discrete",
        };
        let name = context.device_name()?;
        Ok(format!(
            "{name}, {kind}, compute capability {major}.{minor}"
        ))
    };
    steps.take("device", describe, |text| Ok(text.clone()));
    steps.end("end of context", context);
}
