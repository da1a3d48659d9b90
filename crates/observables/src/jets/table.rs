//! Jets out of a table of columns.
//!
//! Which columns are read as what is decided by the
//! [`vocabulary`](super::vocabulary). A pseudorapidity becomes the rapidity
//!
//! $$ y = \operatorname{asinh}\frac{p_T \sinh\eta}{\sqrt{p_T^2 + m^2}} $$
//!
//! The jet's own momentum is that of the columns `jet_pt`, `jet_y` (or
//! `jet_eta`), `jet_phi`, `jet_m` (or `jet_e`); each one that the table lacks is
//! that of the E-scheme sum of the constituents.
//!
//! Constituents without transverse momentum carry no energy flow and have no
//! direction in the plane of rapidity and azimuth; they are left out and counted,
//! and so is padding.

use pellucid_core::{Table, Values};

use super::kinematics::{self, Momentum, wrap};
use super::mirrored::Votes;
use super::property::{self, Property};
use super::ranges::{
    ANGLE, DIRECTION, ENERGY, MASS, POSITIVE, check, is_angle, is_direction, is_energy, is_mass,
    is_positive,
};
use super::reading::{Dropped, Particles, mass_of};
use super::vocabulary::{Asked, Found, Plan};
use super::{Jets, ObservableError};

/// Jets of a table, and what was left out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadJets {
    /// The jets.
    pub jets: Jets,
    /// The row of the table that each jet is from, rising.
    pub rows: Vec<usize>,
    /// What was left out of the jets' constituents.
    pub dropped: Dropped,
}

/// What is done with the error of a row of a file: the same error ends the
/// reading, `Ok` leaves the row out.
pub type BadRow<'a> = dyn FnMut(usize, ObservableError) -> Result<(), ObservableError> + 'a;

impl Plan {
    /// The jets of a table that was read by this plan: its columns have our
    /// names. `first_row` is the table's first row in its file, so that errors
    /// name the row in the file.
    pub fn jets(&self, table: &Table, first_row: usize) -> Result<Jets, ObservableError> {
        Ok(self
            .read_jets(table, first_row, &mut |_, error| Err(error))?
            .jets)
    }

    /// The same, asking what to do about rows that are no jets.
    pub fn read_jets(
        &self,
        table: &Table,
        first_row: usize,
        bad: &mut BadRow<'_>,
    ) -> Result<ReadJets, ObservableError> {
        let rows = Rows {
            plan: self,
            particles: Particles::of(self, table, first_row)?,
            properties: property::Columns::of(self, table, first_row)?,
            own: Own::of(self, table)?,
            first_row,
        };
        let mut read = ReadJets {
            jets: Jets::new(),
            rows: Vec::with_capacity(table.rows()),
            dropped: Dropped::default(),
        };
        for &property in &self.properties {
            read.jets.properties[property as usize] = Some(Vec::new());
        }
        let mut kept = Vec::new();
        let mut votes = Votes::default();
        for i in 0..table.rows() {
            let start = read.jets.pt.len();
            match rows.read(i, &mut kept, &mut read.jets) {
                Ok(dropped) => {
                    read.dropped.add(dropped);
                    read.rows.push(i);
                    let jet = read.jets.jet(read.jets.len() - 1);
                    rows.particles.judge(i, jet.constituents(), &mut votes);
                }
                Err(error) => {
                    read.jets.shorten_constituents(start);
                    bad(first_row + i, error)?;
                }
            }
        }
        if votes.contradict() {
            return Err(rows.particles.mirrored());
        }
        Ok(read)
    }
}

