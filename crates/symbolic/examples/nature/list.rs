//! The list of tables, and how a law is judged beyond one of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_symbolic::search::precisions;
use pellucid_symbolic::{Expression, Problem};
use serde::Deserialize;

/// Points that laws are compared on beyond the data, in each column.
const POINTS: usize = 200;

/// A table with the law that a textbook gives for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The name of its file.
    pub name: String,
    /// `seen` or `aside`.
    pub part: String,
    /// The column to explain.
    pub target: String,
    /// A column of standard errors.
    #[serde(default)]
    pub errors: Option<String>,
    /// The textbook's law.
    pub law: String,
    /// The range of each column where it must still hold.
    #[serde(default)]
    pub beyond: BTreeMap<String, [f64; 2]>,
    /// Or what was measured there: the column and the target.
    #[serde(default)]
    pub measured: Vec<[f64; 2]>,
    /// The largest error of a law that is right.
    pub tolerance: f64,
    /// Where the table is from.
    #[expect(dead_code, reason = "said for the reader of the list")]
    pub source: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nature")
}

/// All tables.
pub fn entries() -> Result<Vec<Entry>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(folder().join("tables.json"))?;
    Ok(serde_json::from_str(&text)?)
}

/// The columns at a place, and the target there.
type Point = (Vec<f64>, f64);

impl Entry {
    /// The table.
    pub fn problem(&self) -> Result<Problem, Box<dyn std::error::Error>> {
        let path = folder().join("tables").join(format!("{}.csv", self.name));
        let text = std::fs::read_to_string(path)?;
        let mut lines = text.lines();
        let head = lines.next().unwrap_or_default().split(',');
        let mut columns: Vec<(String, Vec<f64>)> = head.map(|n| (n.to_owned(), vec![])).collect();
        for line in lines {
            for (column, cell) in columns.iter_mut().zip(line.split(',')) {
                column.1.push(cell.parse()?);
            }
        }
        let mut take = |name: &str| {
            let place = columns.iter().position(|(own, _)| own == name);
            place
                .map(|place| columns.remove(place))
                .ok_or("no such column")
        };
        let target = take(&self.target)?;
        let errors = self.errors.as_deref().map(&mut take).transpose()?;
        let weights = errors.map(|(name, e)| precisions(&name, &e).map(|w| (name, w)));
        let problem = Problem::new(columns, target, weights.transpose()?)?;
        Ok(problem.as_written().of_errors(self.errors.is_some()))
    }

    /// The points beyond the data and the target there.
    fn points(&self, names: &[String]) -> Result<Vec<Point>, Box<dyn std::error::Error>> {
        if !self.measured.is_empty() {
            let points = self.measured.iter();
            return Ok(points.map(|[x, y]| (vec![*x], *y)).collect());
        }
        let truth = Expression::parse(&self.law, names)?;
        let at = |k: usize| {
            // Several columns go through their ranges at rates without common measure.
            let place = |(i, name): (usize, &String)| {
                let [low, high] = self.beyond[name];
                let part = ((k as f64 + 0.5) / POINTS as f64 * [1.0, 7.236][i % 2]).fract();
                low + part * (high - low)
            };
            let point: Vec<f64> = names.iter().enumerate().map(place).collect();
            let target = truth.at(&point);
            (point, target)
        };
        Ok((0..POINTS).map(at).collect())
    }

    /// How far a law is from the textbook's beyond the data, as a part of its size there.
    pub fn error(
        &self,
        law: &Expression,
        names: &[String],
    ) -> Result<f64, Box<dyn std::error::Error>> {
        let points = self.points(names)?;
        let squares: f64 = (points.iter()).map(|(x, y)| (law.at(x) - y).powi(2)).sum();
        let size: f64 = points.iter().map(|(_, y)| y * y).sum();
        let error = (squares / size).sqrt();
        Ok(if error.is_nan() { f64::INFINITY } else { error })
    }
}
