//! The one source of events: files become batches of events with their truth.
//!
//! Events are jets, or whatever an input specification asks for: rows of columns, arrays,
//! graphs.
//!
//! * [`files`]: names, folders and patterns become a list of files;
//! * [`settings`]: the section `[data]`;
//! * columns, labels (of two classes, of many), groups: what is read of a file, and what it
//!   means;
//! * `select`: which rows are read; [`reweight`]: what they count so that all
//!   classes have one spectrum;
//! * [`bad_rows`]: rows that cannot be used, counted by kind;
//! * [`stream`]: batch after batch, with an [`account`] of what was left out.
//!
//! Every command reads events here: with labels, weights and groups
//! ([`Source::open`], [`Source::of`]) or without ([`Source::without_truth`]).

pub mod account;
pub mod bad_rows;
mod columns;
mod error;
pub mod files;
mod groups;
mod labels;
mod many;
mod progress;
pub mod reweight;
mod rows;
mod select;
pub mod settings;
pub mod stream;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use pellucid_core::inputs::Inputs;
use pellucid_core::target::{Group, Target};
use pellucid_core::{Job, Table};
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::property::Property;

use crate::PipelineError;
use crate::input_spec::demand::Demand;
use columns::{Asked, Content, Layout, Truths};
use many::Many;
use reweight::Weighing;

pub use account::Account;
pub use bad_rows::BadRows;
pub(crate) use columns::events_of;
pub use error::SourceError;
pub(crate) use error::WAY_OUT;
pub use pellucid_observables::jets::vocabulary::Convention;
pub use progress::Progress;
pub use reweight::{Reweight, Reweighted};
pub(crate) use rows::Rows;
pub(crate) use select::Select;
pub use select::Selected;
pub use settings::{DataSettings, LabelledFiles, Names};
pub use stream::{Batch, Stream};

/// Events with what is known of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Events {
    /// What they are.
    pub inputs: Inputs,
    /// Further columns of numbers, where they were asked for.
    pub columns: Table,
    /// Their truth, weights and groups.
    pub target: Target,
}

impl Events {
    /// The number of events.
    pub fn len(&self) -> usize {
        self.target.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.target.is_empty()
    }

    /// The events as jets; an error if they are none.
    pub fn jets(&self) -> Result<Jets, PipelineError> {
        if self.inputs.collections().is_empty() && self.is_empty() {
            return Ok(Jets::new());
        }
        Ok(Jets::try_from(&self.inputs)?)
    }

    /// True for signal; empty where there are not two classes.
    pub fn labels(&self) -> &[bool] {
        self.target.signal()
    }

    /// The weights; empty where each event counts once.
    pub fn weights(&self) -> &[f64] {
        &self.target.weights
    }

    /// Which events belong together: file and key.
    pub fn groups(&self) -> &[Group] {
        &self.target.groups
    }

    /// The events named, in that order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            inputs: self.inputs.select(rows),
            columns: self.columns.select(rows),
            target: self.target.select(rows),
        }
    }

    /// Adds all events of `other` behind these.
    pub fn append(&mut self, other: &Self) -> Result<(), PipelineError> {
        self.target.append(&other.target)?;
        self.inputs.append(&other.inputs)?;
        self.columns
            .append(&other.columns)
            .map_err(|source| SourceError::Columns { source })?;
        Ok(())
    }
}

/// A file and what is read of it.
#[derive(Debug, Clone)]
struct File {
    path: PathBuf,
    /// Its rows, where the format tells.
    rows: Option<usize>,
    /// The class of all its jets, if it was given.
    class: Option<String>,
    layout: Layout,
}

impl File {
    /// Looks at a file; `class` is that of all its jets, if one was given.
    fn of(
        path: &Path,
        class: Option<String>,
        settings: &DataSettings,
        asked: &Asked,
    ) -> Result<Self, PipelineError> {
        let mut file = Self {
            path: path.to_owned(),
            rows: None,
            layout: Layout::of(path, class.as_ref(), settings, asked)?,
            class,
        };
        file.look()?;
        Ok(file)
    }

    /// Finds out how many rows it has.
    fn look(&mut self) -> Result<(), SourceError> {
        let reader = self.open()?;
        self.rows = reader.rows();
        self.layout.selection.survey = reader.survey();
        Ok(())
    }

    /// Begins to read it.
    fn open(&self) -> Result<pellucid_data::Reader, SourceError> {
        pellucid_data::open(&self.path, &self.layout.selection).map_err(SourceError::of_data)
    }
}

/// What files tell of the truth of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Which of two classes.
    Two,
    /// Which of several, in order.
    Classes(Vec<String>),
    /// Values of these names.
    Values(Vec<String>),
    /// Nothing.
    Nothing,
}

