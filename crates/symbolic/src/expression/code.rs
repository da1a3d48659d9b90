//! Formulas as code: SymPy, NumPy, Rust.
//!
//! A user's operator is written as a call of a function of its name, which the
//! reader has to define. Columns whose names are no identifiers of the language
//! get one: Greek letters by their names, other characters become `_`, a keyword gets `_`
//! behind it, and a name that is taken already gets a number. A comment in the function
//! says which columns its arguments are.

use std::collections::HashSet;

use super::infix::{Binding, Dialect, Exponent, bound, quoted, signed_power, write};
use super::{Expression, Tree};
use crate::operator::Operator;

impl Expression {
    /// An expression for `sympy.sympify`. A column is a bare symbol where SymPy
    /// has no name like it (one lower-case letter, with digits behind it or
    /// not), else `Symbol('name')`.
    pub fn sympy(&self, names: &[String]) -> String {
        write(&SymPy(names), &Tree::from(self)).0
    }

    /// A Python function over NumPy arrays, `def law(a, b):`, of the columns
    /// that occur, in the order of the features.
    pub fn numpy(&self, names: &[String]) -> String {
        let columns = identifiers(names, PYTHON);
        let arguments = self.arguments(&columns).join(", ");
        let (text, _) = write(&NumPy(&columns), &Tree::from(self));
        let said = self.said(names);
        format!("import numpy as np\n\ndef law({arguments}):\n    # {said}\n    return {text}\n")
    }

    /// A Rust function, `pub fn law(a: f64, b: f64) -> f64`, of the columns that
    /// occur, in the order of the features; the error function is that of the crate
    /// `libm`.
    pub fn rust(&self, names: &[String]) -> String {
        let columns = identifiers(names, RUST);
        let arguments: Vec<String> = self
            .arguments(&columns)
            .iter()
            .map(|name| format!("{name}: f64"))
            .collect();
        let (text, _) = write(&Rust(&columns), &Tree::from(self));
        format!(
            "/// {}\npub fn law({}) -> f64 {{\n    {text}\n}}\n",
            self.said(names),
            arguments.join(", ")
        )
    }

    /// Which columns the arguments are.
    fn said(&self, names: &[String]) -> String {
        let columns: Vec<String> = self
            .variables()
            .into_iter()
            .map(|place| {
                // A line break would end the comment.
                let name = named(names, place).replace(char::is_control, " ");
                quoted(&name)
            })
            .collect();
        match columns.as_slice() {
            [] => "Of no column.".to_owned(),
            [one] => format!("Of the column {one}."),
            several => format!("Of the columns, in this order: {}.", several.join(", ")),
        }
    }

    fn arguments(&self, columns: &[String]) -> Vec<String> {
        self.variables()
            .into_iter()
            .map(|place| named(columns, place))
            .collect()
    }
}

fn named(columns: &[String], place: u16) -> String {
    columns
        .get(usize::from(place))
        .cloned()
        .unwrap_or_else(|| format!("x{place}"))
}

/// A name between quotes of Python.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '\\' | '\'' => out.extend(['\\', c]),
            c if c.is_control() => out.extend(format!("\\x{:02x}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out
}

/// Greek letters and their names.
const GREEK: &str = "α alpha β beta γ gamma δ delta ε epsilon ϵ epsilon ζ zeta η eta θ theta \
    ϑ theta ι iota κ kappa λ lambda μ mu µ mu ν nu ξ xi ο omicron π pi ρ rho σ sigma ς sigma \
    τ tau υ upsilon φ phi ϕ phi χ chi ψ psi ω omega Α Alpha Β Beta Γ Gamma Δ Delta Ε Epsilon \
    Ζ Zeta Η Eta Θ Theta Ι Iota Κ Kappa Λ Lambda Μ Mu Ν Nu Ξ Xi Ο Omicron Π Pi Ρ Rho Σ Sigma \
    Τ Tau Υ Upsilon Φ Phi Χ Chi Ψ Psi Ω Omega Ω Omega ∆ Delta";

/// The name of a Greek letter.
pub(super) fn greek(letter: char) -> Option<&'static str> {
    let mut words = GREEK.split_whitespace();
    while let (Some(sign), Some(name)) = (words.next(), words.next()) {
        if sign.chars().eq([letter]) {
            return Some(name);
        }
    }
    None
}

struct SymPy<'a>(&'a [String]);

impl Dialect for SymPy<'_> {
    fn variable(&self, place: u16) -> String {
        let name = named(self.0, place);
        let mut letters = name.chars();
        let bare = letters.next().is_some_and(|c| c.is_ascii_lowercase())
            && letters.all(|c| c.is_ascii_digit());
        if bare {
            name
        } else {
            format!("Symbol('{}')", escaped(&name))
        }
    }

    fn power(&self, base: &Tree, exponent: Exponent<'_>) -> (String, Binding) {
        (signed_power(self, "**", base, &exponent), Binding::Power)
    }

    fn call(&self, operator: Operator, arguments: &[String]) -> (String, Binding) {
        let all = arguments.join(", ");
        let text = match operator {
            Operator::Abs => format!("Abs({all})"),
            // The real root of a negative number; `cbrt` is complex there.
            Operator::Cbrt => format!("real_root({all}, 3)"),
            Operator::Min => format!("Min({all})"),
            Operator::Max => format!("Max({all})"),
            Operator::Step => format!("Heaviside({all}, 0)"),
            _ => format!("{}({all})", operator.name()),
        };
        (text, Binding::Atom)
    }
}

struct NumPy<'a>(&'a [String]);

