//! What Pellucid can do with an ONNX file: one row of a table.
//!
//! A model is imported, run, differentiated and its relevance propagated on
//! numbers that follow from their position alone, so that another program can
//! make the same inputs and compare (`tests/fixtures/taggers/compare_folder.py`).
//! With `h(i)` between 0 and 1 for the `i`-th number of an input (see the function `hash`),
//!
//! * real numbers are `2 h(i + 1000 k) − 1` for the input numbered `k`;
//! * an input with `mask` in its name is 1 along the first three quarters of
//!   its last side longer than 1, and 0 behind;
//! * integers are 0, 1, 2 by `⌊3 h(i)⌋`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pellucid_core::Tensor;
use pellucid_onnx::Model;
use serde::{Deserialize, Serialize};

use crate::error::NetworkError;
use crate::graph::{Bindings, Graph, Kind, ValueId};
use crate::onnx::{self, ImportSettings};
use crate::transform::{Propagation, Seed, gradient, logit, relevance};
use crate::{Executor, Real};

/// Events in a batch, where the file leaves their number open.
const EVENTS: usize = 3;
/// What other sizes are that the file leaves open: more than the neighbours
/// that published graph networks look for.
const PARTICLES: usize = 20;

/// The outputs of another program, by name, in single precision.
pub type Outputs = BTreeMap<String, Recorded>;

/// An output of another program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, row by row.
    pub numbers: Vec<f64>,
}

/// A run of a model.
#[derive(Debug, Clone, Copy)]
pub struct Forward {
    /// How long it took.
    pub time: Duration,
    /// The bytes that it held, weights included.
    pub memory: usize,
    /// How far it is from the other program: the largest difference over the
    /// largest number of each output.
    pub difference: Option<f64>,
}

/// What became of a file.
#[derive(Debug)]
pub struct Check {
    /// The file.
    pub path: PathBuf,
    /// Nodes in the file.
    pub file_nodes: usize,
    /// How long reading and importing took.
    pub import_time: Duration,
    /// The model, or why it does not import.
    pub graph: Result<Graph, NetworkError>,
    /// A run in single precision.
    pub forward: Option<Result<Forward, NetworkError>>,
    /// How far the gradient is from the best of some central differences along
    /// one direction, of the larger of the two.
    pub gradient: Option<Result<f64, NetworkError>>,
    /// How far relevance and its accounts are from the explained value, of the
    /// sum of their sizes.
    pub relevance: Option<Result<f64, NetworkError>>,
}

/// Checks one file, against the outputs of another program if there are some.
pub fn check(path: impl AsRef<Path>, reference: Option<&Outputs>) -> Check {
    let path = path.as_ref();
    let start = Instant::now();
    let model = Model::read(path);
    let nodes = |model: &Model| model.graph.as_ref().map_or(0, |graph| graph.node.len());
    let file_nodes = model.as_ref().map_or(0, nodes);
    let graph = model.map_err(NetworkError::from).and_then(|model| {
        let shapes = example_shapes(&model)?;
        let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        let read = |model| onnx::import_like(model, &shapes, &ImportSettings::default());
        // An output that cannot be read harms none of the others.
        read(model.clone()).or_else(|error| match onnx::explainable(&model, &read) {
            Ok(found) => Ok(found.graph),
            Err(_) => Err(error),
        })
    });
    let import_time = start.elapsed();
    let mut row = Check {
        path: path.to_owned(),
        file_nodes,
        import_time,
        graph,
        forward: None,
        gradient: None,
        relevance: None,
    };
    if let Ok(graph) = &row.graph {
        row.forward = Some(forward(graph, reference));
        row.gradient = Some(slope(graph));
        row.relevance = Some(balance(graph));
    }
    row
}

/// Shapes of a model's inputs: three events, and twenty of everything else that
/// the file leaves open.
pub fn example_shapes(model: &Model) -> Result<Vec<Vec<usize>>, NetworkError> {
    let types = onnx::input_types(model)?;
    let open = |i: usize| if i == 0 { EVENTS } else { PARTICLES };
    Ok(types
        .iter()
        .map(|(_, ty)| {
            let sides = ty.shape.iter().enumerate();
            sides
                .map(|(i, side)| side.known().unwrap_or_else(|| open(i)))
                .collect()
        })
        .collect())
}

