//! What was read of a data set, and what was left out.

use pellucid_core::Job;
use pellucid_observables::jets::Dropped;
use serde::{Deserialize, Serialize};

use super::bad_rows::BadRows;
use super::reweight::Reweighted;
use super::select::Selected;

/// What became of the rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// The rows of the files.
    pub rows: usize,
    /// The jets that were handed on.
    pub jets: usize,
    /// Rows that could not be used, by kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bad: Vec<BadRows>,
    /// What the selection left out, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selected>,
    /// Constituents that are none.
    #[serde(skip_serializing_if = "Dropped::is_empty")]
    pub constituents: Dropped,
    /// Jets of classes that were not chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_classes: Vec<OtherClass>,
    /// Events that were met in several files, where jets are split by event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<Shared>,
    /// What became of the classes' spectra, if they were reweighted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reweight: Option<Reweighted>,
    /// The weights, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
}

/// A class that was not chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherClass {
    /// Its name.
    pub class: String,
    /// How many jets belong to it.
    pub jets: usize,
}

/// Events that were met in several files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// How many.
    pub several: usize,
    /// How many events there are.
    pub all: usize,
}

/// What weights leave of the number of jets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The column.
    pub column: String,
    /// The sums of signal and background, or of many classes in their order; of jets
    /// without labels that of all.
    pub sums: Vec<f64>,
    /// The effective numbers of events of the same.
    pub effective: Vec<f64>,
    /// How many weights are below 0.
    pub negative: usize,
}

impl Account {
    /// Rows that could not be used.
    pub fn bad_rows(&self) -> usize {
        self.bad.iter().map(|bad| bad.rows).sum()
    }

    /// What a selection left out, for the end of a sentence.
    pub(super) fn selected(&self) -> String {
        let told = self.selection.as_ref().map(Selected::told);
        told.map_or(String::new(), |told| format!("; {told}"))
    }

    /// What was left out and how jets count, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.bad.is_empty() {
            let kinds = self
                .bad
                .iter()
                .map(|bad| format!("{} {}", bad.rows, bad.kind));
            lines.push(format!(
                "left out {} of {} rows: {}",
                self.bad_rows(),
                self.rows,
                kinds.collect::<Vec<_>>().join(", ")
            ));
            lines.extend(
                self.bad
                    .iter()
                    .map(|bad| format!("  the first: {}", bad.first)),
            );
        }
        lines.extend(self.selection.as_ref().map(Selected::told));
        if !self.other_classes.is_empty() {
            let classes = self.other_classes.iter();
            let classes = classes.map(|class| format!("{} ({})", class.class, class.jets));
            lines.push(format!(
                "left out {} jets of the classes that were not chosen: {}",
                self.other_classes
                    .iter()
                    .map(|class| class.jets)
                    .sum::<usize>(),
                classes.collect::<Vec<_>>().join(", ")
            ));
        }
        if let Some(Shared { several, all }) = &self.shared {
            lines.push(format!(
                "{several} of {all} events have jets in several files: the same number or text is the same event, whose \
                 jets stay on one side of every split (where each file counts its own events anew, that \
                 only ties some together)"
            ));
        }
        lines.extend(self.constituents.told());
        lines.extend(self.reweight.iter().flat_map(Reweighted::told));
        if let Some(weights) = &self.weights {
            let effective = match weights.effective.as_slice() {
                [signal, background] => {
                    format!("{signal:.1} of signal and {background:.1} of background")
                }
                [all] => format!("{all:.1}"),
                classes => {
                    let each = classes.iter().map(|n| format!("{n:.1}"));
                    format!("{} of each class", each.collect::<Vec<_>>().join(", "))
                }
            };
            let negative = match weights.negative {
                0 => String::new(),
                negative => format!("; {negative} weights are negative"),
            };
            lines.push(format!(
                "weights of `{}`: the {} jets count as {effective} without \
                 weights{negative}",
                weights.column, self.jets
            ));
        }
        lines
    }

    /// Says it to the user.
    pub fn tell(&self, job: &Job) {
        for line in self.lines() {
            job.note(&line);
        }
    }
}
