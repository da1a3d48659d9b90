//! Models that are sums or products of functions of different inputs.
//!
//! In a sum $f = g(x) + h(y)$ the slope along $x$ does not change with $y$, in a
//! product the slope of $\ln|f - k|$ does not, `k` being what is added to it. So the model is asked for its gradient
//! at points that have $y$ of another row: the change of the slope along every
//! other quantity says which belong together. Such points lie in the range of every
//! input, but where inputs are dependent they may be unlike any row.

use std::collections::BTreeMap;

use pellucid_core::model::ModelError;
use pellucid_core::random::{permutation, stream};

use super::fact::{Fact, Kind, Violation};
use super::quantity::Quantity;
use super::symmetry::Answers;
use crate::differentiable::Differentiable;

/// Rows whose value is below this part of the root mean square say nothing about
/// the logarithm.
const ZERO: f64 = 0.05;

/// What is added to products, in units of the root mean square of the value: less is
/// nothing, differences below this are none, and more is not believed.
const NOTHING: f64 = 1e-6;
const NEAR: f64 = 0.02;
const MOST: f64 = 10.0;

/// Quantities that belong together, by their places, the first one first.
pub(super) type Parts = Vec<Vec<usize>>;

/// How a model is made of functions of different inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Joint {
    Sum,
    /// A product, this number added to it.
    Product {
        offset: f64,
    },
}

/// A model taken apart.
pub(super) struct Separation {
    pub joint: Joint,
    /// One part if it cannot be taken apart.
    pub parts: Parts,
    pub fact: Option<Fact>,
}

/// A model at the points of the table, or with one quantity of other rows.
struct Answered {
    values: Vec<f64>,
    /// Slopes, quantity by quantity.
    slopes: Vec<Vec<f64>>,
}

/// Asks the model what of its quantities can be separated: of a sum and a product
/// what has more parts. `values` are the model's less `offset`.
pub(super) fn separate(
    model: &dyn Differentiable,
    quantities: &[Quantity],
    answers: &Answers<'_>,
    values: &[f64],
    offset: f64,
) -> Result<Separation, ModelError> {
    let slopes = |columns: &[Vec<f64>], gradient: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let along = quantities.iter();
        along
            .map(|q| q.slopes(columns, gradient, answers.spread))
            .collect()
    };
    let here = Answered {
        values: values.to_vec(),
        slopes: slopes(answers.columns, answers.gradient),
    };
    let swapped = quantities
        .iter()
        .map(|quantity| {
            let columns = other_rows(answers.columns, &quantity.inputs);
            let values = model.values(&columns)?;
            Ok(Answered {
                values: values.iter().map(|value| value - offset).collect(),
                slopes: slopes(&columns, &model.gradients(&columns)?),
            })
        })
        .collect::<Result<Vec<_>, ModelError>>()?;
    let questions = Questions {
        here,
        swapped,
        tolerance: answers.tolerance,
    };
    let joints = std::iter::once(Joint::Sum).chain(questions.products());
    let taken = joints.map(|joint| (joint, questions.apart(joint)));
    // Of as many parts the first: a sum, then a product with nothing added.
    let best = taken.reduce(|best, other| {
        if other.1.0.len() > best.1.0.len() {
            other
        } else {
            best
        }
    });
    let (joint, (parts, worst)) = best.unwrap_or((Joint::Sum, (Vec::new(), None)));
    let fact = worst.map(|worst| Fact {
        kind: match joint {
            Joint::Sum => Kind::Sum,
            Joint::Product { .. } => Kind::Product,
        },
        statement: statement(joint, &parts, quantities, answers.names),
        subject: subject(&parts, quantities, answers.names),
        within: Vec::new(),
        violation: worst.value,
        error: worst.error,
        holds: true,
    });
    Ok(Separation { joint, parts, fact })
}

/// Answers, and what is made of them.
struct Questions {
    here: Answered,
    /// With each quantity of other rows.
    swapped: Vec<Answered>,
    tolerance: f64,
}

impl Questions {
    /// Products worth a look: with nothing added, and with what every pair of
    /// quantities that is a product says is added. From
    /// $(f - k)\,\partial f' = (f' - k)\,\partial f$ follows `k` by least squares.
    fn products(&self) -> Vec<Joint> {
        let count = self.swapped.len();
        let pairs = (0..count).flat_map(|i| (0..count).map(move |j| (i, j)));
        let offsets = pairs.filter(|(i, j)| i != j).filter_map(|(i, j)| {
            let there = &self.swapped[j];
            let rows = 0..self.here.values.len();
            let (mut above, mut below) = (0.0, 0.0);
            for row in rows {
                let [f, g] = [self.here.values[row], there.values[row]];
                let [a, b] = [self.here.slopes[i][row], there.slopes[i][row]];
                above += (f * b - g * a) * (b - a);
                below += (b - a) * (b - a);
            }
            let offset = above / below;
            let joint = Joint::Product { offset };
            let true_here =
                || self.change(joint, i, j).value < self.tolerance && offset.abs() < self.most();
            // Where nothing changes there is no product.
            (offset.is_finite() && true_here()).then_some(offset)
        });
        let size = root_mean_square(&self.here.values);
        let mut distinct: Vec<f64> = Vec::new();
        for offset in offsets.filter(|offset| offset.abs() > NOTHING * size) {
            let far = |known: &f64| (known - offset).abs() > NEAR * size;
            if distinct.iter().all(far) {
                distinct.push(offset);
            }
        }
        distinct.insert(0, 0.0);
        let joints = distinct.into_iter();
        joints.map(|offset| Joint::Product { offset }).collect()
    }