/// Inputs for a graph, see the module.
pub fn inputs<T: Real>(graph: &Graph) -> Result<Vec<Tensor<T>>, NetworkError> {
    let mut bound = Bindings::new();
    let ids = graph.inputs().iter().enumerate();
    ids.map(|(k, &id)| {
        let value = graph.value(id);
        let mut shape = Vec::with_capacity(value.ty.shape.len());
        for (i, side) in value.ty.shape.iter().enumerate() {
            if let Some(name) = side.name() {
                let open = if i == 0 { EVENTS } else { PARTICLES };
                bound.entry(name.into()).or_insert(open);
            }
            shape.push(
                side.evaluate(&bound)
                    .map_err(|problem| NetworkError::Size {
                        value: value.name.clone(),
                        size: side.clone(),
                        problem,
                    })?,
            );
        }
        Ok(numbers(k, &value.name, value.ty.kind, shape))
    })
    .collect()
}

/// A number from 0 to 1 for a position: two rounds of multiplication and
/// shift, of which the upper 32 bits count.
fn hash(i: usize) -> f64 {
    let mut word = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (word >> 32) as f64 / (1_u64 << 32) as f64
}

fn numbers<T: Real>(k: usize, name: &str, kind: Kind, shape: Vec<usize>) -> Tensor<T> {
    let count: usize = shape.iter().product();
    let long = shape.iter().rposition(|&side| side > 1);
    let (side, inner) = match long {
        Some(axis) => (shape[axis], shape[axis + 1..].iter().product::<usize>()),
        None => (1, 1),
    };
    let number = |i: usize| match kind {
        Kind::Integer => (3.0 * hash(i)).floor(),
        Kind::Real if name.contains("mask") => {
            f64::from(u8::from(4 * (i / inner % side) < 3 * side))
        }
        // In single precision, so that both precisions start from the same.
        Kind::Real => f64::from((2.0 * hash(i + 1000 * k) - 1.0) as f32),
    };
    Tensor::new(shape, (0..count).map(|i| T::of(number(i))).collect())
}

fn run<T: Real>(graph: &Graph, inputs: &[Tensor<T>]) -> Result<Vec<Tensor<T>>, NetworkError> {
    let inputs: Vec<&Tensor<T>> = inputs.iter().collect();
    Executor::new(graph).call(&inputs)
}

fn forward(graph: &Graph, reference: Option<&Outputs>) -> Result<Forward, NetworkError> {
    let given = inputs::<f32>(graph)?;
    let given: Vec<&Tensor<f32>> = given.iter().collect();
    let mut executor = Executor::new(graph);
    executor.call(&given)?;
    let start = Instant::now();
    let outputs = executor.call(&given)?;
    let time = start.elapsed();
    let difference = reference.map(|reference| difference(graph, &outputs, reference));
    Ok(Forward {
        time,
        memory: executor.memory(),
        difference: difference.transpose()?,
    })
}

/// How far outputs are from those of another program.
fn difference(
    graph: &Graph,
    outputs: &[Tensor<f32>],
    reference: &Outputs,
) -> Result<f64, NetworkError> {
    let mut worst = 0.0_f64;
    for (&id, output) in graph.outputs().iter().zip(outputs) {
        let name = &graph.value(id).name;
        let Some(expected) = reference.get(name) else {
            return Err(NetworkError::NoValue {
                name: name.clone(),
                found: reference.keys().cloned().collect::<Vec<_>>().join(", "),
            });
        };
        if output.shape() != expected.shape {
            return Err(NetworkError::Output {
                output: name.clone(),
                found: format!("{:?}", output.shape()),
                expected: format!("{:?}", expected.shape),
            });
        }
        let largest = expected
            .numbers
            .iter()
            .fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
        for (a, b) in output.data().iter().zip(&expected.numbers) {
            let off = (f64::from(*a) - b).abs() / largest;
            worst = if off.is_nan() {
                f64::INFINITY
            } else {
                worst.max(off)
            };
        }
    }
    Ok(worst)
}

/// The real inputs, by position.
fn real_inputs(graph: &Graph) -> Vec<(usize, ValueId)> {
    let all = graph.inputs().iter().copied().enumerate();
    all.filter(|&(_, id)| graph.ty(id).kind == Kind::Real && !graph.value(id).name.contains("mask"))
        .collect()
}

/// The graph with the first class's logit, one per event, as its only output.
fn explained(graph: &Graph) -> Result<Graph, NetworkError> {
    let mut made = graph.clone();
    let output = made.outputs()[0];
    let classes = made.shape(output).last().and_then(crate::graph::Dim::known);
    let class = classes.filter(|&count| count > 1).map(|_| 0);
    let of = logit(&mut made, output, class)?;
    made.set_outputs(vec![of]);
    Ok(made)
}

