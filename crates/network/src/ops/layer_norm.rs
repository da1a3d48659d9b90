//! Normalisation of the last sides: `n = (x − mean) / √(variance + epsilon)`,
//! mean and variance over the sides from `axis` on.
//!
//! J. L. Ba et al., arXiv:1607.06450, eq. 3, without its gain and bias, which
//! are a product and a sum behind it. Layer, instance and group normalisation
//! are this operation between reshapes. The second output is
//! `s = 1 / √(variance + epsilon)`, from which the derivatives are made.
//!
//! Shapes: `n` that of `x`; `s` has length 1 along the sides from `axis` on.

use crate::graph::Data;
use crate::kernels::simd::{map1, sum};
use crate::kernels::{scratch, split};
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::reduce_sum::reduced;
use crate::ops::{Add, Mul, ReduceMean, Sub};

/// Outputs: the normalised numbers and one over their width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerNorm {
    /// The first of the sides that are normalised together.
    pub axis: usize,
    /// Added to the variance.
    pub epsilon: f64,
}

impl Operation for LayerNorm {
    const NAME: &'static str = "LayerNorm";
    const RULE: Rule = Rule::Normalise;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one_real(inputs)?;
        let axes: Vec<usize> = (self.axis..input.shape.len()).collect();
        if axes.is_empty() {
            return Err(format!("no side {} in {}", self.axis, show(&input.shape)));
        }
        let width = reduced(input, &axes, true)?;
        Ok(vec![input.clone(), Type::real(width)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let (x, side) = (
            inputs[0].real(),
            inputs[0].shape[self.axis..].iter().product::<usize>(),
        );
        let [out, widths] = outputs else { return };
        let (out, widths) = (out.real(), widths.real());
        if out.is_empty() {
            widths.fill(T::ZERO);
            return;
        }
        let share = T::ONE / T::of(side as f64);
        let per = split::rows_per_piece(out.len() / side, 4 * side);
        let cost = 4 * x.len();
        let mut pieces: Vec<_> = out
            .chunks_mut(per * side)
            .zip(widths.chunks_mut(per))
            .collect();
        split::chunks(&mut pieces, 1, cost, |index, pieces| {
            let (out, widths) = &mut pieces[0];
            let x = &x[index * per * side..][..out.len()];
            scratch::with(side, |centred| {
                for ((x, out), width) in x
                    .chunks_exact(side)
                    .zip(out.chunks_exact_mut(side))
                    .zip(widths.iter_mut())
                {
                    let mean = sum(x) * share;
                    map1(x, out, |x| x - mean);
                    map1(out, centred, |x| x * x);
                    let variance = sum(centred) * share;
                    let scale = T::ONE / (variance + T::of(self.epsilon)).sqrt();
                    *width = scale;
                    map1(out, centred, |x| x * scale);
                    out.copy_from_slice(centred);
                }
            });
        });
    }

    /// With `m` the mean over a line of `D` numbers: `n` passes back
    /// `s (n̄ − m(n̄) − n m(n̄ n))`, and `s` passes `−s̄ s² n / D`.
    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let [n, s] = [back.outputs[0], back.outputs[1]];
        let shape = back.graph.shape(n).to_vec();
        let mean = ReduceMean {
            axes: (self.axis..shape.len()).collect(),
            keep: true,
        };
        let mut total = None;
        if let Some(g) = back.adjoints[0] {
            let product = back.push(Mul, &[g, n])?;
            let along = back.push(mean.clone(), &[product])?;
            let level = back.push(mean.clone(), &[g])?;
            let along = back.push(Mul, &[n, along])?;
            let rest = back.push(Sub, &[g, level])?;
            let rest = back.push(Sub, &[rest, along])?;
            total = Some(back.push(Mul, &[rest, s])?);
        }
        if let Some(g) = back.adjoints[1] {
            let square = back.push(Mul, &[s, s])?;
            let share = back.push(Mul, &[g, square])?;
            let one = back.graph.scalar(-1.0);
            // −1 / D: the mean's adjoint, whatever the length of a line.
            let minus = back.push(Mul, &[share, one])?;
            let each = mean.adjoint(back, minus, n)?;
            let part = back.push(Mul, &[each, n])?;
            total = Some(match total {
                Some(total) => back.push(Add, &[total, part])?,
                None => part,
            });
        }
        Ok(vec![total])
    }

    fn examples() -> Vec<Example<Self>> {
        let of = |axis| Self {
            axis,
            epsilon: 0.01,
        };
        vec![
            Example::new(of(1), &[&[3, 4]]),
            Example::new(of(1), &[&[2, 3, 2]]),
            Example::new(of(0), &[&[5]]),
        ]
    }
}

