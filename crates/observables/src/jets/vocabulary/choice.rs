//! The choice of columns: one group, one convention, or the reason why not.

use super::groups::{Group, Of, groups, jet_group, jets, mask_of};
use super::mapped::Mapped;
use super::refusal::{names, no_momenta};
use super::words::{Quantity, parse, plain, prefix};
use super::{Asked, Convention, Kind, Meaning, Plan};
use crate::ObservableError;
use crate::jets::property::Property;

/// Our columns of the jet itself.
const OF_JETS: [Quantity; 6] = [
    Quantity::Pt,
    Quantity::Y,
    Quantity::Eta,
    Quantity::Phi,
    Quantity::M,
    Quantity::E,
];

pub(super) fn choose(asked: &Asked<'_>) -> Result<Plan, ObservableError> {
    let mapped = Mapped::of(asked)?;
    let jets = jets(asked, &mapped);
    let mut group = constituents(asked, &mapped, &jets)?;
    if let Some((quantity, name)) = mask_of(&groups(asked.found, Of::Particles), &group) {
        group.columns.insert(quantity, name);
    }
    let choice = Choice {
        asked,
        mapped: &mapped,
        group: &group,
        jets: jet_group(&jets, &group, &mapped),
    };
    choice.plan(&jets)
}

/// The group of the constituents, the user's own names laid over it.
fn constituents(
    asked: &Asked<'_>,
    mapped: &Mapped,
    jets: &[Group],
) -> Result<Group, ObservableError> {
    let mut all = groups(asked.found, Of::Particles);
    let mut group = if let Some(leading) = mapped.leading() {
        let key = parse(leading).map_or_else(|| prefix(leading), |parsed| parsed.prefix);
        match all.iter().position(|group| group.prefix == key) {
            Some(own) => all.swap_remove(own),
            None => beside(asked, mapped, jets, all),
        }
    } else {
        all.retain(|group| {
            let complete = |convention: Convention| {
                Choice {
                    asked,
                    mapped,
                    group,
                    jets: jet_group(jets, group, mapped),
                }
                .has_momentum(convention)
            };
            match asked.convention {
                Some(convention) => complete(convention),
                None => group.gives_momenta(),
            }
        });
        let best = all.iter().map(Group::rank).min().unwrap_or(3);
        all.retain(|group| group.rank() == best);
        match all.len() {
            0 => return Err(no_momenta(asked, None)),
            1 => all.remove(0),
            _ => {
                let of = |group: &Group| {
                    let columns = group.columns.iter();
                    let momenta = columns.filter(|(quantity, _)| quantity.of_momentum());
                    momenta
                        .map(|(_, name)| format!("`{name}`"))
                        .collect::<Vec<_>>()
                };
                let first_name = |group: &Group| {
                    let pt = group.columns.get(&Quantity::Pt);
                    pt.or(group.columns.get(&Quantity::Px))
                        .cloned()
                        .unwrap_or_default()
                };
                let column = if all[0].has(Quantity::Pt) {
                    "part_pt"
                } else {
                    "part_px"
                };
                return Err(ObservableError::Groups {
                    first: of(&all[0]).join(", "),
                    second: of(&all[1]).join(", "),
                    column,
                    name: first_name(&all[0]),
                });
            }
        }
    };
    lay_over(&mut group, mapped);
    Ok(group)
}

/// The user's own names in place of those of a group.
fn lay_over(group: &mut Group, mapped: &Mapped) {
    for (quantity, theirs) in &mapped.particles {
        group.columns.retain(|_, name| name != theirs);
        group.columns.insert(*quantity, theirs.clone());
    }
}

