//! Batches, gathered into buffers that are used again.

use pellucid_core::{Tensor, random};
use rand::Rng;

use super::{Dataset, Purpose, seed_for};
use crate::error::NetworkError;
use crate::graph::{Bindings, Graph};
use crate::kernels::split;
use crate::transform::Mask;

/// The tensors of a batch, in the order of the training graph's inputs: those
/// of the network, masks, targets, shares.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub tensors: Vec<Tensor<f32>>,
}

/// Copies rows into a tensor of as many.
pub(crate) fn gather(from: &Tensor<f32>, rows: &[usize], into: &mut Tensor<f32>) {
    let len = from.row_len();
    let data = into.data_mut();
    let per = split::rows_per_piece(rows.len(), len);
    let cost = data.len();
    split::chunks(data, per * len, cost, |index, piece| {
        let rows = &rows[index * per..];
        for (to, &row) in piece.chunks_exact_mut(len.max(1)).zip(rows) {
            to.copy_from_slice(from.row(row));
        }
    });
}

impl Batch {
    /// Buffers for `events` events.
    pub fn new(graph: &Graph, data: &Dataset, events: usize) -> Result<Self, NetworkError> {
        let mut bindings = Bindings::new();
        for (&id, input) in graph.inputs().iter().zip(&data.inputs) {
            for (i, dim) in graph.shape(id).iter().enumerate() {
                if let (Some(name), Some(&side)) = (dim.name(), input.shape().get(i)) {
                    bindings.insert(name.into(), if i == 0 { events } else { side });
                }
            }
        }
        let tensors: Result<Vec<Tensor<f32>>, NetworkError> = graph
            .inputs()
            .iter()
            .enumerate()
            .map(|(slot, &id)| {
                if let Some(input) = data.inputs.get(slot) {
                    let mut shape = input.shape().to_vec();
                    if let Some(first) = shape.first_mut() {
                        *first = events;
                    }
                    return Ok(Tensor::full(shape, 0.0));
                }
                let value = graph.value(id);
                let shape: Result<Vec<usize>, NetworkError> = value
                    .ty
                    .shape
                    .iter()
                    .map(|dim| {
                        dim.evaluate(&bindings)
                            .map_err(|problem| NetworkError::Size {
                                value: value.name.clone(),
                                size: dim.clone(),
                                problem,
                            })
                    })
                    .collect();
                Ok(Tensor::full(shape?, 0.0))
            })
            .collect();
        Ok(Self { tensors: tensors? })
    }

    /// Fills the buffers with these rows; `shares` are those of all events.
    pub fn fill(&mut self, data: &Dataset, shares: &[f32], rows: &[usize], masks: &Masks) {
        let inputs = data.inputs.len();
        for (from, into) in data.inputs.iter().zip(&mut self.tensors) {
            gather(from, rows, into);
        }
        for i in 0..masks.kept.len() {
            masks.draw(i, self.tensors[inputs + i].data_mut());
        }
        let [.., target, share] = self.tensors.as_mut_slice() else {
            return;
        };
        let width = target.row_len();
        for (to, &row) in target.data_mut().chunks_exact_mut(width.max(1)).zip(rows) {
            to.copy_from_slice(data.target(row, width));
        }
        let each = 1.0 / rows.len() as f32;
        for (to, &row) in share.data_mut().iter_mut().zip(rows) {
            *to = shares[row] * each;
        }
    }

    /// What an executor is given.
    pub fn inputs(&self) -> Vec<&Tensor<f32>> {
        self.tensors.iter().collect()
    }
}

/// How the masks of dropout are drawn: mask `i` of step `s` from stream `s`
/// under a seed of its own.
#[derive(Debug, Clone)]
pub(crate) struct Masks {
    /// For each mask: its seed, and of 2¹⁶ how many draws keep a number.
    kept: Vec<(u64, u32)>,
    /// The step to draw for.
    pub step: u64,
}

impl Masks {
    pub fn new(masks: &[Mask], seed: u64) -> Self {
        let kept = masks
            .iter()
            .enumerate()
            .map(|(i, mask)| {
                let share = ((1.0 - mask.ratio) * 65536.0).round() as u32;
                (seed_for(seed, Purpose::Mask(i)), share.max(1))
            })
            .collect();
        Self { kept, step: 0 }
    }

    /// Draws 16 bits per number; a kept one is scaled by the exact inverse of
    /// its probability, so that rounding the ratio to 16 bits costs no bias.
    fn draw(&self, i: usize, mask: &mut [f32]) {
        let (seed, kept) = self.kept[i];
        let scale = 65536.0 / kept as f32;
        let mut rng = random::stream(seed, self.step);
        let mut bytes = [0; 1024];
        for mask in mask.chunks_mut(bytes.len() / 2) {
            rng.fill_bytes(&mut bytes);
            for (mask, pair) in mask.iter_mut().zip(bytes.chunks_exact(2)) {
                let draw = u32::from(u16::from_le_bytes([pair[0], pair[1]]));
                *mask = if draw < kept { scale } else { 0.0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::ValueId;

    #[test]
    fn masks_keep_their_share_and_the_mean() {
        let masks = [Mask {
            input: ValueId(0),
            ratio: 0.3,
        }];
        let mut masks = Masks::new(&masks, 5);
        let mut mask = vec![0.0; 100_000];
        masks.draw(0, &mut mask);
        let kept = mask.iter().filter(|&&x| x > 0.0).count() as f64 / 1e5;
        let mean = mask.iter().map(|&x| f64::from(x)).sum::<f64>() / 1e5;
        // Five standard errors of a share of 0.7 in 10⁵ draws: 0.0073.
        assert!(
            (kept - 0.7).abs() < 0.0073 && (mean - 1.0).abs() < 0.0104,
            "{kept} {mean}"
        );
        let first = mask.clone();
        masks.draw(0, &mut mask);
        assert_eq!(first, mask);
        masks.step = 1;
        masks.draw(0, &mut mask);
        assert_ne!(first, mask);
    }
}
