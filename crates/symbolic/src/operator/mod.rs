//! What an expression is made of: one [`Operation`] per operator.
//!
//! An operator is a unit struct in the file of its kind and one word in the
//! list below; its name, kernels in both precisions, slopes, inverse, and how
//! it is written are in one place. Users add theirs with [`Operator::register`].

mod arithmetic;
mod choices;
mod exponentials;
mod hyperbolic;
mod powers;
mod trigonometry;

use std::fmt;
use std::sync::RwLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::SymbolicError;

/// How an operator is written in a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// Between its arguments: `a + b`.
    Infix(&'static str),
    /// Before its argument: `-a`.
    Minus,
    /// One over its argument: `1/a`.
    Reciprocal,
    /// Its argument to a whole power: `a^2`.
    Power(u8),
    /// By name: `sin(a)`.
    Function,
}

/// Which argument of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first, or the only one.
    Left,
    /// The second.
    Right,
}

/// A function of one or two real arguments.
///
/// Kernels fill `out[i]` from `a[i]` and `b[i]` (`b` has no meaning for a
/// function of one argument); where the function is not defined they give what
/// is not a number, which the search takes for "not this one".
pub trait Operation: Send + Sync + fmt::Debug {
    /// The name in formulas and settings, a word of letters, digits and `_`.
    fn name(&self) -> &'static str;
    /// The number of arguments, 1 or 2.
    fn arity(&self) -> usize;
    /// The values in single precision.
    fn single(&self, a: &[f32], b: &[f32], out: &mut [f32]);
    /// The values in double precision.
    fn double(&self, a: &[f64], b: &[f64], out: &mut [f64]);
    /// The slopes `∂value/∂a` and `∂value/∂b` (`db` is empty for a function of
    /// one argument).
    fn slopes(&self, a: &[f64], b: &[f64], value: &[f64], da: &mut [f64], db: &mut [f64]);

    /// How it is written.
    fn notation(&self) -> Notation {
        Notation::Function
    }
    /// Whether its arguments may be exchanged.
    fn commutes(&self) -> bool {
        false
    }
    /// The argument on `side` that gives `target`, the other one being `other`;
    /// the principal one where there are several, `None` where there is none.
    fn inverse(&self, _side: Side, _target: f64, _other: f64) -> Option<f64> {
        None
    }
    /// The value at one point.
    fn at(&self, a: f64, b: f64) -> f64 {
        let mut out = [0.0];
        self.double(&[a], &[b], &mut out);
        out[0]
    }
    /// The name of the function in LaTeX, by default upright text.
    fn latex(&self) -> String {
        format!("\\operatorname{{{}}}", self.name().replace('_', "\\_"))
    }
}

/// An operator: a place in the list of operations.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator(u8);

macro_rules! operators {
    ($($kind:ident :: $name:ident),+ $(,)?) => {
        /// The operations that are always there.
        static BUILT_IN: &[&dyn Operation] = &[$(&$kind::$name),+];

        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($name),+ }

        #[allow(non_upper_case_globals)]
        impl Operator {
            $(
                #[doc = concat!("The operator of [`", stringify!($kind), "`](self) called `", stringify!($name), "`.")]
                pub const $name: Self = Self(Place::$name as u8);
            )+
        }
    };
}

operators![
    arithmetic::Add,
    arithmetic::Sub,
    arithmetic::Mul,
    arithmetic::Div,
    arithmetic::Neg,
    arithmetic::Inv,
    arithmetic::Abs,
    powers::Sqrt,
    powers::Cbrt,
    powers::Square,
    powers::Cube,
    powers::Pow,
    exponentials::Exp,
    exponentials::Log,
    exponentials::Erf,
    trigonometry::Sin,
    trigonometry::Cos,
    trigonometry::Tan,
    trigonometry::Asin,
    trigonometry::Acos,
    trigonometry::Atan,
    trigonometry::Atan2,
    hyperbolic::Sinh,
    hyperbolic::Cosh,
    hyperbolic::Tanh,
    choices::Min,
    choices::Max,
    choices::Step,
];

/// Operations that users added; they are never removed, so they may live forever.
static ADDED: RwLock<Vec<&'static dyn Operation>> = RwLock::new(Vec::new());

fn added() -> Vec<&'static dyn Operation> {
    match ADDED.read() {
        Ok(list) => list.clone(),
        // Another thread panicked while adding: the list itself is whole.
        Err(poisoned) => poisoned.into_inner().clone(),
    }
}

