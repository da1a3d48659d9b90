//! Sizes that may not be known yet: polynomials in the batch, particle and
//! edge counts.
//!
//! A size is kept as a sum of products with integer factors, so that sizes
//! which are equal compare equal however they were computed: flattening
//! `[N, 32, 6, 6]` gives `[N, 1152]`, splitting it again gives `N` back.
//! What is not a polynomial (the floor in a pooling's output size) is one
//! opaque factor, equal to itself.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, Mul, Sub};
use std::sync::Arc;

/// A factor of a term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Factor {
    Symbol(Arc<str>),
    Quotient(Box<Dim>, Box<Dim>),
}

/// A size: known, or an expression in named sizes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dim {
    /// Sorted factors and the integer before them; no zero among the integers.
    terms: BTreeMap<Vec<Factor>, i64>,
}

/// What the named sizes are in one run.
pub type Bindings = BTreeMap<Arc<str>, usize>;

impl Dim {
    /// A size with a name, such as the number of events of a batch.
    pub fn symbol(name: &str) -> Self {
        Self {
            terms: BTreeMap::from([(vec![Factor::Symbol(name.into())], 1)]),
        }
    }

    /// A known size.
    pub fn fixed(size: usize) -> Self {
        Self::constant(size as i64)
    }

    fn constant(value: i64) -> Self {
        let terms = if value == 0 {
            BTreeMap::new()
        } else {
            BTreeMap::from([(vec![], value)])
        };
        Self { terms }
    }

    /// The number, which may be negative, if no named size is in it.
    pub(crate) fn constant_term(&self) -> Option<i64> {
        self.as_constant()
    }

    /// Whether it is a sum without negative terms, and so never negative.
    pub(crate) fn is_sum(&self) -> bool {
        self.terms.values().all(|&value| value >= 0)
    }

    fn as_constant(&self) -> Option<i64> {
        match self.terms.len() {
            0 => Some(0),
            1 => self.terms.get(&vec![]).copied(),
            _ => None,
        }
    }

    /// The size, if it is known.
    pub fn known(&self) -> Option<usize> {
        self.as_constant()
            .and_then(|value| usize::try_from(value).ok())
    }

    /// The name, if the size is nothing but a named one.
    pub fn name(&self) -> Option<&str> {
        let (factors, &one) = self.terms.first_key_value()?;
        match factors.as_slice() {
            [Factor::Symbol(name)] if one == 1 && self.terms.len() == 1 => Some(name),
            _ => None,
        }
    }

    /// The quotient rounded down; exact divisions leave no trace.
    pub fn quotient(&self, by: &Self) -> Self {
        if let (Some(a), Some(b)) = (self.as_constant(), by.as_constant()) {
            return Self::constant(if b == 0 { 0 } else { a.div_euclid(b) });
        }
        self.divide_exactly(by).unwrap_or_else(|| {
            let factor = Factor::Quotient(Box::new(self.clone()), Box::new(by.clone()));
            Self {
                terms: BTreeMap::from([(vec![factor], 1)]),
            }
        })
    }

    /// Division term by term, when the divisor is a single term that divides each.
    fn divide_exactly(&self, by: &Self) -> Option<Self> {
        if by.terms.len() != 1 {
            return (self == by).then(|| Self::fixed(1));
        }
        let (divisor, &number) = by.terms.first_key_value()?;
        let mut terms = BTreeMap::new();
        for (factors, &value) in &self.terms {
            if value % number != 0 {
                return None;
            }
            let mut rest = factors.clone();
            for factor in divisor {
                rest.remove(rest.iter().position(|other| other == factor)?);
            }
            terms.insert(rest, value / number);
        }
        Some(Self { terms })
    }

    /// The size in a run where the named sizes are `bindings`; the name that
    /// is not bound, or the whole expression if it is negative, otherwise.
    pub fn evaluate(&self, bindings: &Bindings) -> Result<usize, String> {
        let value = self.evaluate_signed(bindings)?;
        usize::try_from(value).map_err(|_| format!("{self} = {value}"))
    }

