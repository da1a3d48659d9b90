//! Functions with a constant inside, at several values of it.
//!
//! Least squares finds coefficients, not what stands inside a function: the rate of
//! `A e^(b x) + c`, the exponent of `A x^p + c`, the place of a step or a peak. So a
//! library holds these functions at a grid of such constants, in units of the range of
//! what they are functions of; sums of them are fitted to the target in every shape
//! (`1/y = a + b e^(k x)` is the logistic curve, `ln y = a + b e^(k x)` Gompertz's), and
//! the fit that follows moves the constants off the grid.

use super::periods::{Wave, waves};
use super::{Task, regression, variables};
use crate::expression::Expression;
use crate::operator::Operator;
use crate::search::library::{Builder, LIBRARY_ROWS, Library};
use crate::search::settings::Settings;

/// Rates of exponentials times the range of their argument.
const RATES: [f64; 8] = [0.3, 0.7, 1.2, 2.0, 3.5, 6.0, 10.0, 18.0];
/// Exponents of powers; halves and whole ones are in every library.
const POWERS: [f64; 14] = [
    -2.5,
    -1.5,
    -1.25,
    -0.75,
    -2.0 / 3.0,
    -1.0 / 3.0,
    -0.2,
    0.2,
    1.0 / 3.0,
    2.0 / 3.0,
    0.8,
    1.25,
    1.5,
    2.5,
];
/// Whole powers, of which no library holds more than a few.
const WHOLE: [i32; 14] = [-12, -10, -9, -8, -6, -5, -4, -3, -2, 3, 4, 5, 6, 8];
/// Waves that may grow or fade.
const FADING: usize = 2;
/// Offsets in `1/(x + a)` and `log(x + a)`, from the smallest value, in ranges.
const OFFSETS: [f64; 6] = [0.02, 0.06, 0.2, 0.6, 2.0, 6.0];
/// Places of peaks and steps, and their widths, in ranges.
const PLACES: [f64; 9] = [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0];
const WIDTHS: [f64; 4] = [0.02, 0.06, 0.15, 0.4];
/// Entries of the library.
const ENTRIES: usize = 8000;
/// With more columns than this, exponentials are of single columns only.
const PAIRED: usize = 6;

/// What exponentials are functions of, and its values on the rows of the library.
struct Argument {
    formula: Expression,
    values: Vec<f64>,
    low: f64,
    range: f64,
}

impl Argument {
    fn new(formula: Expression, values: Vec<f64>) -> Option<Self> {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = high - low;
        (range > 0.0 && range.is_finite()).then_some(Self {
            formula,
            values,
            low,
            range,
        })
    }

    /// `c` times it.
    fn times(&self, c: f64) -> Expression {
        join(Operator::Mul, &Expression::constant(c), &self.formula)
    }

    /// It plus `c`.
    fn plus(&self, c: f64) -> Expression {
        join(Operator::Add, &self.formula, &Expression::constant(c))
    }

    fn map(&self, of: impl Fn(f64) -> f64) -> Vec<f64> {
        self.values.iter().map(|&x| of(x)).collect()
    }
}

fn join(operator: Operator, a: &Expression, b: &Expression) -> Expression {
    Expression::apply(operator, &[a, b])
}

fn of(operator: Operator, a: &Expression) -> Expression {
    Expression::apply(operator, &[a])
}

