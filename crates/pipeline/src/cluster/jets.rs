//! The jets of one event.

use pellucid_observables::ObservableError;
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::area::Area;
use pellucid_observables::jets::clustering::{History, Workspace};
use pellucid_observables::jets::four_vector::Pseudojet;
use pellucid_observables::jets::grooming::Groomed;
use pellucid_observables::jets::lund::{Declustering, declusterings};
use pellucid_observables::jets::substructure::Substructure;

use super::{Request, Which};

/// Transverse momenta below are none, GeV: [`Jets`] have no smaller ones.
const SMALLEST_PT: f64 = 1e-15;

/// One jet with all that was asked for.
pub(super) struct Found {
    pub jet: Pseudojet,
    /// Rising places of the constituents in the event.
    pub constituents: Vec<usize>,
    /// Their momenta, if asked for.
    pub particles: Vec<Pseudojet>,
    /// The area, and the jet without what lies below it.
    pub area: Option<(Area, Pseudojet)>,
    /// The groomed jet; its constituents are places in the event.
    pub groomed: Option<Groomed>,
    pub lund: Vec<Declustering>,
    /// Constituents that grooming and the Lund plane left out: those without
    /// transverse momentum.
    pub without_pt: usize,
}

/// The jets of one event, by falling transverse momentum.
pub(super) struct EventJets {
    pub jets: Vec<Found>,
    /// The density `ρ`, GeV; 0 if not asked for.
    pub density: f64,
}

impl EventJets {
    /// How many constituents grooming and Lund planes left out.
    pub fn without_pt(&self) -> usize {
        self.jets.iter().map(|jet| jet.without_pt).sum()
    }

    /// Says where the particles are in the row of the file, of which entries were
    /// left out.
    pub fn place(&mut self, places: &[usize]) {
        for jet in &mut self.jets {
            let groomed = jet.groomed.iter_mut().flat_map(|g| &mut g.constituents);
            for place in jet.constituents.iter_mut().chain(groomed) {
                *place = places[*place];
            }
        }
    }
}

/// What one thread uses again and again.
#[derive(Default)]
pub(super) struct Worker {
    workspace: Workspace,
    history: History,
}

impl Worker {
    pub fn jets(
        &mut self,
        request: &Request,
        particles: &[Pseudojet],
        event: usize,
    ) -> Result<EventJets, ObservableError> {
        let ghosted = request
            .areas
            .map(|areas| areas.ghosted(particles, request.seed, event as u64));
        let all = ghosted
            .as_ref()
            .map_or(particles, |ghosted| ghosted.particles());
        self.workspace
            .cluster(&request.clustering, all, &mut self.history);
        let nodes = match request.which {
            Which::Inclusive => self.history.inclusive(request.min_pt),
            Which::Exclusive(count) => self.history.exclusive(count),
            Which::ExclusiveTo(dcut) => self.history.exclusive_to(dcut),
        };
        let mut nodes: Vec<(usize, Vec<usize>)> = nodes
            .into_iter()
            .filter(|&node| self.history.node(node).pt() >= request.min_pt)
            .map(|node| {
                let mut constituents = self.history.constituents(node);
                constituents.retain(|&i| i < particles.len());
                (node, constituents)
            })
            .collect();
        // Jets of ghosts alone.
        nodes.retain(|(_, constituents)| !constituents.is_empty());
        let places: Vec<usize> = nodes.iter().map(|(node, _)| *node).collect();
        let momenta: Vec<Pseudojet> = places
            .iter()
            .map(|&node| *self.history.node(node))
            .collect();
        let (areas, density) = match &ghosted {
            Some(ghosted) => {
                let areas = ghosted.areas(&self.history, &places);
                (areas, ghosted.density(&mut self.workspace))
            }
            None => (Vec::new(), 0.0),
        };
        let jets = nodes
            .into_iter()
            .enumerate()
            .map(|(place, (_, constituents))| {
                let jet = momenta[place];
                let area = areas
                    .get(place)
                    .map(|area| (*area, without(area, &jet, density)));
                found(request, particles, jet, constituents, area)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(EventJets { jets, density })
    }
}

/// A jet without what lies below it; all zeros where nothing is left.
fn without(area: &Area, jet: &Pseudojet, density: f64) -> Pseudojet {
    let rest = area.subtract(&jet.p, density);
    if rest.pt2() > 0.0 {
        rest.into()
    } else {
        Pseudojet::default()
    }
}

fn found(
    request: &Request,
    particles: &[Pseudojet],
    jet: Pseudojet,
    constituents: Vec<usize>,
    area: Option<(Area, Pseudojet)>,
) -> Result<Found, ObservableError> {
    let own: Vec<Pseudojet> = constituents.iter().map(|&i| particles[i]).collect();
    let (mut groomed, mut lund, mut without_pt) = (None, Vec::new(), 0);
    if request.groomer.is_some() || request.lund.is_some() {
        // Particles without transverse momentum have no place in the plane.
        let has_pt = |&i: &usize| own[i].pt2 >= SMALLEST_PT * SMALLEST_PT;
        let with_pt: Vec<usize> = (0..own.len()).filter(has_pt).collect();
        without_pt = own.len() - with_pt.len();
        let particles: Vec<Pseudojet> = with_pt.iter().map(|&i| own[i]).collect();
        let momenta: Vec<_> = particles.iter().map(Pseudojet::momentum).collect();
        if !momenta.is_empty() {
            let mut jets = Jets::new();
            jets.push(&momenta)?;
            let substructure = Substructure::new(jets.jet(0)).with_particles(particles);
            groomed = request.groomer.map(|groomer| {
                let mut groomed = groomer.groom(&substructure);
                for place in &mut groomed.constituents {
                    *place = constituents[with_pt[*place]];
                }
                groomed
            });
            if let Some(plane) = request.lund {
                lund = declusterings(&substructure, plane);
            }
        }
    }
    Ok(Found {
        jet,
        constituents,
        particles: if request.constituents {
            own
        } else {
            Vec::new()
        },
        area,
        groomed,
        lund,
        without_pt,
    })
}
