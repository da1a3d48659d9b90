//! Columns and target measured in units of their own.
//!
//! $$ u_v = \frac{x_v - o_v}{2^{k_v}}, \qquad \eta = \frac{y}{2^{k_y}} $$
//!
//! A search begins its constants at 1, asks what `1 + x` and `e^x` are, and keeps values
//! in single precision: all of that means something for columns of the size of 1 only. So
//! a column that is far from this size is divided by a power of two, and a law that was
//! found is written back: `c u` is `(c/2^k) x`.
//!
//! * **Which columns:** those whose largest modulus is below 1/128 or from 2048 on, so that
//!   tables in natural units are searched as they are. Columns of like size share a
//!   factor, so that their differences stay differences; where units are given, factors
//!   are first looked for that are a change of base units, which keeps laws between
//!   columns as they are.
//! * **Origins:** a column that hardly changes beside what it is, such as a Julian date,
//!   is counted from a round number within it.
//! * **Exactness:** dividing by a power of two changes no digit, so a table in a unit
//!   2ⁿ times as large is the same table to the search.
//! * **Where not:** templates, guesses of limits and other statements on columns, and
//!   losses with a scale of their own are about the numbers of the table; there the table
//!   is searched as it is.

mod carry;

use super::problem::Problem;
use super::settings::Settings;
use crate::error::SymbolicError;
use crate::expression::Expression;
use crate::loss::Kind;
use crate::units::Dimensions;
pub(crate) use carry::Carry;

/// Binary exponents of the largest modulus of a column that is left as it is.
const ORDINARY: std::ops::RangeInclusive<i32> = -7..=10;
/// The same of a target, whose size matters to the fit of constants only.
const ORDINARY_TARGET: std::ops::RangeInclusive<i32> = -20..=20;
/// Columns that are out of the ordinary share a factor within so many octaves.
const ALIKE: i32 = 6;
/// An ordinary column takes part in that where it is so near.
const NEAR: i32 = 2;
/// From this ratio of offset and range on a column is counted from an origin.
const FAR: f64 = 1000.0;
/// Beyond these binary exponents the squares of squares of a column are no numbers any
/// more, and laws are chosen on the scaled table, too.
const SAFE: std::ops::RangeInclusive<i32> = -100..=100;

/// The units in which a table is searched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scaling {
    /// Of every column, leaves included.
    columns: Vec<Unit>,
    /// The target's factor `k_y`.
    target: i32,
}

/// The unit of one column.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Unit {
    /// The factor is `2^exponent`.
    pub exponent: i32,
    /// What is subtracted first.
    pub origin: f64,
}

/// `2^k`, exact.
pub(crate) fn power_of_two(k: i32) -> f64 {
    let half = k / 2;
    2.0_f64.powi(half) * 2.0_f64.powi(k - half)
}

/// The binary exponent of the largest modulus; `None` if all are zero.
fn exponent(values: &[f64]) -> Option<i32> {
    let largest = values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    (largest > 0.0).then(|| largest.log2().floor() as i32)
}

impl Scaling {
    /// The units for a search of a table with its leaves.
    pub fn of(problem: &Problem, settings: &Settings, dimensions: Option<&Dimensions>) -> Self {
        let mut out = Self {
            columns: vec![Unit::default(); problem.columns().len()],
            target: 0,
        };
        let about_numbers = settings.template.is_some()
            || settings.constraints.about_columns()
            || settings
                .units
                .as_ref()
                .is_some_and(|u| u.groups == crate::units::Groups::Only);
        if about_numbers {
            return out;
        }
        // Another loss than squares has a scale of its own, or is about counts.
        let squares = settings.loss == Kind::default();
        let exponents: Vec<Option<i32>> = problem.columns().iter().map(|c| exponent(c)).collect();
        let target = exponent(problem.target()).filter(|_| squares);
        let wide = |e: &Option<i32>| e.is_some_and(|e| !ORDINARY.contains(&e));
        let far = target.is_some_and(|e| !ORDINARY_TARGET.contains(&e));
        let coherent = dimensions
            .filter(|_| squares && (far || exponents.iter().any(wide)))
            .and_then(|d| coherent(d, &exponents, target));
        if let Some((columns, target)) = coherent {
            for (unit, exponent) in out.columns.iter_mut().zip(columns) {
                unit.exponent = exponent;
            }
            out.target = target;
        } else {
            let shared = shared(&exponents);
            for (unit, exponent) in out.columns.iter_mut().zip(shared) {
                unit.exponent = exponent;
            }
            out.target = target.filter(|_| far).unwrap_or(0);
        }
        if dimensions.is_none_or(|d| !d.strict()) {
            for (unit, column) in out.columns.iter_mut().zip(problem.columns()) {
                if let Some(origin) = origin(column) {
                    let moved: Vec<f64> = column.iter().map(|x| x - origin).collect();
                    let exponent = exponent(&moved).filter(|e| !ORDINARY.contains(e));
                    *unit = Unit {
                        exponent: exponent.map_or(0, |e| e - 1),
                        origin,
                    };
                }
            }
        }
        out
    }

