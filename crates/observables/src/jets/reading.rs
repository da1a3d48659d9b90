//! The particles of a table, row after row, as a [`Plan`] says.
//!
//! * **Padding:** entries at the end of a row of which every number that is read
//!   is 0, or of whose momentum every number is not a number, are no particles.
//!   They are left out and counted. Where there is a column `part_mask`, entries
//!   with mask 0 are left out wherever they are.
//! * **Energies:** a mass squared below 0 by rounding, as massless particles have
//!   it in files of single precision, counts as 0; one further below is no
//!   particle and is refused.

use std::borrow::Cow;

use pellucid_core::{Jagged, Table, Values};
use serde::{Deserialize, Serialize};

use super::kinematics::{Momentum, rapidity, wrap};
use super::vocabulary::{Plan, Quantity};
use crate::ObservableError;

/// Masses down to here are rounding errors of 0, GeV: files in single
/// precision take the root of a difference of squares near (300 GeV)².
const MASS_TOLERANCE: f64 = -0.1;

/// `m²` may be this far below 0, as a share of `E²`: the rounding of files in
/// single precision, whose energies and momenta are off by 6e-8 each.
const SQUARE_TOLERANCE: f64 = 1e-6;

/// An energy and a mass of one particle agree within this share of the energy:
/// files that keep numbers in half precision are off by 5e-4.
const AGREEMENT: f64 = 1e-3;

/// Beyond this no particle of a collider goes, and `exp(|y|)` is safe.
pub(super) const LARGEST_RAPIDITY: f64 = 100.0;

/// What was left out of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dropped {
    /// Entries of padding.
    pub padding: usize,
    /// Particles without transverse momentum, exactly along the beam.
    pub without_pt: usize,
}

impl Dropped {
    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what was left out elsewhere.
    pub fn add(&mut self, other: Self) {
        self.padding += other.padding;
        self.without_pt += other.without_pt;
    }

    /// What was left out in words, if anything was.
    pub fn told(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.padding > 0 {
            parts.push(format!("{} entries of padding", self.padding));
        }
        if self.without_pt > 0 {
            parts.push(format!(
                "{} constituents without transverse momentum",
                self.without_pt
            ));
        }
        (!parts.is_empty()).then(|| format!("left out: {}", parts.join(" and ")))
    }
}

/// A particle as a file has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Particle {
    /// By transverse momentum and rapidity.
    Polar(Momentum),
    /// By components, energy and mass.
    Cartesian {
        px: f64,
        py: f64,
        pz: f64,
        e: f64,
        m: f64,
    },
}

/// A column of lists, by the file's name.
struct List<'a> {
    quantity: Quantity,
    name: String,
    values: Cow<'a, Jagged<f64>>,
}

/// The columns of particles.
pub(super) struct Particles<'a> {
    plan: &'a Plan,
    lists: Vec<List<'a>>,
    /// How many of the lists are of the momentum; they are the first.
    momentum: usize,
    /// The jet's own transverse momentum, pseudorapidity and azimuth, where
    /// those of the particles are relative to them.
    origin: [Option<(String, Vec<f64>)>; 3],
    first_row: usize,
}

impl<'a> Particles<'a> {
    pub fn of(plan: &'a Plan, table: &'a Table, first_row: usize) -> Result<Self, ObservableError> {
        let mut lists = Vec::new();
        for ours in plan.names() {
            if let Some(quantity) = Quantity::of_column(ours) {
                lists.push(List {
                    quantity,
                    name: plan.shown(ours),
                    values: self::lists(table, ours)?,
                });
            }
        }
        let momentum = lists
            .iter()
            .take_while(|list| list.quantity.of_momentum())
            .count();
        let mut origin = [None, None, None];
        let relative = [
            (Quantity::RelativePt, "jet_pt"),
            (Quantity::RelativeEta, "jet_eta"),
            (Quantity::RelativePhi, "jet_phi"),
        ];
        for (origin, (quantity, jet)) in origin.iter_mut().zip(relative) {
            if plan.reads(quantity) {
                *origin = Some((plan.shown(jet), table.floats(jet)?));
            }
        }
        Ok(Self {
            plan,
            lists,
            momentum,
            origin,
            first_row,
        })
    }

    /// The entries of row `i` that are particles, and how many are padding.
    pub fn kept(&self, i: usize, kept: &mut Vec<usize>) -> Result<usize, ObservableError> {
        kept.clear();
        let first = &self.lists[0];
        let length = first.values.row(i).len();
        for list in &self.lists {
            let found = list.values.row(i).len();
            if found != length {
                return Err(ObservableError::Lengths {
                    row: self.first_row + i,
                    first: first.name.clone(),
                    first_length: length,
                    second: list.name.clone(),
                    second_length: found,
                });
            }
        }
        if let Some(mask) = self
            .lists
            .iter()
            .find(|list| list.quantity == Quantity::Mask)
        {
            for (entry, &value) in mask.values.row(i).iter().enumerate() {
                let expected = "1 for a particle or 0 for padding";
                let sound = |value: f64| value == 0.0 || value == 1.0;
                if check(
                    self.first_row + i,
                    &mask.name,
                    Some(entry),
                    value,
                    expected,
                    sound,
                )? > 0.0
                {
                    kept.push(entry);
                }
            }
            return Ok(length - kept.len());
        }
        let mut end = length;
        while end > 0 && self.is_padding(i, end - 1) {
            end -= 1;
        }
        kept.extend(0..end);
        Ok(length - end)
    }

