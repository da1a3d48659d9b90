//! Tables as Parquet files, written batch after batch.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::schema::types::ColumnPath;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{ArrayRef, GenericListArray, PrimitiveArray, RecordBatch, StringArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use pellucid_core::table::TableError;
use pellucid_core::{Column, Jagged, Table, Values};

use crate::atomic::AtomicFile;
use crate::error::DataError;

/// Encoded bytes after which a row group is closed: what the writer holds in
/// memory does not grow with the file.
const GROUP_BYTES: usize = 32 << 20;

/// Rows of a row group, at most.
const GROUP_ROWS: usize = 1 << 18;

/// The key under which a field keeps its unit, where pyarrow shows it
/// (`schema.field(name).metadata`).
const UNIT: &str = "unit";

/// A Parquet file being written, a table at a time.
///
/// The columns are those of the first table; every later one must have the same.
/// Real numbers are written as 64-bit floats, integers as 64-bit integers and
/// lists as lists of these, none of them nullable; units go into the metadata of
/// the fields. Pages are compressed with Zstandard. Numbers come back bit for
/// bit, and the same tables give the same bytes. Nothing appears under the
/// file's name before [`finish`](Self::finish).
///
/// ```
/// # use std::path::Path;
/// # use pellucid_core::{Column, Table, Values};
/// # use pellucid_data::{Selection, parquet, read};
/// # let folder = tempfile::tempdir()?;
/// # let path = &folder.path().join("jets.parquet");
/// let column = |name: &str, values| Column {
///     name: name.into(), unit: pellucid_data::unit(name).into(), values,
/// };
/// let table = Table::new(vec![
///     column("jet_pt", Values::Float(vec![550.0, 420.0])),
///     column("part_index", Values::IntegerLists([vec![0, 2], vec![1]].into_iter().collect())),
/// ])?;
/// let mut writer = parquet::Writer::create(path, &[("made_by", "an example")])?;
/// writer.write(&table)?;
/// writer.write(&table)?;
/// writer.finish()?;
/// assert_eq!(read(path, &Selection::default())?.rows(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer {
    path: PathBuf,
    metadata: Vec<KeyValue>,
    state: State,
}

