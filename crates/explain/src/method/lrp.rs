//! What the methods of relevance propagation share.
//!
//! They differ in the rule of weighted sums; the equations of all rules, how
//! relevance passes everything else, and the references are those of
//! [`pellucid_network::transform::relevance`].
//!
//! * **Units:** those of the explained value.
//! * **Invariant:** `f(x) = Σ R + absorbed + stabilised + empty` for every
//!   event; the residual is rounding.

use pellucid_network::transform::{self, Propagation, Seed};
use pellucid_network::{Graph, ValueId};
use serde::{Deserialize, Serialize};

use super::one_pass;
use crate::error::ExplainError;
use crate::explained::Explained;

/// What is handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum TargetScale {
    /// The explained value.
    #[default]
    Value,
    /// 1, whatever the explained value.
    One,
}

/// The network that propagates relevance: a map per explained input, what is
/// handed back, and the three accounts.
pub(super) fn graph(
    model: &Explained,
    propagation: &Propagation,
    scale: TargetScale,
) -> Result<Graph, ExplainError> {
    let mut graph = model.graph().clone();
    let (seed, handed) = match scale {
        TargetScale::Value => (Seed::Value, model.logit()),
        TargetScale::One => (Seed::One, one(&mut graph, model.logit())?),
    };
    let inputs = model.free_values();
    let made = transform::relevance(&mut graph, model.logit(), &inputs, propagation, seed)?;
    let accounts = [made.absorbed, made.stabilised, made.empty];
    graph.set_outputs(one_pass::outputs(made.maps, handed, &accounts));
    Ok(graph)
}

/// 1 for every event.
fn one(graph: &mut Graph, like: ValueId) -> Result<ValueId, ExplainError> {
    let shape = graph.shape(like).to_vec();
    let one = graph.scalar(1.0);
    Ok(graph.push(pellucid_network::ops::Expand { shape }, &[one])?)
}

/// A method of relevance propagation: its own settings with their defaults,
/// those that all have, and how they make the rules.
macro_rules! relevance_method {
    (
        $(#[$about:meta])* $type:ident, $name:literal, $title:literal,
        { $($(#[$doc:meta])* $field:ident: $kind:ty = $default:expr),* $(,)? },
        |$own:ident| $rules:expr
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub struct $type {
            $($(#[$doc])* pub $field: $kind,)*
            /// What biases do with the relevance due to them.
            pub bias: pellucid_network::transform::Bias,
            /// What becomes of the share of a side without contributions.
            pub empty: pellucid_network::transform::Empty,
            /// How attention is passed.
            pub attention: pellucid_network::transform::Attention,
            /// How a maximum under a window is passed.
            pub pool: pellucid_network::transform::Pool,
            /// What becomes of a graph of neighbours.
            pub graph: pellucid_network::transform::Neighbours,
            /// The stabiliser of residual sums.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub add_epsilon: Option<f64>,
            /// The stabiliser of averages.
            pub pool_epsilon: f64,
            /// What is handed back.
            pub target_scale: super::lrp::TargetScale,
        }

        impl Default for $type {
            fn default() -> Self {
                let common = pellucid_network::transform::Propagation::default();
                Self {
                    $($field: $default,)*
                    bias: common.bias,
                    empty: common.empty,
                    attention: common.attention,
                    pool: common.pool,
                    graph: common.graph,
                    add_epsilon: common.add_epsilon,
                    pool_epsilon: common.pool_epsilon,
                    target_scale: Default::default(),
                }
            }
        }

        impl $type {
            /// How relevance is handed back through a network.
            pub fn propagation(
                &self,
            ) -> Result<pellucid_network::transform::Propagation, crate::error::ExplainError> {
                let $own = self;
                let rules: Result<
                    pellucid_network::transform::Propagation,
                    crate::error::ExplainError,
                > = $rules;
                Ok(pellucid_network::transform::Propagation {
                    bias: self.bias,
                    empty: self.empty,
                    attention: self.attention,
                    pool: self.pool,
                    graph: self.graph,
                    add_epsilon: self.add_epsilon,
                    pool_epsilon: self.pool_epsilon,
                    ..rules?
                })
            }
        }

        impl super::Attribute for $type {
            const NAME: &'static str = $name;
            const TITLE: &'static str = $title;
            const ONE_PASS: bool = true;

            fn graph(
                &self,
                model: &crate::explained::Explained,
            ) -> Result<pellucid_network::Graph, crate::error::ExplainError> {
                super::lrp::graph(model, &self.propagation()?, self.target_scale)
            }

            fn run<T: pellucid_network::Real, S: pellucid_network::Real>(
                &self,
                model: &crate::explained::Explained,
                engine: &crate::engine::Engine<T>,
                inputs: &[pellucid_core::Tensor<S>],
                job: &pellucid_core::Job,
            ) -> Result<crate::attribution::Attribution<S>, crate::error::ExplainError> {
                let meaning = crate::attribution::Residual::Balance;
                super::one_pass::run(model, engine, inputs, meaning, job)
            }

            fn propagation(
                &self,
            ) -> Option<
                Result<pellucid_network::transform::Propagation, crate::error::ExplainError>,
            > {
                Some(Self::propagation(self))
            }
        }
    };
}
pub(super) use relevance_method;
