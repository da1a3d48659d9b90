//! Four-momenta by components, with rapidity and azimuth beside them.
//!
//! $$ y = \tfrac12 \ln\frac{p_T^2 + m^2}{(E + |p_z|)^2}\,(-\operatorname{sgn} p_z),
//!    \qquad m^2 = (E + p_z)(E - p_z) - p_T^2 $$
//!
//! Clustering adds components, measures distances in rapidity and azimuth and
//! orders by `pt²`: a [`Pseudojet`] keeps all of them, so that none is computed
//! twice. This form of the rapidity has no cancellation for particles along the
//! beam, and a mass squared below 0 by rounding counts as 0 in it. A momentum
//! exactly along the beam with `E = |p_z|` has the rapidity `±(10⁵ + |p_z|)`, so
//! that two of them are apart unless they are equal; that convention is
//! FastJet's (M. Cacciari, G. Salam, G. Soyez, arXiv:1111.6097, section 3.1).
//!
//! * **Units:** GeV, radians; azimuths are in `[0, 2π)` here.

use std::f64::consts::TAU;
use std::ops::Add;

use super::kinematics::{Momentum, wrap};

/// The rapidity of a massless momentum along the beam, less its `|p_z|`.
const ALONG_THE_BEAM: f64 = 1e5;

/// `(p_x, p_y, p_z, E)`, GeV.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FourVector {
    /// Along `x`.
    pub px: f64,
    /// Along `y`.
    pub py: f64,
    /// Along the beam.
    pub pz: f64,
    /// Energy.
    pub e: f64,
}

impl FourVector {
    /// `p_x² + p_y²`.
    pub fn pt2(&self) -> f64 {
        self.px * self.px + self.py * self.py
    }

    /// The squared mass; below 0 by rounding, or for what is no particle.
    pub fn m2(&self) -> f64 {
        (self.e + self.pz) * (self.e - self.pz) - self.pt2()
    }

    /// The mass, 0 where its square is below 0.
    pub fn m(&self) -> f64 {
        self.m2().max(0.0).sqrt()
    }

    /// The squared size of the three-momentum.
    pub fn p2(&self) -> f64 {
        self.pt2() + self.pz * self.pz
    }

    /// Azimuth in `[0, 2π)`, 0 for a momentum along the beam.
    pub fn phi(&self) -> f64 {
        if self.pt2() == 0.0 {
            return 0.0;
        }
        let phi = self.py.atan2(self.px);
        let phi = if phi < 0.0 { phi + TAU } else { phi };
        if phi >= TAU { phi - TAU } else { phi }
    }

    /// Rapidity.
    pub fn rapidity(&self) -> f64 {
        let pt2 = self.pt2();
        if pt2 == 0.0 && self.e == self.pz.abs() {
            let size = ALONG_THE_BEAM + self.pz.abs();
            return if self.pz >= 0.0 { size } else { -size };
        }
        let forward = self.e + self.pz.abs();
        let size = 0.5 * ((pt2 + self.m2().max(0.0)) / (forward * forward)).ln();
        if self.pz > 0.0 { -size } else { size }
    }

    /// All components times a number.
    #[must_use]
    pub fn scaled(self, by: f64) -> Self {
        Self {
            px: self.px * by,
            py: self.py * by,
            pz: self.pz * by,
            e: self.e * by,
        }
    }
}

impl Add for FourVector {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            px: self.px + other.px,
            py: self.py + other.py,
            pz: self.pz + other.pz,
            e: self.e + other.e,
        }
    }
}

impl From<Momentum> for FourVector {
    fn from(p: Momentum) -> Self {
        let (sin, cos) = p.phi.sin_cos();
        let mt = p.pt.hypot(p.m);
        let sinh = p.y.sinh();
        Self {
            px: p.pt * cos,
            py: p.pt * sin,
            pz: mt * sinh,
            e: mt * (1.0 + sinh * sinh).sqrt(),
        }
    }
}

/// A four-momentum with what clustering asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pseudojet {
    /// The components.
    pub p: FourVector,
    /// `pt²`, GeV².
    pub pt2: f64,
    /// Rapidity.
    pub y: f64,
    /// Azimuth in `[0, 2π)`.
    pub phi: f64,
}

