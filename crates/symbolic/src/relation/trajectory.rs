//! Motions in time: smoothed positions and their rates of change.
//!
//! A polynomial of fourth degree is fitted to the samples within a window around
//! each sample (A. Savitzky, M. Golay, Anal. Chem. 36 (1964) 1627, here for
//! times at any distance and, where samples have errors `σ`, with weights `1/σ²`); its
//! value and derivatives at the sample are what is used. The width of the window is the
//! one that predicts samples left out best. A motion is cut where samples are missing for
//! much longer than they are apart: no polynomial reaches over such a gap.
//!
//! * **Populations** and other positive columns are smoothed as logarithms where that
//!   predicts samples left out better: what grows and decays is smooth there, and its noise
//!   of one size.
//! * **Errors of rates**: with the noise `s` of the samples, estimated from what is left
//!   over, the error of the `k`-th derivative is $s\,k!\,\sqrt{(X^TWX)^{-1}_{kk}}$ over the
//!   half width to the `k`-th power.
//! * **Bias**: the polynomial misses what is of fifth order, which changes slowly along a
//!   motion and therefore looks like a term of a law. Its part in a rate falls as the
//!   fourth power of the width while the noise only grows as the `−3/2`-th, so rates that a
//!   law is fitted to are taken from narrower windows ([`Width::Narrow`]).

use crate::error::SymbolicError;
use crate::fit::solve;

/// Coefficients of the local polynomial.
const ORDER: usize = 5;

/// Samples on each side of the window, from exact data to very noisy ones.
const HALF_WIDTHS: [usize; 8] = [3, 4, 6, 8, 11, 15, 20, 27];

/// The fewest samples of a trajectory: one window.
pub const FEWEST_SAMPLES: usize = 2 * HALF_WIDTHS[0] + 1;

/// Samples are missing where two are so many times further apart than most.
const GAP: f64 = 6.0;
/// And so many times further than those next to them.
const SUDDEN: f64 = 3.0;

/// How many steps narrower than the best window one without much bias is: half as wide.
const NARROWER: usize = 2;

/// One motion.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trajectory {
    /// When, rising.
    pub time: Vec<f64>,
    /// The state, column by column.
    pub columns: Vec<Vec<f64>>,
    /// How much each sample counts, if not all count the same.
    pub weights: Option<Vec<f64>>,
    /// Which run it is of: several parts of one run have gaps between them.
    pub run: usize,
}

/// A motion without noise, as well as that can be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Smoothed {
    /// The state, column by column.
    pub columns: Vec<Vec<f64>>,
    /// Its rates of change.
    pub rates: Vec<Vec<f64>>,
}

/// Which window a derivative is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// The one that predicts samples left out best.
    Best,
    /// Half of it, for less bias and more noise.
    Narrow,
}

/// A derivative of one column in every sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivative {
    /// Its values.
    pub values: Vec<f64>,
    /// Their standard errors.
    pub errors: Vec<f64>,
    /// The noise of a sample that counts once, which these errors follow from.
    pub noise: f64,
    /// Samples on each side of the window.
    pub half: usize,
    /// Whether the noise is one part of the values, not of one size.
    pub relative: bool,
}

/// What a table is parted by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parting<'a> {
    /// The number of the trajectory of each row; all are one, without any.
    pub label: Option<&'a [f64]>,
    /// How much each row counts.
    pub weights: Option<&'a [f64]>,
    /// The number of runs before these.
    pub runs: usize,
}

impl Trajectory {
    /// A motion whose samples count the same.
    pub fn new(time: Vec<f64>, columns: Vec<Vec<f64>>) -> Self {
        Self {
            time,
            columns,
            ..Self::default()
        }
    }

