//! The claim in one sentence, and whether it holds.

use pellucid_distill::Search;
use pellucid_distill::guided_search::Step;

use pellucid_report::text::literal;

use super::result::{BlackBox, ObservableResult, Verdict, Words};
use crate::explain::polynomial::Polynomial;

/// Above this decision ordering two functions take the same decisions for all
/// that an analysis could tell: the published study's networks of a few
/// observables reach 0.97 with their black box.
const SAME_DECISIONS: f64 = 0.94;

/// How far an AUC may fall behind the black box's and still count as reached.
const SAME_AUC: f64 = 0.005;

pub(crate) fn verdict(
    words: &Words,
    black_box: &BlackBox,
    observables: &[ObservableResult],
    search: Option<&Search>,
) -> Verdict {
    let Some((search, network)) = search.and_then(|s| s.network().map(|network| (s, network)))
    else {
        return without_search(words, black_box, observables);
    };
    let model = &words.model.one;
    let ado = network.ado_of_mean;
    let gap = network.gap;
    let names = list(search, observables);
    let reproduced = ado.value >= SAME_DECISIONS && gap.value <= SAME_AUC.max(gap.error);
    // Of several classes the search is about the first that is explained.
    let against = match &black_box.classes[..] {
        [] => "",
        _ => " between the class explained first and all others",
    };
    let claim = if reproduced {
        "are reproduced"
    } else {
        "are reproduced only in part,"
    };
    let (side, distance) = if gap.value < 0.0 {
        ("ahead of", -gap.value)
    } else {
        ("behind", gap.value)
    };
    Verdict {
        sentence: format!(
            "The {model}'s decisions{against} {claim} at an average decision ordering of ${:.3} \\pm {:.3}$ by \
             {names}; the network on these is ${distance:.4} \\pm {:.4}$ {side} the {model}'s AUC of ${:.3} \\pm {:.3}$.",
            ado.value, ado.error, gap.error, search.black_box_auc.value, search.black_box_auc.error
        ),
        reproduced,
    }
}

fn without_search(
    words: &Words,
    black_box: &BlackBox,
    observables: &[ObservableResult],
) -> Verdict {
    let model = &words.model.one;
    let sentence = if let Some(auc) = black_box.auc {
        let best = observables.first().map_or_else(String::new, |observable| {
            format!(
                "; of the known observables ${}$ decides most like it, at a decision ordering of ${:.3} \\pm {:.3}$",
                observable.latex, observable.ado.value, observable.ado.error
            )
        });
        format!(
            "The {model} reaches an AUC of ${:.3} \\pm {:.3}${best}. {}",
            auc.value,
            auc.error,
            if observables.is_empty() {
                "The files have no columns of numbers that could carry its decision."
            } else {
                "The search for the observables that carry its decision was not finished."
            }
        )
    } else if let Some(confusion) = &black_box.confusion {
        let worst = black_box
            .classes
            .iter()
            .filter_map(|class| Some((class, class.auc?)));
        let worst = worst.min_by(|a, b| a.1.value.total_cmp(&b.1.value));
        let worst = worst.map_or_else(String::new, |(class, auc)| {
            format!(
                "; hardest to tell from all others is {}, at an AUC of ${:.3} \\pm {:.3}$",
                literal(&class.name),
                auc.value,
                auc.error
            )
        });
        format!(
            "Of {} classes the {model} takes ${:.1} \\pm {:.1}$ % of the {} for what they are{worst}.",
            black_box.classes.len(),
            100.0 * confusion.accuracy.value,
            100.0 * confusion.accuracy.error,
            words.event.many
        )
    } else if black_box.values.is_empty() {
        format!(
            "The data tell no truth of the {}: this page says what the {model} looks at, not how well it does.",
            words.event.many
        )
    } else {
        let each = black_box.values.iter().map(|value| {
            format!(
                "{} with $R^2 = {:.4} \\pm {:.4}$, a root mean square error of ${}$",
                literal(&value.name),
                value.r2.value,
                value.r2.error,
                pellucid_report::number::significant(value.rmse.value, 3)
            )
        });
        format!("The {model} gives {}.", each.collect::<Vec<_>>().join("; "))
    };
    Verdict {
        sentence,
        reproduced: false,
    }
}

/// `mass, pt, girth and three energy flow polynomials`.
fn list(search: &Search, observables: &[ObservableResult]) -> String {
    let symbol = |name: &str| {
        observables
            .iter()
            .find(|observable| observable.name == name)
            .map_or_else(
                || format!("`{name}`"),
                |observable| {
                    if observable.reference.is_empty() {
                        return literal(&observable.name);
                    }
                    format!(
                        "{} ${}$",
                        observable.name.replace('_', " "),
                        observable.latex
                    )
                },
            )
    };
    let mut parts: Vec<String> = search
        .start
        .iter()
        .map(|observable| symbol(&observable.name))
        .collect();
    let polynomial = |step: &&Step| Polynomial::of(&step.details).is_some();
    parts.extend(
        search
            .steps
            .iter()
            .filter(|step| !polynomial(step))
            .map(|step| symbol(&step.observable)),
    );
    let count = search.steps.iter().filter(polynomial).count();
    let words = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    match count {
        0 => {}
        1 => parts.push("one energy flow polynomial".to_owned()),
        _ => parts.push(format!(
            "{} energy flow polynomials",
            words
                .get(count)
                .map_or_else(|| count.to_string(), |word| (*word).to_owned())
        )),
    }
    match parts.as_slice() {
        [] => "no observable".to_owned(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}
