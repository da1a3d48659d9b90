//! The length of a description of the data by a law.
//!
//! $$ L = \frac n2 \ln \sigma^2 + \frac{\sum w r^2}{2\sigma^2} + \ln a_N
//!      + \sum_i \ell(c_i), \qquad
//!    \sigma^2 = \max\Bigl(\frac{\sum w r^2}{n - p},\ \varphi^2\Bigr) $$
//!
//! in natural units, less what the best constant needs: the residuals by their
//! likelihood, the form as one of the [`a_N`](super::forms) of its size, and the
//! constants. `p` of them are fitted: a law with as many of these as rows says
//! nothing and has no finite length, one with a row more little. `φ²` is what the digits of the table leave open,
//!
//! $$ \varphi^2 = \Bigl\langle w \Bigl( \frac{\delta_y^2}{12}
//!      + \sum_j \frac{\bigl(f(x_j + \delta_j/2) - f(x_j - \delta_j/2)\bigr)^2}{12}
//!      \Bigr)\Bigr\rangle, $$
//!
//! with `δ` one unit of a number's [last place](Problem::places), or the standard errors that
//! the table gives, or what rounding leaves.
//!
//! * A fitted constant needs the digits that the data give it, $\ln(1 + |c|\sqrt d)$ with `d`
//!   its precision given those after it: with the pivots of Cholesky's decomposition of
//!   the information $J^T W J/\sigma^2$ the sum is the logarithm of the ratio of the
//!   volume of constants of this size to that of those that fit as well (as in D. Bartlett, H. Desmond,
//!   P. Ferreira, arXiv:2211.11461, eq. 3, with the whole determinant).
//! * A whole number `k` needs $\log_2(1 + |k|)$ bits, a fraction those of both numbers,
//!   one of π or √2 also the choice among these.

use super::forms::Forms;
use super::snap;
use super::trial::{Fitted, information};
use crate::evaluate::{Program, Scratch};
use crate::expression::{Expression, Token};
use crate::operator::Operator;
use crate::search::{Problem, Settings};

/// The relative precision that differences of laws are believed to.
pub const ROUNDING: f64 = 1e-12;

/// The parts of a description's length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Description {
    /// Of the residuals.
    pub data: f64,
    /// Of the form.
    pub form: f64,
    /// Of the constants.
    pub constants: f64,
}

impl Description {
    /// The whole length.
    pub fn total(&self) -> f64 {
        self.data + self.form + self.constants
    }
}

/// What rounding leaves of a loss.
pub(super) fn rounding(problem: &Problem) -> f64 {
    ROUNDING.powi(problem.order())
}

/// Describes the rows of one table.
#[derive(Debug)]
pub struct Describer<'a> {
    problem: &'a Problem,
    spread: f64,
    forms: Forms,
}

impl<'a> Describer<'a> {
    /// For a table whose best constant's errors cost `spread` in the mean.
    pub fn new(problem: &'a Problem, settings: &Settings, spread: f64) -> Self {
        let columns = problem.names().len();
        Self {
            problem,
            spread,
            forms: Forms::new(&settings.operators, columns, settings.max_complexity),
        }
    }

    /// What the digits of the table and rounding leave of a law's loss.
    pub fn floor(&self, law: &Expression) -> f64 {
        let rounding = rounding(self.problem);
        let squares = self.problem.loss().is_none() && self.spread > 0.0;
        if let Some(precision) = self.problem.known_errors().filter(|_| squares) {
            return (1.0 / precision / self.spread).max(rounding);
        }
        if !squares || self.problem.places().iter().all(Vec::is_empty) {
            return rounding;
        }
        let program = Program::new(law);
        let mut scratch = Scratch::new();
        let rows = self.problem.rows();
        let mut open = vec![0.0; rows];
        let (places, own) = (self.problem.places(), self.problem.own_names().len());
        if let Some(target) = places.get(own).filter(|p| !p.is_empty()) {
            (open.iter_mut().zip(target)).for_each(|(open, d)| *open += d * d / 12.0);
        }
        let used = law.variables();
        let read = places.iter().enumerate().take(own);
        for (column, places) in read.filter(|(i, p)| !p.is_empty() && used.contains(&(*i as u16))) {
            let mut moved = |sign: f64| -> Vec<f64> {
                let mut columns = self.problem.columns().to_vec();
                (columns[column].iter_mut().zip(places)).for_each(|(x, d)| *x += sign * 0.5 * d);
                let target = self.problem.target();
                let rows = crate::evaluate::Rows::new(&columns, target, self.problem.weights());
                program.values(law.constants(), &rows, &mut scratch)
            };
            let (up, down) = (moved(1.0), moved(-1.0));
            for (open, (up, down)) in open.iter_mut().zip(up.iter().zip(&down)) {
                let change = (up - down).powi(2) / 12.0;
                *open += if change.is_finite() { change } else { 0.0 };
            }
        }
        let weighed = open.iter().zip(self.problem.weights()).map(|(v, w)| w * v);
        (weighed.sum::<f64>() / rows as f64 / self.spread).max(rounding)
    }

