//! Correlations: of two lists, of ranks, and of many columns with one list.
//!
//! $$ r = \frac{\sum_i w_i (x_i - \bar x)(y_i - \bar y)}
//!    {\sqrt{\sum_i w_i (x_i - \bar x)^2 \sum_i w_i (y_i - \bar y)^2}} $$
//!
//! [`correlations`] reads a matrix once: blocks of rows, each with its own
//! means (so that nothing cancels), merged in order by the formula of
//! T. F. Chan, G. H. Golub, R. J. LeVeque (1979), eq. 2.1; the same bits for
//! any number of threads. Weights may cancel within a block, whose own mean then
//! says nothing: weighted sums are taken about the means of the whole sample,
//! which are formed first.
//!
//! A column without variance, such as a pixel that never lights up, is
//! correlated with nothing: 0. Negative weights can make a variance negative:
//! then the sample does not determine the correlation, which is not a number.

use rayon::prelude::*;

use super::{ranks, weighted_ranks};

/// Rows that one task reads: few enough to stay in cache while read twice.
const BLOCK: usize = 256;

/// Pearson's correlation.
pub fn correlation(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> f64 {
    correlations(x, y, weights)[0]
}

/// Spearman's correlation: Pearson's of the ranks, ties averaged; of weighted
/// events both the ranks and their correlation count by weight.
pub fn spearman(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> f64 {
    match weights {
        None => correlation(&ranks(x), &ranks(y), None),
        Some(weights) => {
            let (x, y) = (weighted_ranks(x, weights), weighted_ranks(y, weights));
            correlation(&x, &y, Some(weights))
        }
    }
}

/// Pearson's correlation of every column of a row-major matrix with `y`, which
/// has one value per row.
pub fn correlations<T: Copy + Into<f64> + Sync>(
    matrix: &[T],
    y: &[f64],
    weights: Option<&[f64]>,
) -> Vec<f64> {
    if y.is_empty() {
        return Vec::new();
    }
    let columns = matrix.len() / y.len();
    assert_eq!(
        matrix.len(),
        columns * y.len(),
        "as many rows as values of y"
    );
    if let Some(weights) = weights {
        assert_eq!(y.len(), weights.len(), "one weight per row");
    }
    if columns == 0 {
        return Vec::new();
    }
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let blocks = |work: Work<'_, T>| -> Vec<Moments> {
        matrix
            .par_chunks(BLOCK * columns)
            .zip(y.par_chunks(BLOCK))
            .enumerate()
            .map(|(block, (rows, y))| work(block * BLOCK, rows, y))
            .collect()
    };
    let mut all = Moments::empty(columns);
    if weights.is_none() {
        for block in blocks(&|_, rows, y| Moments::of(rows, columns, y)) {
            all.merge(&block);
        }
    } else {
        let mut means = Moments::empty(columns);
        for block in
            blocks(&|first, rows, y| Moments::sums(rows, columns, y, |row| weight(first + row)))
        {
            means.add(&block);
        }
        if means.weight == 0.0 {
            return vec![f64::NAN; columns];
        }
        means.divide();
        for block in
            blocks(&|first, rows, y| Moments::about(&means, rows, y, |row| weight(first + row)))
        {
            all.add(&block);
        }
    }
    all.columns
        .iter()
        .map(|column| {
            if column.xx == 0.0 || all.yy == 0.0 {
                0.0
            } else if column.xx < 0.0 || all.yy < 0.0 {
                f64::NAN
            } else {
                column.xy / (column.xx * all.yy).sqrt()
            }
        })
        .collect()
}

/// What is made of a block: its first row, its rows, its values of `y`.
type Work<'w, T> = &'w (dyn Fn(usize, &[T], &[f64]) -> Moments + Sync);

/// Sums over a block of rows: means, and products of distances from them.
struct Moments {
    weight: f64,
    y: f64,
    yy: f64,
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Default)]
struct Column {
    x: f64,
    xx: f64,
    xy: f64,
}

impl Moments {
    fn empty(columns: usize) -> Self {
        Self {
            weight: 0.0,
            y: 0.0,
            yy: 0.0,
            columns: vec![Column::default(); columns],
        }
    }

    /// A block of events that count once each, about its own means.
    fn of<T: Copy + Into<f64>>(rows: &[T], columns: usize, y: &[f64]) -> Self {
        let mut means = Self::sums(rows, columns, y, |_| 1.0);
        if means.weight == 0.0 {
            return means;
        }
        means.divide();
        let products = Self::about(&means, rows, y, |_| 1.0);
        let columns = means.columns.iter().zip(&products.columns);
        Self {
            yy: products.yy,
            columns: columns
                .map(|(mean, sum)| Column { x: mean.x, ..*sum })
                .collect(),
            ..means
        }
    }

