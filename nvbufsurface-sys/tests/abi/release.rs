//! What a release's name says: the header, the macro that chooses it, the bindings that cover it.

/// The library whose header the facts are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Surface,
    Transform,
    Utils,
}

impl Library {
    pub(crate) const ALL: [Library; 3] = [Library::Surface, Library::Transform, Library::Utils];

    pub(crate) fn named(kind: &str) -> Library {
        match kind {
            "nvbufsurface" => Library::Surface,
            "nvbufsurftransform" => Library::Transform,
            "nvbuf_utils" => Library::Utils,
            _ => panic!("no library is named {kind}"),
        }
    }

    pub(crate) fn header(self) -> &'static str {
        match self {
            Library::Surface => "nvbufsurface.h",
            Library::Transform => "nvbufsurftransform.h",
            Library::Utils => "nvbuf_utils.h",
        }
    }
}

/// Facts that nothing is checked against, and why.
pub(crate) const SKIPPED: &[(&str, &str)] = &[(
    "nvbuf_utils-l4t-r24-era",
    "transcribed by hand, and R24 is not supported",
)];

/// Modules of the bindings, by the name that the generated checks use.
pub(crate) const MODULES: &[&str] = &[
    "classic",
    "composite24",
    "extended",
    "nvbuf_utils::r27_1",
    "nvbuf_utils::r28",
    "nvbuf_utils::r32_1",
    "nvbuf_utils::r32_2",
    "nvbuf_utils::r32_3",
    "nvbuf_utils::r32_4",
    "nvbuf_utils::r32_5",
    "nvbuf_utils::r32_6",
    "nvbuf_utils::r34",
];

/// The macro of nvbuf_release.h for a version and its number: `l4t-r32.7.4` is
/// (`NVBUF_L4T`, 320704).
pub(crate) fn define(version: &str) -> (&'static str, u32) {
    const PLATFORMS: [(&str, &str); 3] = [
        ("l4t-r", "NVBUF_L4T"),
        ("ds-", "NVBUF_DEEPSTREAM"),
        ("isaac-ros-", "NVBUF_ISAAC_ROS"),
    ];
    let platform = |(prefix, name)| Some((name, version.strip_prefix(prefix)?));
    let (name, rest) = PLATFORMS
        .into_iter()
        .find_map(platform)
        .unwrap_or_else(|| panic!("no platform has version {version}"));
    // Without "-era", "-proprietary".
    let digits = rest.split('-').next().unwrap_or(rest);
    let mut parts = digits.split('.').map(|part| {
        let number: u32 = part.parse().expect("versions are numbers");
        number
    });
    let mut next = || parts.next().unwrap_or(0);
    (name, next() * 10_000 + next() * 100 + next())
}

/// The modules that cover a release, the one that wins first.
pub(crate) fn modules(library: Library, version: &str) -> &'static [&'static str] {
    let (platform, number) = define(version);
    let deepstream = platform == "NVBUF_DEEPSTREAM";
    match library {
        Library::Surface | Library::Transform if deepstream && number >= 80_000 => &["extended"],
        Library::Transform if deepstream && number < 60_000 => &["composite24", "classic"],
        Library::Surface | Library::Transform => &["classic"],
        Library::Utils => match number / 100 {
            2701 => &["nvbuf_utils::r27_1"],
            2801 | 2802 => &["nvbuf_utils::r28"],
            3201 => &["nvbuf_utils::r32_1"],
            3202 => &["nvbuf_utils::r32_2"],
            3203 => &["nvbuf_utils::r32_3"],
            3204 => &["nvbuf_utils::r32_4"],
            3205 => &["nvbuf_utils::r32_5"],
            3206 | 3207 => &["nvbuf_utils::r32_6"],
            3401.. => &["nvbuf_utils::r34"],
            _ => panic!("no module covers {version}"),
        },
    }
}
