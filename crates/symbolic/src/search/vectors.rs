//! Columns that are components of vectors, and what is made of vectors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::leaf::Leaf;
use super::problem::Problem;
use crate::error::SymbolicError;
use crate::expression::Expression;
use crate::operator::Operator;

/// Vectors by their names, each with the columns of its components:
/// `r = ["x", "y", "z"]`. Laws may then contain the norm of each, and the dot
/// product and the distance of any two with as many components, as one node each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vectors(pub BTreeMap<String, Vec<String>>);

impl Vectors {
    /// Norms, dot products and distances; those that are the same number in every
    /// row tell nothing and are left out. An error names a component that is no
    /// feature, or a vector of fewer than two.
    pub fn leaves(&self, problem: &Problem) -> Result<Vec<Leaf>, SymbolicError> {
        let vectors = self
            .0
            .iter()
            .map(|(name, components)| components_of(name, components, problem))
            .collect::<Result<Vec<_>, _>>()?;
        let mut found = Vec::new();
        for (i, a) in vectors.iter().enumerate() {
            found.push(norm(a.iter().map(|&a| Expression::variable(a))));
            for b in vectors[i + 1..].iter().filter(|b| b.len() == a.len()) {
                let pairs = || {
                    a.iter()
                        .zip(b)
                        .map(|(&a, &b)| [a, b].map(Expression::variable))
                };
                found.push(sum(pairs().map(|[a, b]| binary(Operator::Mul, &a, &b))));
                found.push(norm(pairs().map(|[a, b]| binary(Operator::Sub, &a, &b))));
            }
        }
        let leaves = found.into_iter().map(|e| Leaf::new(e, problem.names()));
        let mut changing = Vec::new();
        for leaf in leaves {
            let values = leaf.values(problem)?;
            if values.iter().any(|v| *v != values[0]) {
                changing.push(leaf);
            }
        }
        Ok(changing)
    }
}

/// The places of a vector's components.
fn components_of(
    name: &str,
    components: &[String],
    problem: &Problem,
) -> Result<Vec<u16>, SymbolicError> {
    let wrong = |problem: String| SymbolicError::Vector {
        vector: name.to_owned(),
        problem,
    };
    if components.len() < 2 {
        return Err(wrong(format!(
            "it has {} components, expected two at least",
            components.len()
        )));
    }
    components
        .iter()
        .enumerate()
        .map(|(i, component)| {
            if components[..i].contains(component) {
                return Err(wrong(format!("the component `{component}` is named twice")));
            }
            let place = problem.names().iter().position(|n| n == component);
            place.map(|place| place as u16).ok_or_else(|| {
                wrong(format!(
                    "its component `{component}` is no feature; the features are {}",
                    problem.names().join(", ")
                ))
            })
        })
        .collect()
}

fn binary(operator: Operator, a: &Expression, b: &Expression) -> Expression {
    Expression::apply(operator, &[a, b])
}

/// The sum of formulas, the first one alone if there is no other.
pub(super) fn sum(terms: impl Iterator<Item = Expression>) -> Expression {
    terms
        .reduce(|sum, term| binary(Operator::Add, &sum, &term))
        .unwrap_or_else(|| Expression::constant(0.0))
}

/// The root of the sum of the squares of formulas.
pub(super) fn norm(terms: impl Iterator<Item = Expression>) -> Expression {
    let squares = terms.map(|term| Expression::apply(Operator::Square, &[&term]));
    Expression::apply(Operator::Sqrt, &[&sum(squares)])
}
