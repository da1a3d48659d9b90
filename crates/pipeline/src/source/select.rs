//! `[data] select`: which rows are read.
//!
//! ```text
//! 65 < jet_m < 95 and tau21 < 0.4
//! ```
//!
//! A [`Condition`] on the columns of one number per row, or, where a file of jets
//! has no column of a name, on the observable that is called so. Rows of which it
//! is not true are left out and counted; a row in which a compared number is none
//! is a bad row, as one without constituents is.

use std::path::Path;

use pellucid_core::Table;
use pellucid_core::formula::{Condition, Undefined};
use pellucid_data::DataError;
use pellucid_observables::Observable;
use pellucid_observables::jets::property::Property;
use pellucid_observables::jets::{Jets, shapes};
use serde::{Deserialize, Serialize};

use super::SourceError;

/// What a selection left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selected {
    /// The selection.
    pub select: String,
    /// The rows that it left out.
    pub left_out: usize,
    /// The rows that it was asked about.
    pub of: usize,
}

impl Selected {
    /// How many rows were left out, in words.
    pub(crate) fn told(&self) -> String {
        let Self {
            select,
            left_out,
            of,
        } = self;
        format!("`{select}` left out {left_out} of {of} rows")
    }
}

/// A number that every row has.
#[derive(Clone, Copy)]
pub(super) enum Quantity {
    /// A column, by its place among those asked for.
    Column(usize),
    /// An observable of the jet.
    Observable(&'static dyn Observable),
}

/// Numbers of every row that are read beside what makes it a jet: columns under
/// names that no others have, and observables.
#[derive(Clone, Default)]
pub(super) struct Quantities {
    /// What they are called by the user, and where they are.
    all: Vec<(String, Quantity)>,
    /// The names of the columns in the table that is read and in the file.
    columns: Vec<(String, String)>,
}

impl std::fmt::Debug for Quantities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.all.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Quantities {
    /// Finds these names among the columns of a file, by ours or by its own, and
    /// then, in files of jets, among the observables. `prefix` tells their
    /// columns from all others.
    pub fn find<'n>(
        names: impl IntoIterator<Item = &'n str>,
        prefix: &str,
        file: &Columns<'_>,
    ) -> Result<Self, Unknown> {
        let mut found = Self::default();
        for name in names {
            let quantity = match (file.column(name), file.jets) {
                (Ok(Some(column)), _) => {
                    let ours = format!("{prefix} {name}");
                    found.columns.push((ours, column));
                    Quantity::Column(found.columns.len() - 1)
                }
                (other, jets) => match shapes::by_name(name) {
                    // Lists of constituents called so cannot be meant.
                    Ok(observable) if jets => Quantity::Observable(observable),
                    _ => return Err(other.err().unwrap_or_else(|| file.unknown(name))),
                },
            };
            found.all.push((name.to_owned(), quantity));
        }
        Ok(found)
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(name, _)| name.as_str())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Our names of the columns and those of the file.
    pub fn columns(&self) -> &[(String, String)] {
        &self.columns
    }

    /// The observables among them.
    pub fn observables(&self) -> Vec<&'static dyn Observable> {
        let observable = |(_, quantity): &(String, Quantity)| match quantity {
            Quantity::Observable(observable) => Some(*observable),
            Quantity::Column(_) => None,
        };
        self.all.iter().filter_map(observable).collect()
    }

    /// What must be known of constituents.
    pub fn needs(&self) -> Vec<Property> {
        shapes::needs(&self.observables())
    }

    /// The names of those that are observables.
    pub fn computed(&self) -> impl Iterator<Item = &str> {
        let observable = |quantity: &Quantity| matches!(quantity, Quantity::Observable(_));
        let all = self.all.iter();
        all.filter(move |(_, quantity)| observable(quantity))
            .map(|(name, _)| name.as_str())
    }

    /// The numbers of the rows of a table, one vector for each name; observables
    /// those of `jets`, which belong to the rows `of_jets`, and not a number in
    /// others.
    pub fn values(
        &self,
        path: &Path,
        table: &Table,
        jets: Option<(&Jets, &[usize])>,
    ) -> Result<Vec<Vec<f64>>, DataError> {
        let observables = self.observables();
        let of_jets = jets.map(|(jets, rows)| (shapes::evaluate_all(&observables, jets), rows));
        let mut next = 0;
        let mut out = Vec::with_capacity(self.all.len());
        for (_, quantity) in &self.all {
            out.push(match quantity {
                Quantity::Column(place) => {
                    let column = &self.columns[*place].0;
                    table.floats(column).map_err(|source| DataError::Table {
                        path: path.to_owned(),
                        source,
                    })?
                }
                Quantity::Observable(_) => {
                    let mut values = vec![f64::NAN; table.rows()];
                    if let Some((all, rows)) = &of_jets {
                        let of_rows = all.chunks_exact(observables.len());
                        for (row, numbers) in rows.iter().zip(of_rows) {
                            values[*row] = numbers[next];
                        }
                    }
                    next += 1;
                    values
                }
            });
        }
        Ok(out)
    }
}

