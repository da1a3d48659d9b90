//! Sums of formulas, fitted to the target in several shapes.

use super::pool::Pool;
use super::rest::{Rest, Turned};
use super::shape::Shape;
use super::{Of, Task, refined};
use crate::expression::Expression;
use crate::search::library::Library;
use crate::search::quadratic::quadratic;
use crate::search::settings::Settings;
use crate::search::stop::Stop;
use crate::units::{Dimension, Dimensions};

/// Single formulas that are proposed besides, where noise hides which is best.
const SINGLES: usize = 40;

/// What proposals `M · g⁻¹(Σ aₖ eₖ)` are made of.
pub struct Sums<'a> {
    pub task: &'a Task,
    pub settings: &'a Settings,
    pub rest: &'a Rest,
    /// The variables on the rows of the rest.
    pub columns: Vec<Vec<f64>>,
    /// Those that are not split off.
    pub left: &'a [u16],
    /// Each with the largest formula that is taken of it, and the terms of a sum.
    pub libraries: Vec<(&'a Library, usize, usize)>,
    pub dimensions: Option<&'a Dimensions>,
    /// `M`.
    pub factor: &'a Expression,
    pub stop: &'a Stop<'a>,
}

impl Sums<'_> {
    /// The formulas to choose from, each with the terms of a sum.
    fn pools(&self, wanted: Option<Dimension>, weights: &[f32]) -> Vec<(Pool<'_>, usize)> {
        let limit = self.dimensions.zip(wanted);
        let mut out = Vec::new();
        for (library, largest, terms) in &self.libraries {
            out.push((Pool::new(library, *largest, limit, weights), *terms));
        }
        out
    }

    /// All proposals.
    pub fn propose(&self, out: &mut Vec<Expression>) {
        // Without units and errors all shapes choose from the same.
        let mut shared = None;
        let shapes = if self.task.material == Of::Angles {
            Shape::ANGLES.as_slice()
        } else {
            &Shape::ALL
        };
        for &shape in shapes {
            if self.stop.now() {
                return;
            }
            let turned = self
                .rest
                .turned(shape)
                .filter(|_| shape.allowed(self.settings));
            let Some(turned) = turned else { continue };
            for form in quadratic(&self.columns, self.left, &turned.exact, &turned.weights) {
                out.push(shape.backward(&form, self.factor, self.rest.sign));
            }
            // With units, only columns of the dimension of what is written as a sum.
            let strict = self.dimensions.filter(|d| d.strict());
            let wanted = match strict.map(|d| shape.measure(d.without(&self.task.powers)?)) {
                Some(None) => continue,
                wanted => wanted.flatten(),
            };
            if wanted.is_some() || self.task.noisy {
                let pools = self.pools(wanted, &turned.weights);
                self.choose(shape, &turned, &pools, out);
            } else {
                let pools = shared.get_or_insert_with(|| self.pools(None, &turned.weights));
                self.choose(shape, &turned, pools, out);
            }
        }
    }

    /// The sums of one shape.
    fn choose(
        &self,
        shape: Shape,
        turned: &Turned,
        pools: &[(Pool<'_>, usize)],
        out: &mut Vec<Expression>,
    ) {
        let Turned {
            exact,
            single,
            weights,
        } = turned;
        for (pool, terms) in pools {
            if self.stop.now() {
                return;
            }
            let mut chosen: Vec<Vec<usize>> = refined(&pool.dictionary, single, *terms, self.stop)
                .into_iter()
                .map(|choice| choice.columns)
                .collect();
            if self.task.noisy {
                let singles = pool.dictionary.singles(single, SINGLES);
                chosen.extend(singles.into_iter().map(|column| vec![column]));
            }
            for columns in chosen {
                let mut write = |sum: &Expression| {
                    out.push(shape.backward(sum, self.factor, self.rest.sign));
                };
                write(&pool.sum(&columns, exact, weights));
                if self.task.noisy && shape != Shape::Plain {
                    write(&pool.sum_of_terms(&columns, exact, weights));
                }
            }
        }
    }
}
