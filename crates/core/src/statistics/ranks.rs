//! Ranks: where every value stands among the others.
//!
//! Equal values share one rank; negative zero equals zero. A NaN stands above
//! every number (below, if its sign is set), so that sorting is total; the
//! statistics built on ranks refuse NaN themselves.

use rayon::slice::ParallelSliceMut;

/// An integer that orders as the number does.
fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

/// Keys and indices, sorted by value, then by index.
fn sorted(values: &[f64]) -> Vec<(u64, u32)> {
    let mut keys: Vec<(u64, u32)> = values
        .iter()
        .zip(0..)
        .map(|(&value, index)| (key(value), index))
        .collect();
    // Keys with their index are unique, so the order does not depend on threads.
    keys.par_sort_unstable();
    keys
}

/// The indices that sort the values upwards; equal values stay in place.
pub fn order(values: &[f64]) -> Vec<usize> {
    sorted(values)
        .into_iter()
        .map(|(_, index)| index as usize)
        .collect()
}

/// Ranks without gaps, from 0: equal values share a rank, the next larger value
/// has the next one.
pub fn dense_ranks(values: &[f64]) -> Vec<u32> {
    let keys = sorted(values);
    let mut out = vec![0; values.len()];
    let mut rank = 0;
    for (i, &(key, index)) in keys.iter().enumerate() {
        rank += u32::from(i > 0 && keys[i - 1].0 != key);
        out[index as usize] = rank;
    }
    out
}

/// Ranks from 1, where equal values share the mean of the ranks that they take.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let keys = sorted(values);
    let mut out = vec![0.0; values.len()];
    let mut first = 0;
    for tied in keys.chunk_by(|a, b| a.0 == b.0) {
        let last = first + tied.len();
        for &(_, index) in tied {
            out[index as usize] = (first + 1 + last) as f64 / 2.0;
        }
        first = last;
    }
    out
}

/// The weight below each value and half of that of its equals: the ranks of
/// events that count by their weights, up to the constant 1/2.
pub fn weighted_ranks(values: &[f64], weights: &[f64]) -> Vec<f64> {
    assert_eq!(values.len(), weights.len(), "one weight per value");
    let keys = sorted(values);
    let mut out = vec![0.0; values.len()];
    let mut below = 0.0;
    for tied in keys.chunk_by(|a, b| a.0 == b.0) {
        let own: f64 = tied.iter().map(|&(_, index)| weights[index as usize]).sum();
        for &(_, index) in tied {
            out[index as usize] = below + own / 2.0;
        }
        below += own;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_the_mean_rank() {
        assert_eq!(ranks(&[3.0, -1.0, 3.0, 7.0]), [2.5, 1.0, 2.5, 4.0]);
        assert_eq!(dense_ranks(&[3.0, -1.0, 3.0, 7.0]), [1, 0, 1, 2]);
    }

    #[test]
    fn weights_of_one_give_the_ranks_less_a_half() {
        let values = [3.0, -1.0, 3.0, 7.0];
        let expected = ranks(&values)
            .iter()
            .map(|rank| rank - 0.5)
            .collect::<Vec<_>>();
        assert_eq!(weighted_ranks(&values, &[1.0; 4]), expected);
        assert_eq!(
            weighted_ranks(&values, &[1.0, 2.0, 3.0, 1.0]),
            [4.0, 1.0, 4.0, 6.5]
        );
    }

    #[test]
    fn negative_zero_ties_with_zero() {
        assert_eq!(dense_ranks(&[0.0, -0.0, -1e-300, 1e-300]), [1, 1, 0, 2]);
    }

    #[test]
    fn sorting_keeps_equal_values_in_place() {
        assert_eq!(
            order(&[1.0, 0.0, 1.0, 0.0, f64::NEG_INFINITY]),
            [4, 1, 3, 0, 2]
        );
    }
}
