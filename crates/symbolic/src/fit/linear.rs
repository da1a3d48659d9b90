//! Which constants a formula depends on linearly.

use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// For every constant whether the formula is linear in all of the marked ones
/// together: they stand on a path of sums, and of products whose other factor
/// holds no marked constant.
pub fn linear_constants(expression: &Expression) -> Vec<bool> {
    let tokens = expression.tokens();
    let mut place = Vec::with_capacity(tokens.len());
    let mut seen = 0;
    for token in tokens {
        place.push(seen);
        seen += usize::from(*token == Token::Constant);
    }
    let mut marked = vec![false; seen];
    // Roots of parts that the formula is linear in.
    let mut open = vec![tokens.len() - 1];
    while let Some(end) = open.pop() {
        let right = end.wrapping_sub(1);
        match tokens[end] {
            Token::Constant => marked[place[end]] = true,
            Token::Apply(Operator::Add | Operator::Sub) => {
                open.push(right);
                open.push(expression.start(right).wrapping_sub(1));
            }
            Token::Apply(Operator::Neg) => open.push(right),
            Token::Apply(Operator::Mul) => {
                let left = expression.start(right).wrapping_sub(1);
                let holds =
                    |end: usize| tokens[expression.start(end)..=end].contains(&Token::Constant);
                // One of the two factors may hold marked constants.
                let bare = tokens[right] == Token::Constant && tokens[left] != Token::Constant;
                open.push(if bare || !holds(left) { right } else { left });
            }
            Token::Apply(Operator::Div) => {
                open.push(expression.start(right).wrapping_sub(1));
            }
            Token::Apply(_) | Token::Variable(_) => {}
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_of_sums_and_one_factor_are_linear() {
        let names = ["x".to_owned(), "y".to_owned()];
        let linear = |text: &str| linear_constants(&Expression::parse(text, &names).unwrap());
        assert_eq!(linear("1.5 + 2.5*sin(3.5*x)"), [true, true, false]);
        assert_eq!(linear("(1.5 + 2.5*x)*exp(3.5*y)"), [true, true, false]);
        assert_eq!(linear("1.5/(2.5 + x)"), [true, false]);
        assert_eq!(linear("x*(y - 1.5*y)"), [true]);
        assert_eq!(linear("(x + 1.5)*(y + 2.5)"), [true, false]);
        assert_eq!(linear("exp(1.5)"), [false]);
    }
}
