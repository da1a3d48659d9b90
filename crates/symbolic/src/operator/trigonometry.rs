//! Sine and its family; angles in radians.

use super::{Operation, each, unary};
use crate::kernel::{double, fill2, simd, single};

unary!(
    /// `sin a`.
    Sin, "sin",
    single single::sin, double double::sin,
    slope block |a, _, da| double::cos(a, da),
    inverse |t| (t.abs() <= 1.0).then(|| t.asin()),
    latex "\\sin"
);
unary!(
    /// `cos a`.
    Cos, "cos",
    single single::cos, double double::cos,
    slope block |a, _, da| {
        double::sin(a, da);
        simd(
            #[inline(always)]
            || da.iter_mut().for_each(|x| *x = -*x),
        );
    },
    inverse |t| (t.abs() <= 1.0).then(|| t.acos()),
    latex "\\cos"
);
unary!(
    /// `tan a`.
    Tan, "tan",
    single single::tan, double double::tan,
    slope |_, v| 1.0 + v * v,
    inverse |t| Some(t.atan()),
    latex "\\tan"
);
unary!(
    /// The angle in `[−π/2, π/2]` whose sine is `a`.
    Asin, "asin",
    single each!(|x: f32| x.asin()), double each!(|x: f64| x.asin()),
    slope |x: f64, _| 1.0 / (1.0 - x * x).sqrt(),
    inverse |t| (t.abs() <= std::f64::consts::FRAC_PI_2).then(|| t.sin()),
    latex "\\arcsin"
);
unary!(
    /// The angle in `[0, π]` whose cosine is `a`.
    Acos, "acos",
    single each!(|x: f32| x.acos()), double each!(|x: f64| x.acos()),
    slope |x: f64, _| -1.0 / (1.0 - x * x).sqrt(),
    inverse |t| (0.0..=std::f64::consts::PI).contains(&t).then(|| t.cos()),
    latex "\\arccos"
);
unary!(
    /// The angle in `(−π/2, π/2)` whose tangent is `a`.
    Atan, "atan",
    single each!(|x: f32| x.atan()), double each!(|x: f64| x.atan()),
    slope |x: f64, _| 1.0 / (1.0 + x * x),
    inverse |t| (t.abs() < std::f64::consts::FRAC_PI_2).then(|| t.tan()),
    latex "\\arctan"
);

/// The angle in `(−π, π]` of the point with ordinate `a` and abscissa `b`.
#[derive(Debug)]
pub struct Atan2;

impl Operation for Atan2 {
    fn name(&self) -> &'static str {
        "atan2"
    }
    fn arity(&self) -> usize {
        2
    }
    fn single(&self, a: &[f32], b: &[f32], out: &mut [f32]) {
        fill2(a, b, out, f32::atan2);
    }
    fn double(&self, a: &[f64], b: &[f64], out: &mut [f64]) {
        fill2(a, b, out, f64::atan2);
    }
    fn slopes(&self, a: &[f64], b: &[f64], _: &[f64], da: &mut [f64], db: &mut [f64]) {
        simd(
            #[inline(always)]
            || {
                for ((&a, &b), (da, db)) in a.iter().zip(b).zip(da.iter_mut().zip(db)) {
                    let scale = 1.0 / (a * a + b * b);
                    (*da, *db) = (b * scale, -a * scale);
                }
            },
        );
    }
}
