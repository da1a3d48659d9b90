//! What all recurrent layers share: directions, steps, states, outputs.

use crate::error::NetworkError;
use crate::graph::{Dim, Kind, ValueId, show};
use crate::onnx::reader::Import;
use crate::onnx::recurrent::activation::{self, Activation};
use crate::onnx::recurrent::weights::{self, Gate, Place};
use crate::ops::{Add, Clip, Concat, Expand, Gemm, Greater, Reshape, Slice, Start, ToReal, Where};

/// More steps than any tagger has particles: beyond, a file is malicious.
const MOST_STEPS: usize = 4096;

/// The states of a layer, hidden first.
pub(super) type States = Vec<ValueId>;

/// One kind of recurrent layer.
pub(super) trait Cell {
    /// The gates in the order in which the file stacks them.
    const GATES: &'static [&'static str];
    /// The activations that stand where none are named.
    const ACTIVATIONS: &'static [&'static str];
    /// How many states are handed on, and the inputs that they start from.
    const STATES: &'static [usize];

    /// Whether a gate's two biases are needed one by one.
    fn apart(&self, _gate: usize) -> bool {
        false
    }

    /// The states behind a step.
    fn step(&self, node: &mut Import<'_>, step: &Step<'_>) -> Result<Vec<ValueId>, NetworkError>;
}

/// What a step sees.
pub(super) struct Step<'a> {
    /// The direction and the number of the step, for names.
    pub scope: String,
    /// The particle, `[N, I]`.
    pub x: ValueId,
    /// The states in front of the step.
    pub states: &'a States,
    /// The weights of every gate.
    pub gates: &'a [Gate],
    /// The activations of the direction.
    pub activations: &'a [Activation],
    /// The numbers of the direction's peepholes, if there are any.
    pub peepholes: &'a [ValueId],
    /// Pre-activations are cut to plus and minus this.
    pub clip: Option<f64>,
}

impl Step<'_> {
    /// The name of a part of this step.
    pub fn name(&self, part: &str) -> String {
        format!("{}/{part}", self.scope)
    }

    /// `W x + b` of a gate.
    pub fn input_part(
        &self,
        node: &mut Import<'_>,
        gate: usize,
        name: &str,
    ) -> Result<ValueId, NetworkError> {
        let weights = &self.gates[gate];
        let mut inputs = vec![self.x, weights.input];
        inputs.extend(weights.input_bias);
        node.add_as(&self.name(&format!("{name}/input")), Gemm::NT, &inputs)
    }

    /// `U h` of a gate for any state `h`.
    pub fn state_part(
        &self,
        node: &mut Import<'_>,
        gate: usize,
        name: &str,
        h: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let inputs = [h, self.gates[gate].state];
        node.add_as(&self.name(&format!("{name}/state")), Gemm::NT, &inputs)
    }

    /// `W x + b + U h` of a gate.
    pub fn sum(
        &self,
        node: &mut Import<'_>,
        gate: usize,
        name: &str,
    ) -> Result<ValueId, NetworkError> {
        let input = self.input_part(node, gate, name)?;
        let state = self.state_part(node, gate, name, self.states[0])?;
        node.add_as(&self.name(&format!("{name}/sum")), Add, &[input, state])
    }

    /// Activation number `i` of a pre-activation, cut first if the file says so.
    pub fn activate(
        &self,
        node: &mut Import<'_>,
        i: usize,
        name: &str,
        mut z: ValueId,
    ) -> Result<ValueId, NetworkError> {
        if let Some(limit) = self.clip {
            let clip = Clip {
                low: -limit,
                high: limit,
            };
            z = node.add_as(&self.name(&format!("{name}/clip")), clip, &[z])?;
        }
        self.activations[i].add(node, &self.name(name), z)
    }
}