    /// [`evaluate`](Self::evaluate) of an expression that may be negative.
    pub(crate) fn evaluate_signed(&self, bindings: &Bindings) -> Result<i64, String> {
        let mut sum = 0_i64;
        for (factors, &value) in &self.terms {
            let mut product = value;
            for factor in factors {
                let size = match factor {
                    Factor::Symbol(name) => {
                        *bindings.get(name).ok_or_else(|| name.to_string())? as i64
                    }
                    Factor::Quotient(a, b) => {
                        let divisor = b.evaluate_signed(bindings)?;
                        if divisor == 0 {
                            return Err(format!("{self} divides by zero"));
                        }
                        a.evaluate_signed(bindings)?.div_euclid(divisor)
                    }
                };
                product = product
                    .checked_mul(size)
                    .ok_or_else(|| format!("{self} overflows"))?;
            }
            sum = sum
                .checked_add(product)
                .ok_or_else(|| format!("{self} overflows"))?;
        }
        Ok(sum)
    }
}

impl From<usize> for Dim {
    fn from(size: usize) -> Self {
        Self::fixed(size)
    }
}

impl Add for &Dim {
    type Output = Dim;
    fn add(self, other: &Dim) -> Dim {
        let mut terms = self.terms.clone();
        for (factors, value) in &other.terms {
            let sum = terms.remove(factors).unwrap_or(0).saturating_add(*value);
            if sum != 0 {
                terms.insert(factors.clone(), sum);
            }
        }
        Dim { terms }
    }
}

impl Sub for &Dim {
    type Output = Dim;
    fn sub(self, other: &Dim) -> Dim {
        self + &(other * &Dim::constant(-1))
    }
}

impl Mul for &Dim {
    type Output = Dim;
    fn mul(self, other: &Dim) -> Dim {
        let mut terms: BTreeMap<Vec<Factor>, i64> = BTreeMap::new();
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                let mut factors = a.clone();
                factors.extend(b.iter().cloned());
                factors.sort();
                let sum = terms
                    .remove(&factors)
                    .unwrap_or(0)
                    .saturating_add(x.saturating_mul(*y));
                if sum != 0 {
                    terms.insert(factors, sum);
                }
            }
        }
        Dim { terms }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return write!(f, "0");
        }
        // The map sorts the constant first; people write it last.
        for (i, (factors, value)) in self.terms.iter().rev().enumerate() {
            if i > 0 {
                write!(f, "{}", if *value < 0 { " - " } else { " + " })?;
            } else if *value < 0 {
                write!(f, "-")?;
            }
            let size = value.unsigned_abs();
            if size != 1 || factors.is_empty() {
                write!(f, "{size}")?;
            }
            for factor in factors {
                match factor {
                    Factor::Symbol(name) => write!(f, "{name}")?,
                    Factor::Quotient(a, b) => write!(f, "⌊({a})/({b})⌋")?,
                }
            }
        }
        Ok(())
    }
}

/// The product of all sizes of a shape.
pub fn volume(shape: &[Dim]) -> Dim {
    shape
        .iter()
        .fold(Dim::fixed(1), |product, dim| &product * dim)
}

/// A shape for messages: `[N, 1, 25, 25]`.
pub fn show(shape: &[Dim]) -> String {
    let sides: Vec<String> = shape.iter().map(Dim::to_string).collect();
    format!("[{}]", sides.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sizes_compare_equal_however_computed() {
        let n = Dim::symbol("N");
        let flat = volume(&[n.clone(), 32.into(), 6.into(), 6.into()]);
        assert_eq!(flat.quotient(&Dim::fixed(1152)), n);
        assert_eq!(flat.quotient(&n), Dim::fixed(1152));
        assert_eq!(&(&n + &Dim::fixed(3)) - &Dim::fixed(3), n);
        assert_eq!((&n - &n).known(), Some(0));
    }

    #[test]
    fn a_rounded_quotient_is_evaluated_when_the_size_is_known() {
        let p = Dim::symbol("particles");
        let pooled = (&p - &Dim::fixed(2)).quotient(&Dim::fixed(2));
        let bindings = Bindings::from([("particles".into(), 25)]);
        assert_eq!(pooled.evaluate(&bindings), Ok(11));
        assert_eq!(pooled.known(), None);
        assert_eq!(
            pooled.evaluate(&Bindings::new()),
            Err("particles".to_owned())
        );
    }

    #[test]
    fn a_negative_size_is_an_error_not_a_wrap() {
        let p = Dim::symbol("p");
        let less = &p - &Dim::fixed(5);
        assert!(less.evaluate(&Bindings::from([("p".into(), 3)])).is_err());
    }
}
