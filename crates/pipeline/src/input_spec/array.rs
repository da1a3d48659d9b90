//! An array of fixed shape as a model's input: a lattice configuration, an image, a
//! spectrum, a series.
//!
//! $$ x_s = \mathrm{clip}\left( \frac{v_s - \mu}{\sigma} \right) $$
//!
//! at every site `s`, with one mean and scale for all sites or one for each channel, the
//! first of three or more sides.
//!
//! * **Shape:** `[events, …shape]`; the file's array may have its sides divided otherwise
//!   (`[n, 16, 16]` for a model of `[n, 1, 16, 16]`), not its numbers.
//! * **Units:** those of the file, none once standardised.

use pellucid_core::Tensor;
use pellucid_core::inputs::{Extent, Inputs};
use serde::{Deserialize, Serialize};

use super::demand::{Demand, VALUE};
use super::standard::{self, Bounds, Standardisation};
use crate::PipelineError;

/// Which array a model is given, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Array {
    /// The array of the file, or the column of lists of one length; one of the input's own
    /// name, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub array: Option<String>,
    /// The shape of one event's, as the model takes it.
    pub shape: Vec<usize>,
    /// What the channels are called: the first of three or more sides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Shift and scale, one pair or one for each channel; `"train"` in a recipe takes them
    /// from the training part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardise: Option<Standardisation>,
    /// The range that numbers are cut to behind the shift and the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Bounds>,
    /// Whether it is shown as a picture; without a word it is where the last two sides
    /// are longer than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<bool>,
    /// Whether its sides close: what leaves at one end comes in at the other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub periodic: bool,
}

/// Pieces of an array that is no picture.
const PIECES: usize = 8;

impl Array {
    /// The array of the file.
    pub fn name<'a>(&'a self, input: &'a str) -> &'a str {
        self.array.as_deref().unwrap_or(input)
    }

    /// An error if a setting means nothing.
    pub fn check(&self, input: &str) -> Result<(), PipelineError> {
        let wrong = |setting: &str, problem: String| {
            Err(PipelineError::Setting {
                setting: format!("inputs.{input}.{setting}"),
                problem,
            })
        };
        if self.shape.is_empty() || self.shape.contains(&0) {
            let found = format!(
                "is {:?}, expected at least one side, none of them 0",
                self.shape
            );
            return wrong("shape", found);
        }
        if !self.channels.is_empty() && self.channels.len() != self.channel_count() {
            return wrong(
                "channels",
                format!(
                    "has {} names, expected one for each of {} channels of the shape {:?}",
                    self.channels.len(),
                    self.channel_count(),
                    self.shape
                ),
            );
        }
        if let Some(Bounds([low, high])) = self.clip
            && low.partial_cmp(&high) != Some(std::cmp::Ordering::Less)
        {
            return wrong(
                "clip",
                format!("is [{low}, {high}], expected a lower and a higher number"),
            );
        }
        if self.picture == Some(true) && self.shape.len() < 2 {
            return wrong(
                "picture",
                format!(
                    "is true, expected a shape of two sides, found {:?}",
                    self.shape
                ),
            );
        }
        let pairs = match &self.standardise {
            Some(Standardisation::Given(list)) if list.len() == 1 => 1,
            _ => self.channel_count(),
        };
        standard::check(self.standardise.as_ref(), pairs, input)
    }

    /// How many channels there are: the first of three sides; one of fewer sides.
    pub fn channel_count(&self) -> usize {
        match self.shape[..] {
            [channels, _, _, ..] => channels,
            _ => 1,
        }
    }

    /// What the channels are called.
    pub fn channel_names(&self, input: &str) -> Vec<String> {
        match (self.channels.as_slice(), self.channel_count()) {
            ([], 1) => vec![self.name(input).to_owned()],
            ([], count) => (0..count)
                .map(|i| format!("{} {i}", self.name(input)))
                .collect(),
            (named, _) => named.to_vec(),
        }
    }

    /// The two sides of a picture, if it is shown as one.
    pub fn picture(&self) -> Option<[usize; 2]> {
        match self.shape[..] {
            [.., height, width] if self.shape.len() <= 3 => {
                let seen = self.picture.unwrap_or(height > 1 && width > 1);
                seen.then_some([height, width])
            }
            _ => None,
        }
    }

    /// What an array that is no picture is told of in: its channels, or pieces of about the
    /// same length.
    pub fn pieces(&self, input: &str) -> Vec<(String, std::ops::Range<usize>)> {
        let length: usize = self.shape.iter().product();
        let channels = self.channel_count();
        let names = self.channel_names(input);
        if channels > 1 {
            let inner = length / channels;
            let of =
                |(channel, name): (usize, String)| (name, channel * inner..(channel + 1) * inner);
            return names.into_iter().enumerate().map(of).collect();
        }
        let piece = length.div_ceil(PIECES).max(1);
        let of = |first: usize| {
            let end = length.min(first + piece);
            (format!("{} {first} to {}", names[0], end - 1), first..end)
        };
        (0..length).step_by(piece).map(of).collect()
    }

