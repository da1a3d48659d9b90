//! Eight particles side by side, searched at once.

use pulp::Simd;

use super::space::Space;

/// Particles of a block: the widest vector of `f64`.
pub(super) const LANES: usize = 8;

/// Coordinates of as many particles as a vector holds.
pub(super) type Coordinates<S, const D: usize> = [<S as Simd>::f64s; D];

/// Where an empty place is: at an infinite distance from everything.
const NOWHERE: f64 = f64::INFINITY;

/// No neighbour within the radius.
pub(super) const NONE: f64 = -1.0;

/// What is known of one particle while it is clustered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<const D: usize> {
    pub at: [f64; D],
    /// `pt^{2p}`.
    pub weight: f64,
    /// The squared distance of its nearest neighbour, or that of the beam; too
    /// small, never too large, once the neighbour is gone.
    pub reach: f64,
    /// The node of that neighbour, [`NONE`] for the beam.
    pub nearest: f64,
    /// Its own node.
    pub node: f64,
}

/// Entries lane by lane. Nodes are kept as floating-point numbers, so that they
/// are chosen by the same masks as distances.
#[repr(C, align(64))]
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<const D: usize> {
    at: [[f64; LANES]; D],
    weight: [f64; LANES],
    reach: [f64; LANES],
    nearest: [f64; LANES],
    node: [f64; LANES],
    d: [f64; LANES],
}

impl<const D: usize> Block<D> {
    pub const EMPTY: Self = Self {
        at: [[NOWHERE; LANES]; D],
        weight: [f64::INFINITY; LANES],
        reach: [0.0; LANES],
        nearest: [NONE; LANES],
        node: [NONE; LANES],
        d: [f64::INFINITY; LANES],
    };

    pub fn set(&mut self, lane: usize, entry: &Entry<D>) {
        for (all, at) in self.at.iter_mut().zip(entry.at) {
            all[lane] = at;
        }
        self.weight[lane] = entry.weight;
        self.reach[lane] = entry.reach;
        self.nearest[lane] = entry.nearest;
        self.node[lane] = entry.node;
        self.d[lane] = entry.weight * entry.reach;
    }

    pub fn get(&self, lane: usize) -> Entry<D> {
        Entry {
            at: std::array::from_fn(|k| self.at[k][lane]),
            weight: self.weight[lane],
            reach: self.reach[lane],
            nearest: self.nearest[lane],
            node: self.node[lane],
        }
    }

    pub fn clear(&mut self, lane: usize) {
        for all in &mut self.at {
            all[lane] = NOWHERE;
        }
        self.weight[lane] = f64::INFINITY;
        // Nothing is nearer than 0, so that no neighbour is ever given to it.
        self.reach[lane] = 0.0;
        self.nearest[lane] = NONE;
        self.node[lane] = NONE;
        self.d[lane] = f64::INFINITY;
    }

    /// The distances `d` of all lanes.
    pub fn d(&self) -> &[f64; LANES] {
        &self.d
    }
}

#[inline(always)]
pub(super) fn vectors<S: Simd>(lanes: &[f64]) -> &[S::f64s] {
    S::as_simd_f64s(lanes).0
}

#[inline(always)]
fn vectors_mut<S: Simd>(lanes: &mut [f64]) -> &mut [S::f64s] {
    S::as_mut_simd_f64s(lanes).0
}

/// The first lane that is true, or a number beyond all lanes. (That of `pulp`
/// 0.22 counts from the other end where masks are bits.)
#[inline(always)]
fn first_true<S: Simd>(mask: S::m64s) -> usize {
    let masks = [mask];
    let bytes = pulp::bytemuck::cast_slice::<S::m64s, u8>(&masks);
    match bytes {
        [bits] => bits.trailing_zeros() as usize,
        lanes => {
            let size = lanes.len() / S::F64_LANES;
            let mut each = lanes.chunks_exact(size);
            each.position(|lane| lane[0] != 0).unwrap_or(S::F64_LANES)
        }
    }
}

/// The smallest of eight.
#[inline(always)]
pub(super) fn least<S: Simd>(simd: S, lanes: &[f64; LANES]) -> f64 {
    let (first, rest) = vectors::<S>(lanes).split_first().expect("eight numbers");
    let all = rest.iter().fold(*first, |a, &b| simd.min_f64s(a, b));
    simd.reduce_min_f64s(all)
}

