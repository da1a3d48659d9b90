//! Jets with their constituents.
//!
//! A structure of arrays: one array each for the transverse momentum,
//! rapidity, azimuth and mass of all constituents, one array of offsets that
//! says where each jet begins. Nothing is padded.
//!
//! * **Units:** GeV, radians.
//! * **Invariant:** every jet has at least one constituent; every number is
//!   finite, every `pt` above 0, every mass at least 0. What reads jets checks
//!   this, so observables need not.

pub mod area;
pub mod clustering;
pub mod collections;
// Vector code must be inlined into the function that has the vector instructions.
#[allow(clippy::inline_always)]
pub mod correlations;
pub mod efp;
pub mod events;
pub mod four_vector;
pub mod grooming;
pub mod kinematics;
pub mod lund;
mod mirrored;
mod padded;
pub mod property;
mod ranges;
mod reading;
pub mod safety;
pub mod shapes;
pub mod subjettiness;
pub mod substructure;
mod table;
pub mod vocabulary;

use kinematics::{Momentum, delta_phi};
use property::Property;

pub use reading::Dropped;
pub use table::{BadRow, ReadJets};

use crate::ObservableError;

/// Many jets.
#[derive(Debug, Clone, PartialEq)]
pub struct Jets {
    offsets: Vec<usize>,
    pt: Vec<f64>,
    y: Vec<f64>,
    phi: Vec<f64>,
    m: Vec<f64>,
    axes: Vec<Momentum>,
    /// What else is known of the constituents, by the place in [`Property::ALL`].
    properties: [Option<Vec<f64>>; Property::ALL.len()],
}

/// One jet: its constituents and its own momentum.
#[derive(Debug, Clone, Copy)]
pub struct Jet<'a> {
    /// Transverse momenta of the constituents, GeV.
    pub pt: &'a [f64],
    /// Rapidities of the constituents.
    pub y: &'a [f64],
    /// Azimuths of the constituents, radians in `[-π, π]`.
    pub phi: &'a [f64],
    /// Masses of the constituents, GeV.
    pub m: &'a [f64],
    /// The momentum of the jet: as the file has it, or else the sum of the
    /// constituents.
    pub axis: Momentum,
    properties: [Option<&'a [f64]>; Property::ALL.len()],
}

impl Default for Jets {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            pt: Vec::new(),
            y: Vec::new(),
            phi: Vec::new(),
            m: Vec::new(),
            axes: Vec::new(),
            properties: [const { None }; Property::ALL.len()],
        }
    }
}

impl Jets {
    /// No jets yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of jets.
    pub fn len(&self) -> usize {
        self.axes.len()
    }

    /// Whether there are no jets.
    pub fn is_empty(&self) -> bool {
        self.axes.is_empty()
    }

