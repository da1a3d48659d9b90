//! NPZ: a ZIP archive of `numpy` arrays.
//!
//! Four readings of one format:
//!
//! * **A table of jets** ([`open`](crate::open)): one-dimensional arrays are
//!   columns. If there is an array `offsets` of `n + 1` integers, the arrays as
//!   long as its last number are lists: row `i` is the entries `offsets[i]` to
//!   `offsets[i + 1]`; the arrays of length `n` stay flat. Where both lengths
//!   are the same, arrays whose names begin with `part_`, and those of the
//!   four-momenta of particles (`pt`, `y`, `px`, …), are the lists.
//! * **Arrays** ([`read_arrays`]): any shape, in row-major order whatever the
//!   order in the file; both byte orders; integers of any width and truth
//!   values as `i64`, half precision as `f32`.
//! * **Features** ([`read_features`]): a matrix `X` with the `names` of its
//!   columns, and arrays of one number per row.
//! * **Writing** ([`write()`], or row by row with a [`Writer`]): atomic, and the same bytes for the
//!   same arrays (no time of writing), so that a hash identifies them. An array is
//!   compressed where that halves it, and stored as it is where it does not, as
//!   the attributions of a network are; beyond 4 GB the file is ZIP64.
//!
//! Arrays are held whole, as `numpy` does, but for tables of jets: of these the rows
//! asked for are.

mod body;
mod entry;
mod features;
mod npy;
mod stream;
mod table;
mod writer;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use zip::ZipArchive;

use crate::error::DataError;
use crate::format::{Format, describe, start};
use npy::{Fault, Header};
use stream::Stream;
use table::Npz;

pub use features::read_features;
pub use writer::Writer;

pub(crate) const FORMAT: Format = Format {
    name: "NPZ",
    magic: &[b"PK\x03\x04", b"PK\x05\x06"],
    extensions: &["npz"],
    open: |path, features| Ok(Box::new(Npz::open(path, features)?)),
};

/// An array of one of the types that we compute with.
#[derive(Debug, Clone, PartialEq)]
pub enum Array {
    /// Single precision.
    F32(Tensor<f32>),
    /// Double precision.
    F64(Tensor<f64>),
    /// Integers and truth values.
    I64(Tensor<i64>),
}

impl Array {
    /// The length of every side.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::F32(tensor) => tensor.shape(),
            Self::F64(tensor) => tensor.shape(),
            Self::I64(tensor) => tensor.shape(),
        }
    }
}

/// Reads all arrays of a file, in its order; other entries are passed over.
pub fn read_arrays(path: &Path) -> Result<Vec<(String, Array)>, DataError> {
    let mut archive = Archive::of_arrays(path)?;
    let mut arrays = Vec::new();
    for index in 0..archive.zip.len() {
        match archive.array(index) {
            Err(_) if !archive.is_array(index) => {}
            array => arrays.push((archive.name(index), array?)),
        }
    }
    Ok(arrays)
}

/// The arrays of a file, and the names of those that hold no numbers (text, Python objects)
/// with what they hold.
pub type Readable = (Vec<(String, Array)>, Vec<(String, String)>);

/// Reads the arrays of a file that can be read, in its order.
pub fn read_readable(path: &Path) -> Result<Readable, DataError> {
    let mut archive = Archive::of_arrays(path)?;
    let (mut arrays, mut others) = (Vec::new(), Vec::new());
    for index in 0..archive.zip.len() {
        match archive.array(index) {
            Ok(array) => arrays.push((archive.name(index), array)),
            Err(_) if !archive.is_array(index) => {
                others.push((archive.name(index), NO_ARRAY.to_owned()));
            }
            Err(DataError::Kind { column, found, .. }) => others.push((column, found)),
            Err(error) => return Err(error),
        }
    }
    Ok((arrays, others))
}

/// Writes arrays under their names: whole or not at all, compressed where that pays.
///
/// ```
/// # use pellucid_core::Tensor;
/// # use pellucid_data::npz::{self, Array};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("relevance.npz");
/// let relevance = Array::F32(Tensor::new(vec![1, 2], vec![0.25, 0.75]));
/// npz::write(&path, &[("relevance", relevance)])?;
/// # assert_eq!(npz::read_arrays(&path)?[0].0, "relevance");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write<N: AsRef<str>>(path: &Path, arrays: &[(N, Array)]) -> Result<(), DataError> {
    writer::write(path, arrays)
}

