//! An operation of real numbers on integers.
//!
//! $$ y = \operatorname{trunc} f(x), \qquad x, y \in \mathbb{Z} $$
//!
//! ONNX has sums, products, largest numbers, clips and the like for integers as
//! for real numbers (`mask.sum(1)`, `lengths.clamp(min=1)`, `cumsum`). They are
//! computed by the kernel of the operation in double precision, whatever the
//! precision of the run is, so that no integer is rounded: every number and
//! every sum of products stays below 2⁵³, or the run ends with an error that
//! names the node. A fraction (of a negative power, a root) is cut off, as
//! onnxruntime does.
//!
//! Integers are constants to every explanation: nothing is differentiated and
//! no relevance passes.

use std::sync::OnceLock;

use crate::exec::chain::repeated;
use crate::graph::Bindings;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Op, ReduceSum};

/// The operation `op` on integers.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// The operation, as it is on real numbers.
    pub op: Box<Op>,
}

/// Sums beyond may be rounded in double precision.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Whole {
    /// An operation for inputs of these types: itself, or its form for integers
    /// where ONNX has it for integers and it has no form of its own for them.
    pub(crate) fn where_needed(op: Op, inputs: &[&Type]) -> Op {
        let integers = inputs
            .iter()
            .enumerate()
            .any(|(i, ty)| ty.kind == Kind::Integer && !points(&op, i));
        if integers && takes(&op) {
            Self { op: Box::new(op) }.into()
        } else {
            op
        }
    }

    /// Whether ONNX and its runtimes have the operation for integers in the form
    /// in which it is written for real numbers.
    pub(crate) fn as_it_stands(&self) -> bool {
        matches!(
            *self.op,
            Op::CumSum(_)
                | Op::MatMul(_)
                | Op::ReduceMax(_)
                | Op::ReduceSum(_)
                | Op::Scatter(_)
                | Op::Sign(_)
                | Op::TopK(_)
                | Op::Trilu(_)
        )
    }

    /// Whether input `i` tells positions.
    pub(crate) fn points(&self, i: usize) -> bool {
        points(&self.op, i)
    }
}

/// The operations that are computed on integers by their kernel for real
/// numbers.
fn takes(op: &Op) -> bool {
    matches!(
        op,
        Op::ArgBest(_)
            | Op::Clip(_)
            | Op::CumSum(_)
            | Op::Gemm(_)
            | Op::Log(_)
            | Op::MatMul(_)
            | Op::Pad(_)
            | Op::Pow(_)
            | Op::ReduceLogSumExp(_)
            | Op::ReduceMax(_)
            | Op::ReduceSum(_)
            | Op::Relu(_)
            | Op::Scatter(_)
            | Op::Sign(_)
            | Op::Sqrt(_)
            | Op::TopK(_)
            | Op::Trilu(_)
    )
}

/// Whether input `i` of an operation tells positions, on real numbers too.
fn points(op: &Op, i: usize) -> bool {
    matches!(op, Op::Scatter(_)) && i == 1
}

/// Whether the sums that an operation makes of these integers are exact.
fn exact(op: &Op, inputs: &[Vec<f64>], shapes: &[&[usize]]) -> bool {
    let sum = |x: &[f64]| x.iter().map(|x| x.abs()).sum::<f64>();
    let largest = |x: &[f64]| x.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let bound = match op {
        Op::MatMul(_) | Op::Gemm(_) => {
            let terms = shapes[0].iter().copied().max().unwrap_or(0) as f64;
            let products = terms * largest(&inputs[0]) * largest(&inputs[1]);
            products + inputs.get(2).map_or(0.0, |x| largest(x))
        }
        Op::CumSum(_) | Op::ReduceSum(_) | Op::Scatter(_) => inputs.iter().map(|x| sum(x)).sum(),
        _ => 0.0,
    };
    bound <= EXACT
}

/// The integer that a number is when its fraction is cut off.
fn integer(y: f64) -> Result<i32, String> {
    let whole = y.trunc();
    if (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&whole) {
        Ok(whole as i32)
    } else {
        Err(format!("its result {y} is no integer of 32 bits"))
    }
}

