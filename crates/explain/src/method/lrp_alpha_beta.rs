//! Relevance by the alpha–beta rule: positive contributions share `alpha`
//! times, negative ones `−beta` times the relevance (S. Bach et al., PLoS ONE
//! 10 (2015) e0130140, eq. 60), for inputs of both signs.

use pellucid_network::transform::{Propagation, SumRule};

super::lrp::relevance_method! {
    /// The alpha–beta rule at every weighted sum.
    LrpAlphaBeta, "lrp-alpha-beta", "LRP-αβ",
    {
        /// The share of positive contributions; `alpha − beta = 1`.
        alpha: f64 = 2.0,
        /// The share of negative contributions.
        beta: f64 = 1.0,
        /// The stabiliser of weighted sums that have no layer's weights.
        epsilon: f64 = 1e-6,
    },
    |own| Ok(Propagation {
        epsilon: own.epsilon,
        ..Propagation::rule(SumRule::AlphaBeta { alpha: own.alpha, beta: own.beta })
    })
}
