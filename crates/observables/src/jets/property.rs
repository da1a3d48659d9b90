//! What is known of constituents besides their momenta.
//!
//! Files may tell of each constituent its charge, what kind of particle it is,
//! and how far from the collision its track passes. None of it is needed for the
//! energy flow; features, channels and the jet charge say with `needs` what they
//! cannot be computed without.

use pellucid_core::{Jagged, Table};
use serde::{Deserialize, Serialize};

use super::Jets;
use super::table::{check, lists};
use crate::ObservableError;

/// One such number of every constituent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// The electric charge in units of the positron's.
    Charge,
    /// The number of the particle in the Monte Carlo scheme of the Particle Data
    /// Group: 11 an electron, 13 a muon, 22 a photon, …
    Pid,
    /// The transverse impact parameter of the track, mm; 0 without a track.
    D0,
    /// The longitudinal impact parameter of the track, mm; 0 without a track.
    Dz,
    /// The uncertainty of [`Property::D0`], mm.
    D0Error,
    /// The uncertainty of [`Property::Dz`], mm.
    DzError,
}

const NUMBER: &str = "a finite number";

impl Property {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::Charge,
        Self::Pid,
        Self::D0,
        Self::Dz,
        Self::D0Error,
        Self::DzError,
    ];

    /// The column it is read from.
    pub fn column(self) -> &'static str {
        match self {
            Self::Charge => "part_charge",
            Self::Pid => "part_pid",
            Self::D0 => "part_d0",
            Self::Dz => "part_dz",
            Self::D0Error => "part_d0err",
            Self::DzError => "part_dzerr",
        }
    }

    /// What is missing without that column, and the column.
    fn missing(self) -> (&'static str, &'static str) {
        match self {
            Self::Charge => ("the charges of the constituents", "`part_charge`"),
            Self::Pid => ("the kinds of the constituents", "`part_pid`"),
            Self::D0 => ("the transverse impact parameters", "`part_d0`"),
            Self::Dz => ("the longitudinal impact parameters", "`part_dz`"),
            Self::D0Error => (
                "the errors of the transverse impact parameters",
                "`part_d0err`",
            ),
            Self::DzError => (
                "the errors of the longitudinal impact parameters",
                "`part_dzerr`",
            ),
        }
    }

    /// The error of a table that has these columns, and not this one.
    pub(crate) fn not_found(self, found: Vec<String>) -> ObservableError {
        let (quantity, expected) = self.missing();
        ObservableError::Columns {
            quantity,
            expected,
            found,
        }
    }
}

/// The lists of a table, one number for each constituent of `jets`.
pub(super) fn read(
    property: Property,
    table: &Table,
    jets: &Jets,
    first_row: usize,
) -> Result<Vec<f64>, ObservableError> {
    let column = property.column();
    let list = lists(table, column)?;
    let list: &Jagged<f64> = &list;
    let mut out = Vec::with_capacity(list.values().len());
    for i in 0..jets.len() {
        let (row, values, length) = (first_row + i, list.row(i), jets.jet(i).len());
        if values.len() != length {
            return Err(ObservableError::Lengths {
                row,
                first: "part_pt".to_owned(),
                first_length: length,
                second: column.to_owned(),
                second_length: values.len(),
            });
        }
        for (entry, &value) in values.iter().enumerate() {
            let sound = f64::is_finite;
            out.push(check(row, column, Some(entry), value, NUMBER, sound)?);
        }
    }
    Ok(out)
}
