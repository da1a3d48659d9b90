//! The weights of a recurrent layer, cut into those of each direction and gate.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Data, Dim, ValueId, show};
use crate::onnx::reader::Import;
use crate::ops::{Add, Reshape, Slice};

/// The weights of one gate in one direction.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    /// `[H, I]`: what meets the input.
    pub input: ValueId,
    /// `[H, H]`: what meets the state.
    pub state: ValueId,
    /// `[H]`: added with the input's part.
    pub input_bias: Option<ValueId>,
    /// `[H]`: added with the state's part; already in `input_bias` unless kept apart.
    pub state_bias: Option<ValueId>,
}

/// Where a gate's weights stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The name of the direction.
    pub scope: &'a str,
    /// The direction's position.
    pub direction: usize,
    /// The gates of the layer, by name, in the file's order.
    pub gates: &'a [&'a str],
    /// Which of them.
    pub gate: usize,
    /// The state's length `H`.
    pub hidden: usize,
}

/// The weights of a gate. The two biases are one sum unless `apart`.
pub(super) fn gate(
    node: &mut Import<'_>,
    place: Place<'_>,
    apart: bool,
) -> Result<Gate, NetworkError> {
    let (gates, hidden) = (place.gates.len(), place.hidden);
    let start = place.gate * hidden;
    let name = |part: &str| format!("{}/{}/{part}", place.scope, place.gates[place.gate]);
    let stack = |node: &Import<'_>, i: usize, rows: usize, columns: Option<usize>| {
        let shape = node.operand_shape(i)?;
        let fits = shape.len() == 2 + usize::from(columns.is_some())
            && shape[1] == Dim::fixed(rows)
            && columns
                .is_none_or(|columns| columns == usize::MAX || shape[2] == Dim::fixed(columns))
            && shape[0]
                .known()
                .is_some_and(|count| count > place.direction);
        if fits {
            return Ok(());
        }
        Err(node.refuse(format!(
            "input {} has the shape {}, expected {rows} rows ({gates} gates of {hidden}) for each direction",
            i + 1,
            show(&shape)
        )))
    };
    stack(node, 1, gates * hidden, Some(usize::MAX))?;
    stack(node, 2, gates * hidden, Some(hidden))?;
    let input = rows(node, 1, &name("W"), place.direction, start, hidden)?;
    let state = rows(node, 2, &name("R"), place.direction, start, hidden)?;
    let (mut input_bias, mut state_bias) = (None, None);
    if node.has(3) {
        stack(node, 3, 2 * gates * hidden, None)?;
        let second = gates * hidden + start;
        if apart {
            input_bias = Some(rows(node, 3, &name("Wb"), place.direction, start, hidden)?);
            state_bias = Some(rows(node, 3, &name("Rb"), place.direction, second, hidden)?);
        } else {
            input_bias = Some(joined(
                node,
                &name("B"),
                place.direction,
                [start, second],
                hidden,
            )?);
        }
    }
    Ok(Gate {
        input,
        state,
        input_bias,
        state_bias,
    })
}

/// `count` rows from `start` on of one direction of input `i`, without the
/// side of the directions: a weight of its own if the file holds the numbers.
pub(super) fn rows(
    node: &mut Import<'_>,
    i: usize,
    name: &str,
    direction: usize,
    start: usize,
    count: usize,
) -> Result<ValueId, NetworkError> {
    if let Some(data) = node.data(i)? {
        return Ok(node.parameter(name, part(&data, direction, start, count)));
    }
    let mut x = node.real(i)?;
    let mut shape = node.shape(x)[1..].to_vec();
    shape[0] = count.into();
    for (axis, start, length) in [(0, direction, 1), (1, start, count)] {
        let slice = Slice {
            axis,
            start: start.into(),
            length: length.into(),
            step: 1,
        };
        x = node.add_as(&format!("{name}/side{axis}"), slice, &[x])?;
    }
    node.add_as(name, Reshape { shape }, &[x])
}

/// The sum of two rows of the biases; in double precision, so that nothing is
/// rounded that the file keeps apart.
fn joined(
    node: &mut Import<'_>,
    name: &str,
    direction: usize,
    starts: [usize; 2],
    count: usize,
) -> Result<ValueId, NetworkError> {
    if let Some(data) = node.data(3)? {
        let [a, b] = starts.map(|start| part(&data, direction, start, count).to_f64());
        let sum = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        return Ok(node.parameter(name, Tensor::new(vec![count], sum).into()));
    }
    let a = rows(node, 3, &format!("{name}/Wb"), direction, starts[0], count)?;
    let b = rows(node, 3, &format!("{name}/Rb"), direction, starts[1], count)?;
    node.add_as(name, Add, &[a, b])
}

/// Rows of one direction of stacked weights, whose shape has been checked.
fn part(data: &Data, direction: usize, start: usize, count: usize) -> Data {
    let mut shape = data.shape()[1..].to_vec();
    let row: usize = shape[1..].iter().product();
    let first = (direction * shape[0] + start) * row;
    shape[0] = count;
    let numbers = first..first + count * row;
    match data {
        Data::F32(tensor) => Tensor::new(shape, tensor.data()[numbers].to_vec()).into(),
        real => Tensor::new(shape, real.to_f64()[numbers].to_vec()).into(),
    }
}
