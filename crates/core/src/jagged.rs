//! Lists of different lengths, kept as they are: offsets and values.

/// A list per row: row `i` is `values[offsets[i]..offsets[i + 1]]`.
///
/// The layout is that of Arrow and awkward arrays, so both pass without a
/// copy of the values. Nothing is padded.
#[derive(Debug, Clone, PartialEq)]
pub struct Jagged<T> {
    offsets: Vec<usize>,
    values: Vec<T>,
}

impl<T> Default for Jagged<T> {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            values: Vec::new(),
        }
    }
}

impl<T> Jagged<T> {
    /// No rows yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes offsets and values as they are; `None` if the offsets do not
    /// start at 0, fall, or do not end at the number of values.
    pub fn from_parts(offsets: Vec<usize>, values: Vec<T>) -> Option<Self> {
        let sound = offsets.first() == Some(&0)
            && offsets.last() == Some(&values.len())
            && offsets.windows(2).all(|pair| pair[0] <= pair[1]);
        sound.then_some(Self { offsets, values })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Row `i`; panics beyond the last row, as a slice does.
    pub fn row(&self, i: usize) -> &[T] {
        &self.values[self.offsets[i]..self.offsets[i + 1]]
    }

    /// Row after row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[T]> + '_ {
        self.offsets
            .windows(2)
            .map(|pair| &self.values[pair[0]..pair[1]])
    }

    /// Where each row begins, and where the last one ends: `rows() + 1` numbers.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// All values, row after row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The length of the longest row.
    pub fn longest(&self) -> usize {
        self.offsets
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .max()
            .unwrap_or(0)
    }

    /// Adds a row at the end.
    pub fn push(&mut self, row: impl IntoIterator<Item = T>) {
        self.values.extend(row);
        self.offsets.push(self.values.len());
    }

    /// The same rows with every value mapped.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Jagged<U> {
        Jagged {
            offsets: self.offsets.clone(),
            values: self.values.iter().map(f).collect(),
        }
    }
}

impl<T: Clone> Jagged<T> {
    /// The rows named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut out = Self::new();
        for &row in rows {
            out.push(self.row(row).iter().cloned());
        }
        out
    }

    /// Adds all rows of `other` behind these.
    pub fn append(&mut self, other: &Self) {
        let start = self.values.len();
        self.values.extend_from_slice(&other.values);
        self.offsets
            .extend(other.offsets[1..].iter().map(|offset| offset + start));
    }
}

impl<T> FromIterator<Vec<T>> for Jagged<T> {
    fn from_iter<I: IntoIterator<Item = Vec<T>>>(rows: I) -> Self {
        let mut out = Self::new();
        for row in rows {
            out.push(row);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in() {
        let jagged: Jagged<i32> = [vec![1, 2], vec![], vec![3]].into_iter().collect();
        assert_eq!(jagged.rows(), 3);
        assert_eq!(jagged.row(0), [1, 2]);
        assert!(jagged.row(1).is_empty());
        assert_eq!(jagged.longest(), 2);
        assert_eq!(jagged.select(&[2, 0]).values(), [3, 1, 2]);
    }

    #[test]
    fn appending_keeps_the_rows_of_both() {
        let mut a: Jagged<i32> = [vec![1], vec![2, 3]].into_iter().collect();
        let b: Jagged<i32> = [vec![], vec![4]].into_iter().collect();
        a.append(&b);
        let rows: Vec<Vec<i32>> = a.iter().map(<[i32]>::to_vec).collect();
        assert_eq!(rows, [vec![1], vec![2, 3], vec![], vec![4]]);
    }

    #[test]
    fn unsound_offsets_are_refused() {
        assert!(Jagged::from_parts(vec![0, 2, 1], vec![1]).is_none());
        assert!(Jagged::from_parts(vec![1, 1], vec![1]).is_none());
        assert!(Jagged::from_parts(vec![0, 2], vec![1]).is_none());
        assert!(Jagged::<i32>::from_parts(vec![], vec![]).is_none());
        assert!(Jagged::from_parts(vec![0, 1], vec![1]).is_some());
    }
}
