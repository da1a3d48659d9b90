//! A method from its name and `key=value` settings.

use pellucid_explain::Method;
use pellucid_explain::method::Baseline;
use serde::Deserialize;
use toml::{Table, Value};

use super::request::Asked;
use crate::PipelineError;
use crate::settings::{most_like, nearest};

/// The method with its settings. The baseline is left as it is by default: it
/// needs the events.
pub fn method(asked: &Asked) -> Result<Method, PipelineError> {
    let name = asked.name.as_str();
    if Method::named(name).is_none() {
        let names = Method::NAMES.iter().copied();
        let like = most_like(name, names).unwrap_or_default();
        return Err(wrong(
            "--method",
            format!(
                "there is no `{name}`; did you mean `{like}`? The methods are {}",
                Method::NAMES.join(", ")
            ),
        ));
    }
    let mut table = Table::new();
    table.insert("method".to_owned(), name.into());
    for (key, text) in &asked.set {
        if table.insert(key.clone(), value(key, text)).is_some() {
            return Err(wrong("--set", format!("`{key}` is given twice")));
        }
    }
    let mut method = Method::deserialize(Value::Table(table)).map_err(|error| {
        let message = error.message();
        wrong("--set", format!("{name}: {message}{}", nearest(message)))
    })?;
    if asked.steps == Some(0) {
        return Err(wrong("--steps", "it is 0, expected 1 or more".to_owned()));
    }
    let path = method.path_mut();
    let given = |option: &str| {
        wrong(
            option,
            format!("`{name}` does not integrate along a path; drop the option"),
        )
    };
    match (path, asked.steps, asked.quadrature) {
        (Some(path), steps, quadrature) => {
            if let Some(steps) = steps {
                // A number that is asked for is not doubled.
                path.steps = steps;
                path.max_steps = steps;
            }
            path.quadrature = quadrature.unwrap_or(path.quadrature);
        }
        (None, Some(_), _) => return Err(given("--steps")),
        (None, None, Some(_)) => return Err(given("--quadrature")),
        (None, None, None) => {}
    }
    if !asked.baseline.is_empty() && method.baseline_mut().is_none() {
        return Err(wrong(
            "--baseline",
            format!("`{name}` compares with no baseline; drop the option"),
        ));
    }
    Ok(method)
}

/// The same with the baseline of these events.
pub(crate) fn from_baseline(method: &Method, baseline: Option<Baseline>) -> Method {
    let mut method = method.clone();
    if let (Some(mine), Some(baseline)) = (method.baseline_mut(), baseline) {
        *mine = baseline;
    }
    method
}

/// A setting's value: a number, a list or a truth value where it looks like
/// one; a node's name is never one.
fn value(key: &str, text: &str) -> Value {
    if key != "node"
        && let Ok(table) = format!("value = {text}").parse::<Table>()
        && let [(_, value)] = &table.into_iter().collect::<Vec<_>>()[..]
    {
        return value.clone();
    }
    Value::from(text)
}

pub(crate) fn wrong(setting: &str, problem: String) -> PipelineError {
    PipelineError::Setting {
        setting: setting.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_explain::method::{IntegratedGradients, LrpEpsilon, Quadrature};

    fn asked(name: &str, set: &[(&str, &str)]) -> Asked {
        Asked {
            name: name.to_owned(),
            set: set
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..Asked::default()
        }
    }

    #[test]
    fn settings_in_words_are_those_of_the_method() {
        let found = method(&asked(
            "lrp-epsilon",
            &[("epsilon", "1"), ("bias", "ignore")],
        ));
        let expected = LrpEpsilon {
            epsilon: 1.0,
            bias: pellucid_network::transform::Bias::Ignore,
            ..LrpEpsilon::default()
        };
        assert_eq!(found.unwrap(), expected.into());
        let steps = Asked {
            steps: Some(7),
            quadrature: Some(Quadrature::Midpoint),
            ..asked("integrated-gradients", &[])
        };
        let expected = IntegratedGradients::fixed(7, Quadrature::Midpoint);
        assert_eq!(method(&steps).unwrap(), expected.into());
    }

    #[test]
    fn mistyped_names_are_met_with_the_nearest() {
        let message = |asked: &Asked| method(asked).unwrap_err().to_string();
        let method = message(&asked("lrp-epsilom", &[]));
        assert!(method.contains("did you mean `lrp-epsilon`?"), "{method}");
        let key = message(&asked("lrp-epsilon", &[("epsilom", "1")]));
        assert!(key.contains("did you mean `epsilon`?"), "{key}");
        let word = message(&asked("lrp-epsilon", &[("bias", "absorbs")]));
        assert!(word.contains("did you mean `absorb`?"), "{word}");
        let twice = message(&asked("lrp-epsilon", &[("epsilon", "1"), ("epsilon", "2")]));
        assert!(twice.contains("twice"), "{twice}");
    }

    #[test]
    fn options_without_meaning_for_the_method_are_refused() {
        let steps = Asked {
            steps: Some(7),
            ..asked("gradient", &[])
        };
        assert!(method(&steps).unwrap_err().to_string().contains("--steps"));
        let baseline = Asked {
            baseline: vec!["zeros".to_owned()],
            ..asked("gradient", &[])
        };
        let message = method(&baseline).unwrap_err().to_string();
        assert!(message.contains("--baseline"), "{message}");
    }
}
