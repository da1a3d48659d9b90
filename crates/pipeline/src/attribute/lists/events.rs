//! The events of a file in which they have lengths of their own.

use pellucid_core::Tensor;
use pellucid_data::npz::Array;
use pellucid_network::Dim;
use pellucid_network::graph::show;

use super::super::arrays::{Arrays, Found, OFFSETS};
use super::super::baseline::broadcast;
use super::super::number::Number;
use crate::PipelineError;
use crate::model::Input;

/// How the events of an input lie in its array.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lie {
    /// As lists behind one another, between these places, along this side of an event's numbers.
    Lists { offsets: Vec<usize>, side: usize },
    /// A row of the array each.
    Rows,
    /// All have the same numbers.
    Shared,
}

/// An input of the model for all events.
#[derive(Debug, Clone)]
struct Port<S> {
    name: String,
    numbers: Tensor<S>,
    lie: Lie,
    /// Whether the model's input has a side of events in front.
    batch: bool,
}

/// Where paths begin, for one input.
#[derive(Debug, Clone)]
pub struct Baseline<S>(Port<S>);

impl<S: Number> Baseline<S> {
    /// The numbers of events of equal lengths, in the order of the model.
    pub fn of(&self, events: &[usize]) -> Vec<f64> {
        let input = self.0.input(events);
        input.data().iter().map(|x| x.double()).collect()
    }
}

/// The events of a file.
#[derive(Debug, Clone)]
pub struct Events<S> {
    ports: Vec<Port<S>>,
    count: usize,
}

impl<S: Number> Events<S> {
    /// The events of a file that has offsets, or one side more than the model takes; none, if it is
    /// a file of events of one length for a model of many events.
    pub fn of(
        arrays: &Arrays,
        inputs: &[Input],
        held: &[String],
        notes: &mut Vec<String>,
    ) -> Result<Option<Self>, PipelineError> {
        let mut told = Vec::new();
        let Ok(found) = arrays.of_inputs(inputs, &mut told) else {
            // What is missing is said where inputs of one length are looked for.
            return Ok(None);
        };
        let more = |(input, found): (&Input, &Found<'_>)| {
            found.array.shape().len() == input.ty.shape.len() + 1
        };
        let lists = found.iter().any(|found| found.offsets.is_some());
        if !lists && !inputs.iter().zip(&found).any(more) {
            return Ok(None);
        }
        notes.append(&mut told);
        let count = count(arrays, &found)?;
        let mut ports = Vec::with_capacity(inputs.len());
        for (input, found) in inputs.iter().zip(&found) {
            let (lie, batch) = lie(arrays, input, found, count)?;
            ports.push(Port {
                name: input.name.clone(),
                numbers: arrays.numbers(input, found.array, held, notes)?,
                lie,
                batch,
            });
        }
        Ok(Some(Self { ports, count }))
    }

    /// How many events there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The lengths of an event's lists, in the order of the inputs that have some.
    pub fn lengths(&self, event: usize) -> Vec<usize> {
        let lists = self.ports.iter().filter_map(|port| port.length(event));
        lists.collect()
    }

    /// The event's inputs that have no rows, by name.
    pub fn empty(&self, event: usize) -> Vec<&str> {
        let empty = self
            .ports
            .iter()
            .filter(|port| port.length(event) == Some(0));
        empty.map(|port| port.name.as_str()).collect()
    }

    /// Which side of the model's input is that of a list; none for other inputs.
    pub fn open_side(&self, input: usize) -> Option<usize> {
        let port = &self.ports[input];
        match port.lie {
            Lie::Lists { side, .. } => Some(side + usize::from(port.batch)),
            Lie::Rows | Lie::Shared => None,
        }
    }

    /// The model's inputs for events of equal lengths; one, if its inputs have no side of events.
    pub fn inputs(&self, events: &[usize]) -> Vec<Tensor<S>> {
        self.ports.iter().map(|port| port.input(events)).collect()
    }

    /// The lengths of the lists of an input, for all events.
    pub fn lists(&self, input: usize) -> Option<Vec<usize>> {
        let port = &self.ports[input];
        let lengths = (0..self.count).map(|event| port.length(event));
        lengths.collect()
    }

    /// The shape of what is found of an input, all events together.
    pub fn whole(&self, input: usize) -> Vec<usize> {
        let port = &self.ports[input];
        let mut shape = port.numbers.shape().to_vec();
        if port.lie == Lie::Shared {
            shape.insert(0, self.count);
        }
        shape
    }

