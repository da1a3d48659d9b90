//! The messages of a file from a graph.
//!
//! Only what the outputs need is written. Names are those of the graph, with
//! what an operation adds (a shape, a constant) named after its node.

use std::collections::HashSet;

use pellucid_onnx::{
    AttributeProto, DataType, Dimension, DimensionProto, GraphProto, Model, NodeProto,
    OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto,
    TypeProto, ValueInfoProto,
};

use crate::error::NetworkError;
use crate::graph::{Data, Dim, Graph, Kind, Node, Source, Type, ValueId, show};
use crate::onnx::form::Exported;
use crate::onnx::names::{Names, name_apart};
use crate::ops::Op;

/// Who wrote the file.
pub(crate) const PRODUCER: &str = "pellucid";
/// The format of the file itself: the one of operation sets 17 to 18, which
/// every runtime since 2022 reads.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;
/// The operation set that has `Gelu`, dilated average pools and scatters of
/// maxima, and its file format.
const NEWER_OPSET: i64 = 20;
const NEWER_IR_VERSION: i64 = 9;

/// The ONNX model of a graph, weights in single precision.
pub fn export(graph: &Graph) -> Result<Model, NetworkError> {
    let needed = needed(graph);
    let nodes = || {
        graph
            .nodes()
            .iter()
            .filter(|node| node.outputs.iter().any(|id| needed[id.index()]))
    };
    let newer = nodes().any(|node| newer(&node.op));
    let mut writer = Writer {
        opset: if newer { NEWER_OPSET } else { OPSET },
        proto: GraphProto {
            name: "network".to_owned(),
            ..GraphProto::default()
        },
        names: Names::new(
            graph
                .values()
                .filter(|(id, _)| needed[id.index()])
                .map(|(_, value)| value.name.clone()),
        ),
    };
    for &input in graph.inputs() {
        let value = graph.value(input);
        writer.proto.input.push(value_info(&value.name, &value.ty));
    }
    for (id, value) in graph.values().filter(|(id, _)| needed[id.index()]) {
        match &value.source {
            Source::Parameter(data) => writer.proto.initializer.push(tensor(&value.name, data)),
            Source::Constant(_) => {
                let node = NodeProto::new("Constant", &value.name, &[], &[&value.name]);
                let data = graph
                    .data(id)
                    .map(|data| tensor("", data))
                    .unwrap_or_default();
                writer
                    .proto
                    .node
                    .push(node.with(AttributeProto::tensor("value", data)));
            }
            Source::Input | Source::Node(..) => {}
        }
    }
    for node in nodes() {
        let mut export = Export {
            graph,
            node,
            needed: &needed,
            writer: &mut writer,
        };
        node.op.export(&mut export)?;
    }
    let mut seen = HashSet::new();
    for &output in graph.outputs() {
        let value = graph.value(output);
        // An output must be computed by a node, as constants are too, and have a
        // name of its own.
        let computed = matches!(value.source, Source::Node(..) | Source::Constant(_));
        let computed = computed && seen.insert(output);
        let name = if computed {
            value.name.clone()
        } else {
            let name = writer.names.unique(&format!("{}/output", value.name));
            writer
                .proto
                .node
                .push(NodeProto::new("Identity", &name, &[&value.name], &[&name]));
            name
        };
        writer.proto.output.push(value_info(&name, &value.ty));
    }
    name_apart(&mut writer.proto.node);
    let metadata = graph.metadata.iter();
    Ok(Model {
        ir_version: if newer { NEWER_IR_VERSION } else { IR_VERSION },
        producer_name: PRODUCER.to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        opset_import: vec![OperatorSetIdProto {
            version: writer.opset,
            ..Default::default()
        }],
        metadata_props: metadata
            .map(|(key, value)| StringStringEntryProto {
                key: key.clone(),
                value: value.clone(),
            })
            .collect(),
        graph: Some(writer.proto),
        ..Model::default()
    })
}

