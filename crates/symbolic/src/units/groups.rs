//! Dimensionless products of powers of columns.
//!
//! With `r` columns of independent dimensions, every other column `x` makes one product
//! $\Pi = x \prod_k b_k^{q_k}$ of dimension zero, and a law consistent in its units is
//!
//! $$ y = M \cdot f(\Pi_1, \dots, \Pi_{n-r}) $$
//!
//! with a product of powers `M` of the target's dimension. Which `r` columns these are is
//! a choice: here the one with the smallest exponents.
//!
//! * **Reference:** E. Buckingham, Phys. Rev. 4 (1914) 345.

use super::Dimensions;
use crate::expression::Expression;
use crate::fit::solve;
use crate::operator::Operator;

/// The largest modulus of an exponent, and what exponents are multiples of.
const LARGEST: f64 = 6.0;
const PARTS: f64 = 2.0;
/// What a target that no product measures costs.
const UNMEASURED: f64 = 1e6;
/// Choices of columns that are looked at.
const CHOICES: usize = 20_000;

/// Exponents of every column in products.
#[derive(Debug, Clone, PartialEq)]
pub struct Products {
    /// Of the target's dimension, if there is one of simple exponents.
    pub target: Option<Vec<f64>>,
    /// Of no dimension, and independent; whole numbers.
    pub groups: Vec<Vec<f64>>,
}

impl Products {
    /// The product of the target's dimension as a formula.
    pub fn of_target(&self) -> Option<Expression> {
        let target = self.target.as_ref()?;
        if target.iter().all(|p| p.fract() == 0.0) {
            return Some(product(target));
        }
        let squared: Vec<f64> = target.iter().map(|p| p * PARTS).collect();
        Some(Expression::apply(Operator::Sqrt, &[&product(&squared)]))
    }

    /// The products without dimension as formulas.
    pub fn of_groups(&self) -> Vec<Expression> {
        self.groups.iter().map(|group| product(group)).collect()
    }
}

/// A product of whole powers.
fn product(powers: &[f64]) -> Expression {
    let of = |sign: f64| {
        let factors = powers.iter().enumerate().filter(|(_, p)| **p * sign > 0.0);
        let factors = factors.map(|(v, p)| power(&Expression::variable(v as u16), p.abs() as u32));
        factors.reduce(|a, b| Expression::apply(Operator::Mul, &[&a, &b]))
    };
    match (of(1.0), of(-1.0)) {
        (Some(above), Some(below)) => Expression::apply(Operator::Div, &[&above, &below]),
        (Some(above), None) => above,
        (None, Some(below)) => Expression::apply(Operator::Inv, &[&below]),
        (None, None) => Expression::constant(1.0),
    }
}

/// A whole power, 1 at least.
fn power(base: &Expression, n: u32) -> Expression {
    match n {
        0 | 1 => base.clone(),
        n if n % 2 == 0 => Expression::apply(Operator::Square, &[&power(base, n / 2)]),
        n if n % 3 == 0 => Expression::apply(Operator::Cube, &[&power(base, n / 3)]),
        n => Expression::apply(Operator::Mul, &[base, &power(base, n - 1)]),
    }
}

impl Dimensions {
    /// The products of the smallest exponents; `None` if there are none of simple ones.
    /// A target that a product measures comes before small exponents.
    pub fn products(&self) -> Option<Products> {
        let all: Vec<[f64; 7]> = self.variables.iter().map(|d| d.powers()).collect();
        let carrying: Vec<usize> = (0..all.len())
            .filter(|&i| all[i].iter().any(|p| *p != 0.0))
            .collect();
        let rank = (0..=carrying.len().min(7))
            .rev()
            .find(|&size| {
                let mut found = false;
                choices(&carrying, size, &mut |basis| {
                    found = found || independent(&all, basis);
                    !found
                });
                found
            })
            .unwrap_or(0);
        let mut best: Option<(f64, Products)> = None;
        let mut looked = 0;
        choices(&carrying, rank, &mut |basis| {
            looked += 1;
            if let Some(found) = self.with_basis(&all, basis) {
                let cost = cost(&found);
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, found));
                }
            }
            looked < CHOICES
        });
        best.map(|(_, products)| products)
    }

    fn with_basis(&self, all: &[[f64; 7]], basis: &[usize]) -> Option<Products> {
        let target = expressed(all, basis, self.target.powers());
        let others = (0..all.len()).filter(|i| !basis.contains(i));
        let groups = others
            .map(|i| {
                let own = expressed(all, basis, all[i])?;
                let mut group: Vec<f64> = own.iter().map(|p| -p).collect();
                group[i] = 1.0;
                // A root of a product is as much without dimension as the product.
                if group.iter().any(|p| p.fract() != 0.0) {
                    for p in &mut group {
                        *p *= PARTS;
                    }
                }
                Some(group)
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Products { target, groups })
    }
}

