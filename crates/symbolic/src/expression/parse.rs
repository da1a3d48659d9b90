//! Formulas from text: Python's operators, precedence and function names, `^`
//! beside `**`.

use std::f64::consts::PI;

use super::{Expression, Tree};
use crate::error::SymbolicError;
use crate::operator::Operator;

impl Expression {
    /// Reads a formula over the columns `names`. `pi` is the number unless a
    /// column is called so; `a^2`, `a^3` and `1/a` are square, cube, inverse.
    pub fn parse(text: &str, names: &[String]) -> Result<Self, SymbolicError> {
        let mut parser = Parser {
            text,
            chars: text.char_indices().collect(),
            next: 0,
            names,
            depth: 0,
        };
        let tree = parser.sum()?;
        parser.space();
        if parser.peek().is_some() {
            return Err(parser.expected("an operator or the end"));
        }
        Ok(Self::from(&tree))
    }
}

/// Brackets may be nested this deep; a formula of more is a mistake, and would
/// exhaust the stack.
const DEEPEST: usize = 200;

struct Parser<'a> {
    text: &'a str,
    chars: Vec<(usize, char)>,
    next: usize,
    names: &'a [String],
    depth: usize,
}

/// A part of a formula, and whether it was written as a bare whole number.
struct Read {
    tree: Tree,
    whole: Option<u32>,
}

impl From<Tree> for Read {
    fn from(tree: Tree) -> Self {
        Self { tree, whole: None }
    }
}

