//! Inputs that a model knows in one combination only.
//!
//! If $f(x, y)$ depends on $\varphi(x) + c\,\varphi(y)$ alone, its slopes are in
//! proportion everywhere: $c\,\varphi'(y)\,\partial_x f = \varphi'(x)\,\partial_y f$.
//! With $\varphi(x) = x$ that is invariance under a translation of both, with
//! $\ln x$ under a scaling, with $x^2$ under a rotation or a boost. Of all pairs
//! and all three, the one with the least contradiction becomes one quantity, and
//! the pairs of what is left are tried in turn.
//!
//! The exact gradient of a network takes the place of the finite differences of
//! S.-M. Udrescu and M. Tegmark, arXiv:1905.11481, section II.

use super::fact::{Fact, Kind, Violation};
use super::quantity::Quantity;
use crate::expression::{Expression, Tree};
use crate::operator::Operator;

/// Coefficients and powers that are tried first.
const SIMPLE: [f64; 9] = [1.0, 2.0, 0.5, 3.0, 4.0, 1.5, 1.0 / 3.0, 0.25, 2.0 / 3.0];
/// How near to one of them a ratio counts as it, times the tolerance.
const NEAR: f64 = 2.0;
/// An input whose share of the slopes is below this part of the tolerance does
/// not matter; no pair is made of it.
const MATTERS: f64 = 0.5;
/// The largest value of a quantity over its median; beyond, it passes a pole.
const POLE: f64 = 1e4;

/// Points with the model's gradient there.
pub(super) struct Answers<'a> {
    /// The inputs.
    pub columns: &'a [Vec<f64>],
    /// `∂f/∂x`, input by input.
    pub gradient: &'a [Vec<f64>],
    /// The standard deviation of each input; 0 where it is held.
    pub spread: &'a [f64],
    /// The names of the inputs.
    pub names: &'a [String],
    /// The largest violation that counts as none.
    pub tolerance: f64,
}

/// What the model depends on, after all combinations, and what was found.
pub(super) fn reduce(answers: &Answers<'_>) -> (Vec<Quantity>, Vec<Fact>) {
    let (mut quantities, mut facts) = relevant(answers);
    loop {
        let mut all = combinations(&quantities, answers);
        all.sort_by(|a, b| a.1.fact.violation.total_cmp(&b.1.fact.violation));
        match all.into_iter().next() {
            Some((pair, found)) if found.fact.holds => {
                facts.push(found.fact);
                let [i, j] = pair;
                quantities[i] = found.quantity;
                quantities.remove(j);
            }
            // What comes nearest is told as well.
            nearest => {
                facts.extend(nearest.map(|(_, found)| found.fact));
                return (quantities, facts);
            }
        }
    }
}

/// The inputs that matter.
fn relevant(answers: &Answers<'_>) -> (Vec<Quantity>, Vec<Fact>) {
    let (mut quantities, mut facts) = (Vec::new(), Vec::new());
    let free = (0..answers.columns.len()).filter(|&i| answers.spread[i] > 0.0);
    let free: Vec<usize> = free.collect();
    for &i in &free {
        let rows = answers.gradient[i].iter().enumerate();
        let share = Violation::new(rows.map(|(row, own)| {
            let all = free
                .iter()
                .map(|&k| (answers.spread[k] * answers.gradient[k][row]).powi(2));
            [answers.spread[i] * own, all.sum::<f64>().sqrt()]
        }));
        if share.value > MATTERS * answers.tolerance {
            quantities.push(Quantity::input(i));
        } else {
            facts.push(Fact {
                kind: Kind::Irrelevant,
                statement: format!("{} does not matter", answers.names[i]),
                subject: answers.names[i].clone(),
                within: Vec::new(),
                violation: share.value,
                error: share.error,
                holds: true,
            });
        }
    }
    (quantities, facts)
}

/// Two quantities that are one.
struct Found {
    quantity: Quantity,
    fact: Fact,
}

/// Every pair in every combination.
fn combinations(quantities: &[Quantity], answers: &Answers<'_>) -> Vec<([usize; 2], Found)> {
    let known: Vec<Known> = quantities
        .iter()
        .map(|quantity| Known {
            quantity,
            values: quantity.values(answers.columns),
            slopes: quantity.slopes(answers.columns, answers.gradient, answers.spread),
        })
        .collect();
    let pairs = (0..known.len()).flat_map(|i| (i + 1..known.len()).map(move |j| [i, j]));
    let kinds = [Kind::Translation, Kind::Scaling, Kind::Rotation];
    pairs
        .flat_map(|pair| kinds.map(|kind| (pair, kind)))
        .filter_map(|(pair, kind)| {
            let found = combination(kind, pair.map(|i| &known[i]), answers)?;
            Some((pair, found))
        })
        .collect()
}

/// A quantity at the points.
struct Known<'a> {
    quantity: &'a Quantity,
    values: Vec<f64>,
    slopes: Vec<f64>,
}

