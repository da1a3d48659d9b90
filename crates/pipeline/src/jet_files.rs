//! Jets without labels from one file, batch by batch.
//!
//! The constituents are list columns `part_pt`, …, or arrays of the short names
//! `pt`, `y` or `eta`, `phi`, `m`, or `px`, `py`, `pz`, `e`. The names declare
//! what the numbers are; a file with several sets of them is read by the one
//! that is asked for.

use std::path::{Path, PathBuf};

use pellucid_core::Table;
use pellucid_data::{ColumnMap, Reader, Selection};
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::property::Property;
use serde::{Deserialize, Serialize};

use crate::PipelineError;

/// Which numbers of a four-momentum a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Convention {
    /// Transverse momentum, pseudorapidity, azimuth, mass.
    #[serde(rename = "pt-eta-phi-m")]
    PtEtaPhiM,
    /// Transverse momentum, rapidity, azimuth, mass.
    #[serde(rename = "pt-y-phi-m")]
    PtYPhiM,
    /// The three components of the momentum and the energy.
    #[serde(rename = "px-py-pz-E")]
    PxPyPzE,
}

/// What the columns of a file of jets are called and mean.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JetColumns {
    /// The convention of the constituents' momenta; without it that of the
    /// columns there are, `part_pt` before `part_px` and `part_y` before
    /// `part_eta` before `part_deta`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention: Option<Convention>,
    /// The file's names of columns, by our names.
    pub columns: ColumnMap,
}

/// The short names of constituents' columns; ours begin with `part_`.
const SHORT: [&str; 15] = [
    "pt", "y", "eta", "phi", "m", "px", "py", "pz", "e", "charge", "pid", "d0", "dz", "d0err",
    "dzerr",
];

/// Our columns that only files of one convention have.
const BY_CONVENTION: [(&str, Convention); 7] = [
    ("part_eta", Convention::PtEtaPhiM),
    ("part_deta", Convention::PtEtaPhiM),
    ("part_y", Convention::PtYPhiM),
    ("part_px", Convention::PxPyPzE),
    ("part_py", Convention::PxPyPzE),
    ("part_pz", Convention::PxPyPzE),
    ("part_e", Convention::PxPyPzE),
];

/// An open file of jets.
#[derive(Debug)]
pub struct JetFile {
    path: PathBuf,
    reader: Reader,
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
        let all = Selection::default().map(settings.columns.clone());
        let names = pellucid_data::open(path, &all)?.names();
        let map = with_short_names(&settings.columns, &names);
        let ours = |name: &String| {
            let renamed = map.0.iter().find(|(_, theirs)| *theirs == name);
            renamed.map_or(name, |(ours, _)| ours).clone()
        };
        let asked = settings.convention;
        let found: Vec<String> = names
            .iter()
            .map(ours)
            .filter(|name| belongs(name, asked))
            .collect();
        let jets = Jets::needed(&found, properties).map_err(|source| PipelineError::Jets {
            path: path.to_owned(),
            source,
        })?;
        let columns = jets.into_iter().map(str::to_owned);
        let selection = Selection::of(columns.chain(more.iter().cloned()))
            .map(map)
            .batch_rows(batch_rows);
        Ok(Self {
            path: path.to_owned(),
            reader: pellucid_data::open(path, &selection)?,
        })
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
        let jets = Jets::from_table(&batch.table, batch.first_row);
        Some(match jets {
            Ok(jets) => Ok(JetBatch {
                jets,
                table: batch.table,
                first_row: batch.first_row,
            }),
            Err(source) => Err(PipelineError::Jets {
                path: self.path.clone(),
                source,
            }),
        })
    }
}

/// Our names for the short ones, in a file without ours.
fn with_short_names(map: &ColumnMap, names: &[String]) -> ColumnMap {
    let has = |name: &str| names.iter().any(|other| other == name);
    let mut map = map.clone();
    if !has(map.file_name("part_pt")) && !has(map.file_name("part_px")) {
        for short in SHORT.into_iter().filter(|short| has(short)) {
            map.0
                .entry(format!("part_{short}"))
                .or_insert_with(|| short.to_owned());
        }
    }
    map
}

/// Whether a column is read under the convention asked for.
fn belongs(name: &str, asked: Option<Convention>) -> bool {
    let Some(asked) = asked else { return true };
    if name == "part_pt" {
        return asked != Convention::PxPyPzE;
    }
    let of_one = BY_CONVENTION.iter().find(|(column, _)| *column == name);
    of_one.is_none_or(|(_, convention)| *convention == asked)
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