impl Operator {
    /// What the operator does.
    pub fn operation(self) -> &'static dyn Operation {
        let place = usize::from(self.0);
        match BUILT_IN.get(place) {
            Some(operation) => *operation,
            None => added()[place - BUILT_IN.len()],
        }
    }

    /// Whether it is always there, not one that a user added.
    pub fn is_built_in(self) -> bool {
        usize::from(self.0) < BUILT_IN.len()
    }

    /// The name in formulas and settings.
    pub fn name(self) -> &'static str {
        self.operation().name()
    }

    /// The number of arguments.
    pub fn arity(self) -> usize {
        self.operation().arity()
    }

    /// Every operator there is, users' included.
    pub fn all() -> Vec<Self> {
        (0..BUILT_IN.len() + added().len())
            .map(|place| Self(place as u8))
            .collect()
    }

    /// The operator of that name (or sign: `+`, `-`, `*`, `/`, `^`, `**`).
    pub fn named(name: &str) -> Result<Self, SymbolicError> {
        let alias = match name {
            "+" => "add",
            "-" => "sub",
            "*" => "mul",
            "/" => "div",
            "^" | "**" => "pow",
            "ln" => "log",
            "arcsin" => "asin",
            "arccos" => "acos",
            "arctan" => "atan",
            "arctan2" => "atan2",
            other => other,
        };
        let known = Self::all();
        known
            .iter()
            .copied()
            .find(|operator| operator.name() == alias)
            .ok_or_else(|| SymbolicError::Operator {
                name: name.to_owned(),
                known: known.iter().map(|operator| operator.name()).collect(),
            })
    }

    /// Adds an operation of your own; from then on it may be parsed, printed,
    /// searched with and differentiated like any other.
    pub fn register(operation: Box<dyn Operation>) -> Result<Self, SymbolicError> {
        let name = operation.name();
        let word = !name.is_empty()
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !word || !matches!(operation.arity(), 1 | 2) || Self::named(name).is_ok() {
            return Err(SymbolicError::Registration {
                name: name.to_owned(),
                arity: operation.arity(),
            });
        }
        let mut list = match ADDED.write() {
            Ok(list) => list,
            Err(poisoned) => poisoned.into_inner(),
        };
        let place = BUILT_IN.len() + list.len();
        let Ok(place) = u8::try_from(place) else {
            return Err(SymbolicError::Registration {
                name: name.to_owned(),
                arity: operation.arity(),
            });
        };
        list.push(Box::leak(operation));
        Ok(Self(place))
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Operator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Operator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).map_err(serde::de::Error::custom)
    }
}

/// A function of one argument: kernels over blocks, and the slope as a closure
/// over argument and value, or (`slope block`) over blocks of them.
macro_rules! unary {
    ($(#[$doc:meta])* $name:ident, $word:literal,
     single $single:expr, double $double:expr, slope block $slopes:expr, inverse $inverse:expr
     $(, notation $notation:expr)? $(, latex $latex:expr)?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl crate::operator::Operation for $name {
            fn name(&self) -> &'static str {
                $word
            }
            fn arity(&self) -> usize {
                1
            }
            fn single(&self, a: &[f32], _: &[f32], out: &mut [f32]) {
                $single(a, out);
            }
            fn double(&self, a: &[f64], _: &[f64], out: &mut [f64]) {
                $double(a, out);
            }
            fn slopes(&self, a: &[f64], _: &[f64], value: &[f64], da: &mut [f64], _: &mut [f64]) {
                let slopes: fn(&[f64], &[f64], &mut [f64]) = $slopes;
                slopes(a, value, da);
            }
            fn inverse(&self, _: crate::operator::Side, target: f64, _: f64) -> Option<f64> {
                let inverse: fn(f64) -> Option<f64> = $inverse;
                inverse(target)
            }
            $(fn notation(&self) -> crate::operator::Notation {
                $notation
            })?
            $(fn latex(&self) -> String {
                $latex.to_owned()
            })?
        }
    };
    ($(#[$doc:meta])* $name:ident, $word:literal,
     single $single:expr, double $double:expr, slope $slope:expr, inverse $inverse:expr
     $(, notation $notation:expr)? $(, latex $latex:expr)?) => {
        unary!(
            $(#[$doc])* $name, $word,
            single $single, double $double,
            slope block |a, value, da| crate::kernel::fill2(a, value, da, #[inline(always)] $slope),
            inverse $inverse
            $(, notation $notation)? $(, latex $latex)?
        );
    };
}
use unary;

/// Applies a function of one number to a block.
macro_rules! each {
    ($f:expr) => {
        |a: &[_], out: &mut [_]| crate::kernel::fill1(a, out, $f)
    };
}
use each;