/// Adds curves of the columns that a task leaves to a library over them. `target` is what
/// frequencies are looked for in, `rows` how many of the library's rows are different.
pub(super) fn curves(
    mut builder: Builder<'_>,
    task: &Task,
    columns: &[Vec<f64>],
    (target, (rows, all_rows)): (&[f64], (usize, usize)),
    settings: &Settings,
) -> Library {
    let left = variables(task);
    let column = |v: u16| columns[usize::from(v)].clone();
    let singles: Vec<Argument> = left
        .iter()
        .filter_map(|&v| Argument::new(Expression::variable(v), column(v)))
        .collect();
    let mut arguments = Vec::new();
    if left.len() <= PAIRED {
        for &v in &left {
            for &w in left.iter().filter(|&&w| w != v) {
                let pairs = column(v).into_iter().zip(column(w));
                let (a, b) = (Expression::variable(v), Expression::variable(w));
                let quotient = pairs.clone().map(|(a, b)| a / b).collect();
                arguments.extend(Argument::new(join(Operator::Div, &a, &b), quotient));
                if v < w {
                    let product = pairs.map(|(a, b)| a * b).collect();
                    arguments.extend(Argument::new(join(Operator::Mul, &a, &b), product));
                }
            }
        }
    }
    let mut plain: Vec<(Expression, Vec<f64>)> = Vec::new();
    for single in &singles {
        plain.extend(exponentials(single, settings));
        plain.extend(powers(single, settings));
        plain.extend(rational(single, settings));
        plain.extend(peaks(single, settings));
        plain.extend(whole_powers(single, settings));
        let times = &single.values[..rows];
        // A trend would hide the waves on it.
        let trend = without_trend(times, &target[..rows]);
        let found = waves(times, &target[..rows], all_rows);
        for wave in found.iter().chain(&waves(times, &trend, all_rows)) {
            plain.extend(sines(single, wave, settings));
        }
        for wave in found.iter().take(FADING) {
            plain.extend(fading(single, wave, settings));
        }
    }
    let of_pairs = arguments.iter().flat_map(|a| exponentials(a, settings));
    plain.extend(of_pairs);
    for (expression, values) in &plain {
        builder.add(expression, values);
    }
    if settings.allows(Operator::Mul) {
        // Times and over one column.
        for (expression, values) in &plain {
            for single in &singles {
                if builder.size() >= ENTRIES {
                    return builder.build();
                }
                let product = values.iter().zip(&single.values).map(|(a, b)| a * b);
                let formula = join(Operator::Mul, expression, &single.formula);
                builder.add(&formula, &product.collect::<Vec<f64>>());
            }
        }
    }
    builder.build()
}

/// `e^(k x)`.
fn exponentials<'a>(
    x: &'a Argument,
    settings: &Settings,
) -> impl Iterator<Item = (Expression, Vec<f64>)> + use<'a> {
    let rates = if settings.allows(Operator::Exp) {
        RATES.as_slice()
    } else {
        &[]
    };
    let signed = rates.iter().flat_map(|rate| [*rate, -rate]);
    signed.map(move |rate| {
        let k = rate / x.range;
        (of(Operator::Exp, &x.times(k)), x.map(|x| (k * x).exp()))
    })
}

/// `x^p` where `x` is positive.
fn powers(x: &Argument, settings: &Settings) -> Vec<(Expression, Vec<f64>)> {
    if !settings.allows(Operator::Pow) || x.low <= 0.0 {
        return Vec::new();
    }
    let power = |&p: &f64| {
        let formula = join(Operator::Pow, &x.formula, &Expression::constant(p));
        (formula, x.map(|x| x.powf(p)))
    };
    POWERS.iter().map(power).collect()
}

/// `x^n`, by products.
fn whole_powers(x: &Argument, settings: &Settings) -> Vec<(Expression, Vec<f64>)> {
    let allowed = settings.allows(Operator::Mul) && settings.allows(Operator::Div);
    let ranges_over_zero = x.low <= 0.0 && x.low + x.range >= 0.0;
    let power = |&n: &i32| {
        let factors = (0..n.unsigned_abs()).map(|_| x.formula.clone());
        let product = factors.reduce(|a, b| join(Operator::Mul, &a, &b));
        let product = product.unwrap_or_else(|| Expression::constant(1.0));
        let formula = if n < 0 {
            join(Operator::Div, &Expression::constant(1.0), &product)
        } else {
            product
        };
        (formula, x.map(|x| x.powi(n)))
    };
    let of = WHOLE
        .iter()
        .filter(|n| allowed && (**n > 0 || !ranges_over_zero));
    of.map(power).collect()
}

/// What a parabola leaves of a column of numbers.
fn without_trend(t: &[f64], y: &[f64]) -> Vec<f64> {
    let middle = t.iter().sum::<f64>() / t.len() as f64;
    let power = |n: i32| t.iter().map(|t| (t - middle).powi(n)).collect::<Vec<f64>>();
    let design = [power(0), power(1), power(2)];
    let Some((found, _)) = regression(&design, y) else {
        return y.to_vec();
    };
    let trend = |row: usize| {
        design
            .iter()
            .zip(&found)
            .map(|(d, c)| d[row] * c)
            .sum::<f64>()
    };
    y.iter()
        .enumerate()
        .map(|(row, y)| y - trend(row))
        .collect()
}

