//! What is kept of a search: the best laws, and different ones.
//!
//! An archive has a cell for every complexity and kind of formula (which
//! variables, which families of operators); a cell holds its best law. Laws of
//! unlike kind do not displace each other, so stepping stones survive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::judge::Law;
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// The best law of every complexity and kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    cells: BTreeMap<usize, BTreeMap<u32, Law>>,
}

impl Archive {
    /// Whether a law of this form and loss would be kept.
    pub fn wants(&self, expression: &Expression, loss: f64) -> bool {
        let cell = self
            .cells
            .get(&expression.complexity())
            .and_then(|c| c.get(&kind(expression)));
        cell.is_none_or(|law| loss < law.loss)
    }

    /// Keeps a law if it is the best of its cell; says whether it was kept.
    pub fn insert(&mut self, law: Law) -> bool {
        let row = self.cells.entry(law.complexity()).or_default();
        match row.get(&kind(&law.expression)) {
            Some(there) if there.compare(&law).is_le() => false,
            _ => {
                row.insert(kind(&law.expression), law);
                true
            }
        }
    }

    /// All laws, by complexity.
    pub fn laws(&self) -> impl Iterator<Item = &Law> {
        self.cells.values().flat_map(BTreeMap::values)
    }

    /// The complexities there are.
    pub fn complexities(&self) -> Vec<usize> {
        self.cells.keys().copied().collect()
    }

    /// The laws of one complexity.
    pub fn of(&self, complexity: usize) -> Vec<&Law> {
        self.cells
            .get(&complexity)
            .into_iter()
            .flat_map(BTreeMap::values)
            .collect()
    }

    /// The largest loss that is worth a closer look at a complexity: some
    /// multiple of the best among laws that are no larger.
    pub fn bound(&self, complexity: usize) -> f64 {
        let best = self
            .cells
            .range(..=complexity)
            .flat_map(|(_, row)| row.values());
        best.map(|law| law.loss).fold(f64::INFINITY, f64::min)
    }
}

/// Variables (folded into eight bits) and families of operators of a formula.
fn kind(expression: &Expression) -> u32 {
    let mut kind = 0;
    for token in expression.tokens() {
        kind |= match token {
            Token::Constant => 0,
            Token::Variable(v) => 1 << (v % 8),
            Token::Apply(operator) => match *operator {
                Operator::Div | Operator::Inv => 1 << 8,
                Operator::Add
                | Operator::Sub
                | Operator::Mul
                | Operator::Neg
                | Operator::Square
                | Operator::Cube
                | Operator::Abs => 0,
                Operator::Sqrt | Operator::Cbrt | Operator::Pow => 1 << 9,
                Operator::Exp
                | Operator::Log
                | Operator::Sinh
                | Operator::Cosh
                | Operator::Tanh
                | Operator::Erf => 1 << 10,
                Operator::Sin | Operator::Cos | Operator::Tan => 1 << 11,
                _ => 1 << 12,
            },
        };
    }
    kind
}

/// The best law of every complexity that is better than all smaller ones.
///
/// Where rows are few a constant is dear, and of the laws of one complexity the best may
/// not be the one to take: `v c/(c + k)` has seven nodes and two constants, `a − b/(c + k)`
/// seven and three. A front that counts constants keeps besides every law
/// that is better than all that have neither more nodes nor more constants.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    laws: BTreeMap<usize, Law>,
    /// Laws of fewer constants than those that are better.
    #[serde(default)]
    lean: Vec<Law>,
    #[serde(default)]
    counts: bool,
    /// What laws were searched as where a template makes other laws of it.
    #[serde(skip)]
    forms: BTreeMap<usize, Law>,
}

/// The constants of a law that tell something: neither the one of `1 − x` nor a half in an
/// exponent.
pub(crate) fn numbers(law: &Expression) -> usize {
    let tokens = law.tokens();
    let places = (0..tokens.len()).filter(|&place| tokens[place] == Token::Constant);
    let raised = Token::Apply(Operator::Pow);
    let half =
        |place: usize, c: f64| tokens.get(place + 1) == Some(&raised) && (2.0 * c).fract() == 0.0;
    let constants = places.zip(law.constants());
    constants
        .filter(|&(place, c)| c.abs() != 1.0 && !half(place, *c))
        .count()
}