/// The first lane that holds this value, which is there.
#[inline(always)]
pub(super) fn lane_of<S: Simd>(simd: S, lanes: &[f64; LANES], value: f64) -> usize {
    let value = simd.splat_f64s(value);
    for (k, &v) in vectors::<S>(lanes).iter().enumerate() {
        let lane = first_true::<S>(simd.equal_f64s(v, value));
        if lane < S::F64_LANES {
            return k * S::F64_LANES + lane;
        }
    }
    0
}

/// The nearest found so far, lane by lane.
pub(super) struct Nearest<S: Simd> {
    distance2: S::f64s,
    node: S::f64s,
}

impl<S: Simd> Nearest<S> {
    /// Nothing within this distance yet.
    #[inline(always)]
    pub fn within(simd: S, reach: f64) -> Self {
        Self {
            distance2: simd.splat_f64s(reach),
            node: simd.splat_f64s(NONE),
        }
    }

    #[inline(always)]
    fn offer(&mut self, simd: S, distance2: S::f64s, node: S::f64s) {
        let nearer = simd.less_than_f64s(distance2, self.distance2);
        self.distance2 = simd.select_f64s(nearer, distance2, self.distance2);
        self.node = simd.select_f64s(nearer, node, self.node);
    }

    /// The smallest distance so far.
    #[inline(always)]
    pub fn distance2(&self, simd: S) -> f64 {
        simd.reduce_min_f64s(self.distance2)
    }

    /// Distance and node of the nearest; of two at one distance, the first lane.
    #[inline(always)]
    pub fn result(&self, simd: S) -> (f64, f64) {
        let least = self.distance2(simd);
        let lane = first_true::<S>(simd.equal_f64s(self.distance2, simd.splat_f64s(least)));
        let nodes = [self.node];
        let node = pulp::bytemuck::cast_slice::<S::f64s, f64>(&nodes)[lane];
        (least, node)
    }
}

/// Looks through blocks for the nearest to a place, leaving out one node.
#[inline(always)]
pub(super) fn search<S: Simd, P: Space<D>, const D: usize>(
    simd: S,
    blocks: &[Block<D>],
    at: Coordinates<S, D>,
    except: f64,
    nearest: &mut Nearest<S>,
) {
    let except = simd.splat_f64s(except);
    let nowhere = simd.splat_f64s(NOWHERE);
    for block in blocks {
        let nodes = vectors::<S>(&block.node);
        for (k, &node) in nodes.iter().enumerate() {
            let there = std::array::from_fn(|axis| vectors::<S>(&block.at[axis])[k]);
            let distance2 = P::distance2(simd, at, there);
            let itself = simd.equal_f64s(node, except);
            nearest.offer(simd, simd.select_f64s(itself, nowhere, distance2), node);
        }
    }
}

/// A new particle appears: it becomes the neighbour of all to which it is
/// nearer than theirs, and finds its own. Whether anything changed is true.
#[inline(always)]
pub(super) fn introduce<S: Simd, P: Space<D>, const D: usize>(
    simd: S,
    block: &mut Block<D>,
    at: Coordinates<S, D>,
    node: S::f64s,
    nearest: &mut Nearest<S>,
) -> bool {
    let mut changed = false;
    for k in 0..LANES / S::F64_LANES {
        let there = std::array::from_fn(|axis| vectors::<S>(&block.at[axis])[k]);
        let distance2 = P::distance2(simd, at, there);
        nearest.offer(simd, distance2, vectors::<S>(&block.node)[k]);
        let reach = vectors::<S>(&block.reach)[k];
        let nearer = simd.less_than_f64s(distance2, reach);
        if first_true::<S>(nearer) < S::F64_LANES {
            let reach = simd.select_f64s(nearer, distance2, reach);
            let weight = vectors::<S>(&block.weight)[k];
            let old = vectors::<S>(&block.nearest)[k];
            vectors_mut::<S>(&mut block.reach)[k] = reach;
            vectors_mut::<S>(&mut block.nearest)[k] = simd.select_f64s(nearer, node, old);
            let d = vectors_mut::<S>(&mut block.d);
            d[k] = simd.select_f64s(nearer, simd.mul_f64s(weight, reach), d[k]);
            changed = true;
        }
    }
    changed
}