fn compute<T: Real>(
    op: &Op,
    inputs: &[Input<'_, T>],
    outputs: &mut [Output<'_, T>],
    bindings: &Bindings,
) -> Result<(), String> {
    let doubles: Vec<Vec<f64>> = inputs
        .iter()
        .map(|input| input.integer().iter().map(|&x| f64::from(x)).collect())
        .collect();
    let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape).collect();
    if !exact(op, &doubles, &shapes) {
        return Err("sums of its integers may lie beyond 2^53, which double precision does not hold exactly".to_owned());
    }
    let mut made: Vec<Vec<f64>> = outputs
        .iter()
        .map(|output| vec![0.0; output.shape.iter().product()])
        .collect();
    if op.elementwise() {
        let [output] = outputs else {
            return Ok(());
        };
        let full: Vec<Vec<f64>> = doubles
            .iter()
            .zip(&shapes)
            .map(|(x, shape)| repeated(x, shape, output.shape))
            .collect();
        let arguments: Vec<&[f64]> = full.iter().map(Vec::as_slice).collect();
        op.block(&arguments, &mut made[0]);
    } else {
        let given: Vec<Input<'_, f64>> = inputs
            .iter()
            .zip(&doubles)
            .enumerate()
            .map(|(i, (input, doubles))| Input {
                shape: input.shape,
                data: if points(op, i) {
                    Numbers::Integer(input.integer())
                } else {
                    Numbers::Real(doubles)
                },
            })
            .collect();
        let mut results: Vec<Output<'_, f64>> = outputs
            .iter_mut()
            .zip(&mut made)
            .enumerate()
            .map(|(i, (output, made))| Output {
                shape: output.shape,
                data: if places(op, i) {
                    NumbersMut::Integer(match &mut output.data {
                        NumbersMut::Integer(out) => out,
                        NumbersMut::Real(_) => &mut [],
                    })
                } else {
                    NumbersMut::Real(made)
                },
            })
            .collect();
        let failure = OnceLock::new();
        let step = Step {
            bindings,
            epilogue: None,
            ordered: None,
            failure: &failure,
        };
        op.run(&given, &mut results, &step);
        if let Some(problem) = failure.into_inner() {
            return Err(problem);
        }
    }
    for (i, (output, made)) in outputs.iter_mut().zip(made).enumerate() {
        if !places(op, i) {
            for (out, y) in output.integer().iter_mut().zip(made) {
                *out = integer(y)?;
            }
        }
    }
    Ok(())
}

/// Whether output `i` of an operation tells positions, on real numbers too.
fn places(op: &Op, i: usize) -> bool {
    match op {
        Op::ArgBest(_) => true,
        Op::TopK(_) => i == 1,
        _ => false,
    }
}

impl Operation for Whole {
    const NAME: &'static str = "Whole";
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        if let Some(i) = (0..inputs.len()).find(|&i| inputs[i].kind != Kind::Integer) {
            return Err(format!(
                "integers meet the real numbers of input {}; a Cast must stand before",
                i + 1
            ));
        }
        let real: Vec<Type> = inputs
            .iter()
            .enumerate()
            .map(|(i, ty)| {
                if self.points(i) {
                    (*ty).clone()
                } else {
                    Type::real(ty.shape.clone())
                }
            })
            .collect();
        let outputs = self.op.infer(&real.iter().collect::<Vec<_>>())?;
        Ok(outputs
            .into_iter()
            .map(|ty| Type::integer(ty.shape))
            .collect())
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        if let Err(problem) = compute(&self.op, inputs, outputs, step.bindings) {
            for output in outputs {
                output.integer().fill(0);
            }
            step.fail(problem);
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        let numbers = pellucid_core::Tensor::new(vec![2, 3], vec![-1, 0, 7, 2, 5, 3]);
        let of = |op: Op| Self { op: Box::new(op) };
        let sum = ReduceSum {
            axes: vec![1],
            keep: false,
        };
        let clip = crate::ops::Clip {
            low: 1.0,
            high: f64::INFINITY,
        };
        vec![
            Example::new(of(sum.into()), &[]).and_integers(numbers.clone()),
            Example::new(of(clip.into()), &[]).and_integers(numbers),
        ]
    }
}

impl OnnxForm for Whole {
    /// Operations that ONNX does not have for integers in the same form were
    /// written as casts around them before, see `export`.
    fn export(&self, node: &mut Export<'_>) -> Exported {
        self.op.export(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Executor;
    use crate::graph::Graph;
    use crate::ops::{MatMul, ToReal};
    use pellucid_core::Tensor;

    /// The result of an operation on integers in single precision.
    fn run(op: Op, inputs: &[Tensor<i32>]) -> Result<Vec<f32>, String> {
        let mut graph = Graph::new();
        let ids: Vec<_> = inputs
            .iter()
            .map(|tensor| graph.constant("", tensor.clone()))
            .collect();
        let whole = Whole { op: Box::new(op) };
        let y = graph.push(whole, &ids).map_err(|error| error.to_string())?;
        let y = graph.push(ToReal, &[y]).unwrap();
        graph.set_outputs(vec![y]);
        let outputs = Executor::<f32>::new(&graph).call(&[]);
        Ok(outputs.map_err(|error| error.to_string())?[0]
            .data()
            .to_vec())
    }

    fn sum() -> Op {
        ReduceSum {
            axes: vec![0],
            keep: false,
        }
        .into()
    }

    #[test]
    fn sums_above_what_single_precision_holds_are_exact() {
        // In single precision 2²⁴ + 1 is 2²⁴, and this sum is 0.
        let numbers = Tensor::new(vec![3], vec![1 << 24, 1, -(1 << 24)]);
        assert_eq!(run(sum(), &[numbers]).unwrap(), [1.0]);
    }

    #[test]
    fn a_sum_beyond_32_bits_ends_the_run_and_names_the_node() {
        let numbers = Tensor::new(vec![2], vec![i32::MAX, 1]);
        let said = run(sum(), &[numbers]).unwrap_err();
        assert!(said.contains("Whole") && said.contains("32 bits"), "{said}");
    }

    #[test]
    fn products_that_double_precision_would_round_end_the_run() {
        // Terms of 2⁶² cancel to 1, which doubles cannot tell.
        let row = Tensor::new(vec![1, 3], vec![i32::MAX, 1, i32::MIN + 1]);
        let column = Tensor::new(vec![3, 1], vec![i32::MAX, 1, i32::MAX]);
        let said = run(MatMul.into(), &[row, column]).unwrap_err();
        assert!(said.contains("2^53"), "{said}");
    }
}
