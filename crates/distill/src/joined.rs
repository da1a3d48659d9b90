//! A candidate joined with the network: the order that both give together.
//!
//! $$ j(e) = p(e) + \frac{\sum_{e' \in B(e)} \bigl(t(e') - p(e')\bigr)}{n_B + n_0} $$
//!
//! with `t(e)` the share of events that the guide finds less like signal than
//! `e`, `p(e)` the straight line through the same share of the network that is
//! nearest to `t`, and `B(e)` the events that fall into one bin with `e`: equally
//! full bins of the network's score and of the candidate, 12 × 12 or, in small
//! samples, so many that 50 events fill one. `n₀ = 20` events of no correction
//! keep sparse bins quiet.
//!
//! What a candidate adds often is no matter of its own order: a mass tells W
//! bosons from lighter *and* from heavier jets, a shape may matter only where
//! the network is undecided. `j` sees both.
//!
//! * **Weights:** weighted events add `w (t - p)` to the sum and `w` to `n_B`,
//!   the weights scaled to a mean modulus of one; where they cancel, `n_B` counts
//!   as nothing.
//! * **Units:** shares from 0 to 1, plus corrections.
//! * **Fairness:** corrections of learned events come from the other of two
//!   [`halves`], so that noise does not order the events that it was read from.
//!   Pairs must then lie within a half: of two events of one bin in different
//!   halves, each would be moved by what the other one leaves. Corrections of
//!   unseen events come from one half as well, so that both compare.
//! * **Known limits:** what follows from the network's score orders as the
//!   network does, but for noise; a candidate that is the guide itself orders as
//!   the guide, but for the width of the bins.

use std::borrow::Cow;

use pellucid_core::Estimate;
use rayon::prelude::*;

use crate::Candidates;
use crate::ordering::Folded;
use crate::ranking::Standing;

/// Bins of one axis, at most.
const MAX_BINS: usize = 12;
/// Events of a half that a bin should hold on average.
const EVENTS_PER_BIN: usize = 50;
/// Events of no correction in every bin.
const PRIOR: f64 = 20.0;

/// Bins of one axis that so many learned events fill.
fn bins_of_axis(learned: usize) -> usize {
    (learned / 2 / EVENTS_PER_BIN).isqrt().clamp(2, MAX_BINS)
}

/// Every candidate in equally full bins, found once for a whole search.
pub(crate) struct Binned {
    columns: Vec<Vec<u8>>,
}

impl Binned {
    /// Bins that are equally full of `learned` events.
    pub(crate) fn new(candidates: &Candidates, learned: &[usize]) -> Self {
        let columns = (0..candidates.len())
            .into_par_iter()
            .map(|candidate| bins(candidates.column(candidate), learned))
            .collect();
        Self { columns }
    }
}

/// What the candidates are joined with.
pub(crate) struct Joined<'a> {
    binned: &'a Binned,
    learned: &'a [Vec<usize>; 2],
    /// What the network says of every event.
    told: Vec<f64>,
    /// What it leaves of the guide's share, for learned events.
    left: Vec<f64>,
    /// What each event counts, if they differ, with a mean modulus of one.
    weights: Option<Vec<f64>>,
    /// Its bin of every event.
    bins: Vec<u8>,
}

impl<'a> Joined<'a> {
    pub(crate) fn new(
        binned: &'a Binned,
        guide: &[f64],
        network: &[f64],
        weights: Option<&[f64]>,
        learned: &'a [Vec<usize>; 2],
    ) -> Self {
        let all = learned.concat();
        let (wanted, share) = (shares(guide, &all), shares(network, &all));
        let (offset, slope) = line(&share, &wanted, &all);
        let told: Vec<f64> = share.iter().map(|share| offset + slope * share).collect();
        let left = wanted.iter().zip(&told).map(|(t, p)| t - p).collect();
        Self {
            binned,
            learned,
            told,
            left,
            weights: weights.map(|weights| {
                let modulus: f64 = all.iter().map(|&event| weights[event].abs()).sum();
                let scale = all.len() as f64 / modulus;
                weights.iter().map(|weight| weight * scale).collect()
            }),
            bins: bins(network, &all),
        }
    }

