//! Layers on particles: each by itself, and along edges.

use super::build::{Builder, filling};
use super::{Activation, Filling, MessagePassing};
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, volume};
use crate::ops::{
    Add, Concat, Div, Gather, Gemm, Mul, Places, ReduceMean, Reshape, Slice, Sqrt, Sub, ToInteger,
};

impl Builder {
    /// `W x + b` along the last side.
    pub(super) fn last_side(
        &mut self,
        name: &str,
        units: usize,
        rectified: bool,
    ) -> Result<(), NetworkError> {
        if units == 0 {
            return Err(self.wrong("expected at least one unit".to_owned()));
        }
        let shape = self.graph.shape(self.value).to_vec();
        let Some((last, lead)) = shape.split_last() else {
            return Err(self.wrong("there is no side to map".to_owned()));
        };
        let inputs = self.known(last)?;
        let filling = filling(inputs, units, rectified);
        let weight = self.parameter(&format!("{name}.weight"), &[units, inputs], filling);
        let bias = self.parameter(&format!("{name}.bias"), &[units], Filling::Constant(0.0));
        self.map(name, weight, bias, lead)
    }

    /// The linear map of everything in front of the last side, as one product.
    pub(super) fn map(
        &mut self,
        name: &str,
        weight: ValueId,
        bias: ValueId,
        lead: &[Dim],
    ) -> Result<(), NetworkError> {
        if lead.len() == 1 {
            return self.push(name, Gemm::NT, &[weight, bias]);
        }
        let units = self.graph.shape(bias)[0].clone();
        let inputs = self.graph.shape(weight)[1].clone();
        let shape = vec![volume(lead), inputs];
        self.push(&format!("{name}/rows"), Reshape { shape }, &[])?;
        self.push(&format!("{name}/product"), Gemm::NT, &[weight, bias])?;
        let shape = [lead, &[units]].concat();
        self.push(name, Reshape { shape }, &[])
    }

    /// Each particle by itself through `units` outputs and an activation.
    pub(super) fn per_particle(
        &mut self,
        units: usize,
        activation: Option<Activation>,
        rectified: bool,
    ) -> Result<(), NetworkError> {
        let name = self.name("particle");
        self.last_side(&name, units, rectified)?;
        self.activation(activation)
    }

    pub(super) fn layer_norm(&mut self, epsilon: f64) -> Result<(), NetworkError> {
        if epsilon.is_nan() || epsilon <= 0.0 {
            return Err(self.wrong("expected a positive epsilon".to_owned()));
        }
        let shape = self.graph.shape(self.value);
        let axis = shape.len() - 1;
        let features = self.known(&shape[axis].clone())?;
        let name = self.name("layer_norm");
        let shape = [features];
        let scale = self.parameter(&format!("{name}.weight"), &shape, Filling::Constant(1.0));
        let bias = self.parameter(&format!("{name}.bias"), &shape, Filling::Constant(0.0));
        let axes = vec![axis];
        let mean = ReduceMean { axes, keep: true };
        let graph = &mut self.graph;
        let centre = graph.push(mean.clone(), &[self.value])?;
        let centred = graph.push(Sub, &[self.value, centre])?;
        let squares = graph.push(Mul, &[centred, centred])?;
        let variance = graph.push(mean, &[squares])?;
        let epsilon = graph.scalar(epsilon);
        let shifted = graph.push(Add, &[variance, epsilon])?;
        let width = graph.push(Sqrt, &[shifted])?;
        let even = graph.push(Div, &[centred, width])?;
        let scaled = graph.push(Mul, &[even, scale])?;
        self.value = graph.node(&name, Add, &[scaled, bias])?[0];
        Ok(())
    }