    /// Parts a table into trajectories: rows of the same label that follow
    /// each other, cut where samples are missing. `names` are those of time and
    /// columns, for errors. Also the number of rows left out, between gaps too near to
    /// each other.
    pub fn part(
        time: (&str, &[f64]),
        columns: &[(String, Vec<f64>)],
        by: Parting<'_>,
    ) -> Result<(Vec<Self>, usize), SymbolicError> {
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
        let mut out: Vec<Self> = Vec::new();
        let (mut first, mut run, mut left_out) = (0, by.runs, 0);
        while first < time.len() {
            let same = |row: usize| by.label.is_none_or(|l| l[row] == l[first]);
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
            let parts = between_gaps(&time[rows.clone()]);
            let long = |part: &&std::ops::Range<usize>| part.len() >= FEWEST_SAMPLES;
            if !parts.iter().any(|part| long(&part)) {
                return Err(SymbolicError::ShortTrajectory {
                    row: first,
                    found: parts.iter().map(ExactSizeIterator::len).max().unwrap_or(0),
                    expected: FEWEST_SAMPLES,
                });
            }
            let short = parts.iter().filter(|part| !long(part));
            left_out += short.map(ExactSizeIterator::len).sum::<usize>();
            for part in parts.iter().filter(long) {
                let rows = first + part.start..first + part.end;
                let pick = |values: &[f64]| values[rows.clone()].to_vec();
                out.push(Self {
                    time: pick(time),
                    columns: columns.iter().map(|(_, values)| pick(values)).collect(),
                    weights: by.weights.map(pick),
                    run,
                });
            }
            first += length;
            run += 1;
        }
        Ok((out, left_out))
    }

    /// Values and rates of every column.
    pub fn smoothed(&self) -> Smoothed {
        let all = self.columns.iter().map(|column| {
            let best = self.local(column, None, Width::Best);
            (best.of(0).values, best.of(1).values)
        });
        let (columns, rates) = all.unzip();
        Smoothed { columns, rates }
    }

    /// A derivative of a column, from samples that count as their weights say.
    pub fn derivative(&self, column: usize, order: usize, width: Width) -> Derivative {
        let weights = self.weights.as_deref();
        self.local(&self.columns[column], weights, width).of(order)
    }

    /// The local polynomials of a column, or of its logarithm where these predict samples
    /// left out better.
    fn local(&self, values: &[f64], weights: Option<&[f64]>, width: Width) -> Local {
        let scales = [Scale::Plain, Scale::Logarithm];
        let scales = scales.into_iter().filter(|scale| scale.fits(values));
        let best = scales
            .map(|scale| {
                let widths = HALF_WIDTHS.iter();
                let widths = widths.take_while(|half| 2 * **half < self.time.len());
                let all: Vec<Local> = widths
                    .filter_map(|&half| pass(&self.time, values, weights, half, scale))
                    .collect();
                let best = (0..all.len()).min_by(|&a, &b| all[a].error.total_cmp(&all[b].error));
                (
                    best.map_or(f64::INFINITY, |place| all[place].error),
                    best,
                    all,
                )
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, Some(place), mut all)) = best else {
            // Equal times, the one thing no window can be fitted to, are refused above.
            return Local::nothing(values);
        };
        let place = match width {
            Width::Best => place,
            Width::Narrow => place.saturating_sub(NARROWER),
        };
        all.swap_remove(place)
    }
}

/// What a polynomial is fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// The values.
    Plain,
    /// Their logarithms, for what grows and decays.
    Logarithm,
}

impl Scale {
    fn fits(self, values: &[f64]) -> bool {
        self == Self::Plain || values.iter().all(|x| *x > 0.0)
    }

    fn of(self, value: f64) -> f64 {
        match self {
            Self::Plain => value,
            Self::Logarithm => value.ln(),
        }
    }

    /// How much a sample of this value counts on the scale if it counts `weight` itself.
    fn weight(self, value: f64, weight: f64) -> f64 {
        match self {
            Self::Plain => weight,
            Self::Logarithm => weight * value * value,
        }
    }

    /// Value and derivatives from those on the scale: $x = e^y$ has $\dot x = x\dot y$ and
    /// $\ddot x = x(\ddot y + \dot y^2)$.
    fn back(self, [y, slope, curvature]: [f64; 3]) -> [f64; 3] {
        match self {
            Self::Plain => [y, slope, curvature],
            Self::Logarithm => {
                let x = y.exp();
                [x, x * slope, x * (curvature + slope * slope)]
            }
        }
    }

    /// What an error on the scale is worth at a value.
    fn unit(self, value: f64) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Logarithm => value,
        }
    }
}

/// The samples between gaps.
fn between_gaps(time: &[f64]) -> Vec<std::ops::Range<usize>> {
    let steps: Vec<f64> = time.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut sorted = steps.clone();
    sorted.sort_by(f64::total_cmp);
    let most = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let mut out = Vec::new();
    let mut first = 0;
    for (i, &step) in steps.iter().enumerate() {
        let beside = [i.checked_sub(1), Some(i + 1)];
        let beside = beside.iter().flatten().filter_map(|&k| steps.get(k));
        let largest = beside.fold(0.0_f64, |a, &b| a.max(b));
        if step > GAP * most && step > SUDDEN * largest {
            out.push(first..i + 1);
            first = i + 1;
        }
    }
    out.push(first..time.len());
    out
}

