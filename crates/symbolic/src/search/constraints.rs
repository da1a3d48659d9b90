//! What laws must not look like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::behaviour::{Exchange, Monotonic};
use super::limit::Limit;
use crate::error::SymbolicError;
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// Limits on the form of laws and on how they depend on columns; none by default.
/// Those on form hold for laws as they are written, `x²` being one operator where
/// `square` is allowed; for those on columns see [`Behaviour`](super::Behaviour).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Constraints {
    /// At most so many of an operator: `most.exp = 1`.
    pub most: BTreeMap<Operator, usize>,
    /// The largest argument of an operator, in nodes: `argument.sin = 3`.
    pub argument: BTreeMap<Operator, usize>,
    /// Operators that must not stand inside another's arguments:
    /// `inside.sin = ["sin", "cos"]`.
    pub inside: BTreeMap<Operator, Vec<Operator>>,
    /// The only columns that may stand in an operator's arguments:
    /// `variables.exp = ["t"]`.
    pub variables: BTreeMap<Operator, Vec<String>>,
    /// Columns that laws must contain.
    pub with: Vec<String>,
    /// Columns that laws must not contain.
    pub without: Vec<String>,
    /// Columns whose sign does not matter, each by itself.
    pub even: Vec<String>,
    /// Columns with whose sign that of the law changes, each by itself.
    pub odd: Vec<String>,
    /// Columns that may change places.
    pub symmetric: Vec<Exchange>,
    /// Columns in which laws rise or fall.
    pub monotonic: Vec<Monotonic>,
    /// Where laws go as a column goes somewhere.
    pub limits: Vec<Limit>,
}

impl Constraints {
    /// Refuses constraints that no formula of these operators can meet, or that
    /// are about an operator that is not searched with.
    pub fn check(&self, operators: &[Operator]) -> Result<(), SymbolicError> {
        let wrong = |setting, found: String, expected| {
            Err(SymbolicError::Setting {
                setting,
                found,
                expected,
            })
        };
        let inner = self.inside.values().flatten();
        let keys = self
            .most
            .keys()
            .chain(self.argument.keys())
            .chain(self.inside.keys())
            .chain(self.variables.keys());
        if let Some(other) = keys.chain(inner).find(|o| !operators.contains(o)) {
            let expected = "operators that the search uses";
            return wrong("constraints", format!("about `{}`", other.name()), expected);
        }
        if let Some((operator, _)) = self.argument.iter().find(|(_, size)| **size == 0) {
            let found = format!("0 for `{}`", operator.name());
            return wrong(
                "constraints.argument",
                found,
                "arguments of 1 node at least",
            );
        }
        if operators.iter().all(|o| self.most.get(o) == Some(&0)) {
            let found = "0 for every operator".to_owned();
            return wrong("constraints.most", found, "1 for one operator at least");
        }
        Ok(())
    }

    /// Whether any of them is about columns.
    pub fn about_columns(&self) -> bool {
        *self != self.of_form()
    }

    /// Only those on operators, for laws over other columns.
    pub fn of_form(&self) -> Self {
        Self {
            most: self.most.clone(),
            argument: self.argument.clone(),
            inside: self.inside.clone(),
            ..Self::default()
        }
    }

