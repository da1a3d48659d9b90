//! Whether the changes that a function owes to its columns balance.
//!
//! $$ b = \operatorname{median}\frac{\left|\sum_i \partial f/\partial x_i\,\dot x_i\right|}
//!                                  {\sum_i \left|\partial f/\partial x_i\,\dot x_i\right|} $$
//!
//! over the states of a motion: 0 for what is conserved, 1 for a function whose changes do
//! not balance at all, one of a single column for example. For two columns it says the same
//! as the ratio of their rates that M. Schmidt and H. Lipson compare (Science 324 (2009)
//! 81); for more, ratios of pairs prefer functions of two columns to the energy, and this
//! does not.

/// The balance of a function from what its change owes to each column, at every state.
pub fn balance(owed: &[&[f64]]) -> f64 {
    let count = owed.first().map_or(0, |column| column.len());
    let mut ratios: Vec<f64> = (0..count)
        .filter_map(|row| {
            let parts = owed.iter().map(|column| column[row]);
            let (mut sum, mut sizes) = (0.0, 0.0);
            for part in parts {
                sum += part;
                sizes += f64::abs(part);
            }
            (sizes > 0.0).then(|| f64::abs(sum) / sizes)
        })
        .collect();
    if ratios.is_empty() {
        return 1.0;
    }
    let middle = ratios.len() / 2;
    *ratios.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_balances_and_one_column_does_not() {
        let angles: Vec<f64> = (1..100).map(|i| 0.1 * f64::from(i)).collect();
        // Of x² + v² with x = sin t, v = cos t.
        let of_x: Vec<f64> = angles.iter().map(|a| 2.0 * a.sin() * a.cos()).collect();
        let of_v: Vec<f64> = of_x.iter().map(|x| -x).collect();
        assert!(balance(&[&of_x, &of_v]) < 1e-12);
        assert!(balance(&[&of_x, &[0.0; 99]]) > 0.999);
        // Nothing changes: nothing balances.
        assert_eq!(balance(&[&[0.0; 9]]), 1.0);
    }
}
