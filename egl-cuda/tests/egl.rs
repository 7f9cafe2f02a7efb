//! Displays, streams and fences of EGL, on the simulated libEGL (ci/sim.sh) or the machine's own.

mod common;

#[path = "egl_stream/children.rs"]
mod children;

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use children::each;
use common::{directory, is_child, run};
use egl_cuda::{EglDisplay, EglStream, EglStreamState, EglSync, ErrorKind};
use nvmm_sim_control::Simulator;

fn alive() -> Option<u64> {
    Simulator::loaded().and_then(|simulator| simulator.counter("egl_streams_alive"))
}

#[test]
fn displays_need_no_screen() {
    each("displays_need_no_screen", || {
        let display = EglDisplay::of_device(0).unwrap();
        assert!(display.version() >= (1, 4));
        assert!(!display.vendor().is_empty());
        assert!(
            display.has_extension("EGL_KHR_stream"),
            "{}",
            display.extensions()
        );
        // A part of a name is none.
        assert!(!display.has_extension("EGL_KHR_strea"));
        assert!(!display.has_extension(""));
        assert_eq!(display.clone().as_ptr(), display.as_ptr());
        assert_eq!(EglDisplay::of_device(0).unwrap().as_ptr(), display.as_ptr());
        if Simulator::loaded().is_some() {
            assert_ne!(
                EglDisplay::default_display().unwrap().as_ptr(),
                display.as_ptr()
            );
            let default = EglDisplay::default_display().unwrap();
            // SAFETY: a display, which nobody terminates.
            let same = unsafe { EglDisplay::from_raw(default.as_ptr()) }.unwrap();
            assert_eq!(same.as_ptr(), default.as_ptr());
            assert_eq!(same.extensions(), default.extensions());
            // SAFETY: EGL knows its displays; this is none of them, and nothing is done with it.
            let none = unsafe { EglDisplay::from_raw(std::ptr::NonNull::dangling()) };
            assert_eq!(none.unwrap_err().name(), Some("EGL_BAD_DISPLAY"));
            // The only device says that it is CUDA's number 0: another gets the default display.
            assert_ne!(EglDisplay::of_device(1).unwrap().as_ptr(), display.as_ptr());
        }
    });
}

#[test]
fn sim_a_display_that_leads_nowhere_is_explained() {
    const NAME: &str = "sim_a_display_that_leads_nowhere_is_explained";
    each(NAME, || {
        if std::env::var_os("NVMM_SIM_DISPLAY").is_none() {
            let status = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", NAME, "--nocapture"])
                .env("NVMM_SIM_DISPLAY", "dead")
                .status();
            assert!(status.unwrap().success());
            return;
        }
        let error = EglDisplay::default_display().unwrap_err();
        assert_eq!(
            (error.kind(), error.call()),
            (ErrorKind::Egl, "eglInitialize")
        );
        assert_eq!(error.egl_code(), Some(0x3001));
        assert_eq!(error.name(), Some("EGL_NOT_INITIALIZED"));
        let text = error.to_string();
        assert!(text.contains("0x3001 (EGL_NOT_INITIALIZED"), "{text}");
        assert!(text.contains("unset DISPLAY"), "{text}");
        // The one that needs no window system is not touched by it.
        EglDisplay::of_device(0).unwrap();
    });
}

