//! The tree as runs of SVG text: `MathML` does not work inside an SVG `<text>`.
//!
//! Scripts are set at 72 % of the size, a third of an em lower or higher;
//! fractions are set on the line, as in running text.

use super::{Math, Node};

/// A piece of text of one size, slope and height above the baseline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub text: String,
    pub italic: bool,
    pub bold: bool,
    /// Size relative to the surrounding text.
    pub size: f64,
    /// Depth below the baseline, in em of the surrounding text.
    pub drop: f64,
    /// How far to the right of the end of the run before, in em of the
    /// surrounding text; negative for a superscript above its subscript.
    pub shift: f64,
}

impl Run {
    /// Ordinary text.
    pub fn upright(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            italic: false,
            bold: false,
            size: 1.0,
            drop: 0.0,
            shift: 0.0,
        }
    }

    /// The width in em of the surrounding text, estimated: the fonts are those
    /// of the reader's machine. The classes are the advance widths of Helvetica.
    pub fn width(&self) -> f64 {
        let em: f64 = self.text.chars().map(advance).sum();
        self.shift + em * self.size * if self.bold { 1.06 } else { 1.0 }
    }
}

fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.23,
        '.' | ',' | ':' | ';' | '!' | ' ' | 'f' | 't' | 'I' | '/' | '[' | ']' | '\u{a0}' => 0.28,
        'r' | '(' | ')' | '-' | '`' | '·' => 0.33,
        '\u{2009}' | '\u{202f}' => 0.18,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 0.5,
        'm' | 'M' | '∑' | '…' => 0.84,
        'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 0.72,
        'G' | 'O' | 'Q' => 0.78,
        'W' | '—' | '@' => 0.97,
        'A'..='Z' => 0.66,
        '+' | '=' | '<' | '>' | '−' | '±' | '×' | '≤' | '≥' | '≈' | '∼' => 0.585,
        '⁰'..='₉' | '¹' | '²' | '³' => 0.36,
        _ => 0.556,
    }
}

impl Math {
    /// The formula as runs of text.
    pub(crate) fn runs(&self) -> Vec<Run> {
        let mut out = Vec::new();
        Setter {
            size: 1.0,
            drop: 0.0,
            shift: 0.0,
            out: &mut out,
        }
        .set(&self.root);
        out
    }
}

struct Setter<'a> {
    size: f64,
    drop: f64,
    /// Of the next run.
    shift: f64,
    out: &'a mut Vec<Run>,
}

impl Setter<'_> {
    fn push(&mut self, text: &str, italic: bool, bold: bool) {
        if text.is_empty() {
            return;
        }
        if let Some(last) = self.out.last_mut()
            && self.shift == 0.0
            && (last.italic, last.bold, last.size, last.drop)
                == (italic, bold, self.size, self.drop)
        {
            last.text.push_str(text);
            return;
        }
        let (size, drop, shift) = (self.size, self.drop, std::mem::take(&mut self.shift));
        self.out.push(Run {
            text: text.to_owned(),
            italic,
            bold,
            size,
            drop,
            shift,
        });
    }

    fn width_since(&self, run: usize) -> f64 {
        self.out[run..].iter().map(Run::width).sum()
    }

    fn script(&mut self, node: &Node, drop: f64) {
        let (size, at) = (self.size, self.drop);
        self.size = (size * 0.72).max(0.55);
        self.drop = at + drop * size;
        self.set(node);
        self.size = size;
        self.drop = at;
    }

    fn grouped(&mut self, node: &Node) {
        let group = matches!(node, Node::Row(_) | Node::Fraction(..));
        if group {
            self.push("(", false, false);
        }
        self.set(node);
        if group {
            self.push(")", false, false);
        }
    }

    fn set(&mut self, node: &Node) {
        match node {
            Node::Letter(text) => self.push(text, true, false),
            Node::Upright { text, bold } => self.push(text, false, *bold),
            Node::Number(text) | Node::Big(text) | Node::Fence { text, .. } => {
                self.push(text, false, false);
            }
            Node::Mark(text) if text == "," && self.drop == 0.0 => self.push(", ", false, false),
            Node::Mark(text) => self.push(text, false, false),
            // Within a script there is no room for the space around an operator.
            Node::Operator(text) if self.size < 1.0 => self.push(text, false, false),
            Node::Operator(text) => self.push(&format!("\u{2009}{text}\u{2009}"), false, false),
            Node::Space(width) if *width >= 4 => self.push(" ", false, false),
            Node::Space(width) if *width > 0 => self.push("\u{2009}", false, false),
            Node::Space(_) => {}
            Node::Row(nodes) => nodes.iter().for_each(|node| self.set(node)),
            Node::Scripts { base, sub, sup } => {
                self.set(base);
                let begin = self.out.len();
                if let Some(sub) = sub {
                    self.script(sub, 0.25);
                }
                let below = self.width_since(begin);
                let middle = self.out.len();
                if let Some(sup) = sup {
                    self.shift -= below;
                    self.script(sup, -0.38);
                    // What follows begins where the longer script ends.
                    let above = self.width_since(middle) + below;
                    self.shift += (below - above).max(0.0);
                }
            }
            Node::Fraction(over, under) => {
                self.grouped(over);
                self.push("/", false, false);
                self.grouped(under);
            }
            Node::Root(inner) => {
                self.push("√", false, false);
                self.grouped(inner);
            }
            Node::Accent { base, mark } => {
                self.set(base);
                let combining = match mark {
                    '¯' => "\u{304}",
                    '^' => "\u{302}",
                    '~' => "\u{303}",
                    '→' => "\u{20d7}",
                    _ => "\u{307}",
                };
                if let Some(last) = self.out.last_mut() {
                    last.text.push_str(combining);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::math::parse;

    #[test]
    fn scripts_of_one_base_stand_above_each_other() {
        let width = |latex: &str| {
            parse(latex)
                .unwrap()
                .runs()
                .iter()
                .map(super::Run::width)
                .sum::<f64>()
        };
        let (long, short) = (width("x_{abc}"), width("x^2"));
        assert!((width("x_{abc}^2 y") - long - (width("x_2 y") - width("x_2"))).abs() < 1e-12);
        assert!(short < long);
    }
}
