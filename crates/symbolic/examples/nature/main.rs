//! The law that a physicist would write, from the small table that a physicist has.
//!
//! ```text
//! RAYON_NUM_THREADS=1 cargo run --release -p pellucid-symbolic --example nature -- \
//!     [seen | aside | NAME…] [--seconds 15] [--seed 0] [--front]
//! ```
//!
//! Every table of `tests/nature` (53 tables of 6 to 54 rows, their sources in
//! `tables.json`) is searched as `pellucid regress` does it. The law selected is judged beyond the
//! data, on 200 points of the range that the list names (or by what was measured there):
//! with `f` the law selected and `t` the textbook's,
//!
//! $$ \text{error} = \sqrt{\langle (f - t)^2 \rangle / \langle t^2 \rangle}. $$
//!
//! It is right if that is within the tolerance of the list, which says how far the
//! textbook's law itself is from nature or from its fit to these rows. Two parts of three
//! (`seen`) were looked at while the selection was written; the third (`aside`) was not.

mod list;

use pellucid_core::Job;
use pellucid_symbolic::search::WORK_PER_SECOND;
use pellucid_symbolic::select::{Finding, Folds, SHARE, begin, findings_with};
use pellucid_symbolic::{Expression, Limits, Settings};

use list::{Entry, entries};

/// What is asked on the command line.
struct Options {
    wanted: Vec<String>,
    seconds: f64,
    seed: u64,
    front: bool,
}

fn options() -> Result<Options, String> {
    let mut out = Options {
        wanted: Vec::new(),
        seconds: 15.0,
        seed: 0,
        front: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        let number = |text: String| text.parse::<f64>().map_err(|e| format!("`{text}`: {e}"));
        match word.as_str() {
            "--seconds" => out.seconds = number(value()?)?,
            "--seed" => out.seed = number(value()?)? as u64,
            "--front" => out.front = true,
            name => out.wanted.push(name.to_owned()),
        }
    }
    Ok(out)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = options()?;
    let all = entries()?;
    let wanted = |entry: &&Entry| {
        options.wanted.is_empty()
            || (options.wanted.iter()).any(|word| *word == entry.part || *word == entry.name)
    };
    println!("table              part  rows  ok   nodes  beyond    error    s     law");
    let (mut right, mut tried) = (0, 0);
    for entry in all.iter().filter(wanted) {
        let begun = processor_seconds();
        let (nodes, rows, law, error) = one(entry, &options)?;
        let within = error <= entry.tolerance;
        right += usize::from(within);
        tried += 1;
        println!(
            "{:18} {:5} {rows:4}  {:4} {nodes:5}  {error:.2e} ({:.0e}) {:6.1}  {law}",
            entry.name,
            entry.part,
            if within { "yes" } else { "no" },
            entry.tolerance,
            processor_seconds() - begun,
        );
    }
    println!("{right} of {tried} right beyond the data");
    Ok(())
}

/// The processor time of this process, in seconds.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name in brackets, times in hundredths are the twelfth and thirteenth.
    let rest = text.rsplit(')').next().unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Nodes, rows, text and error of the law that is selected for a table.
fn one(
    entry: &Entry,
    options: &Options,
) -> Result<(usize, usize, String, f64), Box<dyn std::error::Error>> {
    let problem = entry.problem()?;
    let settings = Settings {
        seed: options.seed,
        ..Settings::default()
    };
    let job = Job::silent();
    // Work alone, whatever the clock says: the same laws on a machine that does much else.
    let limits = |share: f64| Limits {
        work: Some((options.seconds * share * WORK_PER_SECOND as f64) as u64),
        ..Limits::default()
    };
    let few = Folds::wanted(&problem, &settings);
    let rest = if few { 1.0 - SHARE } else { 1.0 };
    let (mut engine, problem, _) = begin(&problem, &settings, limits(rest), &job)?;
    engine.run(limits(rest), &job, |_| {});
    let folds = if few && !engine.exact() {
        Folds::search(&problem, &settings, limits(SHARE), &job)?
    } else {
        None
    };
    let laws = findings_with(&engine.front(), &problem, &settings, folds.as_ref());
    if options.front {
        show(&laws, problem.names());
    }
    let selected = laws.into_iter().find(|(_, finding)| finding.selected);
    let (law, finding) = selected.ok_or("no law is selected")?;
    let error = entry.error(&law.expression, problem.names())?;
    let text = rounded(&law.expression, problem.names());
    Ok((finding.complexity, problem.rows(), text, error))
}

/// All laws of a front.
fn show(laws: &[(pellucid_symbolic::search::Law, Finding)], names: &[String]) {
    for (law, finding) in laws {
        let error = |e: Option<f64>| e.map_or_else(|| "-".to_owned(), |e| format!("{e:.1e}"));
        println!(
            "  {:3} {} {:.2e} held out {:7} outside {:7} length {:7.1}  {}",
            finding.complexity,
            if finding.selected { "*" } else { " " },
            finding.loss,
            error(finding.held_out),
            error(finding.out_of_range),
            finding.description_length,
            rounded(&law.expression, names)
        );
        if let Some(reason) = &finding.reason {
            println!("      {reason}");
        }
    }
}

/// A law with its constants to five digits, for reading.
fn rounded(law: &Expression, names: &[String]) -> String {
    let mut short = law.clone();
    for c in short.constants_mut() {
        *c = format!("{c:.4e}").parse().unwrap_or(*c);
    }
    short.infix(names)
}
