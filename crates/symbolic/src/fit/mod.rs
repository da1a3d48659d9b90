//! Constants of a formula, fitted to data.

mod linear;
mod marquardt;
mod solve;

pub use linear::linear_constants;
pub use marquardt::{Effort, Fit, fit};
pub use solve::solve;
