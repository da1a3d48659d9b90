//! The open functions of a law as one formula, for the search.
//!
//! An archive keeps formulas, and mutations change formulas. So the functions `f`, `g`
//! and the constants `c₁ … c_K` of families are joined to `((f − g) − c₁) − … − c_K`:
//! this difference is never computed, it only holds its parts together, each over its
//! own arguments.

use super::Template;
use crate::expression::{Expression, Shorthand, Token};
use crate::operator::Operator;

/// What holds the parts together.
const JOINT: Operator = Operator::Sub;

impl Template {
    /// The number of constants in families.
    pub fn tail(&self) -> usize {
        self.families.iter().map(|family| family.values.len()).sum()
    }

    /// Nodes of a joined formula that are not nodes of its functions.
    pub fn overhead(&self) -> usize {
        (self.functions.len() + 2 * self.tail()).saturating_sub(1)
    }

    /// Whether each family stands in an argument of an open function.
    pub(super) fn inside(&self) -> Vec<bool> {
        let arguments = self.holes.iter().flat_map(|hole| &hole.arguments);
        let variables: Vec<u16> = arguments.flat_map(Expression::variables).collect();
        let first = usize::from(self.columns) + self.holes.len();
        let places = (0..self.families.len()).map(|k| (first + k) as u16);
        places.map(|place| variables.contains(&place)).collect()
    }

    /// The constants `c` of families that stand in arguments as `2 - c`.
    pub fn reversed(&self, constants: &[f64]) -> Vec<f64> {
        let mut out = constants.to_vec();
        let mut first = 0;
        for (family, inside) in self.families.iter().zip(self.inside()) {
            let own = &mut out[first..first + family.values.len()];
            if inside {
                for c in own.iter_mut() {
                    *c = -*c;
                }
                own[0] += 2.0;
            }
            first += family.values.len();
        }
        out
    }

    /// Functions and constants as one formula.
    pub fn joined(&self, functions: &[Expression], constants: &[f64]) -> Expression {
        let constants = constants.iter().map(|&c| Expression::constant(c));
        let all = functions.iter().cloned().chain(constants);
        all.reduce(|all, part| Expression::apply(JOINT, &[&all, &part]))
            .unwrap_or_else(|| Expression::constant(0.0))
    }

    /// The functions and constants of one formula; `None` if it is not made of as
    /// many, or a function is of more arguments than it has.
    pub fn parts(&self, joined: &Expression) -> Option<(Vec<Expression>, Vec<f64>)> {
        let mut parts = Vec::with_capacity(self.functions.len() + self.tail());
        let mut end = joined.tokens().len() - 1;
        for _ in 1..self.functions.len() + self.tail() {
            if joined.tokens()[end] != Token::Apply(JOINT) {
                return None;
            }
            let right = end - 1;
            parts.push(joined.part(right));
            end = joined.start(right) - 1;
        }
        parts.push(joined.part(end));
        parts.reverse();
        let constants = parts.split_off(self.functions.len());
        let fits = parts.iter().zip(&self.functions).all(|(part, function)| {
            let mut variables = part.tokens().iter();
            variables.all(|t| !matches!(t, Token::Variable(v) if usize::from(*v) >= function.arity))
        });
        let number = |part: &Expression| match part.tokens() {
            [Token::Constant] => part.constants().first().copied(),
            _ => None,
        };
        let constants: Option<Vec<f64>> = constants.iter().map(number).collect();
        fits.then_some((parts, constants?))
    }

    /// The same with every function in canonical form; as it is where it is not made of
    /// the parts.
    pub fn canonical(&self, joined: &Expression, with: Shorthand) -> Expression {
        match self.parts(joined) {
            None => joined.clone(),
            Some((functions, constants)) => {
                let functions: Vec<_> = functions.iter().map(|f| f.canonical(with)).collect();
                self.joined(&functions, &constants)
            }
        }
    }
}
