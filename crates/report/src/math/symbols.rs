//! What the commands of LaTeX mean.

use super::Node;

/// Greek letters; lower case is italic, upper case upright, as LaTeX has it.
const GREEK: &[(&str, &str)] = &[
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ϵ"),
    ("varepsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("vartheta", "ϑ"),
    ("iota", "ι"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("upsilon", "υ"),
    ("phi", "ϕ"),
    ("varphi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("ell", "ℓ"),
    ("hbar", "ℏ"),
    ("partial", "∂"),
    ("infty", "∞"),
];

const CAPITALS: &[(&str, &str)] = &[
    ("Gamma", "Γ"),
    ("Delta", "Δ"),
    ("Theta", "Θ"),
    ("Lambda", "Λ"),
    ("Xi", "Ξ"),
    ("Pi", "Π"),
    ("Sigma", "Σ"),
    ("Upsilon", "Υ"),
    ("Phi", "Φ"),
    ("Psi", "Ψ"),
    ("Omega", "Ω"),
    ("nabla", "∇"),
    ("ldots", "…"),
    ("dots", "…"),
    ("cdots", "⋯"),
    ("%", "%"),
    ("$", "$"),
    ("&", "&"),
    ("#", "#"),
    ("_", "_"),
    ("prime", "′"),
    ("dagger", "†"),
    ("circ", "∘"),
];

const OPERATORS: &[(&str, &str)] = &[
    ("cdot", "·"),
    ("times", "×"),
    ("pm", "±"),
    ("mp", "∓"),
    ("div", "÷"),
    ("to", "→"),
    ("rightarrow", "→"),
    ("leftarrow", "←"),
    ("le", "≤"),
    ("leq", "≤"),
    ("ge", "≥"),
    ("geq", "≥"),
    ("ne", "≠"),
    ("neq", "≠"),
    ("approx", "≈"),
    ("sim", "∼"),
    ("simeq", "≃"),
    ("propto", "∝"),
    ("equiv", "≡"),
    ("in", "∈"),
    ("ll", "≪"),
    ("gg", "≫"),
    ("mid", "∣"),
    ("odot", "⊙"),
    ("otimes", "⊗"),
    ("oplus", "⊕"),
    ("cup", "∪"),
    ("cap", "∩"),
    ("subset", "⊂"),
];

const BIG: &[(&str, &str)] = &[("sum", "∑"), ("prod", "∏"), ("int", "∫")];

const FENCES: &[(&str, &str)] = &[
    ("{", "{"),
    ("}", "}"),
    ("langle", "⟨"),
    ("rangle", "⟩"),
    ("|", "‖"),
    ("lvert", "|"),
    ("rvert", "|"),
    ("lfloor", "⌊"),
    ("rfloor", "⌋"),
];

const FUNCTIONS: &[&str] = &[
    "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "det", "exp", "lim", "ln", "log", "max",
    "min", "sin", "sinh", "tan", "tanh", "sup", "inf",
];

const SPACES: &[(&str, i32)] = &[
    (",", 3),
    (":", 4),
    (";", 5),
    ("!", -3),
    (" ", 4),
    ("quad", 18),
    ("qquad", 36),
];

/// Accents and the mark that they put over their argument.
pub(super) const ACCENTS: &[(&str, char)] = &[
    ("bar", '¯'),
    ("hat", '^'),
    ("tilde", '~'),
    ("vec", '→'),
    ("dot", '˙'),
];

fn find<T: Copy>(list: &[(&str, T)], name: &str) -> Option<T> {
    list.iter()
        .find(|(other, _)| *other == name)
        .map(|&(_, value)| value)
}

/// The accent of that name.
pub(super) fn accent(name: &str) -> Option<char> {
    find(ACCENTS, name)
}

/// The fence of that name.
pub(super) fn fence(name: &str) -> Option<&'static str> {
    find(FENCES, name)
}

/// A command without arguments.
pub(super) fn symbol(name: &str) -> Option<Node> {
    let upright = |text: &str| Node::Upright {
        text: text.to_owned(),
        bold: false,
    };
    find(GREEK, name)
        .map(|text| Node::Letter(text.to_owned()))
        .or_else(|| find(CAPITALS, name).map(upright))
        .or_else(|| find(OPERATORS, name).map(|text| Node::Operator(text.to_owned())))
        .or_else(|| find(BIG, name).map(|text| Node::Big(text.to_owned())))
        .or_else(|| {
            fence(name).map(|text| Node::Fence {
                text: text.to_owned(),
                stretchy: false,
            })
        })
        .or_else(|| find(SPACES, name).map(Node::Space))
        .or_else(|| FUNCTIONS.contains(&name).then(|| upright(name)))
}
