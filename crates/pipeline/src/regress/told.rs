//! Laws of a model: the table of its values, what it was asked, and the search that
//! begins with the answers.

use pellucid_core::model::ModelError;
use pellucid_core::{Interrupted, Job};
use pellucid_symbolic::distillation::{Fact, Knowledge, ask};
use pellucid_symbolic::{Differentiable, Engine, Expression, Problem};
use serde::{Deserialize, Serialize};

use super::asked::{Asked, Subject};
use super::request::Request;
use super::rows::Rows;
use super::table::{column, features, named, of, read};
use crate::PipelineError;
use crate::source::BadRows;

/// What a model told, and how it compares with data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The model's file.
    pub model: String,
    /// Its output, or the value inside of it.
    pub output: String,
    /// Statements about it.
    pub facts: Vec<Fact>,
    /// What it knows inputs in, over the features.
    pub combinations: Vec<String>,
    /// Work that asking took.
    pub work: u64,
    /// Whether the clock ended the search for a part, so that another run may end
    /// elsewhere.
    pub by_the_clock: bool,
    /// Whether asking was interrupted; `--resume` asks again.
    pub interrupted: bool,
    /// A column of data beside it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<Compared>,
}

/// Root mean squared errors against a column of data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// The column.
    pub column: String,
    /// The error of the model.
    pub model: f64,
    /// The error of the selected law.
    pub law: f64,
}

/// A model with the table of its values.
pub(super) struct Taught {
    pub asked: Asked,
    pub problem: Problem,
    /// The column it is compared with.
    pub data: Option<(String, Vec<f64>)>,
    /// The rows of the table that were left out.
    pub bad: Vec<BadRows>,
}

/// Reads the model and the table, and asks for the value in every row.
pub(super) fn taught(
    request: &Request,
    subject: &Subject,
    job: &Job,
) -> Result<Taught, PipelineError> {
    let asked = Asked::read(subject)?;
    let Rows { table, bad, .. } = read(request, job)?;
    let names = match (&request.features, asked.columns()) {
        (None, Some(columns)) => columns.to_vec(),
        _ => features(request, &table)?,
    };
    asked.check(subject, &names)?;
    let columns = names
        .iter()
        .map(|name| Ok(column(request, &table, name)?.1))
        .collect::<Result<Vec<_>, PipelineError>>()?;
    let values = asked
        .values(&columns)
        .map_err(|error| about(subject, error))?;
    let data = request.target.as_ref();
    let data = data.map(|name| column(request, &table, name)).transpose()?;
    let problem = of(request, &table, &names, (asked.name(), values))?;
    Ok(Taught {
        asked,
        problem,
        data,
        bad,
    })
}

/// An error for questions to no model.
pub(super) fn no_model() -> PipelineError {
    PipelineError::Setting {
        setting: "--model".to_owned(),
        problem: "it is missing; name the network to ask".to_owned(),
    }
}

/// What went wrong while a model was asked.
pub(super) fn about(subject: &Subject, error: ModelError) -> PipelineError {
    match error.downcast::<Interrupted>() {
        Ok(stopped) => (*stopped).into(),
        Err(error) => PipelineError::Arrays {
            path: subject.path.clone(),
            problem: error.to_string(),
        },
    }
}

/// The search that begins with what the model says, and that.
pub(super) fn begin(
    request: &Request,
    subject: &Subject,
    taught: &Taught,
    job: &Job,
) -> Result<(Engine, Told), PipelineError> {
    let problem = &taught.problem;
    let known = ask(
        &taught.asked,
        problem,
        &request.settings,
        request.limits,
        job,
    );
    let known = known.map_err(|error| about(subject, error))?;
    let told = told(subject, problem, &known);
    let Knowledge {
        leaves, guesses, ..
    } = known;
    let mut problem = problem.clone();
    for leaf in leaves {
        let with = problem.clone().with_leaves(std::slice::from_ref(&leaf));
        // Units may forbid a combination that the network believes in.
        match with {
            Ok(with) if request.settings.dimensions(&with).is_ok() => problem = with,
            _ => {}
        }
    }
    let mut engine =
        Engine::new(&problem, &request.settings).map_err(|e| named(request.path(), e))?;
    engine.guess(&guesses);
    Ok((engine, told))
}

fn told(subject: &Subject, problem: &Problem, known: &Knowledge) -> Told {
    let name = subject.path.file_name().unwrap_or_default();
    let combinations = known.leaves.iter();
    Told {
        model: name.to_string_lossy().into_owned(),
        output: problem.target_name().to_owned(),
        facts: known.facts.clone(),
        combinations: combinations
            .map(|leaf| leaf.expression.infix(problem.names()))
            .collect(),
        work: known.work,
        by_the_clock: known.by_the_clock,
        interrupted: known.interrupted,
        data: None,
    }
}

/// The model and a law beside data.
pub(super) fn compared(taught: &Taught, law: &Expression) -> Option<Compared> {
    let (name, data) = taught.data.as_ref()?;
    let error = |value: &dyn Fn(usize) -> f64| {
        let squares = data.iter().enumerate().map(|(r, y)| (y - value(r)).powi(2));
        (squares.sum::<f64>() / data.len() as f64).sqrt()
    };
    let columns = taught.problem.columns();
    let row = |r: usize| columns.iter().map(|c| c[r]).collect::<Vec<f64>>();
    Some(Compared {
        column: name.clone(),
        model: error(&|r| taught.problem.target()[r]),
        law: error(&|r| law.at(&row(r))),
    })
}
