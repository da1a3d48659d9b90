//! What is finished of the work: arrays in memory, and parts in a folder where
//! there are several. A part is written while the next one is computed.

use std::path::Path;
use std::thread::JoinHandle;
use std::{mem, panic, sync::Arc, thread};

use pellucid_data::DataError;
use pellucid_data::npz::{self, Array};

use super::cut::{Segment, places};
use crate::PipelineError;
use crate::parts::{Named, Parts, append};

/// The finished part of the work.
#[derive(Debug)]
pub struct Kept {
    /// Where finished parts are; nowhere, if all is one part.
    parts: Option<Parts>,
    /// The parts that an earlier run had finished.
    earlier: usize,
    /// What there is of the next part, or of the only one.
    next: Named,
    /// The parts that this run has finished, in memory.
    mine: Vec<Arc<Named>>,
    /// The part that is being written.
    writing: Option<JoinHandle<Result<(), DataError>>>,
}

impl Kept {
    /// Goes on behind the parts of an earlier run, or begins anew.
    pub fn open(out: &Path, identity: &str, segments: &[Segment]) -> Result<Self, PipelineError> {
        let several = segments.last().is_some_and(|last| last.part > 0);
        let parts = several.then(|| Parts::of_arrays(out, identity));
        let parts = parts.transpose()?;
        Ok(Self {
            earlier: parts.as_ref().map_or(0, Parts::done),
            parts,
            next: Named::new(),
            mine: Vec::new(),
            writing: None,
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
        if !last {
            return Ok(());
        }
        self.written()?;
        if let Some(parts) = &self.parts {
            let arrays = Arc::new(mem::take(&mut self.next));
            self.mine.push(Arc::clone(&arrays));
            let path = parts.next_path();
            self.writing = Some(thread::spawn(move || npz::write(&path, &arrays)));
        }
        Ok(())
    }

    /// Waits for the part that is being written.
    fn written(&mut self) -> Result<(), PipelineError> {
        if let Some(writing) = self.writing.take() {
            match writing.join() {
                Ok(written) => written?,
                Err(panic) => panic::resume_unwind(panic),
            }
            if let Some(parts) = &mut self.parts {
                parts.finished();
            }
        }
        Ok(())
    }

    /// Why there is no output yet, if the user stopped.
    pub fn paused(mut self, segments: &[Segment], stop: PipelineError) -> PipelineError {
        if let Err(error) = self.written() {
            return error;
        }
        match (&self.parts, self.events(segments)) {
            (Some(parts), events @ 1..) => parts.paused(events),
            _ => stop,
        }
    }

    /// Writes what was found of all events, in their order, and gives back the arrays of
    /// these names.
    pub fn write(
        mut self,
        out: &Path,
        segments: &[Segment],
        wanted: &[&str],
    ) -> Result<Named, PipelineError> {
        self.written()?;
        let mut pieces = match &self.parts {
            Some(parts) => parts.pieces(0..self.earlier)?,
            None => Vec::new(),
        };
        let mine = mem::take(&mut self.mine).into_iter();
        pieces
            .extend(mine.map(|part| Arc::try_unwrap(part).unwrap_or_else(|part| (*part).clone())));
        if self.parts.is_none() {
            pieces.push(mem::take(&mut self.next));
        }
        if let Some(places) = places(segments) {
            pieces = vec![in_order(joined(pieces, out)?, &places)];
        }
        // What has no rows (a single number) is in one piece.
        match pieces.as_slice() {
            [one] => npz::write(out, one)?,
            several => {
                let mut writer = npz::Writer::create(out)?;
                for piece in several {
                    writer.append(piece)?;
                }
                writer.finish()?;
            }
        }
        if let Some(parts) = self.parts.take() {
            parts.remove();
        }
        let named = |piece: Named| {
            let arrays = piece
                .into_iter()
                .filter(|(name, _)| wanted.contains(&name.as_str()));
            arrays.collect()
        };
        joined(pieces.into_iter().map(named).collect(), out)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Nothing writes into a folder that goes.
        if let Some(writing) = self.writing.take() {
            let _ = writing.join();
        }
    }
}

/// The rows of all pieces behind one another.
fn joined(pieces: Vec<Named>, out: &Path) -> Result<Named, PipelineError> {
    let mut all = Named::new();
    for piece in pieces {
        append(&mut all, piece).map_err(|name| PipelineError::Arrays {
            path: out.to_owned(),
            problem: format!(
                "the array `{name}` does not continue that of the parts before; remove the folder of parts to \
                 begin anew"
            ),
        })?;
    }
    Ok(all)
}

/// The rows of arrays in another order.
fn in_order(arrays: Named, places: &[usize]) -> Named {
    let ordered = |array: Array| match array {
        Array::F32(tensor) => Array::F32(tensor.select_rows(places)),
        Array::F64(tensor) => Array::F64(tensor.select_rows(places)),
        Array::I64(tensor) => Array::I64(tensor.select_rows(places)),
    };
    let arrays = arrays.into_iter();
    arrays.map(|(name, array)| (name, ordered(array))).collect()
}
