//! Batch after batch of the jets of all files.

use std::path::Path;
use std::sync::Arc;

use pellucid_core::Table;
use pellucid_core::target::{Target, TargetError, Truth};
use pellucid_data::{DataError, Reader};
use pellucid_observables::ObservableError;
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::vocabulary::Plan;

use super::account::{Account, OtherClass, Weights};
use super::bad_rows;
use super::columns::{Layout, Truths};
use super::groups::Keys;
use super::labels::{self, Classes};
use super::{Events, Source, SourceError};
use crate::PipelineError;

/// What signal and background are called where nobody named them.
const NAMES: [&str; 2] = ["signal", "background"];

/// Some consecutive jets of one file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// The jets with what is known of them.
    pub events: Events,
    /// The columns read of the same rows, by our names.
    pub table: Table,
    /// The place of the file.
    pub file: usize,
    /// The row of each jet in its file.
    pub rows: Vec<usize>,
    /// The rows of the file behind the batch, those left out too.
    pub read: usize,
}

/// An open data set; an iterator over batches that ends after an error. Batches
/// are cut at the same rows in every run, whatever is left out of them.
#[derive(Debug)]
pub struct Stream {
    source: Arc<Source>,
    file: usize,
    open: Option<Reader>,
    keys: Keys,
    classes: Classes,
    account: Account,
    /// Of signal and background: the number, and the sums of weights and of
    /// their squares.
    sums: [[f64; 3]; 2],
    ended: bool,
}

/// What is known of each row of a table, or why it is left out.
struct Rows<'a> {
    path: &'a Path,
    first: usize,
    /// Whether bad rows are left out.
    skip: bool,
    kept: Vec<bool>,
}

impl Rows<'_> {
    /// Leaves a row out, or makes its fault an error.
    fn bad(
        &mut self,
        row: usize,
        kind: String,
        error: PipelineError,
        account: &mut Account,
    ) -> Result<(), PipelineError> {
        if !self.skip {
            return Err(error);
        }
        if std::mem::replace(&mut self.kept[row], false) {
            bad_rows::count(&mut account.bad, kind, || bad_rows::said(&error));
        }
        Ok(())
    }

    /// Leaves out the rows whose label, key or weight is none; the values of all.
    fn values<T: Default>(
        &mut self,
        values: Vec<Result<T, SourceError>>,
        account: &mut Account,
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
                        self.bad(row, kind, error.into(), account)?;
                    }
                }
            }
        }
        Ok(out)
    }

    fn chosen(&self) -> Vec<usize> {
        (0..self.kept.len()).filter(|&row| self.kept[row]).collect()
    }
}

impl Stream {
    pub(super) fn new(source: Source) -> Self {
        Self {
            file: 0,
            open: None,
            keys: Keys::default(),
            classes: Classes::new(&source.settings),
            account: Account::default(),
            sums: [[0.0; 3]; 2],
            ended: false,
            source: Arc::new(source),
        }
    }

    /// What was read so far, and what was left out.
    pub fn account(&self) -> Account {
        let mut account = self.account.clone();
        account.other_classes = self
            .classes
            .left_out()
            .into_iter()
            .map(|(class, jets)| OtherClass { class, jets })
            .collect();
        if let (Some(column), Some(weights)) = (&self.source.settings.weight, &mut account.weights)
        {
            weights.column.clone_from(column);
            weights.sums = self.sums.map(|[_, sum, _]| sum);
            weights.effective = self.sums.map(|[_, sum, squares]| {
                if squares > 0.0 {
                    sum * sum / squares
                } else {
                    0.0
                }
            });
        }
        account
    }

    /// The next rows of the files.
    fn table(&mut self) -> Result<Option<pellucid_data::Batch>, PipelineError> {
        loop {
            let Some(file) = self.source.files.get(self.file) else {
                return Ok(None);
            };
            if self.open.is_none() {
                self.keys = Keys::default();
                self.open = Some(pellucid_data::open(&file.path, &file.layout.selection)?);
            }
            let next = self.open.as_mut().and_then(Iterator::next);
            if let Some(batch) = next {
                return batch.map(Some).map_err(|error| in_a_row(error).into());
            }
            self.open = None;
            self.file += 1;
        }
    }

