//! weaver's data configuration, a YAML file.
//!
//! Read are `new_variables` (formulas, in the language of
//! [`Formula`]), `inputs` (per input its length, its `pad_mode` and its variables,
//! each `name` or `[name, subtract, multiply, low, high, pad]`), the parameters that
//! weaver has worked out itself (`preprocess.params` of the file `….auto.yaml`),
//! and the names of `labels`. As in weaver a variable without `subtract` stays as
//! it is, one with it is cut to ±5 unless bounds are given, and what is no number
//! becomes 0.
//!
//! `selection` and `weights` choose jets for training; they are not applied, and
//! said so.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use pellucid_observables::ObservableError;
use pellucid_observables::particles::{
    Entry, Feature, Formula, Layout, Missing, Padding, ParticleList, Transform, variable,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::file::SpecFile;
use super::{InputSpec, Representation};

/// Variables in each other, at most: more go round in a circle.
const DEEPEST: usize = 50;

/// Names, numbers and operators of all variables, at most, each written out: a few
/// lines that use each other twice would otherwise fill the memory.
const LARGEST: usize = 100_000;

/// weaver's bounds of what is shifted.
const BOUNDS: [f64; 2] = [-5.0, 5.0];

#[derive(Debug, Deserialize)]
struct DataConfig {
    selection: Option<Value>,
    test_time_selection: Option<Value>,
    new_variables: Option<Map<String, Value>>,
    preprocess: Option<Preprocess>,
    inputs: Map<String, Value>,
    labels: Option<Labels>,
    weights: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Preprocess {
    method: Option<String>,
    params: Option<BTreeMap<String, Params>>,
}

/// What weaver has worked out of a variable.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Params {
    center: Option<f64>,
    #[serde(default = "one")]
    scale: f64,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default)]
    pad_value: f64,
}

fn one() -> f64 {
    1.0
}

