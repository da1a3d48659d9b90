//! The model's inputs from an NPZ file.
//!
//! One array per input, under its name; for a model of one input `x` will do where
//! no array has the name.
//! Numbers are held in double precision, which keeps all of single precision
//! and every integer below 2⁵³ as it is; truth values are 0 and 1.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array};
use pellucid_network::Dim;
use pellucid_network::graph::{Kind, show};

use crate::PipelineError;
use crate::model::Input;
use crate::settings::most_like;

/// The name that the input of a model of one input may have as well.
const ANY: &str = "x";

/// The largest integer that single precision holds with all below it: indices
/// run in the precision of all other numbers.
const LARGEST: f64 = 16_777_216.0;

/// The arrays of a file.
#[derive(Debug, Clone)]
pub struct Arrays {
    path: PathBuf,
    arrays: Vec<(String, Array)>,
}

impl Arrays {
    /// Reads all arrays of an NPZ file.
    pub fn read(path: &Path) -> Result<Self, PipelineError> {
        Ok(Self {
            path: path.to_owned(),
            arrays: npz::read_arrays(path)?,
        })
    }

    fn find(&self, name: &str) -> Option<&Array> {
        let found = self.arrays.iter().find(|(found, _)| found == name);
        found.map(|(_, array)| array)
    }

    /// The array of that name; `what` says what it is needed for.
    pub fn get(&self, name: &str, what: &str) -> Result<&Array, PipelineError> {
        self.find(name).ok_or_else(|| {
            let names = self.arrays.iter().map(|(name, _)| name.as_str());
            let like = most_like(name, names).map(|like| format!("; did you mean `{like}`?"));
            let found: Vec<String> = self
                .arrays
                .iter()
                .map(|(name, array)| format!("{name} {:?}", array.shape()))
                .collect();
            let found = match found.as_slice() {
                [] => "no arrays".to_owned(),
                found => found.join(", "),
            };
            self.wrong(format!(
                "there is no array `{name}` for {what}; the file holds {found}{}",
                like.unwrap_or_default()
            ))
        })
    }

    /// An error about the file.
    pub fn wrong(&self, problem: String) -> PipelineError {
        PipelineError::Arrays {
            path: self.path.clone(),
            problem,
        }
    }

    /// One tensor per input of a model; those named in `held` may hold
    /// infinities.
    pub fn inputs(
        &self,
        inputs: &[Input],
        held: &[String],
    ) -> Result<Vec<Tensor<f64>>, PipelineError> {
        let mut sizes = BTreeMap::new();
        // The rows of a model of a fixed number of events are run in turn.
        let batches = batches(inputs);
        inputs
            .iter()
            .map(|input| {
                let name = input.name.as_str();
                let array = match self.find(ANY) {
                    Some(array) if inputs.len() == 1 && self.find(name).is_none() => array,
                    _ => {
                        let shape = show(&input.ty.shape);
                        self.get(name, &format!("the input {name} {shape} of the model"))?
                    }
                };
                self.fits(input, array.shape(), batches, &mut sizes)?;
                let tensor = doubles(array);
                let infinite = held.iter().any(|held| held == name);
                self.check(input, &tensor, infinite)?;
                Ok(tensor)
            })
            .collect()
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
            return Err(wrong(""));
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
    fn check(
        &self,
        input: &Input,
        tensor: &Tensor<f64>,
        infinite: bool,
    ) -> Result<(), PipelineError> {
        let integer = input.ty.kind == Kind::Integer;
        let (expected, good): (_, &dyn Fn(f64) -> bool) = if input.truth {
            ("a truth value, 0 or 1", &|x| x == 0.0 || x == 1.0)
        } else if integer {
            let exact = |x: f64| x.fract() == 0.0 && x.abs() <= LARGEST;
            ("an integer up to 2²⁴", &{ exact })
        } else if infinite {
            ("a number", &|x: f64| !x.is_nan())
        } else {
            ("a finite number", &|x: f64| x.is_finite())
        };
        let Some(place) = tensor.data().iter().position(|&x| !good(x)) else {
            return Ok(());
        };
        let row = place / tensor.row_len().max(1);
        Err(self.wrong(format!(
            "the array for input `{}` holds {} in row {row}, expected {expected}; fill or drop \
             such rows before",
            input.name,
            tensor.data()[place]
        )))
    }
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
    match array {
        Array::F32(tensor) => tensor.map(|&x| f64::from(x)),
        Array::F64(tensor) => tensor.clone(),
        Array::I64(tensor) => tensor.map(|&x| x as f64),
    }
}
