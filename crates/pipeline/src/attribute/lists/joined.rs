//! What is found of events of different length, put together.
//!
//! A part is kept as plain lists, from which the arrays of the output are made once all are
//! there: numbers of all events behind one another, and how many each has.

use pellucid_core::Tensor;
use pellucid_data::npz::Array;

use super::super::arrays::OFFSETS;
use super::super::number::Number;
use super::super::result::Found;
use super::events::Events;
use crate::parts::Named;

/// Accounts of an event, by their names in the output.
const ACCOUNTS: [&str; 4] = ["absorbed", "stabilised", "empty", "baseline_value"];

/// What is found of one event.
#[derive(Debug, Clone)]
pub struct One<S> {
    /// The output with its shape; none, if the model gives nothing for the event.
    output: Option<Tensor<S>>,
    /// Of each explained input its attributions, in the order of the file.
    values: Vec<Vec<S>>,
    explained: f64,
    residual: f64,
    accounts: [Option<f64>; 4],
    steps: Option<u32>,
}

impl<S: Number> One<S> {
    /// An event of which the model says nothing.
    pub fn nothing(events: &Events<S>, free: &[usize], event: usize) -> Self {
        let none = |&input: &usize| vec![S::of(f64::NAN); events.len(input, event)];
        Self {
            output: None,
            values: free.iter().map(none).collect(),
            explained: f64::NAN,
            residual: f64::NAN,
            accounts: [None; 4],
            steps: None,
        }
    }

    /// The events of equal lengths of which this was found together; the model's inputs have
    /// a side of events, or there is one event.
    pub fn of(
        found: &Found<S>,
        events: &Events<S>,
        free: &[usize],
        rows: &[usize],
        by_events: bool,
    ) -> Vec<Self> {
        let attribution = &found.attribution;
        let residual = found.residual();
        let part = |tensor: &Tensor<S>, place: usize| {
            let len = tensor.data().len() / rows.len();
            tensor.data()[place * len..(place + 1) * len].to_vec()
        };
        let accounts = [
            &attribution.absorbed,
            &attribution.stabilised,
            &attribution.empty,
            &attribution.reference,
        ];
        let one = |(place, &event): (usize, &usize)| {
            let values = free.iter().zip(&attribution.values);
            let values = values.map(|(&input, tensor)| {
                // Shared numbers have one attribution for all events of a run.
                events.as_in_file(input, event, &part(tensor, place))
            });
            let shape = found.output.shape();
            let row = by_events || shape.first() == Some(&1);
            let shape = shape[usize::from(row && !shape.is_empty())..].to_vec();
            Self {
                output: Tensor::try_new(shape, part(&found.output, place)),
                values: values.collect(),
                explained: attribution.explained[place],
                residual: residual[place],
                accounts: accounts.map(|account| account.as_ref().map(|list| list[place])),
                steps: attribution.steps.as_ref().map(|steps| steps[place]),
            }
        };
        rows.iter().enumerate().map(one).collect()
    }

    /// Whether all that was found is finite.
    pub fn is_finite(&self) -> bool {
        self.explained.is_finite() && self.residual.is_finite()
    }
}

/// The name of the attributions of explained input `i` in a part.
fn values(i: usize) -> String {
    format!("values.{i}")
}

/// A part, as it is kept.
pub fn part<S: Number>(found: &[One<S>], inputs: usize) -> Named {
    let numbers = |data: Vec<S>| S::array(Tensor::new(vec![data.len()], data));
    let doubles = |data: Vec<f64>| Array::F64(Tensor::new(vec![data.len()], data));
    let integers = |data: Vec<i64>| Array::I64(Tensor::new(vec![data.len()], data));
    let outputs = || found.iter().map(|one| one.output.as_ref());
    let rank = |output: Option<&Tensor<S>>| output.map_or(-1, |tensor| tensor.shape().len() as i64);
    let sides = outputs().flatten().flat_map(Tensor::shape);
    let data = outputs()
        .flatten()
        .flat_map(|tensor| tensor.data().iter().copied());
    let mut all = vec![
        ("output".to_owned(), numbers(data.collect())),
        ("ranks".to_owned(), integers(outputs().map(rank).collect())),
        (
            "sides".to_owned(),
            integers(sides.map(|&side| side as i64).collect()),
        ),
    ];
    for i in 0..inputs {
        let of = found.iter().flat_map(|one| one.values[i].iter().copied());
        all.push((values(i), numbers(of.collect())));
    }
    all.push((
        "explained".to_owned(),
        doubles(found.iter().map(|one| one.explained).collect()),
    ));
    all.push((
        "residual".to_owned(),
        doubles(found.iter().map(|one| one.residual).collect()),
    ));
    for (i, name) in ACCOUNTS.into_iter().enumerate() {
        let of = |one: &One<S>| one.accounts[i];
        all.push((
            name.to_owned(),
            doubles(
                found
                    .iter()
                    .map(|one| of(one).unwrap_or(f64::NAN))
                    .collect(),
            ),
        ));
        let there = found.iter().map(|one| i64::from(of(one).is_some()));
        all.push((format!("has.{name}"), integers(there.collect())));
    }
    let steps = found.iter().map(|one| one.steps.map_or(0, i64::from));
    all.push(("steps".to_owned(), integers(steps.collect())));
    all
}

