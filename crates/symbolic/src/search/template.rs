//! Laws of which all but some functions and constants is known.
//!
//! In `f(r)*(x1 - x2)/r` the search is for `f`, in `f(r12) + f(r13) + f(r23)` for one
//! function that occurs three times, in `f(x)*g(y)` for two, and in `c[kind]*f(x)` for a
//! function and a constant for each value of the column `kind`; `c[]` is a constant of
//! the law by itself, and constants may be all that is open, `a[]*exp(b[]*x)`. Other
//! numbers of the template stay as they are.
//!
//! What the search changes is a list of the open functions, each over its own
//! arguments ([`parts`](Template::parts)); a list is judged by the law that it makes
//! ([`written`](Template::written)), in which every occurrence of a function has the same
//! constants, on the whole table.

mod constants;
mod estimate;
mod parts;
mod read;
mod seeds;
mod spline;
mod sums;
mod written;

pub use seeds::{Seeds, Step};
pub use written::Written;

use super::inverse::asked_of;
use super::leaf::Leaf;
use super::problem::{FEWEST_ROWS, Problem};
use crate::error::SymbolicError;
use crate::evaluate::{Program, Rows, Scratch, input_gradient};
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// A law with functions left open.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    text: String,
    /// The law; behind the columns, its variables are the places of open functions, then
    /// the families of constants.
    whole: Expression,
    functions: Vec<Function>,
    holes: Vec<Hole>,
    families: Vec<Family>,
    columns: u16,
}

/// An open function.
#[derive(Debug, Clone, PartialEq)]
struct Function {
    name: String,
    arity: usize,
}

/// A place where an open function stands.
#[derive(Debug, Clone, PartialEq)]
struct Hole {
    function: usize,
    /// What the function is of there, over the columns and families.
    arguments: Vec<Expression>,
}

/// A constant, or one for each value of a column.
#[derive(Debug, Clone, PartialEq)]
struct Family {
    name: String,
    column: Option<u16>,
    /// The values of the column, rising; one value that means nothing without a column.
    values: Vec<f64>,
}

/// Values of a column that may have a constant each.
const CATEGORIES: usize = 64;

impl Template {
    /// Reads a law over the columns of a problem. An error if nothing is open, if a
    /// column of categories is none, or if the only function can be nothing in most
    /// rows.
    pub fn new(text: &str, problem: &Problem) -> Result<Self, SymbolicError> {
        let mut template = Self::parse(text, problem.names())?;
        for family in &mut template.families {
            if let Some(column) = family.column {
                let mut values = problem.columns()[usize::from(column)].clone();
                values.sort_by(f64::total_cmp);
                values.dedup();
                if values.len() > CATEGORIES {
                    return Err(SymbolicError::Template {
                        template: text.to_owned(),
                        problem: format!(
                            "the column `{}` has {} different values, at most {CATEGORIES} can \
                             have a constant each",
                            problem.names()[usize::from(column)],
                            values.len()
                        ),
                    });
                }
                family.values = values;
            }
        }
        // What an open function is of must be there; constants of families are only known
        // later.
        let known = |argument: &&Expression| {
            let variables = argument.variables();
            variables.iter().all(|v| *v < template.columns)
        };
        let arguments = template.holes.iter().flat_map(|hole| &hole.arguments);
        for argument in arguments.filter(known) {
            Leaf::new(argument.clone(), problem.names()).values(problem)?;
        }
        if template.alone() {
            template.undone(problem)?;
        }
        Ok(template)
    }

    /// A product of the target's unit times a function of products without one.
    pub(super) fn of_groups(
        measure: &Expression,
        groups: Vec<Expression>,
        problem: &Problem,
    ) -> Result<Self, SymbolicError> {
        let columns = problem.names().len() as u16;
        let function = Function {
            name: "f".to_owned(),
            arity: groups.len(),
        };
        let names = problem.names();
        let listed: Vec<String> = groups.iter().map(|group| group.infix(names)).collect();
        let hole = Expression::variable(columns);
        let template = Self {
            text: format!("({})*f({})", measure.infix(names), listed.join(", ")),
            whole: Expression::apply(Operator::Mul, &[measure, &hole]),
            functions: vec![function],
            holes: vec![Hole {
                function: 0,
                arguments: groups,
            }],
            families: Vec::new(),
            columns,
        };
        template.undone(problem)?;
        Ok(template)
    }

    /// The number of open functions.
    pub fn functions(&self) -> usize {
        self.functions.len()
    }

