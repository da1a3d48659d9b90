//! A node that is being written: what the file of an operation sees of it.

use pellucid_onnx::{AttributeProto, DataType, GraphProto, NodeProto, TensorProto};

use crate::error::NetworkError;
use crate::graph::{Bindings, Dim, Graph, Kind, Node, ValueId, show};
use crate::onnx::export::is_truth;
use crate::onnx::form::Exported;
use crate::onnx::names::Names;

/// The most ones that are written out: far above any layer of a tagger.
const MOST_ONES: usize = 1 << 24;

/// The file as far as it is written.
pub(crate) struct Writer {
    pub(super) opset: i64,
    pub(super) proto: GraphProto,
    pub(super) names: Names,
}

/// A node that is being written: what the file of an operation sees.
pub(crate) struct Export<'e> {
    pub(super) graph: &'e Graph,
    pub(super) node: &'e Node,
    pub(super) needed: &'e [bool],
    pub(super) writer: &'e mut Writer,
}

impl<'e> Export<'e> {
    /// An error about this node.
    pub(crate) fn refuse(&self, problem: impl Into<String>) -> NetworkError {
        NetworkError::Node {
            node: self.node.name.clone(),
            op: self.node.op.name(),
            problem: format!("it cannot be written to ONNX: {}", problem.into()),
        }
    }

    /// The version of the operations that is written.
    pub(crate) fn opset(&self) -> i64 {
        self.writer.opset
    }

    fn id(&self, i: usize) -> ValueId {
        self.node.inputs[i]
    }

