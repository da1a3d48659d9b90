//! Puts a tensor into a longer side, and a constant around it.

use crate::graph::ValueId;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Gather, Slice};

/// The longest side that is padded with numbers of its own.
const MOST_MIRRORED: i64 = 1 << 20;

/// The input at `start, start + step, …` along side `axis` of a result that is
/// `length` long there and `value` elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Pad {
    /// The side.
    pub axis: usize,
    /// The first position.
    pub start: Dim,
    /// The side's new length.
    pub length: Dim,
    /// From one position to the next.
    pub step: usize,
    /// What is put around the input.
    pub value: f64,
}

impl Operation for Pad {
    const NAME: &'static str = "Pad";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one_real(inputs)?;
        let mut shape = input.shape.clone();
        let side = shape
            .get_mut(self.axis)
            .ok_or_else(|| format!("no side {} in {}", self.axis, show(&input.shape)))?;
        if let (Some(side), Some(start), Some(length)) =
            (side.known(), self.start.known(), self.length.known())
            && side > 0
            && start + (side - 1) * self.step >= length
        {
            return Err(format!(
                "{} from {start} on does not fit {length}",
                show(&input.shape)
            ));
        }
        *side = self.length.clone();
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let (outer, side, inner) = split_at(inputs[0].shape, self.axis);
        let start = self.start.evaluate(step.bindings).unwrap_or(0);
        let length = outputs[0].shape[self.axis];
        let (x, out) = (inputs[0].real(), outputs[0].real());
        out.fill(T::of(self.value));
        for o in 0..outer {
            for i in 0..side {
                let to = (o * length + start + i * self.step) * inner;
                out[to..][..inner].copy_from_slice(&x[(o * side + i) * inner..][..inner]);
            }
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let length = back.graph.shape(back.inputs[0])[self.axis].clone();
        let slice = Slice {
            axis: self.axis,
            start: self.start.clone(),
            length,
            step: self.step,
        };
        Ok(vec![Some(back.push(slice, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let pad = |axis, start: usize, length: usize, step| Self {
            axis,
            start: start.into(),
            length: length.into(),
            step,
            value: 0.0,
        };
        vec![
            Example::new(pad(1, 1, 6, 1), &[&[3, 4]]),
            Example::new(pad(0, 0, 6, 2), &[&[3, 2]]),
        ]
    }
}

impl OnnxForm for Pad {
    const NAMES: &'static [&'static str] = &["Pad"];

    fn import(node: &mut Import<'_>) -> Imported {
        let mode = node.proto().string("mode")?.unwrap_or("constant");
        let mut x = node.either(0)?;
        let rank = node.shape(x).len();
        let value = if node.has(2) {
            node.number(2)?
        } else {
            node.float("value", 0.0)?
        };
        let pads = node.setting(1, "pads")?.unwrap_or_default();
        let axes = if node.has(3) {
            node.integers(3)?
        } else {
            (0..rank as i64).collect()
        };
        if pads.len() != 2 * axes.len() || pads.iter().any(|pad| pad.unsigned_abs() > 1 << 31) {
            return Err(node.refuse(format!(
                "expected {} pads below 2^31, found {pads:?}",
                2 * axes.len()
            )));
        }
        let (before, after) = pads.split_at(axes.len());
        let mut padded = vec![x];
        for (i, &axis) in axes.iter().enumerate() {
            let axis = node.axis(axis, rank)?;
            let cut = [before[i], after[i]].map(|pad| pad.min(0).unsigned_abs() as usize);
            if cut != [0, 0] {
                x = cropped(node, x, axis, cut)?;
                padded = vec![x];
            }
            let (before, after) = (before[i].max(0) as usize, after[i].max(0) as usize);
            if before + after > 0 && mode != "constant" {
                x = mirrored(node, x, axis, mode, [before, after])?;
                padded = vec![x];
            } else if before + after > 0 {
                let start = Dim::fixed(before);
                let length = &node.shape(x)[axis] + &Dim::fixed(before + after);
                padded = node.push(
                    Self {
                        axis,
                        start,
                        length,
                        step: 1,
                        value,
                    },
                    &[x],
                )?;
                x = padded[0];
            }
        }
        Ok(padded)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let side = &node.shape(0)[self.axis];
        let after = &(&self.length - side) - &self.start;
        let (Some(before), Some(after), 1) = (self.start.known(), after.known(), self.step) else {
            return Err(node.refuse("the pads depend on the run, or there are gaps"));
        };
        let rank = node.shape(0).len();
        let mut pads = vec![0; 2 * rank];
        pads[self.axis] = before as i64;
        pads[rank + self.axis] = after as i64;
        let pads = node.integers("pads", &pads);
        let value = node.number("value", self.value);
        node.emit(
            "Pad",
            &[node.input(0), &pads, &value],
            &[node.output(0)],
            vec![],
        );
        Ok(())
    }
}

/// Without the first and last numbers of a side: negative pads.
fn cropped(
    node: &mut Import<'_>,
    x: ValueId,
    axis: usize,
    [first, last]: [usize; 2],
) -> Result<ValueId, NetworkError> {
    let slice = Slice {
        axis,
        start: Dim::fixed(first),
        length: &node.shape(x)[axis] - &Dim::fixed(first + last),
        step: 1,
    };
    node.add(slice, &[x])
}

/// Padding that repeats numbers of the side itself: its positions are gathered.
fn mirrored(
    node: &mut Import<'_>,
    x: ValueId,
    axis: usize,
    mode: &str,
    [before, after]: [usize; 2],
) -> Result<ValueId, NetworkError> {
    let side = node.shape(x)[axis].known().filter(|&side| side > 0);
    let side = side.ok_or_else(|| {
        node.refuse(format!(
            "the mode `{mode}` needs a side of known length, from 1 on"
        ))
    })? as i64;
    let at: fn(i64, i64) -> i64 = match mode {
        "edge" => |i, side| i.clamp(0, side - 1),
        "wrap" => |i, side| i.rem_euclid(side),
        // There and back without the ends twice.
        "reflect" => |i, side| {
            let period = (2 * side - 2).max(1);
            let i = i.rem_euclid(period);
            if i < side { i } else { period - i }
        },
        other => return Err(node.refuse(format!("the mode `{other}` is not known"))),
    };
    let length = before as i64 + side + after as i64;
    if length > MOST_MIRRORED {
        return Err(node.refuse(format!(
            "a padded side of {length}, expected at most {MOST_MIRRORED}"
        )));
    }
    let positions = (0..length)
        .map(|i| at(i - before as i64, side) as i32)
        .collect();
    let positions = node.positions(positions);
    let places = Places::Along { axis };
    node.add(Gather { places }, &[x, positions])
}