    /// The joined score of every event.
    fn column(&self, candidate: usize) -> Vec<f64> {
        let candidate = &self.binned.columns[candidate];
        let width = bins_of_axis(self.learned.iter().map(Vec::len).sum());
        let bin =
            |event: usize| usize::from(self.bins[event]) * width + usize::from(candidate[event]);
        let mut from = vec![0; self.told.len()];
        let mut sums = vec![[(0.0, 0.0); 2]; width * width];
        for (half, events) in self.learned.iter().enumerate() {
            for &event in events {
                let (sum, count) = &mut sums[bin(event)][half];
                let weight = self.weights.as_ref().map_or(1.0, |weights| weights[event]);
                *sum += weight * self.left[event];
                *count += weight;
                from[event] = 1 - half;
            }
        }
        (0..self.told.len())
            .map(|event| {
                let (sum, events): (f64, f64) = sums[bin(event)][from[event]];
                self.told[event] + sum / (events.max(0.0) + PRIOR)
            })
            .collect()
    }
}

/// Two halves of these events, each class in turn to the one and the other.
pub(crate) fn halves(labels: &[bool], events: &[usize]) -> [Vec<usize>; 2] {
    let mut halves = [Vec::new(), Vec::new()];
    let mut seen = [0, 0];
    for &event in events {
        let count = &mut seen[usize::from(labels[event])];
        halves[*count % 2].push(event);
        *count += 1;
    }
    halves
}

/// How candidates are read when they order pairs.
pub(crate) enum Reading<'a> {
    /// By themselves, in whichever direction orders better.
    Alone(&'a Candidates),
    /// Together with the network.
    Joined(&'a Candidates, Joined<'a>),
}

impl Reading<'_> {
    /// The number of candidates.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Alone(candidates) | Self::Joined(candidates, _) => candidates.len(),
        }
    }

    /// What orders the events for this candidate.
    pub(crate) fn column(&self, candidate: usize) -> Cow<'_, [f64]> {
        match self {
            Self::Alone(candidates) => candidates.column(candidate).into(),
            Self::Joined(_, joined) => joined.column(candidate).into(),
        }
    }

    /// A candidate's place, by the ordering of its column. A joined column has
    /// its direction, and is worse than nothing when it orders backwards.
    pub(crate) fn standing(&self, candidate: usize, ado: Estimate) -> Standing {
        let folded = match self {
            Self::Alone(_) => Folded::of(ado),
            Self::Joined(..) => Folded { ado, sign: 1 },
        };
        Standing { candidate, folded }
    }
}

/// For each event the share of `among` whose score is below its own.
pub(crate) fn shares(scores: &[f64], among: &[usize]) -> Vec<f64> {
    let sorted = sorted(scores, among);
    let share = |score: &f64| {
        let below = sorted.partition_point(|other| other < score);
        let not_above = sorted.partition_point(|other| other <= score);
        (below + not_above) as f64 / (2 * sorted.len()) as f64
    };
    scores.iter().map(share).collect()
}

