//! Cubic splines: functions of one number of which nothing else is known.
//!
//! The basis of B-splines by the recurrence of de Boor and Cox, with knots at the
//! quantiles of the data, so that every part of the range has rows of its own.

/// The degree.
const DEGREE: usize = 3;

/// The basis of cubic splines over some numbers.
#[derive(Debug, Clone)]
pub struct Spline {
    /// The knots, those at both ends repeated.
    knots: Vec<f64>,
}

impl Spline {
    /// At most so many functions over the range of these numbers; `None` if too few of
    /// them differ.
    pub fn new(numbers: &[f64], most: usize) -> Option<Self> {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        let count = most.min(sorted.len());
        if count <= DEGREE {
            return None;
        }
        let inner = count - DEGREE - 1;
        let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
        let mut knots = vec![first; DEGREE + 1];
        knots.extend((1..=inner).map(|k| sorted[k * (sorted.len() - 1) / (inner + 1)]));
        knots.extend([last; DEGREE + 1]);
        Some(Self { knots })
    }

    /// The number of functions.
    pub fn len(&self) -> usize {
        self.knots.len() - DEGREE - 1
    }

    /// The first function that is not zero at a place, and the values of it and the
    /// three behind it.
    pub fn at(&self, x: f64) -> (usize, [f64; DEGREE + 1]) {
        let last = self.len();
        let knots = &self.knots;
        let span = knots[DEGREE + 1..last].partition_point(|knot| *knot <= x) + DEGREE;
        let mut values = [0.0; DEGREE + 1];
        values[0] = 1.0;
        for degree in 1..=DEGREE {
            let mut carried = 0.0;
            for j in 0..degree {
                let right = knots[span + j + 1] - x;
                let left = x - knots[span + j + 1 - degree];
                let width = right + left;
                let part = if width > 0.0 { values[j] / width } else { 0.0 };
                values[j] = carried + right * part;
                carried = left * part;
            }
            values[degree] = carried;
        }
        (span - DEGREE, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basis_adds_up_to_one_and_holds_every_cubic() {
        let numbers: Vec<f64> = (0..60).map(|i| (f64::from(i) / 20.0).exp()).collect();
        let spline = Spline::new(&numbers, 9).unwrap();
        assert_eq!(spline.len(), 9);
        // The coefficients of x are the means of three knots each (Marsden).
        let means: Vec<f64> = (0..9)
            .map(|i| spline.knots[i + 1..i + 4].iter().sum::<f64>() / 3.0)
            .collect();
        for x in numbers {
            let (first, values) = spline.at(x);
            assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let found: f64 = values.iter().zip(&means[first..]).map(|(v, m)| v * m).sum();
            assert!((found - x).abs() < 1e-12, "{found} {x}");
        }
        assert!(Spline::new(&[1.0, 2.0, 3.0, 1.0], 9).is_none());
    }
}