#[derive(Debug, Deserialize)]
struct Input {
    length: Option<usize>,
    pad_mode: Option<String>,
    vars: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Labels {
    value: Option<Value>,
}

pub(super) fn read(text: &str, unknown: Missing) -> Result<SpecFile, String> {
    let config: DataConfig = serde_saphyr::from_str(text)
        .map_err(|error| format!("{error}; expected a data configuration of weaver"))?;
    let mut names = Names::new(config.new_variables.unwrap_or_default(), unknown);
    let automatic = config
        .preprocess
        .as_ref()
        .and_then(|preprocess| preprocess.method.as_deref())
        .is_some_and(|method| method.to_lowercase().starts_with("auto"));
    let params = config.preprocess.and_then(|preprocess| preprocess.params);
    let mut inputs = BTreeMap::new();
    for (name, value) in config.inputs {
        let input: Input =
            serde_json::from_value(value).map_err(|error| format!("input `{name}`: {error}"))?;
        let list = list(&input, &mut names, automatic, params.as_ref())
            .map_err(|problem| format!("input `{name}`: {problem}"))?;
        inputs.insert(name, Representation::Particles(list).into());
    }
    let mut notes = names.notes.into_inner();
    for (key, value) in [
        ("selection", config.selection),
        ("test_time_selection", config.test_time_selection),
    ] {
        if let Some(Value::String(text)) = value {
            notes.push(format!(
                "`{key}` ({}) is not applied: all jets of the files are used",
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            ));
        }
    }
    if config.weights.is_some_and(|weights| !weights.is_null()) {
        notes.push("`weights` is for training and is not applied".to_owned());
    }
    let output_names = match config.labels.and_then(|labels| labels.value) {
        Some(Value::Array(labels)) => {
            let labels = labels.iter().filter_map(Value::as_str);
            labels.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    Ok(SpecFile {
        spec: InputSpec {
            inputs,
            output_names,
        },
        data: None,
        notes,
    })
}

fn list(
    input: &Input,
    names: &mut Names,
    automatic: bool,
    params: Option<&BTreeMap<String, Params>>,
) -> Result<ParticleList, String> {
    let mut entries = Vec::new();
    for written in &input.vars {
        let (name, numbers) = match written {
            Value::String(name) => (name.as_str(), &[][..]),
            Value::Array(list) => match list.split_first() {
                Some((Value::String(name), numbers)) => (name.as_str(), numbers),
                _ => {
                    return Err(format!(
                        "`{written}`: expected [name, subtract, multiply, low, high, pad]"
                    ));
                }
            },
            _ => {
                return Err(format!(
                    "`{written}`: expected a name, or a list that begins with one"
                ));
            }
        };
        let transform = match params {
            Some(params) => {
                let params = params
                    .get(name)
                    .ok_or_else(|| format!("`{name}` has no entry in `preprocess.params`"))?;
                moved(
                    params.center,
                    params.scale,
                    [params.min, params.max],
                    params.pad_value,
                )
            }
            None => of_numbers(name, numbers, automatic)?,
        };
        entries.push(Entry {
            name: name.to_owned(),
            formula: names
                .formula(name, 0)
                .map_err(|error| Names::said(&error))?,
            transform,
        });
    }
    let mut list = ParticleList::new(input.length.unwrap_or(1), entries);
    if input.length.is_none() {
        // Numbers of the whole jet have no length.
        list.layout = Layout::Flat;
    }
    list.missing = Missing::Pad;
    list.padding = match input.pad_mode.as_deref().map(str::to_lowercase).as_deref() {
        None | Some("constant") => Padding::Constant,
        Some("wrap") => Padding::Wrap,
        Some(other) => {
            return Err(format!(
                "`pad_mode` is \"{other}\", expected \"constant\" or \"wrap\""
            ));
        }
    };
    list.check().map_err(|error| error.to_string())?;
    Ok(list)
}

/// `subtract, multiply, low, high, pad`.
fn of_numbers(name: &str, numbers: &[Value], automatic: bool) -> Result<Transform, String> {
    let number = |place: usize| match numbers.get(place) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_f64()
            .map(Some)
            .ok_or_else(|| format!("`{name}`: found {value}, expected a number or null")),
    };
    let named = matches!(numbers.first(), Some(Value::String(word)) if word == "auto");
    if named || (automatic && numbers.is_empty() && !name.ends_with("_mask")) {
        return Err(format!(
            "`{name}` is to be standardised automatically, and this file does not say by which numbers; give the \
             file that weaver wrote in training (its name ends in `.auto.yaml`) or the network's preprocess.json"
        ));
    }
    Ok(moved(
        number(0)?,
        number(1)?.unwrap_or(1.0),
        [number(2)?, number(3)?],
        number(4)?.unwrap_or(0.0),
    ))
}

fn moved(center: Option<f64>, scale: f64, bounds: [Option<f64>; 2], pad: f64) -> Transform {
    let none = Transform {
        pad,
        ..Transform::IDENTITY
    };
    match center {
        None => none,
        Some(subtract) => Transform {
            subtract,
            multiply: scale,
            clip: [
                bounds[0].unwrap_or(BOUNDS[0]),
                bounds[1].unwrap_or(BOUNDS[1]),
            ],
            ..none
        },
    }
}

/// The names that formulas may use.
struct Names {
    new: Map<String, Value>,
    unknown: Missing,
    notes: RefCell<Vec<String>>,
    /// The size of all formulas that were handed out.
    written: Cell<usize>,
}

impl Names {
    fn new(new: Map<String, Value>, unknown: Missing) -> Self {
        Self {
            new,
            unknown,
            notes: RefCell::new(Vec::new()),
            written: Cell::new(0),
        }
    }

    /// What a name stands for: a new variable, or a variable that is known by its
    /// name.
    fn formula(&self, name: &str, depth: usize) -> Result<Formula, ObservableError> {
        let formula = self.unbounded(name, depth)?;
        self.written.set(self.written.get() + formula.size());
        if self.written.get() > LARGEST {
            return Err(ObservableError::Formula {
                text: name.to_owned(),
                problem: format!(
                    "the variables written out are longer than {LARGEST} names and operators; define them \
                     with fewer repetitions"
                ),
            });
        }
        Ok(formula)
    }

    fn unbounded(&self, name: &str, depth: usize) -> Result<Formula, ObservableError> {
        if depth > DEEPEST {
            return Err(ObservableError::Formula {
                text: name.to_owned(),
                problem: "its variables are defined by each other in a circle".to_owned(),
            });
        }
        let itself = |value: &&Value| value.as_str().map(str::trim) != Some(name);
        if let Some(value) = self.new.get(name).filter(itself) {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            return Formula::parse(&text, &|inner| self.formula(inner, depth + 1));
        }
        // Without a definition these are columns, in mm: the table's are JetClass's
        // new variables of the same name.
        match name {
            "part_d0" => return Ok(Formula::Feature(Feature::D0)),
            "part_dz" => return Ok(Formula::Feature(Feature::Dz)),
            _ => {}
        }
        match variable::named(name) {
            Err(ObservableError::UnknownVariable { .. }) if self.unknown == Missing::Pad => {
                let note = format!(
                    "`{name}` is not known: what is made of it has its pad value everywhere"
                );
                let mut notes = self.notes.borrow_mut();
                if !notes.contains(&note) {
                    notes.push(note);
                }
                Ok(Formula::Absent(name.to_owned()))
            }
            other => other,
        }
    }

    fn said(error: &ObservableError) -> String {
        match error {
            ObservableError::UnknownVariable { .. } => format!(
                "{error}; with `--missing pad` what is made of it has its pad value everywhere"
            ),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Input as Kind;
    use super::*;

    const SMALL: &str = "
selection:
   ### a comment
   (jet_pt > 500) &
     (jet_nparticles > 2)
new_variables:
   part_mask: ak.ones_like(part_energy)
   part_pt: np.hypot(part_px, part_py)
   part_pt_log: np.log(part_pt)
   part_d0: np.tanh(part_d0val)
   one: 1
preprocess:
  method: manual
  data_fraction: 0.5
inputs:
   pf_features:
      length: 128
      pad_mode: wrap
      vars:
         - [part_pt_log, 1.7, 0.7]
         - [part_charge, null]
         - [part_d0err, 0, 1, 0, 1]
         - part_d0
         - [part_dz, 0, 2, null, 3, -1]
   pf_mask:
      length: 128
      pad_mode: constant
      vars:
         - [part_mask, null]
labels:
   type: simple
   value: [label_QCD, label_Tbqq]
observers:
   - jet_pt
weights:
";

    /// Twenty-five variables, each twice the one before.
    static DOUBLING: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let lines = (1..25).map(|i| format!("\n   a{i}: a{0} + a{0}", i - 1));
        format!("a24\n   a0: part_d0val{}", lines.collect::<String>())
    });

    fn entries(file: &SpecFile) -> &[Entry] {
        match &file.spec.inputs["pf_features"] {
            Kind::Jets(Representation::Particles(list)) => &list.features,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn variables_formulas_and_padding_are_read_as_weaver_reads_them() {
        let file = read(SMALL, Missing::Refuse).unwrap();
        let entries = entries(&file);
        let formulas: Vec<String> = entries.iter().map(|e| e.formula.to_string()).collect();
        assert_eq!(
            formulas,
            ["log(hypot(px, py))", "charge", "d0_error", "tanh(d0)", "dz"]
        );
        assert_eq!(entries[0].transform.clip, [-5.0, 5.0]);
        assert_eq!(entries[1].transform, Transform::IDENTITY);
        assert_eq!(entries[2].transform.clip, [0.0, 1.0]);
        assert_eq!(entries[3].transform, Transform::IDENTITY);
        assert_eq!(entries[4].transform.clip, [-5.0, 3.0]);
        assert_eq!(entries[4].transform.pad, -1.0);
        let Kind::Jets(Representation::Particles(list)) = &file.spec.inputs["pf_features"] else {
            panic!("no list")
        };
        assert_eq!((list.padding, list.count), (Padding::Wrap, 128));
        assert!(file.spec.inputs["pf_mask"].is_mask());
        assert_eq!(file.spec.output_names, ["label_QCD", "label_Tbqq"]);
        assert_eq!(file.notes.len(), 1);
        assert!(file.notes[0].contains("jet_pt > 500) & (jet_nparticles"));
        let again: InputSpec = crate::settings::parse(&file.spec.to_toml()).unwrap();
        assert_eq!(again, file.spec);
    }

    #[test]
    fn parameters_that_weaver_worked_out_are_used() {
        let auto = SMALL.replace("method: manual", "method: auto").replace(
            "  data_fraction: 0.5",
            "  params:\n    part_pt_log: {length: 128, pad_mode: wrap, center: 2.5, scale: 0.5, min: -5, max: 5, pad_value: 0}\n\
             \x20   part_charge: {center: null, scale: 1}\n    part_d0err: {center: 0.1, scale: 2, min: -5, max: 5}\n\
             \x20   part_d0: {center: null}\n    part_dz: {center: null}\n    part_mask: {center: null}",
        );
        let file = read(&auto, Missing::Refuse).unwrap();
        let transform = entries(&file)[0].transform;
        assert_eq!((transform.subtract, transform.multiply), (2.5, 0.5));
        assert_eq!(entries(&file)[2].transform.clip, [-5.0, 5.0]);
        let message = read(
            &SMALL.replace("method: manual", "method: auto"),
            Missing::Refuse,
        )
        .unwrap_err();
        assert!(
            message.contains("part_d0") && message.contains(".auto.yaml"),
            "{message}"
        );
    }

    #[test]
    fn what_is_not_read_is_refused_by_name() {
        for (from, to, parts) in [
            (
                "np.tanh(part_d0val)",
                "np.linalg.norm(part_d0val)",
                &["`np.linalg.norm`"][..],
            ),
            (
                "np.tanh(part_d0val)",
                "np.tanh(part_d0vall)",
                &["`part_d0vall`", "`part_d0val`", "--missing pad"],
            ),
            ("np.tanh(part_d0val)", "part_d0 + part_dz_", &["part_d"]),
            (
                "part_pt_log: np.log(part_pt)",
                "part_pt_log: part_b\n   part_b: part_pt_log",
                &["circle"],
            ),
            (
                "np.tanh(part_d0val)",
                &DOUBLING[..],
                &["longer than 100000"],
            ),
            ("pad_mode: wrap", "pad_mode: reflect", &["reflect"]),
            (
                "[part_charge, null]",
                "[part_charge, many]",
                &["part_charge"],
            ),
            ("inputs:", "input:", &["inputs"]),
        ] {
            let message = read(&SMALL.replace(from, to), Missing::Refuse).unwrap_err();
            for part in parts {
                assert!(message.contains(part), "{to}: {message}");
            }
        }
    }
}
