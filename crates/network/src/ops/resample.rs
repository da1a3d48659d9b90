//! Weighted sums along one side with few known weights: how images are made
//! larger or smaller,
//!
//! $$ y_{\dots i \dots} = \sum_j w_{ij} x_{\dots j \dots}. $$
//!
//! The adjoint is the same operation with the transposed weights. Where every
//! result is one of the numbers, relevance moves back to it; else the numbers
//! share it in proportion, as in an average.

use std::sync::Arc;

use crate::kernels::split;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// More weights per row than this are written to ONNX as a matrix.
const MOST_TERMS: usize = 16;

/// More numbers than a matrix of weights is written with.
const MOST_WEIGHTS: usize = 1 << 24;

/// A matrix of which each row has few numbers that are not 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Sparse {
    columns: usize,
    rows: Vec<Vec<(usize, f64)>>,
}

impl Sparse {
    /// The matrix with these rows: columns in order, each with its number.
    pub fn new(columns: usize, rows: Vec<Vec<(usize, f64)>>) -> Self {
        debug_assert!(rows.iter().flatten().all(|&(column, _)| column < columns));
        Self { columns, rows }
    }

    /// Rows and columns exchanged.
    pub fn transposed(&self) -> Self {
        let mut rows = vec![Vec::new(); self.columns];
        for (i, row) in self.rows.iter().enumerate() {
            for &(j, weight) in row {
                rows[j].push((i, weight));
            }
        }
        Self {
            columns: self.rows.len(),
            rows,
        }
    }

    /// Whether every row picks one number.
    pub fn picks(&self) -> bool {
        self.rows
            .iter()
            .all(|row| matches!(row.as_slice(), [(_, weight)] if *weight == 1.0))
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        let own = |(i, row): (usize, &Vec<(usize, f64)>)| row.as_slice() == [(i, 1.0)];
        self.rows.len() == self.columns && self.rows.iter().enumerate().all(own)
    }
}

/// A side resampled.
#[derive(Debug, Clone, PartialEq)]
pub struct Resample {
    /// The side.
    pub axis: usize,
    /// One row per result along it.
    pub weights: Arc<Sparse>,
}

impl Operation for Resample {
    const NAME: &'static str = "Resample";
    const RULE: Rule = Rule::Pool;

