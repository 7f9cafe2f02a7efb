//! libnvbufsurface, libnvbufsurftransform, libnvbuf_utils: found, opened, proved.
#![forbid(unsafe_code)]

use std::path::Path;

use nvbufsurface_sys::{
    Family, LegacyFunctions, LegacyLibrary, Library, Numbering, Release, TransformFunctions,
    TransformLibrary,
};

use crate::finding::{Fault, Finding};
use crate::mapped;
use crate::probe::{Probe, Steps};

/// The simulator's core, which all of its libraries load.
const SIMULATOR: &str = "libnvmm_sim.so";

pub(crate) static SURFACE: Probe = Probe {
    name: "libnvbufsurface",
    steps: &["libnvbufsurface"],
    run: surface,
};

pub(crate) static TRANSFORM: Probe = Probe {
    name: "libnvbufsurftransform",
    steps: &["libnvbufsurftransform"],
    run: transform,
};

pub(crate) static LEGACY: Probe = Probe {
    name: "libnvbuf_utils",
    steps: &["libnvbuf_utils"],
    run: legacy,
};

/// What a finding is called that says that this is the simulator.
pub(crate) const SIMULATED: &str = "simulator";
/// What findings are called that say what a library passed for in its self-test.
const FAMILY: &str = "struct layout";
const NUMBERING: &str = "numbering";

fn surface(steps: &mut Steps<'_>) {
    let opened = steps.take(
        SURFACE.name,
        || Library::get().map_err(Fault::from),
        |library| {
            let absent = library.absent().next();
            agrees(library.release(), library.family(), library.path())?;
            complete(absent.map(|symbol| library.missing(symbol).to_string()))?;
            Ok(place(library.path()))
        },
    );
    simulated(steps);
    let Some(library) = opened else { return };
    let family = library.family();
    let sizes = (family.surface_size(), family.params_size());
    let text = format!("{family}: {} and {} bytes, measured", sizes.0, sizes.1);
    steps.say(Finding::ok(FAMILY, text));
}

fn transform(steps: &mut Steps<'_>) {
    let open = || TransformLibrary::get().map_err(Fault::from);
    steps.take(TRANSFORM.name, open, |library| {
        let release = Release::detect().ok().flatten();
        let mut expected = release.into_iter().flat_map(TransformFunctions::expected);
        let absent = expected.find(|symbol| !library.functions().has(symbol));
        complete(absent.map(|symbol| library.missing(symbol).to_string()))?;
        Ok(place(library.path()))
    });
}

fn legacy(steps: &mut Steps<'_>) {
    let opened = steps.take(
        LEGACY.name,
        || LegacyLibrary::get().map_err(Fault::from),
        |library| {
            let release = library.release();
            let mut expected = release.into_iter().flat_map(LegacyFunctions::expected);
            let absent = expected.find(|symbol| !library.functions().has(symbol));
            complete(absent.map(|symbol| library.missing(symbol).to_string()))?;
            Ok(place(library.path()))
        },
    );
    simulated(steps);
    let Some(library) = opened else { return };
    steps.say(Finding::ok(NUMBERING, library.numbering().to_string()));
}

/// The numbering that a finding of that name says.
pub(crate) fn numbering(findings: &[Finding]) -> Option<Numbering> {
    let said = findings.iter().find(|finding| finding.name == NUMBERING)?;
    let mut all = Numbering::ALL.into_iter();
    all.find(|numbering| numbering.to_string() == said.text)
}

fn place(path: Option<&Path>) -> String {
    path.map_or_else(|| "linked".to_owned(), |path| path.display().to_string())
}

/// The release says which layout the library should have.
fn agrees(release: Option<Release>, family: Family, path: Option<&Path>) -> Result<(), Fault> {
    let (Some(release), Some(expected)) = (release, release.and_then(layout)) else {
        return Ok(());
    };
    if expected == family {
        return Ok(());
    }
    Err(Fault::with_remedy(
        format!(
            "{} has the structs of the {family} family; this is {release}, whose are of the {expected} one",
            place(path)
        ),
        format!("the library is of another release: install {release}'s own"),
    ))
}

/// The layout that the headers of a release have; that of R38 is not known.
fn layout(release: Release) -> Option<Family> {
    match release {
        Release::L4t(32..=36, ..) | Release::DeepStream(4..=7, ..) => Some(Family::Classic),
        Release::L4t(39.., ..) | Release::DeepStream(8.., ..) => Some(Family::Extended),
        _ => None,
    }
}

/// What the release's headers declare is there.
fn complete(missing: Option<String>) -> Result<(), Fault> {
    missing.map_or(Ok(()), |missing| Err(Fault::new(missing)))
}

fn simulated(steps: &mut Steps<'_>) {
    if let Some(path) = mapped::library(SIMULATOR) {
        let release = std::env::var("NVMM_SIM_RELEASE").unwrap_or_default();
        let text = format!("{release} ({})", path.display());
        steps.say(Finding::fact(SIMULATED, text.trim_start()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_of_another_release_is_told() {
        let classic = |release| agrees(release, Family::Classic, Some(Path::new("/lib/x.so")));
        assert!(classic(None).is_ok());
        assert!(classic(Some(Release::L4t(32, 7, 1))).is_ok());
        assert!(classic(Some(Release::L4t(38, 2, 0))).is_ok());
        let fault = classic(Some(Release::L4t(39, 2, 0))).unwrap_err();
        assert!(fault.error.contains("/lib/x.so"), "{fault:?}");
        assert!(fault.remedy.unwrap().contains("L4T R39.2"));
    }
}