/// Files of events, read as one.
#[derive(Debug, Clone)]
pub struct Source {
    files: Vec<File>,
    settings: DataSettings,
    asked: Asked,
    rows: Option<usize>,
    /// Files that were named more than once.
    again: Vec<PathBuf>,
    /// Files without a row, which are passed over.
    empty: Vec<PathBuf>,
    /// Whether no jets are kept, so that nothing may grow with their number.
    passing: bool,
    /// What jets count in the section `[reweight]`, once it is known; `None` where
    /// nothing is reweighted.
    weighing: Option<Arc<OnceLock<Weighing>>>,
    /// The classes, where they are not signal and background by the rules for two.
    many: Option<Many>,
}

impl Source {
    /// Labelled jets: looks at the files, whether they are there and have the
    /// columns. `data` are names, folders and patterns.
    pub fn open(data: &[PathBuf], settings: &DataSettings) -> Result<Self, PipelineError> {
        Self::asking(data, settings, Asked::jets(Truths::Needed, &[]))
    }

    /// Events of which an input specification asks this, with their truth where the files
    /// tell it. All other columns of numbers are handed on too if `others` says so.
    pub fn of(
        data: &[PathBuf],
        settings: &DataSettings,
        demand: Demand,
        others: bool,
    ) -> Result<Self, PipelineError> {
        let asked = Asked {
            truths: Truths::Welcome,
            properties: Vec::new(),
            keep: Vec::new(),
            demand: Some(demand),
            others,
            bare: false,
        };
        Self::asking(data, settings, asked)
    }

    /// The same, for a job that asks neither for labels nor for groups.
    pub fn without_truth(data: &[PathBuf], settings: &DataSettings) -> Result<Self, PipelineError> {
        Self::asking(data, settings, Asked::jets(Truths::Ignored, &[]))
    }

    /// The same, handing on these columns too, as they are.
    pub fn keeping(
        data: &[PathBuf],
        settings: &DataSettings,
        columns: &[String],
    ) -> Result<Self, PipelineError> {
        Self::asking(data, settings, Asked::jets(Truths::Ignored, columns))
    }

