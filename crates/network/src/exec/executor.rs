//! Runs a plan.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::exec::chain::Chain;
use crate::exec::plan::{Plan, PlanStep, is_real};
use crate::exec::sizes::Sizes;
use crate::exec::spare::Spare;
use crate::exec::{Input, Numbers, NumbersMut, Output, Step};
use crate::graph::{Bindings, Data, Graph, Kind, Source, ValueId};
use crate::kernels::gemm::Matrix;
use crate::kernels::panels::{self, Ordered};
use crate::ops::Op;
use crate::real::Real;

/// A value's buffer; the numbers in use may be fewer than it holds.
#[derive(Debug, Clone, Default)]
enum Buffer<T> {
    #[default]
    Empty,
    Real(Vec<T>),
    Integer(Vec<i32>),
}

/// Buffers that no value holds at the moment.
#[derive(Debug, Clone, Default)]
struct Pool<T> {
    real: Spare<Vec<T>>,
    integer: Spare<Vec<i32>>,
}

/// A free buffer that holds `len` numbers, grown if it has to be.
fn take<N: Copy + Default>(free: &mut Spare<Vec<N>>, len: usize) -> Vec<N> {
    let mut buffer = free.take(len).map(|(_, buffer)| buffer).unwrap_or_default();
    if buffer.len() < len {
        buffer.resize(len, N::default());
    }
    buffer
}

/// A number as an integer, if it is one that its precision holds exactly.
fn whole<T: Real>(x: T) -> Option<i32> {
    let exact = if size_of::<T>() == 4 {
        f64::from(1 << 24)
    } else {
        f64::from(i32::MAX)
    };
    let x = x.double();
    (x.fract() == 0.0 && x.abs() <= exact).then_some(x as i32)
}

/// The constants that matrix products read on the right, in one orientation
/// only, in the order in which they read them.
fn for_products<T: Real>(
    graph: &Graph,
    plan: &Plan,
    buffers: &[Buffer<T>],
) -> HashMap<ValueId, Ordered<T>> {
    let mut found: HashMap<ValueId, Option<bool>> = HashMap::new();
    let kernels = plan.steps.iter().filter_map(|step| step.kernel);
    for node in kernels.map(|kernel| &graph.nodes()[kernel.index()]) {
        let (Op::Gemm(gemm), Some(&right)) = (&node.op, node.inputs.get(1)) else {
            continue;
        };
        if !gemm.trans_a && matches!(graph.value(right).source, Source::Constant(_)) {
            let turned = found.entry(right).or_insert(Some(gemm.trans_b));
            if *turned != Some(gemm.trans_b) {
                *turned = None;
            }
        }
    }
    found
        .into_iter()
        .filter_map(|(value, turned)| {
            let shape = graph.data(value)?.shape();
            let (Some(turned), &[rows, columns], Buffer::Real(numbers)) =
                (turned, shape, &buffers[value.index()])
            else {
                return None;
            };
            let matrix = Matrix::new(numbers, columns, turned);
            let [k, n] = if turned {
                [columns, rows]
            } else {
                [rows, columns]
            };
            // Of a few columns as they are.
            panels::pay(usize::MAX, n).then(|| (value, Ordered::new(k, n, matrix)))
        })
        .collect()
}

/// A graph ready to run in precision `T`, with its weights and its buffers.
#[derive(Debug, Clone)]
pub struct Executor<T> {
    graph: Arc<Graph>,
    plan: Arc<Plan>,
    buffers: Vec<Buffer<T>>,
    /// Of each constant on the right of a matrix product, its order for that:
    /// `for_products` makes it.
    ordered: Arc<HashMap<ValueId, Ordered<T>>>,
    pool: Pool<T>,
    sizes: Sizes,
    /// The input shapes that `sizes` belong to.
    bound_for: Vec<Vec<usize>>,
}

impl<T: Real> Executor<T> {
    /// Plans the graph and takes its weights in precision `T`.
    pub fn new(graph: &Graph) -> Self {
        let plan = Plan::new(graph);
        let buffers = graph
            .values()
            .map(|(_, value)| match &value.source {
                Source::Parameter(data) | Source::Constant(data) => match data {
                    Data::I32(tensor) => Buffer::Integer(tensor.data().to_vec()),
                    real => Buffer::Real(real.to_f64().into_iter().map(T::of).collect()),
                },
                _ => Buffer::Empty,
            })
            .collect::<Vec<Buffer<T>>>();
        let ordered = for_products(graph, &plan, &buffers);
        Self {
            graph: Arc::new(graph.clone()),
            plan: Arc::new(plan),
            buffers,
            ordered: Arc::new(ordered),
            pool: Pool {
                real: Spare::default(),
                integer: Spare::default(),
            },
            sizes: Sizes {
                bindings: Bindings::new(),
                // Weights can be asked for before the first run.
                shapes: graph
                    .values()
                    .map(|(id, _)| {
                        graph
                            .data(id)
                            .map(|data| data.shape().to_vec())
                            .unwrap_or_default()
                    })
                    .collect(),
            },
            bound_for: Vec::new(),
        }
    }

