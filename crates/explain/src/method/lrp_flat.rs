//! Relevance dealt out equally to all inputs of a sum: weights replaced by
//! ones, no bias (S. Lapuschkin et al., Nature Commun. 10 (2019) 1096, methods).

use pellucid_network::transform::{Propagation, SumRule};

super::lrp::relevance_method! {
    /// The flat rule at every weighted sum.
    LrpFlat, "lrp-flat", "LRP-flat",
    {
        /// The stabiliser of weighted sums that have no layer's weights.
        epsilon: f64 = 1e-6,
    },
    |own| Ok(Propagation { epsilon: own.epsilon, ..Propagation::rule(SumRule::Flat) })
}
