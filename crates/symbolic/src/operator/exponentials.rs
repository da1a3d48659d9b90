//! Exponential, logarithm, error function.

use super::{each, unary};
use crate::kernel::{double, single};

unary!(
    /// `eᵃ`.
    Exp, "exp",
    single single::exps, double double::exps,
    slope |_, v| v,
    inverse |t| (t > 0.0).then(|| t.ln()),
    latex "\\exp"
);
unary!(
    /// The natural logarithm; not a number for negative `a`.
    Log, "log",
    single single::lns, double double::lns,
    slope |x, _| 1.0 / x,
    inverse |t| Some(t.exp()),
    latex "\\ln"
);
unary!(
    /// The error function `2/√π ∫₀ᵃ e^(−t²) dt`.
    Erf, "erf",
    single each!(|x: f32| libm::erf(f64::from(x)) as f32), double each!(libm::erf),
    slope |x: f64, _| std::f64::consts::FRAC_2_SQRT_PI * double::exp(-x * x),
    inverse |_| None
);
