//! From tables to a sample.

use pellucid_core::{Job, Table};
use pellucid_distill::{Candidate, Candidates};

use super::{Request, Sample};
use crate::PipelineError;
use crate::regress::rows::{self, Rows, Wanted};
use crate::settings::most_like;

/// Reads the columns that are asked for.
pub fn read(request: &Request, job: &Job) -> Result<Sample, PipelineError> {
    let named = [
        Some(&request.score),
        Some(&request.label),
        request.weights.as_ref(),
        request.group.as_ref(),
    ];
    let named: Vec<&String> = named.into_iter().flatten().collect();
    if let Some(twice) = (1..named.len()).find(|&i| named[..i].contains(&named[i])) {
        return Err(setting(
            "--score, --label, --weights, --group",
            format!("`{}` cannot be two of them", named[twice]),
        ));
    }
    let exact = request.features.iter().chain(&request.start);
    let exact = exact.filter(|name| !name.contains('*'));
    let wanted = Wanted {
        tables: &request.tables,
        columns: None,
        needed: named.iter().copied().chain(exact).cloned().collect(),
        skip: request.skip_bad_rows,
    };
    let Rows { table, bad, .. } = rows::read(&wanted, job)?;
    let floats = |name: &String| {
        table
            .floats(name)
            .map_err(|error| setting("column", error.to_string()))
    };
    let scores = floats(&request.score)?;
    let (labels, label_values) = labels(&request.label, &floats(&request.label)?)?;
    let weights = request.weights.as_ref().map(floats).transpose()?;
    let groups = match &request.group {
        // Only equality counts.
        Some(name) => floats(name)?.into_iter().map(f64::to_bits).collect(),
        None => (0..table.rows() as u64).collect(),
    };
    let mut candidates = Candidates::new(table.rows());
    let mut constant = Vec::new();
    for name in features(request, &table, &named)? {
        let values = floats(&name)?;
        if values.iter().any(|value| *value != values[0]) {
            candidates.push(Candidate::named(name), values)?;
        } else {
            constant.push(name);
        }
    }
    if !constant.is_empty() {
        job.note(&format!(
            "the same number in every row, which orders nothing: {}",
            constant.join(", ")
        ));
    }
    if candidates.is_empty() {
        return Err(setting(
            "--features",
            "no column is left to choose from".to_owned(),
        ));
    }
    let start = request.start.iter().map(|name| {
        candidates.position(name).ok_or_else(|| {
            let known = candidates.all().iter().map(|one| one.name.as_str());
            setting(
                "--start",
                match (constant.contains(name), most_like(name, known)) {
                    (true, _) => format!("`{name}` is the same number in every row"),
                    (false, Some(near)) => {
                        format!("`{name}` is none of the features; did you mean `{near}`?")
                    }
                    (false, None) => format!("`{name}` is none of the features"),
                },
            )
        })
    });
    let start = start.collect::<Result<_, _>>()?;
    Ok(Sample {
        score: request.score.clone(),
        label: request.label.clone(),
        label_values,
        scores,
        labels,
        weights,
        groups,
        candidates,
        start,
        constant,
        bad,
    })
}

fn setting(setting: &str, problem: String) -> PipelineError {
    PipelineError::Setting {
        setting: setting.to_owned(),
        problem,
    }
}

/// Which rows are signal, and the numbers of background and signal.
fn labels(name: &str, values: &[f64]) -> Result<(Vec<bool>, [f64; 2]), PipelineError> {
    let mut found: Vec<f64> = Vec::new();
    for value in values {
        if !found.contains(value) {
            found.push(*value);
        }
        if found.len() > 2 {
            break;
        }
    }
    found.sort_by(f64::total_cmp);
    let [background, signal] = found[..] else {
        let numbers: Vec<String> = found.iter().map(f64::to_string).collect();
        return Err(setting(
            "--label",
            format!(
                "column `{name}` holds {}{}, expected two numbers, of which the larger is the signal: decision ordering \
                 counts pairs of a signal and a background row",
                numbers.join(", "),
                if found.len() > 2 {
                    ", …"
                } else {
                    " in every row"
                },
            ),
        ));
    };
    Ok((
        values.iter().map(|value| *value == signal).collect(),
        [background, signal],
    ))
}

/// The columns to choose from, in the order in which they are asked for.
fn features(
    request: &Request,
    table: &Table,
    named: &[&String],
) -> Result<Vec<String>, PipelineError> {
    let all = table.names();
    let others: Vec<&String> = all.iter().filter(|name| !named.contains(name)).collect();
    if request.features.is_empty() {
        return Ok(others.into_iter().cloned().collect());
    }
    let mut chosen: Vec<String> = Vec::new();
    for pattern in request.features.iter().chain(&request.start) {
        let fits: Vec<&String> = if pattern.contains('*') {
            others
                .iter()
                .copied()
                .filter(|name| matches(pattern, name))
                .collect()
        } else {
            all.iter().filter(|name| *name == pattern).collect()
        };
        if let Some(name) = fits.iter().find(|name| named.contains(name)) {
            return Err(setting(
                "--features",
                format!(
                    "`{name}` is the score, the label, the weight or the group, and cannot explain the score"
                ),
            ));
        }
        if fits.is_empty() {
            let near = most_like(pattern, all.iter().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(setting(
                "--features",
                format!("no column of numbers is called `{pattern}`{near}"),
            ));
        }
        for name in fits {
            if !chosen.contains(name) {
                chosen.push(name.clone());
            }
        }
    }
    Ok(chosen)
}

/// Whether a name fits a pattern, in which a star stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(rest) = name.strip_prefix(before) else {
        return false;
    };
    let places = rest.char_indices().map(|(place, _)| place);
    let mut places = places.chain([rest.len()]);
    places.any(|place| matches(after, &rest[place..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name, fits) in [
            ("b*", "b1", true),
            ("b*", "ab", false),
            ("*_pt", "jet_pt", true),
            ("*_pt", "jet_pt2", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("*", "é", true),
            ("m", "m", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn labels_are_two_numbers() {
        let (signal, values) = labels("y", &[1.0, -1.0, 1.0]).unwrap();
        assert_eq!((signal, values), (vec![true, false, true], [-1.0, 1.0]));
        let says = |values: &[f64]| labels("y", values).unwrap_err().to_string();
        assert!(says(&[0.0, 1.0, 2.0, 3.0]).contains("0, 1, 2, …"));
        assert!(says(&[1.0, 1.0]).contains("1 in every row"));
    }
}
