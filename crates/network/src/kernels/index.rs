//! Moving blocks of numbers to and from positions that other numbers tell.
//!
//! A position is an address: the number of the block among the blocks of the
//! indexed tensor. Gathering reads block after block; scattering combines
//! each block with what stands at its address, in the order of the blocks, so
//! that the bits do not depend on the threads.

use crate::kernels::simd::simd;
use crate::kernels::split;

/// Where blocks of `block` numbers are in a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Addresses {
    /// The block of each position.
    pub at: Vec<usize>,
    /// Numbers per block.
    pub block: usize,
    /// Equal parts of positions that point into equal parts of the tensor, in
    /// the same order.
    pub parts: usize,
}

/// `out[i] = x[at[i]]`, block by block.
pub fn gather<N: Copy + Send + Sync>(addresses: &Addresses, x: &[N], out: &mut [N]) {
    let block = addresses.block;
    if block == 0 || out.is_empty() {
        return;
    }
    let per = split::rows_per_piece(addresses.at.len(), block);
    let cost = out.len();
    split::chunks(out, per * block, cost, |index, out| {
        let at = &addresses.at[index * per..][..out.len() / block];
        if block == 1 {
            for (out, &at) in out.iter_mut().zip(at) {
                *out = x[at];
            }
            return;
        }
        for (out, &at) in out.chunks_exact_mut(block).zip(at) {
            out.copy_from_slice(&x[at * block..][..block]);
        }
    });
}

/// `out[at[i]] = combine(out[at[i]], x[i])`, block by block, in the order of `i`.
pub fn scatter<N: Copy + Send + Sync>(
    addresses: &Addresses,
    x: &[N],
    out: &mut [N],
    combine: impl Fn(N, N) -> N + Copy + Send + Sync,
) {
    let Addresses { at, block, parts } = addresses;
    let (block, parts) = (*block, (*parts).max(1));
    if block == 0 || at.is_empty() || out.is_empty() {
        return;
    }
    let cost = out.len() + x.len();
    if parts > 1 || block == 1 {
        // A piece is some parts: their positions are one run.
        let (blocks, positions) = (out.len() / block / parts, at.len() / parts);
        let per = split::rows_per_piece(parts, (blocks + positions) * block);
        split::chunks(out, per * blocks * block, cost, |index, out| {
            let first = index * per;
            let count = out.len() / (blocks * block);
            let run = first * positions..(first + count) * positions;
            let x = &x[run.start * block..run.end * block];
            into_range(&at[run], first * blocks, block, x, out, combine);
        });
        return;
    }
    // A piece is some blocks of the tensor and picks its own among all positions.
    let per = split::rows_per_piece(out.len() / block, block);
    split::chunks(out, per * block, cost, |index, out| {
        into_range(at, index * per, block, x, out, combine);
    });
}

/// Combines the blocks whose address is in the range that `out` begins at.
fn into_range<N: Copy>(
    at: &[usize],
    first: usize,
    block: usize,
    x: &[N],
    out: &mut [N],
    combine: impl Fn(N, N) -> N,
) {
    let count = out.len() / block;
    simd(
        #[inline(always)]
        || {
            for (&at, x) in at.iter().zip(x.chunks_exact(block)) {
                let own = at.wrapping_sub(first);
                if own < count {
                    for (out, &x) in out[own * block..][..block].iter_mut().zip(x) {
                        *out = combine(*out, x);
                    }
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scatter_in_pieces_equals_one_in_a_row() {
        // Enough numbers for several pieces, with and without parts.
        let (blocks, block, positions) = (3000, 32, 5000);
        for parts in [1, 10] {
            let at: Vec<usize> = (0..positions)
                .map(|i| {
                    let part = i / (positions / parts) * (blocks / parts);
                    part + i * 7919 % (blocks / parts)
                })
                .collect();
            let x: Vec<f32> = (0..positions * block)
                .map(|i| (i % 97) as f32 * 0.1)
                .collect();
            let mut expected = vec![1.0_f32; blocks * block];
            for (i, at) in at.iter().enumerate() {
                for j in 0..block {
                    expected[at * block + j] += x[i * block + j];
                }
            }
            let mut out = vec![1.0_f32; blocks * block];
            let addresses = Addresses { at, block, parts };
            scatter(&addresses, &x, &mut out, |a, b| a + b);
            assert!(out == expected, "{parts} parts");
            let mut back = vec![0.0; x.len()];
            gather(&addresses, &out, &mut back);
            assert_eq!(back[..block], out[addresses.at[0] * block..][..block]);
        }
    }
}
