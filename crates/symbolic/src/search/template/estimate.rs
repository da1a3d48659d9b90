//! What open functions are, as far as can be told without a formula.
//!
//! Every open function of one number is written as a [`Spline`], every constant of a
//! family as itself. Where the law is linear in all of them, one least-squares fit gives
//! them; else one after the other is fitted with the others held, a few times over:
//! in `f(x)*g(y)`, what is found for `g` once `f` is roughly right makes `f` right.

use super::spline::Spline;
use super::{Template, slopes, values};
use crate::fit::solve;
use crate::search::problem::Problem;

/// Functions of a spline's basis.
const BASIS: usize = 24;
/// Rows for each of them at least.
const ROWS: usize = 8;
/// How often every function is fitted with the others held.
const SWEEPS: usize = 16;
/// Steps are halved so often before none is taken.
const HALVINGS: usize = 6;
/// What is added to the diagonal, as a part of its largest number.
const RIDGE: f64 = 1e-10;

/// Values of open functions in the rows of a table.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// What every open function is of, in each of its places: column by column.
    pub arguments: Vec<Vec<Vec<f64>>>,
    /// The value in each place.
    pub holes: Vec<Vec<f64>>,
    /// The slope of the law with each.
    pub slopes: Vec<Vec<f64>>,
    /// The law with these values.
    pub law: Vec<f64>,
    /// Whether there is an estimate of each function.
    pub known: Vec<bool>,
    /// The constants of families, as they are joined to functions.
    pub constants: Vec<f64>,
    /// Whether the law is linear in all open functions together.
    pub linear: bool,
}

/// What a basis is in each row: the functions that are not zero, with their values.
type Basis = Vec<Vec<(usize, f64)>>;

/// Something to be fitted: a spline in the places of a function, or a family.
struct Block {
    /// The columns that it fills, with what its basis is in each row there.
    places: Vec<(usize, Basis)>,
    size: usize,
    coefficients: Vec<f64>,
}

impl Block {
    fn fill(&self, columns: &mut [Vec<f64>]) {
        for (column, rows) in &self.places {
            for (out, row) in columns[*column].iter_mut().zip(rows) {
                *out = row.iter().map(|(i, b)| self.coefficients[*i] * b).sum();
            }
        }
    }
}

impl Estimate {
    /// The estimate over the rows of a problem.
    pub fn new(template: &Template, problem: &Problem) -> Self {
        let own = usize::from(template.columns);
        let behind = template.holes.len() + template.families.len();
        let mut columns = problem.columns()[..own].to_vec();
        columns.extend(vec![vec![1.0; problem.rows()]; behind]);
        let inside = template.inside();
        for (k, family) in template.families.iter().enumerate() {
            let place = own + template.holes.len() + k;
            // Constants inside of a function must differ for it to be told from others.
            if let (true, Some(column)) = (inside[k], family.column) {
                columns[place] = ranked(&problem.columns()[usize::from(column)], problem.target());
            }
        }
        let arguments: Vec<Vec<Vec<f64>>> = template
            .holes
            .iter()
            .map(|hole| hole.arguments.iter().map(|a| values(a, &columns)).collect())
            .collect();
        let (mut blocks, known) = blocks(template, problem, &arguments, &columns);
        let mut fit = Fit {
            template,
            problem,
            columns,
        };
        let linear = fit.linear(behind);
        if linear {
            let all: Vec<usize> = (0..blocks.len()).collect();
            fit.improve(&mut blocks, &all);
        } else {
            for _ in 0..SWEEPS {
                for i in 0..blocks.len() {
                    fit.improve(&mut blocks, &[i]);
                }
            }
        }
        let columns = fit.columns;
        let holes = own..own + template.holes.len();
        let mut found = slopes(&template.whole, &columns);
        let constants = (0..template.families.len()).flat_map(|k| {
            let column = &columns[own + template.holes.len() + k];
            steps(template, k, problem, column)
        });
        Self {
            arguments,
            constants: constants.collect(),
            law: values(&template.whole, &columns),
            slopes: found.drain(holes.clone()).collect(),
            holes: columns[holes].to_vec(),
            known,
            linear,
        }
    }
}

/// Numbers of the size of one that rank categories by the mean of the target.
fn ranked(categories: &[f64], target: &[f64]) -> Vec<f64> {
    let mean = |of: f64| {
        let rows = categories.iter().zip(target).filter(|(c, _)| **c == of);
        let (count, sum) = rows.fold((0.0, 0.0), |(n, s), (_, y)| (n + 1.0, s + y));
        sum / f64::max(count, 1.0)
    };
    let mut distinct = categories.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let means: Vec<f64> = distinct.iter().map(|&c| mean(c)).collect();
    let low = means.iter().copied().fold(f64::INFINITY, f64::min);
    let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = if high > low { high - low } else { 1.0 };
    let places = categories.iter().map(|c| {
        let place = distinct.partition_point(|d| d < c);
        0.5 + (means[place] - low) / width
    });
    places.collect()
}

