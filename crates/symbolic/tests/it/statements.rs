//! Every text of a law says what its `expression` says.
//!
//! A small reader of the printed languages evaluates them: brackets, signs, the functions
//! of each language, names as it writes them. Laws hold every kind of node; names are those
//! that tables have, and those that no language likes.

use pellucid_core::random::{stream, uniform};
use pellucid_symbolic::select::latex;
use pellucid_symbolic::{Expression, Operator, Problem};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Names of columns: of the case files, Greek ones, ones with signs of each language.
const NAMES: [&[&str]; 5] = [
    &["a", "Z", "BE", "t"],
    &["particle mass", "x^2", "a`b", "λ"],
    &["lambda", "α", "alpha", "e"],
    &["x_1", "x1", "2*y", "it's \\ here"],
    &["np", "f64", "a b", "a_b"],
];

/// What tells languages apart.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Language {
    Plain,
    SymPy,
    NumPy,
    Rust,
}

/// Evaluates a text of Python's kind of formulas, or Rust's.
struct Reader<'a> {
    text: &'a [char],
    next: usize,
    language: Language,
    /// The words that stand for columns, and their values.
    columns: &'a [(String, f64)],
}

impl Reader<'_> {
    fn peek(&self) -> char {
        self.text.get(self.next).copied().unwrap_or('\0')
    }

    fn take(&mut self, sign: &str) -> bool {
        while self.peek() == ' ' {
            self.next += 1;
        }
        let ahead = self.text[self.next..].iter();
        let ahead: String = ahead.take(sign.chars().count()).collect();
        let found = ahead == sign;
        self.next += if found { sign.chars().count() } else { 0 };
        found
    }

    fn sum(&mut self) -> f64 {
        let mut left = self.product();
        loop {
            if self.take("+") {
                left += self.product();
            } else if self.take("-") {
                left -= self.product();
            } else {
                return left;
            }
        }
    }

    fn product(&mut self) -> f64 {
        let mut left = self.signed();
        loop {
            let power = self.text[self.next..].starts_with(&['*', '*']);
            if !power && self.take("*") {
                left *= self.signed();
            } else if self.take("/") {
                left /= self.signed();
            } else {
                return left;
            }
        }
    }

    fn signed(&mut self) -> f64 {
        if self.take("-") {
            return -self.signed();
        }
        let base = self.atom();
        let sign = if self.language == Language::Plain {
            "^"
        } else {
            "**"
        };
        if self.language != Language::Rust && self.take(sign) {
            return base.powf(self.signed());
        }
        base
    }

    fn arguments(&mut self) -> Vec<f64> {
        let mut all = vec![self.sum()];
        while self.take(",") {
            all.push(self.sum());
        }
        assert!(self.take(")"), "{self}");
        all
    }

    fn atom(&mut self) -> f64 {
        if self.take("(if ") {
            let condition = self.sum();
            assert!(self.take("> 0.0 { 1.0 } else { 0.0 })"), "{self}");
            return f64::from(u8::from(condition > 0.0));
        }
        if self.take("(") {
            let value = self.sum();
            assert!(self.take(")"), "{self}");
            return value;
        }
        let mut known = self.columns.iter().collect::<Vec<_>>();
        // The longest name first: `a_b_2` begins with `a_b`.
        known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, value) in known {
            let ends = |c: char| !(c.is_alphanumeric() || c == '_' || c == '(' || c == ':');
            let before = self.next;
            if self.take(name) {
                if ends(self.peek()) || !name.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    return *value;
                }
                self.next = before;
            }
        }
        let begin = self.next;
        let number = |c: char| c.is_ascii_digit() || ".e".contains(c);
        while number(self.peek()) || self.peek() == '-' && self.text[self.next - 1] == 'e' {
            self.next += 1;
        }
        let text: String = self.text[begin..self.next].iter().collect();
        if let Ok(value) = text.parse() {
            return value;
        }
        self.next = begin;
        while self.peek() != '(' && self.next < self.text.len() {
            self.next += 1;
        }
        let name: String = self.text[begin..self.next].iter().collect();
        assert!(self.take("("), "{self}");
        let all = self.arguments();
        let name = name.trim_start_matches("np.").trim_start_matches("f64::");
        called(name, &all)
    }
}

