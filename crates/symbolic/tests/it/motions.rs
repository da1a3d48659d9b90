//! Laws behind motions as they are recorded: with friction, noise, missing frames, pixels.

use std::path::{Path, PathBuf};

use pellucid_core::Job;
use pellucid_core::random::{normal, stream};
use pellucid_symbolic::Expression;
use pellucid_symbolic::relation::invariant::{Invariant, Settings, invariants};
use pellucid_symbolic::relation::motion::{Equation, equation};
use pellucid_symbolic::relation::terms::Kinds;
use pellucid_symbolic::relation::trajectory::{Parting, Trajectory};

const SETTINGS: Settings = Settings {
    rates: false,
    kinds: Kinds {
        angles: true,
        logarithms: false,
        distances: true,
    },
    tolerance: 0.1,
};

/// A column with its name.
type Column = (String, Vec<f64>);

fn found(time: &[f64], state: &[Column], label: Option<&[f64]>) -> Vec<Invariant> {
    let by = Parting {
        label,
        ..Parting::default()
    };
    let (parts, _) = Trajectory::part(("t", time), state, by).unwrap();
    invariants(&parts, &SETTINGS, &Job::silent()).unwrap()
}

fn shown(found: &[Invariant], state: &[Column]) -> Vec<String> {
    let names: Vec<String> = state.iter().map(|(name, _)| name.clone()).collect();
    let each = found.iter();
    each.map(|f| format!("{:.1e} {}", f.balance, f.expression.infix(&names)))
        .collect()
}

/// A pendulum of frequency 1.2 with viscous and dry friction, filmed at 20 frames a second
/// in two runs, one of which lost many frames; angles to a hundredth, errors of velocities
/// of two per cent.
fn filmed() -> (Vec<f64>, Vec<Column>, Vec<f64>) {
    let mut rng = stream(40, 0);
    let (mut time, mut angle, mut velocity, mut run) = (vec![], vec![], vec![], vec![]);
    for (number, start) in [(0.0, 2.4), (1.0, 1.6)] {
        let (mut a, mut v) = (start, 0.0_f64);
        for frame in 0..500 {
            let lost = number > 0.5 && ((120..150).contains(&frame) || frame % 37 == 5);
            if !lost {
                time.push(0.05 * f64::from(frame));
                angle.push((100.0_f64 * (a + 0.003 * normal(&mut rng))).round() / 100.0);
                velocity.push(v * (1.0 + 0.02 * normal(&mut rng)));
                run.push(number);
            }
            for _ in 0..50 {
                v += 0.001 * (-1.44 * f64::sin(a) - 0.01 * v - 0.004 * v.signum());
                a += 0.001 * v;
            }
        }
    }
    let state = vec![("a".to_owned(), angle), ("v".to_owned(), velocity)];
    (time, state, run)
}

#[test]
fn friction_and_missing_frames_do_not_hide_the_energy() {
    let (time, state, run) = filmed();
    let found = found(&time, &state, Some(&run));
    let text = shown(&found, &state);
    assert_eq!(found.len(), 1, "{text:?}");
    let law = &found[0].expression;
    assert!(
        text[0].contains("cos(a)") && text[0].contains("v^2"),
        "{text:?}"
    );
    assert!(law.complexity() < 9, "{text:?}");
    // v² − 2.88 cos a: the ratio of the slopes at two places, to a few per cent.
    let change = |from: [f64; 2], to: [f64; 2]| law.at(&to) - law.at(&from);
    let ratio = change([0.0, 0.0], [1.5, 0.0]) / change([0.0, 0.0], [0.0, 1.0]);
    let truth = 2.88 * (1.0 - 1.5_f64.cos());
    assert!((ratio / truth - 1.0).abs() < 0.05, "{text:?}");
    // It loses energy in every swing.
    assert!(found[0].lost * law.at(&[0.0, 1.0]).signum() != 0.0);
}

