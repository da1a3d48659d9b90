//! Relevance propagation: against dense contribution matrices, against zennit
//! and captum, and the balance of every map.

pub mod balance;
mod dense;
mod networks;
mod peers;
mod scattered;
mod starts;
mod structure;

use pellucid_core::{Tensor, random};
use pellucid_network::graph::Type;
use pellucid_network::transform::{Propagation, Relevance, Seed, relevance};
use pellucid_network::{Dim, Executor, Graph, NetworkError, ValueId};

/// Standard normal numbers.
pub fn draw(shape: &[usize], seed: u64) -> Tensor<f64> {
    let mut rng = random::stream(seed, 0);
    let volume = shape.iter().product();
    let numbers = (0..volume).map(|_| random::normal(&mut rng)).collect();
    Tensor::new(shape.to_vec(), numbers)
}

/// An input of events of this shape.
pub fn events(graph: &mut Graph, shape: &[usize]) -> ValueId {
    let mut sides = vec![Dim::symbol("N")];
    sides.extend(shape.iter().map(|&side| Dim::fixed(side)));
    graph.input("x", Type::real(sides))
}

/// A weight of random numbers.
pub fn weight(graph: &mut Graph, shape: &[usize], seed: u64) -> ValueId {
    graph.parameter(&format!("w{seed}"), draw(shape, seed).map(|x| 0.5 * x))
}

/// What relevance gives: the maps, the three accounts and the explained value.
pub struct Found {
    pub maps: Vec<Tensor<f64>>,
    pub absorbed: Tensor<f64>,
    pub stabilised: Tensor<f64>,
    pub empty: Tensor<f64>,
    pub explained: Tensor<f64>,
}

impl Found {
    /// What is missing from the explained value, of the sum of `|R|`, for the
    /// worst event; for all events together where inputs are lists of nodes of
    /// all events.
    pub fn imbalance(&self) -> f64 {
        let mut events = self.absorbed.data().len();
        if self.maps.iter().any(|map| map.shape()[0] != events) {
            events = 1;
        }
        let sums = |tensor: &Tensor<f64>, event: usize| {
            let len = tensor.data().len() / events;
            let row = &tensor.data()[event * len..(event + 1) * len];
            (
                row.iter().sum::<f64>(),
                row.iter().map(|x| x.abs()).sum::<f64>(),
            )
        };
        (0..events)
            .map(|event| {
                let (mut sum, mut size) = (0.0, f64::MIN_POSITIVE);
                for map in &self.maps {
                    let (own, own_size) = sums(map, event);
                    sum += own;
                    size += own_size;
                }
                let accounts = [&self.absorbed, &self.stabilised, &self.empty];
                sum += accounts
                    .iter()
                    .map(|account| sums(account, event).0)
                    .sum::<f64>();
                let (explained, value) = sums(&self.explained, event);
                (explained - sum).abs() / size.max(value)
            })
            .fold(0.0, f64::max)
    }
}

/// Relevance of the inputs `wrt` for a value.
pub fn explain(
    graph: &Graph,
    of: ValueId,
    wrt: &[ValueId],
    propagation: &Propagation,
    inputs: &[Tensor<f64>],
) -> Found {
    try_explain(graph, of, wrt, propagation, inputs).unwrap()
}

/// The same, where there may be no rule.
pub fn try_explain(
    graph: &Graph,
    of: ValueId,
    wrt: &[ValueId],
    propagation: &Propagation,
    inputs: &[Tensor<f64>],
) -> Result<Found, NetworkError> {
    let mut graph = graph.clone();
    let made = relevance(&mut graph, of, wrt, propagation, Seed::Value)?;
    let Relevance {
        mut maps,
        absorbed,
        stabilised,
        empty,
        ..
    } = made;
    maps.extend([absorbed, stabilised, empty, of]);
    graph.set_outputs(maps);
    let inputs: Vec<&Tensor<f64>> = inputs.iter().collect();
    let mut out = Executor::<f64>::new(&graph).call(&inputs)?;
    let mut last = || out.pop().unwrap();
    let (explained, empty, stabilised, absorbed) = (last(), last(), last(), last());
    Ok(Found {
        maps: out,
        absorbed,
        stabilised,
        empty,
        explained,
    })
}
