//! Parquet, as pyarrow and awkward write it; [`Writer`] for what we write.
//!
//! Row groups are read one after the other, and of each only the pages of the
//! chosen columns, so a file may be larger than memory. Batches are cut anew:
//! they do not follow the row groups.
//!
//! * **Columns:** numbers and lists of numbers; lists of lists of numbers are read
//!   joined, to be taken apart. The fields of records are
//!   columns of their own, called `jet.pt` (a record per row) or `part.pt` (a
//!   list of records per row, what `ak.zip` makes).
//! * **Types:** those of the Parquet schema itself, not those of the Arrow
//!   schema that pyarrow adds; lists of any kind then look alike and
//!   dictionary-encoded columns come as plain ones.
//!   Decimal numbers of fixed point come as real numbers.
//! * **Compression:** none, Snappy, Zstandard, gzip, brotli, and LZ4 as a raw block
//!   or as Hadoop frames it.
//! * **Nulls:** a column may allow them, but must not contain one; nulls in the
//!   lists of particles, as `ak.pad_none` makes them, are not a number.
//! * **Reference:** <https://parquet.apache.org/docs/file-format/>.

mod write;

pub use write::{Writer, write};

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use ::parquet::basic::Compression;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field};
use pellucid_core::{Jagged, Values};

use crate::apart::LISTS_OF_LISTS;
use crate::columns::{Found, TEXT};
use crate::error::DataError;
use crate::format::{Format, Lenience, Source};
use crate::reader::NullAt;

pub(crate) const FORMAT: Format = Format {
    name: "Parquet",
    magic: &[b"PAR1"],
    extensions: &["parquet", "pq"],
    open: |path, features| Ok(Box::new(Parquet::open(path, features.len())?)),
};

/// Rows decoded at a time, at most: enough to amortise the work per call,
/// little enough to stay in the cache.
const DECODED_ROWS: usize = 1024;

struct Parquet {
    path: PathBuf,
    rows: usize,
    found: Vec<Found>,
    leaves: Vec<Leaf>,
    /// How many numbers a particle has, in lists of lists.
    numbers: usize,
    builder: Option<ParquetRecordBatchReaderBuilder<File>>,
    reader: Option<ParquetRecordBatchReader>,
    /// The chosen leaves, by their places.
    chosen: Vec<usize>,
    /// What was decoded and not handed out yet.
    decoded: Option<RecordBatch>,
    /// Rows handed out so far.
    next_row: usize,
    lenience: Lenience,
    /// The nulls of the rows handed out last.
    nulls: Vec<NullAt>,
}

/// A leaf of the schema: the names on the way to it, and what it holds.
struct Leaf {
    path: Vec<String>,
    real: bool,
    list: bool,
    text: bool,
}

impl Parquet {
    /// Opens a file whose particles have so many numbers, where it lists them as lists.
    fn open(path: &Path, numbers: usize) -> Result<Self, DataError> {
        let unreadable = |source| DataError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(unreadable)?;
        check_end(path, &mut file).map_err(unreadable)??;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = guarded(path, || {
            ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        })?;
        let rows = usize::try_from(builder.metadata().file_metadata().num_rows())
            .map_err(|_| damaged(path, "it claims a negative number of rows"))?;
        let mut columns = Columns::default();
        for field in builder.schema().fields() {
            columns.walk(field, &[], 0);
        }
        let Columns { found, leaves } = columns;
        Ok(Self {
            path: path.to_owned(),
            rows,
            found,
            leaves,
            numbers,
            builder: Some(builder),
            reader: None,
            chosen: Vec::new(),
            decoded: None,
            next_row: 0,
            lenience: Lenience::default(),
            nulls: Vec::new(),
        })
    }

    fn check_compression(
        &self,
        builder: &ParquetRecordBatchReaderBuilder<File>,
    ) -> Result<(), DataError> {
        for group in builder.metadata().row_groups() {
            for &index in &self.chosen {
                let compression = group.column(index).compression();
                if matches!(compression, Compression::LZO) {
                    return Err(DataError::Compression {
                        path: self.path.clone(),
                        column: self.found[index].name.clone(),
                        found: compression.to_string(),
                        expected: "none, Snappy, Zstandard, gzip, LZ4 or brotli",
                    });
                }
            }
        }
        Ok(())
    }