/// What is written depends on the first table.
enum State {
    Waiting(AtomicFile),
    Writing {
        writer: Box<ArrowWriter<AtomicFile>>,
        schema: SchemaRef,
        columns: Vec<(String, &'static str)>,
    },
    /// An error left the file in an unknown state; it is gone.
    Failed,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Writes one table as a Parquet file, whole or not at all; see [`Writer`].
pub fn write(path: &Path, table: &Table) -> Result<(), DataError> {
    let mut writer = Writer::create(path, &[])?;
    writer.write(table)?;
    writer.finish()
}

impl Writer {
    /// Begins a file; `metadata` are notes for the file as a whole, keys and texts.
    pub fn create(path: &Path, metadata: &[(&str, &str)]) -> Result<Self, DataError> {
        let note = |&(key, text): &(&str, &str)| KeyValue::new(key.to_owned(), text.to_owned());
        Ok(Self {
            path: path.to_owned(),
            metadata: metadata.iter().map(note).collect(),
            state: State::Waiting(AtomicFile::create(path)?),
        })
    }

    /// Adds the rows of a table.
    pub fn write(&mut self, table: &Table) -> Result<(), DataError> {
        let failed = |error: &dyn std::fmt::Display| unwritable(&self.path, error);
        let (mut writer, schema, columns) = match std::mem::replace(&mut self.state, State::Failed)
        {
            State::Writing {
                writer,
                schema,
                columns,
            } => (writer, schema, columns),
            State::Waiting(file) => {
                let schema = Arc::new(schema(table));
                let properties = properties(table, self.metadata.clone());
                let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
                    .map_err(|error| failed(&error))?;
                (Box::new(writer), schema, kinds(table))
            }
            State::Failed => return Err(failed(&"an earlier part of it could not be written")),
        };
        self.check(&columns, table)?;
        let arrays = table
            .columns()
            .iter()
            .map(|column| array(&self.path, column))
            .collect::<Result<Vec<_>, _>>()?;
        let batch =
            RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|error| failed(&error))?;
        writer.write(&batch).map_err(|error| failed(&error))?;
        if writer.in_progress_size() > GROUP_BYTES {
            writer.flush().map_err(|error| failed(&error))?;
        }
        self.state = State::Writing {
            writer,
            schema,
            columns,
        };
        Ok(())
    }

    /// Ends the file and gives it its name. A file needs at least one table,
    /// which may have no rows.
    pub fn finish(self) -> Result<(), DataError> {
        let failed = |error: &dyn std::fmt::Display| unwritable(&self.path, error);
        match self.state {
            State::Writing { writer, .. } => writer
                .into_inner()
                .map_err(|error| failed(&error))?
                .commit(),
            State::Waiting(_) => Err(failed(&"it has no columns")),
            State::Failed => Err(failed(&"an earlier part of it could not be written")),
        }
    }

    /// A later table must have the columns of the first one.
    fn check(&self, columns: &[(String, &'static str)], table: &Table) -> Result<(), DataError> {
        let names = |columns: &[(String, &str)]| columns.iter().map(|c| c.0.clone()).collect();
        let found = kinds(table);
        let wrong = |source| DataError::Table {
            path: self.path.clone(),
            source,
        };
        if let Some(((name, expected), (_, found))) = columns
            .iter()
            .zip(&found)
            .find(|(expected, found)| expected.0 == found.0 && expected.1 != found.1)
        {
            return Err(wrong(TableError::Kind {
                name: name.clone(),
                expected,
                found,
            }));
        }
        if columns != found {
            return Err(wrong(TableError::Columns {
                expected: names(columns),
                found: names(&found),
            }));
        }
        Ok(())
    }
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> DataError {
    DataError::Unwritable {
        path: path.to_owned(),
        source: io::Error::other(error.to_string()),
    }
}

/// Names and kinds of the columns.
fn kinds(table: &Table) -> Vec<(String, &'static str)> {
    let kind = |column: &Column| (column.name.clone(), column.values.kind());
    table.columns().iter().map(kind).collect()
}

fn schema(table: &Table) -> Schema {
    let field = |column: &Column| {
        let kind = match column.values {
            Values::Float(_) => DataType::Float64,
            Values::Integer(_) => DataType::Int64,
            Values::FloatLists(_) => DataType::List(entry(DataType::Float64)),
            Values::IntegerLists(_) => DataType::List(entry(DataType::Int64)),
            Values::Text(_) => DataType::Utf8,
        };
        let field = Field::new(&column.name, kind, false);
        if column.unit.is_empty() {
            field
        } else {
            field.with_metadata([(UNIT.to_owned(), column.unit.clone())].into())
        }
    };
    Schema::new(table.columns().iter().map(field).collect::<Vec<_>>())
}

/// The entries of a list, under the name that Parquet's format asks for.
fn entry(kind: DataType) -> Arc<Field> {
    Arc::new(Field::new("element", kind, false))
}

/// Real numbers hardly repeat: a dictionary of them would only cost time.
fn properties(table: &Table, metadata: Vec<KeyValue>) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata((!metadata.is_empty()).then_some(metadata));
    for column in table.columns() {
        let name = || column.name.clone();
        let path = match column.values {
            Values::Float(_) => vec![name()],
            Values::FloatLists(_) => vec![name(), "list".to_owned(), "element".to_owned()],
            _ => continue,
        };
        properties = properties.set_column_dictionary_enabled(ColumnPath::new(path), false);
    }
    properties.build()
}

fn array(path: &Path, column: &Column) -> Result<ArrayRef, DataError> {
    Ok(match &column.values {
        Values::Float(values) => Arc::new(PrimitiveArray::<Float64Type>::from(values.clone())),
        Values::Integer(values) => Arc::new(PrimitiveArray::<Int64Type>::from(values.clone())),
        Values::FloatLists(lists) => {
            let values = PrimitiveArray::<Float64Type>::from(lists.values().to_vec());
            list_array(path, column, lists, Arc::new(values))?
        }
        Values::IntegerLists(lists) => {
            let values = PrimitiveArray::<Int64Type>::from(lists.values().to_vec());
            list_array(path, column, lists, Arc::new(values))?
        }
        Values::Text(values) => Arc::new(StringArray::from_iter_values(values)),
    })
}

fn list_array<T>(
    path: &Path,
    column: &Column,
    lists: &Jagged<T>,
    values: ArrayRef,
) -> Result<ArrayRef, DataError> {
    let ends = lists.offsets().iter().map(|&offset| i32::try_from(offset));
    let ends = ends.collect::<Result<Vec<_>, _>>().map_err(|_| {
        let (name, entries) = (&column.name, lists.values().len());
        let reason = format!(
            "the lists of `{name}` have {entries} entries in one table, expected at most {}",
            i32::MAX
        );
        unwritable(path, &reason)
    })?;
    let kind = entry(values.data_type().clone());
    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
    Ok(Arc::new(GenericListArray::<i32>::new(
        kind, offsets, values, None,
    )))
}
