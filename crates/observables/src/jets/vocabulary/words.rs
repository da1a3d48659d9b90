//! The words that files use for the quantities of a particle.
//!
//! A name is a prefix, a separator and a word: `part_pt`, `PFCands_eta`,
//! `constituents.mass`, `Particle.PT`, `energy`. Upper and lower case are the
//! same, and `pdg_id`, `pdgId` and `pdgid` are one word. The longest word wins:
//! `part_delta_eta` is a difference, no `eta` of something called `part_delta`.

use crate::jets::property::Property;

/// What a column of particles may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::jets) enum Quantity {
    /// Transverse momentum.
    Pt,
    /// Pseudorapidity.
    Eta,
    /// Rapidity.
    Y,
    /// Azimuth.
    Phi,
    /// Mass.
    M,
    /// Energy.
    E,
    /// Component.
    Px,
    /// Component.
    Py,
    /// Component.
    Pz,
    /// Pseudorapidity less that of the jet.
    RelativeEta,
    /// The same times -1 where the pseudorapidity of the jet is below 0.
    MirroredEta,
    /// Azimuth less that of the jet.
    RelativePhi,
    /// Transverse momentum over that of the jet.
    RelativePt,
    /// 1 for a particle, 0 for padding.
    Mask,
    /// 1 for padding, 0 for a particle.
    Padding,
    /// What is known besides the momentum.
    Property(Property),
    /// Whether it is of one kind.
    Flag(Kind),
}

/// The kinds of particles that files flag one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Charged hadrons, as positive pions: 211.
    ChargedHadron,
    /// Neutral hadrons, as long-lived kaons: 130.
    NeutralHadron,
    /// Photons: 22.
    Photon,
    /// Electrons: 11.
    Electron,
    /// Muons: 13.
    Muon,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::ChargedHadron,
        Self::NeutralHadron,
        Self::Photon,
        Self::Electron,
        Self::Muon,
    ];

    /// The column of the flag.
    pub fn column(self) -> &'static str {
        Quantity::Flag(self).column()
    }

    /// The number of the particle data group that stands for the kind in a
    /// particle of this charge: the sign is that of the particle for a hadron,
    /// and against it for a lepton, as its numbers have it.
    pub fn pid(self, charge: Option<f64>) -> f64 {
        let sign = match charge {
            Some(charge) if charge < 0.0 => -1.0,
            _ => 1.0,
        };
        match self {
            Self::ChargedHadron => 211.0 * sign,
            Self::NeutralHadron => 130.0,
            Self::Photon => 22.0,
            Self::Electron if charge.is_some() => -11.0 * sign,
            Self::Electron => 11.0,
            Self::Muon if charge.is_some() => -13.0 * sign,
            Self::Muon => 13.0,
        }
    }
}

