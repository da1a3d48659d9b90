//! Convolution over one to three spatial sides, and its two transposes: as
//! shifted lines where the filter moves by single steps (see `direct`), else
//! by unrolling windows into a matrix one image at a time and multiplying.

use crate::kernels::direct::{Correlate, Lines, Pad, Weigh};
use crate::kernels::gemm::{Matrix, gemm};
use crate::kernels::simd::vectorised;
use crate::kernels::{scratch, split};
use crate::real::Real;

/// Sizes of a three-dimensional convolution; one over images has depth 1, one
/// over lines height 1 too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Images.
    pub batch: usize,
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// Input channels per group.
    pub channels: usize,
    /// Output channels per group.
    pub filters: usize,
    /// Depth, height and width of the input.
    pub input: [usize; 3],
    /// Depth, height and width of the output.
    pub output: [usize; 3],
    /// Depth, height and width of the filter.
    pub kernel: [usize; 3],
    /// Steps of the window.
    pub stride: [usize; 3],
    /// Steps within the window.
    pub dilation: [usize; 3],
    /// Zeros before, above and left of the input.
    pub pad: [usize; 3],
}

impl Geometry {
    fn depth(&self) -> usize {
        self.channels * self.kernel.iter().product::<usize>()
    }
    pub(crate) fn area(&self) -> usize {
        self.output.iter().product()
    }
    /// Numbers of one channel of the input.
    pub(crate) fn volume(&self) -> usize {
        self.input.iter().product()
    }
    /// Whether it moves over images or lines.
    pub(crate) fn is_flat(&self) -> bool {
        self.input[0] == 1 && self.output[0] == 1 && self.kernel[0] == 1 && self.pad[0] == 0
    }
    fn image(&self) -> usize {
        self.groups * self.channels * self.volume()
    }
    fn map(&self) -> usize {
        self.groups * self.filters * self.area()
    }
    /// Multiplications and additions of one image.
    fn flops(&self) -> usize {
        2 * self.map() * self.depth()
    }
    /// Images that make a piece of work.
    fn piece(&self) -> usize {
        split::rows_per_piece(self.batch, self.flops())
    }
    /// The window is the image itself: nothing needs to be unrolled.
    fn is_pointwise(&self) -> bool {
        self.kernel == [1; 3]
            && self.stride == [1; 3]
            && self.pad == [0; 3]
            && self.input == self.output
    }

    /// The outputs `first..end` along side `d` whose window position `k`
    /// falls on the input, and the input position of the first.
    fn inside(&self, d: usize, k: usize) -> (usize, usize, usize) {
        let offset = k * self.dilation[d];
        let first = self.pad[d].saturating_sub(offset).div_ceil(self.stride[d]);
        let end = if self.input[d] + self.pad[d] > offset {
            ((self.input[d] + self.pad[d] - offset - 1) / self.stride[d] + 1).min(self.output[d])
        } else {
            0
        };
        let end = end.max(first.min(self.output[d]));
        let first = first.min(end);
        if first == end {
            return (first, end, 0);
        }
        (
            first,
            end,
            (first * self.stride[d] + offset).saturating_sub(self.pad[d]),
        )
    }
}

/// Row `(c, kz, ky, kx)`, column `(z, y, x)` of `columns` is the input under
/// that window position.
fn unroll<T: Real>(g: &Geometry, volume: &[T], columns: &mut [T]) {
    let [depth, height, width] = g.input;
    let plane = g.output[1] * g.output[2];
    let mut rows = columns.chunks_exact_mut(g.area());
    for volume in volume.chunks_exact(depth * height * width).take(g.channels) {
        for kz in 0..g.kernel[0] {
            let (z0, z1, iz0) = g.inside(0, kz);
            for ky in 0..g.kernel[1] {
                for kx in 0..g.kernel[2] {
                    let Some(row) = rows.next() else { return };
                    row[..z0 * plane].fill(T::ZERO);
                    row[z1 * plane..].fill(T::ZERO);
                    for z in z0..z1 {
                        let iz = iz0 + (z - z0) * g.stride[0];
                        let image = &volume[iz * height * width..][..height * width];
                        unroll_plane(g, [ky, kx], image, &mut row[z * plane..][..plane]);
                    }
                }
            }
        }
    }
}

