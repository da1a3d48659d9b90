//! Text tables: a header line, then one line of numbers per row.
//!
//! * **Delimiter:** comma, semicolon or tab, whichever the header has most of.
//! * **Numbers:** a column is of integers if every field is one, else of real
//!   numbers. To know before the first batch, the chosen columns are parsed
//!   twice: the first pass also counts the rows, and finds every fault before
//!   anything is computed. Memory stays bounded by a batch.
//! * **Text:** a column whose first field is no number counts as text, and is
//!   an error only when asked for.
//! * **Missing:** a field that is empty, or what programs write in place of a number
//!   that they do not have (`NA`, `null`, `-`, …), is a null; where nulls are told, a
//!   field that is no number is one of them.
//! * **Reference:** RFC 4180 for quotes.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ::csv::{ByteRecord, ErrorKind, ReaderBuilder, Trim};
use pellucid_core::Values;

use crate::columns::Found;
use crate::error::DataError;
use crate::format::{self, Format, Lenience, Source, Survey, says_nothing};
use crate::reader::NullAt;

pub(crate) const FORMAT: Format = Format {
    name: "CSV",
    magic: &[],
    extensions: &["csv", "tsv", "txt"],
    open: |path, _| Ok(Box::new(Csv::open(path)?)),
};

/// A header longer than this is not one.
const LONGEST_HEADER: u64 = 1 << 20;

/// What the fields of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Real,
    Text,
}

/// The number of rows, and the chosen columns with what all their fields are.
type Chosen = (usize, Vec<(usize, Kind)>);

struct Csv {
    path: PathBuf,
    delimiter: u8,
    found: Vec<Found>,
    /// The chosen columns, by their places, and what all their fields are.
    chosen: Vec<(usize, Kind)>,
    lenience: Lenience,
    /// What is known of an earlier opening, and what this one found.
    known: Option<Survey>,
    /// The nulls of the rows handed out last.
    nulls: Vec<NullAt>,
    rows: Option<usize>,
    lines: Lines,
}

impl Csv {
    fn open(path: &Path) -> Result<Self, DataError> {
        let start = format::start(path)?;
        if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
            return Err(DataError::NotFormat {
                path: path.to_owned(),
                expected: FORMAT.name,
                found: format::describe(&start),
            });
        }
        let delimiter = delimiter(path)?;
        let mut lines = Lines::open(path, delimiter)?;
        let header = lines.header()?;
        if let Some(found) = no_header(&header) {
            return Err(DataError::Header {
                path: path.to_owned(),
                found,
            });
        }
        if !lines.advance()? {
            return Err(DataError::NoRows {
                path: path.to_owned(),
            });
        }
        let found = header.into_iter().enumerate().map(|(column, name)| {
            let text = lines.field(column);
            let number = is_missing(text) || real(text).is_some();
            Found {
                name,
                refused: (!number).then(|| "text".to_owned()),
                lists: false,
                derived: false,
                unsigned: false,
            }
        });
        let found = found.collect();
        Ok(Self {
            path: path.to_owned(),
            delimiter,
            found,
            chosen: Vec::new(),
            lenience: Lenience::default(),
            known: None,
            nulls: Vec::new(),
            rows: None,
            lines,
        })
    }

    fn not_a_number(&self, column: usize) -> DataError {
        DataError::NotANumber {
            path: self.path.clone(),
            column: self.found[column].name.clone(),
            row: self.lines.row(),
            line: self.lines.line(),
            found: String::from_utf8_lossy(self.lines.field(column)).into_owned(),
        }
    }

    /// The file's size and time.
    fn stamp(&self) -> Result<(u64, Option<SystemTime>), DataError> {
        let metadata = std::fs::metadata(&self.path).map_err(|source| DataError::Unreadable {
            path: self.path.clone(),
            source,
        })?;
        Ok((metadata.len(), metadata.modified().ok()))
    }

    /// What is known of these columns, all of which an earlier opening read in the same
    /// way.
    fn known(&self, columns: &[usize]) -> Result<Option<Chosen>, DataError> {
        let Some(survey) = &self.known else {
            return Ok(None);
        };
        if survey.stamp != self.stamp()? {
            return Ok(None);
        }
        let of = |&column: &usize| {
            let asked = (column, self.lenience.asked(column));
            let mut known = survey.columns.iter();
            let found = known.find(|(place, how, _)| (*place, *how) == asked)?;
            Some((column, found.2))
        };
        let kinds = columns.iter().map(of).collect::<Option<Vec<_>>>();
        Ok(kinds.map(|kinds| (survey.rows, kinds)))
    }

    fn rewind(&mut self) -> Result<(), DataError> {
        self.lines = Lines::open(&self.path, self.delimiter)?;
        self.lines.header().map(drop)
    }
}

