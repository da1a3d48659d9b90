//! Conditions on the rows of a table.
//!
//! A comparison of what is no number is neither true nor false: it is handed back
//! as [`Undefined`]. Conditions are looked at from the left, those behind a false
//! one of an `and` and behind a true one of an `or` not at all, so that
//! `x > 0 and log(x) > 1` is defined everywhere.

use std::f64::consts::PI;

use super::{Comparison, Formula, FormulaError, Language, Node, Sign};

/// A condition, and the names of the columns that it is about.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    names: Vec<Named>,
    root: Part,
}

/// A column, and where it is named first.
#[derive(Debug, Clone, PartialEq)]
struct Named {
    name: String,
    place: usize,
}

/// What is compared in a row and is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined {
    /// A column whose number in the row is none.
    pub column: Option<String>,
    /// What was compared, as it is written.
    pub written: String,
}

#[derive(Debug, Clone)]
enum Part {
    And(Vec<Part>),
    Or(Vec<Part>),
    Not(Box<Part>),
    /// Every number but the first with how it is compared with the one before it.
    Compare(Side, Vec<(Comparison, Side)>),
}

/// One side of a comparison.
#[derive(Debug, Clone)]
struct Side {
    number: Number,
    written: String,
}

#[derive(Debug, Clone)]
enum Number {
    Constant(f64),
    Column(usize),
    Negative(Box<Number>),
    Binary(Sign, Box<Number>, Box<Number>),
    One(fn(f64) -> f64, Box<Number>),
    Two(fn(f64, f64) -> f64, Box<Number>, Box<Number>),
}

/// A function of one number.
type OfOne = fn(f64) -> f64;
/// A function of two.
type OfTwo = fn(f64, f64) -> f64;

/// Functions of one number.
const OF_ONE: [(&str, OfOne); 5] = [
    ("abs", f64::abs),
    ("sqrt", f64::sqrt),
    ("log", f64::ln),
    ("log10", f64::log10),
    ("exp", f64::exp),
];

/// Functions of two numbers or more; what is no number stays none.
const OF_MORE: [(&str, OfTwo); 2] = [
    ("min", |a, b| if a.is_nan() || a < b { a } else { b }),
    ("max", |a, b| if a.is_nan() || a > b { a } else { b }),
];

impl Condition {
    /// Reads a condition; `pi` is the number unless `is_column` knows a column of
    /// that name.
    pub fn parse(text: &str, is_column: &dyn Fn(&str) -> bool) -> Result<Self, FormulaError> {
        let formula = Formula::parse(text, Language::Conditions)?;
        let mut reader = Reader {
            text,
            is_column,
            names: Vec::new(),
        };
        let root = reader.part(&formula)?;
        Ok(Self {
            text: text.to_owned(),
            names: reader.names,
            root,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The columns that it is about, in the order in which they are named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|named| named.name.as_str())
    }

    /// The error of a name that is not what it should be.
    pub fn error(&self, name: &str, expected: impl Into<String>) -> FormulaError {
        let named = self.names.iter().find(|named| named.name == name);
        FormulaError {
            text: self.text.clone(),
            place: named.map_or(0, |named| named.place),
            expected: expected.into(),
        }
    }

    /// Whether it holds where the columns, in the order of [`names`](Self::names),
    /// have these numbers.
    pub fn holds(&self, values: &[f64]) -> Result<bool, Undefined> {
        self.root.holds(values).map_err(|side| {
            let mut columns = Vec::new();
            side.number.columns(&mut columns);
            let column = columns.into_iter().find(|&column| values[column].is_nan());
            Undefined {
                column: column.map(|column| self.names[column].name.clone()),
                written: side.written.clone(),
            }
        })
    }
}

struct Reader<'a> {
    text: &'a str,
    is_column: &'a dyn Fn(&str) -> bool,
    names: Vec<Named>,
}

