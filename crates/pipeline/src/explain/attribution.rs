//! What attribution methods and permutations say of a part of the kept jets.

use pellucid_core::missing::known;
use pellucid_core::statistics::{Bootstrap, mean_estimate, quantiles, spearman};
use pellucid_core::target::Target;
use pellucid_core::{Estimate, Inputs, Job, Tensor, random};
use pellucid_explain::global::{
    Deletion, MostActivating, RandomModels, Reference, agreement, correlations, maps, ranking,
};
use pellucid_explain::permutation::{Elements, Features, Permutation};
use pellucid_explain::{Attribution, ExplainError, Explained, Group, Method, Residual};
use pellucid_observables::{Jets, Representation};

use super::groups::{feature_groups, groups, of_arrays, of_explained};
use super::pass::Pass;
use super::result::{
    AgreementResult, AttributionResult, CorrelationResult, GroupResult, ImportanceResult,
    MapResult, MeanInput, MethodResult, NodeResult, Numbers, RankedGroup, kept,
};
use super::settings::ExplainSettings;
use super::start;
use super::task::{Asked as Number, Task};
use crate::PipelineError;
use crate::tagger::{Prepared, Tagger};

/// The jets that methods explain, as the model sees them: a seeded draw from
/// the kept ones, which are in the order of the file and may be sorted by class.
pub(crate) struct Subset {
    /// Their positions among the kept jets, in random order.
    pub rows: Vec<usize>,
    /// One tensor per input of the model.
    pub inputs: Vec<Tensor<f32>>,
    /// The events themselves.
    pub events: Inputs,
    /// Their truth.
    pub target: Target,
    /// The side of each.
    pub labels: Vec<bool>,
    /// What each jet counts, if the data say.
    pub weights: Option<Vec<f64>>,
    /// The share of momentum outside of an image's window, jet by jet.
    pub outside: Option<Vec<f64>>,
}

impl Subset {
    /// As many jets as any step needs.
    pub fn new(
        tagger: &Tagger,
        pass: &Pass,
        settings: &ExplainSettings,
        seed: u64,
    ) -> Result<Self, PipelineError> {
        let count = settings
            .attribution
            .events
            .max(settings.importance.events)
            .max(settings.shown_events)
            .min(pass.events.len());
        let mut rows =
            random::permutation(pass.events.len(), &mut random::stream(seed, 0x7375_6273));
        rows.truncate(count);
        let events = pass.events.inputs.select(&rows);
        let outside = match tagger.representations.first() {
            Some(Representation::Image(image)) => {
                Some(image.render_all(&Jets::try_from(&events)?)?.outside)
            }
            _ => None,
        };
        Ok(Self {
            inputs: tagger.inputs(&events)?,
            events,
            target: pass.events.target.select(&rows),
            labels: rows
                .iter()
                .map(|&row| pass.labels[pass.kept[row]])
                .collect(),
            weights: pass
                .kept_weights()
                .map(|weights| rows.iter().map(|&row| weights[row]).collect()),
            outside,
            rows,
        })
    }

    pub fn first(&self, count: usize) -> (Vec<Tensor<f32>>, &[bool], Option<&[f64]>) {
        let rows: Vec<usize> = (0..count.min(self.labels.len())).collect();
        let inputs = self
            .inputs
            .iter()
            .map(|input| input.select_rows(&rows))
            .collect();
        let weights = self.weights.as_ref().map(|weights| &weights[..rows.len()]);
        (inputs, &self.labels[..rows.len()], weights)
    }
}

/// The tagger, what of it is explained, and models that have learned nothing.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub tagger: &'a Tagger,
    pub explained: &'a Explained,
    pub random: &'a RandomModels,
    pub number: &'a Number,
}

/// Jets as the figures over many of them are given them.
#[derive(Clone, Copy)]
struct Sample<'a> {
    inputs: &'a [Tensor<f32>],
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
}

