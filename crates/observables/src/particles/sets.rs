//! Published sets of features.

use serde::{Deserialize, Deserializer, Serialize};

use super::entry::{Entry, Transform};
use super::{Feature, variable};

/// The features of a published tagger, in its order.
///
/// All but the expert-augmented one measure pseudorapidity with the sign that the
/// sets were made with: `Δη` is mirrored, times -1, for jets whose own is below 0,
/// and `ΔR` is the hypotenuse of `Δη` and `Δφ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureSet {
    /// Kinematics alone: `Δη`, `Δφ`, `ln pt`, `ln E`, `ln pt/pt_jet`,
    /// `ln E/E_jet`, `ΔR` (H. Qu, L. Gouskos, arXiv:1902.08570, table 1).
    ParticleNet,
    /// Kinematics, kind and impact parameters (H. Qu, C. Li, S. Qian,
    /// arXiv:2202.03772, table 2): the seven of ParticleNet, charge, five kinds,
    /// `tanh d0` and its error, `tanh dz` and its error, the errors cut to
    /// `[0, 1]` mm.
    ParticleTransformer,
    /// The 17 of the expert-augmented study (G. Agarwal et al.,
    /// arXiv:2011.13466): `ln pt`, `ln pt/pt_jet`, `ln E`, `|η|`, `Δφ`, `Δη`, `ΔR` to the jet and to
    /// its two subjets, charge, five kinds, `d0`, `dz`.
    ExpertAugmented,
    /// The 17 features of `JetClass_full.yaml` in its order, shifted, scaled and
    /// cut as there: what published Particle Transformers were given.
    JetclassFull,
    /// The same without impact parameters, `JetClass_kinpid.yaml`.
    JetclassKinpid,
    /// The same without kinds and charge, `JetClass_kin.yaml`.
    JetclassKin,
    /// The points of weaver's ParticleNet: `Δη` and `Δφ`.
    WeaverPoints,
    /// The momenta of weaver's Particle Transformer: `p_x`, `p_y`, `p_z`, `E`.
    WeaverVectors,
}

use Feature as F;

const PARTICLE_NET: [Feature; 7] = [
    F::DeltaEtaMirrored,
    F::DeltaPhi,
    F::LogPt,
    F::LogEnergy,
    F::LogPtFraction,
    F::LogEnergyFraction,
    F::DeltaR,
];

const PARTICLE_TRANSFORMER: [Feature; 17] = [
    F::DeltaEtaMirrored,
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

/// Shift and factor, then cut to ±5, which is weaver's custom.
const fn moved(subtract: f64, multiply: f64) -> Transform {
    Transform {
        subtract,
        multiply,
        clip: [-5.0, 5.0],
        ..Transform::IDENTITY
    }
}

const AS_IT_IS: Transform = Transform::IDENTITY;

/// Of an uncertainty.
const CUT: Transform = Transform {
    clip: [0.0, 1.0],
    ..Transform::IDENTITY
};

const KINEMATICS: [(Feature, Transform); 5] = [
    (F::LogPt, moved(1.7, 0.7)),
    (F::LogEnergy, moved(2.0, 0.7)),
    (F::LogPtFraction, moved(-4.7, 0.7)),
    (F::LogEnergyFraction, moved(-4.7, 0.7)),
    (F::DeltaR, moved(0.2, 4.0)),
];

const KINDS: [(Feature, Transform); 6] = [
    (F::Charge, AS_IT_IS),
    (F::IsChargedHadron, AS_IT_IS),
    (F::IsNeutralHadron, AS_IT_IS),
    (F::IsPhoton, AS_IT_IS),
    (F::IsElectron, AS_IT_IS),
    (F::IsMuon, AS_IT_IS),
];

const TRACKS: [(Feature, Transform); 4] = [
    (F::TanhD0, AS_IT_IS),
    (F::D0Error, CUT),
    (F::TanhDz, AS_IT_IS),
    (F::DzError, CUT),
];

const POINTS: [(Feature, Transform); 2] =
    [(F::DeltaEtaMirrored, AS_IT_IS), (F::DeltaPhi, AS_IT_IS)];

impl FeatureSet {
    /// All sets.
    pub const ALL: [Self; 8] = [
        Self::ParticleNet,
        Self::ParticleTransformer,
        Self::ExpertAugmented,
        Self::JetclassFull,
        Self::JetclassKinpid,
        Self::JetclassKin,
        Self::WeaverPoints,
        Self::WeaverVectors,
    ];

    /// Its features.
    pub fn entries(self) -> Vec<Entry> {
        let raw = |features: &[Feature]| features.iter().map(|&f| f.into()).collect();
        let parts = |parts: &[&[(Feature, Transform)]]| -> Vec<Entry> {
            let rows = parts.iter().flat_map(|part| part.iter());
            rows.map(|&(feature, transform)| Entry::from(feature).transformed(transform))
                .collect()
        };
        match self {
            Self::ParticleNet => raw(&PARTICLE_NET),
            Self::ParticleTransformer => {
                let cut = |entry: Entry| match entry.name.as_str() {
                    "d0_error" | "dz_error" => entry.transformed(CUT),
                    _ => entry,
                };
                let raw: Vec<Entry> = raw(&PARTICLE_TRANSFORMER);
                raw.into_iter().map(cut).collect()
            }
            Self::ExpertAugmented => raw(&EXPERT_AUGMENTED),
            Self::JetclassFull => parts(&[&KINEMATICS, &KINDS, &TRACKS, &POINTS]),
            Self::JetclassKinpid => parts(&[&KINEMATICS, &KINDS, &POINTS]),
            Self::JetclassKin => parts(&[&KINEMATICS, &POINTS]),
            Self::WeaverPoints => parts(&[&POINTS]),
            Self::WeaverVectors => raw(&[F::Px, F::Py, F::Pz, F::Energy]),
        }
    }
}

/// A list of features or the word for a set of them.
pub(super) fn entries<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Entry>, D::Error> {
    struct Visitor;

    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Vec<Entry>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(
                "a list of features, or the word for a published set (`particle-net`, `particle-transformer`, \
                 `expert-augmented`, `jetclass-full`, …)",
            )
        }

        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
            let set = FeatureSet::deserialize(serde::de::value::StrDeserializer::new(word));
            set.map(FeatureSet::entries).map_err(|error: E| {
                // A single name that is meant as a list of one.
                if variable::named(word).is_ok() {
                    E::custom(format_args!("`{word}` is one feature; write [\"{word}\"]"))
                } else {
                    error
                }
            })
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(
            self,
            mut sequence: A,
        ) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(entry) = sequence.next_element()? {
                all.push(entry);
            }
            Ok(all)
        }
    }

    from.deserialize_any(Visitor)
}
