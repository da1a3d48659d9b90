//! Products of powers: sums in the logarithm of the target.

use super::refined;
use super::weights::weighted;
use crate::expression::{Expression, Token};
use crate::operator::Operator;
use crate::search::dictionary::Dictionary;
use crate::search::library::{LIBRARY_ROWS, Library};
use crate::search::settings::Settings;
use crate::search::stop::Stop;

/// Factors of a product.
const FACTORS: usize = 4;
/// Formulas tried beside all powers of variables.
const BESIDE: usize = 2;
/// Formulas that may stand in the exponential besides.
const EXPONENTS: usize = 5200;

/// `Π x^p` in the operators allowed; 1 if there is no factor.
pub fn power_law(powers: &[f64], settings: &Settings) -> Expression {
    let factors = powers.iter().enumerate().filter(|(_, p)| **p != 0.0);
    let factors = factors.map(|(v, &p)| (Expression::variable(v as u16), p));
    product_of(1.0, factors, settings).unwrap_or_else(|| Expression::constant(1.0))
}

/// `c Π e^p`; `None` if a power cannot be written.
fn product_of(
    coefficient: f64,
    factors: impl Iterator<Item = (Expression, f64)>,
    settings: &Settings,
) -> Option<Expression> {
    let mut out = Expression::constant(coefficient);
    for (base, power) in factors {
        let size = power.abs();
        let value = power_of(&base, size, settings)?;
        let operator = if power < 0.0 {
            Operator::Div
        } else {
            Operator::Mul
        };
        if !settings.allows(operator) {
            return None;
        }
        out = Expression::apply(operator, &[&out, &value]);
    }
    Some(out)
}

/// `e^p` for `p > 0`, whole and half powers by products and roots.
fn power_of(base: &Expression, power: f64, settings: &Settings) -> Option<Expression> {
    let whole = power.floor();
    let mut value: Option<Expression> = None;
    if whole == power || whole + 0.5 == power && settings.allows(Operator::Sqrt) {
        for _ in 0..whole as usize {
            value = Some(match value {
                None => base.clone(),
                Some(v) => Expression::apply(Operator::Mul, &[&v, base]),
            });
        }
        if whole != power {
            let root = Expression::apply(Operator::Sqrt, &[base]);
            value = Some(match value {
                None => root,
                Some(v) => Expression::apply(Operator::Mul, &[&v, &root]),
            });
        }
        return value;
    }
    settings
        .allows(Operator::Pow)
        .then(|| Expression::apply(Operator::Pow, &[base, &Expression::constant(power)]))
}

/// What one more formula makes a law of: powers of all variables, by themselves and
/// beside a power of each difference of two. One by one they would be chosen by what they
/// explain alone, which the formula may hide.
fn bases(library: &Library) -> Vec<Vec<usize>> {
    let places = |wanted: fn(&[Token]) -> bool| -> Vec<usize> {
        let all = 0..library.len();
        all.filter(|&i| wanted(library.expression(i).tokens()))
            .collect()
    };
    let variables = places(|tokens| matches!(tokens, [Token::Variable(_)]));
    // The modulus of a difference is that of the difference the other way round.
    let differences = places(|tokens| match tokens {
        [
            Token::Variable(a),
            Token::Variable(b),
            Token::Apply(operator),
        ] => *operator == Operator::Sub && a < b,
        _ => false,
    });
    let beside = |difference: &usize| [variables.as_slice(), &[*difference]].concat();
    let mut bases = vec![variables.clone()];
    bases.extend(differences.iter().map(beside));
    bases
}

/// Proposals `M c Π eₖ^pₖ · exp(Σ aⱼ eⱼ)`: sums in the logarithm of the target.
pub fn products(
    library: &Library,
    (rest, weights): (&[f64], &[f32]),
    factor: &Expression,
    (settings, stop): (&Settings, &Stop<'_>),
    out: &mut Vec<Expression>,
) {
    let n = library.len();
    let exponentials = settings.allows(Operator::Exp);
    let logs = (0..n).map(|i| library.values(i).iter().map(|x| x.abs().ln()).collect());
    let raw =
        (0..if exponentials { n.min(EXPONENTS) } else { 0 }).map(|i| library.values(i).to_vec());
    let dictionary = Dictionary::weighted(logs.chain(raw), weights.to_vec());
    let target: Vec<f32> = rest.iter().map(|y| y.abs().ln() as f32).collect();
    let sign = f64::signum(rest.iter().sum());
    let mut choices = refined(&dictionary, &target, FACTORS, stop);
    for given in bases(library) {
        if stop.now() {
            return;
        }
        choices.extend(dictionary.beside(&target, &given, BESIDE));
    }
    for choice in choices {
        let column = |i: usize| -> Vec<f64> {
            let values = library.values(i % n).iter();
            let log = i < n;
            values
                .map(|&x| {
                    if log {
                        f64::from(x.abs().ln())
                    } else {
                        f64::from(x)
                    }
                })
                .collect()
        };
        let mut design = vec![vec![1.0; LIBRARY_ROWS]];
        design.extend(choice.columns.iter().map(|&i| column(i)));
        let target: Vec<f64> = rest.iter().map(|y| y.abs().ln()).collect();
        let Some((coefficients, _)) = weighted(&design, &target, weights) else {
            continue;
        };
        // A factor of one would be no constant to fit.
        let scale = sign * coefficients[0].exp();
        let (mut factors, mut sum) = (Vec::new(), None);
        for (&i, &p) in choice.columns.iter().zip(&coefficients[1..]) {
            let entry = library.expression(i % n);
            if i < n {
                factors.push((entry.clone(), p));
            } else {
                let term = Expression::apply(Operator::Mul, &[&Expression::constant(p), entry]);
                sum = Some(match sum {
                    None => term,
                    Some(sum) => Expression::apply(Operator::Add, &[&sum, &term]),
                });
            }
        }
        // Powers snapped to halves, and as they are if they may stay so.
        let snapped = factors
            .iter()
            .map(|(e, p)| (e.clone(), ((p * 2.0).round() / 2.0).clamp(-6.0, 6.0)));
        let snapped: Vec<_> = snapped.filter(|(_, p)| *p != 0.0).collect();
        let free = settings.allows(Operator::Pow).then_some(factors);
        for factors in std::iter::once(snapped).chain(free) {
            let Some(mut law) = product_of(scale, factors.into_iter(), settings) else {
                continue;
            };
            if let Some(sum) = &sum {
                let exponential = Expression::apply(Operator::Exp, &[sum]);
                law = Expression::apply(Operator::Mul, &[&law, &exponential]);
            }
            out.push(Expression::apply(Operator::Mul, &[factor, &law]));
        }
    }
}
