//! Which candidate decides most like the guide, and which ones as well as it.

use pellucid_core::Estimate;
use pellucid_core::statistics::{dense_ranks, two_sample};
use rayon::prelude::*;

use crate::ordering::{DecisionOrdering, Folded, ordering_of_ranks};
use crate::pairs::{OnPairs, Pairs, misordered_pairs};
use crate::{Candidates, DistillError};

/// The pairs that candidates are ranked on.
pub(crate) enum Scope {
    /// All signal-background pairs of these events.
    All {
        events: Vec<usize>,
        labels: Vec<bool>,
        guide: Vec<u32>,
    },
    /// The pairs that a network orders differently.
    Misordered(Pairs),
}

/// How well one candidate orders the pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standing {
    pub(crate) candidate: usize,
    pub(crate) folded: Folded,
}

impl Scope {
    /// All pairs of these events.
    pub(crate) fn all(guide: &[f64], labels: &[bool], events: &[usize]) -> Self {
        let guide: Vec<f64> = events.iter().map(|&event| guide[event]).collect();
        Self::All {
            events: events.to_vec(),
            labels: events.iter().map(|&event| labels[event]).collect(),
            guide: dense_ranks(&guide),
        }
    }

    /// The pairs that the network orders differently from the guide.
    pub(crate) fn misordered(
        guide: &[f64],
        network: &[f64],
        labels: &[bool],
        events: &[usize],
        max_pairs: usize,
        seed: u64,
    ) -> Result<Self, DistillError> {
        misordered_pairs(guide, network, labels, events, max_pairs, seed).map(Self::Misordered)
    }

    /// The number of pairs.
    pub(crate) fn pairs(&self) -> u64 {
        match self {
            Self::All { labels, .. } => {
                let signal = labels.iter().filter(|&&label| label).count();
                (signal * (labels.len() - signal)) as u64
            }
            Self::Misordered(pairs) => pairs.len() as u64,
        }
    }

    /// The ordering of one column, which has a value for every event of the
    /// whole sample.
    pub(crate) fn ordering(&self, column: &[f64]) -> Estimate {
        match self {
            Self::All { .. } => self.over_all(column).ado,
            Self::Misordered(pairs) => OnPairs::of(column, pairs).estimate(pairs),
        }
    }

    /// Every candidate that is not used yet, the best first; equal ones in their
    /// order among the candidates.
    pub(crate) fn rank(&self, candidates: &Candidates, used: &[usize]) -> Vec<Standing> {
        let mut standings: Vec<Standing> = (0..candidates.len())
            .into_par_iter()
            .filter(|candidate| !used.contains(candidate))
            .map(|candidate| {
                let folded = Folded::of(self.ordering(candidates.column(candidate)));
                Standing { candidate, folded }
            })
            .collect();
        standings.sort_by(|a, b| b.folded.ado.value.total_cmp(&a.folded.ado.value));
        standings
    }

    /// Those behind the first standing that are within one standard error of it;
    /// the error is that of the difference, on the same pairs.
    pub(crate) fn equivalents(
        &self,
        candidates: &Candidates,
        standings: &[Standing],
    ) -> Vec<Standing> {
        let Some((best, others)) = standings.split_first() else {
            return Vec::new();
        };
        let of_best = self.held(candidates.column(best.candidate));
        others
            .par_iter()
            .filter(|other| {
                // No difference has a larger error than the sum of both.
                let difference = best.folded.ado.value - other.folded.ado.value;
                difference <= best.folded.ado.error + other.folded.ado.error
            })
            .filter(|other| {
                let of_other = self.held(candidates.column(other.candidate));
                let difference = self.difference(
                    (
                        &of_best,
                        candidates.column(best.candidate),
                        best.folded.sign,
                    ),
                    (
                        &of_other,
                        candidates.column(other.candidate),
                        other.folded.sign,
                    ),
                );
                difference.value <= difference.error
            })
            .copied()
            .collect()
    }

    fn over_all(&self, column: &[f64]) -> DecisionOrdering {
        let Self::All {
            events,
            labels,
            guide,
        } = self
        else {
            unreachable!("asked for all pairs of a scope that has some")
        };
        let column: Vec<f64> = events.iter().map(|&event| column[event]).collect();
        ordering_of_ranks(&dense_ranks(&column), guide, labels)
    }

    fn held(&self, column: &[f64]) -> Held {
        match self {
            Self::All { .. } => Held::All(self.over_all(column)),
            Self::Misordered(pairs) => Held::Misordered(OnPairs::of(column, pairs)),
        }
    }

    fn difference(
        &self,
        (first, first_column, first_sign): (&Held, &[f64], i8),
        (second, second_column, second_sign): (&Held, &[f64], i8),
    ) -> Estimate {
        match (self, first, second) {
            (Self::Misordered(pairs), Held::Misordered(first), Held::Misordered(second)) => {
                OnPairs::difference(
                    (first, first_column, first_sign),
                    (second, second_column, second_sign),
                    pairs,
                )
            }
            (Self::All { labels, .. }, Held::All(first), Held::All(second)) => {
                let of = |class: bool| -> Vec<f64> {
                    (0..labels.len())
                        .filter(|&event| labels[event] == class)
                        .map(|event| {
                            f64::from(first_sign) * (first.events[event] - 0.5)
                                - f64::from(second_sign) * (second.events[event] - 0.5)
                        })
                        .collect()
                };
                two_sample((&of(true), None), (&of(false), None))
            }
            _ => unreachable!("standings of another scope"),
        }
    }
}

/// What an ordering keeps for comparing it with another.
enum Held {
    All(DecisionOrdering),
    Misordered(OnPairs),
}
