//! Laws rewritten for columns in other units.
//!
//! Every part of a law over columns `x = 2^k (u + o)` is written as `2^e` times a part
//! over `u`, the powers of two being carried outwards through products, powers and roots:
//! `√(x₁² − x₂²)` becomes `2^k √(u₁² − u₂²)` with no constant inside. They end in a
//! constant that is there already where there is one, in a new one in front of a term
//! whose unit is not that of its neighbour or of a function's argument where there is
//! none, and in front of the whole.

use super::Unit;
use super::power_of_two;
use crate::expression::{Expression, Tree};
use crate::operator::Operator;

/// What variables of a law become.
#[derive(Debug)]
pub(crate) struct Carry {
    columns: Vec<Unit>,
    /// Whether origins are subtracted from the new variables, and not added to them.
    subtract: bool,
    /// The exponent of what the whole is multiplied with.
    whole: i32,
}

/// A part of a law: `2^exponent` times a formula.
struct Part {
    tree: Tree,
    exponent: f64,
}

impl Carry {
    /// Variables `u` become `2^exponent (x − origin)`.
    pub fn outward(columns: Vec<Unit>, whole: i32) -> Self {
        Self {
            columns,
            subtract: true,
            whole,
        }
    }

    /// Variables `x` become `2^exponent u + origin`.
    pub fn inward(columns: Vec<Unit>, whole: i32) -> Self {
        Self {
            columns,
            subtract: false,
            whole,
        }
    }

    /// The law over the new variables.
    pub fn law(&self, law: &Expression) -> Expression {
        let part = self.part(&Tree::from(law));
        let whole = times(part.tree, part.exponent + f64::from(self.whole));
        Expression::from(&whole)
    }

    fn variable(&self, place: u16) -> Part {
        let unit = self.columns[usize::from(place)];
        let exponent = f64::from(unit.exponent);
        let tree = Tree::Variable(place);
        if unit.origin == 0.0 {
            return Part { tree, exponent };
        }
        let origin = if self.subtract {
            -unit.origin
        } else {
            unit.origin / power_of_two(unit.exponent)
        };
        let tree = Tree::binary(Operator::Add, tree, Tree::Constant(origin));
        Part { tree, exponent }
    }

    fn part(&self, tree: &Tree) -> Part {
        let (operator, arguments) = match tree {
            Tree::Constant(_) => {
                return Part {
                    tree: tree.clone(),
                    exponent: 0.0,
                };
            }
            Tree::Variable(place) => return self.variable(*place),
            Tree::Apply(operator, arguments) => (*operator, arguments),
        };
        let first = self.part(&arguments[0]);
        let Some(second) = arguments.get(1) else {
            return unary(operator, first);
        };
        if let (Operator::Pow, Tree::Constant(power)) = (operator, second) {
            return Part {
                exponent: first.exponent * power,
                tree: Tree::binary(operator, first.tree, second.clone()),
            };
        }
        binary(operator, first, self.part(second))
    }
}

fn unary(operator: Operator, a: Part) -> Part {
    let power = match operator {
        Operator::Neg | Operator::Abs => 1.0,
        Operator::Inv => -1.0,
        Operator::Sqrt => 0.5,
        Operator::Cbrt => 1.0 / 3.0,
        Operator::Square => 2.0,
        Operator::Cube => 3.0,
        // The sign of anything.
        Operator::Step => 0.0,
        // Functions of pure numbers, and those that users added.
        _ => {
            return Part {
                tree: Tree::unary(operator, times(a.tree, a.exponent)),
                exponent: 0.0,
            };
        }
    };
    Part {
        tree: Tree::unary(operator, a.tree),
        exponent: power * a.exponent,
    }
}

