//! The numbers of an array that is being written, packed as they come.
//!
//! They are stored as they are unless compressing them pays, which a sample
//! tells: the attributions of a network are noise to a compressor, which needs
//! more time for them than the network did, while masks and padding shrink to
//! a tenth. A few numbers stay in memory, many go to a file of their own beside the
//! archive, or straight into it.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::entry::Method;
use crate::atomic::Unfinished;

/// Bytes that are waited for before it is decided how they are packed.
const WAIT: usize = 1 << 20;
/// Pieces of a sample, spread evenly over what there is of an array.
const PIECES: usize = 16;
/// Bytes of a piece.
const PIECE: usize = 2 << 10;
/// Bytes of one array that stay in memory.
const IN_MEMORY: usize = 4 << 20;
/// Bytes that are written at once.
const BUFFER: usize = 256 << 10;
/// What is compressed is compressed fast: the last tenth of the size takes most of
/// the time.
const LEVEL: u32 = 3;

/// The numbers of an array.
#[derive(Debug)]
pub(super) struct Body {
    packing: Packing,
    checksum: Crc,
    length: u64,
    /// The file beside which a file of its own may be made.
    beside: PathBuf,
}

#[derive(Debug)]
enum Packing {
    /// Not decided yet: what there is, and where it will go.
    Waiting(Vec<u8>, Place),
    Stored(Place),
    Deflated(Box<DeflateEncoder<Place>>),
    /// Between two of the above.
    None,
}

/// Where packed bytes go, and how many there are.
#[derive(Debug)]
struct Place {
    sink: Sink,
    written: u64,
}

#[derive(Debug)]
enum Sink {
    Memory(Vec<u8>),
    Own(BufWriter<File>, Unfinished),
    /// The archive itself.
    Straight(BufWriter<File>),
}

/// A body that is whole.
pub(super) struct Packed {
    pub method: Method,
    pub checksum: Crc,
    /// How many bytes it has.
    pub length: u64,
    /// How many it takes.
    pub takes: u64,
    sink: Sink,
}

impl Body {
    /// A body that is kept apart until it is whole.
    pub fn apart(archive: &Path) -> Self {
        Self::at(Sink::Memory(Vec::new()), archive)
    }

    /// A body that goes straight into the archive.
    pub fn straight(file: File, archive: &Path) -> Self {
        let file = BufWriter::with_capacity(BUFFER, file);
        Self::at(Sink::Straight(file), archive)
    }

    fn at(sink: Sink, archive: &Path) -> Self {
        let place = Place { sink, written: 0 };
        Self {
            packing: Packing::Waiting(Vec::new(), place),
            checksum: Crc::new(),
            length: 0,
            beside: archive.to_owned(),
        }
    }

    /// Decides how the array is packed by all that there is of it at first, if that
    /// is enough.
    pub fn decide(
        &mut self,
        bytes: usize,
        piece: impl Fn(usize, usize) -> Vec<u8>,
    ) -> io::Result<()> {
        match &self.packing {
            Packing::Waiting(before, _) if before.is_empty() && bytes >= WAIT => {
                let step = (bytes - PIECE) / (PIECES - 1);
                let sample: Vec<u8> = (0..PIECES).flat_map(|i| piece(i * step, PIECE)).collect();
                self.pack(pays(&sample)?)
            }
            _ => Ok(()),
        }
    }

    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.checksum.update(bytes);
        self.length += bytes.len() as u64;
        if let Packing::Waiting(before, _) = &mut self.packing {
            before.extend_from_slice(bytes);
            if before.len() >= WAIT {
                let deflate = pays(before)?;
                self.pack(deflate)?;
            }
            return Ok(());
        }
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.packing {
            Packing::Stored(place) => {
                place.make_room(bytes.len(), &self.beside)?;
                place.write_all(bytes)
            }
            Packing::Deflated(encoder) => {
                encoder.get_mut().make_room(0, &self.beside)?;
                encoder.write_all(bytes)
            }
            Packing::Waiting(..) | Packing::None => Ok(()),
        }
    }

    /// Packs what waits, and all that follows, so.
    fn pack(&mut self, deflate: bool) -> io::Result<()> {
        let Packing::Waiting(before, place) = std::mem::replace(&mut self.packing, Packing::None)
        else {
            return Ok(());
        };
        self.packing = if deflate {
            let level = Compression::new(LEVEL);
            Packing::Deflated(Box::new(DeflateEncoder::new(place, level)))
        } else {
            Packing::Stored(place)
        };
        self.write(&before)
    }

    /// Ends the body.
    pub fn end(mut self) -> io::Result<Packed> {
        if let Packing::Waiting(before, _) = &self.packing {
            let deflate = pays(before)?;
            self.pack(deflate)?;
        }
        let (method, mut place) = match self.packing {
            Packing::Stored(place) | Packing::Waiting(_, place) => (Method::Stored, place),
            Packing::Deflated(encoder) => (Method::Deflated, encoder.finish()?),
            Packing::None => return Err(io::Error::other("the array could not be written before")),
        };
        place.flush()?;
        Ok(Packed {
            method,
            checksum: self.checksum,
            length: self.length,
            takes: place.written,
            sink: place.sink,
        })
    }
}

impl Packed {
    /// Writes the packed bytes into the archive, unless they are there already.
    pub fn copy_to(self, out: &mut impl Write) -> io::Result<()> {
        match self.sink {
            Sink::Memory(bytes) => out.write_all(&bytes),
            Sink::Straight(_) => Ok(()),
            Sink::Own(file, _unfinished) => {
                let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.seek(SeekFrom::Start(0))?;
                let mut block = vec![0; BUFFER];
                loop {
                    match file.read(&mut block)? {
                        0 => return Ok(()),
                        count => out.write_all(&block[..count])?,
                    }
                }
            }
        }
    }
}

impl Place {
    /// Moves to a file of its own what memory shall not hold.
    fn make_room(&mut self, more: usize, beside: &Path) -> io::Result<()> {
        if let Sink::Memory(bytes) = &self.sink
            && bytes.len() + more > IN_MEMORY
        {
            let (unfinished, file) = Unfinished::beside(beside)?;
            let mut file = BufWriter::with_capacity(BUFFER, file);
            file.write_all(bytes)?;
            self.sink = Sink::Own(file, unfinished);
        }
        Ok(())
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = match &mut self.sink {
            Sink::Memory(memory) => memory.write(bytes),
            Sink::Own(file, _) | Sink::Straight(file) => file.write(bytes),
        }?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Memory(_) => Ok(()),
            Sink::Own(file, _) | Sink::Straight(file) => file.flush(),
        }
    }
}

/// Whether compressing pays: it halves the sample.
fn pays(sample: &[u8]) -> io::Result<bool> {
    let step = sample.len().saturating_sub(PIECE) / (PIECES - 1);
    let mut encoder = DeflateEncoder::new(Counted(0), Compression::new(LEVEL));
    if sample.len() <= PIECES * PIECE {
        encoder.write_all(sample)?;
    } else {
        for i in 0..PIECES {
            encoder.write_all(&sample[i * step..i * step + PIECE])?;
        }
    }
    let taken = encoder.total_in();
    Ok(encoder.finish()?.0 * 2 < taken)
}

/// Only the number of bytes.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
