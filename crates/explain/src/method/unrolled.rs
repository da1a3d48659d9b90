//! A path integral as one network: the gradient's network repeated for every
//! point of the path, on the same weights.

use pellucid_core::Tensor;
use pellucid_network::ops::{Add, Finite, Mul, Sub};
use pellucid_network::{Graph, ValueId};

use super::{Baseline, Choices, IntegratedGradients, one_pass};
use crate::copies::Copies;
use crate::error::ExplainError;
use crate::explained::Explained;
use crate::frozen::choices;

/// The network of integrated gradients with a fixed number of steps: outputs
/// are one map per explained input, then the explained value.
pub(super) fn integrated_gradients(
    settings: &IntegratedGradients,
    model: &Explained,
) -> Result<Graph, ExplainError> {
    let mut gradients = one_pass::gradient_graph(model)?;
    let frozen = match settings.graph {
        Choices::Dynamic => Vec::new(),
        Choices::Frozen => choices(&gradients, &model.free_values()),
    };
    let mut outputs = gradients.outputs().to_vec();
    outputs.extend(&frozen);
    gradients.set_outputs(outputs);
    let mut copies = Copies::of(&gradients);
    let inputs = copies.graph.inputs().to_vec();
    let at_event = copies.repeat(&inputs)?;
    let maps = model.free().len();
    // What is chosen for the event holds at every point.
    let chosen = || frozen.iter().copied().zip(at_event[maps + 1..].to_vec());
    let ends: Vec<ValueId> = model
        .free()
        .iter()
        .map(|&i| copies.graph.inputs()[i])
        .collect();
    let starts = starts(&settings.baseline, model, &mut copies.graph)?;
    let mut distances = Vec::new();
    for (&end, start) in ends.iter().zip(&starts) {
        distances.push(match start {
            Some(start) => copies.graph.push(Sub, &[end, *start])?,
            None => end,
        });
    }
    let mut sums: Vec<Option<ValueId>> = vec![None; ends.len()];
    for (t, weight) in settings.quadrature.points(settings.steps as usize) {
        let (t, weight) = (copies.graph.scalar(t), copies.graph.scalar(weight));
        let mut inputs = copies.graph.inputs().to_vec();
        for (place, &i) in model.free().iter().enumerate() {
            let way = copies.graph.push(Mul, &[distances[place], t])?;
            inputs[i] = match starts[place] {
                Some(start) => copies.graph.push(Add, &[start, way])?,
                None => way,
            };
        }
        let given = gradients.inputs().iter().copied().zip(inputs);
        let made = copies.with(given.chain(chosen()).collect())?;
        for (sum, gradient) in sums.iter_mut().zip(made) {
            let part = copies.graph.push(Mul, &[gradient, weight])?;
            *sum = Some(match *sum {
                Some(sum) => copies.graph.push(Add, &[sum, part])?,
                None => part,
            });
        }
    }
    let mut attributions = Vec::new();
    for (sum, distance) in sums.into_iter().flatten().zip(distances) {
        // What is no finite number goes nowhere, as on the path of `attribute`.
        let distance = copies.graph.push(Finite, &[distance, distance])?;
        attributions.push(copies.graph.push(Mul, &[distance, sum])?);
    }
    let explained = at_event[maps];
    copies
        .graph
        .set_outputs(one_pass::outputs(attributions, explained, &[]));
    Ok(copies.graph)
}

/// The baseline of each explained input; none for zeros.
pub(super) fn starts(
    baseline: &Baseline,
    model: &Explained,
    graph: &mut Graph,
) -> Result<Vec<Option<ValueId>>, ExplainError> {
    let refused = |found: &str| ExplainError::Setting {
        what: "baseline of a network that is exported",
        expected: "zeros, or one number or one event for each explained input".to_owned(),
        found: found.to_owned(),
    };
    let lists = match baseline {
        Baseline::Zeros => return Ok(vec![None; model.free().len()]),
        Baseline::Mean => return Err(refused("the mean of events that are not given")),
        Baseline::Given(lists) => lists,
    };
    if lists.len() != model.free().len() {
        return Err(refused(&format!("{} lists", lists.len())));
    }
    let inputs = graph.inputs().to_vec();
    let events = model.by_events();
    model
        .free()
        .iter()
        .zip(lists)
        .map(|(&i, list)| {
            let shape = graph.shape(inputs[i]).to_vec();
            let sides = shape.iter().enumerate().map(|(side, dim)| match side {
                0 if events => Some(1),
                _ => dim.known(),
            });
            let sides: Option<Vec<usize>> = sides.collect();
            let tensor = match sides {
                Some(sides) if sides.iter().product::<usize>() == list.len() => {
                    Tensor::new(sides, list.clone())
                }
                _ if list.len() == 1 => Tensor::new(vec![], list.clone()),
                _ => return Err(refused(&format!("a list of {} numbers", list.len()))),
            };
            Ok(Some(graph.constant("", tensor)))
        })
        .collect()
}
