//! What a new surface looks like.
#![forbid(unsafe_code)]

use nvbufsurface_sys::{ColorFormat, Layout, MemType};

use super::SURFACE;
use super::allocate_planes::{NV12, SHAPES};
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::socket;
use crate::source::{NVVIDCONV, SURFACE_H};
use crate::surface::{Extra, Wanted};

const ALLOCATE: &[Need] = &[Need::Surface("NvBufSurfaceAllocate")];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "allocate.num-filled-is-0",
        "A new surface has no filled buffer: numFilled is 0.",
        SURFACE_H,
        SURFACE,
        num_filled,
    ),
    Case::new(
        "allocate.batch-size",
        "batchSize is what was asked for, of 1 and of several.",
        SURFACE_H,
        SURFACE,
        batch_size,
    ),
    Case::new(
        "allocate.params-are-those-asked-for",
        "Width, height, format and layout of every entry are those asked for.",
        SURFACE_H,
        SURFACE,
        as_asked,
    ),
    Case::new(
        "allocate.memory-type-as-asked",
        "memType of a surface is the type that was asked for.",
        SURFACE_H,
        SURFACE,
        memory_as_asked,
    ),
    Case::new(
        "allocate.default-memory",
        "DEFAULT memory is SURFACE_ARRAY, or CUDA_DEVICE where the system has a discrete driver; never DEFAULT itself.",
        "nvbufsurface.h; DeepStream 9.1 gst-nvcommon.h",
        SURFACE,
        default_memory,
    ),
    Case::new(
        "allocate.buffer-desc-is-an-fd",
        "bufferDesc of a surface array is an open file descriptor.",
        SURFACE_H,
        SURFACE,
        open_fd,
    ),
    Case::new(
        "allocate.nothing-is-mapped",
        "A new surface has no CPU address and no EGLImage.",
        SURFACE_H,
        SURFACE,
        nothing_mapped,
    ),
    Case::new(
        "allocate.small",
        "The smallest pictures that the crates' own tests use, 16x16, are allocated.",
        SURFACE_H,
        SURFACE,
        small,
    ),
    Case::new(
        "allocate.4k",
        "Pictures of 3840x2160 are allocated, pitch and planes as of small ones.",
        SURFACE_H,
        SURFACE,
        large,
    ),
    Case::new(
        "allocate.destroy",
        "Destroying a surface returns 0 and closes its fd.",
        SURFACE_H,
        SURFACE,
        destroy,
    ),
    Case::new(
        "allocate.again-and-again",
        "A hundred surfaces one after the other leave no fd open.",
        "jetson-inference issues 1279 and 1493: fd numbers that climb",
        SURFACE,
        again,
    )
    .assumed(),
    Case::new(
        "allocate.many-at-once",
        "Thirty-two surfaces of 640x480 live at once, each with an fd of its own.",
        NVVIDCONV,
        SURFACE,
        many,
    ),
    Case::new(
        "allocate.raw",
        "A buffer of bytes has as many as were asked for, and no need of a format.",
        SURFACE_H,
        SURFACE,
        raw,
    )
    .assumed(),
    Case::new(
        "allocate.with-tag",
        "NvBufSurfaceAllocate gives the same surface as NvBufSurfaceCreate, with the tag of a converter.",
        NVVIDCONV,
        ALLOCATE,
        with_tag,
    ),
    Case::new(
        "allocate.on-another-thread",
        "A surface is made on one thread, used on a second and destroyed on a third.",
        NVVIDCONV,
        SURFACE,
        on_threads,
    ),
];

fn num_filled(p: &Platform) -> Result<Outcome, Failure> {
    for batch in [1, 4] {
        let surface = NV12.batch(batch).create_unfilled(p)?;
        check::equal("numFilled", surface.header().numFilled, 0)?;
    }
    Ok(Passed)
}

fn batch_size(p: &Platform) -> Result<Outcome, Failure> {
    for batch in [1, 2, 7, 16] {
        let header = NV12.batch(batch).create(p)?.header();
        check::equal("batchSize", header.batchSize, batch)?;
        check::that("surfaceList is not null", !header.surfaceList.is_null())?;
    }
    Ok(Passed)
}

fn as_asked(p: &Platform) -> Result<Outcome, Failure> {
    for wanted in SHAPES {
        let surface = wanted.batch(3).create(p)?;
        for i in 0..3 {
            let entry = surface.entry(i)?;
            let (format, layout) = (ColorFormat(entry.colorFormat), Layout(entry.layout));
            check::equal(
                "size",
                (entry.width, entry.height),
                (wanted.width, wanted.height),
            )?;
            check::equal(
                "format and layout",
                (format, layout),
                (wanted.format, Layout::PITCH),
            )?;
            let first = surface.plane(i, 0)?;
            check::equal(
                "plane 0",
                (first.width, first.height),
                (wanted.width, wanted.height),
            )?;
        }
    }
    Ok(Passed)
}

