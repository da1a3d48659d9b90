//! Which rule a map gets.

use super::carry::Carry;
use super::factor::Constant;
use super::map::{Core, Finder, Map, Part};
use super::settings::{Bound, Composite, Layers, Propagation, SumRule};
use crate::error::NetworkError;
use crate::graph::Graph;
use crate::ops::{Op, Rule};

/// A rule with all its numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Chosen {
    Epsilon(f64),
    Gamma(f64),
    AlphaBeta(f64, f64),
    W2,
    Flat,
    Box(Bound, Bound),
}

impl Chosen {
    /// The rule as people call it, with its numbers.
    pub fn describe(&self) -> String {
        match self {
            Self::Epsilon(epsilon) => format!("epsilon {epsilon:e}"),
            Self::Gamma(gamma) => format!("gamma {gamma}"),
            Self::AlphaBeta(alpha, beta) if (*alpha, *beta) == (1.0, 0.0) => "z-plus".to_owned(),
            Self::AlphaBeta(alpha, beta) => format!("alpha {alpha} beta {beta}"),
            Self::W2 => "w2".to_owned(),
            Self::Flat => "flat".to_owned(),
            Self::Box(..) => "box".to_owned(),
        }
    }
}

/// The stabiliser of every rule but epsilon.
pub(super) const STABILISER: f64 = 1e-9;

/// The rule of each map, in order.
pub(super) fn choose(
    graph: &Graph,
    finder: &Finder<'_>,
    carry: &Carry,
    maps: &[Map],
    propagation: &Propagation,
) -> Result<Vec<Chosen>, NetworkError> {
    let weighted: Vec<usize> = (0..maps.len())
        .filter(|&map| maps[map].core == Core::Weights)
        .collect();
    let is_convolution = |map: &Map| {
        let last = map.nodes.iter().rev();
        let mut weights = last.filter(|&&node| finder.part(node) == Part::Weights);
        let op = weights.next().map(|&node| &graph.nodes()[node].op);
        matches!(op, Some(Op::Conv(_) | Op::ConvInput(_)))
    };
    let sums = sum_epsilon(graph, finder, carry, propagation);
    let mut chosen: Vec<Chosen> = maps
        .iter()
        .map(|map| match map.core {
            Core::Weights => resolve(&propagation.rule, propagation),
            Core::Sum => Chosen::Epsilon(sums),
            _ => Chosen::Epsilon(propagation.epsilon),
        })
        .collect();
    if let Some(composite) = &propagation.composite {
        let mut first_convolution = true;
        for (depth, &map) in weighted.iter().enumerate() {
            let convolution = is_convolution(&maps[map]);
            chosen[map] = in_composite(
                composite,
                convolution,
                depth == 0,
                convolution && std::mem::take(&mut first_convolution),
                propagation,
            );
        }
    }
    for assignment in &propagation.assignments {
        let count = weighted.len();
        let picked: Vec<usize> = match &assignment.layers {
            Layers::First(n) => weighted.iter().take(*n).copied().collect(),
            Layers::Last(n) => weighted[count.saturating_sub(*n)..].to_vec(),
            Layers::Operation(name) => named(maps, |node| {
                let nodes = graph.nodes();
                // An added constant does not make a layer an addition.
                (nodes[node].op.rule() != Rule::Sum || carry.carrying(node).len() > 1)
                    && nodes[node].op.name().eq_ignore_ascii_case(name)
            }),
            Layers::Node(pattern) => named(maps, |node| {
                matches_pattern(pattern, &graph.nodes()[node].name)
            }),
        };
        if picked.is_empty() {
            return Err(NetworkError::Settings {
                what: "assignments of the relevance propagation".to_owned(),
                problem: format!(
                    "no weighted sum is meant by {:?}; `pellucid inspect` lists them",
                    assignment.layers
                ),
            });
        }
        for map in picked {
            chosen[map] = resolve(&assignment.rule, propagation);
        }
    }
    for (map, chosen) in maps.iter().zip(&chosen) {
        let epsilon_only = matches!(map.core, Core::Bilinear | Core::Centre);
        if epsilon_only && !matches!(chosen, Chosen::Epsilon(_)) {
            let node = &graph.nodes()[map.sink()];
            return Err(NetworkError::Node {
                node: node.name.clone(),
                op: node.op.name(),
                problem: format!(
                    "the rule {} is not for products of two variables and normalisations; use \
                     epsilon",
                    chosen.describe()
                ),
            });
        }
    }
    Ok(chosen)
}

