//! Grooming: what is left of a jet without its soft radiation at wide angles.
//!
//! One file per groomer; each takes the jet's [`Substructure`], whose
//! Cambridge/Aachen history soft drop, its recursive form and the Lund plane
//! share, and gives a [`Groomed`].

mod pruning;
mod recursive;
mod soft_drop;
mod subjets;

use serde::{Deserialize, Serialize};

use super::clustering::History;
use super::four_vector::{FourVector, Pseudojet};
use super::substructure::Substructure;
use crate::ObservableError;

pub use pruning::Pruning;
pub use recursive::RecursiveSoftDrop;
pub use soft_drop::SoftDrop;
pub use subjets::{Filtering, Trimming};

/// What a groomer leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Groomed {
    /// The sum of what is left.
    pub jet: Pseudojet,
    /// The constituents that are left, by rising number.
    pub constituents: Vec<usize>,
    /// The splitting that passed, of groomers that look for one.
    pub splitting: Option<Splitting>,
}

/// The first declustering that passes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Splitting {
    /// `z_g = min(pt) / (pt + pt)`.
    pub z: f64,
    /// `R_g`, the distance of the two, radians.
    pub r: f64,
}

/// A groomer with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Groomer {
    /// See [`SoftDrop`].
    SoftDrop(SoftDrop),
    /// See [`RecursiveSoftDrop`].
    RecursiveSoftDrop(RecursiveSoftDrop),
    /// See [`Trimming`].
    Trimming(Trimming),
    /// See [`Filtering`].
    Filtering(Filtering),
    /// See [`Pruning`].
    Pruning(Pruning),
}

impl Groomer {
    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        match self {
            Self::SoftDrop(groomer) => groomer.check(),
            Self::RecursiveSoftDrop(groomer) => groomer.check(),
            Self::Trimming(groomer) => groomer.check(),
            Self::Filtering(groomer) => groomer.check(),
            Self::Pruning(groomer) => groomer.check(),
        }
    }

    /// Whether it looks for a splitting.
    pub fn splits(&self) -> bool {
        matches!(self, Self::SoftDrop(_) | Self::RecursiveSoftDrop(_))
    }

    /// The groomed jet.
    pub fn groom(&self, jet: &Substructure<'_>) -> Groomed {
        match self {
            Self::SoftDrop(groomer) => groomer.groom(jet),
            Self::RecursiveSoftDrop(groomer) => groomer.groom(jet),
            Self::Trimming(groomer) => groomer.groom(jet),
            Self::Filtering(groomer) => groomer.groom(jet),
            Self::Pruning(groomer) => groomer.groom(jet),
        }
    }
}

/// The two that were joined to a node, the harder first.
pub(crate) fn ordered(history: &History, node: usize) -> Option<(usize, usize)> {
    let (a, b) = history.parents(node)?;
    let harder_first = history.node(a).pt2 >= history.node(b).pt2;
    Some(if harder_first { (a, b) } else { (b, a) })
}

/// The sum of nodes, and their constituents.
fn gather(history: &History, nodes: &[usize]) -> (Pseudojet, Vec<usize>) {
    let mut constituents: Vec<usize> = nodes
        .iter()
        .flat_map(|&node| history.constituents(node))
        .collect();
    constituents.sort_unstable();
    let jet = match nodes {
        [] => Pseudojet::default(),
        [one] => *history.node(*one),
        _ => nodes
            .iter()
            .fold(FourVector::default(), |sum, &node| {
                sum + history.node(node).p
            })
            .into(),
    };
    (jet, constituents)
}

fn share(setting: &'static str, value: f64) -> Result<(), ObservableError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(ObservableError::setting(
            setting,
            value,
            "a share between 0 and 1",
        ))
    }
}

fn above_zero(setting: &'static str, value: f64) -> Result<(), ObservableError> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(ObservableError::setting(setting, value, "a number above 0"))
    }
}
