//! Quantised models: integers that stand for real numbers.
//!
//! Their integers are real numbers here, so that gradients and relevance pass
//! them ([`Quantise`] straight through). Weights that the file keeps as
//! integers are turned into the real numbers that they stand for, and are
//! weights as any other (`read_weights`).
//!
//! Sums of products of integers are exact in double precision, and in single
//! precision up to 2²⁴.

mod qonnx;

use pellucid_core::Tensor;
use pellucid_onnx::DataType;

use crate::error::NetworkError;
use crate::graph::{Data, Dim, Graph, Kind, ValueId, show};
use crate::onnx::conv;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{
    Dequantise, DynamicStep, Expand, MatMul, Mul, Op, Quantise, Rounding, Slice, ToReal,
};

pub(super) use qonnx::{DOMAINS, NAMES, reader as other_domains};

/// The smallest and largest integer of a type.
fn limits(kind: DataType) -> Option<[f64; 2]> {
    Some(match kind {
        DataType::Uint4 => [0.0, 15.0],
        DataType::Int4 => [-8.0, 7.0],
        DataType::Uint8 => [0.0, 255.0],
        DataType::Int8 => [-128.0, 127.0],
        DataType::Uint16 => [0.0, 65535.0],
        DataType::Int16 => [-32768.0, 32767.0],
        _ => return None,
    })
}

/// A quantiser as ONNX means it, for integers of this type.
fn standard(node: &Import<'_>, kind: DataType) -> Result<Quantise, NetworkError> {
    let [low, high] = limits(kind).ok_or_else(|| {
        let name = format!("{kind:?}").to_lowercase();
        node.refuse(format!(
            "integers of the type {name} are not supported, expected 4 to 16 bits"
        ))
    })?;
    Ok(Quantise {
        low,
        high,
        rounding: Rounding::Even,
        shift_first: false,
    })
}

/// The type of integers of input `i`, or what the node says of it.
fn kind_of(node: &Import<'_>, i: usize) -> Result<DataType, NetworkError> {
    if node.has(i) {
        return Ok(node.file_type(i)?.unwrap_or(DataType::Uint8));
    }
    match node.proto().int("output_dtype")?.unwrap_or(0) {
        0 => Ok(DataType::Uint8),
        code => i32::try_from(code)
            .ok()
            .and_then(DataType::from_code)
            .ok_or_else(|| node.refuse(format!("the type {code} is not supported"))),
    }
}

/// Input `i` as real numbers: integers are what they are.
fn numbers(node: &mut Import<'_>, i: usize) -> Result<ValueId, NetworkError> {
    if let Ok(sizes) = node.sizes(i)
        && let Some(known) = sizes.known()
    {
        let numbers = known.into_iter().map(|x| x as f64).collect();
        let tensor = Tensor::new(sizes.shape.clone(), numbers);
        return Ok(node.constant("integers", tensor.into()));
    }
    let value = node.either(i)?;
    match node.kind(value) {
        Kind::Real => Ok(value),
        Kind::Integer => node.add(ToReal, &[value]),
    }
}

/// Input `i`, or 0 if it is left out.
fn zero_point(node: &mut Import<'_>, i: usize) -> Result<ValueId, NetworkError> {
    if node.has(i) {
        numbers(node, i)
    } else {
        Ok(node.scalar(0.0))
    }
}