/// Whether `φ(a) + c φ(b)` for some `c` is all that the model knows of two
/// quantities.
fn combination(kind: Kind, pair: [&Known<'_>; 2], answers: &Answers<'_>) -> Option<Found> {
    let [a, b] = pair;
    // `∂f/∂φ(a)` and `∂f/∂φ(b)`, up to one factor for both.
    let sides = |row: usize| {
        let (x, y) = (a.values[row], b.values[row]);
        let (f, g) = (a.slopes[row], b.slopes[row]);
        match kind {
            Kind::Scaling => [x * f, y * g],
            Kind::Rotation => [y * f, x * g],
            _ => [f, g],
        }
    };
    let rows = a.values.len();
    let sum = |of: &dyn Fn([f64; 2]) -> f64| (0..rows).map(|row| of(sides(row))).sum::<f64>();
    let (aa, bb, ab) = (
        sum(&|[a, _]| a * a),
        sum(&|[_, b]| b * b),
        sum(&|[a, b]| a * b),
    );
    if aa == 0.0 || bb == 0.0 || ab == 0.0 {
        return None;
    }
    // b = c a, both being uncertain.
    let free = (bb / aa).sqrt().copysign(ab);
    let c = simple(free, answers.tolerance);
    if kind == Kind::Scaling && c == free && !SIMPLE.contains(&c.abs()) {
        // An odd power is no law.
        return None;
    }
    let violation = Violation::new((0..rows).map(|row| {
        let [a, b] = sides(row);
        [c * a - b, ((c * a).powi(2) + b * b).sqrt()]
    }));
    let expression = joined(kind, [a.quantity, b.quantity], c);
    let quantity = Quantity::of(a.quantity, b.quantity, &expression);
    let values = quantity.values(answers.columns);
    if !well_behaved(&values) {
        return None;
    }
    let text = |q: &Quantity| q.text(answers.names);
    Some(Found {
        fact: Fact {
            kind,
            statement: format!(
                "{} and {} occur as {} only",
                text(a.quantity),
                text(b.quantity),
                text(&quantity)
            ),
            subject: text(&quantity),
            within: Vec::new(),
            violation: violation.value,
            error: violation.error,
            holds: violation.value < answers.tolerance,
        },
        quantity,
    })
}

/// The simple number that a ratio is near to, or the ratio itself.
fn simple(ratio: f64, tolerance: f64) -> f64 {
    let size = ratio.abs();
    let near = SIMPLE
        .into_iter()
        .find(|s| (size / s).ln().abs() < NEAR * tolerance);
    near.unwrap_or(size).copysign(ratio)
}

/// Whether values are finite and pass no pole.
fn well_behaved(values: &[f64]) -> bool {
    let mut sizes: Vec<f64> = values.iter().map(|v| v.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let [.., largest] = sizes.as_slice() else {
        return false;
    };
    largest.is_finite() && *largest <= POLE * sizes[sizes.len() / 2]
}

/// `φ(a) + c φ(b)`, written as a physicist would.
fn joined(kind: Kind, pair: [&Quantity; 2], c: f64) -> Expression {
    let [a, b] = pair.map(|quantity| quantity.expression.clone());
    let apply = |operator, parts: &[&Expression]| Expression::apply(operator, parts);
    let signed = if c < 0.0 {
        Operator::Sub
    } else {
        Operator::Add
    };
    let number = Expression::constant(c.abs());
    let times = |part: &Expression| {
        if c.abs() == 1.0 {
            part.clone()
        } else {
            apply(Operator::Mul, &[&number, part])
        }
    };
    match kind {
        Kind::Scaling => {
            let quotient = if c < 0.0 {
                Operator::Div
            } else {
                Operator::Mul
            };
            let (p, q) = whole_powers(c.abs());
            apply(quotient, &[&power(&a, p), &power(&b, q)])
        }
        Kind::Rotation => {
            let squares = apply(signed, &[&squared(&a), &times(&squared(&b))]);
            if c > 0.0 {
                apply(Operator::Sqrt, &[&squares])
            } else {
                squares
            }
        }
        _ => apply(signed, &[&a, &times(&b)]),
    }
}

/// Small whole powers `p`, `q` with `q/p` near `c`.
fn whole_powers(c: f64) -> (u32, u32) {
    let pairs = (1..=4).flat_map(|p| (1..=4).map(move |q| (p, q)));
    pairs
        .min_by(|a, b| {
            let miss = |(p, q): &(u32, u32)| (f64::from(*q) / f64::from(*p) - c).abs();
            miss(a).total_cmp(&miss(b)).then(a.cmp(b))
        })
        .unwrap_or((1, 1))
}

fn power(base: &Expression, exponent: u32) -> Expression {
    (1..exponent).fold(base.clone(), |product, _| {
        Expression::apply(Operator::Mul, &[&product, base])
    })
}

/// The square; of a root, what stands below it.
fn squared(base: &Expression) -> Expression {
    match Tree::from(base) {
        Tree::Apply(Operator::Sqrt, below) => Expression::from(&below[0]),
        _ => Expression::apply(Operator::Square, &[base]),
    }
}
