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
//!   of ParticleNet).

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::ObservableError;
use crate::jets::kinematics::{delta_phi, pseudorapidity};
use crate::jets::{Jet, Jets};
use crate::representation::{Standardise, fill};

/// What is told of a constituent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Transverse momentum, GeV.
    Pt,
    /// `ln(pt / GeV)`.
    LogPt,
    /// Transverse momentum over that of the jet.
    PtFraction,
    /// Logarithm of [`Feature::PtFraction`].
    LogPtFraction,
    /// Energy, GeV.
    Energy,
    /// `ln(E / GeV)`.
    LogEnergy,
    /// Logarithm of the energy over that of the jet.
    LogEnergyFraction,
    /// Rapidity minus the jet's.
    DeltaY,
    /// Pseudorapidity minus the jet's.
    DeltaEta,
    /// Azimuth minus the jet's, radians.
    DeltaPhi,
    /// Distance from the jet's axis in rapidity and azimuth.
    DeltaR,
    /// Mass, GeV.
    Mass,
}

impl Feature {
    /// The name of the feature, as in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pt => "pt",
            Self::LogPt => "log_pt",
            Self::PtFraction => "pt_fraction",
            Self::LogPtFraction => "log_pt_fraction",
            Self::Energy => "energy",
            Self::LogEnergy => "log_energy",
            Self::LogEnergyFraction => "log_energy_fraction",
            Self::DeltaY => "delta_y",
            Self::DeltaEta => "delta_eta",
            Self::DeltaPhi => "delta_phi",
            Self::DeltaR => "delta_r",
            Self::Mass => "mass",
        }
    }

    /// The feature of constituent `i`.
    pub fn evaluate(self, jet: Jet<'_>, i: usize) -> f64 {
        let (p, axis) = (jet.constituent(i), jet.axis);
        // ln cosh without overflow, so that the logarithm of an energy is
        // finite wherever the rapidity is.
        let log_energy = |pt: f64, y: f64, m: f64| {
            pt.hypot(m).ln() + y.abs() + (-2.0 * y.abs()).exp().ln_1p() - std::f64::consts::LN_2
        };
        match self {
            Self::Pt => p.pt,
            Self::LogPt => p.pt.ln(),
            Self::PtFraction => p.pt / axis.pt,
            Self::LogPtFraction => (p.pt / axis.pt).ln(),
            Self::Energy => p.pt.hypot(p.m) * p.y.cosh(),
            Self::LogEnergy => log_energy(p.pt, p.y, p.m),
            Self::LogEnergyFraction => {
                log_energy(p.pt, p.y, p.m) - log_energy(axis.pt, axis.y, axis.m)
            }
            Self::DeltaY => p.y - axis.y,
            Self::DeltaEta => {
                pseudorapidity(p.pt, p.y, p.m) - pseudorapidity(axis.pt, axis.y, axis.m)
            }
            Self::DeltaPhi => delta_phi(p.phi, axis.phi),
            Self::DeltaR => (p.y - axis.y).hypot(delta_phi(p.phi, axis.phi)),
            Self::Mass => p.m,
        }
    }
}

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
    /// What is told of each.
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
        let [first, second] = self.shape();
        let data = fill(jets, first * second, |jet, out| self.write(jet, out));
        Ok(Tensor::new(vec![jets.len(), first, second], data))
    }

    fn write(&self, jet: Jet<'_>, out: &mut [f32]) {
        let mut order: Vec<usize> = (0..jet.len()).collect();
        order.sort_by(|&a, &b| jet.pt[b].total_cmp(&jet.pt[a]));
        order.truncate(self.count);
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
                out[place(k, particle)] = standardise.apply(feature.evaluate(jet, i)) as f32;
            }
            if self.mask {
                out[place(features - 1, particle)] = 1.0;
            }
        }
    }
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
