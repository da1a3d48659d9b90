//! Convolutions of step one without unrolling: a padded plane, read row after
//! row as one long line of width `P`, turns every window position `t` into a
//! shift,
//!
//! ```text
//! y[o, q] = Σ_c Σ_t w[o, c, t] x[c, q + shift(t)],   q = P·row + column,
//! ```
//!
//! so that eight filters times a few vectors of neighbouring `q` stay in
//! registers while the channels and shifts pass by. The few `q` that fall
//! between the rows are computed for nothing and dropped. The transpose with
//! respect to the input is the same with mirrored filters; the one with
//! respect to the filters sums over `q` instead, with zeros between the rows
//! of the adjoint.

use pulp::Simd;

use crate::kernels::conv::Geometry;
use crate::real::Real;

/// Filters that are computed together.
pub(crate) const FILTERS: usize = 8;

/// Lines are cut into whole vectors of the widest machine.
const LINE: usize = 16;

/// Height and width.
fn flat([_, height, width]: [usize; 3]) -> [usize; 2] {
    [height, width]
}

/// A convolution of step one on lines, over images.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    channels: usize,
    filters: usize,
    input: [usize; 2],
    output: [usize; 2],
    /// Where the first number of the input stands in the padded plane; it may
    /// be outside.
    pad: [isize; 2],
    /// The width of a padded row.
    width: usize,
    /// The rows of a padded plane.
    height: usize,
    shifts: Vec<usize>,
    /// Numbers of a line of results, gaps included.
    len: usize,
    /// Numbers of a padded plane, and what is read beyond it.
    plane: usize,
    mirrored: bool,
}

impl Lines {
    /// The convolution itself, if lines are worth it.
    pub fn forward(g: &Geometry) -> Option<Self> {
        let pad = [g.pad[1] as isize, g.pad[2] as isize];
        let [input, output] = [g.input, g.output].map(flat);
        Self::new(g, [g.channels, g.filters], input, output, pad, false)
    }

    /// Its transpose with respect to the input, if lines are worth it.
    pub fn input(g: &Geometry) -> Option<Self> {
        let pad = [1, 2].map(|d| ((g.kernel[d] - 1) * g.dilation[d]) as isize - g.pad[d] as isize);
        let [input, output] = [g.input, g.output].map(flat);
        Self::new(g, [g.filters, g.channels], output, input, pad, true)
    }

    fn new(
        g: &Geometry,
        [channels, filters]: [usize; 2],
        input: [usize; 2],
        output: [usize; 2],
        pad: [isize; 2],
        mirrored: bool,
    ) -> Option<Self> {
        let empty = output.contains(&0) || channels == 0 || filters == 0;
        let (kernel, dilation) = (flat(g.kernel), flat(g.dilation));
        if !g.is_flat() || flat(g.stride) != [1, 1] || kernel == [1, 1] || empty {
            return None;
        }
        let width = output[1] + (kernel[1] - 1) * dilation[1];
        let height = output[0] + (kernel[0] - 1) * dilation[0];
        let len = ((output[0] - 1) * width + output[1]).next_multiple_of(LINE);
        // Too many gaps: the matrix product is faster.
        if output[0] * output[1] * 2 < len {
            return None;
        }
        let shifts: Vec<usize> = (0..kernel[0])
            .flat_map(|y| (0..kernel[1]).map(move |x| y * dilation[0] * width + x * dilation[1]))
            .collect();
        let last = shifts.last().copied().unwrap_or(0);
        Some(Self {
            channels,
            filters,
            input,
            output,
            pad,
            width,
            height,
            len,
            plane: (last + len).max(width * height).next_multiple_of(LINE),
            shifts,
            mirrored,
        })
    }

    /// Numbers of one padded image.
    pub fn planes_len(&self) -> usize {
        self.channels * self.plane
    }

    /// Numbers of the filters in the order in which they are used.
    pub fn packed_len(&self) -> usize {
        self.filters.next_multiple_of(FILTERS) * self.channels * self.shifts.len()
    }

    /// Numbers of eight lines of results.
    pub fn lines_len(&self) -> usize {
        FILTERS * self.len
    }

    /// How many images' adjoint lines stay in the first cache together.
    pub fn images_at_once(&self) -> usize {
        (8192 / self.lines_len()).max(1)
    }

    /// The rows and columns of the input that lie on the padded plane.
    fn on_plane(&self) -> [std::ops::Range<usize>; 2] {
        let sides = [self.height, self.width];
        [0, 1].map(|d| {
            let clip = |at: isize| at.clamp(0, self.input[d] as isize) as usize;
            let start = clip(-self.pad[d]);
            start..clip(sides[d] as isize - self.pad[d]).max(start)
        })
    }

