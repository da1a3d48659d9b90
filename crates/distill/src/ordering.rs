//! Decision ordering: do two functions decide alike?
//!
//! $$ \mathrm{DO}_{f,g}(x,x') = H\bigl[(f(x) - f(x'))\,(g(x) - g(x'))\bigr], \qquad
//!    \mathrm{ADO}_{f,g} = \frac{1}{N_S N_B} \sum_{x \in S,\; x' \in B} \mathrm{DO}_{f,g}(x,x') $$
//!
//! with `H(0) = 1/2`: 1 where both functions put a signal event `x` and a
//! background event `x'` in the same order, 0 where in opposite order, 1/2 where
//! either cannot tell them apart. With the label itself as `g` it is the AUC.
//!
//! All pairs are counted, none drawn. Events are passed in order of `f` while a
//! Fenwick tree over the ranks of `g` holds those of the other class that were
//! passed: `O(n log n)`, in integers, hence exact.
//!
//! * **Sign:** an observable that orders everything the other way round carries
//!   the same decision; [`DecisionOrdering::folded`] gives `max(a, 1 - a)` with
//!   the sign, which is otherwise kept.
//! * **Error:** that of a mean over pairs which share events
//!   ([`two_sample`]): the tree gives the
//!   mean of every event over all its partners.
//! * **Reference:** T. Faucett, J. Thaler, D. Whiteson, Phys. Rev. D 103 (2021)
//!   036020, arXiv:2010.11998, where pairs are sampled and the result is folded.

use std::ops::{Add, AddAssign, Sub};

use pellucid_core::Estimate;
use pellucid_core::statistics::{dense_ranks, two_sample};
use serde::{Deserialize, Serialize};

use crate::DistillError;
use crate::error::{check_classes, check_finite, check_length};

/// The average decision ordering of two functions over all signal-background
/// pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionOrdering {
    /// Twice the sum of DO over all pairs: an integer, exact.
    pub doubled: u64,
    /// The number of signal-background pairs.
    pub pairs: u64,
    /// The mean of DO with its standard error; the sign is kept.
    pub ado: Estimate,
    /// The mean of DO of every event over all events of the other class.
    pub events: Vec<f64>,
}

impl DecisionOrdering {
    /// `max(ADO, 1 - ADO)` and which of the two it is.
    pub fn folded(&self) -> Folded {
        Folded::of(self.ado)
    }
}

/// An ordering regardless of direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folded {
    /// `max(ADO, 1 - ADO)` with its standard error.
    pub ado: Estimate,
    /// 1 if the functions rise together, -1 if one falls where the other rises.
    pub sign: i8,
}

impl Folded {
    /// Folds an ordering.
    pub fn of(ado: Estimate) -> Self {
        if ado.value < 0.5 {
            Self {
                ado: Estimate::new(1.0 - ado.value, ado.error),
                sign: -1,
            }
        } else {
            Self { ado, sign: 1 }
        }
    }
}

/// The exact average decision ordering of `f` and `g`; `labels` are true for
/// signal.
pub fn average_decision_ordering(
    f: &[f64],
    g: &[f64],
    labels: &[bool],
) -> Result<DecisionOrdering, DistillError> {
    check(f, g, labels)?;
    let (f, g) = rayon::join(|| dense_ranks(f), || dense_ranks(g));
    Ok(ordering_of_ranks(&f, &g, labels))
}

/// The average decision ordering of events with weights: every pair counts with
/// the product of its two.
pub fn weighted_decision_ordering(
    f: &[f64],
    g: &[f64],
    labels: &[bool],
    weights: &[f64],
) -> Result<Estimate, DistillError> {
    check(f, g, labels)?;
    check_length("weights", f.len(), weights.len())?;
    check_finite("weight", weights)?;
    let (f, g) = rayon::join(|| dense_ranks(f), || dense_ranks(g));
    Ok(averages_of_ranks(&f, &g, labels, Some(weights)).ado)
}

/// An ordering as a search over many functions keeps it.
pub(crate) struct Averages {
    /// The mean of DO over all pairs.
    pub(crate) ado: Estimate,
    /// Its mean for every event over all events of the other class.
    pub(crate) events: Vec<f64>,
}