    /// The bytes of what is ordered for products.
    pub(super) fn ordered_bytes(&self) -> usize {
        self.ordered.values().map(Ordered::bytes).sum()
    }

    /// The plan that is followed.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The graph that is run.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Runs the graph on one tensor per input and copies the outputs out.
    pub fn call(&mut self, inputs: &[&Tensor<T>]) -> Result<Vec<Tensor<T>>, NetworkError> {
        self.run(inputs)?;
        Ok((0..self.graph.outputs().len())
            .map(|i| {
                let (shape, data) = self.output(i);
                Tensor::new(shape.to_vec(), data.to_vec())
            })
            .collect())
    }

    /// Runs the graph; the outputs stay until the next run, see
    /// [`output`](Self::output).
    pub fn run(&mut self, inputs: &[&Tensor<T>]) -> Result<(), NetworkError> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape()).collect();
        self.run_filled(&shapes, |i, numbers| {
            numbers.copy_from_slice(inputs[i].data());
        })
    }

    /// The same with inputs of these shapes, whose numbers `fill` writes where the
    /// run reads them.
    pub fn run_filled(
        &mut self,
        shapes: &[&[usize]],
        fill: impl FnMut(usize, &mut [T]) + Send,
    ) -> Result<(), NetworkError> {
        self.bind(shapes)?;
        if rayon::current_num_threads() == 1 || rayon::current_thread_index().is_some() {
            self.steps(fill)
        } else {
            // Inside the pool once, rather than once per step: a fork from
            // outside wakes two threads and puts this one to sleep.
            rayon::scope(|_| self.steps(fill))
        }
    }

    fn steps(&mut self, mut fill: impl FnMut(usize, &mut [T])) -> Result<(), NetworkError> {
        for output in 0..self.graph.outputs().len() {
            let value = self.graph.outputs()[output];
            self.release(value);
        }
        for slot in 0..self.graph.inputs().len() {
            let value = self.graph.inputs()[slot];
            self.release(value);
            let len = self.sizes.shapes[value.index()].iter().product();
            self.buffers[value.index()] = if is_real(&self.graph, value) {
                let mut buffer = take(&mut self.pool.real, len);
                fill(slot, &mut buffer[..len]);
                Buffer::Real(buffer)
            } else {
                let mut numbers = vec![T::ZERO; len];
                fill(slot, &mut numbers);
                let mut buffer = take(&mut self.pool.integer, len);
                for (to, from) in buffer.iter_mut().zip(numbers) {
                    *to = whole(from).ok_or_else(|| NetworkError::Input {
                        input: self.graph.value(value).name.clone(),
                        expected: "integers".to_owned(),
                        found: format!("{from:?} among them"),
                    })?;
                }
                Buffer::Integer(buffer)
            };
        }
        let plan = Arc::clone(&self.plan);
        for step in &plan.steps {
            self.step(step)?;
            for &value in &step.frees {
                self.release(value);
            }
        }
        Ok(())
    }

    /// Shape and numbers of output `i` after a run.
    pub fn output(&self, i: usize) -> (&[usize], &[T]) {
        let value = self.graph.outputs()[i];
        (&self.sizes.shapes[value.index()], self.real(value))
    }

    /// The numbers of a weight.
    pub fn weight(&self, value: ValueId) -> &[T] {
        self.real(value)
    }

    /// Replaces a weight's numbers by what `update` makes of them; `update`
    /// also sees output `i` of the last run, such as the weight's gradient.
    pub fn update(&mut self, value: ValueId, i: usize, update: impl FnOnce(&mut [T], &[T])) {
        self.forget_order(value);
        let mut buffer = std::mem::take(&mut self.buffers[value.index()]);
        if let Buffer::Real(weights) = &mut buffer {
            let len = self.sizes.shapes[value.index()].iter().product::<usize>();
            update(&mut weights[..len], self.output(i).1);
        }
        self.buffers[value.index()] = buffer;
    }

    /// Puts other numbers in the place of a weight's.
    pub fn set_weight(&mut self, value: ValueId, numbers: &[T]) {
        self.forget_order(value);
        if let Buffer::Real(weights) = &mut self.buffers[value.index()] {
            weights.copy_from_slice(numbers);
        }
    }

    /// What is kept of a weight in another order is that weight no longer.
    fn forget_order(&mut self, value: ValueId) {
        if self.ordered.contains_key(&value) {
            Arc::make_mut(&mut self.ordered).remove(&value);
        }
    }

    /// Bytes held in buffers, weights included.
    pub fn memory(&self) -> usize {
        let (real, integer) = (self.pool.real.numbers(), self.pool.integer.numbers());
        let held: usize = self
            .buffers
            .iter()
            .map(|buffer| match buffer {
                Buffer::Empty => 0,
                Buffer::Real(data) => data.len() * size_of::<T>(),
                Buffer::Integer(data) => data.len() * size_of::<i32>(),
            })
            .sum();
        real * size_of::<T>() + integer * size_of::<i32>() + held + self.ordered_bytes()
    }

    fn real(&self, value: ValueId) -> &[T] {
        let len = self.sizes.shapes[value.index()].iter().product::<usize>();
        match &self.buffers[value.index()] {
            Buffer::Real(data) => &data[..len.min(data.len())],
            _ => &[],
        }
    }

    fn release(&mut self, value: ValueId) {
        if matches!(
            self.graph.value(value).source,
            Source::Parameter(_) | Source::Constant(_)
        ) {
            return;
        }
        match std::mem::take(&mut self.buffers[value.index()]) {
            Buffer::Real(data) => self.pool.real.put(data.len(), data),
            Buffer::Integer(data) => self.pool.integer.put(data.len(), data),
            Buffer::Empty => {}
        }
    }

    /// Binds the named sizes to those of the inputs and computes all shapes.
    fn bind(&mut self, shapes: &[&[usize]]) -> Result<(), NetworkError> {
        if !shapes.is_empty() && self.bound_for == shapes {
            return Ok(());
        }
        self.bound_for.clear();
        self.sizes = Sizes::of(&self.graph, shapes)?;
        self.bound_for = shapes.iter().map(|shape| shape.to_vec()).collect();
        Ok(())
    }

    fn input(&self, value: ValueId) -> Input<'_, T> {
        let shape = &self.sizes.shapes[value.index()];
        let len = shape.iter().product::<usize>();
        let data = match &self.buffers[value.index()] {
            Buffer::Real(data) => Numbers::Real(&data[..len]),
            Buffer::Integer(data) => Numbers::Integer(&data[..len]),
            Buffer::Empty => Numbers::Real(&[]),
        };
        Input { shape, data }
    }

    fn step(&mut self, step: &PlanStep) -> Result<(), NetworkError> {
        if let Some(input) = step.handed_on(&self.graph) {
            let buffer = std::mem::take(&mut self.buffers[input.index()]);
            self.buffers[step.outputs[0].index()] = buffer;
            return Ok(());
        }
        let in_place = step.in_place(&self.sizes.shapes);
        let mut outputs: Vec<Buffer<T>> = step
            .outputs
            .iter()
            .map(|&value| {
                if let Some(i) = in_place {
                    return std::mem::take(&mut self.buffers[step.operands[i].index()]);
                }
                let len = self.sizes.shapes[value.index()].iter().product::<usize>();
                if is_real(&self.graph, value) {
                    Buffer::Real(take(&mut self.pool.real, len))
                } else {
                    Buffer::Integer(take(&mut self.pool.integer, len))
                }
            })
            .collect();
        let done = self.compute(step, in_place, &mut outputs);
        for (&value, buffer) in step.outputs.iter().zip(outputs) {
            self.buffers[value.index()] = buffer;
        }
        done
    }

    fn compute(
        &self,
        step: &PlanStep,
        in_place: Option<usize>,
        outputs: &mut [Buffer<T>],
    ) -> Result<(), NetworkError> {
        let shape = &self.sizes.shapes[step.outputs[0].index()];
        let chain = (!step.chain.is_empty()).then(|| {
            let operands = step.operands.iter().map(|&operand| {
                let input = self.input(operand);
                (input.real(), input.shape)
            });
            Chain::new(&self.graph, &step.chain, operands, shape, in_place)
        });
        let Some(kernel) = step.kernel else {
            if let (Some(chain), Some(Buffer::Real(data))) = (chain, outputs.first_mut()) {
                let len = shape.iter().product::<usize>();
                chain.run(&mut data[..len]);
            }
            return Ok(());
        };
        let node = &self.graph.nodes()[kernel.index()];
        let inputs: Vec<Input<'_, T>> = node.inputs.iter().map(|&id| self.input(id)).collect();
        let mut made: Vec<Output<'_, T>> = outputs
            .iter_mut()
            .zip(&step.outputs)
            .map(|(buffer, &value)| {
                let shape = &self.sizes.shapes[value.index()];
                let len = shape.iter().product::<usize>();
                let data = match buffer {
                    Buffer::Real(data) => NumbersMut::Real(&mut data[..len]),
                    Buffer::Integer(data) => NumbersMut::Integer(&mut data[..len]),
                    Buffer::Empty => NumbersMut::Real(&mut []),
                };
                Output { shape, data }
            })
            .collect();
        let failure = OnceLock::new();
        let context = Step {
            bindings: &self.sizes.bindings,
            ordered: node.inputs.get(1).and_then(|right| self.ordered.get(right)),
            failure: &failure,
            epilogue: chain.as_ref(),
        };
        node.op.run(&inputs, &mut made, &context);
        match failure.into_inner() {
            None => Ok(()),
            Some(problem) => Err(NetworkError::Node {
                node: node.name.clone(),
                op: node.op.name(),
                problem,
            }),
        }
    }
}

impl<T: Real> Executor<T> {
    /// The kind of output `i`.
    pub fn output_kind(&self, i: usize) -> Kind {
        self.graph.ty(self.graph.outputs()[i]).kind
    }
}
