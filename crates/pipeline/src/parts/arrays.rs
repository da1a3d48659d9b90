//! Parts that are lists of named arrays, one row per event.

use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array};

use super::Parts;
use crate::PipelineError;

/// Arrays with their names.
pub type Named = Vec<(String, Array)>;

impl Parts {
    /// Finds the parts of this file of arrays that were made for the same
    /// request, or begins anew.
    pub fn of_arrays(out: &Path, request: &str) -> Result<Self, PipelineError> {
        Self::of(out, request, "npz")
    }

    /// Finishes the next part with these arrays.
    pub fn finish_arrays(&mut self, arrays: &Named) -> Result<(), PipelineError> {
        npz::write(&self.part(self.done), arrays)?;
        self.done += 1;
        Ok(())
    }

    /// Where the next part is to be written by somebody else, who says when it is
    /// [finished](Self::finished).
    pub fn next_path(&self) -> PathBuf {
        self.part(self.done)
    }

    /// The next part is there.
    pub fn finished(&mut self) {
        self.done += 1;
    }

    /// The arrays of some parts.
    pub fn pieces(&self, parts: std::ops::Range<usize>) -> Result<Vec<Named>, PipelineError> {
        let read = |part| Ok(npz::read_arrays(&self.part(part))?);
        parts.map(read).collect()
    }

    /// The arrays of all parts behind one another.
    pub fn arrays(&self) -> Result<Named, PipelineError> {
        let mut all = Named::new();
        for part in (0..self.done).map(|part| self.part(part)) {
            append(&mut all, npz::read_arrays(&part)?).map_err(|name| PipelineError::Arrays {
                path: part,
                problem: format!(
                    "the array `{name}` does not continue that of the parts before; remove the \
                     folder to begin anew"
                ),
            })?;
        }
        Ok(all)
    }

    /// Writes the output, what became of all parts, and removes them.
    pub fn become_arrays(self, arrays: &Named) -> Result<(), PipelineError> {
        npz::write(&self.out, arrays)?;
        self.remove();
        Ok(())
    }
}

/// Adds the rows of arrays to those of the same names; the name of one that
/// does not fit.
pub fn append(all: &mut Named, more: Named) -> Result<(), String> {
    if all.is_empty() {
        *all = more;
        return Ok(());
    }
    let mut more = more.into_iter();
    for (name, array) in all {
        let fits = more.next().filter(|(found, _)| found == name);
        let joined = fits.and_then(|(_, more)| match (&mut *array, more) {
            (Array::F32(mine), Array::F32(more)) => extend(mine, more),
            (Array::F64(mine), Array::F64(more)) => extend(mine, more),
            (Array::I64(mine), Array::I64(more)) => extend(mine, more),
            _ => None,
        });
        joined.ok_or_else(|| name.clone())?;
    }
    Ok(())
}

/// Adds rows to a tensor, without moving those that it has.
fn extend<T: Clone>(first: &mut Tensor<T>, second: Tensor<T>) -> Option<()> {
    let (mine, theirs) = (first.shape(), second.shape());
    if mine.is_empty() || mine.len() != theirs.len() || mine[1..] != theirs[1..] {
        return None;
    }
    let mut shape = mine.to_vec();
    shape[0] += second.rows();
    let whole = std::mem::replace(first, Tensor::new(vec![0], Vec::new()));
    let mut data = whole.into_data();
    data.extend(second.into_data());
    *first = Tensor::try_new(shape, data)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrays(values: &[f32]) -> Named {
        let tensor = Tensor::new(vec![values.len(), 1], values.to_vec());
        vec![("output".to_owned(), Array::F32(tensor))]
    }

    #[test]
    fn arrays_of_parts_become_one() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.npz");
        let mut parts = Parts::of_arrays(&out, "a").unwrap();
        parts.finish_arrays(&arrays(&[1.0, 2.0])).unwrap();
        drop(parts);
        let mut parts = Parts::of_arrays(&out, "a").unwrap();
        assert_eq!(parts.done(), 1);
        parts.finish_arrays(&arrays(&[3.0])).unwrap();
        let all = parts.arrays().unwrap();
        assert_eq!(all, arrays(&[1.0, 2.0, 3.0]));
        parts.become_arrays(&all).unwrap();
        assert_eq!(npz::read_arrays(&out).unwrap(), all);
        assert!(!folder.path().join("out.npz.parts").exists());
    }

    #[test]
    fn arrays_that_do_not_continue_each_other_are_named() {
        let mut all = arrays(&[1.0]);
        let wide = Array::F32(Tensor::new(vec![1, 2], vec![1.0, 2.0]));
        assert_eq!(
            append(&mut all, vec![("output".to_owned(), wide)]),
            Err("output".to_owned())
        );
        let mut all = arrays(&[1.0]);
        let (_, array) = arrays(&[1.0]).remove(0);
        assert!(append(&mut all, vec![("other".to_owned(), array)]).is_err());
    }
}
