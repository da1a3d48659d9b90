//! Long work on a file, kept in finished parts.
//!
//! Rows of the input are worked on in parts of a fixed number; what a part gives
//! is written to a file of its own in the folder `OUT.parts` beside the output
//! (Parquet for tables, NPZ for [`arrays`](Parts::of_arrays)), with a note of
//! what was asked for. When all are there they become one file and the folder goes. Work that was stopped goes on behind its last
//! finished part, if the same is asked for of the same file; parts of other work
//! are not touched. Beside a part lies what its work had met by then, for the
//! account of the whole. A folder in which nothing was finished is not left behind.

mod arrays;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pellucid_core::{Column, Table};
use pellucid_data::{Selection, parquet, write_atomically};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::PipelineError;
pub use arrays::{Named, append};

/// Rows of a part that are read at once when parts become one file.
const JOINED_ROWS: usize = 20_000;

/// The parts of one output.
#[derive(Debug)]
pub struct Parts {
    out: PathBuf,
    folder: PathBuf,
    extension: &'static str,
    done: usize,
}

impl Parts {
    /// Finds the parts of this table that were made for the same request, which
    /// is a text that tells everything the output depends on, or begins anew.
    pub fn open(out: &Path, request: &str) -> Result<Self, PipelineError> {
        Self::of(out, request, "parquet")
    }

    fn of(out: &Path, request: &str, extension: &'static str) -> Result<Self, PipelineError> {
        if out.is_dir() {
            return Err(file(
                out,
                io::Error::other("it is a directory, expected a file"),
            ));
        }
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(".parts");
        let folder = out.with_file_name(name);
        let note = folder.join("request.json");
        match fs::read_to_string(&note) {
            Ok(earlier) if earlier == request => {}
            Ok(_) => {
                return Err(PipelineError::Settings {
                    path: folder,
                    problem: "these are parts of other work or of another file; remove the folder \
                              to begin anew, or choose another --out"
                        .to_owned(),
                });
            }
            Err(_) => {
                // Fails if there is a folder of that name which this did not make.
                fs::create_dir(&folder).map_err(|source| file(&folder, source))?;
                write_atomically(&note, |file| io::Write::write_all(file, request.as_bytes()))?;
            }
        }
        let mut parts = Self {
            out: out.to_owned(),
            folder,
            extension,
            done: 0,
        };
        while parts.part(parts.done).exists() || parts.nothing(parts.done).exists() {
            parts.done += 1;
        }
        Ok(parts)
    }

    /// How many are finished.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Why there is no output yet: the user stopped behind this many rows of
    /// the input, which are kept.
    pub fn paused(&self, rows: usize) -> PipelineError {
        PipelineError::Paused {
            done: rows,
            folder: self.folder.clone(),
        }
    }

    /// What the work on the parts that are done had met, as
    /// [`finish_one`](Self::finish_one) was told.
    pub fn met<M: DeserializeOwned + Default>(&self) -> Result<M, PipelineError> {
        let Some(last) = self.done.checked_sub(1) else {
            return Ok(M::default());
        };
        let text = fs::read_to_string(self.account(last));
        let met = text.and_then(|text| Ok(serde_json::from_str(&text)?));
        met.map_err(|error| PipelineError::Settings {
            path: self.folder.clone(),
            problem: format!(
                "what the finished parts had met is lost ({error}); remove the folder to begin anew"
            ),
        })
    }

    /// Finishes the next part with these tables; `met` is what the work on all
    /// parts up to it had met.
    pub fn finish_one(
        &mut self,
        tables: &[Table],
        met: &impl Serialize,
    ) -> Result<(), PipelineError> {
        let account = self.account(self.done);
        write_atomically(&account, |file| {
            serde_json::to_writer(&mut *file, met).map_err(io::Error::other)
        })?;
        if tables.iter().all(|table| table.rows() == 0) {
            let path = self.nothing(self.done);
            fs::write(&path, "").map_err(|source| file(&path, source))?;
        } else {
            let mut writer = parquet::Writer::create(&self.part(self.done), &[])?;
            for table in tables {
                writer.write(table)?;
            }
            writer.finish()?;
        }
        self.done += 1;
        Ok(())
    }

