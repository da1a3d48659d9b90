//! What is conserved in the motions of Schmidt and Lipson.
use std::path::Path;
use std::time::Instant;
use pellucid_core::Job;
use pellucid_symbolic::relation::invariant::{Settings, invariants};
use pellucid_symbolic::relation::terms::Kinds;
use pellucid_symbolic::relation::trajectory::{Parting, Trajectory};
fn main() {
    let only: Vec<String> = std::env::args().skip(1).collect();
    let kinds = Kinds { angles: true, logarithms: false, distances: true };
    let cut: Option<f64> = std::env::var("RUN").ok().and_then(|r| r.parse().ok());
    for (name, places) in [
        ("circle", &[2, 3][..]), ("sphere", &[2, 3, 4]), ("linear_h", &[2, 3]), ("pendulum_h", &[2, 3]),
        ("double_linear_h", &[2, 3, 4, 5]), ("double_pend_h", &[2, 3, 4, 5]),
        ("real_pend_circle", &[2, 3]), ("real_linear_h", &[2, 3]), ("real_pend_h", &[2, 3]),
        ("real_double_linear_h", &[2, 3, 4, 5]), ("real_double_pend_h", &[2, 3, 4, 5]),
    ] {
        if !only.is_empty() && !only.iter().any(|o| o == name) { continue; }
        let path = Path::new("/work/shared/data/motion").join(format!("{name}_1.txt"));
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<Vec<f64>> = text.lines().filter(|l| !l.starts_with('%') && !l.trim().is_empty())
            .map(|l| l.split_whitespace().map(|x| x.parse().unwrap()).collect::<Vec<f64>>()).filter(|r| cut.is_none_or(|c| r[0] == c)).collect();
        let column = |k: usize| rows.iter().map(|r| r[k]).collect::<Vec<f64>>();
        let columns: Vec<(String, Vec<f64>)> = places.iter().map(|&k| (format!("x{k}"), column(k))).collect();
        let (label, time) = (column(0), column(1));
        let by = Parting { label: Some(&label), ..Parting::default() };
        let (parts, left) = Trajectory::part(("t", &time), &columns, by).unwrap();
        let begun = Instant::now();
        eprintln!("== {name}: {} parts, {left} left out", parts.len());
        let settings = Settings { rates: false, kinds, tolerance: 0.1 };
        let found = invariants(&parts, &settings, &Job::silent()).unwrap();
        let names: Vec<String> = (0..places.len()).map(|i| format!("x{i}")).collect();
        for f in &found { eprintln!("   -> b={:.2e} left={:.1e} lost={:.1e} {}", f.balance, f.left, f.lost, f.expression.infix(&names)); }
        eprintln!("   {:.1} s", begun.elapsed().as_secs_f64());
    }
}
