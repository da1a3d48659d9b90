//! Jets as collections, and collections as jets.
//!
//! The jet itself is one row of [`JET`], its constituents are rows of [`PARTICLES`]: what
//! every view of them, a list, an image, pairs or an observable, is made from.

use std::sync::Arc;

use pellucid_core::inputs::{Collection, Extent, Feature, Inputs, InputsError, Numbers};

use super::Jets;
use super::kinematics::{Momentum, wrap};
use super::property::Property;

/// The collection of the jets' own momenta.
pub const JET: &str = "jet";
/// The collection of their constituents.
pub const PARTICLES: &str = "particles";

const MOMENTUM: [(&str, &str); 4] = [("pt", "GeV"), ("y", ""), ("phi", "rad"), ("m", "GeV")];

impl From<&Jets> for Inputs {
    fn from(jets: &Jets) -> Self {
        let feature = |(name, unit): (&str, &str), numbers: Vec<f64>| Feature {
            name: name.to_owned(),
            unit: unit.to_owned(),
            numbers: Numbers::F64(numbers),
        };
        let of_axes = |number: fn(&Momentum) -> f64| jets.axes.iter().map(number).collect();
        let own: [Vec<f64>; 4] = [
            of_axes(|p| p.pt),
            of_axes(|p| p.y),
            of_axes(|p| p.phi),
            of_axes(|p| p.m),
        ];
        let lists = [&jets.pt, &jets.y, &jets.phi, &jets.m];
        let mut particles: Vec<Feature> = MOMENTUM
            .into_iter()
            .zip(lists)
            .map(|(name, list)| feature(name, list.clone()))
            .collect();
        for property in Property::ALL {
            if let Some(values) = &jets.properties[property as usize] {
                particles.push(feature((property.column(), ""), values.clone()));
            }
        }
        let mut inputs = Self::new(jets.len());
        let jet = Collection {
            name: JET.to_owned(),
            extent: Extent::One,
            features: MOMENTUM
                .into_iter()
                .zip(own)
                .map(|(name, list)| feature(name, list))
                .collect(),
            ends: None,
        };
        let particles = Collection {
            name: PARTICLES.to_owned(),
            extent: Extent::Lists(Arc::new(jets.offsets.clone())),
            features: particles,
            ends: None,
        };
        for collection in [jet, particles] {
            // Jets have a number of each kind for every constituent, by construction.
            if let Err(error) = inputs.push(collection) {
                unreachable!("{error}");
            }
        }
        inputs
    }
}

impl TryFrom<&Inputs> for Jets {
    type Error = InputsError;

    fn try_from(inputs: &Inputs) -> Result<Self, InputsError> {
        let particles = inputs.collection(PARTICLES)?;
        let list = |name: &str| Ok(inputs.feature(PARTICLES, name)?.numbers.reals());
        let axis = |name: &str| Ok(inputs.feature(JET, name)?.numbers.reals());
        let (pt, y, phi, m) = (axis("pt")?, axis("y")?, axis("phi")?, axis("m")?);
        let mut offsets = vec![0];
        offsets.extend((0..inputs.len()).map(|jet| particles.rows(jet).end));
        let mut jets = Self {
            offsets,
            pt: list("pt")?,
            y: list("y")?,
            phi: list("phi")?.into_iter().map(wrap).collect(),
            m: list("m")?,
            axes: (0..inputs.len())
                .map(|i| Momentum {
                    pt: pt[i],
                    y: y[i],
                    phi: phi[i],
                    m: m[i],
                })
                .collect(),
            ..Self::default()
        };
        for property in Property::ALL {
            if let Some(feature) = particles.feature(property.column()) {
                jets.properties[property as usize] = Some(feature.numbers.reals());
            }
        }
        Ok(jets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jets_survive_being_collections() {
        let mut jets = Jets::new();
        let p = |pt, y, phi, m| Momentum { pt, y, phi, m };
        jets.push(&[p(10.0, 0.1, 3.1, 0.1), p(5.0, -0.2, -3.1, 0.0)])
            .unwrap();
        jets.push_with_axis(&[p(7.0, 1.0, 0.5, 0.5)], p(8.0, 1.1, 0.4, 2.0))
            .unwrap();
        jets.set(Property::Charge, vec![1.0, -1.0, 0.0]).unwrap();
        let inputs = Inputs::from(&jets);
        assert_eq!(Jets::try_from(&inputs).unwrap(), jets);
        let turned = Jets::try_from(&inputs.select(&[1, 0])).unwrap();
        assert_eq!(turned, jets.select(&[1, 0]));
        assert!(Jets::try_from(&Inputs::new(3)).is_err());
    }
}
