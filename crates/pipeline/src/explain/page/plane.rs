//! The plane that pictures lie in: rapidity and azimuth, or the Lund plane.
//!
//! Rows of a picture go up from the lowest, which is also the order that maps are
//! drawn in. A picture with more than [`MOST_SIDE`] pixels along a side is drawn
//! by the means of square blocks, so that the page stays small. Every channel has
//! a map of its own.

use std::ops::Range;

use pellucid_observables::images::{Channel, Compress, Intensity, Normalise, Rotate};
use pellucid_observables::jets::lund::{LundImage, Plane as Emissions};
use pellucid_observables::{JetImage, Representation};
use pellucid_report::figure::{Axis, Colours, Map, MapGroup, Maps};
use pellucid_report::text;

use crate::input_spec::array::Array;
use crate::input_spec::{Any, Input};

/// More pixels than this along a side are not told apart on the page.
const MOST_SIDE: usize = 32;

/// An input that is a picture.
#[derive(Debug, Clone, Copy)]
pub(super) enum Picture<'a> {
    /// Of the energy flow.
    Jet(&'a JetImage),
    /// Of the emissions.
    Lund(&'a LundImage),
    /// Of a field.
    Field(&'a Array),
}

impl<'a> Picture<'a> {
    /// The picture that a representation is, if it is one.
    pub fn of(input: &'a Input) -> Option<Self> {
        match input {
            Input::Jets(Representation::Image(image)) => Some(Self::Jet(image)),
            Input::Jets(Representation::Lund(image)) => Some(Self::Lund(image)),
            Input::Any(Any::Array(array)) if array.picture().is_some() => Some(Self::Field(array)),
            _ => None,
        }
    }

    /// What a pixel of a channel holds: its name and its unit.
    fn pixel(self, channel: usize) -> (String, &'static str) {
        let image = match self {
            Self::Jet(image) => image,
            Self::Lund(_) => return ("emissions per pixel".to_owned(), ""),
            Self::Field(_) => return ("site as the model sees it".to_owned(), ""),
        };
        let channel = image.channels.get(channel).copied().unwrap_or(Channel::All);
        let momentum = match image.intensity {
            Intensity::Pt => "$p_T$",
            Intensity::Energy => "energy",
        };
        let (what, of, unit) = match channel {
            Channel::All => (momentum, "", "GeV"),
            Channel::Charged => (momentum, " of charged particles", "GeV"),
            Channel::Neutral => (momentum, " of neutral particles", "GeV"),
            Channel::Multiplicity => ("particles", "", ""),
            Channel::ChargedMultiplicity => ("charged particles", "", ""),
            Channel::NeutralMultiplicity => ("neutral particles", "", ""),
        };
        let counts = unit.is_empty();
        match (image.compress, image.normalise) {
            (Compress::None, Normalise::None) => (format!("{what}{of} per pixel"), unit),
            (Compress::None, Normalise::JetPt | Normalise::Constant(_)) if counts => {
                (format!("{what} per pixel"), "")
            }
            (Compress::None, Normalise::Sum) => (format!("share of the image’s {what}{of}"), ""),
            (Compress::None, Normalise::JetPt) => (format!("{what}{of} over the jet’s $p_T$"), ""),
            (Compress::None, _) => (format!("{what}{of} per pixel, normalised"), ""),
            _ => ("pixel as the model sees it".to_owned(), ""),
        }
    }

    /// Colours for pixels up to `largest`, rising as the square root of momentum,
    /// which shows what surrounds the core; pixels that are compressed already
    /// rise in proportion.
    fn shades(self, largest: f64) -> Colours {
        if let Self::Field(_) = self {
            // A field has both signs.
            return Colours::symmetric(&[largest]);
        }
        let exponent = match self {
            Self::Jet(image) if image.compress == Compress::None => 0.5,
            _ => 1.0,
        };
        let max = if largest > 0.0 { largest } else { 1.0 };
        Colours::Power { max, exponent }
    }

    /// Pixels to the right, and up.
    fn pixels(self) -> [usize; 2] {
        match self {
            Self::Jet(image) => [image.pixels; 2],
            Self::Lund(image) => [image.bins; 2],
            Self::Field(array) => {
                let [height, width] = array.picture().unwrap_or([1, 1]);
                [width, height]
            }
        }
    }

    /// What its channels are called.
    fn channels(self) -> Vec<String> {
        match self {
            Self::Jet(image) => {
                let names = image.channels.iter();
                names
                    .map(|channel| channel.name().replace('-', " "))
                    .collect()
            }
            Self::Lund(_) => vec!["all".to_owned()],
            Self::Field(array) => {
                let names = array.channel_names("channel").into_iter();
                names.map(|name| text::literal(&name)).collect()
            }
        }
    }

    /// The window, to the right and up.
    fn window(self) -> [[f64; 2]; 2] {
        match self {
            Self::Jet(image) => [[-image.half_width, image.half_width]; 2],
            Self::Lund(image) => [image.angles, image.kts],
            Self::Field(_) => self.pixels().map(|side| [0.0, side as f64]),
        }
    }

    fn axes(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Jet(image) if image.scale => [
                ("$\\Delta y / \\Delta R_{12}$", ""),
                ("$\\Delta\\phi / \\Delta R_{12}$", ""),
            ],
            Self::Jet(_) => [
                ("rapidity $\\Delta y$", ""),
                ("azimuth $\\Delta\\phi$", "rad"),
            ],
            Self::Lund(_) => [("$\\ln(R/\\Delta)$", ""), ("$\\ln(k_T/\\mathrm{GeV})$", "")],
            Self::Field(_) => [("column", ""), ("row", "")],
        }
    }

    /// What to know of the axes.
    fn said(self) -> &'static str {
        match self {
            Self::Jet(image) => match image.rotate {
                Rotate::None => "Axes are relative to the image’s centre.",
                Rotate::PrincipalAxis => {
                    "Axes are those of the turned image: the jet’s principal axis stands upright, its harder half \
                     above the centre."
                }
                Rotate::Subjets if image.scale => {
                    "Axes are those of the turned image, in units of the subjets’ distance $\\Delta R_{12}$: the softer \
                     subjet is below the harder one."
                }
                Rotate::Subjets => {
                    "Axes are those of the turned image: the softer subjet is below the harder one."
                }
            },
            Self::Lund(image) => match image.plane {
                Emissions::Primary => "Emissions of the primary Lund plane.",
                Emissions::Full => "Emissions of the full Lund plane.",
            },
            Self::Field(array) if array.periodic => {
                "The sides close: what leaves at one end comes in at the other."
            }
            Self::Field(_) => "",
        }
    }
}