fn sorted(values: &[f64], among: &[usize]) -> Vec<f64> {
    let mut sorted: Vec<f64> = among.iter().map(|&event| values[event]).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The bin of every event, by edges that split `among` evenly.
fn bins(values: &[f64], among: &[usize]) -> Vec<u8> {
    let sorted = sorted(values, among);
    let count = bins_of_axis(among.len());
    let edges: Vec<f64> = (1..count)
        .filter_map(|bin| sorted.get(bin * sorted.len() / count).copied())
        .collect();
    values
        .iter()
        .map(|value| edges.partition_point(|edge| edge <= value) as u8)
        .collect()
}

/// Offset and slope of the least-squares line through `y` over `x`.
fn line(x: &[f64], y: &[f64], events: &[usize]) -> (f64, f64) {
    let mean = |values: &[f64]| -> f64 {
        events.iter().map(|&event| values[event]).sum::<f64>() / events.len().max(1) as f64
    };
    let (mx, my) = (mean(x), mean(y));
    let (mut xx, mut xy) = (0.0, 0.0);
    for &event in events {
        xx += (x[event] - mx).powi(2);
        xy += (x[event] - mx) * (y[event] - my);
    }
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    (my - slope * mx, slope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, average_decision_ordering};
    use pellucid_core::random;

    const EVENTS: usize = 8000;

    fn normal(stream: u64) -> Vec<f64> {
        let mut rng = random::stream(9, stream);
        (0..EVENTS).map(|_| random::normal(&mut rng)).collect()
    }

    /// The ordering with the guide of a network by itself and of the network
    /// joined with one candidate, on unseen events.
    fn orderings(guide: &[f64], network: &[f64], candidate: Vec<f64>) -> [f64; 2] {
        let mut candidates = Candidates::new(EVENTS);
        candidates
            .push(Candidate::named("candidate"), candidate)
            .unwrap();
        let labels: Vec<bool> = (0..EVENTS).map(|event| event % 2 == 0).collect();
        let learned: Vec<usize> = (0..EVENTS / 2).collect();
        let binned = Binned::new(&candidates, &learned);
        let halves = halves(&labels, &learned);
        let joined = Joined::new(&binned, guide, network, None, &halves);
        let reading = Reading::Joined(&candidates, joined);
        let ordering = |column: &[f64]| {
            let (f, g) = (&column[EVENTS / 2..], &guide[EVENTS / 2..]);
            average_decision_ordering(f, g, &labels[EVENTS / 2..])
                .unwrap()
                .ado
                .value
        };
        [ordering(network), ordering(&reading.column(0))]
    }

    #[test]
    fn it_sees_a_candidate_that_matters_through_its_square() {
        let (network, hidden) = (normal(0), normal(1));
        let guide: Vec<f64> = network
            .iter()
            .zip(&hidden)
            .map(|(n, h)| n + h * h)
            .collect();
        let [alone, joined] = orderings(&guide, &network, hidden);
        // Six bins of each leave more than half of the way to the guide's own
        // order, 1, behind.
        assert!(alone < 0.8 && joined > 0.88, "{alone} {joined}");
    }

    #[test]
    fn noise_and_what_the_network_knows_add_nothing() {
        let (network, blur, noise) = (normal(0), normal(1), normal(2));
        let guide: Vec<f64> = network.iter().zip(&blur).map(|(n, b)| n + b).collect();
        let known = network.iter().map(|n| n.powi(3)).collect();
        for candidate in [noise, known] {
            let [alone, joined] = orderings(&guide, &network, candidate);
            // One standard error of the ordering of 2000 × 2000 pairs.
            assert!((joined - alone).abs() < 0.008, "{alone} {joined}");
        }
    }

    #[test]
    fn a_guide_that_is_noise_stays_noise_within_each_half() {
        let (guide, network, candidate) = (normal(3), normal(4), normal(5));
        let mut candidates = Candidates::new(EVENTS);
        candidates
            .push(Candidate::named("candidate"), candidate)
            .unwrap();
        let learned: Vec<usize> = (0..EVENTS).collect();
        let labels: Vec<bool> = learned.iter().map(|event| event % 3 == 0).collect();
        let binned = Binned::new(&candidates, &learned);
        let halves = halves(&labels, &learned);
        let column = Joined::new(&binned, &guide, &network, None, &halves).column(0);
        for half in &halves {
            let of = |values: &[f64]| -> Vec<f64> { half.iter().map(|&e| values[e]).collect() };
            let labels: Vec<bool> = half.iter().map(|&event| labels[event]).collect();
            assert!(labels.contains(&true) && labels.contains(&false));
            let ado = average_decision_ordering(&of(&column), &of(&guide), &labels)
                .unwrap()
                .ado;
            assert!((ado.value - 0.5).abs() < 4.0 * ado.error, "{ado}");
        }
    }
}
