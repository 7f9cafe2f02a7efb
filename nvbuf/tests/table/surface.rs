//! Functions of a surface.

use std::fmt::Write as _;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nvbuf::{
    Access, ColorFormat, CudaBuffer, Descriptor, EglImage, GpuL2, Layout, MemType, Surface,
};

use super::{Done, IntoOutcome, Outcome, compare, done, letter};

/// What is tried, in the order of the columns.
const FUNCTIONS: [(&str, Try); 16] = [
    ("params", |s| {
        let params = s.params(0)?;
        assert_eq!((params.width(), params.planes().len()), (64, 2));
        done()
    }),
    ("map", |s| s.map(0).map(drop).into_outcome()),
    ("map_mut", |mut s| s.map_mut(0)?.unmap().into_outcome()),
    ("map_ptr read", |s| {
        s.map_ptr(0, Access::Read)?.unmap().into_outcome()
    }),
    ("map_ptr write", |s| {
        s.map_ptr(0, Access::Write)?.unmap().into_outcome()
    }),
    ("copy_to", |s| {
        let mut target = like(&s).build()?;
        s.copy_to(&mut target).into_outcome()
    }),
    ("copy_to default", |s| {
        let mut target = like(&s)
            .mem_type(MemType::DEFAULT)
            .layout(Layout::PITCH)
            .build()?;
        s.copy_to(&mut target).into_outcome()
    }),
    ("dmabuf", |s| s.dmabuf(0).map(drop).into_outcome()),
    ("clone_dmabuf", |s| {
        s.clone_dmabuf(0).map(drop).into_outcome()
    }),
    ("from_fd", |s| {
        let Ok(fd) = s.dmabuf(0) else {
            return Ok(Done::NothingToTry);
        };
        // SAFETY: the surface outlives the view.
        unsafe { Surface::from_fd(fd) }.map(drop).into_outcome()
    }),
    ("view", |s| {
        let descriptor = Descriptor::read(s.as_ptr().cast(), s.raw_size(), 0)?;
        // SAFETY: the surface outlives the view.
        unsafe { Surface::view(&descriptor) }
            .map(drop)
            .into_outcome()
    }),
    ("export", |s| s.export(0).map(drop).into_outcome()),
    ("import", |s| {
        let Ok(exported) = s.export(0) else {
            return Ok(Done::NothingToTry);
        };
        let fd: OwnedFd = exported.fd;
        Surface::import(&exported.description, fd)
            .map(drop)
            .into_outcome()
    }),
    ("EglImage", |s| {
        EglImage::map(&Arc::new(s), 0).map(drop).into_outcome()
    }),
    ("CudaBuffer", |s| {
        CudaBuffer::map(&Arc::new(s), 0).map(drop).into_outcome()
    }),
    ("sync_gpu_l2", |s| {
        s.sync_gpu_l2(0, GpuL2::Flush).into_outcome()
    }),
];

/// Types of memory, and for pitch linear and block linear surfaces of it one letter for `build` and one
/// for each function.
type Table = &'static str;

/// Nothing is shared between processes, and there are no CUDA buffers.
const R32: Table = "
    DEFAULT       ooooooooooooL-oLL ooIIIIooooooL-oLL
    CUDA_PINNED   ooIIIIooII-oL-ILL ooIIIIooII-oL-ILL
    CUDA_DEVICE   ooIIIIooII-oL-ILL ooIIIIooII-oL-ILL
    CUDA_UNIFIED  ooCCCCooII-oL-ILL ooIIIIooII-oL-ILL
    SURFACE_ARRAY ooooooooooooL-oLL ooIIIIooooooL-oLL
    HANDLE        C---------------- C----------------
    SYSTEM        ooIIIIooII-oL-ILL C----------------
    CUDA_ARRAY    C---------------- C----------------
";

/// Surfaces are shared between processes.
const R35_3: Table = "
    DEFAULT       oooooooooooooooLL ooIIIIoooooooooLL
    CUDA_PINNED   ooIIIIooII-oI-ILL ooIIIIooII-oI-ILL
    CUDA_DEVICE   ooIIIIooII-oI-ILL ooIIIIooII-oI-ILL
    CUDA_UNIFIED  ooCCCCooII-oI-ILL ooIIIIooII-oI-ILL
    SURFACE_ARRAY oooooooooooooooLL ooIIIIoooooooooLL
    HANDLE        C---------------- C----------------
    SYSTEM        ooIIIIooII-oI-ILL C----------------
    CUDA_ARRAY    C---------------- C----------------
";

/// CUDA buffers, and the GPU's cache. CUDA_ARRAY is in the release, and not in the simulator.
const R39: Table = "
    DEFAULT       ooooooooooooooooo ooIIIIoooooooooCo
    CUDA_PINNED   ooIIIIooII-oI-III ooIIIIooII-oI-III
    CUDA_DEVICE   ooIIIIooII-oI-IIo ooIIIIooII-oI-IIo
    CUDA_UNIFIED  ooCCCCooII-oI-III ooIIIIooII-oI-III
    SURFACE_ARRAY ooooooooooooooooo ooIIIIoooooooooCo
    HANDLE        C---------------- C----------------
    SYSTEM        ooIIIIooII-oI-III C----------------
    CUDA_ARRAY    C---------------- C----------------
";

const TABLES: [(&str, Table); 4] = [
    ("r32.7", R32),
    ("r35.4.1", R35_3),
    ("r36.4", R35_3),
    ("r39.2", R39),
];

/// Tries something on a surface of its own.
type Try = fn(Surface) -> Outcome;

fn nv12() -> nvbuf::SurfaceBuilder {
    Surface::builder(64, 32).format(ColorFormat::NV12)
}

fn like(surface: &Surface) -> nvbuf::SurfaceBuilder {
    let layout = surface
        .params(0)
        .map_or(Layout::PITCH, |params| params.layout());
    nv12().mem_type(surface.mem_type()).layout(layout)
}

/// The table of this process's release, a line for each type of memory.
fn seen() -> String {
    let mut lines = String::new();
    for mem_type in (0..8).map(MemType) {
        write!(lines, "{:<14}", mem_type.to_string()).unwrap();
        for layout in [Layout::PITCH, Layout::BLOCK_LINEAR] {
            let build = || nv12().mem_type(mem_type).layout(layout).build();
            lines.push(letter(build().map(drop).into_outcome()));
            for (_, function) in FUNCTIONS {
                // What is not built has nothing to try on.
                lines.push(build().map_or('-', |surface| letter(function(surface))));
            }
            lines.push(' ');
        }
        lines.truncate(lines.trim_end().len());
        lines.push('\n');
    }
    lines
}

#[test]
fn each_function_by_memory_type_and_layout() {
    let tables = TABLES.map(|(release, table)| (release, table.to_owned()));
    let test = "surface::each_function_by_memory_type_and_layout";
    compare(test, &tables, seen);
}