    /// The name of input `i`.
    pub(crate) fn input(&self, i: usize) -> &'e str {
        &self.graph.value(self.id(i)).name
    }

    /// The name of output `i`.
    pub(crate) fn output(&self, i: usize) -> &'e str {
        &self.graph.value(self.node.outputs[i]).name
    }

    /// Whether any node or output reads output `i`.
    pub(crate) fn needs(&self, i: usize) -> bool {
        self.needed[self.node.outputs[i].index()]
    }

    /// The kind of input `i`.
    pub(crate) fn kind(&self, i: usize) -> Kind {
        self.graph.ty(self.id(i)).kind
    }

    /// The shape of input `i`.
    pub(crate) fn shape(&self, i: usize) -> &'e [Dim] {
        self.graph.shape(self.id(i))
    }

    /// The shape of the first output.
    pub(crate) fn result(&self) -> &'e [Dim] {
        self.graph.shape(self.node.outputs[0])
    }

    /// Adds a node; the one that makes the first output has the name of the
    /// graph's node.
    pub(crate) fn emit(
        &mut self,
        operation: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) {
        let name = match outputs.first() {
            Some(&first) if first == self.output(0) => self.node.name.clone(),
            first => first.copied().unwrap_or_default().to_owned(),
        };
        let node = NodeProto::new(operation, &name, inputs, outputs);
        let node = NodeProto {
            attribute: attributes,
            ..node
        };
        self.writer.proto.node.push(node);
    }

    /// Adds a node on all inputs that makes the first output.
    pub(crate) fn same(&mut self, operation: &str, attributes: Vec<AttributeProto>) {
        let inputs: Vec<&str> = (0..self.node.inputs.len()).map(|i| self.input(i)).collect();
        self.emit(operation, &inputs, &[self.output(0)], attributes);
    }

    /// Adds a node whose result only this operation reads.
    pub(crate) fn between(
        &mut self,
        operation: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let name = self.temporary(operation);
        self.emit(operation, inputs, &[&name], attributes);
        name
    }

    /// A new name.
    pub(crate) fn temporary(&mut self, hint: &str) -> String {
        let name = format!("{}/{}", self.node.name, hint.to_lowercase());
        self.writer.names.unique(&name)
    }

    fn constant(&mut self, hint: &str, data: TensorProto) -> String {
        let name = self.temporary(hint);
        let node = NodeProto::new("Constant", &name, &[], &[&name]);
        self.writer
            .proto
            .node
            .push(node.with(AttributeProto::tensor("value", data)));
        name
    }

    /// Adds a list of integers.
    pub(crate) fn integers(&mut self, hint: &str, data: &[i64]) -> String {
        self.constant(hint, TensorProto::integers("", &[data.len()], data))
    }

    /// Adds a number.
    pub(crate) fn number(&mut self, hint: &str, value: f64) -> String {
        self.constant(hint, TensorProto::floats("", &[], &[value as f32]))
    }

    /// Adds real numbers.
    pub(crate) fn numbers(&mut self, hint: &str, shape: &[usize], data: &[f32]) -> String {
        self.constant(hint, TensorProto::floats("", shape, data))
    }

    /// Adds ones of a known shape; sizes that only a damaged model has are
    /// refused before memory is asked for.
    pub(crate) fn ones(&mut self, shape: &[usize]) -> Result<String, NetworkError> {
        let count = shape
            .iter()
            .try_fold(1_usize, |count, &side| count.checked_mul(side));
        match count.filter(|&count| count <= MOST_ONES) {
            Some(count) => Ok(self.numbers("ones", shape, &vec![1.0; count])),
            None => Err(self.refuse(format!("{shape:?} is too large for weights of one"))),
        }
    }

    /// Input `i` as truth values, which it stands for as real numbers.
    pub(crate) fn truth(&mut self, i: usize) -> String {
        let name = self.input(i);
        if is_truth(self.graph, self.id(i)) {
            return name.to_owned();
        }
        let to = i64::from(DataType::Bool.code());
        self.between("Cast", &[name], vec![AttributeProto::int("to", to)])
    }

    /// Adds a node that hands input 0 on, as numbers if it is truth values.
    pub(crate) fn hand_on(&mut self) {
        if is_truth(self.graph, self.id(0)) {
            self.cast(DataType::Float);
        } else {
            self.same("Identity", vec![]);
        }
    }

    /// Adds a comparison; ONNX gives truth values, which become the real
    /// numbers 0 and 1 unless only truth values are asked for.
    pub(crate) fn compare(&mut self, operation: &str) {
        self.condition(operation, &[self.input(0), self.input(1)]);
    }

    /// [`compare`](Self::compare) for any operation that ONNX gives truth values.
    pub(crate) fn condition(&mut self, operation: &str, inputs: &[&str]) {
        if is_truth(self.graph, self.node.outputs[0]) {
            self.emit(operation, inputs, &[self.output(0)], vec![]);
            return;
        }
        let flags = self.between(operation, inputs, vec![]);
        let to = i64::from(DataType::Float.code());
        self.emit(
            "Cast",
            &[&flags],
            &[self.output(0)],
            vec![AttributeProto::int("to", to)],
        );
    }

    /// Adds a node that makes the first output of input 0 in another type.
    pub(crate) fn cast(&mut self, to: DataType) {
        self.same(
            "Cast",
            vec![AttributeProto::int("to", i64::from(to.code()))],
        );
    }

    /// Adds a node that reshapes `from` to the first output. A side that is
    /// not known is kept (0) or inferred (-1); only further ones are computed.
    pub(crate) fn reshape_to(&mut self, from: &str, shape: &[Dim]) -> Exported {
        let old = self.shape(0);
        let mut unknown = shape.iter().filter(|dim| dim.known().is_none()).count();
        let mut inferred = false;
        let sides: Option<Vec<i64>> = shape
            .iter()
            .enumerate()
            .map(|(i, dim)| match dim.known() {
                Some(known) => Some(known as i64),
                None if unknown > 1 && from == self.input(0) && old.get(i) == Some(dim) => {
                    unknown -= 1;
                    Some(0)
                }
                None if !inferred => {
                    inferred = true;
                    Some(-1)
                }
                None => None,
            })
            .collect();
        let shape = match sides {
            Some(sides) => self.integers("shape", &sides),
            None => self.sizes("shape", shape)?,
        };
        self.emit("Reshape", &[from, &shape], &[self.output(0)], vec![]);
        Ok(())
    }

    /// Adds a reduction of input 0; `since` is the operation set that made the
    /// axes an input.
    pub(crate) fn reduce(&mut self, operation: &str, axes: &[usize], keep: bool, since: i64) {
        // No axes would mean all of them.
        if axes.is_empty() {
            self.same("Identity", vec![]);
            return;
        }
        let keep = AttributeProto::int("keepdims", i64::from(keep));
        if self.opset() < since {
            self.same(operation, vec![AttributeProto::sizes("axes", axes), keep]);
            return;
        }
        let axes: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let axes = self.integers("axes", &axes);
        self.emit(
            operation,
            &[self.input(0), &axes],
            &[self.output(0)],
            vec![keep],
        );
    }

    /// Adds a list of sizes, computed from the inputs where they are not known.
    pub(crate) fn sizes(&mut self, hint: &str, dims: &[Dim]) -> Result<String, NetworkError> {
        // The end of a range that counts down may be negative.
        let known = |dim: &Dim| dim.evaluate_signed(&Bindings::new()).ok();
        if let Some(known) = dims.iter().map(known).collect::<Option<Vec<i64>>>() {
            return Ok(self.integers(hint, &known));
        }
        let mut parts = Vec::new();
        for dim in dims {
            parts.push(match known(dim) {
                Some(known) => self.integers(hint, &[known]),
                None => self.size(dim)?,
            });
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Ok(self.between("Concat", &parts, vec![AttributeProto::int("axis", 0)]))
    }

    /// One size that depends on the run: read from an input of this node, of
    /// the graph, or any other value that has it and is computed before.
    fn size(&mut self, dim: &Dim) -> Result<String, NetworkError> {
        let earlier = self
            .graph
            .values()
            .map(|(id, _)| id)
            .take(self.node.outputs[0].index());
        let earlier = earlier.filter(|id| self.needed[id.index()]);
        let all = self
            .node
            .inputs
            .iter()
            .chain(self.graph.inputs())
            .copied()
            .chain(earlier);
        let found = all.into_iter().find_map(|id| {
            let axis = self.graph.shape(id).iter().position(|side| side == dim)?;
            Some((self.graph.value(id).name.as_str(), axis))
        });
        let Some((name, axis)) = found else {
            return Err(self.refuse(format!(
                "no value has the size {}",
                show(std::slice::from_ref(dim))
            )));
        };
        let axis = axis as i64;
        let bounds = vec![
            AttributeProto::int("start", axis),
            AttributeProto::int("end", axis + 1),
        ];
        Ok(self.between("Shape", &[name], bounds))
    }
}
