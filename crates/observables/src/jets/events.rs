//! Whole events: lists of particles that are to be clustered.
//!
//! The names of the columns declare the convention:
//!
//! | convention | columns |
//! |---|---|
//! | pt-eta-phi-m | `pt`, `eta`, `phi`, `m` |
//! | pt-y-phi-m | `pt`, `y`, `phi`, `m` |
//! | px-py-pz-e | `px`, `py`, `pz`, `e` |
//!
//! each perhaps with `part_` before it, as the constituents of jets have it; of
//! jets also `part_deta` and `part_dphi`, relative to `jet_eta` and `jet_phi`. A
//! file that could be read in two ways is refused until one is asked for.
//! Without `m` particles are massless. An event may be empty.

use std::borrow::Cow;

use pellucid_core::{Jagged, Table};
use serde::{Deserialize, Serialize};

use super::four_vector::{FourVector, Pseudojet};
use super::kinematics::{Momentum, rapidity, wrap};
use super::table::lists;
use crate::ObservableError;

/// What the four numbers of a particle are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Convention {
    /// Transverse momentum, pseudorapidity, azimuth, mass.
    #[serde(rename = "pt-eta-phi-m")]
    PtEtaPhiM,
    /// Transverse momentum, rapidity, azimuth, mass.
    #[serde(rename = "pt-y-phi-m")]
    PtYPhiM,
    /// Components and energy.
    #[serde(rename = "px-py-pz-e")]
    PxPyPzE,
}

impl Convention {
    const ALL: [Self; 3] = [Self::PtEtaPhiM, Self::PtYPhiM, Self::PxPyPzE];

    fn name(self) -> &'static str {
        match self {
            Self::PtEtaPhiM => "pt-eta-phi-m",
            Self::PtYPhiM => "pt-y-phi-m",
            Self::PxPyPzE => "px-py-pz-e",
        }
    }

    /// The columns it needs, without the mass.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::PtEtaPhiM => &["pt", "eta", "phi"],
            Self::PtYPhiM => &["pt", "y", "phi"],
            Self::PxPyPzE => &["px", "py", "pz", "e"],
        }
    }
}

/// The columns that give the particles of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventColumns {
    convention: Convention,
    /// Their names, in the order of the convention.
    names: Vec<String>,
    mass: Option<String>,
    /// Whether directions are relative to `jet_eta` and `jet_phi`.
    relative: bool,
}

const EXPECTED: &str = "`pt`, `eta` or `y`, `phi` and `m`, or `px`, `py`, `pz` and `e`, \
                        each perhaps with `part_` before it";

impl EventColumns {
    /// The columns among those found, of the convention asked for or of the only
    /// one there is.
    pub fn choose(found: &[String], asked: Option<Convention>) -> Result<Self, ObservableError> {
        let has = |name: &str| found.iter().any(|other| other == name);
        let mut all: Vec<Self> = Vec::new();
        for prefix in ["", "part_"] {
            for convention in Convention::ALL {
                let names: Vec<String> = convention
                    .needs()
                    .iter()
                    .map(|name| format!("{prefix}{name}"))
                    .collect();
                let mass = format!("{prefix}m");
                if names.iter().all(|name| has(name)) {
                    let polar = convention != Convention::PxPyPzE;
                    all.push(Self {
                        convention,
                        names,
                        mass: (polar && has(&mass)).then_some(mass),
                        relative: false,
                    });
                }
            }
        }
        let relative = ["part_pt", "part_deta", "part_dphi"];
        let axes = ["jet_eta", "jet_phi"];
        if relative.iter().chain(&axes).all(|name| has(name)) {
            all.push(Self {
                convention: Convention::PtEtaPhiM,
                names: relative.map(str::to_owned).to_vec(),
                mass: has("part_m").then(|| "part_m".to_owned()),
                relative: true,
            });
        }
        all.retain(|columns| asked.is_none_or(|asked| columns.convention == asked));
        match all.len() {
            1 => Ok(all.remove(0)),
            0 => Err(ObservableError::Columns {
                quantity: "the momenta of the particles",
                expected: EXPECTED,
                found: found.to_vec(),
            }),
            _ => Err(ObservableError::Ambiguous {
                first: format!("{} ({})", all[0].convention.name(), all[0].names.join(", ")),
                second: format!("{} ({})", all[1].convention.name(), all[1].names.join(", ")),
            }),
        }
    }

