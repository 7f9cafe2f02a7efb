//! What copies and what the engines do, by memory type and layout of source and target; sync objects,
//! sessions.

use std::fmt::Write as _;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use nvbuf::{
    Blend, Color, Composite, Compute, Layer, Layout, MemType, Session, Surface, SyncObject,
    Transform,
};

use super::{IntoOutcome, Other, Outcome, compare, eventfd, letter};

/// The surfaces that are built, by the table of surfaces; DEFAULT is SURFACE_ARRAY.
const KINDS: [(MemType, Layout); 9] = [
    (MemType::CUDA_PINNED, Layout::PITCH),
    (MemType::CUDA_PINNED, Layout::BLOCK_LINEAR),
    (MemType::CUDA_DEVICE, Layout::PITCH),
    (MemType::CUDA_DEVICE, Layout::BLOCK_LINEAR),
    (MemType::CUDA_UNIFIED, Layout::PITCH),
    (MemType::CUDA_UNIFIED, Layout::BLOCK_LINEAR),
    (MemType::SURFACE_ARRAY, Layout::PITCH),
    (MemType::SURFACE_ARRAY, Layout::BLOCK_LINEAR),
    (MemType::SYSTEM, Layout::PITCH),
];

const RELEASES: [&str; 4] = ["r32.7", "r35.4.1", "r36.4", "r39.2"];

