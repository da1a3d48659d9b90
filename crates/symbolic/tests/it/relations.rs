//! Invariants, motions and gradients of real systems.

use pellucid_core::Job;
use pellucid_core::model::ModelError;
use pellucid_core::random::{normal, stream, uniform};
use pellucid_symbolic::Differentiable;
use pellucid_symbolic::relation::gradient::parallel_to;
use pellucid_symbolic::relation::invariant::{Invariant, Settings, invariants};
use pellucid_symbolic::relation::motion::{Equation, equation};
use pellucid_symbolic::relation::terms::Kinds;
use pellucid_symbolic::relation::trajectory::Trajectory;
use pellucid_symbolic::{Expression, SymbolicError};

use crate::run::search;

const ALL: Kinds = Kinds {
    angles: true,
    logarithms: false,
    distances: true,
};

fn settings(kinds: Kinds) -> Settings {
    Settings {
        rates: true,
        kinds,
        tolerance: 0.1,
    }
}

/// Steps of the integration between two samples.
const INNER: usize = 10;

/// Positions of a motion (the first half of the state) by the classical method
/// of Runge and Kutta, with noise of one part in a hundred of their spread.
fn motion(
    state: Vec<f64>,
    samples: usize,
    step: f64,
    noise: f64,
    seed: u64,
    rate: &dyn Fn(&[f64]) -> Vec<f64>,
) -> Trajectory {
    let positions = state.len() / 2;
    let mut state = state;
    let mut columns = vec![Vec::new(); positions];
    let ahead = |s: &[f64], k: &[f64], h: f64| -> Vec<f64> {
        s.iter().zip(k).map(|(s, k)| s + h * k).collect()
    };
    let h = step / INNER as f64;
    for _ in 0..samples {
        for (column, x) in columns.iter_mut().zip(&state) {
            column.push(*x);
        }
        for _ in 0..INNER {
            let a = rate(&state);
            let b = rate(&ahead(&state, &a, h / 2.0));
            let c = rate(&ahead(&state, &b, h / 2.0));
            let d = rate(&ahead(&state, &c, h));
            for i in 0..state.len() {
                state[i] += h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]);
            }
        }
    }
    let mut rng = stream(seed, 1);
    for column in &mut columns {
        let n = column.len() as f64;
        let mean = column.iter().sum::<f64>() / n;
        let spread = (column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        for x in column.iter_mut() {
            *x += noise * spread * normal(&mut rng);
        }
    }
    let time = (0..samples).map(|i| step * i as f64).collect();
    Trajectory::new(time, columns)
}

