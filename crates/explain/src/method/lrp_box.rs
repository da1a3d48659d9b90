//! Relevance by the rule for bounded inputs on the first layer, by the epsilon
//! rule on all others (G. Montavon et al., Pattern Recognition 65 (2017) 211,
//! eq. 15).

use pellucid_network::transform::{Assignment, Bound, Layers, Propagation, SumRule};

use crate::error::ExplainError;

/// Both bounds, or which setting is missing.
pub(super) fn bounds(
    low: Option<&Bound>,
    high: Option<&Bound>,
    method: &'static str,
) -> Result<(Bound, Bound), ExplainError> {
    match (low, high) {
        (Some(low), Some(high)) => Ok((low.clone(), high.clone())),
        (low, _) => Err(ExplainError::Setting {
            what: method,
            expected: "the bounds of the inputs, `low` and `high`".to_owned(),
            found: match low {
                None => "no `low`".to_owned(),
                Some(_) => "no `high`".to_owned(),
            },
        }),
    }
}

super::lrp::relevance_method! {
    /// The box rule on the first layer, the epsilon rule on the others.
    LrpBox, "lrp-box", "LRP-box",
    {
        /// The least an input can be: a number, or one for every number of an event.
        low: Option<Bound> = None,
        /// The most an input can be.
        high: Option<Bound> = None,
        /// The stabiliser of the other weighted sums.
        epsilon: f64 = 1e-6,
    },
    |own| bounds(own.low.as_ref(), own.high.as_ref(), "lrp-box").map(|(low, high)| Propagation {
        assignments: vec![Assignment {
            layers: Layers::First(1),
            rule: SumRule::Box { low, high },
        }],
        ..Propagation::epsilon(own.epsilon)
    })
}
