//! Laws of which all but one function is known.
//!
//! In `f(r)*(x1 - x2)/r` the search is for `f` over `r`: what `f` must be in every row
//! follows by undoing the operators around it, and a row counts by the square of the
//! slope of the whole with `f`, so that errors of the target count as they are.

use super::inverse::asked_of;
use super::leaf::{Leaf, substitute};
use super::problem::{FEWEST_ROWS, Problem};
use crate::error::SymbolicError;
use crate::evaluate::{Program, Rows, Scratch, input_gradient};
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// A law with one function left open.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The law; the variable behind all columns is the function's value.
    whole: Expression,
    /// What the function is called.
    name: String,
    /// What the function is of, over the columns.
    arguments: Vec<Expression>,
    columns: u16,
}

impl Template {
    /// Reads a law over `names` in which one function is none that is known, written
    /// once: `q*f(r, x/y)`.
    pub fn parse(text: &str, names: &[String]) -> Result<Self, SymbolicError> {
        let wrong = |problem: &str| SymbolicError::Template {
            template: text.to_owned(),
            problem: problem.to_owned(),
        };
        let mut open = calls(text)
            .into_iter()
            .filter(|call| Operator::named(&call.name).is_err() && !names.contains(&call.name));
        let call = open
            .next()
            .ok_or_else(|| wrong("it leaves no function open; write one as f(x)"))?;
        if open.next().is_some() {
            return Err(wrong(
                "more than one function is open; leave one, written once",
            ));
        }
        let arguments = parts(&text[call.inside.clone()])
            .into_iter()
            .map(|part| Expression::parse(part, names))
            .collect::<Result<Vec<_>, _>>()?;
        let before = &text[..call.inside.start - 1];
        let rest = format!("{before}{}", &text[call.inside.end + 1..]);
        let mut known = names.to_vec();
        known.push(call.name.clone());
        Ok(Self {
            whole: Expression::parse(&rest, &known)?,
            name: call.name,
            arguments,
            columns: names.len() as u16,
        })
    }

    /// The whole law for a function of the arguments.
    pub fn whole(&self, function: &Expression) -> Expression {
        let function = substitute(function, &self.arguments);
        let own = (0..self.columns).map(Expression::variable);
        let parts: Vec<Expression> = own.chain([function]).collect();
        substitute(&self.whole, &parts)
    }

    /// The search for the function: its arguments as features, what it must be as
    /// target. Rows in which it can be nothing or does not matter are left out; an error if
    /// hardly any are left.
    pub fn problem(&self, problem: &Problem) -> Result<Problem, SymbolicError> {
        let text = self.whole.infix(&self.names(problem));
        let wrong = |problem: String| SymbolicError::Template {
            template: text.clone(),
            problem,
        };
        let end = self.whole.tokens().iter().position(|token| {
            // The variable behind all columns.
            *token == Token::Variable(self.columns)
        });
        let end = end.ok_or_else(|| wrong("it leaves no function open".to_owned()))?;
        let mut columns = problem.columns().to_vec();
        columns.push(vec![0.0; problem.rows()]);
        let rows = Rows::new(&columns, problem.target(), problem.weights());
        let wanted = asked_of(&self.whole, end, &rows, problem.target());
        let wanted = wanted.ok_or_else(|| wrong("its function cannot be solved for".to_owned()))?;
        columns[usize::from(self.columns)].clone_from(&wanted);
        let slopes = self.slopes(&columns);
        let usable: Vec<usize> = (0..problem.rows())
            .filter(|&row| wanted[row].is_finite() && slopes[row].is_finite() && slopes[row] != 0.0)
            .collect();
        if usable.len() < FEWEST_ROWS || 2 * usable.len() < problem.rows() {
            return Err(wrong(format!(
                "in {} of {} rows no value of `{}` gives the target; check the law",
                problem.rows() - usable.len(),
                problem.rows(),
                self.name
            )));
        }
        let pick = |values: &[f64]| usable.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let features = self
            .arguments
            .iter()
            .map(|argument| {
                let leaf = Leaf::new(argument.clone(), problem.names());
                let name = match argument.tokens() {
                    [Token::Variable(place)] => problem.names()[usize::from(*place)].clone(),
                    _ => leaf.name.clone(),
                };
                Ok((name, pick(&leaf.values(problem)?)))
            })
            .collect::<Result<Vec<_>, SymbolicError>>()?;
        let weights = usable
            .iter()
            .map(|&row| problem.weights()[row] * slopes[row].powi(2));
        let weights = (format!("slope of {}", self.name), weights.collect());
        Problem::new(features, (self.name.clone(), pick(&wanted)), Some(weights))
    }

    fn names(&self, problem: &Problem) -> Vec<String> {
        let mut names = problem.names().to_vec();
        names.push(format!("{}(…)", self.name));
        names
    }

    /// The slope of the whole with the function, where this is the last column.
    fn slopes(&self, columns: &[Vec<f64>]) -> Vec<f64> {
        let count = columns[0].len();
        let rows = Rows::new(columns, &vec![0.0; count], &vec![1.0; count]);
        let program = Program::keeping(&self.whole);
        let constants = self.whole.constants();
        let mut slopes = input_gradient(&program, constants, &rows, &mut Scratch::new());
        slopes.pop().unwrap_or_default()
    }
}

/// A name followed by brackets.
struct Call {
    name: String,
    /// The text between the brackets.
    inside: std::ops::Range<usize>,
}

/// The calls of a text, the outermost first; those whose brackets never close are left
/// to the reader of formulas.
fn calls(text: &str) -> Vec<Call> {
    let mut out = Vec::new();
    let mut name = String::new();
    for (place, c) in text.char_indices() {
        if c.is_alphanumeric() || c == '_' {
            name.push(c);
            continue;
        }
        let is_name = name.starts_with(|first: char| !first.is_ascii_digit());
        if let (true, '(', Some(end)) = (is_name, c, closing(text, place)) {
            out.push(Call {
                name: name.clone(),
                inside: place + 1..end,
            });
        }
        name.clear();
    }
    out
}

/// Where the bracket that opens here is closed.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    text.char_indices()
        .skip_while(|(i, _)| *i < open)
        .find_map(|(i, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(i)
        })
}

/// What stands between commas outside of brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut first) = (0, 0);
    let mut out = Vec::new();
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&text[first..i]);
                first = i + 1;
            }
            _ => {}
        }
    }
    out.push(&text[first..]);
    out
}
