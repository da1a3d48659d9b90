//! Layer-wise relevance propagation as a graph.
//!
//! The explained value is handed back through the network, node by node, by
//! explicit rules: it is decided for every node what happens there before
//! anything is added ([`assignments`] tells), and a node without a rule is an
//! error.
//!
//! * **Weighted sums** `z_k = Σ_j x_j w_jk + b_k` pass it on by one of the
//!   rules of [`SumRule`] (equations in `rules.rs`), by default epsilon:
//!   $$ R_j = \sum_k \frac{x_j w_{jk}}{z_k + \epsilon\,\mathrm{sign}(z_k)} R_k,
//!   \qquad \mathrm{sign}(0) = 1 $$
//!   What is one sum is said in `map.rs`.
//! * **Functions of one number** pass it unchanged.
//! * **What moves numbers** (reshapes, concatenations, gathers, choices,
//!   maxima) moves it back; constants keep what is routed to them.
//! * **Averages** and sums over places share it in proportion.
//! * **Products of two variables** halve it, unless one is a gate, a
//!   normaliser or an attention, which are constant (`factor.rs`); of several
//!   (`Scatter` with products) all that vary have equal shares.
//! * **Softmax and the like** pass it by their first-order expansion
//!   (`expansion.rs`).
//! * Comparisons, roundings, signs and positions are constants, but the
//!   roundings of quantised models are passed straight through.
//!
//! **Balance:** for every event, `Σ R_input + absorbed + stabilised + empty` is
//! what was handed back. Each account is computed from its own definition, not
//! as what is missing.
//!
//! **Units:** relevance has the unit of the explained value.
//!
//! **Reference:** S. Bach et al., PLoS ONE 10 (2015) e0130140, eqs. 56 to 60;
//! G. Montavon et al., *Layer-Wise Relevance Propagation: An Overview* (2019),
//! section 10.2.

mod account;
mod carry;
mod choose;
mod constants;
mod edge;
mod expansion;
mod factor;
mod forward;
mod lanes;
mod map;
mod pass;
mod plan;
mod rules;
mod settings;
mod sign;
mod through;
mod weights;

use std::collections::{BTreeMap, HashMap};

use self::account::Accounts;
use self::pass::Pass;
use self::plan::Plan;
use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId};
use crate::ops::Identity;
use crate::transform::gradient;

pub use settings::{
    Assignment, Attention, Bias, Bound, Composite, Empty, Layers, Neighbours, Pool, Propagation,
    SumRule,
};

/// The relevance that is handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seed {
    /// The explained value itself.
    #[default]
    Value,
    /// 1 for every number of it.
    One,
}

/// The values that [`relevance`] has added.
#[derive(Debug, Clone)]
pub struct Relevance {
    /// The relevance of each value asked for, of its shape.
    pub maps: Vec<ValueId>,
    /// What passes through each value asked for besides, of its shape.
    pub through: Vec<ValueId>,
    /// What biases have kept, one number per event.
    pub absorbed: ValueId,
    /// What stabilisers have taken, one number per event.
    pub stabilised: ValueId,
    /// What was due to sides without contributions and is lost, one number
    /// per event.
    pub empty: ValueId,
}

/// What relevance does at a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The node's position in [`Graph::nodes`].
    pub node: usize,
    /// What happens there, or that there is no rule.
    pub rule: Option<String>,
}

/// For each node that relevance for `of` reaches on its way to `wrt` the rule
/// that it would get.
pub fn assignments(
    graph: &Graph,
    of: ValueId,
    wrt: &[ValueId],
    propagation: &Propagation,
) -> Result<Vec<Assigned>, NetworkError> {
    let plan = Plan::new(graph, of, wrt, propagation)?;
    let reached = plan.treatments.iter().enumerate();
    Ok(reached
        .filter_map(|(node, treatment)| {
            treatment.map(|treatment| Assigned {
                node,
                rule: if graph.nodes()[node].op.straight_through() {
                    Some("straight through".to_owned())
                } else {
                    plan.describe(node, treatment, propagation)
                },
            })
        })
        .collect())
}

/// Adds the relevance of each of `wrt` for the value `of` to the graph.
///
/// `of` has one number or more per event, events along its first side; what is
/// handed back is that value or 1, as `seed` says. `wrt` may be any values:
/// inputs, what layers make, edges' messages. The relevance of a value within
/// a linear map is what passes through it.
///
/// An operation without a rule on the way is an error: never a silent gradient.
pub fn relevance(
    graph: &mut Graph,
    of: ValueId,
    wrt: &[ValueId],
    propagation: &Propagation,
    seed: Seed,
) -> Result<Relevance, NetworkError> {
    relevance_through(graph, of, wrt, &[], propagation, seed)
}

/// [`relevance`] of `wrt`, and what passes on its way there through other
/// values: what layers make, messages of edges, or the constant matrix of a
/// product, such as an adjacency or an attention. Of these it is what passes
/// along each of their edges, see [`Relevance::through`].
pub fn relevance_through(
    graph: &mut Graph,
    of: ValueId,
    wrt: &[ValueId],
    through: &[ValueId],
    propagation: &Propagation,
    seed: Seed,
) -> Result<Relevance, NetworkError> {
    let plan = Plan::new(graph, of, wrt, propagation)?;
    let events = graph
        .shape(of)
        .first()
        .cloned()
        .unwrap_or_else(|| Dim::fixed(1));
    let mut values = vec![None; graph.values().len()];
    // A value of its own, so that what depends on it can be told from what
    // depends on the explained value.
    let seed = match seed {
        Seed::Value => graph.push(Identity, &[of])?,
        Seed::One => gradient::full(graph, 1.0, of)?,
    };
    values[of.index()] = Some(seed);
    let mut pass = Pass {
        relevance: values,
        settings: propagation,
        plan,
        seed,
        events,
        asked: [wrt, through].concat(),
        through: BTreeMap::new(),
        accounts: Accounts::default(),
        weighed: HashMap::new(),
        graph,
    };
    if !pass.plan.carry.active[of.index()] {
        // Nothing that is asked about reaches it: constants keep all.
        pass.absorbed(seed)?;
    }
    pass.run()?;
    let mut maps = Vec::with_capacity(wrt.len() + through.len());
    for &value in wrt.iter().chain(through) {
        let received = pass.relevance[value.index()];
        maps.push(match received.or(pass.through.get(&value).copied()) {
            Some(relevance) => relevance,
            None => pass.full(0.0, value)?,
        });
    }
    let through = maps.split_off(wrt.len());
    let sums = pass.sums()?;
    Ok(Relevance {
        maps,
        through,
        absorbed: sums.absorbed,
        stabilised: sums.stabilised,
        empty: sums.empty,
    })
}
