//! The particles of a table, row after row, as a [`Plan`] says.
//!
//! * **Padding:** entries at the end of a row of which every number that is read
//!   is 0, or of whose momentum every number is not a number, are no particles.
//!   They are left out and counted. Where there is a column `part_mask`, entries
//!   with mask 0 are left out wherever they are.
//! * **No transverse momentum:** a particle of `pt = 0` has no pseudorapidity, so
//!   whatever a file says of one, it has no momentum: it is left out and counted.
//! * **Energies:** a mass squared below 0 by rounding, as massless particles have
//!   it in files of single precision, counts as 0; one further below is no
//!   particle and is refused.

use std::borrow::Cow;

use pellucid_core::{Jagged, Table, Values};
use serde::{Deserialize, Serialize};

use super::kinematics::{Momentum, pseudorapidity, rapidity, wrap};
use super::mirrored::Votes;
use super::ranges::{
    ANGLE, DIRECTION, ENERGY, MASS, PT, check, is_angle, is_direction, is_energy, is_mass, is_pt,
};
use super::vocabulary::{Meaning, Plan, Quantity};
use crate::ObservableError;

/// `m²` may be this far below 0, as a share of `E²`: files that print six digits, as
/// C++ does by default, have energies and momenta that are off by 5e-6 each.
const SQUARE_TOLERANCE: f64 = 2e-5;

/// The same for numbers of half precision, which are off by 5e-4 each, and at η = 4 by
/// 2e-3 in `cosh η`.
const HALF_SQUARE_TOLERANCE: f64 = 1e-2;

/// An energy and a mass of one particle agree within this share of the energy:
/// files that keep numbers in half precision are off by 5e-4.
const AGREEMENT: f64 = 1e-3;

/// What was left out of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dropped {
    /// Entries of padding.
    pub padding: usize,
    /// Particles without transverse momentum, exactly along the beam.
    pub without_pt: usize,
    /// Rows that were not left out, but whose momenta are beyond those of the LHC.
    #[serde(skip_serializing_if = "is_none")]
    pub beyond: usize,
}

// The signature is serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// No transverse momenta of one collision of the LHC add up to more, GeV.
const BEYOND: f64 = 14e3;

impl Dropped {
    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Looks at the sum of the transverse momenta of a row.
    pub(super) fn look_at(&mut self, sum: f64) {
        self.beyond += usize::from(sum > BEYOND);
    }

    /// Adds what was left out elsewhere.
    pub fn add(&mut self, other: Self) {
        self.padding += other.padding;
        self.without_pt += other.without_pt;
        self.beyond += other.beyond;
    }

