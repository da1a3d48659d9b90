//! From the text of a formula to the formula, with the precedence of Python.
//!
//! ```text
//! comparison = or (("<" | "<=" | ">" | ">=" | "==" | "!=") or)?
//! or         = and (("|" | "^") and)*          and  = sum ("&" sum)*
//! sum        = term (("+" | "-") term)*        term = sign (("*" | "/" | "//" | "%") sign)*
//! sign       = ("-" | "+" | "~") sign | power  power = atom ("**" sign)?
//! atom       = number | name | name "(" arguments ")" | "(" comparison ")", each with "[:, np.newaxis]"*
//! ```

use super::{Formula, Function, function};
use crate::ObservableError;
use crate::particles::feature::Feature;

/// Brackets, signs and calls in each other, at most: more is no formula, and
/// would overrun the stack.
const DEEPEST: usize = 100;

/// Signs, names and numbers, at most.
const LONGEST: usize = 2000;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Sign(&'static str),
}

/// What is written with signs; longer ones first.
const SIGNS: [&str; 25] = [
    "**", "//", "<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "<", ">", "&", "|", "^", "~", "(",
    ")", "[", "]", ",", ":", "=", "'",
];

/// Words of Python that are no names.
const WORDS: [&str; 6] = ["and", "or", "not", "if", "else", "lambda"];

pub(super) fn parse(
    text: &str,
    named: &dyn Fn(&str) -> Result<Formula, ObservableError>,
) -> Result<Formula, ObservableError> {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        place: 0,
        depth: 0,
        named,
    };
    let formula = parser.comparison()?;
    match parser.peek() {
        None => Ok(formula),
        Some(Token::Sign("<" | "<=" | ">" | ">=" | "==" | "!=")) => {
            Err(parser.wrong("comparisons in a row need brackets: `(a < b) & (b < c)`"))
        }
        Some(token) => {
            Err(parser.wrong(&format!("found {} where nothing was expected", said(token))))
        }
    }
}

fn said(token: &Token) -> String {
    match token {
        Token::Number(value) => format!("`{value}`"),
        Token::Name(name) => format!("`{name}`"),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, ObservableError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let starts_number = first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()));
        let length = if starts_number {
            let length = number_length(rest);
            let value = rest[..length].parse().map_err(|_| {
                ObservableError::formula(text, &format!("`{}` is no number", &rest[..length]))
            })?;
            tokens.push(Token::Number(value));
            length
        } else if first == '_' || first.is_ascii_alphabetic() {
            let inside = |c: char| c == '_' || c == '.' || c.is_ascii_alphanumeric();
            let length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
            length
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else {
            return Err(ObservableError::formula(
                text,
                &format!("`{first}` is no operator of formulas"),
            ));
        };
        rest = rest[length..].trim_start();
        if tokens.len() > LONGEST {
            let problem = format!("it is longer than {LONGEST} names and signs");
            return Err(ObservableError::formula("…", &problem));
        }
    }
    Ok(tokens)
}

/// `12`, `1.5`, `.5`, `1e-3`.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let more = bytes[from..].iter().take_while(|b| b.is_ascii_digit());
        from + more.count()
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let after = digits(end + 1 + sign);
        if after > end + 1 + sign {
            end = after;
        }
    }
    end
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    place: usize,
    depth: usize,
    named: &'a dyn Fn(&str) -> Result<Formula, ObservableError>,
}

type Parsed = Result<Formula, ObservableError>;

