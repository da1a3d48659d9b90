//! Which columns of a wide table a law may be made of.
//!
//! Libraries of formulas hold what a dozen columns can be combined to; of eighty they
//! would hold nothing but products of two. So columns are ranked first by what simple
//! formulas of one, two or three of them explain of the target, and of what is left when
//! the best are taken out:
//!
//! * functions of one column, products and quotients of two, products of three;
//! * functions of one more column times the best of these.
//!
//! Nothing is stored but the best, so the cost is rows times formulas: three hundred
//! columns are 45,000 products. The law of a sum is found here already.

use super::stop::Stop;
use crate::expression::Expression;
use crate::operator::Operator;

/// Tables with more columns than this are screened.
pub const WIDE: usize = 12;
/// Columns that pass.
const PASS: usize = 10;
/// Rows that formulas are compared on.
const ROWS: usize = 512;
/// Terms of the sum, and how many of them formulas of more columns are built on.
const TERMS: usize = 8;
const STEMS: usize = 6;
/// Products of three columns are tried up to so many columns.
const TRIPLE: usize = 90;
/// A term more must take this part of what is left, beyond what chance takes.
const GAIN: f64 = 0.02;

/// What a screening found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Screening {
    /// The columns that pass, the most telling first.
    pub columns: Vec<u16>,
    /// Sums of the formulas that told them, with the coefficients of least squares.
    pub sums: Vec<Expression>,
}

/// A formula of a few columns.
#[derive(Debug, Clone, PartialEq)]
enum Formula {
    One(Option<Operator>, u16),
    Product(Vec<u16>),
    Quotient(u16, u16),
    /// A function of a column times another formula.
    Times(Box<Formula>, Option<Operator>, u16),
}

impl Formula {
    fn columns(&self) -> Vec<u16> {
        match self {
            Self::One(_, v) => vec![*v],
            Self::Product(all) => all.clone(),
            Self::Quotient(a, b) => vec![*a, *b],
            Self::Times(stem, _, v) => [stem.columns(), vec![*v]].concat(),
        }
    }

    fn expression(&self) -> Expression {
        let one = |operator: Option<Operator>, v: u16| {
            let variable = Expression::variable(v);
            operator.map_or(variable.clone(), |o| Expression::apply(o, &[&variable]))
        };
        match self {
            Self::One(operator, v) => one(*operator, *v),
            Self::Product(all) => {
                let factors = all.iter().map(|&v| Expression::variable(v));
                let product = |a, b| Expression::apply(Operator::Mul, &[&a, &b]);
                factors
                    .reduce(product)
                    .unwrap_or_else(|| Expression::constant(1.0))
            }
            Self::Quotient(a, b) => {
                let [a, b] = [*a, *b].map(Expression::variable);
                Expression::apply(Operator::Div, &[&a, &b])
            }
            Self::Times(stem, operator, v) => {
                let function = one(*operator, *v);
                Expression::apply(Operator::Mul, &[&stem.expression(), &function])
            }
        }
    }
}

/// The functions of one column that are tried.
const FUNCTIONS: [Operator; 8] = [
    Operator::Square,
    Operator::Sqrt,
    Operator::Log,
    Operator::Exp,
    Operator::Sin,
    Operator::Cos,
    Operator::Inv,
    Operator::Abs,
];

/// A column centred and of length 1; `None` if it is constant or not finite.
fn unit(values: &[f64]) -> Option<Vec<f64>> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let centred: Vec<f64> = values.iter().map(|x| x - mean).collect();
    let length = dot(&centred, &centred).sqrt();
    let size = values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let told = length.is_finite() && length > 1e-9 * size;
    told.then(|| centred.iter().map(|x| x / length).collect())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The part of a centred column's sum of squares that another one explains.
fn explained(values: &[f64], left: &[f64]) -> f64 {
    let n = values.len() as f64;
    let (mut sum, mut squares, mut with) = (0.0, 0.0, 0.0);
    for (x, r) in values.iter().zip(left) {
        sum += x;
        squares += x * x;
        with += x * r;
    }
    // `left` has no mean, so that of the column does not matter.
    let spread = squares - sum * sum / n;
    let part = with * with / spread;
    if spread > 1e-12 * squares && part.is_finite() {
        part
    } else {
        0.0
    }
}

/// The best formulas of a pass, by what they explain.
struct Best {
    kept: Vec<(f64, Formula)>,
    most: usize,
}

impl Best {
    fn new(most: usize) -> Self {
        Self {
            kept: Vec::new(),
            most,
        }
    }

    fn offer(&mut self, part: f64, formula: impl FnOnce() -> Formula) {
        let worst = if self.kept.len() < self.most {
            0.0
        } else {
            self.kept[self.most - 1].0
        };
        if part > worst {
            let place = self.kept.partition_point(|(p, _)| *p >= part);
            self.kept.insert(place, (part, formula()));
            self.kept.truncate(self.most);
        }
    }
}

