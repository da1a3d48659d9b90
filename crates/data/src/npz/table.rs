//! An NPZ file as a table: its one-dimensional arrays are columns, those that
//! `offsets` divides are columns of lists, and so are, where they are asked for,
//! matrices [rows, particles] and the features of arrays [rows, particles,
//! features].

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use pellucid_core::{Jagged, Values};

use super::stream::Stream;
use super::{Archive, Array, NO_ARRAY, at_fault, damaged};
use crate::columns::{ARRAY, Found, TEXT};
use crate::error::DataError;
use crate::format::{Lenience, Source};

/// The array that divides others into lists.
const OFFSETS: &str = "offsets";

/// Arrays of particles by their names, where lengths do not tell.
fn is_of_particles(name: &str) -> bool {
    const MOMENTA: [&str; 11] = [
        "pt", "y", "eta", "phi", "m", "px", "py", "pz", "e", "mass", "energy",
    ];
    let name = name.to_lowercase();
    name.starts_with("part_") || MOMENTA.contains(&name.as_str())
}

/// A file read as a table.
pub(super) struct Npz {
    archive: Archive,
    found: Vec<Found>,
    /// What every column that was found is of its array.
    origins: Vec<Origin>,
    /// The shape of every array.
    shapes: Vec<Vec<usize>>,
    columns: Vec<Chosen>,
    /// The arrays that are read, by their places in the archive.
    streams: BTreeMap<usize, Numbers>,
    offsets: Vec<usize>,
    /// Columns of which only equality counts.
    keys: Vec<usize>,
    rows: Option<usize>,
    next_row: usize,
}

/// A column that is read.
struct Chosen {
    name: String,
    origin: Origin,
    /// An array of one side that `offsets` divide.
    list: bool,
}

/// The array of a column and its part of it.
#[derive(Clone, Copy)]
struct Origin {
    array: usize,
    part: Part,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// All numbers, one side.
    Whole,
    /// The numbers of a row are a list.
    Rows,
    /// Of the numbers of a row every `of`-th, from this one on.
    Feature { place: usize, of: usize },
    /// One number of a row.
    Entry(usize),
}

/// What is read of an array.
enum Numbers {
    /// Numbers, piece by piece.
    Stream(Box<Stream>),
    /// Texts, all of them.
    Texts(std::vec::IntoIter<String>),
}

impl Npz {
    pub fn open(path: &Path, features: &[String]) -> Result<Self, DataError> {
        let mut archive = Archive::open(path)?;
        let (mut found, mut origins, mut shapes) = (Vec::new(), Vec::new(), Vec::new());
        for array in 0..archive.zip.len() {
            let name = archive.name(array);
            let header = match archive.header(array) {
                // Other files may lie beside the arrays.
                Err(_) if !archive.is_array(array) => {
                    found.push(Found {
                        name,
                        refused: Some(NO_ARRAY.to_owned()),
                        lists: false,
                        derived: false,
                        unsigned: false,
                    });
                    let part = Part::Whole;
                    origins.push(Origin { array, part });
                    shapes.push(Vec::new());
                    continue;
                }
                header => header?,
            };
            let refused = match (header.shape.len(), &header.refused) {
                (_, Some(kind)) => Some(kind.clone()),
                (1, None) if name == OFFSETS => Some("the offsets of lists".to_owned()),
                (1 | 2, None) => None,
                (_, None) => Some(format!("{ARRAY} {:?}", header.shape)),
            };
            let matrix = header.shape.len() == 2 && refused.is_none();
            // One number in a row is that of the row, unless it is a particle's.
            let single = matrix && header.shape[1] == 1 && !is_of_particles(&name);
            let matrix = matrix && !single;
            found.push(Found {
                name,
                refused,
                lists: matrix,
                derived: matrix,
                unsigned: header.unsigned(),
            });
            let part = match (matrix, single) {
                // Arrays of more sides are read if they are asked for as such.
                _ if header.shape.len() > 2 => Part::Rows,
                (true, _) => Part::Rows,
                (_, true) => Part::Entry(0),
                _ => Part::Whole,
            };
            origins.push(Origin { array, part });
            shapes.push(header.shape);
        }
        let mut npz = Self {
            archive,
            found,
            origins,
            shapes,
            columns: Vec::new(),
            streams: BTreeMap::new(),
            offsets: Vec::new(),
            keys: Vec::new(),
            rows: None,
            next_row: 0,
        };
        // Offsets that describe no lists are an error once columns are chosen.
        if let Ok(Some(offsets)) = npz.offsets() {
            for column in 0..npz.found.len() {
                npz.found[column].lists |= npz.is_list(column, &offsets);
            }
        }
        npz.take_apart(features);
        Ok(npz)
    }