/// Nodes that products take, more or less.
fn cost(products: &Products) -> f64 {
    let of = |powers: &Vec<f64>| -> f64 {
        let each = powers.iter().filter(|p| **p != 0.0);
        each.map(|p| p.abs() + if p.fract() == 0.0 { 1.0 } else { 2.0 })
            .sum()
    };
    products.target.as_ref().map_or(UNMEASURED, of) + products.groups.iter().map(of).sum::<f64>()
}

/// Calls with every choice of so many of these, until it says no.
fn choices(of: &[usize], size: usize, with: &mut impl FnMut(&[usize]) -> bool) {
    fn rest(
        of: &[usize],
        size: usize,
        chosen: &mut Vec<usize>,
        with: &mut impl FnMut(&[usize]) -> bool,
    ) -> bool {
        if size == 0 {
            return with(chosen);
        }
        for (i, &one) in of.iter().enumerate() {
            chosen.push(one);
            let more = rest(&of[i + 1..], size - 1, chosen, with);
            chosen.pop();
            if !more {
                return false;
            }
        }
        true
    }
    rest(of, size, &mut Vec::new(), with);
}

/// Whether no product of these columns but one is without dimension.
fn independent(all: &[[f64; 7]], basis: &[usize]) -> bool {
    let ones = vec![0.0; basis.len()];
    basis.is_empty() || solve(&gram(all, basis), &ones).is_some()
}

fn gram(all: &[[f64; 7]], basis: &[usize]) -> Vec<f64> {
    let dot = |a: usize, b: usize| all[a].iter().zip(&all[b]).map(|(a, b)| a * b).sum();
    let pairs = basis
        .iter()
        .flat_map(|&a| basis.iter().map(move |&b| (a, b)));
    pairs.map(|(a, b)| dot(a, b)).collect()
}

/// The exponents of a basis whose product has this dimension, if they are simple.
fn expressed(all: &[[f64; 7]], basis: &[usize], wanted: [f64; 7]) -> Option<Vec<f64>> {
    let right: Vec<f64> = basis
        .iter()
        .map(|&i| all[i].iter().zip(wanted).map(|(a, b)| a * b).sum())
        .collect();
    let found = if basis.is_empty() {
        Vec::new()
    } else {
        solve(&gram(all, basis), &right)?
    };
    let mut powers = vec![0.0; all.len()];
    for (&i, power) in basis.iter().zip(found) {
        let simple = (power * PARTS).round() / PARTS;
        if (simple - power).abs() > 1e-6 || simple.abs() > LARGEST {
            return None;
        }
        powers[i] = simple;
    }
    let exact = (0..7).all(|unit| {
        let sum: f64 = powers.iter().zip(all).map(|(p, d)| p * d[unit]).sum();
        (sum - wanted[unit]).abs() < 1e-9
    });
    exact.then_some(powers)
}

#[cfg(test)]
mod tests {
    use crate::units::Units;

    fn products(columns: &[(&str, &str)]) -> Option<super::Products> {
        let columns: Vec<(String, String)> = columns
            .iter()
            .map(|(n, u)| ((*n).to_owned(), (*u).to_owned()))
            .collect();
        let (target, features) = columns.split_last().unwrap();
        let names: Vec<String> = features.iter().map(|(n, _)| n.clone()).collect();
        let units = Units {
            columns: columns.clone().into_iter().collect(),
            ..Units::default()
        };
        units.resolve(&names, &target.0).unwrap().products()
    }

    #[test]
    fn products_are_those_of_the_textbook() {
        // The period of a pendulum: √(l/g) f(θ); its mass is in no product.
        let found = products(&[("l", "m"), ("g", "m/s^2"), ("theta", "1"), ("T", "s")]).unwrap();
        assert_eq!(found.target, Some(vec![0.5, -0.5, 0.0]));
        assert_eq!(found.groups, [[0.0, 0.0, 1.0]]);
        // Drag: ρ v² d² f(Re).
        let found = products(&[
            ("rho", "kg/m^3"),
            ("v", "m/s"),
            ("d", "m"),
            ("mu", "Pa*s"),
            ("F", "N"),
        ])
        .unwrap();
        assert_eq!(found.groups.len(), 1);
        let group = &found.groups[0];
        assert_eq!(group.iter().map(|p| p.abs()).sum::<f64>(), 4.0);
        // Stefan and Boltzmann's law leaves nothing open.
        let found = products(&[("sigma", "W/m^2/K^4"), ("T", "K"), ("j", "W/m^2")]).unwrap();
        assert_eq!(found.target, Some(vec![1.0, 4.0]));
        assert!(found.groups.is_empty());
        // Nothing measures a mass here.
        let found = products(&[("l", "m"), ("t", "s"), ("v", "m/s"), ("m", "kg")]).unwrap();
        assert_eq!((found.target, found.groups.len()), (None, 1));
        // Pure numbers only.
        let found = products(&[("x", "1"), ("y", "rad"), ("z", "1")]).unwrap();
        assert_eq!(found.groups.len(), 2);
        assert_eq!(found.target, Some(vec![0.0, 0.0]));
    }
}
