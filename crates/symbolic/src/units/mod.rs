//! Units of the columns, and which formulas they forbid.
//!
//! Sums need terms of one dimension, functions such as `exp` a pure number. A
//! constant is a pure number, or (`constants = "any"`) may carry whatever unit the
//! formula needs.
//!
//! In the hard mode laws that disagree are never looked at, in the soft one their losses
//! count for more: [`violations`](Dimensions::violations) says for how much more.

mod dimension;
mod groups;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::SymbolicError;
use crate::expression::{Expression, Token};
use crate::operator::Operator;
use crate::search::Leaf;

pub use dimension::Dimension;
pub use groups::Products;

/// `units.toml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// Whether ħ = c = 1.
    #[serde(default)]
    pub system: System,
    /// What fitted constants may carry.
    #[serde(default)]
    pub constants: Constants,
    /// Whether laws that disagree are forbidden.
    #[serde(default)]
    pub mode: Mode,
    /// In the soft mode, the factor that a loss is multiplied with for each violation; 10
    /// if not given.
    #[serde(default)]
    pub penalty: Option<f64>,
    /// What is made of dimensionless products of columns.
    #[serde(default)]
    pub groups: Groups,
    /// The unit of every column, the target's among them: `kg*m/s^2`, `GeV`, `1`.
    pub columns: BTreeMap<String, String>,
}

/// What happens to laws that disagree with the units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// They are left out.
    #[default]
    Hard,
    /// They must be better than others by a factor for each violation.
    Soft,
}

/// Use of the dimensionless products of powers of columns (Buckingham's Π).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Groups {
    /// None but what the search finds.
    #[default]
    None,
    /// Laws may contain them as one node each.
    Leaves,
    /// Laws are a product of powers with the target's unit times a function of them.
    Only,
}

/// The penalty if none is given.
const PENALTY: f64 = 10.0;

/// Systems of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// The seven base units of the SI.
    #[default]
    Si,
    /// ħ = c = k_B = 1 and charges are pure numbers: powers of energy.
    Natural,
}

/// What the constants of a law are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Constants {
    /// Of whatever unit makes the law consistent.
    #[default]
    Any,
    /// Pure numbers: every physical constant is a column.
    Dimensionless,
}

/// The dimension of a part of a formula.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// This one.
    Known(Dimension),
    /// Whatever is needed: a constant's.
    Any,
}

/// The dimensions of a problem's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimensions {
    variables: Vec<Dimension>,
    target: Dimension,
    constant: Measure,
}

impl Units {
    /// Checks that every unit can be read, and the penalty.
    pub fn check(&self) -> Result<(), SymbolicError> {
        if !self.penalty().is_finite() || self.penalty() < 1.0 {
            return Err(SymbolicError::setting(
                "units.penalty",
                &self.penalty(),
                "a factor of 1 or more",
            ));
        }
        if self.penalty.is_some() && self.mode == Mode::Hard {
            return Err(SymbolicError::setting(
                "units.penalty",
                &"given in the hard mode",
                "`mode = \"soft\"`, in which violations have a price",
            ));
        }
        self.columns
            .keys()
            .try_for_each(|name| self.of(name).map(drop))
    }

    /// The factor for each violation.
    pub fn penalty(&self) -> f64 {
        self.penalty.unwrap_or(PENALTY)
    }

    /// The dimension of a column.
    fn of(&self, name: &str) -> Result<Dimension, SymbolicError> {
        let wrong = |problem: String| SymbolicError::Unit {
            column: name.to_owned(),
            problem,
        };
        let text = self.columns.get(name).ok_or_else(|| {
            wrong("no unit is given for it; add it to `[columns]`, \"1\" for a pure number".into())
        })?;
        let dimension = Dimension::parse(text).map_err(|part| {
            wrong(format!(
                "cannot read `{part}` in the unit `{text}`; expected units of the SI with their \
                 powers, such as `kg*m/s^2`, `GeV` or `1`"
            ))
        })?;
        Ok(match self.system {
            System::Si => dimension,
            System::Natural => dimension.natural(),
        })
    }

    /// The dimensions of these columns. An error names a column without a unit or
    /// with one that cannot be read, one that is not in the table, and a target
    /// that no formula of the features can measure.
    pub fn resolve(&self, names: &[String], target: &str) -> Result<Dimensions, SymbolicError> {
        self.check()?;
        let variables = names
            .iter()
            .map(|n| self.of(n))
            .collect::<Result<Vec<_>, _>>()?;
        let wanted = self.of(target)?;
        if self.constants == Constants::Dimensionless && !spans(&variables, wanted) {
            return Err(SymbolicError::Unit {
                column: target.to_owned(),
                problem: format!(
                    "its unit ({wanted}) is no product of powers of the features' units; check \
                     the units, add the missing column, or set `constants = \"any\"`"
                ),
            });
        }
        Ok(Dimensions {
            variables,
            target: wanted,
            constant: match self.constants {
                Constants::Any => Measure::Any,
                Constants::Dimensionless => Measure::Known(Dimension::NONE),
            },
        })
    }
}

