//! What is known of an energy flow polynomial among the candidates of a search.

use pellucid_core::Multigraph;
use pellucid_distill::{Candidate, Details};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The powers and the graph of a polynomial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Polynomial {
    /// The power of the momentum fractions.
    pub kappa: f64,
    /// The power of the angles.
    pub beta: f64,
    /// The chromatic number of the multigraph.
    pub chromatic_number: usize,
    /// The multigraph.
    pub graph: Multigraph,
}

/// The fields of a polynomial, which are `null` of what is none.
const FIELDS: [&str; 4] = ["kappa", "beta", "chromatic_number", "graph"];

impl Polynomial {
    /// A polynomial.
    pub fn new(graph: Multigraph, kappa: f64, beta: f64) -> Self {
        Self {
            kappa,
            beta,
            chromatic_number: graph.chromatic_number(),
            graph,
        }
    }

    /// The polynomial as a candidate of this name.
    pub fn named(&self, name: &str) -> Candidate {
        let details = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields.into_iter().collect(),
            _ => Details::new(),
        };
        Candidate::named(name).details(details)
    }

    /// What the details of a candidate tell; `None` if it is no polynomial.
    pub fn of(details: &Details) -> Option<Self> {
        let fields = FIELDS
            .iter()
            .map(|field| Some(((*field).to_owned(), details.get(*field)?.clone())));
        let fields: Option<serde_json::Map<String, Value>> = fields.collect();
        serde_json::from_value(Value::Object(fields?)).ok()
    }
}

/// A candidate that is no polynomial.
pub(crate) fn other(name: &str) -> Candidate {
    let none = FIELDS.map(|field| (field.to_owned(), Value::Null));
    Candidate::named(name).details(none.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_is_told_by_its_details_and_another_candidate_is_none() {
        let graph = Multigraph::new(3, [(0, 1), (1, 2), (0, 2)]).unwrap();
        let polynomial = Polynomial::new(graph, -1.0, 0.1);
        let candidate = polynomial.named("efp");
        assert_eq!(Polynomial::of(&candidate.details), Some(polynomial));
        assert_eq!(candidate.details["chromatic_number"], 3);
        assert_eq!(Polynomial::of(&other("mass").details), None);
        assert_eq!(Polynomial::of(&Details::new()), None);
    }
}
