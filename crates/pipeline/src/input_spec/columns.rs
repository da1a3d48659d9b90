//! Columns of a table side by side as a model's input.
//!
//! $$ x_k = \mathrm{clip}\left( \frac{v_k - \mu_k}{\sigma_k} \right) $$
//!
//! with the column's value `v`, and mean and scale of
//! [`standardise`](Columns::standardise). A column of categories becomes as many numbers
//! as it has categories, 1 where the event is of it and 0 elsewhere.
//!
//! * **Shape:** `[events, k]`; a column of categories counts as many times as it has some.
//! * **Units:** those of the columns, none once standardised.

use std::collections::BTreeMap;

use pellucid_core::Tensor;
use pellucid_core::inputs::{Inputs, Numbers};
use pellucid_observables::Standardise;
use serde::{Deserialize, Serialize};

use super::demand::{Demand, EVENT};
use super::standard::{self, Bounds, Standardisation};
use crate::PipelineError;

/// Which columns a model is given, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The names of the columns, in the order of the model's numbers.
    pub features: Vec<String>,
    /// Shift and scale of each column that is no category, in their order; `"train"` in a
    /// recipe takes them from the training part; raw values without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardise: Option<Standardisation>,
    /// The range that values are cut to behind the shift and the scale: for all columns
    /// `[low, high]`, or for some by their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Clip>,
    /// Of columns of categories these, in order: texts or whole numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, Vec<Category>>,
    /// What stands in the place of a value that is not a number; without it such a value is
    /// refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<f64>,
    /// Columns that belong together when importance is told, by a name for all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Vec<String>>,
}

/// A range for all columns, or for some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected [low, high], or such a pair for names of columns"
)]
pub enum Clip {
    /// For all.
    All(Bounds),
    /// By the columns' names.
    Some(BTreeMap<String, Bounds>),
}

/// One category of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a text or a whole number")]
pub enum Category {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Columns {
    /// These columns as they are.
    pub fn new<S: Into<String>>(features: impl IntoIterator<Item = S>) -> Self {
        Self {
            features: features.into_iter().map(Into::into).collect(),
            standardise: None,
            clip: None,
            categories: BTreeMap::new(),
            missing: None,
            groups: BTreeMap::new(),
        }
    }

    /// An error if a setting means nothing.
    pub fn check(&self, input: &str) -> Result<(), PipelineError> {
        let wrong = |setting: &str, problem: String| {
            Err(PipelineError::Setting {
                setting: format!("inputs.{input}.{setting}"),
                problem,
            })
        };
        if self.features.is_empty() {
            return wrong(
                "features",
                "is empty, expected the name of at least one column".to_owned(),
            );
        }
        if let Some(twice) = twice(&self.features) {
            return wrong("features", format!("names `{twice}` twice"));
        }
        let known = |name: &String| self.features.contains(name);
        for (setting, names) in [
            ("categories", self.categories.keys().collect::<Vec<_>>()),
            ("groups", self.groups.values().flatten().collect()),
            (
                "clip",
                match &self.clip {
                    Some(Clip::Some(map)) => map.keys().collect(),
                    _ => Vec::new(),
                },
            ),
        ] {
            if let Some(unknown) = names.into_iter().find(|name| !known(name)) {
                return wrong(
                    setting,
                    format!(
                        "names `{unknown}`, expected one of the features: {}",
                        self.features.join(", ")
                    ),
                );
            }
        }
        if let Some((column, list)) = self.categories.iter().find(|(_, list)| list.len() < 2) {
            return wrong(
                "categories",
                format!(
                    "gives `{column}` {} categories, expected two or more",
                    list.len()
                ),
            );
        }
        let clips = self.features.iter().map(|name| self.clip_of(name));
        if let Some([low, high]) = clips
            .flatten()
            .find(|[low, high]| low.partial_cmp(high) != Some(std::cmp::Ordering::Less))
        {
            return wrong(
                "clip",
                format!("is [{low}, {high}], expected a lower and a higher number"),
            );
        }
        standard::check(self.standardise.as_ref(), self.numbers().count(), input)
    }

    /// The columns that are no categories, in order.
    pub fn numbers(&self) -> impl Iterator<Item = &String> {
        let no_category = |name: &&String| !self.categories.contains_key(*name);
        self.features.iter().filter(no_category)
    }

    /// Shift and scale of a column that is no category, by its place among such.
    pub fn standard(&self, number: usize) -> Standardise {
        standard::of(self.standardise.as_ref(), number)
    }

    /// The range that a column's values are cut to.
    pub fn clip_of(&self, name: &str) -> Option<[f64; 2]> {
        match &self.clip {
            Some(Clip::All(range)) => Some(range.0),
            Some(Clip::Some(map)) => map.get(name).map(|range| range.0),
            None => None,
        }
    }

    /// The columns that it is made of.
    pub fn demand(&self, demand: &mut Demand) {
        for name in &self.features {
            demand.column(
                name,
                self.categories.get(name).cloned(),
                self.missing.is_some(),
            );
        }
    }

    /// How many numbers a model is given.
    pub fn width(&self) -> usize {
        self.names().len()
    }

    /// What each number is called: the column, or the column and its category.
    pub fn names(&self) -> Vec<String> {
        let of = |name: &String| match self.categories.get(name) {
            Some(list) => list.iter().map(|it| format!("{name} = {it}")).collect(),
            None => vec![name.clone()],
        };
        self.features.iter().flat_map(of).collect()
    }

    /// For every number its place among [`features`](Self::features).
    pub fn feature_of(&self) -> Vec<usize> {
        let count = |name: &String| self.categories.get(name).map_or(1, Vec::len);
        let features = self.features.iter().enumerate();
        features
            .flat_map(|(place, name)| std::iter::repeat_n(place, count(name)))
            .collect()
    }

