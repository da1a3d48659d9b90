//! Which laws are found again?
//!
//! ```text
//! cargo run --release -p pellucid-symbolic --example recovery -- [SET or NAME…]
//!     [--noise 0.01] [--smooth 0.005] [--seconds 30] [--seed 0] [--laws 1] [--rows 1000]
//!     [--units] [--ask] [--write DIR]
//! ```
//!
//! Sets: `peers` (the twenty equations that other programs were run on; if nothing is
//! named), `feynman`, `bonus`, `nguyen`, `keijzer`, `vladislavleva`, `strogatz`; see
//! `tests/laws`; `synthetic`, sixty laws made by chance from the seed `--laws`, and
//! `smooth`, thirty laws to be found behind the smooth errors of a network (`--smooth`). With `--units` the search knows the units of all columns, with `--ask`
//! it may ask the law for values and gradients, as it asks a network. With `--write` the
//! tables are written as CSV files instead, for `benches/recovery_pyoperon.py`.
//!
//! A law counts as found if a law of the front, its constants fitted anew to clean
//! data, is exact inside the box of the data (normalised squared error below 1e-7) and
//! outside of it (below 1e-6), each variable up to half a range beyond; how often it is
//! also the law that is selected is told besides. Noise is a part of the root mean
//! square of the target. Times are those of the processor.

#[path = "../../tests/laws/mod.rs"]
mod laws;

mod judge;
mod oracle;
mod smooth;
mod synthetic;
mod trajectory;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Instant;

use judge::{found, names, sample, truth};
use laws::{LAWS, Law};
use oracle::Oracle;
use pellucid_core::Job;
use pellucid_core::random::{normal, stream};
use pellucid_symbolic::distillation::ask;
use pellucid_symbolic::search::WORK_PER_SECOND;
use pellucid_symbolic::select::findings;
use pellucid_symbolic::units::Constants;
use pellucid_symbolic::{Engine, Limits, Problem, Settings, Units};

/// The equations that the peers were run on.
const PEERS: [&str; 20] = [
    "I.6.2a", "I.8.14", "I.9.18", "I.10.7", "I.12.2", "I.12.11", "I.13.4", "I.15.3x", "I.16.6",
    "I.18.4", "I.24.6", "I.29.16", "I.30.3", "I.40.1", "I.41.16", "I.44.4", "II.6.15a", "II.11.27",
    "II.35.18", "III.9.52",
];

struct Options {
    noise: f64,
    /// The part of the target's root mean square that a smooth error has.
    smooth: f64,
    /// The seed of synthetic laws.
    laws: u64,
    seconds: f64,
    seed: u64,
    rows: usize,
    units: bool,
    ask: bool,
    write: Option<String>,
    names: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut out = Options {
        noise: 0.0,
        smooth: 0.0,
        laws: 1,
        seconds: 30.0,
        seed: 0,
        rows: 1000,
        units: false,
        ask: false,
        write: None,
        names: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if !word.starts_with("--") {
            out.names.push(word);
            continue;
        }
        match word.as_str() {
            "--units" => out.units = true,
            "--ask" => out.ask = true,
            "--write" => out.write = words.next(),
            option => {
                let value: f64 = words
                    .next()
                    .and_then(|v| v.parse().ok())
                    .ok_or_else(|| format!("{option} needs a number"))?;
                match option {
                    "--noise" => out.noise = value,
                    "--smooth" => out.smooth = value,
                    "--laws" => out.laws = value as u64,
                    "--seconds" => out.seconds = value,
                    "--seed" => out.seed = value as u64,
                    "--rows" => out.rows = value as usize,
                    _ => return Err(format!("no option {option}")),
                }
            }
        }
    }
    if out.names.is_empty() {
        out.names.push("peers".to_owned());
    }
    Ok(out)
}

/// The volume or set that a law belongs to.
fn class(law: &Law) -> &str {
    law.name.split('.').next().unwrap_or_default()
}

fn asked_for(law: &Law, names: &[String]) -> bool {
    names.iter().any(|name| match name.as_str() {
        "peers" => PEERS.contains(&law.name.as_str()),
        "feynman" => ["I", "II", "III", "bonus"].contains(&class(law)),
        name => name == law.name || name == class(law),
    })
}

/// Seconds that all threads of this process have computed; the machine may be
/// shared, so the clock says nothing. By the clock where there is no `/proc`.
fn processor_seconds() -> f64 {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let begun = *BEGUN;
    let ticks = std::fs::read_to_string("/proc/self/stat")
        .ok()
        .and_then(|text| {
            let fields = text.rsplit_once(')')?.1.to_owned();
            let mut fields = fields.split_whitespace().skip(11);
            let user: f64 = fields.next()?.parse().ok()?;
            let system: f64 = fields.next()?.parse().ok()?;
            Some(user + system)
        });
    ticks.map_or_else(|| begun.elapsed().as_secs_f64(), |ticks| ticks / 100.0)
}

/// The units of a law's columns; every physical constant is one of them.
fn units(law: &Law) -> Units {
    let columns = law
        .variables
        .iter()
        .map(|v| (v.name.clone(), v.unit.clone()));
    let columns = columns.chain([("target".to_owned(), law.unit.clone())]);
    Units {
        constants: Constants::Dimensionless,
        columns: columns.collect(),
        ..Units::default()
    }
}

