//! Batch after batch of the jets of all files.

use std::sync::Arc;

use pellucid_core::inputs::Inputs;
use pellucid_core::target::{Target, TargetError, Truth};
use pellucid_core::{Job, Table};
use pellucid_data::{DataError, Reader};
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::vocabulary::Plan;

use super::account::{Account, OtherClass, Shared, Weights};
use super::columns::{Content, Layout};
use super::groups::{Keys, Places};
use super::labels::{self, Classes};
use super::progress::{Progress, Sums};
use super::reweight::{self, Closing};
use super::rows::Rows;
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
    /// The numbers that tell how jets are reweighted, column by column.
    pub(crate) spectrum: Vec<Vec<f64>>,
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
    progress: Progress,
    /// What jets with new weights add up to.
    closing: Option<Closing>,
    /// Of jets that a job keeps, those of several files.
    places: Option<Places>,
    ended: bool,
}

impl Stream {
    pub(super) fn new(source: Source) -> Self {
        Self {
            file: 0,
            open: None,
            keys: Keys::default(),
            classes: Classes::new(&source.settings),
            progress: Progress::default(),
            closing: None,
            places: source.remembers().then(Places::default),
            ended: false,
            source: Arc::new(source),
        }
    }

    /// What was read so far, and what was left out.
    pub fn account(&self) -> Account {
        let Progress {
            account,
            sums,
            negative,
        } = &self.progress;
        let mut account = account.clone();
        if let Some(places) = &self.places {
            let [several, all] = places.several();
            account.shared = (several > 0).then_some(Shared { several, all });
        }
        account.other_classes = self
            .classes
            .left_out()
            .into_iter()
            .map(|(class, jets)| OtherClass { class, jets })
            .collect();
        account.reweight = self.closing.as_ref().map(Closing::finish);
        let name = self.closing.as_ref().map(|_| reweight::NAME.to_owned());
        let column = self.source.settings.weight.clone().or(name);
        if let (Some(column), &Some(negative)) = (column, negative) {
            let classes = match &self.source.many {
                Some(many) if many.names().len() > 2 => many.names().len(),
                _ if self.source.labelled() => 2,
                _ => 1,
            };
            let mut sums = sums.clone();
            sums.resize(classes, Sums::default());
            account.weights = Some(Weights {
                column,
                sums: sums.iter().map(Sums::total).collect(),
                effective: sums.iter().map(Sums::effective).collect(),
                negative,
            });
        }
        account
    }

    /// How far it was read, for a run that goes on from there.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Goes on behind so many batches that an earlier run had worked on, with what
    /// that run had met. Not for jets with labels, whose classes are not kept.
    pub fn go_on(
        &mut self,
        batches: usize,
        progress: Progress,
        job: &Job,
    ) -> Result<(), PipelineError> {
        for _ in 0..batches {
            job.check()?;
            if self.table()?.is_none() {
                break;
            }
        }
        self.progress = progress;
        Ok(())
    }

    /// The next rows of the files.
    fn table(&mut self) -> Result<Option<pellucid_data::Batch>, PipelineError> {
        loop {
            let Some(file) = self.source.files.get(self.file) else {
                return Ok(None);
            };
            if self.open.is_none() {
                self.open = Some(file.open()?);
            }
            let next = self.open.as_mut().and_then(Iterator::next);
            if let Some(batch) = next {
                return Ok(Some(batch.map_err(SourceError::of_data)?));
            }
            self.open = None;
            self.file += 1;
        }
    }

