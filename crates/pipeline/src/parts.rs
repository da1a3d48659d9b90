//! Long work on a file, kept in finished parts.
//!
//! Rows of the input are worked on in parts of a fixed number; what a part gives
//! is written to a Parquet file of its own in the folder `OUT.parts` beside the
//! output. When all are there they become one file and the folder goes. Work
//! that was stopped goes on behind its last finished part, if the same is asked
//! for of the same file; otherwise it begins anew.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pellucid_core::Table;
use pellucid_data::{Selection, parquet};

use crate::PipelineError;

/// Rows of a part that are read at once when parts become one file.
const JOINED_ROWS: usize = 20_000;

/// The parts of one output.
#[derive(Debug)]
pub struct Parts {
    out: PathBuf,
    folder: PathBuf,
    done: usize,
}

impl Parts {
    /// The parts of this output that were made for the same request, which is a
    /// text that tells everything the output depends on.
    pub fn open(out: &Path, request: &str) -> Result<Self, PipelineError> {
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
        let same = fs::read_to_string(&note).is_ok_and(|text| text == request);
        if !same {
            // Only a folder that this made; what else has its name is not removed.
            if note.exists() {
                fs::remove_dir_all(&folder).map_err(|source| file(&folder, source))?;
            }
            fs::create_dir(&folder).map_err(|source| file(&folder, source))?;
            fs::write(&note, request).map_err(|source| file(&note, source))?;
        }
        let mut parts = Self {
            out: out.to_owned(),
            folder,
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

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Finishes the next part with these tables.
    pub fn finish_one(&mut self, tables: &[Table]) -> Result<(), PipelineError> {
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

    /// Makes one file of all parts and removes them; the rows it has. `empty`
    /// has the columns and no rows, with their units.
    pub fn join(self, empty: &Table) -> Result<usize, PipelineError> {
        let mut writer = parquet::Writer::create(&self.out, &[])?;
        writer.write(empty)?;
        let selection = Selection::default().batch_rows(JOINED_ROWS);
        let mut rows = 0;
        for part in (0..self.done).map(|part| self.part(part)) {
            if !part.exists() {
                continue;
            }
            for batch in pellucid_data::open(&part, &selection)? {
                let table = batch?.table;
                rows += table.rows();
                writer.write(&table)?;
            }
        }
        writer.finish()?;
        fs::remove_dir_all(&self.folder).map_err(|source| file(&self.folder, source))?;
        Ok(rows)
    }

    fn part(&self, part: usize) -> PathBuf {
        self.folder.join(format!("{part:06}.parquet"))
    }

    /// The mark of a part without rows.
    fn nothing(&self, part: usize) -> PathBuf {
        self.folder.join(format!("{part:06}.nothing"))
    }
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
    use pellucid_core::{Column, Values};

    fn table(values: &[f64]) -> Table {
        Table::new(vec![Column {
            name: "jet_pt".to_owned(),
            unit: "GeV".to_owned(),
            values: Values::Float(values.to_vec()),
        }])
        .unwrap()
    }

    #[test]
    fn parts_of_the_same_request_are_kept_and_become_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("jets.parquet");
        let mut parts = Parts::open(&out, "a").unwrap();
        parts
            .finish_one(&[table(&[1.0]), table(&[2.0, 3.0])])
            .unwrap();
        parts.finish_one(&[table(&[])]).unwrap();
        drop(parts);
        let mut parts = Parts::open(&out, "a").unwrap();
        assert_eq!(parts.done(), 2);
        parts.finish_one(&[table(&[4.0])]).unwrap();
        assert_eq!(parts.join(&table(&[])).unwrap(), 4);
        let read = pellucid_data::read(&out, &Selection::default()).unwrap();
        assert_eq!(read.floats("jet_pt").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 1, "the folder of the parts is gone");
    }

    #[test]
    fn parts_of_another_request_are_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("jets.parquet");
        Parts::open(&out, "a")
            .unwrap()
            .finish_one(&[table(&[1.0])])
            .unwrap();
        assert_eq!(Parts::open(&out, "b").unwrap().done(), 0);
        let rows = Parts::open(&out, "b").unwrap().join(&table(&[])).unwrap();
        assert_eq!(rows, 0);
    }
}
