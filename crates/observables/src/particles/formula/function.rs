//! The functions and operators that formulas may use.

use super::Value;

/// A function or operator, by its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function(usize);

/// What a function does.
enum Kind {
    /// A number from as many numbers, constituent by constituent.
    Each(fn(&[f64]) -> f64),
    /// One number from those of all constituents.
    Over(fn(&[f64]) -> f64),
    /// Its first argument: padding is the list's own affair.
    First,
}

/// Its names (the first is ours), the least and the largest number of
/// arguments, and what it does.
type Row = (&'static [&'static str], [usize; 2], Kind);

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// As NumPy's: 0 at 0.
fn sign(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() {
        x
    } else {
        x.signum()
    }
}

/// NumPy's `%`, of the sign of the divisor.
fn modulo(a: f64, b: f64) -> f64 {
    a - b * (a / b).floor()
}

/// What is no number stays none.
fn clip(a: &[f64]) -> f64 {
    of_two(&[of_two(&[a[0], a[1]], f64::max), a[2]], f64::min)
}

fn extreme(a: &[f64], choose: fn(f64, f64) -> f64) -> f64 {
    a.iter().copied().fold(f64::NAN, choose)
}

/// NumPy's `minimum` and `maximum` hand on what is no number.
fn of_two(a: &[f64], choose: fn(f64, f64) -> f64) -> f64 {
    if a[0].is_nan() || a[1].is_nan() {
        f64::NAN
    } else {
        choose(a[0], a[1])
    }
}

/// NumPy's, of `(x, copy, nan)`: in single precision, as inputs of models are.
fn nan_to_num(a: &[f64]) -> f64 {
    if a[0].is_nan() {
        return a.get(2).copied().unwrap_or(0.0);
    }
    a[0].clamp(f64::from(f32::MIN), f64::from(f32::MAX))
}

/// An angle difference brought to `[-π, π]`.
fn delta_phi(a: &[f64]) -> f64 {
    crate::jets::kinematics::delta_phi(a[0], a[1])
}

use Kind::{Each, First, Over};

/// How many of the first rows are operators.
const OPERATORS: usize = 17;

