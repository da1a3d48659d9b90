//! The deviance of counts,
//!
//! $$ V = 2\left(f - y + y \ln \frac yf\right), $$
//!
//! twice the difference of the logarithms of Poisson's likelihood at the count and at
//! the prediction (P. McCullagh, J. A. Nelder, Generalized Linear Models (1989), table
//! 2.1). The curvature is Fisher's information, $2/f$. Predictions must be positive,
//! counts not negative; they need not be whole (weighted events).

use super::Loss;

/// See the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Poisson;

impl Loss for Poisson {
    fn value(&self, f: f64, y: f64) -> f64 {
        if f < 0.0 || (f == 0.0 && y > 0.0) {
            return f64::INFINITY;
        }
        // The limit of y ln y.
        let information = if y == 0.0 { 0.0 } else { y * (y / f).ln() };
        2.0 * (f - y + information)
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        2.0 * (1.0 - y / f)
    }
    fn curvature(&self, f: f64, _: f64) -> f64 {
        2.0 / f
    }
    fn refuses(&self, y: f64) -> Option<&'static str> {
        (y < 0.0).then_some("a count, which is not negative, for the loss `poisson`")
    }
    fn first_weight(&self, y: f64) -> f64 {
        1.0 / y.max(1.0)
    }
    /// Half the deviance: the size of errors is known.
    fn length(&self, mean: f64, rows: f64) -> f64 {
        0.5 * rows * mean
    }
    fn knows_errors(&self) -> bool {
        true
    }
    fn measure(&self) -> (&'static str, bool) {
        ("mean deviance", false)
    }
}
