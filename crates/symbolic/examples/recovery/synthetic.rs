//! New laws of four fields, made by chance: a term that a textbook has and one that none
//! has.
//!
//! After the idea of LSR-Synth (P. Shojaee et al., ICML 2025, arXiv:2504.10415), whose
//! laws cannot be known by heart: of chemistry (rates of a concentration), biology (growth
//! of a population), physics (a driven oscillator) and materials (stress at a strain and a
//! temperature). The terms here are written anew, and so are the numbers; each law is the
//! sum of the two terms or, one in three, the known one times one plus the new one. Which
//! terms, which numbers: the seed decides.

use std::fmt::Write as _;

use pellucid_core::random::stream;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::laws::{Law, Variable};

/// Laws of each field.
const EACH: usize = 15;

struct Field {
    name: &'static str,
    /// Names and ranges.
    variables: &'static [(&'static str, f64, f64)],
    /// Terms; `#` is a number to be drawn.
    known: &'static [&'static str],
    new: &'static [&'static str],
}

const FIELDS: [Field; 4] = [
    Field {
        name: "chemistry",
        variables: &[("t", 0.1, 8.0), ("A", 0.05, 3.0)],
        known: &[
            "-#*A",
            "-#*A^2",
            "-#*sqrt(A)",
            "-#*A*exp(-#*t)",
            "-#*A/(# + A)",
        ],
        new: &[
            "#*A^2/(#*A^4 + 1)",
            "#*sin(log(A + 1))",
            "#*A*log(#*t + 1)",
            "#*exp(-A)*t",
            "#*A^2*sin(#*t)",
            "#*cos(#*A)",
            "#/(1 + t*A)",
            "#*sqrt(t)*A",
        ],
    },
    Field {
        name: "biology",
        variables: &[("t", 0.1, 10.0), ("P", 0.1, 6.0)],
        known: &[
            "#*P",
            "#*P*(1 - P/8)",
            "#*P*(1 - P/8)*(P/2 - 1)",
            "#*P^2/(# + P^2)",
        ],
        new: &[
            "#*(1 - exp(-#*P))",
            "#*P*sin(#*t)",
            "#*P*exp(-#*t)",
            "#*sqrt(P)",
            "#*log(1 + P*t)",
            "#*cos(#*t)*P^2/(4 + P)",
            "#*t/(1 + P)",
            "#*P^2*exp(-P)",
        ],
    },
    Field {
        name: "physics",
        variables: &[("x", -2.0, 2.0), ("t", 0.0, 6.0), ("v", -2.0, 2.0)],
        known: &[
            "#*sin(t) - #*x",
            "-#*v - #*x",
            "-#*x^3",
            "#*cos(#*t)",
            "-#*x - #*v^3",
        ],
        new: &[
            "#*x*exp(-x^2)",
            "-#*sin(v)",
            "-#*x*v",
            "-#*v*cos(t)",
            "-#*x^2*v",
            "#*v/(1 + v^2)",
            "#*exp(-#*t)*x",
            "#*sin(x*v)",
        ],
    },
    Field {
        name: "materials",
        variables: &[("e", 0.02, 1.5), ("T", 0.5, 3.0)],
        known: &[
            "#*e*(1 - #*(T - 1))",
            "#*sqrt(e)*exp(#/T)",
            "#*e/T",
            "#*(1 - exp(-#*e))",
        ],
        new: &[
            "-#*(T - 1)",
            "#*log(e + 1)*T",
            "#*e^2*exp(-T)",
            "#*e*(T - 1)^2",
            "#*exp(-(e/#)^2)",
            "#*sin(#*e)",
            "#*e/(1 + T^2)",
            "#*sqrt(e*T)",
        ],
    },
];

/// A term with its numbers drawn: from 0.3 to 3, evenly in the logarithm, two digits.
fn drawn(term: &str, rng: &mut ChaCha8Rng) -> String {
    let mut out = String::new();
    for character in term.chars() {
        if character == '#' {
            let number = 0.3 * 10.0_f64.powf(rng.random_range(0.0..1.0));
            let _ = write!(out, "{number:.2}");
        } else {
            out.push(character);
        }
    }
    out
}

/// Sixty laws.
pub fn laws(seed: u64) -> Vec<Law> {
    let mut out = Vec::new();
    for (place, field) in FIELDS.iter().enumerate() {
        let mut rng = stream(seed, place as u64);
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for known in field.known {
            pairs.extend(field.new.iter().map(|new| (*known, *new)));
        }
        for number in 0..EACH {
            let (known, new) = pairs.swap_remove(rng.random_range(0..pairs.len()));
            let product = rng.random_range(0..3) == 0;
            let [known, new] = [known, new].map(|term| drawn(term, &mut rng));
            let formula = if product {
                format!("({known})*(1 + {new})")
            } else {
                format!("{known} + {new}")
            };
            let variables = field.variables.iter().map(|(name, low, high)| Variable {
                name: (*name).to_owned(),
                range: [*low, *high],
                unit: "1".to_owned(),
            });
            out.push(Law {
                name: format!("synthetic.{}.{}", field.name, number + 1),
                formula: formula.replace("+ -", "- "),
                unit: "1".to_owned(),
                variables: variables.collect(),
            });
        }
    }
    out
}
