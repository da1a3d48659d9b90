//! The ranges of the numbers that particles and jets may have, and their words.

use crate::ObservableError;

/// Masses down to here are rounding errors of 0, GeV: files in single
/// precision take the root of a difference of squares near (300 GeV)².
const MASS_TOLERANCE: f64 = -0.1;

/// Beyond this no particle of a collider goes, and `exp(|y|)` is safe.
const LARGEST_RAPIDITY: f64 = 100.0;

/// Two turns: azimuths of `[-π, π]`, of `[0, 2π]` and the sums and differences of
/// two. Degrees leave it at once.
const LARGEST_ANGLE: f64 = 2.0 * std::f64::consts::TAU;

/// The range of transverse momenta that carry energy flow, GeV. Generators do make
/// particles of 1e-12 GeV along the beam of a decay; the powers of momenta that
/// searches use (down to -1, at up to eight vertices) stay far from overflow.
const PT_RANGE: std::ops::RangeInclusive<f64> = 1e-15..=1e9;

pub(super) const PT: &str = "a transverse momentum of 0 to 1e9 GeV";
pub(super) const POSITIVE: &str = "a transverse momentum above 0 (1e-15 to 1e9 GeV)";
pub(super) const DIRECTION: &str = "a finite number of at most 100 in size";
pub(super) const ANGLE: &str =
    "an angle in radians, of at most 4π in size; degrees must be converted";
pub(super) const MASS: &str = "a finite mass of at least 0";
pub(super) const ENERGY: &str = "an energy of 0 to 1e9 GeV";

/// A transverse momentum, 0 included.
pub(super) fn is_pt(pt: f64) -> bool {
    (0.0..=1e9).contains(&pt)
}

/// The transverse momentum of what has a direction.
pub(super) fn is_positive(pt: f64) -> bool {
    PT_RANGE.contains(&pt)
}

pub(super) fn is_mass(m: f64) -> bool {
    m.is_finite() && (MASS_TOLERANCE..=1e9).contains(&m)
}

pub(super) fn is_energy(e: f64) -> bool {
    (0.0..=1e9).contains(&e)
}

pub(super) fn is_direction(y: f64) -> bool {
    y.abs() <= LARGEST_RAPIDITY
}

pub(super) fn is_angle(phi: f64) -> bool {
    phi.abs() <= LARGEST_ANGLE
}

/// The value, or the error that names its row, column and entry.
pub(super) fn check(
    row: usize,
    column: &str,
    entry: Option<usize>,
    value: f64,
    expected: &'static str,
    sound: fn(f64) -> bool,
) -> Result<f64, ObservableError> {
    if sound(value) {
        Ok(value)
    } else {
        Err(ObservableError::Value {
            row,
            column: column.to_owned(),
            entry,
            value,
            expected,
        })
    }
}
