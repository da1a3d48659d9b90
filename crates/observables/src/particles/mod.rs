//! The list of a jet's constituents as a model's input.
//!
//! The hardest [`count`](ParticleList::count) constituents, by falling `pt`
//! (the order of the file among equals), each with the chosen [`Feature`]s;
//! jets with fewer are filled up with zeros. Positions are relative to the
//! jet's axis.
//!
//! * **Shape:** `[jets, features, count]`, or `[jets, count, features]` with
//!   [`Layout::ParticlesFirst`].
//! * **Invariant:** with [`mask`](ParticleList::mask), a last feature is 1 for
//!   a constituent and 0 for padding; padding is 0 in every feature, whatever
//!   the standardisation.
//! * **Reference:** H. Qu, L. Gouskos, arXiv:1902.08570, table 1 (the features
//!   of ParticleNet); other published sets are in `sets.rs`, numbers of pairs of
//!   particles in `pairs.rs`.

mod feature;
mod pairs;
mod sets;

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::ObservableError;
use crate::jets::property::Property;
use crate::jets::{Jet, Jets};
use crate::representation::{Standardise, fill};

pub use feature::Feature;
use feature::Subject;
pub use pairs::{PairFeature, ParticlePairs};
pub use sets::FeatureSet;

/// Which side of the array comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `[jets, features, count]`, as one-dimensional convolutions want it.
    #[default]
    FeaturesFirst,
    /// `[jets, count, features]`.
    ParticlesFirst,
}

/// How a jet becomes a list of particles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParticleList {
    /// How many constituents a model is given; the softest are left out.
    pub count: usize,
    /// What is told of each: a list of features, or the word for a published
    /// [`FeatureSet`].
    #[serde(deserialize_with = "sets::features")]
    pub features: Vec<Feature>,
    /// Which side of the array comes first.
    #[serde(default)]
    pub layout: Layout,
    /// Whether a last feature tells constituents (1) from padding (0).
    #[serde(default)]
    pub mask: bool,
    /// Shift and scale of each feature, the mask left out; raw values without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardise: Option<Vec<Standardise>>,
}

impl ParticleList {
    /// These features of the hardest `count` constituents.
    pub fn new(count: usize, features: impl IntoIterator<Item = Feature>) -> Self {
        Self {
            count,
            features: features.into_iter().collect(),
            layout: Layout::default(),
            mask: false,
            standardise: None,
        }
    }

    /// An error if a setting is out of its range.
    pub fn check(&self) -> Result<(), ObservableError> {
        if !(1..=100_000).contains(&self.count) {
            return Err(ObservableError::setting(
                "count",
                self.count,
                "1 to 100000 particles",
            ));
        }
        if self.features.is_empty() {
            return Err(ObservableError::setting(
                "features",
                "empty",
                "at least one feature",
            ));
        }
        Standardise::check(self.standardise.as_deref(), self.features.len())
    }