    /// Orders the filters of one group, `w[o, c, t]` of the convolution, by
    /// blocks of eight, channels, shifts and place in the block.
    pub fn pack<T: Real>(&self, w: &[T], packed: &mut [T]) {
        let shifts = self.shifts.len();
        let mut packed = packed.chunks_exact_mut(FILTERS);
        for first in (0..self.filters).step_by(FILTERS) {
            for channel in 0..self.channels {
                for t in 0..shifts {
                    let Some(packed) = packed.next() else { return };
                    for (filter, packed) in (first..).zip(packed) {
                        *packed = if filter >= self.filters {
                            T::ZERO
                        } else if self.mirrored {
                            w[(channel * self.filters + filter) * shifts + shifts - 1 - t]
                        } else {
                            w[(filter * self.channels + channel) * shifts + t]
                        };
                    }
                }
            }
        }
    }
}

/// Copies a row and adds `shift` to each number.
#[inline(always)]
fn copy_row<S: Simd, T: Real>(simd: S, source: &[T], target: &mut [T], shift: T) {
    let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
    let shift = T::splat(simd, shift);
    for (from, to) in source.chunks(lanes).zip(target.chunks_mut(lanes)) {
        T::store(simd, to, T::plus(simd, T::load(simd, from), shift));
    }
}

/// Writes an image with its padding.
pub(crate) struct Pad<'a, T> {
    pub lines: &'a Lines,
    pub image: &'a [T],
    pub planes: &'a mut [T],
}

impl<T: Real> pulp::WithSimd for Pad<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lines = self.lines;
        let [height, width] = lines.input;
        let [y, x] = lines.on_plane();
        let left = (x.start as isize + lines.pad[1]).max(0) as usize;
        for (channel, plane) in self.planes.chunks_exact_mut(lines.plane).enumerate() {
            plane.fill(T::ZERO);
            for y in y.clone() {
                let row = (y as isize + lines.pad[0]) as usize * lines.width + left;
                let source = &self.image[(channel * height + y) * width..][x.clone()];
                copy_row(simd, source, &mut plane[row..row + x.len()], T::ZERO);
            }
        }
    }
}

/// `out[o] = Σ planes[c] ⋆ packed[o, c] + bias[o]` for one image and group.
pub(crate) struct Correlate<'a, T> {
    pub lines: &'a Lines,
    pub planes: &'a [T],
    pub packed: &'a [T],
    pub bias: Option<&'a [T]>,
    /// Room for eight lines of results.
    pub results: &'a mut [T],
    pub out: &'a mut [T],
}

impl<T: Real> pulp::WithSimd for Correlate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Lines { width, len, .. } = *self.lines;
        let [rows, columns] = self.lines.output;
        let vectors = T::vectors::<S>(&self.results[..len]).len();
        let per_block = self.lines.channels * self.lines.shifts.len();
        let (packed, _) = self.packed.as_chunks::<FILTERS>();
        for (block, packed) in packed.chunks_exact(per_block).enumerate() {
            let mut at = 0;
            if S::REGISTER_COUNT >= 32 {
                while at + 3 <= vectors {
                    self.lines
                        .tile::<S, T, 3>(simd, self.planes, packed, at, self.results);
                    at += 3;
                }
                if at + 2 <= vectors {
                    self.lines
                        .tile::<S, T, 2>(simd, self.planes, packed, at, self.results);
                    at += 2;
                }
            }
            while at < vectors {
                self.lines
                    .tile::<S, T, 1>(simd, self.planes, packed, at, self.results);
                at += 1;
            }
            let first = block * FILTERS;
            let last = (first + FILTERS).min(self.lines.filters);
            for (filter, line) in (first..last).zip(self.results.chunks_exact(len)) {
                let bias = match self.bias {
                    Some(bias) => bias[filter],
                    None => T::ZERO,
                };
                for y in 0..rows {
                    let out = &mut self.out[(filter * rows + y) * columns..][..columns];
                    copy_row(simd, &line[y * width..][..columns], out, bias);
                }
            }
        }
    }
}

impl Lines {
    /// `V` vectors of eight lines of results, from vector `at` on.
    #[inline(always)]
    fn tile<S: Simd, T: Real, const V: usize>(
        &self,
        simd: S,
        planes: &[T],
        packed: &[[T; FILTERS]],
        at: usize,
        results: &mut [T],
    ) {
        let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
        let mut sums = [[T::splat(simd, T::ZERO); V]; FILTERS];
        for (plane, packed) in planes
            .chunks_exact(self.plane)
            .zip(packed.chunks_exact(self.shifts.len()))
        {
            for (&shift, w) in self.shifts.iter().zip(packed) {
                let x = &plane[shift + at * lanes..][..V * lanes];
                let x = &T::vectors::<S>(x)[..V];
                for f in 0..FILTERS {
                    let w = T::splat(simd, w[f]);
                    for v in 0..V {
                        sums[f][v] = T::fused(simd, x[v], w, sums[f][v]);
                    }
                }
            }
        }
        for f in 0..FILTERS {
            let line = &mut results[f * self.len + at * lanes..][..V * lanes];
            let line = &mut T::vectors_mut::<S>(line)[..V];
            line.copy_from_slice(&sums[f]);
        }
    }
}

