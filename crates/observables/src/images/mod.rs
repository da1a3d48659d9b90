//! Jet images: the energy flow as a picture.
//!
//! $$ I_{rc} = \sum_{i \in \text{pixel}(r, c)} p_{T,i} $$
//!
//! The steps of [`JetImage`], in order, all done on the particles before they
//! are put into pixels, so that nothing is interpolated:
//!
//! 1. **groom**: particles that a groomer drops are left out;
//! 2. **translate** in rapidity and azimuth to a [`Centre`];
//! 3. **rotate** about the centre, see [`Rotate`];
//! 4. **scale**, so that the two subjets are at a distance of 1;
//! 5. **flip** left and right, so that the right half holds more `pt`;
//! 6. fill the pixels of every [`Channel`]; what falls outside of the window is
//!    counted;
//! 7. **normalise**, then **compress** every pixel.
//!
//! If two halves hold the same `pt`, the one with the hardest constituent counts
//! as the harder. Published orders of these steps are a [`Preset`] each.
//!
//! * **Shape:** `[jets, channels, pixels, pixels]`; rows go up in azimuth, columns
//!   to the right in rapidity: pixel `(0, 0)` is at the lowest of both.
//! * **Units:** GeV without normalisation or with [`Normalise::None`], none
//!   otherwise; multiplicities are numbers of particles.
//! * **Invariant:** translated and rotated images do not change when the jet
//!   is turned about the beam or boosted along it.
//! * **Reference:** J. Cogan, M. Kagan, E. Strauss, A. Schwarztman,
//!   arXiv:1407.5675, section 2; L. de Oliveira et al., arXiv:1511.05190,
//!   section 3 (they rotate pixels and interpolate; here the particles turn).

mod arrange;
mod channel;
mod pixels;
mod preset;

use pellucid_core::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ObservableError;
use crate::jets::grooming::Groomer;
use crate::jets::property::Property;
use crate::jets::{Flow, Jet, Jets};

use arrange::Arranged;
pub use arrange::{Centre, Rotate, Subjets};
pub use channel::{Channel, Intensity};
use pixels::Scratch;
pub use pixels::{Compress, Normalise};
pub use preset::Preset;

/// How a jet becomes a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "preset::Written")]
pub struct JetImage {
    /// Pixels along each side.
    pub pixels: usize,
    /// Half the side of the window, radians (distances of the subjets, if
    /// scaled): it goes from `-half_width` to `half_width` about the centre.
    pub half_width: f64,
    /// What drops particles first; none without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groom: Option<Groomer>,
    /// What the two subjets are, where they are asked for.
    pub subjets: Subjets,
    /// What becomes the centre.
    pub centre: Centre,
    /// What is turned upright.
    pub rotate: Rotate,
    /// Whether the distance of the subjets becomes 1.
    pub scale: bool,
    /// Whether the harder half is turned to the right.
    pub flip: bool,
    /// What a particle adds to its pixel.
    pub intensity: Intensity,
    /// Which particles each channel is of.
    pub channels: Vec<Channel>,
    /// What the pixels are divided by.
    pub normalise: Normalise,
    /// What every pixel goes through at last.
    pub compress: Compress,
}

/// The pictures of many jets.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// The pixels, `[jets, channels, pixels, pixels]`.
    pub tensor: Tensor<f32>,
    /// The share of each jet's `pt` (energy, if that is the intensity) that fell
    /// outside of the window.
    pub outside: Vec<f64>,
}

impl JetImage {
    /// Translated to the centroid, rotated, flipped, and divided by the sum.
    pub fn new(pixels: usize, half_width: f64) -> Self {
        Self {
            rotate: Rotate::PrincipalAxis,
            flip: true,
            ..Self::plain(pixels, half_width)
        }
    }

    /// Translated to the centroid and divided by the sum.
    pub fn plain(pixels: usize, half_width: f64) -> Self {
        Self {
            pixels,
            half_width,
            groom: None,
            subjets: Subjets::default(),
            centre: Centre::default(),
            rotate: Rotate::default(),
            scale: false,
            flip: false,
            intensity: Intensity::default(),
            channels: vec![Channel::All],
            normalise: Normalise::default(),
            compress: Compress::default(),
        }
    }

