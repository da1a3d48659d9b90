//! Points and weights of the Gauss–Legendre rule: `n` points are exact for
//! polynomials of degree `2n − 1` (M. Abramowitz, I. A. Stegun, 25.4.30), found by
//! Newton's method on the Legendre polynomial `P_n`.

use std::f64::consts::PI;

/// The `n` points in [0, 1] and their weights, which add up to 1.
pub fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    (0..n).map(|i| zero(n, i)).collect()
}

/// Zero `i` of `P_n` with its weight, moved to [0, 1].
fn zero(n: usize, i: usize) -> (f64, f64) {
    let degree = n as f64;
    // The first guess is good to O(n⁻⁴): Newton's method ends in a few steps.
    let mut x = -(PI * (i as f64 + 0.75) / (degree + 0.5)).cos();
    let mut slope = 1.0;
    for _ in 0..20 {
        let (mut before, mut value) = (1.0, x);
        for k in 2..=n {
            let k = k as f64;
            (before, value) = (
                value,
                ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
            );
        }
        slope = degree * (x * value - before) / (x * x - 1.0);
        let change = value / slope;
        x -= change;
        if change.abs() < 1e-15 {
            break;
        }
    }
    let weight = 2.0 / ((1.0 - x * x) * slope * slope);
    (f64::midpoint(x, 1.0), weight / 2.0)
}