impl OnnxForm for LayerNorm {
    const NAMES: &'static [&'static str] = &[
        "LayerNormalization",
        "InstanceNormalization",
        "GroupNormalization",
    ];

    fn import(node: &mut Import<'_>) -> Imported {
        let layer = node.proto().op_type == "LayerNormalization";
        node.only_outputs(if layer { 3 } else { 1 })?;
        let (x, epsilon) = (node.real(0)?, node.float("epsilon", 1e-5)?);
        let shape = node.shape(x);
        if layer {
            let axis = node.axis(node.proto().int("axis")?.unwrap_or(-1), shape.len())?;
            let normal = node.push(Self { axis, epsilon }, &[x])?;
            let mut outputs = behind(node, normal[0], None)?;
            if node.wants(1) || node.wants(2) {
                let axes = (axis..shape.len()).collect();
                let mean = node.add(ReduceMean { axes, keep: true }, &[x])?;
                outputs.extend([mean, normal[1]]);
            }
            return Ok(outputs);
        }
        let [batch, channels, ..] = shape.as_slice() else {
            return Err(node.refuse(format!(
                "expected a batch of channels, found {}",
                show(&shape)
            )));
        };
        // All sides of a group of channels are one.
        let groups = if node.proto().op_type == "GroupNormalization" {
            let groups = node.proto().int("num_groups")?.unwrap_or(0);
            let groups = usize::try_from(groups).ok().filter(|&groups| {
                groups > 0
                    && channels
                        .known()
                        .is_none_or(|channels| channels % groups == 0)
            });
            Dim::fixed(groups.ok_or_else(|| {
                node.refuse(format!(
                    "{channels} channels are not cut into that many groups"
                ))
            })?)
        } else {
            channels.clone()
        };
        let line = volume(&shape[1..]).quotient(&groups);
        let apart = node.reshape_if(x, vec![batch.clone(), groups.clone(), line])?;
        let normal = node.push(Self { axis: 2, epsilon }, &[apart])?;
        let whole = node.reshape_if(normal[0], shape.clone())?;
        // Operation set 18 has one scale per group, later ones per channel.
        behind(node, whole, Some((&shape, &groups)))
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let sides = &node.shape(0)[self.axis..];
        let known: Option<Vec<usize>> = sides.iter().map(Dim::known).collect();
        let known = known.ok_or_else(|| node.refuse("the normalised sides must be known"))?;
        let ones = node.ones(&known)?;
        let attributes = vec![
            AttributeProto::int("axis", self.axis as i64),
            AttributeProto::float("epsilon", self.epsilon as f32),
        ];
        if !node.needs(1) {
            let outputs = [node.output(0)];
            node.emit(
                "LayerNormalization",
                &[node.input(0), &ones],
                &outputs,
                attributes,
            );
            return Ok(());
        }
        let mean = node.temporary("mean");
        let outputs = [node.output(0), &mean, node.output(1)];
        node.emit(
            "LayerNormalization",
            &[node.input(0), &ones],
            &outputs,
            attributes,
        );
        Ok(())
    }
}

/// The scale and the bias behind a normalisation; those of channels are given
/// with the shape they belong to and the number of groups.
fn behind(
    node: &mut Import<'_>,
    normal: crate::ValueId,
    channels: Option<(&[Dim], &Dim)>,
) -> Imported {
    let mut y = normal;
    for i in [1, 2] {
        let ones = || {
            node.data(i)
                .map(|data| data.is_some_and(|data| all_ones(&data)))
        };
        if !node.has(i) || (i == 1 && ones()?) {
            continue;
        }
        let mut factor = node.real(i)?;
        if let Some((shape, groups)) = channels {
            factor = per_channel(node, factor, shape, groups)?;
        }
        y = if i == 1 {
            node.add(Mul, &[y, factor])?
        } else {
            node.add(Add, &[y, factor])?
        };
    }
    Ok(vec![y])
}

/// Whether a scale changes nothing, as the one that an export must write.
fn all_ones(data: &Data) -> bool {
    data.to_f64().iter().all(|&x| x == 1.0)
}

/// One number per channel or per group, shaped to meet the channels.
fn per_channel(
    node: &mut Import<'_>,
    factor: crate::ValueId,
    shape: &[Dim],
    groups: &Dim,
) -> Result<crate::ValueId, NetworkError> {
    let mut column = vec![Dim::fixed(1); shape.len() - 1];
    column[0] = shape[1].clone();
    let given = node.shape(factor);
    if given != shape[1..2] && given == [groups.clone()] {
        let each = shape[1].quotient(groups);
        let apart = node.reshape(factor, vec![groups.clone(), Dim::fixed(1)])?;
        let wide = vec![groups.clone(), each];
        let wide = node.add(crate::ops::Expand { shape: wide }, &[apart])?;
        return node.reshape(wide, column);
    }
    node.reshape_if(factor, column)
}
