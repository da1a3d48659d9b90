//! Relevance by the published mixtures of rules: epsilon on dense layers,
//! another rule on convolutions, sometimes a third one on the first layer (S.
//! Lapuschkin et al., Nature Commun. 10 (2019) 1096, methods; G. Montavon et
//! al., *Layer-Wise Relevance Propagation: An Overview* (2019), section 10.3).

use pellucid_network::transform::{Bound, Composite, Propagation};
use serde::{Deserialize, Serialize};

use super::lrp_box::bounds;

/// A published mixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum CompositeName {
    /// z-plus on convolutions.
    #[default]
    EpsilonPlus,
    /// z-plus on convolutions, flat on the first layer.
    EpsilonPlusFlat,
    /// Alpha 2, beta 1 on convolutions.
    #[serde(rename = "epsilon-alpha2-beta1")]
    EpsilonAlpha2Beta1,
    /// Gamma on convolutions, box on the first one.
    EpsilonGammaBox,
}

super::lrp::relevance_method! {
    /// A published mixture of rules.
    LrpComposite, "lrp-composite", "LRP composite",
    {
        /// Which one.
        composite: CompositeName = CompositeName::default(),
        /// The least an input can be, for the box rule.
        low: Option<Bound> = None,
        /// The most an input can be, for the box rule.
        high: Option<Bound> = None,
        /// By how much contributions of the sign of the sum count more, for the
        /// gamma rule.
        gamma: f64 = 0.25,
        /// The stabiliser of dense layers.
        epsilon: f64 = 1e-6,
    },
    |own| {
        let composite = match own.composite {
            CompositeName::EpsilonPlus => Composite::EpsilonPlus,
            CompositeName::EpsilonPlusFlat => Composite::EpsilonPlusFlat,
            CompositeName::EpsilonAlpha2Beta1 => Composite::EpsilonAlpha2Beta1,
            CompositeName::EpsilonGammaBox => {
                let what = "composite epsilon-gamma-box";
                let (low, high) = bounds(own.low.as_ref(), own.high.as_ref(), what)?;
                Composite::EpsilonGammaBox { low, high, gamma: own.gamma }
            }
        };
        Ok(Propagation {
            composite: Some(composite),
            ..Propagation::epsilon(own.epsilon)
        })
    }
}
