//! Stages of a library that enumerate: by size, by scale, around what there is.

use super::{Builder, Entry, LIBRARY_ROWS, Library};
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// What a scale inside a function is tried at; the fit finds the rest.
const SCALES: [f64; 6] = [
    0.5,
    2.0,
    // `h/(2π)` is as common as `h`.
    0.5 * std::f64::consts::FRAC_1_PI,
    -1.0,
    0.25,
    4.0,
];

impl Builder<'_> {
    /// Products and quotients of different variables, at most so many entries
    /// in all.
    pub fn monomials(mut self, entries: usize) -> Self {
        if !self.allows(Operator::Mul) || !self.allows(Operator::Div) {
            return self;
        }
        let variables: Vec<usize> = self
            .pure
            .iter()
            .copied()
            .filter(|&i| i != self.one)
            .collect();
        let mut all: Vec<usize> = Vec::new();
        for &v in &variables {
            let mut more = vec![v];
            more.extend(self.join(Operator::Div, self.one, v));
            for &m in &all {
                if self.len() >= entries {
                    break;
                }
                more.extend(self.join(Operator::Mul, m, v));
                more.extend(self.join(Operator::Div, m, v));
            }
            all.extend(more);
        }
        // Variables are there already.
        self.pure
            .extend(all.into_iter().filter(|i| !variables.contains(i)));
        self
    }

    /// Functions of scaled monomials, and these minus one: `sin(2 x y)`,
    /// `e^(x/(4 y)) − 1`.
    pub fn scaled(mut self, entries: usize) -> Self {
        let monomials: Vec<usize> = (0..self.len())
            .filter(|&i| i != self.one && is_monomial(&self.library.entries[i].expression))
            .collect();
        let unary = self.periodic();
        for scale in SCALES {
            let factor = self.number(scale);
            for &m in &monomials {
                let scaled = Expression::apply(
                    Operator::Mul,
                    &[&Expression::constant(scale), self.library.expression(m)],
                );
                let print = self.library.entries[m].print.map(|x| x * scale);
                let values: Vec<f32> = self
                    .library
                    .values(m)
                    .iter()
                    .map(|x| x * scale as f32)
                    .collect();
                // A multiple is nothing new by itself: it is only an argument.
                self.library.entries[factor] = Entry {
                    expression: scaled,
                    print,
                };
                let place = factor * LIBRARY_ROWS..(factor + 1) * LIBRARY_ROWS;
                self.library.values[place].copy_from_slice(&values);
                // Of an even or odd function, a sign is no new argument.
                let signed = |o: &Operator| scale > 0.0 || *o == Operator::Exp;
                for &operator in unary.iter().filter(|o| signed(o)) {
                    if let Some(function) = self.join(operator, factor, factor) {
                        self.join(Operator::Sub, function, self.one);
                    }
                }
                if self.len() >= entries {
                    break;
                }
            }
            self.library.entries[factor].expression = Expression::constant(scale);
        }
        self
    }

    /// The functions in which a scale is not merely a factor.
    fn periodic(&self) -> Vec<Operator> {
        [Operator::Exp, Operator::Sin, Operator::Cos, Operator::Tanh]
            .into_iter()
            .filter(|o| self.allows(*o))
            .collect()
    }

    /// Every formula of rising size in all operators, up to so many entries.
    pub fn enumerate(mut self, entries: usize, largest: usize) -> Self {
        let operators = self.operators.clone();
        for size in 2..=largest {
            let mut found = Vec::new();
            for &operator in &operators {
                for (a, b) in self.pairs(operator, size) {
                    if self.len() >= entries {
                        return self;
                    }
                    found.extend(self.join(operator, a, b));
                }
            }
            self.pure.extend(found);
        }
        self
    }

    /// Arguments that give formulas of this size.
    fn pairs(&self, operator: Operator, size: usize) -> Vec<(usize, usize)> {
        let of_size = |size: usize| {
            self.pure
                .iter()
                .copied()
                .filter(move |&i| self.library.entries[i].size() == size)
        };
        if operator.arity() == 1 {
            return of_size(size - 1).map(|a| (a, a)).collect();
        }
        let commutes = operator.operation().commutes();
        let mut out = Vec::new();
        for left in 1..size.saturating_sub(1) {
            let right = size - 1 - left;
            if commutes && left < right {
                continue;
            }
            for a in of_size(left) {
                for b in of_size(right) {
                    if a != b && !(commutes && left == right && a < b) {
                        out.push((a, b));
                    }
                }
                // More than is ever looked at.
                if out.len() > 2_000_000 {
                    return out;
                }
            }
        }
        out
    }

    /// Functions of the formulas there are, one plus and one minus them, and
    /// these of the functions, up to so many entries.
    pub fn surround(mut self, entries: usize) -> Self {
        let unary: Vec<Operator> = self
            .operators
            .iter()
            .copied()
            .filter(|o| o.arity() == 1)
            .collect();
        let mut from = 0..self.len();
        for _ in 0..2 {
            let before = self.len();
            for a in from.clone() {
                for &operator in &unary {
                    self.join(operator, a, a);
                }
                for operator in [Operator::Add, Operator::Sub] {
                    if self.allows(operator) {
                        self.join(operator, a, self.one);
                        self.join(operator, self.one, a);
                    }
                }
                if self.len() >= entries {
                    return self;
                }
            }
            from = before..self.len();
        }
        self
    }

    /// Small formulas times one variable or two, up to so many entries.
    pub fn multiplied(mut self, entries: usize) -> Self {
        if !self.allows(Operator::Mul) {
            return self;
        }
        let small: Vec<usize> = (0..self.len())
            .filter(|&i| i != self.one && self.library.entries[i].size() <= 4)
            .collect();
        let factors: Vec<usize> = small
            .iter()
            .copied()
            .filter(|&i| {
                let tokens = self.library.entries[i].expression.tokens();
                let only = |t: &Token| {
                    matches!(
                        t,
                        Token::Variable(_) | Token::Apply(Operator::Mul | Operator::Square)
                    )
                };
                tokens.len() <= 3 && tokens.iter().all(only)
            })
            .collect();
        for &a in &small {
            for &b in &factors {
                if self.len() >= entries {
                    return self;
                }
                self.join(Operator::Mul, a, b);
            }
        }
        self
    }

    /// Waves and exponentials of formulas of sums and products, `sin((x − 1)(y − 1))`,
    /// up to so many entries in all.
    pub fn enclosed(mut self, entries: usize) -> Self {
        let arithmetic = |t: &Token| match t {
            Token::Apply(o) => matches!(*o, Operator::Add | Operator::Sub | Operator::Mul),
            Token::Constant | Token::Variable(_) => true,
        };
        let mut from: Vec<usize> = (0..self.len())
            .filter(|&i| {
                self.library.entries[i]
                    .expression
                    .tokens()
                    .iter()
                    .all(arithmetic)
            })
            .collect();
        from.sort_by_key(|&i| self.library.entries[i].size());
        for a in from {
            for operator in self.periodic() {
                if self.len() >= entries {
                    return self;
                }
                self.join(operator, a, a);
            }
        }
        self
    }

    /// Larger formulas of sums, products and squares alone, up to so many
    /// entries in all.
    pub fn arithmetic(mut self, entries: usize, largest: usize) -> Self {
        let operators = [
            Operator::Add,
            Operator::Sub,
            Operator::Mul,
            Operator::Div,
            Operator::Square,
        ];
        let operators: Vec<Operator> = operators.into_iter().filter(|o| self.allows(*o)).collect();
        let others = Library::builder(self.columns, self.variables, &operators);
        let others = others.within(self.dimensions.clone());
        let others = others.enumerate(entries, largest).build();
        for (i, entry) in others.entries.iter().enumerate() {
            if self.len() >= entries {
                break;
            }
            self.push(entry.expression.clone(), entry.print, others.values(i));
        }
        self
    }
}

/// Variables multiplied and divided; the one of `1/x` may stand among them.
pub(super) fn is_monomial(expression: &Expression) -> bool {
    let only = |t: &Token| {
        matches!(
            t,
            Token::Constant | Token::Variable(_) | Token::Apply(Operator::Mul | Operator::Div)
        )
    };
    let tokens = expression.tokens();
    tokens.iter().any(|t| matches!(t, Token::Variable(_)))
        && tokens.iter().all(only)
        && expression.constants().iter().all(|c| *c == 1.0)
}
