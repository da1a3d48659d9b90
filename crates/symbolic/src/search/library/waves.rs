//! Stages of a library that physics suggests: waves that overlap, beats, and the
//! two halves of hyperbolic functions.

use super::Builder;
use super::stages::is_monomial;
use crate::expression::Token;
use crate::operator::Operator;

impl Builder<'_> {
    /// What distances and waves that overlap are sums of: squares and products
    /// of two variables, squares of their differences, and sine and cosine of
    /// differences, alone and times one variable or two.
    pub fn interference(mut self, entries: usize) -> Self {
        let variables = self.variables();
        let mut waves = Vec::new();
        for (i, &a) in variables.iter().enumerate() {
            self.square(a);
            for &b in &variables[i + 1..] {
                if self.len() >= entries {
                    return self;
                }
                if self.allows(Operator::Mul) {
                    self.join(Operator::Mul, a, b);
                }
                let difference = if self.allows(Operator::Sub) {
                    self.join(Operator::Sub, a, b)
                } else {
                    None
                };
                let Some(difference) = difference else {
                    continue;
                };
                self.square(difference);
                for operator in [Operator::Cos, Operator::Sin] {
                    if self.allows(operator) {
                        waves.extend(self.join(operator, difference, difference));
                    }
                }
            }
        }
        if !self.allows(Operator::Mul) {
            return self;
        }
        for wave in waves {
            for (i, &a) in variables.iter().enumerate() {
                if self.len() >= entries {
                    return self;
                }
                if let Some(amplitude) = self.join(Operator::Mul, wave, a) {
                    for &b in &variables[i + 1..] {
                        self.join(Operator::Mul, amplitude, b);
                    }
                }
            }
        }
        self
    }

    /// Where the variables stand.
    fn variables(&self) -> Vec<usize> {
        let entries = self.library.entries.iter().enumerate();
        let plain = entries.filter(|(_, e)| matches!(e.expression.tokens(), [Token::Variable(_)]));
        plain.map(|(place, _)| place).collect()
    }

    fn square(&mut self, a: usize) -> Option<usize> {
        let with = [Operator::Square, Operator::Mul];
        let operator = with.into_iter().find(|o| self.allows(*o))?;
        self.join(operator, a, a)
    }

    /// Sine and cosine of scaled differences, alone and times a variable:
    /// `sin((ω − ω₀) t / 2)`.
    pub fn beats(mut self, entries: usize) -> Self {
        let functions: Vec<Operator> = [Operator::Sin, Operator::Cos]
            .into_iter()
            .filter(|o| self.allows(*o))
            .collect();
        if !self.allows(Operator::Sub) || !self.allows(Operator::Mul) || functions.is_empty() {
            return self;
        }
        let variables = self.variables();
        let scales = [1.0, 0.5, 2.0].map(|scale| self.number(scale));
        for (i, &a) in variables.iter().enumerate() {
            for &b in &variables[i + 1..] {
                let Some(difference) = self.join(Operator::Sub, a, b) else {
                    continue;
                };
                self.pure.push(difference);
                let mut phases = vec![difference];
                for &c in variables.iter().filter(|&&c| c != a && c != b) {
                    phases.extend(self.join(Operator::Mul, difference, c));
                }
                for phase in phases {
                    for &scale in &scales {
                        if self.len() >= entries {
                            return self;
                        }
                        // Times one is no new formula.
                        let phase = self.join(Operator::Mul, phase, scale).unwrap_or(phase);
                        for &function in &functions {
                            self.join(function, phase, phase);
                        }
                    }
                }
            }
        }
        self
    }

    /// `eᵐ + e⁻ᵐ` and `eᵐ − e⁻ᵐ` of monomials, for searches without the hyperbolic
    /// functions themselves.
    pub fn hyperbolic(mut self, entries: usize) -> Self {
        let needed = [Operator::Exp, Operator::Add, Operator::Sub, Operator::Mul];
        let known = [Operator::Cosh, Operator::Sinh];
        if !needed.iter().all(|o| self.allows(*o)) || known.iter().all(|o| self.allows(*o)) {
            return self;
        }
        let monomials: Vec<usize> = (0..self.len())
            .filter(|&i| i != self.one && is_monomial(&self.library.entries[i].expression))
            .collect();
        let minus = self.number(-1.0);
        for m in monomials {
            if self.len() >= entries {
                break;
            }
            let negative = self.join(Operator::Mul, m, minus);
            let rising = self.join(Operator::Exp, m, m);
            let falling = negative.and_then(|n| self.join(Operator::Exp, n, n));
            if let (Some(rising), Some(falling)) = (rising, falling) {
                self.join(Operator::Add, rising, falling);
                self.join(Operator::Sub, rising, falling);
            }
        }
        self
    }
}