/// What an entry of an archive is that is no array, as `metadata.json`.
const NO_ARRAY: &str = "no array";

/// An open archive of arrays.
struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
}

impl Archive {
    /// Opens a file that must be an archive of arrays.
    fn of_arrays(path: &Path) -> Result<Self, DataError> {
        let start = start(path)?;
        if !FORMAT.magic.iter().any(|magic| start.starts_with(magic)) {
            return Err(DataError::NotFormat {
                path: path.to_owned(),
                expected: FORMAT.name,
                found: describe(&start),
            });
        }
        Self::open(path)
    }

    fn open(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(|source| DataError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let zip = ZipArchive::new(BufReader::new(file))
            .map_err(|error| damaged(path, error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            zip,
        })
    }

    fn name(&self, index: usize) -> String {
        let name = self.zip.name_for_index(index).unwrap_or_default();
        name.strip_suffix(".npy").unwrap_or(name).to_owned()
    }

    /// Whether an entry is called as arrays are.
    fn is_array(&self, index: usize) -> bool {
        let name = self.zip.name_for_index(index).unwrap_or_default();
        name.strip_suffix(".npy").is_some()
    }

    fn header(&mut self, index: usize) -> Result<Header, DataError> {
        let name = self.name(index);
        let mut bytes = self
            .zip
            .by_index(index)
            .map_err(|error| damaged(&self.path, error.to_string()))?;
        Header::read(&mut bytes)
            .map_err(|reason| damaged(&self.path, format!("array `{name}`: {reason}")))
    }

    fn array(&mut self, index: usize) -> Result<Array, DataError> {
        let name = self.name(index);
        let mut bytes = self
            .zip
            .by_index(index)
            .map_err(|error| damaged(&self.path, error.to_string()))?;
        npy::read(&mut bytes).map_err(|fault| at_fault(&self.path, name, fault))
    }

    /// The array, to be read piece by piece.
    fn stream(&mut self, index: usize) -> Result<Stream, DataError> {
        let name = self.name(index);
        let entry = self
            .zip
            .by_index(index)
            .map_err(|error| damaged(&self.path, error.to_string()))?;
        Stream::open(&self.path, &entry).map_err(|fault| at_fault(&self.path, name, fault))
    }
}

/// What is wrong with an array.
fn at_fault(path: &Path, array: String, fault: Fault) -> DataError {
    let path = path.to_owned();
    match fault {
        Fault::Damaged(reason) => damaged(&path, format!("array `{array}`: {reason}")),
        Fault::Kind(found) => DataError::Kind {
            path,
            column: array,
            found,
        },
        Fault::TooLarge { row, found } => DataError::TooLarge {
            path,
            column: array,
            row,
            found,
        },
    }
}

fn damaged(path: &Path, reason: impl Into<String>) -> DataError {
    DataError::Damaged {
        path: path.to_owned(),
        format: FORMAT.name,
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrays() -> Vec<(String, Array)> {
        let image: Vec<f32> = (0..24).map(|i| i as f32 / 7.0).collect();
        vec![
            (
                "image".to_owned(),
                Array::F32(Tensor::new(vec![2, 3, 4], image)),
            ),
            (
                "score".to_owned(),
                Array::F64(Tensor::new(vec![2], vec![f64::NAN, -0.0])),
            ),
            (
                "label".to_owned(),
                Array::I64(Tensor::new(vec![2], vec![i64::MIN, i64::MAX])),
            ),
            (
                "scalar".to_owned(),
                Array::F64(Tensor::new(vec![], vec![1.5])),
            ),
            (
                "none".to_owned(),
                Array::F32(Tensor::new(vec![0, 3], vec![])),
            ),
        ]
    }

    #[test]
    fn arrays_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        write(&path, &arrays()).unwrap();
        // Not a number is not equal to itself; the texts of both are.
        assert_eq!(
            format!("{:?}", read_arrays(&path).unwrap()),
            format!("{:?}", arrays())
        );
    }

    #[test]
    fn the_same_arrays_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = |name| {
            let path = folder.path().join(name);
            write(&path, &arrays()).unwrap();
            std::fs::read(&path).unwrap()
        };
        assert_eq!(bytes("a.npz"), bytes("b.npz"));
    }
}