    /// The same, or an error that names a column whose numbers are out of reach and may
    /// not be scaled.
    pub fn checked(
        problem: &Problem,
        settings: &Settings,
        dimensions: Option<&Dimensions>,
    ) -> Result<Self, SymbolicError> {
        let scaling = Self::of(problem, settings, dimensions);
        let scaled = scaling.scaled(problem);
        let columns = scaled.columns().iter().zip(scaled.names());
        let columns = columns.map(|(values, name)| (values.as_slice(), name.as_str()));
        for (values, name) in columns.chain([(scaled.target(), scaled.target_name())]) {
            if exponent(values).is_some_and(|e| !SAFE.contains(&e)) {
                return Err(SymbolicError::Magnitude {
                    column: name.to_owned(),
                    value: values.iter().fold(0.0, |m: f64, x| m.max(x.abs())),
                    why: "templates, constraints on columns and losses other than squares are \
                          about the numbers as they stand, so that they are not scaled",
                });
            }
        }
        Ok(scaling)
    }

    /// The units for choosing among laws: those of the search if numbers of the table are
    /// so large or small that their powers are no numbers, else none.
    pub fn of_extremes(
        problem: &Problem,
        settings: &Settings,
        dimensions: Option<&Dimensions>,
    ) -> Option<Self> {
        let columns = problem.columns().iter().map(Vec::as_slice);
        let mut all = columns.chain([problem.target()]);
        let unsafe_ = all.any(|c| exponent(c).is_some_and(|e| !SAFE.contains(&e)));
        let scaling = unsafe_.then(|| Self::of(problem, settings, dimensions))?;
        (!scaling.is_identity()).then_some(scaling)
    }

    /// Whether nothing is scaled.
    pub fn is_identity(&self) -> bool {
        self.target == 0 && self.columns.iter().all(|unit| *unit == Unit::default())
    }

    /// The factor of the target.
    pub fn of_target(&self) -> f64 {
        power_of_two(self.target)
    }

    /// The table in these units.
    pub fn scaled(&self, problem: &Problem) -> Problem {
        if self.is_identity() {
            return problem.clone();
        }
        let columns = problem.columns().iter().zip(&self.columns);
        let columns = columns.map(|(column, unit)| {
            let values = column.iter();
            values
                .map(|x| over(x - unit.origin, unit.exponent))
                .collect()
        });
        let target = problem.target().iter().map(|y| over(*y, self.target));
        let factors: Vec<f64> = self
            .columns
            .iter()
            .map(|unit| power_of_two(unit.exponent))
            .collect();
        let factors = (factors.as_slice(), self.of_target());
        problem.with_values(columns.collect(), target.collect(), factors)
    }

    /// A law over the scaled table as one over the table.
    pub fn outward(&self, law: &Expression) -> Expression {
        let parts = self.columns.iter().map(|unit| Unit {
            exponent: -unit.exponent,
            origin: unit.origin,
        });
        Carry::outward(parts.collect(), self.target).law(law)
    }

    /// A law over the table as one over the scaled table.
    pub fn inward(&self, law: &Expression) -> Expression {
        Carry::inward(self.columns.clone(), -self.target).law(law)
    }
}

/// `x/2^k`, in two steps, since the factor itself may be no number.
fn over(x: f64, k: i32) -> f64 {
    let half = k / 2;
    x * power_of_two(-half) * power_of_two(half - k)
}

/// A round number within a column that changes little beside it.
fn origin(column: &[f64]) -> Option<f64> {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = high - low;
    let offset = low.abs().min(high.abs());
    if !(range > 0.0 && low * high > 0.0 && offset > FAR * range) {
        return None;
    }
    let step = 10.0_f64.powi(range.log10().floor() as i32);
    let origin = (0.5 * (low + high) / step).round() * step;
    origin.is_finite().then_some(origin)
}

/// Factors of columns that are out of the ordinary; those of like size share one.
fn shared(exponents: &[Option<i32>]) -> Vec<i32> {
    let mut out = vec![0; exponents.len()];
    let mut order: Vec<(i32, usize)> = exponents
        .iter()
        .enumerate()
        .filter_map(|(v, e)| Some((e.filter(|e| !ORDINARY.contains(e))?, v)))
        .collect();
    order.sort_by_key(|&(e, v)| (-e, v));
    let mut top: Option<i32> = None;
    let mut tops = Vec::new();
    for (e, v) in order {
        let fits = top.is_some_and(|t| t - e <= ALIKE && (t > 0) == (e > 0));
        if !fits {
            top = Some(e);
            tops.push(e);
        }
        // The largest modulus of a group is from 2 to 4.
        out[v] = top.unwrap_or(e) - 1;
    }
    for (v, e) in exponents.iter().enumerate() {
        let Some(e) = e.filter(|e| ORDINARY.contains(e)) else {
            continue;
        };
        if let Some(top) = tops.iter().find(|t| (*t - e).abs() <= NEAR) {
            out[v] = top - 1;
        }
    }
    out
}

