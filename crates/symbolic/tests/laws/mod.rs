//! Published laws with their boxes and units, for tests and the example `recovery`.
//!
//! * `feynman.csv`: the 100 equations of the Feynman Symbolic Regression Database
//!   and its 20 bonus equations, with the ranges published: S.-M. Udrescu and
//!   M. Tegmark, Science Advances 6, eaay2631 (2020), arXiv:1905.11481. Units are those of
//!   the quantities the letters stand for; in II.36.38 both fields add, so `H` is in
//!   tesla.
//! * `others.csv`: N. Q. Uy et al. (2011; Nguyen), M. Keijzer (2003; without the
//!   sixth, a sum over integers that no formula of these operators is) and
//!   E. Vladislavleva et al. (2009) as collected by J. McDermott et al. (GECCO 2012),
//!   with the ranges there, and the right-hand sides of the seven differential equations
//!   after S. Strogatz used by W. La Cava et al. (2016); the ranges are boxes around
//!   their motions, in which laws found along these are judged.

use std::sync::LazyLock;

/// A law to be found again.
#[derive(Debug, Clone)]
pub struct Law {
    /// What it is called; the part before the first dot is its set or volume.
    pub name: String,
    /// The law over its variables.
    pub formula: String,
    /// The unit of its value.
    pub unit: String,
    /// The variables.
    pub variables: Vec<Variable>,
}

/// A variable of a law.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The range its values are drawn from.
    pub range: [f64; 2],
    /// Its unit.
    pub unit: String,
}

/// All laws, in the order of the files.
pub static LAWS: LazyLock<Vec<Law>> = LazyLock::new(|| {
    let files = [include_str!("feynman.csv"), include_str!("others.csv")];
    let lines = files.iter().flat_map(|file| file.lines().skip(1));
    lines.map(law).collect()
});

fn law(line: &str) -> Law {
    let cells: Vec<&str> = line.split(',').collect();
    let [name, formula, unit, variables] = cells.as_slice() else {
        panic!("four cells in {line}");
    };
    Law {
        name: (*name).to_owned(),
        formula: (*formula).to_owned(),
        unit: (*unit).to_owned(),
        variables: variables.split("; ").map(variable).collect(),
    }
}

fn variable(text: &str) -> Variable {
    let words: Vec<&str> = text.split(' ').collect();
    let [name, low, high, unit] = words.as_slice() else {
        panic!("name, range and unit in {text}");
    };
    let number = |word: &str| word.parse().expect("a number");
    Variable {
        name: (*name).to_owned(),
        range: [number(low), number(high)],
        unit: (*unit).to_owned(),
    }
}