impl Reader<'_> {
    fn expected(&self, at: &Formula, expected: impl Into<String>) -> FormulaError {
        FormulaError {
            text: self.text.to_owned(),
            place: at.place[0],
            expected: expected.into(),
        }
    }

    fn part(&mut self, formula: &Formula) -> Result<Part, FormulaError> {
        let mut all = |parts: &[Formula]| -> Result<Vec<Part>, FormulaError> {
            parts.iter().map(|part| self.part(part)).collect()
        };
        Ok(match &formula.node {
            Node::And(parts) => Part::And(all(parts)?),
            Node::Or(parts) => Part::Or(all(parts)?),
            Node::Not(inner) => Part::Not(Box::new(self.part(inner)?)),
            Node::Brackets(inner) => self.part(inner)?,
            Node::Compare(first, rest) => {
                let first = self.side(first)?;
                let rest = rest
                    .iter()
                    .map(|(comparison, next)| Ok((*comparison, self.side(next)?)));
                Part::Compare(first, rest.collect::<Result<_, _>>()?)
            }
            _ => {
                let written = formula.written(self.text);
                let expected = format!("a comparison such as `{written} > 0`, found a number");
                return Err(self.expected(formula, expected));
            }
        })
    }

    fn side(&mut self, formula: &Formula) -> Result<Side, FormulaError> {
        Ok(Side {
            number: self.number(formula)?,
            written: formula.written(self.text).to_owned(),
        })
    }

    fn number(&mut self, formula: &Formula) -> Result<Number, FormulaError> {
        Ok(match &formula.node {
            Node::Number(_, value) => Number::Constant(*value),
            Node::Name(name) if name == "pi" && !(self.is_column)(name) => Number::Constant(PI),
            Node::Name(name) => Number::Column(self.column(name, formula.place[0])),
            Node::Brackets(inner) => self.number(inner)?,
            Node::Negative(inner) => Number::Negative(Box::new(self.number(inner)?)),
            Node::Binary(sign, a, b) => {
                let (a, b) = (self.number(a)?, self.number(b)?);
                Number::Binary(*sign, Box::new(a), Box::new(b))
            }
            Node::Call(name, arguments) => self.call(formula, name, arguments)?,
            Node::And(_) | Node::Or(_) | Node::Not(_) | Node::Compare(..) => {
                return Err(self.expected(formula, "a number, found a condition"));
            }
        })
    }

    fn column(&mut self, name: &str, place: usize) -> usize {
        let known = self.names.iter().position(|named| named.name == name);
        known.unwrap_or_else(|| {
            let name = name.to_owned();
            self.names.push(Named { name, place });
            self.names.len() - 1
        })
    }

    fn call(
        &mut self,
        formula: &Formula,
        name: &str,
        arguments: &[Formula],
    ) -> Result<Number, FormulaError> {
        let all = |reader: &mut Self| -> Result<Vec<Number>, FormulaError> {
            arguments
                .iter()
                .map(|argument| reader.number(argument))
                .collect()
        };
        if let Some((_, function)) = OF_ONE.iter().find(|(known, _)| *known == name) {
            let mut arguments = all(self)?;
            return match (arguments.len(), arguments.pop()) {
                (1, Some(only)) => Ok(Number::One(*function, Box::new(only))),
                (n, _) => {
                    Err(self.expected(formula, format!("one argument of `{name}`, found {n}")))
                }
            };
        }
        if let Some((_, function)) = OF_MORE.iter().find(|(known, _)| *known == name) {
            let arguments = all(self)?;
            let n = arguments.len();
            let joined = arguments
                .into_iter()
                .reduce(|a, b| Number::Two(*function, Box::new(a), Box::new(b)));
            return match joined {
                Some(joined) if n > 1 => Ok(joined),
                _ => Err(self.expected(
                    formula,
                    format!("two arguments of `{name}` or more, found {n}"),
                )),
            };
        }
        let ones = OF_ONE.iter().map(|(name, _)| *name);
        let known: Vec<&str> = ones.chain(OF_MORE.iter().map(|(name, _)| *name)).collect();
        Err(self.expected(
            formula,
            format!("one of the functions {}, found `{name}`", known.join(", ")),
        ))
    }
}

