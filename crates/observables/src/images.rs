//! Jet images: the energy flow as a picture.
//!
//! $$ I_{rc} = \sum_{i \in \text{pixel}(r, c)} p_{T,i} $$
//!
//! The steps of [`JetImage`], in order, all done on the particles before they
//! are put into pixels, so that nothing is interpolated:
//!
//! 1. **translate** in rapidity and azimuth to a [`Centre`];
//! 2. **rotate** about the centre, so that the principal axis of the
//!    `pt`-weighted flow lies along the azimuth, and the half with more `pt`
//!    points up: the second-hardest side is below the centre;
//! 3. **flip** left and right, so that the right half holds more `pt`;
//! 4. fill the pixels; what falls outside of the window is counted;
//! 5. **normalise**, then **compress** every pixel.
//!
//! The principal axis is the eigenvector of the larger second moment about the
//! centre, at the angle `½ atan2(2 Σ pt u v, Σ pt (u² − v²))` from the
//! rapidity. A flow without one (round, or a single particle at the centre) is
//! not rotated. If two halves hold the same `pt`, the one with the hardest
//! constituent counts as the harder.
//!
//! * **Shape:** `[jets, 1, pixels, pixels]`; rows go up in azimuth, columns to
//!   the right in rapidity: pixel `(0, 0)` is at the lowest of both.
//! * **Units:** GeV without normalisation or with [`Normalise::None`], none
//!   otherwise.
//! * **Invariant:** translated and rotated images do not change when the jet
//!   is turned about the beam or boosted along it.
//! * **Reference:** J. Cogan, M. Kagan, E. Strauss, A. Schwarztman,
//!   arXiv:1407.5675, section 2; L. de Oliveira et al., arXiv:1511.05190,
//!   section 3 (they rotate pixels and interpolate; here the particles turn).

use pellucid_core::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ObservableError;
use crate::jets::{Flow, Jet, Jets};

/// What becomes the centre of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Centre {
    /// The jet's axis.
    Axis,
    /// The mean position of the constituents, weighted by `pt`.
    #[default]
    Centroid,
    /// The hardest constituent.
    Hardest,
}

/// What the pixels are divided by.
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

/// How a jet becomes a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JetImage {
    /// Pixels along each side.
    pub pixels: usize,
    /// Half the side of the window, radians: it goes from `-half_width` to
    /// `half_width` about the centre.
    pub half_width: f64,
    /// What becomes the centre.
    #[serde(default)]
    pub centre: Centre,
    /// Whether the principal axis is turned upright.
    #[serde(default)]
    pub rotate: bool,
    /// Whether the harder half is turned to the right.
    #[serde(default)]
    pub flip: bool,
    /// What the pixels are divided by.
    #[serde(default)]
    pub normalise: Normalise,
    /// What every pixel goes through at last.
    #[serde(default)]
    pub compress: Compress,
}

/// The pictures of many jets.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// The pixels, `[jets, 1, pixels, pixels]`.
    pub tensor: Tensor<f32>,
    /// The share of each jet's `pt` that fell outside of the window.
    pub outside: Vec<f64>,
}

impl JetImage {
    /// Translated to the centroid, rotated, flipped, and divided by the sum.
    pub fn new(pixels: usize, half_width: f64) -> Self {
        Self {
            pixels,
            half_width,
            centre: Centre::default(),
            rotate: true,
            flip: true,
            normalise: Normalise::default(),
            compress: Compress::default(),
        }
    }

