//! Layer-wise relevance propagation as a graph.
//!
//! The explained value is handed back through the network. A weighted sum
//! `z_k = Σ_j c_jk + b_k` with contributions `c_jk = x_j w_jk` passes its
//! relevance on by the epsilon rule
//!
//! $$ R_j = \sum_k \frac{c_{jk}}{z_k + \epsilon\,\mathrm{sign}(z_k)} R_k,
//!    \qquad \mathrm{sign}(0) = 1 $$
//!
//! which, with `s = R / stab(z)`, is `x_j` times the adjoint of `s`: the nodes
//! of the gradient are used again. Activations pass relevance unchanged;
//! pooling maxima, reshapes, concatenations route it.
//!
//! * **Balance:** for every event, `Σ R_input + absorbed + stabilised` is the
//!   explained value: biases receive `b_k s_k` and keep it, the stabiliser
//!   takes `ε sign(z_k) s_k`. Both are outputs, computed from their own
//!   definitions, not as what is missing.
//! * **Units:** relevance has the unit of the explained value.
//! * **Reference:** S. Bach et al., PLoS ONE 10 (2015) e0130140, eqs. 56 and
//!   58; G. Montavon et al., *Layer-Wise Relevance Propagation: An Overview*
//!   (2019), section 10.2.

mod account;
mod carry;
mod choose;
mod constants;
mod expansion;
mod factor;
mod lanes;
mod map;
mod pass;
mod plan;
mod rules;
mod settings;
mod sign;
mod weights;

use std::collections::{BTreeMap, HashMap};

use self::account::Accounts;
use self::pass::Pass;
use self::plan::Plan;
use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId};

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
                rule: plan.describe(node, treatment, propagation),
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
    let plan = Plan::new(graph, of, wrt, propagation)?;
    let events = graph
        .shape(of)
        .first()
        .cloned()
        .unwrap_or_else(|| Dim::fixed(1));
    let values = graph.values().len();
    let mut pass = Pass {
        relevance: vec![None; values],
        settings: propagation,
        plan,
        events,
        asked: wrt.to_vec(),
        through: BTreeMap::new(),
        accounts: Accounts::default(),
        weighed: HashMap::new(),
        graph,
    };
    pass.relevance[of.index()] = Some(match seed {
        Seed::Value => of,
        Seed::One => pass.full(1.0, of)?,
    });
    if !pass.plan.carry.active[of.index()] {
        // Nothing that is asked about reaches it: constants keep all.
        let all = pass.relevance[of.index()].unwrap_or(of);
        pass.absorbed(all)?;
    }
    pass.run()?;
    let maps = wrt
        .iter()
        .map(|value| {
            let received = pass.relevance[value.index()];
            match received.or_else(|| pass.through.get(value).copied()) {
                Some(relevance) => Ok(relevance),
                None => pass.full(0.0, *value),
            }
        })
        .collect::<Result<_, _>>()?;
    let accounts = std::mem::take(&mut pass.accounts);
    Ok(Relevance {
        maps,
        absorbed: pass.total(&accounts.absorbed)?,
        stabilised: pass.total(&accounts.stabilised)?,
        empty: pass.total(&accounts.empty)?,
    })
}
