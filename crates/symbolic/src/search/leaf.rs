//! Quantities made of columns that a search may use as if they were columns.
//!
//! A distance `√((x₁ − x₂)² + …)` is many nodes, a leaf is one: laws over leaves are
//! found where their long forms would not be. They are always reported written
//! out, over the columns of the table.

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use crate::error::SymbolicError;
use crate::evaluate::{Program, Scratch};
use crate::expression::{Expression, Tree};

/// A quantity made of columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// What it is called while the search runs.
    pub name: String,
    /// What it is, over the columns of the table.
    pub expression: Expression,
}

impl Leaf {
    /// A leaf that is called by its formula.
    pub fn new(expression: Expression, names: &[String]) -> Self {
        Self {
            name: format!("({})", expression.infix(names)),
            expression,
        }
    }

    /// Its values in the rows of a table; an error if it is not a finite number
    /// in one of them.
    pub fn values(&self, problem: &Problem) -> Result<Vec<f64>, SymbolicError> {
        let program = Program::new(&self.expression);
        let rows = problem.blocks::<f64>();
        let values = program.values(self.expression.constants(), &rows, &mut Scratch::new());
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(row) => Err(SymbolicError::NotFinite {
                column: self.name.clone(),
                row,
                value: values[row],
            }),
        }
    }
}

/// A formula with `parts[v]` in the place of variable `v`.
pub fn substitute(law: &Expression, parts: &[Expression]) -> Expression {
    let parts: Vec<Tree> = parts.iter().map(Tree::from).collect();
    Expression::from(&replaced(&Tree::from(law), &parts))
}

fn replaced(tree: &Tree, parts: &[Tree]) -> Tree {
    match tree {
        Tree::Constant(_) => tree.clone(),
        Tree::Variable(v) => parts[usize::from(*v)].clone(),
        Tree::Apply(operator, arguments) => Tree::Apply(
            *operator,
            arguments.iter().map(|a| replaced(a, parts)).collect(),
        ),
    }
}
