//! Jets as rows of a table.

use pellucid_core::{Column, Jagged, Table, Values};
use pellucid_observables::jets::four_vector::Pseudojet;
use pellucid_observables::jets::grooming::Splitting;
use pellucid_observables::jets::kinematics::wrap;
use pellucid_observables::jets::lund::{Declustering, Plane};

use super::Request;
use super::jets::{EventJets, Found};
use crate::PipelineError;

/// A number of an emission.
type Number = fn(&Declustering) -> f64;

/// One column from every jet.
struct Rows<'a> {
    jets: Vec<(usize, &'a EventJets, &'a Found)>,
    columns: Vec<Column>,
}

impl<'a> Rows<'a> {
    fn push(&mut self, name: &str, unit: &str, values: Values) {
        self.columns.push(Column {
            name: name.to_owned(),
            unit: unit.to_owned(),
            values,
        });
    }

    fn reals(&mut self, name: &str, unit: &str, of: impl Fn(&'a EventJets, &'a Found) -> f64) {
        let values = self.jets.iter().map(|&(_, event, jet)| of(event, jet));
        let values = Values::Float(values.collect());
        self.push(name, unit, values);
    }

    fn integers(&mut self, name: &str, of: impl Fn(usize, &'a Found) -> usize) {
        let values = self
            .jets
            .iter()
            .map(|&(event, _, jet)| of(event, jet) as i64);
        let values = Values::Integer(values.collect());
        self.push(name, "", values);
    }

    fn places(&mut self, name: &str, of: impl Fn(&'a Found) -> &'a [usize]) {
        let mut lists = Jagged::new();
        for (_, _, jet) in &self.jets {
            lists.push(of(jet).iter().map(|&place| place as i64));
        }
        self.push(name, "", Values::IntegerLists(lists));
    }

    fn lists<T: 'a>(
        &mut self,
        name: &str,
        unit: &str,
        list: impl Fn(&'a Found) -> &'a [T],
        of: impl Fn(&T) -> f64,
    ) {
        let mut lists = Jagged::new();
        for (_, _, jet) in &self.jets {
            lists.push(list(jet).iter().map(&of));
        }
        self.push(name, unit, Values::FloatLists(lists));
    }

    /// Transverse momentum, rapidity, pseudorapidity, azimuth and mass.
    fn momentum(&mut self, name: &str, of: impl Fn(&'a Found) -> Option<&'a Pseudojet>) {
        let zero = Pseudojet::default();
        let number = |jet, part: fn(&Pseudojet) -> f64| part(of(jet).unwrap_or(&zero));
        self.reals(&format!("{name}_pt"), "GeV", |_, jet| {
            number(jet, Pseudojet::pt)
        });
        self.reals(&format!("{name}_y"), "", |_, jet| number(jet, |p| p.y));
        self.reals(&format!("{name}_eta"), "", |_, jet| {
            number(jet, Pseudojet::eta)
        });
        self.reals(&format!("{name}_phi"), "rad", |_, jet| {
            number(jet, |p| wrap(p.phi))
        });
        self.reals(&format!("{name}_m"), "GeV", |_, jet| {
            number(jet, Pseudojet::m)
        });
    }
}

/// Events whose jets become rows.
pub(super) struct Of<'a> {
    pub request: &'a Request,
    /// The place of the file, where there are several.
    pub file: Option<usize>,
    /// The number of each event.
    pub events: &'a [usize],
}

impl Of<'_> {
    /// The jets of the events.
    pub fn table(&self, events: &[EventJets]) -> Result<Table, PipelineError> {
        table(self, events)
    }
}

fn table(of: &Of<'_>, events: &[EventJets]) -> Result<Table, PipelineError> {
    let request = of.request;
    let jets = of.events.iter().zip(events).flat_map(|(&number, event)| {
        let jets = event.jets.iter();
        jets.map(move |jet| (number, event, jet))
    });
    let mut rows = Rows {
        jets: jets.collect(),
        columns: Vec::new(),
    };
    if let Some(file) = of.file {
        rows.integers("file", |_, _| file);
    }
    rows.integers("event", |event, _| event);
    rows.momentum("jet", |jet| Some(&jet.jet));
    rows.integers("n_const", |_, jet| jet.constituents.len());
    rows.places("part_index", |jet| &jet.constituents);
    if request.constituents {
        rows.lists("part_pt", "GeV", |jet| &jet.particles, Pseudojet::pt);
        rows.lists("part_y", "", |jet| &jet.particles, |p| p.y);
        rows.lists("part_phi", "rad", |jet| &jet.particles, |p| wrap(p.phi));
        rows.lists("part_m", "GeV", |jet| &jet.particles, Pseudojet::m);
    }
    if request.areas.is_some() {
        rows.reals("jet_area", "rad²", |_, jet| {
            jet.area.map_or(0.0, |(area, _)| area.area)
        });
        rows.reals("rho", "GeV", |event, _| event.density);
        rows.momentum("subtracted", |jet| jet.area.as_ref().map(|(_, rest)| rest));
    }
    if let Some(groomer) = &request.groomer {
        rows.momentum("groomed", |jet| {
            jet.groomed.as_ref().map(|groomed| &groomed.jet)
        });
        rows.integers("groomed_n_const", |_, jet| groomed(jet).len());
        rows.places("groomed_part_index", groomed);
        if groomer.splits() {
            rows.reals("zg", "", |_, jet| splitting(jet).z);
            rows.reals("rg", "rad", |_, jet| splitting(jet).r);
        }
    }
    if let Some(plane) = request.lund {
        let columns: [(&str, &str, Number); 6] = [
            ("lund_delta", "rad", |emission| emission.delta),
            ("lund_kt", "GeV", |emission| emission.kt),
            ("lund_z", "", |emission| emission.z),
            ("lund_psi", "rad", |emission| emission.psi),
            ("lund_kappa", "rad", |emission| emission.kappa),
            ("lund_m", "GeV", |emission| emission.m),
        ];
        for (name, unit, of) in columns {
            rows.lists(name, unit, |jet| &jet.lund, of);
        }
        if plane == Plane::Full {
            let mut depths = Jagged::new();
            let mut before = Jagged::new();
            for (_, _, jet) in &rows.jets {
                depths.push(jet.lund.iter().map(|emission| emission.depth as i64));
                before.push(
                    jet.lund
                        .iter()
                        .map(|emission| emission.before.map_or(-1, |place| place as i64)),
                );
            }
            rows.push("lund_depth", "", Values::IntegerLists(depths));
            rows.push("lund_before", "", Values::IntegerLists(before));
        }
    }
    Table::new(rows.columns).map_err(|source| PipelineError::Observable(source.into()))
}

fn groomed(jet: &Found) -> &[usize] {
    jet.groomed
        .as_ref()
        .map_or(&[], |groomed| &groomed.constituents)
}

/// Zeros where nothing passed.
fn splitting(jet: &Found) -> Splitting {
    let groomed = jet.groomed.as_ref();
    groomed
        .and_then(|groomed| groomed.splitting)
        .unwrap_or_default()
}
