//! A matrix of features and the names of its columns.

use std::path::Path;

use pellucid_core::{Column, Table, Values};

use super::{Archive, Array, damaged, npy};
use crate::error::DataError;
use crate::units::unit;

/// The array of features, one row per row of the table.
const MATRIX: &str = "X";
/// The array of text that names its columns.
const NAMES: &str = "names";

/// Reads a file with an array `X` of shape (rows, columns) as a table: the
/// columns of `X` by the names in the array `names` (`x0`, `x1`, … without it),
/// and every other array of one number per row by its own name. `None` if there
/// is no such `X`.
pub fn read_features(path: &Path) -> Result<Option<Table>, DataError> {
    let mut archive = Archive::open(path)?;
    let count = archive.zip.len();
    let Some(matrix) = (0..count).find(|&i| archive.name(i) == MATRIX) else {
        return Ok(None);
    };
    if archive.header(matrix)?.shape.len() != 2 {
        return Ok(None);
    }
    let array = archive.array(matrix)?;
    let (rows, columns) = (array.shape()[0], array.shape()[1]);
    let names = match (0..count).find(|&i| archive.name(i) == NAMES) {
        Some(index) => archive.text(index)?,
        None => (0..columns).map(|i| format!("x{i}")).collect(),
    };
    if names.len() != columns {
        return Err(DataError::ArrayLength {
            path: path.to_owned(),
            array: NAMES.to_owned(),
            found: names.len(),
            expected: format!("{columns}, one per column of `{MATRIX}`"),
        });
    }
    let mut table = Table::default();
    let mut push = |name: String, values: Vec<f64>| {
        let unit = unit(&name).to_owned();
        let values = Values::Float(values);
        table
            .push(Column { name, unit, values })
            .map_err(|source| DataError::Table {
                path: path.to_owned(),
                source,
            })
    };
    let numbers = reals(array);
    for (i, name) in names.into_iter().enumerate() {
        push(
            name,
            numbers.iter().skip(i).step_by(columns).copied().collect(),
        )?;
    }
    for index in (0..count).filter(|&i| i != matrix) {
        let header = archive.header(index)?;
        if header.refused.is_none() && header.shape == [rows] {
            push(archive.name(index), reals(archive.array(index)?))?;
        }
    }
    Ok(Some(table))
}

fn reals(array: Array) -> Vec<f64> {
    match array {
        Array::F32(tensor) => tensor.data().iter().map(|&x| f64::from(x)).collect(),
        Array::F64(tensor) => tensor.into_data(),
        Array::I64(tensor) => tensor.data().iter().map(|&x| x as f64).collect(),
    }
}

impl Archive {
    /// An array of text.
    pub(super) fn text(&mut self, index: usize) -> Result<Vec<String>, DataError> {
        let name = self.name(index);
        let mut bytes = self
            .zip
            .by_index(index)
            .map_err(|error| damaged(&self.path, error.to_string()))?;
        npy::read_text(&mut bytes)
            .map_err(|reason| damaged(&self.path, format!("array `{name}`: {reason}")))
    }
}
