//! Of laws that are equal on the data the one of shortest description.
//!
//! A front has the law of fewest nodes of each function, `27 (x + 0.2037)² + 1981.88`
//! of eight. The same function may be told in fewer bits with more nodes,
//! `27 x² + 11 x + 1983` of ten: two fitted numbers of many digits are three whole ones.

use super::snap::Snapping;
use crate::evaluate::Scratch;
use crate::search::{Bench, Law};

/// Losses that differ by less are equal.
const EQUAL: f64 = 1e-6;
/// A law is written in at most so many nodes more.
const MORE: usize = 8;

impl Snapping<'_> {
    /// The law in the way to write it that is described in the fewest bits.
    pub fn shortest(&self, law: &Law, bench: &mut Bench) -> Law {
        let mut scratch = Scratch::new();
        let mut best = (self.length(law, &mut scratch), law.clone());
        let floor = self.describer.floor(&law.expression);
        for expression in self.judge.unfolded(&law.expression) {
            if expression.complexity() > law.complexity() + MORE {
                continue;
            }
            let loss = self.judge.loss(&expression, bench);
            let polished = self.judge.polish(&Law { expression, loss }, bench);
            let other = self.snap(&polished, bench);
            let equal = other.loss <= law.loss * (1.0 + EQUAL) || other.loss <= floor;
            let length = self.length(&other, &mut scratch);
            if equal && length < best.0 && self.judge.behaves(&other.expression) {
                best = (length, other);
            }
        }
        best.1
    }
}
