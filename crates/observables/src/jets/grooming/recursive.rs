//! Recursive soft drop.
//!
//! Soft drop goes on after the first splitting that passes: of all branches the
//! one that was joined at the widest angle is taken apart next, its softer half
//! dropped or both kept, until `layers` splittings have passed or nothing is
//! left to take apart. One layer is soft drop.
//!
//! * **Reference:** F. Dreyer et al., arXiv:1804.03657, section 3.1.

use serde::{Deserialize, Serialize};

use super::{Groomed, SoftDrop, Splitting, gather, ordered};
use crate::ObservableError;
use crate::jets::clustering::History;
use crate::jets::substructure::Substructure;

/// Settings of recursive soft drop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecursiveSoftDrop {
    /// The condition on each splitting.
    pub soft_drop: SoftDrop,
    /// How many splittings must pass; without end if there is no number.
    #[serde(default)]
    pub layers: Option<usize>,
}

impl RecursiveSoftDrop {
    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        if self.layers == Some(0) {
            return Err(ObservableError::setting(
                "layers",
                0,
                "1 or more, or none for no end",
            ));
        }
        self.soft_drop.check()
    }

    /// The groomed jet; its splitting is the first that passed.
    pub fn groom(&self, jet: &Substructure<'_>) -> Groomed {
        let history = jet.cambridge_aachen();
        let mut branches = vec![jet.root()];
        let mut first: Option<Splitting> = None;
        let mut passed = 0;
        while self.layers.is_none_or(|layers| passed < layers) {
            let Some(widest) = widest(history, &branches) else {
                break;
            };
            let node = branches.swap_remove(widest);
            let Some((hard, soft)) = ordered(history, node) else {
                break;
            };
            branches.push(hard);
            if let Some(splitting) = self.soft_drop.passes(history, hard, soft) {
                branches.push(soft);
                first.get_or_insert(splitting);
                passed += 1;
            }
        }
        // In the order of the tree, whatever the order of the search.
        branches.sort_unstable();
        let (sum, constituents) = gather(history, &branches);
        Groomed {
            jet: sum,
            constituents,
            splitting: first,
        }
    }
}

/// The place of the branch whose parts are furthest apart; none if all are
/// particles.
fn widest(history: &History, branches: &[usize]) -> Option<usize> {
    let angle2 = |&node: &usize| {
        let (a, b) = history.parents(node)?;
        Some(history.node(a).distance2(history.node(b)))
    };
    let places = branches.iter().enumerate();
    let angles = places.filter_map(|(place, node)| Some((place, angle2(node)?)));
    angles
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(place, _)| place)
}
