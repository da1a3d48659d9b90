//! What a search may use, and for how long.

use serde::{Deserialize, Serialize};

use super::behaviour::Behaviour;
use super::constraints::Constraints;
use super::leaf::Leaf;
use super::problem::Problem;
use super::template::Template;
use super::vectors::Vectors;
use crate::distillation;
use crate::error::SymbolicError;
use crate::expression::Shorthand;
use crate::loss::Kind;
use crate::operator::Operator;
use crate::units::{Dimensions, Groups, Mode, Products, Units};

/// Settings of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The operators laws are made of.
    pub operators: Vec<Operator>,
    /// The largest law, in nodes.
    pub max_complexity: usize,
    /// Rows that the search looks at; laws are fitted to all rows at the end.
    pub sample: usize,
    /// Populations that evolve apart.
    pub islands: usize,
    /// Candidates that an island makes between two exchanges.
    pub candidates: usize,
    /// The seed of everything random.
    pub seed: u64,
    /// Ends when the best law's error is this part of the target's standard
    /// deviation.
    pub exact: f64,
    /// Units of the columns; laws must then be consistent in them.
    pub units: Option<Units>,
    /// What errors cost.
    pub loss: Kind,
    /// What laws must not look like.
    pub constraints: Constraints,
    /// Columns that are components of vectors.
    pub vectors: Vectors,
    /// Laws to begin with, over the columns: the search fits their constants (a
    /// factor of 1 or an offset of 0 is none) and goes on from them.
    pub guesses: Vec<String>,
    /// A law with functions left open, `f(r)*(x1 - x2)/r`, `f(r12) + f(r23)`,
    /// `f(x)*g(y)`, and constants that have a value for each value of a column,
    /// `c[kind]*f(x)`: the search is for these, and laws are reported whole. Its numbers
    /// stay as they are. Vectors do not go with it; `max_complexity` is that of the
    /// functions together.
    pub template: Option<String>,
    /// How a model is asked, where the target is one.
    pub distillation: distillation::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            operators: vec![
                Operator::Add,
                Operator::Sub,
                Operator::Mul,
                Operator::Div,
                Operator::Exp,
                Operator::Log,
                Operator::Sin,
                Operator::Cos,
                Operator::Sqrt,
                Operator::Square,
            ],
            max_complexity: 40,
            sample: 1000,
            islands: 8,
            candidates: 150,
            seed: 0,
            exact: 1e-9,
            units: None,
            loss: Kind::default(),
            constraints: Constraints::default(),
            vectors: Vectors::default(),
            guesses: Vec::new(),
            template: None,
            distillation: distillation::Settings::default(),
        }
    }
}

impl Settings {
    /// Refuses what cannot be searched with.
    pub fn check(&self) -> Result<(), SymbolicError> {
        let wrong = |setting, found: String, expected| {
            Err(SymbolicError::Setting {
                setting,
                found,
                expected,
            })
        };
        if self.operators.is_empty() {
            return wrong("operators", "empty".into(), "at least one operator");
        }
        if !(1..=200).contains(&self.max_complexity) {
            return wrong(
                "max_complexity",
                self.max_complexity.to_string(),
                "1 to 200",
            );
        }
        if !(super::problem::FEWEST_ROWS..=1_000_000).contains(&self.sample) {
            return wrong("sample", self.sample.to_string(), "5 to 1000000 rows");
        }
        if !(1..=256).contains(&self.islands) {
            return wrong("islands", self.islands.to_string(), "1 to 256");
        }
        if !(1..=100_000).contains(&self.candidates) {
            return wrong("candidates", self.candidates.to_string(), "1 to 100000");
        }
        if !(self.exact >= 0.0 && self.exact < 1.0) {
            return wrong(
                "exact",
                self.exact.to_string(),
                "a number from 0 to below 1",
            );
        }
        if self.template.is_some() && !self.vectors.0.is_empty() {
            let found = "given with vectors".to_owned();
            return wrong("template", found, "norms and products written out in it");
        }
        let groups = self.units.as_ref().map_or(Groups::None, |u| u.groups);
        if groups != Groups::None && self.template.is_some() {
            let found = "given with a template".to_owned();
            return wrong("units.groups", found, "one of both");
        }
        if groups == Groups::Only && !self.vectors.0.is_empty() {
            let found = "`only`, given with vectors".to_owned();
            return wrong("units.groups", found, "one of both");
        }
        if let Some(units) = &self.units {
            units.check()?;
        }
        self.distillation.check()?;
        self.constraints.check(&self.operators)
    }