/// The arrays of the output, from those of all parts; `free` are the explained inputs by
/// position, with their names in the output.
pub fn whole<S: Number>(kept: &Named, events: &Events<S>, free: &[(usize, Vec<String>)]) -> Named {
    let find = |name: &str| {
        kept.iter()
            .find(|(found, _)| found == name)
            .map(|(_, array)| array)
    };
    let numbers = |name: &str| {
        find(name)
            .map(|array| S::tensor(array).into_data())
            .unwrap_or_default()
    };
    let integers = |name: &str| match find(name) {
        Some(Array::I64(tensor)) => tensor.data().to_vec(),
        _ => Vec::new(),
    };
    let mut all = outputs(numbers("output"), &integers("ranks"), &integers("sides"));
    for (i, (input, names)) in free.iter().enumerate() {
        let array = S::array(Tensor::new(events.whole(*input), numbers(&values(i))));
        for name in names {
            all.push((name.clone(), array.clone()));
            if let Some(lengths) = events.lists(*input) {
                all.push((format!("{name}{OFFSETS}"), offsets(&lengths)));
            }
        }
    }
    let mut copy = |name: &str| {
        if let Some(array) = find(name) {
            all.push((name.to_owned(), array.clone()));
        }
    };
    copy("explained");
    copy("residual");
    for name in ACCOUNTS {
        if integers(&format!("has.{name}")).contains(&1) {
            copy(name);
        }
    }
    if integers("steps").iter().any(|&steps| steps > 0) {
        copy("steps");
    }
    all
}

/// The model's outputs: one row per event where all have the same shape, else lists behind one
/// another with their offsets.
fn outputs<S: Number>(data: Vec<S>, ranks: &[i64], sides: &[i64]) -> Named {
    let mut shapes: Vec<Option<Vec<usize>>> = Vec::with_capacity(ranks.len());
    let mut rest = sides.iter().map(|&side| side as usize);
    for &rank in ranks {
        let rank = usize::try_from(rank).ok();
        shapes.push(rank.map(|rank| rest.by_ref().take(rank).collect()));
    }
    let mut some = shapes.iter().flatten();
    let first = some.next().cloned().unwrap_or_default();
    let same = shapes.iter().flatten().all(|shape| *shape == first);
    if same {
        // Events without an output have a row that is not a number.
        let len = first.iter().product();
        let mut given = data.into_iter();
        let mut filled = Vec::with_capacity(len * shapes.len());
        for shape in &shapes {
            match shape {
                Some(_) => filled.extend(given.by_ref().take(len)),
                None => filled.extend(std::iter::repeat_n(S::of(f64::NAN), len)),
            }
        }
        let shape = [vec![shapes.len()], first].concat();
        return vec![("output".to_owned(), S::array(Tensor::new(shape, filled)))];
    }
    let row = first.get(1..).unwrap_or_default();
    let lists = shapes
        .iter()
        .flatten()
        .all(|shape| shape.get(1..) == Some(row));
    let row = if lists { row } else { &[] };
    let len: usize = row.iter().product();
    let rows = |shape: &Vec<usize>| shape.iter().product::<usize>() / len.max(1);
    let lengths: Vec<usize> = shapes
        .iter()
        .map(|shape| shape.as_ref().map_or(0, rows))
        .collect();
    let shape = [&[data.len() / len.max(1)][..], row].concat();
    vec![
        ("output".to_owned(), S::array(Tensor::new(shape, data))),
        (format!("output{OFFSETS}"), offsets(&lengths)),
    ]
}

/// Where lists of these lengths begin and end.
fn offsets(lengths: &[usize]) -> Array {
    let mut places = vec![0];
    for &length in lengths {
        places.push(places[places.len() - 1] + length as i64);
    }
    Array::I64(Tensor::new(vec![places.len()], places))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(ranks: &[i64], sides: &[i64], numbers: usize) -> Vec<(String, Vec<usize>)> {
        let data: Vec<f64> = (0..numbers).map(|i| i as f64).collect();
        let arrays = outputs(data, ranks, sides);
        arrays
            .into_iter()
            .map(|(name, array)| (name, array.shape().to_vec()))
            .collect()
    }

    #[test]
    fn outputs_of_one_shape_are_rows_and_others_are_lists() {
        let rows = [("output".to_owned(), vec![2, 3])];
        assert_eq!(shown(&[1, 1], &[3, 3], 6), rows);
        let lists = [
            ("output".to_owned(), vec![5, 2]),
            ("output.offsets".to_owned(), vec![4]),
        ];
        assert_eq!(shown(&[2, -1, 2], &[4, 2, 1, 2], 10), lists);
        let flat = [
            ("output".to_owned(), vec![7]),
            ("output.offsets".to_owned(), vec![3]),
        ];
        assert_eq!(shown(&[2, 1], &[2, 2, 3], 7), flat);
    }

    #[test]
    fn an_event_without_an_output_has_a_row_that_is_no_number() {
        let arrays = outputs(vec![1.0_f64, 2.0], &[1, -1, 1], &[1, 1]);
        let Array::F64(tensor) = &arrays[0].1 else {
            panic!("doubles")
        };
        assert_eq!(tensor.shape(), [3, 1]);
        assert!(tensor.data()[1].is_nan() && tensor.data()[2] == 2.0);
    }
}