/// Every method on every jet of the subset, global figures beside random
/// models, and the methods' numbers for single jets.
pub(crate) fn attribution(
    asked: &Asked<'_>,
    subset: &Subset,
    settings: &ExplainSettings,
    seed: u64,
    job: &Job,
) -> Result<(AttributionResult, Vec<Attribution>), PipelineError> {
    let Asked {
        tagger,
        explained,
        random,
        ..
    } = *asked;
    let wanted = &settings.attribution;
    let (inputs, labels, weights) = subset.first(wanted.events);
    let bootstrap = Bootstrap {
        seed,
        replicas: settings.replicas,
    };
    let lengths: Vec<usize> = inputs.iter().map(Tensor::row_len).collect();
    let groups = groups(tagger, settings.importance.rings, &lengths);
    let groups = of_explained(groups, explained.free());
    let sample = Sample {
        inputs: &inputs,
        labels,
        weights,
    };
    let steps = wanted.methods.len() * (1 + wanted.random_models);
    let bar = job.start("attribution methods", steps as u64);
    let mut attributions: Vec<Attribution> = Vec::new();
    let start = start::start(explained, &inputs, job)?;
    let by: Vec<Method> = wanted
        .methods
        .iter()
        .map(|it| start::from(it, &start))
        .collect();
    for method in &by {
        attributions.push(explained.explain(method, &inputs, job)?);
        bar.advance(1);
    }
    let all: Vec<&Attribution> = attributions.iter().collect();
    let faithfulness = Deletion {
        baseline: start,
        seed,
        ..Deletion::default()
    }
    .compare(explained, &inputs, &all, weights, job)?;
    let mut methods = Vec::new();
    for ((method, attribution), faithfulness) in by.iter().zip(&attributions).zip(faithfulness) {
        let by_random = random_figures(random, method, sample, &groups, attribution, job)?;
        bar.advance(wanted.random_models as u64);
        let ranked = ranking(&attribution.values, &groups, weights, bootstrap)?;
        let place = |name: &str| {
            groups
                .iter()
                .position(|group| group.name == name)
                .unwrap_or(0)
        };
        methods.push(MethodResult {
            method: method.name().to_owned(),
            residual: residual(attribution, 0.5),
            residual_95: residual(attribution, 0.95),
            absorbed: share(attribution, attribution.absorbed.as_deref()),
            stabilised: share(attribution, attribution.stabilised.as_deref()),
            ranking: ranked
                .into_iter()
                .map(|trained| RankedGroup {
                    random: by_random[1 + place(&trained.group)],
                    trained,
                })
                .collect(),
            maps: map_results(tagger, explained, attribution, labels, weights)?,
            random_similarity: by_random[0],
            faithfulness,
        });
    }
    drop(bar);
    let mut agreements = Vec::new();
    for i in 0..attributions.len() {
        for j in i + 1..attributions.len() {
            let agreement = agreement(&attributions[i], &attributions[j], weights, bootstrap)?;
            agreements.push(AgreementResult {
                methods: [i, j].map(|k| wanted.methods[k].name().to_owned()),
                maps: agreement.maps,
                events: agreement.events,
            });
        }
    }
    let result = AttributionResult {
        events: labels.len(),
        random_models: random.models.len(),
        methods,
        agreement: agreements,
        outside_window: subset
            .outside
            .as_deref()
            .map(|shares| mean_estimate(shares, subset.weights.as_deref())),
        correlation: correlation_results(tagger, explained, random, sample, job)?,
        most_activating: node_results(explained, sample, settings, job)?,
        mean_inputs: mean_inputs(tagger, explained, sample),
    };
    Ok((result, attributions))
}

/// The similarity of the trained map to each random model's, then the share of
/// every group in random models.
fn random_figures(
    random: &RandomModels,
    method: &Method,
    sample: Sample<'_>,
    groups: &[Group],
    trained: &Attribution,
    job: &Job,
) -> Result<Vec<Reference>, PipelineError> {
    let Sample {
        inputs, weights, ..
    } = sample;
    let modulus = |attribution: &Attribution| -> Vec<f64> {
        attribution
            .values
            .iter()
            .flat_map(|tensor| {
                let mut sums = vec![0.0; tensor.row_len()];
                for event in 0..tensor.rows() {
                    let weight = weights.map_or(1.0, |weights| weights[event]);
                    for (sum, &x) in sums.iter_mut().zip(tensor.row(event)) {
                        *sum += weight * f64::from(x.abs());
                    }
                }
                sums
            })
            .collect()
    };
    let own = modulus(trained);
    Ok(random.reference(|model| {
        let attribution = model.explain(method, inputs, job)?;
        let mut numbers = vec![spearman(&own, &modulus(&attribution), None)];
        let once = Bootstrap {
            seed: 0,
            replicas: 2,
        };
        let ranked = ranking(&attribution.values, groups, weights, once)?;
        numbers.extend(groups.iter().map(|group| {
            let found = ranked.iter().find(|ranked| ranked.group == group.name);
            found.map_or(0.0, |ranked| ranked.share.value)
        }));
        Ok::<_, ExplainError>(numbers)
    })?)
}

