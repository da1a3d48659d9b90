//! Energy flow moments: polynomials of squared angles without pairs of particles.
//!
//! With `β = 2` an edge is a bilinear form of two four-component vectors,
//!
//! $$ \theta_{ij}^2 = v_i^0 v_j^1 + v_i^1 v_j^0 - v_i^2 v_j^2 - v_i^3 v_j^3, $$
//!
//! so the sum over the particle at a vertex is done once for all graphs, in the
//! moments
//!
//! $$ I^{\alpha} = \sum_i z_i\, (v_i^0)^{\alpha_0} (v_i^1)^{\alpha_1} (v_i^2)^{\alpha_2} (v_i^3)^{\alpha_3}, $$
//!
//! and a polynomial is a contraction of them along its edges (`contraction.rs`),
//! whose cost does not grow with the number of particles. An edge of weight `w`
//! is the `w`-th power of the form: a sum over the monomials of degree `w`
//! (`monomials.rs`).
//!
//! The vectors are those of light-cone coordinates about the jet's middle, `(1, r², √2 Δy,
//! √2 Δφ)` for the measure `hadr`, and
//! `(1 + ½(A − C), 2(A + C), √2 a sinh Δy, √2 sin Δφ)` with `A = a cosh Δy − 1`,
//! `C = 1 − cos Δφ`, `a = m_T/p_T` for products of momenta: the time and the
//! direction of the jet, nearly alike, are taken off each other on paper.
//!
//! * **Precision:** terms of either sign of the size of `r²` add up to `θ²`, about
//!   1e-12 of a polynomial of seven edges.
//! * **Reference:** P. Komiske, E. Metodiev, J. Thaler, arXiv:1911.04491 (their
//!   vectors are `p/p_T` or `p/E`; the choice of coordinates is ours).

mod contraction;
mod monomials;

use std::f64::consts::SQRT_2;

use pellucid_core::Multigraph;
use pulp::Arch;

use super::measure::Measure;
use crate::jets::Jet;
use contraction::Contractions;
use monomials::Monomials;

/// Graphs with more vertices are left to the sums over pairs: to find the best
/// order takes `3^n` steps.
const MOST_VERTICES: usize = 9;

/// A multiplication in a small contraction, with the gathering that goes with it,
/// takes as long as so many in products of large matrices (measured: prime graphs
/// of degree 5, 6 and 7 cost the same both ways at about 50, 45 and 60 particles).
const PRICE: f64 = 30.0;

/// How all prime graphs are contracted.
#[derive(Debug)]
pub(super) struct Moments {
    monomials: Monomials,
    contractions: Contractions,
}

/// Memory that one thread uses for jet after jet.
#[derive(Debug, Default)]
pub(super) struct Memory {
    vectors: [Vec<f64>; 4],
    powers: Vec<Vec<f64>>,
    moments: Vec<f64>,
    tensors: Vec<Vec<f64>>,
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl Moments {
    /// The plan for these connected graphs; `None` if one of them is too large.
    pub fn new<'a>(graphs: impl Iterator<Item = &'a Multigraph> + Clone) -> Option<Self> {
        if graphs.clone().any(|graph| graph.vertices() > MOST_VERTICES) {
            return None;
        }
        let valencies = graphs.clone().flat_map(Multigraph::valencies);
        let monomials = Monomials::new(valencies.max().unwrap_or(0));
        let mut contractions = Contractions::default();
        for graph in graphs {
            contractions.add(graph, &monomials);
        }
        Some(Self {
            monomials,
            contractions,
        })
    }

    /// Multiplications, for a jet of so many particles.
    pub fn work(&self, particles: usize) -> f64 {
        2.0 * (self.monomials.len() * particles) as f64 + PRICE * self.contractions.work()
    }