    /// An error if a setting is out of its range.
    pub fn check(&self) -> Result<(), ObservableError> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if !(1..=1024).contains(&self.pixels) {
            return Err(ObservableError::setting(
                "pixels",
                self.pixels,
                "1 to 1024 pixels along each side",
            ));
        }
        if !positive(self.half_width) {
            return Err(ObservableError::setting(
                "half_width",
                self.half_width,
                "a number of radians above 0",
            ));
        }
        if let Normalise::Constant(constant) = self.normalise
            && !positive(constant)
        {
            return Err(ObservableError::setting(
                "normalise.constant",
                constant,
                "a number of GeV above 0",
            ));
        }
        if let Compress::Power(x) | Compress::Log(x) = self.compress
            && !positive(x)
        {
            return Err(ObservableError::setting("compress", x, "a number above 0"));
        }
        Ok(())
    }

    /// The shape of one image: channel, rows, columns.
    pub fn shape(&self) -> [usize; 3] {
        [1, self.pixels, self.pixels]
    }

    /// Paints one jet into `pixels × pixels` numbers, row-major, and returns
    /// the share of its `pt` that fell outside of the window.
    pub fn render(&self, jet: Jet<'_>, out: &mut [f32]) -> f64 {
        self.render_with(jet, &mut Scratch::default(), out)
    }

    /// The pictures of many jets, in parallel.
    pub fn render_all(&self, jets: &Jets) -> Result<Images, ObservableError> {
        self.check()?;
        let area = self.pixels * self.pixels;
        let mut data = vec![0.0_f32; jets.len() * area];
        let mut outside = vec![0.0; jets.len()];
        data.par_chunks_mut(area)
            .zip(outside.par_iter_mut())
            .enumerate()
            .for_each_init(Scratch::default, |scratch, (i, (image, outside))| {
                *outside = self.render_with(jets.jet(i), scratch, image);
            });
        let tensor = Tensor::new(vec![jets.len(), 1, self.pixels, self.pixels], data);
        Ok(Images { tensor, outside })
    }

    /// The constituents after translating, rotating and flipping; `dy` goes to
    /// the right of the picture and `dphi` up.
    pub fn arrange(&self, jet: Jet<'_>) -> Vec<Flow> {
        let mut flows = Vec::new();
        self.arrange_into(jet, &mut flows);
        flows
    }

    fn arrange_into(&self, jet: Jet<'_>, flows: &mut Vec<Flow>) {
        flows.clear();
        flows.extend(jet.plane());
        let hardest = jet.hardest();
        let (y, phi) = match self.centre {
            Centre::Axis => (0.0, 0.0),
            Centre::Hardest => (flows[hardest].dy, flows[hardest].dphi),
            Centre::Centroid => {
                let total = jet.scalar_pt();
                let mean = |f: fn(&Flow) -> f64| {
                    flows.iter().map(|flow| flow.pt * f(flow)).sum::<f64>() / total
                };
                (mean(|flow| flow.dy), mean(|flow| flow.dphi))
            }
        };
        for flow in flows.iter_mut() {
            flow.dy -= y;
            flow.dphi -= phi;
        }
        if self.rotate {
            rotate(flows, hardest);
        }
        if self.flip && side(flows, hardest, |flow| flow.dy) < 0.0 {
            for flow in flows.iter_mut() {
                flow.dy = -flow.dy;
            }
        }
    }

    fn render_with(&self, jet: Jet<'_>, scratch: &mut Scratch, out: &mut [f32]) -> f64 {
        let n = self.pixels;
        self.arrange_into(jet, &mut scratch.flows);
        scratch.sums.clear();
        scratch.sums.resize(n * n, 0.0);
        let (mut total, mut outside) = (0.0, 0.0);
        for flow in &scratch.flows {
            total += flow.pt;
            match (self.pixel(flow.dphi), self.pixel(flow.dy)) {
                (Some(row), Some(column)) => scratch.sums[row * n + column] += flow.pt,
                _ => outside += flow.pt,
            }
        }
        let divisor = match self.normalise {
            Normalise::None => 1.0,
            Normalise::Sum => scratch.sums.iter().sum(),
            Normalise::Max => scratch.sums.iter().fold(0.0, |a, &b| f64::max(a, b)),
            Normalise::L2 => scratch.sums.iter().map(|x| x * x).sum::<f64>().sqrt(),
            Normalise::JetPt => jet.axis.pt,
            Normalise::Constant(constant) => constant,
        };
        // An image without any pt inside of the window stays empty.
        let factor = if divisor > 0.0 { 1.0 / divisor } else { 0.0 };
        for (out, &sum) in out.iter_mut().zip(&scratch.sums) {
            let x = sum * factor;
            *out = match self.compress {
                Compress::None => x,
                Compress::Power(p) => x.powf(p),
                Compress::Log(c) => (x / c).ln_1p(),
            } as f32;
        }
        outside / total
    }

    /// The row or column of a coordinate; the window is closed below and open above.
    fn pixel(&self, x: f64) -> Option<usize> {
        let position = (x + self.half_width) / (2.0 * self.half_width) * self.pixels as f64;
        (position >= 0.0 && position < self.pixels as f64).then_some(position as usize)
    }
}

