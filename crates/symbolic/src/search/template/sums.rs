//! Open functions as sums of terms.
//!
//! A law that is linear in its open functions is linear in the terms these are sums of:
//! for `f = Σ aₖ bₖ` in the places `p` with slopes `S_p`,
//!
//! $$ y - T_0 = \sum_k a_k \sum_p S_p\, b_k(\text{arguments}_p) $$
//!
//! so that orthogonal least squares chooses the `bₖ` of all functions at once from
//! columns that are summed over places. Where the law is not linear, this holds near
//! an [estimate](Estimate).

use super::Template;
use super::estimate::Estimate;
use crate::evaluate::{Program, Rows, Scratch};
use crate::expression::Expression;
use crate::operator::Operator;
use crate::search::dictionary::Dictionary;
use crate::search::leaf::substitute;
use crate::search::library::{LIBRARY_ROWS, Library};
use crate::search::problem::Problem;
use crate::search::settings::Settings;
use crate::search::stop::Stop;
use crate::search::structure::{power_law, refined};

/// Terms of all functions together.
const TERMS: usize = 4;
/// Single terms that are proposed besides, also with their arguments scaled.
const SINGLES: usize = 24;
/// The highest power of one argument, powers in a sum, and choices followed at once.
const POWERS: i32 = 12;
const POWER_TERMS: usize = 3;
const POWER_BEAM: usize = 24;
/// Entries of a function's library after each stage.
const STAGES: [usize; 4] = [200, 1200, 2500, 5000];

/// A term of a function, and its sum over places.
struct Term {
    function: usize,
    expression: Expression,
    /// Whether it is a power of one argument.
    power: bool,
    column: Vec<f32>,
}

/// Joined functions that are sums of terms; none if the law cannot be seen like that.
pub fn sums(
    template: &Template,
    problem: &Problem,
    estimate: &Estimate,
    settings: &Settings,
) -> Vec<Expression> {
    if !estimate.linear && template.functions() > 1 {
        return Vec::new();
    }
    let rows: Vec<usize> = (0..LIBRARY_ROWS).map(|i| i % problem.rows()).collect();
    let terms: Vec<Term> = (0..template.functions())
        .flat_map(|function| terms(template, function, estimate, &rows, settings))
        .collect();
    let target: Vec<f32> = rows
        .iter()
        .map(|&row| {
            let known: f64 = (0..template.holes.len())
                .map(|h| estimate.slopes[h][row] * estimate.holes[h][row])
                .sum();
            (problem.target()[row] - estimate.law[row] + known) as f32
        })
        .collect();
    let usable = |row: usize| target[row].is_finite();
    let weights = rows.iter().enumerate().map(|(i, &row)| {
        if usable(i) {
            problem.weights()[row].sqrt() as f32
        } else {
            0.0
        }
    });
    let weights: Vec<f32> = weights.collect();
    let columns = terms.iter().map(|t| t.column.clone());
    let dictionary = Dictionary::weighted(columns, weights.clone());
    let target: Vec<f32> = target
        .iter()
        .map(|y| if y.is_finite() { *y } else { 0.0 })
        .collect();
    let of = |columns: &[usize], shape: &dyn Fn(&Term) -> Expression| {
        let functions: Vec<Expression> = (0..template.functions())
            .map(|function| {
                let own = columns.iter().map(|&c| &terms[c]);
                let own = own.filter(|term| term.function == function).map(shape);
                let sum = own.reduce(|a, b| Expression::apply(Operator::Add, &[&a, &b]));
                sum.unwrap_or_else(|| Expression::constant(0.0))
            })
            .collect();
        template.joined(&functions, &estimate.constants)
    };
    let free = |expression: &Expression| {
        Expression::apply(Operator::Mul, &[&Expression::constant(1.0), expression])
    };
    let scaled = |term: &Term| {
        let slots = 0..template.arity(term.function) as u16;
        let slots: Vec<Expression> = slots.map(|v| free(&Expression::variable(v))).collect();
        free(&substitute(&term.expression, &slots))
    };
    let mut out = Vec::new();
    for choice in refined(&dictionary, &target, TERMS, &Stop::NEVER) {
        out.push(of(&choice.columns, &|term| free(&term.expression)));
    }
    // Powers are so much alike that others would crowd them out.
    let powers = Dictionary::weighted(
        terms.iter().map(|term| {
            if term.power {
                term.column.clone()
            } else {
                vec![0.0; LIBRARY_ROWS]
            }
        }),
        weights,
    );
    for choice in powers.choose(&target, POWER_TERMS, POWER_BEAM) {
        out.push(of(&choice.columns, &|term| free(&term.expression)));
    }
    for single in dictionary.singles(&target, SINGLES) {
        out.push(of(&[single], &|term| free(&term.expression)));
        out.push(of(&[single], &scaled));
    }
    out
}

/// The terms that a function may be made of.
fn terms(
    template: &Template,
    function: usize,
    estimate: &Estimate,
    rows: &[usize],
    settings: &Settings,
) -> Vec<Term> {
    let holes: Vec<usize> = (0..template.holes.len())
        .filter(|&h| template.holes[h].function == function)
        .collect();
    let pooled = pooled(estimate, &holes, template.arity(function), rows);
    let slots: Vec<u16> = (0..template.arity(function) as u16).collect();
    let library = Library::builder(&pooled, &slots, &settings.operators)
        .monomials(STAGES[0])
        .enumerate(STAGES[1], 7)
        .scaled(STAGES[2])
        .surround(STAGES[3])
        .build();
    let mut expressions: Vec<(Expression, bool)> = (0..library.len())
        .map(|i| (library.expression(i).clone(), false))
        .collect();
    if let [_] = slots[..] {
        let powers = (-POWERS..=POWERS).filter(|p| *p != 0);
        expressions.extend(powers.map(|p| (power_law(&[f64::from(p)], settings), true)));
    }
    expressions.push((Expression::constant(1.0), false));
    let tables: Vec<Rows<f64>> = holes
        .iter()
        .map(|&h| {
            let pick = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect();
            let columns: Vec<Vec<f64>> = estimate.arguments[h].iter().map(pick).collect();
            Rows::new(&columns, &[0.0; LIBRARY_ROWS], &[1.0; LIBRARY_ROWS])
        })
        .collect();
    let mut scratch = Scratch::new();
    expressions
        .into_iter()
        .map(|(expression, power)| {
            let program = Program::new(&expression);
            let mut column = vec![0.0; rows.len()];
            for (&h, table) in holes.iter().zip(&tables) {
                let values = program.values(expression.constants(), table, &mut scratch);
                for ((out, value), &row) in column.iter_mut().zip(values).zip(rows) {
                    *out += value * estimate.slopes[h][row];
                }
            }
            Term {
                function,
                expression,
                power,
                column: column.into_iter().map(|x| x as f32).collect(),
            }
        })
        .collect()
}

/// The arguments of a function, from its places in turn.
pub fn pooled(estimate: &Estimate, holes: &[usize], arity: usize, rows: &[usize]) -> Vec<Vec<f64>> {
    (0..arity)
        .map(|slot| {
            let place = |i: usize| &estimate.arguments[holes[i % holes.len()]][slot];
            let rows = rows.iter().enumerate();
            rows.map(|(i, &row)| place(i)[row]).collect()
        })
        .collect()
}
