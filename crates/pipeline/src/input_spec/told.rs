//! What of a specification jets tell, and what they do not.

use pellucid_observables::jets::property::Property;
use serde::{Deserialize, Serialize};

use super::{InputSpec, Representation};

/// A variable that the files do not tell: it has its pad value everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Untold {
    /// The input.
    pub input: String,
    /// The variable.
    pub variable: String,
    /// What stands in its place.
    pub pad: f64,
    /// The columns that would tell it; empty if none of any file does.
    pub columns: Vec<String>,
}

impl InputSpec {
    /// What is told if it is known of the constituents, and else padded.
    pub fn wishes(&self) -> Vec<Property> {
        let inputs = self.representations();
        let mut wishes: Vec<Property> = inputs.flat_map(|(_, input)| input.wishes()).collect();
        wishes.sort_unstable();
        wishes.dedup();
        wishes
    }

    /// The variables that jets of which this much is known do not tell.
    pub fn untold(&self, known: impl Fn(Property) -> bool) -> Vec<Untold> {
        let mut all = Vec::new();
        for (input, representation) in self.representations() {
            let Representation::Particles(list) = representation else {
                continue;
            };
            for k in list.untold(&known) {
                let entry = &list.features[k];
                let columns = if entry.formula.absent().is_empty() {
                    let needs = entry.formula.needs().into_iter();
                    let lacking = needs.filter(|&property| !known(property));
                    lacking
                        .map(|property| property.column().to_owned())
                        .collect()
                } else {
                    Vec::new()
                };
                all.push(Untold {
                    input: input.clone(),
                    variable: entry.name.clone(),
                    pad: entry.transform.pad,
                    columns,
                });
            }
        }
        all
    }
}

/// Sentences about variables that are not told: those that no file tells, and
/// those that this one does not.
pub fn sentences(untold: &[Untold]) -> Vec<String> {
    let names = |with_columns: bool| {
        let mut names: Vec<String> = Vec::new();
        for one in untold
            .iter()
            .filter(|one| one.columns.is_empty() != with_columns)
        {
            let name = if with_columns {
                format!("{} (column {})", one.variable, one.columns.join(", "))
            } else {
                one.variable.clone()
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let mut out = Vec::new();
    for (with_columns, why) in [
        (
            false,
            "files of jets do not tell these, they have their pad value everywhere",
        ),
        (
            true,
            "the file has no column for these, they have their pad value everywhere",
        ),
    ] {
        let names = names(with_columns);
        if !names.is_empty() {
            out.push(format!("{why}: {}", names.join(", ")));
        }
    }
    out
}
