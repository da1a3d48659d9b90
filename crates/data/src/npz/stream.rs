//! An array, read row after row.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::ops::Range;
use std::path::Path;

use flate2::{Crc, bufread::DeflateDecoder};
use pellucid_core::Tensor;
use zip::CompressionMethod;
use zip::read::ZipFile;

use super::Array;
use super::npy::{Fault, Header};

/// The bytes of an archive's entry, from a file of its own: several entries are read
/// side by side.
struct Entry {
    bytes: Bytes,
    seen: Crc,
    checksum: u32,
}

enum Bytes {
    Stored(BufReader<Take<File>>),
    Deflated(DeflateDecoder<BufReader<Take<File>>>),
}

impl Entry {
    fn open<R: Read>(path: &Path, entry: &ZipFile<'_, R>) -> Result<Self, String> {
        let raw = || -> io::Result<_> {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(entry.data_start()))?;
            Ok(BufReader::new(file.take(entry.compressed_size())))
        };
        let raw = raw().map_err(|error| error.to_string())?;
        let bytes = match entry.compression() {
            CompressionMethod::Stored => Bytes::Stored(raw),
            CompressionMethod::Deflated => Bytes::Deflated(DeflateDecoder::new(raw)),
            other => return Err(format!("it is compressed by {other}, which is not read")),
        };
        Ok(Self {
            bytes,
            seen: Crc::new(),
            checksum: entry.crc32(),
        })
    }
}

impl Read for Entry {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.bytes {
            Bytes::Stored(bytes) => bytes.read(out)?,
            Bytes::Deflated(bytes) => bytes.read(out)?,
        };
        self.seen.update(&out[..count]);
        if count == 0 && !out.is_empty() && self.seen.sum() != self.checksum {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its checksum is another",
            ));
        }
        Ok(count)
    }
}

/// An array of which the first rows have been read.
pub(super) struct Stream {
    header: Header,
    numbers: Numbers,
    /// The number of rows: the first side.
    length: usize,
    /// The numbers of a row: all other sides.
    width: usize,
    read: usize,
}

enum Numbers {
    /// Row after row in the file.
    Ordered(Entry),
    /// Of an array in Fortran order, all of it.
    Whole(Array),
}

impl Stream {
    /// Lets unsigned integers beyond `i64` become negative ones.
    pub fn wrap(&mut self, wrap: bool) {
        self.header.wrap = wrap;
    }

    /// The array in that entry of an archive.
    pub fn open<R: Read>(path: &Path, entry: &ZipFile<'_, R>) -> Result<Self, Fault> {
        // Deflate makes at most 1032 bytes of one.
        let possible = entry.compressed_size().saturating_mul(1100);
        let mut entry = Entry::open(path, entry).map_err(Fault::Damaged)?;
        let header = Header::read(&mut entry).map_err(Fault::Damaged)?;
        if let Some(kind) = &header.refused {
            return Err(Fault::Kind(kind.clone()));
        }
        let Some((&length, sides)) = header.shape.split_first() else {
            let reason = format!("its shape {:?} is not that of a column", header.shape);
            return Err(Fault::Damaged(reason));
        };
        // No header is trusted with more memory than its bytes can fill.
        let size = header.bytes(&header.shape)? as u64;
        if size > possible {
            let shape = &header.shape;
            let reason = format!("its shape {shape:?} needs {size} bytes, more than it has");
            return Err(Fault::Damaged(reason));
        }
        let width = sides.iter().product();
        let numbers = if header.in_other_order() {
            let mut data = Vec::new();
            let damaged = |error: io::Error| Fault::Damaged(error.to_string());
            entry.read_to_end(&mut data).map_err(damaged)?;
            if data.len() != header.bytes(&header.shape)? {
                let reason = format!("its {} bytes do not fill its shape", data.len());
                return Err(Fault::Damaged(reason));
            }
            Numbers::Whole(header.decode(data, header.shape.clone())?)
        } else {
            Numbers::Ordered(entry)
        };
        Ok(Self {
            header,
            numbers,
            length,
            width,
            read: 0,
        })
    }

    /// The numbers of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The numbers of the next rows; what follows the last one must be the end.
    pub fn next(&mut self, rows: usize) -> Result<Array, Fault> {
        let first = self.read;
        self.read += rows;
        let entry = match &mut self.numbers {
            Numbers::Whole(array) => {
                let range = first * self.width..self.read * self.width;
                return part(array, range)
                    .ok_or_else(|| Fault::Damaged(format!("it has no {} rows", first + rows)));
            }
            Numbers::Ordered(entry) => entry,
        };
        let mut data = vec![0; self.header.bytes(&[rows, self.width])?];
        let damaged = |error: io::Error| Fault::Damaged(error.to_string());
        entry.read_exact(&mut data).map_err(damaged)?;
        if self.read == self.length && entry.read(&mut [0]).map_err(damaged)? > 0 {
            let reason = format!("it has more than the {} rows of its shape", self.length);
            return Err(Fault::Damaged(reason));
        }
        let width = self.width.max(1);
        self.header
            .decode(data, vec![rows * self.width])
            .map_err(|fault| match fault {
                Fault::TooLarge { row, found } => Fault::TooLarge {
                    row: first + row / width,
                    found,
                },
                other => other,
            })
    }
}

/// Some of the numbers of an array, in a row.
fn part(array: &Array, range: Range<usize>) -> Option<Array> {
    fn of<T: Copy>(tensor: &Tensor<T>, range: Range<usize>) -> Option<Tensor<T>> {
        let part = tensor.data().get(range)?.to_vec();
        Some(Tensor::new(vec![part.len()], part))
    }
    Some(match array {
        Array::F32(tensor) => Array::F32(of(tensor, range)?),
        Array::F64(tensor) => Array::F64(of(tensor, range)?),
        Array::I64(tensor) => Array::I64(of(tensor, range)?),
    })
}
