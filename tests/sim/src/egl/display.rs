//! Displays: the default one and that of the device, and what they say about themselves.

#![forbid(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::{
    BAD_DISPLAY, BAD_PARAMETER, Boolean, EglError, Enum, FALSE, NOT_INITIALIZED, Out, TRUE, call,
    device, image, put, refuse, stream, sync,
};
use crate::functions::Function;
use crate::table::new_handle;

const PLATFORM_DEVICE: Enum = 0x313f;
const VENDOR: c_int = 0x3053;
const VERSION: c_int = 0x3054;
const EXTENSIONS: c_int = 0x3055;
const CLIENT_APIS: c_int = 0x308d;

const CLIENT_EXTENSIONS: &CStr = c"EGL_EXT_client_extensions EGL_EXT_platform_base \
    EGL_EXT_platform_device EGL_EXT_device_base EGL_EXT_device_enumeration EGL_EXT_device_query \
    EGL_KHR_client_get_all_proc_addresses";
const DISPLAY_EXTENSIONS: &CStr = c"EGL_KHR_get_all_proc_addresses EGL_KHR_image_base \
    EGL_EXT_image_dma_buf_import EGL_KHR_reusable_sync EGL_KHR_stream EGL_KHR_stream_fifo";

/// A display. It exists as long as the process.
#[derive(Debug)]
pub(crate) struct Display {
    pub(crate) handle: usize,
    /// `eglGetDisplay` made it: it needs the window system that `DISPLAY` names, if one is named.
    is_default: bool,
    is_initialised: AtomicBool,
}

/// The default display, and that of the device.
static DISPLAYS: LazyLock<[Display; 2]> = LazyLock::new(|| {
    [true, false].map(|is_default| Display {
        handle: new_handle(),
        is_default,
        is_initialised: AtomicBool::new(false),
    })
});

/// Whether the program got a display from here: the EGL that it uses is this one.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// `NVMM_SIM_DISPLAY=dead`: what `DISPLAY` names does not answer.
fn is_dead() -> bool {
    crate::config::get().dead_display
}

const REMEDY: &str = "the X server of DISPLAY does not answer (NVMM_SIM_DISPLAY=dead); \
                      unset DISPLAY, or use EGL_PLATFORM_DEVICE_EXT";

/// A display by handle.
fn find(function: Function, handle: usize) -> Result<&'static Display, EglError> {
    match DISPLAYS.iter().find(|display| display.handle == handle) {
        Some(display) => Ok(display),
        None => refuse!(function, BAD_DISPLAY, "{handle:#x} is no display"),
    }
}

/// A display that is initialised.
pub(crate) fn initialised(function: Function, handle: usize) -> Result<(), EglError> {
    if find(function, handle)?.is_initialised.load(SeqCst) {
        return Ok(());
    }
    refuse!(function, NOT_INITIALIZED, "eglInitialize was not called");
}

/// Whether a buffer library can use a display: its own for 0, and any where the program's EGL is not
/// this one. Else what is wrong.
pub(crate) fn check_for_library(handle: usize) -> Result<(), &'static str> {
    if handle == 0 {
        return if is_dead() {
            Err(
                "could not get an EGL display connection: the X server of DISPLAY does not answer \
                 (NVMM_SIM_DISPLAY=dead); unset DISPLAY",
            )
        } else {
            Ok(())
        };
    }
    if !IN_USE.load(SeqCst) {
        return Ok(());
    }
    match DISPLAYS.iter().find(|display| display.handle == handle) {
        None => Err("the display is none of libEGL's"),
        Some(display) if !display.is_initialised.load(SeqCst) => {
            Err("the display is not initialised (eglInitialize)")
        }
        Some(_) => Ok(()),
    }
}

fn hand_out(display: &Display) -> usize {
    IN_USE.store(true, SeqCst);
    display.handle
}