    /// How many numbers of an input an event has.
    pub fn len(&self, input: usize, event: usize) -> usize {
        let port = &self.ports[input];
        match port.length(event) {
            Some(length) => length * port.numbers.row_len(),
            None if port.lie == Lie::Shared => port.numbers.data().len(),
            None => port.numbers.row_len(),
        }
    }

    /// The same with other numbers in the place of those of an input, where they are those of
    /// a baseline: of one row, or of all; none, if their shape does not fit.
    pub fn baseline(&self, input: usize, array: &Tensor<f64>) -> Option<Baseline<S>> {
        let mut port = self.ports[input].clone();
        let numbers = broadcast(array, port.numbers.shape())?;
        let numbers = numbers.into_iter().map(S::of).collect();
        port.numbers = Tensor::new(port.numbers.shape().to_vec(), numbers);
        Some(Baseline(port))
    }

    /// The baseline of the mean row of an input.
    pub fn mean(&self, input: usize) -> Option<Baseline<S>> {
        let numbers = &self.ports[input].numbers;
        let mut sums = vec![0.0; numbers.row_len()];
        for row in 0..numbers.rows() {
            for (sum, x) in sums.iter_mut().zip(numbers.row(row)) {
                *sum += x.double() / numbers.rows() as f64;
            }
        }
        self.baseline(input, &Tensor::new(numbers.shape()[1..].to_vec(), sums))
    }

    /// The shape of an input's array.
    pub fn shape(&self, input: usize) -> &[usize] {
        self.ports[input].numbers.shape()
    }

    /// An event's numbers in the order of the file, from those of the model's input.
    pub fn as_in_file(&self, input: usize, event: usize, numbers: &[S]) -> Vec<S> {
        let port = &self.ports[input];
        match (&port.lie, port.length(event)) {
            (Lie::Lists { side, .. }, Some(length)) if *side > 0 => {
                let inner: usize = port.rest()[*side..].iter().product();
                let outer = numbers.len() / (inner * length).max(1);
                let place = |i: usize| {
                    let (row, rest) = (i / (outer * inner), i % (outer * inner));
                    (rest / inner * length + row) * inner + rest % inner
                };
                (0..numbers.len()).map(|i| numbers[place(i)]).collect()
            }
            _ => numbers.to_vec(),
        }
    }
}

impl<S: Number> Port<S> {
    fn length(&self, event: usize) -> Option<usize> {
        match &self.lie {
            Lie::Lists { offsets, .. } => Some(offsets[event + 1] - offsets[event]),
            Lie::Rows | Lie::Shared => None,
        }
    }

    /// The sides of a row of the array.
    fn rest(&self) -> &[usize] {
        &self.numbers.shape()[1..]
    }

    fn input(&self, events: &[usize]) -> Tensor<S> {
        let mut shape = match &self.lie {
            Lie::Lists { side, .. } => {
                let mut shape = self.rest().to_vec();
                shape.insert(*side, self.length(events[0]).unwrap_or(0));
                shape
            }
            Lie::Rows => self.rest().to_vec(),
            Lie::Shared => return self.numbers.clone(),
        };
        let mut data = Vec::with_capacity(shape.iter().product::<usize>() * events.len());
        for &event in events {
            self.write(event, &mut data);
        }
        if self.batch {
            shape.insert(0, events.len());
        }
        Tensor::new(shape, data)
    }

    /// Writes an event's numbers in the order of the model.
    fn write(&self, event: usize, out: &mut Vec<S>) {
        match &self.lie {
            Lie::Lists { offsets, side } => {
                let len = self.numbers.row_len();
                let numbers = &self.numbers.data()[offsets[event] * len..offsets[event + 1] * len];
                if *side == 0 {
                    return out.extend_from_slice(numbers);
                }
                let inner: usize = self.rest()[*side..].iter().product();
                for outer in 0..len / inner.max(1) {
                    for row in numbers.chunks_exact(len.max(1)) {
                        out.extend_from_slice(&row[outer * inner..(outer + 1) * inner]);
                    }
                }
            }
            Lie::Rows | Lie::Shared => out.extend_from_slice(self.numbers.row(event)),
        }
    }
}

