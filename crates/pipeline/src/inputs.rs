//! Writes what a model is given: its inputs for every event of the files, and the
//! labels or values.
//!
//! Events are read, made into inputs and written batch after batch; memory holds a
//! few batches however many jets there are.

use std::path::{Path, PathBuf};

use pellucid_core::target::Truth;
use pellucid_core::{Job, Tensor};
use pellucid_data::npz::{self, Array};
use pellucid_observables::particles::Cut;

use crate::PipelineError;
use crate::explain::left_out;
use crate::input_spec::{InputSpec, sentences};
use crate::source::{Account, DataSettings, Source, files};

/// Numbers of a batch, about: 64 MB.
const BATCH: usize = 1 << 24;

/// Arrays that are written beside the inputs.
const OWN: [&str; 3] = ["label", "target", "weight"];

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
    if let Some(name) = OWN.into_iter().find(|name| spec.inputs.contains_key(*name)) {
        return Err(PipelineError::Setting {
            setting: format!("inputs.{name}"),
            problem: format!(
                "the name is taken by the {name}s of the jets; call the input something else"
            ),
        });
    }
    if let Some((name, _)) = spec
        .inputs
        .iter()
        .find(|(_, input)| input.shape().is_none())
    {
        return Err(PipelineError::Setting {
            setting: format!("inputs.{name}.kind"),
            problem: "is a graph, whose events have no common shape that an array could have; `explain` and `train` make \
                      them for each event"
                .to_owned(),
        });
    }
    let numbers: usize = spec
        .inputs
        .values()
        .map(|input| input.shape().unwrap_or_default().iter().product::<usize>())
        .sum();
    let rows = (BATCH / numbers.max(1)).clamp(1, settings.batch_rows.max(1));
    let (source, untold) = if spec.of_jets() {
        let source = Source::open(data, settings)?.telling(spec.needs())?;
        let told = |property| source.clone().telling([property]).is_ok();
        let wished: Vec<_> = spec.wishes().into_iter().filter(|&p| told(p)).collect();
        let untold = spec.untold(told);
        (source.telling(wished)?, untold)
    } else {
        (
            Source::of(data, settings, spec.demand(), false)?,
            Vec::new(),
        )
    };
    let source = source.batch_rows(rows).passing();
    files::check_out(out, source.paths())?;
    let mut cuts: Vec<Cut> = vec![Cut::default(); spec.inputs.len()];
    let bar = job.start("reading jets", source.rows().unwrap_or(0) as u64);
    let mut writer = npz::Writer::create(out)?;
    let account = source.for_each(job, |events| {
        let jets = events.len();
        if spec.of_jets() {
            let made = events.jets()?;
            for (cut, (_, representation)) in cuts.iter_mut().zip(spec.representations()) {
                cut.add(representation.cut(&made));
            }
        }
        let mut arrays: Vec<(String, Array)> = spec
            .apply(&events.inputs)?
            .into_iter()
            .map(|(name, tensor)| (name, Array::F32(tensor)))
            .collect();
        let integers = |list: Vec<i64>| Array::I64(Tensor::new(vec![jets], list));
        match &events.target.truth {
            Truth::Two { signal, .. } => {
                let labels = signal.iter().map(|&label| i64::from(label)).collect();
                arrays.push(("label".to_owned(), integers(labels)));
            }
            Truth::Classes { classes, .. } => {
                let labels = classes.iter().map(|&class| class as i64).collect();
                arrays.push(("label".to_owned(), integers(labels)));
            }
            Truth::Values { values, .. } => {
                let width = values.len();
                let rows = (0..jets).flat_map(|event| values.iter().map(move |it| it[event]));
                let rows = Tensor::new(vec![jets, width], rows.collect());
                arrays.push(("target".to_owned(), Array::F64(rows)));
            }
            Truth::None => {}
        }
        if !events.weights().is_empty() {
            let weights = Tensor::new(vec![jets], events.weights().to_vec());
            arrays.push(("weight".to_owned(), Array::F64(weights)));
        }
        writer.append(&arrays)?;
        bar.advance(jets as u64);
        Ok(())
    })?;
    writer.finish()?;
    for sentence in sentences(&untold) {
        job.note(&sentence);
    }
    for (name, cut) in spec.inputs.keys().zip(cuts).filter(|(_, cut)| cut.cut > 0) {
        job.note(&left_out(name, cut));
    }
    source.tell(job);
    account.tell(job);
    Ok(account)
}
