//! LaTeX into a tree, by recursive descent.

use super::symbols::{accent, fence, symbol};
use super::{Math, Node};

/// Groups nested deeper than this are refused, so that no input can exhaust
/// the stack.
const DEEPEST: usize = 64;

/// Why a formula could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A command that is not among those known.
    #[error(
        "math `{source_text}`: `\\{command}` is not known; use \\text{{…}} for words, or write the \
         symbol itself"
    )]
    Unknown {
        /// The whole formula.
        source_text: String,
        /// The command, without its backslash.
        command: String,
    },
    /// A brace, bracket or argument is missing.
    #[error("math `{source_text}`: expected {expected}, found {found}")]
    Expected {
        /// The whole formula.
        source_text: String,
        /// What should have come.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// More groups within groups than any formula of ours has.
    #[error("math `{source_text}`: groups are nested deeper than {DEEPEST}")]
    Deep {
        /// The whole formula.
        source_text: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Command(String),
    Char(char),
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

/// Reads a formula, without the dollars around it.
///
/// ```
/// let math = pellucid_report::math::parse(r"\sum_{i} z_i^{\kappa}").unwrap();
/// assert_eq!(math.plain(), "∑_i z_i^κ");
/// ```
pub fn parse(source: &str) -> Result<Math, Error> {
    let mut parser = Parser {
        source,
        tokens: tokens(source),
        next: 0,
        depth: 0,
    };
    let root = parser.row(|token| token.is_none())?;
    Ok(Math {
        source: source.to_owned(),
        root,
    })
}

fn tokens(source: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(Token::Char(c));
            continue;
        }
        let mut name = String::new();
        while let Some(&letter) = chars.peek() {
            if letter.is_ascii_alphabetic() || name.is_empty() {
                name.push(letter);
                chars.next();
                if !letter.is_ascii_alphabetic() {
                    break;
                }
            } else {
                break;
            }
        }
        out.push(Token::Command(name));
    }
    out
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(Token::Char(c)) if c.is_whitespace()) {
            self.next += 1;
        }
    }

    fn expected(&self, expected: &'static str) -> Error {
        let found = match self.peek() {
            Some(Token::Command(name)) => format!("`\\{name}`"),
            Some(Token::Char(c)) => format!("`{c}`"),
            None => "the end".to_owned(),
        };
        Error::Expected {
            source_text: self.source.to_owned(),
            expected,
            found,
        }
    }

    /// Parts until `end` says so; the end itself is not taken.
    fn row(&mut self, end: impl Fn(Option<&Token>) -> bool) -> Result<Node, Error> {
        let mut parts = Vec::new();
        loop {
            self.skip_spaces();
            if end(self.peek()) {
                break;
            }
            let base = self.atom()?;
            parts.push(self.scripts(base)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Node::Row(parts),
        })
    }

    fn group(&mut self) -> Result<Node, Error> {
        self.next += 1;
        let row = self.row(|token| matches!(token, None | Some(Token::Char('}'))))?;
        self.close()?;
        Ok(row)
    }

    fn close(&mut self) -> Result<(), Error> {
        if self.peek() != Some(&Token::Char('}')) {
            return Err(self.expected("`}`"));
        }
        self.next += 1;
        Ok(())
    }

    /// One argument: a group, or a single atom.
    fn argument(&mut self) -> Result<Node, Error> {
        self.skip_spaces();
        // `x^23` means x² followed by 3: an argument without braces is one character.
        if let Some(&Token::Char(c)) = self.peek()
            && c.is_ascii_digit()
        {
            self.next += 1;
            return Ok(Node::Number(c.to_string()));
        }
        self.atom()
    }

    /// The words within the braces of `\text` and its like, spaces kept.
    fn words(&mut self) -> Result<String, Error> {
        self.skip_spaces();
        if self.peek() != Some(&Token::Char('{')) {
            return Err(self.expected("`{`"));
        }
        self.next += 1;
        let mut out = String::new();
        loop {
            match self.peek() {
                Some(Token::Char('}')) => break,
                Some(Token::Char(c)) => out.push(*c),
                Some(Token::Command(name)) if name.chars().all(|c| !c.is_ascii_alphabetic()) => {
                    out.push_str(if name == "," { "\u{2009}" } else { name });
                }
                _ => return Err(self.expected("`}`")),
            }
            self.next += 1;
        }
        self.close()?;
        Ok(out)
    }

    fn atom(&mut self) -> Result<Node, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::Deep {
                source_text: self.source.to_owned(),
            });
        }
        let atom = self.atom_within()?;
        self.depth -= 1;
        Ok(atom)
    }

    fn atom_within(&mut self) -> Result<Node, Error> {
        let Some(token) = self.peek().cloned() else {
            return Err(self.expected("an argument"));
        };
        let c = match token {
            Token::Char('{') => return self.group(),
            Token::Command(name) => {
                self.next += 1;
                return self.command(&name);
            }
            Token::Char(c) => c,
        };
        if matches!(c, '}' | '^' | '_') {
            return Err(self.expected("a letter, number or command"));
        }
        self.next += 1;
        Ok(match c {
            '0'..='9' | '.' => Node::Number(self.number(c)),
            '(' | ')' | '[' | ']' | '|' => Node::Fence {
                text: c.to_string(),
                stretchy: false,
            },
            '-' => Node::Operator("−".to_owned()),
            '*' => Node::Operator("∗".to_owned()),
            '+' | '=' | '<' | '>' | '±' | '×' | '·' | '≤' | '≥' | '≈' | '→' | '−' => {
                Node::Operator(c.to_string())
            }
            ',' | ';' | ':' | '!' | '/' | '%' => Node::Mark(c.to_string()),
            _ => Node::Letter(c.to_string()),
        })
    }

    fn number(&mut self, first: char) -> String {
        let mut out = first.to_string();
        while let Some(&Token::Char(c)) = self.peek() {
            if !(c.is_ascii_digit() || c == '.') {
                break;
            }
            out.push(c);
            self.next += 1;
        }
        out
    }

    fn command(&mut self, name: &str) -> Result<Node, Error> {
        if let Some(mark) = accent(name) {
            return Ok(Node::Accent {
                base: Box::new(self.argument()?),
                mark,
            });
        }
        match name {
            "frac" | "tfrac" | "dfrac" => {
                let over = self.argument()?;
                Ok(Node::Fraction(Box::new(over), Box::new(self.argument()?)))
            }
            "sqrt" => Ok(Node::Root(Box::new(self.argument()?))),
            "text" | "mathrm" | "operatorname" | "textrm" => Ok(Node::Upright {
                text: self.words()?,
                bold: false,
            }),
            "mathbf" | "textbf" | "boldsymbol" => Ok(Node::Upright {
                text: self.words()?,
                bold: true,
            }),
            "left" | "right" | "bigl" | "bigr" | "Bigl" | "Bigr" | "big" | "Big" => {
                self.delimiter()
            }
            _ => symbol(name).ok_or_else(|| Error::Unknown {
                source_text: self.source.to_owned(),
                command: name.to_owned(),
            }),
        }
    }

    fn delimiter(&mut self) -> Result<Node, Error> {
        self.skip_spaces();
        let text = match self.peek() {
            Some(Token::Char('.')) => String::new(),
            Some(Token::Char(c @ ('(' | ')' | '[' | ']' | '|' | '/'))) => c.to_string(),
            Some(Token::Command(name)) => match fence(name) {
                Some(text) => text.to_owned(),
                None => return Err(self.expected("a delimiter")),
            },
            _ => return Err(self.expected("a delimiter")),
        };
        self.next += 1;
        Ok(Node::Fence {
            text,
            stretchy: true,
        })
    }

    fn scripts(&mut self, base: Node) -> Result<Node, Error> {
        let (mut sub, mut sup) = (None, None);
        let mut primes = 0;
        loop {
            self.skip_spaces();
            let place = match self.peek() {
                Some(Token::Char('_')) if sub.is_none() => &mut sub,
                Some(Token::Char('^')) if sup.is_none() && primes == 0 => &mut sup,
                Some(Token::Char('\'')) if sup.is_none() => {
                    primes += 1;
                    self.next += 1;
                    continue;
                }
                Some(Token::Char('_' | '^')) => {
                    return Err(self.expected("one subscript and one superscript at most"));
                }
                _ => break,
            };
            self.next += 1;
            *place = Some(Box::new(self.argument()?));
        }
        if primes > 0 {
            let text = "′".repeat(primes);
            sup = Some(Box::new(Node::Upright { text, bold: false }));
        }
        if sub.is_none() && sup.is_none() {
            return Ok(base);
        }
        Ok(Node::Scripts {
            base: Box::new(base),
            sub,
            sup,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_named() {
        let message = parse(r"x + \foo").unwrap_err().to_string();
        assert!(message.contains(r"\foo"), "{message}");
    }

    #[test]
    fn broken_formulas_are_refused_and_do_not_panic() {
        for source in [
            "{",
            "}",
            "x_",
            "x^^2",
            r"\frac{1}",
            r"\text{a",
            r"\left",
            "_a",
            r"\sqrt",
        ] {
            assert!(parse(source).is_err(), "{source}");
        }
        assert!(matches!(
            parse(&"{".repeat(100_000)),
            Err(Error::Deep { .. })
        ));
        assert!(parse(&r"\sqrt".repeat(100_000)).is_err());
    }

    #[test]
    fn a_script_without_braces_takes_one_digit() {
        let Node::Row(parts) = parse("x^23").unwrap().root else {
            panic!("two parts")
        };
        assert_eq!(parts[1], Node::Number("3".to_owned()));
    }
}