    /// The columns to read.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.names.clone();
        names.extend(self.mass.clone());
        if self.relative {
            names.extend(["jet_eta".to_owned(), "jet_phi".to_owned()]);
        }
        names
    }

    /// The convention.
    pub fn convention(&self) -> Convention {
        self.convention
    }

    /// Whether particles are massless for want of a column.
    pub fn massless(&self) -> bool {
        self.mass.is_none() && self.convention != Convention::PxPyPzE
    }

    /// The particles of every event; `first_row` is the table's first row in
    /// its file.
    pub fn read(
        &self,
        table: &Table,
        first_row: usize,
    ) -> Result<Jagged<Pseudojet>, ObservableError> {
        let columns = self
            .names
            .iter()
            .map(|name| lists(table, name))
            .collect::<Result<Vec<_>, _>>()?;
        let mass = self
            .mass
            .as_ref()
            .map(|name| lists(table, name))
            .transpose()?;
        let axes = if self.relative {
            Some([table.floats("jet_eta")?, table.floats("jet_phi")?])
        } else {
            None
        };
        let mut events = Jagged::new();
        for i in 0..table.rows() {
            let row = first_row + i;
            let lists = columns
                .iter()
                .zip(&self.names)
                .chain(mass.iter().zip(&self.mass));
            self.check_lengths(row, i, lists)?;
            let axis = axes
                .as_ref()
                .map_or([0.0; 2], |[eta, phi]| [eta[i], phi[i]]);
            let mut particles = Vec::with_capacity(columns[0].row(i).len());
            for j in 0..columns[0].row(i).len() {
                let value = |k: usize, range: Range| {
                    let name = self.names.get(k).or(self.mass.as_ref());
                    let list = columns.get(k).or(mass.as_ref());
                    match (name, list) {
                        (Some(name), Some(list)) => range.check(row, name, j, list.row(i)[j]),
                        _ => Ok(0.0),
                    }
                };
                particles.push(self.particle(value, axis)?);
            }
            events.push(particles);
        }
        Ok(events)
    }

    fn particle(
        &self,
        value: impl Fn(usize, Range) -> Result<f64, ObservableError>,
        axis: [f64; 2],
    ) -> Result<Pseudojet, ObservableError> {
        if self.convention == Convention::PxPyPzE {
            let px = value(0, Range::Component)?;
            let py = value(1, Range::Component)?;
            let pz = value(2, Range::Component)?;
            let e = value(3, Range::Energy)?;
            return Ok(FourVector { px, py, pz, e }.into());
        }
        let pt = value(0, Range::Pt)?;
        let direction = axis[0] + value(1, Range::Direction)?;
        let phi = wrap(axis[1] + value(2, Range::Angle)?);
        let m = value(3, Range::Mass)?.max(0.0);
        let y = match self.convention {
            Convention::PtEtaPhiM if pt > 0.0 => rapidity(pt, direction, m),
            _ => direction,
        };
        Ok(Momentum { pt, y, phi, m }.into())
    }

    fn check_lengths<'a>(
        &self,
        row: usize,
        i: usize,
        lists: impl Iterator<Item = (&'a Cow<'a, Jagged<f64>>, &'a String)>,
    ) -> Result<(), ObservableError> {
        let mut first: Option<usize> = None;
        for (list, name) in lists {
            let length = list.row(i).len();
            let expected = *first.get_or_insert(length);
            if length != expected {
                return Err(ObservableError::Lengths {
                    row,
                    first: self.names[0].clone(),
                    first_length: expected,
                    second: name.clone(),
                    second_length: length,
                });
            }
        }
        Ok(())
    }
}

/// What a number may be.
#[derive(Clone, Copy)]
enum Range {
    Component,
    Energy,
    Pt,
    Direction,
    Angle,
    Mass,
}

