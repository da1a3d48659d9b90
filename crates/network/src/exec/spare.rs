//! Buffers that nothing needs any more, by their length.

use std::collections::BTreeMap;

/// Buffers in the order of their lengths. A long network has tens of thousands of
/// them, and takes one at every step.
#[derive(Debug, Clone)]
pub(super) struct Spare<B>(BTreeMap<usize, Vec<B>>);

impl<B> Default for Spare<B> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<B> Spare<B> {
    /// Keeps a buffer of `len` numbers.
    pub fn put(&mut self, len: usize, buffer: B) {
        self.0.entry(len).or_default().push(buffer);
    }

    /// The shortest buffer that holds `len` numbers, else the longest, and how many it
    /// holds.
    pub fn take(&mut self, len: usize) -> Option<(usize, B)> {
        let found = self.0.range(len..).next().or(self.0.iter().next_back());
        let size = *found?.0;
        let same = self.0.get_mut(&size)?;
        let buffer = same.pop();
        if same.is_empty() {
            self.0.remove(&size);
        }
        Some((size, buffer?))
    }

    /// How many numbers all of them hold.
    pub fn numbers(&self) -> usize {
        self.0.iter().map(|(len, same)| len * same.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_that_is_long_enough_is_taken_else_the_longest() {
        let mut spare = Spare::default();
        for (len, name) in [(3, 'a'), (7, 'b'), (5, 'c'), (5, 'd')] {
            spare.put(len, name);
        }
        assert_eq!(spare.numbers(), 20);
        assert_eq!(spare.take(4), Some((5, 'd')));
        assert_eq!(spare.take(4), Some((5, 'c')));
        assert_eq!(spare.take(9), Some((7, 'b')));
        assert_eq!(spare.take(0), Some((3, 'a')));
        assert_eq!(spare.take(0), None);
        assert_eq!(spare.numbers(), 0);
    }
}
