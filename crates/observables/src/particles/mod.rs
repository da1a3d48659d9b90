//! The list of a jet's constituents as a model's input.
//!
//! The hardest [`count`](ParticleList::count) constituents, by falling `pt`
//! (the order of the file among equals), each with the chosen [`Entry`]s: a
//! [`Feature`], a variable of a foreign specification ([`variable`]) or a
//! [`Formula`], shifted, scaled and cut. Jets with fewer are filled up, with each
//! entry's `pad` or, with [`Padding::Wrap`], with the jet's own constituents from
//! the hardest on.
//!
//! * **Shape:** `[jets, features, count]`, `[jets, count, features]` with
//!   [`Layout::ParticlesFirst`], or `[jets, count]` of one feature with
//!   [`Layout::Flat`].
//! * **Invariant:** with [`mask`](ParticleList::mask), a last feature is 1 for
//!   a constituent and 0 for padding; padding is each entry's `pad`, 0 if it names
//!   none, whatever the standardisation.
//! * **Reference:** H. Qu, L. Gouskos, arXiv:1902.08570, table 1 (the features
//!   of ParticleNet); other published sets are in `sets.rs`, numbers of pairs of
//!   particles in `pairs.rs`.

mod entry;
mod feature;
mod formula;
mod mask;
mod pairs;
mod sets;
pub mod variable;

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::ObservableError;
use crate::jets::property::Property;
use crate::jets::{Jet, Jets};
use crate::representation::{Standardise, fill};

pub use entry::{Entry, Transform};
use feature::Subject;
pub use feature::{Feature, JetNumber};
pub use formula::{Formula, Function, Value};
pub use mask::{MaskLayout, ParticleMask};
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
    /// `[jets, count]` of a single feature, or `[jets, features]` of lists of one
    /// particle: numbers of the whole jet.
    Flat,
}

/// What stands where a jet has no more constituents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// Each entry's [`pad`](Transform::pad).
    #[default]
    Constant,
    /// The jet's constituents again, from the hardest on: for models that look
    /// for neighbours and are told by a mask which are real.
    Wrap,
}

/// What is done about a variable that a file does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The file is refused.
    #[default]
    Refuse,
    /// The variable has its [`pad`](Transform::pad) for every constituent.
    Pad,
}

/// How a jet becomes a list of particles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParticleList {
    /// How many constituents a model is given; the softest are left out.
    pub count: usize,
    /// What is told of each: a list of features, or the word for a published
    /// [`FeatureSet`].
    #[serde(deserialize_with = "sets::entries")]
    pub features: Vec<Entry>,
    /// Which side of the array comes first.
    #[serde(default)]
    pub layout: Layout,
    /// Whether a last feature tells constituents (1) from padding (0).
    #[serde(default)]
    pub mask: bool,
    /// What stands where there is no constituent.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub padding: Padding,
    /// What is done about variables that a file does not tell.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub missing: Missing,
    /// Shift and scale of each feature, the mask left out; raw values without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardise: Option<Vec<Standardise>>,
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What of the jets is left out by a list that is too short for them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cut {
    /// The number of jets.
    pub jets: usize,
    /// How many have more constituents than the list.
    pub cut: usize,
    /// The sum over all jets of the share of the scalar sum of `pt` that is left
    /// out.
    pub share: f64,
}

impl Cut {
    /// Adds those of other jets.
    pub fn add(&mut self, other: Self) {
        self.jets += other.jets;
        self.cut += other.cut;
        self.share += other.share;
    }
}