/// Screens columns for a target; the weights are those of rows.
pub fn screen(
    columns: &[Vec<f64>],
    target: &[f64],
    functions: &[Operator],
    stop: &Stop<'_>,
) -> Screening {
    let rows = target.len().min(ROWS);
    let cut: Vec<Vec<f64>> = columns.iter().map(|c| c[..rows].to_vec()).collect();
    let target = &target[..rows];
    let mut out = Screening::default();
    let mut credit = vec![0.0_f64; columns.len()];
    let one_sign = target.iter().all(|y| *y > 0.0) || target.iter().all(|y| *y < 0.0);
    let logs: Vec<f64> = target.iter().map(|y| y.abs().ln()).collect();
    for (values, plain) in [(target, true), (logs.as_slice(), false)] {
        if !plain && !one_sign {
            break;
        }
        let sums = forward(&cut, values, functions, &mut credit, stop);
        if plain {
            out.sums = sums;
        }
    }
    let mut order: Vec<u16> = (0..columns.len() as u16).collect();
    order.sort_by(|&a, &b| {
        let [a_credit, b_credit] = [a, b].map(|v| credit[usize::from(v)]);
        b_credit.total_cmp(&a_credit).then(a.cmp(&b))
    });
    order.truncate(PASS);
    out.columns = order;
    out
}

/// Takes the best formulas out of a target one after the other, and credits columns.
fn forward(
    columns: &[Vec<f64>],
    target: &[f64],
    functions: &[Operator],
    credit: &mut [f64],
    stop: &Stop<'_>,
) -> Vec<Expression> {
    let Some(mut left) = unit(target) else {
        return Vec::new();
    };
    let ones = singles(columns, functions);
    let (mut basis, mut chosen, mut sums) = (Vec::<Vec<f64>>::new(), Vec::new(), Vec::new());
    let mut before = 1.0;
    for term in 0..TERMS {
        if stop.now() {
            break;
        }
        let best = pass(columns, &left, &ones, term == 0, stop);
        let mut best = extended(columns, &left, &ones, &best);
        let scale = best.first().map_or(0.0, |(part, _, _)| *part);
        for (part, formula, _) in &best {
            // What explains most counts most, and what is left late counts less.
            for v in formula.columns() {
                let place = usize::from(v);
                credit[place] = credit[place].max(part * before);
            }
        }
        let chance = 4.0 * (columns.len() as f64).ln() / target.len() as f64;
        if scale < GAIN.max(chance) {
            break;
        }
        let (_, formula, values) = best.swap_remove(0);
        for v in formula.columns() {
            credit[usize::from(v)] += before * scale;
        }
        let Some(mut q) = unit(&values) else { break };
        for other in &basis {
            let along = dot(&q, other);
            q.iter_mut().zip(other).for_each(|(q, o)| *q -= along * o);
        }
        let Some(q) = unit(&q) else { break };
        let along = dot(&left, &q);
        left.iter_mut().zip(&q).for_each(|(l, q)| *l -= along * q);
        before = dot(&left, &left);
        basis.push(q);
        chosen.push(formula.expression());
        sums.push(sum_of(&chosen));
        let Some(next) = unit(&left) else { break };
        left = next;
        if before < 1e-12 {
            break;
        }
        before = before.min(1.0);
    }
    sums
}

/// `1 + Σ e`, whose coefficients are left to the fit.
fn sum_of(terms: &[Expression]) -> Expression {
    let one = Expression::constant(1.0);
    terms.iter().fold(one.clone(), |sum, term| {
        let term = Expression::apply(Operator::Mul, &[&Expression::constant(1.5), term]);
        Expression::apply(Operator::Add, &[&term, &sum])
    })
}

/// Every column and the functions of it that are numbers everywhere.
fn singles(columns: &[Vec<f64>], functions: &[Operator]) -> Vec<(Formula, Vec<f64>)> {
    let mut out = Vec::new();
    for (v, column) in columns.iter().enumerate() {
        out.push((Formula::One(None, v as u16), column.clone()));
        for operator in FUNCTIONS {
            let allowed = functions.contains(&operator)
                || operator == Operator::Inv && functions.contains(&Operator::Div);
            if !allowed {
                continue;
            }
            let operation = operator.operation();
            let values: Vec<f64> = column.iter().map(|&x| operation.at(x, 0.0)).collect();
            if values.iter().all(|x| x.is_finite() && x.abs() < 1e12) {
                out.push((Formula::One(Some(operator), v as u16), values));
            }
        }
    }
    out
}

