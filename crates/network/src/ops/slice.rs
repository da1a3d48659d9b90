//! A part of a tensor along one side.

use crate::graph::ValueId;
use crate::onnx::prelude::*;
use crate::onnx::sizes::picked;
use crate::ops::prelude::*;
use crate::ops::{Gather, Pad, Range};

/// The numbers `start, start + step, …` (`length` of them) along side `axis`.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// The side.
    pub axis: usize,
    /// The first position.
    pub start: Dim,
    /// How many positions.
    pub length: Dim,
    /// From one to the next.
    pub step: usize,
}

impl Operation for Slice {
    const NAME: &'static str = "Slice";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one(inputs)?;
        let mut shape = input.shape.clone();
        let side = shape
            .get_mut(self.axis)
            .ok_or_else(|| format!("no side {} in {}", self.axis, show(&input.shape)))?;
        if let (Some(side), Some(start), Some(length)) =
            (side.known(), self.start.known(), self.length.known())
            && length > 0
            && start + (length - 1) * self.step >= side
        {
            return Err(format!(
                "{length} from {start} on are not in {}",
                show(&input.shape)
            ));
        }
        if self.step == 0 {
            return Err("a step of 0".to_owned());
        }
        *side = self.length.clone();
        Ok(vec![Type {
            kind: input.kind,
            shape,
        }])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let (outer, side, inner) = split_at(inputs[0].shape, self.axis);
        let start = match self.start.evaluate(step.bindings) {
            Ok(start) => start,
            Err(problem) => return step.fail(format!("its start: {problem}")),
        };
        let length = outputs[0].shape[self.axis];
        let last = start + length.saturating_sub(1) * self.step;
        if length > 0 && last >= side {
            return step.fail(format!(
                "{length} from {start} on are not in a side of {side}"
            ));
        }
        either_kind!(inputs[0], outputs[0], |x, out| for o in 0..outer {
            for i in 0..length {
                let from = (o * side + start + i * self.step) * inner;
                out[(o * length + i) * inner..][..inner].copy_from_slice(&x[from..][..inner]);
            }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let side = back.graph.shape(back.inputs[0])[self.axis].clone();
        let pad = Pad {
            axis: self.axis,
            start: self.start.clone(),
            length: side,
            step: self.step,
            value: 0.0,
        };
        Ok(vec![Some(back.push(pad, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let part = |axis, start: usize, length: usize, step| Self {
            axis,
            start: start.into(),
            length: length.into(),
            step,
        };
        vec![
            Example::new(part(1, 1, 2, 1), &[&[3, 4]]),
            Example::new(part(0, 0, 3, 2), &[&[5, 2]]),
        ]
    }
}

impl OnnxForm for Slice {
    const NAMES: &'static [&'static str] = &["Slice"];

    fn import(node: &mut Import<'_>) -> Imported {
        let mut x = node.either(0)?;
        let rank = node.shape(x).len();
        let starts = bounds(node, 1, "starts")?;
        let ends = bounds(node, 2, "ends")?;
        let every = || (0..starts.len() as i64).collect();
        let axes = node.setting(3, "axes")?.unwrap_or_else(every);
        let steps = node
            .setting(4, "steps")?
            .unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()]
            .iter()
            .any(|&len| len != starts.len())
        {
            return Err(node.refuse("starts, ends, axes and steps differ in length"));
        }
        let parts = starts.iter().zip(&ends).zip(axes.iter().zip(&steps));
        for ((start, end), (&axis, &step)) in parts {
            let axis = node.axis(axis, rank)?;
            if step < 0 {
                x = backwards(node, x, axis, [start, end], step)?;
                continue;
            }
            let part = part(node, &node.shape(x)[axis], start, end, step)?;
            let (start, length, step) = part;
            x = node.add(
                Self {
                    axis,
                    start,
                    length,
                    step,
                },
                &[x],
            )?;
        }
        Ok(vec![x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let side = &node.shape(0)[self.axis];
        let steps = &self.length * &Dim::fixed(self.step);
        let end = &(&self.start + &steps) - &Dim::fixed(self.step.saturating_sub(1));
        let start = node.sizes("start", std::slice::from_ref(&self.start))?;
        let end = if end == *side {
            node.integers("end", &[i64::MAX])
        } else {
            node.sizes("end", &[end])?
        };
        let axis = node.integers("axis", &[self.axis as i64]);
        let step = node.integers("step", &[self.step as i64]);
        let inputs = [node.input(0), &start, &end, &axis, &step];
        node.emit("Slice", &inputs, &[node.output(0)], vec![]);
        Ok(())
    }
}

/// Where slices start or end: an input, or an attribute before operation set 10.
fn bounds(node: &Import<'_>, i: usize, attribute: &str) -> Result<Vec<Size>, NetworkError> {
    match node.proto().ints(attribute)? {
        Some(ints) if !node.has(i) => Ok(Sizes::list(ints).data),
        _ => Ok(node.sizes(i)?.data.clone()),
    }
}

/// A part of a side from its end on: the positions are gathered.
fn backwards(
    node: &mut Import<'_>,
    x: ValueId,
    axis: usize,
    [start, end]: [&Size; 2],
    step: i64,
) -> Result<ValueId, NetworkError> {
    let side = node.shape(x)[axis].clone();
    let refuse = || {
        format!(
            "a slice with the step {step} needs bounds that can be followed for a side of {side}"
        )
    };
    let narrow = i32::try_from(step).map_err(|_| node.refuse(refuse()))?;
    let range = match (side.known(), start, end) {
        (Some(known), Size::Known(start), Size::Known(end)) => {
            let places = picked(known, *start, *end, step);
            let places = places.map_err(|_| node.refuse(refuse()))?;
            Range {
                start: places.first().copied().unwrap_or(0).into(),
                step: narrow,
                length: places.len().into(),
            }
        }
        // The whole side, as `flip` is exported.
        (None, Size::Known(-1 | 0x7fff_ffff..), Size::Known(end)) if *end < -0x7fff_fffe => {
            let size = Dim::fixed(narrow.unsigned_abs() as usize);
            let length = (&side + &(&size - &Dim::fixed(1))).quotient(&size);
            Range {
                start: &side - &Dim::fixed(1),
                step: narrow,
                length,
            }
        }
        _ => return Err(node.refuse(refuse())),
    };
    let places = node.add(range, &[])?;
    let along = Gather {
        places: Places::Along { axis },
    };
    node.add(along, &[x, places])
}

/// Start, length and step of a part of a side; negative bounds count from the
/// end, and bounds beyond the side are cut to it.
fn part(
    node: &Import<'_>,
    side: &Dim,
    start: &Size,
    end: &Size,
    step: i64,
) -> Result<(Dim, Dim, usize), NetworkError> {
    let step = usize::try_from(step)
        .ok()
        .filter(|step| (1..=1 << 31).contains(step));
    let step = step.ok_or_else(|| node.refuse("a slice needs a step from 1 on"))?;
    let size = |known: i64| Dim::fixed(known.unsigned_abs() as usize);
    let known = side.known().map(|side| side as i64);
    let at = |bound: &Size| match (bound, known) {
        (Size::Known(at), Some(side)) => {
            let at = if *at < 0 {
                at.saturating_add(side)
            } else {
                *at
            };
            size(at.clamp(0, side))
        }
        (Size::Known(at), None) if *at < 0 => side - &size(*at),
        // What exporters write for “to the end”.
        (Size::Known(at), None) if *at >= i64::from(i32::MAX) => side.clone(),
        // Right for every run whose side reaches it; others say so.
        (Size::Known(at), None) => size(*at),
        (Size::Named(dim), _) => dim.clone(),
    };
    let (from, to) = (at(start), at(end));
    let length = match (from.known(), to.known()) {
        (Some(from), Some(to)) => Dim::fixed(to.saturating_sub(from).div_ceil(step)),
        _ => (&(&to - &from) + &Dim::fixed(step - 1)).quotient(&Dim::fixed(step)),
    };
    Ok((from, length, step))
}
