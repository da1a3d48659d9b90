//! Combines numbers with others at positions that integers tell (see
//! [`Places`]).
//!
//! With data `x`, updates `u` and the position `p(i)` of update `i`:
//! `y[p] = x[p] ∘ u[i₁] ∘ u[i₂] …` over the updates at `p`, in their order. If
//! they overwrite, the last one stays (ONNX leaves that open).

use crate::graph::ValueId;
use crate::kernels::index;
use crate::onnx::prelude::*;
use crate::ops::gather::read_places;
use crate::ops::prelude::*;
use crate::ops::{Div, Equal, Expand, Gather, LastWrite, Mul, Sub, Where};

/// How an update meets what stands at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// It takes its place.
    Overwrite,
    /// The sum.
    Add,
    /// The product.
    Mul,
    /// The larger.
    Max,
    /// The smaller.
    Min,
}

/// Inputs: the data, the indices and the updates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// How the indices tell positions.
    pub places: Places,
    /// How an update meets what stands there.
    pub reduction: Reduction,
}

impl Operation for Scatter {
    const NAME: &'static str = "Scatter";

    fn rule(&self) -> Rule {
        match self.reduction {
            Reduction::Add => Rule::Collect,
            Reduction::Mul => Rule::None,
            Reduction::Overwrite | Reduction::Max | Reduction::Min => Rule::Route,
        }
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [data, indices, updates] = inputs else {
            return Err(format!(
                "expected data, indices and updates, found {}",
                inputs.len()
            ));
        };
        let expected = self.places.pointed_to(&data.shape, indices)?;
        if data.kind != Kind::Real || *updates != &Type::real(expected.clone()) {
            return Err(format!(
                "expected real data and updates {}, found {}",
                show(&expected),
                show(&updates.shape)
            ));
        }
        Ok(vec![(*data).clone()])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let (data, indices, updates) = (inputs[0], inputs[1], inputs[2].real());
        let out = outputs[0].real();
        out.copy_from_slice(data.real());
        let at = match self
            .places
            .addresses(data.shape, indices.shape, indices.integer())
        {
            Ok(at) => at,
            Err(problem) => return step.fail(problem),
        };
        match self.reduction {
            Reduction::Overwrite => index::scatter(&at, updates, out, |_, b| b),
            Reduction::Add => index::scatter(&at, updates, out, |a, b| a + b),
            Reduction::Mul => index::scatter(&at, updates, out, |a, b| a * b),
            Reduction::Max => index::scatter(&at, updates, out, |a, b| if b > a { b } else { a }),
            Reduction::Min => index::scatter(&at, updates, out, |a, b| if b < a { b } else { a }),
        }
    }

