//! The digits that a table is written with.
//!
//! A number that is written as `0.723` stands for anything from 0.7225 to 0.7235: it is
//! known with a standard deviation of $\delta/\sqrt{12}$ where $\delta$ is one unit of its last
//! place. No law can be known to be better than that, so these digits are a floor of the
//! noise. `δ` is the finest decimal place that occurs in a column; over more than four
//! decades, where numbers are written with a power of ten, it is the last place of as many
//! significant digits as the longest number has. Columns of whole numbers are counts,
//! and numbers of twelve or more digits come from a computer: both have no such floor.

/// Numbers with as many digits are not rounded by hand.
const COMPUTED: usize = 12;
/// From this ratio of the largest to the smallest number on they are written with powers
/// of ten.
const DECADES: f64 = 1e4;

/// One unit of the last written place of each number of a column; nothing if its numbers
/// are not rounded ones.
pub(super) fn last_places(values: &[f64]) -> Vec<f64> {
    let written: Vec<(usize, i32)> = values.iter().map(|&x| digits(x)).collect();
    let whole = values.iter().all(|x| x.fract() == 0.0);
    let longest = written.iter().map(|(count, _)| *count).max().unwrap_or(0);
    if whole || longest >= COMPUTED {
        return Vec::new();
    }
    let finest = written.iter().map(|(_, last)| *last).min().unwrap_or(0);
    let sizes = || values.iter().map(|x| x.abs()).filter(|x| *x > 0.0);
    let (low, high) = (
        sizes().fold(f64::INFINITY, f64::min),
        sizes().fold(0.0, f64::max),
    );
    let place = |x: f64| {
        let first = if x == 0.0 {
            f64::MIN
        } else {
            x.abs().log10().floor()
        };
        let significant = first as i32 + 1 - longest as i32;
        let last = if high > DECADES * low {
            finest.max(significant)
        } else {
            finest
        };
        10_f64.powi(last)
    };
    values.iter().map(|&x| place(x)).collect()
}

/// How many digits the shortest way to write a number has, and the power of ten of the
/// last one.
fn digits(x: f64) -> (usize, i32) {
    if x == 0.0 {
        return (1, i32::MAX);
    }
    let text = format!("{x:e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let count = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let power: i32 = power.parse().unwrap_or(0);
    (count, power + 1 - count as i32)
}

#[cfg(test)]
mod tests {
    use super::last_places;

    #[test]
    fn the_finest_place_of_a_column_is_its_floor() {
        let about = |found: Vec<f64>, places: &[f64]| {
            assert_eq!(found.len(), places.len());
            for (a, b) in found.iter().zip(places) {
                // Powers of ten are rounded in their last bit.
                assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
            }
        };
        about(last_places(&[8.93, 10.8, 56.11]), &[0.01; 3]);
        about(last_places(&[0.2408, 164.79]), &[1e-4; 2]);
        about(last_places(&[1.07e-15, 3.0e-4, 14.2]), &[1e-17, 1e-6, 0.1]);
        assert!(last_places(&[1.0, 20.0, 300.0]).is_empty());
        assert!(last_places(&[0.240_842_039_555_818, 1.0]).is_empty());
    }
}
