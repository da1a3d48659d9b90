//! The numbers at positions that integers tell, in one of three forms (see
//! [`Places`]).

use crate::graph::ValueId;
use crate::kernels::index;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{GatherAdjoint, Reshape, Slice};

/// Inputs: the data and the indices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gather {
    /// How the indices tell positions.
    pub places: Places,
}

impl Operation for Gather {
    const NAME: &'static str = "Gather";
    const RULE: Rule = Rule::Route;

    fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        match inputs.first().copied().flatten() {
            Some(table) if table.is_list() => vec![(0, Weight::Table)],
            _ => Vec::new(),
        }
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [data, indices] = inputs else {
            return Err(format!("expected data and indices, found {}", inputs.len()));
        };
        Ok(vec![Type {
            kind: data.kind,
            shape: self.places.pointed_to(&data.shape, indices)?,
        }])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let (data, indices) = (inputs[0], inputs[1]);
        match self
            .places
            .addresses(data.shape, indices.shape, indices.integer())
        {
            Ok(at) => either_kind!(data, outputs[0], |x, out| index::gather(&at, x, out)),
            Err(problem) => step.fail(problem),
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let shape = back.graph.shape(back.inputs[0]).to_vec();
        let places = self.places;
        let indices = back.inputs[1];
        let adjoint = back.push(GatherAdjoint { places, shape }, &[g, indices])?;
        Ok(vec![Some(adjoint), None])
    }

    fn examples() -> Vec<Example<Self>> {
        let integers = |shape: &[usize], data: &[i32]| {
            pellucid_core::Tensor::new(shape.to_vec(), data.to_vec())
        };
        let of = |places, data: &[usize], indices| {
            Example::new(Self { places }, &[data]).and_integers(indices)
        };
        let pairs = integers(&[2, 2], &[2, -1, 0, 2]);
        vec![
            of(Places::Along { axis: 1 }, &[2, 3, 2], pairs.clone()),
            of(Places::Along { axis: 0 }, &[3], integers(&[], &[1])),
            of(Places::Elements { axis: 1 }, &[2, 3], pairs.clone()),
            of(Places::Elements { axis: 0 }, &[3, 2], pairs.clone()),
            of(Places::Tuples { batch: 0 }, &[3, 3, 2], pairs.clone()),
            of(
                Places::Tuples { batch: 1 },
                &[2, 3, 2],
                integers(&[2, 1], &[2, 0]),
            ),
        ]
    }
}

impl OnnxForm for Gather {
    const NAMES: &'static [&'static str] = &["Gather", "GatherElements", "GatherND"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        let places = read_places(node, x)?;
        if let Places::Along { axis } = places
            && let Some(part) = constant_run(node, x, axis)?
        {
            return Ok(vec![part]);
        }
        let indices = node.indices(1)?;
        node.push(Self { places }, &[x, indices])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let (name, attribute, value) = match self.places {
            Places::Along { axis } => ("Gather", "axis", axis),
            Places::Elements { axis } => ("GatherElements", "axis", axis),
            Places::Tuples { batch } => ("GatherND", "batch_dims", batch),
        };
        node.same(name, vec![AttributeProto::int(attribute, value as i64)]);
        Ok(())
    }
}

/// The form that a node's name means, for data `x`.
pub(crate) fn read_places(node: &Import<'_>, x: ValueId) -> Result<Places, NetworkError> {
    let rank = node.shape(x).len();
    let axis = || node.axis(node.proto().int("axis")?.unwrap_or(0), rank);
    Ok(match node.proto().op_type.as_str() {
        "Gather" => Places::Along { axis: axis()? },
        "GatherElements" | "ScatterElements" | "Scatter" => Places::Elements { axis: axis()? },
        _ => {
            let batch = node.proto().int("batch_dims")?.unwrap_or(0);
            let batch = usize::try_from(batch).ok().filter(|&batch| batch < rank);
            Places::Tuples {
                batch: batch.ok_or_else(|| node.refuse("batch_dims is not a number of sides"))?,
            }
        }
    })
}

/// Constant positions one behind the other are a part of the side, which folds
/// and reads better than a gather.
fn constant_run(
    node: &mut Import<'_>,
    x: ValueId,
    axis: usize,
) -> Result<Option<ValueId>, NetworkError> {
    let Ok(sizes) = node.sizes(1) else {
        return Ok(None);
    };
    let (single, Some(positions)) = (sizes.shape.is_empty(), sizes.known()) else {
        return Ok(None);
    };
    let mut sides = node.shape(x);
    let &[first, ..] = positions.as_slice() else {
        return Ok(None);
    };
    let in_a_row = positions
        .iter()
        .enumerate()
        .all(|(i, &at)| first.checked_add(i as i64) == Some(at));
    if !in_a_row || sizes.shape.len() > 1 {
        return Ok(None);
    }
    let last = positions.len() - 1;
    let start = match sides[axis].known() {
        Some(side) => {
            let from_front = if first < 0 {
                first.saturating_add(side as i64)
            } else {
                first
            };
            let start = usize::try_from(from_front)
                .ok()
                .filter(|start| start.saturating_add(last) < side);
            Dim::fixed(start.ok_or_else(|| {
                node.refuse(format!("there is no entry {first} along a side of {side}"))
            })?)
        }
        None if first >= 0 => Dim::fixed(first as usize),
        None if positions[last] < 0 => &sides[axis] - &Dim::fixed(first.unsigned_abs() as usize),
        None => return Ok(None),
    };
    let part = Slice {
        axis,
        start,
        length: Dim::fixed(positions.len()),
        step: 1,
    };
    let part = node.add(part, &[x])?;
    if !single {
        return Ok(Some(part));
    }
    sides.remove(axis);
    node.add(Reshape { shape: sides }, &[part]).map(Some)
}
