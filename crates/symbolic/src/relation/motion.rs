//! Ordinary differential equations from trajectories.
//!
//! The rates of a motion, from smoothed samples, are targets over its state:
//! `dx/dt = f(x, …)` is then a [search](crate::search) like any other.

use super::trajectory::{Smoothed, Trajectory};
use crate::error::SymbolicError;
use crate::search::Problem;

/// Samples at each end of a trajectory that are not used: slopes of one-sided
/// windows are uncertain there.
const ENDS: usize = 3;

/// The search for the rate of column `target` over all columns; `names` are
/// those of the columns.
pub fn equation(
    trajectories: &[Trajectory],
    names: &[String],
    target: usize,
) -> Result<Problem, SymbolicError> {
    let mut columns = vec![Vec::new(); names.len()];
    let mut rate = Vec::new();
    for trajectory in trajectories {
        let n = trajectory.time.len();
        let rows = ENDS.min(n / 4)..n - ENDS.min(n / 4);
        let Smoothed {
            columns: state,
            rates,
        } = trajectory.smoothed();
        for (column, values) in columns.iter_mut().zip(&state) {
            column.extend_from_slice(&values[rows.clone()]);
        }
        rate.extend_from_slice(&rates[target][rows]);
    }
    let features = names.iter().cloned().zip(columns).collect();
    Problem::new(features, (format!("d{}/dt", names[target]), rate), None)
}
