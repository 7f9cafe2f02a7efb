//! What the simulator counted.

use std::sync::{Once, OnceLock};
use std::time::{Duration, Instant};

use gst::prelude::*;
use nvmm_sim_control::Simulator;
use serde_json::Value;

/// When everything is gone that will go.
const SETTLED: Duration = Duration::from_secs(1);

/// # Panics
///
/// Where the simulator is not: the tests that count need it (`NVMM_SIM=1`).
fn simulator() -> &'static Simulator {
    static SIMULATOR: OnceLock<Simulator> = OnceLock::new();
    SIMULATOR.get_or_init(|| {
        Simulator::find().unwrap_or_else(|e| panic!("counts need the simulator: {e}"))
    })
}

fn report() -> Value {
    simulator().report()
}

/// Lets a call of a function fail: the next (1), the one after it (2), ...
///
/// # Panics
///
/// When the simulator has no such function.
pub fn fail(function: &str, number: u64, error: i32) {
    let armed = simulator().fail(function, number, error);
    armed.unwrap_or_else(|error| panic!("{error}"));
}

fn number(value: Option<&Value>) -> u64 {
    value.and_then(Value::as_u64).unwrap_or(0)
}

/// What was used since a moment.
#[derive(Debug)]
pub struct Usage(Value);

impl Usage {
    /// From now on, when the plugin has opened the libraries: that allocates a surface, which is none
    /// of a pipeline's.
    ///
    /// # Panics
    ///
    /// When the plugin cannot open them.
    pub fn start() -> Self {
        static OPENED: Once = Once::new();
        OPENED.call_once(|| {
            let element = gst::ElementFactory::make("nvmmtransform").build();
            let element = element.expect("the plugin is there");
            for state in [gst::State::Ready, gst::State::Null] {
                element.set_state(state).expect("the platform is there");
            }
        });
        Self(report())
    }

    /// A counter of the report's top level.
    ///
    /// # Panics
    ///
    /// When there is no such counter.
    pub fn count(&self, name: &str) -> u64 {
        let now = report();
        assert!(now.get(name).is_some(), "no counter {name}: {now}");
        number(now.get(name)) - number(self.0.get(name))
    }

    /// Calls of a function.
    ///
    /// # Panics
    ///
    /// When the simulator has no such function.
    pub fn calls(&self, function: &str) -> u64 {
        let now = report();
        assert!(now["calls"].get(function).is_some(), "no {function}");
        number(now["calls"].get(function)) - number(self.0["calls"].get(function))
    }

    /// A number of the threads of this name; 0 if none ever called the platform.
    pub fn thread(&self, name: &str, counter: &str) -> u64 {
        let of = |report: &Value| {
            let thread = report["threads"].get(name);
            number(thread.and_then(|thread| thread.get(counter)))
        };
        of(&report()) - of(&self.0)
    }

    /// The names of the threads that used the platform.
    pub fn threads(&self) -> Vec<String> {
        let now = report();
        let names = now["threads"].as_object().into_iter().flatten();
        let names = names.map(|(name, _)| name.clone());
        names
            .filter(|name| self.thread(name, "calls") > 0)
            .collect()
    }

    /// Nothing is left over, and no rule was broken.
    ///
    /// # Panics
    ///
    /// When something is.
    pub fn assert_clean(&self) {
        // A thread that has just ended may hold the last reference of something for a moment.
        let end = Instant::now() + SETTLED;
        while alive() != [0; 4] && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(
            alive(),
            [0; 4],
            "surfaces, EGLImages, registrations, memory"
        );
        for name in ["violations", "unsynchronised", "unsupported"] {
            assert_eq!(self.count(name), 0, "{name}");
        }
    }
}

/// Surfaces, EGLImages, registrations and device allocations alive now.
pub fn alive() -> [u64; 4] {
    [
        "surfaces_alive",
        "egl_images_alive",
        "registrations_alive",
        "device_allocations_alive",
    ]
    .map(|name| simulator().counter(name).unwrap_or(u64::MAX))
}
