//! Where laws must go as a column goes somewhere.

use serde::{Deserialize, Serialize};

use super::problem::Problem;
use crate::error::SymbolicError;
use crate::expression::Expression;

/// A limit of laws: `{ column = "r", to = "inf", value = "0" }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The column that goes somewhere.
    pub column: String,
    /// Where it goes: a number, `inf` or `-inf`.
    pub to: String,
    /// What laws then approach: a number, a formula over the other columns, or
    /// `finite` for anything that is finite.
    pub value: String,
    /// The largest distance from it, in units of the larger of the target's standard
    /// deviation and the value itself.
    #[serde(default = "hundredth")]
    pub tolerance: f64,
}

fn hundredth() -> f64 {
    0.01
}

/// Steps towards a limit: tenths, hundredths and so on of the column's spread, or ten
/// times, a hundred times it.
const STEPS: i32 = 6;

/// A limit that is checked at points of a table.
#[derive(Debug, Clone)]
pub struct Approach {
    column: usize,
    /// The ways there, each a list of values of the column.
    ways: Vec<Vec<f64>>,
    /// None if anything finite will do.
    value: Option<Expression>,
    tolerance: f64,
    /// The target's standard deviation.
    scale: f64,
}

impl Limit {
    /// Whether no law has both limits: two numbers at the same place that are further
    /// apart than the tolerances could make them.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let (Some(a), Some(b)) = (number(&self.value), number(&other.value)) else {
            return false;
        };
        // The target's spread, which tolerances count in, is not known here: only what is
        // small beside the numbers themselves is told.
        let tolerance = (self.tolerance + other.tolerance) * a.abs().max(b.abs());
        let there = number(&self.to).is_some() && number(&self.to) == number(&other.to);
        self.column == other.column && there && (a - b).abs() > tolerance
    }

    /// The limit over the columns of a problem.
    pub(super) fn resolve(
        &self,
        column: usize,
        problem: &Problem,
    ) -> Result<Approach, SymbolicError> {
        let wrong = |found: String, expected| {
            Err(SymbolicError::Setting {
                setting: "constraints.limits",
                found,
                expected,
            })
        };
        let to = match self.to.trim().parse::<f64>() {
            Ok(to) if !to.is_nan() => to,
            _ => {
                let expected = "a number, `inf` or `-inf` where the column goes";
                return wrong(format!("to = `{}`", self.to), expected);
            }
        };
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            let found = format!("tolerance = {}", self.tolerance);
            return wrong(found, "a positive tolerance");
        }
        let value = match self.value.trim() {
            "finite" => None,
            text => Some(Expression::parse(text, problem.own_names())?),
        };
        let own = |value: &Expression| value.variables().contains(&(column as u16));
        if value.as_ref().is_some_and(own) {
            let found = format!("value = `{}` as {} changes", self.value, self.column);
            return wrong(found, "a value over the other columns");
        }
        Ok(Approach {
            column,
            ways: ways(to, &problem.columns()[column]),
            value,
            tolerance: self.tolerance,
            scale: problem.variance().sqrt(),
        })
    }
}

/// The ways to a place: from the side where the column's values are, or from both.
fn ways(to: f64, values: &[f64]) -> Vec<Vec<f64>> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = if high > low {
        high - low
    } else {
        low.abs().max(1.0)
    };
    let walk = |from: f64, sign: f64, power: i32| {
        let step = |k: i32| from + sign * spread * 10_f64.powi(power * k);
        (1..=STEPS).map(step).collect::<Vec<f64>>()
    };
    if to.is_infinite() {
        let from = if to > 0.0 { high } else { low };
        return vec![walk(from, to.signum(), 1)];
    }
    let sides = [(high > to, 1.0), (low < to, -1.0)];
    let there = sides.iter().filter(|(there, _)| *there);
    let ways: Vec<Vec<f64>> = there.map(|(_, sign)| walk(to, *sign, -1)).collect();
    if ways.is_empty() {
        // The column is constant, at this very place.
        return vec![walk(to, 1.0, -1), walk(to, -1.0, -1)];
    }
    ways
}