/// What the columns of a file are called.
pub(super) struct Columns<'a> {
    pub path: &'a Path,
    /// The file's columns.
    pub all: &'a [pellucid_data::Found],
    /// What a name stands for in the file.
    pub named: &'a dyn Fn(&str) -> Option<String>,
    /// Whether rows are jets, which have observables.
    pub jets: bool,
}

/// A name that is none, and what was expected in its place.
pub(super) struct Unknown {
    pub name: String,
    pub expected: String,
}

impl Columns<'_> {
    /// The file's column of this name, if there is one; an error if it has not one
    /// number per row.
    fn column(&self, name: &str) -> Result<Option<String>, Unknown> {
        let Some(theirs) = (self.named)(name) else {
            return Ok(None);
        };
        let Some(found) = self.all.iter().find(|column| column.name == theirs) else {
            return Ok(None);
        };
        let holds = match &found.refused {
            Some(refused) => refused.as_str(),
            None if found.lists => "lists of numbers",
            None => return Ok(Some(theirs)),
        };
        Err(Unknown {
            name: name.to_owned(),
            expected: format!(
                "a column of one number per row; `{theirs}` of `{}` holds {holds}",
                self.path.display()
            ),
        })
    }

    fn unknown(&self, name: &str) -> Unknown {
        let scalar = |column: &&pellucid_data::Found| !column.lists && column.refused.is_none();
        let scalars = self.all.iter().filter(scalar);
        let columns: Vec<&str> = scalars.map(|column| column.name.as_str()).collect();
        let observables = || {
            shapes::all()
                .iter()
                .map(|observable| observable.about().name)
        };
        let candidates = columns
            .iter()
            .copied()
            .chain(observables().filter(|_| self.jets));
        let likeness =
            |other: &&str| strsim::jaro_winkler(&other.to_lowercase(), &name.to_lowercase());
        let nearest = candidates
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .filter(|other| likeness(other) > 0.7);
        let nearest = nearest.map_or(String::new(), |other| format!(" (did you mean `{other}`?)"));
        let named: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let columns = if named.is_empty() {
            "no column of one number per row".to_owned()
        } else {
            format!("the columns {}", super::columns::listed(&named))
        };
        let observables = if self.jets {
            " or an observable (`pellucid observables --list`)"
        } else {
            ""
        };
        Unknown {
            name: name.to_owned(),
            expected: format!(
                "a column{observables} in place of `{name}`{nearest}; `{}` has {columns}",
                self.path.display()
            ),
        }
    }
}

/// A selection, and where its numbers are in a file.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    condition: Condition,
    pub(super) quantities: Quantities,
}

impl Select {
    /// Reads a selection for a file.
    pub(super) fn of(text: &str, file: &Columns<'_>) -> Result<Self, SourceError> {
        let is_column = |name: &str| (file.named)(name).is_some();
        let wrong = |source| SourceError::Select { source };
        let condition = Condition::parse(text, &is_column).map_err(wrong)?;
        let found = Quantities::find(condition.names(), "select", file);
        let quantities =
            found.map_err(|unknown| wrong(condition.error(&unknown.name, unknown.expected)))?;
        Ok(Self {
            condition,
            quantities,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        self.condition.text()
    }

    /// Whether it can be decided before jets are made.
    pub fn of_columns(&self) -> bool {
        self.quantities.computed().next().is_none()
    }

    /// For each of these rows whether it holds there.
    pub fn holds(
        &self,
        path: &Path,
        table: &Table,
        rows: &[usize],
        jets: Option<&Jets>,
    ) -> Result<Vec<Result<bool, Undefined>>, DataError> {
        let values = self
            .quantities
            .values(path, table, jets.map(|jets| (jets, rows)))?;
        let mut row_values = vec![0.0; values.len()];
        let holds = rows.iter().map(|&row| {
            for (value, column) in row_values.iter_mut().zip(&values) {
                *value = column[row];
            }
            self.condition.holds(&row_values)
        });
        Ok(holds.collect())
    }
}