impl Part {
    /// Whether it holds, or what is no number.
    fn holds(&self, values: &[f64]) -> Result<bool, &Side> {
        match self {
            Self::And(parts) => {
                for part in parts {
                    if !part.holds(values)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(parts) => {
                for part in parts {
                    if part.holds(values)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(part) => Ok(!part.holds(values)?),
            Self::Compare(first, rest) => {
                let mut left = first.of(values)?;
                for (comparison, side) in rest {
                    let right = side.of(values)?;
                    if !comparison.holds(left, right) {
                        return Ok(false);
                    }
                    left = right;
                }
                Ok(true)
            }
        }
    }
}

impl Side {
    fn of(&self, values: &[f64]) -> Result<f64, &Self> {
        let value = self.number.of(values);
        if value.is_nan() { Err(self) } else { Ok(value) }
    }
}

impl Number {
    fn of(&self, values: &[f64]) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Column(column) => values[*column],
            Self::Negative(inner) => -inner.of(values),
            Self::Binary(sign, a, b) => {
                let (a, b) = (a.of(values), b.of(values));
                match sign {
                    Sign::Add => a + b,
                    Sign::Subtract => a - b,
                    Sign::Multiply => a * b,
                    Sign::Divide => a / b,
                    Sign::Power => a.powf(b),
                }
            }
            Self::One(function, inner) => function(inner.of(values)),
            Self::Two(function, a, b) => function(a.of(values), b.of(values)),
        }
    }

    /// The columns in it.
    fn columns(&self, out: &mut Vec<usize>) {
        match self {
            Self::Constant(_) => {}
            Self::Column(column) => out.push(*column),
            Self::Negative(inner) | Self::One(_, inner) => inner.columns(out),
            Self::Binary(_, a, b) | Self::Two(_, a, b) => {
                a.columns(out);
                b.columns(out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Condition, FormulaError> {
        Condition::parse(text, &|_| false)
    }

    #[test]
    fn conditions_hold_as_they_are_written() {
        let holds = |text: &str, values: &[f64]| read(text).unwrap().holds(values).unwrap();
        let window = "65 < m < 95 and t < 0.4";
        assert!(holds(window, &[80.0, 0.3]));
        assert!(!holds(window, &[80.0, 0.4]) && !holds(window, &[65.0, 0.3]));
        assert!(holds("not (a >= 1 or b != 2)", &[0.0, 2.0]));
        assert!(holds("abs(-a) + min(a, 2, b) ^ 2 == 8", &[4.0, 3.0]));
        assert!(holds(
            "sqrt(exp(log(max(a, b)))) > 1.99 and pi > 3.14",
            &[1.0, 4.0]
        ));
        assert!(holds("log10(a) == 3", &[1000.0]));
        // A column of the name is the column.
        let condition = Condition::parse("pi > 5", &|name| name == "pi").unwrap();
        assert!(condition.holds(&[6.0]).unwrap());
    }

    #[test]
    fn each_column_is_asked_for_once_in_the_order_of_the_text() {
        let condition = read("b > a and b < 2*`a b`").unwrap();
        assert_eq!(condition.names().collect::<Vec<_>>(), ["b", "a", "a b"]);
        assert_eq!(condition.error("a b", "x").place, 16);
    }

    #[test]
    fn what_is_no_number_is_handed_back_by_name_where_it_matters() {
        let condition = read("x > 0 and log(x - y) < 1").unwrap();
        assert_eq!(condition.holds(&[-1.0, 5.0]), Ok(false));
        let undefined = condition.holds(&[1.0, 5.0]).unwrap_err();
        assert_eq!(
            (undefined.column, undefined.written.as_str()),
            (None, "log(x - y)")
        );
        let undefined = condition.holds(&[1.0, f64::NAN]).unwrap_err();
        assert_eq!(undefined.column.as_deref(), Some("y"));
        // Not even `not` makes a truth of it.
        let undefined = read("not x > 0").unwrap().holds(&[f64::NAN]);
        assert_eq!(undefined.unwrap_err().column.as_deref(), Some("x"));
        assert!(read("min(x, 1) < 2").unwrap().holds(&[f64::NAN]).is_err());
        assert!(read("max(1, x) < 2").unwrap().holds(&[f64::NAN]).is_err());
        assert_eq!(read("x < 1").unwrap().holds(&[f64::INFINITY]), Ok(false));
    }

    #[test]
    fn numbers_and_conditions_are_not_mistaken_for_each_other() {
        let says = |text: &str, place: usize, expected: &str| {
            let error = read(text).unwrap_err();
            assert_eq!(error.place, place, "{error}");
            assert!(error.expected.contains(expected), "{error}");
        };
        says("a", 0, "a comparison such as `a > 0`");
        says("a < 1 and b", 10, "a comparison");
        says("(a < 1) + 2 > 1", 1, "a number, found a condition");
        says("not a", 4, "a comparison");
        says("a < 1 and f(b) < 2", 10, "abs, sqrt, log");
        says("abs(a, b) < 1", 0, "one argument");
        says("1 < min(a)", 4, "two arguments");
    }
}
