//! A long table written in parts, so that work that was stopped can go on.
//!
//! The parts lie in a folder beside the output, `OUT.parts`, each a whole file
//! or none at all, with a note of what they are parts of. Once all are there
//! they become the output, and the folder is removed.

use std::fs;
use std::path::{Path, PathBuf};

use pellucid_core::{Column, Table};
use pellucid_data::{Selection, parquet, write_atomically};

use crate::PipelineError;

/// The file that says what the parts are of.
const NOTE: &str = "request.json";

/// The parts of one output.
pub(super) struct Parts {
    folder: PathBuf,
    finished: usize,
}

impl Parts {
    /// Finds the parts of an earlier run of the same request, or begins anew.
    pub fn open(out: &Path, request: &str) -> Result<Self, PipelineError> {
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(".parts");
        let folder = out.with_file_name(name);
        let note = folder.join(NOTE);
        fs::create_dir_all(&folder).map_err(|source| PipelineError::File {
            path: folder.clone(),
            source,
        })?;
        match fs::read_to_string(&note) {
            Ok(earlier) if earlier == request => {}
            Ok(_) => {
                return Err(PipelineError::Settings {
                    path: folder,
                    problem: "these are parts of other observables or jets; remove the folder to \
                              begin anew, or choose another --out"
                        .to_owned(),
                });
            }
            Err(_) => write_atomically(&note, |file| {
                std::io::Write::write_all(file, request.as_bytes())
            })?,
        }
        let mut parts = Self {
            folder,
            finished: 0,
        };
        while parts.path(parts.finished).is_file() {
            parts.finished += 1;
        }
        Ok(parts)
    }

    /// How many parts there are.
    pub fn finished(&self) -> usize {
        self.finished
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, part: usize) -> PathBuf {
        self.folder.join(format!("{part:06}.parquet"))
    }

    /// Adds the next part.
    pub fn add(&mut self, table: &Table) -> Result<(), PipelineError> {
        parquet::write(&self.path(self.finished), table)?;
        self.finished += 1;
        Ok(())
    }

    /// Puts all parts together and removes them; `units` are those of the
    /// columns.
    pub fn join(self, out: &Path, units: &[String]) -> Result<(), PipelineError> {
        let mut writer = parquet::Writer::create(out, &[])?;
        for part in 0..self.finished {
            for batch in pellucid_data::open(&self.path(part), &Selection::default())? {
                let table = batch?.table;
                let columns = table.columns().iter().zip(units);
                let columns = columns.map(|(column, unit)| Column {
                    unit: unit.clone(),
                    ..column.clone()
                });
                let table = Table::new(columns.collect())
                    .map_err(|error| PipelineError::Observable(error.into()))?;
                writer.write(&table)?;
            }
        }
        writer.finish()?;
        // The output is whole: parts that cannot be removed harm nobody.
        let _ = fs::remove_dir_all(&self.folder);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::Values;

    fn table(start: i64, rows: i64) -> Table {
        Table::new(vec![Column {
            name: "n".to_owned(),
            unit: "GeV".to_owned(),
            values: Values::Integer((start..start + rows).collect()),
        }])
        .unwrap()
    }

    #[test]
    fn parts_of_an_earlier_run_are_found_and_put_together() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.parquet");
        let mut parts = Parts::open(&out, "this").unwrap();
        parts.add(&table(0, 3)).unwrap();
        parts.add(&table(3, 2)).unwrap();
        drop(parts);
        let mut parts = Parts::open(&out, "this").unwrap();
        assert_eq!(parts.finished(), 2);
        parts.add(&table(5, 4)).unwrap();
        parts.join(&out, &["GeV".to_owned()]).unwrap();
        let all = pellucid_data::read(&out, &Selection::default()).unwrap();
        assert_eq!(all.integers("n").unwrap(), (0..9).collect::<Vec<i64>>());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn parts_of_another_request_are_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.parquet");
        Parts::open(&out, "this")
            .unwrap()
            .add(&table(0, 3))
            .unwrap();
        let message = Parts::open(&out, "that").err().unwrap().to_string();
        assert!(message.contains("out.parquet.parts"), "{message}");
        assert_eq!(Parts::open(&out, "this").unwrap().finished(), 1);
    }
}
