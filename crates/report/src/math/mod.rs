//! The LaTeX that we use, drawn in three ways from one tree.
//!
//! [`parse`] reads it, [`Math::mathml`] sets it in a page, `Math::runs` sets
//! it in the text of an SVG figure (where `MathML` does not work), and
//! [`Math::plain`] says it to a screen reader or a CSV header.
//!
//! Known: letters, numbers, Greek, `_` and `^`, primes, `\frac`, `\sqrt`,
//! `\sum`, `\prod`, `\int`, `\left`/`\right`, named functions, `\text`,
//! `\mathrm`, `\mathbf`, `\operatorname`, accents (`\bar`, `\hat`, `\tilde`,
//! `\vec`, `\dot`), spaces, and the usual relations and operators. Anything
//! else is an [`Error`] that names it, so that no formula is silently wrong.

mod mathml;
mod parse;
mod plain;
mod runs;
mod symbols;

pub use parse::{Error, parse};
pub(crate) use runs::Run;

/// A formula that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Math {
    pub(crate) source: String,
    pub(crate) root: Node,
}

/// A part of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// A variable, set in italics.
    Letter(String),
    /// A word or a vector, set upright.
    Upright { text: String, bold: bool },
    /// Digits.
    Number(String),
    /// A relation or a binary operator, with space around it.
    Operator(String),
    /// Punctuation, without space before it.
    Mark(String),
    /// A sum, product or integral, whose scripts are limits.
    Big(String),
    /// A parenthesis, bracket or bar; it grows if `\left` or `\right` said so.
    Fence { text: String, stretchy: bool },
    /// Space, in eighteenths of an em.
    Space(i32),
    /// One after another.
    Row(Vec<Node>),
    /// A base with a subscript, a superscript or both.
    Scripts {
        base: Box<Node>,
        sub: Option<Box<Node>>,
        sup: Option<Box<Node>>,
    },
    /// One over another.
    Fraction(Box<Node>, Box<Node>),
    /// A square root.
    Root(Box<Node>),
    /// A mark over a letter.
    Accent { base: Box<Node>, mark: char },
}

impl Math {
    /// The LaTeX it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }
}
