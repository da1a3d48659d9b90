//! Integers moved to other places and shapes while importing.

use crate::onnx::sizes::{Sizes, Trouble, limit, picked, volume};

type Moved = Result<Sizes, Trouble>;

/// A side counted from the front or, if negative, from the end.
pub(crate) fn side(axis: i64, rank: usize) -> Result<usize, Trouble> {
    let from_front = if axis < 0 {
        axis.saturating_add(rank as i64)
    } else {
        axis
    };
    usize::try_from(from_front)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(|| format!("there is no side {axis} among {rank}").into())
}

/// The entries of `from` along `axis` at `positions`.
pub(crate) fn gather(from: &Sizes, positions: &Sizes, axis: i64) -> Moved {
    let axis = side(axis, from.shape.len())?;
    let len = from.shape[axis];
    let known = positions
        .known()
        .ok_or_else(|| Trouble::Unfollowed("the positions depend on the run".to_owned()))?;
    let places = known
        .iter()
        .map(|&i| {
            let at = usize::try_from(if i < 0 {
                i.saturating_add(len as i64)
            } else {
                i
            });
            at.ok()
                .filter(|&at| at < len)
                .ok_or_else(|| Trouble::from(format!("there is no entry {i} among {len}")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let rank = positions.shape.len();
    let mut shape = from.shape[..axis].to_vec();
    shape.extend(&positions.shape);
    shape.extend(&from.shape[axis + 1..]);
    from.picked(shape, |at| {
        let place = flat(&at[axis..axis + rank], &positions.shape);
        let outer = flat(&at[..axis], &from.shape[..axis]);
        let inner = flat(&at[axis + rank..], &from.shape[axis + 1..]);
        let row: usize = from.shape[axis + 1..].iter().product();
        (outer * len + places[place]) * row + inner
    })
}

/// The position of an entry in a tensor of this shape.
fn flat(at: &[usize], shape: &[usize]) -> usize {
    at.iter()
        .zip(shape)
        .fold(0, |i, (&at, &side)| i * side + at)
}

/// Tensors joined along a side; single integers count as lists of one.
pub(crate) fn concat(parts: &[&Sizes], axis: i64) -> Moved {
    let [first, ..] = parts else {
        return Err("expected at least one input".into());
    };
    let rank = first.shape.len().max(1);
    let axis = side(axis, rank)?;
    let mut shape = if first.shape.is_empty() {
        vec![1]
    } else {
        first.shape.clone()
    };
    shape[axis] = 0;
    let mut data = Vec::new();
    let outer: usize = shape[..axis].iter().product();
    for part in parts {
        let own = if part.shape.is_empty() {
            &[1]
        } else {
            part.shape.as_slice()
        };
        let fits = own.len() == rank && (0..rank).all(|i| i == axis || own[i] == shape[i]);
        if !fits {
            return Err(
                format!("integers of the shapes {own:?} and {shape:?} are not joined").into(),
            );
        }
        shape[axis] += own[axis];
        limit(shape[axis])?;
    }
    volume(&shape)?;
    for o in 0..outer {
        for part in parts {
            let run = part.data.len() / outer.max(1);
            data.extend_from_slice(&part.data[o * run..(o + 1) * run]);
        }
    }
    Ok(Sizes::new(shape, data))
}

/// A part along each of some sides: start, end and step, as NumPy counts.
pub(crate) fn slice(from: &Sizes, parts: &[(usize, [i64; 3])]) -> Moved {
    let mut shape = from.shape.clone();
    let mut places: Vec<Vec<usize>> = shape.iter().map(|&side| (0..side).collect()).collect();
    for &(axis, [start, end, step]) in parts {
        places[axis] = picked(from.shape[axis], start, end, step)?;
        shape[axis] = places[axis].len();
    }
    from.picked(shape, |at| {
        let sides = at.iter().zip(&places).zip(&from.shape);
        sides.fold(0, |i, ((&at, places), &side)| i * side + places[at])
    })
}

/// The sides in another order.
pub(crate) fn transpose(from: &Sizes, perm: &[usize]) -> Moved {
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..from.shape.len()) {
        return Err(format!("{perm:?} is no order of the sides of {:?}", from.shape).into());
    }
    let shape = perm.iter().map(|&side| from.shape[side]).collect();
    from.picked(shape, |at| {
        let mut place = vec![0; at.len()];
        for (&side, &at) in perm.iter().zip(at) {
            place[side] = at;
        }
        flat(&place, &from.shape)
    })
}

/// Every side repeated.
pub(crate) fn tile(from: &Sizes, times: &[i64]) -> Moved {
    let refuse = || Trouble::from(format!("{times:?} repeats for the shape {:?}", from.shape));
    if times.len() != from.shape.len() {
        return Err(refuse());
    }
    let sides = from.shape.iter().zip(times).map(|(&side, &times)| {
        let times = usize::try_from(times).ok()?;
        side.checked_mul(times)
    });
    let shape = sides.collect::<Option<Vec<_>>>().ok_or_else(refuse)?;
    from.picked(shape, |at| {
        let sides = at.iter().zip(&from.shape);
        sides.fold(0, |i, (&at, &side)| i * side + at % side)
    })
}

/// Without the sides named, or without all of length 1.
pub(crate) fn squeeze(from: &Sizes, axes: Option<&[i64]>) -> Moved {
    let rank = from.shape.len();
    let gone: Vec<usize> = match axes {
        Some(axes) => axes
            .iter()
            .map(|&axis| side(axis, rank))
            .collect::<Result<_, _>>()?,
        None => (0..rank).filter(|&i| from.shape[i] == 1).collect(),
    };
    if let Some(&axis) = gone.iter().find(|&&axis| from.shape[axis] != 1) {
        return Err(format!("side {axis} of {:?} is not 1", from.shape).into());
    }
    let shape = (0..rank)
        .filter(|i| !gone.contains(i))
        .map(|i| from.shape[i])
        .collect();
    Ok(Sizes::new(shape, from.data.clone()))
}

/// With sides of length 1 where the result is to have them.
pub(crate) fn unsqueeze(from: &Sizes, axes: &[i64]) -> Moved {
    let rank = from.shape.len().saturating_add(axes.len());
    let mut shape = vec![0; if rank > 8 { 0 } else { rank }];
    if shape.is_empty() && rank > 0 {
        return Err(format!("{rank} sides are too many for integers").into());
    }
    let mut new = vec![false; rank];
    for &axis in axes {
        if std::mem::replace(&mut new[side(axis, rank)?], true) {
            return Err(format!("a side is named twice in {axes:?}").into());
        }
    }
    let mut old = from.shape.iter();
    for (side, &new) in shape.iter_mut().zip(&new) {
        *side = if new {
            1
        } else {
            old.next().copied().unwrap_or(1)
        };
    }
    Ok(Sizes::new(shape, from.data.clone()))
}

/// Another shape of as many integers: `-1` is what is left, `0` keeps a side
/// if `keep`.
pub(crate) fn reshape(from: &Sizes, sides: &[i64], keep: bool) -> Moved {
    let count = from.data.len();
    let refuse = || Trouble::from(format!("{count} integers do not fit the shape {sides:?}"));
    let mut shape = Vec::with_capacity(sides.len());
    let mut rest = None;
    for (i, &side) in sides.iter().enumerate() {
        shape.push(match side {
            0 if keep => from.shape.get(i).copied().ok_or_else(refuse)?,
            -1 if rest.is_none() => {
                rest = Some(i);
                1
            }
            _ => usize::try_from(side).map_err(|_| refuse())?,
        });
    }
    let known = volume(&shape)?;
    if let Some(i) = rest {
        shape[i] = count.checked_div(known).unwrap_or(0);
    }
    if volume(&shape)? != count {
        return Err(refuse());
    }
    Ok(Sizes::new(shape, from.data.clone()))
}

/// Cut along a side into parts of these lengths.
pub(crate) fn split(from: &Sizes, axis: usize, parts: &[i64]) -> Result<Vec<Sizes>, Trouble> {
    let len = from.shape[axis] as i64;
    let mut start = 0_i64;
    let cut = parts.iter().map(|&part| {
        let end = start.saturating_add(part);
        if part < 0 || end > len {
            return Err(format!("{len} integers do not split into {parts:?}").into());
        }
        let made = slice(from, &[(axis, [start, end, 1])]);
        start = end;
        made
    });
    cut.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(shape: &[usize]) -> Sizes {
        let count: i64 = shape.iter().product::<usize>() as i64;
        let list: Vec<i64> = (0..count).collect();
        Sizes::new(shape.to_vec(), Sizes::list(&list).data)
    }

    fn known(moved: Moved) -> (Vec<usize>, Vec<i64>) {
        let moved = moved.unwrap();
        (moved.shape.clone(), moved.known().unwrap())
    }

    #[test]
    fn tensors_of_integers_move_as_numpy_moves_them() {
        let x = numbers(&[2, 3]);
        let rows = Sizes::new(vec![1, 2], Sizes::list(&[-1, 0]).data);
        assert_eq!(
            known(gather(&x, &rows, 1)),
            (vec![2, 1, 2], vec![2, 0, 5, 3])
        );
        assert_eq!(
            known(transpose(&x, &[1, 0])),
            (vec![3, 2], vec![0, 3, 1, 4, 2, 5])
        );
        assert_eq!(
            known(slice(&x, &[(0, [1, 2, 1]), (1, [-1, i64::MIN, -2])])),
            (vec![1, 2], vec![5, 3])
        );
        assert_eq!(
            known(concat(&[&x, &x], 1)),
            (vec![2, 6], vec![0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
        );
        assert_eq!(
            known(tile(&numbers(&[1, 2]), &[2, 2])),
            (vec![2, 4], vec![0, 1, 0, 1, 0, 1, 0, 1])
        );
        assert_eq!(known(reshape(&x, &[-1, 2], true)).0, [3, 2]);
        assert_eq!(known(squeeze(&numbers(&[1, 2, 1]), Some(&[-1]))).0, [1, 2]);
        assert_eq!(known(unsqueeze(&x, &[0, -1])).0, [1, 2, 3, 1]);
        let parts = split(&x, 1, &[1, 2]).unwrap();
        assert_eq!(parts[1].known().unwrap(), [1, 2, 4, 5]);
        assert_eq!(
            known(numbers(&[3, 1]).broadcast(&[2, 3, 2])).1,
            [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let x = numbers(&[2, 3]);
        assert!(gather(&x, &Sizes::list(&[3]), 1).is_err());
        assert!(reshape(&x, &[4, -1], true).is_err());
        assert!(reshape(&x, &[0, 0, 0], true).is_err());
        assert!(unsqueeze(&x, &[0; 9]).is_err());
        assert!(unsqueeze(&x, &[1, 1]).is_err());
        assert!(tile(&x, &[1 << 40, 1 << 40]).is_err());
        assert!(split(&x, 0, &[i64::MAX, i64::MAX]).is_err());
        assert!(concat(&[&x, &numbers(&[2])], 0).is_err());
    }
}
