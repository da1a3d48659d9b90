//! The operations a graph is made of: one file each.
//!
//! A file holds the operation's shape rule, kernel, gradient, relevance rule
//! and an example for the tests; its word in the list below is all that the
//! rest of the program needs. The list makes the [`Op`] enum and its dispatch.

mod comparison;
#[cfg(test)]
mod derivative_tests;
mod mixed;
mod places;
mod reduction;
mod shapes;
#[cfg(test)]
mod singular_tests;
mod unary;
mod weights;
mod window;

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::exec::{Input, Numbers, NumbersMut, Output, Step};
use crate::graph::{Graph, Type, ValueId};
use crate::onnx::prelude::*;
use crate::real::Real;

pub(crate) use finite::{can_be_infinite, divides_safely, makes_infinite, starts_infinite};
pub use places::Places;
pub use quantise::Rounding;
pub use resample::Sparse;
pub use scatter::Reduction;
pub use weights::{Fixed, Weight};
pub use window::Window;

/// What the file of an operation uses.
pub(crate) mod prelude {
    pub(crate) use super::finite::{finite, tame};
    pub(crate) use super::mixed::integers;
    pub(crate) use super::places::Places;
    pub(crate) use super::shapes::{
        alike, broadcast, none, one, one_real, same, split_at, unbroadcast, unbroadcast_all,
    };
    pub(crate) use super::unary::Unary;
    pub(crate) use super::weights::{Fixed, Weight, beside};
    pub(crate) use super::window::Window;
    pub use super::{Adjoints, Backward, Example, ExampleInput, Operation, Rule};
    pub(crate) use crate::exec::{Input, Numbers, NumbersMut, Output, Step, either_kind};
    pub(crate) use crate::graph::{Dim, Kind, Type, show, volume};
    pub(crate) use crate::kernels::simd::{map1, map2, map3};
    pub(crate) use crate::real::Real;
}

/// How relevance passes back through an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A product, linear in each of its first two inputs: one of them the
    /// weights of the other. A third is added to it.
    Product,
    /// A sum of its inputs, each with a sign.
    Sum,
    /// The first input times (or divided by) the second, number by number.
    Factor,
    /// A factor and a shift of each number of the first input; the others are
    /// what factor and shift are made of.
    Affine,
    /// Averages or sums of some numbers of the only input, none with a
    /// negative weight.
    Pool,
    /// Sums of numbers that integers pick.
    Collect,
    /// A function of one number: relevance passes unchanged to the first input.
    Pass,
    /// Moves numbers without mixing them: relevance moves back the same way.
    Route,
    /// A function of several numbers that are not a sum's terms: relevance
    /// passes by its first-order expansion.
    Expansion,
    /// Normalises the first input: its mean is subtracted, and it is divided by
    /// its deviation, which is taken as constant. The second output is one over
    /// the deviation.
    Normalise,
    /// Piecewise constant, or not of real numbers: nothing passes.
    Constant,
    /// None known.
    None,
}

/// What a gradient rule sees: the node, and what arrived at its outputs.
pub struct Backward<'a> {
    /// The graph, to which the rule adds nodes.
    pub graph: &'a mut Graph,
    /// The node's inputs.
    pub inputs: &'a [ValueId],
    /// The node's outputs.
    pub outputs: &'a [ValueId],
    /// The adjoint of each output; none where nothing depends on it.
    pub adjoints: &'a [Option<ValueId>],
    /// Which inputs an adjoint is wanted for.
    pub wanted: &'a [bool],
}

impl Backward<'_> {
    /// The adjoint of the only output.
    pub fn adjoint(&self) -> Option<ValueId> {
        self.adjoints[0]
    }

    /// Adds a node of one output.
    pub fn push(&mut self, op: impl Into<Op>, inputs: &[ValueId]) -> Result<ValueId, NetworkError> {
        self.graph.push(op, inputs)
    }
}

/// The adjoints of a node's inputs, in order; none where it is zero.
pub type Adjoints = Result<Vec<Option<ValueId>>, NetworkError>;

/// What every operation says of itself.
pub trait Operation: Clone + std::fmt::Debug + PartialEq {
    /// Its name in messages and tables.
    const NAME: &'static str;

