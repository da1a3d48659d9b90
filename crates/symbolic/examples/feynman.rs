//! Which laws of physics are found again?
//!
//! `cargo run --release -p pellucid-symbolic --example feynman -- [--noise 0.01]
//! [--seconds 30] [--seed 0] [--rows 1000] [--units] [NAME…]`
//!
//! Twenty equations of the Feynman database of S.-M. Udrescu and M. Tegmark
//! (Science Advances 6, eaay2631, 2020) with its ranges; with `--units` the search
//! knows the units of all columns. A law counts as found
//! if a law of the front, its constants fitted anew to clean data, is exact
//! inside the box of the data (normalised squared error below 1e-7) and outside
//! of it (below 1e-6), each variable up to half a range beyond; how often it is
//! also the law that is selected is told besides. Noise is a part of the root
//! mean square of the target. The time is that of the search.

use std::sync::LazyLock;
use std::time::Instant;

use pellucid_core::random::{normal, stream};
use pellucid_symbolic::evaluate::{Program, Rows, Scratch};
use pellucid_symbolic::fit::{Effort, fit};
use pellucid_symbolic::select::findings;
use pellucid_symbolic::units::Constants;
use pellucid_symbolic::{Engine, Expression, Problem, Settings, Units};
use rand::RngExt;

struct Law {
    name: &'static str,
    formula: &'static str,
    unit: &'static str,
    /// Names, ranges and units.
    variables: &'static [(&'static str, f64, f64, &'static str)],
}

