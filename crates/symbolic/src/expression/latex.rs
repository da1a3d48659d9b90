//! Formulas as LaTeX, in the part of it that converts to MathML.
//!
//! Columns become symbols: `alpha`, `α` a Greek letter, `x_1`, `x1` an index. Where two
//! columns would be the same symbol, or one that means something else, they are written
//! as their names stand.

use super::code::greek;
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
        let symbols = symbols(names);
        // A column `e` leaves no other `e` for the exponential.
        let euler = !symbols.iter().any(|symbol| symbol == "e");
        let writer = Writer {
            symbols,
            digits,
            euler,
        };
        writer.write(&Tree::from(self)).0
    }
}

struct Writer {
    symbols: Vec<String>,
    digits: usize,
    /// Whether `e` is the base of the natural logarithm.
    euler: bool,
}

impl Writer {
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
                let symbol = self.symbols.get(usize::from(*place)).cloned();
                (
                    symbol.unwrap_or_else(|| format!("x_{{{place}}}")),
                    Binding::Atom,
                )
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
            Operator::Exp if self.euler => {
                return (format!("e^{{{}}}", written[0]), Binding::Power);
            }
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
    let text = format!("{rounded:e}");
    // A date of seven digits is read as it is written: 2459000, not 2.459 · 10⁶.
    let date = size < 1e10
        && text
            .bytes()
            .take_while(|&b| b != b'e')
            .filter(u8::is_ascii_digit)
            .count()
            > 3;
    if size != 0.0 && !(1e-3..1e6).contains(&size) && !(size > 1.0 && date) {
        return match text.split_once('e') {
            Some((mantissa, exponent)) => format!("{mantissa} \\cdot 10^{{{exponent}}}"),
            None => text,
        };
    }
    format!("{rounded}")
}

/// The symbol of every column, all different.
fn symbols(names: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let symbol = symbol(name);
        let plain = format!("\\mathrm{{{}}}", escaped(name));
        out.push(if out.contains(&symbol) { plain } else { symbol });
    }
    out
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
    let mut chars = name.chars();
    let greek = match (chars.next(), chars.next()) {
        (Some(only), None) => greek(only),
        _ => None,
    };
    if GREEK.contains(&name) {
        format!("\\{name}")
    } else if let Some(greek) = greek.filter(|name| GREEK.contains(name)) {
        format!("\\{greek}")
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
            c if c.is_whitespace() => out.push_str("\\ "),
            c => out.push(c),
        }
    }
    out
}
