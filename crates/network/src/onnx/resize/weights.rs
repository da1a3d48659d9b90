//! Which numbers of a side make each number of the resized one, and with which
//! weights.
//!
//! A number at place `i` of the new side stands at a place `p(i)` between those
//! of the old one ([`Place`]); from there it takes the nearest number, or a
//! weighted sum of the two, four or (with antialiasing) all numbers under a
//! filter that is stretched by the reduction:
//!
//! * linear: `1 − |d|` for a distance `|d| < 1`;
//! * cubic (R. Keys, IEEE TASSP 29 (1981) 1153, with `a` in place of −½):
//!   `(a+2)|d|³ − (a+3)|d|² + 1` for `|d| ≤ 1` and
//!   `a|d|³ − 5a|d|² + 8a|d| − 4a` for `|d| < 2`.
//!
//! Places are computed in single precision, as onnxruntime does: which of two
//! equally near numbers is taken depends on it.

use crate::error::NetworkError;
use crate::onnx::reader::Import;

/// What happens to the proportions of an image whose sizes are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    Stretch,
    NotLarger,
    NotSmaller,
}

impl Policy {
    pub fn read(node: &Import<'_>) -> Result<Self, NetworkError> {
        let name = node.proto().string("keep_aspect_ratio_policy")?;
        Ok(match name.unwrap_or("stretch") {
            "stretch" => Self::Stretch,
            "not_larger" => Self::NotLarger,
            "not_smaller" => Self::NotSmaller,
            other => return Err(unknown(node, "keep_aspect_ratio_policy", other)),
        })
    }
}

/// How places of the new side are places of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
    TfHalfPixelForNearest,
    TfCropAndResize,
}

/// Which number is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nearest {
    PreferFloor,
    PreferCeil,
    Floor,
    Ceil,
    /// Of operation set 10: below if the side grows, else above.
    Simple,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Nearest(Nearest),
    Linear,
    Cubic { a: f64 },
}

/// How a node resizes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Method {
    place: Place,
    mode: Mode,
    antialias: bool,
    exclude_outside: bool,
    /// The value of what lies outside of the image.
    pub outside: f64,
}

type Row = Vec<(usize, f64)>;

impl Method {
    /// The attributes of a `Resize` node.
    pub fn read(node: &Import<'_>) -> Result<Self, NetworkError> {
        let proto = node.proto();
        let old = node.opset() < 11;
        let place = proto.string("coordinate_transformation_mode")?;
        let place = match place.unwrap_or(if old { "asymmetric" } else { "half_pixel" }) {
            "half_pixel" => Place::HalfPixel,
            "half_pixel_symmetric" => Place::HalfPixelSymmetric,
            "pytorch_half_pixel" => Place::PytorchHalfPixel,
            "align_corners" => Place::AlignCorners,
            "asymmetric" => Place::Asymmetric,
            "tf_half_pixel_for_nn" => Place::TfHalfPixelForNearest,
            "tf_crop_and_resize" => Place::TfCropAndResize,
            other => return Err(unknown(node, "coordinate_transformation_mode", other)),
        };
        let nearest = proto.string("nearest_mode")?;
        let nearest = match nearest.unwrap_or(if old { "simple" } else { "round_prefer_floor" }) {
            "round_prefer_floor" => Nearest::PreferFloor,
            "round_prefer_ceil" => Nearest::PreferCeil,
            "floor" => Nearest::Floor,
            "ceil" => Nearest::Ceil,
            "simple" if old => Nearest::Simple,
            other => return Err(unknown(node, "nearest_mode", other)),
        };
        let mode = match proto.string("mode")?.unwrap_or("nearest") {
            "nearest" => Mode::Nearest(nearest),
            "linear" => Mode::Linear,
            "cubic" => Mode::Cubic {
                a: node.float("cubic_coeff_a", -0.75)?,
            },
            other => return Err(unknown(node, "mode", other)),
        };
        Ok(Self {
            place,
            mode,
            antialias: proto.flag("antialias")?.unwrap_or(false),
            exclude_outside: proto.flag("exclude_outside")?.unwrap_or(false),
            outside: node.float("extrapolation_value", 0.0)?,
        })
    }

