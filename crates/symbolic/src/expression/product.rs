//! A product as a coefficient and powers of different factors.

use super::Tree;
use super::canonical::{Shorthand, is_sum, key};
use super::sum::Sum;
use crate::operator::Operator;

/// `coefficient × Π factorᵢ^powerᵢ`.
pub(super) struct Product {
    pub coefficient: f64,
    pub factors: Vec<(Tree, i32)>,
}

impl Product {
    /// Takes a canonical formula (or one operator on canonical ones) apart.
    pub fn of(tree: &Tree) -> Self {
        let mut out = Self {
            coefficient: 1.0,
            factors: Vec::new(),
        };
        out.collect(tree, 1);
        out.merge();
        out
    }

    /// Multiplies with a power of a canonical formula; [`merge`](Self::merge) when all are in.
    pub fn collect(&mut self, tree: &Tree, power: i32) {
        match tree {
            Tree::Constant(c) => self.coefficient *= c.powi(power),
            Tree::Apply(operator, a) => match *operator {
                Operator::Mul => {
                    self.collect(&a[0], power);
                    self.collect(&a[1], power);
                }
                Operator::Div => {
                    self.collect(&a[0], power);
                    self.collect(&a[1], -power);
                }
                Operator::Inv => self.collect(&a[0], -power),
                Operator::Square => self.collect(&a[0], 2 * power),
                Operator::Cube => self.collect(&a[0], 3 * power),
                Operator::Neg => {
                    self.coefficient *= if power % 2 == 0 { 1.0 } else { -1.0 };
                    self.collect(&a[0], power);
                }
                // (√a)² = a, |a|² = a².
                Operator::Sqrt if power % 2 == 0 => self.collect(&a[0], power / 2),
                Operator::Abs if power % 2 == 0 => self.collect(&a[0], power),
                // (a^p)ⁿ = a^(n p), c/a^(−p) = c a^p.
                Operator::Pow => match a[1] {
                    Tree::Constant(p) if p < 0.0 || power.abs() > 1 => {
                        let p = p * f64::from(power);
                        if p.fract() == 0.0 && (1.0..=4.0).contains(&p.abs()) {
                            self.collect(&a[0], p as i32);
                        } else {
                            let size = Tree::Constant(p.abs());
                            let raised = Tree::binary(Operator::Pow, a[0].clone(), size);
                            self.factors.push((raised, if p < 0.0 { -1 } else { 1 }));
                        }
                    }
                    _ => self.factors.push((tree.clone(), power)),
                },
                _ => self.factors.push((tree.clone(), power)),
            },
            Tree::Variable(_) => self.factors.push((tree.clone(), power)),
        }
    }

    /// Makes one factor of equal ones.
    pub fn merge(&mut self) {
        let mut keyed: Vec<_> = self
            .factors
            .drain(..)
            .map(|(t, n)| (key(&t), t, n))
            .collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let mut roots = Vec::new();
        for (_, tree, power) in keyed {
            match self.factors.last_mut() {
                Some((last, sum)) if *last == tree => *sum += power,
                _ => self.factors.push((tree, power)),
            }
        }
        self.factors.retain(|(tree, power)| {
            let root = matches!(tree, Tree::Apply(Operator::Sqrt | Operator::Abs, _));
            if root && power % 2 == 0 && *power != 0 {
                roots.push((tree.clone(), *power));
            }
            *power != 0 && !(root && power % 2 == 0)
        });
        // Merged roots became whole powers, whose factors may merge again.
        if !roots.is_empty() {
            for (tree, power) in roots {
                self.collect(&tree, power);
            }
            self.merge();
        }
    }

