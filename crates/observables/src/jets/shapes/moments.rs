//! Second moments of the energy flow, and their eigenvalues.
//!
//! $$ I = \frac{\sum_i w_i\, \vec r_i \vec r_i^{\,T}}{\sum_i w_i},
//!    \qquad \vec r = (\Delta y, \Delta\phi) $$
//!
//! With `w = pt` and the jet's axis this is the linearised form of the shape
//! tensor of planar flow; the eigenvalues come from the trace and from a sum of
//! squares, so that neither can be negative by more than rounding.

use crate::jets::Jet;

/// The eigenvalues of the moments, the larger first; radians².
pub(super) fn eigenvalues(jet: Jet<'_>, weight: impl Fn(f64) -> f64) -> (f64, f64) {
    let (mut total, mut yy, mut yphi, mut phiphi) = (0.0, 0.0, 0.0, 0.0);
    for flow in jet.plane() {
        let w = weight(flow.pt);
        total += w;
        yy += w * flow.dy * flow.dy;
        yphi += w * flow.dy * flow.dphi;
        phiphi += w * flow.dphi * flow.dphi;
    }
    let trace = (yy + phiphi) / total;
    let gap = ((yy - phiphi) / total).hypot(2.0 * yphi / total);
    (0.5 * (trace + gap), (0.5 * (trace - gap)).max(0.0))
}