fn binary(operator: Operator, a: Part, b: Part) -> Part {
    let exponent = match operator {
        Operator::Mul => a.exponent + b.exponent,
        Operator::Div => a.exponent - b.exponent,
        Operator::Add | Operator::Sub | Operator::Min | Operator::Max | Operator::Atan2 => {
            let (exponent, [a, b]) = alike(a, b);
            let sum = matches!(operator, Operator::Add | Operator::Sub);
            let moved = sum.then(|| moved(operator, &a, &b)).flatten();
            return Part {
                tree: moved.unwrap_or_else(|| Tree::binary(operator, a, b)),
                exponent: if operator == Operator::Atan2 {
                    0.0
                } else {
                    exponent
                },
            };
        }
        _ => {
            let [a, b] = [a, b].map(|part| times(part.tree, part.exponent));
            return Part {
                tree: Tree::binary(operator, a, b),
                exponent: 0.0,
            };
        }
    };
    Part {
        tree: Tree::binary(operator, a.tree, b.tree),
        exponent,
    }
}

/// Two parts in one unit, that of the one that has no constant to carry a factor.
fn alike(a: Part, b: Part) -> (f64, [Tree; 2]) {
    if a.exponent == b.exponent {
        return (a.exponent, [a.tree, b.tree]);
    }
    let step = b.exponent - a.exponent;
    if carries(&b.tree) || !carries(&a.tree) {
        (a.exponent, [a.tree, times(b.tree, step)])
    } else {
        (b.exponent, [times(a.tree, -step), b.tree])
    }
}