    /// Decoded rows that were not handed out yet, if there are any more.
    fn decode(&mut self) -> Result<Option<RecordBatch>, DataError> {
        if let Some(batch) = self.decoded.take() {
            return Ok(Some(batch));
        }
        let Some(mut reader) = self.reader.take() else {
            return Ok(None);
        };
        let next = guarded(&self.path, || reader.next().transpose())?;
        self.reader = Some(reader);
        Ok(next)
    }
}

impl Source for Parquet {
    fn found(&self) -> &[Found] {
        &self.found
    }

    fn lenient(&mut self, lenience: Lenience) {
        self.lenience = lenience;
    }

    fn nulls(&mut self) -> Vec<NullAt> {
        std::mem::take(&mut self.nulls)
    }

    fn choose(&mut self, columns: &[usize]) -> Result<(), DataError> {
        self.chosen = columns.to_vec();
        if let Some(builder) = self.builder.take() {
            let mask = ProjectionMask::leaves(builder.parquet_schema(), columns.iter().copied());
            self.check_compression(&builder)?;
            for &column in &self.lenience.gaps {
                let leaf = &mut self.leaves[column];
                leaf.real |= !leaf.text && may_have_nulls(&builder, column);
            }
            let builder = builder.with_projection(mask).with_batch_size(DECODED_ROWS);
            self.reader = Some(guarded(&self.path, || builder.build())?);
        }
        Ok(())
    }

    fn rows(&self) -> Option<usize> {
        Some(self.rows)
    }

    fn next(&mut self, most: usize) -> Result<Option<Vec<Values>>, DataError> {
        let leaves = self.chosen.iter().map(|&index| &self.leaves[index]);
        let mut columns: Vec<Values> = leaves.map(Leaf::nothing).collect();
        let mut filled = 0;
        while filled < most {
            let Some(batch) = self.decode()? else { break };
            let taken = batch.num_rows().min(most - filled);
            let rows = batch.slice(0, taken);
            for (&index, values) in self.chosen.iter().zip(&mut columns) {
                let place = Place {
                    path: &self.path,
                    column: &self.found[index].name,
                    numbers: self.numbers,
                    first_row: self.next_row + filled,
                    of_batch: filled,
                    key: self.lenience.keys.contains(&index),
                    gaps: self.lenience.gaps.contains(&index),
                };
                let nulls = self.lenience.skip_nulls.then_some(&mut self.nulls);
                place.append(values, &rows, &self.leaves[index], nulls)?;
            }
            filled += taken;
            if taken < batch.num_rows() {
                self.decoded = Some(batch.slice(taken, batch.num_rows() - taken));
            }
        }
        self.next_row += filled;
        if filled < most && self.next_row != self.rows {
            let reason = format!("it claims {} rows but has {}", self.rows, self.next_row);
            return Err(damaged(&self.path, reason));
        }
        Ok((filled > 0).then_some(columns))
    }
}

/// A file that was copied or written only in part lacks its end, where the
/// schema is.
fn check_end(path: &Path, file: &mut File) -> std::io::Result<Result<(), DataError>> {
    let length = file.metadata()?.len();
    let mut end = [0; 4];
    if length >= 12 {
        file.seek(SeekFrom::End(-4))?;
        file.read_exact(&mut end)?;
        file.rewind()?;
    }
    Ok(match &end {
        b"PAR1" => Ok(()),
        b"PARE" => Err(damaged(path, "it is encrypted, which is not supported")),
        _ => Err(DataError::Truncated {
            path: path.to_owned(),
            format: FORMAT.name,
            expected: "`PAR1`",
        }),
    })
}

fn damaged(path: &Path, reason: impl Into<String>) -> DataError {
    DataError::Damaged {
        path: path.to_owned(),
        format: FORMAT.name,
        reason: reason.into(),
    }
}

/// Runs a call into the Parquet library. On damaged pages it may panic instead
/// of returning an error (59.3 does, where a page has fewer values than it
/// claims); a damaged file is no bug of ours, so that becomes an error too.
/// What was borrowed mutably must not be used after a panic.
fn guarded<T, E: std::fmt::Display>(
    path: &Path,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, DataError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| damaged(path, error.to_string())),
        Err(_) => Err(damaged(path, "its pages contradict its schema")),
    }
}

/// The leaves of a schema, depth first, as Parquet numbers them.
#[derive(Default)]
struct Columns {
    found: Vec<Found>,
    leaves: Vec<Leaf>,
}

impl Columns {
    fn walk(&mut self, field: &Field, above: &[String], depth: usize) {
        let path: Vec<String> = above.iter().chain([field.name()]).cloned().collect();
        self.walk_type(field.data_type(), path, depth, None);
    }

