//! What the environment asks to go wrong: `NVMM_SIM_FAIL`, `NVMM_SIM_DELAY`, `NVMM_SIM_MEMORY`.

#![forbid(unsafe_code)]

use crate::{budget, fault};

/// Does what the variables ask for; says what in them cannot be done.
pub(crate) fn grant() {
    each(
        "NVMM_SIM_FAIL",
        "FUNCTION:NUMBER:ERROR",
        |name, number, error| {
            let number = match number {
                "*" => fault::EVERY,
                number => number.parse().ok()?,
            };
            match fault::arm(name, number, error.parse().ok()?) {
                Err(fault::Refusal::Unknown) => None,
                // That there is no room is said where it is found.
                Ok(()) | Err(fault::Refusal::Full) => Some(()),
            }
        },
    );
    each(
        "NVMM_SIM_DELAY",
        "FUNCTION:MICROSECONDS",
        |name, microseconds, rest| {
            let microseconds = microseconds.parse().ok().filter(|_| rest.is_empty())?;
            fault::delay(name, microseconds).then_some(())
        },
    );
    let memory = std::env::var("NVMM_SIM_MEMORY").unwrap_or_default();
    if !memory.is_empty() {
        match bytes(&memory) {
            Some(bytes) => budget::limit(bytes),
            None => crate::log::line(format_args!(
                "NVMM_SIM_MEMORY: {memory:?} is not BYTES, BYTESK, BYTESM or BYTESG"
            )),
        }
    }
}

/// Does each wish of a variable; says which cannot be done.
fn each(variable: &str, form: &str, wish: impl Fn(&str, &str, &str) -> Option<()>) {
    let wishes = std::env::var(variable).unwrap_or_default();
    for text in wishes.split(',').filter(|text| !text.is_empty()) {
        let mut parts = text.splitn(3, ':').chain(["", ""]);
        let mut next = || parts.next().unwrap_or_default();
        if wish(next(), next(), next()).is_none() {
            crate::log::line(format_args!("{variable}: {text:?} is not {form}"));
        }
    }
}

/// A number of bytes, perhaps in units of 1,024, of its square or of its cube.
fn bytes(text: &str) -> Option<u64> {
    let (number, shift) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 10),
        b'M' => (&text[..text.len() - 1], 20),
        b'G' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    // `parse` takes a sign, which nobody means here.
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_units() {
        let read = |text: &str| (text.to_owned(), bytes(text));
        for (text, expected) in [
            ("0", Some(0)),
            ("4097", Some(4097)),
            ("3K", Some(3 << 10)),
            ("512M", Some(512 << 20)),
            ("2G", Some(2 << 30)),
            ("", None),
            ("K", None),
            ("+1", None),
            ("-1", None),
            ("1k", None),
            ("1.5G", None),
            ("1T", None),
            ("ü", None),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("17179869184G", None),
        ] {
            assert_eq!(read(text), (text.to_owned(), expected));
        }
    }
}
