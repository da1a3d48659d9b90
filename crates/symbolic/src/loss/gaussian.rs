//! Normal errors of known size: $V = (f-y)^2/\sigma^2$ in every row, so that the sum is
//! `χ²` and half of it minus the logarithm of the likelihood. Laws are the same as with
//! weighted squares; what differs is that the size of `χ²` means something: a law is no
//! longer worth its nodes once `χ²` falls by less than they cost, and errors of constants
//! do not grow with the residuals.

use super::Loss;

/// See the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Gaussian {
    /// What weights of mean 1 are multiplied by to be `1/σ²`.
    pub precision: f64,
}

impl Loss for Gaussian {
    fn value(&self, f: f64, y: f64) -> f64 {
        self.precision * (f - y).powi(2)
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        2.0 * self.precision * (f - y)
    }
    fn curvature(&self, _: f64, _: f64) -> f64 {
        2.0 * self.precision
    }
    fn length(&self, mean: f64, rows: f64) -> f64 {
        0.5 * rows * mean
    }
    fn knows_errors(&self) -> bool {
        true
    }
    fn measure(&self) -> (&'static str, bool) {
        ("χ² per row", false)
    }
}
