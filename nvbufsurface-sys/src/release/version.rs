#![forbid(unsafe_code)]

use std::error::Error as StdError;
use std::fmt;
use std::str::FromStr;

/// Where L4T says what it is.
pub const RELEASE_FILE: &str = "/etc/nv_tegra_release";

/// Set to a release (`R32.7.1`, `DeepStream 6.3`) or to `unknown` to have that believed instead of
/// [`RELEASE_FILE`]: in a container that has the host's libraries and not its file.
pub const RELEASE_VARIABLE: &str = "NVBUF_RELEASE";

/// A release of L4T or of DeepStream.
///
/// Releases of one product compare by age; all of L4T come before all of DeepStream, which means
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Release {
    /// L4T, the system of a Jetson: major, minor and patch.
    L4t(u8, u8, u8),
    /// DeepStream: major, minor and patch.
    DeepStream(u8, u8, u8),
}

impl Release {
    /// The release of this machine: what the variable [`RELEASE_VARIABLE`] says (a release, or
    /// `unknown`), else what [`RELEASE_FILE`] says; `None` if neither is there.
    ///
    /// # Errors
    ///
    /// The variable, or without it the file, is there and does not say a release.
    pub fn detect() -> Result<Option<Self>, ReleaseError> {
        match Self::named()? {
            Some(said) => Ok(said),
            None => Self::installed(),
        }
    }

    /// What [`RELEASE_VARIABLE`] says, if it is set: a release, or that it is not known.
    pub(crate) fn named() -> Result<Option<Option<Self>>, ReleaseError> {
        let Some(value) = std::env::var_os(RELEASE_VARIABLE).filter(|value| !value.is_empty())
        else {
            return Ok(None);
        };
        if value.eq_ignore_ascii_case("unknown") {
            return Ok(Some(None));
        }
        value
            .to_string_lossy()
            .parse()
            .map(|release| Some(Some(release)))
    }

    /// The release that [`RELEASE_FILE`] says. A machine without the file is no Jetson, or a
    /// container: nothing is wrong with that.
    pub(crate) fn installed() -> Result<Option<Self>, ReleaseError> {
        std::fs::read_to_string(RELEASE_FILE)
            .ok()
            .map(|text| Self::from_tegra_release(&text))
            .transpose()
    }

    /// Reads the first line of `/etc/nv_tegra_release`:
    /// `# R32 (release), REVISION: 7.1, GCID: ..., BOARD: t186ref, EABI: aarch64, DATE: ...`.
    ///
    /// # Errors
    ///
    /// The text has another form.
    pub fn from_tegra_release(text: &str) -> Result<Self, ReleaseError> {
        let error = || ReleaseError {
            text: text.lines().next().unwrap_or_default().to_owned(),
            file: true,
        };
        let line = text.lines().next().ok_or_else(error)?;
        let major = line.trim_start_matches('#').trim_start();
        let major = major.split([' ', ',']).next().ok_or_else(error)?;
        let (_, revision) = line.split_once("REVISION:").ok_or_else(error)?;
        let revision = revision.split(',').next().ok_or_else(error)?.trim();
        let major = major.strip_prefix('R').ok_or_else(error)?;
        numbers(&format!("{major}.{revision}"))
            .map(|[a, b, c]| Self::L4t(a, b, c))
            .ok_or_else(error)
    }
}

/// One to three numbers with dots between.
fn numbers(text: &str) -> Option<[u8; 3]> {
    let mut out = [0; 3];
    let mut parts = text.split('.');
    for (i, slot) in out.iter_mut().enumerate() {
        match parts.next() {
            Some(part) if part.bytes().all(|b| b.is_ascii_digit()) => *slot = part.parse().ok()?,
            None if i > 0 => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(out)
}

impl FromStr for Release {
    type Err = ReleaseError;

    /// `R32.7.1`, `L4T R32.7.1`, `32.7.1`, `DeepStream 6.3` or `DS 6.3`; minor and patch may be left
    /// out.
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let error = || ReleaseError {
            text: text.to_owned(),
            file: false,
        };
        let lower = text.trim().to_ascii_lowercase();
        for product in ["deepstream", "ds"] {
            if let Some(rest) = lower.strip_prefix(product) {
                let [a, b, c] = numbers(rest.trim_start_matches([' ', '-'])).ok_or_else(error)?;
                return Ok(Self::DeepStream(a, b, c));
            }
        }
        let rest = lower.strip_prefix("l4t").unwrap_or(&lower);
        let rest = rest.trim_start_matches([' ', '-']);
        let rest = rest.strip_prefix('r').unwrap_or(rest);
        let [a, b, c] = numbers(rest).ok_or_else(error)?;
        Ok(Self::L4t(a, b, c))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (product, major, minor, patch) = match self {
            Self::L4t(major, minor, patch) => ("L4T R", major, minor, patch),
            Self::DeepStream(major, minor, patch) => ("DeepStream ", major, minor, patch),
        };
        write!(f, "{product}{major}.{minor}")?;
        if *patch > 0 {
            write!(f, ".{patch}")?;
        }
        Ok(())
    }
}

/// A text that says no release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseError {
    text: String,
    file: bool,
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file {
            write!(
                f,
                "{RELEASE_FILE} does not say a release: {:?} is not `# R32 (release), REVISION: 7.1, \
                 ...`. Set {RELEASE_VARIABLE} to the release, R32.7.1 for example",
                self.text
            )
        } else {
            write!(
                f,
                "{:?} is no release: write R32.7.1 for L4T, DeepStream 6.3 for DeepStream \
                 ({RELEASE_VARIABLE} is believed before {RELEASE_FILE})",
                self.text
            )
        }
    }
}

impl StdError for ReleaseError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_tx2_is_read() {
        let line = "# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t186ref, EABI: aarch64, \
                    DATE: Sat Feb 19 17:07:00 UTC 2022\n# more\n";
        let release = Release::from_tegra_release(line).unwrap();
        assert_eq!(release, Release::L4t(32, 7, 1));
        assert_eq!(release.to_string(), "L4T R32.7.1");
        let line = "# R36 (release), REVISION: 4.0, GCID: 1, BOARD: generic";
        assert_eq!(
            Release::from_tegra_release(line).unwrap().to_string(),
            "L4T R36.4"
        );
    }

    #[test]
    fn other_files_are_errors_that_quote_them() {
        for text in [
            "",
            "\n",
            "# R32",
            "# R (release), REVISION: 7.1",
            "# R32 (x), REVISION: a,",
            "R999, REVISION: 1",
        ] {
            let error = Release::from_tegra_release(text).unwrap_err().to_string();
            assert!(
                error.contains(RELEASE_FILE) && error.contains(RELEASE_VARIABLE),
                "{error}"
            );
        }
    }

    #[test]
    fn names_of_releases() {
        for (text, release) in [
            ("R32.7.1", Release::L4t(32, 7, 1)),
            ("L4T R35.4.1", Release::L4t(35, 4, 1)),
            ("l4t-r36.4", Release::L4t(36, 4, 0)),
            ("39", Release::L4t(39, 0, 0)),
            ("DeepStream 6.3", Release::DeepStream(6, 3, 0)),
            ("ds-9.1.0", Release::DeepStream(9, 1, 0)),
        ] {
            assert_eq!(text.parse(), Ok(release), "{text}");
        }
        for text in [
            "",
            "R",
            "R32.7.1.2",
            "JetPack 4.6",
            "R32.+7",
            "R-1",
            "R32..1",
            "R300",
        ] {
            let error = text.parse::<Release>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("R32.7.1"), "{error}");
        }
    }
}