    /// Passes over a batch, whose jets are known from an earlier run; how many
    /// there are. Their numbers are looked at only where some may be left out.
    pub fn pass_over(&mut self) -> Result<usize, PipelineError> {
        if self.source.settings.skip_bad_rows {
            let batch = self.next().transpose()?;
            return Ok(batch.map_or(0, |batch| batch.events.len()));
        }
        let rows = self.table()?.map_or(0, |batch| batch.table.rows());
        self.account.rows += rows;
        self.account.jets += rows;
        Ok(rows)
    }

    fn batch(&mut self) -> Result<Option<Batch>, PipelineError> {
        let Some(read) = self.table()? else {
            self.check()?;
            return Ok(None);
        };
        let source = Arc::clone(&self.source);
        let file = &source.files[self.file];
        let mut rows = Rows {
            path: &file.path,
            first: read.first_row,
            skip: source.settings.skip_bad_rows,
            kept: vec![true; read.table.rows()],
        };
        self.account.rows += read.table.rows();
        for null in &read.nulls {
            let kind = format!("null in `{}`", null.column);
            let error = DataError::Null {
                path: file.path.clone(),
                column: null.column.clone(),
                row: read.first_row + null.row,
                entry: null.entry,
            };
            rows.bad(null.row, kind, in_a_row(error).into(), &mut self.account)?;
        }
        let target = if source.asked.truths == Truths::Needed {
            self.target(&mut rows, &file.layout, &read.table)?
        } else {
            Target {
                groups: own_groups(self.file, &rows),
                ..Target::default()
            }
        };
        let jets = self.jets(&mut rows, &file.layout.plan, &read.table)?;
        let chosen = rows.chosen();
        let all = chosen.len() == read.table.rows();
        let (target, table) = if all {
            (target, read.table)
        } else {
            (target.select(&chosen), read.table.select(&chosen))
        };
        self.count(&target);
        self.account.jets += chosen.len();
        Ok(Some(Batch {
            events: Events { jets, target },
            table,
            file: self.file,
            read: rows.kept.len(),
            rows: chosen.into_iter().map(|row| read.first_row + row).collect(),
        }))
    }

    /// The truth, weights and groups of all rows.
    fn target(
        &mut self,
        rows: &mut Rows<'_>,
        layout: &Layout,
        table: &Table,
    ) -> Result<Target, PipelineError> {
        let truth = match &layout.labels {
            None => Truth::None,
            Some(place) => {
                let asked = labels::Asked {
                    path: rows.path,
                    table,
                    first_row: rows.first,
                    kept: &rows.kept,
                };
                let sides = self.classes.of(place, asked)?;
                let sides = rows.values(sides, &mut self.account)?;
                let mut signal = Vec::with_capacity(sides.len());
                for (row, side) in sides.into_iter().enumerate() {
                    rows.kept[row] &= side.is_some();
                    signal.push(side.unwrap_or_default());
                }
                let names = self.classes.names();
                Truth::Two {
                    names: names.unwrap_or_else(|| NAMES.map(str::to_owned)),
                    signal,
                }
            }
        };
        let groups = match &layout.group {
            None => own_groups(self.file, rows),
            Some(column) => {
                let values = &table
                    .column(column)
                    .map_err(|e| about(rows.path, e))?
                    .values;
                let keys = self.keys.of(rows.path, column, values, rows.first)?;
                let keys = rows.values(keys, &mut self.account)?;
                keys.into_iter().map(|key| (self.file, key)).collect()
            }
        };
        let weights = match &layout.weight {
            None => Vec::new(),
            Some(column) => {
                let weights = weights(rows, column, table)?;
                rows.values(weights, &mut self.account)?
            }
        };
        Ok(Target {
            truth,
            weights,
            groups,
        })
    }

