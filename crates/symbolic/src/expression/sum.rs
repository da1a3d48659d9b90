//! A sum as a constant and different terms with coefficients.

use super::Tree;
use super::canonical::{Shorthand, is_sum, key};
use super::product::Product;
use crate::operator::Operator;

/// `constant + Σ coefficientᵢ × termᵢ`.
pub(super) struct Sum {
    pub constant: f64,
    pub terms: Vec<(f64, Tree)>,
}

impl Sum {
    pub fn of(tree: &Tree, with: Shorthand) -> Self {
        let mut out = Self {
            constant: 0.0,
            terms: Vec::new(),
        };
        out.collect(tree, 1.0, with);
        let mut keyed: Vec<_> = out.terms.drain(..).map(|(c, t)| (key(&t), c, t)).collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, coefficient, tree) in keyed {
            match out.terms.last_mut() {
                Some((sum, last)) if *last == tree => *sum += coefficient,
                _ => out.terms.push((coefficient, tree)),
            }
        }
        out.terms.retain(|(coefficient, _)| *coefficient != 0.0);
        out
    }

    fn collect(&mut self, tree: &Tree, sign: f64, with: Shorthand) {
        match tree {
            Tree::Constant(c) => self.constant += sign * c,
            Tree::Apply(Operator::Add, a) => {
                self.collect(&a[0], sign, with);
                self.collect(&a[1], sign, with);
            }
            Tree::Apply(Operator::Sub, a) => {
                self.collect(&a[0], sign, with);
                self.collect(&a[1], -sign, with);
            }
            Tree::Apply(Operator::Neg, a) => self.collect(&a[0], -sign, with),
            _ => {
                let mut product = Product::of(tree);
                let coefficient = sign * product.coefficient;
                product.coefficient = 1.0;
                match product.tree(with) {
                    Tree::Constant(c) => self.constant += coefficient * c,
                    body if is_sum(&body) && coefficient.abs() == 1.0 => {
                        self.collect(&body, coefficient, with);
                    }
                    body => self.terms.push((coefficient, body)),
                }
            }
        }
    }

    pub fn tree(self, with: Shorthand) -> Tree {
        let constant = (self.constant != 0.0).then_some(Tree::Constant(self.constant));
        // What is only subtracted stands last.
        let (last, first): (Vec<_>, Vec<_>) = self
            .terms
            .into_iter()
            .partition(|(c, _)| *c == -1.0 && with.sub);
        let first = first.into_iter().map(|(c, body)| weighted(c, body));
        let add = |a, b| Tree::binary(Operator::Add, a, b);
        let added = first.reduce(add);
        let subtracted = last.into_iter().map(|(_, body)| body);
        match added {
            Some(added) => {
                let sum = subtracted.fold(added, |a, b| Tree::binary(Operator::Sub, a, b));
                constant.into_iter().fold(sum, add)
            }
            None => match (constant, subtracted.reduce(add)) {
                (Some(c), Some(sum)) => Tree::binary(Operator::Sub, c, sum),
                (None, Some(sum)) if with.neg => Tree::unary(Operator::Neg, sum),
                (None, Some(sum)) => Tree::binary(Operator::Mul, Tree::Constant(-1.0), sum),
                (Some(c), None) => c,
                (None, None) => Tree::Constant(0.0),
            },
        }
    }
}

fn weighted(coefficient: f64, body: Tree) -> Tree {
    match (coefficient, body) {
        (1.0, body) => body,
        (c, Tree::Apply(Operator::Inv, mut a)) => {
            Tree::binary(Operator::Div, Tree::Constant(c), a.remove(0))
        }
        (c, Tree::Apply(Operator::Div, mut a)) if a[0] == Tree::Constant(1.0) => {
            Tree::binary(Operator::Div, Tree::Constant(c), a.remove(1))
        }
        (c, body) => Tree::binary(Operator::Mul, Tree::Constant(c), body),
    }
}
