//! `pellucid cluster`: from the particles of events to jets.
//!
//! Events are read in batches, clustered in parallel, and written in their
//! order; memory holds one part of the work whatever the length of the file
//! (arrays of NPZ files are held whole).

mod jets;
mod rows;

use std::fs;
use std::path::{Path, PathBuf};

use pellucid_core::Job;
use pellucid_data::Selection;
use pellucid_observables::jets::Dropped;
use pellucid_observables::jets::area::Areas;
use pellucid_observables::jets::clustering::{Algorithm, Clustering};
use pellucid_observables::jets::events::ReadEvents;
use pellucid_observables::jets::grooming::Groomer;
use pellucid_observables::jets::lund::Plane;
use pellucid_observables::jets::vocabulary::Plan;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::PipelineError;
use crate::parts::Parts;
use crate::source::{
    self, BadRows, Convention, DataSettings, Rows, Select, Selected, SourceError, files,
};
use jets::{EventJets, Worker};

/// Events that are read and clustered at once.
const BATCH: usize = 1000;

/// Batches of one part.
const BATCHES: usize = 20;

/// Which nodes of the history are jets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// Those that ended at the beam.
    Inclusive,
    /// What is left when there are this many.
    Exclusive(usize),
    /// What is left when distances go beyond this one.
    ExclusiveTo(f64),
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The files of events: names, folders and patterns.
    pub events: Vec<PathBuf>,
    /// What the columns of the events are called and mean.
    pub data: DataSettings,
    /// How particles become jets.
    pub clustering: Clustering,
    /// Which nodes are jets.
    pub which: Which,
    /// Jets below are left out, GeV.
    pub min_pt: f64,
    /// Areas and the density below the jets.
    pub areas: Option<Areas>,
    /// Groomed jets beside the jets.
    pub groomer: Option<Groomer>,
    /// The Lund plane as lists.
    pub lund: Option<Plane>,
    /// Whether the constituents are written with their momenta.
    pub constituents: bool,
    /// The seed of the ghosts.
    pub seed: u64,
    /// The file to write.
    pub out: PathBuf,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The file written.
    pub out: PathBuf,
    /// The number of events.
    pub events: usize,
    /// The number of jets.
    pub jets: usize,
    /// How the four-momenta were read.
    pub convention: Convention,
    /// What was left out.
    #[serde(flatten)]
    pub met: Met,
}

/// What was met in the events and left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Met {
    /// What was left out of the events.
    pub dropped: Dropped,
    /// Constituents without transverse momentum, left out of grooming and Lund
    /// planes.
    pub without_pt: usize,
    /// Rows that were left out.
    pub bad: Vec<BadRows>,
    /// What the selection of events left out, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selected>,
}

impl Request {
    fn check(&self) -> Result<(), PipelineError> {
        self.clustering.check()?;
        if let Some(groomer) = &self.groomer {
            groomer.check()?;
        }
        let wrong = |setting: &str, problem: &str| {
            Err(PipelineError::Setting {
                setting: setting.to_owned(),
                problem: problem.to_owned(),
            })
        };
        if !(self.min_pt >= 0.0 && self.min_pt.is_finite()) {
            return wrong(
                "--min-pt",
                "expected a transverse momentum of at least 0 GeV",
            );
        }
        match self.which {
            Which::Exclusive(0) => return wrong("--exclusive", "is 0, expected 1 jet or more"),
            Which::ExclusiveTo(d) if d.is_nan() || d < 0.0 => {
                return wrong("--dcut", "expected a distance of at least 0");
            }
            _ => {}
        }
        let ee = [Algorithm::EeKt].contains(&self.clustering.algorithm)
            || matches!(self.clustering.algorithm, Algorithm::EeGenKt { .. });
        if let Some(areas) = &self.areas {
            areas.check()?;
            if ee || self.which != Which::Inclusive {
                return wrong(
                    "--areas",
                    "areas are those of inclusive jets in rapidity and azimuth; \
                     leave out --exclusive and --dcut and take an algorithm of hadron collisions",
                );
            }
        }
        if self.clustering.algorithm == Algorithm::EeKt && self.which == Which::Inclusive {
            return wrong(
                "--algorithm",
                "kT of e+e- has no beam: give --exclusive or --dcut",
            );
        }
        Ok(())
    }

    /// Everything the output depends on: the settings and the files, by size and
    /// time.
    fn fingerprint(&self, files: &[PathBuf]) -> Result<String, PipelineError> {
        let program = env!("CARGO_PKG_VERSION");
        let mut text = format!("{program} {self:?}");
        for path in files {
            let file = |source| PipelineError::File {
                path: path.clone(),
                source,
            };
            let metadata = fs::metadata(path).map_err(file)?;
            let modified = metadata.modified().map_err(file)?;
            let stamp = format!(" {} {} {modified:?}", path.display(), metadata.len());
            text += &stamp;
        }
        Ok(text)
    }
}

/// A file of events and what is read of it.
struct Events {
    path: PathBuf,
    plan: Plan,
    selection: Selection,
    select: Option<Select>,
}

impl Events {
    /// Looks at a file; how many rows it has.
    fn of(path: &Path, data: &DataSettings) -> Result<(Self, usize), PipelineError> {
        let (plan, selection, select) = source::events_of(path, data)?;
        let mut file = Self {
            path: path.to_owned(),
            plan,
            selection: selection.batch_rows(BATCH),
            select,
        };
        let reader = file.open()?;
        file.selection.survey = reader.survey();
        let rows = reader.rows().unwrap_or(0);
        Ok((file, rows))
    }

