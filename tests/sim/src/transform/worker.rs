//! The engine's queue: one thread that does jobs in the order of their calls.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, Once};
use std::time::{Duration, Instant};

use super::work::Job;

#[derive(Debug)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Jobs ever added, which is also the number of the last one.
    added: u64,
    /// Jobs ever finished.
    done: u64,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    jobs: VecDeque::new(),
    added: 0,
    done: 0,
});
static ADDED: Condvar = Condvar::new();
static FINISHED: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(|e| e.into_inner())
}

/// Adds a job; gives its number. `None` if there can be no thread.
pub(crate) fn submit(job: Job) -> Option<u64> {
    static START: Once = Once::new();
    START.call_once(|| {
        // Without it nobody takes the jobs, which shows below.
        let thread = std::thread::Builder::new().name("nvmm-sim-vic".into());
        if thread.spawn(work).is_err() {
            queue().added = u64::MAX;
        }
    });
    let mut queue = queue();
    if queue.added == u64::MAX {
        return None;
    }
    job.begin();
    queue.jobs.push_back(job);
    queue.added += 1;
    ADDED.notify_one();
    Some(queue.added)
}

/// Waits for a job, at most so long; whether it is done.
pub(crate) fn wait(number: u64, limit: Option<Duration>) -> bool {
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    let mut queue = queue();
    while queue.done < number {
        queue = match end {
            None => FINISHED.wait(queue).unwrap_or_else(|e| e.into_inner()),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                let result = FINISHED.wait_timeout(queue, left);
                result.unwrap_or_else(|e| e.into_inner()).0
            }
        };
    }
    true
}

/// Whether a number is that of a job.
pub(crate) fn is_job(number: u64) -> bool {
    (1..=queue().added).contains(&number)
}

/// The limit of a wait in milliseconds; all bits set mean none.
pub(crate) fn limit(milliseconds: u32) -> Option<Duration> {
    (milliseconds != u32::MAX).then(|| Duration::from_millis(milliseconds.into()))
}

fn work() {
    loop {
        let mut waiting = queue();
        let job = loop {
            match waiting.jobs.pop_front() {
                Some(job) => break job,
                None => waiting = ADDED.wait(waiting).unwrap_or_else(|e| e.into_inner()),
            }
        };
        drop(waiting);
        job.run();
        job.end();
        drop(job);
        queue().done += 1;
        FINISHED.notify_all();
    }
}