/// A step or zero point in a form that meets `x`: one number, one per position
/// along a side, or one per block of that side.
fn fitted(node: &mut Import<'_>, value: ValueId, x: ValueId) -> Result<ValueId, NetworkError> {
    let (shape, sides) = (node.shape(value), node.shape(x));
    if shape.is_empty() || shape == [Dim::fixed(1)] {
        return node.reshape_if(value, vec![]);
    }
    let block = node.proto().int("block_size")?.unwrap_or(0);
    let axis = node.axis(node.proto().int("axis")?.unwrap_or(1), sides.len())?;
    if block == 0 {
        let [steps] = shape.as_slice() else {
            return Err(node.refuse(format!("steps of the shape {}", show(&shape))));
        };
        let mut column = vec![Dim::fixed(1); sides.len()];
        column[axis] = steps.clone();
        return node.reshape(value, column);
    }
    let block = usize::try_from(block)
        .ok()
        .filter(|block| *block <= 1 << 20);
    let (Some(block), true) = (block, shape.len() == sides.len()) else {
        return Err(node.refuse(format!("blocks with steps of the shape {}", show(&shape))));
    };
    let repeated = &shape[axis] * &Dim::fixed(block);
    let mut apart = shape.clone();
    apart.insert(axis + 1, Dim::fixed(1));
    let apart = node.reshape(value, apart)?;
    let mut wide = shape.clone();
    wide.insert(axis + 1, Dim::fixed(block));
    let wide = node.add(Expand { shape: wide }, &[apart])?;
    let mut joined = shape;
    joined[axis] = repeated;
    let joined = node.reshape(wide, joined)?;
    let slice = Slice {
        axis,
        start: Dim::fixed(0),
        length: sides[axis].clone(),
        step: 1,
    };
    node.add(slice, &[joined])
}

pub(super) fn quantise_linear(node: &mut Import<'_>) -> Imported {
    let kind = kind_of(node, 2)?;
    let op = standard(node, kind)?;
    let (x, step, zero) = (node.real(0)?, node.real(1)?, zero_point(node, 2)?);
    let (step, zero) = (fitted(node, step, x)?, fitted(node, zero, x)?);
    node.push(op, &[x, step, zero])
}

pub(super) fn dequantise_linear(node: &mut Import<'_>) -> Imported {
    let (q, step, zero) = (numbers(node, 0)?, node.real(1)?, zero_point(node, 2)?);
    let (step, zero) = (fitted(node, step, q)?, fitted(node, zero, q)?);
    node.push(Dequantise, &[q, step, zero])
}

/// The real numbers of weights that the file keeps as integers, if all inputs of
/// a `DequantizeLinear` are known; in single precision, as runtimes compute them.
pub(super) fn weights(node: &Import<'_>) -> Result<Option<Data>, NetworkError> {
    let zero = if node.has(2) {
        node.numbers(2)?
    } else {
        Some(vec![0.0])
    };
    let (Some(q), Some(steps), Some(zeros)) = (node.numbers(0)?, node.numbers(1)?, zero) else {
        return Ok(None);
    };
    let known = |shape: Vec<Dim>| shape.iter().map(Dim::known).collect::<Option<Vec<usize>>>();
    let shapes = (known(node.operand_shape(0)?), known(node.operand_shape(1)?));
    let (Some(shape), Some(of_steps)) = shapes else {
        return Ok(None);
    };
    let place = place(node, &shape, &of_steps)?;
    let fits = |list: &[f64]| list.len() == 1 || list.len() == steps.len();
    if !fits(&steps) || !fits(&zeros) {
        return Err(node.refuse(format!(
            "{} steps and {} zero points",
            steps.len(),
            zeros.len()
        )));
    }
    let of = |list: &[f64], i: usize| list[if list.len() == 1 { 0 } else { place(i) }] as f32;
    let numbers = q.iter().enumerate();
    let numbers = numbers.map(|(i, &q)| (q as f32 - of(&zeros, i)) * of(&steps, i));
    let numbers = numbers.collect();
    Ok(Some(Tensor::new(shape, numbers).into()))
}

