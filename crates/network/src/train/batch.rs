//! Batches, gathered into buffers that are used again.

use pellucid_core::{Tensor, random};
use rand::Rng;

use super::{Dataset, Particles, Purpose, seed_for};
use crate::error::NetworkError;
use crate::graph::{Bindings, Graph};
use crate::kernels::split;
use crate::transform::Mask;

/// Copies rows into a tensor of as many.
fn copy_rows(from: &Tensor<f32>, rows: &[usize], into: &mut Tensor<f32>) {
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

/// What the network is given of all events.
#[derive(Debug, Clone)]
pub(crate) enum Events<'a> {
    /// One row per event in each tensor.
    Rows(Vec<&'a Tensor<f32>>),
    /// Any number of particles per event.
    Particles(&'a Particles),
}

impl Events<'_> {
    /// How many inputs they are.
    pub fn inputs(&self) -> usize {
        match self {
            Self::Rows(tensors) => tensors.len(),
            Self::Particles(particles) => particles.inputs(),
        }
    }

    /// Some events as inputs, in the buffers of the last time if they fit.
    pub fn gather(&self, rows: &[usize], into: &mut Vec<Tensor<f32>>) {
        match self {
            Self::Particles(particles) => *into = particles.gather(rows),
            Self::Rows(tensors) => {
                into.resize(tensors.len(), Tensor::full(vec![0], 0.0));
                for (from, into) in tensors.iter().zip(into) {
                    if into.rows() != rows.len() || into.shape()[1..] != from.shape()[1..] {
                        let mut shape = from.shape().to_vec();
                        shape[0] = rows.len();
                        *into = Tensor::full(shape, 0.0);
                    }
                    copy_rows(from, rows, into);
                }
            }
        }
    }
}

/// The tensors of a batch, in the order of the training graph's inputs: those
/// of the network, then masks, targets, shares.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batch {
    inputs: Vec<Tensor<f32>>,
    rest: Vec<Tensor<f32>>,
    /// The shapes of the inputs that `rest` was made for.
    fits: Vec<Vec<usize>>,
    /// How many events it holds.
    pub events: usize,
}

impl Batch {
    /// Fills the buffers with these rows; `shares` are those of all events.
    pub fn fill(
        &mut self,
        graph: &Graph,
        data: &Dataset,
        shares: &[f32],
        rows: &[usize],
        masks: &Masks,
    ) -> Result<(), NetworkError> {
        self.events = rows.len();
        data.events().gather(rows, &mut self.inputs);
        self.fit(graph)?;
        let count = masks.kept.len();
        for (i, mask) in self.rest.iter_mut().take(count).enumerate() {
            masks.draw(i, mask.data_mut());
        }
        let [.., target, share] = self.rest.as_mut_slice() else {
            return Ok(());
        };
        let width = target.row_len();
        for (to, &row) in target.data_mut().chunks_exact_mut(width.max(1)).zip(rows) {
            to.copy_from_slice(data.target(row, width));
        }
        let each = 1.0 / rows.len() as f32;
        for (to, &row) in share.data_mut().iter_mut().zip(rows) {
            *to = shares[row] * each;
        }
        Ok(())
    }

    /// Makes room for masks, targets and shares, unless there is.
    fn fit(&mut self, graph: &Graph) -> Result<(), NetworkError> {
        let same = self.fits.len() == self.inputs.len()
            && self
                .fits
                .iter()
                .zip(&self.inputs)
                .all(|(fits, input)| fits == input.shape());
        if same {
            return Ok(());
        }
        let mut bindings = Bindings::new();
        for (&id, input) in graph.inputs().iter().zip(&self.inputs) {
            for (dim, &side) in graph.shape(id).iter().zip(input.shape()) {
                if let Some(name) = dim.name() {
                    bindings.insert(name.into(), side);
                }
            }
        }
        let rest = graph.inputs().iter().skip(self.inputs.len()).map(|&id| {
            let value = graph.value(id);
            let sides = value.ty.shape.iter().map(|dim| {
                dim.evaluate(&bindings)
                    .map_err(|problem| NetworkError::Size {
                        value: value.name.clone(),
                        size: dim.clone(),
                        problem,
                    })
            });
            Ok(Tensor::full(
                sides.collect::<Result<_, NetworkError>>()?,
                0.0,
            ))
        });
        self.rest = rest.collect::<Result<_, NetworkError>>()?;
        self.fits = self
            .inputs
            .iter()
            .map(|input| input.shape().to_vec())
            .collect();
        Ok(())
    }

    /// What an executor is given.
    pub fn tensors(&self) -> Vec<&Tensor<f32>> {
        self.inputs.iter().chain(&self.rest).collect()
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
