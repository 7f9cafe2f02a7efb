//! Functions of libnvbuf_utils' buffers, by what the buffer is.

mod functions;

use std::fmt::Write as _;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nvbuf::Layout;
use nvbuf::legacy::{FdRule, NvBuffer, NvBufferBuilder, Session, SyncPoint, Tag};

use super::{IntoOutcome, Other, Outcome, compare, eventfd, letter};
use functions::FUNCTIONS;

/// The releases with the library: without engine, the last of R32, the last that the simulator knows.
const RELEASES: [&str; 3] = ["r28.1", "r32.7", "r35.1"];
/// Releases after the library's end.
const ENDED: [&str; 3] = ["r35.4.1", "r36.4", "r39.2"];

/// Tries something on a buffer.
type Try = fn(NvBuffer<'static>) -> Outcome;

/// What tries something on a buffer of a kind.
type Kind = (&'static str, fn(Try) -> Outcome);

/// What a buffer is, in the order of the columns. What cannot be made gives the error of that.
const KINDS: [Kind; 8] = [
    ("picture", |function| function(picture().build()?)),
    ("block linear", |function| {
        function(picture().layout(Layout::BLOCK_LINEAR).build()?)
    }),
    ("interlaced", |function| {
        function(picture().interlaced().build()?)
    }),
    ("chroma position", |function| {
        function(picture().chroma_position(1, 1).build()?)
    }),
    ("bytes", |function| {
        function(NvBuffer::memory_builder(8192).build()?)
    }),
    ("borrowed", |function| {
        let owner = picture().build()?;
        // SAFETY: `owner` outlives what is tried, and what is tried keeps nothing.
        function(unsafe { NvBuffer::view(owner.as_fd()) }?)
    }),
    ("described", |function| {
        let owner = picture().build()?;
        let description = owner.describe()?;
        // SAFETY: `owner` outlives what is tried, and what is tried keeps nothing.
        let fd = unsafe { BorrowedFd::borrow_raw(owner.as_fd().as_raw_fd()) };
        // SAFETY: described just now, by this process.
        function(unsafe { NvBuffer::with_description(fd, description) }?)
    }),
    ("imported", |function| {
        let owner = picture().build()?;
        let description = owner.describe()?;
        // SAFETY: as above.
        function(unsafe { NvBuffer::import(owner.as_fd(), &description) }?)
    }),
];

/// What has no buffer, or one of another kind; a letter for each release.
const OTHERS: [Other; 7] = [
    ("builder, tag", "Loo", || {
        picture().tag(Tag::CAMERA).build().map(drop).into_outcome()
    }),
    ("builder, 0 wide", "III", || {
        NvBuffer::builder(0, 32).build().map(drop).into_outcome()
    }),
    ("builder, both forms", "III", || {
        let both = picture().interlaced().chroma_position(0, 0);
        both.build().map(drop).into_outcome()
    }),
    ("FdRule::of_memory", "ooo", || {
        FdRule::of_memory("openmax").map(drop).into_outcome()
    }),
    ("Session::new", "Loo", || {
        Session::new().map(drop).into_outcome()
    }),
    ("SyncPoint::from_fence", "LoL", || {
        let points = SyncPoint::from_fence(eventfd(1))?;
        points.iter().try_for_each(SyncPoint::wait).into_outcome()
    }),
    ("SyncPoint::from_fence, no fence", "LCL", || {
        let file = std::fs::File::open("/dev/zero").unwrap();
        SyncPoint::from_fence(file).map(drop).into_outcome()
    }),
];

/// RGBA, whose rows of 256 bytes have no padding.
fn picture() -> NvBufferBuilder {
    NvBuffer::builder(64, 32)
}

fn seen() -> String {
    let mut lines = String::new();
    for (name, _, function) in FUNCTIONS {
        let letters = KINDS.map(|(_, with)| letter(with(function)));
        writeln!(lines, "{name}: {}", String::from_iter(letters)).unwrap();
    }
    for (name, _, function) in OTHERS {
        writeln!(lines, "{name}: {}", letter(function())).unwrap();
    }
    lines
}

/// The table of a release by its place.
fn expected(release: usize) -> String {
    let mut lines = String::new();
    for (name, letters, _) in FUNCTIONS {
        writeln!(lines, "{name}: {}", letters[release]).unwrap();
    }
    for (name, letters, _) in OTHERS {
        writeln!(lines, "{name}: {}", &letters[release..=release]).unwrap();
    }
    lines
}

/// Without a library everything is that error, but what is refused before it is looked for.
fn ended() -> String {
    let mut lines = String::new();
    for (name, ..) in FUNCTIONS {
        writeln!(lines, "{name}: LLLLLLLL").unwrap();
    }
    for (name, ..) in OTHERS {
        let letter = match name {
            "builder, 0 wide" | "builder, both forms" => 'I',
            _ => 'L',
        };
        writeln!(lines, "{name}: {letter}").unwrap();
    }
    lines
}

#[test]
fn each_function_by_what_the_buffer_is() {
    let with = (0..3).map(|i| (RELEASES[i], expected(i)));
    let tables: Vec<_> = with.chain(ENDED.map(|r| (r, ended()))).collect();
    let test = "legacy::each_function_by_what_the_buffer_is";
    compare(test, &tables, seen);
}
