//! What is tried on a buffer, and what comes of it.

use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use nvbuf::legacy::{
    Composite, Description, EglImage, ExtractedFd, FdRule, Layer, NvBuffer, Session, Transform,
};
use nvbuf::{Access, Filter, VideoBuffer};

use super::{Try, picture};
use crate::{Done, IntoOutcome, Outcome, done};

/// For each release a letter for each kind.
pub(super) const FUNCTIONS: [(&str, [&str; 3], Try); 39] = [
    ("build", ["ooLLLoLL", "oooooooo", "oooooooL"], |_| done()),
    ("params", ["ooLLLoLL", "oooooooo", "oooooooL"], |b| {
        assert!(matches!(b.params().width(), 64 | 8192));
        assert!(b.params().nv_buffer_size() as usize == b.raw_size());
        done()
    }),
    ("params_ex", ["LLLLLLLL", "oooooooo", "oooooooL"], |b| {
        b.params_ex().map(drop).into_outcome()
    }),
    ("map", ["oILLLILL", "oIoooIII", "oIoooIIL"], |mut b| {
        b.map()?.unmap().into_outcome()
    }),
    ("map_mut", ["oILLLILL", "oIoooIII", "oIoooIIL"], |mut b| {
        b.map_mut()?.unmap().into_outcome()
    }),
    (
        "map_plane",
        ["oILLLILL", "oIoooIII", "oIoooIIL"],
        |mut b| b.map_plane(0)?.unmap().into_outcome(),
    ),
    (
        "map_plane_mut",
        ["oILLLILL", "oIoooIII", "oIoooIIL"],
        |mut b| b.map_plane_mut(0)?.unmap().into_outcome(),
    ),
    ("map_ptr read", ["oILLLoLL", "oIoooooo", "oIoooooL"], |b| {
        b.map_ptr(Access::Read)?.unmap().into_outcome()
    }),
    ("map_ptr write", ["oILLLoLL", "oIoooooo", "oIoooooL"], |b| {
        b.map_ptr(Access::Write)?.unmap().into_outcome()
    }),
    ("map_plane_ptr", ["oILLLoLL", "oIoooooo", "oIoooooL"], |b| {
        b.map_plane_ptr(0, Access::Write)?.unmap().into_outcome()
    }),
    (
        "map_plane_ptr beyond",
        ["IILLLILL", "IIIIIIII", "IIIIIIIL"],
        |b| b.map_plane_ptr(1, Access::Read).map(drop).into_outcome(),
    ),
    (
        "map_mut, shared",
        ["IILLLILL", "IIIIIIII", "IIIIIIIL"],
        |mut b| {
            b.as_ptr();
            b.map_mut()?.unmap().into_outcome()
        },
    ),
    (
        "map_ptr write, mapped",
        ["BILLLBLL", "BIBBBBBB", "BIBBBBBL"],
        |b| {
            let _reader = b.map_ptr(Access::Read)?;
            b.map_ptr(Access::Write).map(drop).into_outcome()
        },
    ),
    ("from_fd", ["ooLLLoLL", "oooooooo", "oooooooL"], |b| {
        NvBuffer::from_fd(b.as_fd()).map(drop).into_outcome()
    }),
    (
        "extract, give back",
        ["LLLLLLLL", "oooooooo", "oooooooL"],
        |b| extract(&b, FdRule::GiveBack),
    ),
    ("extract, keep", ["LLLLLLLL", "oooooooo", "oooooooL"], |b| {
        extract(&b, FdRule::Keep)
    }),
    ("describe", ["LLLLLLLL", "oooooooo", "oooooooL"], |b| {
        let bytes = b.describe()?.to_bytes();
        Description::from_bytes(&bytes).map(drop).into_outcome()
    }),
    (
        "with_description",
        ["LLLLLLLL", "oooooooo", "oooooooL"],
        |b| {
            let description = b.describe()?;
            // SAFETY: described just now, by this process.
            let peer = unsafe { NvBuffer::with_description(b.as_fd(), description) };
            peer.map(drop).into_outcome()
        },
    ),
    ("import", ["LLLLLLLL", "oooooooo", "LLLLLLLL"], |b| {
        let description = b.describe()?;
        // SAFETY: as above.
        let peer = unsafe { NvBuffer::import(b.as_fd(), &description) };
        peer.map(drop).into_outcome()
    }),
    ("EglImage", ["ooLLLoLL", "ooooIoIo", "ooooIoIL"], |b| {
        EglImage::map(&Arc::new(b)).map(drop).into_outcome()
    }),
    (
        "VideoBuffer planes",
        ["ooLLLoLL", "oooooooo", "oooooooL"],
        |b| {
            assert_eq!(VideoBuffer::planes(&b, 0)?.len(), 1);
            done()
        },
    ),
    ("read_plane", ["LLLLLLLL", "ooooooIo", "ooooooIL"], |b| {
        b.read_plane(0, &mut [0; 8192]).into_outcome()
    }),
    (
        "read_plane, too short",
        ["LLLLLLLL", "IIIIIIII", "IIIIIIIL"],
        |b| b.read_plane(0, &mut [0; 8191]).into_outcome(),
    ),
    ("write_plane", ["LLLLLLLL", "ooooooIo", "ooooooIL"], |b| {
        b.write_plane(0, &[0; 8192]).into_outcome()
    }),
    (
        "write_plane, mapped",
        ["LILLLLLL", "BIBBBBIB", "BIBBBBIL"],
        |b| {
            let _reader = b.map_ptr(Access::Read)?;
            b.write_plane(0, &[0; 8192]).into_outcome()
        },
    ),
    (
        "Transform::run from",
        ["LLLLLLLL", "ooooIooo", "ooooIooL"],
        |b| Transform::new().run(&b, &picture().build()?).into_outcome(),
    ),
    (
        "Transform::run to",
        ["LLLLLLLL", "ooooIooo", "ooooIooL"],
        |b| Transform::new().run(&picture().build()?, &b).into_outcome(),
    ),
    (
        "Transform::run onto itself",
        ["LLLLLLLL", "IIIIIIII", "IIIIIIIL"],
        |b| Transform::new().run(&b, &b).into_outcome(),
    ),
    (
        "Transform::run in a session",
        ["LLLLLLLL", "ooooIooo", "ooooIooL"],
        |b| {
            let transform = Transform::new().session(&Session::new()?);
            transform.run(&b, &picture().build()?).into_outcome()
        },
    ),
    (
        "Transform::run to, mapped",
        ["LILLLLLL", "BIBBIBBB", "BIBBIBBL"],
        |b| {
            let _reader = b.map_ptr(Access::Read)?;
            Transform::new().run(&picture().build()?, &b).into_outcome()
        },
    ),
    (
        "Transform::start from",
        ["LLLLLLLL", "ooooIoIo", "ooooIoIL"],
        |b| {
            let to = Arc::new(picture().build()?);
            let pending = Transform::new().start(Arc::new(b), to)?;
            pending.wait().into_outcome()
        },
    ),
    (
        "Transform::start to",
        ["LLLLLLLL", "ooooIoIo", "ooooIoIL"],
        |b| {
            let from = Arc::new(picture().build()?);
            let mut pending = Transform::new().start(from, Arc::new(b))?;
            pending.wait_timeout(Duration::from_secs(20)).into_outcome()
        },
    ),
    (
        "Transform::start_after",
        ["LLLLLLLL", "ooooIoIo", "ooooIoIL"],
        |b| {
            let (b, to) = (Arc::new(b), Arc::new(picture().build()?));
            let transform = Transform::new();
            let first = transform.start(Arc::clone(&b), Arc::clone(&to))?;
            let second = transform.start_after(b, to, &[first.point()])?;
            second.wait().into_outcome()
        },
    ),
    ("Composite of", ["LLLLLLLL", "ooooIoIo", "ooooIoIL"], |b| {
        let target = picture().build()?;
        Composite::new()
            .run(&[Layer::new(&b)], &target)
            .into_outcome()
    }),
    ("Composite on", ["LLLLLLLL", "ooooIoIo", "ooooIoIL"], |b| {
        let source = picture().build()?;
        Composite::new()
            .run(&[Layer::new(&source)], &b)
            .into_outcome()
    }),
    (
        "Composite with a filter",
        ["LLLLLLLL", "ooooIoIo", "ooooIoIL"],
        |b| {
            let target = picture().build()?;
            let layer = Layer::new(&b).filter(Filter::BILINEAR);
            Composite::new().run(&[layer], &target).into_outcome()
        },
    ),
    (
        "Composite in a session",
        ["LLLLLLLL", "ooooIoIo", "ooooIoIL"],
        |b| {
            let (target, session) = (picture().build()?, Session::new()?);
            let composite = Composite::new().session(&session);
            composite.run(&[Layer::new(&b)], &target).into_outcome()
        },
    ),
    (
        "Composite on itself",
        ["LLLLLLLL", "IIIIIIII", "IIIIIIIL"],
        |b| Composite::new().run(&[Layer::new(&b)], &b).into_outcome(),
    ),
    (
        "clone of the fd",
        ["ooLLLoLL", "oooooooo", "oooooooL"],
        |b| {
            b.as_fd().try_clone_to_owned().unwrap();
            done()
        },
    ),
];

fn extract(buffer: &NvBuffer<'_>, rule: FdRule) -> Outcome {
    let Some(block) = NonNull::new(buffer.as_ptr()) else {
        return Ok(Done::NothingToTry);
    };
    // SAFETY: the block of `buffer`, which lives.
    unsafe { ExtractedFd::extract(block, rule) }?
        .give_back()
        .into_outcome()
}