/// One plane of a row of [`unroll`].
fn unroll_plane<T: Real>(g: &Geometry, [ky, kx]: [usize; 2], image: &[T], row: &mut [T]) {
    let ([_, _, width], [_, out_height, out_width]) = (g.input, g.output);
    let ((y0, y1, iy0), (x0, x1, ix0)) = (g.inside(1, ky), g.inside(2, kx));
    row[..y0 * out_width].fill(T::ZERO);
    row[y1 * out_width..out_height * out_width].fill(T::ZERO);
    for y in y0..y1 {
        let source = &image[(iy0 + (y - y0) * g.stride[1]) * width..][..width];
        let target = &mut row[y * out_width..(y + 1) * out_width];
        target[..x0].fill(T::ZERO);
        target[x1..].fill(T::ZERO);
        if g.stride[2] == 1 {
            target[x0..x1].copy_from_slice(&source[ix0..ix0 + x1 - x0]);
        } else {
            for (x, target) in target[x0..x1].iter_mut().enumerate() {
                *target = source[ix0 + x * g.stride[2]];
            }
        }
    }
}

/// The transpose of [`unroll`]: adds every column back to where it came from.
fn roll<T: Real>(g: &Geometry, columns: &[T], volume: &mut [T]) {
    let [depth, height, width] = g.input;
    let plane = g.output[1] * g.output[2];
    let mut rows = columns.chunks_exact(g.area());
    let volumes = volume.chunks_exact_mut(depth * height * width);
    for volume in volumes.take(g.channels) {
        volume.fill(T::ZERO);
        for kz in 0..g.kernel[0] {
            let (z0, z1, iz0) = g.inside(0, kz);
            for ky in 0..g.kernel[1] {
                for kx in 0..g.kernel[2] {
                    let Some(row) = rows.next() else { return };
                    for z in z0..z1 {
                        let iz = iz0 + (z - z0) * g.stride[0];
                        let image = &mut volume[iz * height * width..][..height * width];
                        roll_plane(g, [ky, kx], &row[z * plane..][..plane], image);
                    }
                }
            }
        }
    }
}

/// One plane of a row of [`roll`].
fn roll_plane<T: Real>(g: &Geometry, [ky, kx]: [usize; 2], row: &[T], image: &mut [T]) {
    let (width, out_width) = (g.input[2], g.output[2]);
    let ((y0, y1, iy0), (x0, x1, ix0)) = (g.inside(1, ky), g.inside(2, kx));
    for y in y0..y1 {
        let target = &mut image[(iy0 + (y - y0) * g.stride[1]) * width..][..width];
        let source = &row[y * out_width..(y + 1) * out_width][x0..x1];
        if g.stride[2] == 1 {
            for (target, &value) in target[ix0..].iter_mut().zip(source) {
                *target += value;
            }
        } else {
            for (x, &value) in source.iter().enumerate() {
                target[ix0 + x * g.stride[2]] += value;
            }
        }
    }
}

