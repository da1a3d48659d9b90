//! Templates from text.

use super::{Family, Function, Hole, Template};
use crate::error::SymbolicError;
use crate::expression::Expression;
use crate::operator::Operator;

impl Template {
    /// Reads a law over `names` in which some functions are none that are known,
    /// `q*f(r, x/y) + f(r, x)`, and constants may belong to values of a column,
    /// `c[kind]`, whose values are still to be told.
    pub(super) fn parse(text: &str, names: &[String]) -> Result<Self, SymbolicError> {
        let wrong = |problem: String| SymbolicError::Template {
            template: text.to_owned(),
            problem,
        };
        let (plain, families) = families(text, names)?;
        let mut known = names.to_vec();
        let (mut functions, mut holes): (Vec<Function>, Vec<(usize, Vec<String>)>) =
            (Vec::new(), Vec::new());
        let mut rest = String::new();
        let mut last = 0;
        for call in calls(&plain) {
            if Operator::named(&call.name).is_ok() || names.contains(&call.name) {
                continue;
            }
            if call.first < last {
                return Err(wrong(format!(
                    "`{}` stands inside of another open function; leave them open side by side",
                    call.name
                )));
            }
            let arguments = parts(&plain[call.inside.clone()]);
            let place = functions.iter().position(|f| f.name == call.name);
            let function = place.unwrap_or(functions.len());
            if place.is_none() {
                functions.push(Function {
                    name: call.name.clone(),
                    arity: arguments.len(),
                });
            }
            if functions[function].arity != arguments.len() {
                return Err(wrong(format!(
                    "`{}` is of {} arguments and of {}; give it as many everywhere",
                    call.name,
                    functions[function].arity,
                    arguments.len()
                )));
            }
            let name = unlike(&format!("{}_{}", call.name, holes.len() + 1), names);
            rest.push_str(&plain[last..call.first]);
            rest.push_str(&name);
            last = call.inside.end + 1;
            known.push(name);
            holes.push((function, arguments.into_iter().map(str::to_owned).collect()));
        }
        rest.push_str(&plain[last..]);
        if functions.is_empty() && families.is_empty() {
            return Err(wrong(
                "it leaves nothing open; write a function as f(x), or a constant as c[]".to_owned(),
            ));
        }
        let stands = families.iter().map(|(stand, _)| stand.clone());
        known.extend(stands);
        let read = |part: &str| {
            let parsed = Expression::parse(part, &known);
            parsed.map_err(|error| wrong(error.to_string()))
        };
        let whole = read(&rest)?;
        let first = names.len() as u16;
        let open = first..first + holes.len() as u16;
        let holes = holes
            .into_iter()
            .map(|(function, arguments)| {
                let arguments = arguments.iter().map(|argument| read(argument));
                let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
                Ok(Hole {
                    function,
                    arguments,
                })
            })
            .collect::<Result<Vec<_>, SymbolicError>>()?;
        debug_assert!(open.clone().all(|v| whole.variables().contains(&v)));
        Ok(Self {
            text: text.to_owned(),
            whole,
            functions,
            holes,
            families: families.into_iter().map(|(_, family)| family).collect(),
            columns: first,
        })
    }
}

/// The text with a word in the place of each `c[kind]`, and what these words are.
fn families(
    text: &str,
    names: &[String],
) -> Result<(String, Vec<(String, Family)>), SymbolicError> {
    let wrong = |problem: String| SymbolicError::Template {
        template: text.to_owned(),
        problem,
    };
    let mut found: Vec<(String, Family)> = Vec::new();
    let mut out = String::new();
    let masked = masked(text);
    let (mut rest, mut plain) = (text, masked.as_str());
    while let Some(open) = plain.find('[') {
        let before = &rest[..open];
        let begin = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_letter(*c))
            .last()
            .map_or(open, |(place, _)| place);
        let name = &before[begin..];
        let close = plain[open..].find(']').map(|place| open + place);
        let (Some(close), true) = (close, name.starts_with(|c: char| !c.is_ascii_digit())) else {
            return Err(wrong(
                "a constant for each value of a column is written c[kind], with the column in \
                 square brackets, and one for all rows c[]"
                    .to_owned(),
            ));
        };
        if names.iter().any(|n| n == name) || Operator::named(name).is_ok() {
            return Err(wrong(format!(
                "`{name}` is a column or an operator, no name for constants"
            )));
        }
        let inside = rest[open + 1..close].trim();
        let bare = inside.strip_prefix('`').and_then(|i| i.strip_suffix('`'));
        let column = match bare.map_or(inside.to_owned(), |bare| bare.replace("``", "`")) {
            inside if inside.is_empty() => None,
            inside => {
                let place = names.iter().position(|n| *n == inside);
                Some(place.ok_or_else(|| {
                    wrong(format!(
                        "no column `{inside}` of numbers; the columns are {}; number the values of \
                         a column of text first",
                        names.join(", ")
                    ))
                })? as u16)
            }
        };
        let place = found.iter().position(|(_, family)| family.name == name);
        let place = place.unwrap_or(found.len());
        if place == found.len() {
            let family = Family {
                name: name.to_owned(),
                column,
                values: vec![0.0],
            };
            found.push((unlike(&format!("{name}_0"), names), family));
        }
        if found[place].1.column != column {
            return Err(wrong(format!(
                "`{name}` belongs to two columns; give the constants of each their own name"
            )));
        }
        out.push_str(&before[..begin]);
        out.push_str(&found[place].0);
        rest = &rest[close + 1..];
        plain = &plain[close + 1..];
    }
    out.push_str(rest);
    Ok((out, found))
}