impl Parser<'_> {
    fn expected(&self, expected: impl Into<String>) -> SymbolicError {
        SymbolicError::Parse {
            text: self.text.to_owned(),
            place: self.next,
            expected: expected.into(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.next).map(|&(_, c)| c)
    }

    fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next += 1;
        }
    }

    /// Takes `sign` if it comes next.
    fn take(&mut self, sign: &str) -> bool {
        self.space();
        let ahead = self.chars[self.next..].iter().map(|&(_, c)| c);
        let found = ahead.take(sign.chars().count()).eq(sign.chars());
        if found {
            self.next += sign.chars().count();
        }
        found
    }

    /// `a + b − c`.
    fn sum(&mut self) -> Result<Tree, SymbolicError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected(format!("at most {DEEPEST} nested brackets")));
        }
        let mut left = self.product()?;
        loop {
            let (operator, negated) = if self.take("+") {
                (Operator::Add, false)
            } else if self.take("-") {
                (Operator::Sub, true)
            } else {
                self.depth -= 1;
                return Ok(left);
            };
            let right = self.product()?;
            left = match right {
                // `a − 2` and `a + (−2)` are the same formula.
                Tree::Constant(c) if negated => {
                    Tree::binary(Operator::Add, left, Tree::Constant(-c))
                }
                right => Tree::binary(operator, left, right),
            };
        }
    }

    /// `a * b / c`.
    fn product(&mut self) -> Result<Tree, SymbolicError> {
        let first = self.signed()?;
        let mut one = first.whole == Some(1);
        let mut left = first.tree;
        loop {
            self.space();
            let ahead = self.chars.get(self.next + 1).map(|&(_, c)| c);
            let operator = match (self.peek(), ahead) {
                (Some('*'), ahead) if ahead != Some('*') => Operator::Mul,
                (Some('/'), _) => Operator::Div,
                _ => return Ok(left),
            };
            self.next += 1;
            let right = self.signed()?.tree;
            left = if one && operator == Operator::Div {
                Tree::unary(Operator::Inv, right)
            } else {
                Tree::binary(operator, left, right)
            };
            one = false;
        }
    }

    /// `−a`, `+a`.
    fn signed(&mut self) -> Result<Read, SymbolicError> {
        let mut negative = false;
        loop {
            if self.take("-") {
                negative = !negative;
            } else if !self.take("+") {
                break;
            }
        }
        self.space();
        let bare = self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.');
        let read = self.power()?;
        Ok(match read.tree {
            _ if !negative => read,
            Tree::Constant(c) if bare => Tree::Constant(-c).into(),
            tree => Tree::unary(Operator::Neg, tree).into(),
        })
    }

    /// `a ^ b`, from the right.
    fn power(&mut self) -> Result<Read, SymbolicError> {
        let base = self.atom()?;
        if !(self.take("**") || self.take("^")) {
            return Ok(base);
        }
        let exponent = self.signed()?;
        Ok(match exponent.whole {
            Some(2) => Tree::unary(Operator::Square, base.tree),
            Some(3) => Tree::unary(Operator::Cube, base.tree),
            _ => Tree::binary(Operator::Pow, base.tree, exponent.tree),
        }
        .into())
    }

    /// A number, a name, a call or brackets.
    fn atom(&mut self) -> Result<Read, SymbolicError> {
        self.space();
        match self.peek() {
            Some('(') => {
                self.next += 1;
                let inner = self.sum()?;
                self.close()?;
                Ok(inner.into())
            }
            Some('`') => self.quoted().map(Into::into),
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.name().map(Into::into),
            _ => Err(self.expected("a number, a column, a function or `(`")),
        }
    }

    fn close(&mut self) -> Result<(), SymbolicError> {
        if self.take(")") {
            Ok(())
        } else {
            Err(self.expected("`)`"))
        }
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        let byte = |i: usize| self.chars.get(i).map_or(self.text.len(), |&(byte, _)| byte);
        &self.text[byte(from)..byte(to)]
    }

    fn number(&mut self) -> Result<Read, SymbolicError> {
        let first = self.next;
        let digits = |p: &mut Self| {
            while p.peek().is_some_and(|c| c.is_ascii_digit()) {
                p.next += 1;
            }
        };
        digits(self);
        if self.peek() == Some('.') {
            self.next += 1;
            digits(self);
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let before = self.next;
            self.next += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.next += 1;
            }
            if self.peek().is_some_and(|c| c.is_ascii_digit()) {
                digits(self);
            } else {
                self.next = before;
            }
        }
        let text = self.slice(first, self.next);
        let whole = text.parse().ok();
        match text.parse() {
            Ok(value) => Ok(Read {
                tree: Tree::Constant(value),
                whole,
            }),
            Err(_) => Err(self.expected("a number")),
        }
    }

    fn quoted(&mut self) -> Result<Tree, SymbolicError> {
        self.next += 1;
        let mut name = String::new();
        loop {
            let next = self.chars.get(self.next + 1).map(|&(_, c)| c);
            match self.peek() {
                // Two of them are one of the name.
                Some('`') if next == Some('`') => self.next += 1,
                Some('`') => break,
                None => return Err(self.expected("a closing backquote")),
                Some(_) => {}
            }
            name.extend(self.peek());
            self.next += 1;
        }
        self.next += 1;
        self.column(&name)
            .ok_or_else(|| self.expected(format!("one of the columns {}", self.names.join(", "))))
    }

    fn column(&self, name: &str) -> Option<Tree> {
        let place = self.names.iter().position(|known| known == name)?;
        u16::try_from(place).ok().map(Tree::Variable)
    }

    fn name(&mut self) -> Result<Tree, SymbolicError> {
        let first = self.next;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.next += 1;
        }
        let name = self.slice(first, self.next).to_owned();
        if self.take("(") {
            return self.call(&name);
        }
        match self.column(&name) {
            Some(column) => Ok(column),
            None if name == "pi" => Ok(Tree::Constant(PI)),
            None => Err(self.expected(format!(
                "one of the columns {} instead of `{name}`",
                self.names.join(", ")
            ))),
        }
    }

    fn call(&mut self, name: &str) -> Result<Tree, SymbolicError> {
        let operator = Operator::named(name)?;
        let mut arguments = vec![self.sum()?];
        while self.take(",") {
            arguments.push(self.sum()?);
        }
        self.close()?;
        if arguments.len() == operator.arity() {
            Ok(Tree::Apply(operator, arguments))
        } else {
            Err(self.expected(format!("{} arguments of `{name}`", operator.arity())))
        }
    }
}
