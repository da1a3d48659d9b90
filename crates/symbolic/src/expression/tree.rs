//! Formulas as nested nodes.

use super::{Expression, Token};
use crate::operator::Operator;

/// A formula as a tree, for rewriting.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// A constant.
    Constant(f64),
    /// The variable of a column.
    Variable(u16),
    /// An operator and its arguments.
    Apply(Operator, Vec<Tree>),
}

impl Tree {
    /// A function of one argument.
    pub fn unary(operator: Operator, a: Self) -> Self {
        Self::Apply(operator, vec![a])
    }

    /// A function of two arguments.
    pub fn binary(operator: Operator, a: Self, b: Self) -> Self {
        Self::Apply(operator, vec![a, b])
    }

    fn write(&self, tokens: &mut Vec<Token>, constants: &mut Vec<f64>) {
        match self {
            Self::Constant(value) => {
                tokens.push(Token::Constant);
                constants.push(*value);
            }
            Self::Variable(place) => tokens.push(Token::Variable(*place)),
            Self::Apply(operator, arguments) => {
                for argument in arguments {
                    argument.write(tokens, constants);
                }
                tokens.push(Token::Apply(*operator));
            }
        }
    }
}

impl From<&Tree> for Expression {
    fn from(tree: &Tree) -> Self {
        let (mut tokens, mut constants) = (Vec::new(), Vec::new());
        tree.write(&mut tokens, &mut constants);
        Self { tokens, constants }
    }
}

impl From<&Expression> for Tree {
    fn from(expression: &Expression) -> Self {
        let mut stack: Vec<Self> = Vec::with_capacity(8);
        let mut constants = expression.constants().iter();
        for token in expression.tokens() {
            let node = match token {
                Token::Constant => Self::Constant(constants.next().copied().unwrap_or(f64::NAN)),
                Token::Variable(place) => Self::Variable(*place),
                Token::Apply(operator) => {
                    let first = stack.len() - operator.arity();
                    Self::Apply(*operator, stack.split_off(first))
                }
            };
            stack.push(node);
        }
        // An expression leaves exactly one value: `Expression::new` checked it.
        stack.pop().unwrap_or(Self::Constant(f64::NAN))
    }
}
