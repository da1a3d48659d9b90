//! How laws must depend on columns: which ones, with what symmetry and parity, rising
//! or falling, and with what limits.
//!
//! Which columns stand where is seen in the formula. All else is checked by numbers,
//! at points of the table drawn with the seed: a law that passes is not proven to behave
//! like that everywhere.

use pellucid_core::random::stream;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::constraints::Constraints;
use super::limit::Approach;
use super::problem::Problem;
use crate::error::SymbolicError;
use crate::evaluate::{Program, Rows, Scratch, input_gradient};
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// Which way a law goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// `∂f/∂x ≥ 0`.
    Rising,
    /// `∂f/∂x ≤ 0`.
    Falling,
}

/// A law that rises or falls: `{ column = "x", is = "rising", range = [0, 10] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monotonic {
    /// In which column.
    pub column: String,
    /// Which way.
    pub is: Direction,
    /// From where to where; between the smallest and the largest value of the table
    /// unless given.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
}

/// Columns that change places with others, all at once, and leave a law as it is:
/// `{ these = ["x1", "y1"], those = ["x2", "y2"] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The columns.
    pub these: Vec<String>,
    /// Their partners, in the same order.
    pub those: Vec<String>,
}

/// Points at which a law is checked.
const POINTS: usize = 64;
/// Values that should be equal may differ by this part of them: rounding.
const ROUNDING: f64 = 1e-9;

/// Constraints on columns, ready to check laws with.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// The problem's columns, to write laws out over those of the table.
    outline: Problem,
    inside: Vec<(Operator, Vec<u16>)>,
    with: Vec<u16>,
    without: Vec<u16>,
    /// Columns with the factor that a law takes on when their sign changes.
    parity: Vec<(usize, f64)>,
    exchanges: Vec<Vec<(usize, usize)>>,
    slopes: Vec<Slope>,
    limits: Vec<Approach>,
    rows: Vec<Vec<f64>>,
    /// The target's standard deviation.
    scale: f64,
}

/// The sign of a derivative at some points.
#[derive(Debug, Clone)]
struct Slope {
    column: usize,
    sign: f64,
    points: Rows<f64>,
    spread: f64,
}