#[test]
fn pixels_and_their_origin_are_no_obstacle_and_fast_phases_are_no_laws() {
    // A glider between springs: 100 pixels around 320, at rest elsewhere than the origin.
    let mut rng = stream(41, 0);
    let time: Vec<f64> = (0..400).map(|i| 0.033 * f64::from(i)).collect();
    let swing = |t: f64| 100.0 * (-0.004 * t).exp() * (2.4 * t).cos();
    let x = time
        .iter()
        .map(|&t| (320.0 + swing(t) + 0.3 * normal(&mut rng)).round());
    let x: Vec<f64> = x.collect();
    let v = time
        .iter()
        .map(|&t| -240.0 * (-0.004 * t).exp() * (2.4 * t).sin());
    let v = v.map(|v| v * (1.0 + 0.01 * normal(&mut rng))).collect();
    let state = vec![("x".to_owned(), x), ("v".to_owned(), v)];
    let found = found(&time, &state, None);
    let text = shown(&found, &state);
    assert!(!found.is_empty(), "nothing");
    assert!(
        ["x^2", "v^2"].iter().all(|term| text[0].contains(term)) && !text[0].contains("cos"),
        "{text:?}"
    );
}

#[test]
fn what_a_single_column_or_nothing_keeps_is_no_invariant() {
    // Two phases that run freely, and a third column of noise: no law at all.
    let mut rng = stream(42, 0);
    let time: Vec<f64> = (0..300).map(|i| 0.05 * f64::from(i)).collect();
    let mut walk = |step: f64| {
        let mut at = 0.0;
        let next = |_| {
            at += step * normal(&mut rng);
            at
        };
        (0..300).map(next).collect::<Vec<f64>>()
    };
    let state = vec![("a".to_owned(), walk(0.3)), ("b".to_owned(), walk(0.2))];
    let found = found(&time, &state, None);
    assert!(found.is_empty(), "{:?}", shown(&found, &state));
}

#[test]
fn the_second_derivative_of_a_motion_is_a_problem_over_state_and_rates() {
    let (time, state, run) = filmed();
    let by = Parting {
        label: Some(&run),
        ..Parting::default()
    };
    let (parts, _) = Trajectory::part(("t", &time), &state, by).unwrap();
    let names: Vec<String> = state.iter().map(|(name, _)| name.clone()).collect();
    let wanted = Equation {
        target: 0,
        order: 2,
        errors: false,
    };
    let (problem, same) = equation(&parts, &names, wanted).unwrap();
    assert_eq!(problem.target_name(), "d2a/dt2");
    // The rate of the angle is there already.
    assert_eq!(same, [("a_dot".to_owned(), "v".to_owned())]);
    // And the rate of that is what is to be explained.
    assert_eq!(problem.names(), ["a", "v"].map(str::to_owned));
    // a'' = -1.44 sin a: the best factor to five per cent, and what it leaves over.
    let pairs = || problem.columns()[0].iter().zip(problem.target());
    let squares: f64 = pairs().map(|(a, _)| a.sin().powi(2)).sum();
    let factor = pairs().map(|(a, y)| a.sin() * y).sum::<f64>() / squares;
    assert!((factor / -1.44 - 1.0).abs() < 0.05, "{factor}");
}

/// The motions recorded and simulated by Schmidt and Lipson, where they are.
fn folder() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/motion");
    let there = path.is_dir();
    if !there {
        eprintln!("skipped: {} is not there", path.display());
    }
    there.then_some(path)
}

/// What one of them keeps, as text, the first first.
fn kept(folder: &Path, name: &str, columns: &[&str], run: Option<f64>) -> Vec<Invariant> {
    let text = std::fs::read_to_string(folder.join(format!("{name}_1.txt"))).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('%'));
    let numbers = |line: &str| -> Vec<f64> {
        line.split_whitespace()
            .map(|x| x.parse().unwrap())
            .collect()
    };
    let rows: Vec<Vec<f64>> = lines
        .map(numbers)
        .filter(|row| run.is_none_or(|run| row[0] == run))
        .collect();
    let column = |place: usize| rows.iter().map(|row| row[place]).collect::<Vec<f64>>();
    let state: Vec<Column> = columns
        .iter()
        .enumerate()
        .map(|(i, name)| ((*name).to_owned(), column(i + 2)))
        .collect();
    let found = found(&column(1), &state, Some(&column(0)));
    assert!(!found.is_empty(), "{name}");
    eprintln!("{name}: {:?}", shown(&found, &state));
    found
}