/// How much of a function's gradient is not along another's at random states.
fn unlike(found: &Expression, truth: &Expression, states: &[Vec<f64>]) -> f64 {
    let slope = |f: &Expression, x: &[f64]| -> Vec<f64> {
        (0..x.len())
            .map(|i| {
                let moved = |h: f64| {
                    let mut y = x.to_vec();
                    y[i] += h;
                    f.at(&y)
                };
                (moved(1e-5) - moved(-1e-5)) / 2e-5
            })
            .collect()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let sines = states.iter().map(|x| {
        let (a, b) = (slope(found, x), slope(truth, x));
        1.0 - dot(&a, &b).powi(2) / (dot(&a, &a) * dot(&b, &b))
    });
    sines.sum::<f64>() / states.len() as f64
}

fn assert_found(found: &[Invariant], truth: &str, names: &[&str], states: &[Vec<f64>]) {
    let names: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    let truth = Expression::parse(truth, &names).unwrap();
    let near = found
        .iter()
        .any(|f| unlike(&f.expression, &truth, states) < 1e-3);
    let shown: Vec<String> = found
        .iter()
        .map(|f| format!("{:.2e}: {}", f.left, f.expression.infix(&names)))
        .collect();
    assert!(near, "{shown:#?}");
}

/// Random states of so many numbers around 1.
fn states(size: usize) -> Vec<Vec<f64>> {
    let mut rng = stream(9, 9);
    (0..50)
        .map(|_| (0..size).map(|_| 0.5 + uniform(&mut rng)).collect())
        .collect()
}

#[test]
fn a_stopped_search_for_invariants_is_an_error() {
    let time: Vec<f64> = (0..40).map(|i| 0.1 * f64::from(i)).collect();
    let column = |phase: f64| time.iter().map(|t| (t + phase).sin()).collect();
    let motion = Trajectory::new(time.clone(), vec![column(0.0), column(1.0)]);
    let job = Job::silent();
    job.interrupt();
    let found = invariants(&[motion], &settings(ALL), &job);
    assert!(
        matches!(found, Err(SymbolicError::Interrupted(_))),
        "{found:?}"
    );
}

#[test]
fn the_energy_of_an_oscillator_is_found() {
    let motions: Vec<Trajectory> = (0..4_i32)
        .map(|i| {
            let start = vec![1.0 + 0.4 * f64::from(i), 0.0];
            motion(start, 300, 0.04, 0.01, i.unsigned_abs().into(), &|s| {
                vec![s[1], -4.0 * s[0]]
            })
        })
        .collect();
    let found = invariants(&motions, &settings(ALL), &Job::silent()).unwrap();
    assert_eq!(found.len(), 1);
    assert_found(&found, "v^2 + 4.0*x^2", &["x", "v"], &states(2));
}

#[test]
fn the_energy_of_a_pendulum_is_found() {
    let motions: Vec<Trajectory> = (0..6_i32)
        .map(|i| {
            let start = vec![0.6 + 0.4 * f64::from(i), 0.0];
            motion(start, 300, 0.04, 0.01, i.unsigned_abs().into(), &|s| {
                vec![s[1], -s[0].sin()]
            })
        })
        .collect();
    let found = invariants(&motions, &settings(ALL), &Job::silent()).unwrap();
    assert_eq!(found.len(), 1);
    assert_found(&found, "v^2 - 2.0*cos(a)", &["a", "v"], &states(2));
}

#[test]
fn energy_and_angular_momentum_of_a_planet_are_found() {
    let motions: Vec<Trajectory> = (0..6_i32)
        .map(|i| {
            let (sine, cosine) = f64::from(i).sin_cos();
            let speed = 0.6 + 0.12 * f64::from(i);
            let start = vec![cosine, sine, -speed * sine, speed * cosine];
            let pull = |s: &[f64]| {
                let cube = s[0].hypot(s[1]).powi(3);
                vec![s[2], s[3], -s[0] / cube, -s[1] / cube]
            };
            motion(start, 400, 0.02, 0.01, i.unsigned_abs().into(), &pull)
        })
        .collect();
    let kinds = Kinds {
        angles: false,
        ..ALL
    };
    let found = invariants(&motions, &settings(kinds), &Job::silent()).unwrap();
    let names = ["x", "y", "u", "v"];
    assert_found(&found, "x*v - y*u", &names, &states(4));
    assert_found(
        &found,
        "u^2 + v^2 - 2.0/sqrt(x^2 + y^2)",
        &names,
        &states(4),
    );
}

#[test]
fn the_energy_of_a_double_pendulum_is_found() {
    // Two unit masses on unit rods, g = 1.
    let fall = |s: &[f64]| {
        let (a, b, u, v) = (s[0], s[1], s[2], s[3]);
        let (sine, cosine) = (a - b).sin_cos();
        let right = [-v * v * sine - 2.0 * a.sin(), u * u * sine - b.sin()];
        let determinant = 2.0 - cosine * cosine;
        vec![
            u,
            v,
            (right[0] - cosine * right[1]) / determinant,
            (2.0 * right[1] - cosine * right[0]) / determinant,
        ]
    };
    let motions: Vec<Trajectory> = (0..12)
        .map(|i| {
            let mut rng = stream(21, i);
            let start = vec![
                4.0 * uniform(&mut rng) - 2.0,
                4.0 * uniform(&mut rng) - 2.0,
                0.0,
                0.0,
            ];
            motion(start, 1000, 0.01, 0.01, i, &fall)
        })
        .collect();
    let kinds = Kinds {
        distances: false,
        ..ALL
    };
    let found = invariants(&motions, &settings(kinds), &Job::silent()).unwrap();
    let energy = "u^2 + 0.5*v^2 + u*v*cos(a - b) - 2.0*cos(a) - cos(b)";
    assert_found(&found, energy, &["a", "b", "u", "v"], &states(4));
}

#[test]
fn a_driven_motion_has_no_invariant() {
    // Friction: energy is lost, and nothing else is kept.
    let motions: Vec<Trajectory> = (0..4_i32)
        .map(|i| {
            let start = vec![1.0 + 0.4 * f64::from(i), 0.0];
            let rate = |s: &[f64]| vec![s[1], -s[0] - 0.4 * s[1]];
            motion(start, 300, 0.04, 0.0, 0, &rate)
        })
        .collect();
    let found = invariants(&motions, &settings(ALL), &Job::silent()).unwrap();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_equations_of_a_motion_are_found_from_its_trajectories() {
    // Prey and predators (Lotka and Volterra), from populations alone.
    let motions: Vec<Trajectory> = (0..4)
        .map(|i| {
            // The second half of the state is not recorded: it stands still.
            let start = vec![1.0 + 0.5 * f64::from(i), 1.0, 0.0, 0.0];
            let rate = |s: &[f64]| {
                let meet = s[0] * s[1];
                vec![1.5 * s[0] - meet, meet - s[1], 0.0, 0.0]
            };
            motion(start, 150, 0.04, 0.0, 0, &rate)
        })
        .collect();
    let names = ["x", "y"].map(str::to_owned).to_vec();
    let wanted = Equation {
        target: 0,
        order: 1,
        errors: false,
    };
    let (problem, _) = equation(&motions, &names, wanted).unwrap();
    assert_eq!(problem.target_name(), "dx/dt");
    let settings = pellucid_symbolic::Settings {
        max_complexity: 15,
        islands: 3,
        candidates: 30,
        ..Default::default()
    };
    let front = search(&problem, &settings, 12).front();
    let laws = pellucid_symbolic::select::findings(&front, &problem, &settings);
    // The truth stands on the front, to the error of the local polynomials.
    let near = laws.iter().any(|(law, _)| {
        [[1.0, 1.0], [3.0, 0.5]].iter().all(|s| {
            let truth = 1.5 * s[0] - s[0] * s[1];
            (law.expression.at(s) - truth).abs() < 0.01
        })
    });
    let texts: Vec<&String> = laws.iter().map(|(_, f)| &f.expression).collect();
    assert!(near, "{texts:#?}");
}

/// A neuron `φ(f(x))` whose inner function is a product of powers.
struct Neuron;

impl Differentiable for Neuron {
    fn inputs(&self) -> usize {
        3
    }
    fn values(&self, c: &[Vec<f64>]) -> Result<Vec<f64>, ModelError> {
        let inner = |r: usize| c[0][r] * c[1][r].powi(2) / c[2][r];
        Ok((0..c[0].len()).map(|r| (0.3 * inner(r)).tanh()).collect())
    }
    fn gradients(&self, c: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, ModelError> {
        let values = self.values(c)?;
        let mut out = vec![Vec::new(); 3];
        for (r, value) in values.iter().enumerate() {
            let (x, y, z) = (c[0][r], c[1][r], c[2][r]);
            let slope = 0.3 * (1.0 - value * value);
            out[0].push(slope * y * y / z);
            out[1].push(slope * 2.0 * x * y / z);
            out[2].push(-slope * x * y * y / (z * z));
        }
        Ok(out)
    }
}

#[test]
fn a_neuron_is_read_up_to_a_monotone_function() {
    let columns: Vec<Vec<f64>> = (0..3)
        .map(|i| {
            let mut rng = stream(4, i);
            (0..300).map(|_| 0.5 + uniform(&mut rng)).collect()
        })
        .collect();
    let kinds = Kinds {
        angles: false,
        logarithms: true,
        distances: true,
    };
    let front = parallel_to(&Neuron, &columns, kinds, &Job::silent()).unwrap();
    let exact = front.iter().find(|p| p.left < 1e-12);
    assert!(exact.is_some(), "{front:?}");
    let three = exact.unwrap();
    // log x + 2 log y − log z, in whatever order and scale.
    let names = ["x", "y", "z"].map(str::to_owned);
    let truth = Expression::parse("x*y^2/z", &names).unwrap();
    assert!(
        unlike(&three.expression, &truth, &states(3)) < 1e-6,
        "{front:#?}"
    );
    assert_eq!(three.expression.variables(), [0, 1, 2]);
}
