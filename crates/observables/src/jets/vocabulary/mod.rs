//! What the columns of a file of particles are called, and what they mean.
//!
//! Files call one quantity by many names: `part_m`, `mass`, `PFCands_mass`,
//! `constituents.mass`. This room knows them, for every command. Given the names
//! found in a file, the user's own map and perhaps a convention it says which
//! columns are read as what ([`Plan`]), or why none can be, with the way out.
//!
//! * **Groups:** the columns of one prefix belong together. Of several groups
//!   that give momenta `part_` is read, then those with no prefix or with that of
//!   a constituent (`PFCands_`, `constituents.`, `pfcand_`, …), then the only
//!   other one. One mapped column of a group brings the others along.
//! * **Masses and energies** are read or the file is refused: a mass is never
//!   left out because it has another name. Where both are there the mass is used
//!   and the energy must agree with it.
//! * **The jet's own momentum** is that of `jet_`, of the record above the
//!   constituents, or of the only group whose name is that of a jet and of no other
//!   jet (`fatjet_`, `ak8_`; not `genjet_`, `subjet_`).
//! * **Ours** are `part_pt`, `part_eta`, `part_y`, `part_phi`, `part_m`,
//!   `part_e`, `part_px`, `part_py`, `part_pz`; relative to the jet `part_deta`,
//!   `part_dphi`, `part_ptrel`, and `part_deta_mirrored`, which is times -1 where
//!   `jet_eta` is below 0; `part_mask`, 1 for a particle, or `part_padding`, 1 for
//!   none; those of [`Property`]; `part_isElectron`, …; and of the jet
//!   `jet_pt`, `jet_eta`, `jet_y`, `jet_phi`, `jet_m`, `jet_e`.
//!
//! ```
//! # use pellucid_observables::jets::vocabulary::{Asked, Found};
//! let found = ["label", "PFCands_pt", "PFCands_eta", "PFCands_phi", "PFCands_mass"];
//! let found: Vec<Found> = found.into_iter().map(Found::named).collect();
//! let plan = Asked::of(&found).plan()?;
//! assert_eq!(plan.convention().name(), "pt-eta-phi-m");
//! assert_eq!(plan.map()["part_m"], "PFCands_mass");
//! # Ok::<(), pellucid_observables::ObservableError>(())
//! ```

mod choice;
mod convention;
mod groups;
mod mapped;
mod notes;
mod refusal;
mod words;

use std::collections::BTreeMap;

pub use convention::Convention;
pub use words::Kind;
pub(super) use words::Quantity;

use super::property::Property;
use crate::ObservableError;

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name in the file.
    pub name: String,
    /// Whether it has a list per row (true) or one number (false), if that is
    /// known.
    pub lists: Option<bool>,
    /// What it holds, if not numbers that could be read.
    pub refused: Option<String>,
}

impl Found {
    /// A column of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            lists: None,
            refused: None,
        }
    }

    /// A column with a list per row, or one number.
    pub fn of(name: impl Into<String>, lists: bool) -> Self {
        Self {
            name: name.into(),
            lists: Some(lists),
            refused: None,
        }
    }

    /// The same column, which holds something else than numbers.
    #[must_use]
    pub fn refused(mut self, what: Option<String>) -> Self {
        self.refused = what;
        self
    }
}

/// What is to be read of a file.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    found: &'a [Found],
    map: BTreeMap<String, String>,
    convention: Option<Convention>,
    properties: Vec<Property>,
    jets: bool,
    others: Vec<String>,
}

impl<'a> Asked<'a> {
    /// The momenta of particles among these columns.
    pub fn of(found: &'a [Found]) -> Self {
        Self {
            found,
            map: BTreeMap::new(),
            convention: None,
            properties: Vec::new(),
            jets: false,
            others: Vec::new(),
        }
    }

    /// Names that the map may give besides those of jets: of labels, weights, and
    /// whatever else is read of the file.
    #[must_use]
    pub fn others(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.others.extend(names);
        self
    }

    /// The names of the file by our names, as the user gave them.
    #[must_use]
    pub fn map<'n>(mut self, map: impl IntoIterator<Item = (&'n String, &'n String)>) -> Self {
        self.map = map
            .into_iter()
            .map(|(ours, theirs)| (ours.clone(), theirs.clone()))
            .collect();
        self
    }

    /// The convention that the user asked for.
    #[must_use]
    pub fn convention(mut self, convention: Option<Convention>) -> Self {
        self.convention = convention;
        self
    }

    /// What must be known of the particles besides their momenta.
    #[must_use]
    pub fn properties(mut self, properties: &[Property]) -> Self {
        self.properties = properties.to_vec();
        self.properties.sort_unstable();
        self.properties.dedup();
        self
    }

    /// Reads the jet's own momentum too, as far as the file has it.
    #[must_use]
    pub fn jets(mut self) -> Self {
        self.jets = true;
        self
    }

    /// Decides which columns are read as what.
    pub fn plan(&self) -> Result<Plan, ObservableError> {
        choice::choose(self)
    }
}

/// Who says what a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The user.
    Told,
    /// Its name, which others use for something else.
    Assumed,
}

/// Which columns are read as what.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What the momenta are.
    pub(super) convention: Convention,
    /// The fourth number is in no column: massless.
    pub(super) massless: bool,
    /// The energy is read besides, and must agree with the mass.
    pub(super) checked: bool,
    /// A column says which entries are particles.
    pub(super) masked: bool,
    /// How pseudorapidities relative to the jet are meant, and who says so.
    pub(super) relative: Meaning,
    /// What is read besides the momenta.
    pub(super) properties: Vec<Property>,
    /// Kinds of particles that are flagged, where no column has their numbers.
    pub(super) flags: Vec<Kind>,
    /// Ours and the file's names, in the order in which they are read.
    pub(super) columns: Vec<(&'static str, String)>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

impl Plan {
    /// What the momenta are.
    pub fn convention(&self) -> Convention {
        self.convention
    }

    /// Whether all particles are massless for want of a column.
    pub fn massless(&self) -> bool {
        self.massless
    }

    /// Our names of the columns to read.
    pub fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(ours, _)| *ours).collect()
    }

    /// The file's name of one of ours, if it is read.
    pub fn file_name(&self, ours: &str) -> Option<&str> {
        let column = self.columns.iter().find(|(name, _)| *name == ours);
        column.map(|(_, theirs)| theirs.as_str())
    }

    /// The file's names by ours: what a reader of files must be given.
    pub fn map(&self) -> BTreeMap<String, String> {
        let columns = self.columns.iter();
        columns
            .map(|(ours, theirs)| ((*ours).to_owned(), theirs.clone()))
            .collect()
    }

    /// What the user should know: names that are not ours, columns that look like
    /// physics and are not read, masses that are missing.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(super) fn reads(&self, quantity: Quantity) -> bool {
        self.file_name(quantity.column()).is_some()
    }

    /// Names of errors are those of the file.
    pub(super) fn shown(&self, ours: &'static str) -> String {
        self.file_name(ours).unwrap_or(ours).to_owned()
    }
}

/// Whether a column's name ends with a word for a quantity of a particle.
pub fn is_known(name: &str) -> bool {
    words::parse(name).is_some()
}

/// The one of our columns that is most like a name.
pub(crate) fn nearest_of_ours(name: &str) -> &'static str {
    let distance = |column: &&str| strsim::damerau_levenshtein(column, name);
    words::ours().min_by_key(distance).unwrap_or("part_pt")
}