/// Our column, and the words of files: the first is our own.
const WORDS: [(Quantity, &str, &[&str]); 26] = [
    (Quantity::Pt, "part_pt", &["pt"]),
    (Quantity::Eta, "part_eta", &["eta", "pseudorapidity"]),
    (Quantity::Y, "part_y", &["y", "rap", "rapidity"]),
    (Quantity::Phi, "part_phi", &["phi", "azimuth"]),
    (Quantity::M, "part_m", &["m", "mass"]),
    (Quantity::E, "part_e", &["e", "energy", "en", "ene"]),
    (Quantity::Px, "part_px", &["px"]),
    (Quantity::Py, "part_py", &["py"]),
    (Quantity::Pz, "part_pz", &["pz"]),
    (Quantity::RelativeEta, "part_deta", &["deta", "deltaeta"]),
    (
        Quantity::MirroredEta,
        "part_deta_mirrored",
        &["detamirrored", "deltaetamirrored"],
    ),
    (
        Quantity::RelativePhi,
        "part_dphi",
        &["dphi", "deltaphi", "phirel"],
    ),
    (Quantity::RelativePt, "part_ptrel", &["ptrel"]),
    (Quantity::Mask, "part_mask", &["mask"]),
    (
        Quantity::Padding,
        "part_padding",
        &["padding", "paddingmask", "padmask"],
    ),
    (
        Quantity::Property(Property::Charge),
        "part_charge",
        &["charge"],
    ),
    (
        Quantity::Property(Property::Pid),
        "part_pid",
        &["pid", "pdgid", "pdg", "pdgcode"],
    ),
    (
        Quantity::Property(Property::D0),
        "part_d0",
        &["d0", "d0val"],
    ),
    (
        Quantity::Property(Property::Dz),
        "part_dz",
        &["dz", "dzval"],
    ),
    (
        Quantity::Property(Property::D0Error),
        "part_d0err",
        &["d0err", "d0error", "errord0"],
    ),
    (
        Quantity::Property(Property::DzError),
        "part_dzerr",
        &["dzerr", "dzerror", "errordz"],
    ),
    (
        Quantity::Flag(Kind::ChargedHadron),
        "part_isChargedHadron",
        &["ischargedhadron"],
    ),
    (
        Quantity::Flag(Kind::NeutralHadron),
        "part_isNeutralHadron",
        &["isneutralhadron"],
    ),
    (Quantity::Flag(Kind::Photon), "part_isPhoton", &["isphoton"]),
    (
        Quantity::Flag(Kind::Electron),
        "part_isElectron",
        &["iselectron"],
    ),
    (Quantity::Flag(Kind::Muon), "part_isMuon", &["ismuon"]),
];

/// All our columns of constituents.
pub(super) fn ours() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(_, column, _)| *column)
}

impl Quantity {
    /// Our column of constituents.
    pub fn column(self) -> &'static str {
        let row = WORDS.iter().find(|(quantity, ..)| *quantity == self);
        row.map_or("", |(_, column, _)| column)
    }

    /// Our column of the jet itself, if jets have it.
    pub fn of_jet(self) -> Option<&'static str> {
        match self {
            Self::Pt => Some("jet_pt"),
            Self::Y => Some("jet_y"),
            Self::Eta => Some("jet_eta"),
            Self::Phi => Some("jet_phi"),
            Self::M => Some("jet_m"),
            Self::E => Some("jet_e"),
            _ => None,
        }
    }

    /// The quantity of one of our columns of constituents.
    pub fn of_column(column: &str) -> Option<Self> {
        let row = WORDS.iter().find(|(_, ours, _)| *ours == column);
        row.map(|(quantity, ..)| *quantity)
    }

    /// Whether it says where a particle goes, or how heavy it is.
    pub fn of_momentum(self) -> bool {
        !matches!(
            self,
            Self::Property(_) | Self::Flag(_) | Self::Mask | Self::Padding
        )
    }

    /// What of the jet it is relative to, if it is.
    pub fn relative_to(self) -> Option<Self> {
        match self {
            Self::RelativePt => Some(Self::Pt),
            Self::RelativeEta | Self::MirroredEta => Some(Self::Eta),
            Self::RelativePhi => Some(Self::Phi),
            _ => None,
        }
    }

    /// All that say this relative to the jet.
    pub fn relatives(self) -> &'static [Self] {
        match self {
            Self::Pt => &[Self::RelativePt],
            Self::Eta => &[Self::RelativeEta, Self::MirroredEta],
            Self::Phi => &[Self::RelativePhi],
            _ => &[],
        }
    }
}

/// A name of a file, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parsed {
    /// In lower case, without the separator behind it.
    pub prefix: String,
    pub quantity: Quantity,
}

const SEPARATORS: [char; 4] = ['_', '.', '/', ':'];

/// Lower case, without what divides words.
pub(super) fn plain(word: &str) -> String {
    word.chars()
        .filter(|c| !SEPARATORS.contains(c) && *c != '-' && *c != ' ')
        .flat_map(char::to_lowercase)
        .collect()
}