const FUNCTIONS: &[Row] = &[
    (&["+"], [1, 2], Each(|a| a.iter().sum())),
    (
        &["-"],
        [1, 2],
        Each(|a| if a.len() == 1 { -a[0] } else { a[0] - a[1] }),
    ),
    (&["*"], [2, 2], Each(|a| a[0] * a[1])),
    (&["/"], [2, 2], Each(|a| a[0] / a[1])),
    (&["//"], [2, 2], Each(|a| (a[0] / a[1]).floor())),
    (&["%"], [2, 2], Each(|a| modulo(a[0], a[1]))),
    (&["**"], [2, 2], Each(|a| a[0].powf(a[1]))),
    (&["<"], [2, 2], Each(|a| truth(a[0] < a[1]))),
    (&["<="], [2, 2], Each(|a| truth(a[0] <= a[1]))),
    (&[">"], [2, 2], Each(|a| truth(a[0] > a[1]))),
    (&[">="], [2, 2], Each(|a| truth(a[0] >= a[1]))),
    (&["=="], [2, 2], Each(|a| truth(a[0] == a[1]))),
    (&["!="], [2, 2], Each(|a| truth(a[0] != a[1]))),
    (&["&"], [2, 2], Each(|a| truth(a[0] != 0.0 && a[1] != 0.0))),
    (&["|"], [2, 2], Each(|a| truth(a[0] != 0.0 || a[1] != 0.0))),
    (
        &["^"],
        [2, 2],
        Each(|a| truth((a[0] != 0.0) != (a[1] != 0.0))),
    ),
    (&["~"], [1, 1], Each(|a| truth(a[0] == 0.0))),
    (
        &["logical_and"],
        [2, 2],
        Each(|a| truth(a[0] != 0.0 && a[1] != 0.0)),
    ),
    (
        &["logical_or"],
        [2, 2],
        Each(|a| truth(a[0] != 0.0 || a[1] != 0.0)),
    ),
    (&["logical_not"], [1, 1], Each(|a| truth(a[0] == 0.0))),
    (&["abs", "absolute", "fabs"], [1, 1], Each(|a| a[0].abs())),
    (&["sign"], [1, 1], Each(|a| sign(a[0]))),
    (&["sqrt"], [1, 1], Each(|a| a[0].sqrt())),
    (&["square"], [1, 1], Each(|a| a[0] * a[0])),
    (&["power", "pow"], [2, 2], Each(|a| a[0].powf(a[1]))),
    (&["exp"], [1, 1], Each(|a| a[0].exp())),
    (&["expm1"], [1, 1], Each(|a| a[0].exp_m1())),
    (&["log"], [1, 1], Each(|a| a[0].ln())),
    (&["log1p"], [1, 1], Each(|a| a[0].ln_1p())),
    (&["log2"], [1, 1], Each(|a| a[0].log2())),
    (&["log10"], [1, 1], Each(|a| a[0].log10())),
    (&["sin"], [1, 1], Each(|a| a[0].sin())),
    (&["cos"], [1, 1], Each(|a| a[0].cos())),
    (&["tan"], [1, 1], Each(|a| a[0].tan())),
    (&["arcsin", "asin"], [1, 1], Each(|a| a[0].asin())),
    (&["arccos", "acos"], [1, 1], Each(|a| a[0].acos())),
    (&["arctan", "atan"], [1, 1], Each(|a| a[0].atan())),
    (&["arctan2", "atan2"], [2, 2], Each(|a| a[0].atan2(a[1]))),
    (&["sinh"], [1, 1], Each(|a| a[0].sinh())),
    (&["cosh"], [1, 1], Each(|a| a[0].cosh())),
    (&["tanh"], [1, 1], Each(|a| a[0].tanh())),
    (&["arcsinh", "asinh"], [1, 1], Each(|a| a[0].asinh())),
    (&["arccosh", "acosh"], [1, 1], Each(|a| a[0].acosh())),
    (&["arctanh", "atanh"], [1, 1], Each(|a| a[0].atanh())),
    (&["hypot"], [2, 2], Each(|a| a[0].hypot(a[1]))),
    (&["floor"], [1, 1], Each(|a| a[0].floor())),
    (&["ceil"], [1, 1], Each(|a| a[0].ceil())),
    (&["round", "rint"], [1, 1], Each(|a| a[0].round_ties_even())),
    (&["minimum"], [2, 2], Each(|a| of_two(a, f64::min))),
    (&["maximum"], [2, 2], Each(|a| of_two(a, f64::max))),
    (&["clip", "_clip"], [3, 3], Each(clip)),
    (
        &["where"],
        [3, 3],
        Each(|a| if a[0] == 0.0 { a[2] } else { a[1] }),
    ),
    (&["isnan"], [1, 1], Each(|a| truth(a[0].is_nan()))),
    (&["isfinite"], [1, 1], Each(|a| truth(a[0].is_finite()))),
    (&["nan_to_num"], [1, 3], Each(nan_to_num)),
    (&["delta_phi"], [2, 2], Each(delta_phi)),
    (&["zeros_like"], [1, 1], Each(|_| 0.0)),
    (&["ones_like"], [1, 1], Each(|_| 1.0)),
    (&["sum"], [1, 1], Over(|a| a.iter().sum())),
    (
        &["mean"],
        [1, 1],
        Over(|a| a.iter().sum::<f64>() / a.len() as f64),
    ),
    (&["max"], [1, 1], Over(|a| extreme(a, f64::max))),
    (&["min"], [1, 1], Over(|a| extreme(a, f64::min))),
    (
        &["any"],
        [1, 1],
        Over(|a| truth(a.iter().any(|&x| x != 0.0))),
    ),
    (
        &["all"],
        [1, 1],
        Over(|a| truth(a.iter().all(|&x| x != 0.0))),
    ),
    (&["num", "count"], [1, 1], Over(|a| a.len() as f64)),
    (&["pad_none"], [1, 2], First),
    (&["fill_none"], [2, 2], First),
    (&["values_astype"], [1, 2], First),
    (&["_pad"], [1, 3], First),
];