    /// The length of the residuals at a loss, with so many fitted constants and this
    /// [floor](Self::floor).
    pub fn residuals(&self, loss: f64, fitted: usize, floor: f64) -> f64 {
        if self.problem.loss().is_some() {
            return self.problem.length(loss.max(floor), self.spread);
        }
        let n = self.problem.rows() as f64;
        let free = n - fitted as f64;
        if free < 1.0 {
            return f64::INFINITY;
        }
        let variance = (loss * n / free).max(floor);
        0.5 * n * (variance.ln() + loss / variance - 1.0)
    }

    /// How many sines and cosines of a law are not seen to turn: their arguments have a
    /// fitted number or another function in them, and go through less than half a period.
    fn unseen(&self, law: &Expression) -> usize {
        let tokens = law.tokens();
        let periodic =
            |end: &usize| matches!(tokens[*end], Token::Apply(Operator::Sin | Operator::Cos));
        let plain = |token: &Token| match token {
            Token::Apply(operator) => matches!(
                *operator,
                Operator::Add | Operator::Sub | Operator::Mul | Operator::Div | Operator::Neg
            ),
            _ => true,
        };
        let mut scratch = Scratch::new();
        let mut still = |end: usize| {
            let argument = law.part(end - 1);
            let simple = argument
                .constants()
                .iter()
                .all(|&c| snap::length(c).is_some());
            if simple && argument.tokens().iter().all(plain) {
                return false;
            }
            let program = Program::new(&argument);
            let blocks = self.problem.blocks();
            let values: Vec<f64> = program.values(argument.constants(), &blocks, &mut scratch);
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            high - low < std::f64::consts::PI
        };
        (0..tokens.len())
            .filter(periodic)
            .filter(|&end| still(end))
            .count()
    }

    /// The length of a description by this law, searched as this formula.
    pub fn length(
        &self,
        law: Fitted<'_>,
        form: &Expression,
        scratch: &mut Scratch<f64>,
    ) -> Description {
        let floor = self.floor(&law.law.expression);
        let parameters = law.parameters;
        // What is a simple number and what was fitted: by which is the shorter text, and
        // of the latter the information decides.
        let simple: Vec<Option<f64>> = parameters.iter().map(|&c| snap::length(c)).collect();
        let fitted: Vec<usize> = (0..simple.len()).filter(|&i| simple[i].is_none()).collect();
        let data = self.residuals(law.law.loss, fitted.len(), floor);
        let numbers: f64 = simple.iter().flatten().sum();
        let digits = if fitted.is_empty() {
            0.0
        } else {
            let (matrix, variance) = information(law, self.problem, fitted.len(), scratch);
            digits(
                &matrix,
                parameters,
                &fitted,
                variance.max(floor * self.spread),
            )
        };
        Description {
            data,
            form: self.forms.length(form)
                + WAVE * self.unseen(&law.law.expression) as f64
                + EXPONENT * odd_exponents(&law.law.expression) as f64,
            constants: numbers + digits,
        }
    }
}

/// What a sine or cosine needs in addition that is not seen to turn: nothing tells it from
/// a parabola, or from any other bend.
const WAVE: f64 = 6.0;

/// What a fitted exponent needs in addition: those of physics are whole numbers, halves
/// and thirds, with few exceptions.
const EXPONENT: f64 = 3.0;

/// How many exponents of a law are no simple numbers.
fn odd_exponents(law: &Expression) -> usize {
    let powers = law.tokens().iter().enumerate();
    let powers = powers.filter(|(_, token)| **token == Token::Apply(Operator::Pow));
    let exponents = powers.map(|(end, _)| law.part(end - 1));
    let fitted = |exponent: &Expression| {
        let c = exponent.constants();
        exponent.complexity() == 1 && c.len() == 1 && snap::length(c[0]).is_none()
    };
    exponents.filter(fitted).count()
}

/// What constants that are not determined beside others need at most, in nats: all digits
/// of a double precision number.
const ALL: f64 = 36.0;

/// `Σ ln(1 + |c|√d)` over the fitted constants, with the pivots `d` of `M/variance`.
fn digits(matrix: &[f64], parameters: &[f64], fitted: &[usize], variance: f64) -> f64 {
    let (count, n) = (parameters.len(), fitted.len());
    // In units of the constants themselves.
    let scale: Vec<f64> = fitted
        .iter()
        .map(|&i| parameters[i].abs() / variance.sqrt())
        .collect();
    let mut lower = vec![0.0; n * n];
    let mut sum = 0.0;
    for i in 0..n {
        for j in 0..=i {
            let entry = matrix[fitted[i] * count + fitted[j]] * scale[i] * scale[j];
            let known: f64 = (0..j).map(|k| lower[i * n + k] * lower[j * n + k]).sum();
            if i == j {
                let pivot = entry - known;
                if !pivot.is_finite() {
                    return f64::INFINITY;
                }
                // Nothing is left of one that others already say.
                let pivot = pivot.max(entry.abs() * 1e-14).max(f64::MIN_POSITIVE);
                lower[i * n + i] = pivot.sqrt();
                sum += pivot.sqrt().ln_1p().min(ALL);
            } else {
                lower[i * n + j] = (entry - known) / lower[j * n + j];
            }
        }
    }
    sum
}
