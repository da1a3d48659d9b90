//! What an input specification asks of files, and the collections made of it.
//!
//! Columns of numbers become features of the collection [`EVENT`], an array becomes a
//! collection of its own with the feature [`VALUE`], lists of nodes and edges become two
//! collections named after the model's input. A row of which that cannot be made is
//! refused by name, or left out and counted.

use std::sync::Arc;

use pellucid_core::inputs::{Collection, Ends, Extent, Feature, Inputs, Numbers};
use pellucid_core::{Column, Jagged, Table, Values};
use pellucid_data::DataError;

use super::columns::Category;
use crate::PipelineError;
use crate::source::{Rows, SourceError};

/// The collection of what is one number for each event.
pub const EVENT: &str = "event";
/// The feature of an array.
pub const VALUE: &str = "value";

/// The collection of the nodes of a model's input.
pub fn nodes_of(input: &str) -> String {
    format!("{input}.nodes")
}

/// The collection of its edges.
pub fn edges_of(input: &str) -> String {
    format!("{input}.edges")
}

/// A column of one number for each event.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Single {
    name: String,
    categories: Option<Vec<Category>>,
    /// Whether a value may be missing.
    gaps: bool,
}

/// Columns of lists that are a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// The model's input.
    pub input: String,
    /// The nodes' features.
    pub nodes: Vec<String>,
    /// Where edges begin and end, if the file tells.
    pub edges: Option<[String; 2]>,
    /// What is known of the edges.
    pub edge_features: Vec<String>,
}

/// All that is asked of files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Demand {
    singles: Vec<Single>,
    /// Arrays, with how many numbers an event has.
    arrays: Vec<(String, usize)>,
    lists: Vec<Lists>,
}

impl Demand {
    /// Asks for a column.
    pub fn column(&mut self, name: &str, categories: Option<Vec<Category>>, gaps: bool) {
        match self.singles.iter_mut().find(|single| single.name == name) {
            Some(single) => {
                single.gaps &= gaps;
                single.categories = single.categories.take().or(categories);
            }
            None => self.singles.push(Single {
                name: name.to_owned(),
                categories,
                gaps,
            }),
        }
    }

    /// Asks for an array of so many numbers.
    pub fn array(&mut self, name: &str, volume: usize) {
        if !self.arrays.iter().any(|(other, _)| other == name) {
            self.arrays.push((name.to_owned(), volume));
        }
    }

    /// Asks for the lists of a graph.
    pub fn lists(&mut self, lists: Lists) {
        self.lists.push(lists);
    }