impl Source for Csv {
    fn found(&self) -> &[Found] {
        &self.found
    }

    fn lenient(&mut self, lenience: Lenience) {
        self.lenience = lenience;
    }

    fn know(&mut self, survey: &Survey) {
        self.known = Some(survey.clone());
    }

    fn survey(&self) -> Option<Survey> {
        self.known.clone()
    }

    fn nulls(&mut self) -> Vec<NullAt> {
        std::mem::take(&mut self.nulls)
    }

    fn choose(&mut self, columns: &[usize]) -> Result<(), DataError> {
        if let Some((rows, kinds)) = self.known(columns)? {
            self.rows = Some(rows);
            self.chosen = kinds;
            return self.rewind();
        }
        let stamp = self.stamp()?;
        let of = |&column: &usize| (column, Kind::Integer);
        let mut chosen: Vec<(usize, Kind)> = columns.iter().map(of).collect();
        self.rewind()?;
        while self.lines.advance()? {
            for (column, kind) in &mut chosen {
                let field = self.lines.field(*column);
                if is_missing(field) {
                    match self.lenience.missing(*column) {
                        // As not a number, of a key as an empty text.
                        Missing::Number if *kind == Kind::Integer => *kind = Kind::Real,
                        Missing::Number | Missing::Told => {}
                        Missing::Fault => return Err(self.not_a_number(*column)),
                    }
                    continue;
                }
                if *kind == Kind::Integer && integer(field).is_none() {
                    *kind = Kind::Real;
                }
                if *kind == Kind::Real && real(field).is_none() {
                    if self.lenience.texts.contains(column) {
                        *kind = Kind::Text;
                    } else if !self.lenience.skip_nulls {
                        return Err(self.not_a_number(*column));
                    }
                }
            }
        }
        self.rows = Some(self.lines.read);
        let found = chosen.iter();
        let found = found.map(|&(column, kind)| (column, self.lenience.asked(column), kind));
        self.known = Some(Survey {
            stamp,
            rows: self.lines.read,
            columns: found.collect(),
        });
        self.chosen = chosen;
        self.rewind()
    }

    fn rows(&self) -> Option<usize> {
        self.rows
    }

    fn next(&mut self, most: usize) -> Result<Option<Vec<Values>>, DataError> {
        let empty = |&(_, kind): &(usize, Kind)| match kind {
            Kind::Integer => Values::Integer(Vec::new()),
            Kind::Real => Values::Float(Vec::new()),
            Kind::Text => Values::Text(Vec::new()),
        };
        let mut columns: Vec<Values> = self.chosen.iter().map(empty).collect();
        let mut filled = 0;
        while filled < most && self.lines.advance()? {
            for (&(column, _), values) in self.chosen.iter().zip(&mut columns) {
                let mut field = self.lines.field(column);
                if is_missing(field) {
                    field = match self.lenience.missing(column) {
                        Missing::Number if matches!(values, Values::Text(_)) => b"",
                        Missing::Number => b"nan",
                        Missing::Told => {
                            self.nulls.push(NullAt {
                                row: filled,
                                column: self.found[column].name.clone(),
                                entry: None,
                            });
                            b"0"
                        }
                        Missing::Fault => field,
                    };
                }
                let added = match values {
                    Values::Integer(values) => integer(field).map(|x| values.push(x)),
                    Values::Float(values) => {
                        let number = real(field);
                        let told = number.is_none() && self.lenience.skip_nulls;
                        if told {
                            self.nulls.push(NullAt {
                                row: filled,
                                column: self.found[column].name.clone(),
                                entry: None,
                            });
                        }
                        let filling = told.then_some(f64::NAN);
                        number.or(filling).map(|x| values.push(x))
                    }
                    Values::Text(values) => {
                        values.push(String::from_utf8_lossy(field).into_owned());
                        Some(())
                    }
                    Values::FloatLists(_) | Values::IntegerLists(_) => None,
                };
                // The first pass read the same field; the file has changed since.
                added.ok_or_else(|| self.not_a_number(column))?;
            }
            filled += 1;
        }
        Ok((filled > 0).then_some(columns))
    }
}

