//! Sums instead of quotients and products of sums.
//!
//! `(a b + c d)/d` is `a b/d + c`, and `27 (x + 0.2037)² + 1981.9` is
//! `27 x² + 11 x + 1983`: the same function, but one of both may need fewer nodes or
//! simpler numbers.

use super::canonical::{Shorthand, is_sum};
use super::product::{Product, is_product};
use super::sum::Sum;
use super::{Expression, Tree};
use crate::operator::Operator;

/// Sums of more terms are no simpler than what they were made of.
const TERMS: usize = 6;

impl Expression {
    /// This formula with each product that has one factor of several terms written as the
    /// sum of their products, in canonical form.
    pub fn apart(&self, with: Shorthand) -> Self {
        Self::from(&apart(&Tree::from(self), with, false)).canonical(with)
    }

    /// The same with squares of sums and products of several of them multiplied out.
    pub fn expanded(&self, with: Shorthand) -> Self {
        Self::from(&apart(&Tree::from(self), with, true)).canonical(with)
    }
}

fn apart(tree: &Tree, with: Shorthand, all: bool) -> Tree {
    let Tree::Apply(operator, arguments) = tree else {
        return tree.clone();
    };
    let arguments = arguments.iter().map(|a| apart(a, with, all)).collect();
    let node = Tree::Apply(*operator, arguments);
    if is_product(*operator) {
        distributed(&node, with, all).unwrap_or(node)
    } else {
        node
    }
}

/// A product as a sum, if it has few enough terms.
fn distributed(node: &Tree, with: Shorthand, all: bool) -> Option<Tree> {
    let mut product = Product::of(node);
    let above = |factor: &(Tree, i32)| is_sum(&factor.0) && (1..=2).contains(&factor.1);
    let count = product.factors.iter().filter(|f| above(f)).count();
    let once = |factor: &(Tree, i32)| factor.1 == 1;
    if count == 0 || !all && (count > 1 || product.factors.iter().any(|f| above(f) && !once(f))) {
        return None;
    }
    let mut sums: Vec<Vec<(f64, Tree)>> = Vec::new();
    product.factors.retain(|factor| {
        if above(factor) {
            for _ in 0..factor.1 {
                let sum = Sum::of(&factor.0, with);
                let mut terms = sum.terms;
                if sum.constant != 0.0 {
                    terms.push((sum.constant, Tree::Constant(1.0)));
                }
                sums.push(terms);
            }
            return false;
        }
        true
    });
    let rest = product.tree(with);
    let mut terms = vec![rest];
    for sum in sums {
        if terms.len() * sum.len() > TERMS * TERMS {
            return None;
        }
        let times = |term: &Tree| {
            let pairs = sum.iter().map(|(c, body)| {
                let scaled = Tree::binary(Operator::Mul, Tree::Constant(*c), body.clone());
                Tree::binary(Operator::Mul, term.clone(), scaled)
            });
            pairs.collect::<Vec<_>>()
        };
        terms = terms.iter().flat_map(times).collect();
    }
    let terms = terms.into_iter().map(|term| Product::of(&term).tree(with));
    let sum = terms.reduce(|a, b| Tree::binary(Operator::Add, a, b))?;
    let sum = Sum::of(&sum, with);
    (sum.terms.len() <= TERMS).then(|| sum.tree(with))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, all: bool) -> String {
        let names = ["a", "b", "c", "d", "x"].map(str::to_owned);
        let law = Expression::parse(text, &names).unwrap();
        let law = law.canonical(Shorthand::default());
        let other = if all {
            law.expanded(Shorthand::default())
        } else {
            law.apart(Shorthand::default())
        };
        other.infix(&names)
    }

    #[test]
    fn a_quotient_of_a_sum_is_the_sum_of_quotients() {
        let found = written("(a*b + c*d)/d", false);
        assert!(
            found == "c + a*b/d" || found == "a*b/d + c" || found == "b*a/d + c",
            "{found}"
        );
        let found = written("(a*b + c*sqrt(d + x))/sqrt(d + x)", false);
        assert!(
            found.starts_with("c + ") || found.ends_with(" + c"),
            "{found}"
        );
    }

    #[test]
    fn a_completed_square_is_multiplied_out() {
        let found = written("27*(x + 0.5)^2 + 1976.25", true);
        assert!(
            found.contains("1983") && found.contains("27.0*x^2"),
            "{found}"
        );
    }
}
