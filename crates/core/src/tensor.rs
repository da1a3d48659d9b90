//! A shape and its numbers, row-major, and nothing else.

/// Numbers in row-major order with a shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensor<T> {
    shape: Vec<usize>,
    data: Vec<T>,
}

impl<T> Tensor<T> {
    /// Takes the numbers as they are; panics if the shape does not hold them,
    /// which is a bug of the caller (data from outside go through [`try_new`](Self::try_new)).
    pub fn new(shape: Vec<usize>, data: Vec<T>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            data.len(),
            "shape {shape:?}"
        );
        Self { shape, data }
    }

    /// Takes the numbers as they are, or `None` if the shape does not hold them.
    pub fn try_new(shape: Vec<usize>, data: Vec<T>) -> Option<Self> {
        let volume = shape
            .iter()
            .try_fold(1_usize, |volume, &side| volume.checked_mul(side))?;
        (volume == data.len()).then_some(Self { shape, data })
    }

    /// The length of every side.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The numbers, row-major.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The numbers, to be changed in place.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// The numbers alone.
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// The length of the first side: the number of events of a batch.
    pub fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    /// How many numbers a row has.
    pub fn row_len(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// Row `i` of the first side.
    pub fn row(&self, i: usize) -> &[T] {
        let len = self.row_len();
        &self.data[i * len..(i + 1) * len]
    }

    /// The same numbers in another shape of the same volume.
    pub fn reshape(mut self, shape: Vec<usize>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            self.data.len(),
            "shape {shape:?}"
        );
        self.shape = shape;
        self
    }

    /// The same shape with every number mapped.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Tensor<U> {
        Tensor {
            shape: self.shape.clone(),
            data: self.data.iter().map(f).collect(),
        }
    }
}

impl<T: Copy> Tensor<T> {
    /// A tensor full of one number.
    pub fn full(shape: Vec<usize>, value: T) -> Self {
        let volume = shape.iter().product();
        Self {
            shape,
            data: vec![value; volume],
        }
    }

    /// The rows named, in that order.
    pub fn select_rows(&self, rows: &[usize]) -> Self {
        let mut shape = self.shape.clone();
        shape[0] = rows.len();
        let mut data = Vec::with_capacity(rows.len() * self.row_len());
        for &row in rows {
            data.extend_from_slice(self.row(row));
        }
        Self { shape, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_slices_of_the_first_side() {
        let t = Tensor::new(vec![2, 3], vec![1, 2, 3, 4, 5, 6]);
        assert_eq!(t.row(1), [4, 5, 6]);
        assert_eq!(t.select_rows(&[1, 1]).data(), [4, 5, 6, 4, 5, 6]);
    }

    #[test]
    fn a_shape_that_does_not_hold_the_numbers_is_refused() {
        assert!(Tensor::try_new(vec![2, 2], vec![1]).is_none());
        assert!(Tensor::try_new(vec![usize::MAX, 2], vec![1]).is_none());
    }
}
