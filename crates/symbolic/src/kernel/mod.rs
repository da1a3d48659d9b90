//! Elementary functions in plain arithmetic, and loops over them compiled for
//! the widest vector instructions of the machine.
//!
//! Every operation is written with an explicit fused multiply-add or without
//! one, so that all machines give the same bits.

mod exponential;
mod logarithm;
mod number;
mod rounded;
mod simd;
mod trigonometric;

#[cfg(not(target_arch = "x86_64"))]
#[path = "narrow.rs"]
mod wide;
#[cfg(target_arch = "x86_64")]
mod wide;

pub use number::Number;
pub use simd::{fill1, fill2, simd};

/// The functions of one precision.
macro_rules! precision {
    ($module:ident) => {
        /// Functions of this precision; at most two units of the last digit off.
        pub mod $module {
            pub use super::exponential::$module::{cosh, exp, exp_m1, exps, sinh, tanh};
            pub use super::logarithm::$module::{ln, lns};
            pub use super::rounded::$module::{quotients, roots};
            pub use super::trigonometric::$module::{cos, sin, tan};
        }
    };
}
precision!(single);
precision!(double);
