//! The network as a graph of tensor operations.
//!
//! A [`Graph`] holds values and nodes. Every value is made once: it is an
//! input, a parameter, a constant, or the output of a node. Nodes are in an
//! order in which each follows its inputs, because they can only be added
//! behind what they use. Shapes are inferred as nodes are added.

mod dim;

use std::sync::Arc;

use pellucid_core::Tensor;

pub use self::dim::{Bindings, Dim, show, volume};
use crate::error::NetworkError;
use crate::ops::{Op, divides_safely, makes_infinite, starts_infinite};

/// What a value's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Real numbers, f32 or f64 as the run decides.
    Real,
    /// Integers, such as the positions a max-pool has picked.
    Integer,
}

/// Shape and kind of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    /// What the numbers are.
    pub kind: Kind,
    /// The length of every side.
    pub shape: Vec<Dim>,
}

impl Type {
    /// Real numbers of this shape.
    pub fn real(shape: Vec<Dim>) -> Self {
        Self {
            kind: Kind::Real,
            shape,
        }
    }

    /// Integers of this shape.
    pub fn integer(shape: Vec<Dim>) -> Self {
        Self {
            kind: Kind::Integer,
            shape,
        }
    }
}

/// Numbers kept in a graph: weights and constants, in the precision they came in.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Single precision.
    F32(Arc<Tensor<f32>>),
    /// Double precision.
    F64(Arc<Tensor<f64>>),
    /// Integers.
    I32(Arc<Tensor<i32>>),
}

impl Data {
    /// Their shape.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::F32(tensor) => tensor.shape(),
            Self::F64(tensor) => tensor.shape(),
            Self::I32(tensor) => tensor.shape(),
        }
    }

    /// Their kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::F32(_) | Self::F64(_) => Kind::Real,
            Self::I32(_) => Kind::Integer,
        }
    }

    /// The numbers in double precision.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Self::F32(tensor) => tensor.data().iter().map(|&x| f64::from(x)).collect(),
            Self::F64(tensor) => tensor.data().to_vec(),
            Self::I32(tensor) => tensor.data().iter().map(|&x| f64::from(x)).collect(),
        }
    }
}

impl From<Tensor<f32>> for Data {
    fn from(tensor: Tensor<f32>) -> Self {
        Self::F32(Arc::new(tensor))
    }
}

impl From<Tensor<f64>> for Data {
    fn from(tensor: Tensor<f64>) -> Self {
        Self::F64(Arc::new(tensor))
    }
}

impl From<Tensor<i32>> for Data {
    fn from(tensor: Tensor<i32>) -> Self {
        Self::I32(Arc::new(tensor))
    }
}

/// A value of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub(crate) u32);

/// A node of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl ValueId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl NodeId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Given at every run.
    Input,
    /// A weight: training may change it.
    Parameter(Data),
    /// A number that training leaves alone.
    Constant(Data),
    /// The output of a node, by its position among that node's outputs.
    Node(NodeId, usize),
}

/// A value: its name, type and origin.
#[derive(Debug, Clone)]
pub struct Value {
    /// The name, unique in the graph.
    pub name: String,
    /// Shape and kind.
    pub ty: Type,
    /// Where it comes from.
    pub source: Source,
    /// Whether a number of it can be infinite or none.
    pub(crate) can_be_infinite: bool,
}

/// An operation on values.
#[derive(Debug, Clone)]
pub struct Node {
    /// The name, as the exporter gave it.
    pub name: String,
    /// What is done.
    pub op: Op,
    /// On what.
    pub inputs: Vec<ValueId>,
    /// What it makes.
    pub outputs: Vec<ValueId>,
}

