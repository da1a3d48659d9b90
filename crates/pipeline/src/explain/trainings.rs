//! Several trainings of a model beside each other: what one training says may be its own.
//!
//! For each training, method and group of inputs, over the same events,
//!
//! $$ \mathrm{MNR}_g = \left\langle \frac{\sum_{i \in g} |A_i|}{\max_j |A_j|} \right\rangle,
//!    \qquad s_g = \left\langle \frac{\sum_{i \in g} A_i}{\sum_j |A_j|} \right\rangle $$
//!
//! the mean normalised relevance and the signed share of the group. Both have two errors: the
//! standard error over events, and the standard deviation between trainings, which is
//! usually the larger one.
//!
//! * **Limits:** the relevance of an image is a sum over its pixels and a scalar's is one
//!   number; where two inputs say the same, trainings part them as they like.
//! * **Reference:** modelled on arXiv:2011.13466 (mean normalised relevance over trainings).

use pellucid_core::statistics::{auc_estimate, mean_estimate, spearman, variance};
use pellucid_core::{Estimate, Job, Tensor};
use pellucid_explain::{Explained, Group, Method};

use super::attribution::Subset;
use super::groups::{groups, of_explained};
use super::pass::Pass;
use super::result::{GroupOfTrainings, Trainings};
use super::settings::ExplainSettings;
use super::start;
use super::task::{Asked, Task};
use crate::PipelineError;
use crate::tagger::Tagger;

/// One training.
pub(super) struct Training<'a> {
    pub tagger: &'a Tagger,
    pub explained: &'a Explained,
}

