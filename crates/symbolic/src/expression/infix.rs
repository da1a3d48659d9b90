//! Formulas as text that Python, and [`Expression::parse`], read back.
//!
//! `^` is the power, `log` the natural logarithm; constants carry every digit.
//! A name that is no word stands in backquotes, those that it has itself doubled.

use super::{Expression, Tree};
use crate::operator::{Notation, Operator};

/// How strongly the outermost operator binds, as in Python.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
pub(super) enum Binding {
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

/// What languages of infix formulas differ in.
pub(super) trait Dialect {
    /// A column's name.
    fn variable(&self, place: u16) -> String;
    /// A power, its arguments written for this language.
    fn power(&self, base: &Tree, exponent: Exponent<'_>) -> (String, Binding);
    /// A function's call.
    fn call(&self, operator: Operator, arguments: &[String]) -> (String, Binding);
    /// The number that a reciprocal divides.
    fn one(&self) -> &'static str {
        "1"
    }
}

/// What something is raised to.
pub(super) enum Exponent<'a> {
    /// A whole number.
    Whole(u8),
    /// A formula.
    Formula(&'a Tree),
}

/// The text of this project: `^`, functions by their names.
struct Plain<'a>(&'a [String]);

impl Dialect for Plain<'_> {
    fn variable(&self, place: u16) -> String {
        variable(place, self.0)
    }

    fn power(&self, base: &Tree, exponent: Exponent<'_>) -> (String, Binding) {
        (signed_power(self, "^", base, &exponent), Binding::Power)
    }

    fn call(&self, operator: Operator, arguments: &[String]) -> (String, Binding) {
        let text = format!("{}({})", operator.name(), arguments.join(", "));
        (text, Binding::Atom)
    }
}

/// A power written with a sign between base and exponent.
pub(super) fn signed_power(
    dialect: &dyn Dialect,
    sign: &str,
    base: &Tree,
    exponent: &Exponent<'_>,
) -> String {
    let base = bound(dialect, base, Binding::Atom);
    match exponent {
        Exponent::Whole(n) => format!("{base}{sign}{n}"),
        Exponent::Formula(tree) => format!("{base}{sign}{}", bound(dialect, tree, Binding::Atom)),
    }
}

impl Expression {
    /// The formula as infix text; `names[i]` is the name of column `i`.
    pub fn infix(&self, names: &[String]) -> String {
        write(&Plain(names), &Tree::from(self)).0
    }
}

/// A formula, in brackets if it binds less than `least`.
pub(super) fn bound(dialect: &dyn Dialect, tree: &Tree, least: Binding) -> String {
    let (text, binding) = write(dialect, tree);
    if binding < least {
        format!("({text})")
    } else {
        text
    }
}

/// A formula and how strongly it binds.
pub(super) fn write(dialect: &dyn Dialect, tree: &Tree) -> (String, Binding) {
    match tree {
        Tree::Constant(value) => (
            number(*value),
            if value.is_sign_negative() {
                Binding::Sign
            } else {
                Binding::Atom
            },
        ),
        Tree::Variable(place) => (dialect.variable(*place), Binding::Atom),
        Tree::Apply(operator, arguments) => apply(dialect, *operator, arguments),
    }
}

fn apply(dialect: &dyn Dialect, operator: Operator, arguments: &[Tree]) -> (String, Binding) {
    let written = |i: usize, least: Binding| bound(dialect, &arguments[i], least);
    match operator.operation().notation() {
        Notation::Infix("+") => {
            let left = written(0, Binding::Sum);
            match &arguments[1] {
                Tree::Constant(c) if c.is_sign_negative() && !c.is_nan() => {
                    (format!("{left} - {}", number(-c)), Binding::Sum)
                }
                _ => {
                    let right = written(1, Binding::Product);
                    // A negative coefficient brings its own sign.
                    let text = match right.strip_prefix('-') {
                        Some(rest) if !matches!(&arguments[1], Tree::Apply(Operator::Neg, _)) => {
                            format!("{left} - {rest}")
                        }
                        _ => format!("{left} + {right}"),
                    };
                    (text, Binding::Sum)
                }
            }
        }
        Notation::Infix("-") => (
            format!(
                "{} - {}",
                written(0, Binding::Sum),
                written(1, Binding::Product)
            ),
            Binding::Sum,
        ),
        Notation::Infix("^") => dialect.power(&arguments[0], Exponent::Formula(&arguments[1])),
        Notation::Infix(sign) => (
            format!(
                "{}{sign}{}",
                written(0, Binding::Product),
                written(1, Binding::Power)
            ),
            Binding::Product,
        ),
        Notation::Minus => (format!("-{}", minus(dialect, &arguments[0])), Binding::Sign),
        Notation::Reciprocal => (
            format!("{}/{}", dialect.one(), written(0, Binding::Power)),
            Binding::Product,
        ),
        Notation::Power(n) => dialect.power(&arguments[0], Exponent::Whole(n)),
        Notation::Function => {
            let all: Vec<String> = (0..arguments.len())
                .map(|i| written(i, Binding::Sum))
                .collect();
            dialect.call(operator, &all)
        }
    }
}

/// What stands behind a minus sign; a constant in brackets, or it would be read
/// as a negative constant.
fn minus(dialect: &dyn Dialect, argument: &Tree) -> String {
    let (text, binding) = write(dialect, argument);
    if binding < Binding::Power || matches!(argument, Tree::Constant(_)) {
        format!("({text})")
    } else {
        text
    }
}

/// A constant in full precision, always with a decimal point.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:?}");
    if text.contains('.') || !value.is_finite() {
        return text;
    }
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{digits}.0e{exponent}"),
        None => format!("{text}.0"),
    }
}

fn variable(place: u16, names: &[String]) -> String {
    let Some(name) = names.get(usize::from(place)) else {
        return format!("x{place}");
    };
    quoted(name)
}

/// A name as it stands in a formula.
pub(super) fn quoted(name: &str) -> String {
    if is_word(name) {
        name.to_owned()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

/// Whether a name may stand in a formula as it is.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