/// Whether an operation needs the newer operation set.
fn newer(op: &Op) -> bool {
    use crate::ops::Reduction::{Max, Min};
    match op {
        Op::Gelu(_) => true,
        Op::AveragePool(pool) => pool.window.dilation.iter().any(|&step| step != 1),
        Op::Scatter(scatter) => matches!(scatter.reduction, Max | Min),
        _ => false,
    }
}

/// Which values the outputs depend on.
fn needed(graph: &Graph) -> Vec<bool> {
    let mut needed = vec![false; graph.values().len()];
    for output in graph.outputs() {
        needed[output.index()] = true;
    }
    for node in graph.nodes().iter().rev() {
        if node.outputs.iter().any(|output| needed[output.index()]) {
            for input in &node.inputs {
                needed[input.index()] = true;
            }
        }
    }
    needed
}

/// Whether a value is written as truth values: it is the result of a
/// comparison, and only conditions of `Where` read it, or identities, which
/// are written as casts to numbers then.
fn is_truth(graph: &Graph, id: ValueId) -> bool {
    let compared = graph.producer(id).is_some_and(|node| {
        matches!(
            node.op,
            Op::Greater(_) | Op::GreaterOrEqual(_) | Op::Equal(_)
        )
    });
    let condition = |node: &Node| match node.op {
        Op::Where(_) => !node.inputs[1..].contains(&id),
        Op::Identity(_) => true,
        _ => false,
    };
    let mut readers = graph
        .nodes()
        .iter()
        .filter(|node| node.inputs.contains(&id));
    compared && !graph.outputs().contains(&id) && readers.all(condition)
}

fn tensor(name: &str, data: &Data) -> TensorProto {
    match data {
        Data::F32(tensor) => TensorProto::floats(name, tensor.shape(), tensor.data()),
        Data::F64(tensor) => {
            let single: Vec<f32> = tensor.data().iter().map(|&x| x as f32).collect();
            TensorProto::floats(name, tensor.shape(), &single)
        }
        Data::I32(tensor) => {
            let long: Vec<i64> = tensor.data().iter().map(|&x| i64::from(x)).collect();
            TensorProto::integers(name, tensor.shape(), &long)
        }
    }
}

fn value_info(name: &str, ty: &Type) -> ValueInfoProto {
    let kind = match ty.kind {
        Kind::Real => DataType::Float,
        Kind::Integer => DataType::Int64,
    };
    let dim = |dim: &Dim| DimensionProto {
        value: Some(match dim.known() {
            Some(known) => Dimension::Value(known as i64),
            None => Dimension::Name(dim.to_string()),
        }),
        ..DimensionProto::default()
    };
    let shape = TensorShapeProto {
        dim: ty.shape.iter().map(dim).collect(),
    };
    let tensor = TensorTypeProto {
        elem_type: kind.code(),
        shape: Some(shape),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            tensor_type: Some(tensor),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

/// The most ones that are written out: far above any layer of a tagger.
const MOST_ONES: usize = 1 << 24;

struct Writer {
    opset: i64,
    proto: GraphProto,
    names: Names,
}

/// A node that is being written: what the file of an operation sees.
pub(crate) struct Export<'e> {
    graph: &'e Graph,
    node: &'e Node,
    needed: &'e [bool],
    writer: &'e mut Writer,
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
        let inputs = [self.input(0), self.input(1)];
        if is_truth(self.graph, self.node.outputs[0]) {
            self.emit(operation, &inputs, &[self.output(0)], vec![]);
            return;
        }
        let flags = self.between(operation, &inputs, vec![]);
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
        let known: Option<Vec<i64>> = dims
            .iter()
            .map(|dim| dim.known().map(|known| known as i64))
            .collect();
        if let Some(known) = known {
            return Ok(self.integers(hint, &known));
        }
        let mut parts = Vec::new();
        for dim in dims {
            parts.push(match dim.known() {
                Some(known) => self.integers(hint, &[known as i64]),
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
