//! How a jet becomes numbers for a model: an image, its Lund plane, a list of
//! particles, numbers of their pairs, or named observables.
//!
//! The settings are the whole truth: the same [`Representation`] read from a
//! configuration or from a model's metadata gives the same input.

use pellucid_core::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::jets::lund::LundImage;
use crate::jets::property::Property;
use crate::jets::{Jet, Jets};
use crate::particles::{Cut, ParticleMask, ParticlePairs};
use crate::{JetImage, ObservableError, ParticleList, Scalars};

/// What a model is given for each jet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Representation {
    /// The energy flow as a picture: `[channels, pixels, pixels]`.
    Image(JetImage),
    /// The emissions in the Lund plane as a picture: `[1, bins, bins]`.
    Lund(LundImage),
    /// The constituents, padded: `[features, count]` or `[count, features]`.
    Particles(ParticleList),
    /// Which places of a list hold a constituent: `[1, count]`, `[count]` or
    /// `[count, 1]`.
    Mask(ParticleMask),
    /// Numbers of pairs of constituents, padded: `[features, count, count]`.
    Pairs(ParticlePairs),
    /// Named observables: `[k]`.
    Scalars(Scalars),
}

impl Representation {
    /// An error if a setting is out of its range.
    pub fn check(&self) -> Result<(), ObservableError> {
        match self {
            Self::Image(image) => image.check(),
            Self::Lund(image) => image.check(),
            Self::Particles(particles) => particles.check(),
            Self::Mask(mask) => mask.check(),
            Self::Pairs(pairs) => pairs.check(),
            Self::Scalars(scalars) => scalars.check(),
        }
    }

    /// The shape of one jet's input, without the batch.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Image(image) => image.shape().to_vec(),
            Self::Lund(image) => vec![1, image.bins, image.bins],
            Self::Particles(particles) => particles.shape(),
            Self::Mask(mask) => mask.shape(),
            Self::Pairs(pairs) => pairs.shape().to_vec(),
            Self::Scalars(scalars) => vec![scalars.observables.len()],
        }
    }

    /// What must be known of the constituents besides their momenta.
    pub fn needs(&self) -> Vec<Property> {
        match self {
            Self::Image(image) => image.needs(),
            Self::Lund(_) | Self::Pairs(_) | Self::Mask(_) => Vec::new(),
            Self::Particles(particles) => particles.needs(),
            Self::Scalars(scalars) => scalars.needs(),
        }
    }

    /// What is told if it is known of the constituents, and else padded.
    pub fn wishes(&self) -> Vec<Property> {
        match self {
            Self::Particles(particles) => particles.wishes(),
            _ => Vec::new(),
        }
    }

    /// Whether it only says which places hold a constituent: such an input is held
    /// in explanations.
    pub fn is_mask(&self) -> bool {
        match self {
            Self::Mask(_) => true,
            Self::Particles(particles) => particles.is_mask(),
            _ => false,
        }
    }

    /// What its list is too short for; nothing of what is no list.
    pub fn cut(&self, jets: &Jets) -> Cut {
        match self {
            Self::Particles(particles) => particles.cut(jets),
            _ => Cut::default(),
        }
    }

    /// What each feature is: one name per channel of an image, per feature of
    /// a particle or a pair, or per observable.
    pub fn features(&self) -> Vec<String> {
        match self {
            Self::Image(image) => {
                let names = image.channels.iter().map(|channel| channel.name());
                names.map(str::to_owned).collect()
            }
            Self::Lund(_) => vec!["emissions".to_owned()],
            Self::Particles(particles) => particles.names(),
            Self::Mask(_) => vec!["mask".to_owned()],
            Self::Pairs(pairs) => pairs.names(),
            Self::Scalars(scalars) => scalars.observables.clone(),
        }
    }

    /// The inputs of many jets, `[jets, …shape]`, in parallel.
    pub fn apply(&self, jets: &Jets) -> Result<Tensor<f32>, ObservableError> {
        match self {
            Self::Image(image) => Ok(image.render_all(jets)?.tensor),
            Self::Lund(image) => image.apply(jets),
            Self::Particles(particles) => particles.apply(jets),
            Self::Mask(mask) => mask.apply(jets),
            Self::Pairs(pairs) => pairs.apply(jets),
            Self::Scalars(scalars) => scalars.apply(jets),
        }
    }
}

/// A shift and a scale, `(x - mean) / scale`, that brings a feature to numbers
/// near 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standardise {
    /// What is taken off.
    pub mean: f64,
    /// What the rest is divided by.
    pub scale: f64,
}

impl Standardise {
    /// Leaves a feature as it is.
    pub const IDENTITY: Self = Self {
        mean: 0.0,
        scale: 1.0,
    };

    /// Mean and standard deviation of these values; a feature that does not
    /// vary is only shifted.
    pub fn of(values: impl ExactSizeIterator<Item = f64> + Clone) -> Self {
        let n = values.len().max(1) as f64;
        let mean = values.clone().sum::<f64>() / n;
        let scale = (values.map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        // A constant feature has a scale of rounding errors.
        let varies = scale > 1e-12 * mean.abs().max(f64::MIN_POSITIVE);
        Self {
            mean,
            scale: if varies { scale } else { 1.0 },
        }
    }

    /// The value shifted and scaled.
    pub fn apply(self, value: f64) -> f64 {
        (value - self.mean) / self.scale
    }

    pub(crate) fn check(list: Option<&[Self]>, features: usize) -> Result<(), ObservableError> {
        let Some(list) = list else { return Ok(()) };
        if list.len() != features {
            let expected = "one pair of mean and scale for every feature";
            return Err(ObservableError::setting(
                "standardise",
                format!("{} pairs", list.len()),
                expected,
            ));
        }
        for pair in list {
            if !(pair.mean.is_finite() && pair.scale.is_finite() && pair.scale > 0.0) {
                let found = format!("mean {} and scale {}", pair.mean, pair.scale);
                return Err(ObservableError::setting(
                    "standardise",
                    found,
                    "a finite mean and a scale above 0",
                ));
            }
        }
        Ok(())
    }
}

/// One row of `row_len` numbers per jet, filled in parallel.
pub(crate) fn fill(
    jets: &Jets,
    row_len: usize,
    row: impl Fn(Jet<'_>, &mut [f32]) + Sync,
) -> Vec<f32> {
    let mut data = vec![0.0_f32; jets.len() * row_len];
    data.par_chunks_mut(row_len.max(1))
        .enumerate()
        .for_each(|(i, out)| row(jets.jet(i), out));
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_feature_is_only_shifted() {
        let s = Standardise::of([3.0; 5].into_iter());
        assert_eq!(
            s,
            Standardise {
                mean: 3.0,
                scale: 1.0
            }
        );
        let s = Standardise::of([1.0, 3.0].into_iter());
        assert_eq!(
            s,
            Standardise {
                mean: 2.0,
                scale: 1.0
            }
        );
    }

    #[test]
    fn unknown_settings_are_refused() {
        let good = r#"{"kind": "scalars", "observables": ["mass", "pt"]}"#;
        let parsed: Representation = serde_json::from_str(good).unwrap();
        assert_eq!(parsed.shape(), [2]);
        let bad = r#"{"kind": "scalars", "observables": ["mass"], "unit": "GeV"}"#;
        assert!(serde_json::from_str::<Representation>(bad).is_err());
    }
}
