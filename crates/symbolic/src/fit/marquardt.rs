//! Levenberg and Marquardt's method with the linear constants projected out.
//!
//! A step solves `(JᵀWJ + λ D) δ = −JᵀWr`, where `D` is the diagonal of `JᵀWJ`
//! on the constants inside functions and zero on those the formula is linear
//! in: for any step of the former the latter are then at their optimum to first
//! order (Kaufman's form of variable projection), and a second solve for them
//! alone makes that exact.
//!
//! Where errors cost something else than their squares (see [`loss`](crate::loss))
//! no constant is projected out, and the fit begins where least squares end, if
//! that is better.

use super::linear::linear_constants;
use super::solve::solve;
use super::tied::Ties;
use crate::evaluate::{Normal, Program, Rows, Scratch};
use crate::expression::Expression;

/// How long to go on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// At most so many steps.
    pub steps: usize,
    /// Ends when a step lowers the sum of squares by less than this part.
    pub gain: f64,
}

impl Effort {
    /// For candidates of a search.
    pub const SEARCH: Self = Self {
        steps: 8,
        gain: 1e-4,
    };
    /// For what is kept.
    pub const POLISH: Self = Self {
        steps: 60,
        gain: 1e-13,
    };
}

/// Fitted constants.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The constants.
    pub constants: Vec<f64>,
    /// The normal equations at them.
    pub normal: Normal,
}

/// What is added to the diagonal where equations do not determine every parameter.
const RIDGE: f64 = 1e-9;

/// Fits the constants from where they are (`None` if the formula is undefined
/// there), and says how often the rows were gone through.
pub fn fit(
    expression: &Expression,
    rows: &Rows<f64>,
    effort: Effort,
    scratch: &mut Scratch<f64>,
) -> (Option<Fit>, usize) {
    let given = expression.constants().to_vec();
    begun_at(expression, None, given, (rows, effort), scratch)
}

/// The same for parameters that are the constants of a formula several times over; the
/// constants found are those of the parameters.
pub fn fit_tied(
    expression: &Expression,
    ties: &Ties,
    parameters: &[f64],
    (rows, effort): (&Rows<f64>, Effort),
    scratch: &mut Scratch<f64>,
) -> (Option<Fit>, usize) {
    let given = parameters.to_vec();
    begun_at(expression, Some(ties), given, (rows, effort), scratch)
}

fn begun_at(
    expression: &Expression,
    ties: Option<&Ties>,
    given: Vec<f64>,
    (rows, effort): (&Rows<f64>, Effort),
    scratch: &mut Scratch<f64>,
) -> (Option<Fit>, usize) {
    let program = Program::keeping(expression);
    let linear = linear_constants(expression);
    let linear = ties.map_or(linear.clone(), |ties| ties.linear(&linear));
    let mut search = Search {
        program: &program,
        tied: ties.map(|ties| (ties, expression.constants())),
        rows,
        scratch,
        linear: &linear,
        passes: 0,
    };
    let Some(squares) = rows.first_squares() else {
        let found = search.run(given, effort);
        return (found, search.passes);
    };
    search.rows = &squares;
    let first = search.run(given.clone(), Effort::SEARCH);
    search.rows = rows;
    let none = vec![false; linear.len()];
    search.linear = &none;
    let first = first.and_then(|fit| search.at(fit.constants));
    let begin = [search.at(given), first].into_iter().flatten();
    let begin = begin.min_by(|a, b| a.normal.squares.total_cmp(&b.normal.squares));
    let found = begin.and_then(|fit| search.run(fit.constants, effort));
    (found, search.passes)
}

struct Search<'a> {
    program: &'a Program,
    /// Where constants are parameters several times over, and those that stay.
    tied: Option<(&'a Ties, &'a [f64])>,
    rows: &'a Rows<f64>,
    scratch: &'a mut Scratch<f64>,
    linear: &'a [bool],
    passes: usize,
}

