//! Constants of a formula, fitted to data.

mod golden;
mod linear;
mod marquardt;
mod solve;
mod starts;

pub use golden::golden;
pub use linear::linear_constants;
pub use marquardt::{Effort, Fit, fit};
pub use solve::solve;
pub use starts::{restarted, trapped};
