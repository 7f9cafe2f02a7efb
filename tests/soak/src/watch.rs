//! What is said of a pipeline that does not come back.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gst::glib;
use gst::prelude::*;

/// No step of a pipeline takes longer, on a slow machine either.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the process where nothing moves any more, with a picture of the pipeline and of the threads.
#[derive(Clone, Debug)]
pub(crate) struct Watch(Arc<Mutex<Watched>>);

#[derive(Debug)]
struct Watched {
    folder: PathBuf,
    seed: u64,
    step: String,
    since: Option<Instant>,
    pipeline: glib::WeakRef<gst::Pipeline>,
}

impl Watch {
    pub(crate) fn new(folder: PathBuf) -> Self {
        let watched = Watched {
            folder,
            seed: 0,
            step: String::new(),
            since: None,
            pipeline: glib::WeakRef::new(),
        };
        let watch = Self(Arc::new(Mutex::new(watched)));
        let other = watch.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                other.look();
            }
        });
        watch
    }

    fn with<T>(&self, work: impl FnOnce(&mut Watched) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next thing that must come back.
    pub(crate) fn begin(&self, seed: u64, step: impl Into<String>) {
        let step = step.into();
        self.with(|watched| {
            watched.seed = seed;
            watched.step = step;
            watched.since = Some(Instant::now());
        });
    }

    pub(crate) fn look_at(&self, pipeline: &gst::Pipeline) {
        self.with(|watched| watched.pipeline = pipeline.downgrade());
    }

    fn look(&self) {
        let late = self.with(|watched| {
            let late = watched
                .since
                .is_some_and(|since| since.elapsed() > PATIENCE);
            late.then(|| (watched.seed, watched.step.clone()))
        });
        if let Some((seed, step)) = late {
            eprintln!(
                "soak: seed {seed} hangs: {step} took more than {PATIENCE:?}; {}",
                self.picture()
            );
            std::process::exit(3);
        }
    }

    /// Writes down the pipeline and the threads, and says where.
    pub(crate) fn picture(&self) -> String {
        let (folder, seed, pipeline) = self.with(|watched| {
            (
                watched.folder.clone(),
                watched.seed,
                watched.pipeline.clone(),
            )
        });
        let threads = folder.join(format!("{seed}.threads"));
        let dot = folder.join(format!("{seed}.dot"));
        allow_debugger();
        // Into a file: while gdb works nobody here could empty a pipe.
        let has_threads = std::fs::File::create(&threads).is_ok_and(|file| {
            let mut gdb = Command::new("gdb");
            gdb.args([
                "-batch",
                "-ex",
                "set pagination off",
                "-ex",
                "thread apply all bt",
                "-p",
            ]);
            gdb.arg(std::process::id().to_string())
                .stdout(file)
                .stderr(Stdio::null());
            gdb.status().is_ok_and(|status| status.success())
        });
        // Drawing takes locks that a hanging pipeline may have.
        let path = dot.clone();
        let (done, drawn) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            if let Some(pipeline) = pipeline.upgrade() {
                // Not the properties: reading them asks elements that may hang.
                let details = gst::DebugGraphDetails::MEDIA_TYPE
                    | gst::DebugGraphDetails::CAPS_DETAILS
                    | gst::DebugGraphDetails::STATES;
                let text = pipeline.debug_to_dot_data(details);
                let _ = done.send(std::fs::write(path, text.as_str()).is_ok());
            }
        });
        let has_dot = drawn.recv_timeout(Duration::from_secs(5)).unwrap_or(false);
        let place = |has: bool, path: PathBuf| {
            if has {
                path.display().to_string()
            } else {
                "none".into()
            }
        };
        format!(
            "pipeline: {}, threads: {}",
            place(has_dot, dot),
            place(has_threads, threads)
        )
    }
}

/// Lets gdb, a child of this process, look at it.
fn allow_debugger() {
    // SAFETY: takes numbers alone; where the kernel has no such restriction it fails, which is as good.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY, 0, 0, 0) };
}
