//! The outputs of a file: which of them hold numbers, and what is asked for
//! where nobody names one.
//!
//! A classifier of scikit-learn gives its label first and its probabilities
//! behind it, a detector its boxes and how many there are; only an output of
//! real numbers can be explained. What a `ZipMap` makes of probabilities (one
//! map per event) counts as the probabilities themselves.

use pellucid_onnx::{DataType, Model, ValueInfoProto};
use serde::Serialize;

use crate::error::NetworkError;
use crate::graph::Graph;

/// What an output of a file holds, as the file declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// Real numbers, or what the file does not say.
    Numbers,
    /// Integers, such as the label of the likeliest class.
    Integers,
    /// Truth values.
    TruthValues,
    /// Texts, sequences or maps.
    Other,
}

impl Held {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Numbers => "real numbers",
            Self::Integers => "integers",
            Self::TruthValues => "truth values",
            Self::Other => "no tensor of numbers",
        }
    }
}

/// An output of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub held: Held,
}

/// The outputs of a model, in its order.
pub fn outputs(model: &Model) -> Vec<Declared> {
    let graph = model.graph.iter();
    let zipped = |name: &str| {
        let mut nodes = model.graph.iter().flat_map(|graph| &graph.node);
        nodes.any(|node| node.op_type == "ZipMap" && node.output.iter().any(|out| out == name))
    };
    graph
        .flat_map(|graph| &graph.output)
        .map(|output| Declared {
            name: output.name.clone(),
            held: if zipped(&output.name) {
                Held::Numbers
            } else {
                held(output)
            },
        })
        .collect()
}

fn held(output: &ValueInfoProto) -> Held {
    let Some(ty) = &output.r#type else {
        return Held::Numbers;
    };
    let Some(tensor) = &ty.tensor_type else {
        return Held::Other;
    };
    match DataType::from_code(tensor.elem_type) {
        Some(DataType::Bool) => Held::TruthValues,
        Some(kind) if kind.is_integer() => Held::Integers,
        Some(kind) if kind.is_real() => Held::Numbers,
        // Files may leave the type open.
        None if tensor.elem_type == 0 => Held::Numbers,
        _ => Held::Other,
    }
}

/// The output that is explained where none is named: the first of real numbers.
pub fn default_output(model: &Model) -> Result<String, NetworkError> {
    let all = outputs(model);
    let first = all.iter().find(|output| output.held == Held::Numbers);
    if let Some(output) = first {
        return Ok(output.name.clone());
    }
    let all: Vec<String> = all
        .iter()
        .map(|output| format!("`{}` ({})", output.name, output.held.words()))
        .collect();
    Err(NetworkError::Output {
        output: "of the model".to_owned(),
        found: all.join(", "),
        expected: "an output of real numbers; name a value inside of the model by --output NAME"
            .to_owned(),
    })
}

/// The outputs of a model that can be explained.
#[derive(Debug)]
pub struct Explainable {
    /// The network of those that can be read, in the model's order.
    pub graph: Graph,
    /// Those that cannot, and why.
    pub refused: Vec<(String, NetworkError)>,
}

/// A way of reading a model: for any sizes, or for known ones.
pub type Read<'r> = &'r dyn Fn(Model) -> Result<Graph, NetworkError>;

/// A model cut down to what some outputs need; each must be one of its outputs
/// or a value that one of its nodes makes.
pub fn cut(model: &Model, names: &[&str]) -> Result<Model, NetworkError> {
    let mut model = model.clone();
    match model.keep_outputs(names) {
        Ok(()) => Ok(model),
        Err(name) => Err(NetworkError::NoValue {
            name: name.to_owned(),
            found: {
                let all = outputs(&model).into_iter().map(|output| output.name);
                all.collect::<Vec<_>>().join(", ")
            },
        }),
    }
}

/// Reads, in the way that `read` says, all outputs of real numbers that can be
/// read; refused with the first one's reason if none can.
pub fn explainable(model: &Model, read: Read<'_>) -> Result<Explainable, NetworkError> {
    default_output(model)?;
    let all = outputs(model);
    let names: Vec<&str> = all
        .iter()
        .filter(|output| output.held == Held::Numbers)
        .map(|output| output.name.as_str())
        .collect();
    let mut refused = Vec::new();
    match cut(model, &names).and_then(read) {
        Ok(graph) => return Ok(Explainable { graph, refused }),
        Err(error) if names.len() < 2 => return Err(error),
        Err(_) => {}
    }
    let mut good = Vec::new();
    for name in names {
        match cut(model, &[name]).and_then(read) {
            Ok(_) => good.push(name),
            Err(error) => refused.push((name.to_owned(), error)),
        }
    }
    if good.is_empty() {
        return Err(refused.swap_remove(0).1);
    }
    let graph = read(cut(model, &good)?)?;
    Ok(Explainable { graph, refused })
}