    /// Whether each output number depends on the numbers at the same place
    /// alone; such operations are run as fused chains through [`block`](Self::block).
    const ELEMENTWISE: bool = false;

    /// How relevance passes back.
    const RULE: Rule = Rule::None;

    /// Whether gradient and relevance treat it as what it approximates: the
    /// rounding of a quantised model as if it were not there.
    const STRAIGHT_THROUGH: bool = false;

    /// How it passes back through this one, where attributes decide.
    fn rule(&self) -> Rule {
        Self::RULE
    }

    /// Which of its inputs are weights, and what they begin as. An input that is computed
    /// is `None`; what is no weight is not listed.
    fn weights(&self, _inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        Vec::new()
    }

    /// The types of the outputs, or what does not fit.
    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String>;

    /// Computes the outputs; every number of them must be written. Elementwise
    /// operations have [`block`](Self::block) instead, and
    /// [`mixed`](Self::mixed) where integers take part.
    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        mixed::run(self, inputs, outputs, step);
    }

    /// An elementwise operation on slices of equal length.
    fn block<T: Real>(&self, _arguments: &[&[T]], _out: &mut [T]) {}

    /// An elementwise operation of which an argument or the result are
    /// integers; all slices have the result's length.
    fn mixed<T: Real>(
        &self,
        _arguments: &[Numbers<'_, T>],
        _out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        Err("it has no form for integers".to_owned())
    }

    /// Adds the nodes of the vector–Jacobian product.
    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints;

    /// Inputs for the tests of the derivative: shapes and ranges that reach
    /// every branch but no kink.
    fn examples() -> Vec<Example<Self>>;
}

/// An operation with inputs to test it on.
#[derive(Debug, Clone)]
pub struct Example<O> {
    /// The operation with its attributes.
    pub op: O,
    /// What it is given.
    pub inputs: Vec<ExampleInput>,
}

/// An input of an example.
#[derive(Debug, Clone)]
pub enum ExampleInput {
    /// Real numbers of this shape, drawn between two bounds.
    Real {
        /// The shape.
        shape: Vec<usize>,
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
    },
    /// These integers.
    Integer(Tensor<i32>),
}

impl<O> Example<O> {
    /// An operation on inputs drawn from −2 to 2.
    pub fn new(op: O, shapes: &[&[usize]]) -> Self {
        Self::within(op, shapes, -2.0, 2.0)
    }

    /// An operation on inputs drawn from another range.
    pub fn within(op: O, shapes: &[&[usize]], low: f64, high: f64) -> Self {
        let inputs = shapes
            .iter()
            .map(|shape| ExampleInput::Real {
                shape: shape.to_vec(),
                low,
                high,
            })
            .collect();
        Self { op, inputs }
    }

    /// The same with integers as a last input.
    pub fn and_integers(mut self, tensor: Tensor<i32>) -> Self {
        self.inputs.push(ExampleInput::Integer(tensor));
        self
    }
}