impl Front {
    /// An empty front that counts constants, or does not.
    pub(crate) fn counting(counts: bool) -> Self {
        Self {
            counts,
            ..Self::default()
        }
    }

    /// An empty front of the same kind.
    pub(crate) fn empty(&self) -> Self {
        Self::counting(self.counts)
    }

    /// Puts a law on the front if it belongs there; says whether it does.
    pub fn insert(&mut self, law: Law) -> bool {
        let size = law.complexity();
        let mut smaller = self.laws.range(..=size);
        let beaten = smaller.any(|(_, other)| other.loss <= law.loss);
        if !law.loss.is_finite() {
            return false;
        }
        if beaten {
            return self.counts && self.insert_lean(law);
        }
        let worse = |other: usize, there: &Law| other >= size && there.loss >= law.loss;
        let mut beaten = Vec::new();
        self.laws.retain(|&other, there| {
            let goes = worse(other, there);
            if goes {
                beaten.push(there.clone());
            }
            !goes
        });
        self.lean.retain(|there| !dominates(&law, there));
        self.laws.insert(size, law);
        if self.counts {
            for law in beaten {
                self.insert_lean(law);
            }
        }
        true
    }

    /// Keeps a law that others are better than if all of them have more constants.
    fn insert_lean(&mut self, law: Law) -> bool {
        let mut all = self.laws.values().chain(&self.lean);
        if all.any(|other| dominates(other, &law)) {
            return false;
        }
        self.lean.retain(|there| !dominates(&law, there));
        self.lean.push(law);
        true
    }

    /// The same with what the law was searched as.
    pub(crate) fn insert_as(&mut self, law: Law, form: Law) {
        let size = law.complexity();
        if self.insert(law) {
            self.forms.retain(|size, _| self.laws.contains_key(size));
            self.forms.insert(size, form);
        }
    }

    /// The laws as they were searched: those of a template as its open functions.
    pub(crate) fn forms(&self) -> impl Iterator<Item = &Law> {
        let laws = self.laws.iter();
        laws.map(|(size, law)| self.forms.get(size).unwrap_or(law))
    }

    /// The laws, the smallest first.
    pub fn laws(&self) -> impl DoubleEndedIterator<Item = &Law> {
        self.laws.values()
    }

    /// Laws that others of as many nodes are better than, which have more constants.
    pub(crate) fn lean(&self) -> &[Law] {
        &self.lean
    }

    /// The smallest loss of laws that are no larger.
    pub fn bound(&self, size: usize) -> f64 {
        let smaller = self.laws.range(..=size);
        smaller
            .map(|(_, law)| law.loss)
            .fold(f64::INFINITY, f64::min)
    }

    /// The smallest loss.
    pub fn best(&self) -> Option<&Law> {
        self.laws.values().next_back()
    }
}

/// Whether a law has neither more nodes nor more constants than another, nor a larger loss.
fn dominates(law: &Law, other: &Law) -> bool {
    law.complexity() <= other.complexity()
        && numbers(&law.expression) <= numbers(&other.expression)
        && law.loss <= other.loss
}

#[cfg(test)]
mod tests {
    use super::*;

    fn law(text: &str, loss: f64) -> Law {
        let names = ["x".to_owned()];
        Law {
            expression: Expression::parse(text, &names).unwrap(),
            loss,
        }
    }

    #[test]
    fn a_front_that_counts_constants_keeps_the_law_that_has_fewer() {
        for counts in [false, true] {
            let mut front = Front::counting(counts);
            // In either order.
            assert!(front.insert(law("2.5*x/(x + 0.4)", 0.2)));
            assert!(front.insert(law("3.5 - 0.7/(x + 0.4)", 0.1)));
            assert_eq!(front.insert(law("2.5/(1 + 0.4*x)", 0.15)), counts);
            let lean: Vec<f64> = front.lean().iter().map(|law| law.loss).collect();
            let kept: &[f64] = if counts { &[0.15] } else { &[] };
            assert_eq!(lean, kept);
            // What has fewer constants and a smaller loss displaces both.
            assert!(front.insert(law("2.5*x", 0.05)));
            assert!(front.lean().is_empty() && front.laws().count() == 1);
        }
    }
}
