//! Which jets are shown one by one, and what is said of them.

use pellucid_core::Tensor;
use pellucid_core::missing::known;
use pellucid_explain::{Attribution, Residual};

use super::attribution::Subset;
use super::pass::Pass;
use super::result::{
    Numbers, ObservableResult, ShownAttribution, ShownEvent, ShownObservable, kept,
};

/// How many observables describe a jet.
const FACTS: usize = 6;
/// How many numbers all jets together may have, inputs and attributions, so that a result
/// stays a file of a few megabytes.
const MOST_NUMBERS: usize = 400_000;

/// What single jets are taken from.
pub(super) struct Attributed<'a> {
    /// The jets that were attributed, first in this subset.
    pub subset: &'a Subset,
    /// What each method says of them.
    pub attributions: &'a [Attribution],
    /// The methods' names.
    pub methods: Vec<&'static str>,
    /// The inputs that attributions are of.
    pub free: &'a [usize],
}

/// Up to `count` jets over the whole range of scores: of each class the surest, the most
/// wrong, and quantiles between.
pub(super) fn shown(
    pass: &Pass,
    from: &Attributed<'_>,
    observables: &[ObservableResult],
    count: usize,
) -> Vec<ShownEvent> {
    let Some(first) = from.attributions.first() else {
        return Vec::new();
    };
    let events = first.values.first().map_or(0, Tensor::rows);
    let numbers: usize = from.subset.inputs.iter().map(Tensor::row_len).sum();
    let most = MOST_NUMBERS / (numbers * (1 + from.attributions.len())).max(1);
    let count = count.min(most.max(2));
    let about = About::new(pass, observables);
    let relative: Vec<Vec<f64>> = from
        .attributions
        .iter()
        .map(|attribution| attribution.relative_residual(0.1))
        .collect();
    chosen(pass, &from.subset.rows[..events], count)
        .into_iter()
        .map(|event| {
            let inputs = &from.subset.inputs;
            let attributions = from.methods.iter().zip(from.attributions).zip(&relative);
            ShownEvent {
                input: inputs.iter().map(|tensor| row(tensor, event)).collect(),
                attributions: attributions
                    .map(|((method, attribution), relative)| {
                        let mut values = vec![Vec::new(); inputs.len()];
                        for (tensor, &input) in attribution.values.iter().zip(from.free) {
                            values[input] = row(tensor, event);
                        }
                        let promised = attribution.meaning != Residual::None;
                        let residual = relative.get(event).filter(|_| promised);
                        ShownAttribution {
                            method: (*method).to_owned(),
                            values,
                            residual: residual.copied().and_then(known),
                        }
                    })
                    .collect(),
                ..about.of(pass.kept[from.subset.rows[event]])
            }
        })
        .collect()
}

fn row(tensor: &Tensor<f32>, event: usize) -> Numbers {
    kept(tensor.row(event).iter().map(|&x| f64::from(x)))
}

/// Places among these positions of kept jets: each class from the highest logit to the
/// lowest, signal first.
fn chosen(pass: &Pass, rows: &[usize], count: usize) -> Vec<usize> {
    let of = |event: usize| pass.kept[rows[event]];
    let logit = |event: usize| pass.scores.logit[of(event)];
    let mut chosen: Vec<usize> = Vec::new();
    for class in [true, false] {
        let all = 0..rows.len();
        let mut own: Vec<usize> = all.filter(|&i| pass.labels[of(i)] == class).collect();
        own.sort_by(|&a, &b| logit(b).total_cmp(&logit(a)).then(a.cmp(&b)));
        let share = count.div_ceil(2).min(own.len());
        chosen
            .extend((0..share).map(|k| own[k * (own.len() - 1) / share.max(2).saturating_sub(1)]));
    }
    chosen.truncate(count);
    chosen
}

/// What is known of every jet.
struct About<'a> {
    pass: &'a Pass,
    /// The leading observables with their values for all jets.
    observables: Vec<(&'a str, Option<&'a Vec<f64>>)>,
}

impl<'a> About<'a> {
    fn new(pass: &'a Pass, observables: &'a [ObservableResult]) -> Self {
        let leading = observables.iter().take(FACTS);
        let observables = leading
            .map(|observable| {
                let place = pass
                    .known
                    .iter()
                    .position(|known| known.name == observable.name);
                let column = place.and_then(|place| pass.observables.get(place));
                (observable.name.as_str(), column)
            })
            .collect();
        Self { pass, observables }
    }

    /// A jet, without what methods say of it.
    fn of(&self, jet: usize) -> ShownEvent {
        let pass = self.pass;
        let (label, logit) = (pass.labels[jet], pass.scores.logit[jet]);
        let all = pass.scores.logit.iter().zip(&pass.labels);
        let own = || all.clone().filter(|&(_, &other)| other == label);
        let below = own().filter(|&(&other, _)| other < logit).count();
        let observables = self.observables.iter();
        ShownEvent {
            class: Some(usize::from(!label)),
            logit,
            output: known(pass.scores.output[jet]),
            above: below as f64 / own().count().max(1) as f64,
            observables: observables
                .map(|&(name, column)| ShownObservable {
                    name: name.to_owned(),
                    value: column.and_then(|column| known(*column.get(jet)?)),
                })
                .collect(),
            input: Vec::new(),
            attributions: Vec::new(),
        }
    }
}