#[derive(Default)]
struct Scratch {
    flows: Vec<Flow>,
    sums: Vec<f64>,
}

/// Turns the principal axis upright, the harder half up.
fn rotate(flows: &mut [Flow], hardest: usize) {
    let (mut uu, mut uv, mut vv) = (0.0, 0.0, 0.0);
    for flow in flows.iter() {
        uu += flow.pt * flow.dy * flow.dy;
        uv += flow.pt * flow.dy * flow.dphi;
        vv += flow.pt * flow.dphi * flow.dphi;
    }
    // Round to rounding: no axis is better than another.
    if (uu - vv).hypot(2.0 * uv) <= 1e-12 * (uu + vv) {
        return;
    }
    let angle = 0.5 * (2.0 * uv).atan2(uu - vv);
    let (sin, cos) = (angle.sin(), angle.cos());
    for flow in flows.iter_mut() {
        let (u, v) = (flow.dy, flow.dphi);
        // (cos, sin) goes to (0, 1).
        flow.dy = u * sin - v * cos;
        flow.dphi = u * cos + v * sin;
    }
    if side(flows, hardest, |flow| flow.dphi) < 0.0 {
        for flow in flows.iter_mut() {
            flow.dy = -flow.dy;
            flow.dphi = -flow.dphi;
        }
    }
}

