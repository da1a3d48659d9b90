//! Formulas of constituents: what an input specification tells of each.
//!
//! ```text
//! log(hypot(px, py) / jet_pt)        where(jet_eta < 0, -1, 1) * (eta - jet_eta)
//! ```
//!
//! A formula is made of numbers, of the [`Feature`]s of a constituent, of the
//! [`JetNumber`]s of its jet, of operators and of the functions in `function.rs`.
//! Its words and its grammar are those of the expressions in data configurations
//! of weaver (NumPy's and awkward's functions, with or without `np.`, `ak.`,
//! `math.` in front); what is not in the list is refused by name.
//!
//! * **Value:** one number for the whole jet or one for each constituent; the two
//!   meet as in NumPy, the first is repeated.
//! * **Truth values** are 1 and 0.

mod function;
mod parse;

use std::fmt;

pub use function::Function;

use super::feature::{Feature, JetNumber, Subject};
use crate::ObservableError;
use crate::jets::property::Property;

/// What is told of a constituent, as a formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// A number.
    Number(f64),
    /// A number of the constituent.
    Feature(Feature),
    /// A number of its jet.
    Jet(JetNumber),
    /// A variable that no file of ours tells, by its name.
    Absent(String),
    /// A function or an operator of others.
    Call(Function, Vec<Formula>),
}

/// One number for the jet, or one for each of its constituents.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of the jet.
    One(f64),
    /// Of each constituent.
    Each(Vec<f64>),
}

impl Value {
    /// The number of constituent `i`.
    pub fn at(&self, i: usize) -> f64 {
        match self {
            Self::One(value) => *value,
            Self::Each(values) => values.get(i).copied().unwrap_or(f64::NAN),
        }
    }
}

impl Formula {
    /// Reads a formula whose names `named` knows: of a feature, a number of the
    /// jet, or of another formula.
    pub fn parse(
        text: &str,
        named: &dyn Fn(&str) -> Result<Self, ObservableError>,
    ) -> Result<Self, ObservableError> {
        parse::parse(text, named)
    }

    /// The feature or the number of the jet of this name.
    pub fn base(name: &str) -> Option<Self> {
        let feature = Feature::ALL.iter().find(|feature| feature.name() == name);
        let jet = || JetNumber::ALL.iter().find(|number| number.name() == name);
        feature
            .map(|&feature| Self::Feature(feature))
            .or_else(|| jet().map(|&number| Self::Jet(number)))
    }

    /// How many names, numbers, functions and operators it is made of.
    pub fn size(&self) -> usize {
        match self {
            Self::Call(_, arguments) => 1 + arguments.iter().map(Self::size).sum::<usize>(),
            _ => 1,
        }
    }

