//! The attribution methods: one file each.
//!
//! A file holds the method's settings, the network that it makes of a model,
//! and how that is run; its word in the list below is all that the rest of the
//! program needs. The list makes the [`Method`] enum and its dispatch.

mod baseline;
mod one_pass;
mod quadrature;

use pellucid_core::{Job, Tensor};
use pellucid_network::{Graph, Real};
use serde::{Deserialize, Serialize};

use crate::attribution::Attribution;
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

pub use baseline::Baseline;
pub use quadrature::Quadrature;

/// What every method says of itself; its fields are its settings.
trait Attribute: Default {
    /// Its name in settings and tables.
    const NAME: &'static str;

    /// The network it makes of the model: one output per input, of its shape,
    /// then the explained value, then what the method keeps account of.
    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError>;

    /// Runs that network over events.
    fn run<T: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<f32>],
        job: &Job,
    ) -> Result<Attribution, ExplainError>;
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

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::NAME),* }
            }

            /// The network it makes of a model: one output per input of the
            /// model, of its shape, then the explained value. Integrated
            /// gradients average this network's output along a path; of the
            /// others it is the explanation itself.
            pub fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
                match self { $(Self::$name(method) => method.graph(model)),* }
            }

            pub(crate) fn run<T: Real>(
                &self,
                model: &Explained,
                engine: &Engine<T>,
                inputs: &[Tensor<f32>],
                job: &Job,
            ) -> Result<Attribution, ExplainError> {
                match self { $(Self::$name(method) => method.run(model, engine, inputs, job)),* }
            }
        }
    };
}

methods![
    gradient::Gradient,
    input_x_gradient::InputXGradient,
    integrated_gradients::IntegratedGradients,
    lrp_epsilon::LrpEpsilon,
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