/// Local polynomials of one width in every sample.
#[derive(Debug)]
struct Local {
    /// The sum of squared errors of samples left out.
    error: f64,
    /// The noise of a sample that counts once.
    noise: f64,
    half: usize,
    relative: bool,
    /// The first derivatives and their errors in units of the noise.
    values: [Vec<f64>; 3],
    errors: [Vec<f64>; 3],
}

impl Local {
    fn nothing(values: &[f64]) -> Self {
        let zeros = || vec![0.0; values.len()];
        Self {
            error: 0.0,
            noise: 0.0,
            half: 0,
            relative: false,
            values: [values.to_vec(), zeros(), zeros()],
            errors: [zeros(), zeros(), zeros()],
        }
    }

    fn of(&self, order: usize) -> Derivative {
        let errors = self.errors[order].iter();
        Derivative {
            values: self.values[order].clone(),
            errors: errors.map(|error| self.noise * error).collect(),
            noise: self.noise,
            half: self.half,
            relative: self.relative,
        }
    }
}

/// The polynomials of one width; none if they are not determined.
fn pass(
    time: &[f64],
    values: &[f64],
    weights: Option<&[f64]>,
    half: usize,
    on: Scale,
) -> Option<Local> {
    let n = time.len();
    let scaled: Vec<f64> = values.iter().map(|&value| on.of(value)).collect();
    // Without weights samples err alike on the scale that they are smooth on.
    let weight = |j: usize| weights.map_or(1.0, |w| on.weight(values[j], w[j]));
    let mut out = Local::nothing(values);
    out.half = half;
    out.relative = on == Scale::Logarithm;
    let mut squares = 0.0;
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
            let (p, w) = (powers(time[j]), weight(j));
            for a in 0..ORDER {
                right[a] += w * p[a] * (scaled[j] - scaled[i]);
                for b in 0..ORDER {
                    matrix[a * ORDER + b] += w * p[a] * p[b];
                }
            }
        }
        let found = solve(&matrix, &right)?;
        let variance = |k: usize| -> Option<f64> {
            let mut unit = vec![0.0; ORDER];
            unit[k] = 1.0;
            Some(solve(&matrix, &unit)?[k])
        };
        let own = variance(0)?;
        // The weight of the sample itself in its own prediction.
        let rest = (1.0 - weight(i) * own).max(1e-3);
        let left_out = on.back([scaled[i] + found[0] / rest, 0.0, 0.0])[0];
        out.error += weights.map_or(1.0, |w| w[i]) * (left_out - values[i]).powi(2);
        squares += weight(i) * found[0].powi(2) / rest;
        let of = [(1.0, own), (1.0, variance(1)?), (2.0, variance(2)?)];
        let size = |k: usize, factor: f64| factor / scale.powi(k as i32);
        let here = [
            scaled[i] + found[0],
            size(1, 1.0) * found[1],
            size(2, 2.0) * found[2],
        ];
        let back = on.back(here);
        for (k, (factor, variance)) in of.into_iter().enumerate() {
            out.values[k][i] = back[k];
            out.errors[k][i] = on.unit(back[0]) * size(k, factor) * variance.max(0.0).sqrt();
        }
    }
    out.noise = (squares / n as f64).sqrt();
    // What is far beyond all samples is no prediction of any.
    out.error.is_finite().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random::{normal, stream};

    #[test]
    fn rates_of_exact_motions_are_exact_to_the_order_of_the_polynomial() {
        let time: Vec<f64> = (0..60).map(|i| 0.05 * f64::from(i)).collect();
        let quartic = time.iter().map(|t| t.powi(4) - t).collect();
        let motion = Trajectory::new(time.clone(), vec![quartic]);
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
        let motion = Trajectory::new(time.clone(), vec![noisy]).smoothed();
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
        let by = |label| Parting {
            label,
            ..Parting::default()
        };
        let (parts, _) = Trajectory::part(("t", &time), &columns, by(Some(&label))).unwrap();
        assert_eq!((parts.len(), parts[1].run), (2, 1));
        let error = Trajectory::part(("t", &time), &columns, by(None)).unwrap_err();
        assert!(error.to_string().contains("row 10"), "{error}");
        let short: Vec<f64> = (0..20).map(|i| f64::from(i / 5)).collect();
        let time: Vec<f64> = (0..20).map(f64::from).collect();
        let error = Trajectory::part(("t", &time), &columns, by(Some(&short))).unwrap_err();
        assert!(error.to_string().contains("5 rows"), "{error}");
    }

    #[test]
    fn a_motion_is_cut_where_samples_are_missing_and_not_where_steps_grow() {
        // A dropped frame is none, and three samples between two gaps are too few.
        let mut time: Vec<f64> = (0..60).filter(|i| *i != 5).map(f64::from).collect();
        for t in &mut time[30..] {
            *t += 19.0;
        }
        for t in &mut time[33..] {
            *t += 8.0;
        }
        let columns = [("x".to_owned(), time.clone())];
        let by = Parting::default();
        let (parts, left_out) = Trajectory::part(("t", &time), &columns, by).unwrap();
        let lengths: Vec<usize> = parts.iter().map(|part| part.time.len()).collect();
        assert_eq!((lengths, left_out), (vec![30, 26], 3));
        assert!(parts.iter().all(|part| part.run == 0));
        // Steps of an integrator that grow twentyfold, one after the other.
        let grown: Vec<f64> = (0..60).map(|i| 1.2_f64.powi(i)).collect();
        assert_eq!(between_gaps(&grown), std::slice::from_ref(&(0..60)));
    }

    #[test]
    fn errors_of_rates_are_those_that_noise_makes() {
        // A straight line with noise: what a rate departs from 1 by is its error.
        let mut rng = stream(8, 0);
        let time: Vec<f64> = (0..500).map(f64::from).collect();
        let noisy = time.iter().map(|t| t + 0.3 * normal(&mut rng)).collect();
        let motion = Trajectory::new(time, vec![noisy]);
        for width in [Width::Best, Width::Narrow] {
            let rate = motion.derivative(0, 1, width);
            let pulls = rate.values.iter().zip(&rate.errors);
            let mean = pulls.map(|(r, e)| ((r - 1.0) / e).powi(2)).sum::<f64>() / 500.0;
            // Some tens of independent windows: a mean square known to a quarter.
            assert!((0.5..1.7).contains(&mean), "{mean}");
        }
    }

    #[test]
    fn what_grows_by_factors_is_smoothed_by_its_logarithm() {
        // Peaks of a hundred times the valleys, with six samples each and errors of 3 %.
        let mut rng = stream(12, 0);
        let time: Vec<f64> = (0..120).map(f64::from).collect();
        let at = |t: f64| (2.3 * (0.5 * t).sin()).exp();
        let rate = |t: f64| 1.15 * (0.5 * t).cos() * at(t);
        let noisy: Vec<f64> = time
            .iter()
            .map(|&t| at(t) * (1.0 + 0.03 * normal(&mut rng)))
            .collect();
        let motion = Trajectory::new(time.clone(), vec![noisy.clone()]);
        let found = motion.derivative(0, 1, Width::Best).values;
        let plain = pass(&time, &noisy, None, 3, Scale::Plain)
            .unwrap()
            .of(1)
            .values;
        let error = |rates: &[f64]| -> f64 {
            let pairs = rates.iter().zip(&time).skip(5).take(110);
            pairs.map(|(r, &t)| (r - rate(t)).powi(2)).sum()
        };
        assert!(
            error(&found) < 0.5 * error(&plain),
            "{} {}",
            error(&found),
            error(&plain)
        );
        // Second derivatives by the chain rule: of e^t all are alike.
        let time: Vec<f64> = (0..40).map(|i| 0.1 * f64::from(i)).collect();
        let grown = time.iter().map(|t| t.exp()).collect();
        let motion = Trajectory::new(time.clone(), vec![grown]);
        for (found, t) in motion
            .derivative(0, 2, Width::Best)
            .values
            .iter()
            .zip(&time)
        {
            assert!((found / t.exp() - 1.0).abs() < 1e-6, "{found} at {t}");
        }
    }

    #[test]
    fn samples_that_do_not_count_change_no_rate() {
        let time: Vec<f64> = (0..60).map(|i| 0.05 * f64::from(i)).collect();
        let mut values: Vec<f64> = time.iter().map(|t| t.powi(3)).collect();
        values[30] += 5.0;
        let mut weights = vec![1.0; 60];
        weights[30] = 1e-12;
        let motion = Trajectory {
            weights: Some(weights),
            ..Trajectory::new(time.clone(), vec![values])
        };
        let rate = motion.derivative(0, 1, Width::Best);
        for (rate, t) in rate.values.iter().zip(&time) {
            assert!((rate - 3.0 * t * t).abs() < 1e-6, "{rate} at {t}");
        }
    }
}