    fn asking(
        data: &[PathBuf],
        settings: &DataSettings,
        asked: Asked,
    ) -> Result<Self, PipelineError> {
        let mut settings = settings.clone();
        // A map may name the column of weights.
        if settings.weight.is_none() && settings.columns.0.contains_key(columns::WEIGHT) {
            settings.weight = Some(columns::WEIGHT.to_owned());
        }
        let settings = &settings;
        let files::Files { paths, again } = files::expand_labelled(data, &settings.files)?;
        let mut source = Self {
            files: Vec::new(),
            settings: settings.clone(),
            asked,
            rows: Some(0),
            again,
            empty: Vec::new(),
            passing: false,
            weighing: None,
            many: None,
        };
        let mut empty = None;
        for (path, class) in files::labels(paths, &settings.files)? {
            match File::of(&path, class, settings, &source.asked) {
                Ok(file) => {
                    source.rows = source.rows.zip(file.rows).map(|(sum, rows)| sum + rows);
                    source.files.push(file);
                }
                // Of many files some may have been left without a jet.
                Err(error) if error.of_no_rows() => {
                    source.empty.push(path);
                    empty.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let (Some(error), true) = (empty, source.files.is_empty()) {
            return Err(error);
        }
        source.check_the_map()?;
        source.check_the_selection()?;
        source.others_of_all();
        source.many = source.classes_of_all()?;
        if source.asked.truths != Truths::Ignored && settings.reweight.is_some() {
            source.weighing = Some(Arc::default());
        }
        Ok(source)
    }

    /// Of other columns those that every file has are read.
    fn others_of_all(&mut self) {
        let Some((first, rest)) = self.files.split_first() else {
            return;
        };
        let in_all = |name: &&String| rest.iter().all(|file| file.layout.others.contains(*name));
        let common: Vec<String> = first.layout.others.iter().filter(in_all).cloned().collect();
        for file in &mut self.files {
            let gone: Vec<String> = file
                .layout
                .others
                .iter()
                .filter(|it| !common.contains(it))
                .cloned()
                .collect();
            if let (Content::Any(demand), Some(columns)) =
                (&file.layout.content, &mut file.layout.selection.columns)
            {
                let asked = demand.columns();
                columns.retain(|name| !gone.contains(name) || asked.contains(name));
                file.layout.others.clone_from(&common);
            }
            if !gone.is_empty() {
                file.layout.selection.survey = None;
            }
        }
    }

    /// The classes of all files, where they are told by more than signal and background.
    fn classes_of_all(&self) -> Result<Option<Many>, PipelineError> {
        let labels = self.files.iter().filter_map(|file| {
            Some(many::Labels {
                path: &file.path,
                place: file.layout.labels.as_ref()?,
                map: &file.layout.selection.map,
                unsigned: file.layout.unsigned,
                features: &self.settings.features,
            })
        });
        let any = self.asked.demand.is_some();
        Ok(Many::of(&labels.collect::<Vec<_>>(), &self.settings, any)?)
    }

    /// A name that the map gives must be in one of the files.
    fn check_the_map(&self) -> Result<(), PipelineError> {
        let Some((first, others)) = self.files.split_first() else {
            return Ok(());
        };
        let mut nowhere = first.layout.unfit.iter();
        let nowhere =
            nowhere.find(|ours| others.iter().all(|file| file.layout.unfit.contains(ours)));
        match nowhere {
            Some(ours) => Err(columns::not_there(&first.path, ours, &self.settings)?.into()),
            None => Ok(()),
        }
    }

    /// A name of the selection must be the same in all files: a column, or an
    /// observable.
    fn check_the_selection(&self) -> Result<(), SourceError> {
        let computed = |file: &'_ File| -> Vec<String> {
            let select = file.layout.select.iter();
            let select = select.map(|select| &select.quantities);
            let names = select.chain([&file.layout.spectrum]);
            let names = names.flat_map(select::Quantities::computed);
            names.map(str::to_owned).collect()
        };
        let Some((first, others)) = self.files.split_first() else {
            return Ok(());
        };
        let names = computed(first);
        for other in others {
            let found = computed(other);
            let differs = |name: &&String| !(names.contains(name) && found.contains(name));
            if let Some(name) = names.iter().chain(&found).find(differs) {
                let (with, without) = if found.contains(name) {
                    (first, other)
                } else {
                    (other, first)
                };
                return Err(SourceError::Mixed {
                    name: name.clone(),
                    with: with.path.clone(),
                    without: without.path.clone(),
                });
            }
        }
        Ok(())
    }

    /// Reads these of the constituents too; an error if a file does not tell one.
    pub fn telling(
        mut self,
        properties: impl IntoIterator<Item = Property>,
    ) -> Result<Self, PipelineError> {
        self.asked.properties.extend(properties);
        self.asked.properties.sort_unstable();
        self.asked.properties.dedup();
        // Other jets may be bad rows now.
        self.weighing = self.weighing.map(|_| Arc::default());
        self.laid_out()
    }

    /// For a job that keeps no jets: nothing that is kept grows with their number.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.passing = true;
        self
    }

    /// Whether events are looked for that have jets in several files.
    fn remembers(&self) -> bool {
        !self.passing && self.files.len() > 1 && self.keyed()
    }

    /// Reads so many rows at a time.
    #[must_use]
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.settings.batch_rows = rows;
        for file in &mut self.files {
            file.layout.selection.batch_rows = rows.max(1);
        }
        self
    }

    fn laid_out(mut self) -> Result<Self, PipelineError> {
        for file in &mut self.files {
            let class = file.class.as_ref();
            let survey = file.layout.selection.survey.take();
            file.layout = Layout::of(&file.path, class, &self.settings, &self.asked)?;
            file.layout.selection.survey = survey;
        }
        Ok(self)
    }

    /// How many rows there are, where the format tells; jets may be fewer.
    pub fn rows(&self) -> Option<usize> {
        self.rows
    }

    /// The rows of each file, where the format tells.
    pub fn rows_of_files(&self) -> Vec<Option<usize>> {
        self.files.iter().map(|file| file.rows).collect()
    }

    /// The files.
    pub fn paths(&self) -> Vec<&Path> {
        self.files.iter().map(|file| file.path.as_path()).collect()
    }

    /// Whether jets have labels.
    pub fn labelled(&self) -> bool {
        self.files.iter().any(|file| file.layout.labels.is_some())
    }

    /// Whether a file tells which of its jets come from one event.
    fn keyed(&self) -> bool {
        self.files.iter().any(|file| file.layout.group.is_some())
    }

    /// What signal and background are called, where the settings name them.
    pub fn classes(&self) -> Option<[String; 2]> {
        match self.many.as_ref().map(Many::names) {
            Some([background, signal]) => Some([signal.clone(), background.clone()]),
            Some(_) => None,
            None => labels::Classes::new(&self.settings).names(),
        }
    }

    /// What the files tell of the truth.
    pub fn told(&self) -> Told {
        let values = self
            .files
            .first()
            .map_or(&[][..], |file| &file.layout.values);
        match self.many.as_ref().map(Many::names) {
            _ if !values.is_empty() => Told::Values(values.to_vec()),
            Some(names) if names.len() > 2 => Told::Classes(names.to_vec()),
            _ if self.labelled() => Told::Two,
            _ => Told::Nothing,
        }
    }

    /// Whether events are jets.
    pub fn of_jets(&self) -> bool {
        self.asked.demand.is_none()
    }

