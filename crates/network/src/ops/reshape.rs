//! The same numbers in another shape.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Another shape of the same volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Reshape {
    /// The new shape, in the named sizes of the graph.
    pub shape: Vec<Dim>,
}

impl Operation for Reshape {
    const NAME: &'static str = "Reshape";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [input] = inputs else {
            return Err(format!("expected one input, found {}", inputs.len()));
        };
        if volume(&input.shape) != volume(&self.shape) {
            return Err(format!(
                "{} does not fit into {}",
                show(&input.shape),
                show(&self.shape)
            ));
        }
        Ok(vec![Type {
            kind: input.kind,
            shape: self.shape.clone(),
        }])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        outputs[0].real().copy_from_slice(inputs[0].real());
        outputs[0].integer().copy_from_slice(inputs[0].integer());
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let shape = back.graph.shape(back.inputs[0]).to_vec();
        Ok(vec![Some(back.push(Self { shape }, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(
            Self {
                shape: vec![2.into(), 6.into()],
            },
            &[&[3, 4]],
        )]
    }
}

impl OnnxForm for Reshape {
    const NAMES: &'static [&'static str] = &["Reshape", "Flatten", "Squeeze", "Unsqueeze"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        let old = node.shape(x);
        let shape = match node.proto().op_type.as_str() {
            "Flatten" => {
                let axis = node.proto().int("axis")?.unwrap_or(1);
                // One past the last side is allowed here.
                let axis = if axis == old.len() as i64 {
                    old.len()
                } else {
                    node.axis(axis, old.len())?
                };
                vec![volume(&old[..axis]), volume(&old[axis..])]
            }
            "Squeeze" => squeezed(node, &old)?,
            "Unsqueeze" => unsqueezed(node, &old)?,
            _ => reshaped(node, &old)?,
        };
        node.push(Self { shape }, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.reshape_to(node.input(0), &self.shape)
    }
}

/// Without the sides named, or without all of length 1.
fn squeezed(node: &Import<'_>, old: &[Dim]) -> Result<Vec<Dim>, NetworkError> {
    let one = Dim::fixed(1);
    let axes = match node.setting(1, "axes")? {
        Some(axes) => node.axes(&axes, old.len())?,
        None => (0..old.len()).filter(|&i| old[i] == one).collect(),
    };
    if let Some(&axis) = axes.iter().find(|&&axis| old[axis] != one) {
        return Err(node.refuse(format!("side {axis} of {} is not 1", show(old))));
    }
    Ok((0..old.len())
        .filter(|i| !axes.contains(i))
        .map(|i| old[i].clone())
        .collect())
}

/// With sides of length 1 where the result is to have them.
fn unsqueezed(node: &Import<'_>, old: &[Dim]) -> Result<Vec<Dim>, NetworkError> {
    let axes = node.setting(1, "axes")?.unwrap_or_default();
    if axes.len() > 64 {
        return Err(node.refuse("more than 64 new sides"));
    }
    let rank = old.len() + axes.len();
    let new = node.axes(&axes, rank)?;
    if new.len() != axes.len() {
        return Err(node.refuse(format!("a side is named twice in {axes:?}")));
    }
    let mut shape = old.to_vec();
    for axis in new {
        shape.insert(axis, Dim::fixed(1));
    }
    Ok(shape)
}

/// `0` keeps a side, `-1` is what is left.
fn reshaped(node: &Import<'_>, old: &[Dim]) -> Result<Vec<Dim>, NetworkError> {
    let sizes = match node.proto().ints("shape")? {
        Some(ints) if !node.has(1) => Sizes::list(ints),
        _ => node.sizes(1)?.clone(),
    };
    let keep = !node.proto().flag("allowzero")?.unwrap_or(false);
    let mut shape = Vec::new();
    let mut rest = None;
    for (i, size) in sizes.data.iter().enumerate() {
        shape.push(match size {
            Size::Known(0) if keep => old.get(i).cloned().ok_or_else(|| {
                node.refuse(format!(
                    "it keeps side {i} of {}, which there is not",
                    show(old)
                ))
            })?,
            Size::Known(-1) if rest.is_none() => {
                rest = Some(i);
                Dim::fixed(1)
            }
            size => size
                .dim()
                .ok_or_else(|| node.refuse("a side is negative, or two are to be inferred"))?,
        });
    }
    if let Some(rest) = rest {
        shape[rest] = volume(old).quotient(&volume(&shape));
    }
    Ok(shape)
}