    /// The weight of a block, and the weighted sums of `y` and of the columns.
    fn sums<T: Copy + Into<f64>>(
        rows: &[T],
        columns: usize,
        y: &[f64],
        weight: impl Fn(usize) -> f64,
    ) -> Self {
        let mut out = Self::empty(columns);
        for (i, row) in rows.chunks_exact(columns).enumerate() {
            let weight = weight(i);
            out.weight += weight;
            out.y += weight * y[i];
            for (column, &x) in out.columns.iter_mut().zip(row) {
                column.x += weight * x.into();
            }
        }
        out
    }

    /// Weighted sums of products of distances from these means.
    fn about<T: Copy + Into<f64>>(
        means: &Self,
        rows: &[T],
        y: &[f64],
        weight: impl Fn(usize) -> f64,
    ) -> Self {
        let columns = means.columns.len();
        let mut out = Self::empty(columns);
        for (i, row) in rows.chunks_exact(columns).enumerate() {
            let weight = weight(i);
            let dy = y[i] - means.y;
            out.yy += weight * dy * dy;
            let places = out.columns.iter_mut().zip(&means.columns).zip(row);
            for ((column, mean), &x) in places {
                let dx = x.into() - mean.x;
                column.xx += weight * dx * dx;
                column.xy += weight * dx * dy;
            }
        }
        out
    }

    /// Sums become means.
    fn divide(&mut self) {
        self.y /= self.weight;
        for column in &mut self.columns {
            column.x /= self.weight;
        }
    }

    /// Adds sums that are about the same means.
    fn add(&mut self, other: &Self) {
        self.weight += other.weight;
        self.y += other.y;
        self.yy += other.yy;
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.x += theirs.x;
            mine.xx += theirs.xx;
            mine.xy += theirs.xy;
        }
    }

    fn merge(&mut self, other: &Self) {
        let total = self.weight + other.weight;
        if total == 0.0 {
            return;
        }
        let share = other.weight / total;
        let cross = self.weight * share;
        let dy = other.y - self.y;
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            let dx = theirs.x - mine.x;
            mine.x += dx * share;
            mine.xx += theirs.xx + dx * dx * cross;
            mine.xy += theirs.xy + dx * dy * cross;
        }
        self.y += dy * share;
        self.yy += other.yy + dy * dy * cross;
        self.weight = total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    #[test]
    fn lines_are_fully_correlated_and_constants_not_at_all() {
        let x = [1.0, 2.0, 4.0, 8.0];
        let down = x.map(|x| 3.0 - 2.0 * x);
        assert!((correlation(&x, &down, None) + 1.0).abs() < 1e-15);
        assert_eq!(correlation(&[5.0; 4], &x, None), 0.0);
        assert_eq!(spearman(&x, &x.map(f64::exp), None), 1.0);
    }

    #[test]
    fn many_columns_at_once_equal_one_at_a_time_far_from_zero() {
        let mut rng = random::stream(1, 0);
        let (rows, columns) = (1000, 3);
        let y: Vec<f64> = (0..rows).map(|_| random::normal(&mut rng)).collect();
        let weights: Vec<f64> = (0..rows)
            .map(|_| random::normal(&mut rng).powi(2))
            .collect();
        // 1e7 widths from zero: sums of squares would keep two digits of them.
        let matrix: Vec<f64> = (0..rows * columns)
            .map(|i| 1e7 + random::normal(&mut rng) + (i % columns) as f64 * y[i / columns])
            .collect();
        let all = correlations(&matrix, &y, Some(&weights));
        for column in 0..columns {
            let x: Vec<f64> = (0..rows)
                .map(|row| matrix[row * columns + column] - 1e7)
                .collect();
            let (mx, my) = (
                super::super::mean(&x, Some(&weights)),
                super::super::mean(&y, Some(&weights)),
            );
            let product = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
                (0..rows)
                    .map(|i| weights[i] * (a[i] - ma) * (b[i] - mb))
                    .sum()
            };
            let direct = product(&x, mx, &y, my)
                / (product(&x, mx, &x, mx) * product(&y, my, &y, my)).sqrt();
            // Means of 1e7 are known to 1e-9.
            assert!(
                (all[column] - direct).abs() < 1e-8,
                "{} {direct}",
                all[column]
            );
        }
    }

    #[test]
    fn a_row_without_weight_is_not_there() {
        let with = correlations(
            &[1.0_f32, 2.0, 3.0, 99.0],
            &[1.0, 3.0, 2.0, -7.0],
            Some(&[1.0, 1.0, 1.0, 0.0]),
        );
        let without = correlations(&[1.0_f32, 2.0, 3.0], &[1.0, 3.0, 2.0], None);
        assert!((with[0] - without[0]).abs() < 1e-15);
    }
}
