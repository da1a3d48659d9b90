//! A graph from the messages of a file.
//!
//! Every name of the file stands for an operand: a value of the graph, a
//! weight that becomes one when it is first used as such, or integers that are
//! known or named sizes (see [`sizes`](super::sizes)). A node whose inputs are
//! all integers is computed at once; any other is read by the file of its
//! operation.

use std::collections::HashMap;

use pellucid_core::Tensor;
use pellucid_onnx::{DataType, Model, NodeProto, Numbers, TensorProto};

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Kind, Source, ValueId};
use crate::onnx::composite::Reader;
use crate::onnx::operand::Operand;
use crate::onnx::reader::Import;
use crate::onnx::settings::ImportSettings;
use crate::onnx::sizes::{self, Size, Sizes, Trouble};
use crate::onnx::types::Types;
use crate::onnx::unsupported::{self, Operation};
use crate::onnx::{branch, composite, inputs, known, ml, quantised, shape_arithmetic};
use crate::ops::{self, Identity};

/// The oldest operation set that `PyTorch` still writes, and the newest that the
/// rules here were checked against.
const OPSETS: std::ops::RangeInclusive<i64> = 7..=28;

/// Operations of control flow, and constants, which are read here.
const OWN: [&str; 4] = ["Constant", "If", "Loop", "Scan"];

/// More numbers than the nodes of a model stand for that its file does not hold: the
/// cosines of a transform, the weights of a resizing.
const MOST_MADE: usize = 1 << 26;

/// All ONNX operations that can be read, sorted.
pub fn supported() -> Vec<Operation> {
    let mut names: Vec<&str> = ops::onnx_names();
    names.extend(composite::NAMES);
    names.extend(shape_arithmetic::NAMES);
    names.extend(OWN);
    let of = |domain| move |name| Operation { domain, name };
    let mut all: Vec<Operation> = names.into_iter().map(of("ai.onnx")).collect();
    all.extend(ml::NAMES.iter().copied().map(of(ml::DOMAIN)));
    all.extend(
        quantised::NAMES
            .iter()
            .copied()
            .map(of(quantised::DOMAINS[0])),
    );
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether an operation can be read.
pub(super) fn knows(domain: &str, name: &str) -> bool {
    match domain {
        "" | "ai.onnx" => {
            OWN.contains(&name)
                || shape_arithmetic::NAMES.contains(&name)
                || composite::reader(name).is_some()
                || ops::onnx_reader(name).is_some()
        }
        ml::DOMAIN => ml::reader(name).is_some(),
        other => quantised::DOMAINS.contains(&other) && quantised::other_domains(name).is_some(),
    }
}

/// The graph of a model, for any sizes of its inputs.
///
/// Inputs whose first size has a name each of their own (as `PyTorch` names them
/// when it is not told otherwise) are taken to share it if the graph needs
/// that.
pub fn import(model: Model) -> Result<Graph, NetworkError> {
    import_with(model, &ImportSettings::default())
}

/// The graph of a model in which some named sizes are known: what depends on
/// them (conditions of `If`, the number of steps of a recurrent layer, the
/// pairs of particles) is decided.
pub fn import_for(model: Model, sizes: &[(String, usize)]) -> Result<Graph, NetworkError> {
    let settings = ImportSettings {
        sizes: sizes.iter().cloned().collect(),
        ..ImportSettings::default()
    };
    import_with(model, &settings)
}

/// The graph of a model for inputs of these shapes, in the model's order.
///
/// It is as free as can be: of any sizes if the model can be read so, else
/// with the sizes fixed that are no first sides, else with all of them.
pub fn import_like(
    model: Model,
    shapes: &[&[usize]],
    settings: &ImportSettings,
) -> Result<Graph, NetworkError> {
    let model = prepared(model)?;
    let [first, others] = inputs::named_sizes(&model, shapes)?;
    let mut graph = read(&model, settings);
    let mut fixed = settings.clone();
    for sizes in [others, first] {
        if graph.is_ok() {
            break;
        }
        if !sizes.is_empty() {
            fixed.sizes.extend(sizes);
            graph = read(&model, &fixed);
        }
    }
    graph
}

/// The graph of a model, read as the settings say.
pub fn import_with(model: Model, settings: &ImportSettings) -> Result<Graph, NetworkError> {
    read(&prepared(model)?, settings)
}

fn prepared(mut model: Model) -> Result<Model, NetworkError> {
    // What no output needs is not judged: calls of functions first, then what
    // their nodes make that nobody reads.
    if let Some(graph) = &mut model.graph {
        graph.made_once()?;
        graph.prune();
    }
    model.inline_functions()?;
    if let Some(graph) = &mut model.graph {
        graph.prune();
        graph.sort();
    }
    model.validate()?;
    if let Some(graph) = &model.graph {
        unsupported::refuse(graph)?;
    }
    Ok(model)
}

fn read(model: &Model, settings: &ImportSettings) -> Result<Graph, NetworkError> {
    let error = match Importer::new(model, settings, None)?.run() {
        Ok(graph) => return Ok(graph),
        Err(error) => error,
    };
    let shared = Importer::new(model, settings, Some("batch")).and_then(Importer::run);
    shared.map_err(|_| error)
}

/// What reads a standard operation.
fn standard(node: &NodeProto) -> Option<Reader> {
    ops::onnx_reader(&node.op_type).or_else(|| composite::reader(&node.op_type))
}

pub(super) struct Importer<'a> {
    model: &'a Model,
    settings: &'a ImportSettings,
    pub(super) opset: i64,
    graph: Graph,
    pub(super) operands: HashMap<String, Operand>,
    pub(super) types: Types,
    /// The nodes that turns of loops have been written out as.
    pub(super) written_out: usize,
    /// How many numbers have been made that the file does not hold.
    pub(super) made: usize,
}

