//! A program run for one jet.

use pulp::{Arch, Simd, WithSimd};

use super::angles::{Powers, Recipe};
use super::buffer::Buffer;
use super::elimination::Output;
use super::kernels::{self, LANES};
use super::measure::{Dots, Measure};
use super::moments::{Memory, Moments};
use super::program::{Place, Program, Step};
use crate::jets::Jet;

/// The powers of the angles, and what is made of them.
#[derive(Debug, Default)]
struct Matrices {
    powers: Vec<Buffer>,
    slots: Vec<Buffer>,
}

/// Memory that one thread uses for jet after jet.
#[derive(Debug, Default)]
pub struct Workspace {
    count: usize,
    shares: Vec<f64>,
    y: Buffer,
    phi: Buffer,
    /// For measures by products of momenta, what these are made of.
    dots: Dots,
    /// For `β = 2`, what the moments are made of.
    moments: Memory,
    /// The momentum fractions to the power of kappa.
    z: Buffer,
    matrices: Matrices,
    vectors: Vec<Buffer>,
    scaled: Buffer,
    product: Buffer,
    /// The particle at which every held vertex is.
    held: Vec<usize>,
    /// The values of the prime graphs.
    pub(super) values: Vec<f64>,
}

impl Workspace {
    /// Takes what a jet's particles weigh.
    pub(super) fn weigh(
        &mut self,
        jet: Jet<'_>,
        measure: Measure,
        normalised: bool,
        program: &Program,
    ) {
        self.count = jet.len();
        self.z.resize(self.count.next_multiple_of(LANES));
        self.values.clear();
        self.values.resize(program.graphs, 0.0);
        measure.weights(jet, normalised, &mut self.shares);
    }

    /// Takes the vectors whose moments are contracted.
    pub(super) fn load_moments(&mut self, jet: Jet<'_>, measure: Measure) {
        Moments::load(jet, measure, &mut self.moments);
    }

    /// The values of all prime graphs for `β = 2`, by moments.
    pub(super) fn contract(&mut self, moments: &Moments) {
        let z = &self.z.get()[..self.count];
        moments.run(z, &mut self.moments, &mut self.values);
    }

    /// Takes the angles of a jet: everything that depends on no point of the grid.
    pub(super) fn load(
        &mut self,
        jet: Jet<'_>,
        powers: &Powers,
        measure: Measure,
        program: &Program,
    ) {
        let width = self.count.next_multiple_of(LANES);
        let area = width * width;
        for buffer in [&mut self.y, &mut self.phi, &mut self.product] {
            buffer.resize(width);
        }
        let Matrices {
            powers: angles,
            slots,
        } = &mut self.matrices;
        angles.resize_with(powers.recipes.len(), Buffer::default);
        slots.resize_with(program.slots, Buffer::default);
        self.vectors.resize_with(program.vectors, Buffer::default);
        for buffer in angles.iter_mut().chain(slots).chain([&mut self.scaled]) {
            buffer.resize(area);
        }
        for buffer in &mut self.vectors {
            buffer.resize(width);
        }
        self.held.clear();
        self.held.resize(program.levels.len(), 0);

        if measure == Measure::Hadr {
            let (y, phi) = (self.y.get_mut(), self.phi.get_mut());
            y.fill(0.0);
            phi.fill(0.0);
            for ((flow, y), phi) in jet.plane().zip(y).zip(phi) {
                (*y, *phi) = (flow.dy, flow.dphi);
            }
        } else {
            self.dots.load(jet, measure, width);
        }
        Arch::new().dispatch(Angles {
            workspace: self,
            powers,
            measure,
        });
    }

    /// Sets the power of the momentum fractions.
    pub(super) fn set_kappa(&mut self, kappa: f64) {
        let z = self.z.get_mut();
        z.fill(0.0);
        let pairs = z.iter_mut().zip(&self.shares);
        if kappa == 0.0 {
            pairs.for_each(|(z, _)| *z = 1.0);
        } else if kappa == 0.5 {
            pairs.for_each(|(z, share)| *z = share.sqrt());
        } else if kappa.fract() == 0.0 {
            pairs.for_each(|(z, share)| *z = share.powi(kappa as i32));
        } else {
            pairs.for_each(|(z, share)| *z = share.powf(kappa));
        }
    }

    /// The values of all prime graphs; `weights[w]` is where the matrix of
    /// angles for `w` edges is.
    pub(super) fn run(&mut self, program: &Program, weights: &[usize]) {
        Arch::new().dispatch(Run {
            workspace: self,
            program,
            weights,
        });
    }
}

struct Angles<'a> {
    workspace: &'a mut Workspace,
    powers: &'a Powers,
    measure: Measure,
}

impl WithSimd for Angles<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Workspace {
            y,
            phi,
            dots,
            matrices: Matrices { powers, .. },
            ..
        } = self.workspace;
        for (i, &recipe) in self.powers.recipes.iter().enumerate() {
            let (earlier, rest) = powers.split_at_mut(i);
            let out = rest[0].get_mut();
            match recipe {
                Recipe::Square if self.measure == Measure::Hadr => {
                    kernels::squared_angles(simd, y.get(), phi.get(), out);
                }
                Recipe::Square => kernels::momentum_products(simd, dots, out),
                Recipe::Root(a) => kernels::root(simd, earlier[a].get(), out),
                Recipe::Product(a, b) => {
                    kernels::multiply(simd, earlier[a].get(), earlier[b].get(), out);
                }
                Recipe::Power(p) => {
                    for (out, square) in out.iter_mut().zip(earlier[0].get()) {
                        *out = square.powf(p);
                    }
                }
            }
        }
    }
}

