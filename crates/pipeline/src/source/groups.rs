//! Which jets belong together.
//!
//! Two jets of one collision are not independent: on both sides of a split the
//! one tells of the other. They are known by a key in each row, the number of
//! the collision or a text, of which only equality counts.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use pellucid_core::Values;

use super::SourceError;

/// Keys of the rows of all files: a text of a whole number is that number, others
/// become numbers in the order in which they come.
#[derive(Debug, Default)]
pub(super) struct Keys {
    texts: HashMap<String, i64>,
}

impl Keys {
    /// The key of every row of a column, which begins at this row of its file.
    ///
    /// Real numbers must be whole, as single precision or a table's missing
    /// values make them of integers; two that were rounded to the same number
    /// stay together, which harms no split.
    pub fn of(
        &mut self,
        path: &Path,
        column: &str,
        values: &Values,
        first_row: usize,
    ) -> Result<Vec<Result<i64, SourceError>>, SourceError> {
        match values {
            Values::Integer(keys) => Ok(keys.iter().map(|&key| Ok(key)).collect()),
            Values::Float(keys) => {
                let key = |(row, &key): (usize, &f64)| {
                    // No integer of a file goes beyond 2^64.
                    if key.fract() == 0.0 && key.abs() < 18_446_744_073_709_551_616.0 {
                        Ok(key as i128 as i64)
                    } else {
                        Err(SourceError::Group {
                            path: path.to_owned(),
                            column: column.to_owned(),
                            row: first_row + row,
                            found: key,
                        })
                    }
                };
                Ok(keys.iter().enumerate().map(key).collect())
            }
            Values::Text(keys) => Ok(keys.iter().map(|key| Ok(self.number(key))).collect()),
            Values::FloatLists(_) | Values::IntegerLists(_) => Err(SourceError::GroupKind {
                path: path.to_owned(),
                column: column.to_owned(),
                found: values.kind(),
            }),
        }
    }

    fn number(&mut self, text: &str) -> i64 {
        let text = text.trim();
        // Another file may have the same keys as numbers.
        if let Ok(number) = text.parse() {
            return number;
        }
        if let Some(&number) = self.texts.get(text) {
            return number;
        }
        let number = self.texts.len() as i64;
        self.texts.insert(text.to_owned(), number);
        number
    }
}

/// In which files events were met.
#[derive(Debug, Default)]
pub(super) struct Places {
    first: HashMap<i64, usize>,
    several: HashSet<i64>,
}

impl Places {
    /// Keys of jets of a file; files come one after the other.
    pub fn met(&mut self, file: usize, keys: impl IntoIterator<Item = i64>) {
        for key in keys {
            if *self.first.entry(key).or_insert(file) != file {
                self.several.insert(key);
            }
        }
    }

    /// How many events were met in several files, and how many there are.
    pub fn several(&self) -> [usize; 2] {
        [self.several.len(), self.first.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(values: &Values) -> Result<Vec<i64>, String> {
        let all = Keys::default().of(Path::new("jets.parquet"), "event", values, 10);
        let all = all.map_err(|error| error.to_string())?;
        all.into_iter()
            .map(|key| key.map_err(|error| error.to_string()))
            .collect()
    }

    #[test]
    fn whole_numbers_group_whatever_their_type() {
        assert_eq!(keys(&Values::Integer(vec![7, -7])).unwrap(), [7, -7]);
        assert_eq!(
            keys(&Values::Float(vec![7.0, 1e15, 7.0])).unwrap(),
            [7, 1_000_000_000_000_000, 7]
        );
    }

    #[test]
    fn texts_group_by_equality() {
        let texts = ["1:2:3", "1:2:4", "1:2:3"].map(str::to_owned).to_vec();
        assert_eq!(keys(&Values::Text(texts)).unwrap(), [0, 1, 0]);
        let numbers = ["17", " 17 ", "-3"].map(str::to_owned).to_vec();
        assert_eq!(keys(&Values::Text(numbers)).unwrap(), [17, 17, -3]);
    }

    #[test]
    fn what_is_no_key_is_refused_with_column_and_row() {
        for (found, name) in [
            (0.5, "0.5"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (1e300, "1"),
        ] {
            let message = keys(&Values::Float(vec![1.0, found])).unwrap_err();
            for part in ["`event`", "`jets.parquet`", "row 11", name] {
                assert!(message.contains(part), "{message}");
            }
        }
        let lists = [vec![1], vec![2, 3]].into_iter().collect();
        let message = keys(&Values::IntegerLists(lists)).unwrap_err();
        assert!(
            message.contains("`event`") && message.contains("lists"),
            "{message}"
        );
    }
}
