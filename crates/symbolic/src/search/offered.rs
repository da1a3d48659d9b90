//! Operators that are not among the usual ones and are offered where data ask for them.
//!
//! A power with a fitted exponent fits any two columns that span decades, an arcsine any
//! target that is an angle; always searched with, they would crowd out simpler laws. So
//! they are offered where nobody chose operators and the data are of their kind:
//!
//! * **power:** a positive column over more than a decade, a target of one sign, and a
//!   straight line in the logarithms that explains most of that of the target;
//! * **arcsine, arccosine:** a target within their range. Laws with them are kept only
//!   where what was found without them is much worse.

use super::problem::Problem;
use super::settings::Settings;
use super::structure::regression;
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// A column spans decades from this ratio of its largest and smallest value on.
const DECADE: f64 = 10.0;
/// What logarithms must explain of the variance of the target's.
const STRAIGHT: f64 = 0.5;

/// The operators that are offered for a table beside those of the settings.
pub fn offered(problem: &Problem, settings: &Settings) -> Vec<Operator> {
    let mut out = Vec::new();
    if settings.operators != Settings::default().operators || settings.template.is_some() {
        return out;
    }
    if spans_decades(problem) {
        out.push(Operator::Pow);
    }
    let within = |low: f64, high: f64| problem.target().iter().all(|y| (low..=high).contains(y));
    let half = std::f64::consts::FRAC_PI_2;
    if within(-half, half) {
        out.push(Operator::Asin);
    }
    if within(0.0, 2.0 * half) {
        out.push(Operator::Acos);
    }
    out
}

/// The settings with these operators, for what is to be written with them.
pub fn with_offered(problem: &Problem, settings: &Settings) -> Settings {
    let mut more = settings.clone();
    more.operators.extend(offered(problem, settings));
    more
}

/// Whether `ln |y|` is mostly a sum of multiples of logarithms of columns, one of which
/// spans a decade.
fn spans_decades(problem: &Problem) -> bool {
    let target = problem.target();
    if !(target.iter().all(|y| *y > 0.0) || target.iter().all(|y| *y < 0.0)) {
        return false;
    }
    let positive = problem
        .columns()
        .iter()
        .filter(|c| c.iter().all(|x| *x > 0.0));
    let wide = positive.filter(|column| {
        let low = column.iter().copied().fold(f64::INFINITY, f64::min);
        let high = column.iter().copied().fold(0.0, f64::max);
        high >= DECADE * low
    });
    // One by one: a table may have more such columns than rows.
    let logs: Vec<f64> = target.iter().map(|y| y.abs().ln()).collect();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let total: f64 = logs.iter().map(|y| (y - mean).powi(2)).sum();
    let mut wide = wide.map(|column| {
        let design = [
            vec![1.0; logs.len()],
            column.iter().map(|x| x.ln()).collect::<Vec<f64>>(),
        ];
        let Some((found, _)) = regression(&design, &logs) else {
            return false;
        };
        let left: f64 = (0..logs.len())
            .map(|row| (logs[row] - found[0] - found[1] * design[1][row]).powi(2))
            .sum();
        left < (1.0 - STRAIGHT) * total
    });
    wide.any(|straight| straight)
}

/// What to say of a law with operators that are not among those of the settings.
pub fn remark(law: &Expression, settings: &Settings) -> Option<String> {
    let tokens = law.tokens().iter();
    let mut names: Vec<&str> = tokens
        .filter_map(|token| match token {
            Token::Apply(o @ (Operator::Pow | Operator::Asin | Operator::Acos)) => {
                (!settings.allows(*o)).then(|| o.name())
            }
            _ => None,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    let why = match names.as_slice() {
        [] => return None,
        ["pow"] => "columns span decades",
        _ => "nothing without it fits nearly as well",
    };
    Some(format!(
        "`{}` is not among the usual operators and was offered because {why}",
        names.join("`, `")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(x: Vec<f64>, y: Vec<f64>) -> Problem {
        Problem::new(vec![("x".to_owned(), x)], ("y".to_owned(), y), None).unwrap()
    }

    #[test]
    fn a_power_is_offered_where_columns_span_decades_and_is_remarked_on() {
        let x: Vec<f64> = (0..20).map(|i| 1.4_f64.powi(i)).collect();
        let y: Vec<f64> = x.iter().map(|x| 3.0 * x.powf(1.7)).collect();
        let settings = Settings::default();
        assert_eq!(
            offered(&problem(x.clone(), y.clone()), &settings),
            [Operator::Pow]
        );
        let chosen = Settings {
            operators: vec![Operator::Add, Operator::Mul],
            ..Settings::default()
        };
        assert_eq!(offered(&problem(x, y), &chosen), []);
        let law = Expression::parse("3*x^1.7", &["x".to_owned()]).unwrap();
        assert!(remark(&law, &settings).unwrap().contains("`pow`"));
        let law = Expression::parse("3*x^2", &["x".to_owned()]).unwrap();
        assert_eq!(remark(&law, &settings), None);
    }

    #[test]
    fn a_narrow_column_and_a_target_that_is_no_angle_are_offered_nothing() {
        let x: Vec<f64> = (0..20).map(|i| 1.0 + 0.1 * f64::from(i)).collect();
        let y = x.iter().map(|x| 3.0 * x.powf(1.7)).collect();
        assert_eq!(offered(&problem(x, y), &Settings::default()), []);
    }
}
