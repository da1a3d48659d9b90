//! Choices fixed at the input: the neighbours that a network looks for itself.
//!
//! Along a path from a baseline the nearest neighbours change, and with them
//! the function whose gradient is integrated: the integral is not complete.
//! Here every list of integers that is made from the explained inputs (the
//! places of a top-k or an arg max) becomes an input of the network, which
//! keeps the value that it has for the event.

use std::collections::HashMap;

use pellucid_core::{Job, Tensor};
use pellucid_network::graph::{Kind, Type};
use pellucid_network::ops::ToReal;
use pellucid_network::{Graph, NetworkError, Real, ValueId};

use crate::copies::Copies;
use crate::error::ExplainError;
use crate::explained::{Explained, Parts};

/// The values that are choices.
pub(crate) fn choices(graph: &Graph, free: &[ValueId]) -> Vec<ValueId> {
    let active = graph.depends_on(free);
    let depends: HashMap<ValueId, bool> = graph.values().map(|(id, _)| id).zip(active).collect();
    let real = |id: &ValueId| graph.ty(*id).kind == Kind::Real && depends[id];
    graph
        .nodes()
        .iter()
        .filter(|node| node.inputs.iter().any(real))
        .flat_map(|node| node.outputs.iter().copied())
        .filter(|&id| graph.ty(id).kind == Kind::Integer)
        .collect()
}

/// A model with its choices as further inputs, and the inputs with what is
/// chosen.
type Frozen<S> = (Explained, Vec<Tensor<S>>);

impl Explained {
    /// The model with its choices as further inputs, and the inputs with what
    /// is chosen for these events; none, if it makes no choice.
    pub(crate) fn frozen<S: Real>(
        &self,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Option<Frozen<S>>, ExplainError> {
        let chosen = choices(self.graph(), &self.free_values());
        if chosen.is_empty() {
            return Ok(None);
        }
        let mut asked = self.graph().clone();
        let numbers: Vec<ValueId> = chosen
            .iter()
            .map(|&id| asked.push(ToReal, &[id]))
            .collect::<Result<_, NetworkError>>()?;
        let mut all = inputs.to_vec();
        for number in numbers {
            asked.set_outputs(vec![number]);
            all.push(self.outputs_of(&asked, inputs, job)?);
        }

        let parts = self.parts();
        let mut source = self.graph().clone();
        source.set_outputs(vec![parts.column, parts.logit, parts.output]);
        let mut copies = Copies::of(&source);
        let own = source.inputs().iter().copied();
        let mut moved: HashMap<ValueId, ValueId> =
            own.zip(copies.graph.inputs().to_vec()).collect();
        for &id in &chosen {
            let value = source.value(id);
            let ty = Type::integer(value.ty.shape.clone());
            moved.insert(
                id,
                copies.graph.input(&format!("{}/chosen", value.name), ty),
            );
        }
        let made = copies.with(moved)?;
        let parts = Parts {
            column: made[0],
            logit: made[1],
            output: made[2],
        };
        let graph = copies.graph;
        Ok(Some((self.with_graph(graph, parts)?, all)))
    }
}
