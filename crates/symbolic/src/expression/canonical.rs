//! One form for formulas that are the same by elementary algebra.
//!
//! Sums become a sorted list of terms with coefficients, products a sorted list
//! of factors with whole powers and one coefficient; like terms and factors are
//! merged, constants folded and drawn outwards (`e^(c+x) → e^c eˣ`,
//! `√(c x) → √c √x` for `c > 0`), logarithms in exponents become factors
//! (`e^(x − 2 log y) → eˣ/y²`), odd functions give up their sign. What is
//! undefined may become defined (`x/x → 1`, `√x² → |x|`), never the reverse;
//! where both are defined the values agree up to rounding.

use super::product::{Product, is_product};
use super::sum::Sum;
use super::{Expression, Fnv, Token, Tree};
use crate::operator::Operator;

/// Which abbreviations may be used; without them the same is said by `+ − × ÷`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // independent words of a language
pub struct Shorthand {
    /// `−a` instead of `−1 × a`.
    pub neg: bool,
    /// `1/a` as one operator.
    pub inv: bool,
    /// `a²` instead of `a × a`.
    pub square: bool,
    /// `a³`.
    pub cube: bool,
    /// `a − b` instead of `a + (−1) × b`.
    pub sub: bool,
    /// `|a|` instead of `√a²`.
    pub abs: bool,
    /// `a b` and `a/b` instead of `e^(log a ± log b)`.
    pub products: bool,
    /// `a^p` instead of `e^(p log a)`.
    pub powers: bool,
}

impl Default for Shorthand {
    fn default() -> Self {
        Self {
            neg: true,
            inv: true,
            square: true,
            cube: true,
            sub: true,
            abs: true,
            products: true,
            powers: true,
        }
    }
}

impl Expression {
    /// This formula in canonical form.
    pub fn canonical(&self, with: Shorthand) -> Self {
        Self::from(&canonical(&Tree::from(self), with))
    }
}

/// The canonical form of a formula.
pub fn canonical(tree: &Tree, with: Shorthand) -> Tree {
    let Tree::Apply(operator, arguments) = tree else {
        return tree.clone();
    };
    let arguments: Vec<Tree> = arguments.iter().map(|a| canonical(a, with)).collect();
    let node = Tree::Apply(*operator, arguments);
    match *operator {
        Operator::Add | Operator::Sub => Sum::of(&node, with).tree(with),
        Operator::Neg => match &node {
            // The sign goes into a sum, but in front of a product.
            Tree::Apply(_, a) if is_sum(&a[0]) => Sum::of(&node, with).tree(with),
            _ => Product::of(&node).tree(with),
        },
        operator if is_product(operator) => Product::of(&node).tree(with),
        operator => function(operator, node, with),
    }
}

pub(super) fn is_sum(tree: &Tree) -> bool {
    matches!(tree, Tree::Apply(Operator::Add | Operator::Sub, _))
}

/// What sorts terms and factors: the form first, then the constants.
pub(super) fn key(tree: &Tree) -> (u64, Vec<u64>) {
    fn walk(tree: &Tree, hash: &mut Fnv, constants: &mut Vec<u64>) {
        match tree {
            Tree::Constant(c) => {
                hash.token(Token::Constant);
                constants.push(c.to_bits());
            }
            Tree::Variable(place) => hash.token(Token::Variable(*place)),
            Tree::Apply(operator, arguments) => {
                for argument in arguments {
                    walk(argument, hash, constants);
                }
                hash.token(Token::Apply(*operator));
            }
        }
    }
    let (mut hash, mut constants) = (Fnv::new(), Vec::new());
    walk(tree, &mut hash, &mut constants);
    (hash.0, constants)
}

/// A function that is neither sum nor product, on canonical arguments.
fn function(operator: Operator, node: Tree, with: Shorthand) -> Tree {
    let Tree::Apply(_, mut arguments) = node else {
        return node;
    };
    if let Some(folded) = fold(operator, &arguments) {
        return folded;
    }
    if arguments.len() == 2 {
        if operator.operation().commutes() {
            arguments.sort_by_key(key);
        }
        if let (Operator::Pow, Tree::Constant(power)) = (operator, &arguments[1])
            && let Some(simpler) = whole_power(&arguments[0], *power, with)
        {
            return simpler;
        }
        return Tree::Apply(operator, arguments);
    }
    let argument = arguments.remove(0);
    let inner = match &argument {
        Tree::Apply(inner, _) => Some(*inner),
        _ => None,
    };
    let only = |argument: Tree| match argument {
        Tree::Apply(_, mut a) => a.remove(0),
        other => other,
    };
    match (operator, inner) {
        (Operator::Exp, Some(Operator::Log)) | (Operator::Log, Some(Operator::Exp)) => {
            only(argument)
        }
        (
            Operator::Abs,
            Some(Operator::Abs | Operator::Square | Operator::Sqrt | Operator::Exp),
        ) => argument,
        (Operator::Sqrt, Some(Operator::Square)) if with.abs => function(
            Operator::Abs,
            Tree::unary(Operator::Abs, only(argument)),
            with,
        ),
        (Operator::Exp, Some(Operator::Add | Operator::Sub | Operator::Mul | Operator::Neg)) => {
            exponential(argument, with)
        }
        _ => outwards(operator, argument, with),
    }
}