#[test]
fn streams_tell_how_they_stand_and_end() {
    each("streams_tell_how_they_stand_and_end", || {
        let display = EglDisplay::of_device(0).unwrap();
        let fifo = EglStream::fifo(&display, 4).unwrap();
        let mailbox = EglStream::mailbox(&display).unwrap();
        assert_ne!(fifo.as_ptr(), mailbox.as_ptr());
        for stream in [&fifo, &mailbox] {
            assert_eq!(stream.state().unwrap(), EglStreamState::CREATED);
            assert_eq!(stream.display().as_ptr(), display.as_ptr());
        }
        assert!(matches!(alive(), None | Some(2)));
        // On another thread.
        std::thread::spawn(move || drop((fifo, mailbox)))
            .join()
            .unwrap();
        assert!(matches!(alive(), None | Some(0)));
        let error = EglStream::fifo(&display, 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let error = EglStream::fifo(&display, u32::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert_eq!(
            format!("{:?}", EglStreamState(0x7777)),
            "EglStreamState(0x7777)"
        );
    });
}

#[test]
fn sim_what_a_display_lacks_is_named() {
    each("sim_what_a_display_lacks_is_named", || {
        let display = EglDisplay::of_device(0).unwrap();
        // The simulated EGL has no GL, and so no fences.
        let error = EglSync::fence(&display).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(
            error
                .to_string()
                .contains("no extension EGL_KHR_fence_sync"),
            "{error}"
        );
    });
}

/// Lets every EGL call of a life fail at every number: the display falls back where there is another, everything else is
/// the call's own error, and nothing is left.
#[test]
fn sim_every_call_fails_once() {
    each("sim_every_call_fails_once", || {
        const BAD_ALLOC: i32 = 0x3003;
        let simulator = Simulator::loaded();
        let life = || -> egl_cuda::Result<()> {
            let display = EglDisplay::of_device(0)?;
            let stream = EglStream::fifo(&display, 2)?;
            stream.state()?;
            EglStream::mailbox(&display).map(drop)
        };
        life().unwrap();
        let simulator = simulator.or_else(Simulator::loaded).expect("the simulator");
        let falls_back = [
            "eglQueryString",
            "eglQueryDevicesEXT",
            "eglQueryDeviceStringEXT",
            "eglQueryDeviceAttribEXT",
            "eglGetPlatformDisplayEXT",
        ];
        let errors = ["eglCreateStreamKHR", "eglQueryStreamKHR"];
        let mut failed = 0;
        for function in falls_back
            .iter()
            .chain(&errors)
            .chain(&["eglInitialize", "eglDestroyStreamKHR"])
        {
            let calls = |simulator: &Simulator| {
                simulator.report()["calls"][*function].as_u64().unwrap_or(0)
            };
            let before = calls(&simulator);
            life().unwrap();
            let count = calls(&simulator) - before;
            assert!(count > 0, "{function} is not called");
            for number in 1..=count {
                let before = alive().unwrap();
                simulator.fail(function, number, BAD_ALLOC).unwrap();
                let result = life();
                failed += 1;
                if errors.contains(function) {
                    let error = result.unwrap_err();
                    assert_eq!(
                        (error.call(), error.egl_code()),
                        (*function, Some(BAD_ALLOC))
                    );
                } else if *function == "eglQueryString" {
                    // Of the display: it then has no extensions.
                    if let Err(error) = result {
                        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                    }
                } else {
                    result.unwrap_or_else(|error| panic!("{function} {number}: {error}"));
                }
                simulator.fail(function, 0, 0).unwrap();
                // A stream whose destruction fails is EGL's to keep; it is not tried twice.
                let left = u64::from(*function == "eglDestroyStreamKHR");
                assert_eq!(alive().unwrap() - before, left, "{function} {number}");
            }
        }
        assert!(failed > 8, "{failed}");
    });
}

#[test]
fn without_libegl_there_is_an_error() {
    const NAME: &str = "without_libegl_there_is_an_error";
    if !is_child() {
        let directory = directory(NAME);
        std::fs::write(directory.join("libEGL.so.1"), "no library\n").unwrap();
        return run(NAME, &[("LD_LIBRARY_PATH", &directory)]);
    }
    let error = EglDisplay::of_device(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Load);
    let text = error.to_string();
    assert!(
        text.contains("libEGL was not found; tried libEGL.so.1"),
        "{text}"
    );
    assert!(text.contains("install libegl1"), "{text}");
    // Not remembered: a library that is another one is found now, and refused.
    let library = PathBuf::from(std::env::var_os("LD_LIBRARY_PATH").unwrap()).join("libEGL.so.1");
    std::fs::remove_file(&library).unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .find(|path| path.contains("/libc.so") || path.contains("/libc-"))
        .unwrap();
    symlink(libc, &library).unwrap();
    let error = EglDisplay::default_display().unwrap_err();
    let missing = error.load_error().and_then(egl_cuda::LoadError::symbol);
    assert_eq!(missing, Some("eglGetProcAddress"), "{error}");
}

#[test]
fn the_example_moves_frames() {
    each("the_example_moves_frames", || {
        let output = std::process::Command::new(common::program("egl_stream"))
            .arg("300")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}\n{errors}");
        assert!(
            text.contains("300 frames of 640x360, every one right"),
            "{text}"
        );
        assert!(!errors.contains("egl-cuda:"), "{errors}");
    });
}
