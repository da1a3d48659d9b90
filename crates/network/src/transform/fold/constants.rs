//! Nodes whose inputs are all known are computed once.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::exec::Executor;
use crate::graph::{Data, Graph, Kind, Source, Type, ValueId};
use crate::ops::{Op, ToReal};
use crate::transform::fold::Met;
use crate::transform::fold::look::{known, like};

/// Results of this many numbers are kept however small the inputs are.
const ALWAYS: usize = 1 << 16;

/// The numbers of a node on constants, unless they take much more room than
/// its inputs or the operation needs a size of the run. They are a weight if
/// one of the inputs is.
#[allow(clippy::unnecessary_wraps)] // one of the rules
pub(super) fn computed(graph: &mut Graph, met: &Met<'_>) -> Result<Option<ValueId>, NetworkError> {
    let (name, op, inputs) = (met.name, met.op, met.inputs);
    let data: Option<Vec<&Data>> = inputs.iter().map(|&input| graph.data(input)).collect();
    let Some(data) = data.filter(|data| !data.is_empty() && !needs_sizes(op)) else {
        return Ok(None);
    };
    let types: Vec<&Type> = inputs.iter().map(|&input| graph.ty(input)).collect();
    let types = op.infer(&types).unwrap_or_default();
    let [result] = types.as_slice() else {
        return Ok(None);
    };
    let Some(shape) = known(&result.shape) else {
        return Ok(None);
    };
    let given: usize = data
        .iter()
        .map(|data| data.shape().iter().product::<usize>())
        .sum();
    let volume = shape
        .iter()
        .try_fold(1_usize, |volume, &side| volume.checked_mul(side));
    if volume.is_none_or(|volume| volume > ALWAYS.max(2 * given)) {
        return Ok(None);
    }
    // What cannot be computed (an index outside of its side) is told by the run.
    let Ok(numbers) = run(op, &data) else {
        return Ok(None);
    };
    let weight = inputs
        .iter()
        .any(|&input| matches!(graph.value(input).source, Source::Parameter(_)));
    let single = data.iter().find(|data| matches!(data, Data::F32(_)));
    let result = match result.kind {
        Kind::Real => like(single.unwrap_or(&data[0]), &shape, numbers),
        Kind::Integer => Tensor::new(shape, numbers.into_iter().map(|x| x as i32).collect()).into(),
    };
    Ok(Some(if weight {
        graph.parameter(name, result)
    } else {
        graph.constant(name, result)
    }))
}

/// Whether an operation has settings that only a run knows, or is not to be
/// computed before it.
fn needs_sizes(op: &Op) -> bool {
    match op {
        // What a recurrent layer starts from stays a value of its own.
        Op::Start(_) => true,
        Op::Slice(slice) => slice.start.known().is_none(),
        Op::Pad(pad) => pad.start.known().is_none(),
        Op::LastWrite(last) => known(&last.shape).is_none(),
        _ => false,
    }
}

fn run(op: &Op, data: &[&Data]) -> Result<Vec<f64>, NetworkError> {
    let mut graph = Graph::new();
    let inputs: Vec<ValueId> = data
        .iter()
        .map(|&data| graph.constant("", data.clone()))
        .collect();
    let mut value = graph.push(op.clone(), &inputs)?;
    if graph.ty(value).kind == Kind::Integer {
        value = graph.push(ToReal, &[value])?;
    }
    graph.output(value);
    Ok(Executor::<f64>::new(&graph)
        .call(&[])?
        .swap_remove(0)
        .data()
        .to_vec())
}
