//! What a part of a formula must be for the whole to be a given number.

use crate::evaluate::{Program, Rows, Scratch};
use crate::expression::{Expression, Token};
use crate::operator::Side;

/// Beyond this a part is taken for a pole.
const LARGEST: f64 = 1e12;

/// What the part that ends with token `end` must be in every row for the formula to
/// be the target, operators on the path undone one by one; not a number where that is
/// impossible. `None` if the path is not one.
pub fn asked_of(
    whole: &Expression,
    end: usize,
    rows: &Rows<f64>,
    target: &[f64],
) -> Option<Vec<f64>> {
    let tokens = whole.tokens();
    let mut wanted = target.to_vec();
    let mut at = tokens.len() - 1;
    while at != end {
        let Token::Apply(operator) = tokens[at] else {
            return None;
        };
        let last = at - 1;
        let (next, side, other) = if operator.arity() == 1 {
            (last, Side::Left, None)
        } else {
            let start = whole.start(last);
            if end >= start {
                (last, Side::Right, Some(start - 1))
            } else {
                (start - 1, Side::Left, Some(last))
            }
        };
        let others = match other {
            None => vec![0.0; wanted.len()],
            Some(other) => {
                let part = whole.part(other);
                let program = Program::new(&part);
                program.values(part.constants(), rows, &mut Scratch::new())
            }
        };
        for (wanted, other) in wanted.iter_mut().zip(others) {
            let inverse = operator.operation().inverse(side, *wanted, other);
            let found = inverse.filter(|x| x.abs() < LARGEST);
            *wanted = found.unwrap_or(f64::NAN);
        }
        at = next;
    }
    Some(wanted)
}
