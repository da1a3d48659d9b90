//! How relevance is handed back: the settings.
//!
//! They are plain data: the same struct is the Rust interface and the section
//! of a settings file. A weighted sum takes, in this order of precedence, the
//! last [`Assignment`] that names it, the rule of the [`Composite`], the
//! [`rule`](Propagation::rule).

use serde::{Deserialize, Serialize};

use crate::error::NetworkError;

/// What biases do with the relevance that is due to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Bias {
    /// They are part of the sum and keep their share.
    #[default]
    Absorb,
    /// They are left out of the sum, so that inputs receive all of it.
    Ignore,
    /// They are part of the sum; their share is dealt out equally to the
    /// inputs of the sum (S. Bach et al. 2015, eq. 58).
    Share,
}

/// What becomes of the part of the alpha–beta rule that is due to a side
/// without contributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Empty {
    /// It is lost, and counted.
    #[default]
    Lose,
    /// The other side receives all of the relevance; where that is empty, too,
    /// it is lost and counted.
    Reassign,
}

/// How relevance passes an attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Attention {
    /// The attention matrix is constant: queries and keys receive nothing.
    #[default]
    Constant,
    /// Softmax by its first-order expansion, products in halves
    /// (R. Achtibat et al., arXiv:2402.05602, eqs. 13 and 15).
    Attnlrp,
}

/// How relevance passes a maximum under a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// The largest number receives all.
    #[default]
    Winner,
    /// The numbers under the window share in proportion to themselves.
    Proportional,
}

/// What becomes of a graph of neighbours that the network builds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Neighbours {
    /// It stays what it is for the input: the search receives no relevance.
    #[default]
    Frozen,
}

/// The bounds of the box rule: one number, or one for every number of an event
/// that reaches the layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// The same everywhere.
    Number(f64),
    /// One for every number of an event, flat.
    List(Vec<f64>),
}

/// How a weighted sum `z_k = Σ_j x_j w_jk + b_k` passes its relevance on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SumRule {
    /// In proportion to the contributions: epsilon with 10⁻⁹.
    Z,
    /// In proportion to the contributions, with a stabiliser.
    Epsilon {
        /// The stabiliser; that of the propagation, if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epsilon: Option<f64>,
    },
    /// Contributions of the sign of the sum count `1 + gamma` times.
    Gamma {
        /// By how much they count more.
        #[serde(default = "Propagation::published_gamma")]
        gamma: f64,
    },
    /// Positive contributions share `alpha` times, negative ones `−beta` times
    /// the relevance; `alpha − beta = 1`.
    AlphaBeta {
        /// The share of the positive contributions.
        #[serde(default = "two")]
        alpha: f64,
        /// The share of the negative contributions.
        #[serde(default = "one")]
        beta: f64,
    },
    /// Positive contributions alone: alpha 1, beta 0.
    ZPlus,
    /// In proportion to the squared weights, whatever the input.
    W2,
    /// Equally to all inputs of the sum.
    Flat,
    /// For a layer whose inputs are bounded.
    Box {
        /// The least an input can be.
        low: Bound,
        /// The most an input can be.
        high: Bound,
    },
}

impl Default for SumRule {
    fn default() -> Self {
        Self::Epsilon { epsilon: None }
    }
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

/// Rules for the layers of a network of convolutions, as published: the
/// epsilon rule on dense layers, another one on convolutions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Composite {
    /// z-plus on convolutions.
    EpsilonPlus,
    /// z-plus on convolutions, flat on the first layer.
    EpsilonPlusFlat,
    /// Alpha 2, beta 1 on convolutions.
    #[serde(rename = "epsilon-alpha2-beta1")]
    EpsilonAlpha2Beta1,
    /// Gamma on convolutions, box on the first convolution.
    EpsilonGammaBox {
        /// The least an input can be.
        low: Bound,
        /// The most an input can be.
        high: Bound,
        /// By how much contributions of the sign of the sum count more.
        #[serde(default = "Propagation::published_gamma")]
        gamma: f64,
    },
}

/// Some weighted sums of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layers {
    /// Those of an operation, by its name: `Conv`, `Gemm`, `MatMul`, `Add`…
    Operation(String),
    /// Those whose node has this name; `*` stands for any letters.
    Node(String),
    /// The first so many layers with weights.
    First(usize),
    /// The last so many layers with weights.
    Last(usize),
}

/// A rule for some weighted sums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Assignment {
    /// Which ones.
    pub layers: Layers,
    /// Their rule.
    pub rule: SumRule,
}

