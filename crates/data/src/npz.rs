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
//! * **Writing** ([`write()`]): compressed, atomic, and the same bytes for the
//!   same arrays (no time of writing), so that a hash identifies them.
//!
//! Arrays are held whole, as `numpy` does, but for tables of jets: of these the rows
//! asked for are.

mod features;
mod npy;
mod stream;

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use pellucid_core::{Jagged, Tensor, Values};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::atomic::write_atomically;
use crate::columns::Found;
use crate::error::DataError;
use crate::format::{Format, Source, describe, start};
use npy::{Fault, Header};
use stream::Stream;

pub use features::read_features;

pub(crate) const FORMAT: Format = Format {
    name: "NPZ",
    magic: &[b"PK\x03\x04", b"PK\x05\x06"],
    extensions: &["npz"],
    open: |path| Ok(Box::new(Npz::open(path)?)),
};

/// The array that divides others into lists.
const OFFSETS: &str = "offsets";

/// Arrays of particles by their names, where lengths do not tell.
fn is_of_particles(name: &str) -> bool {
    const MOMENTA: [&str; 9] = ["pt", "y", "eta", "phi", "m", "px", "py", "pz", "e"];
    name.starts_with("part_") || MOMENTA.contains(&name)
}

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

/// Reads all arrays of a file, in its order.
pub fn read_arrays(path: &Path) -> Result<Vec<(String, Array)>, DataError> {
    let start = start(path)?;
    if !FORMAT.magic.iter().any(|magic| start.starts_with(magic)) {
        return Err(DataError::NotFormat {
            path: path.to_owned(),
            expected: FORMAT.name,
            found: describe(&start),
        });
    }
    let mut archive = Archive::open(path)?;
    (0..archive.zip.len())
        .map(|index| Ok((archive.name(index), archive.array(index)?)))
        .collect()
}

/// Writes arrays under their names: compressed, whole or not at all.
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
    write_atomically(path, |file| {
        let mut zip = ZipWriter::new(file);
        for (name, array) in arrays {
            let bytes = array.shape().iter().product::<usize>() as u64 * 8;
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(DateTime::default())
                .large_file(bytes > u64::from(u32::MAX) / 2);
            zip.start_file(format!("{}.npy", name.as_ref()), options)
                .map_err(io::Error::other)?;
            npy::write(&mut zip, array)?;
        }
        zip.finish().map_err(io::Error::other)?.flush()
    })
}

/// An open archive of arrays.
struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
}

impl Archive {
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

/// A file read as a table.
struct Npz {
    archive: Archive,
    found: Vec<Found>,
    /// The length of every array that may be a column.
    lengths: Vec<usize>,
    columns: Vec<Chosen>,
    offsets: Vec<usize>,
    rows: Option<usize>,
    next_row: usize,
}

/// A column that is read.
struct Chosen {
    name: String,
    numbers: Stream,
    list: bool,
}

impl Npz {
    fn open(path: &Path) -> Result<Self, DataError> {
        let mut archive = Archive::open(path)?;
        let mut found = Vec::new();
        let mut lengths = Vec::new();
        for index in 0..archive.zip.len() {
            let name = archive.name(index);
            let header = archive.header(index)?;
            let refused = match (header.shape.len(), &header.refused) {
                (_, Some(kind)) => Some(kind.clone()),
                (1, None) if name == OFFSETS => Some("the offsets of lists".to_owned()),
                (1, None) => None,
                (_, None) => Some(format!("an array of shape {:?}", header.shape)),
            };
            found.push(Found { name, refused });
            lengths.push(header.shape.first().copied().unwrap_or(1));
        }
        Ok(Self {
            archive,
            found,
            lengths,
            columns: Vec::new(),
            offsets: Vec::new(),
            rows: None,
            next_row: 0,
        })
    }

