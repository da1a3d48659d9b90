//! Hyperbolic functions.

use super::{each, unary};
use crate::kernel::{double, single};

unary!(
    /// `sinh a`.
    Sinh, "sinh",
    single each!(single::sinh), double each!(double::sinh),
    slope |x, _| double::cosh(x),
    inverse |t| Some(t.asinh()),
    latex "\\sinh"
);
unary!(
    /// `cosh a`.
    Cosh, "cosh",
    single each!(single::cosh), double each!(double::cosh),
    slope |x, _| double::sinh(x),
    inverse |t| (t >= 1.0).then(|| t.acosh()),
    latex "\\cosh"
);
unary!(
    /// `tanh a`.
    Tanh, "tanh",
    single each!(single::tanh), double each!(double::tanh),
    slope |_, v| 1.0 - v * v,
    inverse |t| (t.abs() < 1.0).then(|| t.atanh()),
    latex "\\tanh"
);
