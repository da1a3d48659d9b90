//! ONNX operations that are written with other operations of the graph.

use pellucid_onnx::DataType;

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::onnx::reader::Import;
use crate::onnx::{recurrent, window};
use crate::ops::{
    Add, Clip, Concat, ConvInput, Div, Equal, Expand, Greater, Identity, Mul, ReduceMax,
    ReduceMean, Slice, Sqrt, Sub, Where,
};

/// Reads a node.
pub(crate) type Reader = fn(&mut Import<'_>) -> Result<Vec<ValueId>, NetworkError>;

macro_rules! composites {
    ($($name:literal => $read:expr),* $(,)?) => {
        /// The names of the operations below.
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        /// What reads nodes of this name.
        pub(crate) fn reader(name: &str) -> Option<Reader> {
            match name {
                $($name => Some($read),)*
                _ => None,
            }
        }
    };
}

composites! {
    "And" => |node| { let inputs = node.reals()?; node.push(Mul, &inputs) },
    "Cast" => cast,
    "CastLike" => |node| { let x = node.real(0)?; node.push(Identity, &[x]) },
    "ConstantOfShape" => constant_of_shape,
    "ConvTranspose" => conv_transpose,
    "Gather" => gather,
    "GRU" => recurrent::gru,
    "GlobalMaxPool" => global_max_pool,
    "GreaterOrEqual" => |node| at_least(node, 0, 1),
    "HardSigmoid" => hard_sigmoid,
    "LSTM" => recurrent::lstm,
    "LayerNormalization" => layer_normalization,
    "Less" => less,
    "LessOrEqual" => |node| at_least(node, 1, 0),
    "Max" => |node| largest(node, false),
    "Mean" => mean,
    "Min" => |node| largest(node, true),
    "Not" => not,
    "PRelu" => p_relu,
    "RNN" => recurrent::rnn,
    "Reciprocal" => reciprocal,
    "Split" => split,
    "Sum" => sum,
}

type Values = Result<Vec<ValueId>, NetworkError>;

fn cast(node: &mut Import<'_>) -> Values {
    let to = node.proto().int("to")?.unwrap_or_default();
    match i32::try_from(to).ok().and_then(DataType::from_code) {
        Some(kind) if kind.is_real() => {
            let x = node.real(0)?;
            node.push(Identity, &[x])
        }
        Some(DataType::Bool) => {
            let (x, zero) = (node.real(0)?, node.scalar(0.0));
            let is_zero = node.add(Equal, &[x, zero])?;
            let one = node.scalar(1.0);
            node.push(Sub, &[one, is_zero])
        }
        _ => Err(node.refuse("real numbers of the run are not turned into integers")),
    }
}

fn constant_of_shape(node: &mut Import<'_>) -> Values {
    let value = match node.proto().tensor("value")? {
        Some(tensor) => match tensor.to_f64()?.as_slice() {
            [value] => *value,
            _ => return Err(node.refuse("expected one value")),
        },
        None => 0.0,
    };
    let shape = shape(node, 0)?;
    let value = node.scalar(value);
    node.push(Expand { shape }, &[value])
}

/// Input `i` as a shape.
pub(crate) fn shape(node: &Import<'_>, i: usize) -> Result<Vec<Dim>, NetworkError> {
    let dims: Option<Vec<Dim>> = node
        .sizes(i)?
        .data
        .iter()
        .map(super::sizes::Size::dim)
        .collect();
    dims.ok_or_else(|| node.refuse("a side of a shape is negative"))
}

/// A transposed convolution is the adjoint of a convolution by its input.
fn conv_transpose(node: &mut Import<'_>) -> Values {
    let (x, w) = (node.real(0)?, node.real(1)?);
    let (sides, filters) = (node.shape(x), node.shape(w));
    if sides.len() < 3 || filters.len() != sides.len() {
        return Err(node.refuse("expected images and filters with as many sides"));
    }
    let proto = node.proto();
    if proto.attribute("output_shape").is_some()
        || proto.string("auto_pad")?.is_some_and(|pad| pad != "NOTSET")
    {
        return Err(node.refuse("expected explicit pads, not output_shape or auto_pad"));
    }
    let kernel: Option<Vec<usize>> = filters[2..].iter().map(Dim::known).collect();
    let kernel = kernel.ok_or_else(|| node.refuse("the size of the filters must be known"))?;
    let window = window::read(node, &kernel, &sides[2..])?;
    let extra = proto
        .sizes("output_padding")?
        .unwrap_or_else(|| vec![0; window.rank()]);
    if extra.len() != window.rank() {
        return Err(node.refuse("expected one output_padding per side"));
    }
    let mut result = Vec::new();
    for (d, side) in sides[2..].iter().enumerate() {
        let span = window.dilation[d] * (window.kernel[d] - 1) + 1 + extra[d];
        let steps = &(side - &Dim::fixed(1)) * &Dim::fixed(window.stride[d]);
        let padded = &steps + &Dim::fixed(span);
        result.push(&padded - &Dim::fixed(window.before[d] + window.after[d]));
    }
    let groups = groups(node)?;
    let y = node.add(
        ConvInput {
            window,
            groups,
            sides: result,
        },
        &[x, w],
    )?;
    if !node.has(2) {
        return Ok(vec![y]);
    }
    let bias = node.real(2)?;
    let mut column = node.shape(bias);
    column.extend(vec![Dim::fixed(1); sides.len() - 2]);
    let bias = node.reshape(bias, column)?;
    node.push(Add, &[y, bias])
}

/// The `group` attribute of convolutions.
pub(crate) fn groups(node: &Import<'_>) -> Result<usize, NetworkError> {
    let groups = node.proto().int("group")?.unwrap_or(1);
    usize::try_from(groups)
        .ok()
        .filter(|&groups| groups >= 1 && i32::try_from(groups).is_ok())
        .ok_or_else(|| node.refuse(format!("{groups} groups, expected at least 1")))
}

/// Entries along a side by constant positions.
fn gather(node: &mut Import<'_>) -> Values {
    let x = node.real(0)?;
    let mut sides = node.shape(x);
    let axis = node.axis(node.proto().int("axis")?.unwrap_or(0), sides.len())?;
    let positions = node.integers(1)?;
    let single = node.sizes(1)?.shape.clone();
    if single.len() > 1 || positions.len() > 4096 {
        return Err(node.refuse("expected a list of at most 4096 constant positions"));
    }
    let mut pieces = Vec::new();
    for position in positions {
        let start = match (position, sides[axis].known()) {
            (0.., Some(side)) if position as usize >= side => None,
            (0.., _) => Some(Dim::fixed(position as usize)),
            (_, Some(side)) => (side as i64)
                .checked_add(position)
                .and_then(|at| usize::try_from(at).ok())
                .map(Dim::fixed),
            (_, None) => None,
        };
        let start = start.ok_or_else(|| {
            node.refuse(format!(
                "there is no entry {position} along a side of {}",
                sides[axis]
            ))
        })?;
        pieces.push(node.add(
            Slice {
                axis,
                start,
                length: Dim::fixed(1),
                step: 1,
            },
            &[x],
        )?);
    }
    match (pieces.as_slice(), single.is_empty()) {
        ([piece], true) => {
            sides.remove(axis);
            Ok(vec![node.reshape(*piece, sides)?])
        }
        ([piece], false) => Ok(vec![*piece]),
        ([], _) => Err(node.refuse("expected at least one position")),
        _ => node.push(Concat { axis }, &pieces),
    }
}

fn global_max_pool(node: &mut Import<'_>) -> Values {
    let x = node.real(0)?;
    let axes = (2..node.shape(x).len()).collect();
    node.push(ReduceMax { axes, keep: true }, &[x])
}

fn less(node: &mut Import<'_>) -> Values {
    let (a, b) = (node.real(0)?, node.real(1)?);
    node.push(Greater, &[b, a])
}

/// `1 − (b > a)` for the inputs numbered `a` and `b`.
fn at_least(node: &mut Import<'_>, a: usize, b: usize) -> Values {
    let (a, b) = (node.real(a)?, node.real(b)?);
    let below = node.add(Greater, &[b, a])?;
    let one = node.scalar(1.0);
    node.push(Sub, &[one, below])
}

fn not(node: &mut Import<'_>) -> Values {
    let (x, one) = (node.real(0)?, node.scalar(1.0));
    node.push(Sub, &[one, x])
}

fn hard_sigmoid(node: &mut Import<'_>) -> Values {
    let (alpha, beta) = (node.float("alpha", 0.2)?, node.float("beta", 0.5)?);
    let (x, alpha, beta) = (node.real(0)?, node.scalar(alpha), node.scalar(beta));
    let scaled = node.add(Mul, &[x, alpha])?;
    let moved = node.add(Add, &[scaled, beta])?;
    node.push(
        Clip {
            low: 0.0,
            high: 1.0,
        },
        &[moved],
    )
}

/// `(x − mean) / √(variance + epsilon) · scale + bias` over the last sides.
fn layer_normalization(node: &mut Import<'_>) -> Values {
    node.only_outputs(1)?;
    let (x, scale) = (node.real(0)?, node.real(1)?);
    let rank = node.shape(x).len();
    let axis = node.axis(node.proto().int("axis")?.unwrap_or(-1), rank)?;
    let mean = ReduceMean {
        axes: (axis..rank).collect(),
        keep: true,
    };
    let center = node.add(mean.clone(), &[x])?;
    let centered = node.add(Sub, &[x, center])?;
    let squares = node.add(Mul, &[centered, centered])?;
    let variance = node.add(mean, &[squares])?;
    let epsilon = node.float("epsilon", 1e-5)?;
    let epsilon = node.scalar(epsilon);
    let variance = node.add(Add, &[variance, epsilon])?;
    let width = node.add(Sqrt, &[variance])?;
    let normal = node.add(Div, &[centered, width])?;
    let scaled = node.add(Mul, &[normal, scale])?;
    if !node.has(2) {
        return Ok(vec![scaled]);
    }
    let bias = node.real(2)?;
    node.push(Add, &[scaled, bias])
}

/// The largest (or smallest) of any number of inputs.
fn largest(node: &mut Import<'_>, smallest: bool) -> Values {
    let inputs = node.reals()?;
    let Some((&first, rest)) = inputs.split_first() else {
        return Err(node.refuse("expected at least one input"));
    };
    let mut best = first;
    for &next in rest {
        let pair = if smallest { [next, best] } else { [best, next] };
        let wins = node.add(Greater, &pair)?;
        best = node.add(Where, &[wins, best, next])?;
    }
    Ok(vec![best])
}

fn sum(node: &mut Import<'_>) -> Values {
    let inputs = node.reals()?;
    let Some((&first, rest)) = inputs.split_first() else {
        return Err(node.refuse("expected at least one input"));
    };
    let mut sum = first;
    for &next in rest {
        sum = node.add(Add, &[sum, next])?;
    }
    Ok(vec![sum])
}

fn mean(node: &mut Import<'_>) -> Values {
    let total = sum(node)?;
    let count = node.scalar(node.count() as f64);
    node.push(Div, &[total[0], count])
}

fn p_relu(node: &mut Import<'_>) -> Values {
    let (x, slope, zero) = (node.real(0)?, node.real(1)?, node.scalar(0.0));
    let scaled = node.add(Mul, &[x, slope])?;
    let above = node.add(Greater, &[x, zero])?;
    node.push(Where, &[above, x, scaled])
}

fn reciprocal(node: &mut Import<'_>) -> Values {
    let (one, x) = (node.scalar(1.0), node.real(0)?);
    node.push(Div, &[one, x])
}

fn split(node: &mut Import<'_>) -> Values {
    let x = node.real(0)?;
    let sides = node.shape(x);
    let axis = node.axis(node.proto().int("axis")?.unwrap_or(0), sides.len())?;
    let outputs = node.proto().output.len();
    let side = sides[axis]
        .known()
        .ok_or_else(|| node.refuse(format!("the side {} is not known", sides[axis])))?;
    // Without sizes the last part may be shorter, see operation set 18.
    let part = side.div_ceil(outputs.max(1));
    let even = |i: usize| part.min(side.saturating_sub(i.saturating_mul(part))) as i64;
    let given = node.setting(1, "split")?;
    let parts = given.unwrap_or_else(|| (0..outputs).map(even).collect());
    if parts.len() != outputs {
        return Err(node.refuse(format!("{} parts for {outputs} outputs", parts.len())));
    }
    let mut next = 0_i64;
    let mut values = Vec::new();
    for part in parts {
        let (start, end) = (next, next.saturating_add(part));
        if part < 0 || end > side as i64 {
            return Err(node.refuse(format!("the parts are longer than the side of {side}")));
        }
        let (start, length) = (Dim::fixed(start as usize), Dim::fixed(part as usize));
        let slice = Slice {
            axis,
            start,
            length,
            step: 1,
        };
        values.push(node.add(slice, &[x])?);
        next = end;
    }
    Ok(values)
}

/// The sides that a reduction is over: an input, or an attribute before
/// operation set 13 (sum) or 18 (others); all if there is neither.
pub(crate) fn reduced_axes(
    node: &Import<'_>,
    rank: usize,
) -> Result<Option<Vec<usize>>, NetworkError> {
    let axes = node.setting(1, "axes")?.unwrap_or_default();
    if !axes.is_empty() {
        return node.axes(&axes, rank).map(Some);
    }
    let nothing = node.proto().flag("noop_with_empty_axes")?.unwrap_or(false);
    Ok((!nothing).then(|| (0..rank).collect()))
}

/// Whether a reduction keeps its sides, with length 1.
pub(crate) fn keep(node: &Import<'_>) -> Result<bool, NetworkError> {
    Ok(node.proto().flag("keepdims")?.unwrap_or(true))
}

/// `ReduceSum` and its like.
pub(crate) fn reduce<O: Into<crate::ops::Op>>(
    node: &mut Import<'_>,
    make: impl FnOnce(Vec<usize>, bool) -> O,
) -> Values {
    let x = node.real(0)?;
    let rank = node.shape(x).len();
    match reduced_axes(node, rank)? {
        Some(axes) => {
            let keep = keep(node)?;
            node.push(make(axes, keep), &[x])
        }
        None => node.push(Identity, &[x]),
    }
}
