//! Which columns are wanted, and what they are called in the file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::format::Survey;

/// Canonical names and the names that a file uses instead.
///
/// ```
/// # use pellucid_data::ColumnMap;
/// let map: ColumnMap = toml::from_str("part_pt = 'PFCands_pt'")?;
/// assert_eq!(map.file_name("part_pt"), "PFCands_pt");
/// assert_eq!(map.file_name("label"), "label");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnMap(pub BTreeMap<String, String>);

impl ColumnMap {
    /// What the column is called in the file.
    pub fn file_name<'a>(&'a self, canonical: &'a str) -> &'a str {
        self.0.get(canonical).map_or(canonical, String::as_str)
    }
}

/// What to read from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Canonical names of the columns needed, in the order wanted; `None` for
    /// every column of numbers in the file, in its order.
    pub columns: Option<Vec<String>>,
    /// Canonical names of columns to read only if the file has them.
    pub optional: Vec<String>,
    /// What the columns are called in the file. A name given here must be
    /// there if the column is wanted, even an optional one: a mistyped name
    /// shall not silently read nothing.
    pub map: ColumnMap,
    /// Canonical names of columns of which only equality counts, as of labels
    /// and of the numbers of events: texts are read, and unsigned integers
    /// beyond `i64` become negative ones, each its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Canonical names of columns that may be of texts, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
    /// Canonical names of columns whose lists may have gaps, as padding with
    /// `None` leaves them: a null in a list is read as not a number, and integers
    /// beside it as real numbers. A null in place of a list stays a null.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// Canonical names of columns that may be arrays of several sides, one for each row:
    /// their numbers are read as a list, the last side running fastest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arrays: Vec<String>,
    /// Whether rows with a null are told in [`Batch::nulls`](crate::Batch::nulls)
    /// and filled with anything; otherwise a null is an error.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip_nulls: bool,
    /// What an earlier opening of the same file found, which spares a pass over a
    /// text file.
    #[serde(skip)]
    pub survey: Option<Survey>,
    /// Rows per batch.
    pub batch_rows: usize,
    /// Names for the numbers of a particle, in their order, where a file has them
    /// as the last side of an array or as numbered columns: `pt`, `y`, `phi`, `m`.
    pub features: Vec<String>,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            columns: None,
            optional: Vec::new(),
            map: ColumnMap::default(),
            keys: Vec::new(),
            texts: Vec::new(),
            gaps: Vec::new(),
            arrays: Vec::new(),
            skip_nulls: false,
            survey: None,
            batch_rows: 4096,
            features: Vec::new(),
        }
    }
}

impl Selection {
    /// The columns of these canonical names, 4096 rows per batch.
    pub fn of<N: Into<String>>(columns: impl IntoIterator<Item = N>) -> Self {
        Self {
            columns: Some(columns.into_iter().map(Into::into).collect()),
            ..Self::default()
        }
    }

