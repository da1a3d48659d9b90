//! `pellucid cluster`: from the particles of events to jets.
//!
//! Events are read in batches, clustered in parallel, and written in their
//! order; memory holds one part of the work whatever the length of the file
//! (arrays of NPZ files are held whole).

mod jets;
mod rows;

use std::fs;
use std::path::PathBuf;

use pellucid_core::Job;
use pellucid_data::{ColumnMap, Selection as Columns};
use pellucid_observables::jets::Dropped;
use pellucid_observables::jets::area::Areas;
use pellucid_observables::jets::clustering::{Algorithm, Clustering};
use pellucid_observables::jets::grooming::Groomer;
use pellucid_observables::jets::lund::Plane;
use rayon::prelude::*;
use serde::Serialize;

use crate::PipelineError;
use crate::parts::Parts;
use crate::source::{self, Convention, DataSettings};
use jets::Worker;

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
    /// The file of events.
    pub events: PathBuf,
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
    /// What was left out of the events.
    pub dropped: Dropped,
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

    /// Everything the output depends on: the settings and the file, by size and
    /// time.
    fn fingerprint(&self) -> Result<String, PipelineError> {
        let file = |source| PipelineError::File {
            path: self.events.clone(),
            source,
        };
        let metadata = fs::metadata(&self.events).map_err(file)?;
        let modified = metadata.modified().map_err(file)?;
        let program = env!("CARGO_PKG_VERSION");
        Ok(format!(
            "{program} {self:?} {} {modified:?}",
            metadata.len()
        ))
    }
}

/// Clusters the events of a file.
pub fn cluster(request: &Request, job: &Job) -> Result<Summary, PipelineError> {
    request.check()?;
    let plan = source::plan_of_events(&request.events, &request.data)?;
    for note in plan.notes() {
        job.note(&format!("{}: {note}", request.events.display()));
    }
    let selection = Columns::of(plan.names())
        .map(ColumnMap(plan.map()))
        .batch_rows(BATCH);
    let reader = pellucid_data::open(&request.events, &selection)?;
    let mut parts = Parts::open(&request.out, &request.fingerprint()?)?;
    let bar = job.start("clustering events", reader.rows().unwrap_or(0) as u64);
    if parts.done() > 0 {
        job.note(&format!(
            "going on behind {} events that are done",
            parts.done() * BATCH * BATCHES
        ));
    }
    let mut events = 0;
    let mut dropped = Dropped::default();
    let mut tables = Vec::new();
    let mut skipped = parts.done() * BATCHES;
    for batch in reader {
        if let Err(stop) = job.check() {
            let done = parts.done() * BATCH * BATCHES;
            return Err(if done > 0 {
                parts.paused(done)
            } else {
                stop.into()
            });
        }
        let batch = batch?;
        events += batch.table.rows();
        bar.advance(batch.table.rows() as u64);
        if skipped > 0 {
            skipped -= 1;
            continue;
        }
        let jets = |source| PipelineError::Jets {
            path: request.events.clone(),
            source,
        };
        let read = plan
            .read_events(&batch.table, batch.first_row, &mut |_, error| Err(error))
            .map_err(jets)?;
        dropped.add(read.dropped);
        let particles = read.particles;
        let found = (0..particles.rows())
            .into_par_iter()
            .map_init(Worker::default, |worker, i| {
                worker.jets(request, particles.row(i), batch.first_row + i)
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(jets)?;
        tables.push(rows::table(request, batch.first_row, &found)?);
        if tables.len() == BATCHES {
            parts.finish_one(&tables)?;
            tables.clear();
        }
    }
    if !tables.is_empty() {
        parts.finish_one(&tables)?;
    }
    if let Some(told) = dropped.told() {
        job.note(&format!("{}: {told}", request.events.display()));
    }
    let empty = rows::table(request, 0, &[])?;
    let units: Vec<String> = empty.columns().iter().map(|c| c.unit.clone()).collect();
    let jets = parts.join(&units, Some(&empty))?;
    Ok(Summary {
        out: request.out.clone(),
        events,
        jets,
        convention: plan.convention(),
        dropped,
    })
}