    /// The offsets of lists, if the file has any.
    fn offsets(&mut self) -> Result<Option<Vec<usize>>, DataError> {
        let Some(index) = self.found.iter().position(|found| found.name == OFFSETS) else {
            return Ok(None);
        };
        let fault = |path: &Path, reason: &str| DataError::Offsets {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let array = self.archive.array(index)?;
        let path = &self.archive.path;
        let Array::I64(tensor) = array else {
            return Err(fault(path, "it holds no integers"));
        };
        if tensor.shape().len() != 1 || tensor.data().first() != Some(&0) {
            return Err(fault(path, "it does not begin with 0"));
        }
        if let Some(row) = tensor.data().windows(2).position(|pair| pair[0] > pair[1]) {
            return Err(fault(path, &format!("it falls after place {row}")));
        }
        // Integers that begin with 0 and never fall are not negative.
        Ok(Some(
            tensor
                .data()
                .iter()
                .map(|&offset| offset as usize)
                .collect(),
        ))
    }
}

impl Source for Npz {
    fn found(&self) -> &[Found] {
        &self.found
    }

    fn choose(&mut self, columns: &[usize]) -> Result<(), DataError> {
        let offsets = self.offsets()?;
        let mut rows = offsets.as_ref().map(|offsets| offsets.len() - 1);
        let entries = offsets.as_ref().and_then(|offsets| offsets.last().copied());
        for &column in columns {
            let (name, length) = (&self.found[column].name, self.lengths[column]);
            let list = Some(length) == entries && (Some(length) != rows || is_of_particles(name));
            let expected = *rows.get_or_insert(length);
            if !list && length != expected {
                let entries = entries.map(|n| format!(", or {n} for lists by `{OFFSETS}`"));
                return Err(DataError::ArrayLength {
                    path: self.archive.path.clone(),
                    array: name.clone(),
                    found: length,
                    expected: format!("{expected} for one per row{}", entries.unwrap_or_default()),
                });
            }
            self.columns.push(Chosen {
                name: name.clone(),
                numbers: self.archive.stream(column)?,
                list,
            });
        }
        self.rows = rows;
        self.offsets = offsets.unwrap_or_default();
        Ok(())
    }

    fn rows(&self) -> Option<usize> {
        self.rows
    }

