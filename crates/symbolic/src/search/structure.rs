//! Laws that least squares finds without evolution.
//!
//! A target `y` is written as `y = M · g⁻¹(a₀ + Σ aₖ eₖ)` or `y = M c Π eₖ^pₖ`,
//! with a power law `M` of variables that separate from the others, a function
//! `g` from a short list, and formulas `eₖ` of a [`Library`]. For each `M` and
//! `g` orthogonal least squares proposes the `eₖ`; every proposal is then judged
//! like any candidate, in the units of `y`.
//!
//! First all rows count alike, which finds what is exact; then each by what an
//! error of `y` makes of it (`weights.rs`), which finds what lies behind noise.

mod curves;
mod periods;
mod pool;
mod products;
mod quotients;
mod rest;
mod shape;
mod sums;
mod weights;

pub(super) use products::power_law;
use products::products;
use quotients::quotients;
use rest::Rest;
use shape::Shape;
use sums::Sums;
pub(super) use weights::weighted;
use weights::weights;

use super::dictionary::{Choice, Dictionary};
use super::library::{Builder, LIBRARY_ROWS, Library};
use super::offered::with_offered;
use super::problem::Problem;
use super::settings::Settings;
use super::stop::Stop;
use crate::expression::Expression;
use crate::fit::solve;
use crate::operator::Operator;

/// A part of the work: one power law split off.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Exponents of the variables in `M`; zero for those that stay.
    pub powers: Vec<f64>,
    /// A variable that is subtracted from the target first.
    pub less: Option<u16>,
    /// Whether rows count by what an error of the target makes of them.
    pub noisy: bool,
    /// What sums are made of.
    pub material: Of,
    /// The columns that formulas may be made of: all, or of a wide table those that were
    /// found to tell something.
    pub among: Vec<u16>,
}

/// What the sums of a task are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Formulas of a library.
    Formulas,
    /// Functions with a constant inside, from a grid of it.
    Curves,
    /// Formulas of a library, the target being an angle.
    Angles,
}

impl Task {
    /// Whether nothing but a power law is split off, and all rows count alike.
    pub fn is_plain(&self) -> bool {
        !self.noisy && self.less.is_none() && self.material == Of::Formulas
    }
}

/// Entries of a library after each of its stages.
const MONOMIALS: usize = 800;
const BEATS: usize = 2000;
const HYPERBOLIC: usize = 3500;
const SMALL: usize = 5200;
const SCALED: usize = 9500;
const SURROUNDED: usize = 21_000;
const MULTIPLIED: usize = 28_000;
const INTERFERENCE: usize = 4000;
const LARGE: usize = 40_000;
const ENCLOSED: usize = 46_000;
/// Fewer rows than this cannot tell so many formulas from each other as the library of a
/// long table holds: small ones, and first curves with a constant inside.
const SHORT: usize = 60;
/// Products and quotients of columns beside curves.
const CURVED: usize = 60;
/// Terms of a sum of simple formulas, of waves, and of all formulas.
const TERMS: [usize; 3] = [6, 6, 4];
/// Nodes of the formulas that longer sums are built of.
const SIMPLE: usize = 4;
/// Choices followed at once.
const BEAM: usize = 6;

/// The power laws to split off: none, and what the data say about separable
/// variables, of these columns.
pub fn tasks(problem: &Problem, settings: &Settings, among: &[u16]) -> Vec<Task> {
    let none = vec![0.0; problem.columns().len()];
    let mut tasks: Vec<Task> = Vec::new();
    let products = settings.allows(Operator::Mul) || settings.allows(Operator::Div);
    let task = |powers: &[f64], noisy: bool| Task {
        powers: powers.to_vec(),
        less: None,
        noisy,
        material: Of::Formulas,
        among: among.to_vec(),
    };
    // An exact law ends the search before errors are thought of.
    for noisy in [false, true] {
        let mut add = |powers: &[f64]| {
            let task = task(powers, noisy);
            if !tasks.contains(&task) {
                tasks.push(task);
            }
        };
        add(&none);
        for strict in [true, false].into_iter().filter(|_| products) {
            let powers = separable(problem, settings, among, (strict, noisy));
            let split: Vec<usize> = (0..powers.len()).filter(|&v| powers[v] != 0.0).collect();
            add(&powers);
            // A slope may be near a whole number by chance.
            for &v in split.iter().filter(|_| !strict && split.len() > 1) {
                let mut without = powers.clone();
                without[v] = 0.0;
                add(&without);
            }
        }
        let curves: Vec<Task> = tasks
            .iter()
            .filter(|task| task.noisy == noisy && task.material == Of::Formulas)
            .map(|task| Task {
                material: Of::Curves,
                ..task.clone()
            })
            .collect();
        if problem.rows() < SHORT {
            let first = tasks.iter().position(|task| task.noisy == noisy);
            let first = first.unwrap_or(tasks.len());
            tasks.splice(first..first, curves);
        } else {
            tasks.extend(curves);
        }
        if products && settings.allows(Operator::Add) && !noisy {
            tasks.extend(among.iter().map(|&v| Task {
                less: Some(v),
                ..task(&none, noisy)
            }));
        }
    }
    let offered = with_offered(problem, settings);
    if offered.allows(Operator::Asin) || offered.allows(Operator::Acos) {
        tasks.push(Task {
            material: Of::Angles,
            ..task(&none, false)
        });
    }
    tasks
}

