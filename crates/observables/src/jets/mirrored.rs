//! Whether pseudorapidities relative to the jet are mirrored.
//!
//! `part_deta` is `η - η_jet` in one file and, where `η_jet < 0`, `η_jet - η` in
//! another (JetClass, CMS): the particles of every second jet are then on the wrong
//! side. Names do not tell, but the jet itself does: its pseudorapidity is that of
//! the sum of its constituents, and a jet with a mass is not balanced in `η`. Of
//! jets that fly backwards is counted which of the two ways gives the jet's own
//! pseudorapidity. A jet that was calibrated or cut gives neither, and does not count.
//!
//! $$ \eta_{\rm jet} = \eta\Bigl(\sum_i p_i\Bigr), \qquad
//!    \eta_i = \eta_{\rm jet} \pm \Delta\eta_i $$

use super::kinematics::{Momentum, pseudorapidity, rapidity, sum};

/// One way fits if it is nearer than the other by this factor, which chance does
/// for one jet in ten.
const NEARER: f64 = 0.1;

/// Differences below are the rounding of single precision.
const SMALLEST: f64 = 1e-6;

/// As many jets must fit the other way, and nine times as many as fit this one.
const ENOUGH: usize = 4;

/// Jets that fly backwards, by which way of reading fits them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Votes {
    plain: usize,
    mirrored: usize,
}

impl Votes {
    /// Counts a jet of this pseudorapidity by its constituents as they were read.
    pub fn count(&mut self, eta: f64, constituents: impl Iterator<Item = Momentum> + Clone) {
        if eta >= 0.0 || !eta.is_finite() {
            return;
        }
        let other = constituents.clone().map(|p| {
            let own = pseudorapidity(p.pt, p.y, p.m);
            Momentum {
                y: rapidity(p.pt, 2.0 * eta - own, p.m),
                ..p
            }
        });
        let [plain, mirrored] = [distance(eta, constituents), distance(eta, other)];
        let fits = |this: f64, that: f64| this < NEARER * that && that > SMALLEST;
        self.plain += usize::from(fits(plain, mirrored));
        self.mirrored += usize::from(fits(mirrored, plain));
    }

    /// Whether the file contradicts the way it was read in.
    pub fn contradict(self) -> bool {
        self.mirrored >= ENOUGH && self.mirrored > 9 * self.plain
    }
}

fn distance(eta: f64, constituents: impl Iterator<Item = Momentum> + Clone) -> f64 {
    let jet = sum(constituents);
    (pseudorapidity(jet.pt, jet.y, jet.m) - eta).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constituents and the pseudorapidity of their sum.
    fn jet(seed: u64) -> (Vec<Momentum>, f64) {
        let mut state = seed * 7919 + 1;
        let mut number = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5
        };
        let particles: Vec<Momentum> = (0..8)
            .map(|_| Momentum {
                pt: 20.0 + 30.0 * number(),
                y: -1.2 + 0.8 * number(),
                phi: 0.8 * number(),
                m: 0.14,
            })
            .collect();
        let jet = sum(particles.iter().copied());
        (particles, pseudorapidity(jet.pt, jet.y, jet.m))
    }

    #[test]
    fn backward_jets_tell_whether_they_are_mirrored() {
        let (mut plain, mut mirrored, mut shifted) = Default::default();
        for seed in 0..100 {
            let (particles, eta) = jet(seed);
            let own = particles.iter().copied();
            let votes: &mut Votes = &mut plain;
            votes.count(eta, own.clone());
            let turned = own.clone().map(|p| Momentum {
                y: rapidity(p.pt, 2.0 * eta - pseudorapidity(p.pt, p.y, p.m), p.m),
                ..p
            });
            let votes: &mut Votes = &mut mirrored;
            votes.count(eta, turned);
            // An axis that is not the sum tells nothing.
            let votes: &mut Votes = &mut shifted;
            votes.count(eta + 0.02 * (seed as f64 / 50.0 - 1.0), own);
        }
        assert!(!plain.contradict() && plain.plain > 90, "{plain:?}");
        assert!(
            mirrored.contradict() && mirrored.mirrored > 90,
            "{mirrored:?}"
        );
        assert!(!shifted.contradict(), "{shifted:?}");
    }
}