    fn next(&mut self, most: usize) -> Result<Option<Vec<Values>>, DataError> {
        let rows = self.rows.unwrap_or_default();
        let (first, end) = (self.next_row, rows.min(self.next_row.saturating_add(most)));
        if first == end {
            return Ok(None);
        }
        self.next_row = end;
        // The entries of lists, counted from those of the first row.
        let lists: Vec<usize> = match self.offsets.get(first..=end) {
            Some(offsets) => offsets.iter().map(|offset| offset - offsets[0]).collect(),
            None => Vec::new(),
        };
        let path = &self.archive.path;
        let mut out = Vec::with_capacity(self.columns.len());
        for Chosen {
            name,
            numbers,
            list,
        } in &mut self.columns
        {
            let lists = list.then_some(&lists);
            let entries = lists.and_then(|lists| lists.last().copied());
            let array = numbers.next(entries.unwrap_or(end - first));
            let array = array.map_err(|fault| at_fault(path, name.clone(), fault))?;
            let values = values(array, lists)
                .ok_or_else(|| damaged(path, "its arrays changed while it was read"))?;
            out.push(values);
        }
        Ok(Some(out))
    }
}

/// An array as a column; `None` if the offsets do not fit.
fn values(array: Array, lists: Option<&Vec<usize>>) -> Option<Values> {
    let real = |data: Vec<f64>| match lists {
        Some(offsets) => Jagged::from_parts(offsets.clone(), data).map(Values::FloatLists),
        None => Some(Values::Float(data)),
    };
    match array {
        Array::F32(tensor) => real(tensor.data().iter().map(|&x| f64::from(x)).collect()),
        Array::F64(tensor) => real(tensor.into_data()),
        Array::I64(tensor) => match lists {
            Some(offsets) => {
                Jagged::from_parts(offsets.clone(), tensor.into_data()).map(Values::IntegerLists)
            }
            None => Some(Values::Integer(tensor.into_data())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Selection, read};

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

    fn integers(values: &[i64]) -> Array {
        Array::I64(Tensor::new(vec![values.len()], values.to_vec()))
    }

    fn table(arrays: &[(&str, Array)]) -> Result<pellucid_core::Table, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        write(&path, arrays).unwrap();
        read(&path, &Selection::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn offsets_that_describe_no_lists_are_refused() {
        let cases: [(&[i64], &str); 4] = [
            (&[], "begin with 0"),
            (&[1, 2], "begin with 0"),
            (&[0, 2, 1], "falls after place 1"),
            (
                &[0, 1, 3],
                "expected 2 for one per row, or 3 for lists by `offsets`",
            ),
        ];
        for (offsets, part) in cases {
            let message = table(&[("offsets", integers(offsets)), ("pt", integers(&[1; 7]))]);
            let message = message.unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let message = table(&[("a", integers(&[1, 2])), ("b", integers(&[1]))]).unwrap_err();
        for part in ["`b`", "has 1 numbers", "expected 2 for one per row"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn where_every_list_has_one_entry_the_name_tells_lists() {
        let arrays = [
            ("offsets", integers(&[0, 1, 2])),
            ("label", integers(&[0, 1])),
            ("part_pid", integers(&[11, 13])),
            ("pt", integers(&[50, 70])),
        ];
        let table = table(&arrays).unwrap();
        assert_eq!(table.integers("label").unwrap(), [0, 1]);
        assert_eq!(table.float_lists("part_pid").unwrap().row(1), [13.0]);
        assert_eq!(table.float_lists("pt").unwrap().row(1), [70.0]);
    }

    /// A table of 50 rows, read in batches of so many.
    fn jets(path: &Path, batch_rows: usize) -> Result<pellucid_core::Table, DataError> {
        let selection = Selection {
            batch_rows,
            ..Selection::default()
        };
        read(path, &selection)
    }

    fn write_jets(path: &Path) {
        let counts: Vec<i64> = (0..50).map(|row| row * 7 % 5).collect();
        let mut offsets = vec![0];
        for count in &counts {
            offsets.push(offsets[offsets.len() - 1] + count);
        }
        let particles = offsets[50] as usize;
        let pt: Vec<f32> = (0..particles).map(|i| (i as f32).sqrt()).collect();
        let arrays = [
            ("label", integers(&counts)),
            ("offsets", integers(&offsets)),
            ("part_pt", Array::F32(Tensor::new(vec![particles], pt))),
            ("part_pid", integers(&vec![211; particles])),
        ];
        write(path, &arrays).unwrap();
    }

    #[test]
    fn batches_make_the_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jets.npz");
        write_jets(&path);
        let whole = jets(&path, 1000).unwrap();
        assert_eq!(whole.rows(), 50);
        assert_eq!(whole.float_lists("part_pt").unwrap().row(1), [0.0, 1.0]);
        for rows in [1, 3, 25, 49, 50] {
            assert_eq!(jets(&path, rows).unwrap(), whole);
        }
    }

    #[test]
    fn a_changed_byte_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jets.npz");
        write_jets(&path);
        let sound = std::fs::read(&path).unwrap();
        let whole = jets(&path, 7).unwrap();
        let mut refused = 0;
        for place in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[place] ^= 0x10;
            std::fs::write(&path, bytes).unwrap();
            match jets(&path, 7) {
                // Some bytes, such as times of writing, mean nothing; names of arrays
                // that are not needed may change.
                Ok(table) => assert!(
                    ["label", "part_pt", "part_pid"].iter().all(|name| {
                        let same = table.column(name).ok() == whole.column(name).ok();
                        same || table.column(name).is_err()
                    }),
                    "byte {place}"
                ),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > sound.len() / 2, "{refused} of {}", sound.len());
    }

    #[test]
    fn columns_without_rows_are_refused() {
        assert!(
            table(&[("a", integers(&[]))])
                .unwrap_err()
                .contains("has no rows")
        );
        assert!(table(&[]).unwrap_err().contains("no column of numbers"));
    }
}
