//! Decision ordering on chosen pairs: where a network still disagrees.
//!
//! The pairs of one signal and one background event that the guide `f` and the
//! network `g` order differently, `DO[f,g] = 0` exactly (a tie in either is no
//! disagreement), are where something is left to learn. The observable `h` with
//! the largest `ADO[f,h]` *on these pairs* knows most of it.
//!
//! Pairs are drawn in rounds: both classes are shuffled once, and round `r`
//! pairs signal `i` with background `i + r`, cyclically. No pair comes twice, all
//! would come in the end, and every event is drawn about equally often, which
//! gives a mean over pairs a smaller error than drawing each pair for itself.
//!
//! A copy of `g` orders none of them as `f` does, and turned round all of them:
//! the ordering *folded* to `max(a, 1 - a)`, as published, calls it perfect.
//! [`balanced_pairs`] adds to each misordered pair one that `f` and `g` order
//! alike and that `g` separates as far. On these `g`, and whatever follows it, is
//! right exactly half of the time; what differs from one half, upwards or
//! downwards, is known beyond `g`.
//!
//! Pairs share events, so an error of `sqrt(1/4n)` is too small. With
//! `r_p = DO_p - ADO` for the `n` pairs `p`, the covariance of all pairs with a
//! common event is summed,
//!
//! $$ \sigma^2 = \frac{1}{n^2}\Bigl[\sum_{e}\Bigl(\sum_{p \ni e} r_p\Bigr)^2
//!    - \sum_p r_p^2\Bigr] $$
//!
//! over all events `e` of both classes; the last term takes away each pair's own
//! variance, which the first counts twice. A bootstrap over events counts it
//! three times, so its error is larger, the more so the fewer pairs share an
//! event.
//!
//! Pairs of weighted events count with the product `w_p` of their two weights:
//! every sum over pairs becomes one of `w_p`, and `n²` becomes `(Σ w_p)²`. Pairs
//! are still drawn, and balanced, by number.
//!
//! * **Reference:** A. C. Cameron, J. B. Gelbach, D. L. Miller, J. Bus. Econ.
//!   Stat. 29 (2011) 238, eq. 2.7, for the error.

use pellucid_core::statistics::quantiles;
use pellucid_core::{Estimate, random};

use crate::DistillError;
use crate::error::{check_classes, check_finite, check_length};

/// Stops drawing after so many pairs for each one wanted: two functions that
/// disagree on less than one pair in a thousand are as good as the same.
const DRAWS_PER_PAIR: usize = 1000;

/// How finely pairs are matched in how clearly the network tells them apart.
const BINS: usize = 50;

/// Signal-background pairs, each with the event that the guide ranks higher
/// first.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    higher: Vec<u32>,
    lower: Vec<u32>,
    /// The weight of every pair.
    weights: Vec<f64>,
    /// The weight of all pairs that each event is in.
    shared: Vec<f64>,
    drawn: usize,
}

impl Pairs {
    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.higher.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.higher.is_empty()
    }

    /// How many pairs were looked at to find these.
    pub fn drawn(&self) -> usize {
        self.drawn
    }

    fn none(events: usize) -> Self {
        Self {
            higher: Vec::new(),
            lower: Vec::new(),
            weights: Vec::new(),
            shared: vec![0.0; events],
            drawn: 0,
        }
    }

    /// Adds a pair that `f` does not tie.
    fn push(&mut self, f: &[f64], a: usize, b: usize) {
        let (higher, lower) = if f[a] > f[b] { (a, b) } else { (b, a) };
        self.higher.push(higher as u32);
        self.lower.push(lower as u32);
        self.weights.push(1.0);
        self.shared[a] += 1.0;
        self.shared[b] += 1.0;
    }

    /// The same pairs of events with these weights: each counts with the product
    /// of its two.
    pub fn weighted(mut self, weights: Option<&[f64]>) -> Self {
        let Some(weights) = weights else { return self };
        self.shared.fill(0.0);
        for i in 0..self.weights.len() {
            let (a, b) = (self.higher[i] as usize, self.lower[i] as usize);
            let weight = weights[a] * weights[b];
            self.weights[i] = weight;
            self.shared[a] += weight;
            self.shared[b] += weight;
        }
        self
    }

    /// Adds other pairs of the same sample.
    pub(crate) fn append(&mut self, other: &Self) {
        self.higher.extend(&other.higher);
        self.lower.extend(&other.lower);
        self.weights.extend(&other.weights);
        for (shared, more) in self.shared.iter_mut().zip(&other.shared) {
            *shared += more;
        }
        self.drawn += other.drawn;
    }

    /// The pairs with their weights.
    fn weighed(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        self.iter()
            .zip(&self.weights)
            .map(|((higher, lower), &weight)| (higher, lower, weight))
    }

    /// The pairs: first the event that the guide ranks higher.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.higher
            .iter()
            .zip(&self.lower)
            .map(|(&a, &b)| (a as usize, b as usize))
    }
}