/// How relevance is handed back through a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Propagation {
    /// The rule of layers with weights.
    pub rule: SumRule,
    /// Published rules in the place of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composite: Option<Composite>,
    /// Rules for some of them; the last that names a layer holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assignments: Vec<Assignment>,
    /// What biases do.
    pub bias: Bias,
    /// What becomes of the share of an empty side.
    pub empty: Empty,
    /// How attention is passed.
    pub attention: Attention,
    /// How a maximum under a window is passed.
    pub pool: Pool,
    /// What becomes of a graph of neighbours.
    pub graph: Neighbours,
    /// The stabiliser of weighted sums, in units of the sum itself.
    pub epsilon: f64,
    /// The stabiliser of residual sums; if not given, 10⁻⁹, and in recurrent,
    /// attention and graph networks that of the weighted sums.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_epsilon: Option<f64>,
    /// The stabiliser of averages.
    pub pool_epsilon: f64,
}

impl Default for Propagation {
    fn default() -> Self {
        Self {
            rule: SumRule::default(),
            composite: None,
            assignments: Vec::new(),
            bias: Bias::default(),
            empty: Empty::default(),
            attention: Attention::default(),
            pool: Pool::default(),
            graph: Neighbours::default(),
            epsilon: 1e-6,
            add_epsilon: None,
            pool_epsilon: 1e-9,
        }
    }
}

impl Propagation {
    /// The epsilon rule with this stabiliser.
    pub fn epsilon(epsilon: f64) -> Self {
        Self {
            epsilon,
            ..Self::default()
        }
    }

    /// One rule for all layers with weights.
    pub fn rule(rule: SumRule) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// The gamma of the published composites.
    fn published_gamma() -> f64 {
        0.25
    }

    /// Refuses numbers that no rule can have.
    pub fn check(&self) -> Result<(), NetworkError> {
        for (what, number) in [
            ("epsilon", self.epsilon),
            ("add-epsilon", self.add_epsilon.unwrap_or(0.0)),
            ("pool-epsilon", self.pool_epsilon),
        ] {
            not_negative(what, number)?;
        }
        self.rule.check()?;
        if let Some(Composite::EpsilonGammaBox { low, high, gamma }) = &self.composite {
            not_negative("gamma", *gamma)?;
            bounds(low, high)?;
        }
        self.assignments
            .iter()
            .try_for_each(|assignment| assignment.rule.check())
    }
}

impl SumRule {
    fn check(&self) -> Result<(), NetworkError> {
        match self {
            Self::Epsilon {
                epsilon: Some(epsilon),
            } => not_negative("epsilon", *epsilon),
            Self::Gamma { gamma } => not_negative("gamma", *gamma),
            Self::AlphaBeta { alpha, beta } => {
                not_negative("alpha", *alpha)?;
                not_negative("beta", *beta)?;
                if (alpha - beta - 1.0).abs() > 1e-9 {
                    return Err(wrong(
                        "alpha and beta",
                        format!("alpha − beta is {}, it must be 1", alpha - beta),
                    ));
                }
                Ok(())
            }
            Self::Box { low, high } => bounds(low, high),
            _ => Ok(()),
        }
    }
}

fn not_negative(what: &str, number: f64) -> Result<(), NetworkError> {
    if number >= 0.0 && number.is_finite() {
        return Ok(());
    }
    Err(wrong(
        what,
        format!("{number} is not a number of zero or more"),
    ))
}

fn bounds(low: &Bound, high: &Bound) -> Result<(), NetworkError> {
    let numbers = |bound: &Bound| match bound {
        Bound::Number(number) => vec![*number],
        Bound::List(list) => list.clone(),
    };
    let (low, high) = (numbers(low), numbers(high));
    let fit = low.len() == high.len() || low.len() == 1 || high.len() == 1;
    if !fit || low.is_empty() || high.is_empty() {
        return Err(wrong(
            "low and high",
            format!("{} and {} numbers", low.len(), high.len()),
        ));
    }
    let count = low.len().max(high.len());
    for (l, h) in low.iter().cycle().zip(high.iter().cycle()).take(count) {
        if !(l.is_finite() && h.is_finite() && l <= h) {
            return Err(wrong(
                "low and high",
                format!("{l} and {h} are no lower and upper bound"),
            ));
        }
    }
    Ok(())
}

fn wrong(what: &str, problem: String) -> NetworkError {
    NetworkError::Settings {
        what: format!("{what} of the relevance propagation"),
        problem,
    }
}