/// `eglGetDisplay`
pub(crate) extern "C" fn get_display(native: usize) -> usize {
    let function = Function::eglGetDisplay;
    call(function, 0, || {
        if native != 0 {
            // EGL has no error for it.
            crate::log::unsupported(format_args!(
                "{function:?} with a native display: only EGL_DEFAULT_DISPLAY"
            ));
            return Ok(0);
        }
        Ok(hand_out(&DISPLAYS[0]))
    })
}

/// `eglGetPlatformDisplay`
pub(crate) extern "C" fn get_platform_display(
    platform: Enum,
    native: usize,
    attributes: usize,
) -> usize {
    platform_display(
        Function::eglGetPlatformDisplay,
        platform,
        native,
        attributes,
    )
}

/// `eglGetPlatformDisplayEXT`
pub(crate) extern "C" fn get_platform_display_ext(
    platform: Enum,
    native: usize,
    attributes: usize,
) -> usize {
    platform_display(
        Function::eglGetPlatformDisplayEXT,
        platform,
        native,
        attributes,
    )
}

/// The attributes are those of other platforms, and of no interest.
fn platform_display(function: Function, platform: Enum, native: usize, _: usize) -> usize {
    call(function, 0, || {
        if platform != PLATFORM_DEVICE {
            refuse!(
                function,
                BAD_PARAMETER,
                "platform {platform:#x} is not there, only EGL_PLATFORM_DEVICE_EXT"
            );
        }
        if native != device::handle() {
            refuse!(function, BAD_PARAMETER, "{native:#x} is no EGLDeviceEXT");
        }
        Ok(hand_out(&DISPLAYS[1]))
    })
}

/// `eglInitialize`
pub(crate) extern "C" fn initialize(
    display: usize,
    major: Out<'_, c_int>,
    minor: Out<'_, c_int>,
) -> Boolean {
    let function = Function::eglInitialize;
    call(function, FALSE, || {
        let display = find(function, display)?;
        if display.is_default && is_dead() {
            refuse!(function, NOT_INITIALIZED, "{REMEDY}");
        }
        display.is_initialised.store(true, SeqCst);
        if let Some(major) = major {
            major.write(1);
        }
        if let Some(minor) = minor {
            minor.write(5);
        }
        Ok(TRUE)
    })
}

/// `eglTerminate`: ends all that was made with the display.
pub(crate) extern "C" fn terminate(display: usize) -> Boolean {
    let function = Function::eglTerminate;
    call(function, FALSE, || {
        let display = find(function, display)?;
        if display.is_initialised.swap(false, SeqCst) {
            stream::display_gone(display.handle);
            sync::display_gone(display.handle);
            image::display_gone(function, display.handle);
        }
        Ok(TRUE)
    })
}

/// `eglQueryString`
pub(crate) extern "C" fn query_string(display: usize, name: c_int) -> *const c_char {
    let function = Function::eglQueryString;
    call(function, std::ptr::null(), || {
        let text = if display == 0 {
            match name {
                EXTENSIONS => CLIENT_EXTENSIONS,
                VERSION => c"1.5",
                _ => refuse!(function, BAD_DISPLAY, "{name:#x} of EGL_NO_DISPLAY"),
            }
        } else {
            initialised(function, display)?;
            match name {
                VENDOR => c"NVIDIA (simulated)",
                VERSION => c"1.5 NVIDIA (simulated)",
                EXTENSIONS => DISPLAY_EXTENSIONS,
                CLIENT_APIS => c"OpenGL_ES OpenGL",
                _ => refuse!(function, BAD_PARAMETER, "there is no string {name:#x}"),
            }
        };
        Ok(text.as_ptr())
    })
}

/// `eglQueryDisplayAttribEXT`
pub(crate) extern "C" fn query_attribute(
    display: usize,
    name: c_int,
    out: Out<'_, isize>,
) -> Boolean {
    let function = Function::eglQueryDisplayAttribEXT;
    call(function, FALSE, || {
        initialised(function, display)?;
        if name != device::DEVICE {
            refuse!(
                function,
                super::BAD_ATTRIBUTE,
                "a display has no attribute {name:#x}"
            );
        }
        put(function, out, device::handle().cast_signed())?;
        Ok(TRUE)
    })
}
