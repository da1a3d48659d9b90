//! The constituents of a jet in vectors of the machine.

use super::Jet;

/// The widest vector of `f64`.
pub(super) const LANES: usize = 8;

/// Momentum, rapidity and azimuth of the constituents, padded to a multiple of
/// [`LANES`] by copies of the first that have no momentum.
#[derive(Debug)]
pub(super) struct Padded {
    /// The number of constituents.
    pub count: usize,
    /// Transverse momenta, GeV; 0 for padding.
    pub pt: Vec<f64>,
    /// Rapidities.
    pub y: Vec<f64>,
    /// Azimuths.
    pub phi: Vec<f64>,
}

impl Padded {
    pub fn new(jet: Jet<'_>) -> Self {
        let count = jet.len();
        let width = count.next_multiple_of(LANES);
        let pad = |list: &[f64], with: f64| {
            let mut out = Vec::with_capacity(width);
            out.extend_from_slice(list);
            out.resize(width, with);
            out
        };
        Self {
            count,
            pt: pad(jet.pt, 0.0),
            y: pad(jet.y, jet.y[0]),
            phi: pad(jet.phi, jet.phi[0]),
        }
    }

    /// Constituents and padding.
    pub fn width(&self) -> usize {
        self.pt.len()
    }
}