/// Whether powers of these dimensions multiply to `wanted`: elimination over the
/// seven base units.
fn spans(dimensions: &[Dimension], wanted: Dimension) -> bool {
    let mut basis: Vec<[f64; 7]> = Vec::new();
    let reduce = |basis: &[[f64; 7]], mut v: [f64; 7]| {
        for b in basis {
            if let Some(lead) = b.iter().position(|x| x.abs() > 1e-9) {
                let factor = v[lead] / b[lead];
                for (v, b) in v.iter_mut().zip(b) {
                    *v -= factor * b;
                }
            }
        }
        v
    };
    let nothing = |v: &[f64; 7]| v.iter().all(|x| x.abs() < 1e-9);
    for dimension in dimensions {
        let rest = reduce(&basis, dimension.powers());
        if !nothing(&rest) {
            basis.push(rest);
        }
    }
    nothing(&reduce(&basis, wanted.powers()))
}

impl Dimensions {
    /// The same with further variables, made of those there are. An error names
    /// one whose parts do not agree.
    pub fn with_leaves(mut self, leaves: &[Leaf]) -> Result<Self, SymbolicError> {
        for leaf in leaves {
            let found = match self.measure(&leaf.expression) {
                Some(Measure::Known(dimension)) => dimension,
                Some(Measure::Any) => Dimension::NONE,
                None => {
                    return Err(SymbolicError::Unit {
                        column: leaf.name.clone(),
                        problem: "the units of its parts do not agree; vectors need the same unit \
                                  in all components"
                            .to_owned(),
                    });
                }
            };
            self.variables.push(found);
        }
        Ok(self)
    }

    /// The target's.
    pub fn target(&self) -> Dimension {
        self.target
    }

    /// A variable's.
    pub fn variable(&self, place: u16) -> Dimension {
        self.variables[usize::from(place)]
    }

    /// Whether constants are pure numbers.
    pub fn strict(&self) -> bool {
        self.constant == NUMBER
    }

    /// The dimension of the target over a product of powers of the variables.
    pub fn without(&self, powers: &[f64]) -> Option<Dimension> {
        let factors = self.variables.iter().zip(powers);
        factors
            .filter(|(_, power)| **power != 0.0)
            .try_fold(self.target, |rest, (d, &power)| {
                Some(rest.over(d.to_the(power)?))
            })
    }

    /// Whether a formula is one for the target.
    pub fn allow(&self, expression: &Expression) -> bool {
        match self.measure(expression) {
            None => false,
            Some(Measure::Any) => true,
            Some(Measure::Known(found)) => found == self.target,
        }
    }

    /// In how many places a formula for the target does not agree: operators whose
    /// arguments do not go together, and the whole if it is not of the target's dimension.
    pub fn violations(&self, expression: &Expression) -> usize {
        let mut count = 0;
        let measure = self.fold(expression, |found| {
            count += usize::from(found.is_none());
            // What is wrong once is not held against what contains it.
            Some(found.unwrap_or(Measure::Any))
        });
        let whole = matches!(measure, Some(Measure::Known(found)) if found != self.target);
        count + usize::from(whole)
    }

    /// The dimension of a formula; `None` if its parts do not agree.
    pub fn measure(&self, expression: &Expression) -> Option<Measure> {
        self.fold(expression, |found| found)
    }

    /// The dimension of a formula, what operators give being looked at on the way.
    fn fold(
        &self,
        expression: &Expression,
        mut look: impl FnMut(Option<Measure>) -> Option<Measure>,
    ) -> Option<Measure> {
        let mut stack: Vec<(Measure, Option<f64>)> = Vec::new();
        let mut constants = expression.constants().iter().copied();
        for token in expression.tokens() {
            let top = match token {
                Token::Constant => (self.constant, constants.next()),
                Token::Variable(place) => (Measure::Known(self.variable(*place)), None),
                Token::Apply(operator) => {
                    let right = if operator.arity() == 2 {
                        stack.pop()
                    } else {
                        None
                    };
                    let (left, _) = stack.pop()?;
                    let value = match right {
                        None => unary(*operator, left),
                        Some((right, number)) => binary(*operator, left, right, number),
                    };
                    (look(value)?, None)
                }
            };
            stack.push(top);
        }
        stack.pop().map(|(measure, _)| measure)
    }
}

const NUMBER: Measure = Measure::Known(Dimension::NONE);

/// Whether something is, or may be, a pure number.
fn number(measure: Measure) -> bool {
    matches!(measure, Measure::Any) || measure == NUMBER
}

