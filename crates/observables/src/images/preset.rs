//! Published orders of the steps, and the settings as they are written.

use serde::Deserialize;

use super::{Centre, Channel, Compress, Intensity, JetImage, Normalise, Rotate, Subjets};
use crate::jets::grooming::{Groomer, Trimming};

/// The pictures of a publication. Settings beside a preset change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Jet images, deep learning edition (L. de Oliveira et al., arXiv:1511.05190):
    /// kT trimming with radius 0.3 and 5 %; the harder subjet in the centre, the
    /// softer one below, the harder half to the right; 25 × 25 pixels over
    /// ± 1.25, in GeV. They fill towers of 0.1 × 0.1 and turn the pixels; here the
    /// particles turn.
    JetImages,
    /// Quark and gluon jets in colour (P. Komiske, E. Metodiev, M. Schwartz,
    /// arXiv:1612.01551): the centroid in the centre, 33 × 33 pixels over ± 0.4;
    /// charged momentum, neutral momentum, charged multiplicity, each divided by
    /// its sum (the momenta by their common one).
    QuarkGluon,
    /// Top tagging (S. Macaluso, D. Shih, arXiv:1803.00107): the centroid in the
    /// centre, the principal axis upright, the hardest quadrant at the upper right,
    /// 37 × 37 pixels over ± 1.6, divided by the sum. In one channel.
    TopTagging,
    /// Expert-augmented taggers (G. Agarwal et al., arXiv:2011.13466): the subjets of
    /// the modified mass drop, the harder one in the centre, the softer one at
    /// (0, −1) after turning and scaling, the harder half to the right; divided by
    /// the jet's momentum. The window, 32 × 32 pixels over ± 2, is ours.
    ExpertAugmented,
}

impl Preset {
    /// Its settings.
    pub fn image(self) -> JetImage {
        match self {
            Self::JetImages => JetImage {
                groom: Some(Groomer::Trimming(Trimming {
                    radius: 0.3,
                    fcut: 0.05,
                })),
                subjets: Subjets::InclusiveKt(0.3),
                centre: Centre::LeadingSubjet,
                rotate: Rotate::Subjets,
                flip: true,
                normalise: Normalise::None,
                ..JetImage::plain(25, 1.25)
            },
            Self::QuarkGluon => JetImage {
                channels: vec![
                    Channel::Charged,
                    Channel::Neutral,
                    Channel::ChargedMultiplicity,
                ],
                ..JetImage::plain(33, 0.4)
            },
            Self::TopTagging => JetImage::new(37, 1.6),
            Self::ExpertAugmented => JetImage {
                subjets: Subjets::MassDrop,
                centre: Centre::LeadingSubjet,
                rotate: Rotate::Subjets,
                scale: true,
                flip: true,
                normalise: Normalise::JetPt,
                ..JetImage::plain(32, 2.0)
            },
        }
    }
}

/// The settings of a [`JetImage`] as they are written: those that are not there
/// are the preset's, or else the defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    preset: Option<Preset>,
    pixels: Option<usize>,
    half_width: Option<f64>,
    groom: Option<Groomer>,
    subjets: Option<Subjets>,
    centre: Option<Centre>,
    rotate: Option<Rotate>,
    scale: Option<bool>,
    flip: Option<bool>,
    intensity: Option<Intensity>,
    channels: Option<Vec<Channel>>,
    normalise: Option<Normalise>,
    compress: Option<Compress>,
}

impl TryFrom<Written> for JetImage {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let missing = |name: &str| format!("missing field `{name}` (or a `preset`)");
        let start = match written.preset {
            Some(preset) => preset.image(),
            None => Self::plain(
                written.pixels.ok_or_else(|| missing("pixels"))?,
                written.half_width.ok_or_else(|| missing("half_width"))?,
            ),
        };
        Ok(Self {
            pixels: written.pixels.unwrap_or(start.pixels),
            half_width: written.half_width.unwrap_or(start.half_width),
            groom: written.groom.or(start.groom),
            subjets: written.subjets.unwrap_or(start.subjets),
            centre: written.centre.unwrap_or(start.centre),
            rotate: written.rotate.unwrap_or(start.rotate),
            scale: written.scale.unwrap_or(start.scale),
            flip: written.flip.unwrap_or(start.flip),
            intensity: written.intensity.unwrap_or(start.intensity),
            channels: written.channels.unwrap_or(start.channels),
            normalise: written.normalise.unwrap_or(start.normalise),
            compress: written.compress.unwrap_or(start.compress),
        })
    }
}
