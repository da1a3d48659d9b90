//! Pixels filled, divided and compressed.

use serde::{Deserialize, Serialize};

use super::arrange::Arranged;
use super::{Channel, JetImage};
use crate::jets::Jet;

/// What the pixels are divided by: a number of the image of all particles, the
/// same for all channels of momentum, so that their ratio stays. A channel of
/// multiplicities is divided by the same number of its own pixels, and by nothing
/// where that is a momentum.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalise {
    /// Nothing: pixels in GeV.
    None,
    /// Their sum, which becomes 1.
    #[default]
    Sum,
    /// Their largest, which becomes 1.
    Max,
    /// The root of the sum of their squares.
    L2,
    /// The `pt` of the jet; what is lost outside of the window stays lost.
    JetPt,
    /// A number of GeV, the same for all jets.
    Constant(f64),
}

/// What every pixel goes through at last.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compress {
    /// Nothing.
    #[default]
    None,
    /// `x^p`; one half is the square root.
    Power(f64),
    /// `ln(1 + x / c)`.
    Log(f64),
}

/// Memory that is kept from jet to jet.
#[derive(Default)]
pub(super) struct Scratch {
    arranged: Arranged,
    /// The image of all particles, before it is divided.
    all: Vec<f64>,
    /// That of one channel.
    some: Vec<f64>,
}

impl JetImage {
    /// Paints one jet; the share that fell outside of the window.
    pub(super) fn render_with(&self, jet: Jet<'_>, scratch: &mut Scratch, out: &mut [f32]) -> f64 {
        let Scratch {
            arranged,
            all,
            some,
        } = scratch;
        self.arrange_into(jet, arranged);
        let outside = self.fill(jet, Channel::All, arranged, all);
        let common = self.divisor(jet, all);
        let area = self.pixels * self.pixels;
        for (&channel, out) in self.channels.iter().zip(out.chunks_exact_mut(area)) {
            let sums = if channel == Channel::All {
                &*all
            } else {
                self.fill(jet, channel, arranged, some);
                &*some
            };
            let divisor = match self.normalise {
                Normalise::JetPt | Normalise::Constant(_) if channel.counts() => 1.0,
                _ if channel.counts() => self.divisor(jet, sums),
                _ => common,
            };
            // An image without any pt inside of the window stays empty.
            let factor = if divisor > 0.0 { 1.0 / divisor } else { 0.0 };
            for (out, &sum) in out.iter_mut().zip(sums) {
                let x = sum * factor;
                *out = match self.compress {
                    Compress::None => x,
                    Compress::Power(p) => x.powf(p),
                    Compress::Log(c) => (x / c).ln_1p(),
                } as f32;
            }
        }
        outside
    }

    /// Fills the pixels of one channel; returns the share that fell outside.
    fn fill(
        &self,
        jet: Jet<'_>,
        channel: Channel,
        arranged: &Arranged,
        sums: &mut Vec<f64>,
    ) -> f64 {
        let n = self.pixels;
        sums.clear();
        sums.resize(n * n, 0.0);
        let (mut total, mut outside) = (0.0, 0.0);
        for (flow, &i) in arranged.flows.iter().zip(&arranged.chosen) {
            let weight = channel.weight(self.intensity, jet, i);
            total += weight;
            match (self.pixel(flow.dphi), self.pixel(flow.dy)) {
                (Some(row), Some(column)) => sums[row * n + column] += weight,
                _ => outside += weight,
            }
        }
        if total > 0.0 { outside / total } else { 0.0 }
    }

    /// What the pixels of an image are divided by.
    fn divisor(&self, jet: Jet<'_>, sums: &[f64]) -> f64 {
        match self.normalise {
            Normalise::None => 1.0,
            Normalise::Sum => sums.iter().sum(),
            Normalise::Max => sums.iter().fold(0.0, |a, &b| f64::max(a, b)),
            Normalise::L2 => sums.iter().map(|x| x * x).sum::<f64>().sqrt(),
            Normalise::JetPt => jet.axis.pt,
            Normalise::Constant(constant) => constant,
        }
    }

    /// The row or column of a coordinate; the window is closed below and open above.
    fn pixel(&self, x: f64) -> Option<usize> {
        let position = (x + self.half_width) / (2.0 * self.half_width) * self.pixels as f64;
        (position >= 0.0 && position < self.pixels as f64).then_some(position as usize)
    }
}
