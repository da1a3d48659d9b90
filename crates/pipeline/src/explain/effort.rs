//! How many events a network of this size can be asked about.
//!
//! $$ W = c\, n\, k $$
//!
//! multiply-adds for `n` jets, a network of `c` multiply-adds for each jet (its
//! convolutions and products of matrices), and `k` runs for each jet: a gradient
//! counts for [`GRADIENT`] runs, an integrated one for as many gradients as its path
//! has steps, and so on for the models with random weights. A published tagger of
//! 0.4 · 10⁹ multiply-adds would take hours with the numbers of jets that a small
//! network is given; with `work` in the settings fewer jets are taken, and it is
//! said how many. The count does not depend on the machine, so neither do results.

use pellucid_core::{Job, Tensor};
use pellucid_explain::Method;
use pellucid_network::Graph;
use pellucid_network::graph::Bindings;
use pellucid_network::ops::Op;

use super::groups::groups;
use super::pass::Pass;
use super::settings::ExplainSettings;
use crate::PipelineError;
use crate::tagger::Tagger;

/// A gradient costs as much as so many runs of the network.
const GRADIENT: f64 = 3.0;
/// Steps of a path, at most, where more would be too much work.
const MOST_STEPS: u32 = 32;
/// A path whose steps are doubled to the last may cost so many times the work: few
/// events need that.
const SLACK: f64 = 3.0;
/// The share of the work that attributions get; permutations get the rest.
const ATTRIBUTIONS: f64 = 0.7;
/// Fewer jets than this say nothing.
const FEWEST: usize = 30;

/// The settings with no more jets than the work allows.
pub(super) fn within(
    settings: &ExplainSettings,
    tagger: &Tagger,
    pass: &Pass,
    numbers: usize,
    job: &Job,
) -> Result<ExplainSettings, PipelineError> {
    let few: Vec<usize> = (0..pass.events.len().min(FEWEST)).collect();
    let tensors = tagger.inputs(&pass.events.inputs.select(&few))?;
    let lengths: Vec<usize> = tensors.iter().map(Tensor::row_len).collect();
    let groups = groups(tagger, settings.importance.rings, &lengths).len();
    let cost = multiply_adds(&tagger.graph, &shapes(tagger, &tensors));
    Ok(of_cost(
        settings,
        cost,
        groups,
        pass.events.len(),
        numbers,
        job,
    ))
}

/// The shape of one event's inputs; of lists as long as they are on average.
fn shapes(tagger: &Tagger, tensors: &[Tensor<f32>]) -> Vec<Vec<usize>> {
    let Some(lists) = tagger.lists() else {
        return tensors
            .iter()
            .map(|tensor| tensor.shape()[1..].to_vec())
            .collect();
    };
    let mean = |list: usize| {
        let lengths = tensors.last();
        let sum: f32 = lengths.map_or(0.0, |it| (0..it.rows()).map(|row| it.row(row)[list]).sum());
        let events = lengths.map_or(1, Tensor::rows).max(1);
        (sum / events as f32).round() as usize
    };
    let of = |(tensor, sides): (&Tensor<f32>, &Vec<Option<usize>>)| {
        let sides = tensor.shape()[1..].iter().zip(sides);
        sides.map(|(&side, list)| list.map_or(side, mean)).collect()
    };
    tensors.iter().zip(&lists.sides).map(of).collect()
}

/// The settings for a network of so many multiply-adds.
fn of_cost(
    settings: &ExplainSettings,
    cost: f64,
    groups: usize,
    there: usize,
    numbers: usize,
    job: &Job,
) -> ExplainSettings {
    let mut out = settings.clone();
    // Each number that is explained takes its part.
    let work = settings.work * 1e12 / numbers.max(1) as f64;
    out.attribution.events = out.attribution.events.min(there);
    out.importance.events = out.importance.events.min(there);
    let settings = &out.clone();
    let models = |settings: &ExplainSettings| 1.0 + settings.attribution.random_models as f64;
    let attribution = |settings: &ExplainSettings| {
        let methods = &settings.attribution.methods;
        let gradients = gradients(methods, MOST_STEPS);
        let deletion = 10.0 * (methods.len() + 1) as f64;
        cost * (GRADIENT * gradients * models(settings) + deletion)
    };
    let importance = |settings: &ExplainSettings| {
        let shuffles = settings.importance.repeats as f64 + models(settings) - 1.0;
        cost * groups as f64 * shuffles
    };
    let most = |share: f64, each: f64| ((share * work / each.max(1.0)) as usize).max(FEWEST);
    let longest = out.attribution.events as f64
        * cost
        * GRADIENT
        * gradients(&out.attribution.methods, u32::MAX)
        * models(&out);
    if longest > SLACK * ATTRIBUTIONS * work {
        for path in out
            .attribution
            .methods
            .iter_mut()
            .filter_map(Method::path_mut)
        {
            path.max_steps = path.max_steps.min(MOST_STEPS).max(path.steps);
        }
    }
    if most(ATTRIBUTIONS, attribution(&out)) < out.attribution.events {
        // One model of random weights says nearly as much as three.
        out.attribution.random_models = out.attribution.random_models.min(1);
        let events = most(ATTRIBUTIONS, attribution(&out)).min(out.attribution.events);
        out.attribution.events = events;
    }
    if most(1.0 - ATTRIBUTIONS, importance(&out)) < out.importance.events {
        out.importance.repeats = out.importance.repeats.min(2);
        let events = most(1.0 - ATTRIBUTIONS, importance(&out)).min(out.importance.events);
        out.importance.events = events;
    }
    let (a, i) = (&out.attribution, &out.importance);
    if (a, i) != (&settings.attribution, &settings.importance) {
        job.note(&format!(
            "the network takes {:.2} · 10⁹ multiply-adds for an event: {} events are attributed (beside {} model(s) with \
             random weights) and {} permuted {} time(s), in place of {} (beside {}) and {} ({}), and paths have at \
             most {MOST_STEPS} steps unless more were asked for; a larger `work` in the settings (now {} · 10¹²) \
             takes more",
            cost / 1e9,
            a.events,
            a.random_models,
            i.events,
            i.repeats,
            settings.attribution.events,
            settings.attribution.random_models,
            settings.importance.events,
            settings.importance.repeats,
            settings.work
        ));
    }
    out
}

