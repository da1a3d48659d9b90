//! How integers tell positions in a tensor: the three forms of ONNX, which
//! gathering and scattering share.
//!
//! With data `x` and indices `i`, the numbers that the positions point to form
//! a tensor `y`:
//!
//! * along a side `a` (`Gather`): `y[…, p…, …] = x[…, i[p…], …]`, of shape
//!   `x[..a] + i + x[a+1..]`;
//! * element by element (`GatherElements`): `y[p] = x[p with side a: i[p]]`, of
//!   the indices' shape;
//! * by tuples (`GatherND`): `y[b…, p…, …] = x[b…, i[b…, p…, :], …]`, the first
//!   `batch` sides in step.
//!
//! A negative index counts from the end of its side.

use crate::graph::{Dim, Kind, Type, show};
use crate::kernels::index::Addresses;

/// A form of telling positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// Whole slices across one side.
    Along {
        /// The side.
        axis: usize,
    },
    /// One index for every number.
    Elements {
        /// The side that the indices count along.
        axis: usize,
    },
    /// The last side of the indices is a tuple of positions.
    Tuples {
        /// How many first sides data and indices share.
        batch: usize,
    },
}

impl Places {
    /// The shape of what the positions point to, or what does not fit.
    pub(crate) fn pointed_to(self, data: &[Dim], indices: &Type) -> Result<Vec<Dim>, String> {
        if indices.kind != Kind::Integer {
            return Err("the indices must be integers, found real numbers".to_owned());
        }
        let places = indices.shape.as_slice();
        let misfit = || format!("indices {} do not point into {}", show(places), show(data));
        match self {
            Self::Along { axis } if axis < data.len() => {
                Ok([&data[..axis], places, &data[axis + 1..]].concat())
            }
            Self::Elements { axis } if axis < data.len() && places.len() == data.len() => {
                // Sides that only the run knows are compared there.
                let larger = |i: usize| match (places[i].known(), data[i].known()) {
                    (Some(place), Some(side)) => place > side,
                    _ => false,
                };
                if (0..data.len()).any(|i| i != axis && larger(i)) {
                    return Err(misfit());
                }
                Ok(places.to_vec())
            }
            Self::Tuples { batch } => {
                let (tuple, lead) = places.split_last().ok_or_else(misfit)?;
                let tuple = tuple
                    .known()
                    .ok_or("the last side of the indices must be known")?;
                let fits = batch <= lead.len()
                    && batch + tuple <= data.len()
                    && lead[..batch] == data[..batch];
                if !fits {
                    return Err(misfit());
                }
                Ok([lead, &data[batch + tuple..]].concat())
            }
            _ => Err(misfit()),
        }
    }

    /// Where the positions are in data of this shape, or which index is
    /// outside.
    pub(crate) fn addresses(
        self,
        data: &[usize],
        shape: &[usize],
        indices: &[i32],
    ) -> Result<Addresses, String> {
        match self {
            Self::Along { axis } => along(data, axis, indices),
            Self::Elements { axis } => elements(data, axis, shape, indices),
            Self::Tuples { batch } => tuples(data, batch, shape, indices),
        }
    }
}

/// An index as a position on a side.
#[inline]
fn position(index: i32, side: usize, axis: usize) -> Result<usize, String> {
    let at = i64::from(index) + if index < 0 { side as i64 } else { 0 };
    match usize::try_from(at) {
        Ok(at) if at < side => Ok(at),
        _ => Err(format!(
            "the index {index} is outside of side {axis}, which has the length {side}"
        )),
    }
}

fn along(data: &[usize], axis: usize, indices: &[i32]) -> Result<Addresses, String> {
    let (side, outer) = (data[axis], data[..axis].iter().product::<usize>());
    let own = indices
        .iter()
        .map(|&index| position(index, side, axis))
        .collect::<Result<Vec<usize>, String>>()?;
    let at = (0..outer)
        .flat_map(|o| own.iter().map(move |at| o * side + at))
        .collect();
    Ok(Addresses {
        at,
        block: data[axis + 1..].iter().product(),
        parts: outer,
    })
}

fn elements(
    data: &[usize],
    axis: usize,
    shape: &[usize],
    indices: &[i32],
) -> Result<Addresses, String> {
    if (0..data.len()).any(|i| i != axis && shape[i] > data[i]) {
        return Err(format!(
            "indices of the shape {shape:?} do not point into {data:?}"
        ));
    }
    let mut steps = vec![1; data.len()];
    for i in (1..data.len()).rev() {
        steps[i - 1] = steps[i] * data[i];
    }
    let mut at = Vec::with_capacity(indices.len());
    // The last side is walked in the inner loop.
    let last = shape.len() - 1;
    for (row, indices) in indices.chunks(shape[last].max(1)).enumerate() {
        let (mut rest, mut start) = (row, 0);
        for i in (0..last).rev() {
            if i != axis {
                start += rest % shape[i] * steps[i];
            }
            rest /= shape[i];
        }
        for (i, &index) in indices.iter().enumerate() {
            let along = position(index, data[axis], axis)? * steps[axis];
            at.push(start + along + if last == axis { 0 } else { i });
        }
    }
    let same = data[..axis] == shape[..axis];
    Ok(Addresses {
        at,
        block: 1,
        parts: if same {
            data[..axis].iter().product()
        } else {
            1
        },
    })
}

fn tuples(
    data: &[usize],
    batch: usize,
    shape: &[usize],
    indices: &[i32],
) -> Result<Addresses, String> {
    let (tuple, lead) = (shape[shape.len() - 1], &shape[..shape.len() - 1]);
    let own = &data[batch..batch + tuple];
    let (parts, side) = (
        data[..batch].iter().product::<usize>(),
        own.iter().product::<usize>(),
    );
    let count = lead.iter().product::<usize>();
    let per_part = count / parts.max(1);
    let mut at = Vec::with_capacity(count);
    for i in 0..count {
        let mut address = 0;
        for (d, &index) in indices[i * tuple..(i + 1) * tuple].iter().enumerate() {
            address = address * own[d] + position(index, own[d], batch + d)?;
        }
        at.push(i / per_part.max(1) * side + address);
    }
    Ok(Addresses {
        at,
        block: data[batch + tuple..].iter().product(),
        parts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_indices_count_from_the_end_and_others_are_told() {
        let along = Places::Along { axis: 1 };
        let found = along.addresses(&[2, 3, 4], &[2], &[-1, 0]).unwrap();
        assert_eq!(found.at, [2, 0, 5, 3]);
        assert_eq!((found.block, found.parts), (4, 2));
        for index in [3, -4] {
            let error = along.addresses(&[2, 3, 4], &[1], &[index]).unwrap_err();
            assert!(error.contains(&index.to_string()) && error.contains("side 1"));
        }
    }

    #[test]
    fn elements_and_tuples_have_their_addresses() {
        let elements = Places::Elements { axis: 0 };
        let found = elements.addresses(&[3, 2], &[2, 2], &[2, 0, 1, 2]).unwrap();
        assert_eq!(found.at, [4, 1, 2, 5]);
        let tuples = Places::Tuples { batch: 1 };
        let found = tuples
            .addresses(&[2, 3, 2, 5], &[2, 1, 2], &[0, 1, 2, 0])
            .unwrap();
        assert_eq!((found.at, found.block), (vec![1, 10], 5));
    }
}
