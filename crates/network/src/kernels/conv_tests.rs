//! Convolutions and their transposes against plain loops.

use pellucid_core::random;
use rand::RngExt;

use super::conv::{self, Geometry};
use super::direct::Lines;

/// Calls `each(output, filter, input)` with the positions of every product of
/// the convolution: nine loops, nothing clever.
fn products(g: &Geometry, mut each: impl FnMut(usize, usize, usize)) {
    let [planes, rows, columns] = g.output;
    for n in 0..g.batch {
        for o in 0..g.groups * g.filters {
            for at in 0..planes * rows * columns {
                let at = [at / columns / rows, at / columns % rows, at % columns];
                for c in 0..g.channels {
                    for k in 0..g.kernel.iter().product() {
                        let [_, height, width] = g.kernel;
                        let k = [k / width / height, k / width % height, k % width];
                        let from = [0, 1, 2].map(|d| {
                            let from = at[d] * g.stride[d] + k[d] * g.dilation[d];
                            from.checked_sub(g.pad[d]).filter(|&from| from < g.input[d])
                        });
                        let [Some(z), Some(y), Some(x)] = from else {
                            continue;
                        };
                        let flat = |[_, height, width]: [usize; 3], [z, y, x]: [usize; 3]| {
                            (z * height + y) * width + x
                        };
                        let volume = |sides: [usize; 3]| sides.iter().product::<usize>();
                        let channel = o / g.filters * g.channels + c;
                        let image = n * g.groups * g.channels + channel;
                        each(
                            (n * g.groups * g.filters + o) * volume(g.output) + flat(g.output, at),
                            (o * g.channels + c) * volume(g.kernel) + flat(g.kernel, k),
                            image * volume(g.input) + flat(g.input, [z, y, x]),
                        );
                    }
                }
            }
        }
    }
}

/// A geometry with padding that differs before and behind, if there is one.
fn geometry(index: u64) -> Option<Geometry> {
    let mut rng = random::stream(5, index);
    let mut pick = |low: usize, high: usize| rng.random_range(low..=high);
    let mut g = Geometry {
        batch: pick(1, 5),
        groups: pick(1, 2),
        channels: pick(1, 4),
        filters: pick(1, 18),
        input: [1, pick(1, 12), pick(1, 40)],
        output: [0; 3],
        kernel: [1, pick(1, 4), pick(1, 5)],
        stride: [1; 3],
        dilation: [1; 3],
        pad: [0; 3],
    };
    if pick(0, 3) == 0 {
        g.stride = [1, pick(1, 3), pick(1, 2)];
    }
    if pick(0, 2) == 0 {
        g.dilation = [1, pick(1, 2), pick(1, 3)];
    }
    if pick(0, 4) == 0 {
        // A line instead of an image.
        (g.input[1], g.kernel[1], g.stride[1], g.dilation[1]) = (1, 1, 1, 1);
    }
    if index >= 160 {
        // A box in place of an image.
        (g.input[0], g.kernel[0]) = (pick(1, 5), pick(1, 3));
        (g.stride[0], g.dilation[0]) = (pick(1, 2), pick(1, 2));
        g.input[2] = g.input[2].min(12);
    }
    for d in 0..3 {
        // Padding may be wider than the filter.
        let line = d < 2 && g.input[d] == 1;
        g.pad[d] = if line { 0 } else { pick(0, 4) };
        let behind = if line { 0 } else { pick(0, 3) };
        let span = (g.kernel[d] - 1) * g.dilation[d] + 1;
        let free = (g.input[d] + g.pad[d] + behind).checked_sub(span)?;
        g.output[d] = free / g.stride[d] + 1;
    }
    Some(g)
}

fn numbers(seed: u64, count: usize) -> Vec<f64> {
    let mut rng = random::stream(seed, 1);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

struct Case {
    x: Vec<f64>,
    w: Vec<f64>,
    bias: Vec<f64>,
    adjoint: Vec<f64>,
}

fn case(g: &Geometry, seed: u64) -> Case {
    let area = |sides: [usize; 3]| sides.iter().product::<usize>();
    let (channels, filters) = (g.groups * g.channels, g.groups * g.filters);
    Case {
        x: numbers(seed, g.batch * channels * area(g.input)),
        w: numbers(seed + 1, filters * g.channels * area(g.kernel)),
        bias: numbers(seed + 2, filters),
        adjoint: numbers(seed + 3, g.batch * filters * area(g.output)),
    }
}

fn close(found: &[f64], expected: &[f64], what: &str) {
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        // A few thousand products below one, summed in another order.
        assert!(
            (found - expected).abs() < 1e-11,
            "{what}: number {i} is {found}, not {expected}"
        );
    }
}