/// The group that gives what the user's own names leave open, where these are of no
/// group: none if they give momenta by themselves, else ours, else the only one with
/// which they do.
fn beside(asked: &Asked<'_>, mapped: &Mapped, jets: &[Group], mut all: Vec<Group>) -> Group {
    let complete = |group: &Group| {
        let mut group = group.clone();
        lay_over(&mut group, mapped);
        let choice = Choice {
            asked,
            mapped,
            group: &group,
            jets: jet_group(jets, &group, mapped),
        };
        let mut conventions = Convention::ALL.into_iter();
        conventions.any(|convention| choice.has_momentum(convention))
    };
    if complete(&Group::default()) {
        return Group::default();
    }
    all.retain(complete);
    let ours = all.iter().position(|group| group.prefix == "part");
    match (ours, all.len()) {
        (Some(ours), _) => all.swap_remove(ours),
        (None, 1) => all.remove(0),
        _ => Group::default(),
    }
}

/// What is chosen from.
pub(super) struct Choice<'a> {
    pub asked: &'a Asked<'a>,
    pub mapped: &'a Mapped,
    /// The columns of the constituents.
    pub group: &'a Group,
    /// Those of the jet itself.
    pub jets: Group,
}

impl Choice<'_> {
    /// The column that gives one of the three numbers of a momentum: itself, or
    /// relative to the jet.
    fn source(&self, quantity: Quantity) -> Option<Quantity> {
        if self.group.has(quantity) {
            return Some(quantity);
        }
        let known =
            self.jets.has(quantity) || quantity == Quantity::Phi && self.mapped.without_azimuth;
        let mut there: Vec<Quantity> = quantity.relatives().to_vec();
        there.retain(|&relative| known && self.group.has(relative));
        // What the user named goes before what is only there.
        there.sort_by_key(|&relative| !self.mapped.names(relative));
        there.first().copied()
    }

    fn has_momentum(&self, convention: Convention) -> bool {
        let three = convention.momentum();
        three
            .into_iter()
            .all(|quantity| self.source(quantity).is_some())
    }

    fn complete(&self, convention: Convention) -> bool {
        let fourth = convention.fourth();
        self.has_momentum(convention) && fourth.is_none_or(|fourth| self.group.has(fourth))
    }

    /// The convention and whether masses are missing.
    fn convention(&self) -> Result<(Convention, bool), ObservableError> {
        let both = self.group.has(Quantity::Y) && self.group.has(Quantity::Eta);
        if let Some(convention) = self.asked.convention {
            return self.asked_for(convention);
        }
        let chosen = |of: &dyn Fn(Convention) -> bool| {
            let mut all: Vec<Convention> = Convention::ALL.into_iter().filter(|&c| of(c)).collect();
            // What the user named goes before what is only there.
            all.sort_by_key(|c| std::cmp::Reverse(self.mapped_of(*c)));
            all.first().copied()
        };
        let whole = chosen(&|c| c.fourth().is_some() && self.complete(c));
        let found = whole.or_else(|| chosen(&|c| c.fourth().is_none() && self.complete(c)));
        let Some(found) = found else {
            if self.has_momentum(Convention::PxPyPzE) {
                return Err(ObservableError::Momenta {
                    missing:
                        "components need an energy or a mass besides: expected `e` or `m` with \
                              their prefix"
                            .to_owned(),
                    found: names(self.asked.found),
                });
            }
            return Err(no_momenta(self.asked, Some(self.group)));
        };
        let named = |quantity| self.mapped.particles.contains_key(&quantity);
        let told = named(Quantity::Y) || named(Quantity::Eta) || self.group.prefix == "part";
        if both && !found.cartesian() && !told {
            let of = |convention: Convention| format!("{convention} ({})", self.shown(convention));
            let (first, second) = match found.fourth() {
                Some(Quantity::E) => (Convention::PtEtaPhiE, Convention::PtYPhiE),
                _ => (Convention::PtEtaPhiM, Convention::PtYPhiM),
            };
            return Err(ObservableError::Ambiguous {
                first: of(first),
                second: of(second),
            });
        }
        Ok(match found {
            Convention::PtYPhi | Convention::PtEtaPhi => {
                self.refuse_unknown_masses()?;
                let rapidities = found == Convention::PtYPhi;
                let with_mass = if rapidities {
                    Convention::PtYPhiM
                } else {
                    Convention::PtEtaPhiM
                };
                (with_mass, true)
            }
            whole => (whole, false),
        })
    }

    fn asked_for(&self, convention: Convention) -> Result<(Convention, bool), ObservableError> {
        if self.complete(convention) {
            return Ok((convention, convention.fourth().is_none()));
        }
        let massless = convention.fourth() == Some(Quantity::M) && !convention.cartesian();
        if massless && self.has_momentum(convention) {
            if let Some(energy) = self.group.columns.get(&Quantity::E) {
                let rapidities = convention.rapidities();
                let (with_energy, without) = if rapidities {
                    (Convention::PtYPhiE, Convention::PtYPhi)
                } else {
                    (Convention::PtEtaPhiE, Convention::PtEtaPhi)
                };
                return Err(ObservableError::Unclear {
                    column: energy.clone(),
                    problem: format!("is an energy, and {convention} was asked for"),
                    advice: format!(
                        "ask with `--convention` for {with_energy}, or for {without} if particles \
                         are to be massless"
                    ),
                });
            }
            self.refuse_unknown_masses()?;
            return Ok((convention, true));
        }
        Err(no_momenta(self.asked, Some(self.group)))
    }

    /// A column that may be a mass under a name that is not known.
    fn refuse_unknown_masses(&self) -> Result<(), ObservableError> {
        let Some(column) = self.perhaps_massive() else {
            return Ok(());
        };
        let rapidities = self.group.has(Quantity::Y) && !self.group.has(Quantity::Eta);
        let massless = if rapidities {
            Convention::PtYPhi
        } else {
            Convention::PtEtaPhi
        };
        Err(ObservableError::Unclear {
            column: column.clone(),
            problem: "may be a mass or an energy of the particles".to_owned(),
            advice: format!(
                "say which with `--columns part_m={column}` or `--columns part_e={column}` \
                 ([data.columns] in settings), or ask for massless particles with \
                 `--convention {massless}`"
            ),
        })
    }

    /// A list that may be of masses or energies by its name, of this group or of none
    /// that gives momenta.
    fn perhaps_massive(&self) -> Option<&String> {
        let all = groups(self.asked.found, Of::Particles);
        let others = all.iter().filter(|group| group.gives_momenta());
        let others: Vec<&str> = others.map(|group| group.prefix.as_str()).collect();
        let near = ["", "part", "particle", "particles"].contains(&self.group.prefix.as_str());
        let found = self
            .asked
            .found
            .iter()
            .filter(|column| column.lists == Some(true));
        let mut found = found.filter(|column| {
            let name = column.name.to_lowercase();
            let of = |prefix: &&str| !prefix.is_empty() && name.starts_with(*prefix);
            let plain = plain(&name);
            let parsed = parse(&name);
            // A name of one letter is a mass only beside its momentum.
            let known = name.len() > 1
                && parsed.is_some_and(|p| matches!(p.quantity, Quantity::M | Quantity::E));
            let likely = known || ["mass", "energy"].iter().any(|word| plain.contains(word));
            let of_others = others.iter().any(|p| *p != self.group.prefix && of(p));
            likely && !of_others && (near || of(&self.group.prefix.as_str()))
        });
        found.next().map(|column| &column.name)
    }

    /// How many of a convention's quantities the user named.
    fn mapped_of(&self, convention: Convention) -> usize {
        let all = convention.momentum().into_iter().chain(convention.fourth());
        all.filter_map(|quantity| self.source(quantity))
            .filter(|quantity| self.mapped.particles.contains_key(quantity))
            .count()
    }

    fn shown(&self, convention: Convention) -> String {
        let all = convention.momentum().into_iter().chain(convention.fourth());
        let names = all.filter_map(|quantity| self.group.columns.get(&self.source(quantity)?));
        names
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Who says how pseudorapidities relative to the jet are meant.
    fn meaning(&self) -> Meaning {
        let mut both = [Quantity::RelativeEta, Quantity::MirroredEta].into_iter();
        if both.any(|quantity| self.mapped.names(quantity)) {
            Meaning::Told
        } else {
            Meaning::Assumed
        }
    }

    fn plan(&self, jets: &[Group]) -> Result<Plan, ObservableError> {
        let (convention, massless) = self.convention()?;
        let mut plan = Plan {
            convention,
            massless,
            checked: false,
            masked: false,
            relative: self.meaning(),
            properties: Vec::new(),
            flags: Vec::new(),
            columns: Vec::new(),
            notes: Vec::new(),
        };
        let three = convention
            .momentum()
            .into_iter()
            .filter_map(|q| self.source(q));
        let fourth = convention.fourth().filter(|_| !massless);
        let mut quantities: Vec<Quantity> = three.chain(fourth).collect();
        if self.asked.convention.is_none()
            && self.group.has(Quantity::M)
            && self.group.has(Quantity::E)
        {
            plan.checked = true;
            let other = if fourth == Some(Quantity::M) {
                Quantity::E
            } else {
                Quantity::M
            };
            quantities.push(other);
        }
        let masks = [Quantity::Mask, Quantity::Padding].into_iter();
        if let Some(mask) = masks.into_iter().find(|&mask| self.group.has(mask)) {
            plan.masked = true;
            quantities.push(mask);
        }
        for &property in &self.asked.properties {
            self.property(property, &mut plan, &mut quantities)?;
        }
        for quantity in &quantities {
            if let Some(name) = self.group.columns.get(quantity) {
                plan.columns.push((quantity.column(), name.clone()));
            }
        }
        for (quantity, ours) in OF_JETS.into_iter().filter_map(|q| Some((q, q.of_jet()?))) {
            let needed = (quantities.iter()).any(|q| q.relative_to() == Some(quantity));
            let doubled = quantity == Quantity::E && self.jets.has(Quantity::M);
            if let Some(name) = self.jets.columns.get(&quantity)
                && (needed || self.asked.jets && !doubled)
            {
                plan.columns.push((ours, name.clone()));
            }
        }
        plan.notes = self.notes(&plan, &quantities, jets);
        Ok(plan)
    }

    fn property(
        &self,
        property: Property,
        plan: &mut Plan,
        quantities: &mut Vec<Quantity>,
    ) -> Result<(), ObservableError> {
        let quantity = Quantity::Property(property);
        if let Some(name) = self.group.columns.get(&quantity) {
            let mapped = self.mapped.particles.contains_key(&quantity);
            let of_track = !matches!(property, Property::Charge | Property::Pid);
            if of_track && !mapped && self.group.prefix.contains("pfcand") {
                return Err(ObservableError::Unclear {
                    column: name.clone(),
                    problem: "is an impact parameter in centimetres in files of CMS; millimetres \
                              are expected"
                        .to_owned(),
                    advice: format!(
                        "multiply it by 10 and map it with `--columns {}=NAME` ([data.columns] in \
                         settings)",
                        property.column()
                    ),
                });
            }
            plan.properties.push(property);
            quantities.push(quantity);
            return Ok(());
        }
        let flagged = Kind::ALL
            .into_iter()
            .all(|kind| self.group.has(Quantity::Flag(kind)));
        if property == Property::Pid && flagged {
            plan.flags = Kind::ALL.to_vec();
            plan.properties.push(property);
            quantities.extend(Kind::ALL.map(Quantity::Flag));
            let charge = Quantity::Property(Property::Charge);
            if self.group.has(charge) && !quantities.contains(&charge) {
                plan.properties.push(Property::Charge);
                quantities.push(charge);
            }
            return Ok(());
        }
        Err(property.not_found(names(self.asked.found)))
    }
}
