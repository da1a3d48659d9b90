//! The clustering itself.
//!
//! Every particle knows its nearest neighbour; among `d = weight · distance²`
//! of all particles the smallest names the next pair (of a pair with the smallest
//! distance, each that weighs less is the other's nearest: the lemma of M. Cacciari,
//! G. Salam, hep-ph/0512210). Where a neighbour has been joined to something else
//! the old distance stays as a lower bound, and is only looked at again when
//! it comes up as the smallest: of the many soft particles around a hard one
//! hardly any ever is.

use pulp::{Arch, Simd, WithSimd};

use super::blocks::{Block, Coordinates, Entry, LANES, NONE, Nearest, introduce, search};
use super::history::{History, Step};
use super::minimum::Minimum;
use super::space::{Plane, Space, Sphere};
use super::tiles::Grid;
use super::{Algorithm, Clustering};
use crate::jets::four_vector::Pseudojet;

/// What two that are joined become.
pub(in crate::jets) type Join<'a> = dyn Fn(&Pseudojet, &Pseudojet) -> Pseudojet + 'a;

/// Memory that one clustering after another uses.
#[derive(Debug, Default)]
pub struct Workspace {
    plane: Lists<2>,
    sphere: Lists<3>,
}

impl Workspace {
    /// Clusters particles by settings that are sound into `history`.
    pub fn cluster(
        &mut self,
        clustering: &Clustering,
        particles: &[Pseudojet],
        history: &mut History,
    ) {
        self.cluster_joining(clustering, particles, history, &|a, b| {
            clustering.join(a, b)
        });
    }

    /// The same with another sum of two.
    pub(in crate::jets) fn cluster_joining(
        &mut self,
        clustering: &Clustering,
        particles: &[Pseudojet],
        history: &mut History,
        join: &Join<'_>,
    ) {
        history.particles = particles.len();
        history.nodes.clear();
        history.nodes.reserve(2 * particles.len());
        history.nodes.extend_from_slice(particles);
        history.steps.clear();
        history.steps.reserve(particles.len());
        if particles.is_empty() {
            return;
        }
        if clustering.spherical() {
            let lists = &mut self.sphere;
            lists.grid = Grid::ONE;
            Arch::new().dispatch(Run::<Sphere, 3>::new(clustering, lists, history, join));
        } else {
            let lists = &mut self.plane;
            lists.grid = Grid::new(particles, clustering.radius);
            Arch::new().dispatch(Run::<Plane, 2>::new(clustering, lists, history, join));
        }
    }
}

/// The particles of a tile: `blocks` blocks from `first`, filled from the front.
#[derive(Debug, Clone, Copy, Default)]
struct Tile {
    first: u32,
    blocks: u32,
    count: u32,
}

impl Tile {
    fn used(self) -> std::ops::Range<usize> {
        let first = self.first as usize;
        first..first + (self.count as usize).div_ceil(LANES)
    }
}

/// Marks a node that is no longer there.
const GONE: u32 = u32::MAX;

/// Particles in the blocks of their tiles.
#[derive(Debug)]
struct Lists<const D: usize> {
    grid: Grid,
    tiles: Vec<Tile>,
    blocks: Vec<Block<D>>,
    minimum: Minimum,
    /// The tile of every block.
    tile_of: Vec<u32>,
    /// The place of every node: `block * LANES + lane`, or [`GONE`].
    place: Vec<u32>,
}

impl<const D: usize> Default for Lists<D> {
    fn default() -> Self {
        Self {
            grid: Grid::ONE,
            tiles: Vec::new(),
            blocks: Vec::new(),
            minimum: Minimum::default(),
            tile_of: Vec::new(),
            place: Vec::new(),
        }
    }
}

struct Run<'a, P, const D: usize> {
    lists: &'a mut Lists<D>,
    history: &'a mut History,
    join: &'a Join<'a>,
    endless: bool,
    per_unit2: f64,
    power: f64,
    reach2: f64,
    space: std::marker::PhantomData<P>,
}

impl<P: Space<D>, const D: usize> WithSimd for Run<'_, P, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        self.fill(simd);
        for k in 0..self.history.particles {
            self.step(simd, k);
        }
    }
}

impl<'a, P: Space<D>, const D: usize> Run<'a, P, D> {
    fn new(
        clustering: &'a Clustering,
        lists: &'a mut Lists<D>,
        history: &'a mut History,
        join: &'a Join<'a>,
    ) -> Self {
        Self {
            lists,
            history,
            join,
            endless: clustering.algorithm == Algorithm::EeKt,
            per_unit2: 1.0 / clustering.unit2(),
            power: clustering.power(),
            reach2: clustering.reach2(),
            space: std::marker::PhantomData,
        }
    }