    /// The array that it is made of.
    pub fn demand(&self, input: &str, demand: &mut Demand) {
        demand.array(self.name(input), self.shape.iter().product());
    }

    /// The numbers of all events.
    pub fn apply(&self, input: &str, inputs: &Inputs) -> Result<Tensor<f32>, PipelineError> {
        let name = self.name(input);
        let numbers = &inputs.feature(name, VALUE)?.numbers;
        let volume: usize = self.shape.iter().product();
        if let Extent::Fixed(found) = &inputs.collection(name)?.extent
            && found.iter().product::<usize>() != volume
        {
            return Err(PipelineError::Setting {
                setting: format!("inputs.{input}.shape"),
                problem: format!(
                    "is {:?}, {volume} numbers; `{name}` has {found:?} for each event",
                    self.shape
                ),
            });
        }
        let inner = volume / self.channel_count();
        let Bounds([low, high]) = self.clip.unwrap_or([None; 2].into());
        let number = |place: usize| {
            let standard = standard::of(
                self.standardise.as_ref(),
                self.pair(place / inner % self.channel_count()),
            );
            standard.apply(numbers.at(place)).clamp(low, high) as f32
        };
        let shape = [&[inputs.len()][..], &self.shape].concat();
        Ok(Tensor::new(shape, (0..numbers.len()).map(number).collect()))
    }

    /// The place of a channel's shift and scale.
    fn pair(&self, channel: usize) -> usize {
        match &self.standardise {
            Some(Standardisation::Given(list)) if list.len() == 1 => 0,
            _ => channel,
        }
    }

    /// Means and scales of the channels over these events, where they are asked of the
    /// training part.
    pub fn trained(&mut self, input: &str, inputs: &Inputs) -> Result<(), PipelineError> {
        if !standard::is_open(self.standardise.as_ref()) {
            return Ok(());
        }
        let numbers = &inputs.feature(self.name(input), VALUE)?.numbers;
        let channels = self.channel_count();
        let inner = self.shape.iter().product::<usize>() / channels;
        let mut columns = vec![Vec::new(); channels];
        for place in 0..numbers.len() {
            columns[place / inner % channels].push(numbers.at(place));
        }
        standard::train(&mut self.standardise, &columns, None);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::inputs::{Collection, Feature, Numbers};

    fn events() -> Inputs {
        let mut inputs = Inputs::new(2);
        inputs
            .push(Collection {
                name: "spins".to_owned(),
                extent: Extent::Fixed(vec![2, 2]),
                features: vec![Feature {
                    name: VALUE.to_owned(),
                    unit: String::new(),
                    numbers: Numbers::F32(vec![1.0, -1.0, 3.0, 1.0, 5.0, 1.0, 1.0, 1.0]),
                }],
                ends: None,
            })
            .unwrap();
        inputs
    }

    #[test]
    fn an_array_takes_the_models_shape_and_its_shift_and_scale() {
        let array: Array =
            toml::from_str("array = 'spins'\nshape = [1, 2, 2]\nstandardise = [{ mean = 1, scale = 2 }]\nclip = [-1, 1]").unwrap();
        array.check("x").unwrap();
        let made = array.apply("x", &events()).unwrap();
        assert_eq!(made.shape(), [2, 1, 2, 2]);
        assert_eq!(made.data(), [0.0, -1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(array.picture(), Some([2, 2]));
    }

    #[test]
    fn each_channel_has_its_own_mean_of_the_training_part() {
        let mut array: Array =
            toml::from_str("array = 'spins'\nshape = [2, 1, 2]\nstandardise = 'train'").unwrap();
        array.trained("x", &events()).unwrap();
        let made = array.apply("x", &events()).unwrap();
        let channel = |c: usize| -> f32 {
            (0..2)
                .map(|e| made.row(e)[2 * c] + made.row(e)[2 * c + 1])
                .sum()
        };
        assert!(channel(0).abs() < 1e-6 && channel(1).abs() < 1e-6);
        assert_eq!(array.picture(), None);
    }

    #[test]
    fn another_number_of_sites_is_refused() {
        let array: Array = toml::from_str("array = 'spins'\nshape = [3, 3]").unwrap();
        let message = array.apply("x", &events()).unwrap_err().to_string();
        assert!(
            message.contains("9 numbers") && message.contains("[2, 2]"),
            "{message}"
        );
        for text in [
            "shape = []",
            "shape = [0]",
            "shape = [2, 2]\nchannels = ['a', 'b']",
            "shape = [4]\npicture = true",
        ] {
            let array: Array = toml::from_str(text).unwrap();
            assert!(array.check("x").is_err(), "{text}");
        }
    }
}