    /// The largest number that may be added to a product.
    fn most(&self) -> f64 {
        MOST * root_mean_square(&self.here.values)
    }

    /// The parts, and the worst contradiction to their being parts, if there are
    /// several.
    fn apart(&self, joint: Joint) -> (Parts, Option<Violation>) {
        let count = self.swapped.len();
        let link = |i: usize, j: usize| {
            let [a, b] = [(i, j), (j, i)].map(|(i, j)| self.change(joint, i, j));
            if a.value > b.value { a } else { b }
        };
        let pairs = || (0..count).flat_map(|i| (i + 1..count).map(move |j| [i, j]));
        let links: BTreeMap<[usize; 2], Violation> =
            pairs().map(|[i, j]| ([i, j], link(i, j))).collect();
        let tied = |i: usize, j: usize| {
            let link = links.get(&[i.min(j), i.max(j)]);
            link.is_some_and(|link| link.value >= self.tolerance)
        };
        let parts = components(count, tied);
        let apart = |pair: &[usize; 2]| {
            let inside = |part: &Vec<usize>| pair.iter().all(|i| part.contains(i));
            !parts.iter().any(inside)
        };
        let worst = pairs()
            .filter(apart)
            .map(|pair| links[&pair])
            .max_by(|a, b| a.value.total_cmp(&b.value));
        (parts, worst)
    }

    /// How much the slope along quantity `i` (of the logarithm, for a product) changes
    /// with quantity `j`.
    fn change(&self, joint: Joint, i: usize, j: usize) -> Violation {
        let (here, there) = (&self.here, &self.swapped[j]);
        let rows = here.values.len();
        let least = ZERO * root_mean_square(&here.values);
        let pairs = (0..rows).filter_map(|row| {
            let [f, g] = [here.values[row], there.values[row]];
            let [a, b] = [here.slopes[i][row], there.slopes[i][row]];
            match joint {
                Joint::Sum => Some([a, b]),
                Joint::Product { offset } => {
                    let [f, g] = [f - offset, g - offset];
                    (f.abs() >= least && g.abs() >= least).then(|| [a / f, b / g])
                }
            }
        });
        let pairs: Vec<[f64; 2]> = pairs.collect();
        if 2 * pairs.len() < rows {
            // Too few to say that nothing changes.
            return Violation {
                value: 1.0,
                error: 0.0,
            };
        }
        let changes = pairs.into_iter();
        Violation::new(changes.map(|[a, b]| [a - b, (a * a + b * b).sqrt()]))
    }
}

/// The points with some inputs taken from other rows.
fn other_rows(columns: &[Vec<f64>], inputs: &[usize]) -> Vec<Vec<f64>> {
    let rows = columns.first().map_or(0, Vec::len);
    // A fixed shuffle: neighbours in a table are often alike.
    let order = permutation(rows, &mut stream(0, rows as u64));
    let mut out = columns.to_vec();
    for &input in inputs {
        out[input] = order.iter().map(|&row| columns[input][row]).collect();
    }
    out
}

/// Places that are tied directly or through others.
fn components(count: usize, tied: impl Fn(usize, usize) -> bool) -> Parts {
    let mut parts: Parts = Vec::new();
    for i in 0..count {
        let (mine, mut others): (Parts, Parts) = parts
            .into_iter()
            .partition(|part| part.iter().any(|&j| tied(i, j)));
        let mut whole: Vec<usize> = mine.concat();
        whole.push(i);
        whole.sort_unstable();
        others.push(whole);
        parts = others;
    }
    parts.sort();
    parts
}

/// The quantities of each part.
fn members(part: &[usize], quantities: &[Quantity], names: &[String]) -> String {
    let inside: Vec<String> = part.iter().map(|&i| quantities[i].text(names)).collect();
    inside.join(", ")
}

fn subject(parts: &Parts, quantities: &[Quantity], names: &[String]) -> String {
    let parts = parts.iter().map(|part| members(part, quantities, names));
    parts.collect::<Vec<_>>().join(" | ")
}

fn statement(joint: Joint, parts: &Parts, quantities: &[Quantity], names: &[String]) -> String {
    let functions = parts
        .iter()
        .map(|part| format!("a function of {}", members(part, quantities, names)));
    let functions: Vec<String> = functions.collect();
    let functions = functions.join(" and ");
    match joint {
        Joint::Sum => format!("a sum of {functions}"),
        Joint::Product { offset: 0.0 } => format!("a product of {functions}"),
        Joint::Product { offset } => format!("{offset:.4} plus a product of {functions}"),
    }
}

fn root_mean_square(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len().max(1) as f64).sqrt()
}