    fn is_padding(&self, i: usize, entry: usize) -> bool {
        let mut of_momentum = self.lists[..self.momentum].iter();
        if of_momentum.all(|list| list.values.row(i)[entry].is_nan()) {
            return true;
        }
        self.lists
            .iter()
            .all(|list| list.values.row(i)[entry] == 0.0)
    }

    /// A number of an entry, and the file's name of its column.
    fn number(&self, quantity: Quantity, i: usize, entry: usize) -> Option<(f64, &str)> {
        let list = self.lists.iter().find(|list| list.quantity == quantity)?;
        Some((list.values.row(i)[entry], &list.name))
    }

    /// A number that the plan reads, checked.
    fn checked(
        &self,
        quantity: Quantity,
        i: usize,
        entry: usize,
        expected: &'static str,
        sound: fn(f64) -> bool,
    ) -> Result<f64, ObservableError> {
        let (value, name) = self.number(quantity, i, entry).unwrap_or((f64::NAN, ""));
        check(
            self.first_row + i,
            name,
            Some(entry),
            value,
            expected,
            sound,
        )
    }

    /// The number of the jet that this one is relative to.
    fn origin(&self, place: usize, i: usize) -> Result<f64, ObservableError> {
        let Some((name, values)) = &self.origin[place] else {
            return Ok(0.0);
        };
        let expected = "a finite number, which the constituents are relative to";
        check(
            self.first_row + i,
            name,
            None,
            values[i],
            expected,
            f64::is_finite,
        )
    }

    /// The particle at an entry of row `i`.
    pub fn particle(&self, i: usize, entry: usize) -> Result<Particle, ObservableError> {
        let particle = if self.plan.convention().cartesian() {
            self.cartesian(i, entry)?
        } else {
            self.polar(i, entry)?
        };
        if self.plan.checked {
            self.check_energy(i, entry, particle)?;
        }
        Ok(particle)
    }

    fn mass(&self, i: usize, entry: usize) -> Result<f64, ObservableError> {
        Ok(self.checked(Quantity::M, i, entry, MASS, is_mass)?.max(0.0))
    }

    fn energy(&self, i: usize, entry: usize) -> Result<f64, ObservableError> {
        let sound = |e: f64| (0.0..=1e9).contains(&e);
        self.checked(Quantity::E, i, entry, "an energy of 0 to 1e9 GeV", sound)
    }

    fn too_little_energy(&self, i: usize, entry: usize, e: f64) -> ObservableError {
        let name = self
            .number(Quantity::E, i, entry)
            .map_or("", |(_, name)| name);
        ObservableError::Value {
            row: self.first_row + i,
            column: name.to_owned(),
            entry: Some(entry),
            value: e,
            expected: "an energy of at least the size of the momentum",
        }
    }

    fn cartesian(&self, i: usize, entry: usize) -> Result<Particle, ObservableError> {
        let component = |quantity| {
            let expected = "a finite number of at most 1e9 GeV in size";
            self.checked(quantity, i, entry, expected, |p| p.abs() <= 1e9)
        };
        let (px, py) = (component(Quantity::Px)?, component(Quantity::Py)?);
        let pz = component(Quantity::Pz)?;
        let p = px.hypot(py).hypot(pz);
        if self.plan.convention().fourth_is_energy() {
            let e = self.energy(i, entry)?;
            let m = mass_of(e, p).ok_or_else(|| self.too_little_energy(i, entry, e))?;
            Ok(Particle::Cartesian { px, py, pz, e, m })
        } else {
            let m = self.mass(i, entry)?;
            let e = p.hypot(m);
            Ok(Particle::Cartesian { px, py, pz, e, m })
        }
    }