/// A table of a law.
fn table(law: &Law, options: &Options) -> Result<Problem, String> {
    let seed = 1000 * (options.seed + 1);
    let motions = trajectory::rows(law, seed);
    let (columns, clean) = motions.unwrap_or_else(|| sample(law, options.rows, 0.0, seed));
    let scale = (clean.iter().map(|y| y * y).sum::<f64>() / clean.len() as f64).sqrt();
    let mut rng = stream(seed + 7, 0);
    let smooth = smooth::error(&columns, options.smooth * scale, seed);
    let target: Vec<f64> = clean
        .iter()
        .zip(smooth)
        .map(|(y, e)| y + e + options.noise * scale * normal(&mut rng))
        .collect();
    let features = names(law).into_iter().zip(columns).collect();
    Problem::new(features, ("target".to_owned(), target), None).map_err(|e| e.to_string())
}

/// The search at its beginning; where the law may be asked, with what it said.
fn begin(
    law: &Law,
    problem: &Problem,
    settings: &Settings,
    options: &Options,
) -> Result<Engine, String> {
    if !options.ask {
        return Engine::new(problem, settings).map_err(|e| e.to_string());
    }
    let oracle = Oracle {
        law: truth(law),
        inputs: law.variables.len(),
    };
    let limits = Limits {
        work: Some((options.seconds * WORK_PER_SECOND as f64) as u64),
        ..Limits::default()
    };
    let known = ask(&oracle, problem, settings, limits, &Job::silent());
    let known = known.map_err(|e| e.to_string())?;
    let mut problem = problem.clone();
    for leaf in known.leaves {
        match problem.clone().with_leaves(&[leaf]) {
            Ok(with) if settings.dimensions(&with).is_ok() => problem = with,
            _ => {}
        }
    }
    let mut engine = Engine::new(&problem, settings).map_err(|e| e.to_string())?;
    engine.guess(&known.guesses);
    Ok(engine)
}

/// Writes the table of a law as CSV, the target last.
fn write(law: &Law, problem: &Problem, folder: &str) -> std::io::Result<()> {
    let mut text = format!("{},target\n", names(law).join(","));
    for row in 0..problem.rows() {
        let cells = problem.columns().iter().map(|column| column[row]);
        let cells: Vec<String> = cells
            .chain([problem.target()[row]])
            .map(|x| x.to_string())
            .collect();
        text += &(cells.join(",") + "\n");
    }
    std::fs::write(format!("{folder}/{}.csv", law.name), text)
}

/// Laws tried, found and selected.
#[derive(Default)]
struct Count {
    tried: usize,
    found: usize,
    selected: usize,
}

fn main() -> Result<(), String> {
    let options = options()?;
    let made = [synthetic::laws(options.laws), smooth::laws()].concat();
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut total = 0.0;
    let all = LAWS.iter().chain(&made);
    for law in all.filter(|law| asked_for(law, &options.names)) {
        let problem = table(law, &options)?;
        if let Some(folder) = &options.write {
            write(law, &problem, folder).map_err(|e| format!("{folder}: {e}"))?;
            continue;
        }
        let settings = Settings {
            seed: options.seed,
            units: options.units.then(|| units(law)),
            ..Settings::default()
        };
        let begun = processor_seconds();
        let mut engine = begin(law, &problem, &settings, &options)?;
        while !engine.done() && processor_seconds() - begun < options.seconds {
            engine.round();
        }
        let seconds = processor_seconds() - begun;
        let judged = 1000 * (options.seed + 1) + 10;
        let front = engine.front();
        let right = front.laws().find(|l| found(law, &l.expression, judged));
        let choice = findings(&front, &problem, &settings)
            .into_iter()
            .find(|(_, finding)| finding.selected);
        let chosen = choice.filter(|(l, _)| found(law, &l.expression, judged));
        let count = counts.entry(class(law)).or_default();
        count.tried += 1;
        count.found += usize::from(right.is_some());
        count.selected += usize::from(chosen.is_some());
        total += seconds;
        println!(
            "{:17} {:3} {:8} {seconds:6.1} s {:4} rounds {:9} work  {}",
            law.name,
            if right.is_some() { "yes" } else { "no" },
            if chosen.is_some() { "selected" } else { "-" },
            engine.rounds(),
            engine.work(),
            // As it is reported, if it is the one selected.
            chosen
                .as_ref()
                .map(|(l, _)| l)
                .or(right)
                .or(front.best())
                .map_or_else(String::new, |l| format!(
                    "{:.2e} [{}] {}",
                    l.loss,
                    l.complexity(),
                    l.expression.infix(&names(law))
                )),
        );
    }
    let mut all = Count::default();
    for (class, count) in &counts {
        println!(
            "{class}: {} of {}, {} of them selected",
            count.found, count.tried, count.selected
        );
        all.tried += count.tried;
        all.found += count.found;
        all.selected += count.selected;
    }
    let Count {
        tried,
        found,
        selected,
    } = all;
    println!("{found} of {tried}, {selected} of them selected, {total:.0} processor seconds");
    Ok(())
}
