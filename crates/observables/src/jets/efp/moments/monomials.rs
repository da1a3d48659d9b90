//! Monomials of four components, and their sums over particles.

/// All monomials up to some degree, by degree.
#[derive(Debug)]
pub(super) struct Monomials {
    /// Their exponents.
    exponents: Vec<[u8; 4]>,
    /// From which monomial each is made by which component; none of the first.
    parents: Vec<(usize, usize)>,
    /// Where each degree begins, and the end.
    starts: Vec<usize>,
}

impl Monomials {
    pub fn new(degree: usize) -> Self {
        let mut all = Self {
            exponents: vec![[0; 4]],
            parents: vec![(0, 0)],
            starts: vec![0, 1],
        };
        for d in 1..=degree {
            for first in all.starts[d - 1]..all.starts[d] {
                // Components in falling order: every monomial is met once.
                let exponents = all.exponents[first];
                let last = exponents.iter().rposition(|&e| e > 0).unwrap_or(0);
                for component in last..4 {
                    let mut next = exponents;
                    next[component] += 1;
                    all.exponents.push(next);
                    all.parents.push((first, component));
                }
            }
            all.starts.push(all.exponents.len());
        }
        all
    }

    pub fn len(&self) -> usize {
        self.exponents.len()
    }

    /// The exponents of the monomials of one degree.
    pub fn of_degree(&self, degree: usize) -> &[[u8; 4]] {
        &self.exponents[self.starts[degree]..self.starts[degree + 1]]
    }

    /// The place among all of the monomial with these exponents.
    pub fn position(&self, exponents: [u8; 4]) -> Option<usize> {
        let degree = exponents.iter().map(|&e| usize::from(e)).sum();
        let place = self
            .of_degree(degree)
            .iter()
            .position(|e| *e == exponents)?;
        Some(self.starts[degree] + place)
    }

    /// What the monomials of one degree are multiplied by on the other side of an
    /// edge of that weight: the place among them of the partner, and a number.
    pub fn partners(&self, degree: usize) -> Vec<(usize, f64)> {
        let all = self.of_degree(degree);
        let partner = |&[a, b, c, d]: &[u8; 4]| {
            let place = all.iter().position(|e| *e == [b, a, c, d]).unwrap_or(0);
            let sign = if (c + d).is_multiple_of(2) { 1.0 } else { -1.0 };
            (place, sign * multinomial([a, b, c, d]))
        };
        all.iter().map(partner).collect()
    }

    /// The moments of all monomials; `powers` is memory.
    #[inline(always)]
    pub fn moments(
        &self,
        z: &[f64],
        vectors: &[Vec<f64>; 4],
        powers: &mut Vec<Vec<f64>>,
        moments: &mut Vec<f64>,
    ) {
        powers.resize_with(self.len().max(powers.len()), Vec::new);
        moments.clear();
        for (i, &(parent, component)) in self.parents.iter().enumerate() {
            let (before, here) = powers.split_at_mut(i);
            let here = &mut here[0];
            here.clear();
            if i == 0 {
                here.extend_from_slice(z);
            } else {
                let pairs = before[parent].iter().zip(&vectors[component]);
                here.extend(pairs.map(|(a, b)| a * b));
            }
            moments.push(sum(here));
        }
    }
}

/// The sum in eight lanes, in a fixed order.
#[inline(always)]
fn sum(list: &[f64]) -> f64 {
    let (chunks, rest) = list.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// In how many orders the factors of a monomial can be written.
fn multinomial(exponents: [u8; 4]) -> f64 {
    let factorial = |n: u8| (1..=n).map(f64::from).product::<f64>();
    let below: f64 = exponents.iter().map(|&e| factorial(e)).product();
    factorial(exponents.iter().sum()) / below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_are_all_there_once() {
        let all = Monomials::new(7);
        assert_eq!(all.len(), 330);
        assert_eq!(all.of_degree(2).len(), 10);
        for (i, exponents) in all.exponents.iter().enumerate() {
            assert_eq!(all.position(*exponents), Some(i));
        }
    }

    #[test]
    fn an_edge_is_the_power_of_the_form() {
        let all = Monomials::new(3);
        let (v, w) = ([1.3, 0.2, -0.4, 0.7], [0.9, 0.5, 0.3, -0.2]);
        let form: f64 = v[0] * w[1] + v[1] * w[0] - v[2] * w[2] - v[3] * w[3];
        let value = |v: &[f64; 4], exponents: &[u8; 4]| -> f64 {
            v.iter()
                .zip(exponents)
                .map(|(x, &e)| x.powi(i32::from(e)))
                .product()
        };
        for weight in 0..4 {
            let monomials = all.of_degree(weight);
            let partners = all.partners(weight);
            let sum: f64 = monomials
                .iter()
                .zip(partners)
                .map(|(e, (partner, number))| {
                    number * value(&v, e) * value(&w, &monomials[partner])
                })
                .sum();
            assert!((sum - form.powi(weight as i32)).abs() < 1e-15);
        }
    }
}