    /// Takes a jet: the vectors of its particles.
    pub fn load(jet: Jet<'_>, measure: Measure, memory: &mut Memory) {
        let total = jet.scalar_pt();
        let mean = |of: fn(&crate::jets::Flow) -> f64| {
            jet.plane().map(|flow| flow.pt * of(&flow)).sum::<f64>() / total
        };
        let (y, phi) = (mean(|flow| flow.dy), mean(|flow| flow.dphi));
        for list in &mut memory.vectors {
            list.clear();
        }
        for (flow, p) in jet.plane().zip(jet.constituents()) {
            let (dy, dphi) = (flow.dy - y, flow.dphi - phi);
            let vector = if measure == Measure::Hadr {
                [1.0, dy * dy + dphi * dphi, SQRT_2 * dy, SQRT_2 * dphi]
            } else {
                let mu = (p.m / p.pt).powi(2);
                let a = (1.0 + mu).sqrt();
                // a cosh Δy − 1 and 1 − cos Δφ without loss.
                let time = mu / (a + 1.0) + 2.0 * a * (0.5 * dy).sinh().powi(2);
                let along = 2.0 * (0.5 * dphi).sin().powi(2);
                let factor = measure.factor(p);
                [
                    factor * (1.0 + 0.5 * (time - along)),
                    factor * 2.0 * (time + along),
                    factor * SQRT_2 * a * dy.sinh(),
                    factor * SQRT_2 * dphi.sin(),
                ]
            };
            for (list, component) in memory.vectors.iter_mut().zip(vector) {
                list.push(component);
            }
        }
    }

    /// The values of all graphs, with these weights of the particles.
    pub fn run(&self, z: &[f64], memory: &mut Memory, values: &mut [f64]) {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                self.monomials
                    .moments(z, &memory.vectors, &mut memory.powers, &mut memory.moments);
                self.contractions.run(memory, values);
            },
        );
    }
}

/// Whether azimuths may be subtracted as they are: a jet may reach around half of
/// the detector before two of its particles are nearer the other way round.
pub(super) fn is_compact(jet: Jet<'_>) -> bool {
    let (low, high) = jet.plane().fold((0.0_f64, 0.0_f64), |(low, high), flow| {
        (low.min(flow.dphi), high.max(flow.dphi))
    });
    high - low < std::f64::consts::PI
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::Jets;
    use crate::jets::efp::{EfpGrid, EfpPlan, GraphSet, Workspace};
    use crate::jets::kinematics::Momentum;
    use pellucid_core::random;

    fn jets(count: usize) -> Jets {
        let mut rng = random::stream(7, count as u64);
        let mut normal = || random::normal(&mut rng);
        let particle = |_| Momentum {
            pt: (1.5 * normal()).exp(),
            y: 1.7 + 0.3 * normal(),
            phi: 3.0 + 0.3 * normal(),
            m: 0.2 * normal().abs(),
        };
        let parts: Vec<Momentum> = (0..count).map(particle).collect();
        let mut jets = Jets::new();
        jets.push(&parts).unwrap();
        jets
    }

    fn values(plan: &EfpPlan, jets: &Jets) -> Vec<f64> {
        let mut out = vec![0.0; plan.candidates().len()];
        plan.evaluate(jets.jet(0), &mut Workspace::default(), &mut out);
        out
    }

    #[test]
    fn contractions_are_the_sums_over_pairs_in_every_measure() {
        for measure in [Measure::Hadr, Measure::HadrDot, Measure::Ee, Measure::Pf] {
            let kappas = if measure == Measure::Pf {
                vec![0.0]
            } else {
                vec![1.0, 0.5]
            };
            let mut plan = EfpGrid {
                kappas,
                betas: vec![2.0, 1.0],
                measure,
                ..EfpGrid::new(GraphSet::All { degree: 6 }, 1.0, 2.0)
            }
            .compile()
            .unwrap();
            let jets = jets(23);
            plan.many = usize::MAX;
            let expected = values(&plan, &jets);
            plan.many = 0;
            let found = values(&plan, &jets);
            assert_ne!(found, expected, "the same sums cannot be compared");
            for ((candidate, found), expected) in plan.candidates().iter().zip(found).zip(expected)
            {
                // Terms of either sign: see the head of the file.
                assert!(
                    (found / expected - 1.0).abs() < 1e-11,
                    "{}: {found} {expected}",
                    candidate.name
                );
            }
        }
    }

    #[test]
    fn many_particles_are_contracted_and_wide_jets_are_not() {
        let plan = EfpGrid::new(GraphSet::Prime { degree: 7 }, 1.0, 2.0)
            .compile()
            .unwrap();
        assert!((8..400).contains(&plan.many), "{}", plan.many);
        let wide = |dphi: f64| {
            let mut jets = Jets::new();
            let particle = |phi| Momentum {
                pt: 1.0,
                y: 0.0,
                phi,
                m: 0.0,
            };
            jets.push(&[particle(0.0), particle(dphi), particle(-dphi)])
                .unwrap();
            is_compact(jets.jet(0))
        };
        assert!(wide(1.5) && !wide(1.6));
    }
}