    /// What the user should know before the first jet: files that were named
    /// twice, what their columns are read as, and what labels of files mean.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.again.is_empty() {
            let names = self.again.iter().map(|path| path.display().to_string());
            notes.push(format!(
                "named more than once, read once: {}",
                names.collect::<Vec<_>>().join(", ")
            ));
        }
        let empty: Vec<&Path> = self.empty.iter().map(PathBuf::as_path).collect();
        if !empty.is_empty() {
            notes.push(format!(
                "without a row, passed over: {}",
                files::named(&empty)
            ));
        }
        let said = self.files.iter().flat_map(|file| {
            let notes = match &file.layout.content {
                Content::Jets(plan) => plan.notes().to_vec(),
                Content::Any(_) => Vec::new(),
            };
            let notes = notes.into_iter();
            let unfit = file.layout.unfit.iter().map(|ours| {
                let theirs = self.settings.columns.file_name(ours);
                format!("`{ours}` is read under its own name, no column is called `{theirs}`")
            });
            notes.chain(unfit).map(|note| (file.path.as_path(), note))
        });
        notes.extend(files::notes_of(said));
        if self.asked.truths == Truths::Ignored {
            if self.settings.reweight.is_some() {
                notes.push("[reweight] is not applied: this command reads no classes".to_owned());
            }
            return notes;
        }
        if let ([_, _], Some([signal, background]), true) = (
            self.settings.files.as_slice(),
            self.classes(),
            self.many.is_none()
                && self.settings.signal.is_empty()
                && self.settings.background.is_empty(),
        ) {
            notes.push(format!(
                "{signal} is the signal, {background} the background: the first --label is the \
                 signal; --signal NAME says otherwise"
            ));
        }
        notes
    }

    /// Tells its [`notes`](Self::notes).
    pub fn tell(&self, job: &Job) {
        for note in self.notes() {
            job.note(&note);
        }
    }

    /// Tells a job that splits jets which of them are events of their own for
    /// want of a column.
    pub fn tell_of_groups(&self, job: &Job) {
        let alone = self.files.iter().filter(|file| file.layout.group.is_none());
        let alone: Vec<&Path> = alone.map(|file| file.path.as_path()).collect();
        if !alone.is_empty() && self.settings.group.is_none() {
            if !self.of_jets() {
                return;
            }
            job.note(&format!(
                "{}: no column `event`, each jet counts as an event of its own; if several jets come \
                 from one event, name the column that tells which: --group NAME, or [data] group = \"NAME\"",
                files::named(&alone)
            ));
        }
    }

    /// What jets count by the section `[reweight]`, from a pass over the files the
    /// first time that it is asked for.
    fn weighing(&self, job: &Job) -> Result<Option<&Weighing>, PipelineError> {
        let (Some(known), Some(settings)) = (&self.weighing, &self.settings.reweight) else {
            return Ok(None);
        };
        if known.get().is_none() {
            let mut source = self.clone();
            source.weighing = None;
            source.passing = true;
            // Where a bad row is an error anyway, jets need not be made to know which
            // rows are used.
            let computes = |file: &File| {
                let select = file.layout.select.as_ref();
                let select = select.is_some_and(|select| !select.of_columns());
                select || file.layout.spectrum.computed().next().is_some()
            };
            if !self.settings.skip_bad_rows && !self.files.iter().any(computes) {
                source.asked.bare = true;
                source.asked.others = false;
                source = source.laid_out()?;
                for file in &mut source.files {
                    file.layout.selection.survey = None;
                }
            }
            let measured = Weighing::measure(&source, settings, job)?;
            let _ = known.set(measured);
        }
        Ok(known.get())
    }

    /// Begins to read.
    pub fn stream(&self) -> Stream {
        Stream::new(self.clone())
    }

    /// Reads all files and hands over batch after batch, none of them empty;
    /// both classes must have been met at the end. What was left out.
    pub fn for_each(
        &self,
        job: &Job,
        mut work: impl FnMut(Events) -> Result<(), PipelineError>,
    ) -> Result<Account, PipelineError> {
        self.weighing(job)?;
        let mut stream = self.stream();
        while let Some(batch) = stream.next().transpose()? {
            job.check()?;
            if !batch.events.is_empty() {
                work(batch.events)?;
            }
        }
        Ok(stream.account())
    }

    /// All jets at once, and what was left out.
    pub fn read_all(&self, job: &Job) -> Result<(Events, Account), PipelineError> {
        self.weighing(job)?;
        let bar = job.start("reading events", self.rows.unwrap_or(0) as u64);
        let mut all = Events::default();
        let account = self.for_each(job, |batch| {
            bar.advance(batch.len() as u64);
            all.append(&batch)
        })?;
        Ok((all, account))
    }
}