/// What a missing number of a column is.
enum Missing {
    /// Not a number.
    Number,
    /// A null that is told.
    Told,
    /// An error.
    Fault,
}

impl Lenience {
    /// How a column is to be read.
    fn asked(&self, column: usize) -> [bool; 4] {
        let of = |columns: &[usize]| columns.contains(&column);
        [
            of(&self.keys),
            of(&self.texts),
            of(&self.gaps),
            self.skip_nulls,
        ]
    }

    fn missing(&self, column: usize) -> Missing {
        if self.keys.contains(&column) || self.gaps.contains(&column) {
            Missing::Number
        } else if self.skip_nulls {
            Missing::Told
        } else {
            Missing::Fault
        }
    }
}

/// The field of a first line that shows that it names no columns: a comment, or a
/// number that does not count them.
fn no_header(header: &[String]) -> Option<String> {
    let first = header.first().filter(|name| name.starts_with('#'));
    let is_number = |name: &String| name.parse::<f64>().is_ok_and(f64::is_finite);
    let counts = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    let number = || {
        let all = header.iter().all(is_number) && !header.iter().all(counts);
        header.first().filter(|_| all)
    };
    first.or_else(number).cloned()
}

/// The lines of a file, one at a time.
struct Lines {
    path: PathBuf,
    reader: ::csv::Reader<File>,
    record: ByteRecord,
    /// Rows read so far.
    read: usize,
}

impl Lines {
    fn open(path: &Path, delimiter: u8) -> Result<Self, DataError> {
        let file = File::open(path).map_err(|source| DataError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .trim(Trim::All)
            .buffer_capacity(1 << 16)
            .from_reader(file);
        Ok(Self {
            path: path.to_owned(),
            reader,
            record: ByteRecord::new(),
            read: 0,
        })
    }

    fn header(&mut self) -> Result<Vec<String>, DataError> {
        let header = self
            .reader
            .headers()
            .map_err(|error| fault(&self.path, 0, error))?;
        Ok(header.iter().map(str::to_owned).collect())
    }

    /// Goes to the next row, if there is one.
    fn advance(&mut self) -> Result<bool, DataError> {
        let more = self.reader.read_byte_record(&mut self.record);
        let more = more.map_err(|error| fault(&self.path, self.read, error))?;
        self.read += usize::from(more);
        Ok(more)
    }

    /// The row gone to last.
    fn row(&self) -> usize {
        self.read.saturating_sub(1)
    }

    /// Its line in the file, counted from 1.
    fn line(&self) -> u64 {
        line(&self.path, self.record.position())
    }

    fn field(&self, column: usize) -> &[u8] {
        self.record.get(column).unwrap_or_default()
    }
}

fn fault(path: &Path, row: usize, error: ::csv::Error) -> DataError {
    let path = path.to_owned();
    let reason = error.to_string();
    match error.into_kind() {
        ErrorKind::Io(source) => DataError::Unreadable { path, source },
        ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => DataError::Fields {
            row,
            line: line(&path, pos.as_ref()),
            path,
            expected: expected_len,
            found: len,
        },
        _ => DataError::Damaged {
            path,
            format: FORMAT.name,
            reason,
        },
    }
}

/// The line of a record, counted from 1. The parser's position is where it
/// began to look for the record, with empty lines and half of a Windows line
/// ending still ahead.
fn line(path: &Path, position: Option<&::csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let ahead = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(position.byte()))?;
        let mut newlines = 0;
        for byte in BufReader::new(file).bytes() {
            match byte? {
                b'\n' => newlines += 1,
                b'\r' => {}
                _ => break,
            }
        }
        std::io::Result::Ok(newlines)
    };
    // Without the file the parser's line is the best there is.
    position.line() + ahead().unwrap_or(0)
}

