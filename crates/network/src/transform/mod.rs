//! Graph → graph: what every explanation is made of.

mod deep_lift;
mod fold;
mod gradient;
mod jacobian;
mod log_ratio;
mod logit;
mod odds;
mod quadrature;
mod relevance;
mod straight_through;
mod tangent;
mod training;

pub use deep_lift::{DeepLift, deep_lift};
pub use fold::fold;
pub use gradient::gradient;
pub use jacobian::jacobian;
pub use log_ratio::{difference, log_ratio};
pub use logit::{column, columns, logit, logits};
pub use quadrature::gauss_legendre;
pub use relevance::{
    Assigned, Assignment, Attention, Bias, Bound, Composite, Empty, Layers, Neighbours, Pool,
    Propagation, Relevance, Seed, SumRule, assignments, relevance, relevance_through,
};
pub use straight_through::straight_through;
pub use tangent::{tangent, tangents};
pub use training::{Mask, Moments, TrainingGraph, training};
