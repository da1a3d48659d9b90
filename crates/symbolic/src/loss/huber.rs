//! Huber's function: squares of small errors, moduli of large ones,
//!
//! $$ V = \begin{cases} r^2 & |r| \le \delta\\
//!        2\delta|r| - \delta^2 & |r| > \delta \end{cases} \qquad r = f - y $$
//!
//! P. J. Huber, Ann. Math. Stat. 35 (1964) 73, twice his function, so that it is the
//! squared error where `δ` is large. The curvature is that of the touching parabola.
//! The likelihood is $e^{-V/2s^2}/Z(s)$ of unknown size `s`, with
//!
//! $$ Z = s\sqrt{2\pi}\,\operatorname{erf}\frac{\delta}{\sqrt2\,s}
//!      + \frac{2s^2}{\delta}\,e^{-\delta^2/2s^2}. $$

use std::f64::consts::{PI, SQRT_2};

use super::Loss;
use crate::error::SymbolicError;

/// See the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct Huber {
    /// Where squares become moduli, in the target's unit.
    delta: f64,
}

impl Huber {
    /// With a positive width.
    pub fn new(delta: f64) -> Result<Self, SymbolicError> {
        if delta > 0.0 && delta.is_finite() {
            return Ok(Self { delta });
        }
        Err(SymbolicError::Setting {
            setting: "loss.delta",
            found: delta.to_string(),
            expected: "a positive number in the target's unit",
        })
    }

    /// `⟨V⟩/2s² + ln Z(s)`.
    fn cost(self, mean: f64, s: f64) -> f64 {
        let t = self.delta / s;
        let inner = (2.0 * PI).sqrt() * libm::erf(t / SQRT_2);
        let outer = 2.0 / t * (-0.5 * t * t).exp();
        0.5 * mean / (s * s) + s.ln() + (inner + outer).ln()
    }
}

impl Loss for Huber {
    fn value(&self, f: f64, y: f64) -> f64 {
        let r = (f - y).abs();
        if r <= self.delta {
            r * r
        } else {
            self.delta * (2.0 * r - self.delta)
        }
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        2.0 * (f - y).clamp(-self.delta, self.delta)
    }
    fn curvature(&self, f: f64, y: f64) -> f64 {
        2.0 * (self.delta / (f - y).abs()).min(1.0)
    }
    /// At the best `s`, by golden sections: there is one minimum.
    fn length(&self, mean: f64, rows: f64) -> f64 {
        // Without moduli `s² = ⟨V⟩` is the best, with moduli alone `δ⟨|r|⟩ = ⟨V⟩/2`.
        let middle = 0.5 * mean.ln();
        let at = |log: f64| self.cost(mean, log.exp());
        rows * at(crate::fit::golden(middle - 2.0, middle + 2.0, at))
    }
    fn information(&self, _: f64, _: f64) -> f64 {
        1.0
    }
    /// Huber's asymptotic variance $\langle\psi^2\rangle/\langle\psi'\rangle^2$ with `ψ`
    /// half the slope.
    fn dispersion(&self, f: &[f64], y: &[f64], w: &[f64], free: f64) -> f64 {
        let (mut squares, mut inside, mut all) = (0.0, 0.0, 0.0);
        for ((&f, &y), &w) in f.iter().zip(y).zip(w) {
            squares += w * (0.5 * self.slope(f, y)).powi(2);
            inside += if (f - y).abs() <= self.delta { w } else { 0.0 };
            all += w;
        }
        squares / free / (inside / all).powi(2)
    }
    fn measure(&self) -> (&'static str, bool) {
        ("root of the mean of Huber's function", true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_one_is_the_squared_error_and_a_narrow_one_the_modulus() {
        let wide = Huber::new(1e3).unwrap();
        // `½ ln ⟨V⟩` and what does not depend on it.
        let gain = wide.length(2.0, 100.0) - wide.length(1.0, 100.0);
        assert!((gain - 50.0 * 2.0_f64.ln()).abs() < 1e-6, "{gain}");
        // `ln ⟨|r|⟩`, for errors that are all far beyond the width.
        let narrow = Huber::new(1e-4).unwrap();
        let mean = |r: f64| narrow.value(r, 0.0);
        let gain = narrow.length(mean(2.0), 100.0) - narrow.length(mean(1.0), 100.0);
        assert!((gain - 100.0 * 2.0_f64.ln()).abs() < 0.1, "{gain}");
    }
}
