//! From a file of jets to a file of observables.
//!
//! The next batch is read and the last one written while one is computed, so
//! that all threads have work. Memory holds three batches and a row group,
//! however long the file is. The size of batches and parts depends on the
//! request alone: every run makes the same file.

use std::path::{Path, PathBuf};

use pellucid_core::{Job, Table};
use pellucid_data::{parquet, unit};
use serde::Serialize;

use super::Request;
use super::columns::Columns;
use crate::PipelineError;
use crate::jet_files::JetFile;
use crate::parts::Parts;

/// Numbers of a batch, about: 8 MB.
const BATCH: usize = 1 << 20;

/// Jets of a batch, at least and at most.
const BATCH_ROWS: (usize, usize) = (64, 2048);

/// Numbers of a part, about: what an interruption costs, at most.
const PART: usize = 1 << 22;

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The file written.
    pub out: PathBuf,
    /// The number of jets: rows.
    pub jets: usize,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The jets that an earlier, interrupted run had finished.
    pub resumed: usize,
}

/// Computes what `request` asks for of every jet of `jets` and writes it to
/// `out` as Parquet.
pub fn observables(
    jets: &Path,
    request: &Request,
    out: &Path,
    job: &Job,
) -> Result<Summary, PipelineError> {
    check_name(out)?;
    let columns = Columns::new(request)?;
    let batch_rows = (BATCH / columns.len()).clamp(BATCH_ROWS.0, BATCH_ROWS.1);
    let part_batches = PART.div_ceil(columns.len() * batch_rows);
    let part_rows = part_batches * batch_rows;
    let needs = columns.needs();
    let file = JetFile::open(jets, &request.data, &needs, columns.kept(), batch_rows)?;
    let mut summary = Summary {
        out: out.to_owned(),
        jets: 0,
        columns: columns.kept().to_vec(),
        resumed: 0,
    };
    let names = columns.computed().iter().map(|(name, _)| name.clone());
    summary.columns.extend(names);
    let run = Run {
        columns: &columns,
        path: jets,
        job,
    };
    if file.rows().is_some_and(|rows| rows <= part_rows) {
        let bar = job.start("observables", file.rows().unwrap_or(0) as u64);
        let mut writer = parquet::Writer::create(out, &[])?;
        run.batches(file, |table| {
            summary.jets += table.rows();
            bar.advance(table.rows() as u64);
            Ok(writer.write(table)?)
        })?;
        writer.finish()?;
    } else {
        run.in_parts(file, request, part_batches, &mut summary)?;
    }
    Ok(summary)
}

/// A name that promises another format would mislead.
fn check_name(out: &Path) -> Result<(), PipelineError> {
    let extension = out.extension().and_then(|e| e.to_str());
    match extension.map(str::to_lowercase).as_deref() {
        None | Some("parquet" | "pq") => Ok(()),
        Some(_) => Err(PipelineError::Setting {
            setting: "out".to_owned(),
            problem: format!(
                "`{}` is to hold Parquet; let its name end with .parquet",
                out.display()
            ),
        }),
    }
}

struct Run<'a> {
    columns: &'a Columns,
    path: &'a Path,
    job: &'a Job,
}

impl Run<'_> {
    /// Hands over the columns of batch after batch.
    fn batches(
        &self,
        mut file: JetFile,
        mut write: impl FnMut(&Table) -> Result<(), PipelineError> + Send,
    ) -> Result<(), PipelineError> {
        let mut next = file.next().transpose()?;
        let mut done: Option<Table> = None;
        while next.is_some() || done.is_some() {
            self.job.check()?;
            let (read, (made, written)) = rayon::join(
                || file.next().transpose(),
                || {
                    rayon::join(
                        || {
                            next.as_ref()
                                .map(|batch| self.columns.evaluate(batch, self.job))
                                .transpose()
                        },
                        || done.as_ref().map_or(Ok(()), &mut write),
                    )
                },
            );
            written?;
            done = made?;
            next = read?;
        }
        Ok(())
    }

    /// Part by part, those of an earlier run not again.
    fn in_parts(
        &self,
        mut file: JetFile,
        request: &Request,
        part_batches: usize,
        summary: &mut Summary,
    ) -> Result<(), PipelineError> {
        let mut parts = Parts::open(&summary.out, &self.identity(request)?)?;
        let rows = file.rows();
        let bar = self.job.start("observables", rows.unwrap_or(0) as u64);
        for _ in 0..parts.done() * part_batches {
            self.job.check()?;
            let skipped = file.pass_over()?;
            summary.resumed += skipped;
            bar.advance(skipped as u64);
        }
        summary.jets = summary.resumed;
        let mut part = Vec::new();
        let mut kept = summary.resumed;
        let written = self.batches(file, |table| {
            part.push(table.clone());
            summary.jets += table.rows();
            bar.advance(table.rows() as u64);
            if part.len() == part_batches {
                parts.finish_one(&part)?;
                kept = summary.jets;
                part.clear();
            }
            Ok(())
        });
        match written {
            Err(PipelineError::Interrupted(stop)) => {
                return Err(if kept > 0 {
                    parts.paused(kept)
                } else {
                    stop.into()
                });
            }
            written => written?,
        }
        if !part.is_empty() {
            parts.finish_one(&part)?;
        }
        let kept = self.columns.kept().iter().map(|name| unit(name).to_owned());
        let computed = self.columns.computed().iter().map(|(_, unit)| unit.clone());
        let units: Vec<String> = kept.chain(computed).collect();
        parts.join(&units, None)?;
        Ok(())
    }

    /// What tells one request from another: settings, program, and the file of
    /// jets by its name, size and time.
    fn identity(&self, request: &Request) -> Result<String, PipelineError> {
        let failed = |source| PipelineError::File {
            path: self.path.to_owned(),
            source,
        };
        let path = self.path.canonicalize().map_err(failed)?;
        let metadata = path.metadata().map_err(failed)?;
        let modified = metadata.modified().map_err(failed)?;
        let modified = modified
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos() as u64);
        let identity = serde_json::json!({
            "request": request,
            "program": env!("CARGO_PKG_VERSION"),
            "jets": path,
            "bytes": metadata.len(),
            "modified": modified,
        });
        Ok(identity.to_string())
    }
}