    /// The numbers of all events.
    pub fn apply(&self, inputs: &Inputs) -> Result<Tensor<f32>, PipelineError> {
        let width = self.width();
        let mut data = vec![0.0_f32; inputs.len() * width];
        let (mut place, mut number) = (0, 0);
        for name in &self.features {
            let column = &inputs.feature(EVENT, name)?.numbers;
            if let Some(list) = self.categories.get(name) {
                for (event, row) in data.chunks_exact_mut(width).enumerate() {
                    // What is of none of the categories was refused when it was read.
                    let category = column.at(event) as usize;
                    if category < list.len() {
                        row[place + category] = 1.0;
                    }
                }
                place += list.len();
                continue;
            }
            let standard = standard::of(self.standardise.as_ref(), number);
            let clip = self
                .clip_of(name)
                .unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
            for (event, row) in data.chunks_exact_mut(width).enumerate() {
                row[place] = made(column, event, standard, clip, self.missing);
            }
            number += 1;
            place += 1;
        }
        Ok(Tensor::new(vec![inputs.len(), width], data))
    }

    /// The columns' means and scales over these events, where they are asked of the
    /// training part.
    pub fn trained(&mut self, inputs: &Inputs) -> Result<(), PipelineError> {
        let columns = self
            .numbers()
            .map(|name| Ok(inputs.feature(EVENT, name)?.numbers.reals()))
            .collect::<Result<Vec<_>, PipelineError>>()?;
        let missing = self.missing;
        standard::train(&mut self.standardise, &columns, missing);
        Ok(())
    }
}

/// A value as the model is given it.
fn made(
    column: &Numbers,
    event: usize,
    standard: Standardise,
    [low, high]: [f64; 2],
    missing: Option<f64>,
) -> f32 {
    let value = column.at(event);
    let value = match missing {
        Some(missing) if value.is_nan() => return missing as f32,
        _ => value,
    };
    standard.apply(value).clamp(low, high) as f32
}

/// The first name that stands twice in a list.
pub(super) fn twice(names: &[String]) -> Option<&String> {
    let mut seen = std::collections::BTreeSet::new();
    names.iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::inputs::{Collection, Extent, Feature};

    fn events() -> Inputs {
        let feature = |name: &str, numbers| Feature {
            name: name.to_owned(),
            unit: String::new(),
            numbers,
        };
        let mut inputs = Inputs::new(3);
        inputs
            .push(Collection {
                name: EVENT.to_owned(),
                extent: Extent::One,
                features: vec![
                    feature("pt", Numbers::F64(vec![10.0, 20.0, 60.0])),
                    feature("flavour", Numbers::I64(vec![1, 0, 1])),
                    feature("eta", Numbers::F64(vec![0.5, f64::NAN, -0.5])),
                ],
                ends: None,
            })
            .unwrap();
        inputs
    }

    #[test]
    fn columns_are_shifted_scaled_cut_and_categories_become_ones() {
        let columns: Columns = toml::from_str(
            "features = ['pt', 'flavour', 'eta']\nstandardise = [{ mean = 20, scale = 10 }, { mean = 0, scale = 1 }]\n\
             clip = { pt = [-0.5, 3] }\ncategories = { flavour = ['e', 'mu'] }\nmissing = -9",
        )
        .unwrap();
        columns.check("x").unwrap();
        assert_eq!(
            columns.names(),
            ["pt", "flavour = e", "flavour = mu", "eta"]
        );
        assert_eq!(columns.feature_of(), [0, 1, 1, 2]);
        let made = columns.apply(&events()).unwrap();
        assert_eq!(made.shape(), [3, 4]);
        assert_eq!(
            made.data(),
            [
                -0.5, 0.0, 1.0, 0.5, 0.0, 1.0, 0.0, -9.0, 3.0, 0.0, 1.0, -0.5
            ]
        );
    }

    #[test]
    fn means_and_scales_are_those_of_the_events_given() {
        let mut columns: Columns =
            toml::from_str("features = ['pt', 'eta']\nstandardise = 'train'\nmissing = 0").unwrap();
        columns.trained(&events()).unwrap();
        let x = columns.apply(&events()).unwrap();
        let mean: f32 = (0..3).map(|i| x.row(i)[0]).sum();
        assert!(
            mean.abs() < 1e-6 && (x.row(2)[0] - 1.388_73).abs() < 1e-6,
            "{x:?}"
        );
        assert_eq!((x.row(0)[1], x.row(1)[1]), (1.0, 0.0));
        let again: Columns = toml::from_str(&toml::to_string(&columns).unwrap()).unwrap();
        assert_eq!(again, columns);
    }

    #[test]
    fn settings_that_mean_nothing_are_refused() {
        for (text, part) in [
            ("features = []", "at least one column"),
            ("features = ['a', 'a']", "`a` twice"),
            ("features = ['a']\nclip = { b = [0, 1] }", "`b`"),
            ("features = ['a']\nclip = [1, 0]", "[1, 0]"),
            ("features = ['a']\ncategories = { a = [1] }", "two or more"),
            (
                "features = ['a', 'b']\nstandardise = [{ mean = 0, scale = 1 }]",
                "2",
            ),
            (
                "features = ['a']\nstandardise = [{ mean = 0, scale = 0 }]",
                "scale",
            ),
            ("features = ['a']\ngroups = { g = ['c'] }", "`c`"),
        ] {
            let columns: Columns = toml::from_str(text).unwrap();
            let message = columns.check("x").unwrap_err().to_string();
            assert!(
                message.contains(part) && message.contains("inputs.x"),
                "{message}"
            );
        }
    }
}