    /// The attributes of an `Upsample` node.
    pub fn of_upsample(node: &Import<'_>) -> Result<Self, NetworkError> {
        let mode = match node.proto().string("mode")?.unwrap_or("nearest") {
            "nearest" => Mode::Nearest(Nearest::Simple),
            "linear" | "bilinear" => Mode::Linear,
            other => return Err(unknown(node, "mode", other)),
        };
        Ok(Self {
            place: Place::Asymmetric,
            mode,
            antialias: false,
            exclude_outside: false,
            outside: 0.0,
        })
    }

    /// Whether a region of the image is resized.
    pub fn crops(&self) -> bool {
        self.place == Place::TfCropAndResize
    }

    /// The numbers of a side of `from` that make each of one of `to`; none for
    /// what lies outside of it.
    pub fn rows(&self, from: usize, to: usize, scale: f32, region: [f32; 2]) -> Vec<Row> {
        let last = (from - 1) as f32;
        let row = |i: usize| {
            let at = self
                .place
                .of(i as f32, scale, [from as f32, to as f32], region);
            if self.crops() && !(0.0..=last).contains(&at) {
                return vec![];
            }
            match self.mode {
                Mode::Nearest(nearest) => vec![(nearest.of(at, scale < 1.0, from), 1.0)],
                mode if self.antialias => {
                    let at = if scale == 1.0 { i as f32 } else { at };
                    self.smoothed(mode, at, from, scale)
                }
                Mode::Linear => linear(at.clamp(0.0, last), from),
                Mode::Cubic { a } => self.cubic(a, at, from),
            }
        };
        (0..to).map(row).collect()
    }

    fn cubic(&self, a: f64, at: f32, from: usize) -> Row {
        let floor = at.floor();
        let (first, fraction) = (floor as i64 - 1, f64::from(at - floor));
        let terms = (0..4).map(|k| (first + k, keys(fraction + 1.0 - k as f64, a)));
        self.within(terms.collect(), from)
    }

    /// All numbers under a filter as wide as what one new number stands for.
    fn smoothed(&self, mode: Mode, at: f32, from: usize, scale: f32) -> Row {
        let (half, filter): (f32, &dyn Fn(f64) -> f64) = match mode {
            Mode::Cubic { a } => (2.0, &move |d| keys(d, a)),
            _ => (1.0, &|d: f64| (1.0 - d.abs()).max(0.0)),
        };
        let step = (1.0 / scale).max(1.0);
        let (support, center) = (half * step, at + 0.5);
        let first = (center - support + 0.5).floor() as i64;
        let end = (center + support + 0.5).floor() as i64;
        let distance = |j: i64| (j as f32 - center + 0.5) * (1.0 / step);
        let terms = (first..end).map(|j| (j, filter(f64::from(distance(j)))));
        let mut row = self.within(terms.collect(), from);
        let total: f64 = row.iter().map(|(_, weight)| weight).sum();
        if total != 0.0 {
            for (_, weight) in &mut row {
                *weight /= total;
            }
        }
        row
    }

    /// Terms beyond the ends of a side: left out, the others made larger, or
    /// taken from the last number there.
    fn within(&self, terms: Vec<(i64, f64)>, from: usize) -> Row {
        let last = from as i64 - 1;
        let mut row: Row = Vec::new();
        for (j, weight) in terms {
            if self.exclude_outside && !(0..=last).contains(&j) {
                continue;
            }
            let place = j.clamp(0, last) as usize;
            match row.last_mut() {
                Some((other, sum)) if *other == place => *sum += weight,
                _ => row.push((place, weight)),
            }
        }
        if self.exclude_outside {
            let total: f64 = row.iter().map(|(_, weight)| weight).sum();
            for (_, weight) in &mut row {
                *weight /= total;
            }
        }
        // All the same number is that number.
        if let [(_, weight)] = row.as_mut_slice() {
            *weight = 1.0;
        }
        row.retain(|(_, weight)| *weight != 0.0);
        row
    }
}

