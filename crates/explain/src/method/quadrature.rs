//! Points and weights of an integral from 0 to 1.
//!
//! * midpoint, `n` points: error falls as `n⁻²` for a smooth function;
//! * trapezoid, `n + 1` points: the same, and the ends are points;
//! * Gauss–Legendre, `n` points: exact for polynomials of degree `2n − 1`.
//!
//! A network of rectifiers has kinks along the path, so there every rule's
//! error falls as a power of `n` only.

use pellucid_network::transform::gauss_legendre;
use serde::{Deserialize, Serialize};

/// A rule of integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Quadrature {
    /// The middles of `n` equal steps.
    Midpoint,
    /// The ends of `n` equal steps.
    Trapezoid,
    /// The zeros of the Legendre polynomial of degree `n`.
    #[default]
    GaussLegendre,
}

impl Quadrature {
    /// Points in [0, 1] and their weights, which add up to 1, for `n` steps.
    pub fn points(self, n: usize) -> Vec<(f64, f64)> {
        let step = 1.0 / n as f64;
        match self {
            Self::Midpoint => (0..n).map(|i| ((i as f64 + 0.5) * step, step)).collect(),
            Self::Trapezoid => (0..=n)
                .map(|i| {
                    (
                        i as f64 * step,
                        if i == 0 || i == n { step / 2.0 } else { step },
                    )
                })
                .collect(),
            Self::GaussLegendre => gauss_legendre(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integral(rule: Quadrature, n: usize, f: impl Fn(f64) -> f64) -> f64 {
        rule.points(n).iter().map(|&(t, w)| w * f(t)).sum()
    }

    #[test]
    fn weights_add_up_to_one() {
        for rule in [
            Quadrature::Midpoint,
            Quadrature::Trapezoid,
            Quadrature::GaussLegendre,
        ] {
            for n in [1, 2, 7, 50, 512] {
                assert!(
                    (integral(rule, n, |_| 1.0) - 1.0).abs() < 1e-13,
                    "{rule:?} {n}"
                );
            }
        }
    }

    #[test]
    fn gauss_legendre_is_exact_up_to_degree_two_n_minus_one() {
        for n in [1, 2, 3, 8, 50] {
            let degree = 2 * n as i32 - 1;
            let found = integral(Quadrature::GaussLegendre, n, |t| t.powi(degree));
            assert!(
                (found - 1.0 / f64::from(degree + 1)).abs() < 1e-14,
                "{n}: {found}"
            );
        }
        let beyond = integral(Quadrature::GaussLegendre, 3, |t| t.powi(6));
        assert!((beyond - 1.0 / 7.0).abs() > 1e-5);
    }

    #[test]
    fn equal_steps_converge_with_the_square_of_their_number() {
        for rule in [Quadrature::Midpoint, Quadrature::Trapezoid] {
            let error = |n| (integral(rule, n, f64::exp) - 1.0_f64.exp() + 1.0).abs();
            assert!((error(10) / error(20) - 4.0).abs() < 0.02, "{rule:?}");
        }
    }
}
