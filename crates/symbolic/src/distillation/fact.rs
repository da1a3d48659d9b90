//! What a model's answers say before any search.

use serde::{Deserialize, Serialize};

/// A statement about a model, with how far it is from true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What kind of statement it is.
    pub kind: Kind,
    /// The statement over the names of the inputs.
    pub statement: String,
    /// What it is about: an input, a combination, or the parts.
    pub subject: String,
    /// The inputs that were free, if others were held.
    pub within: Vec<String>,
    /// How much of the model's slopes contradicts it: 0 if it holds exactly, about
    /// 1 if it has nothing to do with the model.
    pub violation: f64,
    /// The standard error of that, from ten parts of the rows.
    pub error: f64,
    /// Whether it counts as true.
    pub holds: bool,
}

impl Fact {
    /// The statement with all that belongs to it.
    pub fn told(&self) -> String {
        let within = match self.within.as_slice() {
            [] => String::new(),
            free => format!("with only {} free: ", free.join(", ")),
        };
        let not = if self.holds {
            ""
        } else {
            "not true, but nearest to it: "
        };
        format!("{within}{not}{}", self.statement)
    }

    /// The statement in a few words.
    pub fn label(&self) -> String {
        let not = if self.holds { "" } else { "not " };
        let what = match self.kind {
            Kind::Irrelevant => "without effect",
            Kind::Translation => "translation",
            Kind::Scaling => "scaling",
            Kind::Rotation => "rotation",
            Kind::Sum => "sum",
            Kind::Product => "product",
        };
        format!("{not}{what}: {}", self.subject)
    }
}

/// The kinds of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An input does not matter.
    Irrelevant,
    /// Two quantities occur only as one sum or difference: invariant under a
    /// translation of both.
    Translation,
    /// Two quantities occur only as one product of powers: invariant under a scaling.
    Scaling,
    /// Two quantities occur only as one sum or difference of squares: invariant
    /// under a rotation or a boost.
    Rotation,
    /// A sum of functions of different inputs.
    Sum,
    /// A product of functions of different inputs.
    Product,
}

/// How much of some numbers is left over, with a standard error: `√(Σ left² / Σ whole²)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Violation {
    pub value: f64,
    pub error: f64,
}

/// Parts of the rows for errors.
const PARTS: usize = 10;

impl Violation {
    /// From what is left and what it is left of, row by row. The error is that of
    /// a jackknife over ten parts of the rows.
    pub fn new(rows: impl Iterator<Item = [f64; 2]>) -> Self {
        let mut parts = [[0.0; 2]; PARTS];
        for (row, [left, whole]) in rows.enumerate() {
            let part = &mut parts[row % PARTS];
            part[0] += left * left;
            part[1] += whole * whole;
        }
        let total: [f64; 2] = [0, 1].map(|i| parts.iter().map(|part| part[i]).sum());
        let ratio = |[left, whole]: [f64; 2]| {
            // Nothing of nothing.
            if whole > 0.0 {
                (left / whole).sqrt()
            } else {
                0.0
            }
        };
        let value = ratio(total);
        let without = parts.map(|part| ratio([total[0] - part[0], total[1] - part[1]]));
        let mean = without.iter().sum::<f64>() / PARTS as f64;
        let squares: f64 = without.iter().map(|v| (v - mean).powi(2)).sum();
        let error = (squares * (PARTS - 1) as f64 / PARTS as f64).sqrt();
        Self { value, error }
    }
}
