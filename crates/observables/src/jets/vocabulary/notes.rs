//! What the user should know of the columns that are read.

use super::choice::Choice;
use super::groups::{Group, Of, groups, is_ours, other_jets, other_particles};
use super::words::{Quantity, parse};
use super::{Meaning, Plan};

impl Choice<'_> {
    /// What the user should know of a plan that reads these; `jets` are the groups
    /// that may be of jets.
    pub(super) fn notes(&self, plan: &Plan, read: &[Quantity], jets: &[Group]) -> Vec<String> {
        let mut notes = Vec::new();
        let convention = plan.convention;
        let plainly = |quantity: &Quantity| {
            let name = self.group.columns.get(quantity);
            let mapped = self.mapped.particles.contains_key(quantity);
            mapped || name.is_none_or(|name| is_ours(name, *quantity))
        };
        let flat_rapidity = self.asked.found.iter().find(|column| {
            let parsed = parse(&column.name);
            column.lists == Some(false)
                && column.refused.is_none()
                && !self
                    .mapped
                    .particles
                    .values()
                    .any(|theirs| *theirs == column.name)
                && parsed
                    .is_some_and(|p| p.quantity == Quantity::Y && p.prefix == self.group.prefix)
        });
        if let Some(column) = flat_rapidity {
            notes.push(format!(
                "`{}` has one number per row and is no rapidity of particles; the momenta are read \
                 as {convention} (--convention says otherwise)",
                column.name
            ));
        }
        let momentum: Vec<&Quantity> = read.iter().filter(|q| q.of_momentum()).collect();
        if !read.iter().all(plainly) {
            let names = momentum.iter().filter_map(|q| self.group.columns.get(q));
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            let as_what = if plan.massless { "without masses" } else { "" };
            notes.push(
                format!(
                    "the momenta are read as {convention} from {} {as_what}",
                    names.join(", ")
                )
                .trim_end()
                .to_owned(),
            );
        }
        if plan.massless && convention.fourth().is_some() {
            notes.push("no column of masses or energies: all particles are massless".to_owned());
        }
        let unused = self.group.columns.iter();
        let unused = unused
            .filter(|(q, _)| q.of_momentum() && q.relative_to().is_none() && !read.contains(q));
        let unused: Vec<String> = unused
            .map(|(_, name)| name)
            .chain(&self.group.again)
            .map(|name| format!("`{name}`"))
            .collect();
        if !unused.is_empty() {
            notes.push(format!("not used of the momenta: {}", unused.join(", ")));
        }
        if plan.checked {
            let used = if convention.fourth_is_energy() {
                "energies"
            } else {
                "masses"
            };
            notes.push(format!(
                "masses and energies are both there and must agree; the {used} are used"
            ));
        }
        let all = groups(self.asked.found, Of::Particles);
        let others: Vec<String> = other_particles(&all, self.group)
            .into_iter()
            .flat_map(|group| group.columns.iter().filter(|(q, _)| q.of_momentum()))
            .map(|(_, name)| format!("`{name}`"))
            .collect();
        if !others.is_empty() {
            notes.push(format!(
                "lists of other particles, not read: {}",
                others.join(", ")
            ));
        }
        notes.extend(self.of_relative_directions(plan, read));
        notes.extend(self.of_masks(read));
        if self.asked.jets {
            notes.extend(self.of_the_jet_itself(plan, jets));
        }
        notes
    }

    /// One name has two meanings: JetClass and CMS mirror it.
    fn of_relative_directions(&self, plan: &Plan, read: &[Quantity]) -> Option<String> {
        let name = self.group.columns.get(&Quantity::RelativeEta)?;
        let alone = read.contains(&Quantity::RelativeEta) && plan.relative == Meaning::Assumed;
        alone.then(|| {
            format!(
                "`{name}` is read as the pseudorapidity less that of the jet, also where that of the jet is \
                 below 0; if it is mirrored there, as in JetClass and weaver: --columns \
                 part_deta_mirrored={name}"
            )
        })
    }

    fn of_masks(&self, read: &[Quantity]) -> Vec<String> {
        let mut notes = Vec::new();
        let used = [Quantity::Mask, Quantity::Padding].into_iter();
        let used = used.filter(|mask| read.contains(mask));
        let used = used.filter_map(|mask| Some((mask, self.group.columns.get(&mask)?)));
        let used: Vec<(Quantity, &String)> = used.collect();
        for (mask, name) in &used {
            if !is_ours(name, *mask) || !name.starts_with("part_") && self.group.prefix == "part" {
                let one = if *mask == Quantity::Mask {
                    "1 for a particle, 0 for padding"
                } else {
                    "1 for padding, 0 for a particle"
                };
                notes.push(format!("`{name}` tells which entries are particles: {one}"));
            }
        }
        let others = self.asked.found.iter().filter(|column| {
            let is_mask = |q| matches!(q, Quantity::Mask | Quantity::Padding);
            column.refused.is_none()
                && column.lists == Some(true)
                && parse(&column.name).is_some_and(|parsed| is_mask(parsed.quantity))
                && used.is_empty()
        });
        let others: Vec<String> = others.map(|column| format!("`{}`", column.name)).collect();
        if !others.is_empty() {
            notes.push(format!(
                "not used as a mask: {}; --columns part_mask=NAME (1 is a particle) or \
                 part_padding=NAME (1 is none) says otherwise",
                others.join(", ")
            ));
        }
        notes
    }

    /// Where the momentum of the jet comes from, if its columns have other names
    /// than ours.
    fn of_the_jet_itself(&self, plan: &Plan, jets: &[Group]) -> Vec<String> {
        let mut notes = Vec::new();
        let read: Vec<&(&str, String)> = plan
            .columns
            .iter()
            .filter(|(ours, _)| ours.starts_with("jet_"))
            .collect();
        let plainly = |(ours, theirs): &&(&str, String)| {
            *ours == theirs || self.mapped.jets.values().any(|name| name == theirs)
        };
        if !read.iter().all(plainly) {
            let names: Vec<String> = read.iter().map(|(_, name)| format!("`{name}`")).collect();
            notes.push(format!(
                "the jet's own momentum is read from {}, and what is not there from the sum of its \
                 constituents; --columns jet_pt=NAME says otherwise",
                names.join(", ")
            ));
        }
        let others: Vec<String> = other_jets(jets, &self.jets)
            .into_iter()
            .filter_map(|group| Some(format!("`{}`", group.columns.get(&Quantity::Pt)?)))
            .collect();
        if read.is_empty() && !others.is_empty() {
            notes.push(format!(
                "{} and what goes with it are of another jet and not read: the jet's own momentum is the \
                 sum of its constituents; --columns jet_pt=NAME says otherwise",
                others.join(", ")
            ));
        }
        notes
    }
}