/// Factors that are a change of base units and make all columns ordinary; `None` if there
/// are none.
fn coherent(
    dimensions: &Dimensions,
    exponents: &[Option<i32>],
    target: Option<i32>,
) -> Option<(Vec<i32>, i32)> {
    let of = |place: usize| dimensions.variable(place as u16).powers();
    let rows: Vec<([f64; 7], f64)> = exponents
        .iter()
        .enumerate()
        .filter_map(|(v, e)| Some((of(v), f64::from((*e)? - 1))))
        .chain(target.map(|e| (dimensions.target().powers(), f64::from(e - 1))))
        .collect();
    // Least squares with a slight pull to no change, which decides what columns do not.
    let mut matrix = vec![0.0; 49];
    let mut right = vec![0.0; 7];
    for i in 0..7 {
        matrix[i * 7 + i] = 1e-3;
        for (powers, wanted) in &rows {
            right[i] += powers[i] * wanted;
            for j in 0..7 {
                matrix[i * 7 + j] += powers[i] * powers[j];
            }
        }
    }
    let bases = crate::fit::solve(&matrix, &right)?;
    // Even ones, so that roots of units stay powers of two.
    let bases: Vec<f64> = bases.iter().map(|b| 2.0 * (b / 2.0).round()).collect();
    let factor = |powers: [f64; 7]| -> Option<i32> {
        let sum: f64 = powers.iter().zip(&bases).map(|(p, b)| p * b).sum();
        (sum.fract() == 0.0).then_some(sum as i32)
    };
    let columns = (0..exponents.len())
        .map(|v| factor(of(v)))
        .collect::<Option<Vec<i32>>>()?;
    let of_target = factor(dimensions.target().powers())?;
    let ordinary = exponents.iter().zip(&columns).all(|(e, k)| {
        let range = ORDINARY.start() - NEAR..=ORDINARY.end() + NEAR;
        e.is_none_or(|e| range.contains(&(e - k)))
    });
    let close = target.is_none_or(|e| ORDINARY_TARGET.contains(&(e - of_target)));
    (ordinary && close).then_some((columns, of_target))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(columns: Vec<Vec<f64>>, target: Vec<f64>) -> Problem {
        let columns = columns.into_iter().enumerate();
        let features = columns.map(|(i, c)| (format!("x{i}"), c)).collect();
        Problem::new(features, ("y".to_owned(), target), None).unwrap()
    }

    #[test]
    fn ordinary_columns_stay_and_those_of_like_size_share_a_factor() {
        let column = |size: f64| (1..=8).map(|i| f64::from(i) * size).collect::<Vec<f64>>();
        let table = problem(
            vec![column(0.5), column(2e8), column(7e8), column(3e-12)],
            column(1e26),
        );
        let found = Scaling::of(&table, &Settings::default(), None);
        assert_eq!(found.columns[0], Unit::default());
        assert_eq!(found.columns[1].exponent, found.columns[2].exponent);
        let scaled = found.scaled(&table);
        for column in scaled.columns().iter().chain([&scaled.target().to_vec()]) {
            let exponent = exponent(column).unwrap();
            assert!(ORDINARY.contains(&exponent), "{exponent}");
        }
    }

    #[test]
    fn a_unit_twice_as_large_gives_the_same_table() {
        let base: Vec<f64> = (1..=9).map(|i| 1e7 * f64::from(i).sqrt()).collect();
        let times = |f: f64| base.iter().map(|x| x * f).collect::<Vec<f64>>();
        let of = |f: f64| {
            let table = problem(vec![times(f)], times(1e40 * f * f));
            let scaling = Scaling::of(&table, &Settings::default(), None);
            let scaled = scaling.scaled(&table);
            (scaled.columns().to_vec(), scaled.target().to_vec())
        };
        assert_eq!(of(1.0), of(2.0_f64.powi(30)));
    }

    #[test]
    fn a_julian_date_is_counted_from_a_round_number_within() {
        let dates: Vec<f64> = (0..50).map(|i| 2_459_000.25 + 3.7 * f64::from(i)).collect();
        let found = origin(&dates).unwrap();
        assert_eq!(found, 2_459_100.0);
        assert_eq!(origin(&[1.0, 2.0, 3.0]), None);
    }
}