impl Dialect for NumPy<'_> {
    fn variable(&self, place: u16) -> String {
        named(self.0, place)
    }

    fn power(&self, base: &Tree, exponent: Exponent<'_>) -> (String, Binding) {
        (signed_power(self, "**", base, &exponent), Binding::Power)
    }

    fn call(&self, operator: Operator, arguments: &[String]) -> (String, Binding) {
        let all = arguments.join(", ");
        let text = match operator {
            Operator::Asin => format!("np.arcsin({all})"),
            Operator::Acos => format!("np.arccos({all})"),
            Operator::Atan => format!("np.arctan({all})"),
            Operator::Atan2 => format!("np.arctan2({all})"),
            Operator::Min => format!("np.minimum({all})"),
            Operator::Max => format!("np.maximum({all})"),
            Operator::Step => format!("np.heaviside({all}, 0.0)"),
            // NumPy has none; Python's own works number by number.
            Operator::Erf => format!("np.vectorize(__import__('math').erf)({all})"),
            _ if is_numpy(operator) => format!("np.{}({all})", operator.name()),
            _ => format!("{}({all})", operator.name()),
        };
        (text, Binding::Atom)
    }
}

/// Whether NumPy has the function under the same name.
fn is_numpy(operator: Operator) -> bool {
    [
        Operator::Abs,
        Operator::Sqrt,
        Operator::Cbrt,
        Operator::Exp,
        Operator::Log,
        Operator::Sin,
        Operator::Cos,
        Operator::Tan,
        Operator::Sinh,
        Operator::Cosh,
        Operator::Tanh,
    ]
    .contains(&operator)
}

struct Rust<'a>(&'a [String]);

impl Dialect for Rust<'_> {
    fn variable(&self, place: u16) -> String {
        named(self.0, place)
    }

    fn power(&self, base: &Tree, exponent: Exponent<'_>) -> (String, Binding) {
        let base = bound(self, base, Binding::Sum);
        let text = match exponent {
            Exponent::Whole(n) => format!("f64::powi({base}, {n})"),
            Exponent::Formula(tree) => {
                format!("f64::powf({base}, {})", bound(self, tree, Binding::Sum))
            }
        };
        (text, Binding::Atom)
    }

    fn call(&self, operator: Operator, arguments: &[String]) -> (String, Binding) {
        let all = arguments.join(", ");
        let text = match operator {
            Operator::Log => format!("f64::ln({all})"),
            Operator::Erf => format!("libm::erf({all})"),
            Operator::Step => format!("(if {all} > 0.0 {{ 1.0 }} else {{ 0.0 }})"),
            _ if operator.is_built_in() => format!("f64::{}({all})", operator.name()),
            _ => format!("{}({all})", operator.name()),
        };
        (text, Binding::Atom)
    }

    fn one(&self) -> &'static str {
        "1.0"
    }
}

/// An identifier for every column, all different and none of them `taken`.
fn identifiers(names: &[String], taken: &[&str]) -> Vec<String> {
    let mut used: HashSet<String> = HashSet::new();
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        let mut word = String::new();
        for c in name.chars() {
            match greek(c) {
                Some(letter) => word.push_str(letter),
                None if c.is_ascii_alphanumeric() => word.push(c),
                None => word.push('_'),
            }
        }
        // `_` alone is no name in Rust, and a digit begins none.
        if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            word = format!("x{word}");
        }
        if taken.contains(&word.as_str()) {
            word.push('_');
        }
        let mut unique = word.clone();
        let mut n = 2;
        while !used.insert(unique.clone()) {
            unique = format!("{word}_{n}");
            n += 1;
        }
        out.push(unique);
    }
    out
}

/// Python's keywords, and what the function itself uses.
const PYTHON: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield", "np", "law",
];

/// Rust's keywords, and what the function itself uses.
const RUST: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "f64", "false", "final", "fn", "for", "gen",
    "if", "impl", "in", "law", "let", "libm", "loop", "macro", "match", "mod", "move", "mut",
    "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_law_is_written_in_every_language() {
        let names = names(&["m", "jet mass", "lambda"]);
        let law = Expression::parse("-3.0*m^2/(`jet mass` - log(lambda)) + 1/m", &names).unwrap();
        assert_eq!(
            law.sympy(&names),
            "-3.0*m**2/(Symbol('jet mass') - log(Symbol('lambda'))) + 1/m"
        );
        assert_eq!(
            law.numpy(&names),
            "import numpy as np\n\ndef law(m, jet_mass, lambda_):\n    \
             # Of the columns, in this order: m, `jet mass`, lambda.\n    return -3.0*m**2/(jet_mass - np.log(lambda_)) + 1/m\n"
        );
        assert_eq!(
            law.rust(&names),
            "/// Of the columns, in this order: m, `jet mass`, lambda.\n\
             pub fn law(m: f64, jet_mass: f64, lambda: f64) -> f64 {\n    \
             -3.0*f64::powi(m, 2)/(jet_mass - f64::ln(lambda)) + 1.0/m\n}\n"
        );
    }

    #[test]
    fn identifiers_differ_and_are_no_keywords() {
        let words = identifiers(&names(&["a b", "a_b", "in", "2x", "", "π"]), PYTHON);
        assert_eq!(words, ["a_b", "a_b_2", "in_", "x2x", "x", "pi"]);
    }

    #[test]
    fn only_columns_that_occur_are_arguments() {
        let names = names(&["a", "b", "c"]);
        let law = Expression::parse("c + a", &names).unwrap();
        assert!(law.rust(&names).contains("pub fn law(a: f64, c: f64)"));
    }
}