/// `e^(k x) sin(ω x + φ)` at the phase of a wave and a quarter of a turn on.
fn fading(x: &Argument, wave: &Wave, settings: &Settings) -> Vec<(Expression, Vec<f64>)> {
    let mut out = Vec::new();
    if !settings.allows(Operator::Mul) {
        return out;
    }
    for quarter in [0.0, std::f64::consts::FRAC_PI_2] {
        let turned = Wave {
            phase: wave.phase + quarter,
            ..*wave
        };
        let Some((sine, values)) = sines(x, &turned, settings) else {
            return out;
        };
        for (envelope, heights) in exponentials(x, settings) {
            let product = heights.iter().zip(&values).map(|(a, b)| a * b).collect();
            out.push((join(Operator::Mul, &envelope, &sine), product));
        }
    }
    out
}

/// `1/(x + a)` and `log(x + a)`.
fn rational(x: &Argument, settings: &Settings) -> Vec<(Expression, Vec<f64>)> {
    let mut out = Vec::new();
    for offset in OFFSETS {
        let a = offset * x.range - x.low;
        let sum = x.plus(a);
        if settings.allows(Operator::Div) {
            let formula = join(Operator::Div, &Expression::constant(1.0), &sum);
            out.push((formula, x.map(|x| 1.0 / (x + a))));
        }
        if settings.allows(Operator::Log) {
            out.push((of(Operator::Log, &sum), x.map(|x| (x + a).ln())));
        }
    }
    out
}

/// `e^(−((x − m)/s)²)`, `1/((x − m)² + s²)` and `1/(1 + e^((m − x)/s))`.
fn peaks(x: &Argument, settings: &Settings) -> Vec<(Expression, Vec<f64>)> {
    let mut out = Vec::new();
    let divides = settings.allows(Operator::Div);
    let grows = settings.allows(Operator::Exp);
    let one = Expression::constant(1.0);
    for place in PLACES {
        let middle = x.low + place * x.range;
        let moved = x.plus(-middle);
        let square = join(Operator::Mul, &moved, &moved);
        for width in WIDTHS {
            let s = width * x.range;
            if grows {
                let k = -1.0 / (s * s);
                let formula = of(
                    Operator::Exp,
                    &join(Operator::Mul, &Expression::constant(k), &square),
                );
                out.push((formula, x.map(|x| (k * (x - middle).powi(2)).exp())));
            }
            if divides {
                let sum = join(Operator::Add, &square, &Expression::constant(s * s));
                let formula = join(Operator::Div, &one, &sum);
                out.push((formula, x.map(|x| 1.0 / ((x - middle).powi(2) + s * s))));
            }
            if divides && grows {
                let rise = join(Operator::Mul, &Expression::constant(-1.0 / s), &moved);
                let sum = join(Operator::Add, &of(Operator::Exp, &rise), &one);
                let formula = join(Operator::Div, &one, &sum);
                out.push((formula, x.map(|x| 1.0 / (1.0 + ((middle - x) / s).exp()))));
            }
        }
    }
    out
}

/// `sin(ω x + φ)`.
fn sines(x: &Argument, wave: &Wave, settings: &Settings) -> Option<(Expression, Vec<f64>)> {
    let Wave { frequency, phase } = *wave;
    let sine = settings.allows(Operator::Sin);
    if !sine && !settings.allows(Operator::Cos) {
        return None;
    }
    let turned = if sine {
        phase
    } else {
        phase - std::f64::consts::FRAC_PI_2
    };
    let angle = join(
        Operator::Add,
        &x.times(frequency),
        &Expression::constant(turned),
    );
    let operator = if sine { Operator::Sin } else { Operator::Cos };
    let values = x.map(|x| (frequency * x + phase).sin());
    debug_assert_eq!(values.len(), LIBRARY_ROWS);
    Some((of(operator, &angle), values))
}
