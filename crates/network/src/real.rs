//! The two precisions a graph runs in.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::kernels::exponential;

/// `f32` or `f64`, and what kernels need of them.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Sum
    + crate::kernels::gemm::Product
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Minus infinity, where a maximum begins.
    const LOWEST: Self;
    /// Rounded to this precision.
    fn of(value: f64) -> Self;
    /// As a double.
    fn double(self) -> f64;
    /// `eˣ`.
    fn exp(self) -> Self;
    /// `eˣ − 1`.
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// `ln(1 + x)`.
    fn ln_1p(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Sine of radians.
    fn sin(self) -> Self;
    /// Cosine of radians.
    fn cos(self) -> Self;
    /// Tangent of radians.
    fn tan(self) -> Self;
    /// Inverse sine in radians.
    fn asin(self) -> Self;
    /// Inverse cosine in radians.
    fn acos(self) -> Self;
    /// Inverse tangent in radians.
    fn atan(self) -> Self;
    /// Hyperbolic sine.
    fn sinh(self) -> Self;
    /// Hyperbolic cosine.
    fn cosh(self) -> Self;
    /// Inverse hyperbolic sine.
    fn asinh(self) -> Self;
    /// Inverse hyperbolic cosine.
    fn acosh(self) -> Self;
    /// Inverse hyperbolic tangent.
    fn atanh(self) -> Self;
    /// The largest integer not above.
    fn floor(self) -> Self;
    /// The smallest integer not below.
    fn ceil(self) -> Self;
    /// Without its fraction.
    fn trunc(self) -> Self;
    /// The nearest integer, of two the even one.
    fn round_even(self) -> Self;
    /// Error function.
    fn erf(self) -> Self;
    /// `|x|`.
    fn abs(self) -> Self;
    /// What is left of `x / y`, the quotient cut towards zero.
    fn rest(self, y: Self) -> Self;
    /// `xʸ`.
    fn powf(self, y: Self) -> Self;
    /// `a·b + c`, rounded as the machine is fastest: chosen once at build time.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Whether it is not a number.
    fn is_nan(self) -> bool;
}

/// Functions of one number that the standard library has under the same name.
macro_rules! functions {
    ($type:ident: $($name:ident),*) => {
        $(#[inline(always)]
        fn $name(self) -> Self {
            $type::$name(self)
        })*
    };
}

macro_rules! real {
    ($type:ident, $precision:ident, $erf:path) => {
        impl Real for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const LOWEST: Self = Self::NEG_INFINITY;
            #[inline(always)]
            fn of(value: f64) -> Self {
                value as Self
            }
            #[inline(always)]
            fn double(self) -> f64 {
                f64::from(self)
            }
            functions!($type: ln, ln_1p, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh, floor, ceil, trunc, abs);
            #[inline(always)]
            fn exp(self) -> Self {
                exponential::$precision::exp(self)
            }
            #[inline(always)]
            fn exp_m1(self) -> Self {
                exponential::$precision::exp_m1(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                exponential::$precision::tanh(self)
            }
            #[inline(always)]
            fn round_even(self) -> Self {
                $type::round_ties_even(self)
            }
            #[inline(always)]
            fn erf(self) -> Self {
                $erf(self)
            }
            #[inline(always)]
            fn rest(self, y: Self) -> Self {
                self % y
            }
            #[inline(always)]
            fn powf(self, y: Self) -> Self {
                $type::powf(self, y)
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                $type::mul_add(self, b, c)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $type::is_nan(self)
            }
        }
    };
}

real!(f32, single, libm::erff);
real!(f64, double, libm::erf);