/// A network.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    values: Vec<Value>,
    nodes: Vec<Node>,
    inputs: Vec<ValueId>,
    outputs: Vec<ValueId>,
    names: std::collections::HashMap<String, ValueId>,
    /// What the file said about itself: `metadata_props` of ONNX, in order.
    pub metadata: Vec<(String, String)>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    fn value_named(&mut self, name: &str, ty: Type, source: Source) -> ValueId {
        let id = ValueId(u32::try_from(self.values.len()).expect("more than 2^32 values"));
        let mut unique = if name.is_empty() {
            format!("v{}", id.0)
        } else {
            name.to_owned()
        };
        while self.names.contains_key(&unique) {
            unique = format!("{unique}_{}", id.0);
        }
        self.names.insert(unique.clone(), id);
        let can_be_infinite = starts_infinite(ty.kind, &source);
        self.values.push(Value {
            name: unique,
            ty,
            source,
            can_be_infinite,
        });
        id
    }

    /// Adds an input.
    pub fn input(&mut self, name: &str, ty: Type) -> ValueId {
        let id = self.value_named(name, ty, Source::Input);
        self.inputs.push(id);
        id
    }

    /// Adds a weight.
    pub fn parameter(&mut self, name: &str, data: impl Into<Data>) -> ValueId {
        let data = data.into();
        self.value_named(name, data_type(&data), Source::Parameter(data))
    }

    /// Adds a constant.
    pub fn constant(&mut self, name: &str, data: impl Into<Data>) -> ValueId {
        let data = data.into();
        self.value_named(name, data_type(&data), Source::Constant(data))
    }

    /// Adds a constant number without sides.
    pub fn scalar(&mut self, value: f64) -> ValueId {
        self.constant("", Tensor::new(vec![], vec![value]))
    }

    /// Adds a node; its outputs' shapes are inferred, or what does not fit is said.
    pub fn node(
        &mut self,
        name: &str,
        op: impl Into<Op>,
        inputs: &[ValueId],
    ) -> Result<Vec<ValueId>, NetworkError> {
        let op = op.into();
        let id = NodeId(u32::try_from(self.nodes.len()).expect("more than 2^32 nodes"));
        let name = if name.is_empty() {
            format!("{}_{}", op.name(), id.0)
        } else {
            name.to_owned()
        };
        let types: Vec<&Type> = inputs.iter().map(|input| self.ty(*input)).collect();
        let outputs = op.infer(&types).map_err(|problem| NetworkError::Node {
            node: name.clone(),
            op: op.name(),
            problem,
        })?;
        let many = outputs.len() > 1;
        let outputs: Vec<ValueId> = outputs
            .into_iter()
            .enumerate()
            .map(|(i, ty)| {
                let value = if many {
                    format!("{name}:{i}")
                } else {
                    format!("{name}:out")
                };
                self.value_named(&value, ty, Source::Node(id, i))
            })
            .collect();
        self.nodes.push(Node {
            name,
            op,
            inputs: inputs.to_vec(),
            outputs: outputs.clone(),
        });
        self.look_for_infinite(id.index());
        Ok(outputs)
    }

    /// Notes whether what a node makes can be infinite.
    fn look_for_infinite(&mut self, node: usize) {
        let node = &self.nodes[node];
        let can_be = makes_infinite(self, &node.op, &node.inputs);
        for output in node.outputs.clone() {
            self.values[output.index()].can_be_infinite = can_be;
        }
    }

    /// Adds a node of one output.
    pub fn push(&mut self, op: impl Into<Op>, inputs: &[ValueId]) -> Result<ValueId, NetworkError> {
        Ok(self.node("", op, inputs)?[0])
    }

    /// Declares a value an output.
    pub fn output(&mut self, value: ValueId) {
        self.outputs.push(value);
    }

    /// Replaces the outputs.
    pub fn set_outputs(&mut self, outputs: Vec<ValueId>) {
        self.outputs = outputs;
    }

    /// Gives a value another name; a name in use gets a number behind it.
    pub fn rename(&mut self, value: ValueId, name: &str) {
        let old = std::mem::take(&mut self.values[value.index()].name);
        self.names.remove(&old);
        let mut unique = name.to_owned();
        while self.names.contains_key(&unique) {
            unique = format!("{unique}_{}", value.0);
        }
        self.names.insert(unique.clone(), value);
        self.values[value.index()].name = unique;
    }

    /// The inputs, in order.
    pub fn inputs(&self) -> &[ValueId] {
        &self.inputs
    }

    /// The outputs, in order.
    pub fn outputs(&self) -> &[ValueId] {
        &self.outputs
    }

    /// The nodes, each behind what it uses.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All values.
    pub fn values(&self) -> impl ExactSizeIterator<Item = (ValueId, &Value)> {
        self.values
            .iter()
            .enumerate()
            .map(|(i, value)| (ValueId(i as u32), value))
    }

    /// One value.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.index()]
    }

    /// Shape and kind of a value.
    pub fn ty(&self, id: ValueId) -> &Type {
        &self.values[id.index()].ty
    }

    /// The shape of a value.
    pub fn shape(&self, id: ValueId) -> &[Dim] {
        &self.values[id.index()].ty.shape
    }

    /// The value of that name.
    pub fn find(&self, name: &str) -> Option<ValueId> {
        self.names.get(name).copied()
    }

    /// The node that makes a value, if one does.
    pub fn producer(&self, id: ValueId) -> Option<&Node> {
        match self.value(id).source {
            Source::Node(node, _) => Some(&self.nodes[node.index()]),
            _ => None,
        }
    }

    /// The inputs of the node that makes a value as its first output, if its
    /// operation is such.
    pub(crate) fn made(&self, id: ValueId, is: impl Fn(&Op) -> bool) -> Option<&[ValueId]> {
        let node = self.producer(id)?;
        (node.outputs[0] == id && is(&node.op)).then_some(&node.inputs)
    }

    /// The numbers of a parameter or constant.
    pub fn data(&self, id: ValueId) -> Option<&Data> {
        match &self.value(id).source {
            Source::Parameter(data) | Source::Constant(data) => Some(data),
            _ => None,
        }
    }

    /// Puts other numbers of the same shape in the place of a parameter's or
    /// constant's.
    pub fn set_data(&mut self, id: ValueId, data: impl Into<Data>) {
        let new = data.into();
        let before = (
            self.values[id.index()].can_be_infinite,
            divides_safely(self, id),
        );
        if let Source::Parameter(old) | Source::Constant(old) = &mut self.values[id.index()].source
        {
            debug_assert_eq!(old.shape(), new.shape());
            *old = new;
        }
        let value = &self.values[id.index()];
        let can_be = starts_infinite(value.ty.kind, &value.source);
        if matches!(value.source, Source::Parameter(_) | Source::Constant(_))
            && before != (can_be, divides_safely(self, id))
        {
            self.values[id.index()].can_be_infinite = can_be;
            for node in 0..self.nodes.len() {
                self.look_for_infinite(node);
            }
        }
    }

    /// All weights, in the order in which they were added.
    pub fn parameters(&self) -> Vec<ValueId> {
        self.values()
            .filter(|(_, value)| matches!(value.source, Source::Parameter(_)))
            .map(|(id, _)| id)
            .collect()
    }

    /// How many numbers the weights are.
    pub fn parameter_count(&self) -> usize {
        self.parameters()
            .iter()
            .filter_map(|id| self.data(*id))
            .map(|data| data.shape().iter().product::<usize>())
            .sum()
    }

    /// Which nodes any of `values` needs, by position.
    pub fn needed_for(&self, values: &[ValueId]) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        let mut stack = values.to_vec();
        while let Some(value) = stack.pop() {
            if let Source::Node(node, _) = self.value(value).source
                && !std::mem::replace(&mut needed[node.index()], true)
            {
                stack.extend(&self.nodes[node.index()].inputs);
            }
        }
        needed
    }

    /// Which values depend on any of `on`, by position.
    pub fn depends_on(&self, on: &[ValueId]) -> Vec<bool> {
        let mut depends = vec![false; self.values.len()];
        for value in on {
            depends[value.index()] = true;
        }
        for node in &self.nodes {
            if node.inputs.iter().any(|input| depends[input.index()]) {
                for output in &node.outputs {
                    depends[output.index()] = true;
                }
            }
        }
        depends
    }
}

fn data_type(data: &Data) -> Type {
    Type {
        kind: data.kind(),
        shape: data.shape().iter().map(|&side| side.into()).collect(),
    }
}
