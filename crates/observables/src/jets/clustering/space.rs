//! Where particles are, and how far from each other.

use std::f64::consts::TAU;

use pulp::Simd;

use super::blocks::Coordinates;
use crate::jets::four_vector::Pseudojet;

/// The plane of rapidity and azimuth, or the sphere of directions.
///
/// Squared distances are sums of two or three rounded products, never fused, so
/// that they are the same on every machine.
pub(super) trait Space<const D: usize> {
    /// The coordinates.
    fn place(jet: &Pseudojet) -> [f64; D];

    /// What the exponent is applied to: squared transverse momentum or energy.
    fn scale(jet: &Pseudojet) -> f64;

    /// Squared distances.
    fn distance2<S: Simd>(simd: S, a: Coordinates<S, D>, b: Coordinates<S, D>) -> S::f64s;
}

/// Rapidity and azimuth.
pub(super) struct Plane;

impl Space<2> for Plane {
    fn place(jet: &Pseudojet) -> [f64; 2] {
        [jet.y, jet.phi]
    }

    fn scale(jet: &Pseudojet) -> f64 {
        jet.pt2
    }

    #[inline(always)]
    fn distance2<S: Simd>(simd: S, a: Coordinates<S, 2>, b: Coordinates<S, 2>) -> S::f64s {
        let dy = simd.sub_f64s(a[0], b[0]);
        let apart = simd.abs_f64s(simd.sub_f64s(a[1], b[1]));
        // Azimuths are in [0, 2π): a difference above π is negative here.
        let dphi = simd.min_f64s(apart, simd.sub_f64s(simd.splat_f64s(TAU), apart));
        simd.add_f64s(simd.mul_f64s(dy, dy), simd.mul_f64s(dphi, dphi))
    }
}

/// Unit vectors; the squared chord is `2(1 - cos θ)` without cancellation.
pub(super) struct Sphere;

impl Space<3> for Sphere {
    fn place(jet: &Pseudojet) -> [f64; 3] {
        let p = jet.p.p2().sqrt();
        if p == 0.0 {
            return [0.0, 0.0, 1.0];
        }
        [jet.p.px / p, jet.p.py / p, jet.p.pz / p]
    }

    fn scale(jet: &Pseudojet) -> f64 {
        jet.p.e * jet.p.e
    }

    #[inline(always)]
    fn distance2<S: Simd>(simd: S, a: Coordinates<S, 3>, b: Coordinates<S, 3>) -> S::f64s {
        let square = |k: usize| {
            let d = simd.sub_f64s(a[k], b[k]);
            simd.mul_f64s(d, d)
        };
        simd.add_f64s(simd.add_f64s(square(0), square(1)), square(2))
    }
}