/// The coefficients of the terms of a sum, by their texts.
fn coefficient(law: &Expression, names: &[&str], term: &str) -> f64 {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let text = law.infix(&names);
    let begin = text
        .find(term)
        .unwrap_or_else(|| panic!("no {term} in {text}"));
    let before = text[..begin].trim_end_matches('(');
    let Some(before) = before.strip_suffix('*') else {
        return if before.trim_end().ends_with('-') {
            -1.0
        } else {
            1.0
        };
    };
    let number = before.rsplit(' ').next().unwrap_or(before);
    let sign = if before[..before.len() - number.len()]
        .trim_end()
        .ends_with('-')
    {
        -1.0
    } else {
        1.0
    };
    sign * number.parse::<f64>().unwrap()
}

#[test]
fn the_recorded_oscillators_keep_their_energies() {
    let Some(folder) = folder() else { return };
    let pendulum = ["o", "w"];
    for name in ["pendulum_h", "real_pend_h"] {
        let law = &kept(&folder, name, &pendulum, None)[0].expression;
        let [wave, square] = ["cos(o)", "w^2"].map(|term| coefficient(law, &pendulum, term));
        assert!(wave * square < 0.0 && law.complexity() < 9, "{name}");
    }
    let glider = ["x", "v"];
    let law = &kept(&folder, "real_linear_h", &glider, None)[0].expression;
    let ratio = coefficient(law, &glider, "x^2") / coefficient(law, &glider, "v^2");
    // The frequency that the recorded swings have: 6.1 of its square.
    assert!((5.5..6.5).contains(&ratio), "{ratio}");
    let two = ["x1", "x2", "v1", "v2"];
    for name in ["double_linear_h", "real_double_linear_h"] {
        let law = &kept(&folder, name, &two, None)[0].expression;
        let terms = ["v1^2", "v2^2", "x1^2", "x2^2"].map(|term| coefficient(law, &two, term));
        assert!(
            terms.iter().all(|c| c * terms[0] > 0.0),
            "{name}: {terms:?}"
        );
    }
}

#[test]
fn points_of_circle_and_sphere_keep_their_distance() {
    let Some(folder) = folder() else { return };
    for (name, columns) in [("circle", &["x", "y"][..]), ("sphere", &["x", "y", "z"])] {
        let law = &kept(&folder, name, columns, None)[0].expression;
        for column in columns {
            let c = coefficient(law, columns, &format!("{column}^2"));
            // The points are exact, their rates nearly so.
            assert!((c - 1.0).abs() < 1e-4, "{name}: {c}");
        }
    }
}

#[test]
fn both_recorded_runs_of_the_double_pendulum_agree_on_its_energy() {
    let Some(folder) = folder() else { return };
    let names = ["o1", "o2", "w1", "w2"];
    let quotient = [0.0, 1.0].map(|run| {
        let found = kept(&folder, "real_double_pend_h", &names, Some(run));
        let law = &found[0].expression;
        let terms = ["w1*w2*cos(o1 - o2)", "cos(o2)", "w1^2", "w2^2", "cos(o1)"];
        let all = terms.map(|term| coefficient(law, &names, term));
        assert!(all[1] * all[0] < 0.0 && all[2] * all[0] > 0.0, "{all:?}");
        all[1] / all[0]
    });
    assert!(
        (quotient[0] / quotient[1] - 1.0).abs() < 0.1,
        "{quotient:?}"
    );
    let law = &kept(&folder, "double_pend_h", &names, None)[0];
    let gravity = coefficient(&law.expression, &names, "cos(o1)")
        / coefficient(&law.expression, &names, "w1^2");
    // Two unit masses on unit rods: E = w1² + w2²/2 + w1 w2 cos − 2 g cos o1 − g cos o2.
    assert!((gravity + 19.6).abs() < 1e-3, "{gravity}");
}