    /// Jet `i`; panics beyond the last jet, as a slice does.
    pub fn jet(&self, i: usize) -> Jet<'_> {
        let range = self.offsets[i]..self.offsets[i + 1];
        Jet {
            pt: &self.pt[range.clone()],
            y: &self.y[range.clone()],
            phi: &self.phi[range.clone()],
            m: &self.m[range.clone()],
            axis: self.axes[i],
            properties: std::array::from_fn(|k| {
                let values = self.properties[k].as_ref()?;
                values.get(range.clone())
            }),
        }
    }

    /// Jet after jet.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Jet<'_>> + '_ {
        (0..self.len()).map(|i| self.jet(i))
    }

    /// Whether this is known of the constituents.
    pub fn has(&self, property: Property) -> bool {
        self.properties[property as usize].is_some()
    }

    /// An error if one of these is not known of the constituents.
    pub fn require(&self, properties: &[Property]) -> Result<(), ObservableError> {
        match properties.iter().find(|&&property| !self.has(property)) {
            None => Ok(()),
            Some(missing) => {
                let known = Property::ALL.into_iter().filter(|&other| self.has(other));
                Err(missing.not_found(known.map(|other| other.column().to_owned()).collect()))
            }
        }
    }

    /// Says this of all constituents, jet after jet.
    pub fn set(&mut self, property: Property, values: Vec<f64>) -> Result<(), ObservableError> {
        if values.len() != self.pt.len() {
            return Err(ObservableError::setting(
                property.column(),
                format!(
                    "{} numbers for {} constituents",
                    values.len(),
                    self.pt.len()
                ),
                "one for each constituent",
            ));
        }
        self.properties[property as usize] = Some(values);
        Ok(())
    }

    /// Adds a jet of these constituents; its momentum is their sum. What else was
    /// known of the constituents is not known of all any more, and goes.
    pub fn push(&mut self, constituents: &[Momentum]) -> Result<(), ObservableError> {
        self.push_with_axis(constituents, kinematics::sum(constituents.iter().copied()))
    }

    /// Adds a jet of these constituents with a momentum of its own, for jets
    /// whose list of constituents was cut short.
    pub fn push_with_axis(
        &mut self,
        constituents: &[Momentum],
        axis: Momentum,
    ) -> Result<(), ObservableError> {
        let row = self.len();
        if constituents.is_empty() {
            return Err(ObservableError::Empty {
                row,
                column: "constituents".to_owned(),
            });
        }
        table::check_momentum(row, None, axis)?;
        for (entry, &p) in constituents.iter().enumerate() {
            table::check_momentum(row, Some(entry), p)?;
        }
        self.properties = Self::default().properties;
        for p in constituents {
            self.pt.push(p.pt);
            self.y.push(p.y);
            self.phi.push(kinematics::wrap(p.phi));
            self.m.push(p.m.max(0.0));
        }
        self.offsets.push(self.pt.len());
        self.axes.push(Momentum {
            phi: kinematics::wrap(axis.phi),
            m: axis.m.max(0.0),
            ..axis
        });
        Ok(())
    }

    /// The jets named, in that order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut out = Self::new();
        for &row in rows {
            out.extend(self.jet(row));
        }
        out
    }

    /// Adds all jets of `other` behind these. Of the constituents is known what
    /// was known of both.
    pub fn append(&mut self, other: &Self) {
        for jet in other.iter() {
            self.extend(jet);
        }
    }

    fn extend(&mut self, jet: Jet<'_>) {
        for (own, new) in self.properties.iter_mut().zip(jet.properties) {
            match (own.as_mut(), new) {
                (Some(own), Some(new)) => own.extend_from_slice(new),
                (None, Some(new)) if self.axes.is_empty() => *own = Some(new.to_vec()),
                _ => *own = None,
            }
        }
        self.pt.extend_from_slice(jet.pt);
        self.y.extend_from_slice(jet.y);
        self.phi.extend_from_slice(jet.phi);
        self.m.extend_from_slice(jet.m);
        self.offsets.push(self.pt.len());
        self.axes.push(jet.axis);
    }
}

// The number of constituents is at least 1 by construction.
#[allow(clippy::len_without_is_empty)]
impl<'a> Jet<'a> {
    /// The number of constituents.
    pub fn len(&self) -> usize {
        self.pt.len()
    }

