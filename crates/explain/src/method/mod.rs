//! The attribution methods: one file each.
//!
//! A file holds the method's settings, the network that it makes of a model,
//! and how that is run; its word in the list below is all that the rest of the
//! program needs. The list makes the [`Method`] enum and its dispatch.

mod affine_path;
mod baseline;
mod lrp;
mod one_pass;
mod path;
mod quadrature;
mod unrolled;

use pellucid_core::{Job, Tensor};
use pellucid_network::transform::Propagation;
use pellucid_network::{Graph, Real};
use serde::{Deserialize, Serialize};

use crate::attribution::Attribution;
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

pub use baseline::Baseline;
pub(crate) use baseline::Starts;
pub use integrated_gradients::Choices;
pub use lrp::TargetScale;
pub use lrp_composite::CompositeName;
pub use quadrature::Quadrature;

/// What every method says of itself; its fields are its settings.
trait Attribute: Default {
    /// Its name in settings and tables.
    const NAME: &'static str;

    /// What a reader knows it as.
    const TITLE: &'static str;

    /// The unit of its numbers.
    const UNIT: &'static str = "logit";

    /// The network it makes of the model: one output per explained input, of
    /// its shape, then the explained value, then what the method keeps account
    /// of.
    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError>;

    /// Runs that network over events.
    fn run<T: Real, S: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError>;

    /// Where it compares events with, if it does.
    fn baseline_mut(&mut self) -> Option<&mut Baseline> {
        None
    }

    /// Whether its numbers belong to inner values, not to the inputs.
    const INNER: bool = false;

    /// Whether one run of its network on the events themselves is all it needs.
    const ONE_PASS: bool = false;

    /// The path it integrates along, if it does.
    fn path_mut(&mut self) -> Option<&mut IntegratedGradients> {
        None
    }

    /// How it hands relevance back, if it does.
    fn propagation(&self) -> Option<Result<Propagation, ExplainError>> {
        None
    }

    /// The network that is the whole explanation of any number of events:
    /// outputs as of [`graph`](Self::graph). Methods that run their network
    /// along a path repeat it for every point.
    fn standalone(&self, model: &Explained) -> Result<Graph, ExplainError> {
        self.graph(model)
    }
}

macro_rules! methods {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(mod $file; pub use $file::$name;)*

        /// An attribution method with its settings.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "method", rename_all = "kebab-case")]
        #[allow(missing_docs)] // each is documented at its own type
        pub enum Method { $($name($name)),* }

        $(impl From<$name> for Method {
            fn from(method: $name) -> Self { Self::$name(method) }
        })*

        impl Method {
            /// The names of all methods.
            pub const NAMES: &[&str] = &[$($name::NAME),*];

            /// The method of that name with the settings it has if none are given.
            pub fn named(name: &str) -> Option<Self> {
                $(if name == $name::NAME {
                    return Some(Self::$name($name::default()));
                })*
                None
            }

            /// What a reader knows it as.
            pub fn title(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::TITLE),* }
            }

            /// The unit of its numbers, with that of the explained value called `logit`.
            pub fn unit(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::UNIT),* }
            }

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::NAME),* }
            }

            /// The network it makes of a model: one output per explained input
            /// of the model, of its shape, then the explained value. Path
            /// methods average this network's output along a path; of the
            /// others it is the explanation itself.
            pub fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
                match self { $(Self::$name(method) => method.graph(model)),* }
            }

            pub(crate) fn run<T: Real, S: Real>(
                &self,
                model: &Explained,
                engine: &Engine<T>,
                inputs: &[Tensor<S>],
                job: &Job,
            ) -> Result<Attribution<S>, ExplainError> {
                match self { $(Self::$name(method) => method.run(model, engine, inputs, job)),* }
            }

            /// Where it compares events with, if it does.
            pub fn baseline_mut(&mut self) -> Option<&mut Baseline> {
                match self { $(Self::$name(method) => method.baseline_mut()),* }
            }

            /// Whether its numbers belong to inner values, not to the inputs.
            pub fn explains_inner_values(&self) -> bool {
                match self { $(Self::$name(_) => <$name as Attribute>::INNER),* }
            }

            /// Whether one run of its network on the events themselves is all it needs.
            pub(crate) fn is_one_pass(&self) -> bool {
                match self { $(Self::$name(_) => <$name as Attribute>::ONE_PASS),* }
            }

            /// The path it integrates along, if it does.
            pub fn path_mut(&mut self) -> Option<&mut IntegratedGradients> {
                match self { $(Self::$name(method) => method.path_mut()),* }
            }

            /// How it hands relevance back through a network, if it does.
            pub fn propagation(&self) -> Option<Result<Propagation, ExplainError>> {
                match self { $(Self::$name(method) => Attribute::propagation(method)),* }
            }

            /// The network that is the whole explanation: one output per
            /// explained input, of its shape, then the explained value, then
            /// what the method keeps account of.
            pub fn standalone(&self, model: &Explained) -> Result<Graph, ExplainError> {
                match self { $(Self::$name(method) => method.standalone(model)),* }
            }
        }
    };
}

methods![
    conductance::Conductance,
    deeplift::Deeplift,
    gradient::Gradient,
    input_x_gradient::InputXGradient,
    integrated_gradients::IntegratedGradients,
    lrp_alpha_beta::LrpAlphaBeta,
    lrp_box::LrpBox,
    lrp_composite::LrpComposite,
    lrp_epsilon::LrpEpsilon,
    lrp_flat::LrpFlat,
    lrp_gamma::LrpGamma,
    lrp_w2::LrpW2,
    lrp_z::LrpZ,
    lrp_z_plus::LrpZPlus,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_the_name_it_is_stored_under() {
        for &name in Method::NAMES {
            let method = Method::named(name).unwrap();
            let text = serde_json::to_value(&method).unwrap();
            assert_eq!(text["method"], name);
            assert_eq!(serde_json::from_value::<Method>(text).unwrap(), method);
        }
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        for &name in Method::NAMES {
            let text = format!(r#"{{"method": "{name}", "stepps": 3}}"#);
            let message = serde_json::from_str::<Method>(&text)
                .unwrap_err()
                .to_string();
            assert!(message.contains("stepps"), "{message}");
        }
    }

    #[test]
    fn settings_that_are_not_given_have_their_default() {
        let method: Method = serde_json::from_str(r#"{"method": "lrp-epsilon"}"#).unwrap();
        assert_eq!(Some(method), Method::named("lrp-epsilon"));
    }
}