/// What came of computing a node while importing.
enum Computed {
    /// These integers.
    Integers(Vec<Sizes>),
    /// Nothing: it is no computation on integers.
    Nothing,
    /// Nothing, for this reason; the graph may compute it in the run.
    Unfollowed(String),
}

impl<'a> Importer<'a> {
    fn new(
        model: &'a Model,
        settings: &'a ImportSettings,
        shared: Option<&str>,
    ) -> Result<Self, NetworkError> {
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
            settings,
            opset,
            graph: Graph::new(),
            operands: HashMap::new(),
            types: Types::default(),
            written_out: 0,
            made: 0,
        };
        importer.graph.metadata = model
            .metadata_props
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.clone()))
            .collect();
        let Some(graph) = &model.graph else {
            return Ok(importer);
        };
        importer.weights(&graph.initializer)?;
        let measured = inputs::measured(graph);
        for input in inputs::given(graph) {
            let mut ty = inputs::input_type(input, &settings.sizes, shared)?;
            if measured.contains(input.name.as_str()) {
                ty.kind = Kind::Real;
            }
            let value = importer.graph.input(&input.name, ty);
            importer.types.input(input);
            importer
                .operands
                .insert(input.name.clone(), Operand::Value(value));
        }
        Ok(importer)
    }

    pub(super) fn weights(&mut self, tensors: &[TensorProto]) -> Result<(), NetworkError> {
        // Our own files keep numbers that are no weights in `Constant` nodes.
        let ours = self.model.producer_name == super::export::PRODUCER;
        for tensor in tensors {
            let constant = tensor.dims.is_empty() && !ours;
            let what = || format!("the weight `{}`", tensor.name);
            let operand = self.operand(tensor, constant, what)?;
            self.types.tensor(&tensor.name, tensor);
            self.operands.insert(tensor.name.clone(), operand);
        }
        Ok(())
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

    pub(super) fn reader<'i>(&'i mut self, node: &'i NodeProto) -> Import<'i> {
        Import {
            graph: &mut self.graph,
            operands: &mut self.operands,
            types: &self.types,
            made: &mut self.made,
            opset: self.opset,
            node,
            pushed: 0,
        }
    }

    pub(super) fn node(&mut self, node: &NodeProto) -> Result<(), NetworkError> {
        if self.made > MOST_MADE {
            return Err(self.reader(node).refuse(format!(
                "the nodes in front of it (transforms, resizings, turns of loops) stand for more than \
                 {MOST_MADE} numbers that the file does not hold"
            )));
        }
        self.types.node(node);
        if quantised::DOMAINS.contains(&node.domain.as_str()) {
            return self.emit(node, quantised::other_domains(&node.op_type));
        }
        if node.domain == ml::DOMAIN {
            let read = ml::reader(&node.op_type);
            return self.emit(node, read);
        }
        if !matches!(node.domain.as_str(), "" | "ai.onnx") {
            return Err(self.reader(node).unsupported());
        }
        match node.op_type.as_str() {
            "DequantizeLinear" => {
                if let Some(data) = quantised::weights(&self.reader(node))?
                    && let Some(name) = node.output.first()
                {
                    let constant = false;
                    let operand = Operand::Weight { data, constant };
                    self.operands.insert(name.clone(), operand);
                    return Ok(());
                }
            }
            "Constant" => {
                let operand = self.constant(node)?;
                if let Some(name) = node.output.first().filter(|name| !name.is_empty()) {
                    self.operands.insert(name.clone(), operand);
                }
                return Ok(());
            }
            "If" => return self.branch(node),
            "Loop" => return self.unrolled_loop(node),
            "Scan" => return self.unrolled_scan(node),
            _ => {}
        }
        match self.integers(node)? {
            Computed::Integers(results) => {
                for (name, sizes) in node.output.iter().zip(results) {
                    // What nobody reads has no name.
                    if !name.is_empty() {
                        self.operands.insert(name.clone(), Operand::Sizes(sizes));
                    }
                }
                Ok(())
            }
            Computed::Nothing => self.emit(node, standard(node)),
            Computed::Unfollowed(problem) => {
                self.emit(node, standard(node))
                    .map_err(|_| NetworkError::OnnxNode {
                        node: node.label(),
                        problem,
                    })
            }
        }
    }

    /// Reads the branch of an `If` that its condition picks.
    fn branch(&mut self, node: &NodeProto) -> Result<(), NetworkError> {
        let condition = self.reader(node).known_number(0)?;
        let graph = branch::taken(node, condition)?;
        self.weights(&graph.initializer)?;
        if self.written_out > 0 {
            // Perhaps once for each turn of a loop.
            let volumes = graph.initializer.iter().map(TensorProto::volume);
            self.made += volumes.sum::<Result<usize, _>>()?;
        }
        for inner in &graph.node {
            self.node(inner)?;
        }
        let wanted = node.output.iter().zip(&graph.output);
        for (name, inner) in wanted.filter(|(name, _)| !name.is_empty()) {
            let operand = self.operands.get(inner.name.as_str()).cloned();
            let operand = operand.ok_or_else(|| NetworkError::OnnxNode {
                node: node.label(),
                problem: format!("its branch does not compute its output `{}`", inner.name),
            })?;
            self.types.same(name, &inner.name);
            self.operands.insert(name.clone(), operand);
        }
        Ok(())
    }

    /// Adds the nodes that a node of the file means.
    fn emit(&mut self, node: &NodeProto, read: Option<Reader>) -> Result<(), NetworkError> {
        let mut import = self.reader(node);
        let read = read.ok_or_else(|| import.unsupported())?;
        let values = read(&mut import)?;
        for (name, value) in node.output.iter().zip(values) {
            if name.is_empty() {
                continue;
            }
            let operand = match self.known_integers(value) {
                Some(sizes) => Operand::Sizes(sizes),
                None => Operand::Value(self.named(value, name)?),
            };
            self.operands.insert(name.clone(), operand);
        }
        Ok(())
    }

    /// The integers of a value that follows from constants: they may be a shape
    /// or positions.
    fn known_integers(&self, value: ValueId) -> Option<Sizes> {
        if self.graph.ty(value).kind != Kind::Integer {
            return None;
        }
        Sizes::of_whole(&known::numbers(&self.graph, value)?)
    }

    /// Gives a node's output the name that it has in the file. A value that has
    /// one already (an input that is handed on) is copied under the new name.
    pub(super) fn named(&mut self, value: ValueId, name: &str) -> Result<ValueId, NetworkError> {
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
    fn integers(&self, node: &NodeProto) -> Result<Computed, NetworkError> {
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
                return Ok(Computed::Integers(vec![Sizes::new(vec![], vec![volume])]));
            }
            let rank = shape.len() as i64;
            let bound = |name: &str, default: i64| -> Result<usize, NetworkError> {
                let at = node.int(name)?.unwrap_or(default);
                Ok(if at < 0 { at.saturating_add(rank) } else { at }.clamp(0, rank) as usize)
            };
            let (start, end) = (bound("start", 0)?, bound("end", rank)?);
            let part: Vec<Size> = shape[start.min(end)..end].iter().map(Size::from).collect();
            return Ok(Computed::Integers(vec![Sizes::new(vec![part.len()], part)]));
        }
        if node.op_type == "ConstantOfShape" {
            return Self::constant_of_shape(node, &inputs);
        }
        if node.op_type == "NonZero" {
            return self.non_zero(node, inputs.first().copied().flatten());
        }
        let mut integers = Vec::new();
        for (name, operand) in node.input.iter().zip(&inputs) {
            match operand {
                Some(Operand::Sizes(sizes)) => integers.push(Some(sizes)),
                None if name.is_empty() => integers.push(None),
                _ => return Ok(Computed::Nothing),
            }
        }
        let real = |code: i64| DataType::from_code(code as i32).is_some_and(DataType::is_real);
        if integers.is_empty() || (node.op_type == "Cast" && real(node.int("to")?.unwrap_or(0))) {
            return Ok(Computed::Nothing);
        }
        match shape_arithmetic::evaluate(node, &integers) {
            None => Ok(Computed::Nothing),
            Some(Ok(results)) => Ok(Computed::Integers(results)),
            Some(Err(Trouble::Unfollowed(problem))) => Ok(Computed::Unfollowed(problem)),
            Some(Err(Trouble::Wrong(problem))) => Err(refuse(problem)),
        }
    }

    /// The positions of what is not 0, which must follow from constants: else
    /// their count depends on the data.
    fn non_zero(
        &self,
        node: &NodeProto,
        input: Option<&Operand>,
    ) -> Result<Computed, NetworkError> {
        let refuse = |problem: &str| NetworkError::OnnxNode {
            node: node.label(),
            problem: problem.to_owned(),
        };
        let flags = match input {
            Some(Operand::Sizes(sizes)) => Some(sizes.clone()),
            Some(Operand::Weight { data, .. }) => {
                Sizes::flags(data.shape().to_vec(), &data.to_f64())
            }
            Some(Operand::Value(value)) => known::numbers(&self.graph, *value)
                .and_then(|tensor| Sizes::flags(tensor.shape().to_vec(), tensor.data())),
            None => return Err(refuse("its input is missing")),
        };
        let flags = flags.ok_or_else(|| {
            refuse(
                "how many numbers are not 0 depends on the run; import the model for known sizes (--size NAME=N, or those of the data to explain), \
                 or export it with a mask (Where, Mul) in place of a selection",
            )
        })?;
        match shape_arithmetic::evaluate(node, &[Some(&flags)]) {
            Some(Ok(results)) => Ok(Computed::Integers(results)),
            Some(Err(Trouble::Wrong(problem) | Trouble::Unfollowed(problem))) => {
                Err(refuse(&problem))
            }
            None => Ok(Computed::Nothing),
        }
    }

    fn constant_of_shape(
        node: &NodeProto,
        inputs: &[Option<&Operand>],
    ) -> Result<Computed, NetworkError> {
        let value = match node.tensor("value")? {
            // Real numbers are an expanded constant, see `composite`.
            None => return Ok(Computed::Nothing),
            Some(tensor) if tensor.kind()?.is_real() => return Ok(Computed::Nothing),
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
        let Some(shape) = shape.known() else {
            return Ok(Computed::Unfollowed(
                "the shape of integers depends on the run".to_owned(),
            ));
        };
        match sizes::filled(Size::Known(*value), &shape) {
            Ok(sizes) => Ok(Computed::Integers(vec![sizes])),
            Err(Trouble::Wrong(problem) | Trouble::Unfollowed(problem)) => Err(refuse(&problem)),
        }
    }

    /// What a tensor of the file stands for; messages name it as `what` does.
    fn operand(
        &self,
        tensor: &TensorProto,
        constant: bool,
        what: impl Fn() -> String,
    ) -> Result<Operand, NetworkError> {
        let shape = tensor.shape()?;
        let (nan, operand) = match tensor.numbers()? {
            Numbers::Float(data) => {
                let nan = data.iter().any(|x| x.is_nan());
                let data = Tensor::new(shape, data).into();
                (nan, Operand::Weight { data, constant })
            }
            Numbers::Double(data) => {
                let nan = data.iter().any(|x| x.is_nan());
                let data = Tensor::new(shape, data).into();
                (nan, Operand::Weight { data, constant })
            }
            Numbers::Integer(_) | Numbers::Unsigned(_) => {
                let data = tensor.to_i64()?.into_iter().map(Size::Known).collect();
                (false, Operand::Sizes(Sizes::new(shape, data)))
            }
        };
        if nan && !self.settings.nan {
            return Err(NetworkError::OnnxNode {
                node: what(),
                problem: "it holds values that are no numbers (NaN), and so would be every result; check the training, or allow them explicitly".to_owned(),
            });
        }
        Ok(operand)
    }

    fn constant(&self, node: &NodeProto) -> Result<Operand, NetworkError> {
        let real = |shape: Vec<usize>, data: Vec<f32>| Operand::Weight {
            data: Tensor::new(shape, data).into(),
            constant: true,
        };
        if let Some(tensor) = node.tensor("value")? {
            return self.operand(tensor, true, || node.label());
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
}
