//! One form for formulas that are the same by elementary algebra.
//!
//! Sums become a sorted list of terms with coefficients, products a sorted list
//! of factors with whole powers and one coefficient; like terms and factors are
//! merged, constants folded and drawn outwards (`e^(c+x) → e^c eˣ`,
//! `√(c x) → √c √x` for `c > 0`), logarithms in exponents become factors
//! (`e^(x − 2 log y) → eˣ/y²`), odd functions give up their sign. What is
//! undefined may become defined (`x/x → 1`, `√x² → |x|`), never the reverse;
//! where both are defined the values agree up to rounding.

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
        Operator::Mul | Operator::Div | Operator::Inv | Operator::Square | Operator::Cube => {
            Product::of(&node).tree(with)
        }
        Operator::Neg => match &node {
            // The sign goes into a sum, but in front of a product.
            Tree::Apply(_, a) if is_sum(&a[0]) => Sum::of(&node, with).tree(with),
            _ => Product::of(&node).tree(with),
        },
        operator => function(operator, node, with),
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

fn is_sum(tree: &Tree) -> bool {
    matches!(tree, Tree::Apply(Operator::Add | Operator::Sub, _))
}

/// What sorts terms and factors: the form first, then the constants.
fn key(tree: &Tree) -> (u64, Vec<u64>) {
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

    fn collect(&mut self, tree: &Tree, power: i32) {
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
                _ => self.factors.push((tree.clone(), power)),
            },
            Tree::Variable(_) => self.factors.push((tree.clone(), power)),
        }
    }

    fn merge(&mut self) {
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

/// `e^(c + x) → e^c eˣ`, unless the factor would leave the range, and
/// `e^(n log x) → xⁿ` for whole `n`.
fn exponential(argument: Tree, with: Shorthand) -> Tree {
    let mut sum = Sum::of(&argument, with);
    let mut product = Product {
        coefficient: 1.0,
        factors: Vec::new(),
    };
    if sum.constant.abs() <= 30.0 {
        product.coefficient = sum.constant.exp();
        sum.constant = 0.0;
    }
    sum.terms.retain(|(coefficient, term)| match term {
        Tree::Apply(Operator::Log, of) if with.products && is_power(*coefficient) => {
            product.collect(&of[0], *coefficient as i32);
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
