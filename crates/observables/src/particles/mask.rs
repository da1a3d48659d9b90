//! Which places of a list hold a particle, as an input of its own.
//!
//! 1 for each of the hardest [`count`](ParticleMask::count) constituents and 0
//! for padding: truth values for a model that takes such.
//!
//! * **Shape:** `[jets, 1, count]` as weaver has it, `[jets, count]` with
//!   [`MaskLayout::Flat`], `[jets, count, 1]` with [`MaskLayout::ParticlesFirst`];
//!   padding is 1 instead with [`inverted`](ParticleMask::inverted), as PyTorch's
//!   `key_padding_mask` has it.

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::ObservableError;
use crate::jets::Jets;
use crate::representation::fill;

/// The shape of a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskLayout {
    /// `[jets, 1, count]`.
    #[default]
    FeaturesFirst,
    /// `[jets, count, 1]`.
    ParticlesFirst,
    /// `[jets, count]`.
    Flat,
}

/// A mask of particles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParticleMask {
    /// How many places there are.
    pub count: usize,
    /// The shape.
    #[serde(default)]
    pub layout: MaskLayout,
    /// Whether padding is 1 and constituents 0.
    #[serde(default)]
    pub inverted: bool,
}

impl ParticleMask {
    /// A mask of `count` places, `[jets, 1, count]`.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            layout: MaskLayout::default(),
            inverted: false,
        }
    }

    /// An error if a setting is out of its range.
    pub fn check(&self) -> Result<(), ObservableError> {
        if (1..=100_000).contains(&self.count) {
            return Ok(());
        }
        let expected = "1 to 100000 particles";
        Err(ObservableError::setting("count", self.count, expected))
    }

    /// The shape of one jet's mask.
    pub fn shape(&self) -> Vec<usize> {
        match self.layout {
            MaskLayout::FeaturesFirst => vec![1, self.count],
            MaskLayout::ParticlesFirst => vec![self.count, 1],
            MaskLayout::Flat => vec![self.count],
        }
    }

    /// The masks of many jets, in parallel.
    pub fn apply(&self, jets: &Jets) -> Result<Tensor<f32>, ObservableError> {
        self.check()?;
        let data = fill(jets, self.count, |jet, out| {
            for (place, out) in out.iter_mut().enumerate() {
                *out = f32::from(u8::from((place < jet.len()) != self.inverted));
            }
        });
        let mut shape = self.shape();
        shape.insert(0, jets.len());
        Ok(Tensor::new(shape, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::kinematics::Momentum;

    #[test]
    fn constituents_are_told_from_padding_in_every_shape() {
        let particle = Momentum {
            pt: 1.0,
            ..Momentum::default()
        };
        let mut jets = Jets::new();
        jets.push(&[particle; 2]).unwrap();
        jets.push(&[particle; 5]).unwrap();
        let mut mask = ParticleMask::new(3);
        for (layout, shape) in [
            (MaskLayout::FeaturesFirst, vec![2, 1, 3]),
            (MaskLayout::ParticlesFirst, vec![2, 3, 1]),
            (MaskLayout::Flat, vec![2, 3]),
        ] {
            mask.layout = layout;
            let tensor = mask.apply(&jets).unwrap();
            assert_eq!(tensor.shape(), shape);
            assert_eq!(tensor.data(), [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        }
        mask.inverted = true;
        assert_eq!(mask.apply(&jets).unwrap().data()[..3], [0.0, 0.0, 1.0]);
    }
}
