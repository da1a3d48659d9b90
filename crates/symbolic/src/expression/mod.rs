//! Formulas.
//!
//! An [`Expression`] is a list of tokens in postfix order with its constants
//! aside, so that a part of a formula is a slice and two formulas of the same
//! form differ in nothing but their constants. [`Tree`] is the same as nested
//! nodes, for rewriting.

mod apart;
mod canonical;
mod code;
mod infix;
mod latex;
mod parse;
mod product;
mod scale;
mod sum;
mod tied;
mod together;
mod tree;

use serde::{Deserialize, Serialize};

use crate::error::SymbolicError;
use crate::operator::Operator;

pub use canonical::{Shorthand, canonical};
pub use tree::Tree;

/// One node of a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Token {
    /// The next constant.
    Constant,
    /// The column of this place.
    Variable(u16),
    /// An operator on what stands before it.
    Apply(Operator),
}

impl Token {
    /// How many formulas it takes from before it.
    pub fn arity(self) -> usize {
        match self {
            Self::Constant | Self::Variable(_) => 0,
            Self::Apply(operator) => operator.arity(),
        }
    }
}

/// A formula in postfix order; its k-th constant token stands for the k-th of
/// its constants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Expression {
    tokens: Vec<Token>,
    constants: Vec<f64>,
}

/// What is written to files.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    tokens: Vec<Token>,
    constants: Vec<f64>,
}

impl TryFrom<Parts> for Expression {
    type Error = SymbolicError;
    fn try_from(parts: Parts) -> Result<Self, SymbolicError> {
        Self::new(parts.tokens, parts.constants)
    }
}

impl From<Expression> for Parts {
    fn from(expression: Expression) -> Self {
        Self {
            tokens: expression.tokens,
            constants: expression.constants,
        }
    }
}

impl Expression {
    /// A formula of these tokens, if they are one.
    pub fn new(tokens: Vec<Token>, constants: Vec<f64>) -> Result<Self, SymbolicError> {
        let mut depth = 0_usize;
        for token in &tokens {
            let arity = token.arity();
            if depth < arity {
                return Err(SymbolicError::Tokens("an operator lacks an argument"));
            }
            depth = depth + 1 - arity;
        }
        if depth != 1 {
            return Err(SymbolicError::Tokens(
                "not exactly one value is left at the end",
            ));
        }
        let expected = tokens.iter().filter(|t| **t == Token::Constant).count();
        if expected != constants.len() {
            return Err(SymbolicError::Tokens(
                "the number of constants is not that of their tokens",
            ));
        }
        Ok(Self { tokens, constants })
    }

    /// The constant `value`.
    pub fn constant(value: f64) -> Self {
        Self {
            tokens: vec![Token::Constant],
            constants: vec![value],
        }
    }

    /// The variable of column `place`.
    pub fn variable(place: u16) -> Self {
        Self {
            tokens: vec![Token::Variable(place)],
            constants: Vec::new(),
        }
    }

    /// The tokens in postfix order.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The constants in the order of their tokens.
    pub fn constants(&self) -> &[f64] {
        &self.constants
    }

    /// The constants, to be changed.
    pub fn constants_mut(&mut self) -> &mut [f64] {
        &mut self.constants
    }

    /// The number of nodes: operators, variables and constants count one each.
    pub fn complexity(&self) -> usize {
        self.tokens.len()
    }

    /// Where the part of the formula that ends with token `end` begins.
    pub fn start(&self, end: usize) -> usize {
        let mut missing = 1;
        let mut place = end + 1;
        while missing > 0 {
            place -= 1;
            missing = missing - 1 + self.tokens[place].arity();
        }
        place
    }

    /// The part of the formula that ends with token `end`.
    pub fn part(&self, end: usize) -> Self {
        let range = self.start(end)..end + 1;
        let constants = self.constant_range(&range);
        Self {
            tokens: self.tokens[range].to_vec(),
            constants: self.constants[constants].to_vec(),
        }
    }

    /// This formula with the part that ends with token `end` replaced.
    pub fn with_part(&self, end: usize, part: &Self) -> Self {
        let range = self.start(end)..end + 1;
        let constants = self.constant_range(&range);
        let mut out = self.clone();
        out.tokens.splice(range, part.tokens.iter().copied());
        out.constants
            .splice(constants, part.constants.iter().copied());
        out
    }

    fn constant_range(&self, tokens: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let count = |tokens: &[Token]| tokens.iter().filter(|t| **t == Token::Constant).count();
        let first = count(&self.tokens[..tokens.start]);
        first..first + count(&self.tokens[tokens.clone()])
    }

    /// An operator on formulas.
    pub fn apply(operator: Operator, arguments: &[&Self]) -> Self {
        debug_assert_eq!(operator.arity(), arguments.len());
        let mut out = Self {
            tokens: Vec::new(),
            constants: Vec::new(),
        };
        for argument in arguments {
            out.tokens.extend_from_slice(&argument.tokens);
            out.constants.extend_from_slice(&argument.constants);
        }
        out.tokens.push(Token::Apply(operator));
        out
    }

    /// The places of the columns that occur, in rising order.
    pub fn variables(&self) -> Vec<u16> {
        let mut out: Vec<u16> = self
            .tokens
            .iter()
            .filter_map(|token| match token {
                Token::Variable(place) => Some(*place),
                _ => None,
            })
            .collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The value at one point, operator by operator.
    pub fn at(&self, variables: &[f64]) -> f64 {
        let mut stack: Vec<f64> = Vec::new();
        let mut constants = self.constants.iter();
        for token in &self.tokens {
            let value = match token {
                Token::Constant => constants.next().copied(),
                Token::Variable(place) => variables.get(usize::from(*place)).copied(),
                Token::Apply(operator) => {
                    let right = if operator.arity() == 2 {
                        stack.pop()
                    } else {
                        Some(0.0)
                    };
                    stack
                        .pop()
                        .zip(right)
                        .map(|(a, b)| operator.operation().at(a, b))
                }
            };
            stack.push(value.unwrap_or(f64::NAN));
        }
        stack.pop().unwrap_or(f64::NAN)
    }

    /// A number that is the same for formulas of the same form, whatever their
    /// constants: FNV-1a over the tokens.
    pub fn form(&self) -> u64 {
        let mut hash = Fnv::new();
        for token in &self.tokens {
            hash.token(*token);
        }
        hash.0
    }
}

/// The FNV-1a hash with a final mixing, the same on every machine and in every
/// version.
pub(crate) struct Fnv(pub u64);

impl Fnv {
    pub fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub fn word(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub fn token(&mut self, token: Token) {
        match token {
            Token::Constant => self.word(1),
            Token::Variable(place) => self.word(2 | (u64::from(place) << 8)),
            Token::Apply(operator) => {
                self.word(3);
                for byte in operator.name().bytes() {
                    self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
            }
        }
    }
}
