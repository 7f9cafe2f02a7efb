//! One thing that was looked at, and how it is.
#![forbid(unsafe_code)]

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It works.
    Ok,
    /// A fact, neither good nor bad.
    Fact,
    /// Worth knowing; nothing is wrong, or it is not needed.
    Note,
    /// It does not work, and should.
    Failed,
    /// Something before it failed, or it does not apply.
    NotTried,
}

impl Status {
    const ALL: [Self; 5] = [
        Self::Ok,
        Self::Fact,
        Self::Note,
        Self::Failed,
        Self::NotTried,
    ];

    /// In both outputs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fact => "is",
            Self::Note => "note",
            Self::Failed => "FAIL",
            Self::NotTried => "skip",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) name: String,
    pub(crate) status: Status,
    /// What was found, the error, or why it was not tried.
    pub(crate) text: String,
    pub(crate) remedy: Option<String>,
    pub(crate) time: Option<Duration>,
    /// What libraries printed meanwhile.
    pub(crate) said: Vec<String>,
}

impl Finding {
    pub(crate) fn new(name: impl Into<String>, status: Status, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            status,
            text: text.into(),
            remedy: None,
            time: None,
            said: Vec::new(),
        }
    }

    pub(crate) fn ok(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, text)
    }

    pub(crate) fn fact(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, Status::Fact, text)
    }

    pub(crate) fn note(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, Status::Note, text)
    }

    pub(crate) fn not_tried(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(name, Status::NotTried, why)
    }

    /// What is absent is a note, which others may make a failure.
    pub(crate) fn failed(name: impl Into<String>, fault: Fault) -> Self {
        let status = match fault.is_absent {
            true => Status::Note,
            false => Status::Failed,
        };
        let mut finding = Self::new(name, status, fault.error);
        finding.remedy = fault.remedy;
        finding
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.status == Status::Failed
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "status": self.status.word(),
            "text": self.text,
            "remedy": self.remedy,
            "seconds": self.time.map(|time| time.as_secs_f64()),
            "said": self.said,
        })
    }

    /// What [`Finding::to_json`] made; `None` for anything else.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let word = value["status"].as_str()?;
        let seconds = value["seconds"].as_f64();
        let said = value["said"].as_array()?.iter();
        Some(Self {
            name: text("name")?,
            status: Status::ALL.into_iter().find(|s| s.word() == word)?,
            text: text("text")?,
            remedy: text("remedy"),
            time: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            said: said
                .filter_map(|line| line.as_str().map(str::to_owned))
                .collect(),
        })
    }
}

/// What to do where a library refuses what is right, and its error does not know more.
pub(crate) const REFUSED: &str = "what it printed, and dmesg, may say why. Libraries, the kernel's driver and, in a \
                                  container, the host have to be of one release";

/// What went wrong, and what helps if the error does not say it itself.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) error: String,
    pub(crate) remedy: Option<String>,
    /// A library is not there: whether it should be depends on the release.
    pub(crate) is_absent: bool,
}

impl Fault {
    pub(crate) fn new(error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            remedy: None,
            is_absent: false,
        }
    }

    pub(crate) fn with_remedy(error: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..Self::new(error)
        }
    }

    /// An error whose text ends with its remedy.
    fn apart(error: &dyn fmt::Display, remedy: Option<&str>) -> Self {
        let error = error.to_string();
        let Some(remedy) = remedy else {
            return Self::with_remedy(error, REFUSED);
        };
        let bare = error.strip_suffix(')').unwrap_or(&error);
        let before = error.strip_suffix(remedy).or(bare.strip_suffix(remedy));
        let before = before.map(|text| text.trim_end_matches([' ', ';', '(']).to_owned());
        Self::with_remedy(before.unwrap_or(error), remedy)
    }

    /// A library that is in none of the places: its error is a list of them, between which its remedy stands.
    fn absent(error: &str, soname: &str, tried: &[(PathBuf, String)]) -> Self {
        let (head, _) = error.split_once(" Tried:").unwrap_or((error, ""));
        let Some((what, remedy)) = head.split_once(". ") else {
            return Self::new(error);
        };
        let mut text = format!("{what}; tried");
        for (number, (path, why)) in tried.iter().enumerate() {
            let place = match path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
            {
                Some(folder) => folder.display().to_string(),
                None => "the loader's search".to_owned(),
            };
            text.push_str(if number == 0 { " " } else { ", " });
            text.push_str(&place);
            // That a file is not there needs no words.
            if !why.contains("No such file") {
                text.push_str(&format!(
                    " ({})",
                    why.trim_start_matches([soname, ": "].concat().as_str())
                ));
            }
        }
        Self::with_remedy(text, remedy.trim_end_matches('.'))
    }
}

impl From<egl_cuda::Error> for Fault {
    fn from(error: egl_cuda::Error) -> Self {
        Self::apart(&error, error.remedy())
    }
}

impl From<egl_cuda::LoadError> for Fault {
    fn from(error: egl_cuda::LoadError) -> Self {
        Self::apart(&error, Some(error.remedy()))
    }
}

impl From<nvbuf::Error> for Fault {
    fn from(error: nvbuf::Error) -> Self {
        // What it knows of remedies it says itself.
        Self::with_remedy(error.to_string(), REFUSED)
    }
}

impl From<nvbufsurface_sys::LoadError> for Fault {
    fn from(error: nvbufsurface_sys::LoadError) -> Self {
        match &error {
            nvbufsurface_sys::LoadError::NotFound { soname, tried } => Self {
                is_absent: true,
                ..Self::absent(&error.to_string(), soname, tried)
            },
            _ => Self::new(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_comes_back_from_json() {
        let mut finding = Finding::failed("register", Fault::with_remedy("no", "yes"));
        finding.time = Some(Duration::from_micros(1500));
        finding.said = vec!["NvMap: no".into()];
        assert_eq!(Finding::from_json(&finding.to_json()), Some(finding));
        assert_eq!(Finding::from_json(&json!({ "name": "x" })), None);
        assert_eq!(Finding::from_json(&json!([])), None);
    }

    #[test]
    fn a_remedy_is_said_once() {
        for remedy in ["mend it", "mend it (soon)"] {
            for text in [
                format!("it broke; {remedy}"),
                format!("it broke ({remedy})"),
            ] {
                let fault = Fault::apart(&text, Some(remedy));
                assert_eq!(fault.error, "it broke");
                assert_eq!(fault.remedy.as_deref(), Some(remedy));
            }
        }
        let fault = Fault::apart(&"it broke", Some("mend it"));
        assert_eq!(fault.error, "it broke");
        let fault = Fault::apart(&"cuInit(0)", None);
        assert_eq!(
            (fault.error.as_str(), fault.remedy.as_deref()),
            ("cuInit(0)", Some(REFUSED))
        );
    }
}