/// Up to `max_pairs` signal-background pairs among `events` that `f` and `g`
/// order differently, drawn at random; `f` is the guide.
pub fn misordered_pairs(
    f: &[f64],
    g: &[f64],
    labels: &[bool],
    events: &[usize],
    max_pairs: usize,
    seed: u64,
) -> Result<Pairs, DistillError> {
    let rounds = Rounds::new(f, g, labels, events, seed)?;
    let mut pairs = Pairs::none(f.len());
    for (s, b) in rounds.iter().take(max_pairs.saturating_mul(DRAWS_PER_PAIR)) {
        if pairs.len() == max_pairs {
            break;
        }
        pairs.drawn += 1;
        if agreement(f, g, s, b) < 0 {
            pairs.push(f, s, b);
        }
    }
    Ok(pairs)
}

/// Misordered pairs with as many others, on which `g` says nothing about `f`.
///
/// Every pair in `misordered` is joined by one that both order alike and that
/// `g` tells apart as clearly: by `|Δg|` in the same fiftieth of all misordered ones. A
/// misordered pair that finds none is left out.
pub fn balanced_pairs(
    f: &[f64],
    g: &[f64],
    labels: &[bool],
    events: &[usize],
    misordered: &Pairs,
    seed: u64,
) -> Result<Pairs, DistillError> {
    let rounds = Rounds::new(f, g, labels, events, seed)?;
    let distance = |(a, b): (usize, usize)| (g[a] - g[b]).abs();
    let distances: Vec<f64> = misordered.iter().map(distance).collect();
    let places: Vec<f64> = (1..BINS).map(|bin| bin as f64 / BINS as f64).collect();
    let edges = quantiles(&distances, &places);
    let bin_of = |pair| edges.partition_point(|&edge| edge < distance(pair));
    let mut wanted = vec![Vec::new(); BINS];
    for pair in misordered.iter() {
        wanted[bin_of(pair)].push(pair);
    }

    let mut pairs = Pairs::none(f.len());
    for (s, b) in rounds
        .iter()
        .take(misordered.len().saturating_mul(DRAWS_PER_PAIR))
    {
        if pairs.len() == 2 * misordered.len() {
            break;
        }
        pairs.drawn += 1;
        if agreement(f, g, s, b) > 0
            && let Some((higher, lower)) = wanted[bin_of((s, b))].pop()
        {
            pairs.push(f, s, b);
            pairs.push(f, higher, lower);
        }
    }
    Ok(pairs)
}

/// 1 if both order the pair alike, -1 if differently, 0 if one ties. Of signs, for
/// the product of two small differences may be zero.
fn agreement(f: &[f64], g: &[f64], a: usize, b: usize) -> i8 {
    let side = |h: &[f64]| i8::from(h[a] > h[b]) - i8::from(h[a] < h[b]);
    side(f) * side(g)
}

/// All pairs of a signal and a background event, once each, at random: both
/// classes are shuffled, and in round `r` signal `i` meets background `i + r`.
struct Rounds {
    signal: Vec<usize>,
    background: Vec<usize>,
}

impl Rounds {
    fn new(
        f: &[f64],
        g: &[f64],
        labels: &[bool],
        events: &[usize],
        seed: u64,
    ) -> Result<Self, DistillError> {
        check_length("labels", f.len(), labels.len())?;
        check_length("second score", f.len(), g.len())?;
        check_finite("first score", f)?;
        check_finite("second score", g)?;
        if let Some(&event) = events.iter().find(|&&event| event >= f.len()) {
            return Err(DistillError::Split {
                event,
                events: f.len(),
            });
        }
        check_classes(
            "the sample to draw pairs from",
            events.iter().map(|&event| labels[event]),
        )?;
        let shuffled = |class: bool| -> Vec<usize> {
            let of_class: Vec<usize> = events
                .iter()
                .copied()
                .filter(|&event| labels[event] == class)
                .collect();
            let mut rng = random::stream(seed, u64::from(class));
            let order = random::permutation(of_class.len(), &mut rng);
            order.into_iter().map(|place| of_class[place]).collect()
        };
        Ok(Self {
            signal: shuffled(true),
            background: shuffled(false),
        })
    }

    fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.background.len()).flat_map(move |round| {
            let (before, after) = self.background.split_at(round);
            self.signal
                .iter()
                .copied()
                .zip(after.iter().chain(before).copied().cycle())
        })
    }
}

/// The average decision ordering of the guide and `h` on these pairs; `h` has
/// one value for every event of the sample.
pub fn ordering_on_pairs(h: &[f64], pairs: &Pairs) -> Estimate {
    OnPairs::of(h, pairs).estimate(pairs)
}

/// DO on every pair, summed by weight. Weights of one give whole and half
/// numbers, which add up exactly.
pub(crate) struct OnPairs {
    /// Over the pairs of every event.
    events: Vec<f64>,
    /// The weight of the pairs with DO = 0, 1/2, 1.
    sums: [f64; 3],
    /// The sum of the squares of their weights.
    squares: [f64; 3],
}

impl OnPairs {
    pub(crate) fn of(h: &[f64], pairs: &Pairs) -> Self {
        assert_eq!(h.len(), pairs.shared.len(), "one value per event");
        let mut events = vec![0.0; h.len()];
        let (mut sums, mut squares) = ([0.0; 3], [0.0; 3]);
        for (higher, lower, weight) in pairs.weighed() {
            let twice = u8::from(h[higher] > h[lower]) + u8::from(h[higher] >= h[lower]);
            let ordered = weight * f64::from(twice) / 2.0;
            events[higher] += ordered;
            events[lower] += ordered;
            sums[usize::from(twice)] += weight;
            squares[usize::from(twice)] += weight * weight;
        }
        Self {
            events,
            sums,
            squares,
        }
    }

    fn total(&self) -> f64 {
        self.sums.iter().sum()
    }

    fn mean(&self) -> f64 {
        let [_, ties, right] = self.sums;
        (right + ties / 2.0) / self.total()
    }

    pub(crate) fn estimate(&self, pairs: &Pairs) -> Estimate {
        let ado = self.mean();
        let [wrong, ties, right] = self.squares;
        let own = wrong * ado * ado + ties * (0.5 - ado).powi(2) + right * (1.0 - ado).powi(2);
        let shared = self
            .events
            .iter()
            .zip(&pairs.shared)
            .map(|(ordered, of)| (ordered - ado * of).powi(2))
            .sum();
        Estimate::new(ado, two_way_error(shared, own, self.total()))
    }

    /// How much larger the first ordering is than the second, both folded by
    /// their sign, on the same pairs.
    pub(crate) fn difference(
        (first, first_values, first_sign): (&Self, &[f64], i8),
        (second, second_values, second_sign): (&Self, &[f64], i8),
        pairs: &Pairs,
    ) -> Estimate {
        let mean = |of: &Self, sign: i8| f64::from(sign) * (of.mean() - 0.5);
        let difference = mean(first, first_sign) - mean(second, second_sign);
        // Twice DO, less one, times the sign: -1, 0 or 1.
        let side = |values: &[f64], sign: i8, higher: usize, lower: usize| {
            let rises = i8::from(values[higher] > values[lower]);
            let falls = i8::from(values[higher] < values[lower]);
            f64::from(sign * (rises - falls))
        };
        let own = pairs
            .weighed()
            .map(|(higher, lower, weight)| {
                let first = side(first_values, first_sign, higher, lower);
                let second = side(second_values, second_sign, higher, lower);
                (weight * ((first - second) / 2.0 - difference)).powi(2)
            })
            .sum();
        let shared = (0..first.events.len())
            .map(|event| {
                let of = pairs.shared[event];
                let sum = |ordered: f64, sign: i8| f64::from(sign) * (ordered - of / 2.0);
                (sum(first.events[event], first_sign)
                    - sum(second.events[event], second_sign)
                    - difference * of)
                    .powi(2)
            })
            .sum();
        Estimate::new(difference, two_way_error(shared, own, first.total()))
    }
}

/// The error of a mean over pairs of the weight `n` from the squared sums over the pairs of
/// each event and the squares of the pairs; the difference of two estimates can
/// fall below the variance of independent pairs, which is then taken.
fn two_way_error(shared: f64, own: f64, n: f64) -> f64 {
    (shared - own).max(own).sqrt() / n.abs()
}