impl std::fmt::Display for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text: String = self.text.iter().collect();
        write!(f, "at {}: {text}", self.next)
    }
}

/// A function by the name that some language has for it.
fn called(name: &str, x: &[f64]) -> f64 {
    match name {
        "exp" => x[0].exp(),
        "log" | "ln" => x[0].ln(),
        "sin" => x[0].sin(),
        "cos" => x[0].cos(),
        "tan" => x[0].tan(),
        "tanh" => x[0].tanh(),
        "sqrt" => x[0].sqrt(),
        "abs" | "Abs" => x[0].abs(),
        "cbrt" | "real_root" => x[0].cbrt(),
        "min" | "Min" | "minimum" => x[0].min(x[1]),
        "max" | "Max" | "maximum" => x[0].max(x[1]),
        "step" | "Heaviside" | "heaviside" => f64::from(u8::from(x[0] > 0.0)),
        "atan2" | "arctan2" => x[0].atan2(x[1]),
        "atan" | "arctan" => x[0].atan(),
        "powi" | "powf" => x[0].powf(x[1]),
        other => panic!("no function `{other}`"),
    }
}

fn evaluated(text: &str, language: Language, columns: &[(String, f64)]) -> f64 {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader {
        text: &chars,
        next: 0,
        language,
        columns,
    };
    let value = reader.sum();
    assert_eq!(reader.next, chars.len(), "{reader}");
    value
}

/// Evaluates LaTeX; `symbols` are the columns as it writes them.
struct Latex<'a> {
    text: &'a str,
    symbols: &'a [(String, f64)],
}

impl Latex<'_> {
    fn take(&mut self, sign: &str) -> bool {
        self.text = self.text.trim_start();
        let rest = self.text.strip_prefix(sign);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }

    fn sum(&mut self) -> f64 {
        let mut left = if self.take("-") {
            -self.product()
        } else {
            self.product()
        };
        loop {
            if self.take("+") {
                left += self.product();
            } else if self.take("-") {
                left -= self.product();
            } else {
                return left;
            }
        }
    }

    fn product(&mut self) -> f64 {
        let mut left = self.power();
        while self.take("\\cdot ") || self.take("\\,") {
            left *= self.power();
        }
        left
    }

    fn group(&mut self) -> f64 {
        assert!(self.take("{"), "{}", self.text);
        let value = self.sum();
        assert!(self.take("}"), "{}", self.text);
        value
    }

    fn power(&mut self) -> f64 {
        let base = self.atom();
        if self.take("^") {
            base.powf(self.group())
        } else {
            base
        }
    }

    fn bracket(&mut self) -> Vec<f64> {
        assert!(self.take("\\left("), "{}", self.text);
        let mut all = vec![self.sum()];
        while self.take(",") {
            all.push(self.sum());
        }
        assert!(self.take("\\right)"), "{}", self.text);
        all
    }

    fn atom(&mut self) -> f64 {
        self.text = self.text.trim_start();
        if self.text.starts_with("\\left(") {
            return self.bracket()[0];
        }
        if self.take("\\left|") {
            let value = self.sum().abs();
            assert!(self.take("\\right|"), "{}", self.text);
            return value;
        }
        if self.take("\\frac") {
            let above = self.group();
            return above / self.group();
        }
        let mut known: Vec<_> = self.symbols.iter().collect();
        known.sort_by_key(|(symbol, _)| std::cmp::Reverse(symbol.len()));
        for (symbol, value) in known {
            if self.take(symbol) {
                return *value;
            }
        }
        if self.take("e^") {
            return self.group().exp();
        }
        if self.take("\\sqrt[3]") {
            return self.group().cbrt();
        }
        if self.take("\\sqrt") {
            return self.group().sqrt();
        }
        let number = |c: char| c.is_ascii_digit() || c == '.';
        let end = self.text.find(|c| !number(c)).unwrap_or(self.text.len());
        if end > 0 {
            let value = self.text[..end].parse().unwrap();
            self.text = &self.text[end..];
            return value;
        }
        let end = self
            .text
            .find("\\left(")
            .unwrap_or_else(|| panic!("{}", self.text));
        let name = self.text[..end].trim().to_owned();
        self.text = &self.text[end..];
        let all = self.bracket();
        let name = name
            .trim_start_matches("\\operatorname{")
            .trim_end_matches('}');
        let name = name.trim_start_matches('\\');
        match name {
            "arctan" => all[0].atan(),
            "theta" | "Theta" => f64::from(u8::from(all[0] > 0.0)),
            name => called(name, &all),
        }
    }
}

