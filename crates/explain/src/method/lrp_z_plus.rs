//! Relevance to positive contributions alone: alpha 1, beta 0 (G. Montavon et
//! al., Pattern Recognition 65 (2017) 211, eq. 14), for inputs of both signs.

use pellucid_network::transform::{Propagation, SumRule};

super::lrp::relevance_method! {
    /// The z⁺ rule at every weighted sum.
    LrpZPlus, "lrp-z-plus", "LRP-z⁺",
    {
        /// The stabiliser of weighted sums that have no layer's weights.
        epsilon: f64 = 1e-6,
    },
    |own| Ok(Propagation { epsilon: own.epsilon, ..Propagation::rule(SumRule::ZPlus) })
}
