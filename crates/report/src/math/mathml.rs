//! The tree as `MathML` Core, which every current browser sets by itself.

use super::{Math, Node};
use crate::markup::escape;

impl Math {
    /// The formula within a line of text.
    pub fn mathml(&self) -> String {
        format!("<math>{}</math>", node(&self.root, false))
    }

    /// The formula on a line of its own.
    pub fn mathml_block(&self) -> String {
        format!("<math display=\"block\">{}</math>", node(&self.root, false))
    }
}

/// Fences that open a pair.
const OPENING: [&str; 4] = ["(", "[", "{", "⟨"];

fn row(nodes: &[Node], small: bool) -> String {
    let mut parts: Vec<String> = Vec::with_capacity(nodes.len());
    let mut open: Vec<usize> = Vec::new();
    for part in nodes {
        match part {
            Node::Fence {
                text,
                stretchy: true,
            } if OPENING.contains(&text.as_str()) => open.push(parts.len()),
            Node::Fence { stretchy: true, .. } => drop(open.pop()),
            Node::Scripts { base, sub, sup } if is_stretchy(base) => {
                if let Some(first) = open.pop() {
                    // A fence with a script does not grow by itself: all between the
                    // pair has the script.
                    let inner: String = parts.drain(first..).collect();
                    let pair = format!("<mrow>{inner}{}</mrow>", node(base, small));
                    parts.push(attached(&pair, false, sub.as_deref(), sup.as_deref()));
                    continue;
                }
            }
            _ => {}
        }
        parts.push(node(part, small));
    }
    format!("<mrow>{}</mrow>", parts.concat())
}

fn is_stretchy(part: &Node) -> bool {
    matches!(part, Node::Fence { stretchy: true, .. })
}

/// One part; within a script (`small`) operators get no space around them, as
/// TeX has it and `MathML` Core does not.
fn node(part: &Node, small: bool) -> String {
    match part {
        Node::Letter(text) => format!("<mi>{}</mi>", escape(text)),
        Node::Upright { text, bold } => {
            let class = if *bold { " class=\"bold\"" } else { "" };
            if text.chars().any(char::is_whitespace) {
                // `MathML` trims spaces at the ends of a token.
                return format!(
                    "<mtext{class}>{}</mtext>",
                    escape(text).replace(' ', "\u{a0}")
                );
            }
            format!("<mi mathvariant=\"normal\"{class}>{}</mi>", escape(text))
        }
        Node::Number(text) => format!("<mn>{}</mn>", escape(text)),
        Node::Operator(text) | Node::Mark(text) if small => {
            format!("<mo lspace=\"0\" rspace=\"0\">{}</mo>", escape(text))
        }
        Node::Operator(text) => format!("<mo>{}</mo>", escape(text)),
        Node::Mark(text) if text == "," || text == ";" => {
            format!("<mo separator=\"true\">{text}</mo>")
        }
        Node::Mark(text) => format!("<mo lspace=\"0\" rspace=\"0\">{}</mo>", escape(text)),
        Node::Big(text) => format!("<mo movablelimits=\"true\">{text}</mo>"),
        Node::Fence { text, .. } if text.is_empty() => String::new(),
        Node::Fence { text, stretchy } => {
            format!(
                "<mo stretchy=\"{stretchy}\" lspace=\"0\" rspace=\"0\">{}</mo>",
                escape(text)
            )
        }
        Node::Space(eighteenths) => {
            format!(
                "<mspace width=\"{:.3}em\"/>",
                f64::from(*eighteenths) / 18.0
            )
        }
        Node::Row(nodes) => row(nodes, small),
        Node::Scripts { base, sub, sup } => scripts(base, sub.as_deref(), sup.as_deref(), small),
        Node::Fraction(over, under) => {
            format!("<mfrac>{}{}</mfrac>", node(over, small), node(under, small))
        }
        Node::Root(inner) => format!("<msqrt>{}</msqrt>", node(inner, small)),
        Node::Accent { base, mark } => {
            format!(
                "<mover accent=\"true\">{}<mo>{mark}</mo></mover>",
                node(base, small)
            )
        }
    }
}

fn scripts(base: &Node, sub: Option<&Node>, sup: Option<&Node>, small: bool) -> String {
    // An integral keeps its limits at its side.
    let limits = matches!(base, Node::Big(text) if text != "∫");
    attached(&node(base, small), limits, sub, sup)
}

fn attached(base: &str, limits: bool, sub: Option<&Node>, sup: Option<&Node>) -> String {
    let script = |part| node(part, true);
    match (sub.map(script), sup.map(script)) {
        (Some(sub), Some(sup)) if limits => format!("<munderover>{base}{sub}{sup}</munderover>"),
        (Some(sub), Some(sup)) => format!("<msubsup>{base}{sub}{sup}</msubsup>"),
        (Some(sub), None) if limits => format!("<munder>{base}{sub}</munder>"),
        (Some(sub), None) => format!("<msub>{base}{sub}</msub>"),
        (None, Some(sup)) if limits => format!("<mover>{base}{sup}</mover>"),
        (None, Some(sup)) => format!("<msup>{base}{sup}</msup>"),
        (None, None) => base.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::math::parse;

    #[test]
    fn the_notation_that_we_use_is_set() {
        let sources = [
            r"p_T",
            r"\sum_{i,j} z_i^{\kappa} z_j^{\kappa} \theta_{ij}^{2\beta}",
            r"D_2 = \frac{e_3}{(e_2)^3}",
            r"\sqrt{\Delta y^2 + \Delta\phi^2}",
            r"\mathrm{ADO}[f, g] \ge 0.94",
            r"1/\varepsilon_B",
            r"m_{\text{jet}}\,[\mathrm{GeV}]",
            r"\int_0^1 \left(\frac{\partial f}{\partial x_i}\right) \mathrm{d}t",
            r"\bar{x} - f'(b) < \log_{10} \mathbf{w}",
        ];
        let set: Vec<String> = sources
            .iter()
            .map(|s| format!("{s}\n  {}", parse(s).unwrap().mathml()))
            .collect();
        insta::assert_snapshot!(set.join("\n"));
    }

    #[test]
    fn a_power_stands_at_the_whole_pair_of_growing_fences() {
        let set = parse(r"2 \left(\frac{u}{c}\right)^{2} + 1")
            .unwrap()
            .mathml();
        let grouped = set.find("<msup><mrow><mo stretchy=\"true\"");
        assert!(grouped.is_some(), "{set}");
        assert!(set.contains(")</mo></mrow><mn>2</mn></msup>"), "{set}");
    }

    #[test]
    fn text_within_a_formula_is_escaped() {
        let html = parse(r"\text{<b>} < \mathrm{&}").unwrap().mathml();
        assert!(!html.contains("<b>") && html.contains("&lt;b&gt;") && html.contains("&amp;"));
    }
}