    /// `pt^{2p}`; large but finite where there is no momentum.
    fn weight(&self, scale: f64) -> f64 {
        if self.power == 0.0 {
            1.0
        } else if self.power == 1.0 {
            scale
        } else if self.power == -1.0 {
            if scale > 1e-300 { 1.0 / scale } else { 1e300 }
        } else if self.power < 0.0 {
            scale.max(1e-300).powf(self.power).min(1e300)
        } else {
            scale.powf(self.power)
        }
    }

    fn entry(&self, node: usize) -> Entry<D> {
        let jet = &self.history.nodes[node];
        Entry {
            at: P::place(jet),
            weight: self.weight(P::scale(jet)),
            reach: self.reach2,
            nearest: NONE,
            node: node as f64,
        }
    }

    fn tile(&self, at: &[f64; D]) -> usize {
        self.lists.grid.tile(at[0], at[1])
    }

    /// All particles into the blocks of their tiles, each with its neighbour.
    #[inline(always)]
    fn fill<S: Simd>(&mut self, simd: S) {
        let n = self.history.particles;
        let tiles = self.lists.grid.tiles();
        self.lists.tiles.clear();
        self.lists.tiles.resize(tiles, Tile::default());
        self.lists.place.clear();
        self.lists.place.resize(2 * n, GONE);
        self.lists.tile_of.clear();
        let entries: Vec<(usize, Entry<D>)> = (0..n)
            .map(|node| {
                let entry = self.entry(node);
                (self.tile(&entry.at), entry)
            })
            .collect();
        let lists = &mut *self.lists;
        for (tile, _) in &entries {
            lists.tiles[*tile].count += 1;
        }
        for (number, tile) in lists.tiles.iter_mut().enumerate() {
            tile.first = lists.tile_of.len() as u32;
            tile.blocks = tile.count.div_ceil(LANES as u32);
            tile.count = 0;
            lists
                .tile_of
                .extend((0..tile.blocks).map(|_| number as u32));
        }
        lists.blocks.clear();
        lists.blocks.resize(lists.tile_of.len(), Block::EMPTY);
        lists.minimum.reset(lists.blocks.len());
        for (tile, entry) in &entries {
            lists.put(*tile, entry);
        }
        for (_, entry) in &entries {
            let nearest = self.neighbour(simd, entry);
            let place = self.lists.place[entry.node as usize] as usize;
            self.lists.blocks[place / LANES].set(place % LANES, &nearest);
        }
        let lists = &mut *self.lists;
        for (at, block) in lists.blocks.iter().enumerate() {
            lists.minimum.refresh(simd, at, block);
        }
    }

    /// The entry with its neighbour looked for anew.
    #[inline(always)]
    fn neighbour<S: Simd>(&self, simd: S, entry: &Entry<D>) -> Entry<D> {
        let at: Coordinates<S, D> = entry.at.map(|x| simd.splat_f64s(x));
        let mut nearest = Nearest::within(simd, self.reach2);
        let mut least = self.reach2;
        for (tile, bound) in self.lists.grid.around(entry.at[0], entry.at[1]).iter() {
            let blocks = &self.lists.blocks[self.lists.tiles[tile].used()];
            if blocks.is_empty() || bound > least {
                continue;
            }
            search::<S, P, D>(simd, blocks, at, entry.node, &mut nearest);
            least = nearest.distance2(simd);
        }
        let (reach, node) = nearest.result(simd);
        Entry {
            reach,
            nearest: node,
            ..*entry
        }
    }

    /// The next pair is joined, or the next jet is done.
    #[inline(always)]
    fn step<S: Simd>(&mut self, simd: S, k: usize) {
        let (entry, d) = self.next(simd);
        let first = entry.node as usize;
        self.lists.take(simd, first);
        let made = self.history.particles + k;
        let d = d * self.per_unit2;
        if entry.nearest == NONE {
            let d = if self.endless { f64::INFINITY } else { d };
            self.history.nodes.push(self.history.nodes[first]);
            self.history.steps.push(Step {
                first,
                second: None,
                d,
            });
            return;
        }
        let second = entry.nearest as usize;
        self.lists.take(simd, second);
        let (first, second) = (first.min(second), first.max(second));
        let nodes = &self.history.nodes;
        let sum = (self.join)(&nodes[first], &nodes[second]);
        self.history.nodes.push(sum);
        self.history.steps.push(Step {
            first,
            second: Some(second),
            d,
        });
        let entry = self.entry(made);
        self.introduce(simd, entry);
    }

