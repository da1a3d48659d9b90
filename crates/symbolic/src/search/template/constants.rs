//! Templates that leave only constants open: nothing is searched for, they are fitted.
//!
//! `a[]*exp(b[]*x) + c[kind]` has many optima, so the fit begins in many places: constants
//! of either sign whose sizes spread over one decade, over several, and over all that a
//! table in any units may need.

use pellucid_core::random::{stream, uniform};

use super::Template;
use crate::expression::Expression;

/// Half the decades that the sizes of constants spread over.
const DECADES: [f64; 4] = [0.5, 1.5, 4.0, 12.0];
/// Places to begin at for each of these.
const STARTS: usize = 48;

impl Template {
    /// Whether constants are all that is open.
    pub fn only_constants(&self) -> bool {
        self.functions.is_empty()
    }

    /// Constants to begin the fit with, always the same for a seed.
    pub fn starts(&self, seed: u64) -> Vec<Expression> {
        let mut rng = stream(seed, u64::MAX - 1);
        let ones = vec![1.0; self.tail()];
        let mut out = vec![self.joined(&[], &ones)];
        for decades in DECADES {
            for _ in 0..STARTS {
                let constants: Vec<f64> = ones
                    .iter()
                    .map(|one: &f64| {
                        let sign = if uniform(&mut rng) < 0.5 { -1.0 } else { 1.0 };
                        let size = decades * (2.0 * uniform(&mut rng) - 1.0);
                        one.copysign(sign) * 10.0_f64.powf(size)
                    })
                    .collect();
                out.push(self.joined(&[], &constants));
            }
        }
        out
    }
}
