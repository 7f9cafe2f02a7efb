//! Numbers by thread name. Threads of one name share an entry; ended threads keep theirs.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const CAPACITY: usize = 256;

/// What a thread did.
#[derive(Debug)]
pub(crate) struct Thread {
    name: [AtomicU64; 2],
    /// Calls of simulated functions.
    pub(crate) calls: AtomicU64,
    /// Kernels launched.
    pub(crate) launches: AtomicU64,
    /// Planes mapped for the CPU.
    pub(crate) cpu_maps: AtomicU64,
    /// Bytes of those planes.
    pub(crate) cpu_bytes_mapped: AtomicU64,
}

static THREADS: [Thread; CAPACITY] = [const {
    Thread {
        name: [const { AtomicU64::new(0) }; 2],
        calls: AtomicU64::new(0),
        launches: AtomicU64::new(0),
        cpu_maps: AtomicU64::new(0),
        cpu_bytes_mapped: AtomicU64::new(0),
    }
}; CAPACITY];

/// Entries in use; those before it have their final name.
static USED: AtomicUsize = AtomicUsize::new(0);
static ADDING: Mutex<()> = Mutex::new(());

thread_local! {
    /// Name at the last call, and the entry of that name.
    static CURRENT: Cell<([u64; 2], usize)> = const { Cell::new(([0; 2], usize::MAX)) };
}

impl Thread {
    /// The name as the kernel keeps it: at most 15 bytes.
    pub(crate) fn name(&self) -> ([u8; 16], usize) {
        let mut bytes = [0; 16];
        for (half, word) in bytes.chunks_exact_mut(8).zip(&self.name) {
            half.copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
        }
        let len = bytes.iter().position(|b| *b == 0).unwrap_or(16);
        (bytes, len)
    }

    fn has_name(&self, name: [u64; 2]) -> bool {
        self.name
            .iter()
            .zip(name)
            .all(|(word, n)| word.load(Ordering::Relaxed) == n)
    }
}

/// The entry of the calling thread, by its present name: pool threads change theirs.
pub(crate) fn current() -> &'static Thread {
    let name = kernel_name();
    let (known, entry) = CURRENT.get();
    if entry != usize::MAX && known == name {
        return &THREADS[entry];
    }
    let entry = entry_of(name);
    CURRENT.set((name, entry));
    &THREADS[entry]
}

fn kernel_name() -> [u64; 2] {
    let mut name = [0u64; 2];
    // SAFETY: PR_GET_NAME writes at most 16 bytes, ending in a zero, into the 16 given.
    unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
    // Bytes behind the terminator are not part of the name.
    let mut bytes = [0u8; 16];
    for (half, word) in bytes.chunks_exact_mut(8).zip(name) {
        half.copy_from_slice(&word.to_ne_bytes());
    }
    let len = bytes.iter().position(|b| *b == 0).unwrap_or(16);
    bytes[len..].fill(0);
    let (low, high) = bytes.split_at(8);
    [low, high].map(|half| u64::from_ne_bytes(half.try_into().unwrap_or_default()))
}

fn entry_of(name: [u64; 2]) -> usize {
    let _adding = ADDING.lock().unwrap_or_else(|e| e.into_inner());
    let used = USED.load(Ordering::Acquire);
    if let Some(entry) = THREADS[..used]
        .iter()
        .position(|thread| thread.has_name(name))
    {
        return entry;
    }
    if used == CAPACITY {
        // More names than entries: the last entry takes the rest.
        return CAPACITY - 1;
    }
    for (word, n) in THREADS[used].name.iter().zip(name) {
        word.store(n, Ordering::Relaxed);
    }
    USED.store(used + 1, Ordering::Release);
    used
}

/// The entries of all threads seen.
pub(crate) fn all() -> &'static [Thread] {
    &THREADS[..USED.load(Ordering::Acquire)]
}

/// Sets every number to zero; the names stay.
pub(crate) fn reset() {
    for thread in all() {
        for counter in [
            &thread.calls,
            &thread.launches,
            &thread.cpu_maps,
            &thread.cpu_bytes_mapped,
        ] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}