    /// `depth` is the number of lists around it.
    fn walk_type(
        &mut self,
        kind: &DataType,
        path: Vec<String>,
        depth: usize,
        refused: Option<&str>,
    ) {
        match kind {
            DataType::Struct(fields) => {
                for field in fields {
                    let inner = path.iter().chain([field.name()]).cloned().collect();
                    self.walk_type(field.data_type(), inner, depth, refused);
                }
            }
            DataType::List(entry) => {
                let refused = match depth {
                    0 => refused,
                    1 => refused.or(Some(LISTS_OF_LISTS)),
                    _ => Some("lists of lists of lists"),
                };
                self.walk_type(entry.data_type(), path, depth + 1, refused);
            }
            DataType::Map(entry, _) => {
                self.walk_type(entry.data_type(), path, depth, refused.or(Some("maps")));
            }
            leaf => {
                let list = depth > 0;
                let refused = match refused {
                    // Of numbers, these may be taken apart.
                    Some(LISTS_OF_LISTS) => Some(match refused_type(leaf) {
                        Some(kind) => format!("lists of lists of {kind}"),
                        None => LISTS_OF_LISTS.to_owned(),
                    }),
                    Some(other) => Some(other.to_owned()),
                    None if list && is_text(leaf) => Some("lists of texts".to_owned()),
                    None => refused_type(leaf),
                };
                self.found.push(Found {
                    name: path.join("."),
                    refused,
                    lists: list,
                    derived: false,
                    unsigned: *leaf == DataType::UInt64,
                });
                self.leaves.push(Leaf {
                    path,
                    real: leaf.is_floating() || is_decimal(leaf),
                    list,
                    text: is_text(leaf),
                });
            }
        }
    }
}

/// Whether it holds numbers of fixed point.
fn is_decimal(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..)
    )
}

