//! Pruning.
//!
//! The jet is reclustered with Cambridge/Aachen; where two that would be joined
//! are further apart than `R_cut` and the softer has less than `z_cut` of the
//! transverse momentum of the sum, it is dropped:
//!
//! $$ \Delta R_{ij} > R_{\text{cut}} = f\, \frac{2 m}{p_T}, \qquad
//!    \frac{\min(p_{T,i}, p_{T,j})}{p_{T,i+j}} < z_{\text{cut}} $$
//!
//! * **Reference:** S. Ellis, C. Vermilion, J. Walsh, arXiv:0912.0033.

use serde::{Deserialize, Serialize};

use super::{Groomed, above_zero, share};
use crate::ObservableError;
use crate::jets::clustering::{Algorithm, Clustering, History};
use crate::jets::four_vector::Pseudojet;
use crate::jets::substructure::Substructure;

/// Settings of pruning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pruning {
    /// The share below which the softer one is dropped.
    pub zcut: f64,
    /// The factor `f` of the angle, usually one half.
    pub rcut_factor: f64,
}

impl Pruning {
    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        share("zcut", self.zcut)?;
        above_zero("rcut_factor", self.rcut_factor)
    }

    /// The groomed jet.
    pub fn groom(&self, jet: &Substructure<'_>) -> Groomed {
        let whole = jet.sum();
        let rcut = self.rcut_factor * 2.0 * whole.m() / whole.pt();
        let dropped = |a: &Pseudojet, b: &Pseudojet| {
            let sum = a.p + b.p;
            let soft2 = a.pt2.min(b.pt2);
            a.distance2(b) > rcut * rcut && soft2 < self.zcut * self.zcut * sum.pt2()
        };
        let harder = |a: &Pseudojet, b: &Pseudojet| if a.pt2 >= b.pt2 { *a } else { *b };
        let clustering = Clustering::whole(Algorithm::CambridgeAachen);
        let history = jet.recluster_joining(&clustering, &|a, b| {
            if dropped(a, b) {
                harder(a, b)
            } else {
                (a.p + b.p).into()
            }
        });
        let root = history.inclusive(0.0)[0];
        let constituents = kept(&history, root, &dropped);
        Groomed {
            jet: *history.node(root),
            constituents,
            splitting: None,
        }
    }
}

/// The particles of a node that were not dropped on the way.
fn kept(
    history: &History,
    root: usize,
    dropped: &dyn Fn(&Pseudojet, &Pseudojet) -> bool,
) -> Vec<usize> {
    let (mut open, mut out) = (vec![root], Vec::new());
    while let Some(node) = open.pop() {
        let Some((a, b)) = history.parents(node) else {
            out.push(node);
            continue;
        };
        let (first, second) = (history.node(a), history.node(b));
        if !dropped(first, second) {
            open.extend([a, b]);
        } else if first.pt2 >= second.pt2 {
            open.push(a);
        } else {
            open.push(b);
        }
    }
    out.sort_unstable();
    out
}
