//! The law that open functions make of a template.

use super::Template;
use crate::expression::{Expression, Token};
use crate::fit::Ties;
use crate::operator::Operator;

/// A law over the columns whose constants are those of its open functions.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The law.
    pub expression: Expression,
    /// Which constant of the joined functions each of its constants is; numbers of the
    /// template are none.
    pub ties: Ties,
}

/// Values of a column, each with its constant.
pub type Categories = Vec<(f64, f64)>;

impl Template {
    /// The law of joined functions; `None` if they are not those of this template.
    ///
    /// A family of constants is written $c_1 + \sum_{j>1} d_j\,\theta(k - m_j)$ with `mⱼ`
    /// between its column's values: the joined constants are `c₁, d₂, d₃, …`.
    pub fn written(&self, joined: &Expression) -> Option<Written> {
        let (functions, constants) = self.parts(joined)?;
        let mut first = Vec::with_capacity(functions.len());
        let mut count = 0;
        for function in &functions {
            first.push(count);
            count += function.constants().len();
        }
        let mut writer = Writer {
            template: self,
            functions: &functions,
            first: &first,
            constants: &constants,
            tail: count,
            tokens: Vec::new(),
            values: Vec::new(),
            of: Vec::new(),
        };
        writer.write(&self.whole);
        let expression = Expression::new(writer.tokens, writer.values).ok()?;
        Some(Written {
            expression,
            ties: Ties::new(writer.of, count + constants.len()),
        })
    }

    /// The constants of the families by name, column and its values.
    pub fn by_category(&self, constants: &[f64]) -> Vec<(String, Option<u16>, Categories)> {
        let mut rest = constants;
        self.families
            .iter()
            .map(|family| {
                let (own, others) = rest.split_at(family.values.len());
                rest = others;
                let mut sum = 0.0;
                let values = family.values.iter().zip(own).map(|(&value, step)| {
                    sum += step;
                    (value, sum)
                });
                (family.name.clone(), family.column, values.collect())
            })
            .collect()
    }
}

struct Writer<'a> {
    template: &'a Template,
    functions: &'a [Expression],
    /// The parameter that is each function's first constant.
    first: &'a [usize],
    /// The constants of families.
    constants: &'a [f64],
    /// The parameter that is the first of these.
    tail: usize,
    tokens: Vec<Token>,
    values: Vec<f64>,
    of: Vec<Option<usize>>,
}

impl Writer<'_> {
    fn constant(&mut self, value: f64, parameter: Option<usize>) {
        self.tokens.push(Token::Constant);
        self.values.push(value);
        self.of.push(parameter);
    }

    /// A formula of the template.
    fn write(&mut self, law: &Expression) {
        let mut numbers = law.constants().iter();
        for token in law.tokens() {
            match *token {
                Token::Constant => {
                    self.constant(numbers.next().copied().unwrap_or(f64::NAN), None);
                }
                Token::Variable(v) if v >= self.template.columns => {
                    let place = usize::from(v - self.template.columns);
                    match place.checked_sub(self.template.holes.len()) {
                        None => self.function(place),
                        Some(family) => self.family(family),
                    }
                }
                Token::Variable(_) | Token::Apply(_) => self.tokens.push(*token),
            }
        }
    }

    /// An open function in its place.
    fn function(&mut self, hole: usize) {
        let hole = &self.template.holes[hole];
        let function = &self.functions[hole.function];
        let mut parameter = self.first[hole.function];
        let mut constants = function.constants().iter();
        for token in function.tokens() {
            match *token {
                Token::Constant => {
                    let value = constants.next().copied().unwrap_or(f64::NAN);
                    self.constant(value, Some(parameter));
                    parameter += 1;
                }
                Token::Variable(slot) => self.write(&hole.arguments[usize::from(slot)]),
                Token::Apply(_) => self.tokens.push(*token),
            }
        }
    }

    fn family(&mut self, place: usize) {
        let before = &self.template.families[..place];
        let before: usize = before.iter().map(|family| family.values.len()).sum();
        let family = &self.template.families[place];
        self.constant(self.constants[before], Some(self.tail + before));
        let Some(column) = family.column else { return };
        for (j, pair) in family.values.windows(2).enumerate() {
            let place = before + j + 1;
            self.constant(self.constants[place], Some(self.tail + place));
            self.tokens.push(Token::Variable(column));
            self.constant(-0.5 * (pair[0] + pair[1]), None);
            let operators = [Operator::Add, Operator::Step, Operator::Mul, Operator::Add];
            self.tokens.extend(operators.map(Token::Apply));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Problem;

    #[test]
    fn functions_stand_in_all_their_places_with_the_same_constants() {
        let column = |name: &str, offset: f64| {
            let values = (0..12).map(|i| f64::from(i % 3) + offset).collect();
            (name.to_owned(), values)
        };
        let features = vec![column("x", 0.5), column("y", 1.5), column("kind", 2.0)];
        let target = ("z".to_owned(), (0..12).map(f64::from).collect());
        let problem = Problem::new(features, target, None).unwrap();
        let template = Template::new("c[kind]*f(x)/2 + f(x - y) + g(y)", &problem).unwrap();
        let own = ["u".to_owned()];
        let part = |text: &str| Expression::parse(text, &own).unwrap();
        let functions = [part("3*exp(0.5*u)"), part("u^2")];
        let joined = template.joined(&functions, &[10.0, 1.0, 2.0]);
        assert_eq!(joined.complexity(), 6 + 2 + template.overhead());
        let written = template.written(&joined).unwrap();
        for (kind, c) in [(2.0, 10.0), (3.0, 11.0), (4.0, 13.0)] {
            let (x, y) = (0.7, 1.9_f64);
            let f = |u: f64| 3.0 * (0.5 * u).exp();
            let expected = c * f(x) / 2.0 + f(x - y) + y * y;
            let found = written.expression.at(&[x, y, kind]);
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        // Two of f, three of c; the numbers of the template and the places of steps stay.
        assert_eq!(written.ties.count(), 5);
        let free = written.ties.of().iter().flatten().count();
        assert_eq!(free, 2 * 2 + 3);
        let (back, constants) = template.parts(&joined).unwrap();
        assert_eq!(back, functions);
        assert_eq!(
            template.by_category(&constants)[0].2,
            [(2.0, 10.0), (3.0, 11.0), (4.0, 13.0)]
        );
        // Functions over more than they have, or fewer parts, are none of this template.
        let wrong = template.joined(&[part("u"), Expression::variable(1)], &[1.0; 3]);
        assert!(template.written(&wrong).is_none());
        assert!(template.written(&functions[0]).is_none());
    }
}
