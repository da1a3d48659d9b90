//! What a data set is: where the truth, weights and groups are in its files, and
//! what its columns are called.

use std::path::PathBuf;

use pellucid_data::ColumnMap;
use pellucid_observables::jets::vocabulary::Convention;
use serde::{Deserialize, Serialize};

use super::reweight::Reweight;

/// The section `[data]` of every settings file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataSettings {
    /// The column of labels (0 and 1, -1 and 1, integers or texts), or the
    /// columns of which one is 1, as a list or with a star (`label_*`). Without
    /// it the column `label`, or else the columns `label_*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Names>,
    /// The classes that are signal, where labels are not 0 and 1.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub signal: Names,
    /// The classes that are background; all others, if none is named.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub background: Names,
    /// What several classes are called, in the order of the model's outputs, of two the
    /// signal last. Labels that are texts need them; integers ascend without.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub classes: Names,
    /// The column of values that the model is to give, or several; in place of labels.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub target: Names,
    /// The class of all jets of some files, in place of a column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<LabelledFiles>,
    /// The column that tells which jets come from one event, so that they stay
    /// on one side of every split; without it the column `event`, if there is
    /// one. Empty: each jet is an event of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// A column of event weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// What the constituents' numbers are, if the file has several sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention: Option<Convention>,
    /// The file's names of columns, by our names.
    pub columns: ColumnMap,
    /// What the numbers of a particle are, in their order, where a file has them
    /// as the last side of an array or as numbered columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Which rows are read: a condition on columns of one number per row, or on
    /// observables of the jets, such as `65 < jet_m < 95 and tau21 < 0.4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<String>,
    /// Weights with which all classes have one spectrum; a section `[reweight]` is
    /// short for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reweight: Option<Reweight>,
    /// Whether rows that cannot be used are left out and counted; otherwise the
    /// first one is an error.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip_bad_rows: bool,
    /// Jets per batch.
    pub batch_rows: usize,
}

impl DataSettings {
    /// What these and `other` say together; the name of a setting of which they say
    /// different things.
    pub fn joined(mut self, other: Self) -> Result<Self, &'static str> {
        fn one<T: PartialEq>(
            name: &'static str,
            mine: &mut T,
            theirs: T,
            unsaid: &T,
        ) -> Result<(), &'static str> {
            if *mine == *unsaid {
                *mine = theirs;
            } else if theirs != *unsaid && theirs != *mine {
                return Err(name);
            }
            Ok(())
        }
        // Of all settings, so that none is forgotten.
        let Self {
            label,
            signal,
            background,
            classes,
            target,
            files,
            group,
            weight,
            convention,
            columns,
            features,
            select,
            reweight,
            skip_bad_rows,
            batch_rows,
        } = other;
        let unsaid = Self::default();
        one("label", &mut self.label, label, &unsaid.label)?;
        one("signal", &mut self.signal, signal, &unsaid.signal)?;
        one(
            "background",
            &mut self.background,
            background,
            &unsaid.background,
        )?;
        one("classes", &mut self.classes, classes, &unsaid.classes)?;
        one("target", &mut self.target, target, &unsaid.target)?;
        one("files", &mut self.files, files, &unsaid.files)?;
        one("group", &mut self.group, group, &unsaid.group)?;
        one("weight", &mut self.weight, weight, &unsaid.weight)?;
        one(
            "convention",
            &mut self.convention,
            convention,
            &unsaid.convention,
        )?;
        one("features", &mut self.features, features, &unsaid.features)?;
        one("select", &mut self.select, select, &unsaid.select)?;
        one("reweight", &mut self.reweight, reweight, &unsaid.reweight)?;
        one(
            "batch_rows",
            &mut self.batch_rows,
            batch_rows,
            &unsaid.batch_rows,
        )?;
        for (ours, theirs) in columns.0 {
            let mine = self.columns.0.entry(ours).or_insert_with(|| theirs.clone());
            if *mine != theirs {
                return Err("columns");
            }
        }
        self.skip_bad_rows |= skip_bad_rows;
        Ok(self)
    }
}