    /// The number of arguments of a function.
    pub fn arity(&self, function: usize) -> usize {
        self.functions[function].arity
    }

    /// Whether a single function in a single place is all that is open.
    pub fn alone(&self) -> bool {
        self.holes.len() == 1 && self.families.is_empty()
    }

    /// What the arguments of an open function are called: as the column or family they are
    /// everywhere, or `u`.
    pub fn arguments(&self, function: usize, names: &[String]) -> Vec<String> {
        let holes = || self.holes.iter().filter(|hole| hole.function == function);
        let families = self.families.iter().map(|family| family.name.clone());
        let places = vec![String::new(); self.holes.len()];
        let known: Vec<String> = names
            .iter()
            .cloned()
            .chain(places)
            .chain(families)
            .collect();
        (0..self.functions[function].arity)
            .map(|slot| {
                let mut all = holes().map(|hole| &hole.arguments[slot]);
                let first = all.next();
                match first.filter(|first| all.all(|other| other == *first)) {
                    // A name as it is: formulas over it put what is no word in quotes.
                    Some(same) if same.complexity() == 1 => match same.variables()[..] {
                        [place] => known[usize::from(place)].clone(),
                        _ => same.infix(&known),
                    },
                    _ if self.functions[function].arity == 1 => "u".to_owned(),
                    _ => format!("u{}", slot + 1),
                }
            })
            .collect()
    }

    /// The name of an open function.
    pub fn name(&self, function: usize) -> &str {
        &self.functions[function].name
    }

    /// The search for the only open function: its arguments as features, what it must
    /// be as target, by undoing the operators around it. A row counts by the square of
    /// the slope of the whole with the function, so that errors of the target count as
    /// they are. Rows in which it can be nothing or does not matter are left out; an
    /// error if hardly any are left.
    fn undone(&self, problem: &Problem) -> Result<Problem, SymbolicError> {
        let wrong = |problem: String| SymbolicError::Template {
            template: self.text.clone(),
            problem,
        };
        let hole = &self.holes[0];
        let name = &self.functions[hole.function].name;
        let place = Token::Variable(self.columns);
        let end = self.whole.tokens().iter().position(|token| *token == place);
        let end = end.ok_or_else(|| wrong("it leaves no function open".to_owned()))?;
        let mut columns = problem.columns().to_vec();
        columns.push(vec![0.0; problem.rows()]);
        let rows = Rows::new(&columns, problem.target(), problem.weights());
        let wanted = asked_of(&self.whole, end, &rows, problem.target());
        let wanted = wanted.ok_or_else(|| wrong("its function cannot be solved for".to_owned()))?;
        columns[usize::from(self.columns)].clone_from(&wanted);
        let slopes = slopes(&self.whole, &columns);
        let slopes = &slopes[usize::from(self.columns)];
        let usable: Vec<usize> = (0..problem.rows())
            .filter(|&row| wanted[row].is_finite() && slopes[row].is_finite() && slopes[row] != 0.0)
            .collect();
        if usable.len() < FEWEST_ROWS || 2 * usable.len() < problem.rows() {
            return Err(wrong(format!(
                "in {} of {} rows no value of `{name}` gives the target; check the law",
                problem.rows() - usable.len(),
                problem.rows(),
            )));
        }
        let pick = |values: &[f64]| usable.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let features = hole
            .arguments
            .iter()
            .map(|argument| {
                let leaf = Leaf::new(argument.clone(), problem.names());
                Ok((leaf.name.clone(), pick(&leaf.values(problem)?)))
            })
            .collect::<Result<Vec<_>, SymbolicError>>()?;
        let weights = usable
            .iter()
            .map(|&row| problem.weights()[row] * slopes[row].powi(2));
        let weights = (format!("slope of {name}"), weights.collect());
        Problem::new(features, (name.clone(), pick(&wanted)), Some(weights))
    }
}

/// The slopes of a formula with each of its columns.
fn slopes(law: &Expression, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let count = columns[0].len();
    let rows = Rows::new(columns, &vec![0.0; count], &vec![1.0; count]);
    let program = Program::keeping(law);
    input_gradient(&program, law.constants(), &rows, &mut Scratch::new())
}

/// The values of a formula over columns.
fn values(law: &Expression, columns: &[Vec<f64>]) -> Vec<f64> {
    let count = columns[0].len();
    let rows = Rows::new(columns, &vec![0.0; count], &vec![1.0; count]);
    Program::new(law).values(law.constants(), &rows, &mut Scratch::new())
}
