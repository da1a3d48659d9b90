//! Relevance in proportion to the squared weights, whatever the input (G.
//! Montavon et al., Pattern Recognition 65 (2017) 211, eq. 10).

use pellucid_network::transform::{Propagation, SumRule};

super::lrp::relevance_method! {
    /// The w² rule at every weighted sum.
    LrpW2, "lrp-w2", "LRP-w²",
    {
        /// The stabiliser of weighted sums that have no layer's weights.
        epsilon: f64 = 1e-6,
    },
    |own| Ok(Propagation { epsilon: own.epsilon, ..Propagation::rule(SumRule::W2) })
}