    /// An error if a setting is out of its range.
    pub fn check(&self) -> Result<(), ObservableError> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let wrong = |setting, found: &dyn ToString, expected| {
            Err(ObservableError::setting(
                setting,
                found.to_string(),
                expected,
            ))
        };
        if !(1..=1024).contains(&self.pixels) {
            return wrong("pixels", &self.pixels, "1 to 1024 pixels along each side");
        }
        if !positive(self.half_width) {
            return wrong(
                "half_width",
                &self.half_width,
                "a number of radians above 0",
            );
        }
        if let Normalise::Constant(constant) = self.normalise
            && !positive(constant)
        {
            return wrong("normalise.constant", &constant, "a number of GeV above 0");
        }
        if let Compress::Power(x) | Compress::Log(x) = self.compress
            && !positive(x)
        {
            return wrong("compress", &x, "a number above 0");
        }
        if let Subjets::InclusiveKt(radius) = self.subjets
            && !positive(radius)
        {
            return wrong("subjets.inclusive-kt", &radius, "a radius above 0");
        }
        let mut channels = self.channels.clone();
        channels.sort_unstable();
        channels.dedup();
        if channels.is_empty() || channels.len() < self.channels.len() {
            let found = format!("{:?}", self.channels);
            return wrong(
                "channels",
                &found,
                "at least one channel, none of them twice",
            );
        }
        self.groom.map_or(Ok(()), |groomer| groomer.check())
    }

    /// What must be known of the constituents besides their momenta.
    pub fn needs(&self) -> Vec<Property> {
        let charged = self.channels.iter().any(|channel| channel.needs_charge());
        charged.then_some(Property::Charge).into_iter().collect()
    }

    /// The shape of one image: channel, rows, columns.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels.len(), self.pixels, self.pixels]
    }

    /// Paints one jet into `channels × pixels × pixels` numbers, channel after
    /// channel, each row by row, and returns the share of its `pt` that fell
    /// outside of the window.
    pub fn render(&self, jet: Jet<'_>, out: &mut [f32]) -> f64 {
        self.render_with(jet, &mut Scratch::default(), out)
    }

    /// The pictures of many jets, in parallel.
    pub fn render_all(&self, jets: &Jets) -> Result<Images, ObservableError> {
        self.check()?;
        jets.require(&self.needs())?;
        let [channels, rows, columns] = self.shape();
        let size = channels * rows * columns;
        let mut data = vec![0.0_f32; jets.len() * size];
        let mut outside = vec![0.0; jets.len()];
        data.par_chunks_mut(size)
            .zip(outside.par_iter_mut())
            .enumerate()
            .for_each_init(Scratch::default, |scratch, (i, (image, outside))| {
                *outside = self.render_with(jets.jet(i), scratch, image);
            });
        let tensor = Tensor::new(vec![jets.len(), channels, rows, columns], data);
        Ok(Images { tensor, outside })
    }

    /// The constituents that the groomer left, after translating, rotating,
    /// scaling and flipping; `dy` goes to the right of the picture and `dphi` up.
    pub fn arrange(&self, jet: Jet<'_>) -> Vec<Flow> {
        let mut arranged = Arranged::default();
        self.arrange_into(jet, &mut arranged);
        arranged.flows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet_of;

    fn jets(parts: &[(f64, f64, f64)]) -> Jets {
        jet_of(10.0, parts)
    }

    fn plain(pixels: usize) -> JetImage {
        JetImage {
            centre: Centre::Axis,
            normalise: Normalise::None,
            ..JetImage::plain(pixels, 1.0)
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
        assert!(!image.flip && image.rotate == Rotate::PrincipalAxis);
        let again: JetImage =
            serde_json::from_value(serde_json::to_value(&image).unwrap()).unwrap();
        assert_eq!(again, image);
        let text = r#"{"preset": "quark-gluon", "pixels": 25, "rotate": "subjets"}"#;
        let preset: JetImage = serde_json::from_str(text).unwrap();
        assert_eq!((preset.shape(), preset.half_width), ([3, 25, 25], 0.4));
        assert_eq!(preset.rotate, Rotate::Subjets);
        let message = serde_json::from_str::<JetImage>(r#"{"half_width": 1}"#).unwrap_err();
        assert!(message.to_string().contains("`pixels`"), "{message}");
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

    #[test]
    fn colours_part_the_momentum_and_count_what_is_charged() {
        let mut jets = jets(&[(3.0, 0.5, 0.5), (4.0, -0.5, -0.5), (1.0, -0.5, -0.4)]);
        let image = JetImage {
            centre: Centre::Axis,
            ..JetImage {
                pixels: 2,
                half_width: 1.0,
                ..Preset::QuarkGluon.image()
            }
        };
        let message = image.render_all(&jets).unwrap_err().to_string();
        assert!(message.contains("`part_charge`"), "{message}");
        jets.set(Property::Charge, vec![1.0, 0.0, -1.0]).unwrap();
        let tensor = image.render_all(&jets).unwrap().tensor;
        assert_eq!(tensor.shape(), [1, 3, 2, 2]);
        let expected = [
            1.0 / 8.0,
            0.0,
            0.0,
            3.0 / 8.0,
            0.5,
            0.0,
            0.0,
            0.0,
            0.5,
            0.0,
            0.0,
            0.5,
        ];
        assert_eq!(tensor.data(), expected);
    }

    #[test]
    fn the_softer_subjet_comes_to_lie_at_one_below_the_harder() {
        let jets = jets(&[(30.0, 0.3, 0.1), (10.0, -0.2, -0.3), (0.5, 0.9, -0.9)]);
        let flows = Preset::ExpertAugmented.image().arrange(jets.jet(0));
        assert!(flows[0].radius() < 1e-12, "{flows:?}");
        assert!(
            flows[1].dy.abs() < 1e-12 && (flows[1].dphi + 1.0).abs() < 1e-12,
            "{flows:?}"
        );
        // Trimmed away: 0.5 of 40.5 GeV is less than 5 %.
        assert_eq!(Preset::JetImages.image().arrange(jets.jet(0)).len(), 2);
    }

    #[test]
    fn energies_are_what_calorimeters_see() {
        let jets = jets(&[(3.0, 0.5, 0.5)]);
        let image = JetImage {
            intensity: Intensity::Energy,
            ..plain(2)
        };
        let found = image.render_all(&jets).unwrap().tensor.data()[3];
        assert!((f64::from(found) - 3.0 * 0.5_f64.cosh()).abs() < 1e-6);
    }
}
