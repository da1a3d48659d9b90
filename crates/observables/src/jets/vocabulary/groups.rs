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
const CONSTITUENTS: [&str; 7] = ["const", "cand", "pfo", "pfc", "eflow", "puppi", "clus"];

/// Whether lists are looked for, or one number per row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Of {
    Particles,
    Jets,
}

impl Of {
    fn takes(self, found: &Found) -> bool {
        found.refused.is_none()
            && found
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
        use Quantity::{Eta, Phi, Pt, Px, Py, Pz, Y};
        let any = |q: Quantity| self.has(q) || q.relatives().iter().any(|&q| self.has(q));
        let polar = any(Pt) && (any(Eta) || any(Y)) && any(Phi);
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

/// Whether a prefix is that of the jet whose constituents a file lists: of jets of
/// an algorithm, not of another jet (of the generator, a subjet, the leading one).
pub(super) fn is_own_jet(prefix: &str) -> bool {
    // Longer words first: what is left of the name says which other jet it is.
    const WORDS: [&str; 23] = [
        "events", "event", "antikt", "fatjets", "fatjet", "puppi", "large", "fjets", "fjet",
        "jets", "jet", "reco", "calo", "akt", "chs", "fjs", "fj", "ak", "ca", "kt", "pf", "lr",
        "r",
    ];
    // Words that a radius stands behind; behind others a number counts jets.
    const WITH_RADIUS: [&str; 7] = ["antikt", "akt", "ak", "ca", "kt", "lr", "r"];
    let name = plain(prefix);
    let mut rest = name.as_str();
    let mut is_of_jets = false;
    while !rest.is_empty() {
        let Some(word) = WORDS.iter().find(|word| rest.starts_with(**word)) else {
            return false;
        };
        is_of_jets |= ["jet", "fj", "ak"].iter().any(|jet| word.contains(jet));
        rest = &rest[word.len()..];
        if WITH_RADIUS.contains(word) {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }
    is_of_jets
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
/// or the only group that is called as the jet itself is; the user's own names laid
/// over them.
pub(super) fn jet_group(jets: &[Group], constituents: &Group, mapped: &Mapped) -> Group {
    let (_, above) = last_part(&constituents.prefix);
    let of = |prefix: &str| jets.iter().find(|group| group.prefix == prefix);
    let above = of(above).filter(|_| !above.is_empty());
    let mut like = jets
        .iter()
        .filter(|group| is_own_jet(&group.prefix) && group.prefix != constituents.prefix);
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

/// The columns of other jets that have a direction: their momenta are not taken for
/// the jet's own.
pub(super) fn other_jets<'g>(jets: &'g [Group], own: &Group) -> Vec<&'g Group> {
    let direction = |group: &Group| {
        group.has(Quantity::Pt) && (group.has(Quantity::Eta) || group.has(Quantity::Y))
    };
    let of_a_jet = |group: &&Group| is_jet(last_part(&group.prefix).0) || is_jet(&group.prefix);
    jets.iter()
        .filter(of_a_jet)
        .filter(|group| group.prefix != own.prefix && direction(group))
        .collect()
}

/// The other groups of lists that look like particles of the same jet and are not
/// read: of constituents by their name, with a direction.
pub(super) fn other_particles<'g>(all: &'g [Group], own: &Group) -> Vec<&'g Group> {
    let direction = |group: &Group| {
        (group.has(Quantity::Eta) || group.has(Quantity::Y)) && group.has(Quantity::Phi)
    };
    all.iter()
        .filter(|group| group.prefix != own.prefix && group.rank() <= 1 && direction(group))
        .collect()
}

/// The only list besides a group that says which entries are particles: without a
/// prefix of its own, or with that of constituents.
pub(super) fn mask_of(all: &[Group], group: &Group) -> Option<(Quantity, String)> {
    const NEAR: [&str; 11] = [
        "",
        "part",
        "parts",
        "particle",
        "particles",
        "const",
        "constituent",
        "constituents",
        "pf",
        "pfcand",
        "pfcands",
    ];
    if group.has(Quantity::Mask) || group.has(Quantity::Padding) {
        return None;
    }
    let near = |other: &&Group| {
        other.prefix != group.prefix && NEAR.contains(&plain(&other.prefix).as_str())
    };
    let mut masks = all.iter().filter(near).flat_map(|other| {
        [Quantity::Mask, Quantity::Padding]
            .into_iter()
            .filter_map(|q| Some((q, other.columns.get(&q)?.clone())))
    });
    masks.next().filter(|_| masks.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_jets_are_not_the_jet_itself() {
        for own in [
            "jet",
            "jets",
            "fjet",
            "fatjet",
            "fj",
            "ak8",
            "ak8jet",
            "antikt10_jets",
            "recojet",
            "ak15_puppi_jet",
            "event.jet",
        ] {
            assert!(is_own_jet(own), "{own}");
        }
        for other in [
            "genjet",
            "truth_jet",
            "truthjet",
            "subjet",
            "subjet1",
            "leadingjet",
            "matched_jet",
            "partonjet",
            "bjet",
            "jet1",
            "groomed",
            "",
            "f",
            "pf",
            "sdjet",
            "trackjet",
            "dijet",
            "muon",
        ] {
            assert!(!is_own_jet(other), "{other}");
        }
    }
}
