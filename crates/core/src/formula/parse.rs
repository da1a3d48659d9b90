//! From the text to the formula.

use super::{Comparison, Formula, FormulaError, Language, Node, Sign};

/// Brackets and powers may be nested this deep; a formula of more is a mistake,
/// and would exhaust the stack.
const DEEPEST: usize = 200;

/// Numbers, names and operators, at most, for the same reason.
const LARGEST: usize = 2000;

/// Longer ones first.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// Words of conditions.
const WORDS: [&str; 3] = ["and", "or", "not"];

pub(super) fn parse(text: &str, language: Language) -> Result<Formula, FormulaError> {
    let mut parser = Parser {
        text,
        chars: text.char_indices().collect(),
        next: 0,
        language,
        depth: 0,
        size: 0,
    };
    let formula = parser.inner()?;
    parser.space();
    if parser.peek().is_some() {
        return Err(parser.no_end());
    }
    Ok(formula)
}

struct Parser<'a> {
    text: &'a str,
    chars: Vec<(usize, char)>,
    next: usize,
    language: Language,
    depth: usize,
    size: usize,
}

type Parsed = Result<Formula, FormulaError>;

impl Parser<'_> {
    fn expected(&self, expected: impl Into<String>) -> FormulaError {
        FormulaError {
            text: self.text.to_owned(),
            place: self.next,
            expected: expected.into(),
        }
    }

    /// The error of something that follows a whole formula.
    fn no_end(&self) -> FormulaError {
        let ahead = |sign: &str| self.ahead(sign);
        let instead = [
            ("&", "`and`"),
            ("|", "`or`"),
            ("!", "`!=`, or `not` in front of a comparison"),
            ("=", "`==`"),
        ];
        let instead = instead
            .iter()
            .find(|(sign, _)| self.language == Language::Conditions && ahead(sign));
        match instead {
            Some((_, instead)) => self.expected(*instead),
            None => self.expected("an operator or the end"),
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

    fn ahead(&self, sign: &str) -> bool {
        let ahead = self.chars[self.next..].iter().map(|&(_, c)| c);
        ahead.take(sign.chars().count()).eq(sign.chars())
    }

    /// Takes `sign` if it comes next.
    fn take(&mut self, sign: &str) -> bool {
        self.space();
        let found = self.ahead(sign);
        if found {
            self.next += sign.chars().count();
        }
        found
    }

    /// The word of conditions that comes next.
    fn word(&self) -> Option<&'static str> {
        if self.language == Language::Numbers {
            return None;
        }
        WORDS.into_iter().find(|word| {
            let after = self.chars.get(self.next + word.len());
            self.ahead(word) && !after.is_some_and(|&(_, c)| in_a_name(c))
        })
    }

    /// Takes this word if it comes next.
    fn take_word(&mut self, word: &str) -> bool {
        self.space();
        let found = self.word() == Some(word);
        if found {
            self.next += word.len();
        }
        found
    }

    fn made(&mut self, from: usize, node: Node) -> Parsed {
        self.size += 1;
        if self.size > LARGEST {
            return Err(self.expected(format!("at most {LARGEST} numbers, names and operators")));
        }
        Ok(Formula {
            node,
            place: [from, self.next],
        })
    }

    /// One level deeper.
    fn deeper(&mut self, part: fn(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected(format!("at most {DEEPEST} nested brackets")));
        }
        let formula = part(self);
        self.depth -= 1;
        formula
    }

    /// The whole text, or what stands in brackets.
    fn inner(&mut self) -> Parsed {
        match self.language {
            Language::Numbers => self.deeper(Self::sum),
            Language::Conditions => self.deeper(Self::either),
        }
    }

    /// Formulas with the same word between them.
    fn joined(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Parsed,
        node: fn(Vec<Formula>) -> Node,
    ) -> Parsed {
        self.space();
        let from = self.next;
        let first = part(self)?;
        let mut all = vec![first];
        while self.take_word(word) {
            all.push(part(self)?);
        }
        match all.len() {
            1 => Ok(all.remove(0)),
            _ => self.made(from, node(all)),
        }
    }

    /// `a or b`.
    fn either(&mut self) -> Parsed {
        self.joined("or", Self::both, Node::Or)
    }

    /// `a and b`.
    fn both(&mut self) -> Parsed {
        self.joined("and", Self::not, Node::And)
    }

    /// `not a`.
    fn not(&mut self) -> Parsed {
        self.space();
        let from = self.next;
        if self.take_word("not") {
            let negated = self.deeper(Self::not)?;
            return self.made(from, Node::Not(Box::new(negated)));
        }
        self.comparison()
    }

    /// `a < b <= c`.
    fn comparison(&mut self) -> Parsed {
        self.space();
        let from = self.next;
        let first = self.sum()?;
        let mut rest = Vec::new();
        while let Some((_, comparison)) = COMPARISONS.iter().find(|(sign, _)| self.take(sign)) {
            rest.push((*comparison, self.sum()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.made(from, Node::Compare(Box::new(first), rest))
    }

    /// `a + b − c`.
    fn sum(&mut self) -> Parsed {
        self.space();
        let from = self.next;
        let mut left = self.product()?;
        loop {
            let sign = if self.take("+") {
                Sign::Add
            } else if self.take("-") {
                Sign::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.made(from, Node::Binary(sign, Box::new(left), Box::new(right)))?;
        }
    }

    /// `a * b / c`.
    fn product(&mut self) -> Parsed {
        self.space();
        let from = self.next;
        let mut left = self.signed()?;
        loop {
            self.space();
            let sign = match self.peek() {
                Some('*') if !self.ahead("**") => Sign::Multiply,
                Some('/') => Sign::Divide,
                _ => return Ok(left),
            };
            self.next += 1;
            let right = self.signed()?;
            left = self.made(from, Node::Binary(sign, Box::new(left), Box::new(right)))?;
        }
    }

    /// `−a`, `+a`; two minus signs are none.
    fn signed(&mut self) -> Parsed {
        self.space();
        let from = self.next;
        let mut negative = false;
        loop {
            if self.take("-") {
                negative = !negative;
            } else if !self.take("+") {
                break;
            }
        }
        let inner = self.power()?;
        if negative {
            return self.made(from, Node::Negative(Box::new(inner)));
        }
        Ok(inner)
    }

    /// `a ^ b`, from the right.
    fn power(&mut self) -> Parsed {
        self.space();
        let from = self.next;
        let base = self.atom()?;
        if !(self.take("**") || self.take("^")) {
            return Ok(base);
        }
        let exponent = self.deeper(Self::signed)?;
        let node = Node::Binary(Sign::Power, Box::new(base), Box::new(exponent));
        self.made(from, node)
    }

    /// A number, a name, a call or brackets.
    fn atom(&mut self) -> Parsed {
        self.space();
        match self.peek() {
            Some('(') => {
                let from = self.next;
                self.next += 1;
                let inner = self.inner()?;
                self.close()?;
                self.made(from, Node::Brackets(Box::new(inner)))
            }
            Some('`') => self.quoted(),
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if (c.is_alphabetic() || c == '_') && self.word().is_none() => self.name(),
            _ => Err(self.expected("a number, a column, a function or `(`")),
        }
    }

    fn close(&mut self) -> Result<(), FormulaError> {
        if self.take(")") {
            Ok(())
        } else {
            Err(self.expected("`)`"))
        }
    }

    fn slice(&self, from: usize) -> &str {
        let byte = |i: usize| self.chars.get(i).map_or(self.text.len(), |&(byte, _)| byte);
        &self.text[byte(from)..byte(self.next)]
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.next += 1;
        }
    }

    fn number(&mut self) -> Parsed {
        let from = self.next;
        self.digits();
        if self.peek() == Some('.') {
            self.next += 1;
            self.digits();
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let before = self.next;
            self.next += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.next += 1;
            }
            if self.peek().is_some_and(|c| c.is_ascii_digit()) {
                self.digits();
            } else {
                self.next = before;
            }
        }
        let text = self.slice(from).to_owned();
        match text.parse() {
            Ok(value) => self.made(from, Node::Number(text, value)),
            Err(_) => Err(self.expected("a number")),
        }
    }

    fn quoted(&mut self) -> Parsed {
        let from = self.next;
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
        self.made(from, Node::Name(name))
    }

    fn name(&mut self) -> Parsed {
        let from = self.next;
        while self.peek().is_some_and(in_a_name) {
            self.next += 1;
        }
        let name = self.slice(from).to_owned();
        let end = self.next;
        if !self.take("(") {
            self.next = end;
            return self.made(from, Node::Name(name));
        }
        let mut arguments = vec![self.deeper(Self::sum)?];
        while self.take(",") {
            arguments.push(self.deeper(Self::sum)?);
        }
        self.close()?;
        self.made(from, Node::Call(name, arguments))
    }
}

fn in_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With all brackets and no spaces.
    fn shown(formula: &Formula) -> String {
        match &formula.node {
            Node::Number(text, _) => text.clone(),
            Node::Name(name) => name.clone(),
            Node::Call(name, all) => format!("{name}({})", list(all, ",")),
            Node::Brackets(inner) => shown(inner),
            Node::Negative(inner) => format!("-{}", shown(inner)),
            Node::Binary(sign, a, b) => {
                let sign = match sign {
                    Sign::Add => '+',
                    Sign::Subtract => '-',
                    Sign::Multiply => '*',
                    Sign::Divide => '/',
                    Sign::Power => '^',
                };
                format!("({}{sign}{})", shown(a), shown(b))
            }
            Node::Compare(first, rest) => {
                let rest = rest.iter().map(|(comparison, b)| {
                    let sign = COMPARISONS.iter().find(|(_, c)| c == comparison).unwrap().0;
                    format!("{sign}{}", shown(b))
                });
                format!("[{}{}]", shown(first), rest.collect::<String>())
            }
            Node::And(all) => format!("({})", list(all, "&")),
            Node::Or(all) => format!("({})", list(all, "|")),
            Node::Not(inner) => format!("!{}", shown(inner)),
        }
    }

    fn list(all: &[Formula], between: &str) -> String {
        all.iter().map(shown).collect::<Vec<_>>().join(between)
    }

    #[test]
    fn operators_bind_as_in_python() {
        for (text, expected) in [
            ("a + b*c ^ 2 ^ d", "(a+(b*(c^(2^d))))"),
            ("-a ** 2 / - - b", "(-(a^2)/b)"),
            ("a - b - c", "((a-b)-c)"),
            ("max(a, b + 1) * `odd ``name`", "(max(a,(b+1))*odd `name)"),
            ("1.5e-3*x - .5", "((1.5e-3*x)-.5)"),
        ] {
            for language in [Language::Numbers, Language::Conditions] {
                assert_eq!(shown(&Formula::parse(text, language).unwrap()), expected);
            }
        }
        for (text, expected) in [
            ("65 < m < 95 and t < 0.4", "([65<m<95]&[t<0.4])"),
            ("a<1 or b>=2 and not c==3", "([a<1]|([b>=2]&![c==3]))"),
            (
                "(a<1 or b<2) and (a+1)*2 != 3",
                "(([a<1]|[b<2])&[((a+1)*2)!=3])",
            ),
            ("not (a<1) and android > 2", "(![a<1]&[android>2])"),
            ("not not a<1", "!![a<1]"),
        ] {
            let formula = Formula::parse(text, Language::Conditions).unwrap();
            assert_eq!(shown(&formula), expected);
        }
        // Where only numbers are read these are names.
        assert!(Formula::parse("and + not", Language::Numbers).is_ok());
    }

    #[test]
    fn a_part_knows_how_it_was_written() {
        let text = "é < 1 and  log( x ) +1 > 2 ";
        let formula = Formula::parse(text, Language::Conditions).unwrap();
        let Node::And(parts) = &formula.node else {
            panic!("{formula:?}");
        };
        assert_eq!(parts[0].written(text), "é < 1");
        let Node::Compare(sum, _) = &parts[1].node else {
            panic!("{formula:?}");
        };
        assert_eq!(sum.written(text), "log( x ) +1");
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let says = |text: &str, place: usize, expected: &str| {
            let error = Formula::parse(text, Language::Conditions).unwrap_err();
            assert_eq!((error.place, error.text.as_str()), (place, text));
            assert!(error.expected.contains(expected), "{error}");
        };
        says("", 0, "a number, a column");
        says("a <", 3, "a number, a column");
        says("a < 1 b", 6, "operator or the end");
        says("a < 1 & b < 2", 6, "`and`");
        says("a < 1 || b < 2", 6, "`or`");
        says("a = 1", 2, "`==`");
        says("(a < 1", 6, "`)`");
        says("a < 1 and and b < 2", 10, "a number, a column");
        says("`a < 1", 6, "backquote");
        says("a < .", 5, "a number");
        says(&"(".repeat(1000), 200, "nested");
        says(&format!("a{}", "^a".repeat(1000)), 400, "nested");
        says(&"not ".repeat(1000), 799, "nested");
        says(&format!("a{}", "+a".repeat(5000)), 2001, "at most");
    }
}
