//! Which law to take, and why.
//!
//! * Of thirty rows and more, beginning with the smallest law, a larger one is taken if
//!   and only if its errors on rows held out and those on rows out of range both fall
//!   beyond chance, in a [bootstrap over blocks](super::blocks) of neighbouring rows, and
//!   the [description](super::describe) of the data becomes shorter. Errors that are alike
//!   in rows near each other decide nothing by themselves: a network's are, and so are
//!   those of every law that lacks a term. But smooth errors can be followed by any
//!   flexible formula, a little with every node, while a term that is lacking lets them
//!   fall at once: where what both leave over is alike, the larger one must lower the
//!   error on rows held out by a factor of e for every two nodes.
//! * Of fewer rows, of the laws that predict rows which no search for them saw no worse
//!   than smaller ones do, that of the shortest description. Where it leaves over more than
//!   a fiftieth of what the best constant does, a larger law of fewer nodes than rows is
//!   taken that predicts such rows several times better, beyond chance: nine rows are too
//!   few to pay for the constants of a growth curve, but searches that lack one of them
//!   find it again and are right about that row.

use super::blocks::Blocks;
use super::describe::Description;
use super::neighbours::INDEPENDENT;

/// What the choice is made of, for every law.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The length of its description.
    pub length: Description,
    /// Its nodes.
    pub nodes: usize,
    /// Whether no more of it is left than rounding leaves.
    pub exact: bool,
    /// How many rows know as much as one.
    pub alike: f64,
    /// What its errors cost on all rows over what those of the best constant do.
    pub left: f64,
    /// What errors on rows held out cost, row by row; none where the law is not defined.
    pub held_out: Option<Vec<f64>>,
    /// The same of rows out of range.
    pub outside: Option<Vec<f64>>,
}

/// What says whether one law predicts better than another.
#[derive(Debug)]
pub enum Evidence {
    /// Few rows.
    Few {
        /// Errors below this cost are none.
        nothing: f64,
        /// Whether forms, too, were found without the rows held out.
        searched: bool,
    },
    /// Blocks of the rows held out, and of those out of range.
    Many(Blocks, Blocks),
}

/// By how much the logarithm of the error on rows held out must fall with every node where
/// errors are alike in rows near each other.
const EARNED: f64 = 0.5;

/// Where rows are few, a law is worse than another if it is by this factor for a typical
/// row.
const WORSE: f64 = 1.5;

/// Where rows are few, a law of a longer description is taken if its costs for a typical row
/// are this part of those of the shortest,
const BETTER: f64 = 0.25;
/// and this leaves over more than so much of what the best constant does.
const POOR: f64 = 0.02;

/// The law chosen and the reason in a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The place on the front.
    pub place: usize,
    /// The reason.
    pub reason: String,
}

/// Chooses among the laws of a front, the smallest first; there is at least one.
pub fn choose(candidates: &[Candidate], evidence: &Evidence) -> Choice {
    let (place, shortest) = match evidence {
        Evidence::Few { nothing, searched } => few(candidates, *nothing, *searched),
        Evidence::Many(held_out, outside) => (many(candidates, held_out, outside), true),
    };
    let chosen = &candidates[place];
    let reason = match evidence {
        _ if chosen.exact => {
            "exact to rounding, and the shortest such description of the data".to_owned()
        }
        Evidence::Few { searched, .. } if shortest => {
            let rows = if *searched {
                "rows which no search for them saw"
            } else {
                "rows which they were not fitted to"
            };
            format!(
                "shortest description of the data among laws that predict {rows} no worse than \
                 smaller ones"
            )
        }
        Evidence::Few { .. } => {
            "predicts rows which no search for it saw several times better, beyond chance, than \
             the law that describes the data shortest and leaves much of them over"
                .to_owned()
        }
        Evidence::Many(..) if chosen.alike > INDEPENDENT => {
            "the largest law whose errors on rows held out and out of range both fall beyond \
             chance, with a shorter description of the data; what it leaves over is alike in \
             rows that are near each other"
                .to_owned()
        }
        Evidence::Many(..) => {
            "the largest law whose errors on rows held out and out of range both \
                               fall beyond chance, with a shorter description of the data; what it \
                               leaves over is independent from row to row"
                .to_owned()
        }
    };
    Choice { place, reason }
}

