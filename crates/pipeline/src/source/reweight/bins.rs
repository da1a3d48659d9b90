//! Bins in several columns, and the same bins cut in half.

/// The edges of each column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    edges: Vec<Vec<f64>>,
    /// The same with an edge in the middle of each bin.
    halves: Vec<Vec<f64>>,
}

/// `n` bins of equal width.
pub(super) fn equal(low: f64, high: f64, n: usize) -> Vec<f64> {
    let at = |i: usize| {
        let share = i as f64 / n as f64;
        low * (1.0 - share) + high * share
    };
    (0..=n).map(at).collect()
}

impl Grid {
    pub fn new(edges: Vec<Vec<f64>>) -> Self {
        let halved = |edges: &Vec<f64>| {
            let between = edges
                .windows(2)
                .map(|pair| [pair[0], pair[0] / 2.0 + pair[1] / 2.0]);
            between.flatten().chain(edges.last().copied()).collect()
        };
        Self {
            halves: edges.iter().map(halved).collect(),
            edges,
        }
    }

    pub fn edges(&self) -> &[Vec<f64>] {
        &self.edges
    }

    /// The number of bins.
    pub fn len(&self) -> usize {
        self.edges.iter().map(|edges| edges.len() - 1).product()
    }

    /// The number of halved bins.
    pub fn halved(&self) -> usize {
        self.len() << self.edges.len()
    }

    /// The halved bin of a point; the last edge belongs to the last bin.
    pub fn half_of(&self, point: impl IntoIterator<Item = f64>) -> Option<usize> {
        let mut place = 0;
        for (edges, value) in self.halves.iter().zip(point) {
            let last = edges.len() - 1;
            let above = edges.partition_point(|&edge| edge <= value);
            let bin = match above {
                0 => return None,
                _ if value == edges[last] => last - 1,
                above if above > last => return None,
                above => above - 1,
            };
            place = place * last + bin;
        }
        Some(place)
    }

    /// The bin that a halved bin is part of.
    pub fn whole_of(&self, mut half: usize) -> usize {
        let (mut place, mut stride) = (0, 1);
        for edges in self.edges.iter().rev() {
            let bins = edges.len() - 1;
            place += stride * (half % (2 * bins) / 2);
            half /= 2 * bins;
            stride *= bins;
        }
        place
    }

    /// The width (area, volume) of each bin.
    pub fn widths(&self) -> Vec<f64> {
        let mut widths = vec![1.0];
        for edges in &self.edges {
            widths = widths
                .iter()
                .flat_map(|&width| {
                    edges
                        .windows(2)
                        .map(move |pair| width * (pair[1] - pair[0]))
                })
                .collect();
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_lies_in_the_half_of_its_bin() {
        let grid = Grid::new(vec![vec![0.0, 1.0, 3.0], equal(-1.0, 1.0, 3)]);
        assert_eq!((grid.len(), grid.halved()), (6, 24));
        for (x, y, expected) in [
            (0.0, -1.0, Some(0)),
            (0.6, -0.4, Some(0)),
            (1.0, 0.9, Some(5)),
            (3.0, 1.0, Some(5)),
            (0.5, 0.0, Some(1)),
            (3.1, 0.0, None),
            (-0.1, 0.0, None),
            (0.1, 1.1, None),
        ] {
            let half = grid.half_of([x, y]);
            let whole = half.map(|half| grid.whole_of(half));
            assert_eq!(whole, expected, "{x} {y}");
        }
        let parts = (0..grid.halved()).map(|half| grid.whole_of(half));
        let mut parts: Vec<usize> = parts.collect();
        parts.sort_unstable();
        assert_eq!(parts, (0..24).map(|i| i / 4).collect::<Vec<_>>());
        let widths = grid.widths();
        assert!(
            (widths[3] - 2.0 * 2.0 / 3.0).abs() < 1e-15 && (widths[0] - 2.0 / 3.0).abs() < 1e-15
        );
    }
}
