//! A graph from the messages of a file.
//!
//! Every name of the file stands for an operand: a value of the graph, a
//! weight that becomes one when it is first used as such, or integers that are
//! known or named sizes (see [`sizes`](super::sizes)). A node whose inputs are
//! all integers is computed at once; any other is read by the file of its
//! operation.

use std::collections::HashMap;

use pellucid_core::Tensor;
use pellucid_onnx::{
    DataType, Dimension, Model, NodeProto, Numbers, OnnxError, TensorProto, ValueInfoProto,
};

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Source, Type, ValueId};
use crate::onnx::reader::{Import, Operand};
use crate::onnx::sizes::{self, Size, Sizes};
use crate::onnx::{composite, shape_arithmetic};
use crate::ops::{self, Identity};

/// The oldest operation set that `PyTorch` still writes, and the newest that the
/// rules here were checked against.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=28;

/// Names of all ONNX operations that can be read, sorted.
pub fn supported() -> Vec<&'static str> {
    let mut names: Vec<&str> = ops::onnx_names();
    names.extend(composite::NAMES);
    names.extend(shape_arithmetic::NAMES);
    names.push("Constant");
    names.sort_unstable();
    names.dedup();
    names
}

/// The graph of a model.
///
/// Inputs whose first size has a name each of their own (as `PyTorch` names them
/// when it is not told otherwise) are taken to share it if the graph needs
/// that.
pub fn import(mut model: Model) -> Result<Graph, NetworkError> {
    model.inline_functions()?;
    model.validate()?;
    let first = Importer::new(&model, None)?.run();
    let error = match first {
        Ok(graph) => return Ok(graph),
        Err(error) => error,
    };
    let shared = Importer::new(&model, Some("batch")).and_then(Importer::run);
    shared.map_err(|_| error)
}

struct Importer<'a> {
    model: &'a Model,
    opset: i64,
    graph: Graph,
    operands: HashMap<String, Operand>,
}

impl<'a> Importer<'a> {
    fn new(model: &'a Model, shared: Option<&str>) -> Result<Self, NetworkError> {
        let opset = model.opset()?;
        if !OPSETS.contains(&opset) {
            return Err(NetworkError::OnnxNode {
                node: "the model".to_owned(),
                problem: format!(
                    "it uses ONNX operation set {opset}, expected {} to {}; export it again with opset_version=17",
                    OPSETS.start(),
                    OPSETS.end()
                ),
            });
        }
        let mut importer = Self {
            model,
            opset,
            graph: Graph::new(),
            operands: HashMap::new(),
        };
        importer.graph.metadata = model
            .metadata_props
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect();
        let Some(graph) = &model.graph else {
            return Ok(importer);
        };
        // Our own files keep numbers that are no weights in `Constant` nodes.
        let ours = model.producer_name == super::export::PRODUCER;
        for tensor in &graph.initializer {
            let constant = tensor.dims.is_empty() && !ours;
            importer
                .operands
                .insert(tensor.name.clone(), operand(tensor, constant)?);
        }
        for input in &graph.input {
            if importer.operands.contains_key(input.name.as_str()) {
                continue;
            }
            let ty = input_type(input, shared)?;
            let value = importer.graph.input(&input.name, ty);
            importer
                .operands
                .insert(input.name.clone(), Operand::Value(value));
        }
        Ok(importer)
    }

    fn run(mut self) -> Result<Graph, NetworkError> {
        let Some(graph) = &self.model.graph else {
            return Ok(self.graph);
        };
        for node in &graph.node {
            self.node(node)?;
        }
        for output in &graph.output {
            let value = self.reader(&NodeProto::default()).value(&output.name)?;
            self.graph.output(value);
        }
        Ok(self.graph)
    }

    fn reader<'i>(&'i mut self, node: &'i NodeProto) -> Import<'i> {
        Import {
            graph: &mut self.graph,
            operands: &mut self.operands,
            opset: self.opset,
            node,
            pushed: 0,
        }
    }

