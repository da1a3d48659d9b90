//! The terms that sums are sought of: products of up to two columns, squares,
//! logarithms of columns that are positive, inverse distances, sine and cosine
//! of columns and of their sums and differences, and products of two columns
//! with these.

use crate::evaluate::{Program, Rows, Scratch, input_gradient};
use crate::expression::Expression;
use crate::operator::Operator;

/// Which kinds of terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// Sines, cosines, and products with them.
    pub angles: bool,
    /// Logarithms of positive columns: sums of them are products of powers.
    pub logarithms: bool,
    /// `1/√(a² + b²)`, and inverses of columns of one sign.
    pub distances: bool,
}

/// The terms over these columns that are finite on their rows and change; the
/// first `positions` columns may be angles and have distances, the others are
/// their rates.
pub fn terms(columns: &[Vec<f64>], positions: usize, kinds: Kinds) -> Vec<Expression> {
    let count = columns.len() as u16;
    let x: Vec<Expression> = (0..count).map(Expression::variable).collect();
    let pairs: Vec<(usize, usize)> = (0..x.len())
        .flat_map(|i| (i + 1..x.len()).map(move |j| (i, j)))
        .collect();
    let unary = |operator, a: &Expression| Expression::apply(operator, &[a]);
    let binary = |operator, a: &Expression, b: &Expression| Expression::apply(operator, &[a, b]);
    let squares: Vec<Expression> = x.iter().map(|x| unary(Operator::Square, x)).collect();
    let products: Vec<Expression> = pairs
        .iter()
        .map(|&(i, j)| binary(Operator::Mul, &x[i], &x[j]))
        .collect();
    let mut out = x.clone();
    out.extend(squares.iter().cloned());
    out.extend(products.iter().cloned());
    if kinds.logarithms {
        out.extend(x.iter().map(|x| unary(Operator::Log, x)));
    }
    if kinds.distances {
        // Through a pole there is nothing constant.
        let one_sign = |c: &Vec<f64>| c.iter().all(|x| *x > 0.0) || c.iter().all(|x| *x < 0.0);
        let whole = x.iter().zip(columns).filter(|(_, c)| one_sign(c));
        out.extend(whole.map(|(x, _)| unary(Operator::Inv, x)));
        for &(i, j) in pairs.iter().filter(|(_, j)| *j < positions) {
            let sum = binary(Operator::Add, &squares[i], &squares[j]);
            out.push(unary(Operator::Inv, &unary(Operator::Sqrt, &sum)));
        }
    }
    if kinds.angles {
        let mut phases = x[..positions].to_vec();
        for &(i, j) in pairs.iter().filter(|(_, j)| *j < positions) {
            phases.push(binary(Operator::Sub, &x[i], &x[j]));
            phases.push(binary(Operator::Add, &x[i], &x[j]));
        }
        let waves: Vec<Expression> = phases
            .iter()
            .flat_map(|phase| [Operator::Cos, Operator::Sin].map(|wave| unary(wave, phase)))
            .collect();
        // A wave of one pair of columns times a product of two others.
        for wave in &waves {
            let factors = squares.iter().chain(&products);
            let apart =
                factors.filter(|f| f.variables().iter().all(|v| !wave.variables().contains(v)));
            out.extend(apart.map(|factor| binary(Operator::Mul, factor, wave)));
        }
        out.extend(waves);
    }
    out.retain(|term| {
        let values = values(term, columns);
        values.iter().all(|v| v.is_finite() && v.abs() < 1e6)
            && values.iter().any(|v| *v != values[0])
    });
    out
}

fn rows(columns: &[Vec<f64>]) -> Rows<f64> {
    let n = columns.first().map_or(0, Vec::len);
    Rows::new(columns, &vec![0.0; n], &vec![1.0; n])
}

/// The values of a term.
pub(super) fn values(term: &Expression, columns: &[Vec<f64>]) -> Vec<f64> {
    Program::new(term).values(term.constants(), &rows(columns), &mut Scratch::new())
}

/// The gradient of a term in units of the `spread` of the columns, column by
/// column.
pub(super) fn gradient(term: &Expression, columns: &[Vec<f64>], spread: &[f64]) -> Vec<Vec<f64>> {
    let mut gradient = input_gradient(
        &Program::keeping(term),
        term.constants(),
        &rows(columns),
        &mut Scratch::new(),
    );
    scale(&mut gradient, spread);
    gradient
}

/// Slopes along columns, in units of the columns' spread.
pub(super) fn scale(gradient: &mut [Vec<f64>], spread: &[f64]) {
    for (column, s) in gradient.iter_mut().zip(spread) {
        for slope in column.iter_mut() {
            *slope *= s;
        }
    }
}

/// The standard deviation of a column.
pub(crate) fn deviation(column: &[f64]) -> f64 {
    let n = column.len() as f64;
    let mean = column.iter().sum::<f64>() / n;
    (column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()
}