/// A function of constants, if it has a value.
fn fold(operator: Operator, arguments: &[Tree]) -> Option<Tree> {
    let mut values = [0.0; 2];
    for (value, argument) in values.iter_mut().zip(arguments) {
        let Tree::Constant(c) = argument else {
            return None;
        };
        *value = *c;
    }
    let value = operator.operation().at(values[0], values[1]);
    value.is_finite().then_some(Tree::Constant(value))
}

/// `a^p` by shorter means, for the powers that have them.
fn whole_power(base: &Tree, power: f64, with: Shorthand) -> Option<Tree> {
    let through = |operator| Product::of(&Tree::unary(operator, base.clone())).tree(with);
    match power {
        0.0 => Some(Tree::Constant(1.0)),
        1.0 => Some(base.clone()),
        2.0 if with.square => Some(through(Operator::Square)),
        3.0 if with.cube => Some(through(Operator::Cube)),
        -1.0 if with.inv => Some(through(Operator::Inv)),
        _ => None,
    }
}

/// A factor of `e` to this is a number, and so are its square and that of others beside it.
/// (Richardson's and Arrhenius' factors are `e^30` and more in the units of tables.)
const LARGEST_EXPONENT: f64 = 150.0;

/// `e^(c + x) → e^c eˣ`, unless the factor would leave the range, and
/// `e^(p log x) → x^p`, by products for small whole `p`.
fn exponential(argument: Tree, with: Shorthand) -> Tree {
    let mut sum = Sum::of(&argument, with);
    let mut product = Product {
        coefficient: 1.0,
        factors: Vec::new(),
    };
    if sum.constant.abs() <= LARGEST_EXPONENT {
        product.coefficient = sum.constant.exp();
        sum.constant = 0.0;
    }
    sum.terms.retain(|(coefficient, term)| match term {
        Tree::Apply(Operator::Log, of) if with.products && is_power(*coefficient) => {
            product.collect(&of[0], *coefficient as i32);
            false
        }
        Tree::Apply(Operator::Log, of) if with.powers => {
            let power = Tree::Constant(*coefficient);
            product.collect(&Tree::binary(Operator::Pow, of[0].clone(), power), 1);
            false
        }
        _ => true,
    });
    if product.coefficient == 1.0 && product.factors.is_empty() {
        return Tree::unary(Operator::Exp, argument);
    }
    if sum.constant != 0.0 || !sum.terms.is_empty() {
        // Beside other factors a negative exponent stands below them.
        let below = !product.factors.is_empty() && sum.terms.iter().all(|(c, _)| *c < 0.0);
        if below {
            sum.constant = -sum.constant;
            sum.terms.iter_mut().for_each(|(c, _)| *c = -*c);
        }
        let rest = canonical(&Tree::unary(Operator::Exp, sum.tree(with)), with);
        product.collect(&rest, if below { -1 } else { 1 });
    }
    product.merge();
    product.tree(with)
}

/// Whether a number is a small whole one.
fn is_power(coefficient: f64) -> bool {
    coefficient.fract() == 0.0 && (1.0..=4.0).contains(&coefficient.abs())
}

/// Draws the coefficient of the argument out of the function where that is an
/// identity.
fn outwards(operator: Operator, argument: Tree, with: Shorthand) -> Tree {
    let mut product = Product::of(&argument);
    let c = product.coefficient;
    if c == 1.0 || !c.is_finite() || c == 0.0 {
        return Tree::unary(operator, argument);
    }
    let factor = match operator {
        Operator::Sqrt if c > 0.0 => c.sqrt(),
        Operator::Cbrt => c.cbrt(),
        Operator::Abs => c.abs(),
        Operator::Log if c > 0.0 => {
            product.coefficient = 1.0;
            let rest = canonical(&Tree::unary(operator, product.tree(with)), with);
            let sum = Tree::binary(Operator::Add, rest, Tree::Constant(c.ln()));
            return Sum::of(&sum, with).tree(with);
        }
        Operator::Sin
        | Operator::Tan
        | Operator::Asin
        | Operator::Atan
        | Operator::Sinh
        | Operator::Tanh
        | Operator::Erf
            if c < 0.0 =>
        {
            product.coefficient = -c;
            let positive = Tree::unary(operator, product.tree(with));
            return Product::of(&Tree::unary(Operator::Neg, positive)).tree(with);
        }
        Operator::Cos | Operator::Cosh if c < 0.0 => {
            product.coefficient = -c;
            return Tree::unary(operator, product.tree(with));
        }
        _ => return Tree::unary(operator, argument),
    };
    product.coefficient = 1.0;
    let rest = canonical(&Tree::unary(operator, product.tree(with)), with);
    Product::of(&Tree::binary(Operator::Mul, Tree::Constant(factor), rest)).tree(with)
}
