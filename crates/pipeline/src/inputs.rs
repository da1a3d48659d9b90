//! Writes what a model is given: its inputs for every jet of a file, and the
//! labels.

use std::path::{Path, PathBuf};

use pellucid_core::{Job, Tensor};
use pellucid_data::npz::{self, Array};
use pellucid_observables::particles::Cut;

use crate::PipelineError;
use crate::explain::left_out;
use crate::input_spec::{InputSpec, sentences};
use crate::source::{Account, DataSettings, Source};

/// Reads jets, applies the specification, and writes one array per input and
/// `label` to an NPZ file, `weight` too where jets have weights. Returns what was
/// read and what was left out.
pub fn write_inputs(
    data: &[PathBuf],
    spec: &InputSpec,
    settings: &DataSettings,
    out: &Path,
    job: &Job,
) -> Result<Account, PipelineError> {
    spec.check()?;
    if spec.inputs.contains_key("label") {
        return Err(PipelineError::Setting {
            setting: "inputs.label".to_owned(),
            problem: "the name is taken by the labels; call the input something else".to_owned(),
        });
    }
    let source = Source::open(data, settings)?.telling(spec.needs())?;
    let told = |property| source.clone().telling([property]).is_ok();
    let wished: Vec<_> = spec.wishes().into_iter().filter(|&p| told(p)).collect();
    let untold = spec.untold(&told);
    let source = source.telling(wished)?;
    let mut cuts: Vec<Cut> = vec![Cut::default(); spec.inputs.len()];
    let bar = job.start("reading jets", source.rows().unwrap_or(0) as u64);
    let (mut labels, mut weights): (Vec<i64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut numbers: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
    let account = source.for_each(job, |events| {
        for (cut, representation) in cuts.iter_mut().zip(spec.inputs.values()) {
            cut.add(representation.cut(&events.jets));
        }
        for (i, (name, tensor)) in spec.apply(&events.jets)?.into_iter().enumerate() {
            if numbers.len() <= i {
                numbers.push((name, tensor.shape()[1..].to_vec(), Vec::new()));
            }
            numbers[i].2.extend_from_slice(tensor.data());
        }
        labels.extend(events.labels().iter().map(|&label| i64::from(label)));
        weights.extend_from_slice(events.weights());
        bar.advance(events.len() as u64);
        Ok(())
    })?;
    for sentence in sentences(&untold) {
        job.note(&sentence);
    }
    for (name, cut) in spec.inputs.keys().zip(cuts).filter(|(_, cut)| cut.cut > 0) {
        job.note(&left_out(name, cut));
    }
    let jets = account.jets;
    let mut arrays: Vec<(String, Array)> = numbers
        .into_iter()
        .map(|(name, mut shape, data)| {
            shape.insert(0, jets);
            (name, Array::F32(Tensor::new(shape, data)))
        })
        .collect();
    if source.labelled() {
        let labels = Array::I64(Tensor::new(vec![jets], labels));
        arrays.push(("label".to_owned(), labels));
    }
    if !weights.is_empty() {
        let weights = Array::F64(Tensor::new(vec![jets], weights));
        arrays.push(("weight".to_owned(), weights));
    }
    npz::write(out, &arrays)?;
    source.tell(job);
    account.tell(job);
    Ok(account)
}