/// The constants of a family as `c₁, d₂, …`, from its value in every row.
fn steps(template: &Template, family: usize, problem: &Problem, column: &[f64]) -> Vec<f64> {
    let family = &template.families[family];
    let of = |value: f64| match family.column {
        None => column.first().copied().unwrap_or(1.0),
        Some(place) => {
            let categories = &problem.columns()[usize::from(place)];
            let row = categories.iter().position(|c| *c == value);
            // A category that no row of the sample has.
            row.map_or(1.0, |row| column[row])
        }
    };
    let mut before = 0.0;
    let each = family.values.iter().map(|&value| {
        let step = of(value) - before;
        before += step;
        step
    });
    each.collect()
}

fn blocks(
    template: &Template,
    problem: &Problem,
    arguments: &[Vec<Vec<f64>>],
    columns: &[Vec<f64>],
) -> (Vec<Block>, Vec<bool>) {
    let own = usize::from(template.columns);
    let most = (problem.rows() / ROWS).clamp(4, BASIS);
    let mut out = Vec::new();
    let known = (0..template.functions.len()).map(|function| {
        let holes: Vec<usize> = (0..template.holes.len())
            .filter(|&h| template.holes[h].function == function)
            .collect();
        if template.arity(function) != 1 {
            return false;
        }
        let pooled: Vec<f64> = holes
            .iter()
            .flat_map(|&h| arguments[h][0].iter().copied())
            .filter(|x| x.is_finite())
            .collect();
        let Some(spline) = Spline::new(&pooled, most) else {
            return false;
        };
        let basis = |h: usize| {
            let rows = arguments[h][0].iter().map(|&x| {
                let (first, values) = spline.at(x);
                let pairs = values.iter().enumerate();
                pairs.map(|(k, &v)| (first + k, v)).collect()
            });
            (own + h, rows.collect())
        };
        out.push(Block {
            places: holes.into_iter().map(basis).collect(),
            size: spline.len(),
            coefficients: vec![1.0; spline.len()],
        });
        true
    });
    let known = known.collect();
    for (k, family) in template.families.iter().enumerate() {
        let place = own + template.holes.len() + k;
        let category = |row: usize| match family.column {
            None => 0,
            Some(column) => {
                let value = columns[usize::from(column)][row];
                family.values.partition_point(|v| *v < value)
            }
        };
        let rows: Basis = (0..problem.rows())
            .map(|row| vec![(category(row), 1.0)])
            .collect();
        let mut coefficients = vec![1.0; family.values.len()];
        for (row, &value) in columns[place].iter().enumerate() {
            coefficients[category(row)] = value;
        }
        // Inside of a function whose form is unknown nothing can be said of it.
        if template.whole.variables().contains(&(place as u16)) {
            out.push(Block {
                places: vec![(place, rows)],
                size: family.values.len(),
                coefficients,
            });
        }
    }
    (out, known)
}

struct Fit<'a> {
    template: &'a Template,
    problem: &'a Problem,
    /// Those of the table, the values in the places of functions, and of families.
    columns: Vec<Vec<f64>>,
}