/// The law where rows are few, and whether it is the one of the shortest description.
fn few(candidates: &[Candidate], nothing: f64, searched: bool) -> (usize, bool) {
    let predicts = |place: usize| {
        let own = &candidates[place].held_out;
        candidates[..place]
            .iter()
            .all(|smaller| match (own, &smaller.held_out) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(own), Some(smaller)) => typical(own, smaller, nothing) <= WORSE,
            })
    };
    let places = (0..candidates.len()).filter(|&place| predicts(place));
    let length = |place: usize| candidates[place].length.total();
    let chosen = places.min_by(|&a, &b| length(a).total_cmp(&length(b)));
    let shortest = chosen.unwrap_or(0);
    let before = &candidates[shortest];
    if !searched || before.left < POOR {
        return (shortest, true);
    }
    let better = |place: &usize| {
        let own = &candidates[*place];
        let pair = own.held_out.as_ref().zip(before.held_out.as_ref());
        let falls = pair.is_some_and(|(own, before)| {
            let gains = logarithms(before, own, nothing);
            typical(own, before, nothing) <= BETTER && Blocks::of_rows(own.len()).is_gain(&gains)
        });
        let rows = own.held_out.as_ref().map_or(0, Vec::len);
        falls && own.nodes < rows && predicts(*place)
    };
    let larger = (shortest + 1..candidates.len()).filter(better);
    let larger = larger.min_by(|&a, &b| length(a).total_cmp(&length(b)));
    (larger.unwrap_or(shortest), larger.is_none())
}

/// The geometric mean over rows of the ratio of two costs: one row that a law misses by far
/// does not outweigh all others.
fn typical(own: &[f64], other: &[f64], nothing: f64) -> f64 {
    let logs = logarithms(own, other, nothing);
    (logs.iter().sum::<f64>() / own.len() as f64).exp()
}

/// The logarithms of the ratios of two costs, row by row.
fn logarithms(own: &[f64], other: &[f64], nothing: f64) -> Vec<f64> {
    let pairs = own.iter().zip(other);
    let ratios = pairs.map(|(a, b)| (a + nothing) / (b + nothing));
    ratios
        .map(|ratio| ratio.max(f64::MIN_POSITIVE).ln())
        .collect()
}

fn many(candidates: &[Candidate], held_out: &Blocks, outside: &Blocks) -> usize {
    let falls = |blocks: &Blocks, own: &Option<Vec<f64>>, smaller: &Option<Vec<f64>>| match (
        own, smaller,
    ) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(own), Some(smaller)) => blocks.falls(smaller, own),
    };
    let earns = |own: &Candidate, before: &Candidate| {
        let sum = |costs: &Option<Vec<f64>>| costs.as_ref().map(|costs| costs.iter().sum::<f64>());
        let (Some(after), Some(first)) = (sum(&own.held_out), sum(&before.held_out)) else {
            return true;
        };
        let nodes = own.nodes.saturating_sub(before.nodes) as f64;
        // A law that leaves nothing alike has the last term that was lacking.
        let smooth = before.alike > INDEPENDENT && own.alike > INDEPENDENT;
        !smooth || own.exact || (first / after).ln() >= EARNED * nodes
    };
    let mut taken = 0;
    for place in 1..candidates.len() {
        let (own, before) = (&candidates[place], &candidates[taken]);
        if own.length.total() < before.length.total()
            && earns(own, before)
            && falls(held_out, &own.held_out, &before.held_out)
            && falls(outside, &own.outside, &before.outside)
        {
            taken = place;
        }
    }
    taken
}
