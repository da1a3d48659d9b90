//! When not to trust a method: what it promises, and whether it keeps it.

use pellucid_report::figure::{Axis, Curve, Series};
use pellucid_report::page::{Block, Callout, Status};
use pellucid_report::table::Cell;
use pellucid_report::{Section, Table, number};

use super::{View, names};
use crate::explain::result::{AttributionResult, MethodResult, capital};

/// A sum that misses more than this share for one jet in twenty is no division
/// of the logit.
const MOST_RESIDUAL: f64 = 0.01;
/// Rank correlation with random models above which a map shows the data.
const MOST_RANDOM: f64 = 0.5;
/// Share of relevance that biases or stabilisers may take.
const MOST_LOST: f64 = 0.2;
/// Standard errors that deletion must be ahead of random order.
const LEAST_SIGMA: f64 = 2.0;

pub(super) fn section(view: &View<'_>) -> Option<Section> {
    let attribution = view.result.attribution.as_ref()?;
    let mut section = Section::new(&view.title("When to trust an explanation"))
        .add(
            "Each method is held to what it promises: its numbers sum to the logit, its map is not that of a \
             model with random weights, and the logit falls when what it holds important is taken away.",
        )
        .add(table(view, attribution));
    for method in &attribution.methods {
        section = section.add(callout(view, method));
    }
    Some(section.add(deletion(view, attribution)))
}

fn table(view: &View<'_>, attribution: &AttributionResult) -> Table {
    let mut table = Table::new(
        &format!(
            "Checks on {}. Residual: what the sum of the attributions misses, as a share of the explained logit \
             (of at least 0.1), its median and the value that 95 % of the {} stay below; absorbed and stabilised: what biases and stabilisers keep of it. Like random: Spearman’s correlation with the maps of {} models with random \
             weights, mean ± standard deviation. Deletion: the area by which the logit falls earlier than in \
             random order.",
            view.counted(attribution.events),
            view.many,
            attribution.random_models
        ),
        [
            "method",
            "residual [%]",
            "95 % below [%]",
            "absorbed [%]",
            "stabilised [%]",
            "like random",
            "deletion [logit]",
        ],
    );
    let share = |share: Option<f64>| share.map_or(Cell::Empty, |x| Cell::Number(100.0 * x, 2));
    for method in &attribution.methods {
        let random = method.random_similarity;
        table.push([
            names::method(&method.method).into(),
            share(method.residual),
            share(method.residual_95),
            share(method.absorbed),
            share(method.stabilised),
            pellucid_core::Estimate::new(random.mean, random.spread).into(),
            method.faithfulness.excess.into(),
        ]);
    }
    table
}

/// One sentence for each check that fails.
fn warnings(view: &View<'_>, method: &MethodResult) -> Vec<String> {
    let View {
        one, many, model, ..
    } = view;
    let mut out = Vec::new();
    if let Some(residual) = method
        .residual_95
        .filter(|&residual| residual > MOST_RESIDUAL)
    {
        out.push(format!(
            "Its numbers do not sum to the logit: for one {one} in twenty more than {} is missing, so do not read \
             them as shares of the score.",
            names::percent(residual)
        ));
    }
    for (share, taken) in [
        (method.absorbed, "biases absorb"),
        (method.stabilised, "stabilisers take"),
    ] {
        if let Some(share) = share.filter(|share| share.abs() > MOST_LOST) {
            out.push(format!(
                "The {taken} {} of the explained value, which no input is then given.",
                names::percent(share.abs())
            ));
        }
    }
    let random = method.random_similarity.mean;
    if random > MOST_RANDOM {
        out.push(format!(
            "Its map resembles those of models with random weights (rank correlation {random:.2}): much of it shows the {many} and the network’s layout, not what the {model} has learned."
        ));
    }
    let excess = method.faithfulness.excess;
    // Written so that an excess without a number fails.
    let ahead = excess.value > LEAST_SIGMA * excess.error;
    if !ahead {
        out.push(format!(
            "Taking away what it holds important lowers the logit no earlier than random order ({}): do not take \
             its order for the {model}’s.",
            number::estimate(excess)
        ));
    }
    out
}