/// Which step belongs to number `i` of a tensor: of its position along a side,
/// or of its block along it.
fn place(
    node: &Import<'_>,
    shape: &[usize],
    of_steps: &[usize],
) -> Result<impl Fn(usize) -> usize + use<>, NetworkError> {
    let count: usize = of_steps.iter().product();
    let block = node.proto().int("block_size")?.unwrap_or(0);
    let block = usize::try_from(block).map_err(|_| node.refuse("a negative block_size"))?;
    let (mut inner, mut side, mut blocks) = (1, 1, 1);
    if count != 1 {
        let axis = node.axis(node.proto().int("axis")?.unwrap_or(1), shape.len())?;
        inner = shape[axis + 1..].iter().product();
        side = shape[axis];
        let fits = if block == 0 {
            of_steps == [side]
        } else {
            blocks = side.div_ceil(block);
            let mut expected = shape.to_vec();
            expected[axis] = blocks;
            expected == of_steps
        };
        if !fits {
            return Err(node.refuse(format!("steps of the shape {of_steps:?} for {shape:?}")));
        }
    }
    Ok(move |i: usize| {
        let (outer, at) = (i / inner / side, i / inner % side);
        match at.checked_div(block) {
            Some(at) => (outer * blocks + at) * inner + i % inner,
            None => at,
        }
    })
}

pub(super) fn dynamic_quantise_linear(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let made = node.push(DynamicStep, &[x])?;
    let op = standard(node, DataType::Uint8)?;
    let q = node.add(op, &[x, made[0], made[1]])?;
    Ok(vec![q, made[0], made[1]])
}

/// Input `i` without its zero point at input `zero`.
fn centred(node: &mut Import<'_>, i: usize, zero: usize) -> Result<ValueId, NetworkError> {
    let q = numbers(node, i)?;
    if !node.has(zero) {
        return Ok(q);
    }
    let (one, point) = (node.scalar(1.0), numbers(node, zero)?);
    let point = column(node, point, q)?;
    node.add(Dequantise, &[q, one, point])
}

/// The weights at input `i` without their zero point, as a weight.
fn centred_weights(node: &mut Import<'_>, i: usize, zero: usize) -> Result<ValueId, NetworkError> {
    let value = centred(node, i, zero)?;
    Ok(match node.known(value) {
        Some(tensor) => node.parameter("weights", tensor.map(|&x| x as f32).into()),
        None => value,
    })
}

/// A zero point per column of a matrix, or per filter, in a form that meets it.
fn column(node: &mut Import<'_>, point: ValueId, q: ValueId) -> Result<ValueId, NetworkError> {
    let (shape, sides) = (node.shape(point), node.shape(q));
    if shape == [Dim::fixed(1)] {
        return node.reshape(point, vec![]);
    }
    match shape.as_slice() {
        [count] if sides.len() > 2 && sides[0] == *count => {
            let mut column = vec![Dim::fixed(1); sides.len()];
            column[0] = count.clone();
            node.reshape(point, column)
        }
        _ => Ok(point),
    }
}

/// `(a − a₀)(b − b₀)`.
pub(super) fn mat_mul_integer(node: &mut Import<'_>) -> Imported {
    let (a, b) = (centred_rows(node, 0, 2)?, centred_weights(node, 1, 3)?);
    node.push(MatMul, &[a, b])
}

/// [`centred`] for the left factor, whose zero points are one per row.
fn centred_rows(node: &mut Import<'_>, i: usize, zero: usize) -> Result<ValueId, NetworkError> {
    if node.has(zero) {
        let rows = node.operand_shape(zero)?;
        if rows.len() == 1 && rows != [Dim::fixed(1)] {
            return Err(node.refuse("a zero point for each row is not supported, expected one"));
        }
    }
    centred(node, i, zero)
}

pub(super) fn conv_integer(node: &mut Import<'_>) -> Imported {
    let (x, w) = (centred(node, 0, 2)?, centred_weights(node, 1, 3)?);
    conv::read(node, &[x, w])
}