fn unary(operator: Operator, a: Measure) -> Option<Measure> {
    let power = |twelfths: i16| match a {
        Measure::Any => Some(Measure::Any),
        Measure::Known(d) => d.power(twelfths).map(Measure::Known),
    };
    match operator {
        Operator::Neg | Operator::Abs => Some(a),
        Operator::Inv => power(-12),
        Operator::Sqrt => power(6),
        Operator::Cbrt => power(4),
        Operator::Square => power(24),
        Operator::Cube => power(36),
        // The sign of anything.
        Operator::Step => Some(NUMBER),
        _ => number(a).then_some(NUMBER),
    }
}

fn binary(operator: Operator, a: Measure, b: Measure, exponent: Option<f64>) -> Option<Measure> {
    use Measure::{Any, Known};
    let same = match (a, b) {
        (Any, other) | (other, Any) => Some(other),
        (Known(x), Known(y)) => (x == y).then_some(a),
    };
    match operator {
        Operator::Add | Operator::Sub | Operator::Min | Operator::Max => same,
        Operator::Atan2 => same.map(|_| NUMBER),
        Operator::Mul | Operator::Div => Some(match (a, b) {
            (Known(x), Known(y)) if operator == Operator::Mul => Known(x.times(y)),
            (Known(x), Known(y)) => Known(x.over(y)),
            _ => Any,
        }),
        Operator::Pow if number(b) => match (a, exponent) {
            (Any, _) => Some(Any),
            (Known(x), _) if x == Dimension::NONE => Some(a),
            (Known(x), Some(p)) => x.to_the(p).map(Known),
            (Known(_), None) => None,
        },
        Operator::Pow => None,
        _ => (number(a) && number(b)).then_some(NUMBER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(constants: Constants, columns: &[(&str, &str)]) -> Units {
        Units {
            constants,
            columns: columns
                .iter()
                .map(|(n, u)| ((*n).to_owned(), (*u).to_owned()))
                .collect(),
            ..Units::default()
        }
    }

    const COLUMNS: [(&str, &str); 4] = [("x", "m"), ("t", "s"), ("c", "m/s"), ("y", "m")];

    #[test]
    fn only_consistent_formulas_are_allowed() {
        let names = ["x", "t", "c"].map(str::to_owned);
        let strict = units(Constants::Dimensionless, &COLUMNS)
            .resolve(&names, "y")
            .unwrap();
        let loose = units(Constants::Any, &COLUMNS)
            .resolve(&names, "y")
            .unwrap();
        for (text, strictly, loosely) in [
            ("x + 2*c*t", true, true),
            ("x + t", false, false),
            ("x + 1.5", false, true),
            ("c*t*sin(x/(c*t))", true, true),
            ("x*sin(x)", false, false),
            ("x*sin(2*x)", false, true),
            ("sqrt(x^2 + (c*t)^2)", true, true),
            ("t", false, false),
            ("3*t", false, true),
            ("(x^3)^0.5/(c*t)^0.5", true, true),
        ] {
            let law = Expression::parse(text, &names).unwrap();
            assert_eq!(strict.allow(&law), strictly, "{text}");
            assert_eq!(loose.allow(&law), loosely, "{text}");
        }
    }

    #[test]
    fn every_disagreement_counts_once() {
        let names = ["x", "t", "c"].map(str::to_owned);
        let strict = units(Constants::Dimensionless, &COLUMNS)
            .resolve(&names, "y")
            .unwrap();
        for (text, count) in [
            ("x + 2*c*t", 0),
            ("x + t", 1),
            ("(x + t)*c", 1),
            ("t", 1),
            ("c*t*sin(x)", 1),
            ("sin(x) + exp(t)", 2),
            ("sin(x + t)", 2),
        ] {
            let law = Expression::parse(text, &names).unwrap();
            assert_eq!(strict.violations(&law), count, "{text}");
            assert_eq!(strict.allow(&law), count == 0, "{text}");
        }
    }

    #[test]
    fn penalties_that_reward_are_refused() {
        let with = |mode, penalty| Units {
            mode,
            penalty,
            ..Units::default()
        };
        assert!(with(Mode::Soft, Some(3.0)).check().is_ok());
        for wrong in [0.5, -1.0, f64::NAN, f64::INFINITY] {
            let error = with(Mode::Soft, Some(wrong)).check().unwrap_err();
            assert!(error.to_string().contains("units.penalty"), "{error}");
        }
        assert!(with(Mode::Hard, Some(3.0)).check().is_err());
    }

    #[test]
    fn an_error_names_the_column() {
        let names = ["x", "t"].map(str::to_owned);
        let says = |columns: &[(&str, &str)], parts: &[&str]| {
            let found = units(Constants::Dimensionless, columns).resolve(&names, "y");
            let text = found.unwrap_err().to_string();
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        };
        says(&[("x", "m"), ("t", "s"), ("y", "kg")], &["`y`", "kg"]);
        says(&[("x", "m"), ("y", "m")], &["`t`", "no unit"]);
        says(
            &[("x", "m"), ("t", "parsecs"), ("y", "m")],
            &["`t`", "parsecs"],
        );
    }
}
