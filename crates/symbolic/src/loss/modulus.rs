//! The modulus of the error, `|f − y|`.
//!
//! Its minimum is the (conditional) median, which a few wild rows do not move. The
//! curvature is that of the parabola that touches it, $1/|f-y|$ (iteratively
//! reweighted least squares; E. J. Schlossmacher, J. Am. Stat. Assoc. 68 (1973) 857),
//! bounded where the error is next to nothing. The likelihood is Laplace's,
//! $\frac1{2b} e^{-|f-y|/b}$ of unknown width `b`.

use super::{Data, Loss};

/// The part of the target's mean deviation below which errors are next to nothing.
const NOTHING: f64 = 1e-9;

/// See the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Modulus {
    /// Errors below this count as this in the curvature.
    least: f64,
}

impl Modulus {
    /// For targets of this spread.
    pub fn new(data: Data<'_>) -> Self {
        let n = data.target.len() as f64;
        let mean = data.target.iter().sum::<f64>() / n;
        let deviation = data.target.iter().map(|y| (y - mean).abs()).sum::<f64>() / n;
        Self {
            least: (NOTHING * deviation).max(f64::MIN_POSITIVE),
        }
    }
}

impl Loss for Modulus {
    fn value(&self, f: f64, y: f64) -> f64 {
        (f - y).abs()
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        if f == y { 0.0 } else { (f - y).signum() }
    }
    fn curvature(&self, f: f64, y: f64) -> f64 {
        1.0 / (f - y).abs().max(self.least)
    }
    fn order(&self) -> i32 {
        1
    }
    /// $n \ln b$ at the best `b`, the mean modulus.
    fn length(&self, mean: f64, rows: f64) -> f64 {
        rows * mean.ln()
    }
    /// That of Laplace's distribution, but for `1/b²`.
    fn information(&self, _: f64, _: f64) -> f64 {
        1.0
    }
    /// `b²`.
    fn dispersion(&self, f: &[f64], y: &[f64], w: &[f64], free: f64) -> f64 {
        let n = f.len() as f64;
        (self.sum(f, y, w) / n).powi(2) * n / free
    }
    fn measure(&self) -> (&'static str, bool) {
        ("mean modulus", false)
    }
}