    /// Columns by the names of the features, of the array whose numbers of a row they
    /// divide: [rows, particles, features], or else [rows, particles times features],
    /// perhaps with one more number at the end of a row. With the array's name and a
    /// dot before them where there are several such arrays, or arrays of these names.
    fn take_apart(&mut self, features: &[String]) {
        if features.is_empty() {
            return;
        }
        let of = features.len();
        let fits = |array: &usize| {
            let numbers = self.archive_holds_numbers(*array);
            match self.shapes[*array][..] {
                [_, _, last] => numbers && last == of,
                _ => false,
            }
        };
        let flat = |array: &usize| {
            let numbers = self.archive_holds_numbers(*array);
            match self.shapes[*array][..] {
                [_, width] => numbers && width >= 2 * of && width % of <= 1,
                _ => false,
            }
        };
        let all = 0..self.shapes.len();
        let mut arrays: Vec<usize> = all.clone().filter(fits).collect();
        if arrays.is_empty() {
            arrays = all.filter(flat).collect();
        }
        let taken = |feature: &String| self.found.iter().any(|column| column.name == *feature);
        let several = arrays.len() > 1 || features.iter().any(taken);
        for array in arrays {
            let name = self.found[array].name.clone();
            let called = |feature: &str| {
                if several {
                    format!("{name}.{feature}")
                } else {
                    feature.to_owned()
                }
            };
            let mut derived: Vec<(String, Part)> = features
                .iter()
                .enumerate()
                .map(|(place, feature)| (called(feature), Part::Feature { place, of }))
                .collect();
            if let [_, width] = self.shapes[array][..]
                && width % of == 1
            {
                derived.push((format!("{name}.{}", width - 1), Part::Entry(width - 1)));
            }
            for (name, part) in derived {
                self.found.push(Found {
                    name,
                    refused: None,
                    lists: matches!(part, Part::Feature { .. }),
                    derived: true,
                    unsigned: false,
                });
                self.origins.push(Origin { array, part });
            }
        }
    }

    /// Whether an array holds numbers, whatever its shape.
    fn archive_holds_numbers(&self, array: usize) -> bool {
        let refused = self.found[array].refused.as_deref();
        refused.is_none_or(|refused| refused.starts_with(ARRAY))
    }