/// Exponents of variables whose power law separates, from a quadratic fit of
/// `ln |y|` in the logarithms of all positive variables: the linear coefficient
/// is near a simple number and (if `strict`) no product with another logarithm
/// contributes. If `noisy`, rows count by the error that their logarithm has.
fn separable(
    problem: &Problem,
    settings: &Settings,
    among: &[u16],
    (strict, noisy): (bool, bool),
) -> Vec<f64> {
    let columns = problem.columns();
    let mut powers = vec![0.0; columns.len()];
    let positive: Vec<usize> = among
        .iter()
        .map(|&v| usize::from(v))
        .filter(|&v| columns[v].iter().all(|x| *x > 0.0))
        .collect();
    let rows: Vec<usize> = (0..problem.rows())
        .filter(|&r| problem.target()[r] != 0.0)
        .collect();
    let quadratic = if strict {
        positive.len() * (positive.len() + 1) / 2
    } else {
        0
    };
    let count = 1 + positive.len() + quadratic;
    if positive.is_empty() || rows.len() < 2 * count {
        return powers;
    }
    let logs: Vec<Vec<f64>> = positive
        .iter()
        .map(|&v| {
            let logs: Vec<f64> = rows.iter().map(|&r| columns[v][r].ln()).collect();
            let mean = logs.iter().sum::<f64>() / logs.len() as f64;
            logs.iter().map(|x| x - mean).collect()
        })
        .collect();
    let mut design = vec![vec![1.0; rows.len()]];
    design.extend(logs.iter().cloned());
    let mut pairs = Vec::new();
    if strict {
        for i in 0..logs.len() {
            for j in 0..=i {
                pairs.push((i, j));
                design.push(logs[i].iter().zip(&logs[j]).map(|(a, b)| a * b).collect());
            }
        }
    }
    let target: Vec<f64> = rows
        .iter()
        .map(|&r| problem.target()[r].abs().ln())
        .collect();
    let sizes = rows.iter().map(|&r| problem.target()[r].abs());
    let weights = if noisy {
        weights(sizes.map(|y| (Shape::Logarithm.slope(y), true)))
    } else {
        vec![1.0; rows.len()]
    };
    let Some((coefficients, errors)) = weighted(&design, &target, &weights) else {
        return powers;
    };
    for (i, &v) in positive.iter().enumerate() {
        let (p, error) = (coefficients[1 + i], errors[1 + i]);
        let half =
            error < 0.08 && (settings.allows(Operator::Sqrt) || settings.allows(Operator::Pow));
        let grid = if half { 2.0 } else { 1.0 };
        let simple = (p * grid).round() / grid;
        let near = (p - simple).abs() < (3.5 * error).clamp(1e-6, 0.3);
        let alone = pairs
            .iter()
            .zip(&coefficients[1 + positive.len()..])
            .zip(&errors[1 + positive.len()..]);
        let alone = alone
            .filter(|((pair, _), _)| pair.0 == i || pair.1 == i)
            .all(|((_, c), e)| c.abs() < (4.0 * e).max(1e-6));
        if near && alone && simple != 0.0 && simple.abs() <= 6.0 {
            powers[v] = simple;
        }
    }
    powers
}

/// Least squares: coefficients and their standard errors.
pub(super) fn regression(design: &[Vec<f64>], target: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
    let n = design.len();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let matrix: Vec<f64> = design
        .iter()
        .flat_map(|a| design.iter().map(|b| dot(a, b)))
        .collect();
    let right: Vec<f64> = design.iter().map(|a| dot(a, target)).collect();
    let coefficients = solve(&matrix, &right)?;
    let squares: f64 = (0..target.len())
        .map(|row| {
            let fitted: f64 = design
                .iter()
                .zip(&coefficients)
                .map(|(a, c)| a[row] * c)
                .sum();
            (target[row] - fitted).powi(2)
        })
        .sum();
    let variance = squares / (target.len() - n).max(1) as f64;
    let errors = (0..n)
        .map(|i| {
            let unit: Vec<f64> = (0..n).map(|j| f64::from(u8::from(i == j))).collect();
            solve(&matrix, &unit).map(|x| (x[i] * variance).sqrt())
        })
        .collect::<Option<Vec<f64>>>()?;
    Some((coefficients, errors))
}

/// What a task proposes, and the work that it was.
#[derive(Debug, Default)]
pub struct Proposals {
    /// The laws, their constants to be fitted.
    pub laws: Vec<Expression>,
    /// In the units of [`WORK_PER_SECOND`](super::WORK_PER_SECOND).
    pub work: u64,
}

/// How often the formulas of a library are gone through in a task, all shapes together,
/// in thousands of numbers per formula.
const WORK_PER_FORMULA: u64 = 40;

