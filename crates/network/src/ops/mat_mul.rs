//! Products of stacks of matrices: `C[…, i, j] = Σ_k A[…, i, k] B[…, k, j]`,
//! the leading sides broadcast.

use crate::kernels::gemm::{Matrix, gemm};
use crate::kernels::split;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::shapes::broadcast_shapes;
use crate::ops::{Gemm, Reshape, Transpose};

/// Product of stacks of matrices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatMul;

impl Operation for MatMul {
    const NAME: &'static str = "MatMul";
    const RULE: Rule = Rule::Product;

    fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        let shape = |input: usize| Some(inputs.get(input).copied().flatten()?.shape);
        let left = shape(0).map(|shape| (0, shape.last().copied()));
        let right = shape(1).map(|shape| (1, shape.iter().rev().nth(1).copied()));
        let factor = |(input, fan_in): (usize, Option<usize>)| {
            let fan_in = fan_in.unwrap_or(1);
            (input, Weight::Factor { fan_in })
        };
        left.into_iter().chain(right).map(factor).collect()
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [a, b] = inputs else {
            return Err(format!("expected two inputs, found {}", inputs.len()));
        };
        if [a, b].iter().any(|ty| ty.kind == Kind::Integer) {
            return Err("expected real numbers, found integers".to_owned());
        }
        let (p, q) = (a.shape.len(), b.shape.len());
        if p < 2 || q < 2 {
            return Err(format!(
                "expected matrices, found {} and {}",
                show(&a.shape),
                show(&b.shape)
            ));
        }
        if a.shape[p - 1] != b.shape[q - 2] {
            return Err(format!(
                "the product of {} and {} does not exist",
                show(&a.shape),
                show(&b.shape)
            ));
        }
        let mut shape = broadcast_shapes(&a.shape[..p - 2], &b.shape[..q - 2])?;
        shape.extend([a.shape[p - 2].clone(), b.shape[q - 1].clone()]);
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let (a, b) = (inputs[0], inputs[1]);
        let shape = outputs[0].shape;
        let (lead, [m, n]) = (
            shape.len() - 2,
            [shape[shape.len() - 2], shape[shape.len() - 1]],
        );
        let k = a.shape[a.shape.len() - 1];
        // One matrix on the right: the whole stack on the left is one matrix.
        let flat = b.shape.len() == 2;
        let (pieces, rows) = if flat {
            (1, shape[..=lead].iter().product())
        } else {
            (shape[..lead].iter().product(), m)
        };
        let at = |stack: &[usize], piece: usize| {
            let own = &stack[..stack.len() - 2];
            let (mut rest, mut index, mut step) = (piece, 0, 1);
            for d in (0..lead).rev() {
                let position = rest % shape[d];
                rest /= shape[d];
                if d + own.len() >= lead && own[d + own.len() - lead] != 1 {
                    index += position * step;
                    step *= own[d + own.len() - lead];
                }
            }
            index
        };
        let per_piece = split::rows_of_product(rows, 2 * n * k);
        let per_matrix = rows.div_ceil(per_piece);
        if per_matrix > 1 && pieces == 1 {
            split::chunks(
                outputs[0].real(),
                per_piece * n,
                2 * rows * n * k,
                |index, out| {
                    let left = Matrix::new(&a.real()[index * per_piece * k..], k, false);
                    let right = Matrix::new(b.real(), n, false);
                    gemm(out.len() / n, n, k, left, right, out, n, false);
                },
            );
        } else {
            split::chunks(
                outputs[0].real(),
                rows * n,
                2 * pieces * rows * n * k,
                |piece, out| {
                    let (ia, ib) = if flat {
                        (0, 0)
                    } else {
                        (at(a.shape, piece), at(b.shape, piece))
                    };
                    let left = Matrix::new(&a.real()[ia * m * k..], k, false);
                    let right = Matrix::new(&b.real()[ib * k * n..], n, false);
                    gemm(rows, n, k, left, right, out, n, false);
                },
            );
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let [a, b] = [back.inputs[0], back.inputs[1]];
        let (p, q) = (back.graph.shape(a).len(), back.graph.shape(b).len());
        let last_two = |rank: usize| {
            let mut perm: Vec<usize> = (0..rank).collect();
            perm.swap(rank - 2, rank - 1);
            Transpose { perm }
        };
        let mut out = vec![None, None];
        if back.wanted[0] {
            let transposed = back.push(last_two(q), &[b])?;
            out[0] = Some(back.push(Self, &[g, transposed])?);
        }
        if back.wanted[1] && q == 2 {
            // All rows of the stack meet the one matrix.
            let flat = |back: &mut Backward<'_>, value| {
                let shape = back.graph.shape(value).to_vec();
                let (sides, last) = shape.split_at(shape.len() - 1);
                back.push(
                    Reshape {
                        shape: vec![volume(sides), last[0].clone()],
                    },
                    &[value],
                )
            };
            let (a, g) = (flat(back, a)?, flat(back, g)?);
            out[1] = Some(back.push(Gemm::TN, &[a, g])?);
        } else if back.wanted[1] {
            let transposed = back.push(last_two(p), &[a])?;
            out[1] = Some(back.push(Self, &[transposed, g])?);
        }
        unbroadcast_all(back, out)
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self, &[&[3, 4], &[4, 5]]),
            Example::new(Self, &[&[2, 3, 4], &[4, 5]]),
            Example::new(Self, &[&[2, 1, 3, 4], &[3, 4, 2]]),
        ]
    }
}

impl OnnxForm for MatMul {
    const NAMES: &'static [&'static str] = &["MatMul"];

    fn import(node: &mut Import<'_>) -> Imported {
        let &[mut a, mut b] = node.alike()?.as_slice() else {
            return Err(node.refuse("expected two inputs"));
        };
        let (from, to) = (node.shape(a), node.shape(b));
        // A vector is a row on the left and a column on the right.
        if let [k] = from.as_slice() {
            a = node.reshape(a, vec![1.into(), k.clone()])?;
        }
        if let [k] = to.as_slice() {
            b = node.reshape(b, vec![k.clone(), 1.into()])?;
        }
        let product = node.push(Self, &[a, b])?;
        if from.len() > 1 && to.len() > 1 {
            return Ok(product);
        }
        let mut shape = node.shape(product[0]);
        if to.len() == 1 {
            shape.pop();
        }
        if from.len() == 1 {
            shape.remove(shape.len() - usize::from(to.len() > 1) - 1);
        }
        Ok(vec![node.reshape(product[0], shape)?])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.same("MatMul", vec![]);
        Ok(())
    }
}