#[test]
fn convolutions_and_both_transposes_equal_plain_loops() {
    let (mut on_lines, mut transposed, mut unrolled) = (0, 0, 0);
    for index in 0..200 {
        let Some(g) = geometry(index) else { continue };
        on_lines += usize::from(Lines::forward(&g).is_some());
        transposed += usize::from(Lines::input(&g).is_some());
        unrolled += usize::from(Lines::forward(&g).is_none());
        let Case {
            x,
            w,
            bias,
            adjoint,
        } = case(&g, 10 * index);
        let area = g.area();
        let mut y: Vec<f64> = (0..adjoint.len())
            .map(|i| bias[i / area % bias.len()])
            .collect();
        let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; w.len()]);
        products(&g, |out, weight, input| {
            y[out] += w[weight] * x[input];
            dx[input] += w[weight] * adjoint[out];
            dw[weight] += x[input] * adjoint[out];
        });
        let mut found = vec![f64::NAN; y.len()];
        conv::forward(&g, &x, &w, Some(&bias), &mut found, |_, _| {});
        close(&found, &y, &format!("{g:?}"));
        let mut found = vec![f64::NAN; x.len()];
        conv::input(&g, &adjoint, &w, &mut found, |_, _| {});
        close(&found, &dx, &format!("input of {g:?}"));
        let mut found = vec![f64::NAN; w.len()];
        conv::weight(&g, &x, &adjoint, &mut found);
        close(&found, &dw, &format!("filters of {g:?}"));
    }
    // All ways of computing were met.
    assert!(on_lines > 20 && transposed > 20 && unrolled > 20);
}

#[test]
fn every_number_of_a_result_is_finished_once() {
    for index in 0..40 {
        let Some(g) = geometry(index) else { continue };
        let Case { x, w, adjoint, .. } = case(&g, index);
        let mut plain = vec![0.0; adjoint.len()];
        conv::forward(&g, &x, &w, None, &mut plain, |_, _| {});
        let mut finished = vec![0.0; adjoint.len()];
        conv::forward(&g, &x, &w, None, &mut finished, |start, piece| {
            for (i, out) in piece.iter_mut().enumerate() {
                *out += (start + i) as f64 * 1000.0;
            }
        });
        for (i, (finished, plain)) in finished.iter().zip(plain).enumerate() {
            assert_eq!(*finished, plain + i as f64 * 1000.0);
        }
    }
}

#[test]
fn one_and_two_threads_give_the_same_bits() {
    let g = Geometry {
        batch: 37,
        groups: 1,
        channels: 3,
        filters: 11,
        input: [1, 14, 13],
        output: [1, 14, 13],
        kernel: [1, 3, 3],
        stride: [1; 3],
        dilation: [1; 3],
        pad: [0, 1, 1],
    };
    let strided = Geometry {
        output: [1, 7, 7],
        stride: [1, 2, 2],
        ..g
    };
    let deep = Geometry {
        input: [3, 14, 13],
        output: [3, 14, 13],
        kernel: [3, 3, 3],
        pad: [1, 1, 1],
        ..g
    };
    for g in [g, strided, deep] {
        let single =
            |numbers: Vec<f64>| -> Vec<f32> { numbers.iter().map(|&x| x as f32).collect() };
        let all = case(&g, 3);
        let (x, w) = (single(all.x), single(all.w));
        let (bias, adjoint) = (single(all.bias), single(all.adjoint));
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| {
                let mut y = vec![0.0_f32; adjoint.len()];
                let (mut dx, mut dw) = (vec![0.0_f32; x.len()], vec![0.0_f32; w.len()]);
                conv::forward(&g, &x, &w, Some(&bias), &mut y, |_, _| {});
                conv::input(&g, &adjoint, &w, &mut dx, |_, _| {});
                conv::weight(&g, &x, &adjoint, &mut dw);
                [y, dx, dw].map(|all| all.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
            })
        };
        assert_eq!(run(1), run(2));
    }
}

#[test]
fn no_images_make_no_maps_and_no_gradient() {
    let Some(g) = (0..).find_map(geometry) else {
        return;
    };
    let g = Geometry { batch: 0, ..g };
    let Case { x, w, adjoint, .. } = case(&g, 0);
    conv::forward(&g, &x, &w, None, &mut [], |_, _| {});
    conv::input(&g, &adjoint, &w, &mut [], |_, _| {});
    let mut found = vec![f64::NAN; w.len()];
    conv::weight(&g, &x, &adjoint, &mut found);
    assert!(found.iter().all(|&sum| sum == 0.0));
}