    /// Makes one file of all parts and removes them; the rows it has. `units`
    /// are those of the columns, which parts do not keep; `empty` has the columns
    /// and no rows, for work that may find nothing.
    pub fn join(self, units: &[String], empty: Option<&Table>) -> Result<usize, PipelineError> {
        let mut writer = parquet::Writer::create(&self.out, &[])?;
        if let Some(empty) = empty {
            writer.write(empty)?;
        }
        let selection = Selection::default().batch_rows(JOINED_ROWS);
        let mut rows = 0;
        for part in (0..self.done).map(|part| self.part(part)) {
            if !part.exists() {
                continue;
            }
            for batch in pellucid_data::open(&part, &selection)? {
                let table = with_units(&batch?.table, units)?;
                rows += table.rows();
                writer.write(&table)?;
            }
        }
        writer.finish()?;
        self.remove();
        Ok(rows)
    }

    /// The output is whole: parts that cannot be removed harm nobody.
    pub fn remove(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }

    fn part(&self, part: usize) -> PathBuf {
        self.folder.join(format!("{part:06}.{}", self.extension))
    }

    /// What was met up to the end of a part.
    fn account(&self, part: usize) -> PathBuf {
        self.folder.join(format!("{part:06}.json"))
    }

    /// The mark of a part without rows.
    fn nothing(&self, part: usize) -> PathBuf {
        self.folder.join(format!("{part:06}.nothing"))
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if self.done == 0 {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn with_units(table: &Table, units: &[String]) -> Result<Table, PipelineError> {
    let columns = table.columns().iter().zip(units);
    let columns = columns.map(|(column, unit)| Column {
        unit: unit.clone(),
        ..column.clone()
    });
    Table::new(columns.collect()).map_err(|error| PipelineError::Observable(error.into()))
}

fn file(path: &Path, source: io::Error) -> PipelineError {
    PipelineError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::Values;

    fn table(values: &[f64]) -> Table {
        Table::new(vec![Column {
            name: "jet_pt".to_owned(),
            unit: "GeV".to_owned(),
            values: Values::Float(values.to_vec()),
        }])
        .unwrap()
    }

    fn left_in(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn parts_of_the_same_request_are_kept_and_become_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("jets.parquet");
        let mut parts = Parts::open(&out, "a").unwrap();
        parts
            .finish_one(&[table(&[1.0]), table(&[2.0, 3.0])], &1)
            .unwrap();
        parts.finish_one(&[table(&[])], &2).unwrap();
        drop(parts);
        let mut parts = Parts::open(&out, "a").unwrap();
        assert_eq!(parts.done(), 2);
        assert_eq!(parts.met::<u32>().unwrap(), 2);
        parts.finish_one(&[table(&[4.0])], &3).unwrap();
        let rows = parts.join(&["GeV".to_owned()], None).unwrap();
        assert_eq!(rows, 4);
        let read = pellucid_data::read(&out, &Selection::default()).unwrap();
        assert_eq!(read.floats("jet_pt").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(left_in(folder.path()), 1, "the folder of the parts is gone");
    }

    #[test]
    fn work_that_finds_nothing_has_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("jets.parquet");
        let mut parts = Parts::open(&out, "a").unwrap();
        parts.finish_one(&[table(&[])], &0).unwrap();
        let rows = parts.join(&["GeV".to_owned()], Some(&table(&[]))).unwrap();
        assert_eq!(rows, 0);
        assert!(out.is_file());
    }

    #[test]
    fn parts_of_another_request_are_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.parquet");
        Parts::open(&out, "this")
            .unwrap()
            .finish_one(&[table(&[1.0])], &0)
            .unwrap();
        let message = Parts::open(&out, "that").err().unwrap().to_string();
        assert!(message.contains("out.parquet.parts"), "{message}");
        assert_eq!(Parts::open(&out, "this").unwrap().done(), 1);
    }

    #[test]
    fn nothing_is_left_of_work_that_finished_no_part() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.parquet");
        drop(Parts::open(&out, "this").unwrap());
        assert_eq!(left_in(folder.path()), 0);
        assert_eq!(Parts::open(&out, "that").unwrap().done(), 0);
    }

    #[test]
    fn a_folder_that_this_did_not_make_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.parquet");
        let own = folder.path().join("out.parquet.parts");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("thesis.txt"), "mine").unwrap();
        assert!(Parts::open(&out, "this").is_err());
        assert!(own.join("thesis.txt").is_file());
    }
}
