//! 1 where `a ≥ b`, else 0.

use crate::ops::comparison::comparison;

comparison! {
    /// 1 where `a ≥ b`, else 0; its derivative is taken as 0.
    GreaterOrEqual, |a, b| a >= b
}