/// Above 0 if the half where `coordinate` is above 0 is the harder, below 0 if
/// the other is.
fn side(flows: &[Flow], hardest: usize, coordinate: impl Fn(&Flow) -> f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    for flow in flows {
        let x = coordinate(flow);
        if x > 0.0 {
            above += flow.pt;
        } else if x < 0.0 {
            below += flow.pt;
        }
    }
    // Halves equal to rounding must not be told apart by rounding.
    if f64::abs(above - below) > 1e-12 * (above + below) {
        above - below
    } else {
        coordinate(&flows[hardest])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::kinematics::Momentum;

    fn jets(parts: &[(f64, f64, f64)]) -> Jets {
        let parts: Vec<Momentum> = parts
            .iter()
            .map(|&(pt, y, phi)| Momentum { pt, y, phi, m: 0.0 })
            .collect();
        let mut jets = Jets::new();
        jets.push_with_axis(
            &parts,
            Momentum {
                pt: 10.0,
                ..Momentum::default()
            },
        )
        .unwrap();
        jets
    }

    fn plain(pixels: usize) -> JetImage {
        JetImage {
            centre: Centre::Axis,
            rotate: false,
            flip: false,
            normalise: Normalise::None,
            ..JetImage::new(pixels, 1.0)
        }
    }

    #[test]
    fn rows_go_up_in_azimuth_and_columns_in_rapidity() {
        let jets = jets(&[(3.0, -0.5, 0.9), (1.0, 0.5, 0.1)]);
        let images = plain(4).render_all(&jets).unwrap();
        let mut expected = [0.0_f32; 16];
        expected[3 * 4 + 1] = 3.0;
        expected[2 * 4 + 3] = 1.0;
        assert_eq!(images.tensor.data(), expected);
        assert_eq!(images.tensor.shape(), [1, 1, 4, 4]);
    }

    #[test]
    fn what_falls_outside_of_the_window_is_counted() {
        let jets = jets(&[(3.0, 0.0, 0.0), (1.0, 1.5, 0.0)]);
        let images = plain(2).render_all(&jets).unwrap();
        assert_eq!(images.outside, [0.25]);
        assert_eq!(images.tensor.data().iter().sum::<f32>(), 3.0);
    }

    #[test]
    fn an_empty_window_gives_an_empty_image_without_nan() {
        let jets = jets(&[(1.0, 1.5, 0.0)]);
        for normalise in [Normalise::Sum, Normalise::Max, Normalise::L2] {
            let images = JetImage {
                normalise,
                ..plain(2)
            }
            .render_all(&jets)
            .unwrap();
            assert_eq!(images.tensor.data(), [0.0; 4]);
            assert_eq!(images.outside, [1.0]);
        }
    }

    #[test]
    fn two_prongs_are_upright_with_the_softer_below() {
        let jets = jets(&[(3.0, 0.3, 0.3), (1.0, -0.3, -0.3)]);
        let flows = JetImage::new(25, 1.0).arrange(jets.jet(0));
        let distance = 0.72_f64.sqrt();
        let expected = [(0.0, distance / 4.0), (0.0, -0.75 * distance)];
        for (flow, (dy, dphi)) in flows.iter().zip(expected) {
            assert!(
                (flow.dy - dy).abs() < 1e-15 && (flow.dphi - dphi).abs() < 1e-15,
                "{flow:?}"
            );
        }
    }

    #[test]
    fn the_hardest_constituent_can_be_the_centre() {
        let jets = jets(&[(1.0, 0.3, 0.3), (2.0, -0.1, 0.2)]);
        let settings = JetImage {
            centre: Centre::Hardest,
            ..plain(4)
        };
        let flows = settings.arrange(jets.jet(0));
        assert_eq!((flows[1].dy, flows[1].dphi), (0.0, 0.0));
    }

    #[test]
    fn the_flip_puts_the_harder_half_to_the_right() {
        let jets = jets(&[(3.0, -0.2, 0.0), (1.0, 0.1, 0.4)]);
        let flows = JetImage {
            flip: true,
            ..plain(4)
        }
        .arrange(jets.jet(0));
        assert_eq!((flows[0].dy, flows[1].dy), (0.2, -0.1));
    }

    #[test]
    fn normalisations_and_compressions_do_what_they_say() {
        let jets = jets(&[(3.0, 0.5, 0.5), (4.0, -0.5, -0.5)]);
        let value = |normalise, compress| {
            let image = JetImage {
                normalise,
                compress,
                ..plain(2)
            };
            image.render_all(&jets).unwrap().tensor.data()[3]
        };
        let close = |a: f32, b: f64| assert!((f64::from(a) - b).abs() < 1e-7, "{a} {b}");
        close(value(Normalise::Sum, Compress::None), 3.0 / 7.0);
        close(value(Normalise::Max, Compress::None), 0.75);
        close(value(Normalise::L2, Compress::None), 0.6);
        close(value(Normalise::JetPt, Compress::None), 0.3);
        close(value(Normalise::Constant(6.0), Compress::None), 0.5);
        close(value(Normalise::Constant(12.0), Compress::Power(0.5)), 0.5);
        close(value(Normalise::None, Compress::Log(1.5)), 3.0_f64.ln());
    }

    #[test]
    fn settings_read_as_written_and_mistakes_are_refused() {
        let text = r#"{"pixels": 25, "half_width": 0.8, "rotate": true, "normalise": {"constant": 100.0},
                       "compress": {"power": 0.5}, "centre": "hardest"}"#;
        let image: JetImage = serde_json::from_str(text).unwrap();
        assert_eq!(
            (image.normalise, image.compress),
            (Normalise::Constant(100.0), Compress::Power(0.5))
        );
        assert!(!image.flip);
        assert!(
            serde_json::from_str::<JetImage>(
                r#"{"pixels": 25, "half_width": 0.8, "rotated": true}"#
            )
            .is_err()
        );
        for bad in [
            JetImage::new(0, 1.0),
            JetImage::new(5, f64::NAN),
            JetImage {
                normalise: Normalise::Constant(0.0),
                ..image
            },
        ] {
            assert!(bad.check().is_err());
        }
    }
}
