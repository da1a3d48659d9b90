//! States of motions in blocks of about one swing.
//!
//! What a law of motion keeps must be told from what only changes slowly, and what friction
//! takes away over many swings must not hide it. So functions are compared within blocks of
//! one swing, each by itself: twice the mean time between turning points of the slowest
//! column that turns, or a whole part of a motion that never turns. From the values of a
//! function in a block a straight line in time is taken away, which is what it loses.

use std::ops::Range;

use super::trajectory::{Smoothed, Trajectory};

/// States that are used, evenly spaced among all.
const ROWS: usize = 4000;
/// Samples at each end of a trajectory that are not used: polynomials of
/// one-sided windows are uncertain there.
const ENDS: usize = 5;
/// A column is a rate if its correlation with it is at least this.
const SAME: f64 = 0.99;
/// The fewest states of a block: what two numbers are taken away from must be more.
const FEWEST: usize = 6;

/// All motions as one list of states.
#[derive(Debug, Default)]
pub(super) struct States {
    /// The state, column by column.
    pub columns: Vec<Vec<f64>>,
    /// How fast each column changes.
    pub rates: Vec<Vec<f64>>,
    /// When.
    pub time: Vec<f64>,
    /// The rows of each block.
    pub blocks: Vec<Range<usize>>,
}

impl States {
    /// The states of all trajectories, with the rates of their columns as columns of
    /// their own if asked for.
    pub fn new(trajectories: &[Trajectory], with_rates: bool) -> Self {
        let all: usize = trajectories.iter().map(|t| t.time.len()).sum();
        let step = all.div_ceil(ROWS).max(1);
        let mut out = Self::default();
        for trajectory in trajectories {
            let Smoothed {
                mut columns,
                mut rates,
            } = trajectory.smoothed();
            let n = trajectory.time.len();
            let ends = if n > 4 * ENDS { ENDS } else { 0 };
            let kept = ends..n - ends;
            let swing = swing(&trajectory.time[kept.clone()], &rates, &kept);
            if with_rates {
                let accelerations = rates.iter().map(|rate| {
                    let again = Trajectory::new(trajectory.time.clone(), vec![rate.clone()]);
                    again.smoothed().rates.remove(0)
                });
                let accelerations: Vec<Vec<f64>> = accelerations.collect();
                columns.extend(rates.iter().cloned());
                rates.extend(accelerations);
            }
            out.take(
                &trajectory.time,
                (&columns, &rates),
                kept.step_by(step),
                swing,
            );
        }
        out
    }

    fn take(
        &mut self,
        time: &[f64],
        (columns, rates): (&[Vec<f64>], &[Vec<f64>]),
        rows: std::iter::StepBy<Range<usize>>,
        swing: f64,
    ) {
        let first = self.time.len();
        self.columns.resize(columns.len(), Vec::new());
        self.rates.resize(rates.len(), Vec::new());
        for (all, own) in [(&mut self.columns, columns), (&mut self.rates, rates)] {
            for (all, own) in all.iter_mut().zip(own) {
                all.extend(rows.clone().map(|row| own[row]));
            }
        }
        self.time.extend(rows.map(|row| time[row]));
        let own = first..self.time.len();
        if own.is_empty() {
            return;
        }
        let whole = self.time[own.end - 1] - self.time[own.start];
        let count = ((whole / swing).round() as usize)
            .min(own.len() / FEWEST)
            .max(1);
        let edge = |k: usize| own.start + k * own.len() / count;
        self.blocks.extend((0..count).map(|k| edge(k)..edge(k + 1)));
    }

    /// The number of states.
    pub fn count(&self) -> usize {
        self.time.len()
    }

    /// Whether each column is the rate of another one, recorded beside it.
    pub fn velocities(&self) -> Vec<bool> {
        let is_rate = |(place, column): (usize, &Vec<f64>)| {
            let others = self.rates.iter().enumerate().filter(|(i, _)| *i != place);
            let mut like = others.map(|(_, rate)| correlation(rate, column).abs());
            like.any(|like| like > SAME)
        };
        self.columns.iter().enumerate().map(is_rate).collect()
    }

    /// How values depart from a straight line in time within each block, and the slope of
    /// each block's line times the block's duration.
    pub fn within(&self, values: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut out = Vec::with_capacity(values.len());
        let mut lost = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let (values, time) = (&values[block.clone()], &self.time[block.clone()]);
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let middle = time.iter().sum::<f64>() / n;
            let spread: f64 = time.iter().map(|t| (t - middle).powi(2)).sum();
            let pairs = values.iter().zip(time);
            let product: f64 = pairs.map(|(v, t)| (v - mean) * (t - middle)).sum();
            let slope = if spread > 0.0 && values.len() >= FEWEST {
                product / spread
            } else {
                0.0
            };
            let pairs = values.iter().zip(time);
            out.extend(pairs.map(|(v, t)| v - mean - slope * (t - middle)));
            lost.push(slope * (time[time.len() - 1] - time[0]));
        }
        (out, lost)
    }

    /// The spread of every column within blocks.
    pub fn spread(&self) -> Vec<f64> {
        let root = |column: &Vec<f64>| {
            let (within, _) = self.within(column);
            (within.iter().map(|x| x * x).sum::<f64>() / within.len() as f64).sqrt()
        };
        self.columns.iter().map(root).collect()
    }
}

/// The correlation of two columns.
pub(super) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
    let (p, q) = (mean(a), mean(b));
    let product = |x: &[f64], p: f64, y: &[f64], q: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - p) * (y - q)).sum()
    };
    product(a, p, b, q) / (product(a, p, a, p) * product(b, q, b, q)).sqrt()
}

/// Twice the mean time between turning points of the column that turns least often;
/// infinite where none turns.
fn swing(time: &[f64], rates: &[Vec<f64>], rows: &Range<usize>) -> f64 {
    let whole = time[time.len() - 1] - time[0];
    let turns = rates.iter().map(|rate| {
        let signs = rate[rows.clone()].windows(2);
        signs.filter(|pair| pair[0] * pair[1] < 0.0).count()
    });
    let fewest = turns.filter(|turns| *turns > 0).min();
    fewest.map_or(f64::INFINITY, |turns| 2.0 * whole / turns as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_swings_and_a_steady_loss_is_taken_away() {
        let time: Vec<f64> = (0..400).map(|i| 0.05 * f64::from(i)).collect();
        let x = time.iter().map(|t| t.sin()).collect();
        let motion = Trajectory::new(time, vec![x]);
        let states = States::new(&[motion], false);
        // Twenty units of time are three periods.
        assert_eq!(states.blocks.len(), 3);
        let lost = states
            .time
            .iter()
            .map(|t| 7.0 - 0.3 * t)
            .collect::<Vec<f64>>();
        let (within, slopes) = states.within(&lost);
        assert!(within.iter().all(|x| x.abs() < 1e-12));
        assert!(
            slopes.iter().all(|lost| (lost + 1.95).abs() < 0.1),
            "{slopes:?}"
        );
    }

    #[test]
    fn a_motion_that_never_turns_is_one_block() {
        let time: Vec<f64> = (0..50).map(f64::from).collect();
        let motion = Trajectory::new(time.clone(), vec![time]);
        assert_eq!(States::new(&[motion], false).blocks.len(), 1);
    }
}