fn memory_as_asked(p: &Platform) -> Result<Outcome, Failure> {
    for mem_type in [MemType::SURFACE_ARRAY, MemType::SYSTEM] {
        let header = NV12.memory(mem_type).create(p)?.header();
        check::equal("memType", MemType(header.memType), mem_type)?;
    }
    Ok(Passed)
}

fn default_memory(p: &Platform) -> Result<Outcome, Failure> {
    let found = MemType(NV12.memory(MemType::DEFAULT).create(p)?.header().memType);
    check::that(
        format_args!("memType {found} is SURFACE_ARRAY or CUDA_DEVICE"),
        [MemType::SURFACE_ARRAY, MemType::CUDA_DEVICE].contains(&found),
    )?;
    Ok(Passed)
}

fn open_fd(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(3).create(p)?;
    for i in 0..3 {
        let fd = surface.fd(i)?;
        check::that(
            format_args!("fd {fd} is open"),
            fd > 0 && socket::is_open(fd),
        )?;
    }
    Ok(Passed)
}

fn nothing_mapped(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(2).create(p)?;
    for i in 0..2 {
        let mapped = surface.entry(i)?.mappedAddr;
        check::that(
            format_args!("{mapped:?} is empty"),
            mapped.addr.iter().all(|a| a.is_null()) && mapped.eglImage.is_null(),
        )?;
    }
    Ok(Passed)
}

fn small(p: &Platform) -> Result<Outcome, Failure> {
    for format in [ColorFormat::NV12, ColorFormat::YUV420, ColorFormat::RGBA] {
        Wanted::picture(format, 16, 16).create(p)?;
    }
    Ok(Passed)
}

fn large(p: &Platform) -> Result<Outcome, Failure> {
    let surface = Wanted::picture(ColorFormat::NV12, 3840, 2160).create(p)?;
    let planes = surface.planes(0)?;
    check::that(format_args!("{planes:?} holds it"), planes[0].pitch >= 3840)?;
    check::equal("chroma", (planes[1].width, planes[1].height), (1920, 1080))?;
    Ok(Passed)
}

fn destroy(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let fd = surface.fd(0)?;
    surface.destroy()?;
    check::that(format_args!("fd {fd} is closed"), !socket::is_open(fd))?;
    Ok(Passed)
}

fn again(p: &Platform) -> Result<Outcome, Failure> {
    let mut last = 0;
    for round in 0..100 {
        let surface = NV12.create(p)?;
        let fd = surface.fd(0)?;
        surface.destroy()?;
        if round == 0 {
            last = fd;
        }
        check::that(
            format_args!("fd {fd} is not far from {last}"),
            fd <= last + 8,
        )?;
    }
    Ok(Passed)
}

fn many(p: &Platform) -> Result<Outcome, Failure> {
    let wanted = Wanted::picture(ColorFormat::NV12, 640, 480);
    let surfaces: Vec<_> = (0..32)
        .map(|_| wanted.create(p))
        .collect::<Result<_, _>>()?;
    let mut fds: Vec<_> = surfaces.iter().map(|s| s.fd(0)).collect::<Result<_, _>>()?;
    fds.sort_unstable();
    fds.dedup();
    check::equal("different fds", fds.len(), 32)?;
    Ok(Passed)
}

fn raw(p: &Platform) -> Result<Outcome, Failure> {
    let mut wanted = Wanted::picture(ColorFormat::INVALID, 0, 0);
    wanted.size = 5000;
    let surface = wanted.create(p)?;
    let size = surface.entry(0)?.dataSize;
    check::that(format_args!("{size} bytes are enough"), size >= 5000)?;
    check::that("its fd is open", socket::is_open(surface.fd(0)?))?;
    Ok(Passed)
}

fn with_tag(p: &Platform) -> Result<Outcome, Failure> {
    let tag = nvbufsurface_sys::classic::NvBufSurfaceTag_VIDEO_CONVERT;
    let extra = Extra {
        tag,
        unpadded: false,
    };
    let (tagged, plain) = (NV12.batch(2).allocate(p, extra)?, NV12.batch(2).create(p)?);
    check::equal("planes", tagged.planes(1)?, plain.planes(1)?)?;
    let (one, other) = (tagged.header(), plain.header());
    check::equal("type", one.memType, other.memType)?;
    check::equal("batch", one.batchSize, other.batchSize)?;
    Ok(Passed)
}

fn on_threads(p: &Platform) -> Result<Outcome, Failure> {
    let panicked = |_| Failure::new("a thread that ends", "a panic");
    let made = std::thread::scope(|scope| {
        // A platform of its own: the libraries behind it are the process's.
        let make = || NV12.create(&Platform::default());
        scope.spawn(make).join()
    });
    let surface = made.map_err(panicked)??;
    let pixels = surface.scribble(0, 1)?;
    check::equal("pixels", surface.read_all(0)?, pixels)?;
    let used = std::thread::spawn(move || surface.read(0, 0).and_then(|_| surface.destroy()));
    used.join().map_err(panicked)??;
    NV12.create(p)?;
    Ok(Passed)
}
