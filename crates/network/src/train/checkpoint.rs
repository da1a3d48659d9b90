//! The state of a training on disk.
//!
//! `checkpoint.safetensors` holds all of it: the weights (by their names), the
//! best weights (`best/…`), the optimiser's memory (`first/…`, `second/…`),
//! and as metadata the settings, the history and the number of steps, so that
//! replacing this one file replaces the whole state at once.
//! `checkpoint.json` is the metadata again, for people and other programs.
//! Both are written beside their place and then moved there.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};

use super::optimiser::Memory;
use super::{History, Training};
use crate::error::NetworkError;

const TENSORS: &str = "checkpoint.safetensors";
const STATE: &str = "checkpoint.json";

/// What is known beside tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// The finished epochs.
    pub epoch: usize,
    /// The finished steps.
    pub step: u64,
    /// The numbers of training and validation events.
    pub events: [usize; 2],
    pub settings: Training,
    pub history: History,
}

/// A tensor with its name, as the state of a training has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub name: String,
    pub shape: Vec<usize>,
    pub now: Vec<f32>,
    pub best: Vec<f32>,
    pub memory: Memory,
}

struct Numbers<'a> {
    shape: Vec<usize>,
    data: &'a [f32],
}

impl View for Numbers<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        self.data
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect::<Vec<u8>>()
            .into()
    }
    fn data_len(&self) -> usize {
        size_of_val(self.data)
    }
}

fn file_error(path: &Path) -> impl Fn(std::io::Error) -> NetworkError {
    let path = path.display().to_string();
    move |source| NetworkError::File {
        path: path.clone(),
        source,
    }
}

fn damaged(path: &Path, problem: impl std::fmt::Display) -> NetworkError {
    NetworkError::Settings {
        what: path.display().to_string(),
        problem: problem.to_string(),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), NetworkError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(file_error(path))
}

/// Replaces the state in a folder.
pub(crate) fn write(folder: &Path, state: &State, kept: &[Kept]) -> Result<(), NetworkError> {
    std::fs::create_dir_all(folder).map_err(file_error(folder))?;
    let mut tensors: Vec<(String, Numbers<'_>)> = Vec::new();
    for tensor in kept {
        let parts = [
            ("", &tensor.now),
            ("best/", &tensor.best),
            ("first/", &tensor.memory.first),
            ("second/", &tensor.memory.second),
        ];
        for (prefix, data) in parts.into_iter().filter(|(_, data)| !data.is_empty()) {
            let numbers = Numbers {
                shape: tensor.shape.clone(),
                data,
            };
            tensors.push((format!("{prefix}{}", tensor.name), numbers));
        }
    }
    let path = folder.join(TENSORS);
    let json = serde_json::to_string_pretty(state).map_err(|error| damaged(&path, error))?;
    let metadata = HashMap::from([("state".to_owned(), json.clone())]);
    let bytes =
        safetensors::serialize(tensors, Some(metadata)).map_err(|error| damaged(&path, error))?;
    replace(&path, &bytes)?;
    replace(&folder.join(STATE), json.as_bytes())
}

/// The state in a folder, if there is one; fills `kept`, which has the names
/// and shapes that are expected.
pub(crate) fn read(folder: &Path, kept: &mut [Kept]) -> Result<Option<State>, NetworkError> {
    let path = folder.join(TENSORS);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file_error(&path)(error)),
    };
    let damage = |problem: &dyn std::fmt::Display| damaged(&path, problem);
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| damage(&error))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| damage(&error))?;
    let json = metadata
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get("state"))
        .ok_or_else(|| damage(&"it has no `state`; it was not written by a training"))?;
    let state: State = serde_json::from_str(json).map_err(|error| damage(&error))?;
    for tensor in kept {
        let parts = [
            ("", &mut tensor.now),
            ("best/", &mut tensor.best),
            ("first/", &mut tensor.memory.first),
            ("second/", &mut tensor.memory.second),
        ];
        for (prefix, data) in parts.into_iter().filter(|(_, data)| !data.is_empty()) {
            let name = format!("{prefix}{}", tensor.name);
            let view = tensors.tensor(&name).map_err(|error| damage(&error))?;
            if view.dtype() != Dtype::F32 || view.shape() != tensor.shape {
                return Err(damage(&format!(
                    "`{name}` is {:?} {:?}, expected F32 {:?}",
                    view.dtype(),
                    view.shape(),
                    tensor.shape
                )));
            }
            for (to, from) in data.iter_mut().zip(view.data().chunks_exact(4)) {
                *to = f32::from_le_bytes([from[0], from[1], from[2], from[3]]);
            }
        }
    }
    Ok(Some(state))
}

impl State {
    /// Whether a training with these settings may continue from here: all
    /// that decides the numbers must be the same, but there may be more epochs.
    pub fn fits(&self, settings: &Training, events: [usize; 2]) -> Result<(), NetworkError> {
        let what = "checkpoint".to_owned();
        if self.events != events {
            let problem = format!(
                "it was trained on {} events and validated on {}, the data have {} and {}",
                self.events[0], self.events[1], events[0], events[1]
            );
            return Err(NetworkError::Settings { what, problem });
        }
        let free = |settings: &Training| Training {
            epochs: 0,
            notes: true,
            checkpoint: None,
            resume: false,
            ..settings.clone()
        };
        let [old, new] = [free(&self.settings), free(settings)]
            .map(|settings| serde_json::to_value(settings).unwrap_or_default());
        let names = old
            .as_object()
            .into_iter()
            .chain(new.as_object())
            .flat_map(serde_json::Map::keys);
        match names
            .into_iter()
            .find(|name| old.get(name.as_str()) != new.get(name.as_str()))
        {
            Some(name) => Err(NetworkError::Settings {
                what,
                problem: format!(
                    "it was made with {name} = {}, the settings say {}; use the same settings or \
                     another folder",
                    old.get(name.as_str()).unwrap_or_default(),
                    new.get(name.as_str()).unwrap_or_default()
                ),
            }),
            None => Ok(()),
        }
    }
}