    /// * sum: the adjoint itself, and what it is at the positions;
    /// * overwrite: nothing for what was overwritten;
    /// * product: `ȳ` times the product of the other factors, which is 0 if one of
    ///   those is;
    /// * largest, smallest: shared between all that equal it.
    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let [data, indices, updates] = [0, 1, 2].map(|i| back.inputs[i]);
        let (places, shape) = (self.places, back.graph.shape(data).to_vec());
        let at = |back: &mut Backward<'_>, x: ValueId| back.push(Gather { places }, &[x, indices]);
        let (to_data, to_updates) = match self.reduction {
            Reduction::Add => (g, at(back, g)?),
            Reduction::Overwrite => {
                let zero = back.graph.scalar(0.0);
                let sides = back.graph.shape(updates).to_vec();
                let zeros = back.push(Expand { shape: sides }, &[zero])?;
                let kept = back.push(*self, &[g, indices, zeros])?;
                let last = back.push(LastWrite { places, shape }, &[indices])?;
                let taken = at(back, g)?;
                (kept, back.push(Mul, &[taken, last])?)
            }
            Reduction::Mul => {
                let (zero, one) = (back.graph.scalar(0.0), back.graph.scalar(1.0));
                let add = Self {
                    reduction: Reduction::Add,
                    ..*self
                };
                // The product of what is not 0, and how many factors are 0.
                let mut marked = [data, updates].map(|x| [x; 2]);
                for mark in &mut marked {
                    mark[1] = back.push(Equal, &[mark[0], zero])?;
                    mark[0] = back.push(Where, &[mark[1], one, mark[0]])?;
                }
                let [[own, own_zero], [factor, zero_factor]] = marked;
                let product = back.push(*self, &[own, indices, factor])?;
                let zeros = back.push(add, &[own_zero, indices, zero_factor])?;
                let others = |back: &mut Backward<'_>, g, product, zeros, own, own_zero| {
                    let rest = back.push(Div, &[product, own])?;
                    let left = back.push(Sub, &[zeros, own_zero])?;
                    let slope = back.push(Where, &[left, zero, rest])?;
                    back.push(Mul, &[g, slope])
                };
                let to_data = others(back, g, product, zeros, own, own_zero)?;
                let there = [g, product, zeros].map(|x| at(back, x));
                let [g, product, zeros] = there;
                (
                    to_data,
                    others(back, g?, product?, zeros?, factor, zero_factor)?,
                )
            }
            Reduction::Max | Reduction::Min => {
                let best = back.outputs[0];
                let own = back.push(Equal, &[data, best])?;
                let there = at(back, best)?;
                let hit = back.push(Equal, &[updates, there])?;
                let add = Self {
                    reduction: Reduction::Add,
                    ..*self
                };
                let count = back.push(add, &[own, indices, hit])?;
                // No number equals a best one that is no number.
                let share = back.push(Div, &[g, count])?;
                let share = tame(back, share)?;
                let shared = at(back, share)?;
                (
                    back.push(Mul, &[share, own])?,
                    back.push(Mul, &[shared, hit])?,
                )
            }
        };
        Ok(vec![Some(to_data), None, Some(to_updates)])
    }

    fn examples() -> Vec<Example<Self>> {
        let all = [
            Reduction::Overwrite,
            Reduction::Add,
            Reduction::Mul,
            Reduction::Max,
            Reduction::Min,
        ];
        let real = |shape: &[usize]| ExampleInput::Real {
            shape: shape.to_vec(),
            low: 0.5,
            high: 2.0,
        };
        let of = |places, reduction, data: &[usize], updates: &[usize]| {
            let pairs = pellucid_core::Tensor::new(vec![2, 2], vec![2, -1, 0, 2]);
            Example {
                op: Self { places, reduction },
                inputs: vec![real(data), ExampleInput::Integer(pairs), real(updates)],
            }
        };
        let mut examples = vec![of(
            Places::Elements { axis: 0 },
            Reduction::Add,
            &[3, 2],
            &[2, 2],
        )];
        for reduction in all {
            // The first row of indices points twice to the same number.
            examples.push(of(
                Places::Elements { axis: 1 },
                reduction,
                &[2, 3],
                &[2, 2],
            ));
            examples.push(of(
                Places::Tuples { batch: 0 },
                reduction,
                &[3, 3, 2],
                &[2, 2],
            ));
        }
        examples
    }
}

impl OnnxForm for Scatter {
    const NAMES: &'static [&'static str] = &["ScatterElements", "ScatterND", "Scatter"];

    fn import(node: &mut Import<'_>) -> Imported {
        let indices = node.indices(1)?;
        let &[data, updates] = node.alike_among(&[0, 2])?.as_slice() else {
            return Err(node.refuse("expected data and updates"));
        };
        let reduction = match node.proto().string("reduction")?.unwrap_or("none") {
            "none" => Reduction::Overwrite,
            "add" => Reduction::Add,
            "mul" => Reduction::Mul,
            "max" => Reduction::Max,
            "min" => Reduction::Min,
            other => return Err(node.refuse(format!("the reduction `{other}` is not known"))),
        };
        let places = read_places(node, data)?;
        node.push(Self { places, reduction }, &[data, indices, updates])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let reduction = match self.reduction {
            Reduction::Overwrite => "none",
            Reduction::Add => "add",
            Reduction::Mul => "mul",
            Reduction::Max => "max",
            Reduction::Min => "min",
        };
        let mut attributes = vec![AttributeProto::string("reduction", reduction)];
        let name = match self.places {
            Places::Elements { axis } => {
                attributes.push(AttributeProto::int("axis", axis as i64));
                "ScatterElements"
            }
            Places::Tuples { batch: 0 } => "ScatterND",
            Places::Along { axis: 0 } => {
                // A slice across the first side is pointed to by a tuple of one.
                let last = node.integers("last", &[-1]);
                let tuples = node.between("Unsqueeze", &[node.input(1), &last], vec![]);
                let inputs = [node.input(0), tuples.as_str(), node.input(2)];
                node.emit("ScatterND", &inputs, &[node.output(0)], attributes);
                return Ok(());
            }
            _ => {
                return Err(node.refuse(
                    "it scatters slices across another side than the first, or in batches",
                ));
            }
        };
        node.same(name, attributes);
        Ok(())
    }
}
