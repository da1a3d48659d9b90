//! Constants that say the same twice.
//!
//! Of the three constants of `a/√(b x + c y)` two count: a sum that is a factor, or the
//! root of one, has a scale that the coefficient of the product can carry,
//! `(a/√c)/√((b/c) x + y)`. Fits cannot tell such constants from each other, and none of
//! them becomes simple by itself.

use super::product::{Product, is_product};
use super::sum::Sum;
use super::{Expression, Shorthand, Tree};
use crate::operator::Operator;

impl Expression {
    /// This formula, in canonical form, with the scales of sums in the coefficients of
    /// the products that they are factors of, where that saves a constant.
    pub fn drawn(&self, with: Shorthand) -> Self {
        Self::from(&drawn(&Tree::from(self), with)).canonical(with)
    }
}

fn drawn(tree: &Tree, with: Shorthand) -> Tree {
    let Tree::Apply(operator, arguments) = tree else {
        return tree.clone();
    };
    let arguments = arguments.iter().map(|a| drawn(a, with)).collect();
    let node = Tree::Apply(*operator, arguments);
    if !is_product(*operator) {
        return node;
    }
    let mut product = Product::of(&node);
    let scales = scales(&product, with);
    // Without the abbreviation, one over something begins with a constant, the one.
    let over = !with.inv && product.factors.iter().all(|(_, power)| *power < 0);
    let constant = over || product.coefficient.abs() != 1.0;
    let count = scales.iter().flatten().count() + usize::from(constant);
    if count < 2 {
        return node;
    }
    take(&mut product, scales);
    product.tree(with)
}

/// The scale of each factor that has one, and the factor without it.
fn scales(product: &Product, with: Shorthand) -> Vec<Option<(f64, Tree)>> {
    let factors = product.factors.iter();
    factors.map(|(factor, _)| scale(factor, with)).collect()
}

/// Moves the scales of factors into the coefficient.
fn take(product: &mut Product, scales: Vec<Option<(f64, Tree)>>) {
    for ((factor, power), scale) in product.factors.iter_mut().zip(scales) {
        if let Some((scale, rest)) = scale {
            product.coefficient *= scale.powi(*power);
            *factor = rest;
        }
    }
}

/// A number that all terms of a formula have, and the formula without it, if that
/// saves a constant.
fn scale(tree: &Tree, with: Shorthand) -> Option<(f64, Tree)> {
    let Tree::Apply(operator, arguments) = tree else {
        return None;
    };
    match *operator {
        Operator::Add | Operator::Sub => of_sum(tree, with),
        Operator::Sqrt | Operator::Cbrt | Operator::Abs => {
            let (inside, rest) = scale(&arguments[0], with)?;
            let outside = match *operator {
                Operator::Sqrt => inside.sqrt(),
                Operator::Cbrt => inside.cbrt(),
                _ => inside.abs(),
            };
            (outside > 0.0 || *operator == Operator::Cbrt)
                .then(|| (outside, Tree::unary(*operator, rest)))
        }
        operator if is_product(operator) => {
            let mut product = Product::of(tree);
            let scales = scales(&product, with);
            scales.iter().any(Option::is_some).then(|| {
                take(&mut product, scales);
                let scale = std::mem::replace(&mut product.coefficient, 1.0);
                (scale, product.tree(with))
            })
        }
        _ => None,
    }
}

/// The largest coefficient of a sum, a positive one if there is any; none if a term
/// has the coefficient one already.
fn of_sum(tree: &Tree, with: Shorthand) -> Option<(f64, Tree)> {
    let mut sum = Sum::of(tree, with);
    if sum.terms.iter().any(|(c, _)| c.abs() == 1.0) {
        return None;
    }
    let coefficients = sum.terms.iter().map(|(c, _)| *c);
    let scale = coefficients.max_by(|a, b| {
        let order = (*a > 0.0).cmp(&(*b > 0.0));
        order.then(a.abs().total_cmp(&b.abs()))
    })?;
    sum.constant /= scale;
    sum.terms.iter_mut().for_each(|(c, _)| *c /= scale);
    let finite = sum.constant.is_finite() && sum.terms.iter().all(|(c, _)| c.is_finite());
    finite.then(|| (scale, sum.tree(with)))
}
