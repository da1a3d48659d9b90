//! Working on the lines of a tensor along one side.

use crate::kernels::{scratch, split};

/// How the lines along a side lie in a tensor: `outer` blocks of `side` rows of
/// `inner` numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    /// The volume of the sides before.
    pub outer: usize,
    /// The length of a line.
    pub side: usize,
    /// The volume of the sides behind.
    pub inner: usize,
}

impl Lines {
    /// The lines of a shape along side `axis`.
    pub fn new(shape: &[usize], axis: usize) -> Self {
        Self {
            outer: shape[..axis].iter().product(),
            side: shape[axis],
            inner: shape[axis + 1..].iter().product(),
        }
    }

    /// Calls `work(line, result)` for every line of `x`, where results are
    /// lines of `length` numbers of a tensor with the same other sides; in
    /// parallel if it is worth it.
    pub fn map<A, B>(
        self,
        x: &[A],
        out: &mut [B],
        length: usize,
        work: impl Fn(&[A], &mut [B]) + Send + Sync,
    ) where
        A: Copy + Default + Send + Sync + 'static,
        B: Copy + Default + Send + Sync + 'static,
    {
        let Self { side, inner, .. } = self;
        let block = length * inner;
        if block == 0 {
            return;
        }
        let per = split::rows_per_piece(self.outer, (side + length) * inner * 4);
        let cost = 4 * (x.len() + out.len());
        split::chunks(out, per * block, cost, |index, out| {
            for (o, out) in out.chunks_exact_mut(block).enumerate() {
                let x = &x[(index * per + o) * side * inner..][..side * inner];
                if inner == 1 {
                    work(x, out);
                } else {
                    apart(side, inner, length, x, out, &work);
                }
            }
        });
    }
}

/// One block whose lines do not lie together: each is copied to one place.
fn apart<A, B>(
    side: usize,
    inner: usize,
    length: usize,
    x: &[A],
    out: &mut [B],
    work: &impl Fn(&[A], &mut [B]),
) where
    A: Copy + Default + 'static,
    B: Copy + Default + 'static,
{
    scratch::with(side, |line: &mut [A]| {
        scratch::with(length, |result: &mut [B]| {
            for i in 0..inner {
                for (s, line) in line.iter_mut().enumerate() {
                    *line = x[s * inner + i];
                }
                work(line, result);
                for (s, &result) in result.iter().enumerate() {
                    out[s * inner + i] = result;
                }
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_along_any_side_are_worked_on() {
        let x: Vec<i64> = (0..24).collect();
        for (axis, expected) in [
            (0, vec![12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34]),
            (1, vec![12, 15, 18, 21, 48, 51, 54, 57]),
            (2, vec![6, 22, 38, 54, 70, 86]),
        ] {
            let mut out = vec![0; expected.len()];
            Lines::new(&[2, 3, 4], axis).map(&x, &mut out, 1, |line, out| {
                out[0] = line.iter().sum();
            });
            assert_eq!(out, expected);
        }
    }
}