/// The best formulas of one, two and three columns for what is left.
fn pass(
    columns: &[Vec<f64>],
    left: &[f64],
    ones: &[(Formula, Vec<f64>)],
    triples: bool,
    stop: &Stop<'_>,
) -> Vec<(f64, Formula)> {
    let mut best = Best::new(24);
    for (formula, values) in ones {
        best.offer(explained(values, left), || formula.clone());
    }
    let positive: Vec<bool> = columns
        .iter()
        .map(|c| c.iter().all(|x| *x > 0.0) || c.iter().all(|x| *x < 0.0))
        .collect();
    let mut product = vec![0.0; left.len()];
    let mut third = vec![0.0; left.len()];
    for (i, a) in columns.iter().enumerate() {
        if stop.now() {
            break;
        }
        for (j, b) in columns.iter().enumerate().skip(i) {
            product
                .iter_mut()
                .zip(a.iter().zip(b))
                .for_each(|(p, (a, b))| *p = a * b);
            let (v, w) = (i as u16, j as u16);
            best.offer(explained(&product, left), || Formula::Product(vec![v, w]));
            if i == j {
                continue;
            }
            for (above, below, places) in [(a, b, (v, w)), (b, a, (w, v))] {
                if positive[usize::from(places.1)] {
                    third
                        .iter_mut()
                        .zip(above.iter().zip(below))
                        .for_each(|(q, (a, b))| *q = a / b);
                    best.offer(explained(&third, left), || {
                        Formula::Quotient(places.0, places.1)
                    });
                }
            }
            if triples && columns.len() <= TRIPLE {
                for (k, c) in columns.iter().enumerate().skip(j + 1) {
                    third
                        .iter_mut()
                        .zip(product.iter().zip(c))
                        .for_each(|(t, (p, c))| *t = p * c);
                    let all = || Formula::Product(vec![v, w, k as u16]);
                    best.offer(explained(&third, left), all);
                }
            }
        }
    }
    best.kept
}

/// The best formulas, and functions of one more column times the best of them, with their
/// values.
fn extended(
    columns: &[Vec<f64>],
    left: &[f64],
    ones: &[(Formula, Vec<f64>)],
    best: &[(f64, Formula)],
) -> Vec<(f64, Formula, Vec<f64>)> {
    let values = |formula: &Formula| -> Vec<f64> {
        let expression = formula.expression();
        let row = |r: usize| columns.iter().map(|c| c[r]).collect::<Vec<f64>>();
        // Only the columns that it is of are looked at.
        match formula {
            Formula::Product(all) => (0..left.len())
                .map(|r| all.iter().map(|&v| columns[usize::from(v)][r]).product())
                .collect(),
            Formula::One(None, v) => columns[usize::from(*v)].clone(),
            _ => (0..left.len()).map(|r| expression.at(&row(r))).collect(),
        }
    };
    let mut more = Best::new(24);
    for (part, formula) in best {
        more.offer(*part, || formula.clone());
    }
    for (_, stem) in best.iter().take(STEMS) {
        let base = values(stem);
        let mut product = vec![0.0; base.len()];
        for (one, function) in ones {
            let Formula::One(operator, v) = one else {
                continue;
            };
            product
                .iter_mut()
                .zip(base.iter().zip(function))
                .for_each(|(p, (a, b))| *p = a * b);
            more.offer(explained(&product, left), || {
                Formula::Times(Box::new(stem.clone()), *operator, *v)
            });
        }
    }
    more.kept
        .into_iter()
        .map(|(part, formula)| {
            let values = values(&formula);
            (part, formula, values)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Settings;
    use pellucid_core::random::{normal, stream};

    type Law = fn(f64, f64, f64) -> f64;

    fn columns(count: usize, rows: usize) -> Vec<Vec<f64>> {
        let mut rng = stream(4, 0);
        (0..count)
            .map(|_| (0..rows).map(|_| normal(&mut rng)).collect())
            .collect()
    }

    #[test]
    fn the_columns_of_a_law_are_among_those_that_pass() {
        let columns = columns(80, 400);
        let mut rng = stream(5, 0);
        let [a, b, c] = [&columns[7], &columns[31], &columns[66]];
        let laws: [Law; 4] = [
            |a, b, c| a * b + c.sin(),
            |a, b, c| a * b * c.exp(),
            |a, b, c| a * b * c,
            |a, b, c| a * b / (1.0 + c * c),
        ];
        for (i, law) in laws.iter().enumerate() {
            let clean: Vec<f64> = (0..400).map(|r| law(a[r], b[r], c[r])).collect();
            let scale = (clean.iter().map(|y| y * y).sum::<f64>() / 400.0).sqrt();
            let noisy: Vec<f64> = clean
                .iter()
                .map(|y| y + 0.02 * scale * normal(&mut rng))
                .collect();
            let found = screen(
                &columns,
                &noisy,
                &Settings::default().operators,
                &Stop::NEVER,
            );
            for wanted in [7, 31, 66] {
                assert!(
                    found.columns.contains(&wanted),
                    "law {i}: {:?}",
                    found.columns
                );
            }
        }
    }
}