    /// The columns of all that is asked for, each once.
    pub fn columns(&self) -> Vec<String> {
        let singles = self.singles.iter().map(|single| &single.name);
        let arrays = self.arrays.iter().map(|(name, _)| name);
        let lists = self.lists.iter().flat_map(|lists| {
            let edges = lists.edges.iter().flatten().chain(&lists.edge_features);
            lists.nodes.iter().chain(edges)
        });
        let mut all: Vec<String> = Vec::new();
        for name in singles.chain(arrays).chain(lists) {
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
        all
    }

    /// Those of them that may be texts.
    pub fn texts(&self) -> Vec<String> {
        let singles = self
            .singles
            .iter()
            .filter(|single| single.categories.is_some());
        singles.map(|single| single.name.clone()).collect()
    }

    /// Those that may be arrays of any shape.
    pub fn array_names(&self) -> Vec<String> {
        self.arrays.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Those in which a number may be missing.
    pub fn gaps(&self) -> Vec<String> {
        let singles = self.singles.iter().filter(|single| single.gaps);
        singles.map(|single| single.name.clone()).collect()
    }

    /// The collections of the rows that are kept; rows of which they cannot be made are
    /// refused, or left out.
    pub(crate) fn collect(
        &self,
        rows: &mut Rows<'_>,
        table: &Table,
    ) -> Result<Inputs, PipelineError> {
        let mut features = Vec::new();
        for single in &self.singles {
            features.push(single.feature(rows, table)?);
        }
        let mut arrays = Vec::new();
        for (name, volume) in &self.arrays {
            arrays.push(array(name, *volume, rows, table)?);
        }
        let mut lists = Vec::new();
        for asked in &self.lists {
            lists.push(Read::of(asked, rows, table)?);
        }
        let mut all = Inputs::new(table.rows());
        if !features.is_empty() {
            all.push(Collection {
                name: EVENT.to_owned(),
                extent: Extent::One,
                features,
                ends: None,
            })?;
        }
        for collection in arrays {
            all.push(collection)?;
        }
        for read in lists {
            for collection in read.collections() {
                all.push(collection)?;
            }
        }
        let chosen = rows.chosen();
        Ok(if chosen.len() == table.rows() {
            all
        } else {
            all.select(&chosen)
        })
    }
}

/// The error of a column that holds something else.
fn kind(rows: &Rows<'_>, column: &Column, expected: &'static str) -> PipelineError {
    SourceError::Data(DataError::Table {
        path: rows.path.to_owned(),
        source: pellucid_core::table::TableError::Kind {
            name: column.name.clone(),
            expected,
            found: column.values.kind(),
        },
    })
    .into()
}

fn column<'t>(rows: &Rows<'_>, table: &'t Table, name: &str) -> Result<&'t Column, PipelineError> {
    let found = table.column(name).map_err(|source| DataError::Table {
        path: rows.path.to_owned(),
        source,
    });
    Ok(found?)
}

/// Refuses a row for a number that is none.
fn refuse(
    rows: &mut Rows<'_>,
    row: usize,
    name: &str,
    entry: Option<usize>,
    found: f64,
) -> Result<(), PipelineError> {
    let kind = crate::source::bad_rows::of_value(name, found);
    let error = SourceError::Data(DataError::Value {
        path: rows.path.to_owned(),
        column: name.to_owned(),
        row: rows.first + row,
        entry,
        found,
        expected: "a finite number",
    });
    rows.bad(row, kind, error)
}

impl Single {
    fn feature(&self, rows: &mut Rows<'_>, table: &Table) -> Result<Feature, PipelineError> {
        let found = column(rows, table, &self.name)?;
        let numbers = match (&self.categories, &found.values) {
            (Some(categories), values) => {
                Numbers::I64(self.places(rows, categories, values, found)?)
            }
            (None, Values::Integer(list)) => Numbers::I64(list.clone()),
            (None, Values::Float(list)) => {
                for (row, &value) in list.iter().enumerate() {
                    let sound = value.is_finite() || value.is_nan() && self.gaps;
                    if !sound && rows.kept[row] {
                        refuse(rows, row, &self.name, None, value)?;
                    }
                }
                Numbers::F64(list.clone())
            }
            (None, Values::Text(_)) => {
                return Err(kind(
                    rows,
                    found,
                    "one number per row (of a column of texts give its categories: categories = { NAME = [\"…\", …] })",
                ));
            }
            _ => return Err(kind(rows, found, "one number per row")),
        };
        Ok(Feature {
            name: self.name.clone(),
            unit: found.unit.clone(),
            numbers,
        })
    }

    /// The place of each row's category among those named.
    fn places(
        &self,
        rows: &mut Rows<'_>,
        categories: &[Category],
        values: &Values,
        column: &Column,
    ) -> Result<Vec<i64>, PipelineError> {
        let named: Vec<String> = match values {
            Values::Text(list) => list.iter().map(|text| text.trim().to_owned()).collect(),
            Values::Integer(list) => list.iter().map(ToString::to_string).collect(),
            Values::Float(list) => list.iter().map(ToString::to_string).collect(),
            _ => return Err(kind(rows, column, "a text or a whole number per row")),
        };
        let known: Vec<String> = categories.iter().map(ToString::to_string).collect();
        let mut places = Vec::with_capacity(named.len());
        for (row, name) in named.into_iter().enumerate() {
            let place = known.iter().position(|other| *other == name);
            if place.is_none() && rows.kept[row] {
                let error = SourceError::Category {
                    path: rows.path.to_owned(),
                    column: self.name.clone(),
                    row: rows.first + row,
                    found: name,
                    known: known.join(", "),
                };
                rows.bad(
                    row,
                    format!("`{}` is of no known category", self.name),
                    error,
                )?;
            }
            places.push(place.unwrap_or(known.len()) as i64);
        }
        Ok(places)
    }
}

/// The lists of a column, as real numbers.
fn lists(
    rows: &Rows<'_>,
    table: &Table,
    name: &str,
) -> Result<(Jagged<f64>, String), PipelineError> {
    let found = column(rows, table, name)?;
    let lists = match &found.values {
        Values::FloatLists(lists) => lists.clone(),
        Values::IntegerLists(lists) => lists.map(|&value| value as f64),
        // One number is an array of one.
        Values::Float(list) => list.iter().map(|&x| vec![x]).collect(),
        Values::Integer(list) => list.iter().map(|&x| vec![x as f64]).collect(),
        Values::Text(_) => return Err(kind(rows, found, "a list of numbers per row")),
    };
    Ok((lists, found.unit.clone()))
}

/// Refuses the rows whose lists hold what is no number.
fn check(rows: &mut Rows<'_>, name: &str, lists: &Jagged<f64>) -> Result<(), PipelineError> {
    for row in 0..lists.rows() {
        let odd = lists.row(row).iter().position(|x| !x.is_finite());
        if let Some(entry) = odd.filter(|_| rows.kept[row]) {
            refuse(rows, row, name, Some(entry), lists.row(row)[entry])?;
        }
    }
    Ok(())
}

/// An array of fixed shape, flattened.
fn array(
    name: &str,
    volume: usize,
    rows: &mut Rows<'_>,
    table: &Table,
) -> Result<Collection, PipelineError> {
    let (lists, unit) = lists(rows, table, name)?;
    check(rows, name, &lists)?;
    let mut numbers = Vec::with_capacity(lists.rows() * volume);
    for row in 0..lists.rows() {
        let list = lists.row(row);
        if list.len() != volume && rows.kept[row] {
            let error = SourceError::Length {
                path: rows.path.to_owned(),
                column: name.to_owned(),
                row: rows.first + row,
                found: list.len(),
                expected: format!("{volume}, as the shape of the model's input says"),
            };
            rows.bad(row, format!("`{name}` of another length"), error)?;
        }
        let own = list.iter().map(|&x| x as f32).chain(std::iter::repeat(0.0));
        numbers.extend(own.take(volume));
    }
    Ok(Collection {
        name: name.to_owned(),
        extent: Extent::Fixed(vec![volume]),
        features: vec![Feature {
            name: VALUE.to_owned(),
            unit,
            numbers: Numbers::F32(numbers),
        }],
        ends: None,
    })
}

/// The nodes and edges of a batch, as they were read.
struct Read {
    nodes: Collection,
    edges: Option<Collection>,
}

impl Read {
    fn of(asked: &Lists, rows: &mut Rows<'_>, table: &Table) -> Result<Self, PipelineError> {
        let (mut nodes, offsets) = beside(&asked.nodes, rows, table)?;
        nodes.name = nodes_of(&asked.input);
        let Some([from, to]) = &asked.edges else {
            return Ok(Self { nodes, edges: None });
        };
        let all = [&[from.clone(), to.clone()][..], &asked.edge_features].concat();
        let (mut edges, places) = beside(&all, rows, table)?;
        edges.name = edges_of(&asked.input);
        let ends: Vec<Vec<i64>> = edges
            .features
            .drain(..2)
            .map(|feature| feature.numbers.reals().iter().map(|&x| x as i64).collect())
            .collect();
        for (name, list) in [from, to].into_iter().zip(&ends) {
            for row in 0..table.rows() {
                let count = (offsets[row + 1] - offsets[row]) as i64;
                let own = &list[places[row]..places[row + 1]];
                let odd = own.iter().position(|end| !(0..count).contains(end));
                if let Some(entry) = odd.filter(|_| rows.kept[row]) {
                    let error = SourceError::Edge {
                        path: rows.path.to_owned(),
                        column: name.clone(),
                        row: rows.first + row,
                        entry,
                        found: own[entry],
                        nodes: count,
                    };
                    rows.bad(row, format!("`{name}` names no node"), error)?;
                }
            }
        }
        let [from, to] = <[Vec<i64>; 2]>::try_from(ends).unwrap_or_default();
        edges.ends = Some(Ends {
            nodes: nodes.name.clone(),
            from,
            to,
        });
        Ok(Self {
            nodes,
            edges: Some(edges),
        })
    }

    fn collections(self) -> impl Iterator<Item = Collection> {
        std::iter::once(self.nodes).chain(self.edges)
    }
}

/// Columns of lists that have the same lengths, and where each event's begin.
fn beside(
    names: &[String],
    rows: &mut Rows<'_>,
    table: &Table,
) -> Result<(Collection, Vec<usize>), PipelineError> {
    let mut read: Vec<(Jagged<f64>, String)> = Vec::new();
    for name in names {
        let (own, unit) = lists(rows, table, name)?;
        check(rows, name, &own)?;
        if let Some((first, _)) = read.first() {
            for row in 0..table.rows() {
                let [expected, found] = [first.row(row).len(), own.row(row).len()];
                if expected != found && rows.kept[row] {
                    let error = SourceError::Length {
                        path: rows.path.to_owned(),
                        column: name.clone(),
                        row: rows.first + row,
                        found,
                        expected: format!("{expected}, as `{}` has", names[0]),
                    };
                    let kind = format!("`{}` and `{name}` of different lengths", names[0]);
                    rows.bad(row, kind, error)?;
                }
            }
        }
        read.push((own, unit));
    }
    let mut offsets = vec![0];
    let first = read
        .first()
        .map(|(lists, _)| lists.clone())
        .unwrap_or_default();
    offsets.extend(first.offsets().iter().skip(1));
    let feature = |(name, (lists, unit)): (&String, &(Jagged<f64>, String))| {
        let mut numbers = Vec::with_capacity(first.values().len());
        for row in 0..first.rows() {
            // A row that was left out may have another length.
            let own = lists.row(row).iter().copied().chain(std::iter::repeat(0.0));
            numbers.extend(own.take(first.row(row).len()));
        }
        Feature {
            name: name.clone(),
            unit: unit.clone(),
            numbers: Numbers::F64(numbers),
        }
    };
    let collection = Collection {
        name: String::new(),
        extent: Extent::Lists(Arc::new(offsets.clone())),
        features: names.iter().zip(&read).map(feature).collect(),
        ends: None,
    };
    Ok((collection, offsets))
}