impl Place {
    /// The place of number `i` of the new side on the old one.
    fn of(self, i: f32, scale: f32, [from, to]: [f32; 2], [start, end]: [f32; 2]) -> f32 {
        let half = |i: f32| (i + 0.5) / scale - 0.5;
        match self {
            Self::HalfPixel => half(i),
            Self::HalfPixelSymmetric => {
                let adjustment = to / (scale * from);
                from / 2.0 * (1.0 - adjustment) + half(i)
            }
            Self::PytorchHalfPixel if to > 1.0 => half(i),
            Self::AlignCorners if to > 1.0 => i * (from - 1.0) / (to - 1.0),
            Self::PytorchHalfPixel | Self::AlignCorners => 0.0,
            Self::Asymmetric => i / scale,
            Self::TfHalfPixelForNearest => (i + 0.5) / scale,
            Self::TfCropAndResize if to > 1.0 => {
                start * (from - 1.0) + (i * (end - start) * (from - 1.0)) / (to - 1.0)
            }
            Self::TfCropAndResize => 0.5 * (start + end) * (from - 1.0),
        }
    }
}

impl Nearest {
    fn of(self, at: f32, smaller: bool, from: usize) -> usize {
        let whole = match self {
            // The middle goes down, everything else to the nearest.
            Self::PreferFloor if at == at.trunc() + 0.5 => at.floor(),
            Self::PreferFloor | Self::PreferCeil => at.round(),
            Self::Ceil => at.ceil(),
            Self::Simple if smaller => at.ceil(),
            Self::Floor | Self::Simple => at.floor(),
        };
        (whole.max(0.0) as usize).min(from - 1)
    }
}

fn linear(at: f32, from: usize) -> Row {
    let first = at as usize;
    let fraction = f64::from(at - first as f32);
    if fraction == 0.0 || first + 1 >= from {
        return vec![(first.min(from - 1), 1.0)];
    }
    vec![(first, 1.0 - fraction), (first + 1, fraction)]
}

/// The cubic filter.
fn keys(distance: f64, a: f64) -> f64 {
    let d = distance.abs();
    if d <= 1.0 {
        ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
    } else if d < 2.0 {
        ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a
    } else {
        0.0
    }
}

fn unknown(node: &Import<'_>, attribute: &str, value: &str) -> NetworkError {
    node.refuse(format!("the {attribute} `{value}` is not known"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(place: Place, mode: Mode) -> Method {
        Method {
            place,
            mode,
            antialias: false,
            exclude_outside: false,
            outside: 0.0,
        }
    }

    #[test]
    fn weights_of_every_number_add_up_to_one() {
        for mode in [Mode::Linear, Mode::Cubic { a: -0.75 }] {
            for place in [Place::HalfPixel, Place::AlignCorners, Place::Asymmetric] {
                for (from, to) in [(3, 7), (7, 3), (1, 4), (5, 5)] {
                    for (antialias, exclude_outside) in [(false, true), (true, false)] {
                        let method = Method {
                            antialias,
                            exclude_outside,
                            ..method(place, mode)
                        };
                        let rows = method.rows(from, to, to as f32 / from as f32, [0.0, 1.0]);
                        for row in rows {
                            let sum: f64 = row.iter().map(|(_, weight)| weight).sum();
                            // At most a dozen weights of order one.
                            assert!((sum - 1.0).abs() < 1e-12, "{method:?} {from} {to}: {row:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn twice_the_side_takes_a_quarter_of_the_neighbour() {
        let rows = method(Place::HalfPixel, Mode::Linear).rows(2, 4, 2.0, [0.0, 1.0]);
        assert_eq!(rows[0], [(0, 1.0)]);
        assert_eq!(rows[1], [(0, 0.75), (1, 0.25)]);
        let nearest = Mode::Nearest(Nearest::Floor);
        let rows = method(Place::Asymmetric, nearest).rows(2, 4, 2.0, [0.0, 1.0]);
        let places: Vec<usize> = rows.iter().map(|row| row[0].0).collect();
        assert_eq!(places, [0, 0, 1, 1]);
    }
}
