//! Motions in time: smoothed positions and their rates of change.
//!
//! A polynomial of fourth degree is fitted to the samples within a window around
//! each sample (A. Savitzky, M. Golay, Anal. Chem. 36 (1964) 1627, here for
//! times at any distance); its value and slope at the sample are what is used.
//! The width of the window is the one that predicts samples left out best.

use crate::error::SymbolicError;
use crate::fit::solve;

/// Coefficients of the local polynomial.
const ORDER: usize = 5;

/// Samples on each side of the window, from exact data to very noisy ones.
const HALF_WIDTHS: [usize; 8] = [3, 4, 6, 8, 11, 15, 20, 27];

/// The fewest samples of a trajectory: one window.
pub const FEWEST_SAMPLES: usize = 2 * HALF_WIDTHS[0] + 1;

/// One motion.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// When, rising.
    pub time: Vec<f64>,
    /// The state, column by column.
    pub columns: Vec<Vec<f64>>,
}

/// A motion without noise, as well as that can be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Smoothed {
    /// The state, column by column.
    pub columns: Vec<Vec<f64>>,
    /// Its rates of change.
    pub rates: Vec<Vec<f64>>,
}

impl Trajectory {
    /// Parts a table into trajectories: rows of the same `label` that follow
    /// each other (all rows, without labels). `names` are those of time and
    /// columns, for errors.
    pub fn part(
        time: (&str, &[f64]),
        columns: &[(String, Vec<f64>)],
        label: Option<&[f64]>,
    ) -> Result<Vec<Self>, SymbolicError> {
        let (name, time) = time;
        for (column, values) in columns
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_slice()))
            .chain([(name, time)])
        {
            if let Some(row) = values.iter().position(|v| !v.is_finite()) {
                return Err(SymbolicError::NotFinite {
                    column: column.to_owned(),
                    row,
                    value: values[row],
                });
            }
            if values.len() != time.len() {
                return Err(SymbolicError::Rows {
                    name: column.to_owned(),
                    expected: time.len(),
                    found: values.len(),
                });
            }
        }
        let mut out = Vec::new();
        let mut first = 0;
        while first < time.len() {
            let same = |row: usize| label.is_none_or(|l| l[row] == l[first]);
            let length = (first..time.len()).take_while(|&row| same(row)).count();
            let rows = first..first + length;
            if let Some(row) = rows.clone().skip(1).find(|&row| time[row] <= time[row - 1]) {
                return Err(SymbolicError::Time {
                    column: name.to_owned(),
                    row,
                    before: time[row - 1],
                    value: time[row],
                });
            }
            if length < FEWEST_SAMPLES {
                return Err(SymbolicError::ShortTrajectory {
                    row: first,
                    found: length,
                    expected: FEWEST_SAMPLES,
                });
            }
            out.push(Self {
                time: time[rows.clone()].to_vec(),
                columns: columns
                    .iter()
                    .map(|(_, values)| values[rows.clone()].to_vec())
                    .collect(),
            });
            first += length;
        }
        Ok(out)
    }

    /// Values and rates of every column.
    pub fn smoothed(&self) -> Smoothed {
        let (columns, rates) = self.columns.iter().map(|c| smooth(&self.time, c)).unzip();
        Smoothed { columns, rates }
    }
}

/// Values and slopes of the local polynomials in the best window.
fn smooth(time: &[f64], values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut best: Option<(f64, Vec<f64>, Vec<f64>)> = None;
    for half in HALF_WIDTHS {
        if 2 * half + 1 > time.len() {
            break;
        }
        let Some((error, smoothed, slopes)) = pass(time, values, half) else {
            continue;
        };
        if best.as_ref().is_none_or(|(least, ..)| error < *least) {
            best = Some((error, smoothed, slopes));
        }
    }
    // Equal times, the one thing no window can be fitted to, are refused above.
    best.map_or_else(
        || (values.to_vec(), vec![0.0; values.len()]),
        |(_, smoothed, slopes)| (smoothed, slopes),
    )
}

