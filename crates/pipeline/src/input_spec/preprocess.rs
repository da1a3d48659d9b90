//! weaver's `preprocess.json`.
//!
//! $$ x = \min\bigl(\max\bigl((v - \mathrm{median})\,\mathrm{norm\_factor},\;
//!    \mathrm{lower\_bound}\bigr),\; \mathrm{upper\_bound}\bigr) $$
//!
//! of each variable `v`, after what is not finite was replaced by
//! `replace_inf_value`; where there is no particle stands `pad`. Lists are filled
//! up to `var_length` or, in the files of CMS, to `max_length`: a network that is
//! told by a mask which places hold a particle gives the same score for any length
//! of at least `min_length`.

use std::collections::BTreeMap;

use pellucid_observables::ObservableError;
use pellucid_observables::particles::{
    Entry, Formula, Layout, Missing, ParticleList, Transform, variable,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::file::SpecFile;
use super::{InputSpec, Representation};

/// Bounds from here on bind nothing: weaver writes ±1e32.
const NO_BOUND: f64 = 1e30;

/// One input.
#[derive(Debug, Deserialize)]
struct Input {
    var_names: Vec<String>,
    var_infos: BTreeMap<String, Info>,
    var_length: Option<usize>,
    min_length: Option<usize>,
    max_length: Option<usize>,
}

/// One variable.
#[derive(Debug, Deserialize)]
struct Info {
    #[serde(default)]
    median: f64,
    #[serde(default = "one")]
    norm_factor: f64,
    #[serde(default)]
    replace_inf_value: f64,
    lower_bound: Option<f64>,
    upper_bound: Option<f64>,
    #[serde(default)]
    pad: f64,
}

fn one() -> f64 {
    1.0
}

impl Info {
    fn transform(&self) -> Transform {
        let low = self.lower_bound.filter(|bound| bound.abs() < NO_BOUND);
        let high = self.upper_bound.filter(|bound| bound.abs() < NO_BOUND);
        Transform {
            subtract: self.median,
            multiply: self.norm_factor,
            clip: [
                low.unwrap_or(f64::NEG_INFINITY),
                high.unwrap_or(f64::INFINITY),
            ],
            pad: self.pad,
            infinite: Some(self.replace_inf_value),
        }
    }
}

pub(super) fn read(text: &str, unknown: Missing) -> Result<SpecFile, String> {
    let whole: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let names = |key: &str| -> Result<Vec<String>, String> {
        let value = whole.get(key).cloned().unwrap_or_default();
        serde_json::from_value(value).map_err(|_| {
            format!("`{key}`: expected a list of names, as in weaver's preprocess.json")
        })
    };
    let input_names = names("input_names")?;
    let mut inputs = BTreeMap::new();
    let mut notes = Vec::new();
    let mut lengths = Vec::new();
    for name in input_names {
        let value = whole
            .get(&name)
            .cloned()
            .ok_or_else(|| format!("input `{name}` is named in `input_names` and has no entry"))?;
        let input: Input =
            serde_json::from_value(value).map_err(|error| format!("input `{name}`: {error}"))?;
        if let (Some(least), Some(most)) = (input.min_length, input.max_length)
            && least < most
        {
            lengths.push(name.clone());
        }
        let list = list(&input, unknown, &mut notes)
            .map_err(|problem| format!("input `{name}`: {problem}"))?;
        inputs.insert(name, Representation::Particles(list).into());
    }
    let masked = inputs
        .values()
        .filter_map(super::Input::jets)
        .any(Representation::is_mask);
    if !masked && !lengths.is_empty() {
        notes.push(format!(
            "{}: lists of any length are filled up to the largest, and no mask tells the network which places are \
             empty; where the experiment gave shorter lists its scores differ",
            lengths.join(", ")
        ));
    }
    Ok(SpecFile {
        spec: InputSpec {
            inputs,
            // A regression has a number there, or nothing.
            output_names: names("output_names").unwrap_or_default(),
        },
        data: None,
        notes,
    })
}

fn list(input: &Input, unknown: Missing, notes: &mut Vec<String>) -> Result<ParticleList, String> {
    let count = input.var_length.or(input.max_length).or(input.min_length);
    let mut entries = Vec::new();
    for name in &input.var_names {
        let info = input
            .var_infos
            .get(name)
            .ok_or_else(|| format!("`{name}` has no entry in `var_infos`"))?;
        let formula = formula(name, unknown, notes)?;
        entries.push(Entry {
            name: name.clone(),
            formula,
            transform: info.transform(),
        });
    }
    let mut list = ParticleList::new(count.unwrap_or(1), entries);
    if count.is_none() {
        // Numbers of the whole jet have no length.
        list.layout = Layout::Flat;
    }
    list.missing = Missing::Pad;
    list.check().map_err(|error| error.to_string())?;
    Ok(list)
}

/// What a name stands for; one that is not known is refused or told nothing of.
fn formula(name: &str, unknown: Missing, notes: &mut Vec<String>) -> Result<Formula, String> {
    match variable::named(name) {
        Ok(formula) => Ok(formula),
        Err(ObservableError::UnknownVariable { .. }) if unknown == Missing::Pad => {
            let note = format!("`{name}` is not known: it has its pad value everywhere");
            if !notes.contains(&note) {
                notes.push(note);
            }
            Ok(Formula::Absent(name.to_owned()))
        }
        Err(error @ ObservableError::UnknownVariable { .. }) => Err(format!(
            "{error}; with `--missing pad` it has its pad value everywhere"
        )),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Input as Kind;
    use super::*;

    const SMALL: &str = r#"{
        "output_names": ["label_A", "label_B"],
        "input_names": ["pf_features", "pf_mask"],
        "pf_features": {
            "var_names": ["pfcand_pt_log_nopuppi", "pfcand_quality"],
            "var_infos": {
                "pfcand_pt_log_nopuppi": {"median": 1, "norm_factor": 0.5, "replace_inf_value": 0,
                                          "lower_bound": -5, "upper_bound": 5, "pad": 0},
                "pfcand_quality": {"median": 0, "norm_factor": 0.2, "replace_inf_value": 0,
                                   "lower_bound": -1e+32, "upper_bound": 1e+32, "pad": -2}
            },
            "min_length": 17, "max_length": 100
        },
        "pf_mask": {
            "var_names": ["pfcand_mask"],
            "var_infos": {"pfcand_mask": {"median": 0, "norm_factor": 1, "replace_inf_value": 0,
                                          "lower_bound": -1e32, "upper_bound": 1e32, "pad": 0}},
            "var_length": 100
        }
    }"#;

    #[test]
    fn variables_shifts_bounds_and_lengths_are_read() {
        let file = read(SMALL, Missing::Refuse).unwrap();
        assert_eq!(file.spec.output_names, ["label_A", "label_B"]);
        assert!(file.notes.is_empty(), "{:?}", file.notes);
        let Some(Kind::Jets(Representation::Particles(list))) = file.spec.inputs.get("pf_features")
        else {
            panic!("{:?}", file.spec)
        };
        assert_eq!(list.shape(), [2, 100]);
        assert_eq!(list.features[0].formula.to_string(), "log(pt)");
        let transform = list.features[0].transform;
        assert_eq!((transform.subtract, transform.multiply), (1.0, 0.5));
        assert_eq!(
            (transform.clip, transform.infinite),
            ([-5.0, 5.0], Some(0.0))
        );
        assert_eq!(list.features[1].transform.pad, -2.0);
        assert_eq!(list.features[1].transform.clip[0], f64::NEG_INFINITY);
        assert!(file.spec.inputs["pf_mask"].is_mask());
        // What is kept as settings says the same.
        let again: InputSpec = crate::settings::parse(&file.spec.to_toml()).unwrap();
        assert_eq!(again, file.spec);
    }

    #[test]
    fn numbers_of_the_whole_jet_have_no_length() {
        let text = SMALL
            .replace(
                r#""min_length": 17, "max_length": 100"#,
                r#""var_length": null"#,
            )
            .replace("pfcand_pt_log_nopuppi", "jet_pt");
        let file = read(&text, Missing::Refuse).unwrap();
        assert_eq!(file.spec.inputs["pf_features"].shape().unwrap(), [2]);
    }

    #[test]
    fn an_unknown_variable_is_refused_with_the_nearest_or_padded() {
        let text = SMALL.replace("pfcand_quality", "pfcand_qualitty");
        let message = read(&text, Missing::Refuse).unwrap_err();
        for part in [
            "pf_features",
            "`pfcand_qualitty`",
            "`pfcand_quality`",
            "--missing pad",
        ] {
            assert!(message.contains(part), "{message}");
        }
        let file = read(&text, Missing::Pad).unwrap();
        assert!(file.notes[0].contains("`pfcand_qualitty`"));
        assert_eq!(file.spec.untold(|_| true)[0].variable, "pfcand_qualitty");
    }

    #[test]
    fn lists_of_any_length_without_a_mask_are_told_of() {
        let text = SMALL.replace(r#", "pf_mask"]"#, "]");
        let file = read(&text, Missing::Refuse).unwrap();
        assert!(file.notes[0].contains("pf_features"), "{:?}", file.notes);
    }

    #[test]
    fn what_is_no_preprocess_file_says_what_is_missing() {
        for (text, part) in [
            ("{}", "input_names"),
            (r#"{"input_names": ["x"]}"#, "`x`"),
            (
                r#"{"input_names": ["x"], "x": {"var_infos": {}}}"#,
                "var_names",
            ),
            (
                r#"{"input_names": ["x"], "x": {"var_names": ["pt"], "var_infos": {}, "var_length": 3}}"#,
                "var_infos",
            ),
            ("[1]", "expected"),
        ] {
            let message = read(text, Missing::Refuse).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}
