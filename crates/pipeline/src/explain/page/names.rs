//! How methods, observables, groups and counts are called on the page.

use pellucid_explain::Method;
use pellucid_explain::global::Reference;
use pellucid_report::{number, text};

use super::View;
use crate::explain::result::ExplainResult;

/// A method's name as a reader knows it, as prose; another name stands for itself.
pub(super) fn method(name: &str) -> String {
    Method::named(name).map_or_else(|| text::literal(name), |method| method.title().to_owned())
}

/// What a method's numbers are in.
pub(super) fn method_unit(name: &str) -> &'static str {
    Method::named(name).map_or("logit", |method| method.unit())
}

/// `mass $m$`; a name that is no known observable stands for itself.
pub(super) fn observable(result: &ExplainResult, name: &str) -> String {
    match result
        .observables
        .iter()
        .find(|observable| observable.name == name)
    {
        // A column of a file has no symbol but its name.
        Some(known) if known.reference.is_empty() => text::literal(&known.name),
        Some(known) => format!("{} ${}$", known.name.replace('_', " "), known.latex),
        None => text::literal(name),
    }
}

/// A group of inputs: a ring of pixels names itself in mathematics.
pub(super) fn group(view: &View<'_>, name: &str) -> String {
    if name.starts_with('$') {
        format!("pixels at {name}")
    } else {
        variable(view, name)
    }
}

/// An observable, or a variable with the unit that it has before it is shifted and
/// scaled.
pub(super) fn variable(view: &View<'_>, name: &str) -> String {
    let inputs = view.result.inputs.iter();
    let found = inputs
        .flat_map(|input| &input.variables)
        .find(|variable| variable.name == name);
    match found {
        Some(variable) if variable.unit.is_empty() => text::literal(name),
        Some(variable) => format!(
            "{} [{}]",
            text::literal(name),
            text::literal(&variable.unit)
        ),
        None => observable(view.result, name),
    }
}

/// Where random models lie: one standard deviation about their mean.
pub(super) fn band(reference: Reference) -> Option<(f64, f64)> {
    let Reference { mean, spread } = reference;
    let spread = if spread.is_finite() { spread } else { 0.0 };
    mean.is_finite().then_some((mean - spread, mean + spread))
}

/// `0.31 %`, from a share.
pub(super) fn percent(share: f64) -> String {
    if share.abs() < 1e-4 && share.is_finite() {
        return "below 0.01 %".to_owned();
    }
    format!("{} %", number::significant(100.0 * share, 2))
}

/// A whole number, its thousands apart.
pub(super) fn count(n: usize) -> String {
    number::count(n as u64)
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(parts: &[String]) -> String {
    match parts {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// A reference whose first arXiv number is a link.
pub(super) fn linked(reference: &str) -> String {
    let Some((before, rest)) = reference.split_once("arXiv:") else {
        return text::literal(reference);
    };
    let of_number = |c: char| c.is_ascii_alphanumeric() || ".-/".contains(c);
    let end = rest.find(|c| !of_number(c)).unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches('.');
    let after = &rest[number.len()..];
    format!(
        "{}[arXiv:{number}](https://arxiv.org/abs/{number}){}",
        text::literal(before),
        text::literal(after)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_random_model_has_no_spread_but_a_place() {
        let one = Reference {
            mean: 0.2,
            spread: f64::NAN,
        };
        assert_eq!(band(one), Some((0.2, 0.2)));
        assert_eq!(
            band(Reference {
                mean: f64::NAN,
                spread: f64::NAN
            }),
            None
        );
    }

    #[test]
    fn a_method_from_outside_cannot_write_marks() {
        assert_eq!(method("a$b$"), "a\\$b\\$");
    }

    #[test]
    fn an_arxiv_number_is_a_link_and_a_full_stop_is_not_part_of_it() {
        assert_eq!(
            linked("A. Larkoski, arXiv:1408.3122, eq. 2"),
            "A. Larkoski, [arXiv:1408.3122](https://arxiv.org/abs/1408.3122), eq. 2"
        );
        assert!(linked("arXiv:1408.3122.").ends_with("1408.3122)."));
        assert_eq!(linked("none"), "none");
    }

    #[test]
    fn lists_read_as_sentences() {
        let parts = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(&parts), "a, b and c");
        assert_eq!(list(&parts[..1]), "a");
    }
}
