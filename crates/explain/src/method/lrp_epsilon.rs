//! Relevance by the epsilon rule at every weighted sum (S. Bach et al., PLoS
//! ONE 10 (2015) e0130140, eq. 58).

use pellucid_network::transform::Propagation;

super::lrp::relevance_method! {
    /// The epsilon rule at every weighted sum.
    LrpEpsilon, "lrp-epsilon", "LRP-ε",
    {
        /// The stabiliser of weighted sums, in units of the sum itself.
        epsilon: f64 = 1e-6,
    },
    |own| Ok(Propagation::epsilon(own.epsilon))
}
