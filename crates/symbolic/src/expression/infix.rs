//! Formulas as text that Python, and [`Expression::parse`], read back.
//!
//! `^` is the power, `log` the natural logarithm; constants carry every digit.
//! A name that is no word stands in backquotes.

use super::{Expression, Tree};
use crate::operator::{Notation, Operator};

/// How strongly the outermost operator binds, as in Python.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Binding {
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

impl Expression {
    /// The formula as infix text; `names[i]` is the name of column `i`.
    pub fn infix(&self, names: &[String]) -> String {
        write(&Tree::from(self), names).0
    }
}

fn write(tree: &Tree, names: &[String]) -> (String, Binding) {
    match tree {
        Tree::Constant(value) => (
            number(*value),
            if value.is_sign_negative() {
                Binding::Sign
            } else {
                Binding::Atom
            },
        ),
        Tree::Variable(place) => (variable(*place, names), Binding::Atom),
        Tree::Apply(operator, arguments) => apply(*operator, arguments, names),
    }
}

fn apply(operator: Operator, arguments: &[Tree], names: &[String]) -> (String, Binding) {
    let written = |i: usize, least: Binding| {
        let (text, binding) = write(&arguments[i], names);
        if binding < least {
            format!("({text})")
        } else {
            text
        }
    };
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
        Notation::Infix("^") => (
            format!(
                "{}^{}",
                written(0, Binding::Atom),
                written(1, Binding::Atom)
            ),
            Binding::Power,
        ),
        Notation::Infix(sign) => (
            format!(
                "{}{sign}{}",
                written(0, Binding::Product),
                written(1, Binding::Power)
            ),
            Binding::Product,
        ),
        Notation::Minus => (format!("-{}", minus(&arguments[0], names)), Binding::Sign),
        Notation::Reciprocal => (
            format!("1/{}", written(0, Binding::Power)),
            Binding::Product,
        ),
        Notation::Power(n) => (format!("{}^{n}", written(0, Binding::Atom)), Binding::Power),
        Notation::Function => {
            let all: Vec<String> = (0..arguments.len())
                .map(|i| written(i, Binding::Sum))
                .collect();
            (
                format!("{}({})", operator.name(), all.join(", ")),
                Binding::Atom,
            )
        }
    }
}

/// What stands behind a minus sign; a constant in brackets, or it would be read
/// as a negative constant.
fn minus(argument: &Tree, names: &[String]) -> String {
    let (text, binding) = write(argument, names);
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
    if is_word(name) {
        name.clone()
    } else {
        format!("`{name}`")
    }
}

/// Whether a name may stand in a formula as it is.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
