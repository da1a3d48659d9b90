//! Published sets of features.

use serde::{Deserialize, Deserializer, Serialize};

use super::Feature;

/// The features of a published tagger, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureSet {
    /// Kinematics alone: `Δη`, `Δφ`, `ln pt`, `ln E`, `ln pt/pt_jet`,
    /// `ln E/E_jet`, `ΔR` (H. Qu, L. Gouskos, arXiv:1902.08570, table 1).
    ParticleNet,
    /// Kinematics, kind and impact parameters (H. Qu, C. Li, S. Qian,
    /// arXiv:2202.03772, table 2): the seven of ParticleNet, charge, five kinds,
    /// `tanh d0` and its error, `tanh dz` and its error.
    ParticleTransformer,
    /// The 17 of the expert-augmented study (G. Agarwal et al.,
    /// arXiv:2011.13466): `ln pt`, `ln pt/pt_jet`, `ln E`, `|η|`, `Δφ`, `Δη`, `ΔR` to the jet and to
    /// its two subjets, charge, five kinds, `d0`, `dz`.
    ExpertAugmented,
}

use Feature as F;

const PARTICLE_NET: [Feature; 7] = [
    F::DeltaEta,
    F::DeltaPhi,
    F::LogPt,
    F::LogEnergy,
    F::LogPtFraction,
    F::LogEnergyFraction,
    F::DeltaR,
];

const PARTICLE_TRANSFORMER: [Feature; 17] = [
    F::DeltaEta,
    F::DeltaPhi,
    F::LogPt,
    F::LogEnergy,
    F::LogPtFraction,
    F::LogEnergyFraction,
    F::DeltaR,
    F::Charge,
    F::IsElectron,
    F::IsMuon,
    F::IsPhoton,
    F::IsChargedHadron,
    F::IsNeutralHadron,
    F::TanhD0,
    F::TanhDz,
    F::D0Error,
    F::DzError,
];

const EXPERT_AUGMENTED: [Feature; 17] = [
    F::LogPt,
    F::LogPtFraction,
    F::LogEnergy,
    F::AbsEta,
    F::DeltaPhi,
    F::DeltaEta,
    F::DeltaR,
    F::DeltaRSubjet1,
    F::DeltaRSubjet2,
    F::Charge,
    F::IsMuon,
    F::IsElectron,
    F::IsPhoton,
    F::IsChargedHadron,
    F::IsNeutralHadron,
    F::D0,
    F::Dz,
];

impl FeatureSet {
    /// Its features.
    pub fn features(self) -> &'static [Feature] {
        match self {
            Self::ParticleNet => &PARTICLE_NET,
            Self::ParticleTransformer => &PARTICLE_TRANSFORMER,
            Self::ExpertAugmented => &EXPERT_AUGMENTED,
        }
    }
}

/// A list of features or the word for a set of them.
pub(super) fn features<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Feature>, D::Error> {
    struct Visitor;

    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Vec<Feature>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(
                "a list of features, `particle-net`, `particle-transformer` or `expert-augmented`",
            )
        }

        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
            let set = FeatureSet::deserialize(serde::de::value::StrDeserializer::new(word))?;
            Ok(set.features().to_vec())
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(
            self,
            mut sequence: A,
        ) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(feature) = sequence.next_element()? {
                all.push(feature);
            }
            Ok(all)
        }
    }

    from.deserialize_any(Visitor)
}
