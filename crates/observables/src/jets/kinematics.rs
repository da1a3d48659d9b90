//! Four-momenta as (pt, y, phi, m), and their sum.
//!
//! $$ p^\mu = (m_T \cosh y,\; p_T\cos\phi,\; p_T\sin\phi,\; m_T\sinh y),
//!    \qquad m_T^2 = p_T^2 + m^2 $$
//!
//! The E-scheme adds the vectors. Its mass is a small difference of large
//! numbers; here everything is measured from the hardest constituent, so that
//! what is of first order in the small angles cancels on paper instead of in
//! floating point, and a boost along the beam changes the mass of a jet by
//! rounding only.
//!
//! * **Reference:** G. C. Blazey et al., hep-ex/0005012 (the E-scheme).

use std::f64::consts::{PI, TAU};

/// A four-momentum by transverse momentum, rapidity, azimuth and mass.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Momentum {
    /// Transverse momentum, GeV.
    pub pt: f64,
    /// Rapidity.
    pub y: f64,
    /// Azimuth, radians.
    pub phi: f64,
    /// Mass, GeV.
    pub m: f64,
}

/// An angle brought to `[-π, π]`.
pub fn wrap(angle: f64) -> f64 {
    if angle.abs() <= PI {
        angle
    } else {
        angle - TAU * (angle / TAU).round()
    }
}

/// The difference of two azimuths, the short way round.
pub fn delta_phi(phi: f64, reference: f64) -> f64 {
    wrap(phi - reference)
}

/// Rapidity from pseudorapidity: `y = asinh(pt sinh(eta) / mt)`.
pub fn rapidity(pt: f64, eta: f64, m: f64) -> f64 {
    if m == 0.0 {
        eta
    } else {
        (pt * eta.sinh() / pt.hypot(m)).asinh()
    }
}

/// Pseudorapidity from rapidity: `eta = asinh(mt sinh(y) / pt)`.
pub fn pseudorapidity(pt: f64, y: f64, m: f64) -> f64 {
    if m == 0.0 {
        y
    } else {
        (pt.hypot(m) * y.sinh() / pt).asinh()
    }
}

/// The E-scheme sum of momenta; zero of nothing.
pub fn sum(momenta: impl Iterator<Item = Momentum> + Clone) -> Momentum {
    let mut hardest = Momentum::default();
    for p in momenta.clone() {
        if p.pt > hardest.pt {
            hardest = p;
        }
    }
    // With S = sum of pt, the light-cone components are S + plus and S + minus,
    // the transverse ones S - short and py; m^2 = (S+plus)(S+minus) - pt^2 loses
    // its S^2 on paper.
    let (mut s, mut plus, mut minus, mut short, mut py) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for p in momenta {
        let (dy, dphi) = (p.y - hardest.y, delta_phi(p.phi, hardest.phi));
        let mt = p.pt.hypot(p.m);
        let excess = p.m * p.m / (mt + p.pt);
        let half = (0.5 * dphi).sin();
        s += p.pt;
        plus += excess + mt * dy.exp_m1();
        minus += excess + mt * (-dy).exp_m1();
        short += 2.0 * p.pt * half * half;
        py += p.pt * dphi.sin();
    }
    let px = s - short;
    let square = s * (plus + minus + 2.0 * short) + plus * minus - short * short - py * py;
    Momentum {
        pt: px.hypot(py),
        y: hardest.y + 0.5 * ((s + plus) / (s + minus)).ln(),
        phi: wrap(hardest.phi + py.atan2(px)),
        m: square.max(0.0).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azimuth_differences_take_the_short_way_round() {
        assert!((delta_phi(3.1, -3.1) - (6.2 - TAU)).abs() < 1e-15);
        assert_eq!(delta_phi(0.5, 0.25), 0.25);
        assert!((wrap(7.0) - (7.0 - TAU)).abs() < 1e-15);
    }

    #[test]
    fn rapidity_and_pseudorapidity_are_inverse() {
        for (pt, eta, m) in [(1.0, 2.0, 0.5), (0.3, -4.0, 0.938), (5.0, 0.0, 0.0)] {
            let y = rapidity(pt, eta, m);
            assert!(y.abs() <= eta.abs());
            assert!((pseudorapidity(pt, y, m) - eta).abs() < 1e-12);
        }
    }

    #[test]
    fn two_massless_particles_have_the_mass_of_the_textbook() {
        let a = Momentum {
            pt: 100.0,
            y: 1.0,
            phi: 3.0,
            m: 0.0,
        };
        let b = Momentum {
            pt: 50.0,
            y: 0.7,
            phi: -3.1,
            m: 0.0,
        };
        let total = sum([a, b].into_iter());
        let expected = (2.0 * a.pt * b.pt * ((a.y - b.y).cosh() - (a.phi - b.phi).cos())).sqrt();
        assert!((total.m / expected - 1.0).abs() < 1e-13);
    }

    #[test]
    fn the_sum_agrees_with_adding_energies_and_momenta() {
        let parts = [
            (40.0, 0.3, 1.0, 0.14),
            (25.0, -0.2, 1.4, 0.94),
            (3.0, 0.6, 0.5, 0.0),
        ]
        .map(|(pt, y, phi, m)| Momentum { pt, y, phi, m });
        let [mut e, mut px, mut py, mut pz] = [0.0; 4];
        for p in parts {
            let mt = p.pt.hypot(p.m);
            e += mt * p.y.cosh();
            pz += mt * p.y.sinh();
            px += p.pt * p.phi.cos();
            py += p.pt * p.phi.sin();
        }
        let total = sum(parts.into_iter());
        assert!((total.pt / px.hypot(py) - 1.0).abs() < 1e-14);
        assert!((total.y - 0.5 * ((e + pz) / (e - pz)).ln()).abs() < 1e-13);
        assert!((total.phi - py.atan2(px)).abs() < 1e-14);
        let mass = (e * e - px * px - py * py - pz * pz).sqrt();
        assert!((total.m / mass - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_single_particle_keeps_its_mass() {
        let p = Momentum {
            pt: 300.0,
            y: 2.0,
            phi: -1.0,
            m: 0.13957,
        };
        assert!((sum([p].into_iter()).m / p.m - 1.0).abs() < 1e-12);
        assert_eq!(sum([Momentum { m: 0.0, ..p }].into_iter()).m, 0.0);
    }
}