const LAWS: &[Law] = &[
    Law {
        name: "I.6.2a",
        formula: "exp(-theta**2/2)/sqrt(2*pi)",
        unit: "1",
        variables: &[("theta", 1.0, 3.0, "1")],
    },
    Law {
        name: "I.8.14",
        formula: "sqrt((x2-x1)**2+(y2-y1)**2)",
        unit: "m",
        variables: &[
            ("x1", 1.0, 5.0, "m"),
            ("x2", 1.0, 5.0, "m"),
            ("y1", 1.0, 5.0, "m"),
            ("y2", 1.0, 5.0, "m"),
        ],
    },
    Law {
        name: "I.9.18",
        formula: "G*m1*m2/((x2-x1)**2+(y2-y1)**2+(z2-z1)**2)",
        unit: "N",
        variables: &[
            ("m1", 1.0, 2.0, "kg"),
            ("m2", 1.0, 2.0, "kg"),
            ("G", 1.0, 2.0, "N*m^2/kg^2"),
            ("x1", 3.0, 4.0, "m"),
            ("x2", 1.0, 2.0, "m"),
            ("y1", 3.0, 4.0, "m"),
            ("y2", 1.0, 2.0, "m"),
            ("z1", 3.0, 4.0, "m"),
            ("z2", 1.0, 2.0, "m"),
        ],
    },
    Law {
        name: "I.10.7",
        formula: "m_0/sqrt(1-v**2/c**2)",
        unit: "kg",
        variables: &[
            ("m_0", 1.0, 5.0, "kg"),
            ("v", 1.0, 2.0, "m/s"),
            ("c", 3.0, 10.0, "m/s"),
        ],
    },
    Law {
        name: "I.12.2",
        formula: "q1*q2/(4*pi*eps*r**2)",
        unit: "N",
        variables: &[
            ("q1", 1.0, 5.0, "C"),
            ("q2", 1.0, 5.0, "C"),
            ("eps", 1.0, 5.0, "F/m"),
            ("r", 1.0, 5.0, "m"),
        ],
    },
    Law {
        name: "I.12.11",
        formula: "q*(Ef+B*v*sin(theta))",
        unit: "N",
        variables: &[
            ("q", 1.0, 5.0, "C"),
            ("Ef", 1.0, 5.0, "V/m"),
            ("B", 1.0, 5.0, "T"),
            ("v", 1.0, 5.0, "m/s"),
            ("theta", 1.0, 5.0, "1"),
        ],
    },
    Law {
        name: "I.13.4",
        formula: "0.5*m*(v**2+u**2+w**2)",
        unit: "J",
        variables: &[
            ("m", 1.0, 5.0, "kg"),
            ("v", 1.0, 5.0, "m/s"),
            ("u", 1.0, 5.0, "m/s"),
            ("w", 1.0, 5.0, "m/s"),
        ],
    },
    Law {
        name: "I.15.3x",
        formula: "(x-u*t)/sqrt(1-u**2/c**2)",
        unit: "m",
        variables: &[
            ("x", 5.0, 10.0, "m"),
            ("u", 1.0, 2.0, "m/s"),
            ("c", 3.0, 20.0, "m/s"),
            ("t", 1.0, 2.0, "s"),
        ],
    },
    Law {
        name: "I.16.6",
        formula: "(u+v)/(1+u*v/c**2)",
        unit: "m/s",
        variables: &[
            ("c", 1.0, 5.0, "m/s"),
            ("v", 1.0, 5.0, "m/s"),
            ("u", 1.0, 5.0, "m/s"),
        ],
    },
    Law {
        name: "I.18.4",
        formula: "(m1*r1+m2*r2)/(m1+m2)",
        unit: "m",
        variables: &[
            ("m1", 1.0, 5.0, "kg"),
            ("m2", 1.0, 5.0, "kg"),
            ("r1", 1.0, 5.0, "m"),
            ("r2", 1.0, 5.0, "m"),
        ],
    },
    Law {
        name: "I.24.6",
        formula: "0.25*m*(omega**2+omega_0**2)*x**2",
        unit: "J",
        variables: &[
            ("m", 1.0, 3.0, "kg"),
            ("omega", 1.0, 3.0, "1/s"),
            ("omega_0", 1.0, 3.0, "1/s"),
            ("x", 1.0, 3.0, "m"),
        ],
    },
    Law {
        name: "I.29.16",
        formula: "sqrt(x1**2+x2**2-2*x1*x2*cos(theta1-theta2))",
        unit: "m",
        variables: &[
            ("x1", 1.0, 5.0, "m"),
            ("x2", 1.0, 5.0, "m"),
            ("theta1", 1.0, 5.0, "1"),
            ("theta2", 1.0, 5.0, "1"),
        ],
    },
    Law {
        name: "I.30.3",
        formula: "Int_0*sin(n*theta/2)**2/sin(theta/2)**2",
        unit: "W/m^2",
        variables: &[
            ("Int_0", 1.0, 5.0, "W/m^2"),
            ("theta", 1.0, 5.0, "1"),
            ("n", 1.0, 5.0, "1"),
        ],
    },
    Law {
        name: "I.40.1",
        formula: "n_0*exp(-m*g*x/(kb*T))",
        unit: "1/m^3",
        variables: &[
            ("n_0", 1.0, 5.0, "1/m^3"),
            ("m", 1.0, 5.0, "kg"),
            ("x", 1.0, 5.0, "m"),
            ("T", 1.0, 5.0, "K"),
            ("g", 1.0, 5.0, "m/s^2"),
            ("kb", 1.0, 5.0, "J/K"),
        ],
    },
    Law {
        name: "I.41.16",
        formula: "h/(2*pi)*omega**3/(pi**2*c**2*(exp((h/(2*pi))*omega/(kb*T))-1))",
        unit: "W*s/m^2",
        variables: &[
            ("omega", 1.0, 5.0, "1/s"),
            ("T", 1.0, 5.0, "K"),
            ("h", 1.0, 5.0, "J*s"),
            ("kb", 1.0, 5.0, "J/K"),
            ("c", 1.0, 5.0, "m/s"),
        ],
    },
    Law {
        name: "I.44.4",
        formula: "n*kb*T*log(V2/V1)",
        unit: "J",
        variables: &[
            ("n", 1.0, 5.0, "1"),
            ("kb", 1.0, 5.0, "J/K"),
            ("T", 1.0, 5.0, "K"),
            ("V1", 1.0, 5.0, "m^3"),
            ("V2", 1.0, 5.0, "m^3"),
        ],
    },
    Law {
        name: "II.6.15a",
        formula: "p_d/(4*pi*eps)*3*z/r**5*sqrt(x**2+y**2)",
        unit: "V/m",
        variables: &[
            ("eps", 1.0, 3.0, "F/m"),
            ("p_d", 1.0, 3.0, "C*m"),
            ("r", 1.0, 3.0, "m"),
            ("x", 1.0, 3.0, "m"),
            ("y", 1.0, 3.0, "m"),
            ("z", 1.0, 3.0, "m"),
        ],
    },
    Law {
        name: "II.11.27",
        formula: "n*alpha/(1-(n*alpha/3))*eps*Ef",
        unit: "C/m^2",
        variables: &[
            ("n", 0.0, 1.0, "1/m^3"),
            ("alpha", 0.0, 1.0, "m^3"),
            ("eps", 1.0, 2.0, "F/m"),
            ("Ef", 1.0, 2.0, "V/m"),
        ],
    },
    Law {
        name: "II.35.18",
        formula: "n_0/(exp(mom*B/(kb*T))+exp(-mom*B/(kb*T)))",
        unit: "1/m^3",
        variables: &[
            ("n_0", 1.0, 3.0, "1/m^3"),
            ("kb", 1.0, 3.0, "J/K"),
            ("T", 1.0, 3.0, "K"),
            ("mom", 1.0, 3.0, "J/T"),
            ("B", 1.0, 3.0, "T"),
        ],
    },
    Law {
        name: "III.9.52",
        formula: "(p_d*Ef*t/(h/(2*pi)))*sin((omega-omega_0)*t/2)**2/((omega-omega_0)*t/2)**2",
        unit: "1",
        variables: &[
            ("p_d", 1.0, 3.0, "C*m"),
            ("Ef", 1.0, 3.0, "V/m"),
            ("t", 1.0, 3.0, "s"),
            ("h", 1.0, 3.0, "J*s"),
            ("omega", 1.0, 5.0, "1/s"),
            ("omega_0", 1.0, 5.0, "1/s"),
        ],
    },
];