impl Search<'_> {
    fn run(&mut self, constants: Vec<f64>, effort: Effort) -> Option<Fit> {
        let mut at = self.at(constants)?;
        if at.constants.is_empty() {
            return Some(at);
        }
        at = self.project(at);
        if self.rows.loss().is_none() && self.linear.iter().all(|&l| l) {
            // A second solve removes what rounding left of the first.
            return Some(self.project(at));
        }
        let mut lambda = 1e-3;
        for _ in 0..effort.steps {
            let step = self.step(&at, lambda);
            let next = step
                .and_then(|constants| self.at(constants))
                .map(|n| self.project(n));
            match next {
                Some(next) if next.normal.squares < at.normal.squares => {
                    let gain = 1.0 - next.normal.squares / at.normal.squares;
                    at = next;
                    lambda = (lambda * 0.1_f64).max(1e-12);
                    if gain < effort.gain {
                        break;
                    }
                }
                _ => {
                    lambda *= 10.0;
                    if lambda > 1e6 {
                        break;
                    }
                }
            }
        }
        Some(at)
    }

    fn at(&mut self, constants: Vec<f64>) -> Option<Fit> {
        if constants.iter().any(|c| !c.is_finite()) {
            return None;
        }
        self.passes += 1;
        let normal = match self.tied {
            None => self.program.normal(&constants, self.rows, self.scratch),
            Some((ties, held)) => {
                let all = ties.spread(held, &constants);
                ties.gathered(&self.program.normal(&all, self.rows, self.scratch))
            }
        };
        let finite = normal.squares.is_finite() && normal.gradient.iter().all(|g| g.is_finite());
        finite.then_some(Fit { constants, normal })
    }

    /// The optimum of the linear constants, the others being held.
    fn project(&mut self, at: Fit) -> Fit {
        let chosen: Vec<usize> = (0..self.linear.len()).filter(|&i| self.linear[i]).collect();
        if chosen.is_empty() {
            return at;
        }
        let n = self.linear.len();
        let matrix: Vec<f64> = chosen
            .iter()
            .flat_map(|&i| chosen.iter().map(move |&j| (i, j)))
            .map(|(i, j)| at.normal.matrix[i * n + j])
            .collect();
        let right: Vec<f64> = chosen.iter().map(|&i| -at.normal.gradient[i]).collect();
        let Some(delta) = self.solved(matrix, &right) else {
            return at;
        };
        let mut constants = at.constants.clone();
        for (&i, delta) in chosen.iter().zip(delta) {
            constants[i] += delta;
        }
        match self.at(constants) {
            Some(next) if next.normal.squares <= at.normal.squares => next,
            _ => at,
        }
    }

    /// The solution; the factors of several functions of one law need not be determined
    /// one by one, then a small one that explains as much.
    fn solved(&self, mut matrix: Vec<f64>, right: &[f64]) -> Option<Vec<f64>> {
        let found = solve(&matrix, right);
        if found.is_some() || self.tied.is_none() {
            return found;
        }
        let n = right.len();
        let largest = (0..n).map(|i| matrix[i * n + i]).fold(0.0, f64::max);
        for i in 0..n {
            matrix[i * n + i] = matrix[i * n + i] * (1.0 + RIDGE) + largest * f64::MIN_POSITIVE;
        }
        solve(&matrix, right)
    }

    fn step(&self, at: &Fit, lambda: f64) -> Option<Vec<f64>> {
        let n = at.constants.len();
        let mut matrix = at.normal.matrix.clone();
        for i in 0..n {
            let damping = if self.linear[i] { 1e-12 } else { lambda };
            matrix[i * n + i] *= 1.0 + damping;
        }
        let right: Vec<f64> = at.normal.gradient.iter().map(|g| -g).collect();
        let delta = self.solved(matrix, &right)?;
        Some(at.constants.iter().zip(delta).map(|(c, d)| c + d).collect())
    }
}
