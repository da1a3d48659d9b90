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
use crate::parts::Parts;
use crate::source::{Account, Batch, Progress, Source, Stream, files};

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
    /// What was read of the files, and what was left out.
    pub read: Account,
}

/// Computes what `request` asks for of every jet of the files `jets` (names,
/// folders and patterns) and writes it to `out` as Parquet.
pub fn observables(
    jets: &[PathBuf],
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
    let source = Source::keeping(jets, &request.data, columns.kept())?
        .telling(needs)?
        .batch_rows(batch_rows);
    files::check_out(out, source.paths())?;
    let mut stream = source.stream();
    let mut summary = Summary {
        out: out.to_owned(),
        jets: 0,
        columns: columns.kept().to_vec(),
        resumed: 0,
        read: Account::default(),
    };
    let names = columns.computed().iter().map(|(name, _)| name.clone());
    summary.columns.extend(names);
    let run = Run {
        columns: &columns,
        source: &source,
        job,
    };
    if source.rows().is_some_and(|rows| rows <= part_rows) {
        let bar = job.start("observables", source.rows().unwrap_or(0) as u64);
        let mut writer = parquet::Writer::create(out, &[])?;
        run.batches(&mut stream, |table, _| {
            summary.jets += table.rows();
            bar.advance(table.rows() as u64);
            Ok(writer.write(table)?)
        })?;
        writer.finish()?;
    } else {
        run.in_parts(&mut stream, request, part_batches, &mut summary)?;
    }
    summary.read = stream.account();
    source.tell(job);
    summary.read.tell(job);
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

/// The next batch, and what had been met at its end.
fn read(stream: &mut Stream) -> Result<Option<(Batch, Progress)>, PipelineError> {
    let batch = stream.next().transpose()?;
    Ok(batch.map(|batch| (batch, stream.progress())))
}

struct Run<'a> {
    columns: &'a Columns,
    source: &'a Source,
    job: &'a Job,
}

impl Run<'_> {
    /// Hands over the columns of batch after batch.
    fn batches(
        &self,
        stream: &mut Stream,
        mut write: impl FnMut(&Table, &Progress) -> Result<(), PipelineError> + Send,
    ) -> Result<(), PipelineError> {
        let mut next = read(stream)?;
        let mut done: Option<(Table, Progress)> = None;
        while next.is_some() || done.is_some() {
            self.job.check()?;
            let (further, (made, written)) = rayon::join(
                || read(stream),
                || {
                    rayon::join(
                        || {
                            let Some((batch, met)) = next.take() else {
                                return Ok(None);
                            };
                            let table = self.columns.evaluate(
                                &batch.events.jets()?,
                                &batch.table,
                                self.job,
                            )?;
                            Ok::<_, PipelineError>(Some((table, met)))
                        },
                        || {
                            done.as_ref()
                                .map_or(Ok(()), |(table, met)| write(table, met))
                        },
                    )
                },
            );
            written?;
            done = made?;
            next = further?;
        }
        Ok(())
    }

    /// Part by part, those of an earlier run not again.
    fn in_parts(
        &self,
        stream: &mut Stream,
        request: &Request,
        part_batches: usize,
        summary: &mut Summary,
    ) -> Result<(), PipelineError> {
        let mut parts = Parts::open(&summary.out, &self.identity(request)?)?;
        let rows = self.source.rows();
        let bar = self.job.start("observables", rows.unwrap_or(0) as u64);
        stream.go_on(parts.done() * part_batches, parts.met()?, self.job)?;
        let earlier = stream.account();
        summary.resumed = earlier.jets;
        bar.advance(earlier.rows as u64);
        summary.jets = summary.resumed;
        let mut part = Vec::new();
        let mut kept = summary.resumed;
        let mut last = stream.progress();
        let written = self.batches(stream, |table, met| {
            part.push(table.clone());
            last.clone_from(met);
            summary.jets += table.rows();
            bar.advance(table.rows() as u64);
            if part.len() == part_batches {
                parts.finish_one(&part, met)?;
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
            parts.finish_one(&part, &last)?;
        }
        let kept = self.columns.kept().iter().map(|name| unit(name).to_owned());
        let computed = self.columns.computed().iter().map(|(_, unit)| unit.clone());
        let units: Vec<String> = kept.chain(computed).collect();
        parts.join(&units, None)?;
        Ok(())
    }

    /// What tells one request from another: settings, program, and the files of
    /// jets by their names, sizes and times.
    fn identity(&self, request: &Request) -> Result<String, PipelineError> {
        let of_file = |path: &Path| {
            let failed = |source| PipelineError::File {
                path: path.to_owned(),
                source,
            };
            let whole = path.canonicalize().map_err(failed)?;
            let metadata = whole.metadata().map_err(failed)?;
            let modified = metadata.modified().map_err(failed)?;
            let modified = modified
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |time| time.as_nanos() as u64);
            Ok(serde_json::json!({
                "jets": whole,
                "bytes": metadata.len(),
                "modified": modified,
            }))
        };
        let files = self.source.paths().into_iter().map(of_file);
        let files: Result<Vec<_>, PipelineError> = files.collect();
        let identity = serde_json::json!({
            "request": request,
            "program": env!("CARGO_PKG_VERSION"),
            "files": files?,
        });
        Ok(identity.to_string())
    }
}