/// What may stand in front of a function's name.
const PREFIXES: [&str; 7] = [
    "np.",
    "numpy.",
    "ak.",
    "awkward.JaggedArray.",
    "awkward.",
    "awkward0.JaggedArray.",
    "math.",
];

/// A name without the module in front of it.
pub(super) fn short(name: &str) -> &str {
    let prefix = PREFIXES.iter().find(|prefix| name.starts_with(*prefix));
    prefix.map_or(name, |prefix| &name[prefix.len()..])
}

impl Function {
    /// The operator that is written so.
    pub(super) fn operator(text: &str) -> Option<Self> {
        (0..OPERATORS)
            .find(|&i| FUNCTIONS[i].0[0] == text)
            .map(Self)
    }

    /// The function of this name, with or without its module.
    pub(super) fn named(name: &str) -> Option<Self> {
        let short = short(name);
        (OPERATORS..FUNCTIONS.len())
            .find(|&i| FUNCTIONS[i].0.contains(&short))
            .map(Self)
    }

    /// The names of all functions.
    pub fn all() -> impl Iterator<Item = &'static str> {
        FUNCTIONS[OPERATORS..].iter().map(|row| row.0[0])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        FUNCTIONS[self.0].0[0]
    }

    /// Whether it is written between its arguments.
    pub fn is_operator(self) -> bool {
        self.0 < OPERATORS
    }

    /// The least and the largest number of arguments.
    pub(super) fn arguments(self) -> [usize; 2] {
        FUNCTIONS[self.0].1
    }

    /// Whether it makes one number of those of all constituents, along `axis=1`.
    pub(super) fn is_over(self) -> bool {
        matches!(FUNCTIONS[self.0].2, Over(_))
    }

    /// Its value for `n` constituents.
    pub(super) fn evaluate(self, arguments: &[Value], n: usize) -> Value {
        let every = |value: &Value| (0..n).map(|i| value.at(i)).collect::<Vec<f64>>();
        match &FUNCTIONS[self.0].2 {
            First => arguments[0].clone(),
            Over(function) => Value::One(function(&every(&arguments[0]))),
            Each(function) => {
                let at = |i: usize| {
                    let values: Vec<f64> = arguments.iter().map(|value| value.at(i)).collect();
                    function(&values)
                };
                if arguments.iter().all(|value| matches!(value, Value::One(_))) {
                    Value::One(at(0))
                } else {
                    Value::Each((0..n).map(at).collect())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_stand_first_and_no_name_is_there_twice() {
        assert!(FUNCTIONS[OPERATORS - 1].0[0] == "~");
        let words = FUNCTIONS[OPERATORS..].iter().flat_map(|row| row.0);
        let mut words: Vec<&str> = words.copied().collect();
        assert!(
            words
                .iter()
                .all(|word| word.starts_with(|c: char| c == '_' || c.is_alphabetic()))
        );
        let all = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), all);
    }

    #[test]
    fn remainders_and_signs_are_numpys() {
        assert_eq!([modulo(-1.0, 3.0), modulo(1.0, -3.0)], [2.0, -2.0]);
        assert_eq!([sign(-2.0), sign(0.0)], [-1.0, 0.0]);
        assert_eq!(clip(&[7.0, f64::NEG_INFINITY, 5.0]), 5.0);
        assert!(of_two(&[f64::NAN, 1.0], f64::max).is_nan());
        // The second argument is `copy`, no value.
        assert_eq!(nan_to_num(&[f64::NAN, 1.0]), 0.0);
        assert_eq!(nan_to_num(&[f64::NAN, 1.0, 7.0]), 7.0);
        assert_eq!(nan_to_num(&[f64::INFINITY]), f64::from(f32::MAX));
    }
}