/// The average decision ordering from ranks without gaps, by weight if there are
/// weights.
pub(crate) fn averages_of_ranks(
    f: &[u32],
    g: &[u32],
    labels: &[bool],
    weights: Option<&[f64]>,
) -> Averages {
    let Some(weights) = weights else {
        let DecisionOrdering { ado, events, .. } = ordering_of_ranks(f, g, labels);
        return Averages { ado, events };
    };
    let (signal, background) = both_classes(f, g, labels, |event| weights[event]);
    let of = |class: bool| -> Vec<f64> {
        (0..labels.len())
            .filter(|&i| labels[i] == class)
            .map(|i| weights[i])
            .collect()
    };
    let (signal_weights, background_weights) = (of(true), of(false));
    let means = |side: &[Sided<f64>], partners: &[f64]| -> Vec<f64> {
        let total: f64 = partners.iter().sum();
        side.iter()
            .map(|s| 0.5 + 0.5 * (s.concordant - s.discordant) / total)
            .collect()
    };
    let signal = means(&signal, &background_weights);
    let background = means(&background, &signal_weights);
    Averages {
        ado: two_sample(
            (&signal, Some(&signal_weights)),
            (&background, Some(&background_weights)),
        ),
        events: in_order(labels, signal, background),
    }
}

/// Numbers of signal and background events in the order of all events.
fn in_order(labels: &[bool], signal: Vec<f64>, background: Vec<f64>) -> Vec<f64> {
    let (mut signal, mut background) = (signal.into_iter(), background.into_iter());
    let next = labels.iter().map(|&label| {
        if label {
            signal.next()
        } else {
            background.next()
        }
    });
    next.map(Option::unwrap_or_default).collect()
}

/// The average decision ordering from ranks without gaps, which a search over
/// many functions keeps.
pub(crate) fn ordering_of_ranks(f: &[u32], g: &[u32], labels: &[bool]) -> DecisionOrdering {
    let (signal, background) = both_classes(f, g, labels, |_| 1_u32);
    let (n_signal, n_background) = (signal.len() as u64, background.len() as u64);
    let doubled = |side: &[Sided<u32>], partners: u64| -> Vec<u64> {
        side.iter()
            .map(|s| partners + u64::from(s.concordant) - u64::from(s.discordant))
            .collect()
    };
    let signal = doubled(&signal, n_background);
    let background = doubled(&background, n_signal);
    let means = |doubled: &[u64], partners: u64| -> Vec<f64> {
        doubled
            .iter()
            .map(|&twice| twice as f64 / (2 * partners) as f64)
            .collect()
    };
    let signal_means = means(&signal, n_background);
    let background_means = means(&background, n_signal);
    let error = two_sample((&signal_means, None), (&background_means, None)).error;
    let total: u64 = signal.iter().sum();
    let pairs = n_signal * n_background;
    DecisionOrdering {
        doubled: total,
        pairs,
        // One division of two integers: no error of summation.
        ado: Estimate::new(total as f64 / (2 * pairs) as f64, error),
        events: in_order(labels, signal_means, background_means),
    }
}

fn check(f: &[f64], g: &[f64], labels: &[bool]) -> Result<(), DistillError> {
    check_length("labels", f.len(), labels.len())?;
    check_length("second score", f.len(), g.len())?;
    check_finite("first score", f)?;
    check_finite("second score", g)?;
    check_classes("the sample", labels.iter().copied())
}

/// The weight of the partners of one event on either side.
#[derive(Clone, Copy, Default)]
struct Sided<T> {
    /// Partners that both functions put on the same side of the event.
    concordant: T,
    /// Partners that they put on opposite sides.
    discordant: T,
}

/// A weight: a count, or a real number.
trait Weight:
    Copy + Default + Send + Sync + AddAssign + Add<Output = Self> + Sub<Output = Self>
{
}
impl Weight for u32 {}
impl Weight for f64 {}

/// For all signal events, then for all background events, in their order.
fn both_classes<T: Weight>(
    f: &[u32],
    g: &[u32],
    labels: &[bool],
    weight: impl Fn(usize) -> T + Sync,
) -> (Vec<Sided<T>>, Vec<Sided<T>>) {
    let groups = groups_by_rank(f);
    let of = |class: bool| -> Vec<Sided<T>> {
        let mut of_all = one_class(&groups, g, labels, class, &weight);
        let mut event = 0;
        of_all.retain(|_| {
            event += 1;
            labels[event - 1] == class
        });
        of_all
    };
    rayon::join(|| of(true), || of(false))
}

