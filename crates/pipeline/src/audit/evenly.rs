//! Some jets of many, evenly, where nobody knows how many there are.
//!
//! Every `step`-th jet is kept; whenever twice as many are kept as are wanted, every
//! second one goes and the step doubles. At the end the wanted number is taken at
//! equal distances.

use crate::PipelineError;
use crate::source::Events;

/// Jets that are kept of those that were met.
pub(super) struct Evenly {
    kept: Events,
    wanted: usize,
    step: usize,
    met: usize,
}

impl Evenly {
    /// Keeps about so many, and one at least.
    pub fn new(wanted: usize) -> Self {
        Self {
            kept: Events::default(),
            wanted: wanted.max(1),
            step: 1,
            met: 0,
        }
    }

    /// The next jets.
    pub fn add(&mut self, events: &Events) -> Result<(), PipelineError> {
        let rows = (0..events.len()).filter(|i| (self.met + i).is_multiple_of(self.step));
        let rows: Vec<usize> = rows.collect();
        self.kept.append(&events.select(&rows))?;
        self.met += events.len();
        while self.kept.len() >= 2 * self.wanted {
            let rows: Vec<usize> = (0..self.kept.len()).step_by(2).collect();
            self.kept = self.kept.select(&rows);
            self.step *= 2;
        }
        Ok(())
    }

    /// As many as were wanted, if there were so many.
    pub fn finish(self) -> Events {
        let (all, wanted) = (self.kept.len(), self.wanted.min(self.kept.len()));
        let rows: Vec<usize> = (0..wanted).map(|i| i * all / wanted).collect();
        self.kept.select(&rows)
    }
}

#[cfg(test)]
mod tests {
    use pellucid_core::Target;

    use super::*;

    /// Jets known by their places.
    fn jets(places: std::ops::Range<usize>) -> Events {
        let mut jets = pellucid_observables::Jets::default();
        let momentum = pellucid_observables::jets::kinematics::Momentum {
            pt: 1.0,
            ..Default::default()
        };
        for _ in places.clone() {
            jets.push(&[momentum]).unwrap();
        }
        Events {
            inputs: (&jets).into(),
            target: Target {
                groups: places.map(|place| (0, place as i64)).collect(),
                ..Target::default()
            },
            ..Events::default()
        }
    }

    #[test]
    fn as_many_as_are_wanted_are_taken_evenly_whatever_the_batches() {
        for (all, wanted) in [(1000, 100), (1000, 7), (1024, 100), (50, 100), (3, 1)] {
            let of = |batch: usize| {
                let mut evenly = Evenly::new(wanted);
                for first in (0..all).step_by(batch) {
                    evenly.add(&jets(first..(first + batch).min(all))).unwrap();
                }
                let kept = evenly.finish();
                kept.groups()
                    .iter()
                    .map(|(_, i)| *i as usize)
                    .collect::<Vec<_>>()
            };
            let kept = of(13);
            assert_eq!(kept, of(1));
            assert_eq!(kept, of(500));
            assert_eq!(kept.len(), wanted.min(all));
            // No stretch is left out: what lies between two is at most two steps
            // of twice the even distance.
            let far = 4 * all.div_ceil(wanted);
            assert!(
                kept.windows(2).all(|pair| pair[1] - pair[0] <= far),
                "{kept:?}"
            );
            assert!(all - kept[kept.len() - 1] <= far);
        }
    }
}
