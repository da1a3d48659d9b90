//! One fraction instead of sums of several.
//!
//! What is made of `+ − × ÷` and whole powers is a quotient of two polynomials, in whatever
//! stands inside of it (columns, functions): sums are brought to one denominator,
//! multiplied out, and powers that all terms have are cancelled:
//! `c + (v − c)(c − u)/(u v/c + c)` is `c² (u + v)/(u v + c²)`.

use std::collections::BTreeMap;

use super::product::is_product;
use super::{Expression, Shorthand, Tree};
use crate::operator::Operator;

/// Polynomials with more terms are no simpler than what they were made of.
const TERMS: usize = 60;
/// Coefficients below this part of the largest are what rounding leaves of nothing.
const ROUNDING: f64 = 1e-12;

impl Expression {
    /// This formula as one fraction in canonical form; `None` if that has too many terms.
    pub fn together(&self, with: Shorthand) -> Option<Self> {
        let tree = Tree::from(self);
        let mut atoms = Vec::new();
        collect(&tree, &mut atoms);
        let fraction = Fraction::of(&tree, &atoms)?.cancelled(atoms.len())?;
        Some(Self::from(&fraction.tree(&atoms)).canonical(with))
    }
}

/// What polynomials are in: all that is no sum, product or whole power.
fn collect(tree: &Tree, atoms: &mut Vec<Tree>) {
    match tree {
        Tree::Constant(_) => {}
        Tree::Apply(operator, arguments) if is_rational(*operator) => {
            for argument in arguments {
                collect(argument, atoms);
            }
        }
        atom => {
            if !atoms.contains(atom) {
                atoms.push(atom.clone());
            }
        }
    }
}

fn is_rational(operator: Operator) -> bool {
    matches!(operator, Operator::Add | Operator::Sub) || is_product(operator)
}

/// Coefficients of products of powers, by the powers of all atoms.
#[derive(Debug, Clone, PartialEq)]
struct Polynomial(BTreeMap<Vec<i32>, f64>);

impl Polynomial {
    fn one(atoms: usize, coefficient: f64) -> Self {
        Self(BTreeMap::from([(vec![0; atoms], coefficient)]))
    }

    fn plus(&self, other: &Self, sign: f64) -> Self {
        let mut sum = self.clone();
        for (powers, c) in &other.0 {
            *sum.0.entry(powers.clone()).or_insert(0.0) += sign * c;
        }
        sum.kept()
    }

    fn times(&self, other: &Self) -> Option<Self> {
        let mut product = Self(BTreeMap::new());
        for (a, x) in &self.0 {
            for (b, y) in &other.0 {
                let powers = a.iter().zip(b).map(|(a, b)| a + b).collect();
                *product.0.entry(powers).or_insert(0.0) += x * y;
            }
            if product.0.len() > TERMS {
                return None;
            }
        }
        Some(product.kept())
    }

    /// Without what rounding leaves of terms that cancel.
    fn kept(mut self) -> Self {
        let largest = self.0.values().fold(0.0_f64, |m, c| m.max(c.abs()));
        self.0.retain(|_, c| c.abs() > ROUNDING * largest);
        self
    }

    /// The powers that all terms have.
    fn common(&self, atoms: usize) -> Vec<i32> {
        let least = |i: usize| self.0.keys().map(|powers| powers[i]).min();
        (0..atoms).map(|i| least(i).unwrap_or(0)).collect()
    }

    fn over(&self, powers: &[i32]) -> Self {
        let terms = self.0.iter().map(|(own, c)| {
            let left = own.iter().zip(powers).map(|(a, b)| a - b).collect();
            (left, *c)
        });
        Self(terms.collect())
    }

    fn tree(&self, atoms: &[Tree]) -> Tree {
        let terms = self.0.iter().map(|(powers, c)| {
            let product = monomial(powers, atoms);
            Tree::binary(Operator::Mul, Tree::Constant(*c), product)
        });
        let sum = terms.reduce(|a, b| Tree::binary(Operator::Add, a, b));
        sum.unwrap_or(Tree::Constant(0.0))
    }
}