    /// Sets the columns to read only if the file has them.
    #[must_use]
    pub fn optional<N: Into<String>>(mut self, columns: impl IntoIterator<Item = N>) -> Self {
        self.optional = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the names that the file uses.
    #[must_use]
    pub fn map(mut self, map: ColumnMap) -> Self {
        self.map = map;
        self
    }

    /// Sets the names of the numbers of a particle.
    #[must_use]
    pub fn features(mut self, features: &[String]) -> Self {
        self.features = features.to_vec();
        self
    }

    /// Sets the columns of which only equality counts.
    #[must_use]
    pub fn keys<N: Into<String>>(mut self, columns: impl IntoIterator<Item = N>) -> Self {
        self.keys = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the columns that may be of texts.
    #[must_use]
    pub fn texts<N: Into<String>>(mut self, columns: impl IntoIterator<Item = N>) -> Self {
        self.texts = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the columns whose lists may have gaps.
    #[must_use]
    pub fn gaps<N: Into<String>>(mut self, columns: impl IntoIterator<Item = N>) -> Self {
        self.gaps = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the columns that may be arrays of several sides.
    #[must_use]
    pub fn arrays<N: Into<String>>(mut self, columns: impl IntoIterator<Item = N>) -> Self {
        self.arrays = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets whether rows with a null are told and filled.
    #[must_use]
    pub fn skip_nulls(mut self, skip: bool) -> Self {
        self.skip_nulls = skip;
        self
    }

    /// Sets the number of rows per batch.
    #[must_use]
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows;
        self
    }

    /// Finds the wanted columns among those of the file.
    pub(crate) fn choose(&self, path: &Path, found: &[Found]) -> Result<Vec<Chosen>, DataError> {
        let mut chosen = Vec::new();
        if let Some(columns) = &self.columns {
            for name in columns.iter().chain(&self.optional) {
                let there = found.iter().any(|column| column.name == *name);
                let may_lack = !columns.contains(name) && !self.map.0.contains_key(name);
                if !there && may_lack || chosen.iter().any(|c: &Chosen| c.canonical == *name) {
                    continue;
                }
                chosen.push(self.find(path, name, found)?);
            }
        } else {
            for name in self.map.0.keys() {
                chosen.push(self.find(path, name, found)?);
            }
            for (index, column) in found.iter().enumerate() {
                let renamed = chosen.iter().any(|c| c.index == index);
                let hidden = self.map.0.contains_key(&column.name);
                if !renamed && !hidden && column.refused.is_none() && !column.derived {
                    chosen.push(self.find(path, &column.name, found)?);
                }
            }
            chosen.sort_by_key(|column| column.index);
        }
        if chosen.is_empty() {
            return Err(DataError::NoColumns {
                path: path.to_owned(),
                found: names(found),
            });
        }
        Ok(chosen)
    }

    fn find(&self, path: &Path, canonical: &str, found: &[Found]) -> Result<Chosen, DataError> {
        let file_name = self.map.file_name(canonical);
        let mut matches = found
            .iter()
            .enumerate()
            .filter(|(_, column)| column.name == file_name);
        let Some((index, column)) = matches.next() else {
            return Err(DataError::MissingColumn {
                path: path.to_owned(),
                column: canonical.to_owned(),
                file_name: file_name.to_owned(),
                nearest: nearest(file_name, found),
                found: names(found),
            });
        };
        if matches.next().is_some() {
            return Err(DataError::Twice {
                path: path.to_owned(),
                column: file_name.to_owned(),
            });
        }
        let key = self.keys.iter().any(|key| key == canonical);
        let texts = key || self.texts.iter().any(|text| text == canonical);
        let array = self.arrays.iter().any(|array| array == canonical);
        let fits =
            |refused: &&String| texts && *refused == TEXT || array && refused.starts_with(ARRAY);
        if let Some(refused) = column.refused.as_ref().filter(|refused| !fits(refused)) {
            return Err(DataError::Kind {
                path: path.to_owned(),
                column: file_name.to_owned(),
                found: refused.clone(),
            });
        }
        let gaps = column.lists && self.gaps.iter().any(|gaps| gaps == canonical);
        Ok(Chosen {
            canonical: canonical.to_owned(),
            index,
            key,
            texts,
            gaps,
        })
    }
}

/// A column as a file offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name in the file.
    pub name: String,
    /// What it holds, if that is not a number or a list of numbers per row.
    pub refused: Option<String>,
    /// Whether it has a list per row, or one number.
    pub lists: bool,
    /// Whether it is made of others, or of an array of several sides; it is read
    /// only if it is asked for by name.
    pub derived: bool,
    /// Whether it holds integers of 64 bits without sign: as keys, those beyond
    /// `i64` become negative.
    pub unsigned: bool,
}

/// A wanted column and its place among those found.
pub(crate) struct Chosen {
    pub canonical: String,
    pub index: usize,
    /// Whether only equality counts.
    pub key: bool,
    /// Whether it may be of texts.
    pub texts: bool,
    /// Whether nulls in its lists are not a number.
    pub gaps: bool,
}

/// What formats say of a column of texts; it is read as a key.
pub(crate) const TEXT: &str = "text";

/// How the kind of a column begins that is an array of several sides; its shape follows.
pub const ARRAY: &str = "an array of shape";

pub(crate) fn names(found: &[Found]) -> Vec<String> {
    found.iter().map(|column| column.name.clone()).collect()
}

/// The readable column whose name is most like `wanted`, if it is alike enough
/// to be worth a suggestion. Files of one field differ in their prefixes
/// (`PFCands_pt`, `part_pt`), so an equal last word counts.
fn nearest(wanted: &str, found: &[Found]) -> Option<String> {
    let last_word = |name: &str| {
        name.rsplit(['_', '.', '/'])
            .next()
            .map(str::to_lowercase)
            .unwrap_or_default()
    };
    let likeness = |name: &str| {
        let same = last_word(name) == last_word(wanted);
        strsim::jaro_winkler(&name.to_lowercase(), &wanted.to_lowercase())
            + if same { 0.25 } else { 0.0 }
    };
    found
        .iter()
        .filter(|column| column.refused.is_none())
        .map(|column| (likeness(&column.name), &column.name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Vec<Found> {
        names
            .iter()
            .map(|name| Found {
                name: (*name).to_owned(),
                refused: name.ends_with("text").then(|| "text".to_owned()),
                lists: false,
                derived: false,
                unsigned: false,
            })
            .collect()
    }

    fn choose(selection: &Selection, names: &[&str]) -> Result<Vec<(String, usize)>, String> {
        let chosen = selection.choose(Path::new("jets.parquet"), &found(names));
        let pairs = |c: Vec<Chosen>| c.into_iter().map(|c| (c.canonical, c.index)).collect();
        chosen.map(pairs).map_err(|error| error.to_string())
    }

    fn map(pairs: &[(&str, &str)]) -> ColumnMap {
        ColumnMap(
            pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn columns_come_in_the_order_asked_for() {
        let chosen = choose(
            &Selection::of(["c", "a"]).optional(["b", "z"]),
            &["a", "b", "c"],
        );
        let expected = [("c", 2), ("a", 0), ("b", 1)].map(|(name, index)| (name.to_owned(), index));
        assert_eq!(chosen.unwrap(), expected);
    }

    #[test]
    fn every_column_of_numbers_is_read_when_none_is_named() {
        let selection = Selection::default().map(map(&[("pt", "PT"), ("b", "B")]));
        // `b` of the file is hidden: the name now stands for the column `B`.
        let chosen = choose(&selection, &["a", "b", "text", "PT", "B"]);
        let expected =
            [("a", 0), ("pt", 3), ("b", 4)].map(|(name, index)| (name.to_owned(), index));
        assert_eq!(chosen.unwrap(), expected);
    }

    #[test]
    fn a_missing_column_lists_the_columns_and_suggests_the_nearest() {
        let message = choose(
            &Selection::of(["part_pt"]),
            &["label", "PFCands_pt", "PFCands_eta"],
        );
        let message = message.unwrap_err();
        for part in [
            "`jets.parquet` has no column `part_pt`",
            "label, PFCands_pt, PFCands_eta",
            "[data.columns] part_pt = \"PFCands_pt\"",
            "--columns part_pt=PFCands_pt",
        ] {
            assert!(message.contains(part), "{message}");
        }
        let message = choose(&Selection::of(["part_pt"]), &["time", "position"]).unwrap_err();
        assert!(message.contains("part_pt = \"NAME\""), "{message}");
    }

    #[test]
    fn a_mapped_name_that_is_not_there_is_an_error_even_if_optional() {
        let selection = Selection::of(["label"])
            .optional(["d0"])
            .map(map(&[("d0", "trk_d0")]));
        let message = choose(&selection, &["label", "trk_d00"]).unwrap_err();
        assert!(message.contains("`trk_d0` (mapped to `d0`)"), "{message}");
        assert!(message.contains("trk_d00"), "{message}");
        let nothing_named = Selection {
            columns: None,
            ..selection
        };
        assert!(choose(&nothing_named, &["label", "trk_d00"]).is_err());
    }

    #[test]
    fn a_column_of_another_kind_is_an_error_only_when_asked_for() {
        assert!(choose(&Selection::default(), &["a", "text"]).is_ok());
        let message = choose(&Selection::of(["text"]), &["a", "text"]).unwrap_err();
        assert!(
            message.contains("`text`") && message.contains("holds text"),
            "{message}"
        );
        assert!(choose(&Selection::default(), &["text"]).is_err());
    }

    #[test]
    fn a_name_that_appears_twice_is_refused_when_asked_for() {
        assert!(choose(&Selection::of(["a"]), &["a", "b", "b"]).is_ok());
        let message = choose(&Selection::of(["b"]), &["a", "b", "b"]).unwrap_err();
        assert!(message.contains("more than one column `b`"), "{message}");
    }

    #[test]
    fn an_unknown_key_of_a_selection_is_refused() {
        let message = toml::from_str::<Selection>("colums = ['a']")
            .unwrap_err()
            .to_string();
        assert!(message.contains("colums"), "{message}");
        let selection: Selection = toml::from_str("columns = ['a']\n[map]\na = 'b'").unwrap();
        assert_eq!(selection, Selection::of(["a"]).map(map(&[("a", "b")])));
    }
}
