//! The gradient.
//!
//! $$ A_i(x) = \frac{\partial f}{\partial x_i}(x) $$
//!
//! * **Units:** those of the logit over those of the input.
//! * **Invariant:** none about the sum: the gradient says where the logit is
//!   steep, not what it is made of.
//! * **Reference:** K. Simonyan, A. Vedaldi, A. Zisserman, arXiv:1312.6034,
//!   section 3 (there the modulus is drawn; here the sign is kept).

use pellucid_core::{Job, Tensor};
use pellucid_network::{Graph, Real};
use serde::{Deserialize, Serialize};

use super::{Attribute, one_pass};
use crate::attribution::{Attribution, Residual};
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

/// The gradient of the logit; nothing to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Gradient {}

impl Attribute for Gradient {
    const NAME: &'static str = "gradient";
    const TITLE: &'static str = "Gradient";
    const UNIT: &'static str = "logit per unit of input";
    const ONE_PASS: bool = true;

    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
        one_pass::gradient_graph(model)
    }

    fn run<T: Real, S: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        one_pass::run(model, engine, inputs, Residual::None, job)
    }
}