/// How a picture is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane<'a> {
    picture: Picture<'a>,
    /// Pixels to the right, and up.
    pixels: [usize; 2],
    /// Pixels along the side of a block.
    block: usize,
}

impl<'a> Plane<'a> {
    pub fn of(picture: Picture<'a>) -> Self {
        let pixels = picture.pixels();
        Self {
            picture,
            pixels,
            block: pixels[0].max(pixels[1]).div_ceil(MOST_SIDE),
        }
    }

    /// Blocks to the right, and up.
    fn sides(self) -> [usize; 2] {
        self.pixels.map(|pixels| pixels.div_ceil(self.block))
    }

    /// How many numbers the maps of all channels have.
    pub fn area(self) -> usize {
        self.picture.channels().len() * self.sides().iter().product::<usize>()
    }

    /// What to know of every map.
    fn caption(self) -> String {
        let axes = self.picture.said();
        match self.block {
            1 => axes.to_owned(),
            block => format!("{axes} Shown are means of blocks of {block} × {block} pixels."),
        }
    }

    /// These pictures, each with its title and note, in a group for each channel;
    /// `largest` says how bright the pixels of a channel, which begin and end there,
    /// may be.
    pub fn pictures(
        self,
        pictures: &[(String, String, &[f64])],
        largest: impl Fn(Range<usize>) -> f64,
    ) -> Vec<MapGroup> {
        let area = self.pixels[0] * self.pixels[1];
        let channels = 0..self.picture.channels().len();
        channels
            .map(|place| {
                let range = place * area..(place + 1) * area;
                let (label, unit) = self.picture.pixel(place);
                let maps = pictures.iter().map(|(title, note, values)| Map {
                    title: title.clone(),
                    note: note.clone(),
                    columns: self.sides()[0],
                    values: self.blocks(values.get(range.clone()).unwrap_or_default()),
                });
                MapGroup {
                    label,
                    unit: unit.to_owned(),
                    // The square root shows what surrounds the core.
                    colours: self.picture.shades(largest(range.clone())),
                    maps: maps.collect(),
                }
            })
            .collect()
    }