    fn polar(&self, i: usize, entry: usize) -> Result<Particle, ObservableError> {
        let convention = self.plan.convention();
        let pt = if self.plan.reads(Quantity::Pt) {
            self.checked(Quantity::Pt, i, entry, PT, is_pt)?
        } else {
            let share = self.checked(Quantity::RelativePt, i, entry, PT, is_pt)?;
            share * self.origin(0, i)?
        };
        if pt == 0.0 && self.is_along_the_beam(i, entry) {
            return Ok(Particle::Polar(Momentum::default()));
        }
        let direction = if convention.rapidities() {
            self.checked(Quantity::Y, i, entry, DIRECTION, is_direction)?
        } else if self.plan.reads(Quantity::Eta) {
            self.checked(Quantity::Eta, i, entry, DIRECTION, is_direction)?
        } else {
            let apart = self.checked(Quantity::RelativeEta, i, entry, DIRECTION, is_direction)?;
            apart + self.origin(1, i)?
        };
        let phi = if self.plan.reads(Quantity::Phi) {
            self.checked(Quantity::Phi, i, entry, ANGLE, f64::is_finite)?
        } else {
            let apart = self.checked(Quantity::RelativePhi, i, entry, ANGLE, f64::is_finite)?;
            wrap(self.origin(2, i)?) + apart
        };
        let m = if self.plan.massless() {
            0.0
        } else if convention.fourth_is_energy() {
            let e = self.energy(i, entry)?;
            let found = if convention.rapidities() {
                // sqrt(pt² + m²) in place of the energy, pt in place of the momentum.
                mass_of(e / direction.cosh(), pt)
            } else {
                mass_of(e, pt * direction.cosh())
            };
            found.ok_or_else(|| self.too_little_energy(i, entry, e))?
        } else {
            self.mass(i, entry)?
        };
        let y = if convention.rapidities() || pt == 0.0 {
            direction
        } else {
            rapidity(pt, direction, m)
        };
        Ok(Particle::Polar(Momentum {
            pt,
            y,
            phi: wrap(phi),
            m,
        }))
    }

    /// Whether a particle has the direction that FastJet and we give to a massless
    /// one exactly along the beam: a rapidity of 10⁵ and more.
    fn is_along_the_beam(&self, i: usize, entry: usize) -> bool {
        let mut directions = [Quantity::Y, Quantity::Eta, Quantity::RelativeEta].into_iter();
        let direction = directions.find_map(|quantity| self.number(quantity, i, entry));
        direction.is_some_and(|(y, _)| y.is_finite() && y.abs() > 1e4)
    }

    /// Where a file has masses and energies, they must agree.
    fn check_energy(
        &self,
        i: usize,
        entry: usize,
        particle: Particle,
    ) -> Result<(), ObservableError> {
        let (e, other) = match particle {
            Particle::Polar(p) => (p.pt.hypot(p.m) * p.y.cosh(), self.energy(i, entry)?),
            Particle::Cartesian { px, py, pz, e, .. } => {
                let m = self.mass(i, entry)?;
                (e, px.hypot(py).hypot(pz).hypot(m))
            }
        };
        if (e - other).abs() <= AGREEMENT * e.max(other) {
            return Ok(());
        }
        let name = |quantity| self.number(quantity, i, entry).map_or("", |(_, name)| name);
        Err(ObservableError::Disagree {
            row: self.first_row + i,
            entry,
            mass: name(Quantity::M).to_owned(),
            energy: name(Quantity::E).to_owned(),
            found: self
                .number(Quantity::E, i, entry)
                .map_or(f64::NAN, |(e, _)| e),
            expected: if matches!(particle, Particle::Polar(_)) {
                e
            } else {
                other
            },
            conventions: self.plan.convention().both_fourths(),
        })
    }
}

impl Particle {
    /// By transverse momentum, rapidity, azimuth and mass.
    pub fn momentum(self) -> Momentum {
        match self {
            Self::Polar(momentum) => momentum,
            Self::Cartesian { px, py, pz, m, .. } => {
                let pt = px.hypot(py);
                let mt = pt.hypot(m);
                Momentum {
                    pt,
                    y: if mt > 0.0 { (pz / mt).asinh() } else { 0.0 },
                    phi: py.atan2(px),
                    m,
                }
            }
        }
    }
}

/// The mass by energy and momentum; nothing if the energy is too small by more
/// than rounding.
pub(super) fn mass_of(e: f64, p: f64) -> Option<f64> {
    let square = (e + p) * (e - p);
    (square >= -SQUARE_TOLERANCE * e * e).then(|| square.max(0.0).sqrt())
}

const PT: &str = "a transverse momentum of 0 to 1e9 GeV";
const DIRECTION: &str = "a finite number of at most 100 in size";
const ANGLE: &str = "a finite angle in radians";
pub(super) const MASS: &str = "a finite mass of at least 0";

fn is_pt(pt: f64) -> bool {
    (0.0..=1e9).contains(&pt)
}

pub(super) fn is_mass(m: f64) -> bool {
    m.is_finite() && (MASS_TOLERANCE..=1e9).contains(&m)
}

pub(super) fn is_direction(y: f64) -> bool {
    y.abs() <= LARGEST_RAPIDITY
}

pub(super) fn lists<'a>(
    table: &'a Table,
    name: &str,
) -> Result<Cow<'a, Jagged<f64>>, ObservableError> {
    match &table.column(name)?.values {
        Values::FloatLists(lists) => Ok(Cow::Borrowed(lists)),
        _ => Ok(Cow::Owned(table.float_lists(name)?)),
    }
}

pub(super) fn check(
    row: usize,
    column: &str,
    entry: Option<usize>,
    value: f64,
    expected: &'static str,
    sound: fn(f64) -> bool,
) -> Result<f64, ObservableError> {
    if sound(value) {
        Ok(value)
    } else {
        Err(ObservableError::Value {
            row,
            column: column.to_owned(),
            entry,
            value,
            expected,
        })
    }
}
