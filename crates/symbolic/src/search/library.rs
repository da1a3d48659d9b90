//! Small formulas without free constants, enumerated by size.
//!
//! Two formulas with the same values on the data are one: values on a few rows,
//! rounded, are the fingerprint. The values of every entry on some rows are
//! kept, so that a wanted column of numbers is looked up by correlation.

mod stages;
mod waves;

use std::collections::HashSet;

use crate::expression::{Expression, Fnv};
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

    /// How many formulas there are so far, numbers among them.
    pub fn size(&self) -> usize {
        self.len()
    }

    /// Adds a formula with these values in the rows of the library, if it is new, finite
    /// and agrees with the units.
    pub fn add(&mut self, expression: &Expression, values: &[f64]) {
        let print: [f64; PRINT] = std::array::from_fn(|i| values[i]);
        let single: Vec<f32> = values.iter().map(|&x| x as f32).collect();
        let dimensions = self.dimensions.as_ref();
        let agrees = dimensions.is_none_or(|d| d.measure(expression).is_some());
        if agrees && single.iter().all(|x| x.is_finite() && x.abs() < 1e15) {
            self.push(expression.clone(), print, &single);
        }
    }

    /// Leaves out, from here on, what the units forbid.
    pub fn within(mut self, dimensions: Option<Dimensions>) -> Self {
        self.dimensions = dimensions;
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
