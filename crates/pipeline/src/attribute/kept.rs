//! What is finished of the work: arrays in memory, and parts in a folder where
//! there are several.

use std::path::Path;

use pellucid_data::npz::{self, Array};

use super::cut::{Segment, places};
use crate::PipelineError;
use crate::parts::{Named, Parts, append};

/// The finished part of the work.
#[derive(Debug)]
pub struct Kept {
    /// Where finished parts are; nowhere, if all is one part.
    parts: Option<Parts>,
    /// What there is of the next part, or of the only one.
    next: Named,
}

impl Kept {
    /// Goes on behind the parts of an earlier run, or begins anew.
    pub fn open(out: &Path, identity: &str, segments: &[Segment]) -> Result<Self, PipelineError> {
        let several = segments.last().is_some_and(|last| last.part > 0);
        let parts = several.then(|| Parts::of_arrays(out, identity));
        Ok(Self {
            parts: parts.transpose()?,
            next: Named::new(),
        })
    }

    /// How many parts are finished.
    pub fn done(&self) -> usize {
        self.parts.as_ref().map_or(0, Parts::done)
    }

    /// How many events are in finished parts.
    pub fn events(&self, segments: &[Segment]) -> usize {
        let done = segments.iter().filter(|segment| segment.part < self.done());
        done.filter_map(|segment| segment.rows.as_ref())
            .map(Vec::len)
            .sum()
    }

    /// Adds what was found of the next segment; `last` of its part.
    pub fn add(&mut self, arrays: Named, last: bool) -> Result<(), PipelineError> {
        append(&mut self.next, arrays).map_err(|name| PipelineError::Setting {
            setting: "--targets-from".to_owned(),
            problem: format!("the array `{name}` is of another shape for another target"),
        })?;
        if last && let Some(parts) = &mut self.parts {
            parts.finish_arrays(&self.next)?;
            self.next.clear();
        }
        Ok(())
    }

    /// Why there is no output yet, if the user stopped.
    pub fn paused(&self, segments: &[Segment], stop: PipelineError) -> PipelineError {
        match (&self.parts, self.events(segments)) {
            (Some(parts), events @ 1..) => parts.paused(events),
            _ => stop,
        }
    }

    /// Writes what was found of all events, in their order, and gives it back.
    pub fn write(self, out: &Path, segments: &[Segment]) -> Result<Named, PipelineError> {
        let mut all = match &self.parts {
            Some(parts) => parts.arrays()?,
            None => self.next,
        };
        if let Some(places) = places(segments) {
            for (_, array) in &mut all {
                *array = match &*array {
                    Array::F32(tensor) => Array::F32(tensor.select_rows(&places)),
                    Array::F64(tensor) => Array::F64(tensor.select_rows(&places)),
                    Array::I64(tensor) => Array::I64(tensor.select_rows(&places)),
                };
            }
        }
        match self.parts {
            Some(parts) => parts.become_arrays(&all)?,
            None => npz::write(out, &all)?,
        }
        Ok(all)
    }
}