struct Options {
    noise: f64,
    seconds: f64,
    seed: u64,
    rows: usize,
    units: bool,
    names: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut out = Options {
        noise: 0.0,
        seconds: 30.0,
        seed: 0,
        rows: 1000,
        units: false,
        names: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if !word.starts_with("--") {
            out.names.push(word);
            continue;
        }
        if word == "--units" {
            out.units = true;
            continue;
        }
        let value: f64 = words
            .next()
            .and_then(|v| v.parse().ok())
            .ok_or_else(|| format!("{word} needs a number"))?;
        match word.as_str() {
            "--noise" => out.noise = value,
            "--seconds" => out.seconds = value,
            "--seed" => out.seed = value as u64,
            "--rows" => out.rows = value as usize,
            _ => return Err(format!("no option {word}")),
        }
    }
    Ok(out)
}

/// Rows of the box, or (`stretch > 0`) rows with at least one variable beyond it.
fn sample(law: &Law, rows: usize, stretch: f64, seed: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let names: Vec<String> = law.variables.iter().map(|v| v.0.to_owned()).collect();
    let truth = Expression::parse(law.formula, &names).expect("the list holds formulas");
    let mut rng = stream(seed, 0);
    let mut columns = vec![Vec::new(); names.len()];
    let mut target = Vec::new();
    while target.len() < rows {
        let range = |v: &(&str, f64, f64, &str)| v.1..v.2 + stretch * (v.2 - v.1);
        let point: Vec<f64> = law
            .variables
            .iter()
            .map(|v| rng.random_range(range(v)))
            .collect();
        let beyond = point.iter().zip(law.variables).any(|(x, v)| *x > v.2);
        let y = truth.at(&point);
        if (stretch == 0.0 || beyond) && y.is_finite() {
            for (column, x) in columns.iter_mut().zip(point) {
                column.push(x);
            }
            target.push(y);
        }
    }
    (columns, target)
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
    let columns = law.variables.iter().map(|v| (v.0, v.3));
    let columns = columns.chain([("y", law.unit)]);
    Units {
        constants: Constants::Dimensionless,
        columns: columns.map(|(n, u)| (n.to_owned(), u.to_owned())).collect(),
        ..Units::default()
    }
}

