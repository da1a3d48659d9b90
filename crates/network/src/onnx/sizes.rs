//! Integers and named sizes, computed while importing.
//!
//! Exporters write `x.view(x.size(0), -1)` as a chain of operations on the
//! shape of `x`. The chain is followed here on numbers that are either known
//! or sizes such as `batch`; its result is read by `Reshape`, `Expand`,
//! `Slice` and the like, and never reaches the graph. Tensors of integers and
//! truth values in the file are such numbers too.

use pellucid_core::Tensor;

use crate::graph::Dim;

/// More integers than any shape needs: beyond, a file is malicious.
const MOST: usize = 1 << 20;

/// More sides than any tensor has.
const MOST_SIDES: usize = 16;

/// Why integers are not computed while importing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// The file asks for what no run can give.
    Wrong(String),
    /// It depends on the run, or has a form that is not followed here: the
    /// graph computes it instead.
    Unfollowed(String),
}

impl From<String> for Trouble {
    fn from(problem: String) -> Self {
        Self::Wrong(problem)
    }
}

impl From<&str> for Trouble {
    fn from(problem: &str) -> Self {
        Self::Wrong(problem.to_owned())
    }
}

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
    pub(crate) fn term(&self) -> Dim {
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

    /// Integers that real numbers are, all of them.
    pub(crate) fn of_whole(tensor: &Tensor<f64>) -> Option<Self> {
        let whole = |x: f64| (x.fract() == 0.0 && x.abs() < 9e15).then_some(Size::Known(x as i64));
        let data = tensor.data().iter().map(|&x| whole(x));
        let data = data.collect::<Option<_>>()?;
        Some(Self::new(tensor.shape().to_vec(), data))
    }

    /// 1 where a number is not 0, if there are not too many.
    pub(crate) fn flags(shape: Vec<usize>, numbers: &[f64]) -> Option<Self> {
        limit(numbers.len()).ok()?;
        let flag = |&x: &f64| Size::Known(i64::from(x != 0.0));
        Some(Self::new(shape, numbers.iter().map(flag).collect()))
    }

    /// These integers broadcast to a shape, as NumPy does.
    pub(crate) fn broadcast(&self, shape: &[usize]) -> Result<Self, Trouble> {
        let refuse = || {
            format!(
                "integers of the shape {:?} do not fit {shape:?}",
                self.shape
            )
        };
        let lead = shape
            .len()
            .checked_sub(self.shape.len())
            .ok_or_else(refuse)?;
        let fits = |(&own, &side): (&usize, &usize)| own == side || own == 1;
        if !self.shape.iter().zip(&shape[lead..]).all(fits) {
            return Err(refuse().into());
        }
        let own = &self.shape;
        let from = |at: &[usize]| {
            let sides = own.iter().zip(&at[lead..]);
            sides.fold(0, |i, (&side, &at)| {
                i * side + if side == 1 { 0 } else { at }
            })
        };
        self.picked(shape.to_vec(), from)
    }

    /// Integers of another shape, each taken from the place that `from` names
    /// for its position.
    pub(crate) fn picked(
        &self,
        shape: Vec<usize>,
        from: impl Fn(&[usize]) -> usize,
    ) -> Result<Self, Trouble> {
        let count = volume(&shape)?;
        let mut at = vec![0; shape.len()];
        let mut data = Vec::with_capacity(count);
        for _ in 0..count {
            data.push(self.data[from(&at)].clone());
            for (at, &side) in at.iter_mut().zip(&shape).rev() {
                *at += 1;
                if *at < side {
                    break;
                }
                *at = 0;
            }
        }
        Ok(Self::new(shape, data))
    }
}

/// How many integers a shape holds, if they are not too many.
pub(crate) fn volume(shape: &[usize]) -> Result<usize, Trouble> {
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side))
        .filter(|_| shape.len() <= MOST_SIDES)
        .unwrap_or(usize::MAX);
    limit(count)?;
    Ok(count)
}

