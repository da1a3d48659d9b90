//! Integers and named sizes, computed while importing.
//!
//! Exporters write `x.view(x.size(0), -1)` as a chain of operations on the
//! shape of `x`. The chain is followed here on numbers that are either known
//! or sizes such as `batch`; its result is read by `Reshape`, `Expand`,
//! `Slice` and the like, and never reaches the graph. Tensors of integers and
//! truth values in the file are such numbers too.

use crate::graph::Dim;

/// More integers than any shape needs: beyond, a file is malicious.
const MOST: usize = 1 << 20;

/// An integer of a shape computation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Size {
    /// A number, may be negative.
    Known(i64),
    /// A size that depends on the run.
    Named(Dim),
}

impl From<&Dim> for Size {
    fn from(dim: &Dim) -> Self {
        match dim.known() {
            Some(known) => Self::Known(known as i64),
            None => Self::Named(dim.clone()),
        }
    }
}

impl Size {
    /// As a side of a shape, which is not negative.
    pub(crate) fn dim(&self) -> Option<Dim> {
        match self {
            Self::Known(value) => usize::try_from(*value).ok().map(Dim::fixed),
            Self::Named(dim) => Some(dim.clone()),
        }
    }

    /// As a term of a size, which may be negative.
    fn term(&self) -> Dim {
        match self {
            Self::Known(value) if *value < 0 => {
                &Dim::fixed(0) - &Dim::fixed(value.unsigned_abs() as usize)
            }
            Self::Known(value) => Dim::fixed(*value as usize),
            Self::Named(dim) => dim.clone(),
        }
    }
}

/// A tensor of such integers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<Size>,
}

impl Sizes {
    pub(crate) fn new(shape: Vec<usize>, data: Vec<Size>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), data.len());
        Self { shape, data }
    }

    /// A list of known integers.
    pub(crate) fn list(values: &[i64]) -> Self {
        Self::new(
            vec![values.len()],
            values.iter().map(|&value| Size::Known(value)).collect(),
        )
    }

    /// The integers, if all are known.
    pub(crate) fn known(&self) -> Option<Vec<i64>> {
        self.data
            .iter()
            .map(|size| match size {
                Size::Known(value) => Some(*value),
                Size::Named(_) => None,
            })
            .collect()
    }

    pub(crate) fn flat(self) -> Result<Self, String> {
        if self.shape.len() > 1 {
            return Err(format!(
                "expected a list of integers, found the shape {:?}",
                self.shape
            ));
        }
        Ok(Self {
            shape: vec![self.data.len()],
            data: self.data,
        })
    }
}

impl Sizes {
    /// Without the sides of length one; integers of shapes are lists or single.
    pub(crate) fn squeezed(self) -> Self {
        let shape = self
            .shape
            .iter()
            .copied()
            .filter(|&side| side != 1)
            .collect();
        Self {
            shape,
            data: self.data,
        }
    }
}

/// One operation on two integers.
pub(crate) fn number(a: &Size, b: &Size, name: &str) -> Result<Size, String> {
    let overflow = || format!("{name} of two sizes overflows");
    if let (Size::Known(a), Size::Known(b)) = (a, b) {
        let (a, b) = (*a, *b);
        let known = match name {
            "Add" => a.checked_add(b),
            "Sub" => a.checked_sub(b),
            "Mul" => a.checked_mul(b),
            "Div" | "Mod" if b == 0 => return Err("a size is divided by zero".to_owned()),
            // Integers divide towards zero, and `Mod` has the sign of the divisor.
            "Div" => a.checked_div(b),
            "Mod" => a.checked_rem(b).map(|r| {
                if r != 0 && (r < 0) != (b < 0) {
                    r + b
                } else {
                    r
                }
            }),
            "Min" => Some(a.min(b)),
            "Max" => Some(a.max(b)),
            "Equal" => Some(i64::from(a == b)),
            "Greater" => Some(i64::from(a > b)),
            "Less" => Some(i64::from(a < b)),
            "GreaterOrEqual" => Some(i64::from(a >= b)),
            "LessOrEqual" => Some(i64::from(a <= b)),
            "And" => Some(i64::from(a != 0 && b != 0)),
            "Or" => Some(i64::from(a != 0 || b != 0)),
            _ => None,
        };
        return known.map(Size::Known).ok_or_else(overflow);
    }
    let (x, y) = (a.term(), b.term());
    let named = match name {
        "Add" => &x + &y,
        "Sub" => &x - &y,
        "Mul" => &x * &y,
        "Div" if !matches!(b, Size::Known(..=0)) => x.quotient(&y),
        // A size that depends on the run is no number in particular: `-1` of a
        // reshape and the like are compared with it and differ.
        "Equal" if x == y => return Ok(Size::Known(1)),
        "Equal" => return Ok(Size::Known(0)),
        _ => {
            return Err(format!(
                "{name} of the sizes {x} and {y} depends on the run"
            ));
        }
    };
    Ok(Size::from(&named))
}

/// One operation on two lists. Broadcast is needed only between lists of one length and single numbers.
pub(crate) fn binary(a: &Sizes, b: &Sizes, name: &str) -> Result<Sizes, String> {
    let shape = if a.data.len() == 1 && a.shape.len() <= b.shape.len() {
        &b.shape
    } else {
        &a.shape
    };
    let count: usize = shape.iter().product();
    let at = |sizes: &Sizes, i: usize| -> Result<Size, String> {
        match sizes.data.len() {
            1 => Ok(sizes.data[0].clone()),
            n if n == count && sizes.shape == *shape => Ok(sizes.data[i].clone()),
            _ => Err(format!(
                "integers of the shapes {:?} and {:?} do not fit",
                a.shape, b.shape
            )),
        }
    };
    let data = (0..count)
        .map(|i| number(&at(a, i)?, &at(b, i)?, name))
        .collect::<Result<_, _>>()?;
    Ok(Sizes::new(shape.clone(), data))
}

/// `shape` filled with one integer.
pub(crate) fn filled(value: Size, shape: &[i64]) -> Result<Sizes, String> {
    let sides: Option<Vec<usize>> = shape
        .iter()
        .map(|&side| usize::try_from(side).ok())
        .collect();
    let sides = sides.ok_or("a side of a shape is negative")?;
    let count = sides
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side));
    let count = count.unwrap_or(usize::MAX);
    limit(count)?;
    Ok(Sizes::new(sides, vec![value; count]))
}

/// Refuses lists that no shape needs.
pub(crate) fn limit(count: usize) -> Result<(), String> {
    if count > MOST {
        return Err(format!("more than {MOST} integers are not followed"));
    }
    Ok(())
}

/// Which entries a slice of a side of length `len` picks: `NumPy`'s rule.
pub(crate) fn picked(len: usize, start: i64, end: i64, step: i64) -> Result<Vec<usize>, String> {
    let side = len as i64;
    let from_end = |i: i64| if i < 0 { i.saturating_add(side) } else { i };
    if step == 0 {
        return Err("a slice needs a step other than 0".to_owned());
    }
    let (low, high) = if step > 0 { (0, side) } else { (-1, side - 1) };
    let (start, end) = (
        from_end(start).clamp(low, high),
        from_end(end).clamp(low, high),
    );
    let mut picked = Vec::new();
    let mut at = start;
    while (step > 0 && at < end) || (step < 0 && at > end) {
        picked.push(at as usize);
        at = at.saturating_add(step);
    }
    Ok(picked)
}