/// The prefix in lower case and the quantity of a name; nothing for a name that
/// ends with no known word.
pub(super) fn parse(name: &str) -> Option<Parsed> {
    // Alone it is JetNet's; with a prefix it may be mirrored by the sign of the
    // jet's pseudorapidity, as CMS does it, and is not known.
    if matches!(name, "etarel" | "eta_rel") {
        return Some(Parsed {
            prefix: String::new(),
            quantity: Quantity::RelativeEta,
        });
    }
    // Those of the trigger of CMS are jet less particle, against all others.
    if is_of_the_trigger(name) {
        return None;
    }
    let starts = name
        .char_indices()
        .filter(|(_, c)| SEPARATORS.contains(c))
        .map(|(at, c)| at + c.len_utf8());
    for start in std::iter::once(0).chain(starts) {
        let word = plain(&name[start..]);
        let row = WORDS
            .iter()
            .find(|(_, _, words)| words.contains(&word.as_str()));
        if let Some((quantity, ..)) = row {
            let prefix = name[..start].trim_end_matches(SEPARATORS).to_lowercase();
            return Some(Parsed {
                prefix,
                quantity: *quantity,
            });
        }
    }
    None
}

fn is_of_the_trigger(name: &str) -> bool {
    ["jet_pfcand_deta", "jet_pfcand_dphi"].contains(&name.to_lowercase().as_str())
}

/// The prefix of a name that no known word ends: all before its last separator.
pub(super) fn prefix(name: &str) -> String {
    match name.rfind(SEPARATORS) {
        Some(at) => name[..at].to_lowercase(),
        None => String::new(),
    }
}

/// The last part of a prefix, and what is before it.
pub(super) fn last_part(prefix: &str) -> (&str, &str) {
    match prefix.rfind(['.', '/', '_', ':']) {
        Some(at) => (&prefix[at + 1..], &prefix[..at]),
        None => (prefix, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_real_files_are_taken_apart() {
        for (name, prefix, quantity) in [
            ("part_pt", "part", Quantity::Pt),
            ("pt", "", Quantity::Pt),
            ("E", "", Quantity::E),
            ("part_energy", "part", Quantity::E),
            ("PFCands_eta", "pfcands", Quantity::Eta),
            ("jets.constituents.Mass", "jets.constituents", Quantity::M),
            ("Particle.PT", "particle", Quantity::Pt),
            (
                "GenPart_pdgId",
                "genpart",
                Quantity::Property(Property::Pid),
            ),
            ("part_delta_eta", "part", Quantity::RelativeEta),
            ("part_deta_mirrored", "part", Quantity::MirroredEta),
            ("padding_mask", "", Quantity::Padding),
            ("part_d0_err", "part", Quantity::Property(Property::D0Error)),
            ("part_d0val", "part", Quantity::Property(Property::D0)),
            (
                "EFlowTrack.ErrorD0",
                "eflowtrack",
                Quantity::Property(Property::D0Error),
            ),
            (
                "part_isChargedHadron",
                "part",
                Quantity::Flag(Kind::ChargedHadron),
            ),
        ] {
            let found = parse(name).unwrap();
            assert_eq!(
                (found.prefix.as_str(), found.quantity),
                (prefix, quantity),
                "{name}"
            );
        }
        for name in [
            "label",
            "E_0",
            "part_etarel",
            "jet_pfcand_deta",
            "part_dxy",
            "tower_et",
            "jet_tau1",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn flags_become_the_numbers_of_their_kind_with_the_sign_of_the_charge() {
        assert_eq!(Kind::ChargedHadron.pid(Some(-1.0)), -211.0);
        // An electron is 11 and has the charge -1.
        assert_eq!(Kind::Electron.pid(Some(-1.0)), 11.0);
        assert_eq!(Kind::Muon.pid(Some(1.0)), -13.0);
        assert_eq!(Kind::Muon.pid(None), 13.0);
        assert_eq!(Kind::Photon.pid(Some(0.0)), 22.0);
    }
}