/// The sum of squared errors of samples left out, values and slopes.
fn pass(time: &[f64], values: &[f64], half: usize) -> Option<(f64, Vec<f64>, Vec<f64>)> {
    let n = time.len();
    let (mut error, mut smoothed, mut slopes) = (0.0, Vec::new(), Vec::new());
    for i in 0..n {
        let first = i.saturating_sub(half).min(n - 2 * half - 1);
        let window = first..first + 2 * half + 1;
        let scale = (time[window.end - 1] - time[window.start]) / 2.0;
        let powers = |t: f64| -> [f64; ORDER] {
            let x = (t - time[i]) / scale;
            std::array::from_fn(|k| x.powi(k as i32))
        };
        let mut matrix = vec![0.0; ORDER * ORDER];
        let mut right = vec![0.0; ORDER];
        for j in window {
            let p = powers(time[j]);
            for a in 0..ORDER {
                right[a] += p[a] * (values[j] - values[i]);
                for b in 0..ORDER {
                    matrix[a * ORDER + b] += p[a] * p[b];
                }
            }
        }
        let found = solve(&matrix, &right)?;
        // The weight of the sample itself in its own prediction.
        let mut unit = vec![0.0; ORDER];
        unit[0] = 1.0;
        let own = solve(&matrix, &unit)?[0];
        error += (found[0] / (1.0 - own).max(1e-3)).powi(2);
        smoothed.push(values[i] + found[0]);
        slopes.push(found[1] / scale);
    }
    Some((error, smoothed, slopes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random::{normal, stream};

    #[test]
    fn rates_of_exact_motions_are_exact_to_the_order_of_the_polynomial() {
        let time: Vec<f64> = (0..60).map(|i| 0.05 * f64::from(i)).collect();
        let motion = Trajectory {
            columns: vec![time.iter().map(|t| t.powi(4) - t).collect()],
            time: time.clone(),
        };
        for (rate, t) in motion.smoothed().rates[0].iter().zip(&time) {
            assert!(
                (rate - (4.0 * t.powi(3) - 1.0)).abs() < 1e-8,
                "{rate} at {t}"
            );
        }
    }

    #[test]
    fn noise_is_smoothed_away() {
        let mut rng = stream(2, 0);
        let time: Vec<f64> = (0..400).map(|i| 0.02 * f64::from(i)).collect();
        let noisy = time
            .iter()
            .map(|t| t.sin() + 0.01 * normal(&mut rng))
            .collect();
        let motion = Trajectory {
            columns: vec![noisy],
            time: time.clone(),
        }
        .smoothed();
        let mean = |error: &dyn Fn(usize) -> f64| {
            ((20..380).map(|i| error(i).powi(2)).sum::<f64>() / 360.0).sqrt()
        };
        assert!(mean(&|i| motion.columns[0][i] - time[i].sin()) < 0.005);
        // Differences of neighbours would err by 0.01/0.02 = 0.5.
        assert!(mean(&|i| motion.rates[0][i] - time[i].cos()) < 0.05);
    }

    #[test]
    fn a_table_is_parted_by_its_labels_and_time_must_rise() {
        let time: Vec<f64> = (0..10).chain(0..10).map(f64::from).collect();
        let label: Vec<f64> = (0..20).map(|i| f64::from(i / 10)).collect();
        let columns = [("x".to_owned(), time.clone())];
        let parts = Trajectory::part(("t", &time), &columns, Some(&label)).unwrap();
        assert_eq!(parts.len(), 2);
        let error = Trajectory::part(("t", &time), &columns, None).unwrap_err();
        assert!(error.to_string().contains("row 10"), "{error}");
        let short: Vec<f64> = (0..20).map(|i| f64::from(i / 5)).collect();
        let time: Vec<f64> = (0..20).map(f64::from).collect();
        let error = Trajectory::part(("t", &time), &columns, Some(&short)).unwrap_err();
        assert!(error.to_string().contains("5 rows"), "{error}");
    }
}
