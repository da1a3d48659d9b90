//! Constants at their best, first on few rows, then on all.

use super::{Bench, Expression, Judge, Law, MARGIN, Rows};
use crate::evaluate::Program;
use crate::fit::{Effort, fit, fit_tied, restarted, restarted_tied};

impl Judge {
    /// The fit to few rows.
    pub(super) fn look(
        &self,
        expression: &Expression,
        bench: &mut Bench,
    ) -> Option<(Expression, f64)> {
        self.fit(expression, &self.few, self.few_scale, Effort::SEARCH, bench)
    }

    /// The fit to all rows, if the first look promises something.
    pub(super) fn whole(
        &self,
        expression: &Expression,
        first_look: f64,
        wanted: &dyn Fn(usize, f64) -> bool,
        bench: &mut Bench,
    ) -> Option<Law> {
        let size = expression.complexity();
        if size > self.max_complexity() || !wanted(size, first_look / MARGIN) {
            return None;
        }
        let (expression, loss) =
            self.fit(expression, &self.all, self.all_scale, Effort::SEARCH, bench)?;
        let kept = self.behaviour.is_none() || wanted(size, loss) && self.behaves(&expression);
        kept.then_some(Law { expression, loss })
    }

    fn fit(
        &self,
        expression: &Expression,
        rows: &Rows<f64>,
        scale: f64,
        effort: Effort,
        bench: &mut Bench,
    ) -> Option<(Expression, f64)> {
        // A canonical formula may have lost a constant to folding.
        if expression.constants().iter().any(|c| !c.is_finite()) {
            return None;
        }
        let found = match &self.template {
            None => {
                let (found, passes) = fit(expression, rows, effort, &mut bench.scratch);
                bench.work += work(expression, rows, passes);
                found
            }
            Some(template) => {
                let law = template.written(expression)?;
                let (form, parameters) = (&law.expression, expression.constants());
                let how = (rows, effort);
                let (found, passes) =
                    fit_tied(form, &law.ties, parameters, how, &mut bench.scratch);
                bench.work += work(form, rows, passes);
                found
            }
        };
        let found = found?;
        let mut fitted = expression.clone();
        fitted.constants_mut().copy_from_slice(&found.constants);
        let loss = found.normal.squares / scale * self.penalty(&fitted);
        Some((fitted, loss))
    }

    /// The law with its constants at their best on all rows; those inside periodic
    /// functions and powers are looked for far from where they are, too.
    pub fn polish(&self, law: &Law, bench: &mut Bench) -> Law {
        let polished = self.polish_near(law, bench);
        // Nothing is left to be gained.
        if polished.loss <= f64::EPSILON {
            return polished;
        }
        let expression = &polished.expression;
        let written = self.written(expression);
        let (found, [few, all]) = match &written {
            None => restarted(expression, &self.few, &self.all, &mut bench.scratch),
            Some(law) => restarted_tied(
                &law.expression,
                &law.ties,
                expression.constants(),
                [&self.few, &self.all],
                &mut bench.scratch,
            ),
        };
        let form = written.as_ref().map_or(expression, |law| &law.expression);
        bench.work += work(form, &self.few, few) + work(form, &self.all, all);
        let Some(found) = found else {
            return polished;
        };
        let mut expression = polished.expression.clone();
        expression.constants_mut().copy_from_slice(&found.constants);
        let loss = found.normal.squares / self.all_scale * self.penalty(&expression);
        if loss < polished.loss && self.behaves(&expression) {
            Law { expression, loss }
        } else {
            polished
        }
    }

    /// The law with its constants at the nearest optimum on all rows.
    fn polish_near(&self, law: &Law, bench: &mut Bench) -> Law {
        match self.fit(
            &law.expression,
            &self.all,
            self.all_scale,
            Effort::POLISH,
            bench,
        ) {
            Some((expression, loss)) if loss <= law.loss && self.behaves(&expression) => {
                Law { expression, loss }
            }
            _ => law.clone(),
        }
    }

    /// The loss on all rows without any fit; infinite if undefined.
    pub fn loss(&self, expression: &Expression, bench: &mut Bench) -> f64 {
        let written = self.written(expression);
        if self.template.is_some() && written.is_none() {
            return f64::INFINITY;
        }
        let penalty = self.penalty(expression);
        let expression = written.as_ref().map_or(expression, |law| &law.expression);
        let program = Program::new(expression);
        bench.work += work(expression, &self.all, 1);
        let squares = program.squares(
            expression.constants(),
            &self.all,
            f64::INFINITY,
            &mut bench.scratch,
        );
        squares / self.all_scale * penalty
    }
}

/// What a fit costs besides its passes through the rows, and what every pass does: forms
/// are rewritten and compiled, equations solved. Of ten rows that is nearly all.
const CANDIDATE: u64 = 60;
const STEP: u64 = 4;

/// Thousands of nodes times rows, plus what a candidate costs of itself.
fn work(expression: &Expression, rows: &Rows<f64>, passes: usize) -> u64 {
    let nodes = expression.complexity() * (1 + expression.constants().len());
    ((nodes * rows.rows() * passes) as u64) / 1000 + CANDIDATE + STEP * passes as u64
}
