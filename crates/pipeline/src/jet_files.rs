//! Jets without labels from one file, batch by batch.
//!
//! Which columns are read as what is decided by
//! [`vocabulary`](pellucid_observables::jets::vocabulary) from their names, the
//! column map of the settings and the convention asked for.

use std::path::{Path, PathBuf};

use pellucid_core::{Job, Table};
use pellucid_data::{ColumnMap, Reader, Selection};
use pellucid_observables::ObservableError;
use pellucid_observables::jets::property::Property;
use pellucid_observables::jets::vocabulary::{Asked, Found, Plan};
use pellucid_observables::jets::{Dropped, Jets};
use serde::{Deserialize, Serialize};

pub use pellucid_observables::jets::vocabulary::Convention;

use crate::PipelineError;

/// What the columns of a file of jets are called and mean.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JetColumns {
    /// The convention of the constituents' momenta; without it that of the
    /// columns there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention: Option<Convention>,
    /// The file's names of columns, by our names.
    pub columns: ColumnMap,
    /// What the numbers of a particle are, in their order, where a file has them
    /// as the last side of an array or as numbered columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

impl JetColumns {
    /// Adds what `--columns` says: `OURS=NAME` maps a column, names without `=`
    /// are what the numbers of a particle in an array are, in their order.
    pub fn with(mut self, said: &[String]) -> Result<Self, PipelineError> {
        let mut features = Vec::new();
        for word in said {
            match word.split_once('=') {
                Some((ours, theirs)) if !ours.trim().is_empty() && !theirs.trim().is_empty() => {
                    let (ours, theirs) = (ours.trim().to_owned(), theirs.trim().to_owned());
                    self.columns.0.insert(ours, theirs);
                }
                None if !word.trim().is_empty() => features.push(word.trim().to_owned()),
                _ => {
                    return Err(PipelineError::Setting {
                        setting: "--columns".to_owned(),
                        problem: format!(
                            "`{word}` is not understood; map columns as in part_m=mass,part_pt=PT, \
                             name the numbers of an array as in pt,y,phi,m"
                        ),
                    });
                }
            }
        }
        if !features.is_empty() {
            self.features = features;
        }
        Ok(self)
    }

    /// Which columns of a file are read as what; with `jets` also the momentum of
    /// the jet itself.
    pub fn plan(
        &self,
        path: &Path,
        properties: &[Property],
        jets: bool,
    ) -> Result<Plan, PipelineError> {
        let columns = pellucid_data::columns(path, &self.features)?;
        let numbers = columns.iter().filter(|column| column.refused.is_none());
        let found: Vec<Found> = numbers
            .map(|column| Found::of(&column.name, column.lists))
            .collect();
        let asked = Asked::of(&found).map(&self.columns.0);
        let asked = asked.convention(self.convention).properties(properties);
        let asked = if jets { asked.jets() } else { asked };
        asked.plan().map_err(|source| {
            let array = arrays_of_particles(&columns).filter(|_| self.features.is_empty());
            match (&source, array) {
                (ObservableError::Momenta { .. }, Some(array)) => PipelineError::Features {
                    path: path.to_owned(),
                    array,
                },
                _ => PipelineError::Jets {
                    path: path.to_owned(),
                    source,
                },
            }
        })
    }

    /// What is read of a file: the columns of a plan, and more by the names of
    /// these settings.
    pub fn selection(&self, plan: &Plan, more: &[String]) -> Selection {
        let mut map = plan.map();
        for (ours, theirs) in &self.columns.0 {
            map.entry(ours.clone()).or_insert_with(|| theirs.clone());
        }
        let columns = plan.names().into_iter().map(str::to_owned);
        Selection::of(columns.chain(more.iter().cloned()))
            .map(ColumnMap(map))
            .features(&self.features)
    }
}

/// What may be particles whose numbers have no names, in words.
fn arrays_of_particles(columns: &[pellucid_data::Found]) -> Option<String> {
    let array = columns.iter().find_map(|column| {
        let shape = column.refused.as_ref()?;
        let is_array = shape.starts_with("an array of shape");
        is_array.then(|| format!("`{}` is {shape}", column.name))
    });
    let matrix = || {
        let matrix = columns
            .iter()
            .find(|column| column.derived && column.lists)?;
        Some(format!(
            "`{}` has a row of numbers for each jet",
            matrix.name
        ))
    };
    let numbered = || {
        let digits = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        let count = columns.iter().filter(|column| digits(&column.name)).count();
        (count >= 6).then(|| format!("{count} columns are called by numbers"))
    };
    array.or_else(matrix).or_else(numbered)
}

/// An open file of jets.
#[derive(Debug)]
pub struct JetFile {
    path: PathBuf,
    plan: Plan,
    reader: Reader,
    dropped: Dropped,
}

/// Some consecutive jets.
#[derive(Debug)]
pub struct JetBatch {
    /// The jets.
    pub jets: Jets,
    /// The columns read, those of the constituents among them.
    pub table: Table,
    /// The place of the first jet in the file.
    pub first_row: usize,
}

