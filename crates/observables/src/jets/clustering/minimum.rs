//! The smallest distance of all, kept in two steps.
//!
//! The least of every block, and the least of every eight blocks: a change costs
//! two reductions, a question one pass over a sixty-fourth of the numbers.

use pulp::Simd;

use super::blocks::{Block, LANES, lane_of, least, vectors};

#[derive(Debug, Default)]
pub(super) struct Minimum {
    of_block: Vec<[f64; LANES]>,
    of_group: Vec<[f64; LANES]>,
}

const NOTHING: [f64; LANES] = [f64::INFINITY; LANES];

impl Minimum {
    /// Makes room for this many blocks, all without an entry.
    pub fn reset(&mut self, blocks: usize) {
        self.of_block.clear();
        self.of_group.clear();
        self.grow(blocks);
    }

    /// Makes room for this many blocks and keeps what there is.
    pub fn grow(&mut self, blocks: usize) {
        let groups = blocks.div_ceil(LANES);
        self.of_block.resize(groups, NOTHING);
        self.of_group.resize(groups.div_ceil(LANES), NOTHING);
    }

    /// The distances of a block have changed.
    #[inline(always)]
    pub fn refresh<S: Simd, const D: usize>(&mut self, simd: S, at: usize, block: &Block<D>) {
        let group = at / LANES;
        let of_block = &mut self.of_block[group];
        of_block[at % LANES] = least(simd, block.d());
        self.of_group[group / LANES][group % LANES] = least(simd, of_block);
    }

    /// Block and lane of the smallest distance, the first of equals; infinity
    /// if there is none.
    #[inline(always)]
    pub fn find<S: Simd, const D: usize>(
        &self,
        simd: S,
        blocks: &[Block<D>],
    ) -> (f64, usize, usize) {
        let mut all = simd.splat_f64s(f64::INFINITY);
        for group in &self.of_group {
            for &v in vectors::<S>(group) {
                all = simd.min_f64s(all, v);
            }
        }
        let smallest = simd.reduce_min_f64s(all);
        let outer = self
            .of_group
            .iter()
            .position(|group| least(simd, group) == smallest)
            .unwrap_or(0);
        let group = outer * LANES + lane_of(simd, &self.of_group[outer], smallest);
        let block = group * LANES + lane_of(simd, &self.of_block[group], smallest);
        (smallest, block, lane_of(simd, blocks[block].d(), smallest))
    }
}
