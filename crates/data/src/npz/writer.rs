//! Arrays that are written as they come: rows behind rows.
//!
//! An array of an NPZ file is one piece of it, and its header says how many rows
//! it has. Rows of several arrays that come batch after batch therefore wait until all are
//! there: the largest array goes straight into the archive, whose header is filled in at the
//! end, the others wait in memory while they are small and in files beside the archive
//! once they are not. Memory is bounded by a few megabytes per array, whatever
//! their length; an array may have more than 4 GB (ZIP64).

use std::io::{self, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use flate2::Crc;

use super::body::Body;
use super::entry::{Entry, Method, directory};
use super::{Array, npy};
use crate::atomic::AtomicFile;
use crate::error::DataError;

/// Bytes that are made of numbers at once.
const BLOCK: usize = 64 << 10;

/// An NPZ file whose arrays grow.
///
/// ```
/// # use pellucid_core::Tensor;
/// # use pellucid_data::npz::{self, Array};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("inputs.npz");
/// let mut writer = npz::Writer::create(&path)?;
/// for batch in 0..3 {
///     let points = Array::F32(Tensor::full(vec![2, 4], batch as f32));
///     let label = Array::I64(Tensor::new(vec![2], vec![0, 1]));
///     writer.append(&[("points", points), ("label", label)])?;
/// }
/// writer.finish()?;
/// assert_eq!(npz::read_arrays(&path)?[0].1.shape(), [6, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The file appears when it is [finished](Self::finish), whole or not at all.
#[derive(Debug)]
pub struct Writer {
    archive: Archive,
    arrays: Vec<Growing>,
}

/// An array of which some rows are there.
#[derive(Debug)]
struct Growing {
    name: String,
    kind: &'static str,
    /// The shape of all rows so far.
    shape: Vec<usize>,
    body: Body,
    /// Where its entry begins, if it goes straight into the archive.
    straight: Option<u64>,
}

impl Writer {
    /// Begins a file.
    pub fn create(path: &Path) -> Result<Self, DataError> {
        Ok(Self {
            archive: Archive::create(path)?,
            arrays: Vec::new(),
        })
    }

    /// Adds rows to arrays, by their names; the first side of an array is that of its rows.
    /// An array may begin with any batch; each batch has the same numbers a row.
    pub fn append<N: AsRef<str>>(&mut self, batch: &[(N, Array)]) -> Result<(), DataError> {
        for (name, array) in batch {
            self.begin(name.as_ref(), array, batch)?;
        }
        for (name, array) in batch {
            let name = name.as_ref();
            let Some(growing) = self.arrays.iter_mut().find(|growing| growing.name == name) else {
                continue;
            };
            growing
                .add(array)
                .map_err(|source| self.archive.file.unwritable(source))?;
        }
        Ok(())
    }

    /// Makes room for an array, or checks that these rows continue it.
    fn begin<N: AsRef<str>>(
        &mut self,
        name: &str,
        array: &Array,
        batch: &[(N, Array)],
    ) -> Result<(), DataError> {
        let (shape, kind) = (array.shape(), npy::descr(array));
        let not_continued = |expected: String| DataError::NotContinued {
            path: self.archive.path.clone(),
            array: name.to_owned(),
            expected,
            found: format!("{kind} {shape:?}"),
        };
        if shape.is_empty() {
            return Err(not_continued("an array with a side of rows".to_owned()));
        }
        if let Some(growing) = self.arrays.iter().find(|growing| growing.name == name) {
            if growing.kind != kind || growing.shape[1..] != shape[1..] {
                let row = &growing.shape[1..];
                return Err(not_continued(format!(
                    "{} with rows of {row:?}",
                    growing.kind
                )));
            }
            return Ok(());
        }
        let mut shape = shape.to_vec();
        shape[0] = 0;
        // The largest of the first batch goes straight into the archive.
        let largest = batch.iter().map(|(_, array)| bytes(array)).max();
        let alone = self.arrays.iter().all(|growing| growing.straight.is_none());
        let straight = alone && self.archive.is_empty() && Some(bytes(array)) == largest;
        let (body, straight) = self
            .archive
            .body(name, kind, &shape, straight)
            .map_err(|source| self.archive.file.unwritable(source))?;
        self.arrays.push(Growing {
            name: name.to_owned(),
            kind,
            shape,
            body,
            straight,
        });
        Ok(())
    }

    /// Ends the file, and gives it its name.
    pub fn finish(mut self) -> Result<(), DataError> {
        let arrays = std::mem::take(&mut self.arrays);
        self.archive
            .add(arrays)
            .map_err(|source| self.archive.file.unwritable(source))?;
        self.archive.finish()
    }
}

/// Writes whole arrays, one behind the other.
pub(super) fn write<N: AsRef<str>>(path: &Path, arrays: &[(N, Array)]) -> Result<(), DataError> {
    let mut archive = Archive::create(path)?;
    let written = arrays.iter().try_for_each(|(name, array)| {
        let (name, kind) = (name.as_ref().to_owned(), npy::descr(array));
        if archive
            .entries
            .iter()
            .any(|entry| entry.name == file_name(&name))
        {
            let problem = format!("two arrays are called `{name}`");
            return Err(io::Error::other(problem));
        }
        let shape = array.shape().to_vec();
        let (mut body, straight) = archive.body(&name, kind, &shape, true)?;
        add(&mut body, array)?;
        archive.add(vec![Growing {
            name,
            kind,
            shape,
            body,
            straight,
        }])
    });
    written.map_err(|source| archive.file.unwritable(source))?;
    archive.finish()
}

/// The file as far as its entries are whole.
#[derive(Debug)]
struct Archive {
    path: PathBuf,
    file: AtomicFile,
    entries: Vec<Entry>,
    /// Where the next entry begins.
    at: u64,
}

impl Archive {
    fn create(path: &Path) -> Result<Self, DataError> {
        Ok(Self {
            path: path.to_owned(),
            file: AtomicFile::create(path)?,
            entries: Vec::new(),
            at: 0,
        })
    }

    fn is_empty(&self) -> bool {
        self.at == 0
    }

    /// A body for an array: straight into the archive, if that is wished and the file can
    /// be gone back in.
    fn body(
        &mut self,
        name: &str,
        kind: &str,
        shape: &[usize],
        straight: bool,
    ) -> io::Result<(Body, Option<u64>)> {
        let spare = self.file.spare();
        let Some(file) = self.file.again().filter(|_| straight) else {
            return Ok((Body::apart(&spare), None));
        };
        // The header is written when all rows are known; its length is that already.
        let length = local(name).local().len() + npy::header_len(kind, shape);
        self.file.write_all(&vec![0; length])?;
        self.file.flush()?;
        Ok((Body::straight(file?, &spare), Some(self.at)))
    }

    /// Adds arrays that are whole; the one that is in the archive already comes first.
    fn add(&mut self, arrays: Vec<Growing>) -> io::Result<()> {
        let mut order: Vec<usize> = (0..arrays.len()).collect();
        order.sort_by_key(|&i| arrays[i].straight.is_none());
        let mut arrays: Vec<Option<Growing>> = arrays.into_iter().map(Some).collect();
        let mut entries: Vec<(usize, Entry)> = Vec::new();
        for i in order {
            let Some(array) = arrays[i].take() else {
                continue;
            };
            let packed = array.body.end()?;
            let (header, unpacked, mut checksum) =
                packed_header(array.kind, &array.shape, packed.method)?;
            checksum.combine(&packed.checksum);
            let entry = Entry {
                method: packed.method,
                checksum: checksum.sum(),
                packed: header.len() as u64 + packed.takes,
                unpacked: unpacked + packed.length,
                at: self.at,
                ..local(&array.name)
            };
            let mut start = entry.local();
            start.extend(header);
            self.at += start.len() as u64 + packed.takes;
            if let Some(at) = array.straight {
                self.file.seek(SeekFrom::Start(at))?;
                self.file.write_all(&start)?;
                self.file.seek(SeekFrom::Start(self.at))?;
            } else {
                self.file.write_all(&start)?;
                packed.copy_to(&mut self.file)?;
            }
            entries.push((i, entry));
        }
        entries.sort_by_key(|(i, _)| *i);
        self.entries
            .extend(entries.into_iter().map(|(_, entry)| entry));
        Ok(())
    }

    fn finish(mut self) -> Result<(), DataError> {
        let end = directory(&self.entries, self.at);
        self.file
            .write_all(&end)
            .map_err(|source| self.file.unwritable(source))?;
        self.file.commit()
    }
}

impl Growing {
    fn add(&mut self, array: &Array) -> io::Result<()> {
        self.shape[0] += array.shape()[0];
        add(&mut self.body, array)
    }
}

/// Adds the numbers of an array to a body.
fn add(body: &mut Body, array: &Array) -> io::Result<()> {
    match array {
        Array::F32(tensor) => add_numbers(body, tensor.data(), f32::to_le_bytes),
        Array::F64(tensor) => add_numbers(body, tensor.data(), f64::to_le_bytes),
        Array::I64(tensor) => add_numbers(body, tensor.data(), i64::to_le_bytes),
    }
}

fn add_numbers<T: Copy, const N: usize>(
    body: &mut Body,
    data: &[T],
    to_bytes: impl Fn(T) -> [u8; N],
) -> io::Result<()> {
    let mut block = vec![0; BLOCK.min(data.len() * N)];
    body.decide(data.len() * N, |first, bytes| {
        let numbers = &data[first / N..(first + bytes) / N];
        numbers.iter().flat_map(|&x| to_bytes(x)).collect()
    })?;
    for numbers in data.chunks(BLOCK / N) {
        let bytes = &mut block[..numbers.len() * N];
        for (bytes, &x) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
            *bytes = to_bytes(x);
        }
        body.add(bytes)?;
    }
    Ok(())
}

