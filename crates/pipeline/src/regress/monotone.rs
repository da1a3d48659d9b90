//! What a network is a monotone function of.

use pellucid_core::Job;
use pellucid_symbolic::relation::gradient::parallel_to;
use pellucid_symbolic::relation::terms::Kinds;
use serde::Serialize;

use super::request::Request;
use super::run::write;
use super::told::{about, no_model, taught};
use crate::PipelineError;

/// A function as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parallel {
    /// The function, over the features; its first term has the coefficient 1.
    pub expression: String,
    /// The same in LaTeX.
    pub latex: String,
    /// The same for SymPy.
    pub sympy: String,
    /// The part of its gradient that is across the network's, a root mean square: 0
    /// where they are parallel everywhere.
    pub across: f64,
}

/// Finds functions whose gradient is parallel to the model's at the rows of the table,
/// and writes them.
pub fn find_parallel(
    request: &Request,
    kinds: Kinds,
    job: &Job,
) -> Result<Vec<Parallel>, PipelineError> {
    let subject = request.model.as_ref().ok_or_else(no_model)?;
    let taught = taught(request, subject, job)?;
    let sample = &request.settings.distillation;
    let problem = taught.problem.sample(sample.rows, request.settings.seed);
    let found = parallel_to(&taught.asked, problem.columns(), kinds, job);
    let found = found.map_err(|error| about(subject, error))?;
    let names = problem.names();
    let list: Vec<Parallel> = found
        .into_iter()
        .map(|function| Parallel {
            expression: function.expression.infix(names),
            latex: function.expression.latex(names, 6),
            sympy: function.expression.sympy(names),
            across: function.left.sqrt(),
        })
        .collect();
    write(&request.out, &list)?;
    Ok(list)
}
