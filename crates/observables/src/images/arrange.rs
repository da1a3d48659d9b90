//! Where constituents come to lie in the picture.

use serde::{Deserialize, Deserializer, Serialize};

use super::JetImage;
use crate::jets::clustering::{Algorithm, Clustering, History, Workspace};
use crate::jets::four_vector::Pseudojet;
use crate::jets::grooming::{SoftDrop, ordered};
use crate::jets::kinematics::delta_phi;
use crate::jets::substructure::Substructure;
use crate::jets::{Flow, Jet};

/// What becomes the centre of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Centre {
    /// The jet's axis.
    Axis,
    /// The mean position of the constituents, weighted by `pt`.
    #[default]
    Centroid,
    /// The hardest constituent.
    Hardest,
    /// The harder of the two [`Subjets`].
    LeadingSubjet,
}

/// What is turned upright, about the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotate {
    /// Nothing.
    #[default]
    None,
    /// The principal axis of the `pt`-weighted flow: the eigenvector of the larger
    /// second moment about the centre, at the angle `½ atan2(2 Σ pt u v, Σ pt (u² − v²))`
    /// from the rapidity. The half with more `pt` points up: the second-hardest
    /// side is below the centre. A flow without such an axis (round, or a single
    /// particle at the centre) is not rotated.
    PrincipalAxis,
    /// The line from the harder of the two [`Subjets`] to the softer one, which
    /// comes to lie below; the principal axis if there is only one subjet.
    Subjets,
}

impl<'de> Deserialize<'de> for Rotate {
    /// The word, or `true` for the principal axis.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Word {
            None,
            PrincipalAxis,
            Subjets,
        }
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "`rotate` is `none`, `principal-axis`, `subjets`, true (the principal axis) or false"
        )]
        enum Written {
            Whether(bool),
            Word(Word),
        }
        Ok(match Written::deserialize(from)? {
            Written::Whether(false) | Written::Word(Word::None) => Self::None,
            Written::Whether(true) | Written::Word(Word::PrincipalAxis) => Self::PrincipalAxis,
            Written::Word(Word::Subjets) => Self::Subjets,
        })
    }
}

/// What the two subjets are, of what the groomer left.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subjets {
    /// The two exclusive kT subjets in the E-scheme.
    #[default]
    ExclusiveKt,
    /// The two hardest kT subjets of this radius, radians.
    InclusiveKt(f64),
    /// The branches of the first Cambridge/Aachen declustering with a momentum
    /// share above 0.1 (modified mass drop).
    MassDrop,
}

/// Constituents in the picture.
#[derive(Default)]
pub(super) struct Arranged {
    /// Where they are.
    pub flows: Vec<Flow>,
    /// Which constituents of the jet they are.
    pub chosen: Vec<usize>,
}

impl JetImage {
    pub(super) fn arrange_into(&self, jet: Jet<'_>, arranged: &mut Arranged) {
        let Arranged { flows, chosen } = arranged;
        chosen.clear();
        match self.groom {
            None => chosen.extend(0..jet.len()),
            Some(groomer) => chosen.extend(groomer.groom(&Substructure::new(jet)).constituents),
        }
        flows.clear();
        let plane: Vec<Flow> = jet.plane().collect();
        flows.extend(chosen.iter().map(|&i| plane[i]));
        let Some(hardest) = hardest(flows) else {
            return;
        };
        let subjets = self.two_subjets(jet, chosen);
        let (y, phi) = match self.centre {
            Centre::Axis => (0.0, 0.0),
            Centre::Hardest => (flows[hardest].dy, flows[hardest].dphi),
            Centre::Centroid => centroid(flows),
            Centre::LeadingSubjet => subjets[0],
        };
        for flow in flows.iter_mut() {
            flow.dy -= y;
            flow.dphi -= phi;
        }
        let apart = (subjets[1].0 - subjets[0].0, subjets[1].1 - subjets[0].1);
        let distance = apart.0.hypot(apart.1);
        match self.rotate {
            Rotate::None => {}
            Rotate::Subjets if distance > 0.0 => {
                // (sin, cos) is the direction from the softer subjet to the harder.
                turn(flows, -apart.0 / distance, -apart.1 / distance);
            }
            Rotate::PrincipalAxis | Rotate::Subjets => rotate(flows, hardest),
        }
        if self.scale && distance > 0.0 {
            for flow in flows.iter_mut() {
                flow.dy /= distance;
                flow.dphi /= distance;
            }
        }
        if self.flip && side(flows, hardest, |flow| flow.dy) < 0.0 {
            for flow in flows.iter_mut() {
                flow.dy = -flow.dy;
            }
        }
    }

