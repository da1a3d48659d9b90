//! Particles that a file lists as rows of numbers without names.
//!
//! A column `X` may hold a list of particles per row, each a list of its numbers
//! (`[[pt, eta, phi, m], …]`, awkward's lists of lists), or all numbers of a row in
//! one list (an array of a fixed size). With `features` named they are taken apart
//! into lists called by them: lists of lists of as many numbers, or else the only
//! column of lists, whose lengths they must divide.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_core::{Jagged, Values};

use crate::columns::Found;
use crate::error::DataError;
use crate::format::{Lenience, Source, Survey};
use crate::reader::NullAt;

/// What formats say of a column of lists of lists of numbers; it is read joined.
pub(crate) const LISTS_OF_LISTS: &str = "lists of lists";

/// A source with lists made of one or several of its columns.
struct Apart {
    path: PathBuf,
    inner: Box<dyn Source>,
    found: Vec<Found>,
    /// How many numbers a particle has.
    of: usize,
    /// The column of each derived list, behind those of the source, and the place
    /// of its numbers among those of a particle.
    lists: Vec<(usize, usize)>,
    /// The columns of the source that are read, in the order read.
    read: Vec<usize>,
    chosen: Vec<usize>,
    next_row: usize,
}

/// The same source, with its columns of particles taken apart.
pub(crate) fn with_features(
    path: &Path,
    inner: Box<dyn Source>,
    features: &[String],
) -> Box<dyn Source> {
    let own = inner.found();
    let columns = particles(own);
    if features.is_empty() || columns.is_empty() {
        return inner;
    }
    let taken = |name: &String| own.iter().any(|column| column.name == *name);
    let several = columns.len() > 1 || features.iter().any(taken);
    let (mut found, mut lists) = (own.to_vec(), Vec::new());
    for column in columns {
        for (place, feature) in features.iter().enumerate() {
            found.push(Found {
                name: if several {
                    format!("{}.{feature}", own[column].name)
                } else {
                    feature.clone()
                },
                refused: None,
                lists: true,
                derived: true,
                unsigned: false,
            });
            lists.push((column, place));
        }
    }
    Box::new(Apart {
        path: path.to_owned(),
        inner,
        found,
        of: features.len(),
        lists,
        read: Vec::new(),
        chosen: Vec::new(),
        next_row: 0,
    })
}

/// The columns that may be taken apart: those of lists of lists, or else the only
/// one of lists.
fn particles(found: &[Found]) -> Vec<usize> {
    let all = |is: &dyn Fn(&Found) -> bool| -> Vec<usize> {
        (0..found.len())
            .filter(|&place| is(&found[place]))
            .collect()
    };
    let deep = all(&|column| column.refused.as_deref() == Some(LISTS_OF_LISTS));
    if !deep.is_empty() {
        return deep;
    }
    let flat = all(&|column| column.lists && column.refused.is_none());
    let made = found.iter().any(|column| column.derived);
    if flat.len() == 1 && !made {
        flat
    } else {
        Vec::new()
    }
}

impl Apart {
    /// The column of the source that a column is of.
    fn column(&self, column: usize) -> usize {
        match column.checked_sub(self.inner.found().len()) {
            None => column,
            Some(list) => self.lists[list].0,
        }
    }

    /// The numbers at one place of every particle.
    fn part(&self, column: usize, place: usize, values: &Values) -> Result<Values, DataError> {
        let whole = match values {
            Values::FloatLists(lists) => std::borrow::Cow::Borrowed(lists),
            Values::IntegerLists(lists) => std::borrow::Cow::Owned(
                (0..lists.rows())
                    .map(|row| lists.row(row).iter().map(|&x| x as f64).collect::<Vec<_>>())
                    .collect(),
            ),
            // Columns that are taken apart hold lists.
            _ => std::borrow::Cow::Owned(Jagged::new()),
        };
        let mut part = Jagged::new();
        for row in 0..whole.rows() {
            let numbers = whole.row(row);
            if !numbers.len().is_multiple_of(self.of) {
                return Err(DataError::Parts {
                    path: self.path.clone(),
                    column: self.found[column].name.clone(),
                    row: self.next_row + row,
                    found: numbers.len(),
                    expected: self.of,
                });
            }
            part.push(numbers.iter().skip(place).step_by(self.of).copied());
        }
        Ok(Values::FloatLists(part))
    }
}

impl Source for Apart {
    fn found(&self) -> &[Found] {
        &self.found
    }

    fn lenient(&mut self, mut lenience: Lenience) {
        let own = self.inner.found().len();
        lenience.keys.retain(|&key| key < own);
        let gaps = std::mem::take(&mut lenience.gaps);
        lenience.gaps = gaps.into_iter().map(|gap| self.column(gap)).collect();
        lenience.gaps.sort_unstable();
        lenience.gaps.dedup();
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
        self.chosen = columns.to_vec();
        for &column in columns {
            let needed = self.column(column);
            if !self.read.contains(&needed) {
                self.read.push(needed);
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
                None => Ok(of[&column].clone()),
                Some(list) => {
                    let (column, place) = self.lists[list];
                    self.part(column, place, of[&column])
                }
            });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        self.next_row += values.first().map_or(0, Values::rows);
        Ok(Some(columns))
    }
}