    /// Replaces feature `feature`, a whole number, by the row of a table.
    pub(super) fn embedding(
        &mut self,
        feature: usize,
        entries: usize,
        width: usize,
    ) -> Result<(), NetworkError> {
        let shape = self.graph.shape(self.value).to_vec();
        let axis = shape.len() - 1;
        let features = self.known(&shape[axis])?;
        if feature >= features || entries == 0 || width == 0 {
            return Err(self.wrong(format!(
                "feature {feature} of {features}, {entries} entries of width {width}: expected a feature that \
                 there is, and at least one entry and number"
            )));
        }
        let name = self.name("embedding");
        let filling = Filling::Normal;
        let table = self.parameter(&format!("{name}.weight"), &[entries, width], filling);
        let input = self.value;
        let part = |start: usize, length: usize| Slice {
            axis,
            start: start.into(),
            length: length.into(),
            step: 1,
        };
        let code = self.graph.push(part(feature, 1), &[input])?;
        let sides = shape[..axis].to_vec();
        let code = self.graph.push(Reshape { shape: sides }, &[code])?;
        let code = self.graph.push(ToInteger, &[code])?;
        let rows = Gather {
            places: Places::Along { axis: 0 },
        };
        let entry = self.graph.node(&name, rows, &[table, code])?[0];
        let mut parts = Vec::new();
        if feature > 0 {
            parts.push(self.graph.push(part(0, feature), &[input])?);
        }
        parts.push(entry);
        let rest = features - feature - 1;
        if rest > 0 {
            parts.push(self.graph.push(part(feature + 1, rest), &[input])?);
        }
        self.value = self.graph.push(Concat { axis }, &parts)?;
        Ok(())
    }

    /// Edge convolution: `h_i = ⊕_j f(x_i, x_j − x_i)` over the edges `j → i`
    /// (Y. Wang et al., arXiv:1801.07829, eq. 7).
    pub(super) fn message_passing(&mut self, layer: &MessagePassing) -> Result<(), NetworkError> {
        let edges = self.ragged.as_ref().and_then(|ragged| ragged.edges);
        let Some([from, to]) = edges else {
            let problem = "message-passing needs edges: set events = \"graphs\"".to_owned();
            return Err(self.wrong(problem));
        };
        if layer.units.is_empty() {
            return Err(self.wrong("expected at least one dense layer in units".to_owned()));
        }
        let name = self.name("edge_conv");
        let nodes = self.value;
        let count = self.graph.shape(nodes)[0].clone();
        let rows = Gather {
            places: Places::Along { axis: 0 },
        };
        let rectified = layer.activation.is_none_or(Activation::rectifies);
        let (ours, theirs) = self.edge_maps(&format!("{name}.0"), layer.units[0], rectified)?;
        let here = self.graph.push(rows, &[ours, to])?;
        let there = self.graph.push(rows, &[theirs, from])?;
        self.value = self.graph.push(Add, &[here, there])?;
        self.activation(layer.activation)?;
        for (i, &units) in layer.units.iter().enumerate().skip(1) {
            self.last_side(&format!("{name}.{i}"), units, rectified)?;
            self.activation(layer.activation)?;
        }
        let messages = self.value;
        self.value = self.join(&name, layer.aggregate, messages, to, count)?;
        Ok(())
    }

    /// The linear map of `[x_i, x_j − x_i]` as one of `x_i` and one of `x_j`:
    /// `W_a x_i + W_b (x_j − x_i) + b = (W_a − W_b) x_i + b + W_b x_j`, done once
    /// per particle instead of once per edge.
    fn edge_maps(
        &mut self,
        name: &str,
        units: usize,
        rectified: bool,
    ) -> Result<(ValueId, ValueId), NetworkError> {
        if units == 0 {
            return Err(self.wrong("expected at least one unit".to_owned()));
        }
        let nodes = self.value;
        let features = self.known(&self.graph.shape(nodes)[1].clone())?;
        let filling = filling(2 * features, units, rectified);
        let weight = self.parameter(&format!("{name}.weight"), &[units, 2 * features], filling);
        let bias = self.parameter(&format!("{name}.bias"), &[units], Filling::Constant(0.0));
        let graph = &mut self.graph;
        let mut half = |start: usize| {
            let slice = Slice {
                axis: 1,
                start: start.into(),
                length: features.into(),
                step: 1,
            };
            graph.push(slice, &[weight])
        };
        let (place, difference) = (half(0)?, half(features)?);
        let own = graph.push(Sub, &[place, difference])?;
        Ok((
            graph.push(Gemm::NT, &[nodes, own, bias])?,
            graph.push(Gemm::NT, &[nodes, difference])?,
        ))
    }
}
