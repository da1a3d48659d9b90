//! Which number of the output is explained, for each row.

use pellucid_explain::is_of_one_event;
use pellucid_network::graph::show;
use pellucid_network::{Graph, transform};

use super::Request;
use super::arrays::{Arrays, doubles};
use super::method::wrong;
use crate::PipelineError;

/// The place in a row of the output, rows flattened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// The same for all rows; none, if the output has one number.
    All(Option<usize>),
    /// One for each row of the output.
    Rows(Vec<usize>),
}

impl Targets {
    /// What is asked of a model with these arrays.
    pub fn asked(request: &Request, graph: &Graph, arrays: &Arrays) -> Result<Self, PipelineError> {
        match &request.targets_from {
            Some(name) => Self::from_array(name, arrays),
            None => Self::one(request.target, request.output.as_deref(), graph),
        }
    }

    /// The same place for all rows of an output (the first, if none is named),
    /// which must be given if the output has several.
    pub fn one(
        class: Option<usize>,
        output: Option<&str>,
        graph: &Graph,
    ) -> Result<Self, PipelineError> {
        if class.is_some() {
            return Ok(Self::All(class));
        }
        let mut outputs = graph.outputs().iter();
        let output = match output {
            None => outputs.next(),
            Some(name) => outputs.find(|&&id| graph.value(id).name == name),
        };
        // An output that is not there is refused where it is looked for.
        let Some(&output) = output else {
            return Ok(Self::All(None));
        };
        let columns = if is_of_one_event(graph, output) {
            graph.shape(output)[0].clone()
        } else {
            transform::columns(graph, output)
        };
        if columns.known() == Some(1) {
            return Ok(Self::All(None));
        }
        Err(wrong(
            "--target",
            format!(
                "the output `{}` has the shape {}: say which number of a row is explained, by \
                 --target K (0 to {}) or --targets-from ARRAY",
                graph.value(output).name,
                show(graph.shape(output)),
                columns
                    .known()
                    .map_or("its number less one".to_owned(), |n| (n - 1).to_string()),
            ),
        ))
    }

    fn from_array(name: &str, arrays: &Arrays) -> Result<Self, PipelineError> {
        let array = arrays.get(name, "the targets (--targets-from)")?;
        let shape = array.shape();
        let one_a_row = shape.len() == 1 || (shape.len() == 2 && shape[1] == 1);
        if !one_a_row {
            return Err(arrays.wrong(format!(
                "the targets `{name}` have the shape {shape:?}, expected one number per row of the output"
            )));
        }
        let rows = doubles(array)
            .data()
            .iter()
            .enumerate()
            .map(|(row, &x)| {
                let place = x as usize;
                // Negative, fractional and missing numbers do not come back.
                (place as f64 == x).then_some(place).ok_or_else(|| {
                    arrays.wrong(format!(
                        "the targets `{name}` hold {x} in row {row}, expected 0, 1, 2…"
                    ))
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self::Rows(rows))
    }

    /// The rows of each place, in the order of the places; refused, if a place
    /// is not among the columns of an output of this shape.
    pub fn groups(&self, output: &str, shape: &[usize]) -> Result<Vec<Group>, PipelineError> {
        let rows = shape.first().copied().unwrap_or(1);
        let columns: usize = shape.iter().skip(1).product();
        let out_of = |target: usize, place: String| {
            wrong(
                "target",
                format!(
                    "{target}{place} is none of the {columns} numbers in a row of the output \
                     `{output}` {shape:?}, which count from 0"
                ),
            )
        };
        match self {
            Self::All(Some(class)) if *class >= columns => Err(out_of(*class, String::new())),
            Self::All(class) => Ok(vec![Group {
                class: *class,
                rows: None,
            }]),
            Self::Rows(targets) => {
                if targets.len() != rows {
                    return Err(wrong(
                        "--targets-from",
                        format!(
                            "{} targets, expected one for each of the {rows} rows of the output \
                             `{output}`",
                            targets.len()
                        ),
                    ));
                }
                if let Some(row) = targets.iter().position(|&target| target >= columns) {
                    return Err(out_of(targets[row], format!(" in row {row}")));
                }
                let mut classes = targets.clone();
                classes.sort_unstable();
                classes.dedup();
                let one = classes.len() == 1;
                let of = |class: usize| (0..rows).filter(|&row| targets[row] == class).collect();
                Ok(classes
                    .into_iter()
                    .map(|class| Group {
                        class: Some(class),
                        rows: (!one).then(|| of(class)),
                    })
                    .collect())
            }
        }
    }
}

/// Rows with one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The place in a row of the output.
    pub class: Option<usize>,
    /// The rows; none for all of them.
    pub rows: Option<Vec<usize>>,
}
