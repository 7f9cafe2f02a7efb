//! Sessions that want to be alone. One test, since delays belong to the whole process. Simulator only.

mod picture;

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use nvbuf::{Compute, Session, Transform};
use nvmm_sim_control::Simulator;
use picture::rgba;

const CALLS: u32 = 3;
const DELAY: Duration = Duration::from_millis(40);

/// How long threads with these sessions take, whose calls begin at the same time.
fn side_by_side(sessions: [Session; 2]) -> Duration {
    let barrier = Barrier::new(sessions.len());
    let since = Instant::now();
    thread::scope(|scope| {
        for session in sessions {
            let barrier = &barrier;
            scope.spawn(move || {
                let (source, mut target) = (rgba(32, 16, 1).0, rgba(32, 16, 2).0);
                let transform = Transform::new().session(session);
                for _ in 0..CALLS {
                    barrier.wait();
                    transform.run(&source, &mut target).unwrap();
                }
            });
        }
    });
    since.elapsed()
}

#[test]
fn calls_of_exclusive_sessions_come_one_after_another() {
    rgba(32, 16, 1);
    let Some(simulator) = Simulator::loaded() else {
        println!("not run: delays need the simulator (ci/sim.sh)");
        return;
    };
    let micros = DELAY.as_micros() as u64;
    simulator.delay("NvBufSurfTransform", micros).unwrap();
    let (vic, gpu) = (Session::new(Compute::Vic), Session::new(Compute::Gpu));
    let alone = vic.with_exclusive(true);
    assert!(alone.exclusive && !vic.exclusive && alone != vic);
    for sessions in [[alone, alone], [alone, gpu], [gpu, alone]] {
        let took = side_by_side(sessions);
        assert!(took >= 2 * CALLS * DELAY, "{sessions:?}: {took:?}");
    }
    println!("others: {:?}", side_by_side([vic, gpu]));
}
