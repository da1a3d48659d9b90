//! How a formula becomes another one.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::dictionary::Dictionary;
use super::inverse::asked_of;
use super::library::Library;
use super::settings::Settings;
use super::template::Template;
use crate::evaluate::{Rows, Scratch};
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// What mutations draw from.
#[derive(Debug)]
pub struct Material {
    unary: Vec<Operator>,
    binary: Vec<Operator>,
    /// The columns that laws are made of.
    variables: Vec<u16>,
    library: Library,
    dictionary: Dictionary,
    /// The rows of the library, and the target there, if anything is known of it.
    rows: Rows<f64>,
    target: Option<Vec<f64>>,
}

/// What mutations of a law draw from, or those of the open functions of a template.
#[derive(Debug)]
pub struct Materials {
    each: Vec<Material>,
    /// With the constants that families of it begin with.
    template: Option<(Template, Vec<f64>)>,
}

impl Materials {
    /// For laws that are one formula.
    pub fn single(material: Material) -> Self {
        Self {
            each: vec![material],
            template: None,
        }
    }

    /// For the open functions of a template, one after the other, and the constants that
    /// its families begin with.
    pub fn of_template(each: Vec<Material>, template: &Template, constants: &[f64]) -> Self {
        Self {
            each,
            template: Some((template.clone(), constants.to_vec())),
        }
    }

    /// A random law.
    pub fn random(&self, rng: &mut ChaCha8Rng) -> Expression {
        match &self.template {
            None => self.each[0].random(rng),
            Some((template, constants)) => {
                let functions: Vec<_> = self.each.iter().map(|one| one.random(rng)).collect();
                template.joined(&functions, constants)
            }
        }
    }

    /// A change of `parent`, or of one of its open functions.
    pub fn change(
        &self,
        kind: Kind,
        parent: &Expression,
        other: &Expression,
        rng: &mut ChaCha8Rng,
    ) -> Option<Expression> {
        let Some((template, _)) = &self.template else {
            return self.each[0].change(kind, parent, other, rng);
        };
        let (mut functions, constants) = template.parts(parent)?;
        let (theirs, _) = template.parts(other)?;
        let which = rng.random_range(0..functions.len());
        let changed = self.each[which].change(kind, &functions[which], &theirs[which], rng)?;
        functions[which] = changed;
        Some(template.joined(&functions, &constants))
    }
}

/// The kinds of change. To add one, write its arm in [`Material::change`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A part is replaced by a formula of the library.
    Replace,
    /// An operator is replaced by another of as many arguments.
    Operator,
    /// An operator is put above a part.
    Insert,
    /// A part is replaced by one of its arguments.
    Delete,
    /// A part is replaced by a part of another formula.
    Cross,
    /// A multiple of a library formula is added.
    Term,
    /// The formula is multiplied or divided by one of the library.
    Factor,
    /// A part gets a free factor.
    Scale,
    /// The path to a part is inverted, and what the target asks of the part is
    /// looked up in the library.
    Solve,
}

impl Kind {
    /// All kinds, with how often each is tried at first.
    pub const ALL: [(Self, f64); 9] = [
        (Self::Replace, 1.5),
        (Self::Operator, 0.7),
        (Self::Insert, 1.5),
        (Self::Delete, 1.0),
        (Self::Cross, 1.5),
        (Self::Term, 0.7),
        (Self::Factor, 1.0),
        (Self::Scale, 0.7),
        (Self::Solve, 0.6),
    ];
}

impl Material {
    /// Material over a library, whose rows these are.
    pub fn new(
        library: Library,
        rows: Rows<f64>,
        target: Option<Vec<f64>>,
        variables: &[u16],
        settings: &Settings,
    ) -> Self {
        let of = |arity: usize| -> Vec<Operator> {
            let operators = settings.operators.iter().copied();
            operators.filter(|o| o.arity() == arity).collect()
        };
        let dictionary = Dictionary::new((0..library.len()).map(|i| library.values(i).to_vec()));
        Self {
            unary: of(1),
            binary: of(2),
            variables: variables.to_vec(),
            library,
            dictionary,
            rows,
            target,
        }
    }

    /// A random formula.
    pub fn random(&self, rng: &mut ChaCha8Rng) -> Expression {
        let a = self.entry(rng);
        let change = if rng.random_bool(0.5) {
            Kind::Factor
        } else {
            Kind::Insert
        };
        self.change(change, &a, &a, rng).unwrap_or(a)
    }

    /// A change of `parent`, with `other` as the second parent of a cross;
    /// `None` if this kind has nothing to do there.
    pub fn change(
        &self,
        kind: Kind,
        parent: &Expression,
        other: &Expression,
        rng: &mut ChaCha8Rng,
    ) -> Option<Expression> {
        let end = rng.random_range(0..parent.tokens().len());
        match kind {
            Kind::Replace => Some(parent.with_part(end, &self.piece(rng))),
            Kind::Operator => self.exchange(parent, rng),
            Kind::Insert => Some(parent.with_part(end, &self.above(&parent.part(end), rng)?)),
            Kind::Delete => delete(parent, end, rng),
            Kind::Cross => {
                let theirs = rng.random_range(0..other.tokens().len());
                Some(parent.with_part(end, &other.part(theirs)))
            }
            Kind::Term => {
                let one = Expression::constant(1.0);
                let term = Expression::apply(Operator::Mul, &[&one, &self.entry(rng)]);
                Some(Expression::apply(Operator::Add, &[parent, &term]))
            }
            Kind::Factor => {
                let operator = self.one_of(&[Operator::Mul, Operator::Div], rng)?;
                Some(Expression::apply(operator, &[parent, &self.entry(rng)]))
            }
            Kind::Scale => {
                let factor = Expression::constant(2.0_f64.powf(rng.random_range(-2.0..2.0)));
                let part = Expression::apply(Operator::Mul, &[&factor, &parent.part(end)]);
                Some(parent.with_part(end, &part))
            }
            Kind::Solve => self.solve(parent, end, rng),
        }
    }

