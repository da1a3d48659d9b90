//! Relevance by the gamma rule, for inputs of both signs: contributions of the
//! sign of their sum count `1 + gamma` times (G. Montavon et al.,
//! *Layer-Wise Relevance Propagation: An Overview* (2019), section 10.2.1, there
//! for inputs of one sign).

use pellucid_network::transform::{Propagation, SumRule};

super::lrp::relevance_method! {
    /// The gamma rule at every weighted sum.
    LrpGamma, "lrp-gamma", "LRP-γ",
    {
        /// By how much contributions of the sign of the sum count more.
        gamma: f64 = 0.25,
        /// The stabiliser of weighted sums that have no layer's weights.
        epsilon: f64 = 1e-6,
    },
    |own| Ok(Propagation {
        epsilon: own.epsilon,
        ..Propagation::rule(SumRule::Gamma { gamma: own.gamma })
    })
}