    pub fn tree(mut self, with: Shorthand) -> Tree {
        self.turn(with);
        let Some(body) = self.body(with) else {
            return Tree::Constant(self.coefficient);
        };
        match (self.coefficient, body) {
            (c, _) if c == 0.0 || !c.is_finite() => Tree::Constant(c),
            (1.0, body) => body,
            (-1.0, body) if is_sum(&body) => {
                Sum::of(&Tree::unary(Operator::Neg, body), with).tree(with)
            }
            (-1.0, body) if with.neg => Tree::unary(Operator::Neg, body),
            (c, Tree::Apply(Operator::Inv, mut a)) => {
                Tree::binary(Operator::Div, Tree::Constant(c), a.remove(0))
            }
            // Without the abbreviation, one over something is 1.0 divided by it.
            (c, Tree::Apply(Operator::Div, mut a)) if a[0] == Tree::Constant(1.0) => {
                Tree::binary(Operator::Div, Tree::Constant(c), a.remove(1))
            }
            (c, body) => Tree::binary(Operator::Mul, Tree::Constant(c), body),
        }
    }

    /// Gives a minus sign to a difference, `−(a − b) c → (b − a) c`, if there is one.
    fn turn(&mut self, with: Shorthand) {
        if self.coefficient >= 0.0 {
            return;
        }
        for (factor, power) in &mut self.factors {
            if *power % 2 != 0 && is_difference(factor) {
                let minus = Tree::unary(Operator::Neg, factor.clone());
                let turned = Sum::of(&minus, with).tree(with);
                if nodes(&turned) <= nodes(factor) {
                    *factor = turned;
                    self.coefficient = -self.coefficient;
                    return;
                }
            }
        }
    }

    /// Everything but the coefficient.
    fn body(&self, with: Shorthand) -> Option<Tree> {
        let (mut above, mut below) = (Vec::new(), Vec::new());
        let mut powers: Vec<i32> = self.factors.iter().map(|(_, n)| n.abs()).collect();
        powers.sort_unstable();
        powers.dedup();
        for n in powers {
            let of = |sign: i32| -> Vec<Tree> {
                let wanted = self.factors.iter().filter(|(_, m)| *m == sign * n);
                wanted.map(|(tree, _)| tree.clone()).collect()
            };
            if n == 1 {
                above.extend(of(1));
                below.extend(of(-1));
                continue;
            }
            match (multiply(of(1)), multiply(of(-1))) {
                (Some(a), Some(b)) => {
                    above.push(raise(Tree::binary(Operator::Div, a, b), n, with));
                }
                (Some(a), None) => above.push(raise(a, n, with)),
                (None, Some(b)) => below.push(raise(b, n, with)),
                (None, None) => {}
            }
        }
        match (multiply(above), multiply(below)) {
            (Some(a), Some(b)) => Some(Tree::binary(Operator::Div, a, b)),
            (Some(a), None) => Some(a),
            (None, Some(b)) if with.inv => Some(Tree::unary(Operator::Inv, b)),
            (None, Some(b)) => Some(Tree::binary(Operator::Div, Tree::Constant(1.0), b)),
            (None, None) => None,
        }
    }
}

fn multiply(factors: Vec<Tree>) -> Option<Tree> {
    factors
        .into_iter()
        .reduce(|a, b| Tree::binary(Operator::Mul, a, b))
}

/// `baseⁿ` for `n ≥ 1` with as few nodes as the abbreviations allow.
fn raise(base: Tree, n: i32, with: Shorthand) -> Tree {
    if n == 1 {
        base
    } else if n % 2 == 0 && with.square {
        Tree::unary(Operator::Square, raise(base, n / 2, with))
    } else if n % 3 == 0 && with.cube {
        Tree::unary(Operator::Cube, raise(base, n / 3, with))
    } else {
        let rest = raise(base.clone(), n - 1, with);
        Tree::binary(Operator::Mul, base, rest)
    }
}

fn nodes(tree: &Tree) -> usize {
    match tree {
        Tree::Apply(_, arguments) => 1 + arguments.iter().map(nodes).sum::<usize>(),
        Tree::Constant(_) | Tree::Variable(_) => 1,
    }
}

fn is_difference(tree: &Tree) -> bool {
    match tree {
        Tree::Apply(Operator::Sub, _) => true,
        Tree::Apply(Operator::Add, a) => matches!(a[1], Tree::Constant(c) if c < 0.0),
        _ => false,
    }
}

/// Whether an operator makes products and whole powers.
pub fn is_product(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Mul
            | Operator::Div
            | Operator::Inv
            | Operator::Square
            | Operator::Cube
            | Operator::Neg
    )
}
