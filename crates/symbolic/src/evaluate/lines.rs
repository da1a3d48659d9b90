//! Numbers that begin where a line of the cache does.

use std::ops::{Deref, DerefMut};

/// Bytes of a line of the cache, and of the widest vector register: loads and
/// stores of whole vectors that begin elsewhere touch two lines each.
const LINE: usize = 64;

/// A fixed number of numbers, the first at the beginning of a cache line.
#[derive(Debug)]
pub(super) struct Lines<T> {
    /// With room before the first.
    memory: Vec<T>,
    first: usize,
    count: usize,
}

impl<T: Clone> Lines<T> {
    /// So many copies of a number.
    pub fn filled(value: T, count: usize) -> Self {
        let room = LINE / size_of::<T>();
        let memory = vec![value; count + room];
        // A platform may decline to say where a line begins.
        let first = memory.as_ptr().align_offset(LINE).min(room);
        Self {
            memory,
            first,
            count,
        }
    }
}

impl<T: Clone> From<&[T]> for Lines<T> {
    fn from(numbers: &[T]) -> Self {
        let Some(first) = numbers.first() else {
            return Self::default();
        };
        let mut out = Self::filled(first.clone(), numbers.len());
        out.clone_from_slice(numbers);
        out
    }
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self {
            memory: Vec::new(),
            first: 0,
            count: 0,
        }
    }
}

impl<T: Clone> Clone for Lines<T> {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T> Deref for Lines<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.memory[self.first..self.first + self.count]
    }
}

impl<T> DerefMut for Lines<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.memory[self.first..self.first + self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_copies_begin_at_a_line() {
        let numbers: Vec<f32> = (0..300).map(|i| i as f32).collect();
        let lines = Lines::from(&numbers[..]);
        let copies = [lines.clone(), lines.clone()];
        for lines in [&lines, &copies[0], &copies[1]] {
            assert_eq!(**lines, *numbers);
            assert_eq!(lines.as_ptr() as usize % LINE, 0);
        }
        assert!(Lines::<f64>::from(&[][..]).is_empty());
    }
}