impl Behaviour {
    /// The constraints over the columns of a problem; none if there are none.
    pub fn new(
        constraints: &Constraints,
        problem: &Problem,
        seed: u64,
    ) -> Result<Option<Self>, SymbolicError> {
        if !constraints.about_columns() {
            return Ok(None);
        }
        constraints.contradict()?;
        let names = problem.own_names();
        let place = |setting: &'static str, name: &String| {
            let place = names.iter().position(|n| n == name);
            place.ok_or_else(|| SymbolicError::Setting {
                setting,
                found: format!("about `{name}`, which is none of {}", names.join(", ")),
                expected: "columns that the law may contain",
            })
        };
        let places = |setting, names: &[String]| -> Result<Vec<u16>, SymbolicError> {
            let each = names.iter().map(|n| place(setting, n).map(|p| p as u16));
            each.collect()
        };
        let mut parity = Vec::new();
        for (setting, names, factor) in [
            ("constraints.even", &constraints.even, 1.0),
            ("constraints.odd", &constraints.odd, -1.0),
        ] {
            for name in names {
                parity.push((place(setting, name)?, factor));
            }
        }
        let mut exchanges = Vec::new();
        for Exchange { these, those } in &constraints.symmetric {
            let setting = "constraints.symmetric";
            let pairs = these.iter().zip(those);
            let pairs = pairs.map(|(a, b)| Ok((place(setting, a)?, place(setting, b)?)));
            exchanges.push(pairs.collect::<Result<_, SymbolicError>>()?);
        }
        let inside = constraints.variables.iter().map(|(&operator, names)| {
            let columns = places("constraints.variables", names)?;
            Ok((operator, columns))
        });
        let slopes = constraints.monotonic.iter().enumerate().map(|(i, wanted)| {
            let column = place("constraints.monotonic", &wanted.column)?;
            Ok(Slope::new(wanted, column, problem, seed, i as u64))
        });
        let limits = constraints.limits.iter().map(|limit| {
            let column = place("constraints.limits", &limit.column)?;
            limit.resolve(column, problem)
        });
        let few = problem.sample(POINTS, seed.wrapping_add(7));
        let row = |r: usize| few.columns()[..names.len()].iter().map(|c| c[r]).collect();
        Ok(Some(Self {
            inside: inside.collect::<Result<_, SymbolicError>>()?,
            with: places("constraints.with", &constraints.with)?,
            without: places("constraints.without", &constraints.without)?,
            parity,
            exchanges,
            slopes: slopes.collect::<Result<_, SymbolicError>>()?,
            limits: limits.collect::<Result<_, SymbolicError>>()?,
            rows: (0..few.rows()).map(row).collect(),
            scale: problem.variance().sqrt(),
            outline: problem.select(&[0]),
        }))
    }

    /// Whether the right columns stand in the right places of a formula.
    pub fn form(&self, law: &Expression) -> bool {
        let law = self.outline.written_out(law);
        let present = law.variables();
        let tokens = law.tokens();
        let fits = |(end, token): (usize, &Token)| {
            let Token::Apply(operator) = token else {
                return true;
            };
            let of_it = self.inside.iter().find(|(o, _)| o == operator);
            of_it.is_none_or(|(_, columns)| {
                let only = |t: &Token| !matches!(t, Token::Variable(v) if !columns.contains(v));
                tokens[law.start(end)..end].iter().all(only)
            })
        };
        self.with.iter().all(|v| present.contains(v))
            && !self.without.iter().any(|v| present.contains(v))
            && tokens.iter().enumerate().all(fits)
    }

    /// Whether a law with its constants behaves as it must.
    pub fn holds(&self, law: &Expression) -> bool {
        let law = &self.outline.written_out(law);
        self.rows.iter().all(|row| self.symmetric(law, row))
            && self.slopes.iter().all(|slope| slope.holds(law, self.scale))
            && self.rows.iter().take(POINTS / 4).all(|row| {
                let mut limits = self.limits.iter();
                limits.all(|limit| limit.holds(law, row))
            })
    }

    /// Parities and exchanges at one point.
    fn symmetric(&self, law: &Expression, row: &[f64]) -> bool {
        if self.parity.is_empty() && self.exchanges.is_empty() {
            return true;
        }
        let here = law.at(row);
        let equal = |point: &[f64], factor: f64| {
            let there = factor * law.at(point);
            // False where the law is undefined.
            (here - there).abs() <= ROUNDING * (here.abs() + self.scale)
        };
        let mirrored = |&(column, factor): &(usize, f64)| {
            let mut point = row.to_vec();
            point[column] = -point[column];
            equal(&point, factor)
        };
        let exchanged = |pairs: &Vec<(usize, usize)>| {
            let mut point = row.to_vec();
            for &(a, b) in pairs {
                point.swap(a, b);
            }
            equal(&point, 1.0)
        };
        self.parity.iter().all(mirrored) && self.exchanges.iter().all(exchanged)
    }
}

impl Slope {
    /// Points with the column drawn from the range, all else as in rows of the table.
    fn new(wanted: &Monotonic, column: usize, problem: &Problem, seed: u64, index: u64) -> Self {
        let values = &problem.columns()[column];
        let [low, high] = wanted.range.unwrap_or_else(|| {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            [low, values.iter().copied().fold(low, f64::max)]
        });
        let mut rng = stream(seed.wrapping_add(8), index);
        let mut columns = vec![Vec::with_capacity(POINTS); problem.own_names().len()];
        for i in 0..POINTS {
            let row = rng.random_range(0..problem.rows());
            for (out, column) in columns.iter_mut().zip(problem.columns()) {
                out.push(column[row]);
            }
            // Both ends are among the points.
            let part = i as f64 / (POINTS - 1) as f64;
            columns[column][i] = (high - low).mul_add(part, low);
        }
        Self {
            column,
            sign: match wanted.is {
                Direction::Rising => 1.0,
                Direction::Falling => -1.0,
            },
            points: Rows::new(&columns, &[0.0; POINTS], &[1.0; POINTS]),
            spread: high - low,
        }
    }

    fn holds(&self, law: &Expression, scale: f64) -> bool {
        let program = Program::keeping(law);
        let (constants, mut scratch) = (law.constants(), Scratch::new());
        let slopes = input_gradient(&program, constants, &self.points, &mut scratch);
        let least = -ROUNDING * scale;
        let slopes = slopes[self.column].iter();
        // False where the law has no slope.
        slopes
            .map(|slope| self.sign * slope * self.spread)
            .all(|change| change >= least)
    }
}
