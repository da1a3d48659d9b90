//! Reading a file batch after batch.

use std::path::{Path, PathBuf};

use pellucid_core::{Column, Table};

use crate::columns::{Chosen, Found, Selection, names};
use crate::error::DataError;
use crate::format::{self, Lenience, Source, Survey};
use crate::units::unit;

/// Some consecutive rows of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The columns, by their canonical names.
    pub table: Table,
    /// The place of the first row in the file.
    pub first_row: usize,
    /// The nulls of the rows, where [`Selection::skip_nulls`] asks for them.
    pub nulls: Vec<NullAt>,
}

/// A null in a batch; what stands in its place means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NullAt {
    /// The row of the batch.
    pub row: usize,
    /// The column's name in the file.
    pub column: String,
    /// The place in the row's list, if it is an entry of a list.
    pub entry: Option<usize>,
}

/// A file being read; an iterator over its batches, which ends after an error.
pub struct Reader {
    path: PathBuf,
    source: Box<dyn Source>,
    columns: Vec<String>,
    batch_rows: usize,
    next_row: usize,
    ended: bool,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("path", &self.path)
            .field("columns", &self.columns)
            .field("next_row", &self.next_row)
            .finish_non_exhaustive()
    }
}

/// Opens a file; its content decides its format.
pub fn open(path: &Path, selection: &Selection) -> Result<Reader, DataError> {
    if selection.batch_rows == 0 {
        return Err(DataError::BatchRows {
            path: path.to_owned(),
        });
    }
    let mut source = format::open(path, &selection.features)?;
    let chosen = selection.choose(path, source.found())?;
    let places = |of: fn(&Chosen) -> bool| -> Vec<usize> {
        let columns = chosen.iter().filter(|column| of(column));
        columns.map(|column| column.index).collect()
    };
    source.lenient(Lenience {
        keys: places(|column| column.key),
        texts: places(|column| column.texts),
        gaps: places(|column| column.gaps),
        skip_nulls: selection.skip_nulls,
    });
    if let Some(survey) = &selection.survey {
        source.know(survey);
    }
    source.choose(&chosen.iter().map(|column| column.index).collect::<Vec<_>>())?;
    if source.rows() == Some(0) {
        return Err(DataError::NoRows {
            path: path.to_owned(),
        });
    }
    Ok(Reader {
        path: path.to_owned(),
        source,
        columns: chosen.into_iter().map(|column| column.canonical).collect(),
        batch_rows: selection.batch_rows,
        next_row: 0,
        ended: false,
    })
}

/// The columns of a file, none of which is read; `features` as in
/// [`Selection::features`].
pub fn columns(path: &Path, features: &[String]) -> Result<Vec<Found>, DataError> {
    Ok(format::open(path, features)?.found().to_vec())
}

/// Reads a whole file into one table.
pub fn read(path: &Path, selection: &Selection) -> Result<Table, DataError> {
    let mut table = Table::default();
    for batch in open(path, selection)? {
        table
            .append(&batch?.table)
            .map_err(|source| DataError::Table {
                path: path.to_owned(),
                source,
            })?;
    }
    Ok(table)
}

impl Reader {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of rows in the file, if it is known before they are read.
    pub fn rows(&self) -> Option<usize> {
        self.source.rows()
    }

    /// What a pass over the file found, if opening it took one: for
    /// [`Selection::survey`].
    pub fn survey(&self) -> Option<Survey> {
        self.source.survey()
    }

    /// The names of all columns in the file, as the file has them.
    pub fn names(&self) -> Vec<String> {
        names(self.source.found())
    }

    /// The canonical names of the columns that are read.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    fn batch(&mut self) -> Result<Option<Batch>, DataError> {
        let Some(values) = self.source.next(self.batch_rows)? else {
            return Ok(None);
        };
        let columns = self
            .columns
            .iter()
            .zip(values)
            .map(|(name, values)| Column {
                name: name.clone(),
                unit: unit(name).to_owned(),
                values,
            });
        let table = Table::new(columns.collect()).map_err(|source| DataError::Table {
            path: self.path.clone(),
            source,
        })?;
        let first_row = self.next_row;
        self.next_row += table.rows();
        let nulls = self.source.nulls();
        Ok(Some(Batch {
            table,
            first_row,
            nulls,
        }))
    }
}

impl Iterator for Reader {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let batch = self.batch().transpose();
        self.ended = !matches!(batch, Some(Ok(_)));
        batch
    }
}
