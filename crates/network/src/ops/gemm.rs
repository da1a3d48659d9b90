//! Product of two matrices, each transposed or not, plus a row: `A B + b`.
//!
//! Shapes: `A` is `[M, K]`, `B` is `[K, N]` (before: the transposes), `b` is `[N]`.

use crate::kernels::gemm::{Matrix, gemm};
use crate::kernels::panels::{self, Behind, Right};
use crate::kernels::split;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, Mul, ReduceSum};

/// A dense layer, and its own transposes; inputs `A`, `B` and, if there is
/// one, the row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gemm {
    /// `A` is given transposed.
    pub trans_a: bool,
    /// `B` is given transposed (PyTorch's `[out, in]` weights).
    pub trans_b: bool,
}

impl Gemm {
    /// `A B`.
    pub const NN: Self = Self {
        trans_a: false,
        trans_b: false,
    };
    /// `A Bᵀ`.
    pub const NT: Self = Self {
        trans_a: false,
        trans_b: true,
    };
    /// `Aᵀ B`.
    pub const TN: Self = Self {
        trans_a: true,
        trans_b: false,
    };
}

impl Operation for Gemm {
    const NAME: &'static str = "Gemm";
    const RULE: Rule = Rule::Product;

    fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        let side = |input: usize, side: usize| {
            let fixed = inputs.get(input).copied().flatten()?;
            let fan_in = fixed.shape.get(side).copied().unwrap_or(1);
            Some((input, Weight::Factor { fan_in }))
        };
        let factors = [
            side(0, usize::from(!self.trans_a)),
            side(1, usize::from(self.trans_b)),
        ];
        let factors = factors.into_iter().flatten();
        factors.chain([(2, Weight::Constant(0.0))]).collect()
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let (a, b, row) = match inputs {
            [a, b] => (a, b, None),
            [a, b, row] => (a, b, Some(row)),
            _ => {
                return Err(format!(
                    "expected two matrices and a row, found {}",
                    inputs.len()
                ));
            }
        };
        if inputs.iter().any(|ty| ty.kind == Kind::Integer) {
            return Err("expected real numbers, found integers".to_owned());
        }
        let ([a0, a1], [b0, b1]) = (a.shape.as_slice(), b.shape.as_slice()) else {
            return Err(format!(
                "expected matrices, found {} and {}",
                show(&a.shape),
                show(&b.shape)
            ));
        };
        let (m, k) = if self.trans_a { (a1, a0) } else { (a0, a1) };
        let (l, n) = if self.trans_b { (b1, b0) } else { (b0, b1) };
        if k != l {
            return Err(format!(
                "the product of {} and {} does not exist: {k} columns meet {l} rows",
                show(&a.shape),
                show(&b.shape)
            ));
        }
        if row.is_some_and(|row| row.shape != [n.clone()]) {
            return Err(format!("expected a bias of {n} numbers"));
        }
        Ok(vec![Type::real(vec![m.clone(), n.clone()])])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let (a, b) = (inputs[0], inputs[1]);
        let [m, n] = [outputs[0].shape[0], outputs[0].shape[1]];
        let k = a.shape[usize::from(!self.trans_a)];
        let right = Matrix::new(b.real(), b.shape[1], self.trans_b);
        let row = inputs.get(2).map(Input::real);
        if !self.trans_a && panels::pay(m, n) {
            let sizes = [m, k, n];
            let behind = step.behind();
            let into = |start, out: &mut [T], make: &dyn Fn(&mut [T])| match behind {
                Some(_) => make(out),
                None => step.finished(start, out, make),
            };
            let behind = behind.unwrap_or(Behind::Nothing);
            let right = step.ordered.map_or(Right::Given(right), Right::Ordered);
            let (a, c) = (a.real(), outputs[0].real());
            return panels::product(sizes, a, right, row, behind, c, into);
        }
        let left = Matrix::new(a.real(), a.shape[1], self.trans_a);
        let rows = split::rows_of_product(m, 2 * n * k);
        split::chunks(outputs[0].real(), rows * n, 2 * m * n * k, |index, out| {
            let first = index * rows;
            let count = out.len() / n;
            if let Some(row) = row {
                out.chunks_exact_mut(n)
                    .for_each(|out| out.copy_from_slice(row));
            }
            let left = Matrix {
                data: &left.data[(first * left.row).min(left.data.len())..],
                ..left
            };
            gemm(count, n, k, left, right, out, n, row.is_some());
            step.finish(first * n, out);
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let count = back.inputs.len();
        let Some(g) = back.adjoint() else {
            return Ok(vec![None; count]);
        };
        let [a, b] = [back.inputs[0], back.inputs[1]];
        let mut out = vec![None; count];
        if back.wanted[0] {
            out[0] = Some(if self.trans_a {
                back.push(
                    Self {
                        trans_a: self.trans_b,
                        trans_b: true,
                    },
                    &[b, g],
                )?
            } else {
                back.push(
                    Self {
                        trans_a: false,
                        trans_b: !self.trans_b,
                    },
                    &[g, b],
                )?
            });
        }
        if back.wanted[1] {
            out[1] = Some(if self.trans_b {
                back.push(
                    Self {
                        trans_a: true,
                        trans_b: self.trans_a,
                    },
                    &[g, a],
                )?
            } else {
                back.push(
                    Self {
                        trans_a: !self.trans_a,
                        trans_b: false,
                    },
                    &[a, g],
                )?
            });
        }
        if count > 2 && back.wanted[2] {
            out[2] = Some(back.push(
                ReduceSum {
                    axes: vec![0],
                    keep: false,
                },
                &[g],
            )?);
        }
        Ok(out)
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self::NN, &[&[3, 4], &[4, 5], &[5]]),
            Example::new(Self::NT, &[&[3, 4], &[5, 4], &[5]]),
            Example::new(Self::TN, &[&[4, 3], &[4, 5]]),
            Example::new(
                Self {
                    trans_a: true,
                    trans_b: true,
                },
                &[&[4, 3], &[5, 4]],
            ),
        ]
    }
}