/// Adds `Σ planes[n, c, q + shift(t)] adjoint[n, o, q]` over `n` and `q` to
/// `sums[o, c, t]`, for one group of a few images.
pub(crate) struct Weigh<'a, T> {
    pub lines: &'a Lines,
    /// The padded images, one after another.
    pub planes: &'a [T],
    /// The adjoint of the first image; the next ones follow at `step`.
    pub adjoint: &'a [T],
    pub step: usize,
    pub images: usize,
    /// Room for eight lines.
    pub row: &'a mut [T],
    /// Room for eight lines per image.
    pub mixed: &'a mut [T],
    pub sums: &'a mut [T],
}

impl<T: Real> pulp::WithSimd for Weigh<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let lines = self.lines;
        let depth = lines.channels * lines.shifts.len();
        self.row.fill(T::ZERO);
        for first in (0..lines.filters).step_by(FILTERS) {
            self.mix(simd, first);
            for channel in 0..lines.channels {
                let mut t = 0;
                let end = lines.shifts.len();
                let at = (first * lines.channels + channel) * end;
                if S::REGISTER_COUNT >= 32 {
                    while t + 3 <= end {
                        self.tile::<S, 3>(simd, channel, t, at, depth);
                        t += 3;
                    }
                    if t + 2 <= end {
                        self.tile::<S, 2>(simd, channel, t, at, depth);
                        t += 2;
                    }
                }
                while t < end {
                    self.tile::<S, 1>(simd, channel, t, at, depth);
                    t += 1;
                }
            }
        }
    }
}

impl<T: Real> Weigh<'_, T> {
    /// Lines of the adjoint of eight filters, vector by vector: the first of
    /// each line, the second of each, and so on.
    #[inline(always)]
    fn mix<S: Simd>(&mut self, simd: S, first: usize) {
        let Lines { len, width, .. } = *self.lines;
        let [rows, columns] = self.lines.output;
        let count = (self.lines.filters - first).min(FILTERS);
        if count < FILTERS {
            self.row.fill(T::ZERO);
        }
        for image in 0..self.images {
            let adjoint = &self.adjoint[image * self.step + first * rows * columns..];
            for (f, line) in self.row.chunks_exact_mut(len).take(count).enumerate() {
                for y in 0..rows {
                    let source = &adjoint[(f * rows + y) * columns..][..columns];
                    copy_row(simd, source, &mut line[y * width..][..columns], T::ZERO);
                }
            }
            let mixed = &mut self.mixed[image * FILTERS * len..][..FILTERS * len];
            let (mixed, _) = T::vectors_mut::<S>(mixed).as_chunks_mut::<FILTERS>();
            for (f, line) in self.row.chunks_exact(len).enumerate().take(FILTERS) {
                for (mixed, &vector) in mixed.iter_mut().zip(T::vectors::<S>(line)) {
                    mixed[f] = vector;
                }
            }
        }
    }

    /// Eight filters and `V` shifts of a channel.
    #[inline(always)]
    fn tile<S: Simd, const V: usize>(
        &mut self,
        simd: S,
        channel: usize,
        t: usize,
        at: usize,
        depth: usize,
    ) {
        let lines = self.lines;
        let len = lines.len;
        let mut sums = [[T::splat(simd, T::ZERO); V]; FILTERS];
        for image in 0..self.images {
            let plane = &self.planes[(image * lines.channels + channel) * lines.plane..];
            let (mixed, _) = T::vectors::<S>(&self.mixed[image * FILTERS * len..][..FILTERS * len])
                .as_chunks::<FILTERS>();
            let count = mixed.len();
            let mut x: [&[T::Vector<S>]; V] = [&[]; V];
            for v in 0..V {
                x[v] = &T::vectors::<S>(&plane[lines.shifts[t + v]..][..len])[..count];
            }
            for (i, mixed) in mixed.iter().enumerate() {
                for f in 0..FILTERS {
                    for v in 0..V {
                        sums[f][v] = T::fused(simd, x[v][i], mixed[f], sums[f][v]);
                    }
                }
            }
        }
        for (f, sums) in sums.iter().enumerate() {
            let start = at + f * depth + t;
            // The filters that fill up a block of eight are not there.
            if let Some(out) = self.sums.get_mut(start..start + V) {
                for (out, &sum) in out.iter_mut().zip(sums) {
                    *out += T::lanes_sum(simd, sum);
                }
            }
        }
    }
}
