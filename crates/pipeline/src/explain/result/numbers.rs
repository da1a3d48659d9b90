//! Long lists of numbers, kept as they are shown: in single precision.

use pellucid_core::missing::known;

/// Numbers in single precision, of which some may not exist: a correlation with a pixel
/// that is always empty.
pub type Numbers = Vec<Option<f32>>;

/// Numbers as a result keeps them.
pub(crate) fn kept(numbers: impl IntoIterator<Item = f64>) -> Numbers {
    let numbers = numbers.into_iter();
    numbers
        .map(|x| known(f64::from(x as f32)).map(|x| x as f32))
        .collect()
}

/// The same for what is drawn, where a number that does not exist leaves its place empty.
pub(crate) fn read(numbers: &[Option<f32>]) -> Vec<f64> {
    let numbers = numbers.iter();
    numbers.map(|x| x.map_or(f64::NAN, f64::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_kept_as_missing() {
        let numbers = kept([0.1, f64::NAN, 1e300, -2.0]);
        assert_eq!(numbers, [Some(0.1), None, None, Some(-2.0)]);
        let read = read(&numbers);
        assert_eq!(read[3], -2.0);
        assert!(read[1].is_nan() && (read[0] - 0.1).abs() < 1e-8);
    }
}