/// How far the gradient of the sum of logits along one direction is from
/// central differences, both in double precision.
fn slope(graph: &Graph) -> Result<f64, NetworkError> {
    let given = inputs::<f64>(graph)?;
    let real = real_inputs(graph);
    let direction = |k: usize, i: usize| ((i + 3 * k) as f64 * 0.7).cos();
    let explained = explained(graph)?;
    let sum = |by: f64| -> Result<f64, NetworkError> {
        let mut moved = given.clone();
        for &(k, _) in &real {
            for (i, x) in moved[k].data_mut().iter_mut().enumerate() {
                *x += by * direction(k, i);
            }
        }
        Ok(run(&explained, &moved)?[0].data().iter().sum())
    };
    let mut made = explained.clone();
    let of = made.outputs()[0];
    let wrt: Vec<ValueId> = real.iter().map(|&(_, id)| id).collect();
    let gradients = gradient(&mut made, of, &wrt, None)?;
    made.set_outputs(gradients);
    let found = run(&made, &given)?;
    let along = |gradient: &Tensor<f64>, k: usize| -> f64 {
        let numbers = gradient.data().iter().enumerate();
        numbers.map(|(i, g)| g * direction(k, i)).sum()
    };
    let exact: f64 = found
        .iter()
        .zip(&real)
        .map(|(gradient, &(k, _))| along(gradient, k))
        .sum();
    // Large steps meet the kinks of rectifiers, small ones lose digits: the
    // best of some counts, for a wrong gradient is wrong by all of them.
    let mut best = f64::INFINITY;
    for step in [1e-5, 1e-6, 1e-7, 1e-8, 1e-9] {
        let numeric = (sum(step)? - sum(-step)?) / (2.0 * step);
        let size = exact.abs().max(numeric.abs()).max(f64::MIN_POSITIVE);
        best = best.min((exact - numeric).abs() / size);
    }
    Ok(best)
}

/// What is missing of the first class's logit when relevance (epsilon rule)
/// and its accounts are added up, the worst event's.
fn balance(graph: &Graph) -> Result<f64, NetworkError> {
    let mut made = explained(graph)?;
    let of = made.outputs()[0];
    let wrt: Vec<ValueId> = real_inputs(graph).into_iter().map(|(_, id)| id).collect();
    let found = relevance(&mut made, of, &wrt, &Propagation::default(), Seed::Value)?;
    let maps = found.maps.len();
    let mut outputs = found.maps;
    outputs.extend([found.absorbed, found.stabilised, found.empty, of]);
    made.set_outputs(outputs);
    let outputs = run(&made, &inputs::<f64>(graph)?)?;
    let events = outputs[maps].data().len();
    let per_event = |tensor: &Tensor<f64>, event: usize, size: bool| -> f64 {
        let row = tensor.data().len() / events.max(1);
        let numbers = &tensor.data()[event * row..(event + 1) * row];
        numbers
            .iter()
            .map(|x| if size { x.abs() } else { *x })
            .sum()
    };
    let mut worst = 0.0_f64;
    for event in 0..events {
        let parts = &outputs[..maps + 3];
        let sum: f64 = parts.iter().map(|part| per_event(part, event, false)).sum();
        let size: f64 = parts.iter().map(|part| per_event(part, event, true)).sum();
        let off = (sum - per_event(&outputs[maps + 3], event, false)).abs();
        let off = off / size.max(f64::MIN_POSITIVE);
        worst = if off.is_nan() {
            f64::INFINITY
        } else {
            worst.max(off)
        };
    }
    Ok(worst)
}

/// The head of the table whose rows [`Check`] writes.
pub const HEAD: &str = "file | nodes in file | nodes | weights | import ms | forward ms | forward kB | difference | gradient | relevance | problem";

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        write!(f, "{name} | {} | ", self.file_nodes)?;
        let ms = |time: &Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
        let graph = match &self.graph {
            Ok(graph) => graph,
            Err(error) => return write!(f, "- | - | - | - | - | - | - | - | {error}"),
        };
        let (nodes, weights) = (graph.nodes().len(), graph.parameter_count());
        write!(f, "{nodes} | {weights} | {} | ", ms(&self.import_time))?;
        let mut problems = Vec::new();
        match &self.forward {
            Some(Ok(run)) => {
                let off = run
                    .difference
                    .map_or("-".to_owned(), |off| format!("{off:.1e}"));
                write!(f, "{} | {} | {off} | ", ms(&run.time), run.memory / 1024)?;
            }
            other => {
                write!(f, "- | - | - | ")?;
                problems.extend(other.as_ref().and_then(|result| result.as_ref().err()));
            }
        }
        for result in [&self.gradient, &self.relevance] {
            match result {
                Some(Ok(off)) => write!(f, "{off:.1e} | ")?,
                other => {
                    write!(f, "- | ")?;
                    problems.extend(other.as_ref().and_then(|result| result.as_ref().err()));
                }
            }
        }
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        write!(f, "{}", problems.join("; "))
    }
}
