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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    laws: BTreeMap<usize, Law>,
    /// What laws were searched as where a template makes other laws of it.
    #[serde(skip)]
    forms: BTreeMap<usize, Law>,
}

impl Front {
    /// Puts a law on the front if it belongs there; says whether it does.
    pub fn insert(&mut self, law: Law) -> bool {
        let size = law.complexity();
        let beaten = self
            .laws
            .range(..=size)
            .any(|(_, other)| other.loss <= law.loss);
        if beaten || !law.loss.is_finite() {
            return false;
        }
        self.laws
            .retain(|&other, there| other < size || there.loss < law.loss);
        self.laws.insert(size, law);
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
