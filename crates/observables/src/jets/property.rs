//! What is known of constituents besides their momenta.
//!
//! Files may tell of each constituent its charge, what kind of particle it is,
//! and how far from the collision its track passes. None of it is needed for the
//! energy flow; features, channels and the jet charge say with `needs` what they
//! cannot be computed without.

//!
//! Where a file has no numbers of kinds but flags each of five kinds
//! (`part_isChargedHadron`, `part_isNeutralHadron`, `part_isPhoton`,
//! `part_isElectron`, `part_isMuon`, 0 or 1), a kind stands for its most common
//! particle: 211, 130, 22, 11, 13, with the sign that the charge tells; 0 where
//! nothing is flagged.

use std::borrow::Cow;

use pellucid_core::{Jagged, Table};
use serde::{Deserialize, Serialize};

use super::Jets;
use super::ranges::check;
use super::reading::lists;
use super::vocabulary::{Kind, Plan};
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
            Self::Pid => (
                "the kinds of the constituents",
                "`part_pid`, or the flags `part_isChargedHadron`, `part_isNeutralHadron`, \
                 `part_isPhoton`, `part_isElectron` and `part_isMuon`",
            ),
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
            column: self.column(),
            quantity,
            expected,
            found,
        }
    }
}

/// The columns of a table that tell it.
pub(super) struct Columns<'a> {
    /// Properties that have a column of their own.
    lists: Vec<(Property, List<'a>)>,
    /// Flags in place of the numbers of kinds.
    flags: Vec<(Kind, List<'a>)>,
    /// Where the charges are among the lists, for the signs of kinds.
    charges: Option<usize>,
    first_row: usize,
}

/// The file's name of a column, and its lists.
type List<'a> = (String, Cow<'a, Jagged<f64>>);

impl<'a> Columns<'a> {
    pub fn of(plan: &Plan, table: &'a Table, first_row: usize) -> Result<Self, ObservableError> {
        let of = |column: &'static str| -> Result<List<'a>, ObservableError> {
            Ok((plan.shown(column), lists(table, column)?))
        };
        let flagged = |property: &Property| *property == Property::Pid && !plan.flags.is_empty();
        let own = plan.properties.iter().filter(|property| !flagged(property));
        let own: Vec<(Property, List<'a>)> = own
            .map(|&property| Ok((property, of(property.column())?)))
            .collect::<Result<_, ObservableError>>()?;
        let flags = plan.flags.iter();
        let flags = flags
            .map(|&kind| Ok((kind, of(kind.column())?)))
            .collect::<Result<_, ObservableError>>()?;
        Ok(Self {
            charges: own
                .iter()
                .position(|(property, _)| *property == Property::Charge),
            lists: own,
            flags,
            first_row,
        })
    }

    /// Adds those of the entries of row `i` that are kept.
    pub fn append(&self, i: usize, kept: &[usize], jets: &mut Jets) -> Result<(), ObservableError> {
        for (property, (name, list)) in &self.lists {
            let Some(out) = &mut jets.properties[*property as usize] else {
                continue;
            };
            for &entry in kept {
                let (row, value) = (self.first_row + i, list.row(i)[entry]);
                out.push(check(
                    row,
                    name,
                    Some(entry),
                    value,
                    NUMBER,
                    f64::is_finite,
                )?);
            }
        }
        if let (false, Some(out)) = (
            self.flags.is_empty(),
            &mut jets.properties[Property::Pid as usize],
        ) {
            for &entry in kept {
                out.push(self.kind(i, entry)?);
            }
        }
        Ok(())
    }

    /// The number of the kind that is flagged; 0 where none is.
    fn kind(&self, i: usize, entry: usize) -> Result<f64, ObservableError> {
        let row = self.first_row + i;
        let charge = self
            .charges
            .map(|place| self.lists[place].1.1.row(i)[entry]);
        let mut found: Option<(&str, f64)> = None;
        for (kind, (name, list)) in &self.flags {
            let expected = "0 or 1";
            let sound = |value: f64| value == 0.0 || value == 1.0;
            if check(row, name, Some(entry), list.row(i)[entry], expected, sound)? == 0.0 {
                continue;
            }
            if let Some((first, _)) = found {
                return Err(ObservableError::Flags {
                    row,
                    entry,
                    first: first.to_owned(),
                    second: name.clone(),
                });
            }
            found = Some((name, kind.pid(charge)));
        }
        Ok(found.map_or(0.0, |(_, pid)| pid))
    }
}