impl ParticleList {
    /// These features of the hardest `count` constituents.
    pub fn new<E: Into<Entry>>(count: usize, features: impl IntoIterator<Item = E>) -> Self {
        Self {
            count,
            features: features.into_iter().map(Into::into).collect(),
            layout: Layout::default(),
            mask: false,
            padding: Padding::default(),
            missing: Missing::default(),
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
        for entry in &self.features {
            entry.check()?;
            if let (Missing::Refuse, Some(name)) = (self.missing, entry.formula.absent().first()) {
                return Err(ObservableError::setting(
                    "features",
                    format!("a list with `{name}`, which no file of jets tells"),
                    "variables that can be told, or `missing = \"pad\"` beside them for their pad value",
                ));
            }
        }
        let numbers = self.features.len() + usize::from(self.mask);
        if self.layout == Layout::Flat && numbers != 1 && self.count != 1 {
            return Err(ObservableError::setting(
                "layout",
                format!(
                    "\"flat\" with {numbers} features of {} particles",
                    self.count
                ),
                "one feature or one particle for \"flat\", or \"features-first\", \"particles-first\"",
            ));
        }
        Standardise::check(self.standardise.as_deref(), self.features.len())
    }

    /// What must be known of the constituents besides their momenta.
    pub fn needs(&self) -> Vec<Property> {
        match self.missing {
            Missing::Refuse => self.asks(),
            Missing::Pad => Vec::new(),
        }
    }

    /// What is told if it is known of the constituents, and else left out.
    pub fn wishes(&self) -> Vec<Property> {
        match self.missing {
            Missing::Refuse => Vec::new(),
            Missing::Pad => self.asks(),
        }
    }

    fn asks(&self) -> Vec<Property> {
        let entries = self.features.iter();
        let mut asks: Vec<Property> = entries.flat_map(|entry| entry.formula.needs()).collect();
        asks.sort_unstable();
        asks.dedup();
        asks
    }

    /// The places of the entries that cannot be told of jets of which this much
    /// is known.
    pub fn untold(&self, known: impl Fn(Property) -> bool) -> Vec<usize> {
        let told = |entry: &Entry| {
            entry.formula.absent().is_empty() && entry.formula.needs().into_iter().all(&known)
        };
        (0..self.features.len())
            .filter(|&k| !told(&self.features[k]))
            .collect()
    }

    /// Whether it is nothing but a mask.
    pub fn is_mask(&self) -> bool {
        !self.mask && self.features.iter().all(Entry::is_mask)
    }

    /// The name of every feature, the mask included.
    pub fn names(&self) -> Vec<String> {
        let names = self.features.iter().map(|entry| entry.name.clone());
        names.chain(self.mask.then(|| "mask".to_owned())).collect()
    }

    /// The shape of one jet's list.
    pub fn shape(&self) -> Vec<usize> {
        let features = self.features.len() + usize::from(self.mask);
        match self.layout {
            Layout::FeaturesFirst => vec![features, self.count],
            Layout::ParticlesFirst => vec![self.count, features],
            Layout::Flat => vec![features * self.count],
        }
    }

    /// The feature of every number of one jet's list, by its place in
    /// [`names`](Self::names).
    pub fn feature_of(&self, element: usize) -> usize {
        let features = self.features.len() + usize::from(self.mask);
        match self.layout {
            Layout::FeaturesFirst | Layout::Flat => element / self.count.max(1),
            Layout::ParticlesFirst => element % features.max(1),
        }
    }

    /// How many jets have more constituents than the list, and what that leaves
    /// out.
    pub fn cut(&self, jets: &Jets) -> Cut {
        let mut cut = Cut {
            jets: jets.len(),
            ..Cut::default()
        };
        // Numbers of the whole jet leave nothing out.
        let of_jet = self.layout == Layout::Flat && self.count == 1;
        for jet in jets.iter().filter(|jet| !of_jet && jet.len() > self.count) {
            let kept: f64 = hardest(jet, self.count).iter().map(|&i| jet.pt[i]).sum();
            cut.cut += 1;
            cut.share += 1.0 - kept / jet.scalar_pt();
        }
        cut
    }

    /// The lists of many jets, in parallel.
    pub fn apply(&self, jets: &Jets) -> Result<Tensor<f32>, ObservableError> {
        self.check()?;
        jets.require(&self.needs())?;
        let mut shape = self.shape();
        let untold = self.untold(|property| jets.has(property));
        let formulas: Vec<Option<Formula>> = (0..self.features.len())
            .map(|k| (!untold.contains(&k)).then(|| self.formula(k)))
            .collect();
        let length = shape.iter().product();
        let data = fill(jets, length, |jet, out| self.write(jet, &formulas, out));
        shape.insert(0, jets.len());
        Ok(Tensor::new(shape, data))
    }

    /// The formula of entry `k`. The distance beside a difference of rapidities is
    /// theirs, so that it is the hypotenuse of what it stands beside.
    fn formula(&self, k: usize) -> Formula {
        let has = |feature| {
            let told = Formula::Feature(feature);
            self.features.iter().any(|entry| entry.formula == told)
        };
        let formula = &self.features[k].formula;
        let by_rapidity =
            has(Feature::DeltaY) && !has(Feature::DeltaEta) && !has(Feature::DeltaEtaMirrored);
        if *formula == Formula::Feature(Feature::DeltaR) && by_rapidity {
            return Formula::Feature(Feature::DeltaRRapidity);
        }
        formula.clone()
    }

    fn write(&self, jet: Jet<'_>, formulas: &[Option<Formula>], out: &mut [f32]) {
        let order = hardest(jet, self.count);
        let subject = Subject::new(jet);
        let features = self.features.len() + usize::from(self.mask);
        let place = |feature: usize, particle: usize| match self.layout {
            Layout::FeaturesFirst | Layout::Flat => feature * self.count + particle,
            Layout::ParticlesFirst => particle * features + feature,
        };
        for (k, (entry, formula)) in self.features.iter().zip(formulas).enumerate() {
            let standardise = self
                .standardise
                .as_ref()
                .map_or(Standardise::IDENTITY, |list| list[k]);
            // An infinity is no input of a network; NumPy's `nan_to_num` ends there.
            let finish = |value: f64| {
                let value = standardise.apply(entry.transform.apply(value)) as f32;
                value.clamp(f32::MIN, f32::MAX)
            };
            let pad = entry.transform.pad as f32;
            let values: Vec<f32> = match formula {
                None => vec![pad; order.len()],
                // The plain one is not computed for constituents that are left out.
                Some(Formula::Feature(feature)) => order
                    .iter()
                    .map(|&i| finish(feature.of(&subject, i)))
                    .collect(),
                Some(formula) => {
                    let value = formula.evaluate(&subject);
                    order.iter().map(|&i| finish(value.at(i))).collect()
                }
            };
            for particle in 0..self.count {
                out[place(k, particle)] = match self.padding {
                    Padding::Wrap => values[particle % values.len()],
                    Padding::Constant => values.get(particle).copied().unwrap_or(pad),
                };
            }
        }
        if self.mask {
            for particle in 0..order.len() {
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
    fn an_infinity_without_a_bound_becomes_the_largest_number() {
        let entry = Entry {
            name: "far".to_owned(),
            formula: Formula::parse("log(0 * pt)", &|name| Ok(Formula::base(name).unwrap()))
                .unwrap(),
            transform: Transform::IDENTITY,
        };
        let list = ParticleList::new(1, [entry]);
        assert_eq!(list.apply(&jets()).unwrap().data(), [f32::MIN]);
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
            (Feature::DeltaEtaMirrored, eta - axis_eta),
            (Feature::DeltaR, dphi.hypot(eta - axis_eta)),
            (Feature::DeltaRRapidity, dphi.hypot(0.1)),
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

    #[test]
    fn a_distance_is_the_hypotenuse_of_what_it_stands_beside() {
        for beside in ["delta_eta", "delta_eta_mirrored", "delta_y"] {
            let names = [beside, "delta_phi", "delta_r"].map(|name| Entry::named(name).unwrap());
            let list = ParticleList::new(2, names);
            let tensor = list.apply(&jets()).unwrap();
            let x = tensor.data();
            for i in 0..2 {
                // Single precision of numbers near 0.2.
                assert!((x[4 + i] - x[i].hypot(x[2 + i])).abs() < 1e-7, "{beside}");
            }
        }
    }

    #[test]
    fn jets_that_fly_backwards_are_mirrored_in_published_sets() {
        let parts = jets();
        let turned = |sign: f64| {
            let particle = |pt, y, phi| Momentum {
                pt,
                y: sign * y,
                phi,
                m: 0.5,
            };
            let mut jets = Jets::new();
            let axis = Momentum {
                y: sign,
                ..parts.jet(0).axis
            };
            jets.push_with_axis(&[particle(1.0, 1.1, 3.0), particle(4.0, 0.9, -3.1)], axis)
                .unwrap();
            jets
        };
        let list = ParticleList::new(2, FeatureSet::ParticleNet.entries());
        assert_eq!(
            list.apply(&turned(1.0)).unwrap(),
            list.apply(&turned(-1.0)).unwrap()
        );
        let plain = ParticleList::new(2, [Feature::DeltaEta]);
        assert_ne!(
            plain.apply(&turned(1.0)).unwrap(),
            plain.apply(&turned(-1.0)).unwrap()
        );
    }

    #[test]
    fn padding_is_a_number_of_its_own_or_the_constituents_again() {
        let mut list: ParticleList = serde_json::from_str(
            r#"{"count": 5, "features": [{"name": "pt", "subtract": 1, "multiply": 2, "pad": -7}], "mask": true}"#,
        )
        .unwrap();
        let mask = [1.0, 1.0, 0.0, 0.0, 0.0];
        let tensor = list.apply(&jets()).unwrap();
        assert_eq!(tensor.data()[..5], [6.0, 0.0, -7.0, -7.0, -7.0]);
        assert_eq!(tensor.data()[5..], mask);
        list.padding = Padding::Wrap;
        let tensor = list.apply(&jets()).unwrap();
        assert_eq!(tensor.data()[..5], [6.0, 0.0, 6.0, 0.0, 6.0]);
        assert_eq!(tensor.data()[5..], mask);
    }

    #[test]
    fn what_a_file_does_not_tell_is_refused_or_padded() {
        let text = r#"{"count": 3, "features": ["pt", {"name": "pfcand_quality", "pad": 2}, {"name": "pfcand_dxysig", "pad": 3}]}"#;
        let mut list: ParticleList = serde_json::from_str(text).unwrap();
        let message = list.apply(&jets()).unwrap_err().to_string();
        assert!(
            message.contains("`pfcand_quality`") && message.contains("missing = \"pad\""),
            "{message}"
        );
        list.missing = Missing::Pad;
        assert_eq!(list.untold(|_| false), [1, 2]);
        assert_eq!(list.untold(|_| true), [1]);
        assert_eq!(list.wishes(), [Property::D0, Property::D0Error]);
        let tensor = list.apply(&jets()).unwrap();
        assert_eq!(tensor.data(), [4.0, 1.0, 0.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0]);
    }

    #[test]
    fn a_list_too_short_says_what_it_leaves_out() {
        let list = ParticleList::new(1, [Feature::Pt]);
        let cut = list.cut(&jets());
        assert_eq!((cut.jets, cut.cut), (1, 1));
        assert!((cut.share - 0.2).abs() < 1e-15);
        assert_eq!(ParticleList::new(2, [Feature::Pt]).cut(&jets()).cut, 0);
    }

    #[test]
    fn one_feature_may_be_flat_and_more_may_not() {
        let mut list = ParticleList::new(3, [Feature::Mask]);
        list.layout = Layout::Flat;
        assert!(list.is_mask());
        assert_eq!(list.apply(&jets()).unwrap().shape(), [1, 3]);
        assert_eq!(list.apply(&jets()).unwrap().data(), [1.0, 1.0, 0.0]);
        list.features.push(Feature::Pt.into());
        assert!(!list.is_mask());
        assert!(list.apply(&jets()).is_err());
        // Numbers of the whole jet.
        let names = ["jet_pt", "jet_multiplicity"].map(|name| Entry::named(name).unwrap());
        let list = ParticleList {
            layout: Layout::Flat,
            ..ParticleList::new(1, names)
        };
        let tensor = list.apply(&jets()).unwrap();
        assert_eq!(
            (tensor.shape(), tensor.data()),
            (&[1, 2][..], &[10.0, 2.0][..])
        );
    }
}
