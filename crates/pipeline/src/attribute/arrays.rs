//! The model's inputs from an NPZ file.
//!
//! One array per input, under its name; for a model of one input `x` will do where
//! no array has the name, and so will the only array of the file whatever it is called.
//! Arrays may be of any type that holds numbers (half, single and double precision, integers, truth values); what
//! the asked-for precision rounds is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array};
use pellucid_network::Dim;
use pellucid_network::graph::{Kind, show};

use super::number::Number;
use crate::PipelineError;
use crate::model::Input;
use crate::settings::most_like;

/// The name that the input of a model of one input may have as well.
const ANY: &str = "x";

/// What the name of an array has behind it in that of its offsets.
pub(super) const OFFSETS: &str = ".offsets";

/// The largest integer that single precision holds with all below it: indices
/// run in the precision of all other numbers.
const LARGEST: f64 = 16_777_216.0;

/// The arrays of a file.
#[derive(Debug, Clone)]
pub struct Arrays {
    path: PathBuf,
    numbers: Vec<(String, Array)>,
    /// Arrays that hold no numbers, and what they hold.
    others: Vec<(String, String)>,
}

/// The inputs of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs<S> {
    /// One tensor per input.
    pub tensors: Vec<Tensor<S>>,
    /// What is to be told of how they were made.
    pub notes: Vec<String>,
}

/// An array that is an input of the model.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its numbers.
    pub array: &'a Array,
    /// Where its lists begin and end, if it has any.
    pub offsets: Option<&'a Array>,
}

impl Arrays {
    /// Reads all arrays of an NPZ file.
    pub fn read(path: &Path) -> Result<Self, PipelineError> {
        let (numbers, others) = npz::read_readable(path)?;
        Ok(Self {
            path: path.to_owned(),
            numbers,
            others,
        })
    }

    fn find(&self, name: &str) -> Option<(&str, &Array)> {
        let found = self.numbers.iter().find(|(found, _)| found == name);
        found.map(|(name, array)| (name.as_str(), array))
    }

    /// The array of that name; `what` says what it is needed for.
    pub fn get(&self, name: &str, what: &str) -> Result<&Array, PipelineError> {
        let found = self.find(name).map(|(_, array)| array);
        found.ok_or_else(|| self.missing(name, what))
    }

    /// Why there is no array of that name.
    fn missing(&self, name: &str, what: &str) -> PipelineError {
        if let Some((_, kind)) = self.others.iter().find(|(other, _)| other == name) {
            let problem = format!("the array `{name}` for {what} holds {kind}, expected numbers");
            return self.wrong(problem);
        }
        let names = self.numbers.iter().map(|(name, _)| name.as_str());
        let like = most_like(name, names).map(|like| format!("; did you mean `{like}`?"));
        let found = self
            .numbers
            .iter()
            .map(|(name, array)| format!("{name} {:?}", array.shape()));
        let others = self
            .others
            .iter()
            .map(|(name, kind)| format!("{name} ({kind})"));
        let found: Vec<String> = found.chain(others).collect();
        let found = match found.as_slice() {
            [] => "no arrays".to_owned(),
            found => found.join(", "),
        };
        self.wrong(format!(
            "there is no array `{name}` for {what}; the file holds {found}{}",
            like.unwrap_or_default()
        ))
    }

    /// An error about the file.
    pub fn wrong(&self, problem: String) -> PipelineError {
        PipelineError::Arrays {
            path: self.path.clone(),
            problem,
        }
    }