/// The text with something that is no part of a template's form in the place of names in
/// backquotes, which may hold anything; byte for byte as long.
fn masked(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let quote = c == '`';
        if inside || quote {
            out.extend(std::iter::repeat_n('`', c.len_utf8()));
        } else {
            out.push(c);
        }
        inside ^= quote;
    }
    out
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A word that is no name yet.
fn unlike(word: &str, names: &[String]) -> String {
    let mut word = word.to_owned();
    while names.contains(&word) {
        word.push('_');
    }
    word
}

/// A name followed by brackets.
struct Call {
    name: String,
    /// Where the name begins.
    first: usize,
    /// The text between the brackets.
    inside: std::ops::Range<usize>,
}

/// The calls of a text, the outermost first; those whose brackets never close are left
/// to the reader of formulas.
fn calls(text: &str) -> Vec<Call> {
    let text = &masked(text);
    let mut out = Vec::new();
    let mut name = String::new();
    for (place, c) in text.char_indices() {
        if is_letter(c) {
            name.push(c);
            continue;
        }
        let is_name = name.starts_with(|first: char| !first.is_ascii_digit());
        if let (true, '(', Some(end)) = (is_name, c, closing(text, place)) {
            out.push(Call {
                name: name.clone(),
                first: place - name.len(),
                inside: place + 1..end,
            });
        }
        name.clear();
    }
    out
}

/// Where the bracket that opens here is closed.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    text.char_indices()
        .skip_while(|(i, _)| *i < open)
        .find_map(|(i, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(i)
        })
}

/// What stands between commas outside of brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut first) = (0, 0);
    let mut out = Vec::new();
    for (i, c) in masked(text).char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&text[first..i]);
                first = i + 1;
            }
            _ => {}
        }
    }
    out.push(&text[first..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Template, String> {
        let names = ["x", "y", "kind", "f_1"].map(str::to_owned);
        Template::parse(text, &names).map_err(|error| error.to_string())
    }

    #[test]
    fn functions_their_places_and_constants_are_read() {
        let found = parsed("c[kind]*f(x - y, 1) + exp(f(y, c[ kind ]))*g(x) + f_1*d[]").unwrap();
        let arities: Vec<(&str, usize)> = found
            .functions
            .iter()
            .map(|f| (f.name.as_str(), f.arity))
            .collect();
        assert_eq!(arities, [("f", 2), ("g", 1)]);
        let functions: Vec<usize> = found.holes.iter().map(|hole| hole.function).collect();
        assert_eq!(functions, [0, 0, 1]);
        let families: Vec<(&str, Option<u16>)> = found
            .families
            .iter()
            .map(|f| (f.name.as_str(), f.column))
            .collect();
        assert_eq!(families, [("c", Some(2)), ("d", None)]);
        // Behind four columns and three places, the families.
        assert_eq!(found.holes[1].arguments[1], Expression::variable(7));
    }

    #[test]
    fn names_in_backquotes_may_hold_anything() {
        let names = ["x[0]", "g(a, b)", "é)"].map(str::to_owned);
        let text = "c[`x[0]`]*f(`x[0]`, `g(a, b)`) + f(`é)`, 1)";
        let found = Template::parse(text, &names).unwrap();
        assert_eq!((found.functions.len(), found.holes.len()), (1, 2));
        assert_eq!(found.families[0].column, Some(0));
        assert_eq!(found.holes[0].arguments[1], Expression::variable(1));
        assert_eq!(found.holes[1].arguments[0], Expression::variable(2));
    }

    #[test]
    fn what_is_no_template_is_told() {
        for (text, said) in [
            ("x + y", "nothing open"),
            ("f(g(x))", "`g` stands inside"),
            ("f(x) + f(x, y)", "of 1 arguments and of 2"),
            (
                "c[what]*f(x)",
                "no column `what` of numbers; the columns are x, y",
            ),
            ("c[kind]*f(x) + c[x]", "two columns"),
            ("x[kind]*f(x)", "`x` is a column"),
            ("sin[kind]*f(x)", "operator"),
            ("[kind]*f(x)", "square brackets"),
            ("c[kind*f(x)", "square brackets"),
            ("f(q)", "column"),
            ("f()", "expected"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