    fn one_of(&self, wanted: &[Operator], rng: &mut ChaCha8Rng) -> Option<Operator> {
        let allowed: Vec<Operator> = wanted
            .iter()
            .copied()
            .filter(|o| self.binary.contains(o))
            .collect();
        (!allowed.is_empty()).then(|| allowed[rng.random_range(0..allowed.len())])
    }

    /// A library formula, small ones more often.
    fn entry(&self, rng: &mut ChaCha8Rng) -> Expression {
        let n = self.library.len() as f64;
        let place = n.powf(rng.random::<f64>()) - 1.0;
        self.library
            .expression(place as usize % self.library.len())
            .clone()
    }

    /// A library formula or a constant.
    fn piece(&self, rng: &mut ChaCha8Rng) -> Expression {
        match rng.random_range(0..10) {
            0 => Expression::constant(f64::from(rng.random_range(1..4_u8))),
            1..4 => {
                let place = rng.random_range(0..self.variables.len() as u16);
                Expression::variable(self.variables[usize::from(place)])
            }
            _ => self.entry(rng),
        }
    }

    fn exchange(&self, parent: &Expression, rng: &mut ChaCha8Rng) -> Option<Expression> {
        let places: Vec<usize> = (0..parent.tokens().len())
            .filter(|&i| parent.tokens()[i].arity() > 0)
            .collect();
        if places.is_empty() {
            return None;
        }
        let place = places[rng.random_range(0..places.len())];
        let mut tokens = parent.tokens().to_vec();
        let among = if tokens[place].arity() == 1 {
            &self.unary
        } else {
            &self.binary
        };
        if among.is_empty() {
            return None;
        }
        tokens[place] = Token::Apply(among[rng.random_range(0..among.len())]);
        Expression::new(tokens, parent.constants().to_vec()).ok()
    }

    /// An operator on a part.
    fn above(&self, part: &Expression, rng: &mut ChaCha8Rng) -> Option<Expression> {
        let total = self.unary.len() + self.binary.len();
        if total == 0 {
            return None;
        }
        let unary = !self.unary.is_empty() && (self.binary.is_empty() || rng.random_bool(0.4));
        if unary {
            let operator = self.unary[rng.random_range(0..self.unary.len())];
            return Some(Expression::apply(operator, &[part]));
        }
        let operator = self.binary[rng.random_range(0..self.binary.len())];
        let other = self.piece(rng);
        let pair = if rng.random_bool(0.5) {
            [part, &other]
        } else {
            [&other, part]
        };
        Some(Expression::apply(operator, &pair))
    }

    /// Inverts the path from the root to the part that ends at `end`.
    fn solve(&self, parent: &Expression, end: usize, rng: &mut ChaCha8Rng) -> Option<Expression> {
        let wanted = asked_of(parent, end, &self.rows, self.target.as_deref()?)?;
        if wanted.iter().any(|x| x.is_nan()) {
            return None;
        }
        let wanted: Vec<f32> = wanted.into_iter().map(|x| x as f32).collect();
        let terms = rng.random_range(1..3);
        let choices = self.dictionary.choose(&wanted, terms, 2);
        let choice = choices.last()?;
        // Offset and factors are left to the fit.
        let mut part = None;
        for &i in &choice.columns {
            let term = Expression::apply(
                Operator::Mul,
                &[&Expression::constant(1.0), self.library.expression(i)],
            );
            part = Some(match part {
                None => term,
                Some(sum) => Expression::apply(Operator::Add, &[&sum, &term]),
            });
        }
        let mut part = part?;
        if rng.random_bool(0.5) {
            part = Expression::apply(Operator::Add, &[&part, &Expression::constant(0.0)]);
        }
        let part = self.fitted(part, &wanted);
        Some(parent.with_part(end, &part))
    }

    /// The factors of a sum at their best for a column of numbers.
    fn fitted(&self, part: Expression, wanted: &[f32]) -> Expression {
        let target: Vec<f64> = wanted.iter().map(|&x| f64::from(x)).collect();
        let rows = self.rows.with_target(&target);
        let found = crate::fit::fit(
            &part,
            &rows,
            crate::fit::Effort::SEARCH,
            &mut Scratch::new(),
        );
        let mut part = part;
        if let Some(found) = found.0 {
            part.constants_mut().copy_from_slice(&found.constants);
        }
        part
    }
}

fn delete(parent: &Expression, end: usize, rng: &mut ChaCha8Rng) -> Option<Expression> {
    let arity = parent.tokens()[end].arity();
    if arity == 0 {
        return None;
    }
    let right = end - 1;
    let child = if arity == 2 && rng.random_bool(0.5) {
        parent.start(right) - 1
    } else {
        right
    };
    Some(parent.with_part(end, &parent.part(child)))
}