/// The bytes that an array's numbers take.
fn bytes(array: &Array) -> usize {
    let one = if matches!(array, Array::F32(_)) { 4 } else { 8 };
    array.shape().iter().product::<usize>() * one
}

/// The name of an array's entry.
fn file_name(name: &str) -> String {
    format!("{name}.npy")
}

/// The entry of an array of which nothing is known but the name.
fn local(name: &str) -> Entry {
    Entry {
        name: file_name(name),
        method: Method::Stored,
        checksum: 0,
        packed: 0,
        unpacked: 0,
        at: 0,
    }
}

/// An array's header as it stands in front of its packed numbers, always of
/// the same length, the number of its bytes unpacked, and their checksum.
///
/// In front of compressed numbers it is a block of its own that is not compressed: a bit
/// for "not the last", two for "stored", the length, and its complement (RFC 1951,
/// section 3.2.4). It ends at a whole byte, and what follows never refers back to it.
fn packed_header(kind: &str, shape: &[usize], method: Method) -> io::Result<(Vec<u8>, u64, Crc)> {
    let length = npy::header_len(kind, shape);
    let (front, header) = match method {
        Method::Stored => (Vec::new(), npy::header(kind, shape, length)?),
        Method::Deflated => {
            let header = npy::header(kind, shape, length - npy::SPARE)?;
            let length = header.len() as u16;
            let [low, high] = length.to_le_bytes();
            (vec![0, low, high, !low, !high], header)
        }
    };
    let mut checksum = Crc::new();
    checksum.update(&header);
    let unpacked = header.len() as u64;
    Ok(([front, header].concat(), unpacked, checksum))
}