    /// The jets of the rows that are kept.
    fn jets(
        &mut self,
        rows: &mut Rows<'_>,
        plan: &Plan,
        table: &Table,
    ) -> Result<Jets, PipelineError> {
        let chosen = rows.chosen();
        let some = (chosen.len() < table.rows()).then(|| table.select(&chosen));
        let (path, first, skip) = (rows.path, rows.first, rows.skip);
        let refused = |source: ObservableError| PipelineError::Jets {
            path: path.to_owned(),
            source,
        };
        let mut bad = |row: usize, error: ObservableError| {
            let row = chosen[row - first];
            let error = error.in_row(first + row);
            match bad_rows::kind(&error) {
                Some(kind) if skip => {
                    rows.kept[row] = false;
                    let said = refused(error);
                    bad_rows::count(&mut self.account.bad, kind, || bad_rows::said(&said));
                    Ok(())
                }
                _ => Err(error),
            }
        };
        let read = plan
            .read_jets(some.as_ref().unwrap_or(table), first, &mut bad)
            .map_err(refused)?;
        self.account.constituents.add(read.dropped);
        Ok(read.jets)
    }

    fn count(&mut self, target: &Target) {
        for (event, &signal) in target.signal().iter().enumerate() {
            let weight = target.weighted().map_or(1.0, |weights| weights[event]);
            let sums = &mut self.sums[usize::from(!signal)];
            for (sum, term) in sums.iter_mut().zip([1.0, weight, weight * weight]) {
                *sum += term;
            }
        }
        if let Some(weights) = target.weighted() {
            let negative = weights.iter().filter(|&&weight| weight < 0.0).count();
            let all = self.account.weights.get_or_insert_with(|| Weights {
                column: String::new(),
                sums: [0.0; 2],
                effective: [0.0; 2],
                negative: 0,
            });
            all.negative += negative;
        }
    }

    /// After the last row: whether what was read is what was asked for.
    fn check(&self) -> Result<(), PipelineError> {
        let account = self.account();
        let labelled = self.source.labelled();
        if account.jets == 0 {
            if labelled {
                self.classes.check()?;
            }
            return Err(SourceError::Nothing {
                rows: account.rows,
                why: account.lines().join("; "),
            }
            .into());
        }
        if !labelled {
            return Ok(());
        }
        self.classes.check()?;
        let names = self
            .classes
            .names()
            .unwrap_or_else(|| NAMES.map(str::to_owned));
        if let Some(none) = self.sums.iter().position(|[jets, ..]| *jets == 0.0) {
            return Err(SourceError::OneClass {
                class: names[1 - none].clone(),
                found: self.classes.met(none == 1),
                jets: account.jets,
            }
            .into());
        }
        if let (Some(weights), Some(column)) = (&account.weights, &self.source.settings.weight) {
            for (name, sum) in names.into_iter().zip(weights.sums) {
                // Not above 0, whatever it is.
                if sum.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
                    return Err(SourceError::Weights {
                        column: column.clone(),
                        source: TargetError::Sum {
                            class: Some(name),
                            sum,
                        },
                    }
                    .into());
                }
            }
        }
        Ok(())
    }
}

impl Iterator for Stream {
    type Item = Result<Batch, PipelineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let batch = self.batch().transpose();
        self.ended = !matches!(batch, Some(Ok(_)));
        batch
    }
}

/// Each row a group of its own.
fn own_groups(file: usize, rows: &Rows<'_>) -> Vec<(usize, i64)> {
    (0..rows.kept.len())
        .map(|row| (file, (rows.first + row) as i64))
        .collect()
}

/// The weight of every row.
fn weights(
    rows: &Rows<'_>,
    column: &str,
    table: &Table,
) -> Result<Vec<Result<f64, SourceError>>, PipelineError> {
    let wrong = |row: usize, found: f64| {
        in_a_row(DataError::Value {
            path: rows.path.to_owned(),
            column: column.to_owned(),
            row: rows.first + row,
            entry: None,
            found,
            expected: "a finite weight",
        })
    };
    let weights = table.floats(column).map_err(|e| about(rows.path, e))?;
    let weight = |(row, weight): (usize, f64)| {
        if weight.is_finite() {
            Ok(weight)
        } else {
            Err(wrong(row, weight))
        }
    };
    Ok(weights.into_iter().enumerate().map(weight).collect())
}

fn about(path: &Path, source: pellucid_core::table::TableError) -> PipelineError {
    DataError::Table {
        path: path.to_owned(),
        source,
    }
    .into()
}

/// An error of one row tells that rows can be left out.
fn in_a_row(error: DataError) -> SourceError {
    match error {
        DataError::Null { .. } | DataError::Value { .. } => SourceError::Row {
            source: Box::new(error),
        },
        other => SourceError::Data(other),
    }
}
