//! Functions with a kink or a jump.

use super::{Operation, each, unary};
use crate::kernel::{fill2, simd};

unary!(
    /// 1 for `a > 0`, else 0.
    Step, "step",
    // What is not a number stays so.
    single each!(|x: f32| if x > 0.0 { 1.0 } else if x <= 0.0 { 0.0 } else { x }),
    double each!(|x: f64| if x > 0.0 { 1.0 } else if x <= 0.0 { 0.0 } else { x }),
    slope |_, _| 0.0,
    inverse |_| None,
    latex "\\theta"
);

/// The smaller or the larger of two.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $word:literal, $latex:literal, $before:tt) => {
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
            fn commutes(&self) -> bool {
                true
            }
            fn single(&self, a: &[f32], b: &[f32], out: &mut [f32]) {
                // What is not a number on either side stays so.
                fill2(a, b, out, #[inline(always)] |a, b| {
                    if a $before b { a } else if b.is_nan() || !a.is_nan() { b } else { a }
                });
            }
            fn double(&self, a: &[f64], b: &[f64], out: &mut [f64]) {
                fill2(a, b, out, #[inline(always)] |a, b| {
                    if a $before b { a } else if b.is_nan() || !a.is_nan() { b } else { a }
                });
            }
            fn slopes(&self, a: &[f64], b: &[f64], _: &[f64], da: &mut [f64], db: &mut [f64]) {
                simd(
                    #[inline(always)]
                    || {
                        for ((&a, &b), (da, db)) in a.iter().zip(b).zip(da.iter_mut().zip(db)) {
                            (*da, *db) = if a $before b { (1.0, 0.0) } else { (0.0, 1.0) };
                        }
                    },
                );
            }
            fn latex(&self) -> String {
                $latex.to_owned()
            }
        }
    };
}

choice!(
    /// The smaller one.
    Min, "min", "\\min", <
);
choice!(
    /// The larger one.
    Max, "max", "\\max", >
);