#[cfg(test)]
mod tests {
    use pellucid_core::Tensor;

    use super::super::read_arrays;
    use super::*;

    /// Noise that no compressor shrinks.
    fn noise(count: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let step = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0
        };
        (0..count).map(step).collect()
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn rows_of_many_batches_are_the_arrays_written_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (grown, whole) = (folder.path().join("a.npz"), folder.path().join("b.npz"));
        // Two arrays that memory shall not hold, one of noise and one of zeros.
        let (rows, side) = (6000, 300);
        let points = noise(rows * side);
        let mut writer = Writer::create(&grown).unwrap();
        let part = |rows: std::ops::Range<usize>| {
            let count = rows.len();
            let points = points[rows.start * side..rows.end * side].to_vec();
            let numbers = rows.clone().map(|row| row as i64).collect();
            let sparse =
                rows.flat_map(|row| (0..side).map(move |i| f64::from(u8::from(i == row % side))));
            [
                ("number", Array::I64(Tensor::new(vec![count], numbers))),
                (
                    "points",
                    Array::F32(Tensor::new(vec![count, side], points.clone())),
                ),
                ("more", Array::F32(Tensor::new(vec![count, side], points))),
                (
                    "sparse",
                    Array::F64(Tensor::new(vec![count, side], sparse.collect())),
                ),
            ]
        };
        for first in (0..rows).step_by(700) {
            writer.append(&part(first..rows.min(first + 700))).unwrap();
        }
        assert!(
            files(folder.path()).len() > 1,
            "some rows wait beside the archive"
        );
        writer.finish().unwrap();
        assert_eq!(files(folder.path()), ["a.npz"]);
        write(&whole, &part(0..rows)).unwrap();
        let (grown, whole) = (read_arrays(&grown).unwrap(), read_arrays(&whole).unwrap());
        assert_eq!(grown.len(), 4);
        assert!(grown == whole);
        let size = folder.path().join("a.npz").metadata().unwrap().len();
        let noise = 2 * (rows * side * 4) as u64;
        assert!(
            size > noise && size < noise + noise / 20,
            "{size}: zeros are compressed, noise is not"
        );
    }

    #[test]
    fn nothing_is_left_of_a_file_that_is_not_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        let mut writer = Writer::create(&path).unwrap();
        let numbers = noise(3 << 20);
        let array = || Array::F32(Tensor::new(vec![numbers.len()], numbers.clone()));
        writer.append(&[("a", array()), ("b", array())]).unwrap();
        drop(writer);
        assert!(files(folder.path()).is_empty());
    }

    #[test]
    fn rows_that_do_not_continue_their_array_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(&folder.path().join("a.npz")).unwrap();
        let row = |side: usize| Array::F32(Tensor::full(vec![1, side], 0.0));
        writer.append(&[("x", row(3))]).unwrap();
        let message = writer.append(&[("x", row(2))]).unwrap_err().to_string();
        for part in ["`x`", "[3]", "[1, 2]"] {
            assert!(message.contains(part), "{message}");
        }
        let none = Array::F32(Tensor::new(vec![], vec![1.0]));
        assert!(writer.append(&[("y", none)]).is_err());
    }

    #[test]
    fn an_array_may_begin_with_a_later_batch_and_miss_some() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        let mut writer = Writer::create(&path).unwrap();
        let rows = |values: &[i64]| Array::I64(Tensor::new(vec![values.len()], values.to_vec()));
        writer.append(&[("a", rows(&[1]))]).unwrap();
        writer.append(&[("b", rows(&[2, 3]))]).unwrap();
        writer.append(&[("a", rows(&[4]))]).unwrap();
        writer.finish().unwrap();
        let expected = [
            ("a".to_owned(), rows(&[1, 4])),
            ("b".to_owned(), rows(&[2, 3])),
        ];
        assert_eq!(read_arrays(&path).unwrap(), expected);
    }
}
