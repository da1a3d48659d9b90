//! What must not change a jet's shape.

use pellucid_observables::jets::kinematics::Momentum;

/// A rotation about the beam and a boost along it.
pub fn moved(parts: &[Momentum], angle: f64, boost: f64) -> Vec<Momentum> {
    parts
        .iter()
        .map(|p| Momentum {
            y: p.y + boost,
            phi: p.phi + angle,
            ..*p
        })
        .collect()
}

pub fn reversed(parts: &[Momentum]) -> Vec<Momentum> {
    parts.iter().rev().copied().collect()
}

/// One particle replaced by two with the same direction.
pub fn split(parts: &[Momentum], at: usize, share: f64) -> Vec<Momentum> {
    let mut out = parts.to_vec();
    let whole = out[at];
    out[at] = Momentum {
        pt: whole.pt * share,
        m: whole.m * share,
        ..whole
    };
    out.push(Momentum {
        pt: whole.pt * (1.0 - share),
        m: whole.m * (1.0 - share),
        ..whole
    });
    out
}

/// A particle more that has next to no momentum.
pub fn with_soft(parts: &[Momentum], pt: f64) -> Vec<Momentum> {
    let mut out = parts.to_vec();
    out.push(Momentum {
        pt,
        y: parts[0].y + 0.5,
        phi: parts[0].phi - 0.4,
        m: 0.0,
    });
    out
}
