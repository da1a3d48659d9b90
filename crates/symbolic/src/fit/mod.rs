//! Constants of a formula, fitted to data.

mod golden;
mod linear;
mod marquardt;
mod solve;
mod starts;
mod tied;

pub use golden::golden;
pub use linear::linear_constants;
pub use marquardt::{Effort, Fit, fit, fit_tied};
pub use solve::solve;
pub use starts::{restarted, restarted_tied, trapped};
pub use tied::Ties;
