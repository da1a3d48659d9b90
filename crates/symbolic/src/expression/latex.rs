//! Formulas as LaTeX, in the part of it that converts to MathML.

use super::{Expression, Tree};
use crate::operator::{Notation, Operator};

/// How strongly the outermost operator binds.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum Binding {
    Sum,
    Product,
    Power,
    Atom,
}

/// Greek letters that a column may be called by.
const GREEK: &[&str] = &[
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi",
    "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega",
];

impl Expression {
    /// The formula in LaTeX, constants rounded to `digits` significant digits.
    pub fn latex(&self, names: &[String], digits: usize) -> String {
        let writer = Writer { names, digits };
        writer.write(&Tree::from(self)).0
    }
}

struct Writer<'a> {
    names: &'a [String],
    digits: usize,
}

impl Writer<'_> {
    fn write(&self, tree: &Tree) -> (String, Binding) {
        match tree {
            Tree::Constant(value) => {
                let text = number(*value, self.digits);
                let binding = if *value < 0.0 {
                    Binding::Sum
                } else if text.contains("\\cdot") {
                    Binding::Product
                } else {
                    Binding::Atom
                };
                (text, binding)
            }
            Tree::Variable(place) => {
                let name = self.names.get(usize::from(*place));
                let text = name.map_or_else(|| format!("x_{{{place}}}"), |name| symbol(name));
                (text, Binding::Atom)
            }
            Tree::Apply(operator, arguments) => self.apply(*operator, arguments),
        }
    }

    fn bound(&self, tree: &Tree, least: Binding) -> String {
        let (text, binding) = self.write(tree);
        if binding < least {
            format!("\\left({text}\\right)")
        } else {
            text
        }
    }

    fn bare(&self, tree: &Tree) -> String {
        self.write(tree).0
    }

    fn apply(&self, operator: Operator, arguments: &[Tree]) -> (String, Binding) {
        let (a, b) = (&arguments[0], arguments.get(1).unwrap_or(&arguments[0]));
        match operator.operation().notation() {
            Notation::Infix("+") => {
                let right = self.bare(b);
                // A negative constant or coefficient brings its own sign.
                let sign = if right.starts_with('-') { "" } else { "+" };
                (format!("{}{sign}{right}", self.bare(a)), Binding::Sum)
            }
            Notation::Infix("-") => (
                format!("{}-{}", self.bare(a), self.bound(b, Binding::Product)),
                Binding::Sum,
            ),
            Notation::Infix("*") => self.product(a, b),
            Notation::Infix("/") => (
                format!("\\frac{{{}}}{{{}}}", self.bare(a), self.bare(b)),
                Binding::Product,
            ),
            Notation::Infix(_) => (
                format!("{}^{{{}}}", self.bound(a, Binding::Atom), self.bare(b)),
                Binding::Power,
            ),
            Notation::Minus => (
                format!("-{}", self.bound(a, Binding::Product)),
                Binding::Sum,
            ),
            Notation::Reciprocal => (format!("\\frac{{1}}{{{}}}", self.bare(a)), Binding::Product),
            Notation::Power(n) => (
                format!("{}^{{{n}}}", self.bound(a, Binding::Atom)),
                Binding::Power,
            ),
            Notation::Function => self.function(operator, arguments),
        }
    }

    /// A dot only where two numbers would meet.
    fn product(&self, a: &Tree, b: &Tree) -> (String, Binding) {
        let left = match a {
            Tree::Constant(_) => self.bare(a),
            _ => self.bound(a, Binding::Product),
        };
        let right = self.bound(b, Binding::Product);
        let digit = |c: char| c.is_ascii_digit() || c == '.';
        let dot = if right.starts_with(digit) {
            " \\cdot "
        } else {
            " \\, "
        };
        let binding = if left.starts_with('-') {
            Binding::Sum
        } else {
            Binding::Product
        };
        (format!("{left}{dot}{right}"), binding)
    }

    fn function(&self, operator: Operator, arguments: &[Tree]) -> (String, Binding) {
        let name = operator.operation().latex();
        let written: Vec<String> = arguments.iter().map(|a| self.bare(a)).collect();
        let text = match operator {
            Operator::Abs => format!("\\left|{}\\right|", written[0]),
            Operator::Exp => return (format!("e^{{{}}}", written[0]), Binding::Power),
            Operator::Sqrt | Operator::Cbrt => format!("{name}{{{}}}", written[0]),
            _ => format!("{name}\\left({}\\right)", written.join(", ")),
        };
        (text, Binding::Atom)
    }
}

/// A number with so many significant digits.
fn number(value: f64, digits: usize) -> String {
    let rounded: f64 = format!("{value:.*e}", digits.saturating_sub(1))
        .parse()
        .unwrap_or(value);
    let size = rounded.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        let text = format!("{rounded:e}");
        return match text.split_once('e') {
            Some((mantissa, exponent)) => format!("{mantissa} \\cdot 10^{{{exponent}}}"),
            None => text,
        };
    }
    format!("{rounded}")
}

/// A column's name as a symbol: Greek letters by name, what follows the first
/// `_` or a letter's digits as an index.
fn symbol(name: &str) -> String {
    let (head, index) = match name.split_once('_') {
        Some((head, index)) if !head.is_empty() && !index.is_empty() => (head, index),
        _ => {
            let head = name.trim_end_matches(|c: char| c.is_ascii_digit());
            (head, &name[head.len()..])
        }
    };
    let base = letter(head);
    if index.is_empty() {
        base
    } else if index.chars().all(|c| c.is_ascii_digit()) || GREEK.contains(&index) {
        format!("{base}_{{{}}}", letter(index))
    } else {
        format!("{base}_{{\\mathrm{{{}}}}}", escaped(index))
    }
}

fn letter(name: &str) -> String {
    if GREEK.contains(&name) {
        format!("\\{name}")
    } else if name.chars().count() == 1 || name.chars().all(|c| c.is_ascii_digit()) {
        escaped(name)
    } else {
        format!("\\mathrm{{{}}}", escaped(name))
    }
}

fn escaped(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '_' | '%' | '#' | '&' | '$' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out.push_str("\\backslash "),
            '^' => out.push_str("\\wedge "),
            '~' => out.push_str("\\sim "),
            ' ' => out.push_str("\\ "),
            c => out.push(c),
        }
    }
    out
}