/// A convolution or its transpose with respect to the input, on lines; images
/// are cut into groups and pieces here.
fn correlate<T: Real>(
    g: &Geometry,
    lines: &Lines,
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
    out: &mut [T],
    finish: impl Fn(usize, &mut [T]) + Send + Sync,
) {
    let piece = g.piece();
    let (image, map) = (x.len() / g.batch.max(1), out.len() / g.batch.max(1));
    let (per_group, map_group) = (image / g.groups, map / g.groups);
    scratch::with(g.groups * lines.packed_len(), |packed: &mut [T]| {
        let of_groups = packed.chunks_exact_mut(lines.packed_len());
        for (w, packed) in w.chunks_exact(g.filters * g.depth()).zip(of_groups) {
            lines.pack(w, packed);
        }
        let packed: &[T] = packed;
        let work = |index: usize, out: &mut [T]| {
            let room = lines.planes_len() + lines.lines_len();
            scratch::with(room, |room| {
                let (planes, results) = room.split_at_mut(lines.planes_len());
                for (n, out) in out.chunks_exact_mut(map).enumerate() {
                    let start = index * piece + n;
                    let x = &x[start * image..][..image];
                    for (group, ((x, out), packed)) in x
                        .chunks_exact(per_group)
                        .zip(out.chunks_exact_mut(map_group))
                        .zip(packed.chunks_exact(lines.packed_len()))
                        .enumerate()
                    {
                        vectorised(Pad {
                            lines,
                            image: x,
                            planes,
                        });
                        vectorised(Correlate {
                            lines,
                            planes,
                            packed,
                            bias: bias.map(|bias| &bias[group * g.filters..][..g.filters]),
                            results,
                            out,
                        });
                    }
                    finish(start * map, out);
                }
            });
        };
        split::chunks(out, piece * map, g.batch * g.flops(), work);
    });
}

/// The transpose with respect to the filters on lines, for some images.
fn weigh<T: Real>(
    g: &Geometry,
    lines: &Lines,
    x: &[T],
    adjoint: &[T],
    images: std::ops::Range<usize>,
    sums: &mut [T],
) {
    let (map, at_once) = (g.map(), lines.images_at_once());
    let (per_group, map_group) = (g.image() / g.groups, map / g.groups);
    let room = at_once * lines.planes_len() + (1 + at_once) * lines.lines_len();
    scratch::with(room, |room| {
        let (planes, rest) = room.split_at_mut(at_once * lines.planes_len());
        let (row, mixed) = rest.split_at_mut(lines.lines_len());
        for first in images.clone().step_by(at_once) {
            let count = at_once.min(images.end - first);
            for (group, sums) in sums.chunks_exact_mut(g.filters * g.depth()).enumerate() {
                for (n, planes) in planes
                    .chunks_exact_mut(lines.planes_len())
                    .take(count)
                    .enumerate()
                {
                    let image = &x[(first + n) * g.image() + group * per_group..][..per_group];
                    vectorised(Pad {
                        lines,
                        image,
                        planes,
                    });
                }
                vectorised(Weigh {
                    lines,
                    planes,
                    adjoint: &adjoint[first * map + group * map_group..],
                    step: map,
                    images: count,
                    row,
                    mixed,
                    sums,
                });
            }
        }
    });
}

/// `out[n, o] = Σ x[n, c] ⋆ w[o, c] (+ bias[o])`; `finish(start, chunk)` is
/// called on every finished piece of the output.
pub fn forward<T: Real>(
    g: &Geometry,
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
    out: &mut [T],
    finish: impl Fn(usize, &mut [T]) + Send + Sync,
) {
    if let Some(lines) = Lines::forward(g) {
        return correlate(g, &lines, x, w, bias, out, finish);
    }
    let (map, area, depth) = (g.map(), g.area(), g.depth());
    let piece = g.piece();
    split::chunks(out, piece * map, g.batch * g.flops(), |index, out| {
        scratch::with(if g.is_pointwise() { 0 } else { depth * area }, |columns| {
            for (n, out) in out.chunks_exact_mut(map).enumerate() {
                let image = &x[(index * piece + n) * g.image()..][..g.image()];
                let filters = w.chunks_exact(g.filters * depth);
                let per_group = g.image() / g.groups;
                for ((group, filters), out) in filters
                    .enumerate()
                    .zip(out.chunks_exact_mut(g.filters * area))
                {
                    let image = &image[group * per_group..][..per_group];
                    if let Some(bias) = bias {
                        let bias = &bias[group * g.filters..][..g.filters];
                        for (row, &b) in out.chunks_exact_mut(area).zip(bias) {
                            row.fill(b);
                        }
                    }
                    let left = Matrix::new(filters, depth, false);
                    if g.is_pointwise() {
                        let right = Matrix::new(image, area, false);
                        gemm(
                            g.filters,
                            area,
                            depth,
                            left,
                            right,
                            out,
                            area,
                            bias.is_some(),
                        );
                    } else {
                        unroll(g, image, columns);
                        let right = Matrix::new(columns, area, false);
                        gemm(
                            g.filters,
                            area,
                            depth,
                            left,
                            right,
                            out,
                            area,
                            bias.is_some(),
                        );
                    }
                }
                finish((index * piece + n) * map, out);
            }
        });
    });
}