/// A random law over so many columns.
fn law(rng: &mut ChaCha8Rng, columns: u16, depth: usize) -> Expression {
    let unary = [
        Operator::Neg,
        Operator::Inv,
        Operator::Exp,
        Operator::Log,
        Operator::Sin,
        Operator::Sqrt,
        Operator::Cbrt,
        Operator::Square,
        Operator::Cube,
        Operator::Abs,
        Operator::Atan,
    ];
    let binary = [
        Operator::Add,
        Operator::Sub,
        Operator::Mul,
        Operator::Div,
        Operator::Pow,
        Operator::Min,
        Operator::Max,
        Operator::Atan2,
    ];
    if depth == 0 || rng.random_range(0..6) == 0 {
        if rng.random_range(0..3) == 0 {
            let size = 10.0_f64.powi(rng.random_range(-9..9));
            return Expression::constant((2.0 * uniform(rng) - 1.0) * size);
        }
        return Expression::variable(rng.random_range(0..columns));
    }
    let a = law(rng, columns, depth - 1);
    if rng.random_range(0..2) == 0 {
        return Expression::apply(unary[rng.random_range(0..unary.len())], &[&a]);
    }
    let b = law(rng, columns, depth - 1);
    Expression::apply(binary[rng.random_range(0..binary.len())], &[&a, &b])
}

/// The words of the arguments in a function's text.
fn arguments(text: &str, before: &str) -> Vec<String> {
    let begin = text.find(before).unwrap() + before.len();
    let inside = &text[begin..begin + text[begin..].find(')').unwrap()];
    let words = inside.split(", ").filter(|word| !word.is_empty());
    words
        .map(|word| word.trim_end_matches(": f64").to_owned())
        .collect()
}