/// How many gradients the methods take of one event: a path one for each step, `most`
/// at most.
fn gradients(methods: &[Method], most: u32) -> f64 {
    let of = |method: &Method| {
        let mut method = method.clone();
        let path = method.path_mut();
        path.map_or(1.0, |path| f64::from(path.max_steps.min(most)))
    };
    methods.iter().map(of).sum()
}

/// The multiply-adds of convolutions and products of matrices for one event whose
/// inputs have these shapes; products whose sizes are not known count for none.
fn multiply_adds(graph: &Graph, shapes: &[Vec<usize>]) -> f64 {
    let mut bindings = Bindings::new();
    for (&id, shape) in graph.inputs().iter().zip(shapes) {
        // A network of single events has no side of events.
        let event = (graph.shape(id).len() > shape.len()).then_some(1);
        let sides = event.into_iter().chain(shape.iter().copied());
        for (dim, side) in graph.shape(id).iter().zip(sides) {
            if let Some(name) = dim.name() {
                bindings.insert(name.into(), side);
            }
        }
    }
    let sides = |id| -> Option<Vec<f64>> {
        let sides = graph.shape(id).iter();
        sides
            .map(|dim| dim.evaluate(&bindings).ok().map(|side| side as f64))
            .collect()
    };
    let of = |node: &pellucid_network::graph::Node| -> Option<f64> {
        let made: f64 = sides(*node.outputs.first()?)?.iter().product();
        let first = || sides(*node.inputs.first()?);
        let inner = match &node.op {
            Op::Conv(_) => sides(*node.inputs.get(1)?)?.iter().skip(1).product(),
            Op::Gemm(gemm) if gemm.trans_a => *first()?.first()?,
            Op::MatMul(_) | Op::Gemm(_) => *first()?.last()?,
            _ => return None,
        };
        Some(made * inner)
    };
    graph.nodes().iter().filter_map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input_spec::InputSpec;
    use pellucid_network::layers::{Activation, Architecture};
    use std::path::Path;

    fn tagger() -> Tagger {
        let graph = Architecture::dense(&[100], Activation::Relu)
            .build(&[2], 1, 3)
            .unwrap();
        let spec: InputSpec =
            crate::settings::parse("[inputs.x]\nkind = 'scalars'\nobservables = ['mass', 'pt']")
                .unwrap();
        Tagger::new(Path::new("m.onnx"), graph, Some(&spec)).unwrap()
    }

    #[test]
    fn multiply_adds_are_those_of_the_layers() {
        assert_eq!(multiply_adds(&tagger().graph, &[vec![2]]), 300.0);
    }

    #[test]
    fn a_small_network_is_asked_as_often_as_wanted_and_a_large_one_less() {
        let settings = ExplainSettings::default();
        let job = Job::silent();
        assert_eq!(of_cost(&settings, 300.0, 2, 1 << 20, 1, &job), settings);
        let little = ExplainSettings {
            work: 1e-6,
            ..settings.clone()
        };
        let fewer = of_cost(&little, 300.0, 2, 1 << 20, 1, &job);
        assert_eq!(fewer.attribution.random_models, 1);
        let steps = |settings: &ExplainSettings| gradients(&settings.attribution.methods, u32::MAX);
        // Three methods of one gradient beside the path.
        assert_eq!((steps(&settings), steps(&fewer)), (515.0, 35.0));
        assert!(fewer.attribution.events < settings.attribution.events);
        assert!(fewer.attribution.events >= FEWEST);
        // Nobody is given more than was asked for.
        let few = ExplainSettings {
            importance: super::super::settings::ImportanceSettings {
                events: 10,
                ..settings.importance.clone()
            },
            ..little
        };
        assert_eq!(
            of_cost(&few, 300.0, 2, 1 << 20, 1, &job).importance.events,
            10
        );
    }
}