/// What all trainings say of the same events, of the number that the pass looks at.
pub(super) fn compare(
    trainings: &[Training<'_>],
    asked: &Asked,
    pass: &Pass,
    subset: &Subset,
    settings: &ExplainSettings,
    job: &Job,
) -> Result<Trainings, PipelineError> {
    let bar = job.start("trainings beside each other", trainings.len() as u64);
    let target = &pass.events.target;
    let labels = pass.at_kept(&pass.labels);
    let (mut performance, mut names) = (Vec::new(), Vec::new());
    // For each training the figures of every method and group.
    let mut all: Vec<Vec<Figures>> = Vec::new();
    for Training { tagger, explained } in trainings {
        job.check()?;
        let scores = explained
            .scores(&tagger.inputs(&pass.events.inputs)?, &job.quiet())?
            .logit;
        performance.push(match Task::held(target, asked, &labels) {
            pellucid_explain::permutation::Held::Two(labels) => {
                auc_estimate(&scores, labels, target.weighted())
            }
            pellucid_explain::permutation::Held::Values(values) => {
                r2(values, &scores, target.weighted())
            }
            pellucid_explain::permutation::Held::Nothing => Estimate::new(f64::NAN, f64::NAN),
        });
        names.push(tagger.path.display().to_string());
        let count = settings.attribution.events.min(subset.labels.len());
        let rows: Vec<usize> = (0..count).collect();
        let inputs = tagger.inputs(&subset.events.select(&rows))?;
        let weights = subset.weights.as_ref().map(|weights| &weights[..count]);
        let lengths: Vec<usize> = inputs.iter().map(Tensor::row_len).collect();
        let groups = groups(tagger, settings.importance.rings, &lengths);
        let groups = of_explained(groups, explained.free());
        let begin = start::start(explained, &inputs, job)?;
        let mut figures = Vec::new();
        for method in &settings.attribution.methods {
            let found = explained.explain(&start::from(method, &begin), &inputs, &job.quiet())?;
            figures.extend(of_groups(method, &found.values, &groups, weights));
        }
        all.push(figures);
        bar.advance(1);
    }
    let first = all.first().map_or(&[][..], Vec::as_slice);
    let rows = first.iter().enumerate().map(|(place, figure)| {
        let of = |number: fn(&Figures) -> f64| -> Vec<f64> {
            all.iter()
                .filter_map(|figures| Some(number(figures.get(place)?)))
                .collect()
        };
        let error = |number: fn(&Figures) -> f64| {
            let squares = of(number).iter().map(|x| x * x).sum::<f64>();
            (squares / all.len() as f64).sqrt()
        };
        GroupOfTrainings {
            method: figure.method.to_owned(),
            group: figure.group.clone(),
            relevance: between(&of(|it| it.relevance.value)),
            relevance_error: error(|it| it.relevance.error),
            signed: between(&of(|it| it.signed.value)),
            signed_error: error(|it| it.signed.error),
        }
    });
    let groups: Vec<GroupOfTrainings> = rows.collect();
    let mut stability = Vec::new();
    for method in &settings.attribution.methods {
        let of = |figures: &Vec<Figures>| -> Vec<f64> {
            let own = figures.iter().filter(|it| it.method == method.name());
            own.map(|it| it.relevance.value).collect()
        };
        let lists: Vec<Vec<f64>> = all.iter().map(of).collect();
        let mut pairs = Vec::new();
        for i in 0..lists.len() {
            for j in i + 1..lists.len() {
                pairs.push(spearman(&lists[i], &lists[j], None));
            }
        }
        pairs.retain(|rho| rho.is_finite());
        if !pairs.is_empty() {
            let mean = pairs.iter().sum::<f64>() / pairs.len() as f64;
            stability.push((method.name().to_owned(), mean));
        }
    }
    Ok(Trainings {
        models: names,
        mean: between(&performance.iter().map(|it| it.value).collect::<Vec<_>>()),
        performance,
        groups,
        stability,
    })
}

/// A group's figures in one training, with their errors over events.
struct Figures {
    method: &'static str,
    group: String,
    relevance: Estimate,
    signed: Estimate,
}

fn of_groups(
    method: &Method,
    values: &[Tensor<f32>],
    groups: &[Group],
    weights: Option<&[f64]>,
) -> Vec<Figures> {
    let events = values.first().map_or(0, Tensor::rows);
    let mut relevance = vec![Vec::with_capacity(events); groups.len()];
    let mut signed = vec![Vec::with_capacity(events); groups.len()];
    for event in 0..events {
        let numbers = || values.iter().flat_map(move |tensor| tensor.row(event));
        let largest = numbers().fold(0.0_f64, |most, &x| most.max(f64::from(x.abs())));
        let total: f64 = numbers().map(|&x| f64::from(x.abs())).sum();
        for (place, group) in groups.iter().enumerate() {
            let own = group.elements.iter();
            let own = own.map(|&(input, element)| f64::from(values[input].row(event)[element]));
            let (mut modulus, mut sum) = (0.0, 0.0);
            own.for_each(|x| {
                modulus += x.abs();
                sum += x;
            });
            let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
            relevance[place].push(share(modulus, largest));
            signed[place].push(share(sum, total));
        }
    }
    let both = relevance.iter().zip(&signed).zip(groups);
    both.map(|((relevance, signed), group)| Figures {
        method: method.name(),
        group: group.name.clone(),
        relevance: mean_estimate(relevance, weights),
        signed: mean_estimate(signed, weights),
    })
    .collect()
}

/// The mean of trainings and their standard deviation.
fn between(values: &[f64]) -> Estimate {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    Estimate::new(mean, (square / (n - 1.0)).sqrt())
}

fn r2(truth: &[f64], given: &[f64], weights: Option<&[f64]>) -> Estimate {
    let squares = truth.iter().zip(given).map(|(y, f)| (y - f).powi(2));
    let square = mean_estimate(&squares.collect::<Vec<_>>(), weights);
    let spread = variance(truth, weights);
    Estimate::new(1.0 - square.value / spread, square.error / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relevance_is_normalised_by_the_largest_number_and_signs_are_kept() {
        let values = [Tensor::new(
            vec![2, 3],
            vec![1.0, -2.0, 1.0, 0.0, 4.0, -4.0],
        )];
        let groups = [Group::new("a", [0]), Group::new("b", [1, 2])];
        let method = Method::named("gradient").unwrap();
        let found = of_groups(&method, &values, &groups, None);
        assert_eq!(
            (found[0].relevance.value, found[1].relevance.value),
            (0.25, 1.75)
        );
        assert_eq!(
            (found[0].signed.value, found[1].signed.value),
            (0.125, -0.125)
        );
        let spread = between(&[1.0, 3.0]);
        assert_eq!((spread.value, spread.error), (2.0, 2.0_f64.sqrt()));
    }
}
