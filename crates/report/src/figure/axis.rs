//! Axes: ranges, ticks and their labels.
//!
//! Linear ticks are 1, 2 or 5 times a power of ten. Logarithmic ticks are the
//! powers of ten, written as `10ⁿ`, with the multiples between them as short
//! ticks; over less than two decades the multiples 2 and 5 are labelled too.

use crate::number;

/// How values become distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// In proportion.
    #[default]
    Linear,
    /// By their logarithm; values that are not positive are not drawn.
    Log,
}

/// What an axis shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// The quantity, as prose.
    pub label: String,
    /// Its unit; empty for a pure number.
    pub unit: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// The range; found from the data if not given.
    pub range: Option<(f64, f64)>,
    /// Ticks with their labels, in place of those chosen here.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis over the range of the data.
    pub fn new(label: &str, unit: &str) -> Self {
        Self {
            label: label.to_owned(),
            unit: unit.to_owned(),
            ..Self::default()
        }
    }

    /// Makes it logarithmic.
    #[must_use]
    pub fn log(mut self) -> Self {
        self.scale = Scale::Log;
        self
    }

    /// Fixes its range.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Names its ticks.
    #[must_use]
    pub fn ticks(mut self, ticks: Vec<(f64, String)>) -> Self {
        self.ticks = ticks;
        self
    }

    /// `label [unit]`.
    pub(super) fn title(&self) -> String {
        if self.unit.is_empty() {
            self.label.clone()
        } else {
            format!("{} [{}]", self.label, self.unit)
        }
    }

    /// The axis over these values, laid from pixel `start` to pixel `end`.
    pub(super) fn lay(&self, values: impl Iterator<Item = f64>, start: f64, end: f64) -> Laid {
        let log = self.scale == Scale::Log;
        let (mut low, mut high) = self.range.unwrap_or_else(|| {
            let usable = values.filter(|v| v.is_finite() && (!log || *v > 0.0));
            let (low, high) = usable.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
                (a.min(v), b.max(v))
            });
            if low > high {
                if log { (1.0, 10.0) } else { (0.0, 1.0) }
            } else {
                padded(low, high, log)
            }
        });
        let sound = low.is_finite() && high.is_finite() && low < high && (!log || low > 0.0);
        if !sound {
            (low, high) = if log { (1.0, 10.0) } else { (0.0, 1.0) };
        }
        Laid {
            low,
            high,
            log,
            start,
            end,
            named: self.ticks.clone(),
        }
    }
}

/// A little room on both sides, and room around a single value.
fn padded(low: f64, high: f64, log: bool) -> (f64, f64) {
    if log {
        let factor = (high / low).powf(0.04).max(1.1);
        return (low / factor, high * factor);
    }
    let room = if high > low {
        (high - low) * 0.05
    } else {
        high.abs().max(1.0) * 0.1
    };
    (low - room, high + room)
}

/// A tick: its value, and its label if it has one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: Option<String>,
}

/// An axis laid out over pixels.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    pub low: f64,
    pub high: f64,
    log: bool,
    start: f64,
    end: f64,
    named: Vec<(f64, String)>,
}

impl Laid {
    /// The pixel of a value, if the scale has one.
    pub fn at(&self, value: f64) -> Option<f64> {
        let map = |v: f64| if self.log { v.ln() } else { v };
        let fraction = (map(value) - map(self.low)) / (map(self.high) - map(self.low));
        fraction
            .is_finite()
            .then_some(self.start + fraction * (self.end - self.start))
    }

    /// The pixel of a value, held within a little more than the axis, so that
    /// lines that leave the frame leave it in the right direction.
    pub fn held(&self, value: f64) -> Option<f64> {
        let slack = 2.0 * (self.end - self.start).abs();
        let (a, b) = (self.start.min(self.end), self.start.max(self.end));
        if self.log && value <= 0.0 {
            return Some(self.start + (self.start - self.end).signum() * slack);
        }
        self.at(value).map(|p| p.clamp(a - slack, b + slack))
    }

    /// Whether the value lies on the axis.
    pub fn holds(&self, value: f64) -> bool {
        // A millionth of the range is lent, so that an end that was computed counts as the end.
        let along = |v: f64| if self.log { v.ln() } else { v };
        let (low, high) = (along(self.low), along(self.high));
        let slack = (high - low) * 1e-6;
        (low - slack..=high + slack).contains(&along(value))
    }

    pub fn start(&self) -> f64 {
        self.start
    }

    pub fn end(&self) -> f64 {
        self.end
    }

    /// Ticks, about one per `spacing` pixels.
    pub fn ticks(&self, spacing: f64) -> Vec<Tick> {
        if !self.named.is_empty() {
            let label = |(value, label): &(f64, String)| Tick {
                value: *value,
                label: Some(label.clone()),
            };
            return self
                .named
                .iter()
                .filter(|(value, _)| self.holds(*value))
                .map(label)
                .collect();
        }
        let room = ((self.end - self.start).abs() / spacing).max(2.0);
        if self.log {
            self.log_ticks(room)
        } else {
            self.linear_ticks(room)
        }
    }

