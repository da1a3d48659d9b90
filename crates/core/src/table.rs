//! Named columns with units: what a data file becomes.

use crate::Jagged;

/// The numbers of one column, one entry per row.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// One real number per row.
    Float(Vec<f64>),
    /// One integer (or truth value, 0 or 1) per row.
    Integer(Vec<i64>),
    /// A list of real numbers per row.
    FloatLists(Jagged<f64>),
    /// A list of integers per row.
    IntegerLists(Jagged<i64>),
    /// A text per row: the name of a class, the key of an event.
    Text(Vec<String>),
}

impl Values {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::FloatLists(lists) => lists.rows(),
            Self::IntegerLists(lists) => lists.rows(),
            Self::Text(values) => values.len(),
        }
    }

    /// What the column holds, in words for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Float(_) => "real numbers",
            Self::Integer(_) => "integers",
            Self::FloatLists(_) => "lists of real numbers",
            Self::IntegerLists(_) => "lists of integers",
            Self::Text(_) => "text",
        }
    }

    /// The rows named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Float(values) => Self::Float(rows.iter().map(|&row| values[row]).collect()),
            Self::Integer(values) => Self::Integer(rows.iter().map(|&row| values[row]).collect()),
            Self::FloatLists(lists) => Self::FloatLists(lists.select(rows)),
            Self::IntegerLists(lists) => Self::IntegerLists(lists.select(rows)),
            Self::Text(values) => Self::Text(rows.iter().map(|&row| values[row].clone()).collect()),
        }
    }
}

/// One named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The column's name, unique in its table.
    pub name: String,
    /// The unit of its numbers (`"GeV"`, `"mm"`), empty for pure numbers.
    pub unit: String,
    /// The numbers.
    pub values: Values,
}

/// What can be wrong with a table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// No column of that name.
    #[error("no column `{name}`; the columns found are {}", list(.found))]
    Missing {
        /// The column asked for.
        name: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// The column holds something else than what was asked for.
    #[error("column `{name}` holds {found}, expected {expected}")]
    Kind {
        /// The column asked for.
        name: String,
        /// What was asked for.
        expected: &'static str,
        /// What it holds.
        found: &'static str,
    },
    /// A column is longer or shorter than the table.
    #[error("column `{name}` has {found} rows, the table has {expected}")]
    Rows {
        /// The column.
        name: String,
        /// The rows of the table.
        expected: usize,
        /// The rows of the column.
        found: usize,
    },
    /// Two columns of the same name.
    #[error("column `{name}` appears twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// Two tables whose columns differ were to be joined.
    #[error("cannot append a table with the columns {} to one with {}", list(.found), list(.expected))]
    Columns {
        /// The columns of the first table.
        expected: Vec<String>,
        /// The columns of the table to be appended.
        found: Vec<String>,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// Columns of equal length, found by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    /// A table of these columns.
    pub fn new(columns: Vec<Column>) -> Result<Self, TableError> {
        let mut table = Self::default();
        for column in columns {
            table.push(column)?;
        }
        Ok(table)
    }

    /// Adds a column of as many rows as the table has (any number for the first).
    pub fn push(&mut self, column: Column) -> Result<(), TableError> {
        let found = column.values.rows();
        if self.columns.is_empty() {
            self.rows = found;
        }
        if found != self.rows {
            return Err(TableError::Rows {
                name: column.name,
                expected: self.rows,
                found,
            });
        }
        if self.columns.iter().any(|other| other.name == column.name) {
            return Err(TableError::Twice { name: column.name });
        }
        self.columns.push(column);
        Ok(())
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// All columns, in the order of the file.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The names of all columns.
    pub fn names(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    }

    /// The column of that name, if there is one.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of that name, or an error that lists those there are.
    pub fn column(&self, name: &str) -> Result<&Column, TableError> {
        self.get(name).ok_or_else(|| TableError::Missing {
            name: name.to_owned(),
            found: self.names(),
        })
    }

    /// A column of one real number per row; integers are converted.
    pub fn floats(&self, name: &str) -> Result<Vec<f64>, TableError> {
        match &self.column(name)?.values {
            Values::Float(values) => Ok(values.clone()),
            Values::Integer(values) => Ok(values.iter().map(|&value| value as f64).collect()),
            other => Err(kind(name, "one number per row", other)),
        }
    }

    /// A column of one integer per row.
    pub fn integers(&self, name: &str) -> Result<&[i64], TableError> {
        match &self.column(name)?.values {
            Values::Integer(values) => Ok(values),
            other => Err(kind(name, "one integer per row", other)),
        }
    }

    /// A column with a list of real numbers per row; integers are converted.
    pub fn float_lists(&self, name: &str) -> Result<Jagged<f64>, TableError> {
        match &self.column(name)?.values {
            Values::FloatLists(lists) => Ok(lists.clone()),
            Values::IntegerLists(lists) => Ok(lists.map(|&value| value as f64)),
            other => Err(kind(name, "a list of numbers per row", other)),
        }
    }

    /// The rows named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|column| Column {
                values: column.values.select(rows),
                ..column.clone()
            })
            .collect();
        Self {
            columns,
            rows: rows.len(),
        }
    }

    /// Adds all rows of `other`, whose columns must be the same, behind these.
    pub fn append(&mut self, other: &Self) -> Result<(), TableError> {
        if self.columns.is_empty() && self.rows == 0 {
            *self = other.clone();
            return Ok(());
        }
        if self.names() != other.names() {
            return Err(TableError::Columns {
                expected: self.names(),
                found: other.names(),
            });
        }
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            match (&mut mine.values, &theirs.values) {
                (Values::Float(a), Values::Float(b)) => a.extend_from_slice(b),
                (Values::Integer(a), Values::Integer(b)) => a.extend_from_slice(b),
                (Values::FloatLists(a), Values::FloatLists(b)) => a.append(b),
                (Values::IntegerLists(a), Values::IntegerLists(b)) => a.append(b),
                (Values::Text(a), Values::Text(b)) => a.extend_from_slice(b),
                (a, b) => return Err(kind(&mine.name, a.kind(), b)),
            }
        }
        self.rows += other.rows;
        Ok(())
    }
}

fn kind(name: &str, expected: &'static str, found: &Values) -> TableError {
    TableError::Kind {
        name: name.to_owned(),
        expected,
        found: found.kind(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, values: Values) -> Column {
        Column {
            name: name.to_owned(),
            unit: String::new(),
            values,
        }
    }

    #[test]
    fn a_missing_column_names_those_there_are() {
        let table = Table::new(vec![column("pt", Values::Float(vec![1.0]))]).unwrap();
        let message = table.column("mass").unwrap_err().to_string();
        assert!(
            message.contains("mass") && message.contains("pt"),
            "{message}"
        );
    }

    #[test]
    fn columns_of_different_length_are_refused() {
        let columns = vec![
            column("pt", Values::Float(vec![1.0])),
            column("n", Values::Integer(vec![1, 2])),
        ];
        assert!(matches!(
            Table::new(columns),
            Err(TableError::Rows {
                expected: 1,
                found: 2,
                ..
            })
        ));
    }

    #[test]
    fn selecting_and_appending_rows_is_the_identity() {
        let lists: Jagged<f64> = [vec![1.0], vec![], vec![2.0, 3.0]].into_iter().collect();
        let table = Table::new(vec![
            column("label", Values::Integer(vec![0, 1, 0])),
            column("part_pt", Values::FloatLists(lists)),
        ])
        .unwrap();
        let mut again = table.select(&[0]);
        again.append(&table.select(&[1, 2])).unwrap();
        assert_eq!(again, table);
    }
}
