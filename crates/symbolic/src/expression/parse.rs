//! Formulas from text: Python's operators, precedence and function names, `^`
//! beside `**`, as [`pellucid_core::formula`] reads them.

use std::f64::consts::PI;

use pellucid_core::formula::{Formula, FormulaError, Language, Node, Sign};

use super::{Expression, Tree};
use crate::error::SymbolicError;
use crate::operator::Operator;

impl Expression {
    /// Reads a formula over the columns `names`. `pi` is the number unless a
    /// column is called so; `a^2`, `a^3` and `1/a` are square, cube, inverse.
    pub fn parse(text: &str, names: &[String]) -> Result<Self, SymbolicError> {
        let formula = Formula::parse(text, Language::Numbers)?;
        let tree = Reader { text, names }.tree(&formula)?;
        Ok(Self::from(&tree))
    }
}

impl From<FormulaError> for SymbolicError {
    fn from(error: FormulaError) -> Self {
        Self::Parse {
            text: error.text,
            place: error.place,
            expected: error.expected,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    names: &'a [String],
}

/// The whole number that a formula is written as.
fn whole(formula: &Formula) -> Option<u32> {
    match &formula.node {
        Node::Number(text, _) => text.parse().ok(),
        _ => None,
    }
}

impl Reader<'_> {
    fn expected(&self, at: &Formula, expected: impl Into<String>) -> SymbolicError {
        SymbolicError::Parse {
            text: self.text.to_owned(),
            place: at.place[0],
            expected: expected.into(),
        }
    }

    fn tree(&self, formula: &Formula) -> Result<Tree, SymbolicError> {
        Ok(match &formula.node {
            Node::Number(_, value) => Tree::Constant(*value),
            Node::Name(name) => self.column(formula, name)?,
            Node::Call(name, arguments) => self.call(formula, name, arguments)?,
            Node::Brackets(inner) => self.tree(inner)?,
            Node::Negative(inner) => match (&inner.node, self.tree(inner)?) {
                (Node::Number(..), Tree::Constant(c)) => Tree::Constant(-c),
                (_, tree) => Tree::unary(Operator::Neg, tree),
            },
            Node::Binary(sign, a, b) => self.binary(*sign, a, b)?,
            Node::Compare(..) | Node::And(_) | Node::Or(_) | Node::Not(_) => {
                return Err(self.expected(formula, "a number"));
            }
        })
    }

    fn binary(&self, sign: Sign, a: &Formula, b: &Formula) -> Result<Tree, SymbolicError> {
        let operator = match (sign, whole(a), whole(b)) {
            (Sign::Power, _, Some(2)) => return Ok(Tree::unary(Operator::Square, self.tree(a)?)),
            (Sign::Power, _, Some(3)) => return Ok(Tree::unary(Operator::Cube, self.tree(a)?)),
            (Sign::Divide, Some(1), _) => return Ok(Tree::unary(Operator::Inv, self.tree(b)?)),
            (Sign::Add, ..) => Operator::Add,
            (Sign::Subtract, ..) => Operator::Sub,
            (Sign::Multiply, ..) => Operator::Mul,
            (Sign::Divide, ..) => Operator::Div,
            (Sign::Power, ..) => Operator::Pow,
        };
        let (a, b) = (self.tree(a)?, self.tree(b)?);
        Ok(match b {
            // `a − 2` and `a + (−2)` are the same formula.
            Tree::Constant(c) if operator == Operator::Sub => {
                Tree::binary(Operator::Add, a, Tree::Constant(-c))
            }
            b => Tree::binary(operator, a, b),
        })
    }

    fn column(&self, at: &Formula, name: &str) -> Result<Tree, SymbolicError> {
        let place = self.names.iter().position(|known| known == name);
        match place.and_then(|place| u16::try_from(place).ok()) {
            Some(place) => Ok(Tree::Variable(place)),
            None if at.written(self.text) == "pi" => Ok(Tree::Constant(PI)),
            None => Err(self.expected(
                at,
                format!(
                    "one of the columns {} instead of `{name}`",
                    self.names.join(", ")
                ),
            )),
        }
    }

    fn call(&self, at: &Formula, name: &str, arguments: &[Formula]) -> Result<Tree, SymbolicError> {
        let operator = Operator::named(name)?;
        let arguments: Vec<Tree> = arguments
            .iter()
            .map(|argument| self.tree(argument))
            .collect::<Result<_, _>>()?;
        if arguments.len() == operator.arity() {
            Ok(Tree::Apply(operator, arguments))
        } else {
            Err(self.expected(at, format!("{} arguments of `{name}`", operator.arity())))
        }
    }
}
