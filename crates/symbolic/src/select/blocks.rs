//! Whether one law's errors are smaller than another's beyond chance.
//!
//! Errors of rows that are near each other may be alike, so that rows are not as many as
//! they seem. Rows are cut into blocks of neighbours, at the median of the column that is
//! widest there, again and again; of the differences of both laws' costs, block sums are
//! drawn with replacement (P. Hall, Stoch. Process. Appl. 20, 231 (1985); for time series H. Künsch, Ann. Stat. 17,
//! 1217 (1989)). The error falls if it does in nearly all of these draws.

use pellucid_core::random::{stream, uniform};

use crate::search::Problem;

/// Draws.
const DRAWS: usize = 400;
/// A fall that chance makes in so few of the draws is one.
const CHANCE: f64 = 0.05;
/// Blocks that are made where rows are many.
const BLOCKS: usize = 40;
/// The fewest rows of a block, where there are more than a few blocks.
const FEWEST: usize = 2;

/// Rows in blocks of neighbours.
#[derive(Debug)]
pub struct Blocks(Vec<Vec<usize>>);

impl Blocks {
    /// The blocks of a table's rows: about as many as the root of eight times their number.
    pub fn new(rows: &Problem) -> Self {
        let n = rows.rows();
        let wanted = (((8 * n) as f64).sqrt() as usize).clamp(3, BLOCKS);
        let scales: Vec<f64> = rows.columns().iter().map(|c| width(c, 0..n)).collect();
        let mut blocks = vec![(0..n).collect::<Vec<usize>>()];
        while blocks.len() < wanted {
            let largest = (0..blocks.len()).max_by_key(|&b| (blocks[b].len(), usize::MAX - b));
            let Some(largest) = largest.filter(|&b| blocks[b].len() >= 2 * FEWEST) else {
                break;
            };
            let mut block = blocks.swap_remove(largest);
            let relative = |c: usize| {
                let own = width(&rows.columns()[c], block.iter().copied());
                if scales[c] > 0.0 {
                    own / scales[c]
                } else {
                    0.0
                }
            };
            let widest = (0..scales.len()).max_by(|&a, &b| relative(a).total_cmp(&relative(b)));
            let column = &rows.columns()[widest.unwrap_or(0)];
            block.sort_by(|&a, &b| column[a].total_cmp(&column[b]).then(a.cmp(&b)));
            let half = block.split_off(block.len() / 2);
            blocks.extend([block, half]);
        }
        Self(blocks)
    }

    /// Every row by itself.
    pub fn of_rows(rows: usize) -> Self {
        Self((0..rows).map(|row| vec![row]).collect())
    }

    /// Whether the sum of the second costs is smaller than that of the first beyond
    /// chance.
    pub fn falls(&self, before: &[f64], after: &[f64]) -> bool {
        let gains = before.iter().zip(after).map(|(a, b)| a - b);
        self.is_gain(&gains.collect::<Vec<f64>>())
    }

    /// Whether the sum of gains of all rows is one beyond chance.
    pub fn is_gain(&self, of_rows: &[f64]) -> bool {
        let sum = |block: &Vec<usize>| block.iter().map(|&r| of_rows[r]).sum::<f64>();
        let gains: Vec<f64> = self.0.iter().map(sum).collect();
        if gains.iter().sum::<f64>() <= 0.0 {
            return false;
        }
        let mut rng = stream(9, 0);
        let count = gains.len();
        let drawn = (0..DRAWS).filter(|_| {
            let draws = (0..count)
                .map(|_| gains[((uniform(&mut rng) * count as f64) as usize).min(count - 1)]);
            draws.sum::<f64>() <= 0.0
        });
        drawn.count() as f64 <= CHANCE * DRAWS as f64
    }
}

fn width(column: &[f64], rows: impl Iterator<Item = usize>) -> f64 {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for row in rows {
        low = low.min(column[row]);
        high = high.max(column[row]);
    }
    high - low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(n: usize) -> Blocks {
        let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
        let y = x.iter().map(|x| x * x).collect();
        Blocks::new(&Problem::new(vec![("x".into(), x)], ("y".into(), y), None).unwrap())
    }

    #[test]
    fn a_fall_everywhere_is_one_and_a_fall_in_one_patch_is_chance() {
        let blocks = blocks(60);
        let one = vec![1.0; 60];
        let mut all: Vec<f64> = (0..60)
            .map(|i| if i % 3 == 0 { 1.1 } else { 0.8 })
            .collect();
        assert!(blocks.falls(&one, &all));
        // All of the gain is in three neighbours, and little is lost elsewhere.
        all = (0..60)
            .map(|i| if (20..23).contains(&i) { -4.0 } else { 1.1 })
            .collect();
        assert!(!blocks.falls(&one, &all));
        assert!(!blocks.falls(&one, &one));
    }

    #[test]
    fn blocks_hold_every_row_once() {
        let mut rows: Vec<usize> = blocks(37).0.concat();
        rows.sort_unstable();
        assert_eq!(rows, (0..37).collect::<Vec<_>>());
    }
}
