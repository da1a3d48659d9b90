//! Which law is the one looked for.

use pellucid_core::random::stream;
use pellucid_symbolic::Expression;
use pellucid_symbolic::evaluate::{Program, Rows, Scratch};
use pellucid_symbolic::fit::{Effort, fit};
use rand::RngExt;

use crate::laws::Law;

/// The names of a law's variables.
pub fn names(law: &Law) -> Vec<String> {
    law.variables.iter().map(|v| v.name.clone()).collect()
}

/// The law itself.
pub fn truth(law: &Law) -> Expression {
    Expression::parse(&law.formula, &names(law)).expect("the list holds formulas")
}

/// Rows of the box, or (`stretch > 0`) rows with at least one variable beyond it.
pub fn sample(law: &Law, rows: usize, stretch: f64, seed: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let truth = truth(law);
    let mut rng = stream(seed, 0);
    let mut columns = vec![Vec::new(); law.variables.len()];
    let mut target = Vec::new();
    while target.len() < rows {
        let point: Vec<f64> = law
            .variables
            .iter()
            .map(|v| {
                let [low, high] = v.range;
                rng.random_range(low..high + stretch * (high - low))
            })
            .collect();
        let beyond = point
            .iter()
            .zip(&law.variables)
            .any(|(x, v)| *x > v.range[1]);
        let y = truth.at(&point);
        if (stretch == 0.0 || beyond) && y.is_finite() {
            for (column, x) in columns.iter_mut().zip(point) {
                column.push(x);
            }
            target.push(y);
        }
    }
    (columns, target)
}

/// Squared error over variance.
fn error(law: &Expression, columns: &[Vec<f64>], target: &[f64]) -> f64 {
    let rows = Rows::<f64>::new(columns, target, &vec![1.0; target.len()]);
    let squares = Program::new(law).squares(law.constants(), &rows, f64::MAX, &mut Scratch::new());
    let mean = target.iter().sum::<f64>() / target.len() as f64;
    squares / target.iter().map(|y| (y - mean).powi(2)).sum::<f64>()
}

/// Whether a candidate, its constants fitted anew to clean data, is the law inside
/// and outside of its box.
pub fn found(law: &Law, candidate: &Expression, seed: u64) -> bool {
    let (columns, target) = sample(law, 600, 0.0, seed);
    let rows = Rows::<f64>::new(&columns, &target, &vec![1.0; target.len()]);
    let mut refitted = candidate.clone();
    if let (Some(fit), _) = fit(candidate, &rows, Effort::POLISH, &mut Scratch::new()) {
        refitted.constants_mut().copy_from_slice(&fit.constants);
    }
    let (inside, at_inside) = sample(law, 2000, 0.0, seed + 1);
    let (outside, at_outside) = sample(law, 2000, 0.5, seed + 2);
    error(&refitted, &inside, &at_inside) < 1e-7 && error(&refitted, &outside, &at_outside) < 1e-6
}
