//! Shape rules that several operations share.

use crate::error::NetworkError;
use crate::graph::{Dim, Kind, Type, ValueId, show};
use crate::ops::{Adjoints, Backward, ReduceSum, Reshape};

/// The only input, which must be real numbers.
pub(crate) fn one_real<'a>(inputs: &[&'a Type]) -> Result<&'a Type, String> {
    match inputs {
        [input] if input.kind == Kind::Real => Ok(input),
        [_] => Err("expected real numbers, found integers".to_owned()),
        _ => Err(format!("expected one input, found {}", inputs.len())),
    }
}

/// One real input; the output has its shape.
pub(crate) fn same(inputs: &[&Type]) -> Result<Vec<Type>, String> {
    Ok(vec![one_real(inputs)?.clone()])
}

/// `count` real inputs, broadcast against each other as NumPy does.
pub(crate) fn broadcast(inputs: &[&Type], count: usize) -> Result<Vec<Type>, String> {
    if inputs.len() != count {
        return Err(format!("expected {count} inputs, found {}", inputs.len()));
    }
    if inputs.iter().any(|input| input.kind != Kind::Real) {
        return Err("expected real numbers, found integers".to_owned());
    }
    let mut shape: Vec<Dim> = Vec::new();
    for input in inputs {
        shape = broadcast_shapes(&shape, &input.shape)?;
    }
    Ok(vec![Type::real(shape)])
}

/// `count` inputs of one kind, broadcast against each other; the result is of
/// that kind.
pub(crate) fn alike(inputs: &[&Type], count: usize) -> Result<Type, String> {
    let [first, ..] = inputs else {
        return Err(format!("expected {count} inputs, found none"));
    };
    if inputs.len() != count {
        return Err(format!("expected {count} inputs, found {}", inputs.len()));
    }
    if inputs.iter().any(|input| input.kind != first.kind) {
        return Err("integers meet real numbers; a Cast must stand before".to_owned());
    }
    let mut shape = first.shape.clone();
    for input in &inputs[1..] {
        shape = broadcast_shapes(&shape, &input.shape)?;
    }
    Ok(Type {
        kind: first.kind,
        shape,
    })
}

/// The only input, of either kind.
pub(crate) fn one<'a>(inputs: &[&'a Type]) -> Result<&'a Type, String> {
    match inputs {
        [input] => Ok(input),
        _ => Err(format!("expected one input, found {}", inputs.len())),
    }
}

/// The adjoints of an operation that nothing passes back through.
#[allow(clippy::unnecessary_wraps)] // the form of every gradient rule
pub(crate) fn none(back: &Backward<'_>) -> Adjoints {
    Ok(vec![None; back.inputs.len()])
}

/// The shape that two shapes broadcast to.
pub(crate) fn broadcast_shapes(a: &[Dim], b: &[Dim]) -> Result<Vec<Dim>, String> {
    let one = Dim::fixed(1);
    let rank = a.len().max(b.len());
    let side = |shape: &[Dim], i: usize| {
        let lead = rank - shape.len();
        if i < lead {
            one.clone()
        } else {
            shape[i - lead].clone()
        }
    };
    (0..rank)
        .map(|i| match (side(a, i), side(b, i)) {
            (x, y) if x == y || y == one => Ok(x),
            (x, y) if x == one => Ok(y),
            _ => Err(format!(
                "shapes {} and {} do not broadcast",
                show(a),
                show(b)
            )),
        })
        .collect()
}

/// Sums an adjoint over the sides that `target` was broadcast along.
pub(crate) fn unbroadcast(
    back: &mut Backward<'_>,
    adjoint: ValueId,
    target: ValueId,
) -> Result<ValueId, NetworkError> {
    let shape = back.graph.shape(target).to_vec();
    let from = back.graph.shape(adjoint).to_vec();
    if shape == from {
        return Ok(adjoint);
    }
    let lead = from.len() - shape.len();
    let axes: Vec<usize> = (0..from.len())
        .filter(|&i| i < lead || shape[i - lead] != from[i])
        .collect();
    let keep = lead == 0;
    let sum = back.push(ReduceSum { axes, keep }, &[adjoint])?;
    if back.graph.shape(sum) == shape {
        return Ok(sum);
    }
    back.push(Reshape { shape }, &[sum])
}

/// [`unbroadcast`] for every input that an adjoint is wanted for.
pub(crate) fn unbroadcast_all(back: &mut Backward<'_>, adjoints: Vec<Option<ValueId>>) -> Adjoints {
    let mut out = Vec::with_capacity(adjoints.len());
    for (i, adjoint) in adjoints.into_iter().enumerate() {
        out.push(match adjoint {
            Some(adjoint) if back.wanted[i] => Some(unbroadcast(back, adjoint, back.inputs[i])?),
            _ => None,
        });
    }
    Ok(out)
}

/// A shape as `(outer, side, inner)` about one axis.
pub(crate) fn split_at(shape: &[usize], axis: usize) -> (usize, usize, usize) {
    (
        shape[..axis].iter().product(),
        shape[axis],
        shape[axis + 1..].iter().product(),
    )
}