    fn linear_ticks(&self, room: f64) -> Vec<Tick> {
        let (step, decimals) = step((self.high - self.low) / room);
        let (first, last) = (
            (self.low / step - 1e-6).ceil() as i64,
            (self.high / step + 1e-6).floor() as i64,
        );
        (first..=last)
            .map(|i| {
                let value = i as f64 * step;
                Tick {
                    value,
                    label: Some(linear_label(value, step, decimals)),
                }
            })
            .collect()
    }

    fn log_ticks(&self, room: f64) -> Vec<Tick> {
        let (first, last) = (
            self.low.log10().floor() as i32,
            self.high.log10().ceil() as i32,
        );
        let decades = (self.high / self.low).log10();
        // Every n-th decade is labelled when there are more than fit.
        let every = (decades / room).ceil().max(1.0) as i32;
        let between = decades < 2.0;
        let mut out = Vec::new();
        for decade in first..=last {
            for multiple in 1..10 {
                let value = f64::from(multiple) * 10_f64.powi(decade);
                if !self.holds(value) || (every > 1 && multiple > 1) {
                    continue;
                }
                let label = match multiple {
                    1 if decade.rem_euclid(every) == 0 => {
                        Some(format!("$10^{{{}}}$", minus(decade)))
                    }
                    2 | 5 if between => {
                        Some(format!("${multiple}\\times10^{{{}}}$", minus(decade)))
                    }
                    _ => None,
                };
                out.push(Tick { value, label });
            }
        }
        out
    }
}

fn minus(n: i32) -> String {
    if n < 0 {
        format!("−{}", n.unsigned_abs())
    } else {
        n.to_string()
    }
}

/// The nice step at or above `least`, and the decimals that it needs.
fn step(least: f64) -> (f64, i32) {
    let exponent = least.log10().floor();
    let unit = 10_f64.powf(exponent);
    let multiple = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|m| m * unit >= least * 0.999)
        .unwrap_or(10.0);
    let decimals = if multiple == 10.0 {
        -exponent - 1.0
    } else {
        -exponent
    };
    (multiple * unit, decimals as i32)
}

fn linear_label(value: f64, step: f64, decimals: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if (step >= 1e5) || decimals > 4 {
        return number::significant(value, 3);
    }
    let text = format!("{value:.*}", decimals.max(0) as usize);
    text.strip_prefix('-')
        .map_or(text.clone(), |rest| format!("−{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, spacing: f64) -> Vec<String> {
        let laid = axis.lay(std::iter::empty(), 0.0, 300.0);
        laid.ticks(spacing)
            .into_iter()
            .filter_map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(
            labels(&Axis::new("", "").range(0.0, 1.0), 60.0),
            ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            labels(&Axis::new("", "").range(-0.8, 0.8), 60.0),
            ["−0.5", "0", "0.5"]
        );
        assert_eq!(
            labels(&Axis::new("", "").range(0.0, 212.0), 60.0),
            ["0", "50", "100", "150", "200"]
        );
    }

    #[test]
    fn logarithmic_ticks_end_with_the_axis_however_small_it_begins() {
        let axis = Axis::new("", "").log().range(0.5e-8, 0.2);
        let laid = axis.lay(std::iter::empty(), 0.0, 600.0);
        let values: Vec<f64> = laid.ticks(60.0).iter().map(|tick| tick.value).collect();
        assert!(
            values.iter().all(|v| (0.5e-8..=0.2).contains(v)),
            "{values:?}"
        );
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        let axis = Axis::new("", "").log().range(0.1, 1000.0);
        assert_eq!(
            labels(&axis, 40.0),
            ["$10^{−1}$", "$10^{0}$", "$10^{1}$", "$10^{2}$", "$10^{3}$"]
        );
    }

    #[test]
    fn many_decades_label_some_only() {
        let axis = Axis::new("", "").log().range(1e-12, 1.0);
        assert_eq!(
            labels(&axis, 60.0),
            [
                "$10^{−12}$",
                "$10^{−9}$",
                "$10^{−6}$",
                "$10^{−3}$",
                "$10^{0}$"
            ]
        );
    }

    #[test]
    fn no_data_and_broken_data_still_make_an_axis() {
        for (scale, values) in [
            (Scale::Linear, vec![]),
            (Scale::Log, vec![-1.0, 0.0]),
            (Scale::Linear, vec![f64::NAN]),
            (Scale::Linear, vec![3.0]),
        ] {
            let axis = Axis {
                scale,
                ..Axis::default()
            };
            let laid = axis.lay(values.into_iter(), 0.0, 100.0);
            assert!(laid.low < laid.high && !laid.ticks(30.0).is_empty());
        }
        let axis = Axis::new("", "").range(2.0, 1.0);
        assert!(axis.lay(std::iter::empty(), 0.0, 1.0).at(0.5).is_some());
    }
}