    /// The array of every input, by its name; for the only input of a model, the one called `x`, or
    /// the only one there is.
    pub(super) fn of_inputs<'a>(
        &'a self,
        inputs: &[Input],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Found<'a>>, PipelineError> {
        let mut all = Vec::with_capacity(inputs.len());
        for input in inputs {
            let name = input.name.as_str();
            let only = (inputs.len() == 1).then(|| self.only()).flatten();
            let found = match (self.find(name), self.find(ANY), only) {
                (Some(found), ..) => Some(found),
                (None, Some(found), _) if inputs.len() == 1 => Some(found),
                (None, _, Some(only)) => {
                    notes.push(format!(
                        "the array `{}` is taken for the input `{name}`: both are the only ones",
                        only.0
                    ));
                    Some(only)
                }
                _ => None,
            };
            let Some((name, array)) = found else {
                let shape = show(&input.ty.shape);
                return Err(self.missing(name, &format!("the input {name} {shape} of the model")));
            };
            let offsets = self.find(&format!("{name}{OFFSETS}"));
            all.push(Found {
                name,
                array,
                offsets: offsets.map(|(_, offsets)| offsets),
            });
        }
        Ok(all)
    }

    /// The only array, apart from offsets.
    fn only(&self) -> Option<(&str, &Array)> {
        let mut plain = self
            .numbers
            .iter()
            .filter(|(name, _)| !name.ends_with(OFFSETS));
        match (plain.next(), plain.next()) {
            (Some((name, array)), None) => Some((name, array)),
            _ => None,
        }
    }

    /// One tensor per input of a model; those named in `held` may hold
    /// infinities.
    pub fn inputs<S: Number>(
        &self,
        inputs: &[Input],
        held: &[String],
    ) -> Result<Inputs<S>, PipelineError> {
        let mut sizes = BTreeMap::new();
        let mut notes = Vec::new();
        // The rows of a model of a fixed number of events are run in turn.
        let batches = batches(inputs);
        let found = self.of_inputs(inputs, &mut notes)?;
        let mut tensors = Vec::with_capacity(inputs.len());
        for (input, Found { array, .. }) in inputs.iter().zip(found) {
            self.fits(input, array.shape(), batches, &mut sizes)?;
            tensors.push(self.numbers(input, array, held, &mut notes)?);
        }
        Ok(Inputs { tensors, notes })
    }

    /// The numbers of an array as those of an input, which they must be able to be.
    pub(super) fn numbers<S: Number>(
        &self,
        input: &Input,
        array: &Array,
        held: &[String],
        notes: &mut Vec<String>,
    ) -> Result<Tensor<S>, PipelineError> {
        let infinite = held.contains(&input.name);
        let tensor = S::tensor(array);
        if input.guarded
            && let Some(place) = first(&tensor, f64::is_finite)
        {
            let row = place / tensor.row_len().max(1);
            notes.push(format!(
                "the array for input `{}` holds numbers that are none or infinite (the first in row {row}); the model \
                 asks for such numbers (IsNaN, IsInf), and they have no attribution",
                input.name
            ));
        }
        self.check(input, array, &tensor, infinite)?;
        if S::rounds(array) {
            notes.push(format!(
                "the array for input `{}` holds numbers that single precision does not; they are rounded \
                 (--precision f64 keeps them)",
                input.name
            ));
        }
        Ok(tensor)
    }

    /// The shape of an array is that of an input, with the same sizes for the
    /// same names.
    fn fits<'i>(
        &self,
        value: &'i Input,
        found: &[usize],
        batches: bool,
        sizes: &mut BTreeMap<&'i str, usize>,
    ) -> Result<(), PipelineError> {
        let wrong = |why: &str| {
            self.wrong(format!(
                "the array for input `{}` has the shape {found:?}, the model takes {}{why}",
                value.name,
                show(&value.ty.shape)
            ))
        };
        if found.len() != value.ty.shape.len() {
            return Err(wrong(
                "; events of different length are given as lists behind one another, NAME [total, …], with \
                 NAME.offsets [events + 1]",
            ));
        }
        for (side, (dim, &size)) in value.ty.shape.iter().zip(found).enumerate() {
            if side == 0 && size == 0 {
                return Err(wrong(": it has no rows"));
            }
            let known = dim.known().filter(|_| side > 0 || !batches);
            if known.is_some_and(|known| known != size) {
                return Err(wrong(""));
            }
            let name = match dim.name() {
                // All inputs have the same number of events.
                None if side == 0 && batches => Some("rows"),
                name => name,
            };
            if let Some(name) = name
                && *sizes.entry(name).or_insert(size) != size
            {
                let earlier = sizes[name];
                return Err(wrong(&format!(": {name} is {earlier} in another input")));
            }
        }
        Ok(())
    }

    /// No number is missing, integers are integers, truth values 0 or 1.
    fn check<S: Number>(
        &self,
        input: &Input,
        array: &Array,
        tensor: &Tensor<S>,
        infinite: bool,
    ) -> Result<(), PipelineError> {
        let integer = input.ty.kind == Kind::Integer;
        let (expected, wrong) = if input.truth() {
            let wrong = first(tensor, |x| x == 0.0 || x == 1.0);
            ("a truth value, 0 or 1", wrong)
        } else if integer {
            let exact = |x: f64| x.fract() == 0.0 && x.abs() <= LARGEST;
            ("an integer up to 2²⁴", first(tensor, exact))
        } else if input.guarded {
            return Ok(());
        } else if infinite {
            ("a number", first(tensor, |x| !x.is_nan()))
        } else {
            ("a finite number", first(tensor, f64::is_finite))
        };
        let Some(place) = wrong else {
            return Ok(());
        };
        let row = place / tensor.row_len().max(1);
        let found = f64::tensor(array).data()[place];
        let advice = if found.is_finite() && !tensor.data()[place].double().is_finite() {
            "single precision does not hold it: give --precision f64, or other units"
        } else {
            "fill or drop such rows before"
        };
        Err(self.wrong(format!(
            "the array for input `{}` holds {found} in row {row}, expected {expected}; {advice}",
            input.name,
        )))
    }
}

/// The place of the first number that is not as it should be.
fn first<S: Number>(tensor: &Tensor<S>, good: impl Fn(f64) -> bool) -> Option<usize> {
    // All of a block at once, which needs no branch.
    let block = 1024;
    let bad = |numbers: &[S]| numbers.iter().filter(|x| !good(x.double())).count() > 0;
    let start = tensor.data().chunks(block).position(bad)? * block;
    let place = tensor.data()[start..]
        .iter()
        .position(|x| !good(x.double()));
    place.map(|place| start + place)
}

/// Whether the first side of every input is the same fixed number of events.
fn batches(inputs: &[Input]) -> bool {
    let first = |input: &Input| input.ty.shape.first().and_then(Dim::known);
    let mut sides = inputs.iter().map(first);
    let Some(Some(one)) = sides.next() else {
        return false;
    };
    sides.all(|side| side == Some(one))
}

/// The numbers in double precision.
pub(crate) fn doubles(array: &Array) -> Tensor<f64> {
    f64::tensor(array)
}