    fn rule(&self) -> Rule {
        if self.weights.picks() {
            Rule::Route
        } else {
            Rule::Pool
        }
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let mut shape = one_real(inputs)?.shape.clone();
        let whole = show(&shape);
        let side = shape
            .get_mut(self.axis)
            .filter(|side| side.known() == Some(self.weights.columns))
            .ok_or_else(|| {
                format!(
                    "expected a side {} of {}, found {whole}",
                    self.axis, self.weights.columns
                )
            })?;
        *side = Dim::fixed(self.weights.rows.len());
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let (_, side, inner) = split_at(inputs[0].shape, self.axis);
        let (x, rows) = (inputs[0].real(), &self.weights.rows);
        let out = outputs[0].real();
        let terms: usize = rows.iter().map(Vec::len).sum();
        let cost = out.len() * (2 * terms / rows.len().max(1)).max(1);
        split::chunks(out, rows.len() * inner, cost, |outer, out| {
            let x = &x[outer * side * inner..][..side * inner];
            for (out, row) in out.chunks_exact_mut(inner.max(1)).zip(rows) {
                // The first term is not added to 0, which would lose the sign of −0.
                let Some((&(first, weight), rest)) = row.split_first() else {
                    out.fill(T::ZERO);
                    continue;
                };
                let weight = T::of(weight);
                map1(&x[first * inner..][..inner], out, |x| x * weight);
                for &(j, weight) in rest {
                    let weight = T::of(weight);
                    for (out, &x) in out.iter_mut().zip(&x[j * inner..][..inner]) {
                        *out += x * weight;
                    }
                }
            }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let transposed = Self {
            axis: self.axis,
            weights: Arc::new(self.weights.transposed()),
        };
        Ok(vec![Some(back.push(transposed, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let blend = Sparse::new(
            3,
            vec![
                vec![(0, 1.0)],
                vec![(0, 0.5), (1, 0.5)],
                vec![],
                vec![(0, -0.1), (1, 0.4), (2, 0.7)],
            ],
        );
        let pick = Sparse::new(3, vec![vec![(2, 1.0)], vec![(2, 1.0)], vec![(0, 1.0)]]);
        let of = |axis, weights| Self {
            axis,
            weights: Arc::new(weights),
        };
        vec![
            Example::new(of(1, blend.clone()), &[&[2, 3, 2]]),
            Example::new(of(0, blend), &[&[3]]),
            Example::new(of(2, pick), &[&[1, 2, 3]]),
        ]
    }
}

impl OnnxForm for Resample {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let rows = &self.weights.rows;
        let most = rows.iter().map(Vec::len).max().unwrap_or(0);
        if most == 0 || most > MOST_TERMS {
            return self.as_matrix(node);
        }
        // One gather and one product per term of the sums.
        let along = || vec![AttributeProto::int("axis", self.axis as i64)];
        let mut shape = vec![1; node.result().len() - self.axis];
        shape[0] = rows.len();
        let mut sum: Option<String> = None;
        for k in 0..most {
            // A row with fewer terms takes its first number nought times.
            let term = |row: &Vec<(usize, f64)>| {
                let first = row.first().map_or(0, |&(place, _)| place);
                row.get(k).copied().unwrap_or((first, 0.0))
            };
            let places: Vec<i64> = rows.iter().map(|row| term(row).0 as i64).collect();
            let places = node.integers("places", &places);
            if self.weights.picks() {
                node.emit(
                    "Gather",
                    &[node.input(0), &places],
                    &[node.output(0)],
                    along(),
                );
                return Ok(());
            }
            let taken = node.between("Gather", &[node.input(0), &places], along());
            let weights: Vec<f32> = rows.iter().map(|row| term(row).1 as f32).collect();
            let weights = node.numbers("weights", &shape, &weights);
            let last = k + 1 == most;
            let product = match (last, &sum) {
                (true, None) => {
                    node.emit("Mul", &[&taken, &weights], &[node.output(0)], vec![]);
                    return Ok(());
                }
                _ => node.between("Mul", &[&taken, &weights], vec![]),
            };
            sum = match sum {
                None => Some(product),
                Some(sum) if last => {
                    node.emit("Add", &[&sum, &product], &[node.output(0)], vec![]);
                    return Ok(());
                }
                Some(sum) => Some(node.between("Add", &[&sum, &product], vec![])),
            };
        }
        Ok(())
    }
}

impl Resample {
    /// A product with all weights, zeros too.
    fn as_matrix(&self, node: &mut Export<'_>) -> Exported {
        let (rows, columns) = (self.weights.rows.len(), self.weights.columns);
        let count = rows.checked_mul(columns);
        if count.is_none_or(|count| count > MOST_WEIGHTS) {
            return Err(node.refuse(format!("{rows} × {columns} weights are too many")));
        }
        let rank = node.shape(0).len();
        let mut weights = vec![0.0_f32; rows * columns];
        for (i, row) in self.weights.rows.iter().enumerate() {
            for &(j, weight) in row {
                weights[j * rows + i] = weight as f32;
            }
        }
        let weights = node.numbers("weights", &[columns, rows], &weights);
        if self.axis + 1 == rank {
            node.emit(
                "MatMul",
                &[node.input(0), &weights],
                &[node.output(0)],
                vec![],
            );
            return Ok(());
        }
        let mut order: Vec<i64> = (0..rank as i64).collect();
        order.swap(self.axis, rank - 1);
        let order = || vec![AttributeProto::ints("perm", &order)];
        let last = node.between("Transpose", &[node.input(0)], order());
        let made = node.between("MatMul", &[&last, &weights], vec![]);
        node.emit("Transpose", &[&made], &[node.output(0)], order());
        Ok(())
    }
}
