//! Graph → graph: what every explanation is made of.

mod fold;
mod gradient;
mod logit;
mod relevance;
mod training;

pub use fold::fold;
pub use gradient::gradient;
pub use logit::logit;
pub use relevance::{Bias, EpsilonRule, Relevance, relevance};
pub use training::{Mask, Moments, TrainingGraph, training};