/// Sources in lines, targets in columns, both in the order of `KINDS`.
type Matrix = [&'static str; 9];

/// Copies of the library go between all types of memory.
const EVERYWHERE: Matrix = ["ooooooooo"; 9];

/// The VIC, which is asked for: SURFACE_ARRAY only.
const VIC: Matrix = [
    "IIIIIIIII",
    "IIIIIIIII",
    "IIIIIIIII",
    "IIIIIIIII",
    "IIIIIIIII",
    "IIIIIIIII",
    "IIIIIIooI",
    "IIIIIIooI",
    "IIIIIIIII",
];

/// The platform's engine: on a Jetson the VIC. CUDA memory is left to the library to judge, since there are
/// machines whose engine is the GPU; memory that no engine reaches is not.
const DEFAULT: Matrix = [
    "eeeeeeeeI",
    "eeeeeeeeI",
    "eeeeeeeeI",
    "eeeeeeeeI",
    "eeeeeeeeI",
    "eeeeeeeeI",
    "eeeeeeooI",
    "eeeeeeooI",
    "IIIIIIIII",
];

/// The GPU: CUDA memory and SURFACE_ARRAY, and targets of rows only.
const GPU: Matrix = [
    "oIoIoIoII",
    "oIoIoIoII",
    "oIoIoIoII",
    "oIoIoIoII",
    "oIoIoIoII",
    "oIoIoIoII",
    "oIoIoIoII",
    "oIoIoIoII",
    "IIIIIIIII",
];

/// The release lacks the function; what would be refused anyway comes first.
const LACKING: Matrix = [
    "LLLLLLLLI",
    "LLLLLLLLI",
    "LLLLLLLLI",
    "LLLLLLLLI",
    "LLLLLLLLI",
    "LLLLLLLLI",
    "LLLLLLLLI",
    "LLLLLLLLI",
    "IIIIIIIII",
];

/// Backgrounds came with R34.1.1.
const BACKGROUND: [Matrix; 4] = [LACKING, DEFAULT, DEFAULT, DEFAULT];

/// Tries something with a source and a target of its own.
type Try = fn(Surface, Surface) -> Outcome;

/// What is tried, and what comes of it in each release.
const FUNCTIONS: [(&str, [Matrix; 4], Try); 16] = [
    ("copy_to", [EVERYWHERE; 4], |a, mut b| {
        a.copy_to(&mut b).into_outcome()
    }),
    ("Transform::run", [DEFAULT; 4], |a, mut b| {
        Transform::new().run(&a, &mut b).into_outcome()
    }),
    ("Transform::run by VIC", [VIC; 4], |a, mut b| {
        let vic = Transform::new().compute(Compute::Vic);
        vic.run(&a, &mut b).into_outcome()
    }),
    ("Transform::run by GPU", [GPU; 4], |a, mut b| {
        let gpu = Transform::new().compute(Compute::Gpu);
        gpu.run(&a, &mut b).into_outcome()
    }),
    ("Transform::run_one", [DEFAULT; 4], |a, mut b| {
        Transform::new().run_one(&a, 0, &mut b, 0).into_outcome()
    }),
    ("Transform::run_buffers", [DEFAULT; 4], |a, b| {
        Transform::new()
            .run_buffers(&[(&a, 0)], &[(&b, 0)])
            .into_outcome()
    }),
    ("Transform::start", [DEFAULT; 4], |a, b| {
        let object = Transform::new().start(Arc::new(a), Arc::new(b))?;
        object.wait().into_outcome()
    }),
    ("Transform::start_buffers", [DEFAULT; 4], |a, b| {
        let (a, b) = (vec![(Arc::new(a), 0)], vec![(Arc::new(b), 0)]);
        Transform::new()
            .start_buffers(&a, &b)?
            .wait()
            .into_outcome()
    }),
    ("Composite::run", [DEFAULT; 4], |a, mut b| {
        one_layer().run(&[(&a, 0)], &mut b, 0).into_outcome()
    }),
    ("Composite::run_shared", [DEFAULT; 4], |a, b| {
        one_layer().run_shared(&[(&a, 0)], &b, 0).into_outcome()
    }),
    ("Composite::run by GPU", [GPU; 4], |a, mut b| {
        let gpu = one_layer().compute(Compute::Gpu);
        gpu.run(&[(&a, 0)], &mut b, 0).into_outcome()
    }),
    ("Composite::run, background", BACKGROUND, |a, mut b| {
        let white = one_layer().background(Color::rgb(1., 1., 1.));
        white.run(&[(&a, 0)], &mut b, 0).into_outcome()
    }),
    ("Composite::start", [DEFAULT; 4], |a, b| {
        let object = one_layer().start(&[(Arc::new(a), 0)], Arc::new(b), 0)?;
        object.wait().into_outcome()
    }),
    ("Composite::start, background", BACKGROUND, |a, b| {
        let white = one_layer().background(Color::rgb(1., 1., 1.));
        let object = white.start(&[(Arc::new(a), 0)], Arc::new(b), 0)?;
        object.wait().into_outcome()
    }),
    ("Blend::run", [DEFAULT; 4], |a, mut b| {
        let alpha = like(&a);
        let white = Blend::new().background(Color::rgb(1., 1., 1.));
        white.run(&a, None, &alpha, &mut b).into_outcome()
    }),
    ("Blend::run_shared, two batches", [DEFAULT; 4], |a, b| {
        let (below, alpha) = (like(&a), like(&a));
        Blend::new()
            .run_shared(&a, Some(&below), &alpha, &b)
            .into_outcome()
    }),
];

fn one_layer() -> Composite {
    Composite::new().layer(Layer::new())
}

fn surface((mem_type, layout): (MemType, Layout)) -> nvbuf::Result<Surface> {
    let builder = Surface::builder(64, 32).mem_type(mem_type).layout(layout);
    builder.build()
}

fn like(surface: &Surface) -> Surface {
    let layout = surface.params(0).unwrap().layout();
    self::surface((surface.mem_type(), layout)).unwrap()
}

fn started() -> nvbuf::Result<SyncObject> {
    let array = || surface((MemType::SURFACE_ARRAY, Layout::PITCH)).map(Arc::new);
    Transform::new().start(array()?, array()?)
}

/// What has no source and target, with a letter for each release. Fences came with R36.3.
const OTHERS: [Other; 11] = [
    ("SyncObject::wait", "oooo", || {
        started()?.wait().into_outcome()
    }),
    ("SyncObject::wait_timeout", "oooo", || {
        let limit = Duration::from_secs(20);
        started()?.wait_timeout(limit).into_outcome()
    }),
    ("SyncObject dropped", "oooo", || {
        started().map(drop).into_outcome()
    }),
    ("SyncObject::from_fence", "LLoo", || {
        SyncObject::from_fence(eventfd(1)).map(drop).into_outcome()
    }),
    ("SyncObject::from_fence, no fence", "LLpp", || {
        let file = File::open("/dev/zero").unwrap();
        SyncObject::from_fence(file).map(drop).into_outcome()
    }),
    ("SyncObject::wait of a fence", "LLoo", || {
        let objects = SyncObject::from_fence(eventfd(1))?;
        objects
            .into_iter()
            .try_for_each(SyncObject::wait)
            .into_outcome()
    }),
    (
        "SyncObject::wait_timeout of a fence in vain",
        "LLee",
        || {
            let mut objects = SyncObject::from_fence(eventfd(0))?;
            objects[0]
                .wait_timeout(Duration::from_millis(2))
                .into_outcome()
        },
    ),
    ("Session::of_thread", "oooo", || {
        Session::of_thread().map(drop).into_outcome()
    }),
    ("Session::reset", "oooo", || Session::reset().into_outcome()),
    ("Session of GPU 0", "oooo", || {
        with(Session::new(Compute::Gpu))
    }),
    ("Session of the VIC with GPU 99", "oooo", || {
        with(Session::new(Compute::Vic).with_gpu(99))
    }),
];

fn with(session: Session) -> Outcome {
    let array = || surface((MemType::SURFACE_ARRAY, Layout::PITCH));
    let transform = Transform::new().session(session);
    transform.run(&array()?, &mut array()?).into_outcome()
}

fn seen() -> String {
    let mut lines = String::new();
    for mem_type in (0..8).map(MemType) {
        for layout in [Layout::PITCH, Layout::BLOCK_LINEAR] {
            if let Ok(surface) = surface((mem_type, layout)) {
                let kind = (surface.mem_type(), layout);
                assert!(KINDS.contains(&kind), "{mem_type} {layout}");
            }
        }
    }
    for (name, _, function) in FUNCTIONS {
        for source in KINDS {
            let outcome = |target| {
                let [source, target] = [source, target].map(|kind| surface(kind).unwrap());
                letter(function(source, target))
            };
            line(
                &mut lines,
                name,
                source,
                KINDS.map(outcome).iter().collect(),
            );
        }
    }
    for (name, _, function) in OTHERS {
        writeln!(lines, "{name}: {}", letter(function())).unwrap();
    }
    lines
}

fn line(lines: &mut String, name: &str, source: (MemType, Layout), letters: String) {
    let (mem_type, layout) = source;
    writeln!(lines, "{name} from {mem_type} {layout}: {letters}").unwrap();
}

/// The same of the table, for a release by its place.
fn expected(release: usize) -> String {
    let mut lines = String::new();
    for (name, releases, _) in FUNCTIONS {
        for (source, letters) in KINDS.into_iter().zip(releases[release]) {
            line(&mut lines, name, source, letters.to_owned());
        }
    }
    for (name, letters, _) in OTHERS {
        writeln!(lines, "{name}: {}", &letters[release..=release]).unwrap();
    }
    lines
}

#[test]
fn each_function_by_source_and_target() {
    let tables: Vec<_> = (0..4).map(|i| (RELEASES[i], expected(i))).collect();
    let test = "engine::each_function_by_source_and_target";
    compare(test, &tables, seen);
}