impl Fit<'_> {
    /// Whether the slopes of the law with the last columns are the same whatever these
    /// are.
    fn linear(&self, behind: usize) -> bool {
        let first = self.columns.len() - behind;
        let mut moved = self.columns.clone();
        for (k, column) in moved[first..].iter_mut().enumerate() {
            for (row, x) in column.iter_mut().enumerate() {
                *x *= 1.3 + 0.1 * ((3 * k + row) % 7) as f64;
            }
        }
        let (a, b) = (
            slopes(&self.template.whole, &self.columns),
            slopes(&self.template.whole, &moved),
        );
        let same = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
        a[first..]
            .iter()
            .zip(&b[first..])
            .all(|(a, b)| a.iter().zip(b).all(same))
    }

    /// What errors cost, in rows in which the law is defined, and how many rows these
    /// are.
    fn cost(&self) -> (usize, f64) {
        let law = values(&self.template.whole, &self.columns);
        let rows = law.iter().zip(self.problem.target());
        let rows = rows.zip(self.problem.weights());
        let squares = rows.map(|((f, y), w)| w * (f - y).powi(2));
        squares
            .filter(|x| x.is_finite())
            .fold((0, 0.0), |(n, sum), x| (n + 1, sum + x))
    }

    /// One step of least squares for these blocks, the others held.
    fn improve(&mut self, blocks: &mut [Block], which: &[usize]) {
        let rows = self.problem.rows();
        let law = values(&self.template.whole, &self.columns);
        let slopes = slopes(&self.template.whole, &self.columns);
        let size: usize = which.iter().map(|&b| blocks[b].size).sum();
        let (mut matrix, mut right) = (vec![0.0; size * size], vec![0.0; size]);
        let mut row_of = vec![0.0; size];
        for row in 0..rows {
            row_of.fill(0.0);
            let mut first = 0;
            for &b in which {
                for (column, basis) in &blocks[b].places {
                    for (i, value) in &basis[row] {
                        row_of[first + i] += slopes[*column][row] * value;
                    }
                }
                first += blocks[b].size;
            }
            let rest = self.problem.target()[row] - law[row];
            let weight = self.problem.weights()[row];
            if !rest.is_finite() || row_of.iter().any(|x| !x.is_finite()) {
                continue;
            }
            for (i, a) in row_of.iter().enumerate().filter(|(_, a)| **a != 0.0) {
                right[i] += weight * a * rest;
                for (j, b) in row_of.iter().enumerate() {
                    matrix[i * size + j] += weight * a * b;
                }
            }
        }
        let largest = (0..size).map(|i| matrix[i * size + i]).fold(0.0, f64::max);
        for i in 0..size {
            matrix[i * size + i] += RIDGE * largest;
        }
        let Some(step) = solve(&matrix, &right) else {
            return;
        };
        let before = self.cost();
        let kept: Vec<Vec<f64>> = which
            .iter()
            .map(|&b| blocks[b].coefficients.clone())
            .collect();
        let mut part = 1.0;
        for _ in 0..HALVINGS {
            let mut first = 0;
            for (&b, kept) in which.iter().zip(&kept) {
                let block = &mut blocks[b];
                for (i, (c, old)) in block.coefficients.iter_mut().zip(kept).enumerate() {
                    *c = old + part * step[first + i];
                }
                first += block.size;
                block.fill(&mut self.columns);
            }
            let after = self.cost();
            if after.0 >= before.0 && after.1 <= before.1 {
                return;
            }
            part *= 0.5;
        }
        for (&b, kept) in which.iter().zip(kept) {
            blocks[b].coefficients = kept;
            blocks[b].fill(&mut self.columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random::stream;
    use rand::RngExt;

    fn problem(law: impl Fn(&[f64]) -> f64) -> Problem {
        let mut rng = stream(5, 0);
        let mut columns: Vec<Vec<f64>> = (0..3)
            .map(|_| (0..400).map(|_| rng.random_range(1.0..3.0)).collect())
            .collect();
        columns.push((0..400).map(|i| f64::from(i % 3)).collect());
        let row = |r: usize| columns.iter().map(|c| c[r]).collect::<Vec<f64>>();
        let target = (0..400).map(|r| law(&row(r))).collect();
        let names = ["x", "y", "z", "kind"].map(str::to_owned);
        let features = names.into_iter().zip(columns).collect();
        Problem::new(features, ("t".to_owned(), target), None).unwrap()
    }

    /// The largest error of a law of estimates over the target's spread.
    fn error(template: &str, problem: &Problem) -> f64 {
        let template = Template::new(template, problem).unwrap();
        let found = Estimate::new(&template, problem);
        assert!(found.known.iter().all(|known| *known));
        let rows = found.law.iter().zip(problem.target());
        let worst = rows.map(|(f, y)| (f - y).abs()).fold(0.0, f64::max);
        worst / problem.variance().sqrt()
    }

    #[test]
    fn functions_are_estimated_without_a_formula() {
        // A spline of 24 functions is wrong by the fourth power of a step of a tenth.
        let pairs = problem(|v| (-v[0]).exp() / v[0] + (-v[1]).exp() / v[1] + (-v[2]).exp() / v[2]);
        assert!(error("f(x) + f(y) + f(z)", &pairs) < 1e-3);
        let product = problem(|v| (2.0 * v[0]).sin() * v[1].ln());
        assert!(error("f(x)*g(y)", &product) < 1e-2);
        let kinds = problem(|v| [2.0, -1.0, 0.5][v[3] as usize] * v[0].sqrt() + v[1]);
        assert!(error("c[kind]*f(x) + y", &kinds) < 1e-3);
        let inside = problem(|v| (v[0].powi(2) + v[1].powi(2)).sqrt());
        assert!(error("sqrt(f(x) + f(y))", &inside) < 1e-2);
    }
}
