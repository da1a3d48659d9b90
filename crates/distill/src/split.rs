//! Train, validation and test parts that share no event of nature.
//!
//! Two jets of one collision are not independent. Whole groups go into a part:
//! they are shuffled and dealt out until a part has its share of the entries.

use std::collections::BTreeMap;

use pellucid_core::random;
use serde::{Deserialize, Serialize};

use crate::DistillError;

/// Which entries train, which choose, which judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Entries that networks are fitted to.
    pub train: Vec<usize>,
    /// Entries that say when to stop training.
    pub valid: Vec<usize>,
    /// Entries that nothing is chosen by.
    pub test: Vec<usize>,
}

/// Splits entries by the group that each belongs to, such as `(file, event)`,
/// into train, validation and test parts of about these shares.
///
/// Each part is in rising order. Groups are dealt out in an order that depends
/// on the seed and on the groups alone, not on the order of the entries.
pub fn split_by_group<G: Ord>(
    groups: &[G],
    fractions: [f64; 3],
    seed: u64,
) -> Result<Split, DistillError> {
    let sum: f64 = fractions.iter().sum();
    if fractions
        .iter()
        .any(|&share| share.is_nan() || share <= 0.0)
        || (sum - 1.0).abs() > 1e-9
    {
        return Err(DistillError::Fractions { fractions });
    }
    let mut members: BTreeMap<&G, Vec<usize>> = BTreeMap::new();
    for (entry, group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(entry);
    }
    let members: Vec<Vec<usize>> = members.into_values().collect();
    let ends = [fractions[0], fractions[0] + fractions[1]].map(|end| end * groups.len() as f64);
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    let mut dealt = 0;
    for group in random::permutation(members.len(), &mut random::stream(seed, 0)) {
        // By where the middle of the group falls, so that shares are unbiased.
        let middle = dealt as f64 + members[group].len() as f64 / 2.0;
        let part = ends.iter().filter(|&&end| middle >= end).count();
        parts[part].extend(&members[group]);
        dealt += members[group].len();
    }
    let [train, valid, test] = parts.map(|mut part| {
        part.sort_unstable();
        part
    });
    Ok(Split { train, valid, test })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jets_of_one_event_stay_together_and_none_is_lost() {
        let groups: Vec<(u8, usize)> = (0..1000).map(|i| (u8::from(i % 2 == 0), i / 4)).collect();
        let split = split_by_group(&groups, [0.6, 0.2, 0.2], 3).unwrap();
        let part_of = |entry| -> usize {
            [&split.train, &split.valid, &split.test]
                .iter()
                .position(|part| part.contains(&entry))
                .unwrap()
        };
        for i in 0..1000 {
            for j in (0..1000).filter(|&j| groups[j] == groups[i]) {
                assert_eq!(part_of(i), part_of(j));
            }
        }
        // Groups of two: a share is met to one group.
        assert!(split.train.len().abs_diff(600) <= 2);
        assert!(split.test.len().abs_diff(200) <= 2);
        assert_eq!(
            split.train.len() + split.valid.len() + split.test.len(),
            1000
        );
    }

    #[test]
    fn shares_that_do_not_add_up_are_refused() {
        assert!(split_by_group(&[1, 2], [0.5, 0.5, 0.5], 0).is_err());
        assert!(split_by_group(&[1, 2], [1.0, 0.0, 0.0], 0).is_err());
        assert!(split_by_group(&[1, 2], [f64::NAN, 0.5, 0.5], 0).is_err());
    }
}
