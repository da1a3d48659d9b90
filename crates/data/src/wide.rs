//! Lists that a file spreads over numbered columns.
//!
//! Tables without lists have the particles of a row side by side: `E_0`, `PX_0`,
//! `PY_0`, `PZ_0`, `E_1`, … (the top tagging reference), or `0`, `1`, …, `2099`,
//! three numbers for each particle (LHC olympics). Columns of one stem that are
//! numbered without a gap from 0 or 1 are offered as one more column of lists,
//! called by the stem; with `features` named, those of the only run whose length
//! they divide are taken apart into lists called by them. One number that is left
//! over at the end, a label, stays the column it is.
//!
//! Such lists are as long in every row; what is padding is not known here.

use std::collections::BTreeMap;

use pellucid_core::{Jagged, Values};

use crate::columns::Found;
use crate::error::DataError;
use crate::format::{Lenience, Source, Survey};
use crate::reader::NullAt;

/// A source with lists made of its numbered columns.
struct Wide {
    inner: Box<dyn Source>,
    found: Vec<Found>,
    /// The numbered columns of each derived list, behind those of the source.
    lists: Vec<Vec<usize>>,
    /// The columns of the source that are read, in the order read.
    read: Vec<usize>,
    chosen: Vec<usize>,
}

/// The same source, with lists if it has numbered columns.
pub(crate) fn with_lists(inner: Box<dyn Source>, features: &[String]) -> Box<dyn Source> {
    let lists = lists(inner.found(), features);
    if lists.is_empty() {
        return inner;
    }
    let mut found = inner.found().to_vec();
    let mut columns = Vec::new();
    for (name, places) in lists {
        found.push(Found {
            name,
            refused: None,
            lists: true,
            derived: true,
            unsigned: false,
        });
        columns.push(places);
    }
    Box::new(Wide {
        inner,
        found,
        lists: columns,
        read: Vec::new(),
        chosen: Vec::new(),
    })
}

/// Stem and number of a column's name: `E_12`, `E.12`, `12`.
fn numbered(name: &str) -> Option<(&str, usize)> {
    let digits = name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (stem, number) = name.split_at(digits);
    let stem = match stem {
        "" => "",
        stem => stem.strip_suffix(['_', '.'])?,
    };
    Some((stem, number.parse().ok()?))
}

/// The lists there are, by name, with the places of their entries.
fn lists(found: &[Found], features: &[String]) -> Vec<(String, Vec<usize>)> {
    let mut runs: BTreeMap<&str, BTreeMap<usize, usize>> = BTreeMap::new();
    for (place, column) in found.iter().enumerate() {
        if column.lists || column.refused.is_some() {
            continue;
        }
        if let Some((stem, number)) = numbered(&column.name) {
            runs.entry(stem).or_default().insert(number, place);
        }
    }
    let runs: Vec<(&str, Vec<usize>)> = runs
        .into_iter()
        .filter(|(_, run)| {
            let first = run.keys().next().copied().unwrap_or_default();
            let last = run.keys().next_back().copied().unwrap_or_default();
            run.len() >= 2 && first <= 1 && last - first + 1 == run.len()
        })
        .map(|(stem, run)| (stem, run.into_values().collect()))
        .collect();
    let mut lists: Vec<(String, Vec<usize>)> = Vec::new();
    let parts = features.len();
    let divided = |run: &Vec<usize>| parts > 0 && run.len() >= 2 * parts && run.len() % parts <= 1;
    let mut candidates = runs.iter().filter(|(_, run)| divided(run));
    if let (Some((_, run)), None) = (candidates.next(), candidates.next()) {
        for (place, feature) in features.iter().enumerate() {
            let whole = run.len() / parts * parts;
            let entries = run[..whole].iter().skip(place).step_by(parts);
            lists.push((feature.clone(), entries.copied().collect()));
        }
    }
    for (stem, run) in runs {
        if !stem.is_empty() {
            lists.push((stem.to_owned(), run));
        }
    }
    let taken = |name: &str| found.iter().any(|column| column.name == name);
    lists.retain(|(name, _)| !taken(name));
    lists
}

impl Source for Wide {
    fn found(&self) -> &[Found] {
        &self.found
    }