    /// Begins to read.
    fn open(&self) -> Result<pellucid_data::Reader, SourceError> {
        pellucid_data::open(&self.path, &self.selection).map_err(SourceError::of_data)
    }

    /// The particles of a batch; rows that cannot be used are errors, or left out
    /// and counted.
    fn read(
        &self,
        batch: &pellucid_data::Batch,
        rows: &mut Rows<'_>,
    ) -> Result<ReadEvents, PipelineError> {
        let chosen = rows.chosen();
        let table = batch.table.select(&chosen);
        let mut refuse = |row: usize, error| rows.refuse(chosen[row], error);
        let read = self.plan.read_events(&table, 0, &mut refuse);
        let mut read = read.map_err(|source| rows.error(source))?;
        for row in &mut read.rows {
            *row = chosen[*row];
        }
        Ok(read)
    }
}

/// Clusters the events of some files, which are counted on from file to file.
pub fn cluster(request: &Request, job: &Job) -> Result<Summary, PipelineError> {
    request.check()?;
    let asked = files::expand(&request.events)?;
    files::check_out(&request.out, asked.paths.iter().map(PathBuf::as_path))?;
    let (mut all, mut rows, mut empty, mut none) = (Vec::new(), 0, Vec::new(), None);
    for path in &asked.paths {
        match Events::of(path, &request.data) {
            Ok((events, of_file)) => {
                rows += of_file as u64;
                all.push(events);
            }
            Err(error) if error.of_no_rows() => {
                empty.push(path.as_path());
                none.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    if let (Some(error), true) = (none, all.is_empty()) {
        return Err(error);
    }
    if !empty.is_empty() {
        job.note(&format!(
            "without a row, passed over: {}",
            files::named(&empty)
        ));
    }
    let said = all.iter().flat_map(|file: &Events| {
        let notes = file.plan.notes().iter();
        notes.map(|note| (file.path.as_path(), note.clone()))
    });
    for note in files::notes_of(said) {
        job.note(&note);
    }
    let mut parts = Parts::open(&request.out, &request.fingerprint(&asked.paths)?)?;
    let bar = job.start("clustering events", rows);
    let mut skipped = parts.done() * BATCHES;
    let mut summary = Summary {
        out: request.out.clone(),
        events: 0,
        jets: 0,
        convention: all[0].plan.convention(),
        met: parts.met()?,
    };
    let (mut tables, mut kept) = (Vec::new(), 0);
    for (place, file) in all.iter().enumerate() {
        let first = summary.events;
        for batch in file.open()? {
            if let Err(stop) = job.check() {
                return Err(if kept > 0 {
                    parts.paused(kept)
                } else {
                    stop.into()
                });
            }
            let batch = batch.map_err(SourceError::of_data)?;
            summary.events += batch.table.rows();
            bar.advance(batch.table.rows() as u64);
            if skipped > 0 {
                skipped -= 1;
                kept = summary.events;
                if skipped == 0 {
                    job.note(&format!("going on behind {kept} events that are done"));
                }
                continue;
            }
            let skip = request.data.skip_bad_rows;
            let mut rows = Rows::of(&file.path, &batch, skip, &mut summary.met.bad)?;
            if let Some(select) = &file.select {
                let selection = &mut summary.met.selection;
                rows.select(select, &batch.table, None, selection)?;
            }
            let read = file.read(&batch, &mut rows)?;
            summary.met.dropped.add(read.dropped);
            let mut numbers: Vec<usize> = read
                .rows
                .iter()
                .map(|row| first + batch.first_row + row)
                .collect();
            let found: Vec<_> = (0..numbers.len())
                .into_par_iter()
                .map_init(Worker::default, |worker, i| {
                    worker.jets(request, read.particles.row(i), numbers[i])
                })
                .collect();
            let mut events = Vec::with_capacity(found.len());
            for (i, event) in found.into_iter().enumerate() {
                let mut event = match event {
                    Ok(event) => event,
                    Err(error) => {
                        let refused = rows.refuse(read.rows[i], error);
                        refused.map_err(|source| rows.error(source))?;
                        continue;
                    }
                };
                if let Some(places) = &read.places {
                    event.place(places.row(i));
                }
                numbers[events.len()] = numbers[i];
                events.push(event);
            }
            numbers.truncate(events.len());
            let without_pt = events.iter().map(EventJets::without_pt);
            summary.met.without_pt += without_pt.sum::<usize>();
            let of = rows::Of {
                request,
                file: (all.len() > 1).then_some(place),
                events: &numbers,
            };
            tables.push(of.table(&events)?);
            if tables.len() == BATCHES {
                parts.finish_one(&tables, &summary.met)?;
                kept = summary.events;
                tables.clear();
            }
        }
    }
    if !tables.is_empty() {
        parts.finish_one(&tables, &summary.met)?;
    }
    let of = rows::Of {
        request,
        file: (all.len() > 1).then_some(0),
        events: &[],
    };
    let empty = of.table(&[])?;
    let units: Vec<String> = empty.columns().iter().map(|c| c.unit.clone()).collect();
    summary.jets = parts.join(&units, Some(&empty))?;
    tell(&summary.met, job);
    Ok(summary)
}

/// What was left out, in words.
fn tell(met: &Met, job: &Job) {
    if let Some(told) = met.dropped.told() {
        job.note(&told);
    }
    if met.without_pt > 0 {
        job.note(&format!(
            "left out of grooming and Lund planes: {} constituents without transverse momentum",
            met.without_pt
        ));
    }
    if let Some(selection) = &met.selection {
        job.note(&selection.told());
    }
    for bad in &met.bad {
        job.note(&format!(
            "left out: {} events, {}; the first: {}",
            bad.rows, bad.kind, bad.first
        ));
    }
}
