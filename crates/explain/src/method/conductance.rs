//! Conductance: what flows through the units of a hidden layer.
//!
//! $$ C_h(x) = \int_0^1 \frac{\partial f}{\partial h}
//!      \frac{\mathrm{d} h}{\mathrm{d} t}\,\mathrm{d}t, \qquad
//!    \frac{\mathrm{d} h}{\mathrm{d} t} =
//!      \sum_i \frac{\partial h}{\partial x_i} (x_i - b_i) $$
//!
//! along the straight path `b + t (x − b)`. The second factor is a tangent, so
//! that every unit costs together as much as one: nothing is approximated but
//! the integral.
//!
//! * **Units:** those of the logit, whatever the unit of the hidden layer.
//! * **Completeness:** `Σ C = f(x) − f(b)`, if all that the inputs say passes
//!   the layer; what is missing is the residual.
//! * **Reference:** K. Dhamdhere, M. Sundararajan, Q. Yan, arXiv:1805.12233,
//!   eq. 1, summed over the inputs.

use pellucid_core::{Job, Tensor};
use pellucid_network::ops::Mul;
use pellucid_network::{Graph, Real, ValueId, transform};
use serde::{Deserialize, Serialize};

use super::path::{self, Course, Paths};
use super::{Attribute, Baseline, IntegratedGradients};
use crate::attribution::Attribution;
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

/// What flows through a named node along the path from a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Conductance {
    /// The node or value, as the model names it.
    pub node: String,
    /// The path and its points.
    pub path: IntegratedGradients,
}

impl Conductance {
    /// The value that the node makes.
    fn hidden(&self, model: &Explained) -> Result<ValueId, ExplainError> {
        let graph = model.graph();
        let setting = |expected: &str, found: String| ExplainError::Setting {
            what: "node of conductance",
            expected: expected.to_owned(),
            found,
        };
        if self.node.is_empty() {
            return Err(setting(
                "the name of a node (see `pellucid inspect`)",
                "none".to_owned(),
            ));
        }
        let node = graph.nodes().iter().find(|node| node.name == self.node);
        let value = node
            .map(|node| node.outputs[0])
            .or_else(|| graph.find(&self.node))
            .ok_or_else(|| ExplainError::Name {
                what: "node of conductance",
                name: self.node.clone(),
                known: graph.nodes().iter().map(|node| node.name.clone()).collect(),
            })?;
        let side = |value: ValueId| graph.shape(value).first();
        if side(value).is_none() || side(value) != side(model.logit()) {
            return Err(setting(
                "a node whose first side is the events",
                format!(
                    "`{}` of shape {}",
                    self.node,
                    pellucid_network::graph::show(graph.shape(value))
                ),
            ));
        }
        Ok(value)
    }
}

impl Attribute for Conductance {
    const NAME: &'static str = "conductance";
    const TITLE: &'static str = "Conductance";
    const INNER: bool = true;

    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
        self.path.check()?;
        let hidden = self.hidden(model)?;
        let mut graph = model.graph().clone();
        let free = model.free_values();
        let directions: Vec<ValueId> = free
            .iter()
            .map(|&id| {
                let value = graph.value(id);
                let (name, ty) = (format!("{}/direction", value.name), value.ty.clone());
                graph.input(&name, ty)
            })
            .collect();
        let moved = transform::tangent(&mut graph, hidden, &free, &directions)?;
        let slope = transform::gradient(&mut graph, model.logit(), &[hidden], None)?[0];
        let flow = graph.push(Mul, &[slope, moved])?;
        graph.set_outputs(vec![flow]);
        Ok(graph)
    }

    fn run<T: Real, S: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        if let Some(path) = self.path.dynamic() {
            let node = self.node.clone();
            let settings = Self { node, path };
            if let Some(found) = path::frozen::<T, S>(&settings, model, inputs, job)? {
                return Ok(found);
            }
        }
        let paths = Paths {
            settings: &self.path,
            model,
            inputs,
            starts: self.path.baseline.starts(model, inputs)?,
            course: Course::Directed,
        };
        let finish = |_: usize, flows: &mut [f64]| flows.iter().sum();
        let (rows, mut attribution) = paths.integrate(engine, &finish, Self::NAME, job)?;
        attribution.values = vec![self.tensor(model, inputs, &rows)?];
        Ok(attribution)
    }

    fn baseline_mut(&mut self) -> Option<&mut Baseline> {
        Some(&mut self.path.baseline)
    }

    fn path_mut(&mut self) -> Option<&mut IntegratedGradients> {
        Some(&mut self.path)
    }

    fn standalone(&self, _model: &Explained) -> Result<Graph, ExplainError> {
        Err(ExplainError::Setting {
            what: "method to export",
            expected: "one whose explanation is a map of the inputs".to_owned(),
            found: Self::NAME.to_owned(),
        })
    }
}

impl Conductance {
    /// The units of each event in the shape of the node.
    fn tensor<S: Real>(
        &self,
        model: &Explained,
        inputs: &[Tensor<S>],
        rows: &[Vec<S>],
    ) -> Result<Tensor<S>, ExplainError> {
        let events = rows.len();
        let width = rows.first().map_or(0, Vec::len);
        let mut shape = vec![events];
        let sides = &model.graph().shape(self.hidden(model)?)[1..];
        let bindings = crate::batching::bindings(model.graph(), inputs);
        let sides: Option<Vec<usize>> = sides
            .iter()
            .map(|dim| dim.evaluate(&bindings).ok())
            .collect();
        match sides {
            Some(sides) if sides.iter().product::<usize>() == width => shape.extend(sides),
            _ => shape.push(width),
        }
        Ok(Tensor::new(shape, rows.concat()))
    }
}