#[test]
fn every_text_of_a_law_has_the_values_of_its_expression() {
    let mut rng = stream(71, 0);
    let mut seen = 0;
    for round in 0..400 {
        let names: Vec<String> = NAMES[round % NAMES.len()]
            .iter()
            .map(|&name| name.to_owned())
            .collect();
        let law = law(&mut rng, names.len() as u16, 4);
        let point: Vec<f64> = names
            .iter()
            .map(|_| 0.5 + 2.0 * uniform(&mut rng))
            .collect();
        let expected = law.at(&point);
        // What changes much with the last digits has other values in another order of
        // operations.
        let moved: Vec<f64> = point.iter().map(|x| x * (1.0 + 1e-12)).collect();
        let steady = (law.at(&moved) - expected).abs() < 1e-9 * expected.abs();
        if !expected.is_finite() || !(1e-6..1e6).contains(&expected.abs()) || !steady {
            continue;
        }
        seen += 1;
        let near = |found: f64, what: &str, text: &str| {
            let close = (found - expected).abs() <= 1e-6 * expected.abs();
            assert!(close, "{what}: {found} instead of {expected}: {text}");
        };
        let infix = law.infix(&names);
        let back = Expression::parse(&infix, &names).unwrap_or_else(|e| panic!("{infix}: {e}"));
        near(back.at(&point), "infix", &infix);

        let symbol = |i: usize| Expression::variable(i as u16).sympy(&names);
        let symbols: Vec<(String, f64)> = (0..4).map(|i| (symbol(i), point[i])).collect();
        let text = law.sympy(&names);
        near(evaluated(&text, Language::SymPy, &symbols), "sympy", &text);

        // Arguments by their places, as the comment says.
        let used: Vec<f64> = law
            .variables()
            .iter()
            .map(|&v| point[usize::from(v)])
            .collect();
        for (text, before, language) in [
            (law.numpy(&names), "def law(", Language::NumPy),
            (law.rust(&names), "pub fn law(", Language::Rust),
        ] {
            let words = arguments(&text, before);
            assert_eq!(words.len(), used.len(), "{text}");
            let columns: Vec<(String, f64)> = words.into_iter().zip(used.clone()).collect();
            let body = match language {
                Language::NumPy => text.split("return ").nth(1).unwrap().trim(),
                _ => text
                    .split("{\n")
                    .nth(1)
                    .unwrap()
                    .trim_end_matches("}\n")
                    .trim(),
            };
            near(evaluated(body, language, &columns), before, &text);
        }

        let symbols: Vec<(String, f64)> = (0..4)
            .map(|i| (Expression::variable(i as u16).latex(&names, 17), point[i]))
            .collect();
        let text = law.latex(&names, 17);
        let mut reader = Latex {
            text: &text,
            symbols: &symbols,
        };
        let value = reader.sum();
        assert!(reader.text.is_empty(), "{} of {text}", reader.text);
        near(value, "latex", &text);
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn symbols_of_different_columns_differ() {
    for names in NAMES {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let all = |of: &dyn Fn(&Expression) -> String| {
            let mut texts: Vec<String> = (0..4).map(|i| of(&Expression::variable(i))).collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), 4, "{texts:?}");
        };
        all(&|column| column.latex(&names, 6));
        all(&|column| column.infix(&names));
        all(&|column| column.sympy(&names));
    }
}

#[test]
fn the_comment_says_which_columns_arguments_are() {
    let names = ["x^2", "b\nc", "λ"].map(str::to_owned);
    let law = Expression::parse("λ*`x^2` + `b\nc`", &names).unwrap();
    let said = "Of the columns, in this order: `x^2`, `b c`, λ.";
    assert!(
        law.numpy(&names)
            .contains(&format!("def law(x_2, b_c, lambda_):\n    # {said}\n"))
    );
    assert!(
        law.rust(&names)
            .starts_with(&format!("/// {said}\npub fn law(x_2: f64"))
    );
    assert_eq!(
        law.sympy(&names),
        "Symbol('λ')*Symbol('x^2') + Symbol('b\\x0ac')"
    );
}

#[test]
fn the_latex_of_a_law_of_dates_keeps_its_phase() {
    let t: Vec<f64> = (0..60).map(|i| 2_459_000.0 + 1.7 * f64::from(i)).collect();
    let names = ["t".to_owned()];
    let law =
        Expression::parse("12.5 + 0.4*sin(11.0781234*(t - 2459012.3456789))", &names).unwrap();
    let y = t.iter().map(|t| law.at(&[*t])).collect();
    let features = vec![("t".to_owned(), t.clone())];
    let problem = Problem::new(features, ("mag".to_owned(), y), None).unwrap();
    let text = latex(&law, &problem);
    for t in t {
        let symbols = [("t".to_owned(), t)];
        let mut reader = Latex {
            text: &text,
            symbols: &symbols,
        };
        let value = reader.sum();
        assert!((value - law.at(&[t])).abs() < 2e-5, "{text}");
    }
}
