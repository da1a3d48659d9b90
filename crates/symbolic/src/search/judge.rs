//! From a formula to a fitted law with its loss.

mod admission;
mod fitting;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::behaviour::Behaviour;
use super::constraints::Constraints;
use super::offered::with_offered;
use super::problem::Problem;
use super::settings::Settings;
use super::template::{Template, Written};
use crate::evaluate::{Rows, Scratch};
use crate::expression::{Expression, Shorthand, Tree};
use crate::fit::linear_constants;
use crate::operator::Operator;
use crate::units::Dimensions;

/// A fitted formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// The formula with its constants.
    pub expression: Expression,
    /// What errors cost, over what those of the best constant cost: for squares the
    /// weighted mean of squared errors over the weighted variance of the target.
    pub loss: f64,
}

impl Law {
    /// The number of nodes.
    pub fn complexity(&self) -> usize {
        self.expression.complexity()
    }

    /// By loss, then by form: an order without ties between different formulas.
    pub fn compare(&self, other: &Self) -> Ordering {
        let key = |law: &Self| (law.complexity(), law.expression.form());
        self.loss
            .total_cmp(&other.loss)
            .then_with(|| key(self).cmp(&key(other)))
    }
}

/// Fits formulas to the rows of a search.
#[derive(Debug)]
pub struct Judge {
    /// A few rows, to see which formulas are worth fitting to all.
    few: Rows<f64>,
    all: Rows<f64>,
    few_scale: f64,
    all_scale: f64,
    shorthand: Shorthand,
    max_complexity: usize,
    allowed: Vec<Operator>,
    constraints: Constraints,
    behaviour: Option<Behaviour>,
    /// The units that formulas must agree with.
    dimensions: Option<Dimensions>,
    /// The units that disagreement with has a price, and the factor for each.
    soft: Option<(Dimensions, f64)>,
    /// What makes laws of the formulas that are judged, if these are none themselves.
    template: Option<Template>,
}

/// What a thread needs to judge: registers, and the work it has done.
#[derive(Debug, Default)]
pub struct Bench {
    scratch: Scratch<f64>,
    /// Nodes times rows evaluated, in thousands, derivatives counted as such.
    pub work: u64,
}

impl Bench {
    /// Nothing done yet.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Rows of the first look.
const FEW: usize = 128;
/// Where the free factor and the free offset of an open function begin: not at 1 and 0,
/// which the canonical form would leave out. Both are linear, so the fit needs no better
/// ones.
const FREE: [f64; 2] = [1.5, 0.5];
/// The same of a law that is one formula. They are left out: its candidates are fitted as
/// they are, and factors and offsets come with proposals and mutations.
const NONE: [f64; 2] = [1.0, 0.0];
/// The first look may err by this factor.
const MARGIN: f64 = 3.0;

impl Judge {
    /// A judge that fits to the rows of a problem.
    pub fn new(problem: &Problem, settings: &Settings) -> Self {
        Self::of_sample(problem, problem, settings)
    }

    /// A judge that fits to some rows of a problem; how laws must behave is
    /// said of all of them.
    pub fn of_sample(problem: &Problem, whole: &Problem, settings: &Settings) -> Self {
        let few = problem.sample(FEW, settings.seed);
        let (_, spread) = problem.middle();
        let scale = |p: &Problem| p.rows() as f64 * spread;
        Self {
            few_scale: scale(&few),
            all_scale: scale(problem),
            few: few.blocks(),
            all: problem.blocks(),
            shorthand: with_offered(whole, settings).shorthand(),
            max_complexity: settings.max_complexity,
            allowed: with_offered(whole, settings).operators,
            constraints: settings.constraints.clone(),
            // Units and constraints that cannot be read end a search before it gets
            // here.
            behaviour: settings.behaviour(whole).ok().flatten(),
            dimensions: settings.hard(problem),
            soft: settings.soft(problem),
            template: settings.template(whole).ok().flatten(),
        }
    }

    /// The canonical form with the abbreviations of the settings.
    pub fn canonical(&self, expression: &Expression) -> Expression {
        match &self.template {
            None => expression.canonical(self.shorthand),
            Some(template) => template.canonical(expression, self.shorthand),
        }
    }

    /// The largest formula kept.
    pub fn max_complexity(&self) -> usize {
        let template = self.template.as_ref();
        self.max_complexity + template.map_or(0, Template::overhead)
    }

    /// What makes laws of the formulas that are judged, if these are none themselves.
    pub fn template(&self) -> Option<&Template> {
        self.template.as_ref()
    }

    /// The law that open functions make of the template; `None` without one.
    pub fn written(&self, expression: &Expression) -> Option<Written> {
        self.template.as_ref()?.written(expression)
    }