    fn node(&mut self, node: &NodeProto) -> Result<(), NetworkError> {
        if !matches!(node.domain.as_str(), "" | "ai.onnx") {
            return Err(self.reader(node).unsupported());
        }
        if let Some(results) = self.integers(node)? {
            for (name, sizes) in node.output.iter().zip(results) {
                self.operands.insert(name.clone(), Operand::Sizes(sizes));
            }
            return Ok(());
        }
        if node.op_type == "Constant" {
            let operand = constant(node)?;
            if let Some(name) = node.output.first() {
                self.operands.insert(name.clone(), operand);
            }
            return Ok(());
        }
        let mut import = self.reader(node);
        let read = ops::onnx_reader(&node.op_type)
            .or_else(|| composite::reader(&node.op_type))
            .ok_or_else(|| import.unsupported())?;
        let values = read(&mut import)?;
        for (name, value) in node.output.iter().zip(values) {
            if !name.is_empty() {
                let value = self.named(value, name)?;
                self.operands.insert(name.clone(), Operand::Value(value));
            }
        }
        Ok(())
    }

    /// Gives a node's output the name that it has in the file. A value that has
    /// one already (an input that is handed on) is copied under the new name.
    fn named(&mut self, value: ValueId, name: &str) -> Result<ValueId, NetworkError> {
        let taken = !matches!(self.graph.value(value).source, Source::Node(..))
            || self
                .operands
                .get(self.graph.value(value).name.as_str())
                .is_some_and(|operand| matches!(operand, Operand::Value(other) if *other == value));
        let value = if taken {
            self.graph.push(Identity, &[value])?
        } else {
            value
        };
        self.graph.rename(value, name);
        Ok(value)
    }

    /// The integers that a node computes, if its inputs are such.
    fn integers(&self, node: &NodeProto) -> Result<Option<Vec<Sizes>>, NetworkError> {
        let refuse = |problem: String| NetworkError::OnnxNode {
            node: node.label(),
            problem,
        };
        let inputs: Vec<Option<&Operand>> = node
            .input
            .iter()
            .map(|name| self.operands.get(name.as_str()))
            .collect();
        if matches!(node.op_type.as_str(), "Shape" | "Size") {
            let Some(Some(operand)) = inputs.first() else {
                return Err(refuse("its input is missing".to_owned()));
            };
            let shape: Vec<Dim> = operand.shape(&self.graph);
            if node.op_type == "Size" {
                let volume = Size::from(&crate::graph::volume(&shape));
                return Ok(Some(vec![Sizes::new(vec![], vec![volume])]));
            }
            let rank = shape.len() as i64;
            let bound = |name: &str, default: i64| -> Result<usize, NetworkError> {
                let at = node.int(name)?.unwrap_or(default);
                Ok(if at < 0 { at.saturating_add(rank) } else { at }.clamp(0, rank) as usize)
            };
            let (start, end) = (bound("start", 0)?, bound("end", rank)?);
            let part: Vec<Size> = shape[start.min(end)..end].iter().map(Size::from).collect();
            return Ok(Some(vec![Sizes::new(vec![part.len()], part)]));
        }
        if node.op_type == "ConstantOfShape" {
            return Self::constant_of_shape(node, &inputs);
        }
        let mut integers = Vec::new();
        for (name, operand) in node.input.iter().zip(&inputs) {
            match operand {
                Some(Operand::Sizes(sizes)) => integers.push(Some(sizes)),
                None if name.is_empty() => integers.push(None),
                _ => return Ok(None),
            }
        }
        let real = |code: i64| DataType::from_code(code as i32).is_some_and(DataType::is_real);
        if integers.is_empty() || (node.op_type == "Cast" && real(node.int("to")?.unwrap_or(0))) {
            return Ok(None);
        }
        shape_arithmetic::evaluate(node, &integers)
            .transpose()
            .map_err(refuse)
    }