impl Pseudojet {
    /// Transverse momentum, GeV.
    pub fn pt(&self) -> f64 {
        self.pt2.sqrt()
    }

    /// Mass, GeV.
    pub fn m(&self) -> f64 {
        self.p.m()
    }

    /// Pseudorapidity.
    pub fn eta(&self) -> f64 {
        let pt = self.pt();
        if pt == 0.0 {
            self.y
        } else {
            (self.p.pz / pt).asinh()
        }
    }

    /// The difference of azimuths, the short way round, at least 0.
    pub fn delta_phi(&self, other: &Self) -> f64 {
        let apart = (self.phi - other.phi).abs();
        apart.min((TAU - apart).abs())
    }

    /// The squared distance in the plane of rapidity and azimuth.
    pub fn distance2(&self, other: &Self) -> f64 {
        let (dy, dphi) = (self.y - other.y, self.delta_phi(other));
        dy * dy + dphi * dphi
    }

    /// As transverse momentum, rapidity, azimuth in `[-π, π]` and mass.
    pub fn momentum(&self) -> Momentum {
        Momentum {
            pt: self.pt(),
            y: self.y,
            phi: wrap(self.phi),
            m: self.m(),
        }
    }
}

impl From<FourVector> for Pseudojet {
    fn from(p: FourVector) -> Self {
        Self {
            p,
            pt2: p.pt2(),
            y: p.rapidity(),
            phi: p.phi(),
        }
    }
}

impl From<Momentum> for Pseudojet {
    /// Keeps the direction as it is given instead of finding it again.
    fn from(p: Momentum) -> Self {
        let phi = if p.phi < 0.0 { p.phi + TAU } else { p.phi };
        Self {
            p: p.into(),
            pt2: p.pt * p.pt,
            y: p.y,
            // A tiny negative azimuth rounds up to a full turn.
            phi: if phi >= TAU { phi - TAU } else { phi },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::kinematics::pseudorapidity;

    #[test]
    fn components_and_momentum_are_two_forms_of_one_vector() {
        for (pt, y, phi, m) in [
            (3.0, 1.2, -2.0, 0.5),
            (0.2, -4.0, 0.0, 0.0),
            (7.0, 1e-9, 3.1, 90.0),
        ] {
            let p = Momentum { pt, y, phi, m };
            let again = Pseudojet::from(FourVector::from(p));
            let kept = Pseudojet::from(p);
            assert!((again.pt() / pt - 1.0).abs() < 1e-14);
            // Components carry the rapidity to an ulp of the energy over pt.
            assert!((again.y - y).abs() < 1e-13 && kept.y == y);
            assert!((again.momentum().phi - phi).abs() < 1e-14);
            assert!((kept.phi - again.phi).abs() < 1e-14);
            assert!((again.p.m2() - m * m).abs() < 1e-12 * again.p.e * again.p.e);
            assert!((again.eta() - pseudorapidity(pt, y, m)).abs() < 1e-12);
        }
    }

    #[test]
    fn momenta_along_the_beam_have_a_finite_rapidity() {
        let along = |pz: f64| FourVector {
            pz,
            e: pz.abs(),
            ..FourVector::default()
        };
        assert_eq!(along(5.0).rapidity(), 100_005.0);
        assert_eq!(along(-5.0).rapidity(), -100_005.0);
        assert_eq!(along(5.0).phi(), 0.0);
        // With a mass the rapidity is an ordinary one.
        let massive = FourVector {
            e: 10.0,
            ..along(5.0)
        };
        assert!((massive.rapidity() - (15.0_f64 / 5.0).ln() / 2.0).abs() < 1e-14);
    }

    #[test]
    fn distances_take_the_short_way_round() {
        let at = |phi| Pseudojet {
            phi,
            ..Pseudojet::default()
        };
        assert!((at(0.1).delta_phi(&at(TAU - 0.1)) - 0.2).abs() < 1e-14);
        assert!((at(TAU - 0.1).distance2(&at(0.1)) - 0.04).abs() < 1e-14);
    }
}
