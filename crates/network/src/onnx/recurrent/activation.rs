//! The activations that recurrent layers name in their attributes.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::reader::Import;
use crate::ops::{
    Abs, Add, Clip, Div, Elu, Greater, LeakyRelu, Mul, Relu, Sigmoid, Softplus, Tanh, Where,
};

/// One activation with its numbers.
#[derive(Debug, Clone)]
pub(super) struct Activation {
    kind: Kind,
    alpha: f64,
    beta: f64,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Affine,
    Elu,
    HardSigmoid,
    LeakyRelu,
    Relu,
    ScaledTanh,
    Sigmoid,
    Softplus,
    Softsign,
    Tanh,
    ThresholdedRelu,
}

/// Name, operation, default `alpha` and `beta`, and how many of them the
/// attributes `activation_alpha` and `activation_beta` hold for it.
const KNOWN: [(&str, Kind, f64, f64); 11] = [
    ("affine", Kind::Affine, 1.0, 0.0),
    ("elu", Kind::Elu, 1.0, 0.0),
    ("hardsigmoid", Kind::HardSigmoid, 0.2, 0.5),
    ("leakyrelu", Kind::LeakyRelu, 0.01, 0.0),
    ("relu", Kind::Relu, 0.0, 0.0),
    ("scaledtanh", Kind::ScaledTanh, 1.0, 1.0),
    ("sigmoid", Kind::Sigmoid, 0.0, 0.0),
    ("softplus", Kind::Softplus, 0.0, 0.0),
    ("softsign", Kind::Softsign, 0.0, 0.0),
    ("tanh", Kind::Tanh, 0.0, 0.0),
    ("thresholdedrelu", Kind::ThresholdedRelu, 1.0, 0.0),
];

impl Kind {
    fn takes_alpha(self) -> bool {
        use Kind::{Affine, Elu, HardSigmoid, LeakyRelu, ScaledTanh, ThresholdedRelu};
        matches!(
            self,
            Affine | Elu | HardSigmoid | LeakyRelu | ScaledTanh | ThresholdedRelu
        )
    }

    fn takes_beta(self) -> bool {
        matches!(self, Self::Affine | Self::HardSigmoid | Self::ScaledTanh)
    }
}

/// The activations of every direction: those named, or `default` for each.
/// `activation_alpha` and `activation_beta` hold the numbers of those that
/// take some, in order.
pub(super) fn read(
    node: &Import<'_>,
    default: &[&str],
    directions: usize,
) -> Result<Vec<Vec<Activation>>, NetworkError> {
    let proto = node.proto();
    let given = proto.strings("activations")?.unwrap_or_default();
    let names: Vec<&str> = if given.is_empty() {
        default.repeat(directions)
    } else {
        given
    };
    if names.len() != default.len() * directions {
        return Err(node.refuse(format!(
            "{} activations, expected {}",
            names.len(),
            default.len() * directions
        )));
    }
    let mut alphas = proto.floats("activation_alpha")?.unwrap_or_default().iter();
    let mut betas = proto.floats("activation_beta")?.unwrap_or_default().iter();
    let all = names.iter().map(|&name| {
        let lower = name.to_ascii_lowercase();
        let known = KNOWN.iter().find(|(known, ..)| *known == lower);
        let &(_, kind, alpha, beta) = known.ok_or_else(|| {
            let names: Vec<&str> = KNOWN.iter().map(|(name, ..)| *name).collect();
            node.refuse(format!(
                "the activation `{name}` is not known; known are {}",
                names.join(", ")
            ))
        })?;
        let next = |takes: bool, numbers: &mut std::slice::Iter<'_, f32>, default: f64| {
            let given = if takes { numbers.next() } else { None };
            given.map_or(default, |&x| crate::onnx::operand::decimal(x))
        };
        Ok(Activation {
            kind,
            alpha: next(kind.takes_alpha(), &mut alphas, alpha),
            beta: next(kind.takes_beta(), &mut betas, beta),
        })
    });
    let all = all.collect::<Result<Vec<_>, NetworkError>>()?;
    Ok(all.chunks(default.len()).map(<[_]>::to_vec).collect())
}

impl Activation {
    /// Adds the activation of `x`.
    pub(super) fn add(
        &self,
        node: &mut Import<'_>,
        name: &str,
        x: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let (alpha, beta) = (self.alpha, self.beta);
        match self.kind {
            Kind::Elu => node.add_as(name, Elu { alpha }, &[x]),
            Kind::LeakyRelu => node.add_as(name, LeakyRelu { slope: alpha }, &[x]),
            Kind::Relu => node.add_as(name, Relu, &[x]),
            Kind::Sigmoid => node.add_as(name, Sigmoid, &[x]),
            Kind::Softplus => node.add_as(name, Softplus, &[x]),
            Kind::Tanh => node.add_as(name, Tanh, &[x]),
            Kind::Affine => linear(node, name, x, alpha, beta),
            Kind::HardSigmoid => {
                let line = linear(node, &format!("{name}/line"), x, alpha, beta)?;
                let unit = Clip {
                    low: 0.0,
                    high: 1.0,
                };
                node.add_as(name, unit, &[line])
            }
            Kind::ScaledTanh => {
                let (alpha, beta) = (node.scalar(alpha), node.scalar(beta));
                let inner = node.add_as(&format!("{name}/inner"), Mul, &[x, beta])?;
                let tanh = node.add_as(&format!("{name}/tanh"), Tanh, &[inner])?;
                node.add_as(name, Mul, &[tanh, alpha])
            }
            Kind::Softsign => {
                let one = node.scalar(1.0);
                let size = node.add_as(&format!("{name}/size"), Abs, &[x])?;
                let width = node.add_as(&format!("{name}/width"), Add, &[size, one])?;
                node.add_as(name, Div, &[x, width])
            }
            Kind::ThresholdedRelu => {
                let (threshold, zero) = (node.scalar(alpha), node.scalar(0.0));
                let above = node.add_as(&format!("{name}/above"), Greater, &[x, threshold])?;
                node.add_as(name, Where, &[above, x, zero])
            }
        }
    }
}

/// `alpha x + beta`.
fn linear(
    node: &mut Import<'_>,
    name: &str,
    x: ValueId,
    alpha: f64,
    beta: f64,
) -> Result<ValueId, NetworkError> {
    let (alpha, beta) = (node.scalar(alpha), node.scalar(beta));
    let scaled = node.add_as(&format!("{name}/scaled"), Mul, &[x, alpha])?;
    node.add_as(name, Add, &[scaled, beta])
}
