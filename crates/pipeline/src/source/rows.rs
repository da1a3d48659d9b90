//! The rows of a batch: which are kept, and why others are not.

use std::path::Path;

use pellucid_core::Table;
use pellucid_core::formula::Undefined;
use pellucid_data::{Batch, DataError};
use pellucid_observables::Jets;
use pellucid_observables::ObservableError;

use super::SourceError;
use super::bad_rows::{self, BadRows};
use super::select::{Quantities, Select, Selected};
use crate::PipelineError;

/// What is known of each row of a batch. A row that cannot be used is an error,
/// or left out and counted by kind.
pub(crate) struct Rows<'a> {
    pub path: &'a Path,
    /// The place of the first row in its file.
    pub first: usize,
    /// Whether bad rows are left out.
    skip: bool,
    pub kept: Vec<bool>,
    bad: &'a mut Vec<BadRows>,
}

impl<'a> Rows<'a> {
    /// The rows of a batch of this file, without those that lack a number.
    pub fn of(
        path: &'a Path,
        batch: &Batch,
        skip: bool,
        bad: &'a mut Vec<BadRows>,
    ) -> Result<Self, PipelineError> {
        let mut rows = Self {
            path,
            first: batch.first_row,
            skip,
            kept: vec![true; batch.table.rows()],
            bad,
        };
        for null in &batch.nulls {
            let kind = format!("null in `{}`", null.column);
            let error = DataError::Null {
                path: path.to_owned(),
                column: null.column.clone(),
                row: batch.first_row + null.row,
                entry: null.entry,
            };
            rows.bad(null.row, kind, error.into())?;
        }
        Ok(rows)
    }

    /// Leaves a row out, or makes its fault an error.
    pub fn bad(
        &mut self,
        row: usize,
        kind: String,
        error: SourceError,
    ) -> Result<(), PipelineError> {
        if !self.skip {
            return Err(error.of_a_row().into());
        }
        if std::mem::replace(&mut self.kept[row], false) {
            bad_rows::count(self.bad, kind, || error.to_string());
        }
        Ok(())
    }

    /// Leaves out the rows that a selection does not mean; its observables are
    /// those of `jets`, one for each row that is kept.
    pub fn select(
        &mut self,
        select: &Select,
        table: &Table,
        jets: Option<&Jets>,
        account: &mut Option<Selected>,
    ) -> Result<(), PipelineError> {
        let chosen = self.chosen();
        let holds = select.holds(self.path, table, &chosen, jets)?;
        let account = account.get_or_insert_with(|| Selected {
            select: select.text().to_owned(),
            left_out: 0,
            of: 0,
        });
        for (row, holds) in chosen.into_iter().zip(holds) {
            match holds {
                Ok(true) => account.of += 1,
                Ok(false) => {
                    self.kept[row] = false;
                    account.of += 1;
                    account.left_out += 1;
                }
                Err(Undefined { column, written }) => {
                    let error = SourceError::Undefined {
                        path: self.path.to_owned(),
                        row: self.first + row,
                        what: column.unwrap_or(written),
                    };
                    let kind = bad_rows::of_truth(&error).unwrap_or_default();
                    self.bad(row, kind, error)?;
                }
            }
        }
        Ok(())
    }

    /// Numbers of all rows, without the rows in which one is none; observables are
    /// those of `jets`, one for each row that is kept.
    pub(super) fn spectrum(
        &mut self,
        quantities: &Quantities,
        table: &Table,
        jets: Option<&Jets>,
    ) -> Result<Vec<Vec<f64>>, PipelineError> {
        let chosen = self.chosen();
        let jets = jets.map(|jets| (jets, &chosen[..]));
        let columns = quantities.values(self.path, table, jets)?;
        for (name, column) in quantities.names().zip(&columns) {
            for &row in chosen.iter().filter(|&&row| !column[row].is_finite()) {
                let error = SourceError::Data(DataError::Value {
                    path: self.path.to_owned(),
                    column: name.to_owned(),
                    row: self.first + row,
                    entry: None,
                    found: column[row],
                    expected: "a finite number, as [reweight] needs",
                });
                self.bad(row, bad_rows::of_value(name, column[row]), error)?;
            }
        }
        Ok(columns)
    }

    /// Leaves out the rows whose label, key or weight is none; the values of all.
    pub fn values<T: Default>(
        &mut self,
        values: Vec<Result<T, SourceError>>,
    ) -> Result<Vec<T>, PipelineError> {
        let mut out = Vec::with_capacity(values.len());
        for (row, value) in values.into_iter().enumerate() {
            match value {
                Ok(value) => out.push(value),
                Err(error) => {
                    out.push(T::default());
                    if self.kept[row] {
                        let Some(kind) = bad_rows::of_truth(&error) else {
                            return Err(error.into());
                        };
                        self.bad(row, kind, error)?;
                    }
                }
            }
        }
        Ok(out)
    }

    /// Leaves out a row of which no jet or event can be made, or hands its fault
    /// back.
    pub fn refuse(&mut self, row: usize, error: ObservableError) -> Result<(), ObservableError> {
        let error = error.in_row(self.first + row);
        match bad_rows::kind(&error) {
            Some(kind) if self.skip => {
                self.kept[row] = false;
                let path = self.path;
                bad_rows::count(self.bad, kind, || format!("{}: {error}", path.display()));
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// The rows that are kept so far.
    pub fn chosen(&self) -> Vec<usize> {
        (0..self.kept.len()).filter(|&row| self.kept[row]).collect()
    }

    /// The error of jets or events of this file.
    pub fn error(&self, source: ObservableError) -> PipelineError {
        PipelineError::Jets {
            path: self.path.to_owned(),
            source,
        }
    }

    /// A number of every row: its weight, or the value that a model is to give.
    pub fn numbers(
        &mut self,
        column: &str,
        table: &Table,
        expected: &'static str,
    ) -> Result<Vec<f64>, PipelineError> {
        let weights = table.floats(column);
        let weights = weights.map_err(|source| DataError::Table {
            path: self.path.to_owned(),
            source,
        })?;
        let weight = |(row, weight): (usize, f64)| {
            if weight.is_finite() {
                return Ok(weight);
            }
            Err(SourceError::Data(DataError::Value {
                path: self.path.to_owned(),
                column: column.to_owned(),
                row: self.first + row,
                entry: None,
                found: weight,
                expected,
            }))
        };
        let weights = weights.into_iter().enumerate().map(weight).collect();
        self.values(weights)
    }
}
