//! Cutting work into pieces whose boundaries depend on the sizes alone, so
//! that results are the same bits for any number of threads.

use rayon::prelude::*;

/// Below this much work (in flops or moved numbers) a piece is not worth a
/// thread's wake-up.
const WORTH_A_THREAD: usize = 1 << 15;

/// Calls `work(index, chunk)` for every `len` numbers of `out`, in parallel
/// when the total `cost` is worth it.
pub fn chunks<T: Send>(
    out: &mut [T],
    len: usize,
    cost: usize,
    work: impl Fn(usize, &mut [T]) + Send + Sync,
) {
    let len = len.max(1);
    if cost < 2 * WORTH_A_THREAD || out.len() <= len || rayon::current_num_threads() == 1 {
        out.chunks_mut(len)
            .enumerate()
            .for_each(|(index, chunk)| work(index, chunk));
    } else {
        out.par_chunks_mut(len)
            .enumerate()
            .for_each(|(index, chunk)| work(index, chunk));
    }
}

/// How many rows of `cost_per_row` each make a piece, for `rows` rows.
pub fn rows_per_piece(rows: usize, cost_per_row: usize) -> usize {
    // Sixteen pieces keep two to sixteen threads busy; none below the threshold.
    let even = rows.div_ceil(16);
    even.max(WORTH_A_THREAD.div_ceil(cost_per_row.max(1)))
        .max(1)
}

/// How many rows of a matrix product make a piece where each piece orders the
/// matrix on the right anew, which thirty-two rows pay for.
pub fn rows_of_product(rows: usize, cost_per_row: usize) -> usize {
    rows_per_piece(rows, cost_per_row)
        .max(32)
        .next_multiple_of(16)
}
