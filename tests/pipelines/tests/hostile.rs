//! Memory whose content is made up at random: an error or a valid frame, never a crash.
//!
//! The seed is printed and may be given (`NVMM_HOSTILE_SEED`), as may the seconds (`NVMM_HOSTILE_SECONDS`). A
//! crash ends the process: the seed on the last line before it repeats it. `ci/fuzz.sh` looks for what random
//! numbers do not find.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gst_nvmm::Session;
use gst_nvmm::nvbuf::ColorFormat;
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::hostile::{Numbers, Places, block, forged, noise, take};
use nvmm_pipelines::{LegacyPeer, Peer, alive, child, exclusive, is_child, is_r32};

const SIZE: (u32, u32) = (64, 48);

/// Whether what is said of a buffer is so, and what a block leads to, the libraries alone know: they are asked
/// once everything that can be checked is checked, and refuse. In its strict mode the simulator would
/// end the process there, so this runs in one of its own without it.
#[test]
fn nothing_that_a_peer_sends_is_a_crash() {
    if !is_child() {
        let lenient = [("NVMM_SIM_STRICT", "0")];
        let text = child("nothing_that_a_peer_sends_is_a_crash", &lenient);
        let ours = text.lines().filter(|line| line.starts_with("hostile: "));
        ours.for_each(|line| eprintln!("{line}"));
        return;
    }
    let _guard = exclusive();
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = number("NVMM_HOSTILE_SEED").unwrap_or(now.map_or(1, |now| now.as_micros() as u64));
    let seconds = number("NVMM_HOSTILE_SECONDS").unwrap_or(20);
    eprintln!("hostile: NVMM_HOSTILE_SEED={seed} repeats this");
    // Never 0, of which xorshift makes nothing else.
    let mut random = Numbers::Random(seed | 1);

    let (width, height) = SIZE;
    let infos = [VideoFormat::Rgba, VideoFormat::Nv12].map(|format| {
        let info = VideoInfo::builder(format, width, height);
        info.build().expect("a size")
    });
    let peers = [ColorFormat::RGBA, ColorFormat::NV12].map(|f| Peer::new(1, width, height, f));
    let legacy = is_r32().then(|| LegacyPeer::new(1, width, height, ColorFormat::RGBA));
    let session = Session::new().expect("CUDA");
    let places = Places::new();
    let (mut results, mut rounds) = (BTreeMap::new(), 0_u64);
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        let made = match (random.below(4), &legacy) {
            (0, _) => noise(&mut random, &places),
            (1, Some(peer)) => block(&mut random, peer, &places),
            _ => {
                let peer = random.below(peers.len());
                forged(&mut random, &peers[peer], &places)
            }
        };
        take(&made.buffer, &infos, &session, &mut results);
        // The same memory once more, which says something else by now.
        made.change(&mut random, &places);
        take(&made.buffer, &infos, &session, &mut results);
        rounds += 1;
    }
    eprintln!("hostile: {rounds} buffers: {results:?}");
    assert!(rounds > 100, "{rounds}");
    // Not everything is refused: what was changed does not always matter.
    for what in [
        "frame: taken",
        "frame: refused",
        "read: taken",
        "read: refused",
    ] {
        assert!(results.get(what).is_some_and(|count| *count > 0), "{what}");
    }
    drop((session, peers, legacy));
    assert_eq!(
        alive(),
        [0; 4],
        "surfaces, EGLImages, registrations, memory"
    );
}
