//! Which law to take, and why.
//!
//! Of the laws that predict rows held out and out of range no worse than every
//! smaller one, that of the shortest [description](super::description()) of the
//! data is the one to take if what it leaves over is independent from row to
//! row. (The description alone would believe a term that follows a few rows,
//! where errors are not of one size.) If it
//! is not, the data carry an error that is smooth, as a network's is, or the
//! law is not on the front: a larger law will always follow that error further,
//! and rows are no evidence for it. Then the law at the knee of the front is
//! taken: with the front's lower convex hull in nodes and $\ln$ loss, where the
//! gain per node falls most.

use super::describe::Description;
use super::neighbours::INDEPENDENT;

/// What the choice is made of, for every law.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// The length of its description, for independent rows.
    pub length: Description,
    /// The number of its nodes.
    pub nodes: usize,
    /// What errors cost over what those of the best constant cost.
    pub loss: f64,
    /// Whether no more of it is left than rounding leaves.
    pub exact: bool,
    /// How many rows know as much as one.
    pub alike: f64,
    /// Mean squared errors on rows held out and on rows out of range; none where
    /// the law is not defined.
    pub trials: [Option<f64>; 2],
}

/// An error in a trial is larger than another from this factor on: a mean of
/// the squares of some eighty errors is known to a sixth.
const WORSE: f64 = 1.25;

/// The law chosen and the reason in a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The place on the front.
    pub place: usize,
    /// Whether errors are smooth.
    pub smooth: bool,
    /// The reason.
    pub reason: String,
}

/// Chooses among the laws of a front, the smallest first; there is at least one.
pub fn choose(candidates: &[Candidate]) -> Choice {
    let first = candidates
        .iter()
        .enumerate()
        .filter(|&(place, _)| predicts(candidates, place))
        .min_by(|a, b| a.1.length.total().total_cmp(&b.1.length.total()))
        .map_or(0, |(place, _)| place);
    if candidates[first].exact {
        return Choice {
            place: first,
            smooth: false,
            reason: "exact to rounding, and the shortest such description of the data".to_owned(),
        };
    }
    let smooth = candidates[first].alike > INDEPENDENT;
    let place = if smooth {
        knee(&candidates[..=first])
    } else {
        first
    };
    let reason = if smooth {
        "the knee of the front: errors of rows that are near each other are alike, and larger laws \
         gain little per node by following them"
            .to_owned()
    } else {
        "shortest description of the data among laws that predict rows held out and out of range no \
         worse than smaller ones; what it leaves over is independent from row to row"
            .to_owned()
    };
    Choice {
        place,
        smooth,
        reason,
    }
}

/// Whether a law does no worse than each smaller one on rows that it was not
/// fitted to.
fn predicts(candidates: &[Candidate], place: usize) -> bool {
    let own = candidates[place].trials;
    candidates[..place].iter().all(|smaller| {
        own.iter().zip(&smaller.trials).all(|pair| match pair {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(smaller)) => *own <= WORSE * smaller,
        })
    })
}

/// Where the gain per node along the lower convex hull falls most.
fn knee(candidates: &[Candidate]) -> usize {
    let slope = |a: usize, b: usize| {
        let nodes = candidates[b].nodes as f64 - candidates[a].nodes as f64;
        (candidates[b].loss.ln() - candidates[a].loss.ln()) / nodes
    };
    let mut hull: Vec<usize> = Vec::new();
    for place in 0..candidates.len() {
        while let [.., before, last] = hull[..]
            && slope(before, last) >= slope(last, place)
        {
            hull.pop();
        }
        hull.push(place);
    }
    hull.windows(3)
        .map(|w| (slope(w[1], w[2]) - slope(w[0], w[1]), w[1]))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        .map_or(candidates.len() - 1, |(_, place)| place)
}
