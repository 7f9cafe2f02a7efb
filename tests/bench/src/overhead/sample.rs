//! Many measurements of the same, of which the middle counts.

#![forbid(unsafe_code)]

pub(crate) fn median(values: Vec<f64>) -> f64 {
    at(values, 2)
}

/// What a quarter is below. Where threads wake each other, whatever else the machine does adds to what they take, and
/// takes nothing away.
pub(crate) fn quartile(values: Vec<f64>) -> f64 {
    at(values, 4)
}

/// The one behind the first part of so many, in order.
fn at(mut values: Vec<f64>, parts: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get(values.len() / parts)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The median of what one took in times of what the other took in the same turn.
pub(crate) fn ratio(one: &[f64], other: &[f64]) -> f64 {
    median(one.iter().zip(other).map(|(a, b)| a / b).collect())
}

/// A line that says whether a value is within its limit; whether it is.
pub(crate) fn within(what: &str, value: f64, limit: f64) -> bool {
    let is_within = value <= limit;
    let word = if is_within { "within" } else { "ABOVE" };
    println!("  {word:<6} {what}: {value:.2}, limit {limit:.2}");
    is_within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_middle_and_turns_are_compared_with_themselves() {
        assert_eq!(median(vec![3.0, 1.0, 100.0]), 3.0);
        assert_eq!(quartile(vec![4.0, 3.0, 1.0, 100.0]), 3.0);
        assert_eq!(ratio(&[2.0, 20.0, 3.0], &[1.0, 10.0, 1.0]), 2.0);
        assert!(within("this", 1.0, 1.0) && !within("that", 1.1, 1.0));
    }
}
