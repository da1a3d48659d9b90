//! Graph → graph: what every explanation is made of.

mod gradient;

pub use gradient::gradient;