macro_rules! operations {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(mod $file; pub use $file::$name;)*

        /// An operation.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // each is documented at its own type
        pub enum Op { $($name($name)),* }

        $(impl From<$name> for Op {
            fn from(op: $name) -> Self { Self::$name(op) }
        })*

        impl Op {
            /// The names of all operations.
            pub const ALL: &[&str] = &[$($name::NAME),*];

            /// The operation's name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::NAME),* }
            }

            /// Whether the operation acts on each number alone.
            pub fn elementwise(&self) -> bool {
                match self { $(Self::$name(_) => $name::ELEMENTWISE),* }
            }

            /// How relevance passes back through it.
            pub fn rule(&self) -> Rule {
                match self { $(Self::$name(op) => op.rule()),* }
            }

            /// Whether gradient and relevance treat it as what it approximates.
            pub fn straight_through(&self) -> bool {
                match self { $(Self::$name(_) => $name::STRAIGHT_THROUGH),* }
            }

            /// Which of its inputs are weights, and what they begin as.
            pub fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
                match self { $(Self::$name(op) => op.weights(inputs)),* }
            }

            /// The types of the outputs, or what does not fit.
            pub fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
                match self { $(Self::$name(op) => op.infer(inputs)),* }
            }

            pub(crate) fn run<T: Real>(
                &self,
                inputs: &[Input<'_, T>],
                outputs: &mut [Output<'_, T>],
                step: &Step<'_, T>,
            ) {
                match self { $(Self::$name(op) => op.run(inputs, outputs, step)),* }
            }

            pub(crate) fn block<T: Real>(&self, arguments: &[&[T]], out: &mut [T]) {
                match self { $(Self::$name(op) => op.block(arguments, out)),* }
            }

            pub(crate) fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
                match self { $(Self::$name(op) => op.gradient(back)),* }
            }

            pub(crate) fn export(&self, node: &mut Export<'_>) -> Exported {
                match self { $(Self::$name(op) => op.export(node)),* }
            }

            /// Every operation with inputs to test it on.
            pub fn examples() -> Vec<Example<Op>> {
                let mut all = Vec::new();
                $(all.extend($name::examples().into_iter().map(|example| Example {
                    op: Op::from(example.op),
                    inputs: example.inputs,
                }));)*
                all
            }
        }

        /// The ONNX operations that are read as one of these.
        pub(crate) fn onnx_names() -> Vec<&'static str> {
            [$($name::NAMES),*].concat()
        }

        /// What reads ONNX nodes of this name, if one of these does.
        pub(crate) fn onnx_reader(name: &str) -> Option<Reader> {
            $(if $name::NAMES.contains(&name) {
                return Some($name::import);
            })*
            None
        }
    };
}

operations![
    abs::Abs,
    acos::Acos,
    acosh::Acosh,
    add::Add,
    arg_best::ArgBest,
    asin::Asin,
    asinh::Asinh,
    atan::Atan,
    atanh::Atanh,
    average_pool::AveragePool,
    average_pool_input::AveragePoolInput,
    batch_norm::BatchNorm,
    ceil::Ceil,
    clip::Clip,
    concat::Concat,
    conv::Conv,
    conv_input::ConvInput,
    conv_weight::ConvWeight,
    cos::Cos,
    cosh::Cosh,
    cum_sum::CumSum,
    dequantise::Dequantise,
    div::Div,
    dropout::Dropout,
    dynamic_step::DynamicStep,
    elu::Elu,
    equal::Equal,
    erf::Erf,
    exp::Exp,
    expand::Expand,
    extents::Extents,
    finite::Finite,
    floor::Floor,
    gate::Gate,
    gather::Gather,
    gather_adjoint::GatherAdjoint,
    gelu::Gelu,
    gemm::Gemm,
    global_average_pool::GlobalAveragePool,
    greater::Greater,
    greater_or_equal::GreaterOrEqual,
    hard_swish::HardSwish,
    identity::Identity,
    is_nan::IsNan,
    last_write::LastWrite,
    layer_norm::LayerNorm,
    leaky_relu::LeakyRelu,
    log::Log,
    log_softmax::LogSoftmax,
    mat_mul::MatMul,
    max::Max,
    max_pool::MaxPool,
    mish::Mish,
    modulo::Modulo,
    mul::Mul,
    neg::Neg,
    pad::Pad,
    pool_gather::PoolGather,
    pool_scatter::PoolScatter,
    pow::Pow,
    quantise::Quantise,
    range::Range,
    reciprocal::Reciprocal,
    reduce_log_sum_exp::ReduceLogSumExp,
    reduce_max::ReduceMax,
    reduce_mean::ReduceMean,
    reduce_sum::ReduceSum,
    relu::Relu,
    resample::Resample,
    reshape::Reshape,
    round::Round,
    scatter::Scatter,
    selu::Selu,
    sigmoid::Sigmoid,
    sign::Sign,
    silu::Silu,
    sin::Sin,
    sinh::Sinh,
    slice::Slice,
    softmax::Softmax,
    softplus::Softplus,
    softsign::Softsign,
    sqrt::Sqrt,
    start::Start,
    sub::Sub,
    tan::Tan,
    tanh::Tanh,
    to_integer::ToInteger,
    to_real::ToReal,
    top_k::TopK,
    transpose::Transpose,
    trilu::Trilu,
    where_::Where,
    whole::Whole,
];