    /// What is known of the constituents besides their momenta; `None` if the
    /// file does not tell.
    pub fn property(&self, property: Property) -> Option<&'a [f64]> {
        self.properties[property as usize]
    }

    /// The scalar sum of the constituents' transverse momenta, GeV.
    pub fn scalar_pt(&self) -> f64 {
        self.pt.iter().sum()
    }

    /// Constituent `i`.
    pub fn constituent(&self, i: usize) -> Momentum {
        Momentum {
            pt: self.pt[i],
            y: self.y[i],
            phi: self.phi[i],
            m: self.m[i],
        }
    }

    /// Constituent after constituent.
    pub fn constituents(self) -> impl ExactSizeIterator<Item = Momentum> + Clone + 'a {
        (0..self.pt.len()).map(move |i| self.constituent(i))
    }

    /// The hardest constituent, the first of equals.
    pub fn hardest(&self) -> usize {
        (1..self.len()).fold(
            0,
            |best, i| if self.pt[i] > self.pt[best] { i } else { best },
        )
    }

    /// The constituents in the plane around the jet's axis: momentum and the
    /// differences of rapidity and azimuth.
    pub fn plane(self) -> impl ExactSizeIterator<Item = Flow> + Clone + 'a {
        let (y, phi) = (self.axis.y, self.axis.phi);
        (0..self.pt.len()).map(move |i| Flow {
            pt: self.pt[i],
            dy: self.y[i] - y,
            dphi: delta_phi(self.phi[i], phi),
        })
    }
}

/// One constituent in the plane around the jet's axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flow {
    /// Transverse momentum, GeV.
    pub pt: f64,
    /// Rapidity minus that of the axis.
    pub dy: f64,
    /// Azimuth minus that of the axis, radians, the short way round.
    pub dphi: f64,
}

impl Flow {
    /// The distance from the axis, radians.
    pub fn radius(&self) -> f64 {
        self.dy.hypot(self.dphi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn particle(pt: f64, y: f64, phi: f64) -> Momentum {
        Momentum { pt, y, phi, m: 0.0 }
    }

    #[test]
    fn selecting_and_appending_jets_is_the_identity() {
        let mut jets = Jets::new();
        jets.push(&[particle(1.0, 0.1, 3.0), particle(2.0, 0.2, -3.1)])
            .unwrap();
        jets.push(&[particle(3.0, 0.0, 0.0)]).unwrap();
        let mut again = jets.select(&[0]);
        again.append(&jets.select(&[1]));
        assert_eq!(again, jets);
        assert_eq!(jets.jet(0).hardest(), 1);
    }

    #[test]
    fn what_is_known_of_constituents_goes_where_they_go() {
        let mut jets = Jets::new();
        jets.push(&[particle(1.0, 0.1, 3.0), particle(2.0, 0.2, -3.1)])
            .unwrap();
        jets.push(&[particle(3.0, 0.0, 0.0)]).unwrap();
        assert!(jets.set(Property::Charge, vec![1.0]).is_err());
        jets.set(Property::Charge, vec![1.0, -1.0, 0.0]).unwrap();
        let charges = |jets: &Jets, i| jets.jet(i).property(Property::Charge).map(<[f64]>::to_vec);
        let mut chosen = jets.select(&[1, 0]);
        assert_eq!(charges(&chosen, 1), Some(vec![1.0, -1.0]));
        chosen.append(&jets);
        assert_eq!(charges(&chosen, 2), Some(vec![1.0, -1.0]));
        let message = chosen.require(&[Property::Pid]).unwrap_err().to_string();
        assert!(
            message.contains("`part_pid`") && message.contains("part_charge"),
            "{message}"
        );
        chosen.push(&[particle(3.0, 0.0, 0.0)]).unwrap();
        assert!(chosen.require(&[Property::Charge]).is_err());
    }

    #[test]
    fn constituents_on_both_sides_of_the_cut_in_azimuth_are_near_the_axis() {
        let mut jets = Jets::new();
        jets.push(&[particle(1.0, 0.0, 3.1), particle(1.0, 0.0, -3.1)])
            .unwrap();
        let radii: Vec<f64> = jets.jet(0).plane().map(|flow| flow.radius()).collect();
        assert!(
            radii
                .iter()
                .all(|radius| (radius - (std::f64::consts::PI - 3.1)).abs() < 1e-12)
        );
    }

    #[test]
    fn a_jet_of_nothing_is_refused() {
        assert!(matches!(
            Jets::new().push(&[]),
            Err(ObservableError::Empty { .. })
        ));
    }
}