impl OnnxForm for Gemm {
    const NAMES: &'static [&'static str] = &["Gemm"];

    fn import(node: &mut Import<'_>) -> Imported {
        let proto = node.proto();
        let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
        let gemm = Self {
            trans_a: proto.flag("transA")?.unwrap_or(false),
            trans_b: proto.flag("transB")?.unwrap_or(false),
        };
        let mut inputs = node.alike()?;
        if inputs.len() == 2 && alpha == 1.0 {
            return node.push(gemm, &inputs);
        }
        let row = inputs.get(2).map(|&row| node.shape(row));
        let columns = inputs
            .get(1)
            .and_then(|&b| node.shape(b).get(usize::from(!gemm.trans_b)).cloned());
        if alpha == 1.0
            && beta == 1.0
            && row.as_deref() == columns.as_ref().map(std::slice::from_ref)
        {
            return node.push(gemm, &inputs);
        }
        // Factors, and added matrices other than a row, are nodes of their own.
        let added = if inputs.len() > 2 { inputs.pop() } else { None };
        let mut y = node.add(gemm, &inputs)?;
        if alpha != 1.0 {
            let alpha = node.scalar(alpha);
            y = node.add(Mul, &[y, alpha])?;
        }
        let Some(mut added) = added else {
            return Ok(vec![y]);
        };
        if beta != 1.0 {
            let beta = node.scalar(beta);
            added = node.add(Mul, &[added, beta])?;
        }
        node.push(Add, &[y, added])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let attributes = vec![
            AttributeProto::int("transA", i64::from(self.trans_a)),
            AttributeProto::int("transB", i64::from(self.trans_b)),
        ];
        node.same("Gemm", attributes);
        Ok(())
    }
}
