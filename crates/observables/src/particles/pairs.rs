//! Numbers of pairs of particles, as a model's input.
//!
//! $$ \Delta = \sqrt{(y_a - y_b)^2 + (\phi_a - \phi_b)^2}, \quad
//!    k_T = \min(p_{T,a}, p_{T,b})\,\Delta, \quad
//!    z = \frac{\min(p_{T,a}, p_{T,b})}{p_{T,a} + p_{T,b}}, \quad
//!    m^2 = (E_a + E_b)^2 - |\vec p_a + \vec p_b|^2 $$
//!
//! of the hardest [`count`](ParticlePairs::count) constituents, in the order of
//! [`ParticleList`](super::ParticleList), as logarithms. A logarithm of less than
//! 1e-8 is that of 1e-8: two particles at one place have no angle.
//!
//! * **Shape:** `[jets, features, count, count]`, symmetric in the last two; a
//!   particle with itself is on the diagonal, and padding is 0.
//! * **Units:** GeV and radians before the logarithm.
//! * **Reference:** H. Qu, C. Li, S. Qian, arXiv:2202.03772, eq. 3 (the
//!   interaction features of the Particle Transformer).

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

use super::hardest;
use crate::ObservableError;
use crate::jets::kinematics::delta_phi;
use crate::jets::{Jet, Jets};
use crate::representation::{Standardise, fill};

/// What is told of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairFeature {
    /// `ln(k_T / GeV)`.
    LogKt,
    /// `ln z`.
    LogZ,
    /// `ln Δ`.
    LogDelta,
    /// `ln(m² / GeV²)`.
    LogM2,
}

impl PairFeature {
    /// All, in the order of the Particle Transformer.
    pub const ALL: [Self; 4] = [Self::LogKt, Self::LogZ, Self::LogDelta, Self::LogM2];

    /// The name of the feature, as in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogKt => "log_kt",
            Self::LogZ => "log_z",
            Self::LogDelta => "log_delta",
            Self::LogM2 => "log_m2",
        }
    }

    /// The feature of constituents `a` and `b`.
    pub fn evaluate(self, jet: Jet<'_>, a: usize, b: usize) -> f64 {
        let softer = jet.pt[a].min(jet.pt[b]);
        let delta = || (jet.y[a] - jet.y[b]).hypot(delta_phi(jet.phi[a], jet.phi[b]));
        let value = match self {
            Self::LogKt => softer * delta(),
            Self::LogZ => softer / (jet.pt[a] + jet.pt[b]),
            Self::LogDelta => delta(),
            Self::LogM2 => mass2(jet, a, b),
        };
        value.max(LEAST).ln()
    }
}

/// What logarithms are cut at.
const LEAST: f64 = 1e-8;

/// `m_a² + m_b² + 2 p_a·p_b`; with `cosh = 1 + 2 sinh²` and `cos = 1 − 2 sin²` of
/// half the angles, so that nothing large cancels.
fn mass2(jet: Jet<'_>, a: usize, b: usize) -> f64 {
    let (p, q) = (jet.constituent(a), jet.constituent(b));
    let (mt_p, mt_q) = (p.pt.hypot(p.m), q.pt.hypot(q.m));
    let sinh = (0.5 * (p.y - q.y)).sinh();
    let sin = (0.5 * delta_phi(p.phi, q.phi)).sin();
    // mt_p mt_q − pt_p pt_q, each mt being pt and an excess m² / (mt + pt).
    let masses = mt_p * q.m * q.m / (mt_q + q.pt) + q.pt * p.m * p.m / (mt_p + p.pt);
    let angles = 2.0 * (mt_p * mt_q * sinh * sinh + p.pt * q.pt * sin * sin);
    p.m * p.m + q.m * q.m + 2.0 * (masses + angles)
}

/// The pairs of a jet's constituents as a model's input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParticlePairs {
    /// How many constituents a model is given; the softest are left out.
    pub count: usize,
    /// What is told of each pair.
    #[serde(default = "all")]
    pub features: Vec<PairFeature>,
    /// Shift and scale of each feature; raw values without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardise: Option<Vec<Standardise>>,
}

fn all() -> Vec<PairFeature> {
    PairFeature::ALL.to_vec()
}

impl ParticlePairs {
    /// All features of the pairs of the hardest `count` constituents.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            features: all(),
            standardise: None,
        }
    }

    /// An error if a setting is out of its range.
    pub fn check(&self) -> Result<(), ObservableError> {
        if !(1..=2000).contains(&self.count) {
            let expected = "1 to 2000 particles";
            return Err(ObservableError::setting("count", self.count, expected));
        }
        if self.features.is_empty() {
            let expected = "at least one feature";
            return Err(ObservableError::setting("features", "empty", expected));
        }
        Standardise::check(self.standardise.as_deref(), self.features.len())
    }

    /// The name of every feature.
    pub fn names(&self) -> Vec<String> {
        let names = self.features.iter().map(|feature| feature.name());
        names.map(str::to_owned).collect()
    }

    /// The shape of one jet's array.
    pub fn shape(&self) -> [usize; 3] {
        [self.features.len(), self.count, self.count]
    }

    /// The arrays of many jets, in parallel.
    pub fn apply(&self, jets: &Jets) -> Result<Tensor<f32>, ObservableError> {
        self.check()?;
        let [features, n, _] = self.shape();
        let data = fill(jets, features * n * n, |jet, out| self.write(jet, out));
        Ok(Tensor::new(vec![jets.len(), features, n, n], data))
    }

    fn write(&self, jet: Jet<'_>, out: &mut [f32]) {
        let n = self.count;
        let order = hardest(jet, n);
        for (k, feature) in self.features.iter().enumerate() {
            let standardise = match &self.standardise {
                Some(list) => list[k],
                None => Standardise::IDENTITY,
            };
            for (row, &a) in order.iter().enumerate() {
                for (column, &b) in order.iter().enumerate().take(row + 1) {
                    let value = standardise.apply(feature.evaluate(jet, a, b)) as f32;
                    out[(k * n + row) * n + column] = value;
                    out[(k * n + column) * n + row] = value;
                }
            }
        }
    }
}