    /// The names of all it is made of that can be told of a jet.
    fn leaves<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Call(_, arguments) => arguments.iter().for_each(|a| a.leaves(visit)),
            leaf => visit(leaf),
        }
    }

    /// What must be known of the constituents besides their momenta.
    pub fn needs(&self) -> Vec<Property> {
        let mut needs = Vec::new();
        self.leaves(&mut |leaf| {
            if let Self::Feature(feature) = leaf {
                needs.extend_from_slice(feature.needs());
            }
        });
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// The variables in it that no file of ours tells.
    pub fn absent(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.leaves(&mut |leaf| {
            if let Self::Absent(name) = leaf {
                names.push(name.as_str());
            }
        });
        names
    }

    /// Its value for a jet; not a number where something is not known.
    pub(super) fn evaluate(&self, subject: &Subject<'_>) -> Value {
        match self {
            Self::Number(value) => Value::One(*value),
            Self::Jet(number) => Value::One(number.of(subject)),
            Self::Absent(_) => Value::One(f64::NAN),
            Self::Feature(feature) => Value::Each(
                (0..subject.jet.len())
                    .map(|i| feature.of(subject, i))
                    .collect(),
            ),
            Self::Call(function, arguments) => {
                let values: Vec<Value> = arguments.iter().map(|a| a.evaluate(subject)).collect();
                function.evaluate(&values, subject.jet.len())
            }
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A negative number stands in brackets: `2 ** (-1)`.
            Self::Number(value) if *value < 0.0 => write!(f, "({value})"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Feature(feature) => f.write_str(feature.name()),
            Self::Jet(number) => f.write_str(number.name()),
            Self::Absent(name) => f.write_str(name),
            Self::Call(function, arguments) => match (function.is_operator(), &arguments[..]) {
                (true, [only]) => write!(f, "({}{only})", function.name()),
                (true, [first, second]) => {
                    write!(f, "({first} {} {second})", function.name())
                }
                _ => {
                    write!(f, "{}(", function.name())?;
                    for (i, argument) in arguments.iter().enumerate() {
                        let comma = if i == 0 { "" } else { ", " };
                        write!(f, "{comma}{argument}")?;
                    }
                    f.write_str(")")
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::Jets;
    use crate::jets::kinematics::Momentum;

    fn named(name: &str) -> Result<Formula, ObservableError> {
        if name == "pfcand_quality" {
            return Ok(Formula::Absent(name.to_owned()));
        }
        Formula::base(name).ok_or_else(|| ObservableError::formula(name, "no such name"))
    }

    fn jets() -> Jets {
        let particle = |pt, y, phi| Momentum { pt, y, phi, m: 0.0 };
        let mut jets = Jets::new();
        jets.push(&[particle(3.0, 0.5, 0.0), particle(4.0, -0.5, 1.0)])
            .unwrap();
        jets
    }

    fn values(text: &str) -> Vec<f64> {
        let jets = jets();
        let formula = Formula::parse(text, &named).unwrap();
        let value = formula.evaluate(&Subject::new(jets.jet(0)));
        (0..2).map(|i| value.at(i)).collect()
    }

    #[test]
    fn operators_bind_as_in_python() {
        for (text, expected) in [
            ("pt + 2 * pt ** 2 - 1", [3.0 + 18.0 - 1.0, 4.0 + 32.0 - 1.0]),
            ("-pt ** 2", [-9.0, -16.0]),
            ("2 ** -1 * pt", [1.5, 2.0]),
            ("2 ** 3 ** 2 + 0 * pt", [512.0, 512.0]),
            ("pt // 2 + pt % 2", [2.0, 2.0]),
            ("(pt > 3) | (eta > 0) & (pt < 1)", [0.0, 1.0]),
            ("~(pt > 3) * 5", [5.0, 0.0]),
            ("7 - 2 - 1 + 0. * pt", [4.0, 4.0]),
            ("1e1 * pt / .5", [60.0, 80.0]),
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
    }

    #[test]
    fn functions_of_numpy_and_awkward_are_known_with_and_without_their_prefix() {
        for (text, expected) in [
            ("np.hypot(pt, 4)", [5.0, 32.0_f64.sqrt()]),
            ("where(eta < 0, -1, 1) * pt", [3.0, -4.0]),
            ("np.clip(pt, None, 3.5)", [3.0, 3.5]),
            ("_clip(pt, 3.5, 10)", [3.5, 4.0]),
            ("ak.sum(pt, axis=1)", [7.0, 7.0]),
            ("pt / ak.max(pt, axis=-1)[:, np.newaxis]", [0.75, 1.0]),
            ("ak.num(pt) + 0 * pt", [2.0, 2.0]),
            (
                "ak.fill_none(ak.pad_none(pt, 128, clip=True), 0)",
                [3.0, 4.0],
            ),
            ("awkward.JaggedArray.ones_like(pt)", [1.0, 1.0]),
            (
                "np.tanh(np.log(np.exp(eta)))",
                [0.5_f64.tanh(), -(0.5_f64.tanh())],
            ),
            ("np.minimum(pt, 3.5) + math.pi - np.pi", [3.0, 3.5]),
            ("np.nan_to_num(np.log(-pt), 1)", [0.0, 0.0]),
            ("np.nan_to_num(np.log(-pt), nan=2, copy=False)", [2.0, 2.0]),
        ] {
            let found = values(text);
            for (found, expected) in found.iter().zip(expected) {
                // Functions that undo each other leave the last digit.
                assert!((found - expected).abs() < 1e-15 * 10.0, "{text}: {found}");
            }
        }
    }

    #[test]
    fn a_formula_written_out_is_read_again_as_itself() {
        for text in [
            "where(jet_eta < 0, -1, 1) * (eta - jet_eta)",
            "-(pt ** -2) + np.log(pt / jet_pt)",
            "~(pt > 3) & (eta != 2)",
            "clip(pt, None, 3) + sum(pt, axis=1) + pfcand_quality",
        ] {
            let formula = Formula::parse(text, &named).unwrap();
            let again = Formula::parse(&formula.to_string(), &named).unwrap();
            assert_eq!(again, formula, "{text}: {formula}");
        }
    }

    #[test]
    fn what_is_not_in_the_list_is_refused_by_name() {
        for (text, part) in [
            ("np.linalg.norm(pt)", "`np.linalg.norm`"),
            ("pt.sum()", "`pt.sum`"),
            ("pt and eta", "`and`"),
            ("pt[0]", "[:, np.newaxis]"),
            ("1 < pt < 3", "brackets"),
            ("hypot(pt)", "2 arguments"),
            ("ak.sum(pt, axis=0)", "axis=0"),
            ("pt +", "ends"),
            ("pt @ eta", "`@`"),
            ("__import__('os')", "__import__"),
            ("speed", "speed"),
            ("(pt", ")"),
        ] {
            let message = Formula::parse(text, &named).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
        let deep = "(".repeat(10_000);
        assert!(Formula::parse(&deep, &named).is_err());
    }

    #[test]
    fn it_knows_what_it_needs_and_what_nobody_tells() {
        let formula = Formula::parse("dz / dz_error + pfcand_quality", &named).unwrap();
        assert_eq!(formula.needs(), [Property::Dz, Property::DzError]);
        assert_eq!(formula.absent(), ["pfcand_quality"]);
    }
}
