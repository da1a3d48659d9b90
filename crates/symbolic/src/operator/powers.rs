//! Roots and powers.

use super::{Notation, Operation, Side, each, unary};
use crate::kernel::{double, fill2, simd, single};

unary!(
    /// `√a`.
    Sqrt, "sqrt",
    single single::roots, double double::roots,
    slope |_, v| 0.5 / v,
    inverse |t| (t >= 0.0).then_some(t * t),
    latex "\\sqrt"
);
unary!(
    /// The real cube root.
    Cbrt, "cbrt",
    single each!(|x: f32| x.cbrt()), double each!(|x: f64| x.cbrt()),
    slope |_, v| 1.0 / (3.0 * v * v),
    inverse |t| Some(t * t * t),
    latex "\\sqrt[3]"
);
unary!(
    /// `a²`.
    Square, "square",
    single each!(|x: f32| x * x), double each!(|x: f64| x * x),
    slope |x, _| 2.0 * x,
    inverse |t| (t >= 0.0).then(|| t.sqrt()),
    notation Notation::Power(2)
);
unary!(
    /// `a³`.
    Cube, "cube",
    single each!(|x: f32| x * x * x), double each!(|x: f64| x * x * x),
    slope |x, _| 3.0 * x * x,
    inverse |t| Some(t.cbrt()),
    notation Notation::Power(3)
);

/// `a` to the power `b`: not a number for a negative `a`, unless `b` is whole.
#[derive(Debug)]
pub struct Pow;

impl Operation for Pow {
    fn name(&self) -> &'static str {
        "pow"
    }
    fn arity(&self) -> usize {
        2
    }
    fn notation(&self) -> Notation {
        Notation::Infix("^")
    }
    fn single(&self, a: &[f32], b: &[f32], out: &mut [f32]) {
        if a.iter().all(|&a| a > 0.0) {
            // In double precision the logarithm's error is not magnified into sight.
            fill2(
                a,
                b,
                out,
                #[inline(always)]
                |a, b| double::exp(f64::from(b) * double::ln(f64::from(a))) as f32,
            );
        } else {
            fill2(a, b, out, f32::powf);
        }
    }
    fn double(&self, a: &[f64], b: &[f64], out: &mut [f64]) {
        fill2(a, b, out, f64::powf);
    }
    fn slopes(&self, a: &[f64], b: &[f64], value: &[f64], da: &mut [f64], db: &mut [f64]) {
        simd(
            #[inline(always)]
            || {
                let inputs = a.iter().zip(b).zip(value);
                for (((&a, &b), &v), (da, db)) in inputs.zip(da.iter_mut().zip(db)) {
                    *da = if a == 0.0 {
                        b * a.powf(b - 1.0)
                    } else {
                        b * v / a
                    };
                    // Along a whole power of a negative number there is no slope.
                    *db = if v == 0.0 { 0.0 } else { v * a.ln() };
                }
            },
        );
    }
    fn inverse(&self, side: Side, target: f64, other: f64) -> Option<f64> {
        match side {
            Side::Left => (target > 0.0).then(|| target.powf(1.0 / other)),
            Side::Right => (target > 0.0 && other > 0.0).then(|| target.ln() / other.ln()),
        }
    }
}
