//! Whole events: lists of particles that are to be clustered.
//!
//! Which columns are read as what is decided by the
//! [`vocabulary`](super::vocabulary). Without masses or energies particles are
//! massless. An event may be empty, and a particle may have no transverse
//! momentum if it goes along the beam or has a mass; only padding is left out, and
//! what has no momentum at all.

use pellucid_core::{Jagged, Table};

use super::four_vector::{FourVector, Pseudojet};
use super::kinematics::Momentum;
use super::reading::{Dropped, Particle, Particles};
use super::vocabulary::Plan;
use crate::ObservableError;

/// Events of a table, and what was left out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadEvents {
    /// The particles of every event.
    pub particles: Jagged<Pseudojet>,
    /// Where each particle is in its row, if entries before it were left out.
    pub places: Option<Jagged<usize>>,
    /// The rows of the table that the events are from, rising.
    pub rows: Vec<usize>,
    /// What was left out of the rows.
    pub dropped: Dropped,
}

impl Plan {
    /// The particles of a table that was read by this plan: its columns have our
    /// names. `first_row` is the table's first row in its file; `bad` is asked
    /// what to do about rows with impossible numbers.
    pub fn read_events(
        &self,
        table: &Table,
        first_row: usize,
        bad: &mut super::BadRow<'_>,
    ) -> Result<ReadEvents, ObservableError> {
        let columns = Particles::of(self, table, first_row)?;
        let (mut events, mut places) = (Jagged::new(), Jagged::new());
        let mut rows = Vec::with_capacity(table.rows());
        let mut dropped = Dropped::default();
        let mut kept = Vec::new();
        // Whether entries were left out before others.
        let mut moved = false;
        for i in 0..table.rows() {
            let event = columns.kept(i, &mut kept).and_then(|padding| {
                let mut particles = Vec::with_capacity(kept.len());
                let mut of = Vec::with_capacity(kept.len());
                for &entry in &kept {
                    let particle = columns.particle(i, entry)?;
                    if particle != Particle::Polar(Momentum::default()) {
                        particles.push(pseudojet(particle));
                        of.push(entry);
                    }
                }
                Ok((particles, of, padding))
            });
            match event {
                Ok((particles, of, padding)) => {
                    dropped.without_pt += kept.len() - of.len();
                    dropped.look_at(particles.iter().map(Pseudojet::pt).sum());
                    moved |= of.iter().enumerate().any(|(place, &entry)| place != entry);
                    events.push(particles);
                    places.push(of);
                    dropped.padding += padding;
                    rows.push(i);
                }
                Err(error) => bad(first_row + i, error)?,
            }
        }
        Ok(ReadEvents {
            particles: events,
            places: moved.then_some(places),
            rows,
            dropped,
        })
    }
}

/// As clustering takes it: components as they are given, but for the energy of a
/// massless particle exactly along the beam, which rounding may have put below
/// its momentum and which then has no rapidity.
fn pseudojet(particle: Particle) -> Pseudojet {
    match particle {
        Particle::Polar(momentum) => momentum.into(),
        Particle::Cartesian { px, py, pz, e, .. } => {
            let along = px == 0.0 && py == 0.0 && e < pz.abs();
            let e = if along { pz.abs() } else { e };
            FourVector { px, py, pz, e }.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vocabulary::{Asked, Convention, Found};
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
        Ok(read_all(columns, asked)?.particles)
    }

    fn read_all(
        columns: &[(&str, &[&[f64]])],
        asked: Option<Convention>,
    ) -> Result<ReadEvents, String> {
        let found: Vec<Found> = columns
            .iter()
            .map(|(name, _)| Found::of(*name, true))
            .collect();
        let plan = Asked::of(&found).convention(asked).plan();
        let plan = plan.map_err(|e| e.to_string())?;
        let ours: Vec<(&str, &[&[f64]])> = plan
            .columns
            .iter()
            .map(|(ours, theirs)| {
                let (_, rows) = columns.iter().find(|(name, _)| name == theirs).unwrap();
                (*ours, *rows)
            })
            .collect();
        plan.read_events(&table(&ours), 5, &mut |_, error| Err(error))
            .map_err(|e| e.to_string())
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
