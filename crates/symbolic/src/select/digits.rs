//! How many digits of a constant a law needs.
//!
//! In $\sin(11.078\,(t - 2459000.25))$ six digits of the date would lose the phase. Each
//! constant is rounded to the fewest digits, at least six, with which the law keeps six
//! digits of its values in the rows of the table.

use crate::evaluate::{Program, Rows, Scratch};
use crate::expression::Expression;
use crate::search::Problem;

/// The fewest digits of a constant that is not simpler than that.
const FEWEST: usize = 6;
/// The digits that a double has.
const MOST: usize = 17;
/// What rounding may change a value by, as a part of it.
const ALIKE: f64 = 1e-6;
/// Values are compared with the size of most where they are smaller than this part of it.
const SMALL: f64 = 1e-3;
/// Rows that are looked at.
const ROWS: usize = 400;

/// The law in LaTeX, with as many digits as its values in the rows of a problem need.
pub fn latex(law: &Expression, problem: &Problem) -> String {
    let step = problem.rows().div_ceil(ROWS).max(1);
    let rows: Vec<usize> = (0..problem.rows()).step_by(step).collect();
    let columns = problem.columns().iter();
    let columns: Vec<Vec<f64>> = columns
        .map(|column| rows.iter().map(|&row| column[row]).collect())
        .collect();
    rounded(law, &columns).latex(problem.names(), MOST)
}

/// The law with each constant rounded as far as its values over the columns allow.
fn rounded(law: &Expression, columns: &[Vec<f64>]) -> Expression {
    let count = columns.first().map_or(0, Vec::len);
    let rows: Rows<f64> = Rows::new(columns, &vec![0.0; count], &vec![1.0; count]);
    let program = Program::new(law);
    let mut scratch = Scratch::new();
    let mut of = |constants: &[f64]| program.values(constants, &rows, &mut scratch);
    let exact = of(law.constants());
    let finite = exact.iter().filter(|value| value.is_finite());
    let typical =
        (finite.clone().map(|v| v * v).sum::<f64>() / finite.count().max(1) as f64).sqrt();
    let mut out = law.clone();
    for place in 0..law.constants().len() {
        let value = law.constants()[place];
        let found = (FEWEST..MOST)
            .map(|digits| nearest(value, digits))
            .find(|&near| {
                let mut constants = law.constants().to_vec();
                constants[place] = near;
                near == value
                    || of(&constants).iter().zip(&exact).all(|(new, old)| {
                        let size = old.abs().max(SMALL * typical);
                        (new - old).abs() <= ALIKE * size || !old.is_finite()
                    })
            });
        out.constants_mut()[place] = found.unwrap_or(value);
    }
    out
}

/// The number of so many significant digits nearest to a value.
fn nearest(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_keeps_the_digits_that_its_law_needs() {
        let names = ["t".to_owned()];
        let law = "0.512345678*sin(11.078123456*(t - 2459000.2512345678)) + 12.3456789";
        let law = Expression::parse(law, &names).unwrap();
        // A hundred days of a variable star.
        let days: Vec<f64> = (0..200).map(|i| 2_459_000.0 + 0.5 * f64::from(i)).collect();
        let short = rounded(&law, std::slice::from_ref(&days));
        let text = short.latex(&names, MOST);
        // A phase to 1e-6 of 11.078 (t - t0): the frequency over a hundred days to nine
        // digits, the date to 13, amplitude and mean to six or seven.
        assert!(
            text.contains("0.512346") && text.contains("12.3456"),
            "{text}"
        );
        assert!(text.contains("2459000.25123"), "{text}");
        assert!(!text.contains("2459000.2512345678"), "{text}");
        for day in days {
            let (a, b) = (short.at(&[day]), law.at(&[day]));
            assert!((a - b).abs() < 1e-5 * b.abs(), "{a} {b}");
        }
        // What is given in fewer digits stays as it is.
        assert_eq!(nearest(0.25, 6), 0.25);
    }
}
