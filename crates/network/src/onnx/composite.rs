//! ONNX operations that are written with other operations of the graph.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::onnx::reader::Import;
use crate::onnx::{einsum, logic, recurrent, reductions, window};
use crate::ops::{
    Add, Clip, ConvInput, Div, Expand, Greater, Mul, ReduceMax, ReduceMean, Slice, Sqrt, Sub, Where,
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
    "And" => logic::and,
    "Cast" => logic::cast,
    "CastLike" => logic::cast_like,
    "ConstantOfShape" => constant_of_shape,
    "ConvTranspose" => conv_transpose,
    "Einsum" => einsum::einsum,
    "GRU" => recurrent::gru,
    "GlobalMaxPool" => global_max_pool,
    "HardSigmoid" => hard_sigmoid,
    "LSTM" => recurrent::lstm,
    "LayerNormalization" => layer_normalization,
    "Less" => logic::less,
    "LessOrEqual" => logic::less_or_equal,
    "Mean" => mean,
    "Not" => logic::not,
    "Or" => logic::or,
    "PRelu" => p_relu,
    "RNN" => recurrent::rnn,
    "ReduceL1" => reductions::l1,
    "ReduceL2" => reductions::l2,
    "ReduceLogSum" => reductions::log_sum,
    "ReduceMin" => reductions::min,
    "ReduceProd" => reductions::prod,
    "ReduceSumSquare" => reductions::sum_square,
    "Split" => split,
    "Sum" => sum,
    "Tile" => tile,
    "Xor" => logic::xor,
}

type Values = Result<Vec<ValueId>, NetworkError>;

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

fn global_max_pool(node: &mut Import<'_>) -> Values {
    let x = node.real(0)?;
    let axes = (2..node.shape(x).len()).collect();
    node.push(ReduceMax { axes, keep: true }, &[x])
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

fn sum(node: &mut Import<'_>) -> Values {
    let inputs = node.alike()?;
    let Some((&first, rest)) = inputs.split_first() else {
        return Err(node.refuse("expected at least one input"));
    };
    Ok(vec![node.chain(Add, first, rest)?])
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

fn split(node: &mut Import<'_>) -> Values {
    let x = node.either(0)?;
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

/// A tensor repeated along its sides: each side gets a new one in front,
/// which is expanded and joined with it.
fn tile(node: &mut Import<'_>) -> Values {
    let x = node.either(0)?;
    let old = node.shape(x);
    let repeats = shape(node, 1)?;
    if repeats.len() != old.len() {
        return Err(node.refuse(format!(
            "expected one repeat per side, found {} for {}",
            repeats.len(),
            show(&old)
        )));
    }
    let one = Dim::fixed(1);
    let (mut apart, mut wide, mut joined) = (Vec::new(), Vec::new(), Vec::new());
    for (side, repeat) in old.iter().zip(repeats) {
        joined.push(side * &repeat);
        if repeat != one {
            apart.push(one.clone());
            wide.push(repeat);
        }
        apart.push(side.clone());
        wide.push(side.clone());
    }
    let apart = node.reshape_if(x, apart)?;
    let wide = node.add(Expand { shape: wide }, &[apart])?;
    Ok(vec![node.reshape_if(wide, joined)?])
}
