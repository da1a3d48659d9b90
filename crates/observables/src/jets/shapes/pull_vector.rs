//! The components of the pull vector, and its angle.
//!
//! $$ \vec t = \sum_i z_i\, r_i\, \vec r_i = (t_y, t_\phi), \qquad
//!    \theta = \operatorname{atan2}(t_\phi, t_y) $$
//!
//! The angle is 0 where there is no pull.
//!
//! * **Units:** radians² of the components, radians of the angle.
//! * **Reference:** J. Gallicchio, M. Schwartz, arXiv:1001.5027, eq. 1.

use super::family::member;
use super::{About, Observable};
use crate::jets::Jet;

/// What rounding makes of no pull, radians².
const NONE: f64 = 1e-24;

fn pull(jet: Jet<'_>) -> [f64; 2] {
    let (mut y, mut phi) = (0.0, 0.0);
    for flow in jet.plane() {
        let weight = flow.pt * flow.radius();
        y += weight * flow.dy;
        phi += weight * flow.dphi;
    }
    [y / jet.scalar_pt(), phi / jet.scalar_pt()]
}

pub(super) fn family() -> Vec<&'static dyn Observable> {
    let about = |name, symbol, latex, unit, definition| About {
        name,
        symbol,
        latex,
        unit,
        definition,
        reference: "arXiv:1001.5027, eq. 1",
        infrared_safe: true,
    };
    vec![
        member(
            about(
                "pull_y",
                "t_y",
                "t_y",
                "rad²",
                "rapidity component of the pull vector Σ z r r⃗",
            ),
            |jet| pull(jet.jet())[0],
        ),
        member(
            about(
                "pull_phi",
                "t_phi",
                r"t_\phi",
                "rad²",
                "azimuth component of the pull vector Σ z r r⃗",
            ),
            |jet| pull(jet.jet())[1],
        ),
        member(
            about(
                "pull_angle",
                "theta_t",
                r"\theta_t",
                "rad",
                "direction of the pull vector, atan2(t_phi, t_y)",
            ),
            |jet| {
                let [y, phi] = pull(jet.jet());
                if y.hypot(phi) < NONE {
                    0.0
                } else {
                    phi.atan2(y)
                }
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn one_particle_pulls_in_its_own_direction() {
        let jets = jet(&[(3.0, 0.3, 0.4)]);
        let [y, phi] = pull(jets.jet(0));
        assert!((y - 0.15).abs() < 1e-15 && (phi - 0.2).abs() < 1e-15);
    }
}