impl Jets {
    /// The jets of a table that has our columns or others that are known, with
    /// the properties of constituents that it tells; `first_row` is the table's
    /// first row in its file.
    pub fn from_table(table: &Table, first_row: usize) -> Result<Self, ObservableError> {
        let found: Vec<Found> = table
            .columns()
            .iter()
            .map(|column| {
                let lists = matches!(
                    column.values,
                    Values::FloatLists(_) | Values::IntegerLists(_)
                );
                Found::of(&column.name, lists)
            })
            .collect();
        let told = Property::ALL
            .into_iter()
            .filter(|property| table.get(property.column()).is_some());
        let asked = Asked::of(&found).properties(&told.collect::<Vec<_>>());
        let plan = asked.jets().plan()?;
        let columns = plan.columns.iter().filter_map(|(ours, theirs)| {
            let column = table.get(theirs)?.clone();
            Some(pellucid_core::Column {
                name: (*ours).to_owned(),
                ..column
            })
        });
        plan.jets(&Table::new(columns.collect())?, first_row)
    }

    /// Forgets all constituents from this place on, which are of no jet yet.
    fn shorten_constituents(&mut self, length: usize) {
        for array in [&mut self.pt, &mut self.y, &mut self.phi, &mut self.m] {
            array.truncate(length);
        }
        for property in self.properties.iter_mut().flatten() {
            property.truncate(length);
        }
    }
}

struct Rows<'a> {
    plan: &'a Plan,
    particles: Particles<'a>,
    properties: property::Columns<'a>,
    own: Own,
    first_row: usize,
}

