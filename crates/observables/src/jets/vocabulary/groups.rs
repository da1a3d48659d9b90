//! The columns of one prefix, which belong together.

use std::collections::BTreeMap;

use super::mapped::Mapped;
use super::words::{Quantity, last_part, parse, plain};
use super::{Asked, Found};

/// The columns of one prefix.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// The prefix in lower case.
    pub prefix: String,
    /// What is known by its word; the first of several names, ours before others.
    pub columns: BTreeMap<Quantity, String>,
    /// Further names of quantities that have one.
    pub again: Vec<String>,
}

/// What is in the prefixes of constituents.
const CONSTITUENTS: [&str; 6] = ["const", "cand", "pfo", "pfc", "eflow", "puppi"];

/// Whether lists are looked for, or one number per row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Of {
    Particles,
    Jets,
}

impl Of {
    fn takes(self, found: &Found) -> bool {
        found
            .lists
            .is_none_or(|lists| lists == (self == Self::Particles))
    }
}

/// The groups of the columns that may be of particles, or of jets, by prefix.
pub(super) fn groups(found: &[Found], of: Of) -> Vec<Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for column in found.iter().filter(|column| of.takes(column)) {
        let name = &column.name;
        let Some(parsed) = parse(name) else { continue };
        let group = groups
            .entry(parsed.prefix.clone())
            .or_insert_with(|| Group {
                prefix: parsed.prefix.clone(),
                ..Group::default()
            });
        match group.columns.get_mut(&parsed.quantity) {
            None => {
                group.columns.insert(parsed.quantity, name.clone());
            }
            Some(first) if is_ours(name, parsed.quantity) && !is_ours(first, parsed.quantity) => {
                group.again.push(std::mem::replace(first, name.clone()));
            }
            Some(_) => group.again.push(name.clone()),
        }
    }
    groups.into_values().collect()
}

/// Whether the name is ours, or ours without `part_`.
pub(super) fn is_ours(name: &str, quantity: Quantity) -> bool {
    let column = quantity.column();
    name == column || column.strip_prefix("part_") == Some(name)
}

impl Group {
    pub fn has(&self, quantity: Quantity) -> bool {
        self.columns.contains_key(&quantity)
    }

    /// Whether a momentum is in it, perhaps relative to that of a jet.
    pub fn gives_momenta(&self) -> bool {
        use Quantity::{Eta, Phi, Pt, Px, Py, Pz, RelativeEta, RelativePhi, RelativePt, Y};
        let any = |quantities: &[Quantity]| quantities.iter().any(|&q| self.has(q));
        let polar =
            any(&[Pt, RelativePt]) && any(&[Eta, Y, RelativeEta]) && any(&[Phi, RelativePhi]);
        polar || [Px, Py, Pz].iter().all(|&q| self.has(q))
    }

    /// How likely it is that the constituents are meant: 0 ours, 1 by the name, 2
    /// any other, 3 that of a jet.
    pub fn rank(&self) -> usize {
        if self.prefix == "part" {
            return 0;
        }
        let (last, _) = last_part(&self.prefix);
        if is_jet(last) {
            return 3;
        }
        let whole = plain(&self.prefix);
        let of_constituents = last.is_empty()
            || last == "particles"
            || last == "particle"
            || last == "parts"
            || CONSTITUENTS.iter().any(|word| whole.contains(word));
        if of_constituents { 1 } else { 2 }
    }
}

/// Whether a prefix is that of jets themselves.
pub(super) fn is_jet(last: &str) -> bool {
    let last = last.trim_end_matches('s');
    [
        "jet",
        "fatjet",
        "fj",
        "ak4",
        "ak8",
        "genjet",
        "groomed",
        "subtracted",
    ]
    .contains(&last)
        || (last.ends_with("jet") && last.len() < 16)
}

/// The groups that may be of the jets themselves.
pub(super) fn jets(asked: &Asked<'_>, mapped: &Mapped) -> Vec<Group> {
    let mut all = groups(asked.found, Of::Jets);
    for group in &mut all {
        for theirs in mapped.particles.values() {
            group.columns.retain(|_, name| name != theirs);
        }
    }
    all
}

/// The jet's own columns: of the record that the constituents are in, or `jet_`,
/// or the only group that is called so; the user's own names laid over them.
pub(super) fn jet_group(jets: &[Group], constituents: &Group, mapped: &Mapped) -> Group {
    let (_, above) = last_part(&constituents.prefix);
    let of = |prefix: &str| jets.iter().find(|group| group.prefix == prefix);
    let above = of(above).filter(|_| !above.is_empty());
    let mut like = jets.iter().filter(|group| {
        let groomed = ["groomed", "subtracted"].contains(&group.prefix.as_str());
        is_jet(&group.prefix) && !groomed && group.prefix != constituents.prefix
    });
    let only = like.next().filter(|_| like.next().is_none());
    let mut group = above
        .or_else(|| of("jet"))
        .or(only)
        .cloned()
        .unwrap_or_default();
    if group.prefix.is_empty() {
        group.columns.clear();
    }
    for (quantity, theirs) in &mapped.jets {
        group.columns.insert(*quantity, theirs.clone());
    }
    group
}
