//! Formulas as people write them, and conditions made of them.
//!
//! ```text
//! sum       = product (("+" | "-") product)*
//! product   = signed (("*" | "/") signed)*
//! signed    = ("-" | "+")* power            power = atom (("^" | "**") signed)?
//! atom      = number | name | `name` | name "(" sum ("," sum)* ")" | "(" sum ")"
//! ```
//!
//! In a [`Language::Conditions`] these stand beside each other in comparisons,
//! which may be chained, and brackets hold conditions too:
//!
//! ```text
//! either     = both ("or" both)*            both = not ("and" not)*
//! not        = "not" not | comparison       comparison = sum (("<" | "<=" | …) sum)*
//! ```
//!
//! What names and functions mean is decided by whoever reads the [`Formula`]:
//! [`Condition`] for rows of a table, symbolic regression for laws. Names with
//! odd signs stand between backquotes; two backquotes there are one of the name.

mod condition;
mod parse;

pub use condition::{Condition, Undefined};

/// What may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Numbers only; `and`, `or` and `not` are names like others.
    Numbers,
    /// Comparisons of numbers, with `and`, `or` and `not`.
    Conditions,
}

/// A formula, and where it stands in its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    /// What it is.
    pub node: Node,
    /// The characters of the text before it and before what follows it.
    pub place: [usize; 2],
}

/// What a formula is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A number without sign, as it is written and as it is.
    Number(String, f64),
    /// A name.
    Name(String),
    /// A function of others, by its name.
    Call(String, Vec<Formula>),
    /// A formula in brackets.
    Brackets(Box<Formula>),
    /// A formula with a minus in front.
    Negative(Box<Formula>),
    /// Two formulas with an operator between them.
    Binary(Sign, Box<Formula>, Box<Formula>),
    /// A number that is compared with the next, that with the one after it, ….
    Compare(Box<Formula>, Vec<(Comparison, Formula)>),
    /// All of these hold.
    And(Vec<Formula>),
    /// One of these holds at least.
    Or(Vec<Formula>),
    /// This does not hold.
    Not(Box<Formula>),
}

/// An operator between two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// `a / b`.
    Divide,
    /// `a ^ b` or `a ** b`.
    Power,
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `a < b`.
    Less,
    /// `a <= b`.
    LessOrEqual,
    /// `a > b`.
    Greater,
    /// `a >= b`.
    GreaterOrEqual,
    /// `a == b`.
    Equal,
    /// `a != b`.
    NotEqual,
}

impl Comparison {
    /// Whether it holds of two numbers.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
            Self::Equal => a == b,
            Self::NotEqual => a != b,
        }
    }
}

/// Why a text is no formula.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read `{text}` at character {}: expected {expected}", .place + 1)]
pub struct FormulaError {
    /// The text.
    pub text: String,
    /// The characters before the place.
    pub place: usize,
    /// What would be right there.
    pub expected: String,
}

impl Formula {
    /// Reads a text.
    pub fn parse(text: &str, language: Language) -> Result<Self, FormulaError> {
        parse::parse(text, language)
    }

    /// As it is written in the text it was read from.
    pub fn written<'t>(&self, text: &'t str) -> &'t str {
        let byte = |place: usize| {
            let mut bytes = text.char_indices().map(|(byte, _)| byte);
            bytes.nth(place).unwrap_or(text.len())
        };
        text[byte(self.place[0])..byte(self.place[1])].trim_end()
    }
}
