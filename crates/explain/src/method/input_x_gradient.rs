//! Input times gradient.
//!
//! $$ A_i(x) = x_i \frac{\partial f}{\partial x_i}(x) $$
//!
//! * **Units:** those of the logit.
//! * **Invariant:** for a network of rectifiers without biases `Σ A = f(x)`
//!   (Euler's theorem); what biases and curvature leave over is the residual.
//! * **Reference:** A. Shrikumar, P. Greenside, A. Kundaje, arXiv:1704.02685,
//!   section 2.2.

use pellucid_core::{Job, Tensor};
use pellucid_network::ops::{Finite, Mul};
use pellucid_network::{Graph, NetworkError, Real, ValueId};
use serde::{Deserialize, Serialize};

use super::{Attribute, one_pass};
use crate::attribution::{Attribution, Residual};
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

/// The input times the gradient of the logit; nothing to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct InputXGradient {}

impl Attribute for InputXGradient {
    const NAME: &'static str = "input-x-gradient";
    const TITLE: &'static str = "Input × gradient";
    const ONE_PASS: bool = true;

    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
        let mut graph = one_pass::gradient_graph(model)?;
        let inputs = model.free_values();
        let gradients = graph.outputs()[..inputs.len()].to_vec();
        let mut outputs = inputs
            .iter()
            .zip(gradients)
            .map(|(&input, gradient)| {
                // What is no finite number has no share: a model that takes it has a
                // guard that puts another number in its place.
                let input = graph.push(Finite, &[input, input])?;
                graph.push(Mul, &[input, gradient])
            })
            .collect::<Result<Vec<ValueId>, NetworkError>>()?;
        outputs.push(model.logit());
        graph.set_outputs(outputs);
        Ok(graph)
    }

    fn run<T: Real, S: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        one_pass::run(model, engine, inputs, Residual::Linearisation, job)
    }
}
