//! An NPZ file as a table: its one-dimensional arrays are columns, and those that
//! `offsets` divides are columns of lists.

use std::path::Path;

use pellucid_core::{Jagged, Values};

use super::stream::Stream;
use super::{Archive, Array, at_fault, damaged};
use crate::columns::{Found, TEXT};
use crate::error::DataError;
use crate::format::Source;

/// The array that divides others into lists.
const OFFSETS: &str = "offsets";

/// Arrays of particles by their names, where lengths do not tell.
fn is_of_particles(name: &str) -> bool {
    const MOMENTA: [&str; 9] = ["pt", "y", "eta", "phi", "m", "px", "py", "pz", "e"];
    name.starts_with("part_") || MOMENTA.contains(&name)
}

/// A file read as a table.
pub(super) struct Npz {
    archive: Archive,
    found: Vec<Found>,
    /// The length of every array that may be a column.
    lengths: Vec<usize>,
    columns: Vec<Chosen>,
    offsets: Vec<usize>,
    /// Columns of which only equality counts.
    keys: Vec<usize>,
    rows: Option<usize>,
    next_row: usize,
}

/// A column that is read.
struct Chosen {
    name: String,
    numbers: Numbers,
    list: bool,
}

/// What is read of a column.
enum Numbers {
    /// Numbers, piece by piece.
    Stream(Stream),
    /// Texts, all of them.
    Texts(std::vec::IntoIter<String>),
}

impl Npz {
    pub fn open(path: &Path) -> Result<Self, DataError> {
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
            found.push(Found {
                name,
                refused,
                lists: false,
            });
            lengths.push(header.shape.first().copied().unwrap_or(1));
        }
        let mut npz = Self {
            archive,
            found,
            lengths,
            columns: Vec::new(),
            offsets: Vec::new(),
            keys: Vec::new(),
            rows: None,
            next_row: 0,
        };
        // Offsets that describe no lists are an error once columns are chosen.
        if let Ok(Some(offsets)) = npz.offsets() {
            for column in 0..npz.found.len() {
                npz.found[column].lists = npz.is_list(column, &offsets);
            }
        }
        Ok(npz)
    }

    /// Whether `offsets` divide this column into lists.
    fn is_list(&self, column: usize, offsets: &[usize]) -> bool {
        let length = self.lengths[column];
        let rows = offsets.len() - 1;
        let of_entries = offsets.last() == Some(&length);
        of_entries && (length != rows || is_of_particles(&self.found[column].name))
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

    fn lenient(&mut self, keys: &[usize], _skip_nulls: bool) {
        self.keys = keys.to_vec();
    }

    fn choose(&mut self, columns: &[usize]) -> Result<(), DataError> {
        let offsets = self.offsets()?;
        let mut rows = offsets.as_ref().map(|offsets| offsets.len() - 1);
        let entries = offsets.as_ref().and_then(|offsets| offsets.last().copied());
        for &column in columns {
            let (name, length) = (&self.found[column].name, self.lengths[column]);
            let list = offsets
                .as_ref()
                .is_some_and(|offsets| self.is_list(column, offsets));
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
            let name = name.clone();
            let text = self.found[column].refused.as_deref() == Some(TEXT);
            let numbers = if text {
                Numbers::Texts(self.archive.text(column)?.into_iter())
            } else {
                let mut stream = self.archive.stream(column)?;
                stream.wrap(self.keys.contains(&column));
                Numbers::Stream(stream)
            };
            self.columns.push(Chosen {
                name,
                numbers,
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
            let numbers = match numbers {
                Numbers::Stream(stream) => stream,
                Numbers::Texts(texts) => {
                    out.push(Values::Text(texts.take(end - first).collect()));
                    continue;
                }
            };
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
    use pellucid_core::Tensor;

    use super::super::write;
    use super::*;
    use crate::{Selection, read};

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