    /// The particle with the smallest distance, to a neighbour that is there.
    #[inline(always)]
    fn next<S: Simd>(&mut self, simd: S) -> (Entry<D>, f64) {
        loop {
            let (d, block, lane) = self.lists.minimum.find(simd, &self.lists.blocks);
            let entry = self.lists.blocks[block].get(lane);
            if entry.nearest == NONE || self.lists.place[entry.nearest as usize] != GONE {
                return (entry, d);
            }
            let entry = self.neighbour(simd, &entry);
            let lists = &mut *self.lists;
            lists.blocks[block].set(lane, &entry);
            lists.minimum.refresh(simd, block, &lists.blocks[block]);
        }
    }

    /// A new particle finds its neighbour and becomes that of others.
    #[inline(always)]
    fn introduce<S: Simd>(&mut self, simd: S, mut entry: Entry<D>) {
        let lists = &mut *self.lists;
        let at: Coordinates<S, D> = entry.at.map(|x| simd.splat_f64s(x));
        let node = simd.splat_f64s(entry.node);
        let mut nearest = Nearest::within(simd, self.reach2);
        for (tile, bound) in lists.grid.around(entry.at[0], entry.at[1]).iter() {
            if bound > self.reach2 {
                continue;
            }
            for at_block in lists.tiles[tile].used() {
                let block = &mut lists.blocks[at_block];
                if introduce::<S, P, D>(simd, block, at, node, &mut nearest) {
                    lists.minimum.refresh(simd, at_block, block);
                }
            }
        }
        (entry.reach, entry.nearest) = nearest.result(simd);
        let tile = self.tile(&entry.at);
        let lists = &mut *self.lists;
        let block = lists.put(tile, &entry);
        lists.minimum.refresh(simd, block, &lists.blocks[block]);
    }
}

impl<const D: usize> Lists<D> {
    /// Puts an entry behind those of its tile; the block it is in.
    fn put(&mut self, tile: usize, entry: &Entry<D>) -> usize {
        if self.tiles[tile].count as usize == self.tiles[tile].blocks as usize * LANES {
            self.move_to_the_end(tile);
        }
        let there = &mut self.tiles[tile];
        let (block, lane) = (
            there.first as usize + there.count as usize / LANES,
            there.count as usize % LANES,
        );
        there.count += 1;
        self.blocks[block].set(lane, entry);
        self.place[entry.node as usize] = (block * LANES + lane) as u32;
        block
    }

    /// A tile that is full gets twice the room, behind all others.
    fn move_to_the_end(&mut self, tile: usize) {
        let old = self.tiles[tile];
        let first = self.blocks.len();
        let blocks = (2 * old.blocks).max(1);
        self.tile_of.resize(first + blocks as usize, tile as u32);
        self.blocks.resize(first + blocks as usize, Block::EMPTY);
        self.minimum.grow(self.blocks.len());
        for i in 0..old.count as usize {
            let from = old.first as usize * LANES + i;
            let entry = self.blocks[from / LANES].get(from % LANES);
            self.blocks[first + i / LANES].set(i % LANES, &entry);
            self.place[entry.node as usize] = (first * LANES + i) as u32;
        }
        for block in old.used() {
            self.blocks[block] = Block::EMPTY;
            self.minimum
                .refresh(pulp::Scalar::new(), block, &self.blocks[block]);
        }
        self.tiles[tile] = Tile {
            first: first as u32,
            blocks,
            count: old.count,
        };
        for block in self.tiles[tile].used() {
            self.minimum
                .refresh(pulp::Scalar::new(), block, &self.blocks[block]);
        }
    }

    /// Removes a node; the last of its tile takes its place.
    #[inline(always)]
    fn take<S: Simd>(&mut self, simd: S, node: usize) {
        let place = self.place[node] as usize;
        self.place[node] = GONE;
        let (block, lane) = (place / LANES, place % LANES);
        let tile = &mut self.tiles[self.tile_of[block] as usize];
        tile.count -= 1;
        let last = tile.first as usize * LANES + tile.count as usize;
        if last != place {
            let moved = self.blocks[last / LANES].get(last % LANES);
            self.blocks[block].set(lane, &moved);
            self.place[moved.node as usize] = place as u32;
            if last / LANES != block {
                self.minimum.refresh(simd, block, &self.blocks[block]);
            }
        }
        self.blocks[last / LANES].clear(last % LANES);
        self.minimum
            .refresh(simd, last / LANES, &self.blocks[last / LANES]);
    }
}