impl Range {
    fn check(
        self,
        row: usize,
        column: &str,
        entry: usize,
        value: f64,
    ) -> Result<f64, ObservableError> {
        let (sound, expected) = match self {
            Self::Component => (
                value.abs() <= 1e9,
                "a finite number of at most 1e9 GeV in size",
            ),
            Self::Energy => ((0.0..=1e9).contains(&value), "an energy of 0 to 1e9 GeV"),
            Self::Pt => (
                (0.0..=1e9).contains(&value),
                "a transverse momentum of 0 to 1e9 GeV",
            ),
            Self::Direction => (
                value.abs() <= 100.0,
                "a finite number of at most 100 in size",
            ),
            Self::Angle => (value.is_finite(), "a finite angle in radians"),
            // Files in single precision have masses a little below 0.
            Self::Mass => ((-0.1..=1e9).contains(&value), "a finite mass of at least 0"),
        };
        if sound {
            Ok(value)
        } else {
            Err(ObservableError::Value {
                row,
                column: column.to_owned(),
                entry: Some(entry),
                value,
                expected,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::{Column, Values};

    fn table(columns: &[(&str, &[&[f64]])]) -> Table {
        let column = |&(name, rows): &(&str, &[&[f64]])| Column {
            name: name.to_owned(),
            unit: String::new(),
            values: Values::FloatLists(rows.iter().map(|row| row.to_vec()).collect()),
        };
        Table::new(columns.iter().map(column).collect()).unwrap()
    }

    fn read(
        columns: &[(&str, &[&[f64]])],
        asked: Option<Convention>,
    ) -> Result<Jagged<Pseudojet>, String> {
        let table = table(columns);
        let chosen = EventColumns::choose(&table.names(), asked).map_err(|e| e.to_string())?;
        chosen.read(&table, 5).map_err(|e| e.to_string())
    }

    #[test]
    fn the_three_conventions_give_the_same_particle() {
        let p = Momentum {
            pt: 3.0,
            y: 1.2,
            phi: -2.0,
            m: 0.5,
        };
        let v = FourVector::from(p);
        let eta = Pseudojet::from(v).eta();
        let polar = |direction: &'static str, value: f64| {
            read(
                &[
                    ("pt", &[&[p.pt]]),
                    (direction, &[&[value]]),
                    ("phi", &[&[p.phi]]),
                    ("m", &[&[p.m]]),
                ],
                None,
            )
        };
        let cartesian: [(&str, &[&[f64]]); 4] = [
            ("part_px", &[&[v.px]]),
            ("part_py", &[&[v.py]]),
            ("part_pz", &[&[v.pz]]),
            ("part_e", &[&[v.e]]),
        ];
        for events in [polar("y", p.y), polar("eta", eta), read(&cartesian, None)] {
            let found = events.unwrap().row(0)[0];
            assert!((found.p.pz - v.pz).abs() < 1e-13 && (found.p.e - v.e).abs() < 1e-13);
            assert!((found.y - p.y).abs() < 1e-13);
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused_until_one_is_asked_for() {
        let both: [(&str, &[&[f64]]); 4] = [
            ("pt", &[&[1.0]]),
            ("eta", &[&[1.0]]),
            ("y", &[&[0.9]]),
            ("phi", &[&[0.0]]),
        ];
        let message = read(&both, None).unwrap_err();
        assert!(
            message.contains("pt-eta-phi-m") && message.contains("--convention"),
            "{message}"
        );
        let events = read(&both, Some(Convention::PtYPhiM)).unwrap();
        assert_eq!(events.row(0)[0].y, 0.9);
        let message = read(&both, Some(Convention::PxPyPzE)).unwrap_err();
        assert!(message.contains("`px`"), "{message}");
    }

    #[test]
    fn impossible_numbers_name_row_column_and_entry() {
        let message = read(
            &[
                ("pt", &[&[], &[1.0, -2.0]]),
                ("y", &[&[], &[0.0, 0.0]]),
                ("phi", &[&[], &[0.0, 0.0]]),
            ],
            None,
        );
        let message = message.unwrap_err();
        for part in ["row 6", "`pt`", "entry 1", "-2"] {
            assert!(message.contains(part), "{message}");
        }
        let message = read(
            &[("pt", &[&[1.0]]), ("y", &[&[1.0, 2.0]]), ("phi", &[&[0.0]])],
            None,
        )
        .unwrap_err();
        assert!(
            message.contains("`pt` lists 1") && message.contains("`y` 2"),
            "{message}"
        );
    }
}
