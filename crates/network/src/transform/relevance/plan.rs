//! What is done at each node, decided before anything is added to the graph.

use super::carry::Carry;
use super::choose::{Chosen, choose};
use super::edge::{Edge, edges};
use super::factor::Constant;
use super::map::{Core, Finder, Map, Part};
use super::settings::{Attention, Pool, Propagation};
use crate::error::NetworkError;
use crate::graph::{Graph, Source, ValueId};
use crate::ops::{Op, Reduction, Rule};

/// What relevance does at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It ends the map of this position: relevance passes by the map's rule.
    Map(usize),
    /// It is a part of the map of this position and passes nothing itself.
    Inside(usize),
    /// All goes to this input.
    Pass(usize),
    /// Half goes to each of two inputs.
    Halves,
    /// It moves back to where the numbers came from.
    Route,
    /// The numbers summed share in proportion.
    Pool,
    /// By the first-order expansion.
    Expansion,
    /// The factors of a product of several numbers have equal shares.
    Factors,
    /// There is no rule.
    NoRule,
}

/// The decisions for a graph.
#[derive(Debug)]
pub(super) struct Plan {
    pub carry: Carry,
    /// For each node that relevance reaches.
    pub treatments: Vec<Option<Treatment>>,
    /// Each node's place in maps.
    pub parts: Vec<Part>,
    /// The maps, from the first layers to the last, each with its rule.
    pub maps: Vec<(Map, Chosen)>,
    /// Differences that fold into weights.
    pub edges: Vec<Edge>,
}

impl Plan {
    pub fn new(
        graph: &Graph,
        of: ValueId,
        wrt: &[ValueId],
        propagation: &Propagation,
    ) -> Result<Self, NetworkError> {
        propagation.check()?;
        let carry = Carry::new(graph, of, wrt, propagation.attention);
        let finder = Finder::new(graph, &carry);
        let count = graph.nodes().len();
        let mut maps = Vec::new();
        let mut within: Vec<Option<usize>> = vec![None; count];
        for node in (0..count).rev() {
            if !carry.live[node] || within[node].is_some() || is_mask(graph, &carry, node) {
                continue;
            }
            if let Some(map) = finder.ending_in(node) {
                for &part in &map.nodes {
                    within[part] = Some(maps.len());
                }
                maps.push(map);
            }
        }
        // From here on the first map is that of the first layer.
        maps.reverse();
        let within = |node: usize| within[node].map(|map| maps.len() - 1 - map);
        let treatments = (0..count)
            .map(|node| {
                carry.live[node].then(|| match within(node) {
                    Some(map) if maps[map].sink() == node => Treatment::Map(map),
                    Some(map) => Treatment::Inside(map),
                    None => treatment(graph, &carry, node, propagation),
                })
            })
            .collect();
        let rules = choose(graph, &finder, &carry, &maps, propagation)?;
        let parts: Vec<Part> = (0..count).map(|node| finder.part(node)).collect();
        let edges = maps
            .iter()
            .flat_map(|map| edges(graph, &carry, &parts, map))
            .collect();
        Ok(Self {
            edges,
            treatments,
            parts,
            maps: maps.into_iter().zip(rules).collect(),
            carry,
        })
    }

    /// What happens at a node in words; nothing if there is no rule.
    pub fn describe(
        &self,
        node: usize,
        treatment: Treatment,
        propagation: &Propagation,
    ) -> Option<String> {
        let words = match treatment {
            Treatment::Map(map) => {
                let (map, rule) = &self.maps[map];
                let of = match map.core {
                    Core::Weights | Core::Affine | Core::Collect => "",
                    Core::Centre => ", deviation constant",
                    Core::Attended => ", attention constant",
                    Core::Bilinear => ", halves",
                    Core::Sum => ", sum",
                };
                return Some(format!("{}{of}", rule.describe()));
            }
            Treatment::Inside(map) => {
                let (_, rule) = &self.maps[map];
                return Some(format!("{}, part of a map", rule.describe()));
            }
            Treatment::Pass(_) => match self.carry.constants[node] {
                Some(Constant::Gate) => "signal takes all",
                Some(Constant::Attention) => "attention constant",
                Some(Constant::Normaliser) => "normaliser constant",
                _ => "pass",
            },
            Treatment::Halves => "halves",
            Treatment::Route => "route",
            Treatment::Pool => {
                return Some(format!("proportional {:e}", propagation.pool_epsilon));
            }
            Treatment::Expansion => match propagation.attention {
                Attention::Attnlrp => "attnlrp",
                Attention::Constant => "first-order expansion",
            },
            Treatment::Factors => "equal shares",
            Treatment::NoRule => return None,
        };
        Some(words.to_owned())
    }
}

/// What is done at a node that is in no map.
fn treatment(graph: &Graph, carry: &Carry, node: usize, propagation: &Propagation) -> Treatment {
    let it = &graph.nodes()[node];
    let carrying = carry.carrying(node);
    match (it.op.rule(), carrying.as_slice()) {
        (Rule::Factor, [_, _]) => Treatment::Halves,
        (Rule::Factor | Rule::Pass | Rule::Sum, &[input]) => Treatment::Pass(input),
        (Rule::Route, _) => match (&it.op, propagation.pool) {
            (Op::MaxPool(_) | Op::ReduceMax(_), Pool::Proportional) => Treatment::Pool,
            _ => Treatment::Route,
        },
        (Rule::Pool, _) => Treatment::Pool,
        (Rule::Expansion, _) => Treatment::Expansion,
        (Rule::None, _) if multiplies(&it.op) => Treatment::Factors,
        _ => Treatment::NoRule,
    }
}

/// Whether an operation multiplies what integers bring together.
fn multiplies(op: &Op) -> bool {
    matches!(op, Op::Scatter(scatter) if scatter.reduction == Reduction::Mul)
}

/// Whether a node adds a mask to what a softmax is taken of: a constant that
/// is no weight. All relevance is the other term's.
fn is_mask(graph: &Graph, carry: &Carry, node: usize) -> bool {
    let it = &graph.nodes()[node];
    let (Op::Add(_) | Op::Sub(_), &[input]) = (&it.op, carry.carrying(node).as_slice()) else {
        return false;
    };
    let weight = matches!(
        graph.value(it.inputs[1 - input]).source,
        Source::Parameter(_)
    );
    let mut value = it.outputs[0];
    // The one user of the sum, through what only moves it.
    for (i, next) in graph.nodes().iter().enumerate().skip(node + 1) {
        if carry.live[i] && next.inputs.contains(&value) {
            if carry.uses[value.index()] != 1 {
                return false;
            }
            match next.op.rule() {
                Rule::Expansion => return !weight,
                Rule::Route => value = next.outputs[0],
                _ => return false,
            }
        }
    }
    false
}
