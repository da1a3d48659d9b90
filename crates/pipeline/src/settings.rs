//! Settings files: TOML in, plain structs out.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::PipelineError;

/// Reads a settings file; what is wrong is said with its line, a key that is
/// not known with the nearest one that is.
pub fn read<S: DeserializeOwned>(path: &Path) -> Result<S, PipelineError> {
    let text = std::fs::read_to_string(path).map_err(|source| PipelineError::File {
        path: path.to_owned(),
        source,
    })?;
    parse(&text).map_err(|problem| PipelineError::Settings {
        path: path.to_owned(),
        problem,
    })
}

/// Sections that are short for those of `[data]`.
const IN_DATA: [&str; 2] = ["columns", "reweight"];

/// Reads settings from text. A section `[columns]` is short for
/// `[data.columns]`, and `[reweight]` for `[data.reweight]`.
pub fn parse<S: DeserializeOwned>(text: &str) -> Result<S, String> {
    toml::from_str(text)
        .or_else(|error: toml::de::Error| {
            let message = error.message();
            let unknown = IN_DATA
                .iter()
                .any(|name| message.starts_with(&format!("unknown field `{name}`")));
            match unknown.then(|| in_data(text)).flatten() {
                // Settings of something else than jets have no section `[data]`.
                Some(table) => table.try_into().map_err(|moved: toml::de::Error| {
                    let other = moved.message().starts_with("unknown field `data`");
                    if other { error } else { moved }
                }),
                None => Err(error),
            }
        })
        .map_err(|error| {
            let message = error.message().to_owned();
            let line = error
                .span()
                .map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            let place = line
                .map(|line| format!("line {line}: "))
                .unwrap_or_default();
            format!("{place}{message}{}", nearest(&message))
        })
}

/// Settings whose sections `[columns]` and `[reweight]` are moved to where they
/// belong; `None` if the same is said in both places.
fn in_data(text: &str) -> Option<toml::Table> {
    let mut table: toml::Table = text.parse().ok()?;
    let moved: Vec<(&str, toml::Value)> = IN_DATA
        .iter()
        .filter_map(|name| Some((*name, table.remove(*name)?)))
        .collect();
    let data = table
        .entry("data")
        .or_insert_with(|| toml::Table::new().into());
    for (name, section) in moved {
        let own = data
            .as_table_mut()?
            .entry(name)
            .or_insert_with(|| toml::Table::new().into());
        let own = own.as_table_mut()?;
        let toml::Value::Table(section) = section else {
            return None;
        };
        for (key, value) in section {
            if own.insert(key, value).is_some() {
                return None;
            }
        }
    }
    Some(table)
}

/// `; did you mean …?` for a message of serde about an unknown key or value.
pub(crate) fn nearest(message: &str) -> String {
    let unknown = ["unknown field `", "unknown variant `"];
    let Some(rest) = unknown
        .iter()
        .find_map(|start| message.split_once(start))
        .map(|(_, r)| r)
    else {
        return String::new();
    };
    let mut quoted = rest.split('`');
    let Some(wrong) = quoted.next() else {
        return String::new();
    };
    // What follows alternates between text and known keys.
    let known: Vec<&str> = quoted.skip(1).step_by(2).collect();
    most_like(wrong, known)
        .map(|known| format!("; did you mean `{known}`?"))
        .unwrap_or_default()
}

/// The one of `known` that is most like a name.
pub(crate) fn most_like<'k>(
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    let distances = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known));
    distances.min().map(|(_, known)| known)
}

/// A setting that is one of a few words.
pub fn word<S: DeserializeOwned>(text: &str) -> Result<S, String> {
    toml::Value::from(text).try_into().map_err(|error| {
        let error: toml::de::Error = error;
        format!("{}{}", error.message(), nearest(error.message()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)] // only refused here
    struct Sample {
        events: usize,
        seed: u64,
    }

    #[test]
    fn a_mistyped_key_is_met_with_the_nearest_and_its_line() {
        let error = parse::<Sample>("seed = 1\nevnts = 3\n").unwrap_err();
        assert!(
            error.contains("line 2") && error.contains("did you mean `events`?"),
            "{error}"
        );
    }

    #[test]
    fn columns_at_the_top_are_those_of_the_data() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Jets {
            #[serde(default)]
            seed: u64,
            data: crate::source::DataSettings,
        }
        let short: Jets = parse("[columns]\nlabel = 'is_w'\n[data]\nweight = 'w'\n").unwrap();
        let long: Jets = parse("[data]\nweight = 'w'\n[data.columns]\nlabel = 'is_w'\n").unwrap();
        assert_eq!(short, long);
        let short: Jets =
            parse("[reweight]\ncolumns = 'pt'\nto = 'flat'\nbins = 4\n[columns]\nlabel = 'w'")
                .unwrap();
        let long: Jets = parse(
            "[data.reweight]\ncolumns = ['pt']\nto = 'flat'\nbins = 4\n[data.columns]\nlabel = 'w'",
        )
        .unwrap();
        assert_eq!(short, long);
        // What is wrong besides is still said, and so is a section elsewhere.
        let error = parse::<Jets>("[columns]\nlabel = 'is_w'\n[data]\nwait = 'w'\n").unwrap_err();
        assert!(error.contains("did you mean `weight`?"), "{error}");
        let error = parse::<Sample>("[columns]\nlabel = 'is_w'\n").unwrap_err();
        assert!(error.contains("`columns`"), "{error}");
    }

    #[test]
    fn text_that_is_no_toml_names_the_line() {
        let error = parse::<Sample>("seed = 1\nevents = = 3\n").unwrap_err();
        assert!(error.contains("line 2"), "{error}");
    }
}
