//! Relevance in proportion to the contributions: the epsilon rule with 10⁻⁹ at
//! every weighted sum (S. Bach et al., PLoS ONE 10 (2015) e0130140, eq. 56).

use pellucid_network::transform::{Propagation, SumRule};

super::lrp::relevance_method! {
    /// The z rule.
    LrpZ, "lrp-z", "LRP-z",
    {},
    |_own| Ok(Propagation { epsilon: 1e-9, ..Propagation::rule(SumRule::Z) })
}