impl Default for DataSettings {
    fn default() -> Self {
        Self {
            label: None,
            signal: Names::default(),
            background: Names::default(),
            classes: Names::default(),
            target: Names::default(),
            files: Vec::new(),
            group: None,
            weight: None,
            convention: None,
            columns: ColumnMap::default(),
            features: Vec::new(),
            select: None,
            reweight: None,
            skip_bad_rows: false,
            batch_rows: 2000,
        }
    }
}

/// Files whose jets are all of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledFiles {
    /// The class.
    pub class: String,
    /// Names, folders and patterns.
    pub paths: Vec<PathBuf>,
}

impl std::str::FromStr for LabelledFiles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((class, files)) if !class.trim().is_empty() && !files.trim().is_empty() => {
                Ok(Self {
                    class: class.trim().to_owned(),
                    paths: vec![files.trim().into()],
                })
            }
            _ => Err(format!(
                "`{text}` is no label of files; expected NAME=FILES, such as W='w/*.parquet'"
            )),
        }
    }
}

/// One name or several; a whole number is a name too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "OneOrMany", into = "OneOrMany")]
pub struct Names(pub Vec<String>);

impl Names {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All in a sentence.
    pub fn joined(&self) -> String {
        self.0.join("+")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a name, or a list of names")]
enum OneOrMany {
    One(Name),
    Many(Vec<Name>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a name")]
enum Name {
    Text(String),
    Number(i64),
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        match name {
            Name::Text(text) => text,
            Name::Number(number) => number.to_string(),
        }
    }
}

impl From<OneOrMany> for Names {
    fn from(names: OneOrMany) -> Self {
        Self(match names {
            OneOrMany::One(name) => vec![name.into()],
            OneOrMany::Many(names) => names.into_iter().map(Into::into).collect(),
        })
    }
}

impl From<Names> for OneOrMany {
    fn from(names: Names) -> Self {
        let mut names: Vec<Name> = names.0.into_iter().map(Name::Text).collect();
        match names.len() {
            1 => Self::One(names.remove(0)),
            _ => Self::Many(names),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_named_by_a_text_a_number_or_a_list() {
        let settings: DataSettings =
            toml::from_str("label = 'truth'\nsignal = 5\nbackground = ['QCD', 0]").unwrap();
        assert_eq!(settings.signal.0, ["5"]);
        assert_eq!(settings.background.0, ["QCD", "0"]);
        let again = toml::to_string(&settings).unwrap();
        assert_eq!(toml::from_str::<DataSettings>(&again).unwrap(), settings);
    }

    #[test]
    fn two_sections_of_data_are_joined_unless_they_contradict() {
        let of = |text: &str| toml::from_str::<DataSettings>(text).unwrap();
        let mine = of("weight = 'w'\nskip_bad_rows = true\ncolumns = { part_pt = 'a' }");
        let theirs = of("label = 'truth'\nweight = 'w'\ncolumns = { part_eta = 'b' }");
        let both = of("label = 'truth'\nweight = 'w'\nskip_bad_rows = true\n\
             columns = { part_pt = 'a', part_eta = 'b' }");
        assert_eq!(mine.clone().joined(theirs.clone()).unwrap(), both);
        assert_eq!(theirs.joined(mine.clone()).unwrap(), both);
        assert_eq!(mine.clone().joined(of("weight = 'v'")), Err("weight"));
        assert_eq!(
            mine.joined(of("columns = { part_pt = 'b' }")),
            Err("columns")
        );
    }

    #[test]
    fn a_label_of_files_is_a_name_and_a_pattern() {
        let files: LabelledFiles = "W=w/*.parquet".parse().unwrap();
        assert_eq!(files.class, "W");
        assert_eq!(files.paths, [PathBuf::from("w/*.parquet")]);
        assert!("w/*.parquet".parse::<LabelledFiles>().is_err());
        assert!("W=".parse::<LabelledFiles>().is_err());
    }
}
