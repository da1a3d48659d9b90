//! Laws whose errors are a network's: smooth.
//!
//! Thirty laws of the kinds that were not found behind such errors: roots of sums inside
//! quotients, rational forms in a shifted variable, differences of high powers, quadratic
//! forms over products of columns; and the error, a sum of a few waves over the box,
//! with a root mean square that is a given part of the target's.

use pellucid_core::random::{normal, stream};
use rand::RngExt;

use crate::laws::{Law, Variable};

/// Formulas over columns from 1 to 3; `r` from 1 to 3, too, is a distance.
const FORMULAS: [&str; 30] = [
    "x/sqrt(y^2 + z^2)",
    "x/(1 + sqrt(y^2 + 1))",
    "x*y/sqrt(x^2 + y^2)",
    "1/(z + sqrt(x^2 + y^2))",
    "x/(sqrt(y + z) + 1)",
    "(x + sqrt(y^2 + z))/z",
    "x/sqrt(1 + y/z)",
    "sqrt(x^2 + y^2)/(x + z)",
    "1/(1 + (x - 2)^2)",
    "1/((x - 1.5)^2 + 0.5*y)",
    "y*(x - 0.7)/(x + 1.3)",
    "(x + 0.5)/(x^2 + y)",
    "y/(x - 0.4)",
    "(x - 2)/(1 + (y - 1.5)^2)",
    "x*z/((y - 2)^2 + 0.3)",
    "y/(x + 0.8)^2",
    "1/r^12 - 1/r^6",
    "x/r^6 - y/r^3",
    "x^4 - y^2",
    "4*x*((y/r)^12 - (y/r)^6)",
    "x/r^4 - 1/r^2",
    "x^3*y - x*y^3",
    "exp(-x) - y/r^4",
    "x^2/r^3 - y/r",
    "(x^2 + y^2 - z^2)/(2*x*y)",
    "(x^2 + x*y + y^2)/(x*y*z)",
    "(x^2 - y*z)/(x*y*z)",
    "(x*y + y*z + z*x)/(x*y*z)",
    "(x^2 + 2*y^2)/(x*z^2)",
    "(x + y)^2/(x*y*z)",
];

/// The thirty laws.
pub fn laws() -> Vec<Law> {
    let formulas = FORMULAS.iter().enumerate();
    formulas
        .map(|(i, formula)| Law {
            name: format!("smooth.{}", i + 1),
            formula: (*formula).to_owned(),
            unit: "1".to_owned(),
            variables: ["x", "y", "z", "r"]
                .into_iter()
                .filter(|name| uses(formula, name))
                .map(|name| Variable {
                    name: name.to_owned(),
                    range: if name == "r" { [0.95, 2.0] } else { [1.0, 3.0] },
                    unit: "1".to_owned(),
                })
                .collect(),
        })
        .collect()
}

/// Whether a formula has a column, which is a letter that is no part of a word.
fn uses(formula: &str, name: &str) -> bool {
    let letters = formula.replace("sqrt", "").replace("exp", "");
    letters.contains(name)
}

/// Waves of an error.
const WAVES: usize = 12;

/// A smooth function of the columns on these rows, of this root mean square: waves of
/// about one and a half lengths over the box.
pub fn error(columns: &[Vec<f64>], size: f64, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed, 3);
    let ranges: Vec<(f64, f64)> = columns
        .iter()
        .map(|c| {
            let low = c.iter().copied().fold(f64::INFINITY, f64::min);
            let high = c.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (low, high - low)
        })
        .collect();
    let rows = columns[0].len();
    let mut out = vec![0.0; rows];
    for _ in 0..WAVES {
        let directions: Vec<f64> = columns.iter().map(|_| 5.0 * normal(&mut rng)).collect();
        let phase = rng.random_range(0.0..std::f64::consts::TAU);
        for (row, out) in out.iter_mut().enumerate() {
            let place = columns.iter().zip(&ranges).zip(&directions);
            let angle: f64 = place
                .map(|((c, (low, range)), k)| k * (c[row] - low) / range)
                .sum();
            *out += (angle + phase).sin();
        }
    }
    let rms = (out.iter().map(|e| e * e).sum::<f64>() / rows as f64).sqrt();
    out.iter().map(|e| e * size / rms).collect()
}