    /// Where the two subjets are in the plane about the jet's axis, the harder
    /// first; twice the same if there is one only, or nothing asks for them.
    fn two_subjets(&self, jet: Jet<'_>, chosen: &[usize]) -> [(f64, f64); 2] {
        let wanted =
            self.scale || self.rotate == Rotate::Subjets || self.centre == Centre::LeadingSubjet;
        if !wanted {
            return [(0.0, 0.0); 2];
        }
        let particles: Vec<Pseudojet> = chosen
            .iter()
            .map(|&i| Pseudojet::from(jet.constituent(i)))
            .collect();
        let cluster = |clustering: Clustering| {
            let mut history = History::default();
            Workspace::default().cluster(&clustering, &particles, &mut history);
            history
        };
        let (history, nodes) = match self.subjets {
            Subjets::ExclusiveKt => {
                let history = cluster(Clustering::whole(Algorithm::Kt));
                let nodes = history.exclusive(2.min(particles.len()));
                (history, nodes)
            }
            Subjets::InclusiveKt(radius) => {
                let history = cluster(Clustering::new(Algorithm::Kt, radius));
                let nodes = history.inclusive(0.0);
                (history, nodes)
            }
            Subjets::MassDrop => {
                let history = cluster(Clustering::whole(Algorithm::CambridgeAachen));
                let root = 2 * particles.len() - 2;
                let (node, _) = SoftDrop::new(0.0, 0.1).find(&history, root);
                let branches = ordered(&history, node);
                let nodes = branches.map_or(vec![node], |(hard, soft)| vec![hard, soft]);
                (history, nodes)
            }
        };
        let place = |node: &usize| {
            let p = history.node(*node);
            (p.y - jet.axis.y, delta_phi(p.phi, jet.axis.phi))
        };
        let first = nodes.first().map_or((0.0, 0.0), place);
        [first, nodes.get(1).map_or(first, place)]
    }
}

/// The hardest, the first of equals.
fn hardest(flows: &[Flow]) -> Option<usize> {
    (0..flows.len()).reduce(|best, i| {
        if flows[i].pt > flows[best].pt {
            i
        } else {
            best
        }
    })
}

fn centroid(flows: &[Flow]) -> (f64, f64) {
    let total: f64 = flows.iter().map(|flow| flow.pt).sum();
    let mean =
        |f: fn(&Flow) -> f64| flows.iter().map(|flow| flow.pt * f(flow)).sum::<f64>() / total;
    (mean(|flow| flow.dy), mean(|flow| flow.dphi))
}

/// Turns about the centre, so that the direction `(up_y, up_phi)` goes to `(0, 1)`.
fn turn(flows: &mut [Flow], up_y: f64, up_phi: f64) {
    for flow in flows.iter_mut() {
        let (u, v) = (flow.dy, flow.dphi);
        flow.dy = u * up_phi - v * up_y;
        flow.dphi = u * up_y + v * up_phi;
    }
}

/// Turns the principal axis upright, the harder half up.
fn rotate(flows: &mut [Flow], hardest: usize) {
    let (mut uu, mut uv, mut vv) = (0.0, 0.0, 0.0);
    for flow in flows.iter() {
        uu += flow.pt * flow.dy * flow.dy;
        uv += flow.pt * flow.dy * flow.dphi;
        vv += flow.pt * flow.dphi * flow.dphi;
    }
    // Round to rounding: no axis is better than another.
    if (uu - vv).hypot(2.0 * uv) <= 1e-12 * (uu + vv) {
        return;
    }
    let angle = 0.5 * (2.0 * uv).atan2(uu - vv);
    turn(flows, angle.cos(), angle.sin());
    if side(flows, hardest, |flow| flow.dphi) < 0.0 {
        turn(flows, 0.0, -1.0);
    }
}

/// Above 0 if the half where `coordinate` is above 0 is the harder, below 0 if
/// the other is.
fn side(flows: &[Flow], hardest: usize, coordinate: impl Fn(&Flow) -> f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    for flow in flows {
        let x = coordinate(flow);
        if x > 0.0 {
            above += flow.pt;
        } else if x < 0.0 {
            below += flow.pt;
        }
    }
    // Halves equal to rounding must not be told apart by rounding.
    if f64::abs(above - below) > 1e-12 * (above + below) {
        above - below
    } else {
        coordinate(&flows[hardest])
    }
}
