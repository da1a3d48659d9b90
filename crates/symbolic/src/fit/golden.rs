//! The minimum of a function of one number.

/// Halvings of the interval, as it were: each leaves 0.618 of it.
const SECTIONS: usize = 80;

/// Where a function that falls and then rises between two numbers is least, by golden
/// sections; to the root of the machine's precision.
pub fn golden(mut low: f64, mut high: f64, mut of: impl FnMut(f64) -> f64) -> f64 {
    let part = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut a, mut b) = (high - part * (high - low), low + part * (high - low));
    let (mut at_a, mut at_b) = (of(a), of(b));
    for _ in 0..SECTIONS {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - part * (high - low);
            at_a = of(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + part * (high - low);
            at_b = of(b);
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::golden;

    #[test]
    fn the_least_place_is_found() {
        let found = golden(-3.0, 10.0, |x| (x - 2.5_f64).abs());
        assert!((found - 2.5).abs() < 1e-12, "{found}");
        // A parabola is flat to the root of the precision.
        let found = golden(0.0, 4.0, |x| (x - 1.25_f64).powi(2) + 7.0);
        assert!((found - 1.25).abs() < 1e-7, "{found}");
    }
}
