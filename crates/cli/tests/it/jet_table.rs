//! Tables of small jets whose columns tests change.

use std::path::{Path, PathBuf};

use pellucid_core::{Column, Jagged, Table, Values, random};
use pellucid_data::parquet;

/// Jets of three to five constituents, with a label in every row.
pub struct JetTable {
    pub columns: Vec<(String, Values)>,
}

impl JetTable {
    /// `n` jets, every second one signal.
    pub fn draw(n: usize) -> Self {
        let mut rng = random::stream(11, 0);
        let mut lists: [Vec<Vec<f64>>; 3] = Default::default();
        for i in 0..n {
            let length = 3 + i % 3;
            let spread = if i % 2 == 0 { 0.3 } else { 0.1 };
            let mut list = |shift: f64, scale: f64| -> Vec<f64> {
                (0..length)
                    .map(|_| shift + scale * random::normal(&mut rng))
                    .collect()
            };
            let pt = list(3.0, 0.5).into_iter().map(f64::exp).collect();
            for (lists, list) in lists
                .iter_mut()
                .zip([pt, list(0.0, spread), list(0.5, spread)])
            {
                lists.push(list);
            }
        }
        let [pt, eta, phi] = lists.map(|rows| rows.into_iter().collect::<Jagged<f64>>());
        let labels = (0..n).map(|i| i64::from(i % 2 == 0)).collect();
        let columns = [
            ("label", Values::Integer(labels)),
            ("part_pt", Values::FloatLists(pt)),
            ("part_eta", Values::FloatLists(eta)),
            ("part_phi", Values::FloatLists(phi)),
        ];
        Self {
            columns: columns
                .map(|(name, values)| (name.to_owned(), values))
                .to_vec(),
        }
    }

    /// The same with this column, in place of one of its name if there is one.
    #[must_use]
    pub fn with(mut self, name: &str, values: Values) -> Self {
        self.columns.retain(|(other, _)| other != name);
        self.columns.push((name.to_owned(), values));
        self
    }

    /// The same without a column.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.columns.retain(|(other, _)| other != name);
        self
    }

    /// The same with a column called otherwise.
    #[must_use]
    pub fn renamed(mut self, name: &str, new: &str) -> Self {
        for (other, _) in &mut self.columns {
            if other == name {
                new.clone_into(other);
            }
        }
        self
    }

    /// The same with the lists of one column changed, row by row.
    #[must_use]
    pub fn lists(mut self, name: &str, change: impl Fn(usize, &mut Vec<f64>)) -> Self {
        for (other, values) in &mut self.columns {
            if let (true, Values::FloatLists(lists)) = (other == name, &mut *values) {
                let rows = (0..lists.rows()).map(|row| {
                    let mut list = lists.row(row).to_vec();
                    change(row, &mut list);
                    list
                });
                *values = Values::FloatLists(rows.collect());
            }
        }
        self
    }

    /// Writes them as Parquet.
    pub fn write(self, path: &Path) -> PathBuf {
        let columns = self.columns.into_iter().map(|(name, values)| Column {
            name,
            unit: String::new(),
            values,
        });
        let table = Table::new(columns.collect()).unwrap();
        parquet::write(path, &table).unwrap();
        path.to_owned()
    }
}

/// A column of texts.
pub fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Values {
    Values::Text(texts.into_iter().map(str::to_owned).collect())
}