/// What a column holds, if not numbers.
fn refused_type(kind: &DataType) -> Option<String> {
    match kind {
        DataType::Boolean | DataType::Float16 | DataType::Float32 | DataType::Float64 => None,
        kind if kind.is_integer() || is_decimal(kind) => None,
        kind if is_text(kind) => Some(TEXT.to_owned()),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Some("bytes".to_owned()),
        kind if kind.is_temporal() => Some("dates or times".to_owned()),
        other => Some(format!("values of type {other}")),
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

impl Leaf {
    /// A column of this kind without rows.
    fn nothing(&self) -> Values {
        if self.text {
            return Values::Text(Vec::new());
        }
        match (self.real, self.list) {
            (true, false) => Values::Float(Vec::new()),
            (false, false) => Values::Integer(Vec::new()),
            (true, true) => Values::FloatLists(Jagged::new()),
            (false, true) => Values::IntegerLists(Jagged::new()),
        }
    }
}

/// Where decoded rows stand in the file, for messages.
struct Place<'a> {
    path: &'a Path,
    column: &'a str,
    /// How many numbers a particle has, in lists of lists.
    numbers: usize,
    first_row: usize,
    /// The same row, counted from the first of the batch.
    of_batch: usize,
    /// Whether only equality counts.
    key: bool,
    /// Whether a missing number is not a number.
    gaps: bool,
}

impl Place<'_> {
    /// Adds the rows of a leaf to its column.
    fn append(
        &self,
        out: &mut Values,
        batch: &RecordBatch,
        leaf: &Leaf,
        mut nulls: Option<&mut Vec<NullAt>>,
    ) -> Result<(), DataError> {
        let unexpected = || {
            damaged(
                self.path,
                format!("column `{}` changed its type", self.column),
            )
        };
        let mut array: &ArrayRef = batch.column_by_name(&leaf.path[0]).ok_or_else(unexpected)?;
        let mut path = &leaf.path[1..];
        // Entries that a column with gaps lacks.
        let mut gone: Vec<usize> = Vec::new();
        let mut offsets: Option<Vec<usize>> = None;
        let mut entries: ArrayRef;
        loop {
            match &mut nulls {
                _ if self.gaps && (offsets.is_some() || !leaf.list) => {
                    if let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) {
                        gone.extend((0..array.len()).filter(|&index| nulls.is_null(index)));
                    }
                }
                Some(nulls) => self.tell_nulls(array, offsets.as_deref(), nulls),
                None => {
                    if let Some(index) = first_null(array) {
                        return Err(self.null(index, offsets.as_deref()));
                    }
                }
            }
            match array.data_type() {
                DataType::Struct(_) => {
                    let (name, below) = path.split_first().ok_or_else(unexpected)?;
                    array = array
                        .as_struct()
                        .column_by_name(name)
                        .ok_or_else(unexpected)?;
                    path = below;
                }
                DataType::List(_) => {
                    let lists = array.as_list::<i32>();
                    let ends = lists.value_offsets();
                    // Offsets of Arrow lists never fall and start at 0 or above.
                    let first = ends[0] as usize;
                    let ends: Vec<usize> = ends.iter().map(|&end| end as usize - first).collect();
                    let joined = match offsets.take() {
                        None => ends,
                        Some(rows) => self.joined(&rows, &ends)?,
                    };
                    entries = lists.values().slice(first, joined[joined.len() - 1]);
                    offsets = Some(joined);
                    array = &entries;
                }
                _ => break,
            }
        }
        let too_large = |index: usize, found| DataError::TooLarge {
            path: self.path.to_owned(),
            column: self.column.to_owned(),
            row: self.first_row + row_and_entry(index, offsets.as_deref()).0,
            found,
        };
        match (out, &offsets) {
            (Values::Float(out), None) => {
                let before = out.len();
                reals(array, out).ok_or_else(unexpected)?;
                for index in gone {
                    out[before + index] = f64::NAN;
                }
                Ok(())
            }
            (Values::Integer(out), None) if self.key && *array.data_type() == DataType::UInt64 => {
                // Each its own, as keys are: nothing is computed with them.
                let keys = array.as_primitive::<UInt64Type>().values();
                out.extend(keys.iter().map(|key| key.cast_signed()));
                Ok(())
            }
            (Values::Integer(out), None) => integers(array, out, too_large)?.ok_or_else(unexpected),
            (Values::Text(out), None) => texts(array, out).ok_or_else(unexpected),
            (Values::FloatLists(out), Some(ends)) => {
                let mut values = Vec::with_capacity(array.len());
                reals(array, &mut values).ok_or_else(unexpected)?;
                for index in gone {
                    values[index] = f64::NAN;
                }
                out.append(&Jagged::from_parts(ends.clone(), values).ok_or_else(unexpected)?);
                Ok(())
            }
            (Values::IntegerLists(out), Some(ends)) => {
                let mut values = Vec::with_capacity(array.len());
                integers(array, &mut values, too_large)?.ok_or_else(unexpected)?;
                out.append(&Jagged::from_parts(ends.clone(), values).ok_or_else(unexpected)?);
                Ok(())
            }
            _ => Err(unexpected()),
        }
    }

    /// Where the rows end that have lists of particles, each a list of its numbers.
    fn joined(&self, rows: &[usize], ends: &[usize]) -> Result<Vec<usize>, DataError> {
        let lengths = ends.windows(2).map(|pair| pair[1] - pair[0]);
        match lengths
            .enumerate()
            .find(|(_, length)| *length != self.numbers)
        {
            None => Ok(rows.iter().map(|&particle| ends[particle]).collect()),
            Some((particle, found)) => Err(DataError::Parts {
                path: self.path.to_owned(),
                column: self.column.to_owned(),
                row: self.first_row + row_and_entry(particle, Some(rows)).0,
                found,
                expected: self.numbers,
            }),
        }
    }

    /// Tells the nulls of an array.
    fn tell_nulls(&self, array: &ArrayRef, offsets: Option<&[usize]>, out: &mut Vec<NullAt>) {
        let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else {
            return;
        };
        for index in (0..array.len()).filter(|&index| nulls.is_null(index)) {
            let (row, entry) = row_and_entry(index, offsets);
            out.push(NullAt {
                row: self.of_batch + row,
                column: self.column.to_owned(),
                entry,
            });
        }
    }

    fn null(&self, index: usize, offsets: Option<&[usize]>) -> DataError {
        let (row, entry) = row_and_entry(index, offsets);
        DataError::Null {
            path: self.path.to_owned(),
            column: self.column.to_owned(),
            row: self.first_row + row,
            entry,
        }
    }
}

/// The row of a value, and its place in the row's list if there are lists.
fn row_and_entry(index: usize, offsets: Option<&[usize]>) -> (usize, Option<usize>) {
    match offsets {
        None => (index, None),
        Some(offsets) => {
            let row = offsets.partition_point(|&offset| offset <= index) - 1;
            (row, Some(index - offsets[row]))
        }
    }
}