/// Events by rising rank, and where each rank starts.
struct Groups {
    events: Vec<u32>,
    starts: Vec<u32>,
}

/// Counting sort: ranks are integers without gaps.
fn groups_by_rank(ranks: &[u32]) -> Groups {
    let groups = ranks.iter().max().map_or(0, |&rank| rank as usize + 1);
    let mut starts = vec![0_u32; groups + 1];
    for &rank in ranks {
        starts[rank as usize + 1] += 1;
    }
    for group in 0..groups {
        starts[group + 1] += starts[group];
    }
    let mut next = starts.clone();
    let mut events = vec![0; ranks.len()];
    for (event, &rank) in (0..).zip(ranks) {
        let place = &mut next[rank as usize];
        events[*place as usize] = event;
        *place += 1;
    }
    Groups { events, starts }
}

/// For the events of one class, the weights of partners on either side; entries
/// of the other class stay empty.
fn one_class<T: Weight>(
    f: &Groups,
    g: &[u32],
    labels: &[bool],
    class: bool,
    weight: &impl Fn(usize) -> T,
) -> Vec<Sided<T>> {
    let ranks = g.iter().max().map_or(0, |&rank| rank as usize + 1);
    // Partners whose g lies below each rank, whatever their f. Their weights may
    // cancel, so that a sum does not tell whether there are any.
    let mut below = vec![T::default(); ranks + 1];
    let mut inhabited = vec![false; ranks];
    for (event, &rank) in g.iter().enumerate() {
        if labels[event] != class {
            below[rank as usize + 1] += weight(event);
            inhabited[rank as usize] = true;
        }
    }
    for rank in 0..ranks {
        let sum = below[rank];
        below[rank + 1] += sum;
    }
    let all = below[ranks];

    let mut out = vec![Sided::default(); g.len()];
    let mut passed = Fenwick::new(ranks);
    let mut passed_all = T::default();
    for group in f.starts.windows(2) {
        let events = &f.events[group[0] as usize..group[1] as usize];
        let own = |&&event: &&u32| labels[event as usize] == class;
        let partners = events.iter().any(|event| !own(&event));
        let lower = |passed: &Fenwick<T>, rank: usize| {
            let lower = passed.below(rank);
            let tied = inhabited[rank];
            (lower, if tied { passed.below(rank + 1) } else { lower })
        };
        // Partners of smaller f before, of smaller or equal f after those of
        // this group are passed; without any both are the same.
        let before = passed_all;
        for &event in events.iter().filter(own) {
            let rank = g[event as usize] as usize;
            let (lower, not_higher) = lower(&passed, rank);
            let sides = &mut out[event as usize];
            sides.concordant += lower;
            sides.discordant += before - not_higher;
            if !partners {
                sides.concordant += (all - below[rank + 1]) - (before - not_higher);
                sides.discordant += below[rank] - lower;
            }
        }
        if !partners {
            continue;
        }
        for &event in events.iter().filter(|event| !own(event)) {
            let partner = weight(event as usize);
            passed.add(g[event as usize] as usize, partner);
            passed_all += partner;
        }
        for &event in events.iter().filter(own) {
            let rank = g[event as usize] as usize;
            let (lower, not_higher) = lower(&passed, rank);
            let sides = &mut out[event as usize];
            sides.concordant += (all - below[rank + 1]) - (passed_all - not_higher);
            sides.discordant += below[rank] - lower;
        }
    }
    out
}

/// Sums over all smaller ranks, in the logarithm of their number.
///
/// P. M. Fenwick, Softw. Pract. Exper. 24 (1994) 327.
struct Fenwick<T> {
    tree: Vec<T>,
}

impl<T: Weight> Fenwick<T> {
    fn new(ranks: usize) -> Self {
        Self {
            tree: vec![T::default(); ranks + 1],
        }
    }

    fn add(&mut self, rank: usize, weight: T) {
        let mut node = rank + 1;
        while node < self.tree.len() {
            self.tree[node] += weight;
            node += node & node.wrapping_neg();
        }
    }

    /// The sum over all ranks below this one.
    fn below(&self, rank: usize) -> T {
        let mut node = rank;
        let mut sum = T::default();
        while node > 0 {
            sum += self.tree[node];
            node &= node - 1;
        }
        sum
    }
}