    fn batch(&mut self) -> Result<Option<Batch>, PipelineError> {
        let Some(read) = self.table()? else {
            self.check()?;
            return Ok(None);
        };
        let source = Arc::clone(&self.source);
        let file = &source.files[self.file];
        let skip = source.settings.skip_bad_rows;
        // Put back below: rows count their faults while the rest is read.
        let mut bad = std::mem::take(&mut self.progress.account.bad);
        let mut rows = Rows::of(&file.path, &read, skip, &mut bad)?;
        self.progress.account.rows += read.table.rows();
        let mut selected = self.progress.account.selection.take();
        let select = file.layout.select.as_ref();
        // As early as it can be decided: of rows that are not meant nothing is refused.
        if let Some(select) = select.filter(|select| select.of_columns()) {
            rows.select(select, &read.table, None, &mut selected)?;
        }
        let target = self.target(&mut rows, &file.layout, &read.table)?;
        let mut inputs = match &file.layout.content {
            _ if source.asked.bare => Inputs::new(rows.chosen().len()),
            Content::Jets(plan) => Inputs::from(&self.jets(&mut rows, plan, &read.table)?),
            Content::Any(demand) => demand.collect(&mut rows, &read.table)?,
        };
        // The rows that the inputs are of; fewer may be kept in the end.
        let made = rows.chosen();
        let weighed = &file.layout.spectrum;
        let computed = weighed.computed().next().is_some();
        let jets = if select.is_some_and(|select| !select.of_columns()) || computed {
            Some(Jets::try_from(&inputs)?)
        } else {
            None
        };
        if let Some(select) = select.filter(|select| !select.of_columns()) {
            rows.select(select, &read.table, jets.as_ref(), &mut selected)?;
        }
        self.progress.account.selection = selected;
        let mut spectrum = Vec::new();
        if !weighed.is_empty() {
            let left = kept(&made, &rows);
            let jets = jets.map(|jets| jets.select(&left));
            spectrum = rows.spectrum(weighed, &read.table, jets.as_ref())?;
        }
        let left = kept(&made, &rows);
        if left.len() < made.len() {
            inputs = inputs.select(&left);
        }
        let chosen = rows.chosen();
        let read_rows = rows.kept.len();
        self.progress.account.bad = bad;
        let all = chosen.len() == read_rows;
        let (mut target, table) = if all {
            (target, read.table)
        } else {
            (target.select(&chosen), read.table.select(&chosen))
        };
        if !all {
            for column in &mut spectrum {
                *column = chosen.iter().map(|&row| column[row]).collect();
            }
        }
        // Measured here if nobody has done so with a job.
        if let Some(weighing) = source.weighing(&Job::silent())? {
            let closing = self.closing.get_or_insert_with(|| Closing::new(weighing));
            weighing.apply(&mut target, &spectrum, closing);
        }
        self.progress.count(&target);
        if let (Some(places), Some(_)) = (&mut self.places, &file.layout.group) {
            places.met(self.file, target.groups.iter().map(|(_, key)| *key));
        }
        let columns = further(&table, &file.layout.others);
        Ok(Some(Batch {
            events: Events {
                inputs,
                columns,
                target,
            },
            table,
            file: self.file,
            read: read_rows,
            rows: chosen.into_iter().map(|row| read.first_row + row).collect(),
            spectrum,
        }))
    }

