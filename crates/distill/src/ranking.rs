//! Which candidate decides most like the guide, and which ones as well as it.

use pellucid_core::Estimate;
use pellucid_core::statistics::{dense_ranks, order, two_sample};
use rayon::prelude::*;

use crate::Candidates;
use crate::joined::Reading;
use crate::ordering::{Averages, Folded, averages_of_ranks};
use crate::pairs::{OnPairs, Pairs};

/// The pairs that candidates are ranked on.
pub(crate) enum Scope {
    /// All signal-background pairs of these events.
    All {
        events: Vec<usize>,
        labels: Vec<bool>,
        guide: Vec<u32>,
        weights: Option<Vec<f64>>,
    },
    /// Some pairs that a network left open.
    Chosen(Pairs),
}

/// How well one candidate orders the pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standing {
    pub(crate) candidate: usize,
    pub(crate) folded: Folded,
}

impl Scope {
    /// All pairs of these events.
    pub(crate) fn all(
        guide: &[f64],
        labels: &[bool],
        weights: Option<&[f64]>,
        events: &[usize],
    ) -> Self {
        let guide: Vec<f64> = events.iter().map(|&event| guide[event]).collect();
        Self::All {
            events: events.to_vec(),
            labels: events.iter().map(|&event| labels[event]).collect(),
            guide: dense_ranks(&guide),
            weights: weights.map(|weights| events.iter().map(|&event| weights[event]).collect()),
        }
    }

    /// The number of pairs.
    pub(crate) fn pairs(&self) -> u64 {
        match self {
            Self::All { labels, .. } => {
                let signal = labels.iter().filter(|&&label| label).count();
                (signal * (labels.len() - signal)) as u64
            }
            Self::Chosen(pairs) => pairs.len() as u64,
        }
    }

    /// The ordering of one column, which has a value for every event of the
    /// whole sample.
    pub(crate) fn ordering(&self, column: &[f64]) -> Estimate {
        match self {
            Self::All { .. } => self.over_all(column).ado,
            Self::Chosen(pairs) => OnPairs::of(column, pairs).estimate(pairs),
        }
    }

    /// Every candidate that is not used yet, the best first; equal ones in their
    /// order among the candidates.
    pub(crate) fn rank(&self, reading: &Reading<'_>, used: &[usize]) -> Vec<Standing> {
        let mut standings: Vec<Standing> = (0..reading.len())
            .into_par_iter()
            .filter(|candidate| !used.contains(candidate))
            .map(|candidate| {
                let ado = self.ordering(&reading.column(candidate));
                reading.standing(candidate, ado)
            })
            .collect();
        standings.sort_by(|a, b| b.folded.ado.value.total_cmp(&a.folded.ado.value));
        standings
    }

    /// Those behind the first standing that are within one standard error of it;
    /// the error is that of the difference, on the same pairs.
    pub(crate) fn equivalents(
        &self,
        reading: &Reading<'_>,
        standings: &[Standing],
    ) -> Vec<Standing> {
        let Some((best, others)) = standings.split_first() else {
            return Vec::new();
        };
        let best_column = reading.column(best.candidate);
        let of_best = self.held(&best_column);
        others
            .par_iter()
            .filter(|other| {
                // No difference has a larger error than the sum of both.
                let difference = best.folded.ado.value - other.folded.ado.value;
                difference <= best.folded.ado.error + other.folded.ado.error
            })
            .filter(|other| {
                let column = reading.column(other.candidate);
                let of_other = self.held(&column);
                let difference = self.difference(
                    (&of_best, &best_column, best.folded.sign),
                    (&of_other, &column, other.folded.sign),
                );
                difference.value <= difference.error
            })
            .copied()
            .collect()
    }

    fn over_all(&self, column: &[f64]) -> Averages {
        let Self::All {
            events,
            labels,
            guide,
            weights,
        } = self
        else {
            unreachable!("asked for all pairs of a scope that has some")
        };
        let column: Vec<f64> = events.iter().map(|&event| column[event]).collect();
        averages_of_ranks(&dense_ranks(&column), guide, labels, weights.as_deref())
    }

    fn held(&self, column: &[f64]) -> Held {
        match self {
            Self::All { .. } => Held::All(self.over_all(column)),
            Self::Chosen(pairs) => Held::Chosen(OnPairs::of(column, pairs)),
        }
    }

    fn difference(
        &self,
        (first, first_column, first_sign): (&Held, &[f64], i8),
        (second, second_column, second_sign): (&Held, &[f64], i8),
    ) -> Estimate {
        match (self, first, second) {
            (Self::Chosen(pairs), Held::Chosen(first), Held::Chosen(second)) => {
                OnPairs::difference(
                    (first, first_column, first_sign),
                    (second, second_column, second_sign),
                    pairs,
                )
            }
            (
                Self::All {
                    labels, weights, ..
                },
                Held::All(first),
                Held::All(second),
            ) => {
                let weights = |class: bool| -> Option<Vec<f64>> {
                    let weights = weights.as_ref()?.iter().zip(labels);
                    let own = weights.filter(|(_, label)| **label == class);
                    Some(own.map(|(&weight, _)| weight).collect())
                };
                let of = |class: bool| -> Vec<f64> {
                    (0..labels.len())
                        .filter(|&event| labels[event] == class)
                        .map(|event| {
                            f64::from(first_sign) * (first.events[event] - 0.5)
                                - f64::from(second_sign) * (second.events[event] - 0.5)
                        })
                        .collect()
                };
                two_sample(
                    (&of(true), weights(true).as_deref()),
                    (&of(false), weights(false).as_deref()),
                )
            }
            _ => unreachable!("standings of another scope"),
        }
    }
}

/// The candidates that put all events in the order of this one, or the opposite:
/// the same observable under another name. Numbers that differ by no more than
/// rounding count as equal.
pub(crate) fn same_order(candidates: &Candidates, candidate: usize) -> Vec<usize> {
    let column = candidates.column(candidate);
    let order = order(column);
    let agrees = |other: &[f64]| {
        let (mut up, mut down) = (true, true);
        for pair in order.windows(2) {
            let tied = near(column[pair[0]], column[pair[1]]);
            let (a, b) = (other[pair[0]], other[pair[1]]);
            let other_tied = near(a, b);
            up &= tied == other_tied && (tied || a < b);
            down &= tied == other_tied && (tied || a > b);
            if !up && !down {
                return false;
            }
        }
        // A constant goes along with everything, and is the same as nothing.
        !(up && down)
    };
    (0..candidates.len())
        .into_par_iter()
        .filter(|&other| other != candidate && agrees(candidates.column(other)))
        .collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

/// What an ordering keeps for comparing it with another.
enum Held {
    All(Averages),
    Chosen(OnPairs),
}
