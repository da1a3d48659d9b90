//! Small formulas without free constants, enumerated by size.
//!
//! Two formulas with the same values on the data are one: values on a few rows,
//! rounded, are the fingerprint. The values of every entry on some rows are
//! kept, so that a wanted column of numbers is looked up by correlation.

mod waves;

use std::collections::HashSet;

use crate::expression::{Expression, Fnv, Token};
use crate::kernel::simd;
use crate::operator::Operator;
use crate::units::Dimensions;

/// Rows that an entry's values are kept for.
pub const LIBRARY_ROWS: usize = 256;
/// Rows of a fingerprint.
const PRINT: usize = 12;

/// Enumerated formulas and their values.
#[derive(Debug)]
pub struct Library {
    entries: Vec<Entry>,
    /// `LIBRARY_ROWS` values per entry.
    values: Vec<f32>,
}

/// One enumerated formula.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The formula.
    pub expression: Expression,
    print: [f64; PRINT],
}

impl Entry {
    fn size(&self) -> usize {
        self.expression.complexity()
    }
}

/// A library that grows stage by stage.
#[derive(Debug)]
pub struct Builder<'a> {
    library: Library,
    seen: HashSet<u64>,
    columns: &'a [Vec<f64>],
    variables: &'a [u16],
    operators: Vec<Operator>,
    /// Where the number one stands.
    one: usize,
    /// Formulas of one size that the enumeration may combine.
    pure: Vec<usize>,
    scratch: Vec<f32>,
    /// Formulas that disagree with these are left out.
    dimensions: Option<Dimensions>,
}

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

impl Library {
    /// An empty library over these columns (fewer than `LIBRARY_ROWS` rows are
    /// repeated), variables and operators.
    pub fn builder<'a>(
        columns: &'a [Vec<f64>],
        variables: &'a [u16],
        operators: &[Operator],
    ) -> Builder<'a> {
        let mut builder = Builder {
            library: Self {
                entries: Vec::new(),
                values: Vec::new(),
            },
            seen: HashSet::new(),
            columns,
            variables,
            operators: operators.to_vec(),
            one: 0,
            pure: Vec::new(),
            scratch: vec![0.0; LIBRARY_ROWS],
            dimensions: None,
        };
        // One is what physics adds to and subtracts from.
        builder.number(1.0);
        builder.pure.push(builder.one);
        let row = |column: &[f64], i: usize| column[i % column.len()];
        for &variable in variables {
            let column = &columns[usize::from(variable)];
            let values: Vec<f32> = (0..LIBRARY_ROWS).map(|i| row(column, i) as f32).collect();
            let print = std::array::from_fn(|i| row(column, i));
            if let Some(place) = builder.push(Expression::variable(variable), print, &values) {
                builder.pure.push(place);
            }
        }
        builder
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was enumerated.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The formula of an entry.
    pub fn expression(&self, entry: usize) -> &Expression {
        &self.entries[entry].expression
    }

    /// The values of an entry.
    pub fn values(&self, entry: usize) -> &[f32] {
        &self.values[entry * LIBRARY_ROWS..(entry + 1) * LIBRARY_ROWS]
    }
}

impl Builder<'_> {
    /// The library; numbers, which are no formulas of the data, fall out.
    pub fn build(self) -> Library {
        let mut out = Library {
            entries: Vec::new(),
            values: Vec::new(),
        };
        for (i, entry) in self.library.entries.iter().enumerate() {
            if !entry.expression.variables().is_empty() {
                out.entries.push(entry.clone());
                out.values.extend_from_slice(self.library.values(i));
            }
        }
        out
    }

    fn len(&self) -> usize {
        self.library.entries.len()
    }

    fn allows(&self, operator: Operator) -> bool {
        self.operators.contains(&operator)
    }

    fn number(&mut self, value: f64) -> usize {
        self.library.entries.push(Entry {
            expression: Expression::constant(value),
            print: [value; PRINT],
        });
        self.library.values.extend([value as f32; LIBRARY_ROWS]);
        self.len() - 1
    }

    /// Leaves out, from here on, what the units forbid.
    pub fn within(mut self, dimensions: Option<Dimensions>) -> Self {
        self.dimensions = dimensions;
        self
    }

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

    /// An operator on entries: its place if that is something new.
    fn join(&mut self, operator: Operator, a: usize, b: usize) -> Option<usize> {
        let operation = operator.operation();
        let (ea, eb) = (&self.library.entries[a], &self.library.entries[b]);
        let mut print = [0.0; PRINT];
        operation.double(&ea.print, &eb.print, &mut print);
        if !usable(&print) || self.seen.contains(&fingerprint(&print)) {
            return None;
        }
        let mut out = std::mem::take(&mut self.scratch);
        operation.single(self.library.values(a), self.library.values(b), &mut out);
        let mut place = None;
        if out.iter().all(|x| x.is_finite() && x.abs() < 1e15) {
            let arguments = [&ea.expression, &eb.expression];
            let expression = Expression::apply(operator, &arguments[..operation.arity()]);
            let dimensions = self.dimensions.as_ref();
            if dimensions.is_none_or(|d| d.measure(&expression).is_some()) {
                place = self.push(expression, print, &out);
            }
        }
        self.scratch = out;
        place
    }

    fn push(
        &mut self,
        expression: Expression,
        print: [f64; PRINT],
        values: &[f32],
    ) -> Option<usize> {
        if !usable(&print) || !self.seen.insert(fingerprint(&print)) {
            return None;
        }
        self.library.entries.push(Entry { expression, print });
        self.library.values.extend_from_slice(values);
        Some(self.len() - 1)
    }
}

/// Variables multiplied and divided; the one of `1/x` may stand among them.
fn is_monomial(expression: &Expression) -> bool {
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

/// Finite, not constant.
fn usable(print: &[f64; PRINT]) -> bool {
    let size = print.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let varies = print.iter().any(|x| (x - print[0]).abs() > 1e-9 * size);
    varies && print.iter().all(|x| x.is_finite() && x.abs() < 1e15)
}

/// Values rounded to nine digits of the largest.
fn fingerprint(print: &[f64; PRINT]) -> u64 {
    let mut hash = Fnv::new();
    for x in print {
        // Rounding in the binary digits: the offset moves ties away from
        // numbers that formulas often give.
        let rounded = ((x.abs() * 1.000_000_000_123).to_bits() + (1 << 21)) >> 22;
        hash.word(rounded | (u64::from(*x < 0.0) << 63));
    }
    hash.0
}

/// `Σ a b` over the rows of the library.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    simd(
        #[inline(always)]
        || {
            let mut lanes = [0.0_f32; 32];
            for (a, b) in a.as_chunks::<32>().0.iter().zip(b.as_chunks::<32>().0) {
                for i in 0..32 {
                    lanes[i] = a[i].mul_add(b[i], lanes[i]);
                }
            }
            lanes.iter().sum()
        },
    )
}