    /// What was left out, or is strange, in words.
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
        let mut sentences = Vec::new();
        if !parts.is_empty() {
            sentences.push(format!("left out: {}", parts.join(" and ")));
        }
        if self.beyond > 0 {
            sentences.push(format!(
                "in {} rows the transverse momenta add up to more than 14 TeV: they are read as GeV; are \
                 they in MeV?",
                self.beyond
            ));
        }
        (!sentences.is_empty()).then(|| sentences.join("; "))
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
        let of_jet = [
            (Quantity::Pt, "jet_pt"),
            (Quantity::Eta, "jet_eta"),
            (Quantity::Phi, "jet_phi"),
        ];
        for (origin, (quantity, jet)) in origin.iter_mut().zip(of_jet) {
            let relative = quantity.relatives().iter().any(|&q| plan.reads(q));
            // The azimuth of all jets may be said to be 0.
            if relative && plan.file_name(jet).is_some() {
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
        if self.masked(i, kept)? {
            return Ok(length - kept.len());
        }
        let mut end = length;
        while end > 0 && self.is_padding(i, end - 1) {
            end -= 1;
        }
        kept.extend(0..end);
        Ok(length - end)
    }

    /// The entries of row `i` that the mask keeps; false if there is no mask.
    fn masked(&self, i: usize, kept: &mut Vec<usize>) -> Result<bool, ObservableError> {
        let mut masks = self.lists.iter().filter_map(|list| match list.quantity {
            Quantity::Mask => Some((list, 1.0, "1 for a particle or 0 for padding")),
            Quantity::Padding => Some((list, 0.0, "1 for padding or 0 for a particle")),
            _ => None,
        });
        let Some((mask, particle, expected)) = masks.next() else {
            return Ok(false);
        };
        let (row, values) = (self.first_row + i, mask.values.row(i));
        let sound = |value: f64| value == 0.0 || value == 1.0;
        for (entry, &value) in values.iter().enumerate() {
            if check(row, &mask.name, Some(entry), value, expected, sound)? == particle {
                kept.push(entry);
            }
        }
        // All that is kept is empty, and something that is left out is not.
        let left_out = |entry: &usize| values[*entry] != particle;
        let nothing = |entry: usize| self.is_nothing(i, entry);
        if !kept.is_empty()
            && kept.iter().all(|&entry| nothing(entry))
            && (0..values.len())
                .filter(left_out)
                .any(|entry| !nothing(entry))
        {
            let (meant, other) = if particle == 1.0 {
                ("part_mask, 1 for a particle", "part_padding")
            } else {
                ("part_padding, 1 for padding", "part_mask")
            };
            return Err(ObservableError::Unclear {
                column: mask.name.clone(),
                problem: format!(
                    "is read as {meant}, but in row {row} (counted from 0) all particles it keeps are \
                     zeros and some it leaves out are not"
                ),
                advice: format!(
                    "if it is the other way round: `--columns {other}={}`",
                    mask.name
                ),
            });
        }
        Ok(true)
    }

    /// Whether the momentum of an entry is zeros or no numbers.
    fn is_nothing(&self, i: usize, entry: usize) -> bool {
        let mut of_momentum = self.lists[..self.momentum].iter();
        of_momentum.all(|list| {
            let value = list.values.row(i)[entry];
            value == 0.0 || value.is_nan()
        })
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
        self.checked(Quantity::E, i, entry, ENERGY, is_energy)
    }

    /// The mass of row and entry by its energy; nothing if that is too small by more
    /// than rounding.
    fn mass_of(&self, i: usize, entry: usize, e: f64, p: f64) -> Option<f64> {
        let mut numbers = self.lists[..self.momentum].iter();
        let half = numbers.all(|list| is_half(list.values.row(i)[entry]));
        mass_within(
            e,
            p,
            if half {
                HALF_SQUARE_TOLERANCE
            } else {
                SQUARE_TOLERANCE
            },
        )
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
            let m = self.mass_of(i, entry, e, p);
            let m = m.ok_or_else(|| self.too_little_energy(i, entry, e))?;
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
        if pt == 0.0 && self.has_no_direction(i, entry) {
            return Ok(Particle::Polar(Momentum::default()));
        }
        let direction = if convention.rapidities() {
            self.checked(Quantity::Y, i, entry, DIRECTION, is_direction)?
        } else if self.plan.reads(Quantity::Eta) {
            self.checked(Quantity::Eta, i, entry, DIRECTION, is_direction)?
        } else {
            self.relative_eta(i, entry)?
        };
        let phi = if self.plan.reads(Quantity::Phi) {
            self.checked(Quantity::Phi, i, entry, ANGLE, is_angle)?
        } else {
            let apart = self.checked(Quantity::RelativePhi, i, entry, ANGLE, is_angle)?;
            wrap(self.origin(2, i)?) + apart
        };
        let m = if self.plan.massless() {
            0.0
        } else if convention.fourth_is_energy() {
            let e = self.energy(i, entry)?;
            let found = if convention.rapidities() {
                // sqrt(pt² + m²) in place of the energy, pt in place of the momentum.
                self.mass_of(i, entry, e / direction.cosh(), pt)
            } else {
                self.mass_of(i, entry, e, pt * direction.cosh())
            };
            if let Some(m) = found {
                m
            } else {
                let sound = |eta: f64| mass_of(e, pt * eta.cosh()).is_some();
                self.refuse_mirrored(i, sound, direction)?;
                return Err(self.too_little_energy(i, entry, e));
            }
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

    /// The pseudorapidity of an entry that is told relative to the jet.
    fn relative_eta(&self, i: usize, entry: usize) -> Result<f64, ObservableError> {
        let eta = self.origin(1, i)?;
        if self.plan.reads(Quantity::MirroredEta) {
            let apart = self.checked(Quantity::MirroredEta, i, entry, DIRECTION, is_direction)?;
            return Ok(if eta < 0.0 { eta - apart } else { eta + apart });
        }
        let apart = self.checked(Quantity::RelativeEta, i, entry, DIRECTION, is_direction)?;
        Ok(eta + apart)
    }

    /// The pseudorapidity of the jet, if those of its particles are relative to it and
    /// nobody said how.
    fn eta_to_judge(&self, i: usize) -> Option<f64> {
        let open = self.plan.reads(Quantity::RelativeEta) && self.plan.relative == Meaning::Assumed;
        let (_, etas) = self.origin[1].as_ref().filter(|_| open)?;
        Some(etas[i])
    }

    /// Counts whether the jet of row `i` fits its constituents as they were read.
    pub fn judge(
        &self,
        i: usize,
        constituents: impl Iterator<Item = Momentum> + Clone,
        votes: &mut Votes,
    ) {
        if let Some(eta) = self.eta_to_judge(i) {
            votes.count(eta, constituents);
        }
    }

    /// Refuses a particle of this pseudorapidity that would be sound if it were
    /// mirrored.
    fn refuse_mirrored(
        &self,
        i: usize,
        sound: impl Fn(f64) -> bool,
        eta: f64,
    ) -> Result<(), ObservableError> {
        match self.eta_to_judge(i) {
            Some(jet) if jet < 0.0 && sound(2.0 * jet - eta) => Err(self.mirrored()),
            _ => Ok(()),
        }
    }

    /// What is said of relative pseudorapidities that are mirrored, and were not read
    /// so.
    pub fn mirrored(&self) -> ObservableError {
        let name = self.plan.shown(Quantity::RelativeEta.column());
        ObservableError::Unclear {
            problem: format!(
                "was read as the pseudorapidity less that of the jet, and the jets of `{}` below 0 fit only if \
                 it is times -1 there, as JetClass and weaver have it",
                self.plan.shown("jet_eta")
            ),
            advice: format!(
                "say so with `--columns part_deta_mirrored={name}`, or that it is not with `--columns \
                 part_deta={name}` ([data.columns] in settings)"
            ),
            column: name,
        }
    }

    /// Whether a particle without transverse momentum has no momentum at all: a
    /// pseudorapidity is infinite for one that has, and FastJet and we give a massless
    /// one along the beam a rapidity of 10⁵ and more.
    fn has_no_direction(&self, i: usize, entry: usize) -> bool {
        match self.number(Quantity::Y, i, entry) {
            Some((y, _)) if self.plan.convention().rapidities() => y.is_finite() && y.abs() > 1e4,
            _ => true,
        }
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
        if let Particle::Polar(p) = particle {
            let agrees = |eta: f64| {
                let other = p.pt.hypot(p.m) * rapidity(p.pt, eta, p.m).cosh();
                (other
                    - self
                        .number(Quantity::E, i, entry)
                        .map_or(f64::NAN, |(e, _)| e))
                .abs()
                    <= AGREEMENT * other
            };
            self.refuse_mirrored(i, agrees, pseudorapidity(p.pt, p.y, p.m))?;
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
    mass_within(e, p, SQUARE_TOLERANCE)
}

fn mass_within(e: f64, p: f64, tolerance: f64) -> Option<f64> {
    let square = (e + p) * (e - p);
    (square >= -tolerance * e * e).then(|| square.max(0.0).sqrt())
}

/// Whether half precision holds a number, so that it may have been rounded to it: of
/// its 52 binary digits at most the first ten are set.
fn is_half(value: f64) -> bool {
    value.to_bits().trailing_zeros() >= 42
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