    /// The dimensions of a problem's columns, if units are given.
    pub fn dimensions(&self, problem: &Problem) -> Result<Option<Dimensions>, SymbolicError> {
        let resolve = |units: &Units| {
            let dimensions = units.resolve(problem.own_names(), problem.target_name())?;
            dimensions.with_leaves(&problem.leaves())
        };
        self.units.as_ref().map(resolve).transpose()
    }

    /// The same where laws that disagree are left out.
    pub(crate) fn hard(&self, problem: &Problem) -> Option<Dimensions> {
        let hard = self.units.as_ref().is_some_and(|u| u.mode == Mode::Hard);
        // Units that cannot be read end a search before it gets here.
        hard.then(|| self.dimensions(problem).ok().flatten())?
    }

    /// The same where they have a price, with the factor for each violation.
    pub(crate) fn soft(&self, problem: &Problem) -> Option<(Dimensions, f64)> {
        let units = self.units.as_ref().filter(|u| u.mode == Mode::Soft)?;
        let dimensions = self.dimensions(problem).ok().flatten()?;
        Some((dimensions, units.penalty()))
    }

    /// The products of columns without dimension, where units say what to do with them.
    fn products(&self, problem: &Problem, wanted: Groups) -> Option<Products> {
        let units = self.units.as_ref()?;
        if units.groups != wanted {
            return None;
        }
        let dimensions = units.resolve(problem.own_names(), problem.target_name());
        dimensions.ok()?.products()
    }

    /// The leaves that the settings ask for: of vectors, and products of columns without
    /// dimension that are numbers in every row and more than one column.
    pub(crate) fn leaves(&self, problem: &Problem) -> Result<Vec<Leaf>, SymbolicError> {
        let mut leaves = self.vectors.leaves(problem)?;
        let products = self.products(problem, Groups::Leaves);
        for group in products.iter().flat_map(Products::of_groups) {
            let leaf = Leaf::new(group, problem.names());
            if leaf.expression.complexity() > 1 && leaf.values(problem).is_ok() {
                leaves.push(leaf);
            }
        }
        Ok(leaves)
    }

    /// The template over a problem's columns, if there is one: given, or a product of the
    /// target's unit times a function of products without one.
    pub fn template(&self, problem: &Problem) -> Result<Option<Template>, SymbolicError> {
        if let Some(text) = &self.template {
            return Template::new(text, problem).map(Some);
        }
        let Some(products) = self.products(problem, Groups::Only) else {
            return Ok(None);
        };
        let Some(measure) = products.of_target() else {
            return Err(SymbolicError::Unit {
                column: problem.target_name().to_owned(),
                problem: "no product of simple powers of the features has its unit, so there is \
                          nothing to divide it by; add the missing column, or leave out \
                          `groups = \"only\"`"
                    .to_owned(),
            });
        };
        // Without any such product the law is a power law, which is found as it is.
        let groups = products.of_groups();
        (!groups.is_empty())
            .then(|| Template::of_groups(&measure, groups, problem))
            .transpose()
    }

    /// How laws over a problem's columns must behave, if constraints say so.
    pub fn behaviour(&self, problem: &Problem) -> Result<Option<Behaviour>, SymbolicError> {
        Behaviour::new(&self.constraints, problem, self.seed)
    }

    /// Whether laws may contain an operator.
    pub fn allows(&self, operator: Operator) -> bool {
        self.operators.contains(&operator)
    }

    /// The abbreviations that the operators cover.
    pub fn shorthand(&self) -> Shorthand {
        Shorthand {
            neg: self.allows(Operator::Neg) || self.allows(Operator::Sub),
            inv: self.allows(Operator::Inv),
            square: self.allows(Operator::Square),
            cube: self.allows(Operator::Cube),
            sub: self.allows(Operator::Sub),
            abs: self.allows(Operator::Abs),
            products: self.allows(Operator::Mul) && self.allows(Operator::Div),
            powers: self.allows(Operator::Pow),
        }
    }
}