    fn constant_of_shape(
        node: &NodeProto,
        inputs: &[Option<&Operand>],
    ) -> Result<Option<Vec<Sizes>>, NetworkError> {
        let value = match node.tensor("value")? {
            // Real numbers are an expanded constant, see `composite`.
            None => return Ok(None),
            Some(tensor) if tensor.kind()?.is_real() => return Ok(None),
            Some(tensor) => tensor.to_i64()?,
        };
        let refuse = |problem: &str| NetworkError::OnnxNode {
            node: node.label(),
            problem: problem.to_owned(),
        };
        let (Some(Some(Operand::Sizes(shape))), [value]) = (inputs.first(), value.as_slice())
        else {
            return Err(refuse("expected a shape and one value"));
        };
        let shape = shape
            .known()
            .ok_or_else(|| refuse("the shape of integers depends on the run"))?;
        let sizes =
            sizes::filled(Size::Known(*value), &shape).map_err(|problem| refuse(&problem))?;
        Ok(Some(vec![sizes]))
    }
}

/// What a tensor of the file stands for.
fn operand(tensor: &TensorProto, constant: bool) -> Result<Operand, OnnxError> {
    let shape = tensor.shape()?;
    Ok(match tensor.numbers()? {
        Numbers::Float(data) => Operand::Weight {
            data: Tensor::new(shape, data).into(),
            constant,
        },
        Numbers::Double(data) => Operand::Weight {
            data: Tensor::new(shape, data).into(),
            constant,
        },
        Numbers::Integer(_) | Numbers::Unsigned(_) => {
            let data = tensor.to_i64()?.into_iter().map(Size::Known).collect();
            Operand::Sizes(Sizes::new(shape, data))
        }
    })
}

fn constant(node: &NodeProto) -> Result<Operand, NetworkError> {
    let real = |shape: Vec<usize>, data: Vec<f32>| Operand::Weight {
        data: Tensor::new(shape, data).into(),
        constant: true,
    };
    if let Some(tensor) = node.tensor("value")? {
        return Ok(operand(tensor, true)?);
    }
    if let Some(value) = node.float("value_float")? {
        return Ok(real(vec![], vec![value]));
    }
    if let Some(values) = node.floats("value_floats")? {
        return Ok(real(vec![values.len()], values.to_vec()));
    }
    if let Some(value) = node.int("value_int")? {
        return Ok(Operand::Sizes(Sizes::new(vec![], vec![Size::Known(value)])));
    }
    if let Some(values) = node.ints("value_ints")? {
        return Ok(Operand::Sizes(Sizes::list(values)));
    }
    let problem = "expected a dense constant of numbers".to_owned();
    Err(NetworkError::OnnxNode {
        node: node.label(),
        problem,
    })
}

fn input_type(input: &ValueInfoProto, shared: Option<&str>) -> Result<Type, NetworkError> {
    let refuse = |problem: String| NetworkError::OnnxNode {
        node: format!("the input `{}` of the model", input.name),
        problem,
    };
    let tensor = input.r#type.as_ref().and_then(|ty| ty.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| refuse("is no tensor".to_owned()))?;
    match DataType::from_code(tensor.elem_type) {
        Some(kind) if kind.is_real() => {}
        kind => {
            let found = kind.map_or("another kind".to_owned(), |kind| {
                format!("{kind:?}").to_lowercase()
            });
            return Err(refuse(format!(
                "holds numbers of type {found}, expected real numbers"
            )));
        }
    }
    let shape = tensor
        .shape
        .as_ref()
        .ok_or_else(|| refuse("has no shape".to_owned()))?;
    let sides = shape.dim.iter().enumerate().map(|(i, dim)| {
        let unnamed = || format!("{}_{i}", input.name);
        let named = |name: String| match shared {
            Some(shared) if i == 0 => Dim::symbol(shared),
            _ => Dim::symbol(&name),
        };
        match &dim.value {
            Some(Dimension::Value(side @ 1..)) => usize::try_from(*side)
                .ok()
                .filter(|&side| i32::try_from(side).is_ok())
                .map(Dim::fixed)
                .ok_or_else(|| refuse(format!("has a side of {side}"))),
            Some(Dimension::Name(name)) if !name.is_empty() => Ok(named(name.clone())),
            // Some writers mark a side of any length by 0 or −1.
            _ => Ok(named(unnamed())),
        }
    });
    Ok(Type::real(sides.collect::<Result<_, _>>()?))
}
