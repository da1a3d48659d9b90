//! Input numbers that belong together: a feature, a channel, a ring of pixels.

use serde::{Deserialize, Serialize};

/// A named set of a model's input numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The name in tables.
    pub name: String,
    /// The numbers: which input of the model, and which of one event's numbers.
    pub elements: Vec<(usize, usize)>,
}

impl Group {
    /// Numbers of the model's first input.
    pub fn new(name: impl Into<String>, elements: impl IntoIterator<Item = usize>) -> Self {
        let elements = elements.into_iter().map(|element| (0, element)).collect();
        Self {
            name: name.into(),
            elements,
        }
    }

    /// One group per column of a table.
    pub fn columns<S: AsRef<str>>(names: &[S]) -> Vec<Self> {
        names
            .iter()
            .enumerate()
            .map(|(i, name)| Self::new(name.as_ref(), [i]))
            .collect()
    }

    /// One group per channel of events of a shape (without the batch), with
    /// the channels along side `axis`: for particles `[features, particles]`
    /// and axis 0 a feature of all particles.
    pub fn channels<S: AsRef<str>>(shape: &[usize], axis: usize, names: &[S]) -> Vec<Self> {
        let inner: usize = shape.iter().skip(axis + 1).product();
        let volume: usize = shape.iter().product();
        let count = shape.get(axis).copied().unwrap_or(1);
        names
            .iter()
            .enumerate()
            .take(count)
            .map(|(channel, name)| {
                let own = (0..volume).filter(|i| i / inner.max(1) % count == channel);
                Self::new(name.as_ref(), own)
            })
            .collect()
    }

    /// Rings of equal width about the middle of an image, every channel of it;
    /// the last one holds the corners. Distances are in units of half the
    /// image's shorter side.
    pub fn rings(channels: usize, height: usize, width: usize, count: usize) -> Vec<Self> {
        let half = height.min(width) as f64 / 2.0;
        let ring = |pixel: usize| {
            let place = |i: usize, side: usize| i as f64 + 0.5 - side as f64 / 2.0;
            let distance = place(pixel / width, height).hypot(place(pixel % width, width)) / half;
            ((distance * count as f64) as usize).min(count - 1)
        };
        (0..count)
            .map(|wanted| {
                let edge = |i: usize| i as f64 / count as f64;
                let name = format!("ring {:.2} to {:.2}", edge(wanted), edge(wanted + 1));
                let own =
                    (0..channels * height * width).filter(|i| ring(i % (height * width)) == wanted);
                Self::new(name, own)
            })
            .filter(|group| !group.elements.is_empty())
            .collect()
    }

    /// Squares of `side` pixels, from the first row on; those at the far edges
    /// hold what is left.
    pub fn blocks(channels: usize, height: usize, width: usize, side: usize) -> Vec<Self> {
        let side = side.max(1);
        let mut groups = Vec::new();
        for top in (0..height).step_by(side) {
            for left in (0..width).step_by(side) {
                let (bottom, right) = (height.min(top + side), width.min(left + side));
                let name = format!("rows {top}-{}, columns {left}-{}", bottom - 1, right - 1);
                let own = (0..channels * height * width).filter(|i| {
                    let (row, column) = (i / width % height, i % width);
                    (top..bottom).contains(&row) && (left..right).contains(&column)
                });
                groups.push(Self::new(name, own));
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number is in exactly one of the groups.
    fn parts(groups: &[Group], volume: usize) -> bool {
        let mut all: Vec<usize> = groups
            .iter()
            .flat_map(|group| group.elements.iter().map(|e| e.1))
            .collect();
        all.sort_unstable();
        all == (0..volume).collect::<Vec<_>>()
    }

    #[test]
    fn rings_and_blocks_part_the_image() {
        assert!(parts(&Group::rings(2, 25, 25, 6), 2 * 625));
        assert!(parts(&Group::blocks(1, 25, 25, 4), 625));
        assert_eq!(Group::blocks(1, 25, 25, 5).len(), 25);
    }

    #[test]
    fn the_first_ring_holds_the_middle() {
        let rings = Group::rings(1, 5, 5, 2);
        assert!(rings[0].elements.contains(&(0, 12)));
        assert!(rings[1].elements.contains(&(0, 0)));
    }

    #[test]
    fn a_channel_is_the_same_feature_of_every_particle() {
        let groups = Group::channels(&[2, 3], 0, &["pt", "eta"]);
        assert_eq!(groups[1].elements, [(0, 3), (0, 4), (0, 5)]);
        let groups = Group::channels(&[3, 2], 1, &["pt", "eta"]);
        assert_eq!(groups[1].elements, [(0, 1), (0, 3), (0, 5)]);
    }
}
