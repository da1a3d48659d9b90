//! An array of one side, read piece by piece.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;

use flate2::{Crc, bufread::DeflateDecoder};
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

/// An array of which the first numbers have been read.
pub(super) struct Stream {
    header: Header,
    entry: Entry,
    length: usize,
    read: usize,
}

impl Stream {
    /// Lets unsigned integers beyond `i64` become negative ones.
    pub fn wrap(&mut self, wrap: bool) {
        self.header.wrap = wrap;
    }

    /// The array in that entry of an archive.
    pub fn open<R: Read>(path: &Path, entry: &ZipFile<'_, R>) -> Result<Self, Fault> {
        let mut entry = Entry::open(path, entry).map_err(Fault::Damaged)?;
        let header = Header::read(&mut entry).map_err(Fault::Damaged)?;
        if let Some(kind) = &header.refused {
            return Err(Fault::Kind(kind.clone()));
        }
        let [length] = header.shape[..] else {
            let reason = format!("its shape {:?} is not that of a column", header.shape);
            return Err(Fault::Damaged(reason));
        };
        Ok(Self {
            header,
            entry,
            length,
            read: 0,
        })
    }

    /// The next numbers; what follows the last one must be the end.
    pub fn next(&mut self, count: usize) -> Result<Array, Fault> {
        let mut data = vec![0; self.header.bytes(&[count])?];
        let damaged = |error: io::Error| Fault::Damaged(error.to_string());
        self.entry.read_exact(&mut data).map_err(damaged)?;
        let first = self.read;
        self.read += count;
        if self.read == self.length && self.entry.read(&mut [0]).map_err(damaged)? > 0 {
            let reason = format!("it has more than the {} numbers of its shape", self.length);
            return Err(Fault::Damaged(reason));
        }
        self.header
            .decode(data, vec![count])
            .map_err(|fault| match fault {
                Fault::TooLarge { row, found } => Fault::TooLarge {
                    row: first + row,
                    found,
                },
                other => other,
            })
    }
}