/// The transpose with respect to the input: `out[n, c] = Σ g[n, o] ⋆ᵀ w[o, c]`.
pub fn input<T: Real>(
    g: &Geometry,
    adjoint: &[T],
    w: &[T],
    out: &mut [T],
    finish: impl Fn(usize, &mut [T]) + Send + Sync,
) {
    if let Some(lines) = Lines::input(g) {
        return correlate(g, &lines, adjoint, w, None, out, finish);
    }
    let (map, area, depth) = (g.map(), g.area(), g.depth());
    let piece = g.piece();
    let per_group = g.image() / g.groups;
    split::chunks(out, piece * g.image(), g.batch * g.flops(), |index, out| {
        scratch::with(depth * area, |columns| {
            for (n, out) in out.chunks_exact_mut(g.image()).enumerate() {
                let adjoint = &adjoint[(index * piece + n) * map..][..map];
                for ((filters, adjoint), out) in w
                    .chunks_exact(g.filters * depth)
                    .zip(adjoint.chunks_exact(g.filters * area))
                    .zip(out.chunks_exact_mut(per_group))
                {
                    let left = Matrix::new(filters, depth, true);
                    let right = Matrix::new(adjoint, area, false);
                    if g.is_pointwise() {
                        gemm(depth, area, g.filters, left, right, out, area, false);
                    } else {
                        gemm(depth, area, g.filters, left, right, columns, area, false);
                        roll(g, columns, out);
                    }
                }
                finish((index * piece + n) * g.image(), out);
            }
        });
    });
}

/// The transpose with respect to the filters: `out[o, c] = Σₙ x[n, c] ⋆ g[n, o]`.
///
/// The images are summed in at most sixteen partial sums, cut by size alone,
/// which are then added in order.
pub fn weight<T: Real>(g: &Geometry, x: &[T], adjoint: &[T], out: &mut [T]) {
    let (map, area, depth) = (g.map(), g.area(), g.depth());
    let (size, piece) = (out.len(), g.piece());
    let pieces = g.batch.div_ceil(piece).max(1);
    let lines = Lines::forward(g);
    scratch::with(pieces * size, |partial| {
        split::chunks(partial, size, g.batch * g.flops(), |index, partial| {
            partial.fill(T::ZERO);
            if let Some(lines) = &lines {
                let images = index * piece..((index + 1) * piece).min(g.batch);
                return weigh(g, lines, x, adjoint, images, partial);
            }
            scratch::with(depth * area, |columns| {
                for n in index * piece..((index + 1) * piece).min(g.batch) {
                    let image = &x[n * g.image()..][..g.image()];
                    let adjoint = &adjoint[n * map..][..map];
                    let per_group = g.image() / g.groups;
                    for ((image, adjoint), partial) in image
                        .chunks_exact(per_group)
                        .zip(adjoint.chunks_exact(g.filters * area))
                        .zip(partial.chunks_exact_mut(g.filters * depth))
                    {
                        let columns: &[T] = if g.is_pointwise() {
                            image
                        } else {
                            unroll(g, image, columns);
                            columns
                        };
                        let left = Matrix::new(adjoint, area, false);
                        let right = Matrix::new(columns, area, true);
                        gemm(g.filters, depth, area, left, right, partial, depth, true);
                    }
                }
            });
        });
        out.fill(T::ZERO);
        for partial in partial.chunks_exact(size.max(1)) {
            for (out, &value) in out.iter_mut().zip(partial) {
                *out += value;
            }
        }
    });
}
