//! ONNX operations that are written with other operations of the graph.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::onnx::reader::Import;
use crate::onnx::{
    activations, attention, blocks, conv_transpose, crop, einsum, fourier, logic, norms, one_hot,
    pooling, quantised, recurrent, reductions, resize, reverse, rotary,
};
use crate::ops::{Add, Div, Expand, Slice};

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
    "Attention" => attention::attention,
    "Cast" => logic::cast,
    "CastLike" => logic::cast_like,
    "Celu" => activations::celu,
    "CenterCropPad" => crop::center_crop_pad,
    "ConvInteger" => quantised::conv_integer,
    "ConstantOfShape" => constant_of_shape,
    "ConvTranspose" => conv_transpose::conv_transpose,
    "DFT" => fourier::dft,
    "DepthToSpace" => blocks::depth_to_space,
    "DequantizeLinear" => quantised::dequantise_linear,
    "DynamicQuantizeLinear" => quantised::dynamic_quantise_linear,
    "Einsum" => einsum::einsum,
    "EyeLike" => one_hot::eye_like,
    "GRU" => recurrent::gru,
    "GlobalLpPool" => pooling::global_lp,
    "GlobalMaxPool" => pooling::global_max,
    "HardSigmoid" => activations::hard_sigmoid,
    "Hardmax" => activations::hardmax,
    "IsInf" => logic::is_infinite,
    "LRN" => norms::local_response,
    "LSTM" => recurrent::lstm,
    "Less" => logic::less,
    "LessOrEqual" => logic::less_or_equal,
    "LpNormalization" => norms::lp,
    "LpPool" => pooling::lp,
    "MatMulInteger" => quantised::mat_mul_integer,
    "Mean" => mean,
    "MeanVarianceNormalization" => norms::mean_variance,
    "Not" => logic::not,
    "OneHot" => one_hot::one_hot,
    "Or" => logic::or,
    "PRelu" => activations::p_relu,
    "QLinearConv" => quantised::q_linear_conv,
    "QLinearMatMul" => quantised::q_linear_mat_mul,
    "QuantizeLinear" => quantised::quantise_linear,
    "RMSNormalization" => norms::root_mean_square,
    "RNN" => recurrent::rnn,
    "ReduceL1" => reductions::l1,
    "ReduceL2" => reductions::l2,
    "ReduceLogSum" => reductions::log_sum,
    "ReduceMin" => reductions::min,
    "ReduceProd" => reductions::prod,
    "ReduceSumSquare" => reductions::sum_square,
    "Resize" => resize::resize,
    "ReverseSequence" => reverse::reverse_sequence,
    "RotaryEmbedding" => rotary::rotary_embedding,
    "Shrink" => activations::shrink,
    "SpaceToDepth" => blocks::space_to_depth,
    "Split" => split,
    "Sum" => sum,
    "SwiGLU" => activations::swi_glu,
    "Swish" => activations::swish,
    "ThresholdedRelu" => activations::thresholded_relu,
    "Tile" => tile,
    "Upsample" => resize::upsample,
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

/// The `group` attribute of convolutions.
pub(crate) fn groups(node: &Import<'_>) -> Result<usize, NetworkError> {
    let groups = node.proto().int("group")?.unwrap_or(1);
    usize::try_from(groups)
        .ok()
        .filter(|&groups| groups >= 1 && i32::try_from(groups).is_ok())
        .ok_or_else(|| node.refuse(format!("{groups} groups, expected at least 1")))
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