/// All proposals of one task, or those that there are when it is stopped.
pub fn propose(task: &Task, problem: &Problem, settings: &Settings, stop: &Stop<'_>) -> Proposals {
    // Powers and angles are written only where they are what is looked for.
    let more = with_offered(problem, settings);
    let settings = match task.material {
        Of::Formulas => settings,
        Of::Curves | Of::Angles => &more,
    };
    let sample = problem.sample(LIBRARY_ROWS, settings.seed.wrapping_add(1));
    let factor = power_law(&task.powers, settings);
    let rest = Rest::of(task, &sample);
    let dimensions = settings.hard(&sample);
    let left = variables(task);
    // The same rows, repeated like the target's.
    let columns: Vec<Vec<f64>> = sample
        .columns()
        .iter()
        .map(|column| {
            (0..LIBRARY_ROWS)
                .map(|i| column[i % column.len()])
                .collect()
        })
        .collect();
    let builder = || {
        Library::builder(sample.columns(), &left, &settings.operators).within(dimensions.clone())
    };
    let library = match task.material {
        Of::Formulas if problem.rows() < SHORT => scaled(builder()),
        Of::Formulas => grown(builder()),
        Of::Angles => small(builder()),
        Of::Curves => {
            let rows = (sample.rows().min(LIBRARY_ROWS), problem.rows());
            let builder = builder().monomials(CURVED).enumerate(2 * CURVED, 3);
            curves::curves(builder, task, &columns, (&rest.values, rows), settings)
        }
    };
    let mut out = Proposals {
        laws: vec![factor.clone()],
        work: library.len() as u64 * WORK_PER_FORMULA,
    };
    // With a variable subtracted, sums are nothing new.
    if task.less.is_none() {
        let waves = builder().interference(INTERFERENCE).build();
        let libraries = match task.material {
            Of::Formulas => vec![
                (&library, SIMPLE, TERMS[0]),
                (&waves, usize::MAX, TERMS[1]),
                (&library, usize::MAX, TERMS[2]),
            ],
            Of::Curves | Of::Angles => vec![(&library, usize::MAX, TERMS[2])],
        };
        let whole = task.powers.iter().all(|power| *power == 0.0);
        if task.material == Of::Curves && whole && settings.allows(Operator::Div) {
            let how = (task.noisy, settings.allows(Operator::Sqrt));
            let found = quotients(&columns, &left, &rest.values, how);
            out.laws.extend(found);
        }
        let sums = Sums {
            task,
            settings,
            rest: &rest,
            columns,
            left: &left,
            libraries,
            dimensions: dimensions.as_ref(),
            factor: &factor,
            stop,
        };
        sums.propose(&mut out.laws);
    }
    let positive = rest.values.iter().all(|y| *y != 0.0) && settings.allows(Operator::Mul);
    if positive && task.material != Of::Angles {
        let weights = rest.weights(Shape::Logarithm, true);
        products(
            &library,
            (&rest.values, &weights),
            &factor,
            (settings, stop),
            &mut out.laws,
        );
    }
    if let Some(v) = task.less {
        let variable = Expression::variable(v);
        let whole = |law: &Expression| Expression::apply(Operator::Add, &[law, &variable]);
        out.laws = out.laws.iter().map(whole).collect();
    }
    out
}

/// The choices for a target, and the best of every length refined, until it is stopped.
pub(super) fn refined(
    dictionary: &Dictionary,
    target: &[f32],
    terms: usize,
    stop: &Stop<'_>,
) -> Vec<Choice> {
    let mut out = dictionary.choose(target, terms, BEAM);
    let mut length = 0;
    let mut best = Vec::new();
    for choice in &out {
        if choice.columns.len() > length {
            length = choice.columns.len();
            if length > 1 && !stop.now() {
                best.push(dictionary.refine(choice, target));
            }
        }
    }
    out.extend(best);
    out
}

/// Small formulas, functions of them and of them plus or minus one, and further
/// formulas as far as there is room.
fn grown(builder: Builder<'_>) -> Library {
    builder
        .monomials(MONOMIALS)
        .beats(BEATS)
        .hyperbolic(HYPERBOLIC)
        .enumerate(SMALL, 9)
        .scaled(SCALED)
        .surround(SURROUNDED)
        .multiplied(MULTIPLIED)
        .arithmetic(LARGE, 9)
        .enclosed(ENCLOSED)
        .build()
}

/// Small formulas and functions of multiples of monomials: what a short table can tell
/// from each other.
fn scaled(builder: Builder<'_>) -> Library {
    let builder = builder.monomials(MONOMIALS).beats(BEATS);
    let builder = builder.hyperbolic(HYPERBOLIC).enumerate(SMALL, 9);
    builder.scaled(SCALED).build()
}

/// Small formulas and functions of them.
fn small(builder: Builder<'_>) -> Library {
    builder.monomials(MONOMIALS).enumerate(SMALL, 9).build()
}

/// The variables that a task does not split off, or all if none is left.
fn variables(task: &Task) -> Vec<u16> {
    let left = task.among.iter().copied();
    let left: Vec<u16> = left
        .filter(|&v| task.powers[usize::from(v)] == 0.0)
        .collect();
    if left.is_empty() {
        task.among.clone()
    } else {
        left
    }
}