/// The delimiter that the header has most of, outside quotes.
fn delimiter(path: &Path) -> Result<u8, DataError> {
    let unreadable = |source| DataError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut header = Vec::new();
    let mut start = BufReader::new(file).take(LONGEST_HEADER);
    // Empty lines before the header are skipped, as the parser does.
    while header.trim_ascii().is_empty() {
        header.clear();
        if start.read_until(b'\n', &mut header).map_err(unreadable)? == 0 {
            return Err(DataError::NoRows {
                path: path.to_owned(),
            });
        }
    }
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for &byte in &header {
        quoted ^= byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!quoted && byte == *delimiter);
        }
    }
    // Of equal counts the first wins, so a single column reads as commas.
    let most = counts.iter().map(|(_, count)| *count).max();
    Ok(counts
        .iter()
        .find(|(_, count)| Some(*count) == most)
        .map_or(b',', |(delimiter, _)| *delimiter))
}

/// Whether a field is what programs write in place of a number that they do not have;
/// `nan` is a number of its own.
fn is_missing(field: &[u8]) -> bool {
    const WRITTEN: [&str; 8] = ["none", "missing", "n/a", "-", "--", "?", ".", "*"];
    let written = |text: &&str| field.eq_ignore_ascii_case(text.as_bytes());
    let nothing = WRITTEN.iter().any(written) || std::str::from_utf8(field).is_ok_and(says_nothing);
    nothing && real(field).is_none()
}

fn integer(field: &[u8]) -> Option<i64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

