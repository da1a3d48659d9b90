//! Sums, products, signs.

use super::{Notation, Operation, Side, each, unary};
use crate::kernel::{double, fill2, simd, single};

/// Applies a function of two numbers to blocks.
macro_rules! pairs {
    ($f:expr) => {
        |a: &[_], b: &[_], out: &mut [_]| {
            fill2(
                a,
                b,
                out,
                #[inline(always)]
                $f,
            )
        }
    };
}

/// An infix operator: kernels over two blocks, slopes as a pair.
macro_rules! infix {
    ($(#[$doc:meta])* $name:ident, $word:literal, $sign:literal, commutes $commutes:literal,
     single $single:expr, double $double:expr, slopes |$a:pat_param, $b:pat_param, $v:pat_param| $slopes:expr, inverse $inverse:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Operation for $name {
            fn name(&self) -> &'static str {
                $word
            }
            fn arity(&self) -> usize {
                2
            }
            fn notation(&self) -> Notation {
                Notation::Infix($sign)
            }
            fn commutes(&self) -> bool {
                $commutes
            }
            fn single(&self, a: &[f32], b: &[f32], out: &mut [f32]) {
                $single(a, b, out);
            }
            fn double(&self, a: &[f64], b: &[f64], out: &mut [f64]) {
                $double(a, b, out);
            }
            fn slopes(&self, a: &[f64], b: &[f64], value: &[f64], da: &mut [f64], db: &mut [f64]) {
                #[inline(always)]
                fn slopes($a: f64, $b: f64, $v: f64) -> (f64, f64) {
                    $slopes
                }
                simd(
                    #[inline(always)]
                    || {
                        let inputs = a.iter().zip(b).zip(value);
                        for (((&a, &b), &v), (da, db)) in inputs.zip(da.iter_mut().zip(db)) {
                            (*da, *db) = slopes(a, b, v);
                        }
                    },
                );
            }
            fn inverse(&self, side: Side, target: f64, other: f64) -> Option<f64> {
                let inverse: fn(Side, f64, f64) -> f64 = $inverse;
                Some(inverse(side, target, other))
            }
        }
    };
}

infix!(
    /// `a + b`.
    Add, "add", "+", commutes true,
    single pairs!(|a, b| a + b), double pairs!(|a, b| a + b),
    slopes |_, _, _| (1.0, 1.0),
    inverse |_, t, other| t - other
);
infix!(
    /// `a − b`.
    Sub, "sub", "-", commutes false,
    single pairs!(|a, b| a - b), double pairs!(|a, b| a - b),
    slopes |_, _, _| (1.0, -1.0),
    inverse |side, t, other| if side == Side::Left { t + other } else { other - t }
);
infix!(
    /// `a b`.
    Mul, "mul", "*", commutes true,
    single pairs!(|a, b| a * b), double pairs!(|a, b| a * b),
    slopes |a, b, _| (b, a),
    inverse |_, t, other| t / other
);
infix!(
    /// `a / b`.
    Div, "div", "/", commutes false,
    single single::quotients, double double::quotients,
    slopes |_, b, v| (1.0 / b, -v / b),
    inverse |side, t, other| if side == Side::Left { t * other } else { other / t }
);

unary!(
    /// `−a`.
    Neg, "neg",
    single each!(|x: f32| -x), double each!(|x: f64| -x),
    slope |_, _| -1.0,
    inverse |t| Some(-t),
    notation Notation::Minus
);
unary!(
    /// `1/a`.
    Inv, "inv",
    single each!(|x: f32| 1.0 / x), double each!(|x: f64| 1.0 / x),
    slope |_, v| -v * v,
    inverse |t| Some(1.0 / t),
    notation Notation::Reciprocal
);
unary!(
    /// `|a|`.
    Abs, "abs",
    single each!(|x: f32| x.abs()), double each!(|x: f64| x.abs()),
    slope |x: f64, _| if x == 0.0 { 0.0 } else { 1.0_f64.copysign(x) },
    inverse |t| (t >= 0.0).then_some(t)
);
