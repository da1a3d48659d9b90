//! The tree as a line of text, for screen readers and column headers.

use super::{Math, Node};

impl Math {
    /// The formula as plain text: `p_T`, `∑_i z_i^κ`, `(a+b)/c`.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        plain(&self.root, &mut out);
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn grouped(node: &Node, out: &mut String) {
    if matches!(node, Node::Row(_) | Node::Fraction(..)) {
        out.push('(');
        plain(node, out);
        out.push(')');
    } else {
        plain(node, out);
    }
}

fn plain(node: &Node, out: &mut String) {
    match node {
        Node::Letter(text)
        | Node::Number(text)
        | Node::Upright { text, .. }
        | Node::Mark(text)
        | Node::Big(text)
        | Node::Fence { text, .. } => out.push_str(text),
        Node::Operator(text) => {
            out.push(' ');
            out.push_str(text);
            out.push(' ');
        }
        Node::Space(width) => {
            if *width > 0 {
                out.push(' ');
            }
        }
        Node::Row(nodes) => {
            for node in nodes {
                plain(node, out);
                let limits =
                    matches!(node, Node::Scripts { base, .. } if matches!(**base, Node::Big(_)));
                if limits {
                    out.push(' ');
                }
            }
        }
        Node::Scripts { base, sub, sup } => {
            plain(base, out);
            for (mark, script) in [('_', sub), ('^', sup)] {
                if let Some(script) = script {
                    out.push(mark);
                    grouped(script, out);
                }
            }
        }
        Node::Fraction(over, under) => {
            grouped(over, out);
            out.push('/');
            grouped(under, out);
        }
        Node::Root(inner) => {
            out.push('√');
            grouped(inner, out);
        }
        Node::Accent { base, .. } => plain(base, out),
    }
}

#[cfg(test)]
mod tests {
    use crate::math::parse;

    #[test]
    fn formulas_can_be_said() {
        let plain = |source| parse(source).unwrap().plain();
        assert_eq!(plain(r"\frac{a+b}{c}"), "(a + b)/c");
        assert_eq!(plain(r"\sqrt{x}"), "√x");
        assert_eq!(plain(r"1/\varepsilon_B"), "1/ε_B");
    }
}
