//! From a model and a file of arrays to a file of attributions.

use std::path::PathBuf;

use pellucid_core::{Job, Tensor};
use pellucid_data::npz::Array;
use pellucid_explain::Method;
use serde::Serialize;

use super::arrays::Arrays;
use super::kept::Kept;
use super::lists::events::Events;
use super::lists::run::Lists;
use super::method::method;
use super::number::Number;
use super::request::{Precision, Request};
use super::straight_through;
use super::targets::Targets;
use super::task::Task;
use crate::parts::Named;
use crate::source::files::check_out;
use crate::{PipelineError, export_explanation, model};

/// What was done, in a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct Summary {
    /// The method.
    pub method: String,
    /// How many events were explained.
    pub events: usize,
    /// The events that an earlier, interrupted run had finished.
    pub resumed: usize,
    /// The largest modulus of what completeness misses; none, if no event has a finite one.
    pub largest_residual: Option<f64>,
    /// The mean modulus of the explained value; none, if no event has a finite one.
    pub mean_explained: Option<f64>,
    /// Events whose attributions or explained value are not finite; they are in no other
    /// number here.
    pub not_finite: usize,
    /// The bytes that the runs of the network were planned to hold at once, weights
    /// included; inputs and results come on top.
    pub memory: usize,
    /// What a user should know of how the numbers were read.
    pub notes: Vec<String>,
}

/// Explains the events of a file by a method and writes the result; many events
/// in [parts](crate::parts).
pub fn attribute(request: &Request, job: &Job) -> Result<Summary, PipelineError> {
    let read = [&request.model, &request.inputs];
    check_out(&request.out, read.map(PathBuf::as_path))?;
    match request.precision {
        Precision::F32 => attribute_in::<f32>(request, job),
        Precision::F64 => attribute_in::<f64>(request, job),
    }
}

/// The same in a precision.
fn attribute_in<S: Number>(request: &Request, job: &Job) -> Result<Summary, PipelineError> {
    let method = method(&request.method)?;
    let file = model::File::read(&request.model)?;
    let arrays = Arrays::read(&request.inputs)?;
    let ports = file.inputs()?;
    let identity = request.identity()?;
    // Truth values are held by themselves, as integers are.
    let mut request = request.clone();
    request.hold.extend(export_explanation::held(&ports));
    let mut notes = Vec::new();
    let events = Events::<S>::of(&arrays, &ports, &request.hold, &mut notes)?;
    let name = method.name();
    let mut summary = if let Some(events) = events {
        let lists = Lists {
            request: &request,
            file,
            events,
            arrays: &arrays,
            method,
        };
        lists.run(&identity, &mut notes, job)?
    } else {
        let inputs = arrays.inputs::<S>(&ports, &request.hold)?;
        notes.extend(inputs.notes);
        rows(
            &request,
            &file,
            &arrays,
            &inputs.tensors,
            method,
            &identity,
            job,
        )?
    };
    name.clone_into(&mut summary.method);
    summary.notes.splice(0..0, notes);
    Ok(summary)
}

/// Explains events that are the rows of the inputs.
fn rows<S: Number>(
    request: &Request,
    file: &model::File,
    arrays: &Arrays,
    inputs: &[Tensor<S>],
    method: Method,
    identity: &str,
    job: &Job,
) -> Result<Summary, PipelineError> {
    let shapes: Vec<&[usize]> = inputs.iter().map(Tensor::shape).collect();
    let graph = file.network(request.output.as_deref(), &shapes)?;
    file.note_output(request.output.as_deref(), job);
    let said = straight_through::note(&graph);
    let targets = Targets::asked(request, &graph, arrays)?;
    let task = Task {
        request,
        graph: &graph,
        inputs,
        arrays,
        method,
    };
    let mut work = task.work(&targets, job)?;
    let mut kept = Kept::open(&request.out, identity, &work.segments)?;
    let resumed = kept.events(&work.segments);
    let memory = match task.run(&mut work, &mut kept, job) {
        Err(error) if error.interrupted() => return Err(kept.paused(&work.segments, error)),
        memory => memory?,
    };
    let found = kept.write(&request.out, &work.segments, &["explained", "residual"])?;
    let mut summary = of_arrays(&found);
    summary.resumed = resumed;
    summary.memory = memory;
    summary.notes.extend(said);
    if let Some(event) = not_finite(&found) {
        let cause = task.cause(&work, event)?;
        summary
            .notes
            .push(format!("event {event} could not be explained: {cause}"));
    }
    Ok(summary)
}

/// The first event whose explained value or residual is not finite.
pub(super) fn not_finite(found: &Named) -> Option<usize> {
    let lists = found
        .iter()
        .filter(|(name, _)| name == "explained" || name == "residual");
    let first = |(_, array): &(String, Array)| match array {
        Array::F64(tensor) => tensor.data().iter().position(|x| !x.is_finite()),
        _ => None,
    };
    lists.filter_map(first).min()
}

/// What the arrays say in a few numbers.
pub(super) fn of_arrays(found: &Named) -> Summary {
    let list = |name: &str| -> &[f64] {
        match found.iter().find(|(found, _)| found == name) {
            Some((_, Array::F64(tensor))) => tensor.data(),
            _ => &[],
        }
    };
    let (explained, residual) = (list("explained"), list("residual"));
    // What is not finite among an event's attributions makes its residual so.
    let finite = |event: usize| residual[event].is_finite() && explained[event].is_finite();
    let moduli = |numbers: &[f64]| -> Vec<f64> {
        let numbers = numbers.iter().enumerate();
        let finite = numbers.filter(|(event, _)| finite(*event));
        finite.map(|(_, x)| x.abs()).collect()
    };
    let sizes = moduli(explained);
    Summary {
        events: explained.len(),
        largest_residual: moduli(residual).into_iter().reduce(f64::max),
        mean_explained: (!sizes.is_empty()).then(|| pellucid_core::statistics::mean(&sizes, None)),
        not_finite: (0..explained.len()).filter(|&event| !finite(event)).count(),
        ..Summary::default()
    }
}