/// Squared error over variance.
fn error(law: &Expression, columns: &[Vec<f64>], target: &[f64]) -> f64 {
    let rows = Rows::<f64>::new(columns, target, &vec![1.0; target.len()]);
    let squares = Program::new(law).squares(law.constants(), &rows, f64::MAX, &mut Scratch::new());
    let mean = target.iter().sum::<f64>() / target.len() as f64;
    squares / target.iter().map(|y| (y - mean).powi(2)).sum::<f64>()
}

fn found(law: &Law, candidate: &Expression, seed: u64) -> bool {
    let (columns, target) = sample(law, 600, 0.0, seed);
    let rows = Rows::<f64>::new(&columns, &target, &vec![1.0; target.len()]);
    let mut refitted = candidate.clone();
    if let (Some(fit), _) = fit(candidate, &rows, Effort::POLISH, &mut Scratch::new()) {
        refitted.constants_mut().copy_from_slice(&fit.constants);
    }
    let (inside, at_inside) = sample(law, 2000, 0.0, seed + 1);
    let (outside, at_outside) = sample(law, 2000, 0.5, seed + 2);
    error(&refitted, &inside, &at_inside) < 1e-7 && error(&refitted, &outside, &at_outside) < 1e-6
}

fn main() -> Result<(), String> {
    let options = options()?;
    let mut recovered = 0;
    let mut selected = 0;
    let mut tried = 0;
    let mut total = 0.0;
    for law in LAWS {
        if !options.names.is_empty() && !options.names.iter().any(|n| n == law.name) {
            continue;
        }
        let seed = 1000 * (options.seed + 1);
        let (columns, clean) = sample(law, options.rows, 0.0, seed);
        let scale = (clean.iter().map(|y| y * y).sum::<f64>() / clean.len() as f64).sqrt();
        let mut rng = stream(seed + 7, 0);
        let target: Vec<f64> = clean
            .iter()
            .map(|y| y + options.noise * scale * normal(&mut rng))
            .collect();
        let names: Vec<String> = law.variables.iter().map(|v| v.0.to_owned()).collect();
        let features = names.iter().cloned().zip(columns).collect();
        let problem =
            Problem::new(features, ("y".to_owned(), target), None).map_err(|e| e.to_string())?;
        let settings = Settings {
            seed: options.seed,
            units: options.units.then(|| units(law)),
            ..Settings::default()
        };
        let begun = processor_seconds();
        let mut engine = Engine::new(&problem, &settings).map_err(|e| e.to_string())?;
        while !engine.exact() && processor_seconds() - begun < options.seconds {
            engine.round();
        }
        let seconds = processor_seconds() - begun;
        let front = engine.front();
        let right = front.laws().find(|l| found(law, &l.expression, seed + 10));
        let choice = findings(&front, &problem, &settings)
            .into_iter()
            .find(|(_, finding)| finding.selected);
        let chosen = choice.is_some_and(|(l, _)| found(law, &l.expression, seed + 10));
        selected += usize::from(chosen);
        tried += 1;
        total += seconds;
        recovered += usize::from(right.is_some());
        let best = front.best();
        println!(
            "{:10} {:3} {:8} {seconds:6.1} s {:4} rounds {:9} work  {}",
            law.name,
            if right.is_some() { "yes" } else { "no" },
            if chosen { "selected" } else { "-" },
            engine.rounds(),
            engine.work(),
            right.or(best).map_or_else(String::new, |l| format!(
                "{:.2e} [{}] {}",
                l.loss,
                l.complexity(),
                l.expression.infix(&names)
            )),
        );
    }
    println!("{recovered} of {tried}, {selected} of them selected, {total:.0} processor seconds");
    Ok(())
}