    /// Refuses constraints on columns of which one excludes another, or that say
    /// nothing.
    pub(super) fn contradict(&self) -> Result<(), SymbolicError> {
        let wrong = |setting, found: String, expected| {
            Err(SymbolicError::Setting {
                setting,
                found,
                expected,
            })
        };
        let about = |name: &String| format!("about `{name}`");
        if let Some(name) = self.even.iter().find(|name| self.odd.contains(name)) {
            let expected = "columns that are not among `even` too: only zero is both";
            return wrong("constraints.odd", about(name), expected);
        }
        if let Some(name) = self.with.iter().find(|name| self.without.contains(name)) {
            let expected = "columns that are not among `without` too";
            return wrong("constraints.with", about(name), expected);
        }
        if let Some((operator, _)) = self.variables.iter().find(|(_, names)| names.is_empty()) {
            let found = format!("empty for `{}`", operator.name());
            let expected = "one column at least; `most` of 0 forbids an operator";
            return wrong("constraints.variables", found, expected);
        }
        for Exchange { these, those } in &self.symmetric {
            let mut all: Vec<&String> = these.iter().chain(those).collect();
            all.sort_unstable();
            all.dedup();
            if these.is_empty() || these.len() != those.len() || all.len() != 2 * these.len() {
                let found = format!("[{}] with [{}]", these.join(", "), those.join(", "));
                let expected = "as many columns in `these` as in `those`, each of them once";
                return wrong("constraints.symmetric", found, expected);
            }
        }
        for (i, one) in self.limits.iter().enumerate() {
            let against = |other: &&Limit| one.excludes(other);
            if let Some(other) = self.limits[..i].iter().find(against) {
                let found = format!(
                    "{} and {} as `{}` goes to {}",
                    other.value, one.value, one.column, one.to
                );
                return wrong("constraints.limits", found, "one value");
            }
        }
        for (i, one) in self.monotonic.iter().enumerate() {
            let fine = |[low, high]: [f64; 2]| low < high && (high - low).is_finite();
            if !one.range.is_none_or(fine) {
                let found = format!(
                    "range = {:?} for `{}`",
                    one.range.unwrap_or_default(),
                    one.column
                );
                let expected = "a finite range from a smaller to a larger number";
                return wrong("constraints.monotonic", found, expected);
            }
            let against = |other: &&Monotonic| {
                let apart = match (one.range, other.range) {
                    (Some([a, b]), Some([c, d])) => b <= c || d <= a,
                    _ => false,
                };
                other.column == one.column && other.is != one.is && !apart
            };
            if self.monotonic[..i].iter().any(|other| against(&other)) {
                let found = format!("rising and falling in `{}` on the same range", one.column);
                return wrong("constraints.monotonic", found, "one of both");
            }
        }
        Ok(())
    }

    /// Whether a formula meets those on operators.
    pub fn allow(&self, expression: &Expression) -> bool {
        if self.most.is_empty() && self.argument.is_empty() && self.inside.is_empty() {
            return true;
        }
        let tokens = expression.tokens();
        let count = |operator: Operator| {
            tokens
                .iter()
                .filter(|t| **t == Token::Apply(operator))
                .count()
        };
        self.most
            .iter()
            .all(|(&operator, &most)| count(operator) <= most)
            && tokens.iter().enumerate().all(|(end, token)| match token {
                Token::Apply(operator) => self.fits(expression, end, *operator),
                _ => true,
            })
    }

    /// Whether the arguments of the operator at `end` are as they may be.
    fn fits(&self, expression: &Expression, end: usize, operator: Operator) -> bool {
        let start = expression.start(end);
        let tokens = expression.tokens();
        let small = self.argument.get(&operator).is_none_or(|&largest| {
            let right = expression.start(end - 1);
            // The second argument is all before the operator, the first the rest.
            end - right <= largest && right - start <= largest
        });
        let without = self.inside.get(&operator).is_none_or(|forbidden| {
            let among = |token: &Token| match token {
                Token::Apply(inner) => forbidden.contains(inner),
                _ => false,
            };
            !tokens[start..end].iter().any(among)
        });
        small && without
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_held_to_every_constraint() {
        let constraints = Constraints {
            most: [(Operator::Exp, 1)].into(),
            argument: [(Operator::Sin, 3), (Operator::Div, 2)].into(),
            inside: [(Operator::Sin, vec![Operator::Sin, Operator::Cos])].into(),
            ..Constraints::default()
        };
        let names = ["x", "y"].map(str::to_owned);
        for (text, allowed) in [
            ("sin(x*y) + exp(x)", true),
            ("exp(x) + exp(y)", false),
            ("sin(x*y + x)", false),
            ("sin(cos(x))", false),
            ("x/exp(y)", true),
            ("(x + y)/x", false),
            ("x/(x + y)", false),
            ("cos(sin(x))", true),
        ] {
            let law = Expression::parse(text, &names).unwrap();
            assert_eq!(constraints.allow(&law), allowed, "{text}");
        }
    }

    #[test]
    fn impossible_constraints_are_refused() {
        let operators = [Operator::Add, Operator::Sin];
        let refused = |constraints: Constraints| constraints.check(&operators).is_err();
        assert!(!refused(Constraints::default()));
        assert!(refused(Constraints {
            most: [(Operator::Add, 0), (Operator::Sin, 0)].into(),
            ..Constraints::default()
        }));
        assert!(refused(Constraints {
            argument: [(Operator::Sin, 0)].into(),
            ..Constraints::default()
        }));
        assert!(refused(Constraints {
            inside: [(Operator::Sin, vec![Operator::Cos])].into(),
            ..Constraints::default()
        }));
    }
}