    /// What must be known of the constituents besides their momenta.
    pub fn needs(&self) -> Vec<Property> {
        let mut needs: Vec<Property> = self
            .features
            .iter()
            .flat_map(|feature| feature.needs())
            .copied()
            .collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// The name of every feature, the mask included.
    pub fn names(&self) -> Vec<String> {
        let names = self
            .features
            .iter()
            .map(|feature| feature.name().to_owned());
        names.chain(self.mask.then(|| "mask".to_owned())).collect()
    }

    /// The shape of one jet's list.
    pub fn shape(&self) -> [usize; 2] {
        let features = self.features.len() + usize::from(self.mask);
        match self.layout {
            Layout::FeaturesFirst => [features, self.count],
            Layout::ParticlesFirst => [self.count, features],
        }
    }

    /// The lists of many jets, in parallel.
    pub fn apply(&self, jets: &Jets) -> Result<Tensor<f32>, ObservableError> {
        self.check()?;
        jets.require(&self.needs())?;
        let [first, second] = self.shape();
        let data = fill(jets, first * second, |jet, out| self.write(jet, out));
        Ok(Tensor::new(vec![jets.len(), first, second], data))
    }

    fn write(&self, jet: Jet<'_>, out: &mut [f32]) {
        let order = hardest(jet, self.count);
        let subject = Subject::new(jet);
        let features = self.features.len() + usize::from(self.mask);
        let place = |feature: usize, particle: usize| match self.layout {
            Layout::FeaturesFirst => feature * self.count + particle,
            Layout::ParticlesFirst => particle * features + feature,
        };
        for (particle, &i) in order.iter().enumerate() {
            for (k, feature) in self.features.iter().enumerate() {
                let standardise = self
                    .standardise
                    .as_ref()
                    .map_or(Standardise::IDENTITY, |list| list[k]);
                out[place(k, particle)] = standardise.apply(feature.of(&subject, i)) as f32;
            }
            if self.mask {
                out[place(features - 1, particle)] = 1.0;
            }
        }
    }
}

/// The hardest constituents, at most so many, by falling `pt`.
fn hardest(jet: Jet<'_>, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..jet.len()).collect();
    order.sort_by(|&a, &b| jet.pt[b].total_cmp(&jet.pt[a]));
    order.truncate(count);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::kinematics::Momentum;

    fn jets() -> Jets {
        let particle = |pt, y, phi| Momentum { pt, y, phi, m: 0.5 };
        let mut jets = Jets::new();
        let axis = Momentum {
            pt: 10.0,
            y: 1.0,
            phi: 3.0,
            m: 2.0,
        };
        jets.push_with_axis(&[particle(1.0, 1.1, 3.0), particle(4.0, 0.9, -3.1)], axis)
            .unwrap();
        jets
    }

    #[test]
    fn the_hardest_come_first_and_the_rest_is_zero() {
        let mut list = ParticleList::new(3, [Feature::Pt, Feature::PtFraction]);
        assert_eq!(
            list.apply(&jets()).unwrap().data(),
            [4.0, 1.0, 0.0, 0.4, 0.1, 0.0]
        );
        list.layout = Layout::ParticlesFirst;
        list.mask = true;
        let tensor = list.apply(&jets()).unwrap();
        assert_eq!(tensor.shape(), [1, 3, 3]);
        assert_eq!(tensor.data(), [4.0, 0.4, 1.0, 1.0, 0.1, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(list.names(), ["pt", "pt_fraction", "mask"]);
    }

    #[test]
    fn the_softest_are_left_out() {
        let list = ParticleList::new(1, [Feature::Pt]);
        assert_eq!(list.apply(&jets()).unwrap().data(), [4.0]);
    }

    #[test]
    fn padding_stays_zero_when_standardised() {
        let mut list = ParticleList::new(3, [Feature::Pt]);
        list.standardise = Some(vec![Standardise {
            mean: 2.0,
            scale: 0.5,
        }]);
        assert_eq!(list.apply(&jets()).unwrap().data(), [4.0, -2.0, 0.0]);
    }

    #[test]
    fn every_feature_is_what_its_name_says() {
        let jets = jets();
        let jet = jets.jet(0);
        let value = |feature: Feature| feature.evaluate(jet, 1);
        let mt = 16.25_f64.sqrt();
        let axis_energy = 104.0_f64.sqrt() * 1.0_f64.cosh();
        let dphi = std::f64::consts::TAU - 6.1;
        let eta = (mt * 0.9_f64.sinh() / 4.0).asinh();
        let axis_eta = (104.0_f64.sqrt() * 1.0_f64.sinh() / 10.0).asinh();
        for (feature, expected) in [
            (Feature::Pt, 4.0),
            (Feature::LogPt, 4.0_f64.ln()),
            (Feature::PtFraction, 0.4),
            (Feature::LogPtFraction, 0.4_f64.ln()),
            (Feature::Energy, mt * 0.9_f64.cosh()),
            (Feature::LogEnergy, (mt * 0.9_f64.cosh()).ln()),
            (
                Feature::LogEnergyFraction,
                (mt * 0.9_f64.cosh() / axis_energy).ln(),
            ),
            (Feature::DeltaY, -0.1),
            (Feature::DeltaEta, eta - axis_eta),
            (Feature::DeltaPhi, dphi),
            (Feature::DeltaR, dphi.hypot(0.1)),
            (Feature::Mass, 0.5),
        ] {
            assert!(
                (value(feature) - expected).abs() < 1e-13,
                "{}",
                feature.name()
            );
            // The name is the setting.
            assert_eq!(serde_json::to_value(feature).unwrap(), feature.name());
        }
    }
}