    /// Whether `offsets` divide this column into lists.
    fn is_list(&self, column: usize, offsets: &[usize]) -> bool {
        let [length] = self.shapes[self.origins[column].array][..] else {
            return false;
        };
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

    fn lenient(&mut self, lenience: Lenience) {
        self.keys = lenience.keys;
    }

    fn choose(&mut self, columns: &[usize]) -> Result<(), DataError> {
        let offsets = self.offsets()?;
        let mut rows = offsets.as_ref().map(|offsets| offsets.len() - 1);
        let entries = offsets.as_ref().and_then(|offsets| offsets.last().copied());
        for &column in columns {
            let (name, origin) = (self.found[column].name.clone(), self.origins[column]);
            let length = self.shapes[origin.array].first().copied().unwrap_or(1);
            let whole = origin.part == Part::Whole;
            let divided = offsets
                .as_ref()
                .is_some_and(|offsets| self.is_list(column, offsets));
            let list = whole && divided;
            let expected = *rows.get_or_insert(length);
            if !list && length != expected {
                let entries = entries.filter(|_| whole);
                let entries = entries.map(|n| format!(", or {n} for lists by `{OFFSETS}`"));
                return Err(DataError::ArrayLength {
                    path: self.archive.path.clone(),
                    array: name,
                    found: length,
                    expected: format!("{expected} for one per row{}", entries.unwrap_or_default()),
                });
            }
            if !self.streams.contains_key(&origin.array) {
                let text = self.found[column].refused.as_deref() == Some(TEXT);
                let numbers = if text {
                    Numbers::Texts(self.archive.text(origin.array)?.into_iter())
                } else {
                    let mut stream = self.archive.stream(origin.array)?;
                    stream.wrap(self.keys.contains(&column));
                    Numbers::Stream(Box::new(stream))
                };
                self.streams.insert(origin.array, numbers);
            }
            self.columns.push(Chosen { name, origin, list });
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
        let changed = || damaged(path, "its arrays changed while it was read");
        let mut arrays: BTreeMap<usize, Array> = BTreeMap::new();
        let mut out = Vec::with_capacity(self.columns.len());
        for Chosen { name, origin, list } in &self.columns {
            let lists = list.then_some(&lists);
            let entries = lists.and_then(|lists| lists.last().copied());
            let numbers = self.streams.get_mut(&origin.array).ok_or_else(changed)?;
            let stream = match numbers {
                Numbers::Stream(stream) => stream,
                Numbers::Texts(texts) => {
                    out.push(Values::Text(texts.take(end - first).collect()));
                    continue;
                }
            };
            let width = stream.width();
            if let Entry::Vacant(place) = arrays.entry(origin.array) {
                let array = stream.next(entries.unwrap_or(end - first));
                place.insert(array.map_err(|fault| at_fault(path, name.clone(), fault))?);
            }
            let array = arrays.get(&origin.array).ok_or_else(changed)?;
            let values = match origin.part {
                Part::Whole => values(array.clone(), lists),
                part => part.of(array, end - first, width),
            };
            out.push(values.ok_or_else(changed)?);
        }
        Ok(Some(out))
    }
}

impl Part {
    /// This part of rows of so many numbers.
    fn of(self, array: &Array, rows: usize, width: usize) -> Option<Values> {
        fn every<T: Copy>(data: &[T], width: usize, place: usize, of: usize) -> Vec<T> {
            let whole = width / of.max(1) * of;
            data.chunks_exact(width.max(1))
                .flat_map(|row| row[..whole].iter().skip(place).step_by(of))
                .copied()
                .collect()
        }
        let (place, step) = match self {
            Self::Whole | Self::Rows => (0, 1),
            Self::Feature { place, of } => (place, of),
            Self::Entry(place) => (place, width),
        };
        let ends = |length: usize| (0..=rows).map(|row| row * length).collect();
        let length = width / step.max(1);
        let lists = !matches!(self, Self::Entry(_));
        let real = |data: Vec<f64>| {
            if lists {
                Jagged::from_parts(ends(length), data).map(Values::FloatLists)
            } else {
                Some(Values::Float(data))
            }
        };
        match array {
            Array::F32(tensor) => {
                let part = every(tensor.data(), width, place, step);
                real(part.into_iter().map(f64::from).collect())
            }
            Array::F64(tensor) => real(every(tensor.data(), width, place, step)),
            Array::I64(tensor) => {
                let part = every(tensor.data(), width, place, step);
                if lists {
                    Jagged::from_parts(ends(length), part).map(Values::IntegerLists)
                } else {
                    Some(Values::Integer(part))
                }
            }
        }
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

    fn reals(shape: &[usize], from: f64) -> Array {
        let count = shape.iter().product::<usize>();
        let numbers = (0..count).map(|i| from + i as f64).collect();
        Array::F64(Tensor::new(shape.to_vec(), numbers))
    }

    fn chosen(
        arrays: &[(&str, Array)],
        columns: &[&str],
        features: &[&str],
    ) -> Result<pellucid_core::Table, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        write(&path, arrays).unwrap();
        let features: Vec<String> = features.iter().map(|&name| name.to_owned()).collect();
        let selection = Selection::of(columns.iter().copied()).features(&features);
        read(&path, &selection.batch_rows(2)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_matrix_is_a_list_per_row() {
        let arrays = [("pt", reals(&[3, 2], 1.0)), ("y", integers(&[0, 1, 0]))];
        let table = chosen(&arrays, &["pt", "y"], &[]).unwrap();
        let lists = table.float_lists("pt").unwrap();
        assert_eq!(lists.row(2), [5.0, 6.0]);
        assert_eq!(table.integers("y").unwrap(), [0, 1, 0]);
    }

    #[test]
    fn the_features_of_an_array_are_columns_by_the_names_given() {
        let arrays = [("X", reals(&[3, 2, 4], 0.0)), ("y", integers(&[0, 1, 0]))];
        let names = ["pt", "y_", "phi", "pid"];
        let table = chosen(&arrays, &["pid", "pt", "y"], &names).unwrap();
        assert_eq!(table.float_lists("pt").unwrap().row(1), [8.0, 12.0]);
        assert_eq!(table.float_lists("pid").unwrap().row(2), [19.0, 23.0]);
        assert_eq!(table.integers("y").unwrap(), [0, 1, 0]);
        let message = chosen(&arrays, &["pt"], &["pt", "eta", "phi"]).unwrap_err();
        assert!(message.contains("`pt`"), "{message}");
    }

    #[test]
    fn rows_of_numbers_are_taken_apart_and_leave_a_label() {
        let arrays = [("events", reals(&[2, 7], 0.0))];
        let names = ["pt", "eta", "phi"];
        let table = chosen(&arrays, &["eta", "events.6"], &names).unwrap();
        assert_eq!(table.float_lists("eta").unwrap().row(1), [8.0, 11.0]);
        assert_eq!(table.floats("events.6").unwrap(), [6.0, 13.0]);
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