/// One operation on two integers.
pub(crate) fn number(a: &Size, b: &Size, name: &str) -> Result<Size, Trouble> {
    let overflow = || Trouble::from(format!("{name} of two sizes overflows"));
    if let (Size::Known(a), Size::Known(b)) = (a, b) {
        let (a, b) = (*a, *b);
        let known = match name {
            "Add" => a.checked_add(b),
            "Sub" => a.checked_sub(b),
            "Mul" => a.checked_mul(b),
            "Div" | "Mod" | "Fmod" if b == 0 => return Err("a size is divided by zero".into()),
            // Integers divide towards zero; `Mod` has the sign of the divisor,
            // with its attribute `fmod` that of the dividend.
            "Div" => a.checked_div(b),
            "Fmod" => a.checked_rem(b),
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
    let apart = &x - &y;
    if let Some(known) = apart.constant_term().and_then(|far| compared(far, name)) {
        return Ok(Size::Known(i64::from(known)));
    }
    let named = match name {
        "Add" => &x + &y,
        "Sub" => apart,
        "Mul" => &x * &y,
        "Div" | "Mod" | "Fmod" if matches!(b, Size::Known(0)) => {
            return Err("a size is divided by zero".into());
        }
        "Div" if !matches!(b, Size::Known(..=0)) => x.quotient(&y),
        "Min" if apart.constant_term().is_some_and(|far| far <= 0) || endless(b) => x,
        "Min" if apart.constant_term().is_some() || endless(a) => y,
        "Max" if apart.constant_term().is_some_and(|far| far >= 0) => x,
        "Max" if apart.constant_term().is_some() => y,
        // Sizes are not negative: they are never the `-1` of a reshape.
        "Max" if never_negative(a, b) => {
            return Ok(if matches!(a, Size::Named(_)) { a } else { b }.clone());
        }
        "Equal" if never_negative(a, b) => return Ok(Size::Known(0)),
        _ => {
            return Err(Trouble::Unfollowed(format!(
                "{name} of the sizes {x} and {y} depends on the run"
            )));
        }
    };
    Ok(Size::from(&named))
}

/// The comparison of two sizes that are always `far` apart.
fn compared(far: i64, name: &str) -> Option<bool> {
    Some(match name {
        "Equal" => far == 0,
        "Greater" => far > 0,
        "Less" => far < 0,
        "GreaterOrEqual" => far >= 0,
        "LessOrEqual" => far <= 0,
        _ => return None,
    })
}

/// What exporters write for “to the end”.
fn endless(size: &Size) -> bool {
    matches!(size, Size::Known(known) if *known >= i64::from(i32::MAX))
}

/// Whether one is negative and the other a size that is not.
fn never_negative(a: &Size, b: &Size) -> bool {
    let pair = |a: &Size, b: &Size| match (a, b) {
        (Size::Known(known), Size::Named(size)) => *known < 0 && size.is_sum(),
        _ => false,
    };
    pair(a, b) || pair(b, a)
}

/// The shape that two shapes broadcast to, as NumPy does.
pub(crate) fn broadcast_shape(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Trouble> {
    let rank = a.len().max(b.len());
    let side = |shape: &[usize], i: usize| {
        let lead = rank - shape.len();
        if i < lead { 1 } else { shape[i - lead] }
    };
    (0..rank)
        .map(|i| match (side(a, i), side(b, i)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(format!("integers of the shapes {a:?} and {b:?} do not fit").into()),
        })
        .collect()
}

/// One operation on two tensors of integers, broadcast.
pub(crate) fn binary(a: &Sizes, b: &Sizes, name: &str) -> Result<Sizes, Trouble> {
    let shape = broadcast_shape(&a.shape, &b.shape)?;
    let (a, b) = (a.broadcast(&shape)?, b.broadcast(&shape)?);
    let pairs = a.data.iter().zip(&b.data);
    let data = pairs
        .map(|(a, b)| number(a, b, name))
        .collect::<Result<_, _>>()?;
    Ok(Sizes::new(shape, data))
}

/// `shape` filled with one integer.
pub(crate) fn filled(value: Size, shape: &[i64]) -> Result<Sizes, Trouble> {
    let sides: Option<Vec<usize>> = shape
        .iter()
        .map(|&side| usize::try_from(side).ok())
        .collect();
    let sides = sides.ok_or("a side of a shape is negative")?;
    let count = volume(&sides)?;
    Ok(Sizes::new(sides, vec![value; count]))
}

/// Refuses lists that no shape needs.
pub(crate) fn limit(count: usize) -> Result<(), Trouble> {
    if count > MOST {
        return Err(format!("more than {MOST} integers are not followed").into());
    }
    Ok(())
}

/// Which entries a slice of a side of length `len` picks: `NumPy`'s rule.
pub(crate) fn picked(len: usize, start: i64, end: i64, step: i64) -> Result<Vec<usize>, Trouble> {
    let side = len as i64;
    let from_end = |i: i64| if i < 0 { i.saturating_add(side) } else { i };
    if step == 0 {
        return Err("a slice needs a step other than 0".into());
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
