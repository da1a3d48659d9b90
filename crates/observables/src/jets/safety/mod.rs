//! Infrared and collinear safety as a measurement.
//!
//! A quantity `f` of a jet is infrared and collinear safe if a particle without
//! momentum, and a splitting without angle, leave it as it is. Here they are
//! given a little of both, less and less:
//!
//! $$ r(\epsilon) = \frac{1}{\sigma_f} \frac1N \sum_{\text{jets}}
//!    \bigl| f(\text{jet with a soft particle or a splitting of size } \epsilon) - f(\text{jet}) \bigr| $$
//!
//! with the standard deviation `σ_f` of `f` over the jets, so that `r = 1` moves a
//! jet as far as another jet is away. The same particles are added and split at
//! every size, so the curve is smooth.
//!
//! * **Verdict** over the last three decades of `ε`, where `r ∝ ε^p`: *safe* if the
//!   power is clearly above 0 (or nothing is left of `r`), *unsafe* if it is 0,
//!   *Sudakov-safe-like* if `r` falls, but more slowly than a power does. The
//!   error of `p` is that of the jackknife over ten groups of jets.
//! * **Weights:** jets with weights count by their modulus in the mean and in
//!   `σ_f`: whether a jet moves does not depend on the sign with which a generator
//!   counts it, and a mean of moduli must not cancel.
//! * **What it cannot see:** configurations that no jet of the sample is near,
//!   such as the single particle for which ratios are not defined; an observable
//!   that is unsafe only there is called safe.
//! * **Reference:** G. Sterman, S. Weinberg, Phys. Rev. Lett. 39, 1436 (safety);
//!   A. Larkoski, S. Marzani, J. Thaler, arXiv:1502.01719 (Sudakov safety).

mod perturbation;
mod verdict;

use pellucid_core::Estimate;
use pellucid_core::statistics::{mean, mean_estimate};
use serde::{Deserialize, Serialize};

use super::Jets;
use crate::ObservableError;

pub use perturbation::Perturbation;
pub use verdict::Verdict;

/// How jets are perturbed and judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The sizes, falling: soft momentum as a share of the jet's, or opening
    /// angle in radians.
    pub sizes: Vec<f64>,
    /// A response below this is none: rounding of the quantity itself.
    pub floor: f64,
    /// The seed of the particles added and split.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sizes: (2..=16).map(|i| 10_f64.powf(-0.5 * f64::from(i))).collect(),
            floor: 1e-7,
            seed: 0,
        }
    }
}

/// The response of one quantity to one kind of perturbation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// What was done to the jets.
    pub perturbation: Perturbation,
    /// How large, falling.
    pub sizes: Vec<f64>,
    /// The response at every size with its standard error over jets.
    pub response: Vec<Estimate>,
    /// The power with which it falls at small sizes.
    pub power: Estimate,
    /// What follows.
    pub verdict: Verdict,
}

impl Settings {
    /// An error if a setting is out of its range.
    pub fn check(&self) -> Result<(), ObservableError> {
        let falling = self.sizes.windows(2).all(|pair| pair[0] > pair[1]);
        let range = self.sizes.iter().all(|size| (1e-12..=0.5).contains(size));
        let decades = match (self.sizes.first(), self.sizes.last()) {
            (Some(first), Some(last)) => (first / last).log10(),
            _ => 0.0,
        };
        if !falling || !range || decades < verdict::DECADES {
            return Err(ObservableError::setting(
                "sizes",
                format!("{:?}", self.sizes),
                "falling numbers from 0.5 to 1e-12 over at least three decades",
            ));
        }
        Ok(())
    }
}

/// The response of every quantity to soft particles and to collinear
/// splittings, soft first: `evaluate` gives for each quantity its value of each
/// jet. At least 20 jets, in which no quantity is the same for all; `weights` say
/// what each counts.
pub fn responses<E: From<ObservableError>>(
    jets: &Jets,
    weights: Option<&[f64]>,
    settings: &Settings,
    mut evaluate: impl FnMut(&Jets) -> Result<Vec<Vec<f64>>, E>,
) -> Result<Vec<[Response; 2]>, E> {
    settings.check()?;
    if jets.len() < verdict::LEAST_JETS {
        let expected = "at least 20 jets";
        return Err(ObservableError::setting("jets", jets.len(), expected).into());
    }
    let weights: Option<Vec<f64>> =
        weights.map(|weights| weights.iter().map(|weight| weight.abs()).collect());
    let weights = weights.as_deref();
    let before = evaluate(jets)?;
    let spread = |values: &Vec<f64>| spread(values, weights);
    let scales: Vec<f64> = before.iter().map(spread).collect();
    let mut curves: Vec<[Vec<Vec<f64>>; 2]> = vec![Default::default(); before.len()];
    for (kind, perturbation) in Perturbation::ALL.into_iter().enumerate() {
        for &size in &settings.sizes {
            let after = evaluate(&perturbation.apply(jets, size, settings.seed)?)?;
            for ((curve, scale), (a, b)) in curves
                .iter_mut()
                .zip(&scales)
                .zip(after.iter().zip(&before))
            {
                let moved = a.iter().zip(b).map(|(a, b)| (a - b).abs() / scale);
                curve[kind].push(moved.collect());
            }
        }
    }
    let judged = |(kind, moved): (usize, Vec<Vec<f64>>)| {
        let (power, verdict) = verdict::judge(&settings.sizes, &moved, weights, settings.floor);
        Response {
            perturbation: Perturbation::ALL[kind],
            sizes: settings.sizes.clone(),
            response: moved
                .iter()
                .map(|jets| mean_estimate(jets, weights))
                .collect(),
            power,
            verdict,
        }
    };
    Ok(curves
        .into_iter()
        .map(|[soft, collinear]| [judged((0, soft)), judged((1, collinear))])
        .collect())
}

/// The standard deviation, or the size of a quantity that does not vary.
fn spread(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let centre = mean(values, weights);
    let squares: Vec<f64> = values.iter().map(|x| (x - centre).powi(2)).collect();
    let spread = mean(&squares, weights).sqrt();
    let mean = centre;
    if spread > 1e-12 * mean.abs() {
        spread
    } else {
        mean.abs().max(f64::MIN_POSITIVE)
    }
}