/// The layout of a layer.
struct Frame {
    x: ValueId,
    batch: Dim,
    inputs: Dim,
    hidden: usize,
    steps: usize,
    batch_first: bool,
    lengths: Option<ValueId>,
    clip: Option<f64>,
    directions: Vec<(&'static str, bool)>,
}

/// Unrolls a layer.
pub(super) fn unroll<C: Cell>(
    node: &mut Import<'_>,
    cell: &C,
) -> Result<Vec<ValueId>, NetworkError> {
    let frame = frame(node)?;
    let activations = activation::read(node, C::ACTIVATIONS, frame.directions.len())?;
    let particles = particles(node, &frame)?;
    let mut hidden = vec![vec![]; frame.directions.len()];
    let mut last = vec![];
    for (d, &(scope, backward)) in frame.directions.iter().enumerate() {
        let gates = (0..C::GATES.len()).map(|gate| {
            let place = Place {
                scope,
                direction: d,
                gates: C::GATES,
                gate,
                hidden: frame.hidden,
            };
            weights::gate(node, place, cell.apart(gate))
        });
        let gates = gates.collect::<Result<Vec<_>, _>>()?;
        let peepholes = peepholes(node, scope, d, frame.hidden)?;
        let mut states = initial(node, C::STATES, scope, d, &frame)?;
        let mut outputs = vec![None; frame.steps];
        for i in 0..frame.steps {
            let t = if backward { frame.steps - 1 - i } else { i };
            let step = Step {
                scope: format!("{scope}/{t}"),
                x: particles[t],
                states: &states,
                gates: &gates,
                activations: &activations[d],
                peepholes: &peepholes,
                clip: frame.clip,
            };
            let made = cell.step(node, &step)?;
            let (kept, output) = shortened(node, &frame, &step, t, made)?;
            outputs[t] = Some(output);
            states = kept;
        }
        hidden[d] = outputs;
        last.push(states);
    }
    let mut results = vec![sequence(node, &frame, &hidden)?];
    for state in 0..C::STATES.len() {
        let parts: Vec<ValueId> = last.iter().map(|states| states[state]).collect();
        results.push(final_state(node, &frame, state, &parts)?);
    }
    Ok(results)
}

fn frame(node: &mut Import<'_>) -> Result<Frame, NetworkError> {
    let proto = node.proto();
    let x = node.real(0)?;
    let shape = node.shape(x);
    let batch_first = proto.int("layout")?.unwrap_or(0) == 1;
    let [first, second, inputs] = shape.as_slice() else {
        return Err(node.refuse(format!(
            "expected sequences of vectors, found {}",
            show(&shape)
        )));
    };
    let (steps, batch) = if batch_first {
        (second, first)
    } else {
        (first, second)
    };
    let known = steps.known().ok_or_else(|| {
        node.refuse(format!(
            "it is unrolled step by step, but its number of steps {steps} depends on the run; import the model for a known size of it (--size NAME=N)"
        ))
    })?;
    if known == 0 || known > MOST_STEPS {
        return Err(node.refuse(format!("{known} steps, expected 1 to {MOST_STEPS}")));
    }
    let directions = match proto.string("direction")?.unwrap_or("forward") {
        "forward" => vec![("forward", false)],
        "reverse" => vec![("reverse", true)],
        "bidirectional" => vec![("forward", false), ("reverse", true)],
        other => {
            return Err(node.refuse(format!(
                "the direction `{other}`, expected forward, reverse or bidirectional"
            )));
        }
    };
    let hidden = proto.int("hidden_size")?;
    let recurrent = node.operand_shape(2)?;
    let hidden = hidden
        .and_then(|hidden| usize::try_from(hidden).ok())
        .or_else(|| recurrent.last().and_then(Dim::known))
        .filter(|hidden| *hidden > 0 && recurrent.last() == Some(&Dim::fixed(*hidden)))
        .ok_or_else(|| {
            node.refuse(format!(
                "hidden_size does not fit the recurrent weights of shape {}",
                show(&recurrent)
            ))
        })?;
    let clip = proto.float("clip")?.map(crate::onnx::operand::decimal);
    let (batch, inputs) = (batch.clone(), inputs.clone());
    Ok(Frame {
        x,
        lengths: lengths(node, known, &batch)?,
        batch,
        inputs,
        hidden,
        steps: known,
        batch_first,
        clip: clip.filter(|&limit| limit > 0.0),
        directions,
    })
}

/// The sequences' own lengths as real numbers `[N, 1]`, if some are shorter.
fn lengths(
    node: &mut Import<'_>,
    steps: usize,
    batch: &Dim,
) -> Result<Option<ValueId>, NetworkError> {
    const LENGTHS: usize = 4;
    if !node.has(LENGTHS) {
        return Ok(None);
    }
    let whole = node
        .integers(LENGTHS)
        .is_ok_and(|lengths| lengths.iter().all(|&length| length == steps as i64));
    if whole {
        return Ok(None);
    }
    let mut lengths = node.either(LENGTHS)?;
    if node.kind(lengths) == Kind::Integer {
        lengths = node.add_as("real_lengths", ToReal, &[lengths])?;
    }
    let shape = vec![batch.clone(), Dim::fixed(1)];
    node.add_as("lengths", Reshape { shape }, &[lengths])
        .map(Some)
}

/// The input of every step, `[N, I]`.
fn particles(node: &mut Import<'_>, frame: &Frame) -> Result<Vec<ValueId>, NetworkError> {
    let shape = vec![frame.batch.clone(), frame.inputs.clone()];
    let all = (0..frame.steps).map(|t| {
        let slice = Slice {
            axis: usize::from(frame.batch_first),
            start: t.into(),
            length: 1.into(),
            step: 1,
        };
        let x = node.add_as(&format!("x/{t}/part"), slice, &[frame.x])?;
        let shape = shape.clone();
        node.add_as(&format!("x/{t}"), Reshape { shape }, &[x])
    });
    all.collect()
}

/// The diagonal weights from the cell to the gates `i`, `o` and `f`, each
/// `[H]`; none without.
fn peepholes(
    node: &mut Import<'_>,
    scope: &str,
    direction: usize,
    hidden: usize,
) -> Result<Vec<ValueId>, NetworkError> {
    const PEEPHOLES: usize = 7;
    if !node.has(PEEPHOLES) {
        return Ok(vec![]);
    }
    let shape = node.operand_shape(PEEPHOLES)?;
    if shape.len() != 2
        || shape[1] != Dim::fixed(3 * hidden)
        || shape[0].known().is_none_or(|count| count <= direction)
    {
        return Err(node.refuse(format!(
            "peepholes of shape {}, expected 3 × {hidden} for each direction",
            show(&shape)
        )));
    }
    let name = |gate: usize| format!("{scope}/peephole{gate}");
    (0..3)
        .map(|gate| {
            weights::rows(
                node,
                PEEPHOLES,
                &name(gate),
                direction,
                gate * hidden,
                hidden,
            )
        })
        .collect()
}

/// The states in front of the first step, from the inputs numbered `from`; zeros
/// where there is none.
fn initial(
    node: &mut Import<'_>,
    from: &[usize],
    scope: &str,
    direction: usize,
    frame: &Frame,
) -> Result<States, NetworkError> {
    let directions = frame.directions.len();
    let states = from.iter().map(|&i| {
        let shape = vec![frame.batch.clone(), frame.hidden.into()];
        let name = format!("{scope}/initial{i}");
        if !node.has(i) {
            let zero = node.scalar(0.0);
            let zeros = node.add_as(&format!("{name}/zeros"), Expand { shape }, &[zero])?;
            return node.add_as(&name, Start, &[zeros]);
        }
        let all = node.real(i)?;
        let axis = usize::from(frame.batch_first);
        let mut expected = vec![frame.batch.clone(), frame.hidden.into()];
        expected.insert(axis, directions.into());
        if node.shape(all) != expected {
            return Err(node.refuse(format!(
                "an initial state of shape {}, expected {}",
                show(&node.shape(all)),
                show(&expected)
            )));
        }
        let slice = Slice {
            axis,
            start: direction.into(),
            length: 1.into(),
            step: 1,
        };
        let part = node.add_as(&format!("{name}/part"), slice, &[all])?;
        let part = node.add_as(&format!("{name}/row"), Reshape { shape }, &[part])?;
        node.add_as(&name, Start, &[part])
    });
    states.collect()
}

/// The states and the output of a step, which a sequence that has ended keeps
/// and has 0.
fn shortened(
    node: &mut Import<'_>,
    frame: &Frame,
    step: &Step<'_>,
    t: usize,
    made: Vec<ValueId>,
) -> Result<(States, ValueId), NetworkError> {
    let Some(lengths) = frame.lengths else {
        let output = made[0];
        return Ok((made, output));
    };
    let (now, zero) = (node.scalar(t as f64), node.scalar(0.0));
    let runs = node.add_as(&step.name("runs"), Greater, &[lengths, now])?;
    let output = node.add_as(&step.name("output"), Where, &[runs, made[0], zero])?;
    let mut states = States::new();
    for (i, (new, &old)) in made.into_iter().zip(step.states).enumerate() {
        let inputs = [runs, new, old];
        states.push(node.add_as(&step.name(&format!("kept{i}")), Where, &inputs)?);
    }
    Ok((states, output))
}

/// All steps' outputs as one tensor, if it is wanted.
fn sequence(
    node: &mut Import<'_>,
    frame: &Frame,
    hidden: &[Vec<Option<ValueId>>],
) -> Result<ValueId, NetworkError> {
    let order = (0..frame.steps).flat_map(|t| hidden.iter().map(move |steps| steps[t]));
    let parts: Vec<ValueId> = order.flatten().collect();
    if !node.wants(0) {
        return Ok(parts[0]);
    }
    let stacked = stacked(node, frame, "Y", &parts)?;
    let (steps, directions) = (Dim::fixed(frame.steps), Dim::fixed(hidden.len()));
    let hidden = Dim::fixed(frame.hidden);
    let shape = if frame.batch_first {
        vec![frame.batch.clone(), steps, directions, hidden]
    } else {
        vec![steps, directions, frame.batch.clone(), hidden]
    };
    node.add_as("Y", Reshape { shape }, &[stacked])
}

/// A state of every direction behind its last step, if it is wanted.
fn final_state(
    node: &mut Import<'_>,
    frame: &Frame,
    state: usize,
    parts: &[ValueId],
) -> Result<ValueId, NetworkError> {
    if !node.wants(state + 1) {
        return Ok(parts[0]);
    }
    stacked(node, frame, ["Y_h", "Y_c"][state], parts)
}

/// `[N, H]` each, joined along a new side: the first, or behind the batch.
fn stacked(
    node: &mut Import<'_>,
    frame: &Frame,
    name: &str,
    parts: &[ValueId],
) -> Result<ValueId, NetworkError> {
    let axis = usize::from(frame.batch_first);
    let mut shape = vec![frame.batch.clone(), frame.hidden.into()];
    shape.insert(axis, 1.into());
    let mut sides = Vec::with_capacity(parts.len());
    for (i, &part) in parts.iter().enumerate() {
        let shape = shape.clone();
        sides.push(node.add_as(&format!("{name}/{i}"), Reshape { shape }, &[part])?);
    }
    node.add_as(&format!("{name}/all"), Concat { axis }, &sides)
}
