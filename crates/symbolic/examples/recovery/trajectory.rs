//! Rows along the motions of the differential equations after S. Strogatz.
//!
//! As W. La Cava et al. (2016) made theirs: of each system four motions of 100 rows,
//! 0.1 apart in time, from initial states drawn around the same places (theirs are not
//! published as numbers, but for the Lotka–Volterra system). Steps are those of Runge and
//! Kutta of fourth order, a hundred between two rows, whose errors are far below the
//! rounding of the states that were published.

use std::f64::consts::PI;

use pellucid_core::random::{normal, stream};
use pellucid_symbolic::Expression;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::judge::truth;
use crate::laws::{LAWS, Law};

const MOTIONS: usize = 4;
const ROWS: usize = 100;
const APART: f64 = 0.1;
const STEPS: usize = 100;

/// The name of a law's system, if it is one of these.
fn system(law: &Law) -> Option<&str> {
    law.name.strip_prefix("strogatz.")?.split('.').next()
}

/// States along the motions, column by column, and the law's value in each; `None` for a
/// law that is no equation of motion.
pub fn rows(law: &Law, seed: u64) -> Option<(Vec<Vec<f64>>, Vec<f64>)> {
    let system = system(law)?;
    let field: Vec<Expression> = [1, 2]
        .iter()
        .filter_map(|i| {
            let name = format!("strogatz.{system}.{i}");
            LAWS.iter().find(|law| law.name == name).map(truth)
        })
        .collect();
    let mut rng = stream(seed, 1);
    let mut columns = vec![Vec::new(), Vec::new()];
    for motion in 0..MOTIONS {
        let states = loop {
            let states = follow(&field, initial(system, motion, &mut rng)?);
            if states.iter().flatten().all(|x| x.is_finite()) {
                break states;
            }
        };
        for state in states {
            columns[0].push(state[0]);
            columns[1].push(state[1]);
        }
    }
    let truth = truth(law);
    let states = columns[0].iter().zip(&columns[1]);
    let target = states.map(|(&x, &y)| truth.at(&[x, y])).collect();
    Some((columns, target))
}

/// Where a motion begins. Variances of 1 dBW and 0.1 dBW, as MATLAB's `wgn` counts.
fn initial(system: &str, motion: usize, rng: &mut ChaCha8Rng) -> Option<[f64; 2]> {
    let mut near = |x: f64, y: f64| {
        let spread = |decibel: f64| 10_f64.powf(decibel / 20.0);
        [x + spread(1.0) * normal(rng), y + spread(0.1) * normal(rng)]
    };
    Some(match system {
        "bacres" | "predprey" => near(5.0, 10.0),
        "glider" => near(5.0, 0.0),
        "barmag" => [(); 2].map(|()| rng.random_range(0.0..2.0 * PI)),
        "lv" => [[1.0, 3.0], [4.0, 1.0], [8.0, 2.0], [3.0, 3.0]][motion],
        "shearflow" => [
            rng.random_range(-PI..PI),
            rng.random_range(-PI / 2.0..PI / 2.0),
        ],
        "vdp" => [(); 2].map(|()| rng.random_range(0.0..1.0)),
        _ => return None,
    })
}

/// The states of one motion.
fn follow(field: &[Expression], mut state: [f64; 2]) -> Vec<[f64; 2]> {
    let slope = |at: [f64; 2]| [field[0].at(&at), field[1].at(&at)];
    let moved =
        |at: [f64; 2], by: [f64; 2], time: f64| [at[0] + time * by[0], at[1] + time * by[1]];
    let step = APART / STEPS as f64;
    let mut out = Vec::with_capacity(ROWS);
    for _ in 0..ROWS {
        out.push(state);
        for _ in 0..STEPS {
            let a = slope(state);
            let b = slope(moved(state, a, step / 2.0));
            let c = slope(moved(state, b, step / 2.0));
            let d = slope(moved(state, c, step));
            let mean = [0, 1].map(|i| (a[i] + 2.0 * (b[i] + c[i]) + d[i]) / 6.0);
            state = moved(state, mean, step);
        }
    }
    out
}