    /// Fits a formula as it is, and with a factor and an offset where it has
    /// none; `wanted(complexity, loss)` says which losses are worth more work.
    pub fn judge(
        &self,
        expression: &Expression,
        wanted: &dyn Fn(usize, f64) -> bool,
        bench: &mut Bench,
    ) -> Vec<Law> {
        if let Some(template) = &self.template {
            return self.functions(template, expression, wanted, bench);
        }
        let Some(plain) = self.consistent(expression) else {
            return Vec::new();
        };
        let plain = self.without_spare_constants(plain);
        if !self.permits(&plain) {
            return Vec::new();
        }
        if plain.complexity() > self.max_complexity || plain.variables().is_empty() {
            return Vec::new();
        }
        let mut laws = Vec::new();
        let scaled = self.scaled(&plain, NONE[0]);
        let offset = self.simplest(&self.offset(&scaled, NONE[1]));
        let scaled = self.simplest(&scaled);
        let plain_too = plain.clone();
        let widest = [offset, scaled.clone(), plain_too]
            .into_iter()
            .find(|law| self.agrees(law) && self.permits(law));
        let Some(widest) = widest else {
            return Vec::new();
        };
        let Some((widest, loss)) = self.look(&widest, bench) else {
            return laws;
        };
        if !wanted(plain.complexity(), loss / MARGIN) {
            return laws;
        }
        laws.extend(self.whole(&widest, loss, wanted, bench));
        for narrower in [scaled, plain] {
            if narrower.form() == widest.form() {
                continue;
            }
            let narrower = self.simplest(&narrower);
            if !self.agrees(&narrower) || !self.permits(&narrower) {
                continue;
            }
            if let Some((narrower, loss)) = self.look(&narrower, bench) {
                laws.extend(self.whole(&narrower, loss, wanted, bench));
            }
        }
        laws
    }

    /// The formula without a constant that says the same as others, if that is smaller:
    /// `c/(e^x + c)` for `1/(c e^x + c)`.
    fn without_spare_constants(&self, plain: Expression) -> Expression {
        if plain.constants().len() < 2 {
            return plain;
        }
        let drawn = plain.drawn(self.shorthand);
        if drawn.complexity() < plain.complexity() && self.agrees(&drawn) {
            drawn
        } else {
            plain
        }
    }

    /// The same for open functions: all of them as they are, with factors, with factors
    /// and offsets, and each by itself with one.
    fn functions(
        &self,
        template: &Template,
        joined: &Expression,
        wanted: &dyn Fn(usize, f64) -> bool,
        bench: &mut Bench,
    ) -> Vec<Law> {
        let Some((plain, constants)) = template.parts(&self.canonical(joined)) else {
            return Vec::new();
        };
        let scaled: Vec<Expression> = plain.iter().map(|f| self.scaled(f, FREE[0])).collect();
        let offset: Vec<Expression> = scaled.iter().map(|f| self.offset(f, FREE[1])).collect();
        let mut variants = vec![offset.clone(), scaled.clone()];
        if plain.len() > 1 {
            for i in 0..plain.len() {
                for (from, to) in [(&scaled, &offset), (&plain, &scaled), (&plain, &offset)] {
                    let mut variant = from.clone();
                    variant[i] = to[i].clone();
                    variants.push(variant);
                }
            }
        }
        variants.push(plain.clone());
        let size = template.joined(&plain, &constants).complexity();
        let mut laws = Vec::new();
        let mut seen: Vec<u64> = Vec::new();
        for variant in variants {
            let variant = self.canonical(&template.joined(&variant, &constants));
            if seen.contains(&variant.form())
                || variant.complexity() > self.max_complexity()
                || !self.agrees(&variant)
                || !self.permits(&variant)
            {
                continue;
            }
            let first = seen.is_empty();
            seen.push(variant.form());
            let Some((fitted, loss)) = self.look(&variant, bench) else {
                continue;
            };
            // The first one is the widest: what it cannot do none of them can.
            if first && !wanted(size, loss / MARGIN) {
                return laws;
            }
            laws.extend(self.whole(&fitted, loss, wanted, bench));
        }
        laws
    }

    /// With a free factor, unless the formula has one.
    fn scaled(&self, expression: &Expression, factor: f64) -> Expression {
        let has = linear_constants(expression)
            .into_iter()
            .any(|linear| linear);
        let fits = expression.complexity() + 2 <= self.max_complexity;
        if has || !fits || !self.allowed.contains(&Operator::Mul) {
            return expression.clone();
        }
        Expression::apply(Operator::Mul, &[&Expression::constant(factor), expression])
    }

    /// With a free offset, unless the formula has one.
    fn offset(&self, expression: &Expression, offset: f64) -> Expression {
        let tree = Tree::from(expression);
        let has =
            matches!(&tree, Tree::Apply(Operator::Add, a) if matches!(a[1], Tree::Constant(_)));
        let fits = expression.complexity() + 2 <= self.max_complexity;
        if has || !fits || !self.allowed.contains(&Operator::Add) {
            return expression.clone();
        }
        Expression::apply(Operator::Add, &[expression, &Expression::constant(offset)])
    }
}