/// A quantile of what is left over, as a share of the explained difference.
fn residual(attribution: &Attribution, quantile: f64) -> Option<f64> {
    if attribution.meaning == Residual::None || attribution.residual.is_empty() {
        return None;
    }
    // Logits within a tenth of the baseline's have no meaningful share.
    known(quantiles(&attribution.relative_residual(0.1), &[quantile])[0])
}

/// The median share of the explained value that a list of numbers is.
fn share(attribution: &Attribution, part: Option<&[f64]>) -> Option<f64> {
    let shares: Vec<f64> = part?
        .iter()
        .zip(&attribution.explained)
        .map(|(part, value)| part / value.abs().max(0.1))
        .collect();
    known(quantiles(&shares, &[0.5])[0])
}

/// The names of the inputs that are explained.
fn input_names(explained: &Explained) -> Vec<String> {
    let graph = explained.graph();
    let values = explained.free_values().into_iter();
    values.map(|id| graph.value(id).name.clone()).collect()
}

/// The numbers of an input, those of lists summed over their rows: places in lists of
/// different length are no places of one map.
fn summed(tagger: &Tagger, input: usize, tensor: &Tensor<f32>) -> Tensor<f32> {
    if !tagger.ports[input].is_list() {
        return tensor.clone();
    }
    let width = tensor.shape().last().copied().unwrap_or(1).max(1);
    let row = |event: usize| {
        let mut sums = vec![0.0_f32; width];
        for (i, x) in tensor.row(event).iter().enumerate() {
            sums[i % width] += x;
        }
        sums
    };
    let data = (0..tensor.rows()).flat_map(row).collect();
    Tensor::new(vec![tensor.rows(), width], data)
}

fn map_results(
    tagger: &Tagger,
    explained: &Explained,
    attribution: &Attribution,
    labels: &[bool],
    weights: Option<&[f64]>,
) -> Result<Vec<MapResult>, PipelineError> {
    let mut out = Vec::new();
    let free = explained.free().iter().zip(&attribution.values);
    for (input, (&i, values)) in input_names(explained).into_iter().zip(free) {
        let maps = maps(&summed(tagger, i, values), labels, weights)?;
        let value = |list: &[Estimate]| kept(list.iter().map(|estimate| estimate.value));
        out.push(MapResult {
            input,
            shape: maps.all.shape.clone(),
            signal: value(&maps.signal.mean),
            background: value(&maps.background.mean),
            mean_abs: value(&maps.all.mean_abs),
            mean_abs_error: kept(maps.all.mean_abs.iter().map(|estimate| estimate.error)),
        });
    }
    Ok(out)
}

fn correlation_results(
    tagger: &Tagger,
    explained: &Explained,
    random: &RandomModels,
    sample: Sample<'_>,
    job: &Job,
) -> Result<Vec<CorrelationResult>, PipelineError> {
    let Sample {
        inputs,
        labels,
        weights,
    } = sample;
    let logits = explained.scores(inputs, job)?.logit;
    let mut out = Vec::new();
    for (input, &i) in input_names(explained).into_iter().zip(explained.free()) {
        let tensor = &summed(tagger, i, &inputs[i]);
        let own = correlations(tensor, &logits, labels, weights)?.all;
        let random_largest = random.reference(|model| {
            let logits = model.scores(inputs, job)?.logit;
            let all = correlations(tensor, &logits, labels, weights)?.all;
            Ok(vec![all.iter().map(|r| r.value.abs()).fold(0.0, f64::max)])
        })?;
        out.push(CorrelationResult {
            input,
            shape: tensor.shape()[1..].to_vec(),
            all: kept(own.iter().map(|estimate| estimate.value)),
            error: kept(own.iter().map(|estimate| estimate.error)),
            random_largest: random_largest[0],
        });
    }
    Ok(out)
}

/// The mean of every input that is explained over the jets of each class.
fn mean_inputs(tagger: &Tagger, explained: &Explained, sample: Sample<'_>) -> Vec<MeanInput> {
    let Sample {
        inputs,
        labels,
        weights,
    } = sample;
    let names = input_names(explained).into_iter().zip(explained.free());
    names
        .map(|(input, &i)| {
            let tensor = summed(tagger, i, &inputs[i]);
            MeanInput {
                input,
                shape: tensor.shape()[1..].to_vec(),
                signal: mean_row(&tensor, labels, weights, true),
                background: mean_row(&tensor, labels, weights, false),
            }
        })
        .collect()
}

