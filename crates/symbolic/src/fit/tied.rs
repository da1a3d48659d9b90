//! Constants that are one and the same, and constants that stay.
//!
//! A function that occurs several times in a law has its constants written as often,
//! and they are one: with `P` the matrix that gives every constant its parameter, the
//! normal equations of the parameters are `PᵀMP` and `Pᵀg`. A constant without a
//! parameter keeps the number that it has.

use crate::evaluate::Normal;

/// Which parameter every constant of a formula is, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ties {
    of: Vec<Option<usize>>,
    count: usize,
}

impl Ties {
    /// Constants that are these out of so many parameters.
    pub fn new(of: Vec<Option<usize>>, count: usize) -> Self {
        Self { of, count }
    }

    /// The number of parameters.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The parameter of each constant.
    pub fn of(&self) -> &[Option<usize>] {
        &self.of
    }

    /// Constants with these parameters.
    pub fn spread(&self, constants: &[f64], parameters: &[f64]) -> Vec<f64> {
        let pairs = self.of.iter().zip(constants);
        pairs
            .map(|(parameter, held)| parameter.map_or(*held, |p| parameters[p]))
            .collect()
    }

    /// The normal equations of the parameters.
    pub fn gathered(&self, normal: &Normal) -> Normal {
        let (n, m) = (self.of.len(), self.count);
        let mut out = Normal {
            squares: normal.squares,
            gradient: vec![0.0; m],
            matrix: vec![0.0; m * m],
        };
        for (i, a) in self.of.iter().enumerate() {
            let Some(a) = *a else { continue };
            out.gradient[a] += normal.gradient[i];
            for (j, b) in self.of.iter().enumerate() {
                if let Some(b) = *b {
                    out.matrix[a * m + b] += normal.matrix[i * n + j];
                }
            }
        }
        out
    }

    /// Which parameters a formula is linear in together, where it is in the marked
    /// constants.
    pub fn linear(&self, marked: &[bool]) -> Vec<bool> {
        let mut out = vec![true; self.count];
        for (parameter, marked) in self.of.iter().zip(marked) {
            if let (Some(parameter), false) = (*parameter, *marked) {
                out[parameter] = false;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_of_parameters_are_sums_over_their_constants() {
        let ties = Ties::new(vec![Some(0), None, Some(1), Some(0)], 2);
        let matrix = (0..16).map(|k| f64::from(k / 4 + k % 4)).collect();
        let normal = Normal {
            squares: 3.0,
            gradient: vec![1.0, 10.0, 100.0, 1000.0],
            matrix,
        };
        let found = ties.gathered(&normal);
        assert_eq!(found.gradient, [1001.0, 100.0]);
        // Entries i + j: 0 + 3 + 3 + 6, 2 + 5, 4.
        assert_eq!(found.matrix, [12.0, 7.0, 7.0, 4.0]);
        assert_eq!(
            ties.spread(&[1.0, 2.0, 3.0, 4.0], &[8.0, 9.0]),
            [8.0, 2.0, 9.0, 8.0]
        );
        assert_eq!(ties.linear(&[true, false, true, false]), [false, true]);
    }
}
