//! Which format a file is in: its first bytes decide, then its extension.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::SystemTime;

use pellucid_core::Values;

use crate::columns::Found;
use crate::error::DataError;
use crate::reader::NullAt;
use crate::{apart, csv, npz, parquet, wide};

/// Every format, in the order in which messages list them.
const FORMATS: &[&Format] = &[&parquet::FORMAT, &npz::FORMAT, &csv::FORMAT];

/// A file format.
pub(crate) struct Format {
    /// The name used in messages.
    pub name: &'static str,
    /// Any of these begins such a file; empty if anything may.
    pub magic: &'static [&'static [u8]],
    /// Usual extensions, in lower case, without the dot.
    pub extensions: &'static [&'static str],
    /// Opens a file, reading no more than is needed to list its columns.
    /// The names are those of the numbers of a particle in arrays.
    pub open: Open,
}

/// Opens the file at a path; the names are those of the numbers of a particle.
pub(crate) type Open = fn(&Path, &[String]) -> Result<Box<dyn Source>, DataError>;

/// What is no error in a file; columns by their places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lenience {
    /// Columns of which only equality counts.
    pub keys: Vec<usize>,
    /// Columns that may be of texts.
    pub texts: Vec<usize>,
    /// Columns in which a missing number is not a number: in the lists of a
    /// column of lists, in the rows of a flat one.
    pub gaps: Vec<usize>,
    /// Whether other missing numbers are told.
    pub skip_nulls: bool,
}

/// What a pass over a text file found; the next opening of the same file for the
/// same columns does without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The file's size and time.
    pub(crate) stamp: (u64, Option<SystemTime>),
    pub(crate) rows: usize,
    /// Of each column its place, how it was to be read, and what its fields are.
    pub(crate) columns: Vec<(usize, [bool; 4], csv::Kind)>,
}

/// An open file.
pub(crate) trait Source: Send {
    /// The columns there are.
    fn found(&self) -> &[Found];

    /// Decides which columns to read, by their places in [`found`](Self::found),
    /// in the order wanted; called once, before the first batch.
    fn choose(&mut self, columns: &[usize]) -> Result<(), DataError>;

    /// Before the columns are chosen: what is no error.
    fn lenient(&mut self, _lenience: Lenience) {}

    /// Before the columns are chosen: what an earlier opening found.
    fn know(&mut self, _survey: &Survey) {}

    /// What a pass over the file found when its columns were chosen, if it took one.
    fn survey(&self) -> Option<Survey> {
        None
    }

    /// The nulls of the rows handed out last, if they are not errors.
    fn nulls(&mut self) -> Vec<NullAt> {
        Vec::new()
    }

    /// The number of rows; known once the columns are chosen.
    fn rows(&self) -> Option<usize>;

    /// The next rows of the chosen columns: exactly `most`, fewer only at the
    /// end of the file, `None` behind it.
    fn next(&mut self, most: usize) -> Result<Option<Vec<Values>>, DataError>;
}

/// Finds out the format of a file and opens it; `features` are names for the
/// numbers of a particle in arrays and numbered columns.
pub(crate) fn open(path: &Path, features: &[String]) -> Result<Box<dyn Source>, DataError> {
    let source = (format(path)?.open)(path, features)?;
    let source = apart::with_features(path, source, features);
    Ok(wide::with_lists(source, features))
}

/// Whether a file holds numbers as somebody wrote them, with digits, not as a computer
/// keeps them.
pub fn is_text(path: &Path) -> bool {
    // Binary formats say what they are.
    format(path).is_ok_and(|format| format.magic.is_empty())
}

fn format(path: &Path) -> Result<&'static Format, DataError> {
    let start = start(path)?;
    let of_content = |format: &&&Format| format.magic.iter().any(|magic| start.starts_with(magic));
    if let Some(format) = FORMATS.iter().find(of_content) {
        return Ok(format);
    }
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .map(str::to_lowercase)
        .unwrap_or_default();
    let of_name = |format: &&&Format| format.extensions.contains(&extension.as_str());
    match FORMATS.iter().find(of_name) {
        Some(format) if format.magic.is_empty() => Ok(format),
        Some(format) => Err(DataError::NotFormat {
            path: path.to_owned(),
            expected: format.name,
            found: describe(&start),
        }),
        None => Err(DataError::UnknownFormat {
            path: path.to_owned(),
            found: describe(&start),
            known: FORMATS
                .iter()
                .map(|format| format!("{} (.{})", format.name, format.extensions.join(", .")))
                .collect(),
        }),
    }
}

/// Whether a text stands for a missing value, as tables are written by pandas, R and
/// spreadsheets.
pub fn says_nothing(text: &str) -> bool {
    const NOTHING: [&str; 11] = [
        "", "NA", "N/A", "<NA>", "nan", "NaN", "NAN", "null", "NULL", "None", "NaT",
    ];
    NOTHING.contains(&text.trim())
}

/// The first bytes of a file.
pub(crate) fn start(path: &Path) -> Result<Vec<u8>, DataError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        ErrorKind::NotFound => DataError::Missing {
            path: path.to_owned(),
        },
        _ => DataError::Unreadable {
            path: path.to_owned(),
            source,
        },
    };
    let kind = fs::metadata(path).map_err(unreadable)?.file_type();
    if !kind.is_file() {
        let found = if kind.is_dir() {
            "a directory"
        } else {
            "a device or pipe"
        };
        return Err(DataError::NotAFile {
            path: path.to_owned(),
            found,
        });
    }
    let mut start = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(16).read_to_end(&mut start).map_err(unreadable)?;
    if start.is_empty() {
        return Err(DataError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(start)
}

/// The first bytes for a message, with the name of the format if they are
/// those of one that physicists use and we do not read.
pub(crate) fn describe(start: &[u8]) -> String {
    let known: [(&[u8], &str); 13] = [
        (b"PAR1", "a Parquet file"),
        (b"PARE", "an encrypted Parquet file"),
        (b"PK", "a ZIP archive, such as NPZ"),
        (
            b"\x93NUMPY",
            "a single NumPy array; save it by its name with np.savez",
        ),
        (b"\x89HDF", "an HDF5 file"),
        (b"root", "a ROOT file"),
        (b"ARROW1", "an Arrow file"),
        (b"\x1f\x8b", "a gzip archive; unpack it first"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard archive; unpack it first"),
        (b"BZh", "a bzip2 archive; unpack it first"),
        (b"\xfd7zXZ", "an xz archive; unpack it first"),
        (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
        (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
    ];
    let bytes = start[..start.len().min(8)].escape_ascii();
    match known.iter().find(|(magic, _)| start.starts_with(magic)) {
        Some((_, name)) => format!("`{bytes}` ({name})"),
        None => format!("`{bytes}`"),
    }
}
