//! What the motions of Schmidt and Lipson conserve, and how long it takes to find.
//!
//! M. Schmidt, H. Lipson, "Distilling free-form natural laws from experimental data",
//! Science 324 (2009) 81, searched for minutes (oscillators) to 30 hours on 32 cores (double
//! pendulum). The files are those published with it: run, time, positions, rates.
//!
//! `cargo run --release -p pellucid-symbolic --example motions -- FOLDER [NAME ...]`; without
//! names all that the folder has. A name may be followed by `:RUN`.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use pellucid_core::Job;
use pellucid_symbolic::relation::invariant::{Settings, invariants};
use pellucid_symbolic::relation::terms::Kinds;
use pellucid_symbolic::relation::trajectory::{Parting, Trajectory};

/// The files and the names of the columns behind run and time.
const MOTIONS: [(&str, &[&str]); 11] = [
    ("circle", &["x", "y"]),
    ("sphere", &["x", "y", "z"]),
    ("linear_h", &["x", "v"]),
    ("pendulum_h", &["o", "w"]),
    ("double_linear_h", &["x1", "x2", "v1", "v2"]),
    ("double_pend_h", &["o1", "o2", "w1", "w2"]),
    ("real_pend_circle", &["x", "y"]),
    ("real_linear_h", &["x", "v"]),
    ("real_pend_h", &["o", "w"]),
    ("real_double_linear_h", &["x1", "x2", "v1", "v2"]),
    ("real_double_pend_h", &["o1", "o2", "w1", "w2"]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().ok_or("expected the folder of the motions")?;
    let asked: Vec<String> = words.collect();
    for (name, columns) in MOTIONS {
        let path = Path::new(&folder).join(format!("{name}_1.txt"));
        let wanted = asked
            .iter()
            .filter(|word| word.split(':').next() == Some(name));
        let runs: Vec<Option<f64>> = if asked.is_empty() {
            vec![None]
        } else {
            let run = |word: &String| word.split_once(':').and_then(|(_, run)| run.parse().ok());
            wanted.map(run).collect()
        };
        for run in runs.into_iter().filter(|_| path.exists()) {
            println!(
                "{name}{}",
                run.map_or_else(String::new, |run| format!(", run {run}"))
            );
            let motions = read(&path, columns, run)?;
            let begun = Instant::now();
            let settings = Settings {
                rates: false,
                kinds: Kinds {
                    angles: true,
                    logarithms: false,
                    distances: true,
                },
                tolerance: 0.1,
            };
            let names: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
            for found in invariants(&motions, &settings, &Job::silent())? {
                println!(
                    "  balance {:.1e}, lost {:+.1e} a swing: {}",
                    found.balance,
                    found.lost,
                    found.expression.infix(&names)
                );
            }
            println!("  {:.1} s", begun.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

/// The motions of a file, or of one run of it.
fn read(
    path: &Path,
    columns: &[&str],
    run: Option<f64>,
) -> Result<Vec<Trajectory>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('%'));
    let mut rows = Vec::new();
    for line in lines {
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        let numbers = numbers?;
        if run.is_none_or(|run| numbers[0] == run) {
            rows.push(numbers);
        }
    }
    let column = |place: usize| rows.iter().map(|row| row[place]).collect::<Vec<f64>>();
    let state: Vec<(String, Vec<f64>)> = columns
        .iter()
        .enumerate()
        .map(|(i, &name)| (name.to_owned(), column(i + 2)))
        .collect();
    let label = column(0);
    let by = Parting {
        label: Some(&label),
        ..Parting::default()
    };
    Ok(Trajectory::part(("t", &column(1)), &state, by)?.0)
}
