//! What the substructure observables of one jet share.
//!
//! Four-momenta, one Cambridge/Aachen history (soft drop, Lund plane), one kT
//! history for every number of axes, and the sums over pairs and triples: each
//! is made when it is first asked for and kept for the next observable of the
//! same jet.

use std::cell::{OnceCell, RefCell};

use super::Jet;
use super::clustering::{Algorithm, Clustering, History, Recombination, Workspace};
use super::correlations::{Correlations, FourPoint};
use super::four_vector::{FourVector, Pseudojet};
use super::padded::Padded;

/// One jet and what has been computed of it.
#[derive(Debug)]
pub struct Substructure<'a> {
    jet: Jet<'a>,
    workspace: RefCell<Workspace>,
    padded: OnceCell<Padded>,
    particles: OnceCell<Vec<Pseudojet>>,
    sum: OnceCell<Pseudojet>,
    cambridge_aachen: OnceCell<History>,
    kt: OnceCell<History>,
    winner_takes_all: OnceCell<History>,
    correlations: RefCell<Vec<(f64, Correlations)>>,
    four_point: RefCell<Vec<(f64, FourPoint)>>,
}

impl<'a> Substructure<'a> {
    /// Of this jet nothing has been computed yet.
    pub fn new(jet: Jet<'a>) -> Self {
        Self {
            jet,
            workspace: RefCell::default(),
            padded: OnceCell::new(),
            particles: OnceCell::new(),
            sum: OnceCell::new(),
            cambridge_aachen: OnceCell::new(),
            kt: OnceCell::new(),
            winner_takes_all: OnceCell::new(),
            correlations: RefCell::default(),
            four_point: RefCell::default(),
        }
    }

    /// The same with the four-momenta of the constituents as they were, where the
    /// jet was made of them.
    pub fn with_particles(self, particles: Vec<Pseudojet>) -> Self {
        Self {
            particles: OnceCell::from(particles),
            ..self
        }
    }

    /// The next jet, in the memory of the one before.
    pub fn next(self, jet: Jet<'_>) -> Substructure<'_> {
        Substructure {
            workspace: self.workspace,
            ..Substructure::new(jet)
        }
    }

    /// The jet.
    pub fn jet(&self) -> Jet<'a> {
        self.jet
    }

    /// The constituents in vectors of the machine.
    pub(super) fn padded(&self) -> &Padded {
        self.padded.get_or_init(|| Padded::new(self.jet))
    }

    /// The constituents.
    pub fn particles(&self) -> &[Pseudojet] {
        self.particles
            .get_or_init(|| self.jet.constituents().map(Pseudojet::from).collect())
    }

    /// The sum of the constituents.
    pub fn sum(&self) -> &Pseudojet {
        self.sum.get_or_init(|| {
            let particles = self.particles().iter();
            particles
                .fold(FourVector::default(), |sum, p| sum + p.p)
                .into()
        })
    }

    /// All constituents joined by Cambridge/Aachen in the E-scheme.
    pub fn cambridge_aachen(&self) -> &History {
        let whole = || self.recluster(&Clustering::whole(Algorithm::CambridgeAachen));
        self.cambridge_aachen.get_or_init(whole)
    }

    /// All constituents joined by kT in the E-scheme.
    pub fn kt(&self) -> &History {
        let whole = || self.recluster(&Clustering::whole(Algorithm::Kt));
        self.kt.get_or_init(whole)
    }

    /// All constituents joined by kT, the winner taking all.
    pub fn winner_takes_all(&self) -> &History {
        let wta = Recombination::WinnerTakesAll;
        let whole = || self.recluster(&Clustering::whole(Algorithm::Kt).recombination(wta));
        self.winner_takes_all.get_or_init(whole)
    }

    /// The node of the whole jet in the histories above: what the last step but
    /// one has made, or the only particle.
    pub fn root(&self) -> usize {
        2 * self.jet.len() - 2
    }

    /// The constituents clustered in another way.
    pub fn recluster(&self, clustering: &Clustering) -> History {
        self.recluster_joining(clustering, &|a, b| clustering.join(a, b))
    }

    /// The same with another sum of two.
    pub(super) fn recluster_joining(
        &self,
        clustering: &Clustering,
        join: &dyn Fn(&Pseudojet, &Pseudojet) -> Pseudojet,
    ) -> History {
        let mut history = History::default();
        let particles = self.particles();
        let mut workspace = self.workspace.borrow_mut();
        workspace.cluster_joining(clustering, particles, &mut history, join);
        history
    }

    /// The normalised correlation functions of two and three particles.
    pub fn correlations(&self, beta: f64) -> Correlations {
        cached(&self.correlations, beta, || {
            Correlations::of(self.padded(), beta)
        })
    }

    /// The normalised correlation functions of four particles.
    pub fn four_point(&self, beta: f64) -> FourPoint {
        cached(&self.four_point, beta, || {
            FourPoint::of(self.padded(), beta)
        })
    }
}

fn cached<T: Copy>(kept: &RefCell<Vec<(f64, T)>>, beta: f64, make: impl FnOnce() -> T) -> T {
    let found = kept
        .borrow()
        .iter()
        .find(|(other, _)| *other == beta)
        .copied();
    if let Some((_, value)) = found {
        return value;
    }
    let value = make();
    kept.borrow_mut().push((beta, value));
    value
}