impl Parser<'_> {
    fn wrong(&self, problem: &str) -> ObservableError {
        ObservableError::formula(self.text, problem)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place).cloned();
        self.place += 1;
        token
    }

    /// The next sign, if it is one of these.
    fn sign(&mut self, signs: &[&str]) -> Option<&'static str> {
        match self.peek() {
            Some(Token::Sign(sign)) if signs.contains(sign) => {
                let sign = *sign;
                self.place += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn expect(&mut self, sign: &str) -> Result<(), ObservableError> {
        if self.sign(&[sign]).is_some() {
            return Ok(());
        }
        let found = self.peek().map_or_else(|| "its end".to_owned(), said);
        Err(self.wrong(&format!("expected `{sign}`, found {found}")))
    }

    fn operator(&self, sign: &str, arguments: Vec<Formula>) -> Parsed {
        let operator = Function::operator(sign)
            .ok_or_else(|| self.wrong(&format!("`{sign}` is no operator of formulas")))?;
        Ok(Formula::Call(operator, arguments))
    }

    /// A chain of operators of equal strength, from the left.
    fn chain(&mut self, signs: &[&str], part: fn(&mut Self) -> Parsed) -> Parsed {
        let mut formula = part(self)?;
        while let Some(sign) = self.sign(signs) {
            let second = part(self)?;
            formula = self.operator(sign, vec![formula, second])?;
        }
        Ok(formula)
    }

    fn comparison(&mut self) -> Parsed {
        let first = self.or()?;
        match self.sign(&["<", "<=", ">", ">=", "==", "!="]) {
            None => Ok(first),
            Some(sign) => {
                let second = self.or()?;
                self.operator(sign, vec![first, second])
            }
        }
    }

    fn or(&mut self) -> Parsed {
        self.chain(&["|", "^"], Self::and)
    }

    fn and(&mut self) -> Parsed {
        self.chain(&["&"], Self::sum)
    }

    fn sum(&mut self) -> Parsed {
        self.chain(&["+", "-"], Self::term)
    }

    fn term(&mut self) -> Parsed {
        self.chain(&["*", "/", "//", "%"], Self::signed)
    }

    fn signed(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(&format!("more than {DEEPEST} brackets in each other")));
        }
        let formula = match self.sign(&["-", "+", "~"]) {
            None => self.power(),
            Some(sign) => match (sign, self.signed()?) {
                ("-", Formula::Number(value)) => Ok(Formula::Number(-value)),
                (sign, argument) => self.operator(sign, vec![argument]),
            },
        };
        self.depth -= 1;
        formula
    }

    fn power(&mut self) -> Parsed {
        let base = self.atom()?;
        if self.sign(&["**"]).is_some() {
            let exponent = self.signed()?;
            return self.operator("**", vec![base, exponent]);
        }
        Ok(base)
    }

    fn atom(&mut self) -> Parsed {
        let mut formula = match self.next() {
            Some(Token::Number(value)) => Formula::Number(value),
            Some(Token::Sign("(")) => {
                let inner = self.comparison()?;
                self.expect(")")?;
                inner
            }
            Some(Token::Name(name)) if WORDS.contains(&name.as_str()) => {
                let problem = format!(
                    "`{name}` is not read; write `&`, `|`, `~` with brackets, or `where(condition, a, b)`"
                );
                return Err(self.wrong(&problem));
            }
            Some(Token::Name(name)) if self.peek() == Some(&Token::Sign("(")) => {
                self.call(&name)?
            }
            Some(Token::Name(name)) => self.name(&name)?,
            Some(token) => {
                return Err(self.wrong(&format!(
                    "found {} where a number, a name or a bracket was expected",
                    said(&token)
                )));
            }
            None => return Err(self.wrong("it ends where a number or a name was expected")),
        };
        while self.sign(&["["]).is_some() {
            formula = self.repeated(formula)?;
        }
        Ok(formula)
    }

    fn name(&self, name: &str) -> Parsed {
        Ok(match function::short(name) {
            "pi" => Formula::Number(std::f64::consts::PI),
            "e" if name != "e" => Formula::Number(std::f64::consts::E),
            "inf" => Formula::Number(f64::INFINITY),
            "True" => Formula::Number(1.0),
            "False" => Formula::Number(0.0),
            _ => (self.named)(name)?,
        })
    }

    /// `[:, np.newaxis]` behind a number of the jet: it is repeated for each
    /// constituent anyway.
    fn repeated(&mut self, formula: Formula) -> Parsed {
        let wanted = [Token::Sign(":"), Token::Sign(",")];
        let begins = self.tokens.get(self.place..self.place + 2) == Some(&wanted);
        let axis = match self.tokens.get(self.place + 2) {
            Some(Token::Name(name)) => matches!(function::short(name), "newaxis" | "None"),
            _ => false,
        };
        if begins && axis {
            self.place += 3;
            self.expect("]")?;
            return Ok(formula);
        }
        Err(self.wrong("of places in brackets only `[:, np.newaxis]` is read"))
    }

    fn call(&mut self, name: &str) -> Parsed {
        let Some(function) = Function::named(name) else {
            let all: Vec<&str> = Function::all().collect();
            let nearest = all
                .iter()
                .min_by_key(|known| strsim::damerau_levenshtein(function::short(name), known));
            let problem = format!(
                "the function `{name}` is not read (the nearest that is: `{}`; all are {}); write the variable with \
                 those",
                nearest.unwrap_or(&""),
                all.join(", ")
            );
            return Err(self.wrong(&problem));
        };
        self.expect("(")?;
        let mut arguments = Vec::new();
        while self.sign(&[")"]).is_none() {
            if let Some(keyword) = self.keyword() {
                if function.name() == "nan_to_num" && keyword == "nan" {
                    // Its third argument by its name; the second is NumPy's `copy`.
                    arguments.resize(2, Formula::Number(1.0));
                    arguments.push(self.comparison()?);
                } else {
                    self.option(name, &keyword)?;
                }
            } else if self.peek() == Some(&Token::Name("None".to_owned())) {
                // A bound that does not bind: the lower comes first.
                self.place += 1;
                let bound = if arguments.len() < 2 {
                    f64::NEG_INFINITY
                } else {
                    f64::INFINITY
                };
                arguments.push(Formula::Number(bound));
            } else if self.sign(&["'"]).is_some() {
                // The name of a type.
                self.place += 2;
                arguments.push(Formula::Number(0.0));
            } else {
                arguments.push(self.comparison()?);
            }
            if self.sign(&[","]).is_none() {
                self.expect(")")?;
                break;
            }
        }
        // `ak.sum(x, 1)`: the axis by its place.
        if function.is_over() && arguments.len() == 2 && is_inner(&arguments[1]) {
            arguments.truncate(1);
        }
        let [least, most] = function.arguments();
        if !(least..=most).contains(&arguments.len()) {
            let expected = if least == most {
                format!("{least}")
            } else {
                format!("{least} to {most}")
            };
            let found = arguments.len();
            return Err(self.wrong(&format!(
                "`{name}` takes {expected} arguments, found {found}"
            )));
        }
        Ok(if function.name() == "ones_like" {
            Formula::Feature(Feature::Mask)
        } else {
            Formula::Call(function, arguments)
        })
    }

    /// `name =` in front of an argument.
    fn keyword(&mut self) -> Option<String> {
        let (Some(Token::Name(name)), Some(Token::Sign("="))) =
            (self.peek().cloned(), self.tokens.get(self.place + 1))
        else {
            return None;
        };
        self.place += 2;
        Some(name)
    }

    /// An argument by name: the axis of a sum, and what tells nothing of the
    /// value.
    fn option(&mut self, name: &str, keyword: &str) -> Result<(), ObservableError> {
        let start = self.place;
        let silent = [
            "copy",
            "clip",
            "keepdims",
            "dtype",
            "target",
            "mask_identity",
            "highlevel",
        ];
        let value = match self.peek() {
            Some(Token::Sign("'")) => {
                self.place += 3;
                Formula::Number(0.0)
            }
            Some(Token::Name(_)) if silent.contains(&keyword) => {
                self.place += 1;
                Formula::Number(0.0)
            }
            _ => self.comparison()?,
        };
        if silent.contains(&keyword) || (keyword == "axis" && is_inner(&value)) {
            return Ok(());
        }
        let written: Vec<String> = self.tokens[start..self.place.min(self.tokens.len())]
            .iter()
            .map(|token| said(token).replace('`', ""))
            .collect();
        Err(self.wrong(&format!(
            "`{keyword}={}` of `{name}` is not read; sums go over the constituents of a jet, `axis=1`",
            written.concat()
        )))
    }
}

/// The axis of the constituents.
fn is_inner(value: &Formula) -> bool {
    *value == Formula::Number(1.0) || *value == Formula::Number(-1.0)
}
