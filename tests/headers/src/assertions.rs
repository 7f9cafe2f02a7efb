//! Assertions in C: what a foreign header must say, by what one of ours says.

use crate::header::Header;

/// Our names of what the foreign headers leave without one: the type that has it, and where in that.
const NAMELESS: &[(&str, &str, &str)] = &[
    ("CUeglFramePlanes", "CUeglFrame", "frame"),
    ("CUDA_RESOURCE_DESC_res", "CUDA_RESOURCE_DESC", "res"),
    (
        "CUDA_RESOURCE_DESC_array",
        "CUDA_RESOURCE_DESC",
        "res.array",
    ),
    (
        "CUDA_RESOURCE_DESC_mipmap",
        "CUDA_RESOURCE_DESC",
        "res.mipmap",
    ),
    (
        "CUDA_RESOURCE_DESC_linear",
        "CUDA_RESOURCE_DESC",
        "res.linear",
    ),
    (
        "CUDA_RESOURCE_DESC_pitch2D",
        "CUDA_RESOURCE_DESC",
        "res.pitch2D",
    ),
    (
        "CUDA_RESOURCE_DESC_reserved",
        "CUDA_RESOURCE_DESC",
        "res.reserved",
    ),
];

/// What an assertion is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Size,
    Alignment,
    Offset,
    Value,
    Type,
    Prototype,
}

/// A claim about a foreign header.
pub(crate) struct Assertion {
    pub(crate) kind: Kind,
    /// The name without which there is nothing to compare.
    pub(crate) name: String,
    /// The version that the name is younger than the oldest by, as our comment says.
    pub(crate) since: Option<Version>,
    left: String,
    right: Right,
}

/// What the foreign expression must be.
enum Right {
    /// A number, which the compiler takes from our header: an expression of ours.
    Ours(String),
    /// A type, by the foreign header's own names.
    Type(String),
}

/// Major and minor.
pub(crate) type Version = (u32, u32);

pub(crate) fn version(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

fn since(comment: &str) -> Option<Version> {
    let (_, rest) = comment.split_once("Since CUDA ")?;
    version(rest.trim_end_matches('.'))
}

/// All that a header claims.
pub(crate) fn of(header: &Header) -> Vec<Assertion> {
    let mut all = Vec::new();
    let mut add = |kind, name: &str, comment: &str, left: String, right: Right| {
        all.push(Assertion {
            kind,
            name: name.to_owned(),
            since: since(comment),
            left,
            right,
        });
    };
    for record in &header.records {
        let ours = &record.name;
        let place = NAMELESS.iter().find(|nameless| nameless.0 == ours);
        let (owner, path) = place.map_or((ours.as_str(), ""), |place| (place.1, place.2));
        let foreign = match path {
            "" => owner.to_owned(),
            path => format!("__typeof__((({owner} *)0)->{path})"),
        };
        for (kind, operator) in [(Kind::Size, "sizeof"), (Kind::Alignment, "_Alignof")] {
            let right = Right::Ours(format!("{operator}({ours})"));
            add(kind, owner, "", format!("{operator}({foreign})"), right);
        }
        for field in &record.fields {
            let right = Right::Ours(format!("offsetof({ours}, {field})"));
            add(
                Kind::Offset,
                owner,
                "",
                format!("offsetof({foreign}, {field})"),
                right,
            );
        }
    }
    for name in &header.enumerations {
        let size = format!("sizeof({name})");
        add(Kind::Size, name, "", size.clone(), Right::Ours(size));
    }
    for value in &header.values {
        let left = format!("(long long)({})", value.name);
        let right = Right::Ours(format!("(long long)({})", value.name));
        add(Kind::Value, &value.name, &value.comment, left, right);
    }
    for (what, name) in &header.typedefs {
        add(
            Kind::Type,
            name,
            "",
            name.clone(),
            Right::Type(what.clone()),
        );
    }
    for function in &header.functions {
        let prototype = format!("{}({})", function.returns, function.parameters);
        let left = format!("__typeof__({})", function.name);
        add(
            Kind::Prototype,
            &function.name,
            &function.comment,
            left,
            Right::Type(prototype),
        );
    }
    all
}

impl Assertion {
    /// The C expression of our number, for assertions of numbers.
    pub(crate) fn number(&self) -> Option<&str> {
        match &self.right {
            Right::Ours(expression) => Some(expression),
            Right::Type(_) => None,
        }
    }

    /// The assertion in C, with our number; falsified, it claims what is not so.
    pub(crate) fn text(&self, number: Option<i64>, falsified: bool) -> String {
        let Self { left, name, .. } = self;
        match (&self.right, number) {
            (Right::Type(right), _) => {
                let right = if falsified {
                    "struct none(struct none *)"
                } else {
                    right
                };
                format!(
                    "_Static_assert(__builtin_types_compatible_p({left}, {right}), \"{name}\");"
                )
            }
            (Right::Ours(_), number) => {
                let number = number.unwrap_or(i64::MIN) + i64::from(falsified);
                format!("_Static_assert({left} == {number}LL, \"{name}: {number}\");")
            }
        }
    }
}
