//! The inputs that a file declares: their kind and the names of their sizes.

use std::collections::{BTreeMap, HashSet};

use pellucid_onnx::{DataType, Dimension, DimensionProto, GraphProto, Model, ValueInfoProto};

use crate::error::NetworkError;
use crate::graph::{Dim, Kind, Type};

/// The inputs that are given at every run: files of IR version 3 list the
/// weights as inputs too.
pub(super) fn given(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    let weights: HashSet<&str> = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name.as_str())
        .collect();
    graph
        .input
        .iter()
        .filter(move |input| !weights.contains(input.name.as_str()))
}

fn refuse(input: &ValueInfoProto, problem: impl Into<String>) -> NetworkError {
    NetworkError::OnnxNode {
        node: format!("the input `{}` of the model", input.name),
        problem: problem.into(),
    }
}

fn sides(input: &ValueInfoProto) -> Result<&[DimensionProto], NetworkError> {
    let tensor = input.r#type.as_ref().and_then(|ty| ty.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| refuse(input, "is no tensor"))?;
    let shape = tensor.shape.as_ref();
    let shape = shape.ok_or_else(|| {
        refuse(
            input,
            "has no shape; export the model again with the shapes of its inputs",
        )
    })?;
    Ok(&shape.dim)
}

/// Integers stay integers; truth values are the real numbers 0 and 1, as the
/// results of comparisons are.
fn kind(input: &ValueInfoProto) -> Result<Kind, NetworkError> {
    let tensor = input.r#type.as_ref().and_then(|ty| ty.tensor_type.as_ref());
    match tensor.and_then(|tensor| DataType::from_code(tensor.elem_type)) {
        Some(kind) if kind.is_real() || kind == DataType::Bool => Ok(Kind::Real),
        Some(_) => Ok(Kind::Integer),
        None => Err(refuse(
            input,
            "holds another kind of values, expected numbers or truth values",
        )),
    }
}

/// The inputs of integers that stand for real numbers: in a model that takes no
/// real numbers at all, those that it turns into such before anything else, as the
/// pixels of an image (0 to 255). Other integers are counts or labels.
pub(super) fn measured(graph: &GraphProto) -> HashSet<&str> {
    let element = |input: &ValueInfoProto| {
        let tensor = input.r#type.as_ref()?.tensor_type.as_ref()?;
        DataType::from_code(tensor.elem_type)
    };
    if given(graph).any(|input| element(input).is_some_and(DataType::is_real)) {
        return HashSet::new();
    }
    let mut found: HashSet<&str> = given(graph)
        .filter(|input| element(input).is_some_and(DataType::is_integer))
        .map(|input| input.name.as_str())
        .collect();
    let mut read: HashSet<&str> = HashSet::new();
    for node in &graph.node {
        let to = node.int("to").ok().flatten().unwrap_or_default();
        let real = i32::try_from(to).ok().and_then(DataType::from_code);
        let casts = node.op_type == "Cast" && real.is_some_and(DataType::is_real);
        for name in node.reads() {
            read.insert(name);
            if !casts {
                found.remove(name);
            }
        }
    }
    found.retain(|name| read.contains(name));
    found
}

/// What a side of an input is: known, or a size with a name.
enum Side {
    Known(usize),
    Named(String),
}

fn side(input: &ValueInfoProto, i: usize, dim: &DimensionProto) -> Result<Side, NetworkError> {
    match &dim.value {
        Some(Dimension::Value(side @ 1..)) => usize::try_from(*side)
            .ok()
            .filter(|&side| i32::try_from(side).is_ok())
            .map(Side::Known)
            .ok_or_else(|| refuse(input, format!("has a side of {side}"))),
        Some(Dimension::Name(name)) if !name.is_empty() => Ok(Side::Named(name.clone())),
        // Some writers mark a side of any length by 0 or −1.
        _ => Ok(Side::Named(format!("{}_{i}", input.name))),
    }
}

/// Kind and shape of an input. `shared` is the name of all first sizes that
/// have none in `sizes`.
pub(super) fn input_type(
    input: &ValueInfoProto,
    sizes: &BTreeMap<String, usize>,
    shared: Option<&str>,
) -> Result<Type, NetworkError> {
    let dims = sides(input)?.iter().enumerate().map(|(i, dim)| {
        Ok(match side(input, i, dim)? {
            Side::Known(known) => Dim::fixed(known),
            Side::Named(name) => match (sizes.get(&name), shared) {
                (Some(&size), _) => Dim::fixed(size),
                (None, Some(shared)) if i == 0 => Dim::symbol(shared),
                (None, _) => Dim::symbol(&name),
            },
        })
    });
    let shape = dims.collect::<Result<_, NetworkError>>()?;
    Ok(match kind(input)? {
        Kind::Real => Type::real(shape),
        Kind::Integer => Type::integer(shape),
    })
}

/// Name, kind and shape of every input that a model takes, in its order.
pub fn input_types(model: &Model) -> Result<Vec<(String, Type)>, NetworkError> {
    let none = BTreeMap::new();
    let Some(graph) = &model.graph else {
        return Ok(vec![]);
    };
    given(graph)
        .map(|input| Ok((input.name.clone(), input_type(input, &none, None)?)))
        .collect()
}

/// What the named sizes are for inputs of these shapes, in the model's order:
/// those of first sides, and all others.
pub(super) fn named_sizes(
    model: &Model,
    shapes: &[&[usize]],
) -> Result<[BTreeMap<String, usize>; 2], NetworkError> {
    let (mut first, mut others) = (BTreeMap::new(), BTreeMap::new());
    let Some(graph) = &model.graph else {
        return Ok([first, others]);
    };
    let inputs: Vec<&ValueInfoProto> = given(graph).collect();
    if inputs.len() != shapes.len() {
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        return Err(NetworkError::Inputs {
            expected: inputs.len(),
            names: names.join(", "),
            found: shapes.len(),
        });
    }
    for (input, &shape) in inputs.into_iter().zip(shapes) {
        let sides = sides(input)?;
        if sides.len() != shape.len() {
            let problem = format!("has {} sides, the data are {shape:?}", sides.len());
            return Err(refuse(input, problem));
        }
        for (i, dim) in sides.iter().enumerate() {
            if let Side::Named(name) = side(input, i, dim)? {
                let group = if i == 0 { &mut first } else { &mut others };
                group.insert(name, shape[i]);
            }
        }
    }
    others.retain(|name, _| !first.contains_key(name));
    Ok([first, others])
}