    /// The truth, weights and groups of all rows.
    fn target(
        &mut self,
        rows: &mut Rows<'_>,
        layout: &Layout,
        table: &Table,
    ) -> Result<Target, PipelineError> {
        let truth = match (&layout.labels, self.source.many.clone()) {
            (None, _) if layout.values.is_empty() => Truth::None,
            (None, _) => {
                let mut values = Vec::with_capacity(layout.values.len());
                for column in &layout.values {
                    values.push(rows.numbers(column, table, "a finite number")?);
                }
                Truth::Values {
                    names: layout.values.clone(),
                    values,
                }
            }
            (Some(place), Some(many)) => {
                let asked = labels::Asked {
                    path: rows.path,
                    table,
                    first_row: rows.first,
                    kept: &rows.kept,
                    unsigned: layout.unsigned,
                };
                let places = rows.values(many.places(place, asked)?)?;
                for (row, place) in places.iter().enumerate() {
                    rows.kept[row] &= place.is_some();
                }
                many.truth(places.into_iter().map(Option::unwrap_or_default).collect())
            }
            (Some(place), None) => {
                let asked = labels::Asked {
                    path: rows.path,
                    table,
                    first_row: rows.first,
                    kept: &rows.kept,
                    unsigned: layout.unsigned,
                };
                let sides = self.classes.of(place, asked)?;
                let sides = rows.values(sides)?;
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
            None => own_groups(self.file + usize::from(self.source.keyed()), rows),
            Some(column) => {
                let values = &table
                    .column(column)
                    .map_err(|source| DataError::Table {
                        path: rows.path.to_owned(),
                        source,
                    })?
                    .values;
                let keys = self.keys.of(rows.path, column, values, rows.first)?;
                // The same key in another file is the same event: jets of one
                // collision lie in several files too.
                let keys = rows.values(keys)?;
                keys.into_iter().map(|key| (0, key)).collect()
            }
        };
        let weights = match &layout.weight {
            None => Vec::new(),
            Some(column) => rows.numbers(column, table, "a finite weight")?,
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
        let first = rows.first;
        let mut bad = |row: usize, error| rows.refuse(chosen[row - first], error);
        let read = plan.read_jets(some.as_ref().unwrap_or(table), first, &mut bad);
        let read = read.map_err(|source| rows.error(source))?;
        self.progress.account.constituents.add(read.dropped);
        Ok(read.jets)
    }

    /// After the last row: whether what was read is what was asked for.
    fn check(&self) -> Result<(), PipelineError> {
        let account = self.account();
        let labelled = self.source.labelled();
        let selected = account.selection.as_ref().is_some_and(|s| s.left_out > 0);
        if account.jets == 0 {
            if labelled && !selected {
                self.classes.check()?;
            }
            return Err(SourceError::Nothing {
                rows: account.rows,
                why: account.lines().join("; "),
            }
            .into());
        }
        if !labelled {
            return match &account.weights {
                Some(weights) => weights_count(weights, &[None]),
                None => Ok(()),
            };
        }
        if let Some(many) = &self.source.many {
            return self.check_many(many.names(), &account);
        }
        self.classes.check()?;
        let names = self
            .classes
            .names()
            .unwrap_or_else(|| NAMES.map(str::to_owned));
        let sums = &self.progress.sums;
        let none = (0..2).find(|&class| sums.get(class).is_none_or(|sums| sums.jets == 0));
        if let Some(none) = none {
            return Err(SourceError::OneClass {
                class: names[1 - none].clone(),
                found: self.classes.met(none == 1),
                jets: account.jets,
                selected: account.selected(),
            }
            .into());
        }
        match &account.weights {
            Some(weights) => weights_count(weights, &names.map(Some)),
            None => Ok(()),
        }
    }
}

impl Stream {
    /// The same of many classes: two or more must have been met.
    fn check_many(&self, names: &[String], account: &Account) -> Result<(), PipelineError> {
        let sums = &self.progress.sums;
        // Of two the signal is counted first.
        let mut names = names.to_vec();
        if names.len() == 2 {
            names.reverse();
        }
        let met: Vec<usize> = (0..names.len())
            .filter(|&class| sums.get(class).is_some_and(|it| it.jets > 0))
            .collect();
        if let [class] = met[..] {
            return Err(SourceError::OneClass {
                class: names[class].clone(),
                found: vec![names[class].clone()],
                jets: account.jets,
                selected: account.selected(),
            }
            .into());
        }
        match &account.weights {
            Some(weights) => {
                let met: Vec<Option<String>> = names
                    .iter()
                    .enumerate()
                    .map(|(class, name)| met.contains(&class).then(|| name.clone()))
                    .collect();
                for (class, sum) in met.into_iter().zip(&weights.sums) {
                    if class.is_some() {
                        let one = Weights {
                            sums: vec![*sum],
                            ..weights.clone()
                        };
                        weights_count(&one, &[class])?;
                    }
                }
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// An error where the weights of all jets, or of a class, do not add up to more
/// than 0.
fn weights_count(weights: &Weights, classes: &[Option<String>]) -> Result<(), PipelineError> {
    for (class, &sum) in classes.iter().zip(&weights.sums) {
        // Not above 0, whatever it is.
        if sum.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
            return Err(SourceError::Weights {
                column: weights.column.clone(),
                source: TargetError::Sum {
                    class: class.clone(),
                    sum,
                },
            }
            .into());
        }
    }
    Ok(())
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

/// The places of the rows that are kept among these.
fn kept(some: &[usize], rows: &Rows<'_>) -> Vec<usize> {
    (0..some.len())
        .filter(|&place| rows.kept[some[place]])
        .collect()
}

/// The columns named, of a table that holds them.
fn further(table: &Table, names: &[String]) -> Table {
    let columns = names.iter().filter_map(|name| table.get(name).cloned());
    // They are of one table and have different names.
    Table::new(columns.collect()).unwrap_or_default()
}

/// Each row a group of its own.
fn own_groups(file: usize, rows: &Rows<'_>) -> Vec<(usize, i64)> {
    (0..rows.kept.len())
        .map(|row| (file, (rows.first + row) as i64))
        .collect()
}