impl Rows<'_> {
    /// Adds the jet of a row; on an error constituents of it may be left behind.
    fn read(
        &self,
        i: usize,
        kept: &mut Vec<usize>,
        jets: &mut Jets,
    ) -> Result<Dropped, ObservableError> {
        let row = self.first_row + i;
        let padding = self.particles.kept(i, kept)?;
        let first = self.plan.names()[0];
        let mut failed = None;
        let start = jets.pt.len();
        let before = kept.len();
        kept.retain(|&entry| {
            if failed.is_some() {
                return false;
            }
            match self.constituent(i, entry) {
                Ok(None) => false,
                Ok(Some(p)) => {
                    jets.pt.push(p.pt);
                    jets.y.push(p.y);
                    jets.phi.push(wrap(p.phi));
                    jets.m.push(p.m);
                    true
                }
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let mut dropped = Dropped {
            padding,
            without_pt: before - kept.len(),
            ..Dropped::default()
        };
        dropped.look_at(jets.pt[start..].iter().sum());
        if kept.is_empty() {
            return Err(ObservableError::Empty {
                row,
                column: self.plan.shown(first),
            });
        }
        self.properties.append(i, kept, jets)?;
        let axis = self.own.axis(self, i, jets, start)?;
        jets.offsets.push(jets.pt.len());
        jets.axes.push(axis);
        Ok(dropped)
    }

    /// The constituent of an entry; nothing if it has no transverse momentum.
    fn constituent(&self, i: usize, entry: usize) -> Result<Option<Momentum>, ObservableError> {
        let p = self.particles.particle(i, entry)?.momentum();
        if p.pt == 0.0 {
            return Ok(None);
        }
        let row = self.first_row + i;
        let column = self.plan.shown(self.plan.names()[0]);
        check(row, &column, Some(entry), p.pt, POSITIVE, is_positive)?;
        check(row, &column, Some(entry), p.y, DIRECTION, is_direction)?;
        Ok(Some(p))
    }
}

/// The columns of the jet's own momentum.
struct Own {
    pt: Option<Vec<f64>>,
    y: Option<Vec<f64>>,
    eta: Option<Vec<f64>>,
    phi: Option<Vec<f64>>,
    m: Option<Vec<f64>>,
    e: Option<Vec<f64>>,
}

impl Own {
    fn of(plan: &Plan, table: &Table) -> Result<Self, ObservableError> {
        let own = |ours: &str| {
            let read = plan.file_name(ours).is_some();
            read.then(|| table.floats(ours)).transpose()
        };
        Ok(Self {
            pt: own("jet_pt")?,
            y: own("jet_y")?,
            eta: own("jet_eta")?,
            phi: own("jet_phi")?,
            m: own("jet_m")?,
            e: own("jet_e")?,
        })
    }

    /// The momentum of the jet whose constituents begin there.
    fn axis(
        &self,
        rows: &Rows<'_>,
        i: usize,
        jets: &Jets,
        start: usize,
    ) -> Result<Momentum, ObservableError> {
        let checked = |values: &Option<Vec<f64>>, column, expected, sound: fn(f64) -> bool| {
            let name = || rows.plan.shown(column);
            values
                .as_ref()
                .map(|values| {
                    check(
                        rows.first_row + i,
                        &name(),
                        None,
                        values[i],
                        expected,
                        sound,
                    )
                })
                .transpose()
        };
        let own_pt = checked(&self.pt, "jet_pt", POSITIVE, is_positive)?;
        let own_phi = checked(&self.phi, "jet_phi", ANGLE, is_angle)?.map(wrap);
        let own_y = checked(&self.y, "jet_y", DIRECTION, is_direction)?;
        let own_eta = checked(&self.eta, "jet_eta", DIRECTION, is_direction)?;
        let mut own_m = checked(&self.m, "jet_m", MASS, is_mass)?;
        if let (Some(e), None) = (&self.e, own_m) {
            let energy = "an energy of at least the size of the momentum";
            let e = check(
                rows.first_row + i,
                &rows.plan.shown("jet_e"),
                None,
                e[i],
                ENERGY,
                is_energy,
            )?;
            own_m = match (own_pt, own_y, own_eta) {
                (Some(pt), Some(y), _) => mass_of(e / y.cosh(), pt),
                (Some(pt), None, Some(eta)) => mass_of(e, pt * eta.cosh()),
                _ => None,
            };
            if own_m.is_none() && own_pt.is_some() && own_y.or(own_eta).is_some() {
                return Err(ObservableError::Value {
                    row: rows.first_row + i,
                    column: rows.plan.shown("jet_e"),
                    entry: None,
                    value: e,
                    expected: energy,
                });
            }
        }
        let sum = || {
            kinematics::sum((start..jets.pt.len()).map(|j| Momentum {
                pt: jets.pt[j],
                y: jets.y[j],
                phi: jets.phi[j],
                m: jets.m[j],
            }))
        };
        // The sum is not cheap: only for what the table lacks.
        let axis = match (own_pt, own_y.or(own_eta), own_phi, own_m) {
            (Some(pt), Some(_), Some(phi), Some(m)) => Momentum { pt, y: 0.0, phi, m },
            (pt, _, phi, m) => {
                let sum = sum();
                Momentum {
                    pt: pt.unwrap_or(sum.pt),
                    phi: phi.unwrap_or(sum.phi),
                    m: m.unwrap_or(sum.m),
                    ..sum
                }
            }
        };
        let m = axis.m.max(0.0);
        let y = own_y
            .or(own_eta.map(|eta| kinematics::rapidity(axis.pt, eta, m)))
            .unwrap_or(axis.y);
        Ok(Momentum { y, m, ..axis })
    }
}

/// The checks of [`Jets::from_table`] for a jet that is built by hand.
pub(super) fn check_momentum(
    row: usize,
    entry: Option<usize>,
    p: Momentum,
) -> Result<(), ObservableError> {
    check(row, "pt", entry, p.pt, POSITIVE, is_positive)?;
    check(row, "y", entry, p.y, DIRECTION, is_direction)?;
    check(row, "phi", entry, p.phi, ANGLE, is_angle)?;
    check(row, "m", entry, p.m, MASS, is_mass)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::Column;

    fn lists_column(name: &str, rows: &[&[f64]]) -> Column {
        let values = Values::FloatLists(rows.iter().map(|row| row.to_vec()).collect());
        Column {
            name: name.to_owned(),
            unit: String::new(),
            values,
        }
    }

    fn numbers(name: &str, values: &[f64]) -> Column {
        Column {
            name: name.to_owned(),
            unit: String::new(),
            values: Values::Float(values.to_vec()),
        }
    }

    fn table(part_pt: &[&[f64]], part_eta: &[&[f64]]) -> Table {
        let phi: Vec<Vec<f64>> = part_pt.iter().map(|row| vec![0.1; row.len()]).collect();
        let phi: Vec<&[f64]> = phi.iter().map(Vec::as_slice).collect();
        Table::new(vec![
            lists_column("part_pt", part_pt),
            lists_column("part_eta", part_eta),
            lists_column("part_phi", &phi),
        ])
        .unwrap()
    }

    #[test]
    fn relative_pseudorapidity_becomes_rapidity() {
        let table = Table::new(vec![
            lists_column("part_pt", &[&[2.0]]),
            lists_column("part_deta", &[&[0.5]]),
            lists_column("part_dphi", &[&[0.2]]),
            lists_column("part_m", &[&[1.0]]),
            numbers("jet_eta", &[1.0]),
            numbers("jet_phi", &[3.0]),
        ])
        .unwrap();
        let jets = Jets::from_table(&table, 0).unwrap();
        let jet = jets.jet(0);
        let expected = (2.0 * 1.5_f64.sinh() / 5.0_f64.sqrt()).asinh();
        assert!((jet.y[0] - expected).abs() < 1e-14);
        assert!((jet.phi[0] - (3.2 - std::f64::consts::TAU)).abs() < 1e-14);
        // The table has no jet_pt and no jet_m: those of the sum.
        assert!((jet.axis.pt - 2.0).abs() < 1e-14);
        assert!((jet.axis.m - 1.0).abs() < 1e-14);
        assert_eq!(jet.axis.phi, 3.0);
    }

    #[test]
    fn a_missing_column_names_what_would_do_and_what_is_there() {
        let table = Table::new(vec![
            lists_column("part_pt", &[&[1.0]]),
            lists_column("part_deta", &[&[1.0]]),
        ]);
        let message = Jets::from_table(&table.unwrap(), 0)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("`part_deta` is relative to the jet and needs `jet_eta`"),
            "{message}"
        );
        assert!(
            message.contains("found are part_pt, part_deta;"),
            "{message}"
        );
    }

    #[test]
    fn lists_of_different_length_name_the_row_and_both_columns() {
        let error =
            Jets::from_table(&table(&[&[1.0], &[1.0, 2.0]], &[&[0.0], &[0.0]]), 10).unwrap_err();
        let message = error.to_string();
        for part in ["row 11", "part_pt", "2 constituents", "part_eta", " 1;"] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn impossible_numbers_name_row_column_and_value() {
        for (value, shown) in [
            (-1.5, "-1.5"),
            (1e-20, "0.00000000000000000001"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            let error =
                Jets::from_table(&table(&[&[1.0], &[3.0, value]], &[&[0.0], &[0.0, 0.0]]), 5)
                    .unwrap_err();
            let message = error.to_string();
            for part in [
                "row 6",
                "`part_pt`",
                "entry 1",
                shown,
                "transverse momentum",
            ] {
                assert!(message.contains(part), "{part}: {message}");
            }
        }
        let error = Jets::from_table(&table(&[&[1.0]], &[&[f64::NAN]]), 0).unwrap_err();
        assert!(error.to_string().contains("`part_eta`"), "{error}");
    }

    #[test]
    fn a_jet_without_constituents_is_refused() {
        let error = Jets::from_table(&table(&[&[1.0], &[]], &[&[0.0], &[]]), 0).unwrap_err();
        assert_eq!(
            error,
            ObservableError::Empty {
                row: 1,
                column: "part_pt".to_owned()
            }
        );
    }

    #[test]
    fn a_mass_is_zero_below_zero_only_within_rounding() {
        let mut almost = table(&[&[1.0]], &[&[0.0]]);
        almost.push(lists_column("part_m", &[&[-1e-3]])).unwrap();
        assert_eq!(Jets::from_table(&almost, 0).unwrap().jet(0).m, [0.0]);
        let mut wrong = table(&[&[1.0]], &[&[0.0]]);
        wrong.push(lists_column("part_m", &[&[-1.0]])).unwrap();
        assert!(matches!(
            Jets::from_table(&wrong, 0),
            Err(ObservableError::Value { .. })
        ));
    }
}
