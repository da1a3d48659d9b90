//! Which formulas may be laws: those made of the operators of the settings that agree
//! with the units and behave as the constraints ask.

use super::{Behaviour, Dimensions, Expression, Judge, Operator};
use crate::expression::{Token, Tree};
use crate::units::{Dimension, Measure};

impl Judge {
    /// The canonical form, but for constants such as a factor of one that carry a unit.
    pub fn simplest(&self, expression: &Expression) -> Expression {
        let simple = self.canonical(expression);
        if self.agrees(&simple) {
            simple
        } else {
            expression.clone()
        }
    }

    /// Other ways to write a formula that are no larger: as one fraction, and without
    /// constants that say the same as others.
    pub fn rewritten(&self, expression: &Expression) -> Vec<Expression> {
        if self.template.is_some() {
            return Vec::new();
        }
        let drawn = |e: &Expression| e.drawn(self.shorthand);
        let together = expression.together(self.shorthand);
        let together = together.map(|e| drawn(&e)).into_iter();
        let apart = drawn(&expression.apart(self.shorthand));
        let admitted = |e: &Expression| {
            e.complexity() <= expression.complexity()
                && e != expression
                && self.agrees(e)
                && self.permits(e)
        };
        let all = [drawn(expression), apart].into_iter().chain(together);
        all.filter(admitted).collect()
    }

    /// Other ways to write a formula that may be larger, as sums.
    pub fn unfolded(&self, expression: &Expression) -> Vec<Expression> {
        if self.template.is_some() {
            return Vec::new();
        }
        let all = [
            expression.apart(self.shorthand),
            expression.expanded(self.shorthand),
        ];
        let admitted = |e: &Expression| {
            e.complexity() <= self.max_complexity
                && e != expression
                && self.agrees(e)
                && self.permits(e)
        };
        all.into_iter().filter(admitted).collect()
    }

    /// A formula with one constant where it has two that may be alike, if it may be a law.
    pub fn tied(&self, expression: &Expression) -> Option<Expression> {
        let tied = expression.tied(self.shorthand)?;
        let fits = tied.complexity() <= self.max_complexity && self.template.is_none();
        (fits && self.agrees(&tied) && self.permits(&tied)).then_some(tied)
    }

    /// In how many places a law disagrees with the units, if there are any.
    pub fn violations(&self, expression: &Expression) -> Option<usize> {
        let soft = self.soft.as_ref().map(|(dimensions, _)| dimensions);
        let dimensions = self.dimensions.as_ref().or(soft)?;
        let written = self.written(expression);
        let law = written.as_ref().map_or(expression, |law| &law.expression);
        Some(dimensions.violations(law))
    }

    /// What the loss of a formula is multiplied with for its disagreement with units: all
    /// losses of laws that are judged are.
    pub fn penalty(&self, expression: &Expression) -> f64 {
        let Some((_, factor)) = &self.soft else {
            return 1.0;
        };
        let violations = self.violations(expression).unwrap_or(0);
        factor.powi(violations as i32)
    }

    /// Whether a formula agrees with the units, if there are any.
    pub(super) fn agrees(&self, expression: &Expression) -> bool {
        let Some(dimensions) = self.dimensions.as_ref() else {
            return true;
        };
        match &self.template {
            None => dimensions.allow(expression),
            Some(template) => template
                .written(expression)
                .is_some_and(|law| dimensions.allow(&law.expression)),
        }
    }

    /// The formula in canonical form if the units allow it, or else without the
    /// constants that are added to what is no pure number, or else as it is, with
    /// constants such as a factor of one that carry a unit.
    pub(super) fn consistent(&self, expression: &Expression) -> Option<Expression> {
        let simple = self.canonical(expression);
        let Some(dimensions) = self.dimensions.as_ref() else {
            return Some(simple);
        };
        if dimensions.allow(&simple) {
            return Some(simple);
        }
        let bare = bare(&Tree::from(&simple), dimensions);
        let bare = self.canonical(&Expression::from(&bare));
        if dimensions.allow(&bare) {
            return Some(bare);
        }
        let carried = !dimensions.strict()
            && simple.variables() == expression.variables()
            && dimensions.allow(expression);
        carried.then(|| expression.clone())
    }

    /// Whether a formula is made of operators of the settings; a sign may be
    /// written wherever there are differences.
    pub(super) fn permits(&self, expression: &Expression) -> bool {
        let known = |token: &Token| match token {
            Token::Apply(Operator::Neg) => self.shorthand.neg,
            Token::Apply(operator) => self.allowed.contains(operator),
            _ => true,
        };
        let of_form = |expression: &Expression| {
            expression.tokens().iter().all(known) && self.constraints.allow(expression)
        };
        let fits = match &self.template {
            None => of_form(expression),
            Some(template) => template
                .parts(expression)
                .is_some_and(|(functions, _)| functions.iter().all(of_form)),
        };
        fits && self.behaved(expression, Behaviour::form)
    }

    /// Whether a law with its constants behaves as the constraints ask.
    pub fn behaves(&self, expression: &Expression) -> bool {
        self.behaved(expression, |b, law| b.form(law) && b.holds(law))
    }

    /// What is asked of the law that an expression stands for.
    fn behaved(&self, expression: &Expression, ask: fn(&Behaviour, &Expression) -> bool) -> bool {
        let Some(behaviour) = self.behaviour.as_ref() else {
            return true;
        };
        match &self.template {
            None => ask(behaviour, expression),
            Some(template) => template
                .written(expression)
                .is_some_and(|law| ask(behaviour, &law.expression)),
        }
    }
}

/// The formula without constants added to what carries a unit.
fn bare(tree: &Tree, dimensions: &Dimensions) -> Tree {
    let Tree::Apply(operator, arguments) = tree else {
        return tree.clone();
    };
    let arguments: Vec<Tree> = arguments.iter().map(|a| bare(a, dimensions)).collect();
    if let (Operator::Add, [a, Tree::Constant(_)] | [Tree::Constant(_), a]) =
        (*operator, arguments.as_slice())
    {
        let measure = dimensions.measure(&Expression::from(a));
        if matches!(measure, Some(Measure::Known(d)) if d != Dimension::NONE) {
            return a.clone();
        }
    }
    Tree::Apply(*operator, arguments)
}