/// How many events there are: by the first offsets, or by the rows.
fn count(arrays: &Arrays, found: &[Found<'_>]) -> Result<usize, PipelineError> {
    let mut counts = Vec::new();
    for found in found {
        if let Some(array) = found.offsets {
            counts.push((found.name, offsets(arrays, found, array)?.len() - 1));
        }
    }
    let rows = found.first().and_then(|found| found.array.shape().first());
    let count = counts
        .first()
        .map(|(_, count)| *count)
        .or(rows.copied())
        .unwrap_or(0);
    if let Some((name, other)) = counts.iter().find(|(_, other)| *other != count) {
        let (first, _) = counts[0];
        return Err(arrays.wrong(format!(
            "`{name}{OFFSETS}` is for {other} events, `{first}{OFFSETS}` for {count}; both have one number more \
             than there are events"
        )));
    }
    if count == 0 {
        return Err(arrays.wrong("it has no events".to_owned()));
    }
    Ok(count)
}

/// Where the lists of an array begin and end.
fn offsets(arrays: &Arrays, found: &Found<'_>, array: &Array) -> Result<Vec<usize>, PipelineError> {
    let name = found.name;
    let total = found.array.shape().first().copied().unwrap_or(0);
    let wrong = |why: String| {
        Err(arrays.wrong(format!(
            "`{name}{OFFSETS}` {why}; event i has the rows offsets[i] to offsets[i + 1] of `{name}`, which has {total}"
        )))
    };
    let Array::I64(tensor) = array else {
        return wrong("holds no integers".to_owned());
    };
    let places = tensor.data();
    if tensor.shape().len() != 1 || places.first() != Some(&0) {
        return wrong(format!(
            "has the shape {:?} and does not begin with 0",
            tensor.shape()
        ));
    }
    if let Some(place) = places.windows(2).position(|pair| pair[0] > pair[1]) {
        return wrong(format!("falls after place {place}"));
    }
    if places.last() != Some(&(total as i64)) {
        return wrong(format!("ends with {}", places[places.len() - 1]));
    }
    Ok(places.iter().map(|&place| place as usize).collect())
}

/// How the events of an input lie in its array, and whether the model's input has a side of
/// events.
fn lie(
    arrays: &Arrays,
    input: &Input,
    found: &Found<'_>,
    count: usize,
) -> Result<(Lie, bool), PipelineError> {
    let (shape, sides) = (found.array.shape(), &input.ty.shape);
    let fits = |sides: &[Dim], shape: &[usize]| {
        sides.len() == shape.len()
            && sides
                .iter()
                .zip(shape)
                .all(|(side, &length)| side.known().is_none_or(|known| known == length))
    };
    let refused = |expected: String| {
        Err(arrays.wrong(format!(
            "the array for input `{}` has the shape {shape:?}, the model takes {} an event; expected {expected}",
            input.name,
            show(sides)
        )))
    };
    let Some(array) = found.offsets else {
        let rows = shape.first() == Some(&count);
        return if rows && fits(sides, &shape[1..]) {
            Ok((Lie::Rows, false))
        } else if rows && sides.len() == shape.len() && fits(&sides[1..], &shape[1..]) {
            Ok((Lie::Rows, true))
        } else if fits(sides, shape) {
            Ok((Lie::Shared, false))
        } else {
            refused(format!(
                "one row for each of the {count} events, or lists with `{}{OFFSETS}`",
                found.name
            ))
        };
    };
    let batch = sides.len() == shape.len() + 1;
    if !batch && sides.len() != shape.len() {
        let rest: Vec<String> = sides.iter().skip(1).map(Dim::to_string).collect();
        return refused(format!("[total, {}] with its offsets", rest.join(", ")));
    }
    let sides = &sides[usize::from(batch)..];
    let offsets = offsets(arrays, found, array)?;
    let mut lengths = offsets.windows(2).map(|pair| pair[1] - pair[0]);
    let without = |side: usize| [&sides[..side], &sides[side + 1..]].concat();
    // A list runs along a side that the model leaves open, if it does with any.
    let open = |side: usize| sides[side].known().is_none();
    let some_open = (0..sides.len()).any(open);
    let mut candidates = (0..sides.len()).filter(|&side| open(side) || !some_open);
    match candidates.find(|&side| fits(&without(side), &shape[1..])) {
        None => refused("the numbers of a row to be those of the model's other sides".to_owned()),
        Some(side) => match sides[side].known() {
            Some(known) if lengths.any(|length| length != known) => refused(format!(
                "{known} rows in every event: pad shorter ones, or export the model with this side open"
            )),
            _ => Ok((Lie::Lists { offsets, side }, batch)),
        },
    }
}
