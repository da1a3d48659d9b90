//! The squared error of logarithms, $V = (\ln f - \ln y)^2$: relative errors count, so
//! that a law over many decades holds in each of them. The errors are then normal in
//! `ln y`, of unknown size. Targets and predictions must be positive.

use super::Loss;

/// See the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Logarithmic;

impl Loss for Logarithmic {
    fn value(&self, f: f64, y: f64) -> f64 {
        (f / y).ln().powi(2)
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        2.0 * (f / y).ln() / f
    }
    /// Of the square of the logarithm's tangent (Gauss and Newton).
    fn curvature(&self, f: f64, _: f64) -> f64 {
        2.0 / (f * f)
    }
    fn refuses(&self, y: f64) -> Option<&'static str> {
        (y <= 0.0).then_some("a positive number for the loss `log`")
    }
    fn first_weight(&self, y: f64) -> f64 {
        1.0 / (y * y)
    }
    fn measure(&self) -> (&'static str, bool) {
        ("root mean square of the logarithm of the ratio", true)
    }
}