fn resolve(rule: &SumRule, propagation: &Propagation) -> Chosen {
    match rule {
        SumRule::Z => Chosen::Epsilon(STABILISER),
        SumRule::Epsilon { epsilon } => Chosen::Epsilon(epsilon.unwrap_or(propagation.epsilon)),
        SumRule::Gamma { gamma } => Chosen::Gamma(*gamma),
        SumRule::AlphaBeta { alpha, beta } => Chosen::AlphaBeta(*alpha, *beta),
        SumRule::ZPlus => Chosen::AlphaBeta(1.0, 0.0),
        SumRule::W2 => Chosen::W2,
        SumRule::Flat => Chosen::Flat,
        SumRule::Box { low, high } => Chosen::Box(low.clone(), high.clone()),
    }
}

fn in_composite(
    composite: &Composite,
    convolution: bool,
    first: bool,
    first_convolution: bool,
    propagation: &Propagation,
) -> Chosen {
    match composite {
        Composite::EpsilonPlusFlat if first => Chosen::Flat,
        Composite::EpsilonGammaBox { low, high, .. } if first_convolution => {
            Chosen::Box(low.clone(), high.clone())
        }
        _ if !convolution => Chosen::Epsilon(propagation.epsilon),
        Composite::EpsilonPlus | Composite::EpsilonPlusFlat => Chosen::AlphaBeta(1.0, 0.0),
        Composite::EpsilonAlpha2Beta1 => Chosen::AlphaBeta(2.0, 1.0),
        Composite::EpsilonGammaBox { gamma, .. } => Chosen::Gamma(*gamma),
    }
}

/// The stabiliser of sums of values: that of the weighted sums in recurrent,
/// attention and graph networks, else [`STABILISER`].
///
/// Recurrent is a network that adds two gates' products; attention, one that
/// takes a product with a softmax; a graph network, one that sums over an
/// adjacency or over positions that it is given or computes.
fn sum_epsilon(
    graph: &Graph,
    finder: &Finder<'_>,
    carry: &Carry,
    propagation: &Propagation,
) -> f64 {
    let gated = |value| {
        let maker = finder.maker(value);
        maker.is_some_and(|node| carry.constants[node] == Some(Constant::Gate))
    };
    let recurrent = |node: usize| {
        let it = &graph.nodes()[node];
        matches!(it.op, Op::Add(_)) && it.inputs.iter().all(|&input| gated(input))
    };
    let special = (0..graph.nodes().len())
        .filter(|&node| carry.live[node])
        .any(|node| {
            let attention = carry.constants[node] == Some(Constant::Attention);
            let part = finder.part(node);
            attention || matches!(part, Part::Collect | Part::Bilinear) || recurrent(node)
        });
    propagation.add_epsilon.unwrap_or(if special {
        propagation.epsilon
    } else {
        STABILISER
    })
}

fn named(maps: &[Map], is_meant: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..maps.len())
        .filter(|&map| maps[map].nodes.iter().any(|&node| is_meant(node)))
        .collect()
}

/// Whether a name is of a pattern in which `*` stands for any letters.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = name.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut rest = rest;
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        assert!(matches_pattern("conv1", "conv1"));
        assert!(!matches_pattern("conv1", "conv10"));
        assert!(matches_pattern("conv*", "conv10"));
        assert!(matches_pattern("*/Gemm*", "/head/Gemm_1"));
        assert!(!matches_pattern("a*b*c", "ab"));
        assert!(matches_pattern("*", ""));
        assert!(!matches_pattern("ab*ba", "aba"));
    }
}