/// What a sum of products of integers becomes: integers of the result,
/// `round(z s_a s_b / s_y) + y₀`.
fn requantised(
    node: &mut Import<'_>,
    sum: ValueId,
    steps: [usize; 3],
    zero: usize,
    per_filter: bool,
) -> Imported {
    let kind = kind_of(node, zero)?;
    let op = standard(node, kind)?;
    let [a, b, y] = steps.map(|i| node.numbers(i));
    let (Some(a), Some(b), Some(y)) = (a?, b?, y?) else {
        return Err(node.refuse("steps that are computed are not supported, expected constants"));
    };
    let (&[a], &[y]) = (a.as_slice(), y.as_slice()) else {
        return Err(node.refuse("expected one step of the input and of the result"));
    };
    // In single precision and in this order, as runtimes compute it.
    let factor = |b: &f64| (a as f32 * *b as f32) / y as f32;
    let factors: Vec<f32> = b.iter().map(factor).collect();
    let mut shape = vec![];
    if let count @ 2.. = factors.len() {
        let sides = node.shape(sum).len();
        shape = if per_filter {
            let mut column = vec![1; sides];
            column[1] = count;
            column
        } else {
            vec![count]
        };
    }
    let factors = node.constant("factor", Tensor::new(shape, factors).into());
    let scaled = node.add(Mul, &[sum, factors])?;
    let (one, zero) = (node.scalar(1.0), zero_point(node, zero)?);
    let zero = node.reshape_if(zero, vec![])?;
    node.push(op, &[scaled, one, zero])
}

pub(super) fn q_linear_mat_mul(node: &mut Import<'_>) -> Imported {
    let (a, b) = (centred_rows(node, 0, 2)?, centred_weights(node, 3, 5)?);
    let sum = node.add(MatMul, &[a, b])?;
    requantised(node, sum, [1, 4, 6], 7, false)
}

pub(super) fn q_linear_conv(node: &mut Import<'_>) -> Imported {
    let (x, w) = (centred(node, 0, 2)?, centred_weights(node, 3, 5)?);
    let mut inputs = vec![x, w];
    if node.has(8) {
        let bias = node.numbers(8)?;
        let bias = bias.ok_or_else(|| node.refuse("its bias must be constant"))?;
        let bias = Tensor::new(vec![bias.len()], bias);
        inputs.push(node.parameter("bias", bias.into()));
    }
    let sum = conv::read(node, &inputs)?[0];
    requantised(node, sum, [1, 4, 6], 7, true)
}

/// The whole part of a quotient of integers that are real numbers here. Gradients
/// pass it as they pass the rounding of a quantiser.
pub(super) fn whole_part() -> Quantise {
    Quantise {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        rounding: Rounding::TowardsZero,
        shift_first: false,
    }
}

/// Operations between a quantiser and a value deeper than this are not looked into.
const DEEPEST: usize = 16;

/// Whether a value holds the integers of a quantised model as real numbers, so
/// that a cast to integers changes nothing.
pub(super) fn is_quantised(graph: &Graph, value: ValueId) -> bool {
    is_made_of_integers(graph, value, DEEPEST) && graph.data(value).is_none()
}

fn is_made_of_integers(graph: &Graph, value: ValueId, depth: usize) -> bool {
    if let Some(data) = graph.data(value) {
        return data.to_f64().iter().all(|x| x.fract() == 0.0);
    }
    let (Some(node), Some(left)) = (graph.producer(value), depth.checked_sub(1)) else {
        return false;
    };
    let all = |inputs: &[ValueId]| {
        let mut inputs = inputs.iter();
        inputs.all(|&input| is_made_of_integers(graph, input, left))
    };
    match &node.op {
        Op::Quantise(_) => true,
        Op::Abs(_)
        | Op::Add(_)
        | Op::Concat(_)
        | Op::Max(_)
        | Op::Modulo(_)
        | Op::Mul(_)
        | Op::Neg(_)
        | Op::Sub(_) => all(&node.inputs),
        Op::Expand(_)
        | Op::Gather(_)
        | Op::Identity(_)
        | Op::MaxPool(_)
        | Op::ReduceMax(_)
        | Op::ReduceSum(_)
        | Op::Reshape(_)
        | Op::Slice(_)
        | Op::Transpose(_) => all(&node.inputs[..1]),
        _ => false,
    }
}