    fn lenient(&mut self, mut lenience: Lenience) {
        let own = self.inner.found().len();
        lenience.keys.retain(|&key| key < own);
        lenience.texts.retain(|&text| text < own);
        let gaps = std::mem::take(&mut lenience.gaps);
        for column in gaps {
            match column.checked_sub(own) {
                None => lenience.gaps.push(column),
                Some(list) => lenience.gaps.extend(&self.lists[list]),
            }
        }
        self.inner.lenient(lenience);
    }

    fn know(&mut self, survey: &Survey) {
        self.inner.know(survey);
    }

    fn survey(&self) -> Option<Survey> {
        self.inner.survey()
    }

    fn nulls(&mut self) -> Vec<NullAt> {
        self.inner.nulls()
    }

    fn choose(&mut self, columns: &[usize]) -> Result<(), DataError> {
        let own = self.inner.found().len();
        self.chosen = columns.to_vec();
        for &column in columns {
            let needed = match column.checked_sub(own) {
                None => std::slice::from_ref(&column),
                Some(list) => &self.lists[list][..],
            };
            for place in needed {
                if !self.read.contains(place) {
                    self.read.push(*place);
                }
            }
        }
        self.inner.choose(&self.read)
    }

    fn rows(&self) -> Option<usize> {
        self.inner.rows()
    }

    fn next(&mut self, most: usize) -> Result<Option<Vec<Values>>, DataError> {
        let Some(values) = self.inner.next(most)? else {
            return Ok(None);
        };
        let own = self.inner.found().len();
        let of: BTreeMap<usize, &Values> = self.read.iter().copied().zip(&values).collect();
        let columns = self
            .chosen
            .iter()
            .map(|&column| match column.checked_sub(own) {
                None => of[&column].clone(),
                Some(list) => side_by_side(self.lists[list].iter().map(|place| of[place])),
            });
        Ok(Some(columns.collect()))
    }
}

/// Flat columns as one column of lists.
fn side_by_side<'a>(columns: impl Iterator<Item = &'a Values>) -> Values {
    let columns: Vec<&Values> = columns.collect();
    let rows = columns.first().map_or(0, |column| column.rows());
    let mut lists = Jagged::new();
    for row in 0..rows {
        lists.push(columns.iter().map(|column| match column {
            Values::Float(values) => values[row],
            Values::Integer(values) => values[row] as f64,
            // Numbered columns are flat, and of numbers.
            _ => f64::NAN,
        }));
    }
    Values::FloatLists(lists)
}

#[cfg(test)]
mod tests {
    use crate::Selection;

    fn csv(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jets.csv");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn numbered_columns_of_one_stem_are_lists() {
        let (_folder, path) = csv("E_0,PX_0,E_1,PX_1,label\n5,3,2,1,1\n9,8,0,0,0\n");
        let table = crate::read(&path, &Selection::of(["PX", "label", "E"])).unwrap();
        assert_eq!(table.float_lists("E").unwrap().row(0), [5.0, 2.0]);
        assert_eq!(table.float_lists("PX").unwrap().row(1), [8.0, 0.0]);
        assert_eq!(table.floats("label").unwrap(), [1.0, 0.0]);
        // A table of numbers is read as it is where nothing is asked for.
        let plain = crate::read(&path, &Selection::default()).unwrap();
        assert_eq!(plain.names(), ["E_0", "PX_0", "E_1", "PX_1", "label"]);
    }

    #[test]
    fn numbers_without_a_stem_are_taken_apart_by_the_features() {
        let (_folder, path) = csv("0,1,2,3,4,5,6\n50,.1,1,20,.2,2,1\n60,0,3,0,0,0,0\n");
        let features = ["pt", "eta", "phi"].map(str::to_owned);
        let selection = Selection::of(["phi", "pt", "6"]).features(&features);
        let table = crate::read(&path, &selection).unwrap();
        assert_eq!(table.float_lists("pt").unwrap().row(0), [50.0, 20.0]);
        assert_eq!(table.float_lists("phi").unwrap().row(1), [3.0, 0.0]);
        assert_eq!(table.floats("6").unwrap(), [1.0, 0.0]);
        assert!(crate::read(&path, &Selection::of(["pt"])).is_err());
    }

    #[test]
    fn numbers_with_a_gap_are_no_list() {
        let (_folder, path) = csv("E_0,E_2,x_5,x_6\n1,2,3,4\n");
        for name in ["E", "x"] {
            assert!(crate::read(&path, &Selection::of([name])).is_err());
        }
    }
}