fn callout(view: &View<'_>, method: &MethodResult) -> Block {
    let name = names::method(&method.method);
    let warnings = warnings(view, method);
    if warnings.is_empty() {
        return Callout::new(
            Status::Good,
            &format!("{name}: no check fails"),
            &format!(
                "Deletion is {} ahead of random order, in units of the logit.",
                number::estimate(method.faithfulness.excess)
            ),
        )
        .into();
    }
    Callout::new(
        Status::Caution,
        &format!("{name}: to be read with caution"),
        &warnings.join(" "),
    )
    .into()
}

fn deletion(view: &View<'_>, attribution: &AttributionResult) -> Block {
    let line = |name: &str, curve: &pellucid_explain::global::DeletionCurve| {
        let errors: Vec<f64> = curve.fall.iter().map(|fall| fall.error).collect();
        let values = curve.fall.iter().map(|fall| fall.value).collect();
        Series::line(name, curve.shares.clone(), values).errors(&errors)
    };
    let mut series: Vec<Series> = attribution
        .methods
        .iter()
        .map(|method| line(&names::method(&method.method), &method.faithfulness.method))
        .collect();
    // Random order is the same for all methods.
    series.extend(
        attribution
            .methods
            .first()
            .map(|method| line("random order", &method.faithfulness.random)),
    );
    Curve {
        title: "The logit falls as inputs are deleted.".to_owned(),
        caption: format!(
            "Mean over {} of the logit’s fall when a share of {}’s inputs that are not zero is set to zero, the \
             largest attribution first; bands are standard errors. {} with deleted inputs are unlike any that \
             the {} was trained on.",
            view.counted(attribution.events),
            view.a_one,
            capital(&view.many),
            view.model
        ),
        x: Axis::new("share of the inputs deleted", "").range(0.0, 1.0),
        y: Axis::new("fall of the logit", ""),
        series,
        references: Vec::new(),
    }
    .figure(&view.id("deletion"))
    .into()
}

#[cfg(test)]
mod tests {
    use pellucid_core::Estimate;
    use pellucid_explain::global::{DeletionCurve, Faithfulness, Reference};

    use super::*;
    use crate::explain::result::sample::sample;

    fn sound() -> MethodResult {
        let curve = || DeletionCurve {
            shares: vec![0.0, 1.0],
            fall: vec![Estimate::new(0.0, 0.0), Estimate::new(1.0, 0.1)],
            area: Estimate::new(0.5, 0.05),
        };
        MethodResult {
            method: "lrp-epsilon".to_owned(),
            residual: Some(1e-7),
            residual_95: Some(1e-6),
            absorbed: Some(0.05),
            stabilised: Some(0.01),
            ranking: Vec::new(),
            maps: Vec::new(),
            random_similarity: Reference {
                mean: 0.2,
                spread: 0.1,
            },
            faithfulness: Faithfulness {
                method: curve(),
                random: curve(),
                excess: Estimate::new(0.4, 0.1),
            },
        }
    }

    /// The checks that a method fails.
    fn failed(method: &MethodResult) -> Vec<String> {
        warnings(&View::new(&sample()), method)
    }

    #[test]
    fn every_failed_check_has_its_own_sentence_and_a_sound_method_none() {
        assert!(failed(&sound()).is_empty());
        let failing: [fn(&mut MethodResult); 5] = [
            |method| method.residual_95 = Some(0.02),
            |method| method.absorbed = Some(-0.3),
            |method| method.stabilised = Some(0.3),
            |method| method.random_similarity.mean = 0.8,
            |method| method.faithfulness.excess = Estimate::new(0.1, 0.1),
        ];
        for fail in failing {
            let mut method = sound();
            fail(&mut method);
            assert_eq!(failed(&method).len(), 1, "{method:?}");
        }
    }

    #[test]
    fn an_excess_that_is_no_number_is_no_proof() {
        let mut method = sound();
        method.faithfulness.excess = Estimate::new(f64::NAN, f64::NAN);
        assert_eq!(failed(&method).len(), 1);
    }
}
