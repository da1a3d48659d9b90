//! The section `[reweight]`.

use serde::{Deserialize, Serialize};

use crate::source::Names;

/// The most columns of a spectrum.
const MOST_COLUMNS: usize = 3;

/// The most bins: more have hardly a jet each.
const MOST_BINS: usize = 100_000;

/// The spectrum that all classes are given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reweight {
    /// The columns, one to three; or observables where no column is called so.
    pub columns: Names,
    /// `flat`, or the class whose spectrum the others are given.
    pub to: String,
    /// How many bins of equal width each column has, or the edges of its bins.
    pub bins: Bins,
}

/// A number of bins for all columns, or one entry for each column. A list of
/// numbers holds the edges if there is one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number of bins, or a list with a number or the edges for each column"
)]
pub enum Bins {
    /// The same number for every column.
    Number(usize),
    /// The edges of the only column, or the numbers of several.
    Numbers(Vec<f64>),
    /// For each column its edges or its number of bins.
    Each(Vec<OfColumn>),
}

/// The bins of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number of bins or a list of edges")]
pub enum OfColumn {
    /// So many of equal width.
    Number(usize),
    /// Those between these.
    Edges(Vec<f64>),
}

impl Reweight {
    /// The bins of each column, or which setting is wrong and why.
    pub(super) fn bins(&self) -> Result<Vec<OfColumn>, (&'static str, String)> {
        let columns = self.columns.0.len();
        if !(1..=MOST_COLUMNS).contains(&columns) {
            return Err((
                "columns",
                format!("names {columns} columns, expected 1 to {MOST_COLUMNS}"),
            ));
        }
        if let Some(twice) =
            (1..columns).find(|&i| self.columns.0[..i].contains(&self.columns.0[i]))
        {
            return Err((
                "columns",
                format!("names `{}` twice", self.columns.0[twice]),
            ));
        }
        let wrong = |problem: String| Err(("bins", problem));
        let each = match &self.bins {
            Bins::Number(number) => vec![OfColumn::Number(*number); columns],
            Bins::Numbers(edges) if columns == 1 => vec![OfColumn::Edges(edges.clone())],
            Bins::Numbers(numbers) => {
                if let Some(odd) = numbers.iter().find(|n| n.fract() != 0.0 || **n < 0.0) {
                    return wrong(format!(
                        "holds {odd}; expected for each of {columns} columns a number of bins or a list of edges"
                    ));
                }
                numbers
                    .iter()
                    .map(|&n| OfColumn::Number(n as usize))
                    .collect()
            }
            Bins::Each(each) => each.clone(),
        };
        if each.len() != columns {
            return wrong(format!("has {} entries for {columns} columns", each.len()));
        }
        let mut all = 1_usize;
        for (bins, column) in each.iter().zip(&self.columns.0) {
            let number = match bins {
                OfColumn::Number(number) => *number,
                OfColumn::Edges(edges) => {
                    let rise = |pair: &[f64]| pair[0] < pair[1];
                    if !edges.iter().all(|edge| edge.is_finite()) || !edges.windows(2).all(rise) {
                        return wrong(format!("of `{column}`: edges are finite and rise"));
                    }
                    edges.len().saturating_sub(1)
                }
            };
            if number == 0 {
                return wrong(format!(
                    "of `{column}`: expected 1 bin or more, which is 2 edges or more"
                ));
            }
            all = all.saturating_mul(number);
        }
        if all > MOST_BINS {
            return wrong(format!("makes {all} bins, expected at most {MOST_BINS}"));
        }
        Ok(each)
    }
}
