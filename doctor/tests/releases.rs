//! What works is said to work, on each kind of release, and both forms of the page say the same.

mod page;

use page::{page, simulated, text};

const SURFACES: &str = "round trip, libnvbufsurface";
const BUFFERS: &str = "round trip, libnvbuf_utils";

#[test]
fn everything_works_on_every_kind_of_release() {
    for (release, layout, numbering, cuda, capability) in [
        ("r28.1", None, Some("L4T R28"), "CUDA 8.0", "6.2"),
        (
            "r32.7",
            Some("classic"),
            Some("L4T R32.6/R32.7"),
            "CUDA 10.2",
            "6.2",
        ),
        ("r35.4.1", Some("classic"), None, "CUDA 11.4", "7.2"),
        ("r36.4", Some("classic"), None, "CUDA 12.6", "8.7"),
        ("r39.2", Some("extended"), None, "CUDA 13.2", "8.7"),
    ] {
        let page = page(simulated(release));
        assert_eq!(
            (page.status, page.failed()),
            (0, vec![]),
            "{release}: {:#}",
            page.json
        );
        assert_eq!(page.json["works"], true);
        assert_eq!(page.json["first"].as_array().unwrap().len(), 0);
        assert!(page.words("CUDA", "libcuda").starts_with(cuda), "{release}");
        let device = page.words("CUDA", "device");
        assert!(
            device.contains(&format!("compute capability {capability}")),
            "{device}"
        );
        let trips = [(SURFACES, layout.is_some()), (BUFFERS, numbering.is_some())];
        for (trip, is_there) in trips {
            let statuses: Vec<_> = page
                .all()
                .into_iter()
                .filter(|(s, ..)| *s == trip)
                .collect();
            assert_eq!(
                statuses.len(),
                if is_there { 14 } else { 0 },
                "{release}: {statuses:?}"
            );
            for (_, name, status) in statuses {
                // R28.1 has no transforms.
                let expected = if (release, name) == ("r28.1", "engine turns") {
                    "skip"
                } else {
                    "ok"
                };
                assert_eq!(status, expected, "{release}: {name}");
                let is_timed = page.finding(trip, name)["seconds"].is_f64();
                assert_eq!(is_timed, status == "ok", "{release}: {name}");
            }
        }
        if let Some(layout) = layout {
            assert!(
                page.words("libraries", "struct layout").starts_with(layout),
                "{release}"
            );
        }
        if let Some(numbering) = numbering {
            assert!(
                page.words("libraries", "numbering").starts_with(numbering),
                "{release}"
            );
        }
    }
}

#[test]
fn the_simulator_is_named_before_all_else() {
    let (status, text) = text(simulated("r36.4"));
    assert_eq!(status, 0, "{text}");
    let banner = text.find("THIS IS THE SIMULATOR: r36.4").unwrap();
    assert!(banner < text.find("machine").unwrap(), "{text}");
    assert!(
        text.trim_end()
            .ends_with("everything works, on the simulator"),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "no colours for a pipe: {text}");
    let page = page(simulated("r36.4"));
    assert!(
        page.json["simulator"]
            .as_str()
            .unwrap()
            .starts_with("r36.4 (")
    );
}

/// Section, name and status of a page as text.
fn read(text: &str) -> Vec<(String, String, String)> {
    let mut section = "";
    let mut all = Vec::new();
    for line in text.lines().take_while(|line| *line != "what to do first") {
        if !line.starts_with(' ') {
            section = line;
        } else if line.len() > 8 && line.as_bytes()[8] != b' ' && line[..8].starts_with("  ") {
            let status = match line[2..8].trim() {
                "" => "is",
                word => word,
            };
            let name = line[8..].split("  ").next().unwrap();
            all.push((
                section.to_owned(),
                name.trim().to_owned(),
                status.to_owned(),
            ));
        }
    }
    all
}

#[test]
fn json_and_text_have_the_same_findings() {
    let broken = || {
        let mut command = simulated("r32.7");
        command.env_remove("NVMM_SIM_STRICT");
        command.env(
            "NVMM_SIM_FAIL",
            "cuGraphicsEGLRegisterImage:1:1,NvBufSurfTransform:1:-2",
        );
        command
    };
    for make in [|| simulated("r32.7"), broken, page::bare] as [fn() -> std::process::Command; 3] {
        let page = page(make());
        let (status, text) = text(make());
        let owned = |(a, b, c): (&str, &str, &str)| (a.to_owned(), b.to_owned(), c.to_owned());
        let expected: Vec<_> = page.all().into_iter().map(owned).collect();
        let found = read(&text);
        // Long values of variables push what is beside them; their names are one word.
        let words = |all: Vec<(String, String, String)>| -> Vec<_> {
            let shorten = |name: String| match name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.contains('_')
            {
                true => name.split(' ').next().unwrap().to_owned(),
                false => name,
            };
            all.into_iter()
                .map(|(s, n, w)| (s, shorten(n), w))
                .collect()
        };
        assert_eq!(words(found), words(expected), "{text}");
        assert_eq!(status, page.status);
        let longest = text.lines().filter(|line| line.chars().count() > 100);
        // But for paths, which are not broken.
        assert!(
            longest.clone().all(|line| line.contains('/')),
            "{longest:?}"
        );
    }
}

#[test]
fn steps_in_this_process_say_the_same() {
    for release in ["r32.7", "r39.2"] {
        let (apart, mut here) = (simulated(release), simulated(release));
        here.arg("--in-process");
        let (apart, here) = (page(apart), page(here));
        assert_eq!((apart.all(), apart.status), (here.all(), here.status));
    }
}