fn real(field: &[u8]) -> Option<f64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Selection, open, read};

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn message(text: &str, selection: &Selection) -> String {
        read(file(text).path(), selection).unwrap_err().to_string()
    }

    #[test]
    fn missing_numbers_are_refused_by_row_or_told() {
        // `x` begins with a missing number and is a column of numbers all the same.
        let text = "x,y,name\nNA,1,a\n2,,b\n3.5,4,c\n";
        let said = message(text, &Selection::of(["x"]));
        assert!(said.contains("`NA` in row 0"), "{said}");
        let there = file(text);
        let all = Selection::default().skip_nulls(true);
        let batches: Vec<_> = open(there.path(), &all).unwrap().collect();
        let batch = batches[0].as_ref().unwrap();
        assert_eq!(batch.table.names(), ["x", "y"]);
        let told: Vec<(usize, &str)> = batch
            .nulls
            .iter()
            .map(|null| (null.row, null.column.as_str()))
            .collect();
        assert_eq!(told, [(0, "x"), (1, "y")]);
        assert_eq!(batch.table.floats("x").unwrap()[2], 3.5);
    }

    #[test]
    fn commas_semicolons_and_tabs_are_told_apart() {
        for delimiter in [",", ";", "\t"] {
            let text = "\u{feff}label,\"pt [a,b;c]\",m\r\n1, 2.5 ,3\r\n\r\n0,-1e3,nan\r\n";
            let text = text.replace(",m", &format!("{delimiter}m"));
            let text = text.replace("label,", &format!("label{delimiter}"));
            let text = text.replace("1, 2.5 ,3", &["1", " 2.5 ", "3"].join(delimiter));
            let text = text.replace("0,-1e3,nan", &["0", "-1e3", "nan"].join(delimiter));
            let table = read(file(&text).path(), &Selection::default()).unwrap();
            assert_eq!(table.names(), ["label", "pt [a,b;c]", "m"]);
            assert_eq!(table.integers("label").unwrap(), [1, 0]);
            assert_eq!(table.floats("pt [a,b;c]").unwrap(), [2.5, -1000.0]);
            assert!(table.floats("m").unwrap()[1].is_nan());
        }
    }

    #[test]
    fn a_column_is_of_integers_only_if_every_field_is_one() {
        let file = file("a,b\n1,1\n2,2\n3,3.5\n");
        let batches = open(file.path(), &Selection::default().batch_rows(1)).unwrap();
        assert_eq!(batches.rows(), Some(3));
        for batch in batches {
            let table = batch.unwrap().table;
            assert!(matches!(table.columns()[0].values, Values::Integer(_)));
            assert!(matches!(table.columns()[1].values, Values::Float(_)));
        }
    }

    #[test]
    fn a_field_that_is_no_number_is_named_by_column_row_and_line() {
        let text = "a,b,c\n1,x,2\n\n3,y,4,\n";
        let text = &text.replace("4,", "four");
        let found = message(text, &Selection::default());
        for part in ["`c`", "`four`", "row 1 (line 4)"] {
            assert!(found.contains(part), "{found}");
        }
        let found = message("a,b\n1,2\n3,\n", &Selection::default());
        assert!(
            found.contains("column `b`") && found.contains("nothing in row 1"),
            "{found}"
        );
        let found = message("a;b\n1,5;2\n", &Selection::of(["a"]));
        assert!(found.contains("text, expected a number"), "{found}");
    }

    #[test]
    fn missing_fields_are_nulls_told_or_gaps() {
        let file = file("label,x_0,x_1,w\n1,2,3,4\n0,5,,NA\n,6,<NA>,7\n");
        let selection = Selection::of(["label", "x", "w"])
            .keys(["label"])
            .gaps(["x"]);
        let told = open(file.path(), &selection.clone().skip_nulls(true)).unwrap();
        let batches: Vec<crate::Batch> = told.map(Result::unwrap).collect();
        let [batch] = batches.as_slice() else {
            panic!("one batch");
        };
        let labels = batch.table.floats("label").unwrap();
        assert!(labels[..2] == [1.0, 0.0] && labels[2].is_nan());
        let lists = batch.table.float_lists("x").unwrap();
        assert!(lists.row(1)[0] == 5.0 && lists.row(1)[1].is_nan() && lists.row(2)[1].is_nan());
        let null = NullAt {
            row: 1,
            column: "w".to_owned(),
            entry: None,
        };
        assert_eq!(batch.nulls, [null]);
        let refused = read(file.path(), &selection).unwrap_err();
        assert!(
            refused.of_a_row() && refused.to_string().contains("`NA` in row 1"),
            "{refused}"
        );
    }

    #[test]
    fn a_second_opening_of_the_same_file_takes_no_pass() {
        let file = file("a,b\n1,1\n2,2.5\n");
        let selection = Selection::of(["a", "b"]);
        let first = open(file.path(), &selection).unwrap();
        let knowing = Selection {
            survey: first.survey(),
            ..selection.clone()
        };
        let whole = read(file.path(), &selection).unwrap();
        assert_eq!(read(file.path(), &knowing).unwrap(), whole);
        // A file that has changed since is looked at anew, and so is another reading.
        std::fs::write(file.path(), "a,b\n1.5,1\n2,2\n3,3\n").unwrap();
        let again = open(file.path(), &knowing).unwrap();
        assert_eq!(again.rows(), Some(3));
        assert_eq!(
            read(file.path(), &knowing).unwrap().floats("a").unwrap(),
            [1.5, 2.0, 3.0]
        );
    }

    #[test]
    fn a_line_with_missing_fields_is_named() {
        let found = message("a,b,c\r\n1,2,3\r\n\r\n\r\n4,5\r\n", &Selection::default());
        assert!(found.contains("row 1 (line 5)"), "{found}");
        let found = message("a,b,c\n1,2,3\n4,5\n", &Selection::default());
        for part in ["row 1 (line 3)", "2 fields", "expected 3"] {
            assert!(found.contains(part), "{found}");
        }
    }

    #[test]
    fn a_header_without_rows_is_refused() {
        for text in ["a,b\n", "a,b", "\n\n"] {
            let found = message(text, &Selection::default());
            assert!(found.contains("has no rows"), "{text:?}: {found}");
        }
    }

    #[test]
    fn a_first_line_without_names_is_refused_with_what_to_write() {
        for (text, found) in [
            ("# pt,eta,phi\n1,2,3\n", "`# pt`"),
            ("# made by hand\npt,eta\n1,2\n", "`# made by hand`"),
            ("12.5,0.1,-3\n11,0.2,3\n", "`12.5`"),
        ] {
            let message = message(text, &Selection::default());
            assert!(
                message.contains(found) && message.contains("without `#`"),
                "{message}"
            );
        }
        let wide = file("");
        std::fs::write(wide.path(), b"\xff\xfea\x00\n\x001\x00\n\x00").unwrap();
        let message = read(wide.path(), &Selection::default())
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("UTF-16") && message.contains("UTF-8"),
            "{message}"
        );
    }

    #[test]
    fn text_is_an_error_only_when_asked_for() {
        let text = "name,pt\nW,2\nZ,3\n";
        let table = read(file(text).path(), &Selection::default()).unwrap();
        assert_eq!(table.names(), ["pt"]);
        assert!(message(text, &Selection::of(["name"])).contains("holds text"));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let file = file("");
        std::fs::write(file.path(), b"\x1f\x8b\xff\xfe,b\n\x00,1\n").unwrap();
        let found = read(file.path(), &Selection::default())
            .unwrap_err()
            .to_string();
        assert!(found.contains("as CSV"), "{found}");
    }
}