fn first_null(array: &ArrayRef) -> Option<usize> {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0)?;
    (0..array.len()).find(|&index| nulls.is_null(index))
}

/// Whether a column may lack numbers: where its file does not say that it lacks
/// none.
fn may_have_nulls(builder: &ParquetRecordBatchReaderBuilder<File>, column: usize) -> bool {
    let groups = builder.metadata().row_groups().iter();
    let mut nulls = groups.map(|group| {
        let statistics = group.column(column).statistics()?;
        statistics.null_count_opt()
    });
    nulls.any(|nulls| nulls != Some(0))
}

/// Adds numbers of any width as real ones; `None` if the array holds something
/// else.
fn reals(array: &ArrayRef, out: &mut Vec<f64>) -> Option<()> {
    match array.data_type() {
        DataType::Float16 => {
            out.extend(
                array
                    .as_primitive::<Float16Type>()
                    .values()
                    .iter()
                    .map(|x| x.to_f64()),
            );
        }
        DataType::Float32 => {
            out.extend(
                array
                    .as_primitive::<Float32Type>()
                    .values()
                    .iter()
                    .map(|&x| f64::from(x)),
            );
        }
        DataType::Float64 => {
            out.extend_from_slice(array.as_primitive::<Float64Type>().values());
        }
        DataType::Decimal32(_, scale) => {
            let numbers = array.as_primitive::<Decimal32Type>().values();
            out.extend(numbers.iter().map(|&x| fixed_point(i128::from(x), *scale)));
        }
        DataType::Decimal64(_, scale) => {
            let numbers = array.as_primitive::<Decimal64Type>().values();
            out.extend(numbers.iter().map(|&x| fixed_point(i128::from(x), *scale)));
        }
        DataType::Decimal128(_, scale) => {
            let numbers = array.as_primitive::<Decimal128Type>().values();
            out.extend(numbers.iter().map(|&x| fixed_point(x, *scale)));
        }
        DataType::UInt64 => {
            let numbers = array.as_primitive::<UInt64Type>().values();
            out.extend(numbers.iter().map(|&x| x as f64));
        }
        _ => {
            let mut whole = Vec::with_capacity(array.len());
            integers(array, &mut whole, |_, _| ()).ok()??;
            out.extend(whole.into_iter().map(|x| x as f64));
        }
    }
    Some(())
}

/// `digits / 10^scale`, rounded once where the digits and the power are exact.
fn fixed_point(digits: i128, scale: i8) -> f64 {
    let power = 10_f64.powi(i32::from(scale.unsigned_abs()));
    if scale >= 0 {
        digits as f64 / power
    } else {
        digits as f64 * power
    }
}

/// Adds texts; `None` if the array holds something else.
fn texts(array: &ArrayRef, out: &mut Vec<String>) -> Option<()> {
    let mut add = |text: Option<&str>| out.push(text.unwrap_or_default().to_owned());
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(&mut add),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(&mut add),
        DataType::Utf8View => array.as_string_view().iter().for_each(&mut add),
        _ => return None,
    }
    Some(())
}

/// Adds integers of any width and truth values; `Ok(None)` if the array holds
/// something else.
fn integers<E>(
    array: &ArrayRef,
    out: &mut Vec<i64>,
    too_large: impl Fn(usize, u64) -> E,
) -> Result<Option<()>, E> {
    macro_rules! widen {
        ($kind:ty) => {
            out.extend(
                array
                    .as_primitive::<$kind>()
                    .values()
                    .iter()
                    .map(|&x| i64::from(x)),
            )
        };
    }
    match array.data_type() {
        DataType::Boolean => out.extend(array.as_boolean().values().iter().map(i64::from)),
        DataType::Int8 => widen!(Int8Type),
        DataType::Int16 => widen!(Int16Type),
        DataType::Int32 => widen!(Int32Type),
        DataType::Int64 => widen!(Int64Type),
        DataType::UInt8 => widen!(UInt8Type),
        DataType::UInt16 => widen!(UInt16Type),
        DataType::UInt32 => widen!(UInt32Type),
        DataType::UInt64 => {
            for (index, &x) in array
                .as_primitive::<UInt64Type>()
                .values()
                .iter()
                .enumerate()
            {
                out.push(i64::try_from(x).map_err(|_| too_large(index, x))?);
            }
        }
        _ => return Ok(None),
    }
    Ok(Some(()))
}