impl JetFile {
    /// Opens a file; `properties` is what must be known of the constituents
    /// besides their momenta, `more` are columns to be read besides the jets.
    pub fn open(
        path: &Path,
        settings: &JetColumns,
        properties: &[Property],
        more: &[String],
        batch_rows: usize,
    ) -> Result<Self, PipelineError> {
        let plan = settings.plan(path, properties, true)?;
        let selection = settings.selection(&plan, more).batch_rows(batch_rows);
        let reader = pellucid_data::open(path, &selection)?;
        Ok(Self {
            path: path.to_owned(),
            plan,
            reader,
            dropped: Dropped::default(),
        })
    }

    /// Says what the user should know of the columns.
    pub fn tell(&self, job: &Job) {
        for note in self.plan.notes() {
            job.note(&format!("{}: {note}", self.path.display()));
        }
    }

    /// What was left out of the jets read so far.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// The number of jets, if it is known before they are read.
    pub fn rows(&self) -> Option<usize> {
        self.reader.rows()
    }

    /// Passes over a batch without looking at its numbers; how many jets it
    /// had.
    pub fn pass_over(&mut self) -> Result<usize, PipelineError> {
        let batch = self.reader.next().transpose()?;
        Ok(batch.map_or(0, |batch| batch.table.rows()))
    }
}

impl Iterator for JetFile {
    type Item = Result<JetBatch, PipelineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.reader.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(error.into())),
        };
        let read = self
            .plan
            .read_jets(&batch.table, batch.first_row, &mut |_, error| Err(error));
        Some(match read {
            Ok(read) => {
                self.dropped.add(read.dropped);
                Ok(JetBatch {
                    jets: read.jets,
                    table: batch.table,
                    first_row: batch.first_row,
                })
            }
            Err(source) => Err(PipelineError::Jets {
                path: self.path.clone(),
                source,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::Tensor;
    use pellucid_data::npz::{self, Array};

    /// Two jets of one and two particles, in every convention at once.
    fn file(folder: &Path, names: &[&str]) -> PathBuf {
        let (pt, y, phi, m) = (
            [10.0, 5.0, 2.0],
            [0.5, -1.0, 2.0],
            [0.1, 3.0, -3.0],
            [1.0, 0.5, 3.0],
        );
        let of = |f: &dyn Fn(usize) -> f64| (0..3).map(f).collect::<Vec<f64>>();
        let mt = |i: usize| f64::hypot(pt[i], m[i]);
        let arrays = names.iter().map(|&name| {
            let values = match name.rsplit('_').next().unwrap_or_default() {
                "pt" => pt.to_vec(),
                "y" => y.to_vec(),
                "phi" => phi.to_vec(),
                "m" => m.to_vec(),
                "eta" => of(&|i| f64::asinh(mt(i) * y[i].sinh() / pt[i])),
                "px" => of(&|i| pt[i] * phi[i].cos()),
                "py" => of(&|i| pt[i] * phi[i].sin()),
                "pz" => of(&|i| mt(i) * y[i].sinh()),
                _ => of(&|i| mt(i) * y[i].cosh()),
            };
            (name, Array::F64(Tensor::new(vec![3], values)))
        });
        let offsets = Array::I64(Tensor::new(vec![3], vec![0, 1, 3]));
        let path = folder.join("jets.npz");
        npz::write(
            &path,
            &arrays.chain([("offsets", offsets)]).collect::<Vec<_>>(),
        )
        .unwrap();
        path
    }

    fn read(path: &Path, convention: Option<Convention>) -> Result<Jets, String> {
        let settings = JetColumns {
            convention,
            ..JetColumns::default()
        };
        let mut file = JetFile::open(path, &settings, &[], &[], 10).map_err(|e| e.to_string())?;
        Ok(file.next().unwrap().map_err(|e| e.to_string())?.jets)
    }

    #[test]
    fn every_convention_gives_the_same_jets() {
        let folder = tempfile::tempdir().unwrap();
        for names in [
            &["part_pt", "part_y", "part_phi", "part_m"],
            &["pt", "y", "phi", "m"],
            &["pt", "eta", "phi", "m"],
            &["px", "py", "pz", "e"],
            &["part_px", "part_py", "part_pz", "part_e"],
        ] {
            let jets = read(&file(folder.path(), names), None).unwrap();
            assert_eq!(jets.len(), 2);
            let jet = jets.jet(1);
            let found = [jet.pt[0], jet.y[0], jet.phi[0], jet.m[0]];
            for (found, expected) in found.into_iter().zip([5.0, -1.0, 3.0, 0.5]) {
                assert!((found - expected).abs() < 1e-12, "{names:?}: {found}");
            }
        }
    }

    #[test]
    fn the_convention_asked_for_is_read_or_missed() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), &["pt", "y", "eta", "phi", "m"]);
        let by = |convention| read(&path, Some(convention));
        let (a, b) = (
            by(Convention::PtYPhiM).unwrap(),
            by(Convention::PtEtaPhiM).unwrap(),
        );
        assert!((a.jet(0).y[0] - b.jet(0).y[0]).abs() < 1e-12);
        // Two roads to the rapidity differ in their last digits.
        assert_ne!(a, b);
        let message = by(Convention::PxPyPzE).unwrap_err();
        assert!(
            message.contains("jets.npz") && message.contains("part_px"),
            "{message}"
        );
    }
}