    /// A map of each channel of these pixels; `note` says more of them.
    pub fn maps_of(self, title: &str, note: impl Fn(&[f64]) -> String, values: &[f64]) -> Vec<Map> {
        let channels = self.picture.channels();
        let area = self.pixels[0] * self.pixels[1];
        let titled = |channel: &String| match channels.len() {
            1 => title.to_owned(),
            _ => format!("{title}, {channel}"),
        };
        channels
            .iter()
            .zip(values.chunks(area))
            .map(|(channel, values)| Map {
                title: titled(channel),
                note: note(values),
                columns: self.sides()[0],
                values: self.blocks(values),
            })
            .collect()
    }

    /// Means of blocks; those at the upper and right edge may be smaller.
    fn blocks(self, values: &[f64]) -> Vec<f64> {
        let [across, up] = self.sides();
        let mut sums = vec![(0.0, 0.0); across * up];
        for (i, value) in values.iter().enumerate() {
            let row = i / self.pixels[0] / self.block;
            let column = i % self.pixels[0] / self.block;
            if let Some(sum) = sums.get_mut(row * across + column) {
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
        sums.into_iter().map(|(sum, n)| sum / n).collect()
    }

    /// Maps in this plane.
    pub fn maps(self, title: &str, caption: &str, groups: Vec<MapGroup>) -> Maps {
        let axis = |k: usize| {
            let [low, high] = self.picture.window()[k];
            let pixel = (high - low) / self.pixels[k] as f64;
            // Blocks at the end may reach beyond the window.
            let upper = pixel.mul_add((self.sides()[k] * self.block) as f64, low);
            let (label, unit) = self.picture.axes()[k];
            Axis::new(label, unit).range(low, upper)
        };
        Maps {
            title: title.to_owned(),
            caption: format!("{caption} {}", self.caption()),
            x: axis(0),
            y: axis(1),
            groups,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_image_is_drawn_by_means_of_blocks() {
        let image = JetImage::new(65, 0.8);
        let plane = Plane::of(Picture::Jet(&image));
        assert_eq!((plane.block, plane.sides()), (3, [22, 22]));
        let values: Vec<f64> = (0..65 * 65).map(|i| f64::from(i % 65)).collect();
        let map = &plane.maps_of("", |_| String::new(), &values)[0];
        // Columns 0, 1, 2; the last block holds columns 63 and 64 alone.
        assert_eq!((map.values[0], map.values[21]), (1.0, 63.5));
        assert_eq!(map.values.len(), plane.area());
    }

    #[test]
    fn a_small_image_is_drawn_as_it_is() {
        let image = JetImage::new(2, 0.8);
        let plane = Plane::of(Picture::Jet(&image));
        assert_eq!(
            plane.maps_of("", |_| String::new(), &[1.0, 2.0, 3.0, 4.0])[0].values,
            [1.0, 2.0, 3.0, 4.0]
        );
    }

    #[test]
    fn every_channel_has_a_map() {
        let image = JetImage {
            channels: vec![Channel::Charged, Channel::Neutral],
            ..JetImage::plain(1, 0.8)
        };
        let plane = Plane::of(Picture::Jet(&image));
        let maps = plane.maps_of("Jet", |values| format!("{values:?}"), &[1.0, 2.0]);
        let said: Vec<&str> = maps.iter().map(|map| map.title.as_str()).collect();
        assert_eq!(said, ["Jet, charged", "Jet, neutral"]);
        assert_eq!((maps[1].note.as_str(), plane.area()), ("[2.0]", 2));
    }

    #[test]
    fn channels_are_pictures_with_colours_of_their_own() {
        let image = JetImage {
            channels: vec![Channel::All, Channel::Multiplicity],
            ..JetImage::plain(1, 0.8)
        };
        let values = [0.5, 3.0];
        let pictures = [("Jet".to_owned(), String::new(), &values[..])];
        let groups = Plane::of(Picture::Jet(&image)).pictures(&pictures, |range| values[range][0]);
        assert_eq!(groups[1].label, "share of the image’s particles");
        assert_eq!(
            (&groups[0].maps[0].values[..], &groups[1].maps[0].values[..]),
            (&[0.5][..], &[3.0][..])
        );
        assert_ne!(groups[0].colours, groups[1].colours);
    }
}