impl Approach {
    /// Whether a law has the limit, the other columns as in this row.
    pub fn holds(&self, law: &Expression, row: &[f64]) -> bool {
        self.ways.iter().all(|way| self.arrives(law, row, way))
    }

    fn arrives(&self, law: &Expression, row: &[f64], way: &[f64]) -> bool {
        let mut point = row.to_vec();
        let mut last = [f64::NAN; 2];
        for &x in way {
            point[self.column] = x;
            let value = law.at(&point);
            if value.is_nan() {
                if overflows(law, &point) {
                    break;
                }
                return false;
            }
            last = [last[1], value];
        }
        let [before, end] = last;
        let aim = self.value.as_ref().map_or(before, |value| value.at(row));
        // Comparisons with what is not a number are false.
        end.is_finite() && (end - aim).abs() <= self.tolerance * self.scale.max(aim.abs())
    }
}

/// Whether a part of a law is too large for a number: `exp(x)/(1 + exp(x))` is then
/// undefined only by the way it is computed.
fn overflows(law: &Expression, point: &[f64]) -> bool {
    (0..law.tokens().len()).any(|end| law.part(end).at(point).is_infinite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        let column = |name: &str| {
            let values = (0..20).map(|i| 0.5 + 0.1 * f64::from(i)).collect();
            (name.to_owned(), values)
        };
        let target = (0..20).map(|i| f64::from(i % 5)).collect();
        let features = vec![column("x"), column("y")];
        Problem::new(features, ("z".to_owned(), target), None).unwrap()
    }

    fn limit(to: &str, value: &str) -> Limit {
        Limit {
            column: "x".to_owned(),
            to: to.to_owned(),
            value: value.to_owned(),
            tolerance: 0.01,
        }
    }

    #[test]
    fn limits_are_those_of_calculus() {
        for (law, to, value, has) in [
            ("y/x", "inf", "0", true),
            ("y/x", "0", "finite", false),
            ("y/x", "0", "0", false),
            ("sin(x)/x", "0", "1", true),
            ("(1 - cos(x))/x^2", "0", "0.5", true),
            ("exp(x)/(1 + exp(x))", "inf", "1", true),
            ("exp(x)/(1 + exp(x))", "-inf", "0", true),
            ("exp(x)", "inf", "finite", false),
            ("y + exp(-x)", "inf", "y", true),
            ("y + exp(-x)", "inf", "finite", true),
            ("2*y + exp(-x)", "inf", "y", false),
            ("sin(x)", "inf", "finite", false),
            ("sqrt(x - 0.001)", "0", "finite", false),
            ("sqrt(900 - x)", "inf", "finite", false),
            ("(x^2 - 1)/(x - 1)", "1", "2", true),
            ("x/sqrt((x - 1)^2)", "1", "finite", false),
        ] {
            let problem = problem();
            let law = Expression::parse(law, problem.names()).unwrap();
            let approach = limit(to, value).resolve(0, &problem).unwrap();
            let text = law.infix(problem.names());
            assert_eq!(approach.holds(&law, &[1.3, 0.7]), has, "{text} at {to}");
        }
    }

    #[test]
    fn numbers_exclude_each_other_at_the_same_place() {
        assert!(limit("inf", "0").excludes(&limit("Inf", "1")));
        assert!(!limit("inf", "0").excludes(&limit("-inf", "1")));
        assert!(!limit("inf", "1").excludes(&limit("inf", "1.01")));
        assert!(!limit("inf", "y").excludes(&limit("inf", "1")));
        assert!(!limit("inf", "finite").excludes(&limit("inf", "1")));
    }

    #[test]
    fn limits_that_mean_nothing_are_refused() {
        let problem = problem();
        for bad in [limit("soon", "0"), limit("0", "x"), limit("0", "q")] {
            assert!(bad.resolve(0, &problem).is_err(), "{bad:?}");
        }
        let bad = Limit {
            tolerance: 0.0,
            ..limit("0", "1")
        };
        assert!(bad.resolve(0, &problem).is_err());
    }
}
