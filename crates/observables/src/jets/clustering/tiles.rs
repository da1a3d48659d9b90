//! A grid over the plane: neighbours are looked for in nine tiles.
//!
//! Tiles are at least as wide as the radius, so that all neighbours of a
//! particle are in its tile and the eight around it, and wide enough to hold a
//! few particles each. The outermost rows reach to infinity.

use std::f64::consts::TAU;

use crate::jets::four_vector::Pseudojet;

/// Rapidities beyond this are in the outermost rows.
const EDGE: f64 = 10.0;

/// Particles per tile, if the radius leaves the choice: most of a block.
const OCCUPANCY: f64 = 5.0;

/// The geometry of the grid.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Grid {
    low: f64,
    height: f64,
    width: f64,
    rows: usize,
    columns: usize,
}

impl Grid {
    /// One tile for everything.
    pub const ONE: Self = Self {
        low: 0.0,
        height: f64::INFINITY,
        width: f64::INFINITY,
        rows: 1,
        columns: 1,
    };

    /// A grid for these particles and this radius.
    pub fn new(particles: &[Pseudojet], radius: f64) -> Self {
        let (mut low, mut high) = (EDGE, -EDGE);
        for particle in particles {
            low = low.min(particle.y.max(-EDGE));
            high = high.max(particle.y.min(EDGE));
        }
        let extent = (high - low).max(0.0);
        let sparse = (OCCUPANCY * extent * TAU / particles.len().max(1) as f64).sqrt();
        let size = radius.max(sparse);
        let columns = (TAU / size) as usize;
        if columns < 3 {
            return Self::ONE;
        }
        let rows = ((extent / size) as usize).max(1);
        Self {
            low,
            height: (extent / rows as f64).max(size),
            width: TAU / columns as f64,
            rows,
            columns,
        }
    }

    pub fn tiles(&self) -> usize {
        self.rows * self.columns
    }

    /// Row and column of a place.
    fn cell(&self, y: f64, phi: f64) -> (usize, usize) {
        // Negative numbers become 0, infinite ones the last.
        let row = ((y - self.low) / self.height) as usize;
        let column = (phi / self.width) as usize;
        (row.min(self.rows - 1), column.min(self.columns - 1))
    }

    /// The tile of a place.
    pub fn tile(&self, y: f64, phi: f64) -> usize {
        let (row, column) = self.cell(y, phi);
        row * self.columns + column
    }

    /// The tile of a place and those around it, its own first, each with a lower
    /// bound of the squared distance from the place to anything in it.
    pub fn around(&self, y: f64, phi: f64) -> Around {
        let (row, column) = self.cell(y, phi);
        let mut around = Around {
            tiles: [(0, 0.0); 9],
            count: 1,
        };
        around.tiles[0] = (row * self.columns + column, 0.0);
        if self.columns == 1 {
            return around;
        }
        let from_low = y - (self.low + row as f64 * self.height);
        let from_left = phi - column as f64 * self.width;
        let left = if column == 0 {
            self.columns - 1
        } else {
            column - 1
        };
        let right = if column + 1 == self.columns {
            0
        } else {
            column + 1
        };
        // Rounding may put a place a little outside of its tile.
        let square = |x: f64| x.max(0.0) * x.max(0.0);
        let columns = [
            (column, 0.0),
            (left, square(from_left)),
            (right, square(self.width - from_left)),
        ];
        let mut add = |row: usize, bound: f64, skip: usize| {
            for &(column, more) in &columns[skip..] {
                around.tiles[around.count] = (row * self.columns + column, bound + more);
                around.count += 1;
            }
        };
        add(row, 0.0, 1);
        if row > 0 {
            add(row - 1, square(from_low), 0);
        }
        if row + 1 < self.rows {
            add(row + 1, square(self.height - from_low), 0);
        }
        around
    }
}

/// Up to nine tiles with lower bounds of squared distances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    tiles: [(usize, f64); 9],
    count: usize,
}

impl Around {
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.tiles[..self.count].iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random;
    use rand::RngExt;

    #[test]
    fn everything_within_the_radius_is_in_the_tiles_around_and_bounds_hold() {
        let mut rng = random::stream(1, 0);
        let particles: Vec<Pseudojet> = (0..300)
            .map(|i| Pseudojet {
                // Two far beyond the edge.
                y: if i < 2 {
                    1e5
                } else {
                    14.0 * rng.random::<f64>() - 6.0
                },
                phi: TAU * rng.random::<f64>(),
                ..Pseudojet::default()
            })
            .collect();
        for radius in [0.1, 0.4, 1.0, 2.0, 2.2] {
            let grid = Grid::new(&particles, radius);
            for a in &particles {
                let around = grid.around(a.y, a.phi);
                for b in &particles {
                    let tile = grid.tile(b.y, b.phi);
                    let bound = around.iter().find(|&(other, _)| other == tile);
                    let distance2 = a.distance2(b);
                    match bound {
                        Some((_, bound)) => assert!(bound <= distance2 * (1.0 + 1e-12)),
                        None => assert!(distance2 > radius * radius),
                    }
                }
                let mut tiles: Vec<usize> = around.iter().map(|(tile, _)| tile).collect();
                tiles.sort_unstable();
                tiles.dedup();
                assert_eq!(tiles.len(), around.count, "a tile twice");
            }
        }
    }
}
