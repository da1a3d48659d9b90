//! The plane that images lie in: rapidity to the right, azimuth up.
//!
//! Rows of an image go up in azimuth from the lowest, which is also the order
//! that maps are drawn in. An image with more than [`MOST_SIDE`] pixels along
//! a side is drawn by the means of square blocks, so that the page stays small.

use pellucid_observables::JetImage;
use pellucid_observables::images::{Compress, Normalise};
use pellucid_report::figure::{Axis, Colours, Map, MapGroup, Maps};

/// More pixels than this along a side are not told apart on the page.
const MOST_SIDE: usize = 32;

/// How an image is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    pixels: usize,
    /// Pixels along the side of a block.
    block: usize,
    half_width: f64,
    rotated: bool,
}

impl Plane {
    pub fn of(image: &JetImage) -> Self {
        Self {
            pixels: image.pixels,
            block: image.pixels.div_ceil(MOST_SIDE),
            half_width: image.half_width,
            rotated: image.rotate,
        }
    }

    /// Blocks along a side.
    fn side(self) -> usize {
        self.pixels.div_ceil(self.block)
    }

    /// How many numbers a map has.
    pub fn area(self) -> usize {
        self.side() * self.side()
    }

    /// What to know of every map.
    pub fn caption(self) -> String {
        let axes = if self.rotated {
            "Axes are those of the turned image: the jet’s principal axis stands upright, its harder half above \
             the centre."
        } else {
            "Axes are relative to the image’s centre."
        };
        match self.block {
            1 => axes.to_owned(),
            block => format!("{axes} Shown are means of blocks of {block} × {block} pixels."),
        }
    }

    /// A map of these pixels.
    pub fn map(self, title: &str, note: &str, values: &[f64]) -> Map {
        Map {
            title: title.to_owned(),
            note: note.to_owned(),
            columns: self.side(),
            values: self.blocks(values),
        }
    }

    /// Means of blocks; those at the upper and right edge may be smaller.
    fn blocks(self, values: &[f64]) -> Vec<f64> {
        let side = self.side();
        let mut sums = vec![(0.0, 0.0); side * side];
        for (i, value) in values.iter().enumerate() {
            let (row, column) = (i / self.pixels / self.block, i % self.pixels / self.block);
            if let Some(sum) = sums.get_mut(row * side + column) {
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
        sums.into_iter().map(|(sum, n)| sum / n).collect()
    }

    /// Maps in this plane.
    pub fn maps(self, title: &str, caption: &str, groups: Vec<MapGroup>) -> Maps {
        let pixel = 2.0 * self.half_width / self.pixels as f64;
        let upper = pixel.mul_add((self.side() * self.block) as f64, -self.half_width);
        let axis = |label: &str, unit: &str| Axis::new(label, unit).range(-self.half_width, upper);
        Maps {
            title: title.to_owned(),
            caption: format!("{caption} {}", self.caption()),
            x: axis("rapidity $\\Delta y$", ""),
            y: axis("azimuth $\\Delta\\phi$", "rad"),
            groups,
        }
    }
}

/// What a pixel of an image holds: its name and its unit.
pub(super) fn pixel(image: &JetImage) -> (&'static str, &'static str) {
    match (image.compress, image.normalise) {
        (Compress::None, Normalise::None) => ("$p_T$ per pixel", "GeV"),
        (Compress::None, Normalise::Sum) => ("share of the image’s $p_T$", ""),
        (Compress::None, Normalise::JetPt) => ("share of the jet’s $p_T$", ""),
        (Compress::None, _) => ("$p_T$ per pixel, normalised", ""),
        _ => ("pixel as the model sees it", ""),
    }
}

/// Colours for pixels up to `largest`, rising as the square root of momentum,
/// which shows what surrounds the core; pixels that are compressed already
/// rise in proportion.
pub(super) fn shades(image: &JetImage, largest: f64) -> Colours {
    let exponent = if image.compress == Compress::None {
        0.5
    } else {
        1.0
    };
    let max = if largest > 0.0 { largest } else { 1.0 };
    Colours::Power { max, exponent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_image_is_drawn_by_means_of_blocks() {
        let plane = Plane::of(&JetImage::new(65, 0.8));
        assert_eq!((plane.block, plane.side()), (3, 22));
        let values: Vec<f64> = (0..65 * 65).map(|i| f64::from(i % 65)).collect();
        let map = plane.map("", "", &values);
        // Columns 0, 1, 2; the last block holds columns 63 and 64 alone.
        assert_eq!((map.values[0], map.values[21]), (1.0, 63.5));
        assert_eq!(map.values.len(), plane.area());
    }

    #[test]
    fn a_small_image_is_drawn_as_it_is() {
        let plane = Plane::of(&JetImage::new(2, 0.8));
        assert_eq!(
            plane.map("", "", &[1.0, 2.0, 3.0, 4.0]).values,
            [1.0, 2.0, 3.0, 4.0]
        );
    }
}