/// Two polynomials, the second below the first.
struct Fraction {
    above: Polynomial,
    below: Polynomial,
}

impl Fraction {
    fn of(tree: &Tree, atoms: &[Tree]) -> Option<Self> {
        let whole = |above| Self {
            above,
            below: Polynomial::one(atoms.len(), 1.0),
        };
        let (operator, arguments) = match tree {
            Tree::Constant(c) => return Some(whole(Polynomial::one(atoms.len(), *c))),
            Tree::Apply(operator, arguments) if is_rational(*operator) => (*operator, arguments),
            atom => {
                let place = atoms.iter().position(|other| other == atom)?;
                let mut powers = vec![0; atoms.len()];
                powers[place] = 1;
                return Some(whole(Polynomial(BTreeMap::from([(powers, 1.0)]))));
            }
        };
        let mut parts = arguments.iter().map(|a| Self::of(a, atoms));
        let first = parts.next()??;
        match (operator, parts.next()) {
            (Operator::Add, Some(second)) => first.plus(&second?, 1.0),
            (Operator::Sub, Some(second)) => first.plus(&second?, -1.0),
            (Operator::Mul, Some(second)) => first.times(&second?),
            (Operator::Div, Some(second)) => first.times(&second?.turned()),
            (Operator::Inv, _) => Some(first.turned()),
            (Operator::Square, _) => first.times(&first),
            (Operator::Cube, _) => first.times(&first)?.times(&first),
            (Operator::Neg, _) => {
                let nothing = Polynomial(BTreeMap::new());
                Some(Self {
                    above: nothing.plus(&first.above, -1.0),
                    ..first
                })
            }
            _ => None,
        }
    }

    fn turned(self) -> Self {
        Self {
            above: self.below,
            below: self.above,
        }
    }

    fn plus(&self, other: &Self, sign: f64) -> Option<Self> {
        if self.below == other.below {
            return Some(Self {
                above: self.above.plus(&other.above, sign),
                below: self.below.clone(),
            });
        }
        let (a, b) = (
            self.above.times(&other.below)?,
            other.above.times(&self.below)?,
        );
        Some(Self {
            above: a.plus(&b, sign),
            below: self.below.times(&other.below)?,
        })
    }

    fn times(&self, other: &Self) -> Option<Self> {
        Some(Self {
            above: self.above.times(&other.above)?,
            below: self.below.times(&other.below)?,
        })
    }

    /// Without the powers that all terms have; `None` if nothing is above or below.
    fn cancelled(self, atoms: usize) -> Option<Self> {
        if self.above.0.is_empty() || self.below.0.is_empty() {
            return None;
        }
        let (a, b) = (self.above.common(atoms), self.below.common(atoms));
        let both: Vec<i32> = a.iter().zip(&b).map(|(a, b)| *a.min(b)).collect();
        Some(Self {
            above: self.above.over(&both),
            below: self.below.over(&both),
        })
    }

    /// The formula, powers that all terms above or below have in front.
    fn tree(&self, atoms: &[Tree]) -> Tree {
        let part = |polynomial: &Polynomial| {
            let common = polynomial.common(atoms.len());
            let rest = polynomial.over(&common).tree(atoms);
            Tree::binary(Operator::Mul, monomial(&common, atoms), rest)
        };
        Tree::binary(Operator::Div, part(&self.above), part(&self.below))
    }
}

/// A product of powers, none of them negative.
fn monomial(powers: &[i32], atoms: &[Tree]) -> Tree {
    let factors = powers.iter().zip(atoms);
    let factors = factors.flat_map(|(&power, atom)| (0..power).map(move |_| atom.clone()));
    let product = factors.reduce(|a, b| Tree::binary(Operator::Mul, a, b));
    product.unwrap_or(Tree::Constant(1.0))
}
