//! Smaller laws that are as good.

use super::archive::Front;
use super::judge::{Bench, Judge, Law};
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// How often what is left out of a law may lead to the next smaller one.
const STAGES: usize = 20;

/// Puts laws on a front, with what is like them but smaller, and smaller ones of
/// these, until there are none; those that got there, stage by stage.
pub fn shrink(
    judge: &Judge,
    found: Vec<Law>,
    front: &mut Front,
    bench: &mut Bench,
) -> Vec<Vec<Law>> {
    let mut stages = Vec::new();
    let mut queue = found;
    queue.sort_by(Law::compare);
    while stages.len() < STAGES && !queue.is_empty() {
        let mut new = Vec::new();
        for law in queue {
            if front.insert(law.clone()) {
                let polished = judge.polish(&law, bench);
                front.insert(polished.clone());
                new.push(polished);
            }
        }
        queue = Vec::new();
        for law in &new {
            for simpler in simpler(&law.expression) {
                let wanted = |size: usize, loss: f64| loss < front.bound(size);
                queue.extend(judge.judge(&simpler, &wanted, bench));
            }
        }
        queue.sort_by(Law::compare);
        stages.push(new);
    }
    stages
}

/// A formula with one part left out, replaced by an argument of its own, a
/// constant set to zero or one, or a modulus written as a root of a square
/// replaced by what it is of: where that has one sign, both are the same on the
/// data and only one of them beyond.
fn simpler(expression: &Expression) -> Vec<Expression> {
    let tokens = expression.tokens();
    let mut out = Vec::new();
    let numbers = [0.0, 1.0].map(Expression::constant);
    for (end, token) in tokens.iter().enumerate() {
        match *token {
            Token::Constant => {
                out.extend(
                    numbers
                        .iter()
                        .map(|number| expression.with_part(end, number)),
                );
            }
            Token::Variable(_) => {}
            Token::Apply(operator) => {
                let right = end - 1;
                out.push(expression.with_part(end, &expression.part(right)));
                if let Some(base) = root_of_square(expression, end) {
                    let minus = [&Expression::constant(-1.0), &base];
                    out.push(expression.with_part(end, &Expression::apply(Operator::Mul, &minus)));
                    out.push(expression.with_part(end, &base));
                }
                if operator.arity() == 2 {
                    let left = expression.start(right) - 1;
                    out.push(expression.with_part(end, &expression.part(left)));
                }
                out.extend(
                    numbers
                        .iter()
                        .map(|number| expression.with_part(end, number)),
                );
            }
        }
    }
    out
}

/// `a` where the part that ends here is `√(a²)`.
fn root_of_square(expression: &Expression, end: usize) -> Option<Expression> {
    let tokens = expression.tokens();
    if tokens[end] != Token::Apply(Operator::Sqrt) {
        return None;
    }
    match tokens[end - 1] {
        Token::Apply(Operator::Square) => Some(expression.part(end - 2)),
        Token::Apply(Operator::Mul) => {
            let right = end - 2;
            let left = expression.start(right) - 1;
            let (a, b) = (expression.part(left), expression.part(right));
            (a == b).then_some(a)
        }
        _ => None,
    }
}