/// `w (x + a) ± c` as `w (x + a ± c/w)`: two constants that say the same are one, and the
/// digits of a large origin are not lost in a product.
fn moved(operator: Operator, sum: &Tree, constant: &Tree) -> Option<Tree> {
    let (sum, constant, sign) = match (operator, sum, constant) {
        (Operator::Add, Tree::Constant(c), sum) | (Operator::Add, sum, Tree::Constant(c)) => {
            (sum, *c, 1.0)
        }
        (Operator::Sub, sum, Tree::Constant(c)) => (sum, *c, -1.0),
        _ => return None,
    };
    let shifted = |tree: &Tree, by: f64| match tree {
        Tree::Apply(Operator::Add, parts) => match parts.as_slice() {
            [x @ Tree::Variable(_), Tree::Constant(a)] => Some(Tree::binary(
                Operator::Add,
                x.clone(),
                Tree::Constant(a + by),
            )),
            _ => None,
        },
        _ => None,
    };
    if let Some(found) = shifted(sum, sign * constant) {
        return Some(found);
    }
    match sum {
        Tree::Apply(Operator::Mul, factors) => match factors.as_slice() {
            [Tree::Constant(w), x] | [x, Tree::Constant(w)] => {
                let inside = shifted(x, sign * constant / w)?;
                Some(Tree::binary(Operator::Mul, Tree::Constant(*w), inside))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a formula has a constant that a factor may go into.
fn carries(tree: &Tree) -> bool {
    match tree {
        Tree::Constant(_) => true,
        Tree::Variable(_) => false,
        Tree::Apply(operator, a) => match *operator {
            Operator::Mul | Operator::Div => carries(&a[0]) || carries(&a[1]),
            Operator::Neg => carries(&a[0]),
            // An origin is no coefficient.
            Operator::Add | Operator::Sub => carries(&a[0]) && carries(&a[1]),
            _ => false,
        },
    }
}

/// `2^exponent` times a formula.
fn times(tree: Tree, exponent: f64) -> Tree {
    if exponent == 0.0 {
        return tree;
    }
    if carries(&tree) {
        return carried(tree, exponent);
    }
    Tree::binary(Operator::Mul, Tree::Constant(factor(exponent)), tree)
}

/// The same where a constant takes the factor in.
fn carried(tree: Tree, exponent: f64) -> Tree {
    let (operator, mut arguments) = match tree {
        Tree::Constant(c) => return Tree::Constant(product(c, exponent)),
        Tree::Variable(_) => return times(tree, exponent),
        Tree::Apply(operator, arguments) => (operator, arguments),
    };
    let mut at = |place: usize, exponent: f64| {
        let old = std::mem::replace(&mut arguments[place], Tree::Constant(0.0));
        let held = carries(&old);
        arguments[place] = if held { carried(old, exponent) } else { old };
        held
    };
    match operator {
        Operator::Mul => {
            let _ = at(0, exponent) || at(1, exponent);
        }
        Operator::Div => {
            let _ = at(0, exponent) || at(1, -exponent);
        }
        Operator::Neg => {
            at(0, exponent);
        }
        _ => {
            at(0, exponent);
            at(1, exponent);
        }
    }
    Tree::Apply(operator, arguments)
}

/// `2^exponent`, exact for whole ones.
fn factor(exponent: f64) -> f64 {
    let whole = exponent.floor();
    power_of_two(whole as i32) * (exponent - whole).exp2()
}

/// `c 2^exponent` in two steps, since the factor itself may be no number.
fn product(c: f64, exponent: f64) -> f64 {
    let half = (exponent / 2.0).floor();
    c * factor(half) * factor(exponent - half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["x", "y", "t"].map(str::to_owned).to_vec()
    }

    fn units() -> Vec<Unit> {
        let of = |exponent, origin| Unit { exponent, origin };
        vec![of(-40, 0.0), of(-40, 0.0), of(3, 2_459_000.0)]
    }

    #[test]
    fn a_law_written_for_other_units_has_the_same_values() {
        let [x, y, t] = [3e12, 2e12, 2_459_003.5];
        let two = 2.0_f64;
        let scaled = [
            x * two.powi(-40),
            y * two.powi(-40),
            (t - 2_459_000.0) * 8.0,
        ];
        for text in [
            "x + y",
            "sqrt(x^2 - y^2)/x",
            "1.5*x*y + 2.5",
            "exp(-x/y)*x + 3",
            "log(x) + sin(2*t + 0.5)",
            "3*t + 2",
            "(x + 1)*(y + 2)",
            "x^1.5",
            "1.7 - 0.3*t + x",
            "x*y/(x + 2*y + 1)",
        ] {
            let law = Expression::parse(text, &names()).unwrap();
            let outward = Carry::outward(units(), 7).law(&law);
            let (found, wanted) = (outward.at(&[x, y, t]), law.at(&scaled) * 128.0);
            // The date costs six digits of the phase.
            assert!(
                (found / wanted - 1.0).abs() < 1e-9,
                "{text}: {found} {wanted}"
            );
        }
    }

    #[test]
    fn laws_between_columns_of_one_unit_get_one_constant_at_most() {
        let constants = |text: &str| {
            let law = Expression::parse(text, &names()).unwrap();
            Carry::outward(units(), 0).law(&law).constants().len()
        };
        assert_eq!(constants("sqrt(x^2 - y^2)/x"), 0);
        assert_eq!(constants("sqrt(x^2 - y^2)"), 1);
        assert_eq!(constants("1.5*x*y"), 1);
        assert_eq!(constants("sin(2*t + 0.5)"), 2);
        assert_eq!(constants("1.5*x*y + 2.5"), 2);
    }

    #[test]
    fn inward_and_outward_are_inverse() {
        let out = Carry::outward(units(), 5);
        let back: Vec<Unit> = units()
            .iter()
            .map(|unit| Unit {
                exponent: -unit.exponent,
                origin: unit.origin,
            })
            .collect();
        let back = Carry::inward(back, -5);
        let law = Expression::parse("1.5*sin(0.5*t)*x + 3.5*y", &names()).unwrap();
        let there = back.law(&out.law(&law));
        let point = [1.2, 0.7, 2.5];
        let (found, wanted) = (there.at(&point), law.at(&point));
        assert!((found / wanted - 1.0).abs() < 1e-8, "{found} {wanted}");
    }
}