struct Run<'a> {
    workspace: &'a mut Workspace,
    program: &'a Program,
    weights: &'a [usize],
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            workspace,
            program,
            weights,
        } = self;
        workspace.values.fill(0.0);
        // The loops over held vertices, the outermost first; an odometer, so
        // that the steps are compiled once for every depth.
        let mut level = 0;
        loop {
            for step in &program.levels[level] {
                workspace.step(simd, step, weights);
            }
            workspace.finish(simd, &program.outputs[level]);
            if level + 1 < program.levels.len() {
                level += 1;
                workspace.held[level] = 0;
                continue;
            }
            while level > 0 && workspace.held[level] + 1 == workspace.count {
                level -= 1;
            }
            if level == 0 {
                return;
            }
            workspace.held[level] += 1;
        }
    }
}

impl Workspace {
    #[inline(always)]
    fn step<S: Simd>(&mut self, simd: S, step: &Step, weights: &[usize]) {
        let Self {
            count,
            z,
            matrices,
            vectors,
            scaled,
            held,
            ..
        } = self;
        let count = *count;
        let width = z.get().len();
        match step {
            Step::Transpose { out, matrix } => matrices.write(*out, |matrices, out| {
                kernels::transpose(width, matrices.get(*matrix, weights), out);
            }),
            Step::Elementwise { out, a, b } => matrices.write(*out, |matrices, out| {
                kernels::multiply(
                    simd,
                    matrices.get(*a, weights),
                    matrices.get(*b, weights),
                    out,
                );
            }),
            Step::Product {
                out,
                left,
                weight,
                right,
            } => matrices.write(*out, |matrices, out| {
                let (left, right) = (matrices.get(*left, weights), matrices.get(*right, weights));
                kernels::product(
                    simd,
                    count,
                    left,
                    vectors[*weight].get(),
                    right,
                    scaled.get_mut(),
                    out,
                );
            }),
            Step::Row { out, matrix, level } => {
                let start = held[*level] * width;
                let row = &matrices.get(*matrix, weights)[start..start + width];
                vectors[*out].get_mut().copy_from_slice(row);
            }
            Step::Weighted { out, messages } => {
                let mut buffer = std::mem::take(&mut vectors[*out]);
                match messages.split_first() {
                    None => buffer.get_mut().copy_from_slice(z.get()),
                    Some((&first, rest)) => {
                        kernels::multiply(simd, z.get(), vectors[first].get(), buffer.get_mut());
                        for &message in rest {
                            kernels::multiply_by(simd, vectors[message].get(), buffer.get_mut());
                        }
                    }
                }
                vectors[*out] = buffer;
            }
            Step::Apply {
                out,
                matrix,
                by_rows,
                vector,
            } => {
                let mut buffer = std::mem::take(&mut vectors[*out]);
                let (matrix, vector) = (matrices.get(*matrix, weights), vectors[*vector].get());
                if *by_rows {
                    kernels::apply_by_rows(simd, matrix, vector, buffer.get_mut());
                } else {
                    kernels::apply(simd, count, matrix, vector, buffer.get_mut());
                }
                vectors[*out] = buffer;
            }
            Step::Spread { out, vector } => {
                let sum = kernels::sum(simd, vectors[*vector].get());
                vectors[*out].get_mut().fill(sum);
            }
        }
    }

    #[inline(always)]
    fn finish<S: Simd>(&mut self, simd: S, outputs: &[(usize, Output)]) {
        let Self {
            z,
            vectors,
            product,
            held,
            values,
            ..
        } = self;
        let z = z.get();
        for (graph, output) in outputs {
            let sum = match output.messages.as_slice() {
                [] => kernels::sum(simd, z),
                [message] => kernels::dot(simd, z, vectors[*message].get()),
                [first, middle @ .., last] => {
                    let product = product.get_mut();
                    kernels::multiply(simd, z, vectors[*first].get(), product);
                    for message in middle {
                        kernels::multiply_by(simd, vectors[*message].get(), product);
                    }
                    kernels::dot(simd, product, vectors[*last].get())
                }
            };
            let weights = output.held.iter().zip(&held[1..]);
            values[*graph] += weights.fold(sum, |value, (&weight, &at)| {
                value * vectors[weight].get()[at]
            });
        }
    }
}

impl Matrices {
    #[inline(always)]
    fn get(&self, place: Place, weights: &[usize]) -> &[f64] {
        match place {
            Place::Power(weight) => self.powers[weights[weight]].get(),
            Place::Slot(slot) => self.slots[slot].get(),
        }
    }

    /// Fills a slot from other matrices.
    #[inline(always)]
    fn write(&mut self, slot: usize, fill: impl FnOnce(&Self, &mut [f64])) {
        let mut buffer = std::mem::take(&mut self.slots[slot]);
        fill(self, buffer.get_mut());
        self.slots[slot] = buffer;
    }
}