/// The mean row of a class; zeros of a class without jets.
fn mean_row(
    tensor: &Tensor<f32>,
    labels: &[bool],
    weights: Option<&[f64]>,
    class: bool,
) -> Numbers {
    let mut sums = vec![0.0; tensor.row_len()];
    let rows = (0..tensor.rows()).filter(|&row| labels.get(row) == Some(&class));
    let mut count = 0.0_f64;
    for row in rows {
        let weight = weights.map_or(1.0, |weights| weights[row]);
        count += weight;
        for (sum, &x) in sums.iter_mut().zip(tensor.row(row)) {
            *sum += weight * f64::from(x);
        }
    }
    let count = if count == 0.0 { 1.0 } else { count };
    kept(sums.iter().map(|sum| sum / count))
}

/// The nodes of the last hidden layer that follow the logit most closely, the
/// strongest first.
fn node_results(
    explained: &Explained,
    sample: Sample<'_>,
    settings: &ExplainSettings,
    job: &Job,
) -> Result<Vec<NodeResult>, PipelineError> {
    let Sample {
        inputs,
        labels,
        weights,
    } = sample;
    // No more than a quarter of the jets: an average of all shows nothing.
    let count = settings
        .attribution
        .most_activating
        .min(labels.len() / 4)
        .max(1);
    let found = match (MostActivating { count }).of(explained, inputs, labels, weights, job) {
        // A network without a dense layer in front of the logit has no such nodes.
        Err(ExplainError::Setting { what, found, .. }) => {
            job.note(&format!(
                "no nodes of the {what} are shown: in front of the logit is {found}"
            ));
            return Ok(Vec::new());
        }
        other => other?,
    };
    let mut nodes: Vec<NodeResult> = found
        .into_iter()
        .filter(|node| !node.dead)
        .map(|node| NodeResult {
            node: node.node,
            events: node.events.len(),
            signal_fraction: node.signal_fraction,
            correlation: node.correlation,
            average: node
                .average
                .into_iter()
                .map(|average| kept(average.into_data()))
                .collect(),
        })
        .collect();
    nodes.sort_by(|a, b| {
        b.correlation
            .value
            .abs()
            .total_cmp(&a.correlation.value.abs())
    });
    nodes.truncate(8);
    Ok(nodes)
}

/// What permuting each group of inputs costs, beside random models.
pub(crate) fn importance(
    asked: &Asked<'_>,
    subset: &Subset,
    settings: &ExplainSettings,
    seed: u64,
    job: &Job,
) -> Result<ImportanceResult, PipelineError> {
    let Asked {
        tagger,
        explained,
        random,
        number,
    } = *asked;
    let wanted = &settings.importance;
    let (inputs, labels, weights) = subset.first(wanted.events);
    let rows: Vec<usize> = (0..labels.len()).collect();
    let (events, target) = (subset.events.select(&rows), subset.target.select(&rows));
    let lengths: Vec<usize> = inputs.iter().map(Tensor::row_len).collect();
    let all = groups(tagger, wanted.rings, &lengths);
    // Of jets numbers of the tensors are exchanged; of others the features that tensors are
    // made of, and blocks of arrays.
    let (features, elements) = if tagger.spec.of_jets() {
        (Vec::new(), all)
    } else {
        (feature_groups(tagger), of_arrays(tagger, all))
    };
    let permutation = Permutation {
        repeats: wanted.repeats,
        seed,
    };
    let held = Task::held(&target, number, labels);
    let of = |explained: &Explained, permutation: Permutation| {
        let mut found = Vec::new();
        if !features.is_empty() {
            let events = Features {
                model: &Prepared { tagger, explained },
                inputs: &events,
                groups: &features,
            };
            found.extend(permutation.importance(&events, held, weights, job)?);
        }
        if !elements.is_empty() {
            let events = Elements::new(explained, &inputs, &elements)?;
            found.extend(permutation.importance(&events, held, weights, job)?);
        }
        Ok::<_, ExplainError>(found)
    };
    let trained = of(explained, permutation)?;
    let once = Permutation {
        repeats: 1,
        ..permutation
    };
    let references = random.reference(|model| {
        let all = of(model, once)?;
        Ok(all
            .iter()
            .map(|importance| importance.reordering.value)
            .collect())
    })?;
    let mut results: Vec<GroupResult> = trained
        .into_iter()
        .zip(references)
        .map(|(trained, random_reordering)| GroupResult {
            trained,
            random_reordering,
        })
        .collect();
    let loss = |group: &GroupResult| {
        group
            .trained
            .loss()
            .unwrap_or(group.trained.reordering)
            .value
    };
    results.sort_by(|a, b| loss(b).total_cmp(&loss(a)));
    Ok(ImportanceResult {
        events: labels.len(),
        repeats: wanted.repeats,
        random_models: random.models.len(),
        groups: results,
    })
}
